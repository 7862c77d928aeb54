//! The host's end of a child: starts it, calls it, and starts it again when it ended.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aksara_protocol::plugin::Description;
use serde::de::DeserializeOwned;

use super::running::{Broken, Running};
use super::{LoadRequest, MAX_LOAD_BYTES};
use crate::call::Patience;
use crate::host_call::HostCalls;
use crate::pin::LibraryFile;
use crate::{CallError, CallLimits, HostOptions, LoadError};

/// How the child's C library keeps memory: in one heap that grows by 1 MiB. Its default for a thread beside the first is
/// a heap of the thread's own that grows by a page and a system call each time.
const ALLOCATOR: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_TOP_PAD_", "1048576")];

/// A group of plugins in a child process, which is started again when it ended.
pub(crate) struct Remote {
    start: Start,
    descriptions: Vec<Description>,
    grace: Duration,
    max_restarts: u32,
    turn: Mutex<Turn>,
}

/// Held by the one call that is running.
struct Turn {
    running: Option<Running>,
    next_call: u64,
    /// How many children ended, or had to be ended, other than for a cancellation.
    failures: u32,
    /// How the last of them did.
    last: String,
}

/// How to start a child.
struct Start {
    program: PathBuf,
    args: Vec<String>,
    libraries: Vec<LibraryFile>,
    max_reply_bytes: usize,
    within: Duration,
}

impl Remote {
    /// Starts a child and lets it load the libraries.
    pub(crate) fn load(
        program: &Path,
        args: &[String],
        libraries: Vec<LibraryFile>,
        options: &HostOptions,
        within: Duration,
    ) -> Result<(Self, Vec<Description>), LoadError> {
        let start = Start {
            program: std::path::absolute(program).unwrap_or_else(|_| program.to_owned()),
            args: args.to_vec(),
            libraries,
            max_reply_bytes: options.max_reply_bytes,
            within,
        };
        let (running, descriptions) = start.start()?;
        let turn = Turn { running: Some(running), next_call: 1, failures: 0, last: String::new() };
        let remote = Self {
            start,
            descriptions: descriptions.clone(),
            grace: options.grace,
            max_restarts: options.max_restarts,
            turn: Mutex::new(turn),
        };
        Ok((remote, descriptions))
    }

    /// Calls the plugin at `index`, which is `plugin` by name.
    pub(crate) fn invoke<T: DeserializeOwned>(
        &self,
        index: usize,
        plugin: &str,
        request: &[u8],
        host: &Arc<dyn HostCalls>,
        limits: &CallLimits,
    ) -> Result<T, CallError> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let call_id = turn.next_call;
        turn.next_call += 1;
        let mut running = match turn.running.take() {
            Some(running) => running,
            None => self.restart(&mut turn, plugin)?,
        };
        running.words.forget();
        let mut patience = Patience::new(limits.clone(), self.grace);
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        match running.call(plugin, index, call_id, request, host.as_ref(), &mut patience) {
            Ok(reply) => {
                let result = match patience.verdict() {
                    Some(why) => Err(why),
                    None => reply.understand(plugin),
                }
                .map_err(|error| error.with_last_words(running.words.so_far()));
                turn.running = Some(running);
                result
            }
            Err(Broken::Request(error)) => {
                turn.running = Some(running);
                let reason = format!("it is too large: {error}");
                Err(CallError::BadRequest { plugin: plugin.to_owned(), reason })
            }
            Err(broken) => {
                let ended = running.end(&broken);
                let error = match (broken, patience.verdict()) {
                    (_, Some(why)) => why,
                    (Broken::Nonsense(reason), None) => {
                        CallError::BadReply { plugin: plugin.to_owned(), reason, stderr: String::new() }
                    }
                    (_, None) => CallError::Crashed {
                        plugin: plugin.to_owned(),
                        how: ended.how,
                        stderr: String::new(),
                    },
                }
                .with_last_words(ended.stderr);
                let last = match &error {
                    CallError::Cancelled => None,
                    CallError::Crashed { how, .. } => Some(format!("it crashed: {how}")),
                    CallError::TimedOut { .. } => Some("it did not answer in time".to_owned()),
                    other => Some(other.to_string()),
                };
                if let Some(last) = last {
                    turn.failed(last);
                }
                Err(error)
            }
        }
    }

    fn restart(&self, turn: &mut Turn, plugin: &str) -> Result<Running, CallError> {
        if turn.failures > self.max_restarts {
            return Err(CallError::TooManyRestarts {
                plugin: plugin.to_owned(),
                restarts: self.max_restarts,
                last: turn.last.clone(),
            });
        }
        self.start_again().map_err(|error| {
            turn.failed(error.to_string());
            CallError::Restart { plugin: plugin.to_owned(), error }
        })
    }

    fn start_again(&self) -> Result<Running, LoadError> {
        let (running, descriptions) = self.start.start()?;
        let differs = descriptions.iter().zip(&self.descriptions).position(|(new, old)| new != old);
        match differs.and_then(|index| self.start.libraries.get(index)) {
            None => Ok(running),
            Some(LibraryFile { path, .. }) => {
                let reason = "its file was replaced while it was in use: run it again".to_owned();
                Err(LoadError::Start { path: path.clone(), reason })
            }
        }
    }
}

