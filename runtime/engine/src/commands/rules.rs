//! The table of rules. Each has command lines that it covers and such that it must not; the tests run them.

use aksara_protocol::command::RiskClass::{
    self, DatabaseWrite, Destructive, EnvironmentWrite, Network, Read, WorkspaceWrite,
};

/// What is known of some commands.
pub(super) struct Rule {
    /// The program: its file name, a Python module, or `manage.py`.
    pub(super) programs: &'static [&'static str],
    /// What the first argument must be one of; empty for anything.
    pub(super) first: &'static [&'static str],
    /// Options of which one must be there; empty for none.
    pub(super) with: &'static [&'static str],
    /// Options of which none may be there.
    pub(super) without: &'static [&'static str],
    /// How many arguments that are no options there must be at least.
    pub(super) words: usize,
    /// No argument may name a path outside of the folder.
    pub(super) inside: bool,
    pub(super) class: RiskClass,
    pub(super) why: &'static str,
    /// Covered, as words with single spaces.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests run them"))]
    pub(super) examples: &'static [&'static str],
    /// Not covered.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests run them"))]
    pub(super) others: &'static [&'static str],
}

const RULE: Rule = Rule {
    programs: &[],
    first: &[],
    with: &[],
    without: &[],
    words: 0,
    inside: false,
    class: Destructive,
    why: "",
    examples: &[],
    others: &[],
};

