//! A start project in a repository of its own.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::Python;

/// A project in a temporary repository, with a home and a cache beside it.
pub struct Project {
    folder: TempDir,
    /// Whose virtual environment commands see.
    pub python: Option<Python>,
}

/// The folder of a start project in this repository.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    crate::workspace().join("tests/projects").join(name)
}

impl Project {
    /// An empty folder with a home; no repository yet.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("aksara-").tempdir().expect("a temporary folder");
        let project = Self { folder, python: None };
        std::fs::create_dir_all(project.path()).expect("the project's folder");
        std::fs::create_dir_all(project.home()).expect("a home");
        let config =
            "[user]\n\tname = Test Person\n\temail = person@example.com\n[init]\n\tdefaultBranch = main\n";
        std::fs::write(project.home().join(".gitconfig"), config).expect("a git configuration");
        project
    }

    /// A copy of a start project, committed.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let project = Self::empty();
        copy(&fixture(name), &project.path());
        project.git(&["init", "--quiet"]);
        project.commit("start");
        project
    }

    /// The Django start project, committed, with the real Django at hand; `None` after a line that says why the
    /// test was skipped.
    #[must_use]
    pub fn django_blog(test: &str) -> Option<Self> {
        Self::with_python("django-blog", crate::django::DJANGO, test)
    }

    /// The start project `name`, committed, with an environment of its own where it needs more than Django and REST
    /// framework; `None` after a line that says why the test was skipped.
    #[must_use]
    pub fn django(name: &str, test: &str) -> Option<Self> {
        let has_own = crate::workspace().join(format!("tests/requirements-{name}.txt")).is_file();
        Self::with_python(name, if has_own { name } else { crate::django::DJANGO }, test)
    }

    /// The start project `name`, committed, with the environment `environment` (`tests/requirements-NAME.txt`); `None`
    /// after a line that says why the test was skipped.
    #[must_use]
    pub fn with_python(name: &str, environment: &str, test: &str) -> Option<Self> {
        let python = crate::python_for_or_skip(environment, test)?;
        let mut project = Self::of(name);
        project.python = Some(python);
        Some(project)
    }

    /// A copy of the repository, its history and its home: both can go on from here.
    ///
    /// # Panics
    /// If it cannot be copied.
    #[must_use]
    pub fn copied(&self) -> Self {
        let project = Self { python: self.python.clone(), ..Self::empty() };
        copy(&self.path(), &project.path());
        copy(&self.home(), &project.home());
        project
    }

    /// The repository's folder.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// The home folder that commands see.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Everything that commands see of an environment.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let home = self.home().display().to_string();
        let mut environment: BTreeMap<String, String> = [
            ("HOME", home.clone()),
            ("XDG_CACHE_HOME", format!("{home}/.cache")),
            ("XDG_CONFIG_HOME", format!("{home}/.config")),
            ("XDG_DATA_HOME", format!("{home}/.local/share")),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("TMPDIR", std::env::temp_dir().display().to_string()),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
        if let Some(python) = &self.python {
            environment.insert("VIRTUAL_ENV".to_owned(), python.venv.display().to_string());
        }
        environment
    }

    /// A program in the project's folder, with its environment and no other.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env_clear().envs(self.environment());
        command
    }

    /// Runs git; gives what it printed.
    ///
    /// # Panics
    /// If git fails.
    pub fn git(&self, args: &[&str]) -> String {
        let output = self.command("git").args(args).output().expect("git starts");
        assert!(output.status.success(), "git {args:?}: {}", text(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.head()
    }

    /// The commit at HEAD.
    #[must_use]
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Runs the project's Python.
    ///
    /// # Panics
    /// If the project has none.
    pub fn python(&self, args: &[&str]) -> Output {
        let python = self.python.as_ref().expect("a project with Python");
        self.command(&python.program)
            .args(args)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .expect("Python starts")
    }

    /// Runs `manage.py`; gives what it printed.
    ///
    /// # Panics
    /// If it fails.
    pub fn manage(&self, args: &[&str]) -> String {
        let mut all = vec!["manage.py"];
        all.extend(args);
        let output = self.python(&all);
        assert!(output.status.success(), "manage.py {args:?}:\n{}", text(&output));
        text(&output)
    }

    /// A file's content.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Writes a file, with its folders.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, content).expect("a file");
    }

    /// Everything of the user's, to be compared before and after: HEAD, every ref but `refs/aksara`, the index,
    /// the status, worktrees, stashes and configuration; every file and folder with its mode and content.
    #[must_use]
    pub fn everything(&self) -> String {
        let mut all = String::new();
        if self.path().join(".git").exists() {
            for args in [
                &["rev-parse", "HEAD"][..],
                &["symbolic-ref", "-q", "HEAD"],
                &["for-each-ref"],
                &["ls-files", "--stage", "-v"],
                &["status", "--porcelain=v2", "--untracked-files=all", "--ignored"],
                &["worktree", "list", "--porcelain"],
                &["stash", "list"],
                &["config", "--local", "--list"],
            ] {
                // Without optional locks: looking must not write the index.
                let output =
                    self.command("git").arg("--no-optional-locks").args(args).output().expect("git starts");
                all.push_str(&format!("$ git {}\n", args.join(" ")));
                for line in text(&output).lines().filter(|l| !l.contains("\trefs/aksara/")) {
                    all.push_str(line);
                    all.push('\n');
                }
            }
        }
        let top = self.path();
        let mut paths = Vec::new();
        walk(&top, &mut paths);
        paths.sort();
        for path in paths {
            let meta = std::fs::symlink_metadata(&path).expect("a file");
            let content = if meta.is_symlink() {
                std::fs::read_link(&path).expect("a link").display().to_string().into_bytes()
            } else if meta.is_dir() {
                Vec::new()
            } else {
                std::fs::read(&path).unwrap_or_default()
            };
            let name = path.strip_prefix(&top).expect("a path below the project").display();
            let mode = meta.permissions().mode();
            all.push_str(&format!("{mode:o} {name} {} {:x}\n", content.len(), checksum(&content)));
        }
        all
    }
}

