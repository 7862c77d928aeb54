//! The `git` program, for the few things that git's library does not do or does wrong: adding and removing
//! worktrees, and commits with hooks and signatures.

use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::error::{GitError, IoDoing};

/// A `git` program outside the repository.
#[derive(Clone)]
pub struct GitProgram {
    path: PathBuf,
    timeout: Duration,
    told: Option<Told>,
}

/// Hears the number of a process that was started, which leads its group.
type Told = Arc<dyn Fn(u32) + Send + Sync>;

impl std::fmt::Debug for GitProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitProgram")
            .field("path", &self.path)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A checkout of a large repository, or a hook that runs the whole test suite.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// More is read and thrown away.
const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// How long a pipe may stay open after git has ended: a hook may leave a process behind that holds it.
const AFTER_END: Duration = Duration::from_millis(500);

/// Variables that say which configuration is the user's, or who the user is. All other `GIT_…` variables could
/// point git at another repository or make it run programs, and are removed.
const KEPT: [&str; 4] = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"];
const IDENTITY: [&str; 2] = ["GIT_AUTHOR_", "GIT_COMMITTER_"];

/// What a repository's configuration must not switch on for our own calls.
const HARDENED: [&str; 6] = [
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "core.pager=cat",
    "advice.detachedHead=false",
];

impl GitProgram {
    /// Finds `git` in the folders of `path_env` (the value of PATH). Folders that are not absolute, and
    /// programs inside the folder `outside`, are passed over: a repository must not bring its own git.
    ///
    /// # Errors
    /// [`GitError::NoGitProgram`].
    pub fn find(path_env: Option<&OsStr>, outside: &Path) -> Result<GitProgram, GitError> {
        let outside = outside.canonicalize().unwrap_or_else(|_| outside.to_owned());
        let name = format!("git{}", std::env::consts::EXE_SUFFIX);
        for dir in std::env::split_paths(path_env.unwrap_or_default()) {
            let path = dir.join(&name);
            let Ok(real) = path.canonicalize() else { continue };
            if dir.is_absolute()
                && is_program(&real)
                && !real.starts_with(&outside)
                && !dir.starts_with(&outside)
            {
                return Ok(GitProgram { path, timeout: DEFAULT_TIMEOUT, told: None });
            }
        }
        Err(GitError::NoGitProgram)
    }

    /// The same program with another limit for one call of it, hooks included.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> GitProgram {
        GitProgram { timeout, ..self }
    }

    /// The same program, which tells the number of each process that it starts. The process leads a group of
    /// that number.
    #[must_use]
    pub fn telling(self, told: impl Fn(u32) + Send + Sync + 'static) -> GitProgram {
        GitProgram { told: Some(Arc::new(told)), ..self }
    }

    /// The limit for one call.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The program's absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A `git` that starts in `dir`, takes nothing from variables of the environment that could lead it
    /// elsewhere, asks nobody, runs no hook and speaks English.
    #[must_use]
    pub fn command(&self, dir: &Path) -> Command {
        let mut command = self.bare(dir, |_| false);
        command.env("LC_ALL", "C").args(["-c", "core.hooksPath=/dev/null"]);
        command
    }

    /// As [`GitProgram::command`], with the user's hooks, identity and language.
    #[must_use]
    pub fn command_with_hooks(&self, dir: &Path) -> Command {
        self.bare(dir, |name| IDENTITY.iter().any(|prefix| name.starts_with(prefix)))
    }

    fn bare(&self, dir: &Path, keep: impl Fn(&str) -> bool) -> Command {
        let mut command = Command::new(&self.path);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("GIT_") && !KEPT.contains(&text.as_ref()) && !keep(&text) {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(dir)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_EDITOR", ":")
            .arg("--no-pager");
        for setting in HARDENED {
            command.args(["-c", setting]);
        }
        command
    }

    /// Runs a command to its end, gives it `input`, and collects what it prints, up to 4 MiB a stream. `what`
    /// names it in errors. At the limit it is killed with everything that it started.
    ///
    /// # Errors
    /// [`GitError::TimedOut`], or [`GitError::Io`] if it cannot be started. How it ended is in the output.
    pub fn run(
        &self,
        mut command: Command,
        what: &str,
        input: Option<&[u8]>,
        timeout: Duration,
    ) -> Result<Output, GitError> {
        let deadline = Instant::now() + timeout;
        command
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        in_own_group(&mut command);
        let mut child = command.spawn().doing("start", &self.path)?;
        if let Some(told) = &self.told {
            told(child.id());
        }
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
            let input = input.to_vec();
            // A program that does not read its input says why by its exit status.
            std::thread::spawn(move || pipe.write_all(&input));
        }
        let mut pause = Duration::from_micros(200);
        let status = loop {
            if let Some(status) = child.try_wait().doing("wait for", &self.path)? {
                break status;
            }
            if Instant::now() >= deadline {
                kill(&mut child);
                return Err(GitError::TimedOut { command: what.to_owned(), seconds: timeout.as_secs() });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        let end = Instant::now() + AFTER_END;
        Ok(Output { status, stdout: received(&stdout, end), stderr: received(&stderr, end) })
    }

    /// Runs a command of our own that must succeed.
    pub(crate) fn must(&self, command: Command, what: &str) -> Result<(), GitError> {
        let ended = self.run(command, what, None, self.timeout)?;
        if ended.status.success() {
            return Ok(());
        }
        Err(GitError::Program {
            command: what.to_owned(),
            status: ended.status.to_string(),
            output: String::from_utf8_lossy(&ended.stderr).trim().to_owned(),
        })
    }
}

/// Reads a pipe on its own thread, so that neither side ever waits for the other.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    if let Some(mut pipe) = pipe {
        std::thread::spawn(move || {
            let mut buffer = vec![0; 16 * 1024];
            let mut room = MAX_OUTPUT;
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                let part = &buffer[..n.min(room)];
                room -= part.len();
                if !part.is_empty() && send.send(part.to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    receive
}

/// What came through the pipe until its end, or until `end`.
fn received(pipe: &Receiver<Vec<u8>>, end: Instant) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match pipe.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(part) => all.extend_from_slice(&part),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return all,
        }
    }
}

#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn in_own_group(_: &mut Command) {}

/// Ends the program and what it started. It may have ended by itself meanwhile, so nothing here can fail.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(unix)]
pub(crate) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file()
}
