//! A group of plugins in a child process: this file is the child's end, `remote` and `running` are the host's.
//!
//! The child reads frames on one thread with a large stack and calls the plugins there, so that a call costs no
//! change of threads. A second thread waits for the input's end: a host that is gone, however it went, takes the
//! child and everything that a plugin started with it.

mod frame;
mod last_words;
mod remote;
mod running;
mod system;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use aksara_protocol::abi::{LinkedPlugin, Status};
use serde::{Deserialize, Serialize};

use crate::PLUGIN_STACK_BYTES;
use crate::call::RawReply;
use crate::group::Group;
use crate::host_call::{Questions, refusal};
use crate::loader::MAX_DESCRIPTION_BYTES;
use crate::pin::LibraryFile;
use frame::{Frame, FrameBuffer, FrameError, Kind, encode};
pub(crate) use remote::Remote;
use system::{Ready, Watch};

/// The first frame to the child.
#[derive(Serialize, Deserialize)]
struct LoadRequest {
    libraries: Vec<LibraryFile>,
    max_reply_bytes: usize,
}

/// The longest first frame.
const MAX_LOAD_BYTES: usize = 1024 * 1024;

/// The longest payload of any other frame, in both directions: descriptions fit in any case, and the length of
/// the frame around it fits its field.
fn longest_payload(max_reply_bytes: usize) -> usize {
    max_reply_bytes.clamp(2 * MAX_DESCRIPTION_BYTES, u32::MAX as usize - 1024)
}

/// How much address space a child has, in bytes: libraries, the large stack and all that plugins keep.
const MOST_MEMORY: u64 = 3 * 1024 * 1024 * 1024;

/// How long the plugins' thread may take to end by itself once the host is gone.
const FAREWELL: Duration = Duration::from_millis(200);

