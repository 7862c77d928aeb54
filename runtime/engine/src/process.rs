//! Child processes: own group, clean environment, bounded time and output.
//!
//! Blocking, for use on the engine's own threads. What a command *may* do is not decided here, see
//! [`crate::commands`].

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::left_over::WrittenDown;

/// How often a running process looks whether it was cancelled.
const TICK: Duration = Duration::from_millis(25);
/// How long a process may take to end after it was asked to.
pub(crate) const GRACE: Duration = Duration::from_secs(3);
/// How long output is waited for after a process ended: somebody who left its group may still hold the pipe.
const DRAIN: Duration = Duration::from_secs(1);
/// A line that is longer is given to the listener in pieces.
const LONGEST_LINE: usize = 16 * 1024;

/// Variables that programs need to work at all, and none that carry secrets or load code.
const ALLOWED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "TERM",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
];

/// What to run.
pub(crate) struct ProcessSpec {
    /// Program and arguments. A program without `/` is looked for in the absolute folders of `env`'s PATH.
    pub(crate) argv: Vec<String>,
    /// Where; must exist.
    pub(crate) cwd: PathBuf,
    /// The whole environment.
    pub(crate) env: BTreeMap<String, String>,
    /// After how long it is killed.
    pub(crate) timeout: Duration,
    /// How many bytes of each stream are kept, half from its start and half from its end.
    pub(crate) output_limit: usize,
    /// Hears every line as it comes.
    pub(crate) on_line: Option<LineListener>,
    /// Where it is written down while it is at work: see [`crate::left_over`].
    pub(crate) record: Option<PathBuf>,
    /// What it is called there; else by its command.
    pub(crate) name: Option<&'static str>,
}

/// Hears lines of output, from two threads.
pub(crate) type LineListener = Arc<dyn Fn(Stream, &str) + Send + Sync>;

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What came of a process that was started.
#[derive(Debug)]
pub(crate) struct ProcessOutput {
    pub(crate) ended: Ended,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that we did not send.
    Signalled(i32),
    /// Killed after so long.
    TimedOut(Duration),
    /// Killed because somebody asked to stop.
    Cancelled,
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// No program of that name.
    #[error("cannot run `{program}`: there is no such program{}", if .program.contains('/') { "" } else { " in the folders of PATH" })]
    NoProgram {
        /// As it was given.
        program: String,
    },
    /// No program was named.
    #[error("cannot run an empty command")]
    Empty,
    /// The folder to run in is not there.
    #[error("cannot run `{program}`: the folder {} does not exist", .folder.display())]
    NoFolder {
        /// What was to be run.
        program: String,
        /// Where.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("cannot run `{program}`: {source}")]
    Refused {
        /// What was to be run.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Ended {
    pub(crate) fn success(self) -> bool {
        self == Ended::Exited(0)
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ended::Exited(code) => write!(f, "it ended with status {code}"),
            Ended::Signalled(signal) => write!(f, "it was killed by signal {signal}"),
            Ended::TimedOut(after) => {
                write!(f, "it was still running after {} s and was killed", after.as_secs())
            }
            Ended::Cancelled => f.write_str("it was stopped, as asked"),
        }
    }
}

/// The part of `base` that child processes get: what programs need, what `names` add, and what `extra` sets.
pub(crate) fn environment(
    base: &BTreeMap<String, String>,
    names: &[String],
    extra: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let allowed =
        |name: &str| ALLOWED.contains(&name) || name.starts_with("LC_") || names.iter().any(|n| n == name);
    let mut env: BTreeMap<String, String> =
        base.iter().filter(|(name, _)| allowed(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
    env.extend(extra.iter().map(|(k, v)| (k.clone(), v.clone())));
    env
}

/// The executable `name` in PATH. Relative folders of PATH are left out: they would name whatever a repository
/// holds.
pub(crate) fn find_program(name: &str, env: &BTreeMap<String, String>) -> Option<PathBuf> {
    std::env::split_paths(env.get("PATH")?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_executable(path))
}

#[cfg(unix)]
pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Runs a process to its end, its time limit, or until `cancel` is set; then its whole group is gone.
pub(crate) fn run(spec: &ProcessSpec, cancel: &AtomicBool) -> Result<ProcessOutput, ProcessError> {
    let mut child = spawn(spec)?;
    let group = Pid::from_child(&child);
    let written_down = spec.record.as_deref().map(|file| WrittenDown::new(file, child.id(), spec));
    let streams = [
        child.stdout.take().map(|pipe| listen(pipe, Stream::Stdout, spec)),
        child.stderr.take().map(|pipe| listen(pipe, Stream::Stderr, spec)),
    ];
    let ended = wait(group, spec.timeout, cancel);
    // The leader is not reaped yet, so its number still means this group: whoever the process left behind in
    // it goes too. A group that is empty already is no error.
    let _ = kill_process_group(group, Signal::KILL);
    let status = child.wait();
    drop(written_down);
    let [stdout, stderr] = streams.map(|stream| stream.map(Listening::finish).unwrap_or_default());
    Ok(ProcessOutput { ended: ended.unwrap_or_else(|| by_itself(&status)), stdout, stderr })
}

fn by_itself(status: &std::io::Result<ExitStatus>) -> Ended {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ended::Exited(code),
            (None, signal) => Ended::Signalled(signal.unwrap_or_default()),
        },
        // Somebody else reaped our child; how it ended is lost, and that is not a success.
        Err(_) => Ended::Exited(-1),
    }
}

fn spawn(spec: &ProcessSpec) -> Result<Child, ProcessError> {
    let Some((program, arguments)) = spec.argv.split_first() else { return Err(ProcessError::Empty) };
    if !spec.cwd.is_dir() {
        return Err(ProcessError::NoFolder { program: program.clone(), folder: spec.cwd.clone() });
    }
    let path = if program.contains('/') {
        Some(spec.cwd.join(program)).filter(|path| is_executable(path))
    } else {
        find_program(program, &spec.env)
    };
    let path = path.ok_or_else(|| ProcessError::NoProgram { program: program.clone() })?;
    Command::new(path)
        .args(arguments)
        .current_dir(&spec.cwd)
        .env_clear()
        .envs(&spec.env)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|source| ProcessError::Refused { program: program.clone(), source })
}

