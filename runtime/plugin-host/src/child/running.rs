//! A child that runs: what is sent to it, what comes back, and its end.
//!
//! Every wait has a deadline, writes included: a child that does not read must not stop its host.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use aksara_protocol::abi::Status;
use aksara_protocol::plugin::Description;

use super::frame::{Frame, FrameBuffer, FrameError, Kind, encode};
use super::last_words::LastWords;
use super::longest_payload;
use super::system::{self, Ready, Watch};
use crate::call::{Now, Patience, RawReply};
use crate::host_call::{self, HostCalls, refusal};
use crate::{CallLimits, LoadError};

/// How long a child that closed its output may take to end.
const ENDING: Duration = Duration::from_millis(500);

/// Why a child is not talked to any more.
#[derive(Debug)]
pub(super) enum Broken {
    /// It closed its end.
    Gone,
    /// The system refused to read or write.
    Stream(io::Error),
    /// It sent what cannot be understood.
    Nonsense(String),
    /// It had its time.
    GaveUp,
    /// Nothing is wrong with the child: what it should be sent is longer than a frame.
    Request(FrameError),
}

/// How a child ended.
pub(super) struct Ended {
    pub how: String,
    pub stderr: String,
}

/// A child that lives, or at least did a moment ago.
pub(super) struct Running {
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
    frames: FrameBuffer,
    watch: Watch,
    max_reply_bytes: usize,
    pub words: LastWords,
}

impl Running {
    pub(super) fn of(mut process: Child, max_reply_bytes: usize) -> io::Result<Self> {
        let missing = || io::Error::other("its streams are not there");
        let opened = (|| {
            let input = process.stdin.take().ok_or_else(missing)?;
            let output = process.stdout.take().ok_or_else(missing)?;
            let words = LastWords::of(process.stderr.take().ok_or_else(missing)?)?;
            system::set_nonblocking(input.as_fd())?;
            Ok((input, output, words))
        })();
        match opened {
            Ok((input, output, words)) => {
                let frames = FrameBuffer::new(longest_payload(max_reply_bytes));
                Ok(Self { process, input, output, frames, watch: Watch::default(), max_reply_bytes, words })
            }
            Err(error) => {
                system::kill_group(process.id());
                let _ = process.wait();
                Err(error)
            }
        }
    }

    pub(super) fn load(
        &mut self,
        request: &[u8],
        within: Duration,
        loading: &mut dyn FnMut(usize),
    ) -> Result<Result<Vec<Description>, LoadError>, Broken> {
        let limits = CallLimits { timeout: within, cancelled: Arc::new(AtomicBool::new(false)) };
        // Nobody listens to a cancellation while libraries are loaded: no grace.
        let mut patience = Patience::new(limits, Duration::ZERO);
        let nonsense = |error: serde_json::Error| Broken::Nonsense(error.to_string());
        self.send(Kind::Load, 0, 0, request, "", &mut patience)?;
        loop {
            let frame = self.receive(0, "", &mut patience)?;
            match frame.kind {
                Kind::Loading => loading(usize::try_from(frame.code).unwrap_or(usize::MAX)),
                Kind::Loaded => return serde_json::from_slice(&frame.payload).map(Ok).map_err(nonsense),
                Kind::NotLoaded => return serde_json::from_slice(&frame.payload).map(Err).map_err(nonsense),
                other => return Err(Broken::Nonsense(format!("it sent {other:?} while it was loading"))),
            }
        }
    }

    pub(super) fn call(
        &mut self,
        plugin: &str,
        index: i32,
        call_id: u64,
        request: &[u8],
        host: &dyn HostCalls,
        patience: &mut Patience,
    ) -> Result<RawReply, Broken> {
        self.send(Kind::Invoke, call_id, index, request, plugin, patience)?;
        loop {
            let frame = self.receive(call_id, plugin, patience)?;
            if frame.call_id != call_id {
                return Err(Broken::Nonsense(format!("it sent {:?} for another call", frame.kind)));
            }
            match frame.kind {
                Kind::Reply => return Ok(RawReply::Answer { status: frame.code, bytes: frame.payload }),
                Kind::ReplyTooLarge => return Ok(RawReply::TooLarge { limit: self.max_reply_bytes }),
                Kind::Question => {
                    let (status, answer) = if patience.stopping() {
                        refusal(Status::Cancelled, "cancelled", "the call was cancelled")
                    } else {
                        host_call::answer(host, &frame.payload)
                    };
                    let (status, answer) = if answer.len() > self.frames.max_payload() {
                        let text = format!("the answer has {} bytes, more than are sent", answer.len());
                        refusal(Status::HostCallFailed, "host_call_failed", text)
                    } else {
                        (status, answer)
                    };
                    self.send(Kind::Answer, call_id, status as i32, &answer, plugin, patience)?;
                }
                other => return Err(Broken::Nonsense(format!("it sent {other:?} during a call"))),
            }
        }
    }

