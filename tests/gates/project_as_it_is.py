"""What Django itself says of a project, in one process: every module imports, the checks pass, models and
migrations agree, and the migrations run on the database that is there. Prints the schema that comes of it.

usage: project_as_it_is.py [EXPRESSION], in the folder of manage.py; EXPRESSION makes rows, and runs at the end
"""

import importlib
import os
import pathlib
import re
import sys

sys.path.insert(0, os.getcwd())
manage = pathlib.Path("manage.py").read_text()
os.environ["DJANGO_SETTINGS_MODULE"] = re.search(r"DJANGO_SETTINGS_MODULE.*?[\"']([\w.]+)[\"']\)", manage)[1]

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

django.setup()
for path in sorted(pathlib.Path(".").rglob("*.py")):
    parts = path.with_suffix("").parts
    # Settings for other places need what is only there.
    if path.name != "manage.py" and "settings" not in parts:
        importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
call_command("check", fail_level="WARNING", verbosity=0)
call_command("makemigrations", check_changes=True, dry_run=True, verbosity=1, stdout=sys.stderr)
call_command("migrate", interactive=False, verbosity=0)


def in_order(sql):
    """A statement with what is in its brackets sorted: SQLite changes a table by making it anew, with other places."""
    start, end = sql.find("("), sql.rfind(")")
    parts, depth = [""], 0
    for char in sql[start + 1 : end]:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return sql[: start + 1] + ", ".join(sorted(part.strip() for part in parts)) + sql[end:]


with connection.cursor() as cursor:
    cursor.execute("select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite_%'")
    rows = [(*row, in_order(sql) if row[0] == "table" else sql) for *row, sql in cursor.fetchall()]
    print("\n".join(sorted(map(str, rows))))
if len(sys.argv) > 1:
    exec(sys.argv[1])
