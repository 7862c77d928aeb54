"""Asks Django about a project in a worktree: settings, imports, system checks, migrations. No database is opened.

Started by Aksara's runtime with one JSON argument; prints one JSON line and keeps everything else off stdout.
"""
import importlib
import json
import os
import pkgutil
import sys
import traceback


def main():
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What the project's own code prints must not mix with the answer.
    os.dup2(2, 1)
    run = Run(json.loads(sys.argv[1]))
    run.everything()
    answer.write("\n" + json.dumps(run.report) + "\n")
    answer.flush()
    # The project may have started threads that never end.
    sys.stderr.flush()
    os._exit(0)


class Run:
    def __init__(self, spec):
        self.worktree = os.path.realpath(spec["worktree"])
        self.checkout = os.path.realpath(spec["checkout"])
        self.project = os.path.realpath(os.path.join(spec["worktree"], spec["root"]))
        self.folders = [os.path.realpath(folder) for folder in spec["imported_from"]]
        self.settings = spec["settings"]
        self.apps = spec["apps"]
        self.changed = {os.path.realpath(os.path.join(self.worktree, path)) for path in spec["changed"]}
        self.report = {"framework": None, "checks": [], "not_run": [], "of_changed": []}
        name_what_does_not_compile()

    def everything(self):
        self.take_modules_from_the_worktree()
        if not self.check("settings", self.set_up):
            self.report["not_run"] = ["imports", "worktree", "system checks", "migrations"]
            return
        self.check("imports", self.import_apps)
        self.check("system checks", self.system_checks)
        self.check("migrations", self.migrations)
        self.check("worktree", self.modules_are_of_the_worktree)

    def check(self, name, work):
        problems, remarks = [], []
        try:
            work(problems, remarks)
        except BaseException as error:
            problems.append(self.told(error))
        self.report["checks"].append({"name": name, "ok": not problems, "problems": problems, "remarks": remarks})
        return not problems

    def take_modules_from_the_worktree(self):
        """Puts the worktree in front, and in the place of a checkout that is installed in editable mode."""
        path = [self.in_worktree(entry) for entry in sys.path if entry]
        sys.path[:] = self.folders + [entry for entry in path if entry not in self.folders]
        importlib.invalidate_caches()

    def in_worktree(self, path):
        real = os.path.realpath(path)
        if is_below(real, self.checkout) and not self.is_foreign(real):
            return os.path.join(self.worktree, os.path.relpath(real, self.checkout))
        return path

    def is_foreign(self, real):
        """Whether a file is installed rather than written here, although it may lie inside the checkout."""
        installed = {"site-packages", "dist-packages"} & set(real.split(os.sep))
        prefixes = {os.path.realpath(prefix) for prefix in (sys.prefix, sys.base_prefix)}
        return bool(installed) or any(is_below(real, prefix) for prefix in prefixes)

    def set_up(self, problems, remarks):
        os.chdir(self.project)
        os.environ["DJANGO_SETTINGS_MODULE"] = self.settings
        import django

        self.report["framework"] = "Django %s on Python %s" % (django.get_version(), sys.version.split()[0])
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.utils import OperationalError

        def refuse(connection):
            raise OperationalError("databases are not opened while Aksara checks a project")

        BaseDatabaseWrapper.connect = refuse
        django.setup()

    def import_apps(self, problems, remarks):
        for app in self.apps:
            try:
                package = importlib.import_module(app["module"])
            except BaseException as error:
                problems.append(self.told(error))
                continue
            failed = []
            found = pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + ".", failed.append)
            for module in found:
                if module.name.rsplit(".", 1)[-1] == "__main__":
                    continue
                try:
                    importlib.import_module(module.name)
                except BaseException as error:
                    missing = self.missing_package(error)
                    source = self.source_of(module)
                    if missing and source not in self.changed:
                        remarks.append("%s was not imported: %s is not installed" % (module.name, missing))
                        continue
                    problem = self.told(error)
                    if not problem.startswith(self.shown(source) + ":"):
                        problem += " (imported by %s)" % module.name
                    problems.append(problem)
                    if source in self.changed:
                        self.report["of_changed"].append(problem)

    def missing_package(self, error):
        """The installed package whose absence alone made an import fail."""
        if not isinstance(error, ModuleNotFoundError) or not error.name:
            return None
        top = error.name.split(".")[0]
        local = [os.path.join(folder, top) for folder in self.folders]
        return None if any(os.path.isdir(path) or os.path.isfile(path + ".py") for path in local) else top

    @staticmethod
    def source_of(module):
        finder_path = getattr(module.module_finder, "path", "")
        name = os.path.join(finder_path, module.name.rsplit(".", 1)[-1])
        return os.path.realpath(os.path.join(name, "__init__.py") if module.ispkg else name + ".py")

    def system_checks(self, problems, remarks):
        from django.core import checks

        # None of the databases: by default newer versions of Django ask all of them.
        for message in checks.run_checks(databases=[]):
            if message.is_silenced():
                continue
            text = str(message)
            (problems if message.level >= checks.ERROR else remarks).append(text)

    def migrations(self, problems, remarks):
        from django.apps import apps
        from django.db.migrations.autodetector import MigrationAutodetector
        from django.db.migrations.loader import MigrationLoader
        from django.db.migrations.questioner import MigrationQuestioner
        from django.db.migrations.state import ProjectState

        loader = MigrationLoader(None, ignore_no_migrations=True)
        labels = {app["label"] for app in self.apps}
        for label, names in sorted(loader.detect_conflicts().items()):
            text = "%s has several newest migrations: %s" % (label, ", ".join(sorted(names)))
            (problems if label in labels else remarks).append(text)
        if problems:
            return
        detector = MigrationAutodetector(
            loader.project_state(), ProjectState.from_apps(apps), MigrationQuestioner(dry_run=True)
        )
        for label, found in sorted(detector.changes(graph=loader.graph).items()):
            for migration in found:
                for operation in migration.operations:
                    text = "%s: the models have a change without a migration: %s" % (label, operation.describe())
                    (problems if label in labels else remarks).append(text)

    def modules_are_of_the_worktree(self, problems, remarks):
        for name, module in sorted(sys.modules.items()):
            source = getattr(module, "__file__", None)
            if not isinstance(source, str):
                continue
            real = os.path.realpath(source)
            here = is_below(real, self.worktree)
            if not here and is_below(real, self.checkout) and not self.is_foreign(real):
                problems.append("%s was imported from your checkout, not from the run's worktree: %s" % (name, real))
        for app in self.apps:
            source = getattr(sys.modules.get(app["module"]), "__file__", None)
            if source and not is_below(os.path.realpath(source), self.worktree):
                problems.append("%s was imported from %s, not from the project" % (app["module"], source))

    def told(self, error):
        """An error in one line, with the place in the project that it comes from."""
        place = ""
        if isinstance(error, SyntaxError) and error.filename:
            place = "%s:%s: " % (self.shown(error.filename), error.lineno)
        elif getattr(error, NOT_COMPILED, None):
            place = "%s: " % self.shown(getattr(error, NOT_COMPILED))
        else:
            for frame in traceback.extract_tb(error.__traceback__):
                if os.path.isabs(frame.filename) and is_below(os.path.realpath(frame.filename), self.worktree):
                    place = "%s:%s: " % (self.shown(frame.filename), frame.lineno)
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return "%s%s: %s" % (place, type(error).__name__, text)

    def shown(self, path):
        real = os.path.realpath(path)
        return os.path.relpath(real, self.worktree) if is_below(real, self.worktree) else path


# The attribute of an error that says which file the compiler gave up on.
NOT_COMPILED = "aksara_not_compiled"


def name_what_does_not_compile():
    """A module that is too deep for the compiler fails without a place: only a syntax error has one."""
    from importlib.machinery import SourceFileLoader

    compile_source = SourceFileLoader.source_to_code

    def source_to_code(self, data, path, **options):
        try:
            return compile_source(self, data, path, **options)
        except Exception as error:
            setattr(error, NOT_COMPILED, os.fsdecode(path))
            raise

    SourceFileLoader.source_to_code = source_to_code


def is_below(path, folder):
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


main()