    /// The child's next frame. Tells it to stop when its time has come.
    fn receive(&mut self, call_id: u64, plugin: &str, patience: &mut Patience) -> Result<Frame, Broken> {
        loop {
            if let Some(frame) = self.frames.next().map_err(|error| Broken::Nonsense(error.to_string()))? {
                return Ok(frame);
            }
            match patience.now(plugin) {
                Now::Wait(time) => {
                    if self.watch.wait(self.output.as_fd(), Some(time)).map_err(Broken::Stream)?
                        && self.frames.fill(&mut self.output).map_err(Broken::Stream)? == 0
                    {
                        return Err(Broken::Gone);
                    }
                }
                Now::Stop => self.send(Kind::Cancel, call_id, 0, b"", plugin, patience)?,
                Now::GiveUp => return Err(Broken::GaveUp),
            }
        }
    }

    /// Sends a frame, as fast as the child takes it.
    fn send(
        &mut self,
        kind: Kind,
        call_id: u64,
        code: i32,
        payload: &[u8],
        plugin: &str,
        patience: &mut Patience,
    ) -> Result<(), Broken> {
        if payload.len() > self.frames.max_payload() {
            let error = FrameError::TooLong { len: payload.len(), max: self.frames.max_payload() };
            return Err(Broken::Request(error));
        }
        let bytes = encode(kind, call_id, code, payload).map_err(Broken::Request)?;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match self.input.write(rest) {
                Ok(0) => return Err(Broken::Gone),
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(Broken::Gone),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match patience.now(plugin) {
                    Now::Wait(time) => {
                        system::wait(self.input.as_fd(), Ready::Write, Some(time)).map_err(Broken::Stream)?;
                    }
                    // In the middle of a frame nothing else can be said.
                    Now::Stop => {}
                    Now::GiveUp => return Err(Broken::GaveUp),
                },
                Err(error) => return Err(Broken::Stream(error)),
            }
        }
        Ok(())
    }

    /// Ends the child and all that it started, and says how it went.
    pub(super) fn end(&mut self, broken: &Broken) -> Ended {
        if matches!(broken, Broken::Gone) {
            // It is about to end by itself, for a reason that is worth knowing.
            let until = Instant::now() + ENDING;
            while !system::has_ended(self.process.id()) && Instant::now() < until {
                thread::sleep(Duration::from_millis(1));
            }
        }
        let by_itself = system::has_ended(self.process.id());
        system::kill_group(self.process.id());
        let status = self.process.wait();
        let stderr = self.words.at_the_end(Duration::from_millis(200));
        let how = match (status, broken) {
            (Ok(status), _) if by_itself => how_it_ended(status, &stderr),
            (_, Broken::Gone) => "it closed its streams and went on".to_owned(),
            (_, Broken::Stream(error)) => format!("its streams failed: {error}"),
            _ => "it had to be ended".to_owned(),
        };
        Ended { how, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Reaped already if it was ended: then `wait` gives the status again, and the number is not ours any more.
        if let Ok(None) = self.process.try_wait() {
            system::kill_group(self.process.id());
            // It takes milliseconds until its memory is gone, and nobody needs to wait for that.
            system::reap_aside(self.process.id());
        }
    }
}

/// `signal 11 (SIGSEGV)`, `exit code 1`; a stack overflow by its name.
fn how_it_ended(status: ExitStatus, stderr: &str) -> String {
    let Some(signal) = status.signal() else {
        return match status.code() {
            Some(code) => format!("it exited with code {code}"),
            None => "it ended".to_owned(),
        };
    };
    let name = match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGILL => "SIGILL",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGSYS => "SIGSYS",
        libc::SIGTERM => "SIGTERM",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGXCPU => "SIGXCPU",
        _ => return format!("signal {signal}"),
    };
    if stderr.contains("has overflowed its stack") {
        return format!("stack overflow, signal {signal} ({name})");
    }
    format!("signal {signal} ({name})")
}
