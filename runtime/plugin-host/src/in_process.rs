//! A group of plugins on a thread of this process.
//!
//! A thread cannot be ended from outside: a call that does not come back costs the thread, and the group is not
//! called again.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use aksara_protocol::abi::{LinkedPlugin, Status};
use aksara_protocol::plugin::Description;
use serde::de::DeserializeOwned;

use crate::call::{Now, Patience, RawReply};
use crate::group::Group;
use crate::host_call::{self, HostCalls, Questions, refusal};
use crate::pin::LibraryFile;
use crate::{CallError, CallLimits, LoadError, PLUGIN_STACK_BYTES};

/// A call on its way to the thread.
struct Job {
    index: usize,
    call_id: u64,
    request: Vec<u8>,
    questions: Arc<Connection>,
}

/// What connects a running call to the host that made it.
struct Connection {
    host: Arc<dyn HostCalls>,
    /// Set once the call is to stop; from then on the host is not asked any more.
    stop: AtomicBool,
    cancelled: Arc<AtomicBool>,
}

impl Questions for Connection {
    fn ask(&self, request: &[u8]) -> (Status, Vec<u8>) {
        if self.cancelled() {
            return refusal(Status::Cancelled, "cancelled", "the call was cancelled");
        }
        host_call::answer(self.host.as_ref(), request)
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.cancelled.load(Ordering::Relaxed)
    }
}

/// The thread, as its callers see it.
pub(crate) struct InProcess {
    turn: Mutex<Turn>,
    grace: Duration,
}

/// Held by the one call that is running.
struct Turn {
    jobs: Sender<Job>,
    replies: Receiver<RawReply>,
    next_call: u64,
    quarantined: Option<String>,
}

impl InProcess {
    /// Loads the libraries, or what of `linked` they name, on a new thread.
    pub(crate) fn load(
        libraries: &[LibraryFile],
        linked: &'static [LinkedPlugin],
        max_reply_bytes: usize,
        grace: Duration,
        within: Duration,
    ) -> Result<(Self, Vec<Description>), LoadError> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (outbox, replies) = mpsc::channel();
        let (progress, loading) = mpsc::channel();
        let files = libraries.to_vec();
        thread::Builder::new()
            .name("aksara-plugins".to_owned())
            .stack_size(PLUGIN_STACK_BYTES)
            .spawn(move || {
                // A receiver that is gone has given up on this thread: every send may fail, and then it ends.
                let loaded = Group::load(&files, linked, max_reply_bytes, |index| {
                    let _ = progress.send(Progress::Loading(index));
                });
                let mut group = match loaded {
                    Ok(group) => group,
                    Err(error) => {
                        let _ = progress.send(Progress::Done(Err(error)));
                        return;
                    }
                };
                if progress.send(Progress::Done(Ok(group.descriptions()))).is_err() {
                    return;
                }
                while let Some(job) = next(&inbox) {
                    let reply = group.invoke(job.index, job.call_id, &job.request, job.questions);
                    if outbox.send(reply).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| LoadError::Thread { reason: error.to_string() })?;
        let descriptions = wait_for_load(&loading, libraries, within)?;
        let turn = Turn { jobs, replies, next_call: 1, quarantined: None };
        Ok((Self { turn: Mutex::new(turn), grace }, descriptions))
    }

    /// Calls the plugin at `index`, which is `plugin` by name.
    pub(crate) fn invoke<T: DeserializeOwned>(
        &self,
        index: usize,
        plugin: &str,
        request: Vec<u8>,
        host: Arc<dyn HostCalls>,
        limits: &CallLimits,
    ) -> Result<T, CallError> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let quarantined =
            |why: &str| CallError::Quarantined { plugin: plugin.to_owned(), why: why.to_owned() };
        if let Some(why) = &turn.quarantined {
            return Err(quarantined(why));
        }
        let mut patience = Patience::new(limits.clone(), self.grace);
        let questions =
            Arc::new(Connection { host, stop: AtomicBool::new(false), cancelled: limits.cancelled.clone() });
        let call_id = turn.next_call;
        turn.next_call += 1;
        let gone = "its thread has ended";
        if turn.jobs.send(Job { index, call_id, request, questions: questions.clone() }).is_err() {
            turn.quarantined = Some(gone.to_owned());
            return Err(quarantined(gone));
        }
        loop {
            match patience.now(plugin) {
                Now::Wait(time) => {
                    match soon(&turn.replies).unwrap_or_else(|| turn.replies.recv_timeout(time)) {
                        Ok(reply) => {
                            return match patience.verdict() {
                                Some(why) => Err(why),
                                None => reply.understand(plugin),
                            };
                        }
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => {
                            turn.quarantined = Some(gone.to_owned());
                            return Err(quarantined(gone));
                        }
                    }
                }
                Now::Stop => questions.stop.store(true, Ordering::Relaxed),
                Now::GiveUp => {
                    turn.quarantined =
                        Some(format!("a call of `{plugin}` did not come back, and it shares this process"));
                    return Err(patience.verdict().unwrap_or(CallError::Cancelled));
                }
            }
        }
    }
}

/// How long a thread looks for a message before it goes to sleep. Waking it up takes longer than most calls.
const LOOK: Duration = Duration::from_micros(50);

/// The next job; `None` when nobody can send one any more.
fn next(inbox: &Receiver<Job>) -> Option<Job> {
    soon(inbox).unwrap_or_else(|| inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)).ok()
}

/// A message that is there, or comes at once.
fn soon<T>(receiver: &Receiver<T>) -> Option<Result<T, RecvTimeoutError>> {
    let began = std::time::Instant::now();
    loop {
        match receiver.try_recv() {
            Ok(message) => return Some(Ok(message)),
            Err(TryRecvError::Disconnected) => return Some(Err(RecvTimeoutError::Disconnected)),
            Err(TryRecvError::Empty) if began.elapsed() < LOOK => std::hint::spin_loop(),
            Err(TryRecvError::Empty) => return None,
        }
    }
}

/// What the thread reports while it loads.
enum Progress {
    Loading(usize),
    Done(Result<Vec<Description>, LoadError>),
}

fn wait_for_load(
    loading: &Receiver<Progress>,
    libraries: &[LibraryFile],
    within: Duration,
) -> Result<Vec<Description>, LoadError> {
    let mut current: &Path = Path::new("");
    loop {
        match loading.recv_timeout(within) {
            Ok(Progress::Loading(index)) => {
                current = libraries.get(index).map_or(current, |library| library.path.as_path());
            }
            Ok(Progress::Done(result)) => return result,
            Err(RecvTimeoutError::Timeout) => {
                return Err(LoadError::TimedOut { path: current.to_owned(), after: within });
            }
            Err(RecvTimeoutError::Disconnected) => {
                let reason = "its thread ended".to_owned();
                return Err(LoadError::Start { path: current.to_owned(), reason });
            }
        }
    }
}