pub(super) const RULES: &[Rule] = &[
    // Django's commands. One that is not named here is the project's own, and unknown.
    Rule {
        programs: &["manage.py"],
        first: &[
            "check",
            "showmigrations",
            "diffsettings",
            "inspectdb",
            "sqlmigrate",
            "sqlflush",
            "sqlsequencereset",
            "findstatic",
            "version",
            "--version",
            "help",
            "--help",
        ],
        class: Read,
        why: "it only shows",
        examples: &["python manage.py check --deploy", "./manage.py showmigrations", "django-admin version"],
        others: &["python manage.py migrate", "python manage.py", "check"],
        ..RULE
    },
    Rule {
        programs: &["manage.py"],
        first: &["makemigrations", "migrate", "optimizemigration", "squashmigrations"],
        with: &["--check", "--dry-run", "--plan"],
        class: Read,
        why: "it only shows what it would do",
        examples: &["python manage.py makemigrations --check", "python manage.py migrate --plan"],
        others: &["python manage.py migrate", "python manage.py flush --plan"],
        ..RULE
    },
    Rule {
        programs: &["manage.py"],
        first: &[
            "makemigrations",
            "optimizemigration",
            "squashmigrations",
            "startapp",
            "makemessages",
            "compilemessages",
        ],
        without: &["--check", "--dry-run"],
        class: WorkspaceWrite,
        why: "it writes source files",
        examples: &["python manage.py makemigrations blog", "django-admin startapp shop"],
        others: &["python manage.py makemigrations --dry-run", "python manage.py makemigrations --che"],
        ..RULE
    },
    Rule {
        programs: &["manage.py"],
        first: &["test"],
        class: WorkspaceWrite,
        why: "it runs the project's tests, on a database of their own",
        examples: &["python manage.py test blog --no-input"],
        others: &["python manage.py testserver"],
        ..RULE
    },
    Rule {
        programs: &["manage.py"],
        first: &[
            "migrate",
            "loaddata",
            "createsuperuser",
            "changepassword",
            "createcachetable",
            "clearsessions",
        ],
        without: &["--check", "--plan"],
        class: DatabaseWrite,
        why: "it writes to the database",
        examples: &["python manage.py migrate", "python manage.py loaddata x.json"],
        others: &["python manage.py migrate --plan", "python manage.py flush"],
        ..RULE
    },
    Rule {
        programs: &["manage.py"],
        first: &["migrate"],
        without: &["--check", "--plan"],
        words: 3,
        class: Destructive,
        why: "it goes to a named migration, which may be backwards and drop columns and tables",
        examples: &["python manage.py migrate blog zero", "python manage.py migrate --noinput blog 0001"],
        others: &["python manage.py migrate blog", "python manage.py migrate --plan blog zero"],
        ..RULE
    },
    Rule {
        programs: &["manage.py"],
        first: &["sendtestemail", "runserver", "testserver", "collectstatic"],
        without: &["--clear", "-c"],
        class: Network,
        why: "it may talk to other machines",
        examples: &["python manage.py collectstatic --no-input"],
        others: &["python manage.py collectstatic --clear", "python manage.py collectstatic --cle"],
        ..RULE
    },
    Rule {
        programs: &["manage.py"],
        first: &["flush", "dbshell", "shell", "remove_stale_contenttypes"],
        class: Destructive,
        why: "it can delete rows",
        examples: &["python manage.py flush", "python manage.py shell -c x"],
        others: &["python manage.py sqlflush"],
        ..RULE
    },
    // Tests and linters.
    Rule {
        programs: &["pytest", "unittest", "tox", "nox", "coverage"],
        class: WorkspaceWrite,
        why: "it runs the project's tests",
        examples: &["pytest -x blog", "python -m pytest", "python -m unittest discover"],
        others: &["./pytest"],
        ..RULE
    },
    Rule {
        programs: &["ruff"],
        first: &["check", "--version"],
        without: &["--fix", "--fix-only", "--unsafe-fixes", "--add-noqa", "--output-file", "-o"],
        class: Read,
        why: "it only reports",
        examples: &["ruff check .", "python -m ruff check blog"],
        others: &["ruff check --fix", "ruff format", "ruff check -o x"],
        ..RULE
    },
    Rule {
        programs: &["ruff"],
        first: &["check", "format"],
        inside: true,
        class: WorkspaceWrite,
        why: "it may rewrite source files",
        examples: &["ruff format blog", "ruff check --fix ."],
        others: &["ruff format ../other", "ruff clean"],
        ..RULE
    },
    Rule {
        programs: &["black", "isort"],
        inside: true,
        class: WorkspaceWrite,
        why: "it rewrites source files",
        examples: &["black blog", "python -m isort ."],
        others: &["black /etc", "isort ../other"],
        ..RULE
    },
    Rule {
        programs: &["mypy", "flake8", "pyright", "pyflakes", "compileall"],
        inside: true,
        class: WorkspaceWrite,
        why: "it reports, and writes a cache",
        examples: &["mypy blog", "python -m compileall blog"],
        others: &["mypy /srv"],
        ..RULE
    },
    // Packages.
    Rule {
        programs: &["pip"],
        first: &["list", "show", "freeze", "check", "--version", "help", "debug"],
        class: Read,
        why: "it only shows",
        examples: &["pip list", "python -m pip freeze"],
        others: &["pip install x", "pip"],
        ..RULE
    },
    Rule {
        programs: &["pip"],
        first: &["install", "download", "wheel", "index", "search"],
        class: Network,
        why: "it downloads and may install packages, which run code of theirs",
        examples: &["pip install django", "python3 -m pip install -r requirements.txt"],
        others: &["pip list", "pip uninstall x"],
        ..RULE
    },
    Rule {
        programs: &["pip"],
        first: &["uninstall", "cache", "config"],
        class: EnvironmentWrite,
        why: "it changes the Python environment",
        examples: &["pip uninstall -y django"],
        others: &["pip install django"],
        ..RULE
    },
    Rule {
        programs: &["venv", "virtualenv"],
        inside: true,
        class: EnvironmentWrite,
        why: "it makes a Python environment",
        examples: &["python -m venv .venv"],
        others: &["python -m venv /opt/x"],
        ..RULE
    },
    Rule {
        programs: &["uv", "poetry", "pipenv", "pdm"],
        first: &["add", "sync", "lock", "remove", "pip", "install", "update", "upgrade", "export"],
        class: Network,
        why: "it downloads and may install packages, which run code of theirs",
        examples: &["uv add django", "poetry install", "uv pip install x"],
        others: &["uv tree", "poetry publish"],
        ..RULE
    },
    Rule {
        programs: &["uv", "poetry"],
        first: &["tree", "show", "check", "--version", "version"],
        without: &["--bump", "--short"],
        class: Read,
        why: "it only shows",
        examples: &["uv tree", "poetry check"],
        others: &["uv version --bump minor", "uv publish"],
        ..RULE
    },
    Rule {
        programs: &["npm", "pnpm", "yarn"],
        first: &["ci", "install", "i", "add", "update"],
        class: Network,
        why: "it downloads and may install packages, which run code of theirs",
        examples: &["npm ci", "yarn add left-pad"],
        others: &["npm run build", "npm publish"],
        ..RULE
    },
    // git. Everything that moves a branch, drops work or publishes it is left to the unknown.
    Rule {
        programs: &["git"],
        first: &[
            "status",
            "log",
            "diff",
            "show",
            "rev-parse",
            "ls-files",
            "ls-tree",
            "blame",
            "describe",
            "cat-file",
            "merge-base",
            "shortlog",
            "grep",
            "--version",
        ],
        without: &["--output", "--ext-diff", "--textconv", "--open-files-in-pager", "-O"],
        class: Read,
        why: "it only shows",
        examples: &["git status", "git log --oneline", "git diff HEAD"],
        others: &["git reset", "git diff --output=x", "git branch -D x", "git grep -Oless x"],
        ..RULE
    },
    Rule {
        programs: &["git"],
        first: &["fetch", "ls-remote"],
        without: &["--upload-pack", "--force", "-f", "-u", "--update-head-ok", "--prune", "-p"],
        class: Network,
        why: "it talks to another machine",
        examples: &["git fetch origin"],
        others: &["git push", "git fetch --upload-pack=x", "git fetch -fp"],
        ..RULE
    },
    Rule {
        programs: &["git"],
        first: &[
            "reset",
            "clean",
            "checkout",
            "restore",
            "switch",
            "stash",
            "rebase",
            "branch",
            "tag",
            "worktree",
            "reflog",
            "gc",
            "prune",
            "update-ref",
            "filter-branch",
            "push",
            "rm",
            "commit",
            "merge",
            "pull",
            "am",
            "cherry-pick",
            "revert",
            "submodule",
            "config",
        ],
        class: Destructive,
        why: "it can discard work, move a branch or publish",
        examples: &["git reset --hard", "git stash drop", "git worktree remove x"],
        others: &["git status"],
        ..RULE
    },
    // Small programs.
    Rule {
        programs: &["python"],
        first: &["--version", "-V"],
        class: Read,
        why: "it only shows",
        examples: &["python --version"],
        others: &["python", "python x.py"],
        ..RULE
    },
    Rule {
        programs: &[
            "ls",
            "cat",
            "head",
            "tail",
            "wc",
            "grep",
            "pwd",
            "echo",
            "printf",
            "true",
            "false",
            "test",
            "stat",
            "diff",
            "cmp",
            "which",
            "basename",
            "dirname",
            "realpath",
            "sha256sum",
            "du",
        ],
        class: Read,
        why: "it only reads",
        examples: &["ls -la", "/usr/bin/grep -rn x ."],
        others: &["tee x", "bin/ls", "sort -o x"],
        ..RULE
    },
    Rule {
        programs: &["find"],
        without: &[
            "-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls",
        ],
        class: Read,
        why: "it only reads",
        examples: &["find . -name x.py"],
        others: &["find . -delete", "find . -exec rm {} +", "find . -okdir rm ;"],
        ..RULE
    },
    Rule {
        programs: &["mkdir", "touch"],
        inside: true,
        class: WorkspaceWrite,
        why: "it makes files in the worktree",
        examples: &["mkdir -p a/b", "touch blog/__init__.py"],
        others: &["touch /etc/x", "mkdir ~/x", "mkdir --mode=7 ../x"],
        ..RULE
    },
    Rule {
        programs: &["curl", "wget"],
        class: Network,
        why: "it talks to other machines",
        examples: &["curl https://example.com"],
        others: &["ssh example.com"],
        ..RULE
    },
    Rule {
        programs: &["rm", "rmdir", "unlink", "shred", "dd", "truncate", "mv", "cp", "ln", "chmod", "chown"],
        class: Destructive,
        why: "it can remove or overwrite files",
        examples: &["rm -rf build", "mv a b"],
        others: &["mkdir a"],
        ..RULE
    },
    Rule {
        programs: &["sh", "bash", "zsh", "dash", "fish", "sudo", "doas", "env", "xargs", "eval", "ssh"],
        class: Destructive,
        why: "it can run anything",
        examples: &["sh -c ls", "sudo ls"],
        others: &["ls"],
        ..RULE
    },
];