/// Waits for the leader without reaping it. `None` if it ended by itself.
fn wait(group: Pid, timeout: Duration, cancel: &AtomicBool) -> Option<Ended> {
    let exited = watch(group);
    let deadline = Instant::now().checked_add(timeout);
    let reason = loop {
        let left = deadline.map_or(TICK, |d| d.saturating_duration_since(Instant::now()));
        match exited.recv_timeout(left.min(TICK)) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::SeqCst) => break Ended::Cancelled,
            Err(RecvTimeoutError::Timeout) if deadline.is_some_and(|d| Instant::now() >= d) => {
                break Ended::TimedOut(timeout);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    let _ = kill_process_group(group, Signal::TERM);
    let _ = exited.recv_timeout(GRACE);
    Some(reason)
}

/// Says when the process has ended, without taking its number from the system.
fn watch(pid: Pid) -> Receiver<()> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        while let Err(rustix::io::Errno::INTR) =
            waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        {}
        // Nobody listens any more once the group was killed.
        let _ = sender.send(());
    });
    receiver
}

/// A stream that is being read on a thread of its own.
struct Listening {
    kept: Arc<Mutex<Kept>>,
    done: Receiver<()>,
}

fn listen(mut pipe: impl Read + Send + 'static, stream: Stream, spec: &ProcessSpec) -> Listening {
    let kept = Arc::new(Mutex::new(Kept::new(spec.output_limit)));
    let (sender, done): (Sender<()>, _) = mpsc::channel();
    let (target, listener) = (Arc::clone(&kept), spec.on_line.clone());
    std::thread::spawn(move || {
        let mut lines = Lines { stream, listener, pending: Vec::new() };
        let mut buffer = vec![0; 16 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    target.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..n]);
                    lines.push(&buffer[..n]);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        lines.finish();
        let _ = sender.send(());
    });
    Listening { kept, done }
}

impl Listening {
    fn finish(self) -> String {
        let _ = self.done.recv_timeout(DRAIN);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

/// Cuts a stream into lines for a listener.
struct Lines {
    stream: Stream,
    listener: Option<LineListener>,
    pending: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) {
        if self.listener.is_none() {
            return;
        }
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            self.pending.extend_from_slice(part);
            if part.ends_with(b"\n") || self.pending.len() >= LONGEST_LINE {
                self.finish();
            }
        }
    }

    fn finish(&mut self) {
        let line = std::mem::take(&mut self.pending);
        if let (Some(listener), false) = (&self.listener, line.is_empty()) {
            listener(self.stream, String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
        }
    }
}

/// The start and the end of a stream.
struct Kept {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    fn new(limit: usize) -> Self {
        Self { half: limit / 2, head: Vec::new(), tail: VecDeque::new(), left_out: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }

