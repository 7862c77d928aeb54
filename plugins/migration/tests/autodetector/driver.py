"""Asks Django what it would do. Reads one JSON request from stdin and writes one JSON answer to stdout.

Every project is handled in a child process of its own, because Django is set up once a process.
"""

import importlib
import json
import os
import sys


def changes(project):
    from django.apps import apps
    from django.db import models
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.questioner import MigrationQuestioner
    from django.db.migrations.state import ProjectState
    from django.utils import timezone

    class Questioner(MigrationQuestioner):
        def ask_initial(self, app_label):
            return True

        def ask_rename(self, model_name, old_name, new_name, field_instance):
            return [model_name, old_name, new_name] in project["renames"]

        def ask_rename_model(self, old_model_state, new_model_state):
            return False

        def ask_not_null_addition(self, field_name, model_name):
            raise AssertionError(f"{model_name}.{field_name} is required and has no default")

        def ask_not_null_alteration(self, field_name, model_name):
            return models.NOT_PROVIDED

        def ask_auto_now_add_addition(self, field_name, model_name):
            return timezone.now

    loader = MigrationLoader(None, ignore_no_migrations=True)
    detector = MigrationAutodetector(
        loader.project_state(), ProjectState.from_apps(apps), Questioner(specified_apps={"blog", "shop"})
    )
    return detector.changes(
        graph=loader.graph, convert_apps={"blog", "shop"}, migration_name=project["name"]
    )


def write(project):
    """The migrations that Django makes, by path, without their first line."""
    from django.db.migrations.writer import MigrationWriter

    files = {}
    for app, migrations in changes(project).items():
        for migration in migrations:
            text = MigrationWriter(migration).as_string().split("\n", 2)[2]
            files[f"{app}/migrations/{migration.name}.py"] = text
    return files


def left(project):
    """What Django still finds to do."""
    return [
        operation.describe()
        for migrations in changes(project).values()
        for migration in migrations
        for operation in migration.operations
    ]


def apply(project):
    """Applies all migrations to a database with a row made at `stop`, and takes them back to there."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", "blog", project["stop"], verbosity=0)
    with connection.cursor() as cursor:
        for statement in project["rows"]:
            cursor.execute(statement)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(project["select"])
        found = cursor.fetchone()
    call_command("migrate", "blog", project["stop"], verbosity=0)
    return list(found)


def handle(project):
    sys.dont_write_bytecode = True
    sys.path.insert(0, project["root"])
    os.chdir(project["root"])
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    importlib.invalidate_caches()
    import django

    django.setup()
    return {"write": write, "left": left, "apply": apply}[project["do"]](project)


def main():
    import django.apps
    import django.core.management
    import django.db.migrations.autodetector
    import django.db.migrations.loader
    import django.db.migrations.writer

    answers = []
    for project in json.load(sys.stdin):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                answer = {"ok": handle(project)}
            except BaseException as error:  # The answer must say whatever went wrong.
                answer = {"error": f"{type(error).__name__}: {error}"}
            with os.fdopen(writing, "w") as pipe:
                json.dump(answer, pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answers.append(json.load(pipe))
        os.waitpid(child, 0)
    json.dump(answers, sys.stdout)


main()
