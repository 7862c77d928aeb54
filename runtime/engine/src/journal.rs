//! The record of a run: what was decided and what happened, one line a transition, on disk before it counts.
//!
//! `<git common dir>/aksara/runs/<id>/` holds `plan.json`, `events.jsonl` and `lock`. Everything that show,
//! resume, rollback and landing need is here and in the run's private ref.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use aksara_protocol::command::{Command, RiskClass};
use aksara_protocol::plan::Base;
use aksara_protocol::{Plan, RelPath, StepOrder};
use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::plan_file::{self, PlanFileError};
use crate::result::{Check, Landed};
use crate::run::options::{LandMode, RunOptions};
use crate::run_id::RunId;
use crate::secrets::{Secrets, looks_secret};

/// How often a lock is tried for, and how long is waited in between.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// What is wrong with a run's record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// There is no such run.
    #[error("there is no run `{run}` in this repository\nhint: `aksara ai runs` lists them")]
    Unknown {
        /// Its name.
        run: RunId,
    },
    /// Another process works on it.
    #[error("run {run} is being worked on by another process{}\nhint: wait for it, or stop it", .pid.as_ref().map(|p| format!(" (pid {p})")).unwrap_or_default())]
    Locked {
        /// Its name.
        run: RunId,
        /// Which process, if it said so.
        pid: Option<String>,
    },
    /// The record cannot be understood.
    #[error(
        "the record of run {run} cannot be read: {reason}\nhint: its checkpoints are still on {ref_name}; `aksara ai gc` removes both"
    )]
    Damaged {
        /// Its name.
        run: RunId,
        /// What is wrong.
        reason: String,
        /// Where its checkpoints are.
        ref_name: String,
    },
    /// A newer Aksara wrote it.
    #[error("run {run} was made by a newer Aksara\nhint: update Aksara")]
    Newer {
        /// Its name.
        run: RunId,
    },
    /// The disk.
    #[error("cannot {what} the record of the run, {}: {source}{}", .path.display(), if .source.kind() == std::io::ErrorKind::StorageFull { "\nhint: make room on the disk, then `aksara ai resume`" } else { "" })]
    Io {
        /// `read`, `write` or `remove`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl JournalError {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            JournalError::Unknown { .. } | JournalError::Newer { .. } => ErrorKind::Input,
            JournalError::Locked { .. } => ErrorKind::Refused,
            JournalError::Damaged { .. } | JournalError::Io { .. } => ErrorKind::Failed,
        }
    }
}

/// One line of the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// RFC 3339, UTC.
    pub(crate) at: String,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum What {
    Opened {
        plan: String,
        base: Base,
        branch: Option<String>,
        options: RunOptions,
        runtime: String,
    },
    StepStarted {
        order: StepOrder,
    },
    StepDone {
        order: StepOrder,
        commit: String,
        tree: String,
        milliseconds: u64,
        #[serde(default)]
        notes: Vec<String>,
        /// Ignored files that a command changed: a checkpoint does not hold them.
        #[serde(default)]
        outside: Vec<String>,
    },
    StepSkipped {
        order: StepOrder,
        why: String,
    },
    StepFailed {
        order: StepOrder,
        error: String,
        #[serde(default)]
        kind: ErrorKind,
        milliseconds: u64,
    },
    /// These steps failed or were left out, and are to be carried out after all.
    Retrying {
        steps: Vec<StepOrder>,
        #[serde(default)]
        assume_yes: bool,
        #[serde(default)]
        allow_destructive: bool,
        /// The last step to build on: commands of later ones were undone. 0 is none.
        #[serde(default)]
        back_to: Option<u32>,
    },
    /// A person said no to this step, which ends the run.
    Declined {
        order: StepOrder,
    },
    /// A command of a step is about to run.
    CommandStarted {
        order: StepOrder,
        /// Which of the step's commands, from 0.
        index: usize,
        /// As it would be typed, without secrets.
        command: String,
        /// Whether it may change more than files of the worktree.
        lasting: bool,
        #[serde(default)]
        undo: Undo,
    },
    CommandEnded {
        order: StepOrder,
        index: usize,
        ok: bool,
        how: String,
        /// What it printed, shortened and without secrets.
        output: String,
        /// There is no such program, or the system would not start it: it has done nothing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not_begun: bool,
        milliseconds: u64,
    },
    /// The command that takes a command back is about to run.
    CommandUndoing {
        order: StepOrder,
        index: usize,
    },
    /// The command was taken back; `problem` is why it could not be.
    CommandUndone {
        order: StepOrder,
        index: usize,
        problem: Option<String>,
    },
    /// A step that failed left changed files behind that git ignores.
    IgnoredChanged {
        order: StepOrder,
        paths: Vec<String>,
    },
    Waiting {
        order: StepOrder,
        instructions: String,
    },
    /// The branch moved: what follows is made on this base.
    Rebased {
        base: Base,
        branch: Option<String>,
    },
    Checked {
        checks: Vec<Check>,
        not_checked: Vec<String>,
    },
    /// Where the kept result is to go, as somebody decided later.
    LandingWanted {
        mode: LandMode,
    },
    LandingStarted {
        branch: String,
        expected: String,
        new: String,
        paths: Vec<RelPath>,
    },
    Landed {
        landed: Landed,
        tree: String,
    },
    /// The landing that began is not to be gone on with: everything is as before it.
    LandingUndone,
    /// A commit that takes the landed run back is on its way.
    TakingBack {
        branch: String,
        expected: String,
        new: String,
        paths: Vec<RelPath>,
        to: u32,
        undo: String,
    },
    /// That commit never happened.
    TakingBackUndone,
    /// Migrations of the run were reversed in a database before it is taken back.
    DatabaseReversed {
        what: String,
    },
    /// Nothing was left to do.
    Unchanged,
    /// All steps are done, and nothing is landed because that was asked for.
    Kept,
    Stopped {
        why: String,
    },
    Failed {
        error: String,
        #[serde(default)]
        kind: ErrorKind,
    },
    /// Steps after `to` are taken back. `commit` is the new commit if the run had been landed.
    RolledBack {
        to: u32,
        undo: String,
        commit: Option<String>,
    },
}

