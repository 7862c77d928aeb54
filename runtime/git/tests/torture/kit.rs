//! Repositories to test on: made by the real git, in a temporary folder, with a configuration of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use aksara_git::{GitProgram, Land, Mode, Repo, TreeChange};
use aksara_protocol::RelPath;
use tempfile::TempDir;

pub struct Project {
    dir: TempDir,
}

/// Everything of the user's: if two are equal, nothing was touched.
#[derive(Debug, PartialEq, Eq)]
pub struct Everything {
    head: String,
    refs: String,
    index: String,
    files: BTreeMap<String, (Vec<u8>, u32)>,
}

impl Project {
    /// A repository without a commit.
    pub fn empty() -> Project {
        Project::init(&[])
    }

    pub fn init(args: &[&str]) -> Project {
        let project = Project { dir: TempDir::new().unwrap() };
        std::fs::create_dir(project.root()).unwrap();
        project.git(&[&["init", "-q", "-b", "main", "--template="], args].concat());
        // The library reads the configuration of whoever runs the tests; the repository's own goes before it.
        for (key, value) in [
            ("user.name", "Tester"),
            ("user.email", "tester@example.com"),
            ("core.autocrlf", "false"),
            ("core.hooksPath", ".git/hooks"),
            ("commit.gpgsign", "false"),
        ] {
            project.git(&["config", key, value]);
        }
        project
    }

    /// A repository with one commit of a few files of each kind.
    pub fn new() -> Project {
        let project = Project::empty();
        project.write("README.md", "hello\n");
        project.write("app/models.py", "class Post:\n    pass\n");
        project.write("app/run.sh", "#!/bin/sh\n");
        project.git(&["update-index", "--add", "--chmod=+x", "app/run.sh"]);
        project.make_executable("app/run.sh");
        std::os::unix::fs::symlink("models.py", project.path("app/link.py")).unwrap();
        std::os::unix::fs::symlink("app", project.path("alias")).unwrap();
        project.write("deep/a/b/c.txt", "c\n");
        project.write(".gitignore", "*.log\nbuild/\n");
        project.commit_all("start");
        project
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("project")
    }

    /// A folder outside the repository.
    pub fn outside(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("outside")
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn repo(&self) -> Repo {
        Repo::discover(&self.root()).unwrap()
    }

    pub fn program(&self) -> GitProgram {
        GitProgram::find(std::env::var_os("PATH").as_deref(), &self.root()).unwrap()
    }

    pub fn command_in(&self, dir: &Path) -> Command {
        let mut command = Command::new(self.program_path());
        command
            .current_dir(dir)
            .env("HOME", self.dir.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", "1700000000 +0000")
            .env("GIT_COMMITTER_DATE", "1700000000 +0000");
        command
    }

    fn program_path(&self) -> PathBuf {
        GitProgram::find(std::env::var_os("PATH").as_deref(), Path::new("/nowhere"))
            .unwrap()
            .path()
            .to_owned()
    }

    /// Runs git in the project; it must succeed. Its output without the last newline.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.root(), args)
    }

    pub fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let output = self.command_in(dir).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }

    pub fn git_fails(&self, args: &[&str]) {
        assert!(!self.command_in(&self.root()).args(args).output().unwrap().status.success(), "git {args:?}");
    }

    pub fn write(&self, path: &str, content: &str) {
        let full = self.path(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, content).unwrap();
    }

    pub fn make_executable(&self, path: &str) {
        make_executable(&self.path(path));
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn commit_all(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub fn status(&self) -> String {
        self.git(&["status", "--porcelain", "-uall"])
    }

    pub fn everything(&self) -> Everything {
        Everything {
            head: self.git(&["symbolic-ref", "-q", "HEAD"]),
            refs: self.git(&["for-each-ref", "refs/heads", "refs/tags"]),
            index: self.git(&["ls-files", "-s"]),
            files: files_below(&self.root()),
        }
    }

    /// Makes a commit of `changes` on HEAD, without touching anything of the user's.
    pub fn proposal(&self, changes: &[TreeChange]) -> Proposal {
        let repo = self.repo();
        let head = repo.head().unwrap();
        let tree = repo.write_tree(&head.tree, changes).unwrap();
        let new = repo.checkpoint(&tree, &head.commit, "proposal", 1_700_000_001).unwrap();
        let paths = repo.changed_paths(&head.tree, &tree).unwrap();
        Proposal { expected: head.commit, new, tree, paths }
    }
}

pub struct Proposal {
    pub expected: String,
    pub new: String,
    pub tree: String,
    pub paths: Vec<RelPath>,
}

impl Proposal {
    pub fn on<'a>(&'a self, branch: &'a str) -> Land<'a> {
        Land { branch, expected: &self.expected, new: &self.new, tree_paths: &self.paths }
    }
}

pub fn rel(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

pub fn put(path: &str, content: &str) -> TreeChange {
    TreeChange { path: rel(path), content: Some((content.as_bytes().to_vec(), Mode::Keep)) }
}

pub fn put_as(path: &str, content: &str, mode: Mode) -> TreeChange {
    TreeChange { path: rel(path), content: Some((content.as_bytes().to_vec(), mode)) }
}

pub fn delete(path: &str) -> TreeChange {
    TreeChange { path: rel(path), content: None }
}

pub fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Every file and link with its mode, `.git` apart.
pub fn files_below(root: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            let meta = path.symlink_metadata().unwrap();
            if name == ".git" {
                continue;
            }
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_symlink() {
                found.insert(name, (path.read_link().unwrap().to_string_lossy().as_bytes().to_vec(), 0));
            } else if meta.is_file() {
                found.insert(name, (std::fs::read(&path).unwrap(), meta.permissions().mode() & 0o111));
            } else {
                found.insert(name, (Vec::new(), 1));
            }
        }
    }
    found
}

/// The error's text, which must contain `part`.
#[track_caller]
pub fn says<T: std::fmt::Debug>(result: Result<T, aksara_git::GitError>, part: &str) {
    let text = result.expect_err("it succeeded").to_string();
    assert!(text.contains(part), "{text:?} does not say {part:?}");
}
