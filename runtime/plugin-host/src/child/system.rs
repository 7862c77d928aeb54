//! What both ends ask of the system itself: waiting for a file descriptor, ending a process group, and the
//! child's start. Nothing here knows of plugins or frames.
#![allow(unsafe_code, reason = "file descriptors and process groups have no safe interface in std")]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::thread;
use std::time::{Duration, Instant};

/// What to wait for.
#[derive(Clone, Copy)]
pub(super) enum Ready {
    /// Bytes to read, or the end.
    Read,
    /// Room to write, or nobody who reads.
    Write,
    /// The other end being gone, whether or not there is something to read.
    HungUp,
}

/// Waits until `fd` is ready; false if `timeout` passed before. No timeout waits for ever.
pub(super) fn wait(fd: BorrowedFd<'_>, what: Ready, timeout: Option<Duration>) -> io::Result<bool> {
    let events = match what {
        Ready::Read => libc::POLLIN,
        Ready::Write => libc::POLLOUT,
        Ready::HungUp => 0,
    };
    // A part of a millisecond counts as a whole one, or a short wait would be a busy one.
    let timeout =
        timeout.map_or(-1, |time| i32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(i32::MAX));
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    // SAFETY: one valid pollfd.
    match unsafe { libc::poll(&raw mut poll, 1, timeout) } {
        0 => Ok(false),
        count if count > 0 => Ok(true),
        _ => match io::Error::last_os_error() {
            // The caller looks at its clock and waits again.
            error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            error => Err(error),
        },
    }
}

/// Waits for messages. While they come one right after the other, it looks for the next a moment before it sleeps,
/// as waking up takes longer than most calls. A message that took its time ends that: who waits for long work, or
/// for none, takes no time from others.
#[derive(Default)]
pub(super) struct Watch {
    soon_in_a_row: u8,
}

/// How many messages must have come soon before the next is expected to.
const SOON_IN_A_ROW: u8 = 2;
/// How long it looks.
const LOOK: Duration = Duration::from_micros(50);
/// What soon is: a look, and the time to wake up.
const SOON: Duration = Duration::from_micros(100);

impl Watch {
    /// As [`wait`] for bytes to read.
    pub(super) fn wait(&mut self, fd: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<bool> {
        let began = Instant::now();
        let expected = self.soon_in_a_row >= SOON_IN_A_ROW;
        while expected && began.elapsed() < LOOK {
            if wait(fd, Ready::Read, Some(Duration::ZERO))? {
                return Ok(true);
            }
            std::hint::spin_loop();
        }
        let ready = wait(fd, Ready::Read, timeout)?;
        let soon = ready && !expected && began.elapsed() < SOON;
        self.soon_in_a_row = if soon { self.soon_in_a_row + 1 } else { 0 };
        Ok(ready)
    }
}

/// Makes writes to `fd` answer at once instead of waiting for room.
pub(super) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: flags of an open descriptor.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    // SAFETY: as above.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) })?;
    Ok(())
}

/// Ends every process of the group that the child `pid` leads. The child must not have been reaped: until then
/// its number belongs to nobody else.
pub(super) fn kill_group(pid: u32) {
    let Ok(pid) = libc::pid_t::try_from(pid) else { return };
    if pid > 1 {
        // A group that is gone already is what was wanted.
        // SAFETY: a signal to a process group.
        unsafe { libc::kill(-pid, libc::SIGKILL) };
    }
}

/// Whether the child `pid` has ended. It is not reaped.
pub(super) fn has_ended(pid: u32) -> bool {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: valid memory for the answer.
    let result = unsafe { libc::waitid(libc::P_PID, pid, info.as_mut_ptr(), flags) };
    // SAFETY: zeroed is a valid value; `si_pid` stays 0 unless a child was found.
    result != 0 || unsafe { info.assume_init().si_pid() } != 0
}

/// Reaps the child `pid`, which was ended, on a thread of its own. Nobody else may reap it.
pub(super) fn reap_aside(pid: u32) {
    let Ok(pid) = libc::pid_t::try_from(pid) else { return };
    let reap = move || {
        // SAFETY: no memory is involved; nobody asks for the status.
        while unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) } < 0 && was_interrupted() {}
    };
    // Without a thread a zombie is left until this process ends, which is only less tidy.
    let _ = thread::Builder::new().name("aksara-plugins-end".to_owned()).spawn(reap);
}

fn was_interrupted() -> bool {
    io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
}

/// Ends this process and, if it leads a group, the group: what a plugin started must not outlive it.
pub(super) fn end_own_group() -> ! {
    // SAFETY: no memory is involved; `_exit` skips destructors, which a stuck thread could block.
    unsafe {
        if libc::getpgrp() == libc::getpid() {
            libc::kill(0, libc::SIGKILL);
        }
        libc::_exit(1)
    }
}

/// Takes standard input and output away for the host's use. What a plugin reads is then empty, and what it
/// prints goes to standard error.
pub(super) fn take_standard_streams() -> io::Result<(File, File)> {
    let input = duplicate(libc::STDIN_FILENO)?;
    let output = duplicate(libc::STDOUT_FILENO)?;
    let nothing = File::open("/dev/null")?;
    // SAFETY: open descriptors; std's handles for 0 and 1 hold the numbers only.
    unsafe {
        check(libc::dup2(nothing.as_raw_fd(), libc::STDIN_FILENO))?;
        check(libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO))?;
    }
    Ok((File::from(input), File::from(output)))
}

/// A crash leaves no core file behind.
pub(super) fn forbid_core_files() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // Without it a crash is only less tidy.
    // SAFETY: a valid limit.
    let _ = unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
}

/// Gives this process no more memory than so many bytes: a plugin that asks for more fails, and the machine lives.
pub(super) fn limit_memory(bytes: u64) {
    let most = libc::rlimit { rlim_cur: bytes as libc::rlim_t, rlim_max: bytes as libc::rlim_t };
    // Where the system has no such limit, or a lower one, its own counts.
    // SAFETY: a valid limit.
    let _ = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const most) };
}

fn duplicate(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: a new descriptor, which nothing else owns, closed in programs that a plugin starts.
    unsafe { Ok(OwnedFd::from_raw_fd(check(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3))?)) }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