    fn text(&mut self) -> String {
        let tail = self.tail.make_contiguous();
        if self.left_out == 0 {
            let whole = [self.head.as_slice(), tail].concat();
            return String::from_utf8_lossy(&whole).into_owned();
        }
        // Lines that were cut at the seam go too: half of a secret would not be known for one. Of one endless line
        // there is only the start and the end.
        let head_end = self.head.iter().rposition(|b| *b == b'\n').map_or(self.head.len(), |at| at + 1);
        let tail_start = tail.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
        let left_out = self.left_out + (self.head.len() - head_end + tail_start) as u64;
        let (head, tail) =
            (String::from_utf8_lossy(&self.head[..head_end]), String::from_utf8_lossy(&tail[tail_start..]));
        // A character that was cut in two says nothing.
        let cut = char::REPLACEMENT_CHARACTER;
        format!(
            "{}\n… {left_out} bytes left out …\n{}",
            head.trim_end_matches('\n').trim_end_matches(cut),
            tail.trim_start_matches(cut)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(script: &str) -> ProcessSpec {
        let env = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
        ProcessSpec {
            argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
            cwd: std::env::temp_dir(),
            env,
            timeout: Duration::from_secs(20),
            output_limit: 1024,
            on_line: None,
            record: None,
            name: None,
        }
    }

    fn run_now(spec: &ProcessSpec) -> ProcessOutput {
        run(spec, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn output_and_status_come_back() {
        let output = run_now(&spec("echo out; echo err >&2; read x; exit 3"));
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(output.ended, Ended::Exited(3));
        assert_eq!(run_now(&spec("kill -9 $$")).ended, Ended::Signalled(9));
    }

    #[test]
    fn long_output_keeps_its_start_and_its_end() {
        let output = run_now(&spec("echo start; seq 1 10000; echo end"));
        assert!(output.stdout.starts_with("start\n1\n"), "{}", output.stdout);
        assert!(output.stdout.ends_with("10000\nend\n"));
        assert!(output.stdout.contains("\n… 47884 bytes left out …\n"), "{}", output.stdout);
        assert!(output.stdout.len() < 1100);
    }

    #[test]
    fn the_environment_is_the_given_one_only() {
        let base = [("HOME", "/h"), ("LC_ALL", "C"), ("SECRET", "s"), ("LD_PRELOAD", "x"), ("MINE", "m")];
        let base = base.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let extra = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        let env = environment(&base, &["MINE".to_owned()], &extra);
        assert_eq!(env.keys().collect::<Vec<_>>(), ["A", "HOME", "LC_ALL", "MINE"]);
        let mut spec = spec("echo $A$CARGO");
        spec.env.extend(env);
        assert_eq!(run_now(&spec).stdout, "1\n");
    }

    #[test]
    fn a_timeout_kills_the_whole_group() {
        let folder = tempfile::tempdir().unwrap();
        let mut spec = spec("(sleep 2; touch late) & sleep 30");
        spec.cwd = folder.path().to_owned();
        spec.timeout = Duration::from_millis(200);
        let output = run_now(&spec);
        assert_eq!(output.ended, Ended::TimedOut(spec.timeout));
        std::thread::sleep(Duration::from_millis(2300));
        assert!(!folder.path().join("late").exists(), "a grandchild lived on");
    }

    #[test]
    fn what_a_process_leaves_behind_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut spec = spec("(sleep 1; touch late) & exit 0");
        spec.cwd = folder.path().to_owned();
        let started = Instant::now();
        assert!(run_now(&spec).ended.success() && started.elapsed() < Duration::from_secs(1));
        std::thread::sleep(Duration::from_millis(1300));
        assert!(!folder.path().join("late").exists());
    }

    #[test]
    fn a_process_that_ignores_the_request_to_stop_is_killed() {
        let cancel = Arc::new(AtomicBool::new(false));
        let later = Arc::clone(&cancel);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            later.store(true, Ordering::SeqCst);
        });
        let output = run(&spec("trap '' TERM; while :; do sleep 0.1; done"), &cancel).unwrap();
        assert_eq!(output.ended, Ended::Cancelled);
    }

    #[test]
    fn lines_are_heard_as_they_come() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut spec = spec("echo one; printf 'two\\r\\nthree'");
        let target = Arc::clone(&heard);
        spec.on_line = Some(Arc::new(move |stream, line: &str| {
            target.lock().unwrap().push((stream, line.to_owned()));
        }));
        run_now(&spec);
        let lines: Vec<String> = heard.lock().unwrap().iter().map(|(_, line)| line.clone()).collect();
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn what_cannot_be_started_is_named() {
        let error = |spec: &ProcessSpec| run(spec, &AtomicBool::new(false)).unwrap_err().to_string();
        let mut missing = spec("");
        missing.argv = vec!["no-such-program".into()];
        assert_eq!(
            error(&missing),
            "cannot run `no-such-program`: there is no such program in the folders of PATH"
        );
        missing.env.insert("PATH".into(), ".:relative".into());
        missing.argv = vec!["sh".into()];
        assert!(matches!(run(&missing, &AtomicBool::new(false)), Err(ProcessError::NoProgram { .. })));
        missing.argv = Vec::new();
        assert_eq!(error(&missing), "cannot run an empty command");
        let mut nowhere = spec("true");
        nowhere.cwd = "/no/such/folder".into();
        assert_eq!(error(&nowhere), "cannot run `sh`: the folder /no/such/folder does not exist");
    }
}