/// How a command is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Undo {
    /// Nobody said how.
    #[default]
    None,
    /// By a command that holds a secret, which is not written down: only the process that ran the command can do it.
    Hidden,
    /// By this command.
    Command(Command),
}

impl Undo {
    pub(crate) fn of(command: &Command, secrets: &Secrets) -> Self {
        let Some(undo) = undo_of(command) else { return Undo::None };
        let secret = secrets.hide_in_command(&undo.argv) != undo.argv.join(" ")
            || undo.env.iter().any(|(name, value)| looks_secret(name) || secrets.hide(value) != *value);
        if secret { Undo::Hidden } else { Undo::Command(undo) }
    }
}

/// The command that takes another one back.
pub(crate) fn undo_of(command: &Command) -> Option<Command> {
    Some(Command {
        argv: command.undo.clone()?,
        cwd: command.cwd.clone(),
        env: command.env.clone(),
        // The rules judge it; what its author says is about the command that it takes back.
        class: RiskClass::Read,
        undo: None,
        creates: None,
        unless: None,
        timeout_seconds: command.timeout_seconds,
    })
}

/// A run's record, open for writing: nobody else has it.
pub(crate) struct Journal {
    id: RunId,
    dir: PathBuf,
    events: File,
    _lock: File,
}

impl Journal {
    /// Begins the record of a new run.
    pub(crate) fn create(runs: &Path, id: &RunId, plan: &Plan) -> Result<Self, JournalError> {
        let dir = runs.join(id.as_str());
        std::fs::create_dir_all(&dir).map_err(|source| io("write", &dir, source))?;
        let lock = lock(&dir, id)?;
        let path = dir.join("plan.json");
        let mut bytes =
            serde_json::to_vec_pretty(plan).map_err(|e| io("write", &path, std::io::Error::other(e)))?;
        bytes.push(b'\n');
        plan_file::write_whole(&path, &bytes).map_err(|source| io("write", &path, source))?;
        let path = dir.join("events.jsonl");
        let events = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(&path)
            .map_err(|source| io("write", &path, source))?;
        sync_folder(&dir);
        sync_folder(runs);
        Ok(Self { id: id.clone(), dir, events, _lock: lock })
    }

    /// Opens the record of a run to go on with it.
    pub(crate) fn open(runs: &Path, id: &RunId) -> Result<(Self, Stored), JournalError> {
        let dir = runs.join(id.as_str());
        if !dir.is_dir() {
            return Err(JournalError::Unknown { run: id.clone() });
        }
        let lock = lock(&dir, id)?;
        let stored = Stored::read(runs, id)?;
        let path = dir.join("events.jsonl");
        let mut events = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .map_err(|source| io("write", &path, source))?;
        // A torn last line is cut off, so that the next record starts on its own line.
        events.set_len(stored.whole_bytes).map_err(|source| io("write", &path, source))?;
        events.seek(SeekFrom::End(0)).map_err(|source| io("write", &path, source))?;
        Ok((Self { id: id.clone(), dir, events, _lock: lock }, stored))
    }

    pub(crate) fn id(&self) -> &RunId {
        &self.id
    }