impl Turn {
    fn failed(&mut self, how: String) {
        self.failures = self.failures.saturating_add(1);
        self.last = how;
    }
}

impl Start {
    fn start(&self) -> Result<(Running, Vec<Description>), LoadError> {
        let program = || self.program.clone();
        if !fs::metadata(&self.program).is_ok_and(|meta| meta.is_file()) {
            return Err(LoadError::ProgramMissing { program: program() });
        }
        if let Some(library) = self.libraries.iter().find(|library| library.path.to_str().is_none()) {
            return Err(LoadError::NotUtf8 { path: library.path.clone() });
        }
        let failed = |reason: String| LoadError::Program { program: program(), reason };
        let request =
            LoadRequest { libraries: self.libraries.clone(), max_reply_bytes: self.max_reply_bytes };
        let request = serde_json::to_vec(&request).map_err(|error| failed(error.to_string()))?;
        if request.len() > MAX_LOAD_BYTES {
            return Err(failed(format!("it takes no list of {} plugins", self.libraries.len())));
        }
        // No environment and no folder of ours: a step must not depend on either. An own process group, so that
        // Ctrl-C on the terminal reaches the host alone, which then decides.
        let process = Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .envs(ALLOCATOR)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut running =
            Running::of(process, self.max_reply_bytes).map_err(|error| failed(error.to_string()))?;
        let mut loading: Option<&Path> = None;
        match running.load(&request, self.within, &mut |index| {
            loading = self.libraries.get(index).map(|library| library.path.as_path());
        }) {
            Ok(Ok(descriptions)) if descriptions.len() == self.libraries.len() => Ok((running, descriptions)),
            Ok(Ok(_)) => Err(failed("it described another number of plugins".to_owned())),
            Ok(Err(error)) => Err(error),
            Err(broken) => {
                let ended = running.end(&broken);
                Err(match (broken, loading) {
                    (Broken::GaveUp, Some(path)) => {
                        LoadError::TimedOut { path: path.to_owned(), after: self.within }
                    }
                    (Broken::Gone | Broken::Stream(_), Some(path)) => {
                        LoadError::Crashed { path: path.to_owned(), how: ended.how, stderr: ended.stderr }
                    }
                    (Broken::Nonsense(reason), _) => failed(reason),
                    (Broken::Request(error), _) => failed(error.to_string()),
                    (Broken::GaveUp, None) => failed("it does not answer".to_owned()),
                    (Broken::Gone | Broken::Stream(_), None) => {
                        failed(format!("it ended at once: {}\n{}", ended.how, ended.stderr.trim()))
                    }
                })
            }
        }
    }
}
