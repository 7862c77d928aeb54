"""All gates for a Django project in one process, since starting Django costs more than most of them: every module
imports, `check`, no drift, `migrate`, back to the migrations that the first commit had, forward again over rows, the
project's tests, and a round trip over real HTTP.

usage: django_gates.py SETTINGS   (in the project's folder)

Prints what the gates print. At the first that does not pass, the last line is `gate: NAME`, and the exit code is 1.
"""

import importlib
import os
import runpy
import subprocess
import sys
import threading
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = Path.cwd()
sys.path.insert(0, str(PROJECT))
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]


def gate(name, run):
    """Runs a gate; whatever it raises means that it is not passed."""
    try:
        return run()
    except (Exception, SystemExit) as error:
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        elif isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        sys.stderr.flush()
        print(f"gate: {name}", flush=True)
        sys.exit(1)


def import_everything():
    import django

    django.setup()
    for path in sorted(PROJECT.rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        if path.name != "manage.py" and not any(part.startswith(".") for part in parts):
            importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def migrations_of_the_start():
    """The newest migration that each app of the project had in the first commit; `zero` for an app that is new."""
    from django.apps import apps

    def git(*args):
        return subprocess.run(["git", *args], check=True, capture_output=True, text=True).stdout.split()

    there = git("ls-tree", "-r", "--name-only", git("rev-list", "--max-parents=0", "HEAD")[0])
    for app in apps.get_app_configs():
        if not Path(app.path).is_relative_to(PROJECT) or not list(Path(app.path, "migrations").glob("[0-9]*.py")):
            continue
        folder = Path(app.path).relative_to(PROJECT) / "migrations"
        names = [Path(p).stem for p in there if Path(p).parent == folder and Path(p).stem[0].isdigit()]
        yield app.label, max(names, default="zero")


def schema():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select type, name, tbl_name, sql from sqlite_master")
        return sorted(map(str, cursor.fetchall()))


def rows():
    """Rows as they were before the features: written around the models, which know the new columns already."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "insert into auth_user (password, is_superuser, username, last_name, email, is_staff, is_active,"
            " date_joined, first_name) values ('x', 0, 'old', '', '', 0, 1, '2026-01-01', '')"
        )
        cursor.execute(
            "insert into blog_post (title, slug, content, is_published, author_id, created_at, updated_at)"
            f" values ('Old', 'old', 'c', 0, {int(cursor.lastrowid)}, '2026-01-01', '2026-01-01')"
        )


def tests():
    from django.conf import settings
    from django.db import connections
    from django.test.utils import get_runner

    connections.close_all()
    if get_runner(settings)(verbosity=1, interactive=False).run_tests([]):
        sys.exit("tests fail")


def http():
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler, get_internal_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet, ipv6=False)
    server.set_app(get_internal_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.argv = ["http_round_trip.py", f"http://127.0.0.1:{server.server_port}", "1"]
    runpy.run_path(str(HERE / "http_round_trip.py"), run_name="__main__")


def main():
    from django.core.management import call_command

    gate("import", import_everything)
    gate("check", lambda: call_command("check", fail_level="WARNING"))
    gate("drift", lambda: call_command("makemigrations", check_changes=True, dry_run=True, interactive=False))

    def migrate(*target):
        return lambda: call_command("migrate", *target, interactive=False, verbosity=0)

    gate("migrate", migrate())
    first = gate("migrate", schema)
    for target in gate("reverse", lambda: list(migrations_of_the_start())):
        gate("reverse", migrate(*target))
    gate("rows", rows)
    gate("again", migrate())
    again = gate("again", schema)
    if first != again:
        print("\n".join(first), "---", "\n".join(again), sep="\n")
        gate("same", lambda: sys.exit("the tables differ after the way back and forth"))
    gate("tests", tests)
    gate("http", http)


main()
