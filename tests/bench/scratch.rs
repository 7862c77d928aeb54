//! Where the benchmark works: a folder in memory with a home of its own, and repositories in it.
//!
//! In memory, because file systems on disk slow down with what was deleted before, which would measure them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::measure::Outcome;

/// Files lie in folders of 20, and those in folders of 25.
const FILES_A_FOLDER: usize = 20;
const FOLDERS_A_FOLDER: usize = 25;

/// A file system in memory, where there is one; in a container it may be too small.
const MEMORY: &str = "/dev/shm";
const ROOM_KIB_A_FILE: usize = 100;

/// The benchmark's folder. It goes when the benchmark ends.
pub(crate) struct Scratch {
    folder: TempDir,
    in_memory: bool,
    /// How many files the repository of the rows has that have one.
    pub(crate) files: usize,
}

impl Scratch {
    pub(crate) fn new(files: usize) -> Outcome<Self> {
        let in_memory = has_room(MEMORY, files);
        let mut named = tempfile::Builder::new();
        named.prefix("aksara-bench-");
        let folder = if in_memory { named.tempdir_in(MEMORY)? } else { named.tempdir()? };
        let scratch = Self { folder, in_memory, files };
        let bin = scratch.folder.path().join("bin");
        std::fs::create_dir_all(&bin)?;
        std::fs::create_dir_all(scratch.home())?;
        std::os::unix::fs::symlink(git_program()?, bin.join("git"))?;
        Ok(scratch)
    }

    /// What the numbers stand on.
    pub(crate) fn kind(&self) -> &'static str {
        if self.in_memory { "memory" } else { "the temporary folder, which may be on a disk" }
    }

    /// A path in the folder.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn home(&self) -> PathBuf {
        self.at("home")
    }

    /// Everything that programs see of an environment. The only program in its PATH is git, so that no Python is
    /// found: the framework's own checks are not what is measured.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let text = |path: PathBuf| path.display().to_string();
        [
            ("HOME", text(self.home())),
            ("PATH", text(self.at("bin"))),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("TMPDIR", text(self.folder.path().to_owned())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// A program in a folder, with that environment and no other.
    pub(crate) fn command(&self, program: impl AsRef<Path>, dir: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(dir).env_clear().envs(self.environment()).stdin(Stdio::null());
        command
    }

    /// Runs git in a folder; gives what it printed.
    pub(crate) fn git(&self, dir: &Path, args: &[&str]) -> Outcome<String> {
        succeeded(self.command(self.at("bin").join("git"), dir).args(args))
    }

    /// A Django project and `files` text files around it, in a repository with one commit and one pack.
    pub(crate) fn repository(&self, name: &str, files: usize) -> Outcome<PathBuf> {
        let dir = self.at(name);
        if dir.is_dir() {
            return Ok(dir);
        }
        copy(&aksara_testkit::fixture("django-blog"), &dir)?;
        for number in 0..files {
            let path = dir.join(text_file(number));
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&path, text(number))?;
            // Files as young as the index are read again by every git command.
            File::open(&path)?.set_modified(SystemTime::now() - Duration::from_secs(3600))?;
        }
        self.git(&dir, &["-c", "init.defaultBranch=main", "init", "--quiet"])?;
        for (key, value) in [
            // The library reads the configuration of whoever runs the benchmark; this one is nearer.
            ("user.name", "Bench"),
            ("user.email", "bench@example.com"),
            ("commit.gpgsign", "false"),
            ("core.hooksPath", ".git/hooks"),
            ("gc.auto", "0"),
        ] {
            self.git(&dir, &["config", key, value])?;
        }
        self.git(&dir, &["add", "--all"])?;
        self.git(&dir, &["commit", "--quiet", "--message", "start"])?;
        self.git(&dir, &["repack", "-adq"])?;
        Ok(dir)
    }

    /// An equal repository under another name.
    pub(crate) fn copy(&self, repository: &Path, name: &str) -> Outcome<PathBuf> {
        let dir = self.at(name);
        copy(repository, &dir)?;
        // The index has the times and inodes of the files that it was made for.
        self.git(&dir, &["update-index", "-q", "--refresh"])?;
        Ok(dir)
    }
}

/// The path of one of the repository's text files.
pub(crate) fn text_file(number: usize) -> String {
    let (folder, file) = (number / FILES_A_FOLDER, number % FILES_A_FOLDER);
    let (outer, inner) = (folder / FOLDERS_A_FOLDER, folder % FOLDERS_A_FOLDER);
    format!("src/a{outer:03}/b{inner:02}/f{file:02}.txt")
}

/// About 2 KB that no other file has.
pub(crate) fn text(number: usize) -> String {
    (0..40).map(|line| format!("line {line} of file {number}: what it says is no matter\n")).collect()
}

/// Runs a command that must succeed; gives what it printed.
pub(crate) fn succeeded(command: &mut Command) -> Outcome<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

/// Whether a folder is there and its file system has room for the repositories.
fn has_room(folder: &str, files: usize) -> bool {
    let Ok(output) = Command::new("df").args(["-Pk", folder]).output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let free = text
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().nth(3))
        .and_then(|k| k.parse::<usize>().ok());
    output.status.success() && free.is_some_and(|free| free >= files * ROOM_KIB_A_FILE)
}

fn git_program() -> Outcome<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join("git"))
        .find(|program| program.is_file())
        .ok_or_else(|| "git was not found in PATH\nhint: install git".into())
}

/// Copies a folder; files keep their times.
fn copy(from: &Path, to: &Path) -> Outcome<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), &to)?;
            File::open(&to)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}