    /// Writes what happened; when this returns, it is on the disk.
    pub(crate) fn append(&mut self, what: What) -> Result<(), JournalError> {
        let path = || self.dir.join("events.jsonl");
        let record = Record { at: crate::clock::Instant::now().rfc3339(), what };
        let mut line =
            serde_json::to_vec(&record).map_err(|e| io("write", &path(), std::io::Error::other(e)))?;
        line.push(b'\n');
        self.events.write_all(&line).map_err(|source| io("write", &path(), source))?;
        self.events.sync_data().map_err(|source| io("write", &path(), source))
    }
}

/// A run's record as it is on the disk.
pub(crate) struct Stored {
    pub(crate) id: RunId,
    pub(crate) plan: Plan,
    pub(crate) records: Vec<Record>,
    /// Bytes of `events.jsonl` up to the last whole line.
    whole_bytes: u64,
}

impl Stored {
    /// Reads a run's record without locking it.
    pub(crate) fn read(runs: &Path, id: &RunId) -> Result<Self, JournalError> {
        let dir = runs.join(id.as_str());
        if !dir.is_dir() {
            return Err(JournalError::Unknown { run: id.clone() });
        }
        let damaged =
            |reason: String| JournalError::Damaged { run: id.clone(), reason, ref_name: id.ref_name() };
        let plan = plan_file::load(&dir.join("plan.json")).map_err(|error| match error {
            PlanFileError::Newer { .. } => JournalError::Newer { run: id.clone() },
            PlanFileError::Io { path, source, .. } => io("read", &path, source),
            other => damaged(other.to_string()),
        })?;
        let path = dir.join("events.jsonl");
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|mut f| f.read_to_end(&mut bytes))
            .map_err(|source| io("read", &path, source))?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let mut records = Vec::new();
        for (number, line) in bytes[..whole].split(|b| *b == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(record) => records.push(record),
                Err(error) => return Err(damaged(format!("line {}: {error}", number + 1))),
            }
        }
        Ok(Self { id: id.clone(), plan, records, whole_bytes: whole as u64 })
    }
}

/// The names of all recorded runs, newest first.
pub(crate) fn list(runs: &Path) -> Result<Vec<RunId>, JournalError> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(io("read", runs, source)),
    };
    let mut ids: Vec<RunId> = entries
        .filter_map(Result::ok)
        .filter(|e| e.path().join("plan.json").is_file())
        .filter_map(|e| RunId::new(e.file_name().to_string_lossy()).ok())
        .collect();
    ids.sort_by(|a, b| b.cmp(a));
    Ok(ids)
}

/// Whether some process works on the run.
pub(crate) fn is_locked(runs: &Path, id: &RunId) -> bool {
    let Ok(file) = File::open(runs.join(id.as_str()).join("lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Keeps every other process away from a run as long as the answer lives.
pub(crate) fn hold(runs: &Path, id: &RunId) -> Result<File, JournalError> {
    lock(&runs.join(id.as_str()), id)
}

/// Removes the record of a run that this process holds.
pub(crate) fn remove(runs: &Path, id: &RunId, _held: File) -> Result<(), JournalError> {
    let dir = runs.join(id.as_str());
    for name in ["events.jsonl", "plan.json", "lock", crate::left_over::FILE] {
        let path = dir.join(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(io("remove", &path, source));
            }
            _ => {}
        }
    }
    std::fs::remove_dir(&dir).map_err(|source| io("remove", &dir, source))
}

fn lock(dir: &Path, id: &RunId) -> Result<File, JournalError> {
    let path = dir.join("lock");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|source| io("write", &path, source))?;
    match try_lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // The holder's name is a courtesy: without it the message is still right.
            let _ = file.read_to_string(&mut text);
            let pid = text.split_whitespace().next().map(str::to_owned);
            return Err(JournalError::Locked { run: id.clone(), pid });
        }
        Err(TryLockError::Error(source)) => return Err(io("write", &path, source)),
    }
    let text = format!("{} {}\n", std::process::id(), crate::clock::Instant::now().rfc3339());
    file.set_len(0)
        .and_then(|()| file.write_all(text.as_bytes()))
        .map_err(|source| io("write", &path, source))?;
    Ok(file)
}

/// Takes the lock. A child process that was just started holds a copy of an old lock until it runs its own
/// program, so a refusal counts only when it lasts.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            other => return other,
        }
    }
    file.try_lock()
}

fn sync_folder(dir: &Path) {
    // Not every file system can; then the entry is as durable as that file system makes it.
    if let Ok(folder) = File::open(dir) {
        let _ = folder.sync_all();
    }
}

fn io(what: &'static str, path: &Path, source: std::io::Error) -> JournalError {
    JournalError::Io { what, path: path.to_owned(), source }
}
