"""Which of the named migrations, and of those of the named installed apps, are applied in the project's databases. Prints
one JSON line.

A file database that does not exist is not made: it has nothing applied. One that cannot be reached is named.
"""

import json
import os
import sys


def main():
    question = json.loads(sys.argv[1])
    sys.path.insert(0, question["project"])
    os.environ["DJANGO_SETTINGS_MODULE"] = question["settings"]
    import django

    django.setup()
    from django.db import connections
    from django.db.migrations.recorder import MigrationRecorder

    from django.apps import apps

    wanted = {tuple(pair) for pair in question["migrations"]}
    installed = set(question["installed"])
    labels = {
        config.label
        for config in apps.get_app_configs()
        if installed & {config.name, f"{type(config).__module__}.{type(config).__qualname__}"}
    }
    applied, unreachable = [], []
    for alias in connections:
        connection = connections[alias]
        try:
            name = str(connection.settings_dict.get("NAME") or "")
            if connection.vendor == "sqlite" and not os.path.exists(name):
                continue
            known = MigrationRecorder(connection).applied_migrations()
        except Exception as error:  # whatever a database driver raises
            unreachable.append(f"{alias}: {error}")
            continue
        applied += [[alias, *pair] for pair in sorted(wanted & set(known))]
        applied += [[alias, *pair] for pair in sorted(known) if pair[0] in labels]
    print(json.dumps({"applied": applied, "unreachable": unreachable}))


main()