/// Why the child ends before its input does.
#[derive(Debug, thiserror::Error)]
enum ChildError {
    #[error("the host's messages cannot be read or answered: {0}")]
    Stream(#[from] io::Error),
    #[error("the host sent {0}")]
    Frame(#[from] FrameError),
    #[error("the host sent {0:?}, which does not belong there")]
    Unexpected(Kind),
    #[error("a message cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The main function of the process that runs plugins: reads frames from standard input and answers on standard
/// output until the input ends. It loads libraries; `linked` are the plugins that the program has in itself.
#[must_use]
pub fn child_main(linked: &'static [LinkedPlugin]) -> ExitCode {
    if io::stdin().is_terminal() {
        say("this program runs plugins for Aksara, which starts it itself: run `aksara` instead");
        return ExitCode::from(2);
    }
    match serve(linked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) {
    // Nobody is left to hear of an error here.
    let _ = writeln!(io::stderr(), "aksara-plugin-host: {text}");
}

fn serve(linked: &'static [LinkedPlugin]) -> Result<(), ChildError> {
    let (input, output) = system::take_standard_streams()?;
    system::forbid_core_files();
    system::limit_memory(MOST_MEMORY);
    let end = input.try_clone()?;
    thread::Builder::new().name("aksara-host-watch".to_owned()).spawn(move || {
        while let Ok(false) = system::wait(end.as_fd(), Ready::HungUp, None) {}
        thread::sleep(FAREWELL);
        system::end_own_group();
    })?;
    let stream = Arc::new(Stream {
        input: Mutex::new(Input {
            file: input,
            frames: FrameBuffer::new(MAX_LOAD_BYTES),
            watch: Watch::default(),
        }),
        output: Mutex::new(output),
    });
    let plugins = thread::Builder::new()
        .name("aksara-plugins".to_owned())
        .stack_size(PLUGIN_STACK_BYTES)
        .spawn(move || run(&stream, linked))?;
    plugins.join().unwrap_or_else(|_| Err(io::Error::other("the plugins' thread panicked").into()))
}

/// Loads what the first frame names, then answers calls until the input ends.
fn run(stream: &Arc<Stream>, linked: &[LinkedPlugin]) -> Result<(), ChildError> {
    let Some(first) = stream.read()? else { return Ok(()) };
    if first.kind != Kind::Load {
        return Err(ChildError::Unexpected(first.kind));
    }
    let LoadRequest { libraries, max_reply_bytes } = serde_json::from_slice(&first.payload)?;
    stream.take_payloads_of(longest_payload(max_reply_bytes));
    let loaded = Group::load(&libraries, linked, max_reply_bytes, |index| {
        // The host that cannot be told is gone; the next read finds out.
        let _ = stream.write(Kind::Loading, 0, i32::try_from(index).unwrap_or(i32::MAX), b"");
    });
    let mut group = match loaded {
        Ok(group) => group,
        Err(error) => {
            stream.write(Kind::NotLoaded, 0, 0, &serde_json::to_vec(&error)?)?;
            return Ok(());
        }
    };
    stream.write(Kind::Loaded, 0, 0, &serde_json::to_vec(&group.descriptions())?)?;
    while let Some(frame) = stream.read()? {
        match frame.kind {
            Kind::Invoke => {
                let call_id = frame.call_id;
                let call =
                    Arc::new(Call { stream: stream.clone(), call_id, cancelled: AtomicBool::new(false) });
                let index = usize::try_from(frame.code).unwrap_or(usize::MAX);
                match group.invoke(index, call_id, &frame.payload, call) {
                    RawReply::Answer { status, bytes } => {
                        stream.write(Kind::Reply, call_id, status, &bytes)?
                    }
                    RawReply::TooLarge { .. } => stream.write(Kind::ReplyTooLarge, call_id, 0, b"")?,
                }
            }
            // Sent before the host had the call's reply.
            Kind::Cancel => {}
            other => return Err(ChildError::Unexpected(other)),
        }
    }
    Ok(())
}

/// The way to the host.
struct Stream {
    input: Mutex<Input>,
    output: Mutex<File>,
}

struct Input {
    file: File,
    frames: FrameBuffer,
    watch: Watch,
}

impl Input {
    /// The next frame; `None` at the input's end.
    fn read(&mut self) -> Result<Option<Frame>, ChildError> {
        loop {
            if let Some(frame) = self.frames.next()? {
                return Ok(Some(frame));
            }
            self.watch.wait(self.file.as_fd(), None)?;
            if self.frames.fill(&mut self.file)? == 0 {
                return Ok(None);
            }
        }
    }

    /// The next frame if its first bytes are here already.
    fn read_if_there(&mut self) -> Result<Option<Frame>, ChildError> {
        if let Some(frame) = self.frames.next()? {
            return Ok(Some(frame));
        }
        if system::wait(self.file.as_fd(), Ready::Read, Some(Duration::ZERO))? {
            self.read()
        } else {
            Ok(None)
        }
    }
}

impl Stream {
    fn read(&self) -> Result<Option<Frame>, ChildError> {
        self.input.lock().unwrap_or_else(PoisonError::into_inner).read()
    }

    fn write(&self, kind: Kind, call_id: u64, code: i32, payload: &[u8]) -> Result<(), ChildError> {
        let bytes = encode(kind, call_id, code, payload)?;
        self.output.lock().unwrap_or_else(PoisonError::into_inner).write_all(&bytes)?;
        Ok(())
    }

    fn take_payloads_of(&self, bytes: usize) {
        self.input.lock().unwrap_or_else(PoisonError::into_inner).frames.set_max_payload(bytes);
    }
}

/// A running call.
struct Call {
    stream: Arc<Stream>,
    call_id: u64,
    cancelled: AtomicBool,
}

impl Call {
    /// Takes note of a frame that came during the call; gives it back if it is the answer to a question.
    fn heard(&self, frame: Frame) -> Result<Option<Frame>, ChildError> {
        match frame.kind {
            Kind::Answer if frame.call_id == self.call_id => Ok(Some(frame)),
            Kind::Cancel => {
                if frame.call_id == self.call_id {
                    self.cancelled.store(true, Ordering::Relaxed);
                }
                Ok(None)
            }
            other => Err(ChildError::Unexpected(other)),
        }
    }

    fn question(&self, request: &[u8]) -> Result<Frame, ChildError> {
        // Held until the answer is here: questions from several threads of a plugin take turns.
        let mut input = self.stream.input.lock().unwrap_or_else(PoisonError::into_inner);
        self.stream.write(Kind::Question, self.call_id, 0, request)?;
        loop {
            let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
            let frame = input.read()?.ok_or_else(gone)?;
            if let Some(answer) = self.heard(frame)? {
                return Ok(answer);
            }
        }
    }

    fn look(&self) -> Result<(), ChildError> {
        // A thread that waits for an answer hears of a cancellation itself.
        let Ok(mut input) = self.stream.input.try_lock() else { return Ok(()) };
        while let Some(frame) = input.read_if_there()? {
            if let Some(answer) = self.heard(frame)? {
                return Err(ChildError::Unexpected(answer.kind));
            }
        }
        Ok(())
    }
}

impl Questions for Call {
    fn ask(&self, request: &[u8]) -> (Status, Vec<u8>) {
        match self.question(request) {
            Ok(answer) => {
                let status = Status::from_code(answer.code).unwrap_or(Status::HostCallFailed);
                (status, answer.payload)
            }
            Err(error) => refusal(Status::HostCallFailed, "host_call_failed", error.to_string()),
        }
    }

    fn cancelled(&self) -> bool {
        // A host that talks nonsense or is gone wants no answer.
        self.cancelled.load(Ordering::Relaxed)
            || self.look().is_err()
            || self.cancelled.load(Ordering::Relaxed)
    }
}