/// Every file and folder below a folder, but git's own.
fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|n| n == ".git") {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found);
        }
        found.push(path);
    }
}

fn checksum(content: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a start project") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copied file");
        }
    }
}

/// What a program printed, both streams.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_the_user_is_compared() {
        let project = Project::of("django-blog");
        let before = project.everything();
        project.git(&["update-ref", "refs/aksara/runs/x", "HEAD"]);
        assert_eq!(project.everything(), before, "refs of Aksara are not the user's");

        let changes: [(&str, Change<'_>, Change<'_>); 7] = [
            ("a ref", &|| drop(project.git(&["update-ref", "refs/notes/x", "HEAD"])), &|| {
                project.git(&["update-ref", "-d", "refs/notes/x"]);
            }),
            ("content", &|| project.write("new.txt", "x"), &|| remove(&project, "new.txt")),
            ("a folder", &|| std::fs::create_dir(project.path().join("empty")).unwrap(), &|| {
                std::fs::remove_dir(project.path().join("empty")).unwrap();
            }),
            ("a mode", &|| mode(&project, "README.md", 0o600), &|| mode(&project, "README.md", 0o644)),
            ("the index", &|| drop(project.git(&["rm", "--quiet", "--cached", "README.md"])), &|| {
                project.git(&["add", "README.md"]);
            }),
            ("configuration", &|| drop(project.git(&["config", "core.sparseCheckout", "true"])), &|| {
                project.git(&["config", "--unset", "core.sparseCheckout"]);
            }),
            ("HEAD", &|| drop(project.git(&["checkout", "--quiet", "--detach"])), &|| {
                project.git(&["checkout", "--quiet", "main"]);
            }),
        ];
        mode(&project, "README.md", 0o644);
        let before = project.everything();
        for (what, change, back) in changes {
            change();
            assert_ne!(project.everything(), before, "{what}");
            back();
            assert_eq!(project.everything(), before, "{what}");
        }
    }

    type Change<'p> = &'p dyn Fn();

    fn remove(project: &Project, path: &str) {
        std::fs::remove_file(project.path().join(path)).unwrap();
    }

    fn mode(project: &Project, path: &str, mode: u32) {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(project.path().join(path), permissions).unwrap();
    }
}
