//! The end of what a child writes to its standard error.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::system::{self, Ready};

/// How much is kept, in bytes.
const KEPT: usize = 8 * 1024;

/// How long to wait for what the child wrote before it answered: it is in the pipe already.
const UNDERWAY: Duration = Duration::from_millis(200);

/// Reads a child's standard error to its end, on a thread of its own, and keeps the last of it.
#[derive(Clone)]
pub(super) struct LastWords {
    heard: Arc<(Mutex<Heard>, Condvar)>,
    /// The same pipe, to see whether something is still in it.
    pipe: Arc<OwnedFd>,
}

#[derive(Default)]
struct Heard {
    bytes: VecDeque<u8>,
    ended: bool,
}

impl LastWords {
    /// Starts to listen.
    pub(super) fn of(mut source: impl Read + AsFd + Send + 'static) -> io::Result<Self> {
        let words = Self { heard: Arc::default(), pipe: Arc::new(source.as_fd().try_clone_to_owned()?) };
        let listener = words.clone();
        thread::Builder::new().name("aksara-plugins-stderr".to_owned()).spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                match system::wait(source.as_fd(), Ready::Read, None) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(_) => break listener.end(),
                }
                // Read under the lock: nobody may find the pipe empty and the words not added yet.
                let mut heard = listener.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
                match source.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(read) if read > 0 => heard.add(&buffer[..read]),
                    Ok(_) | Err(_) => {
                        drop(heard);
                        break listener.end();
                    }
                }
            }
        })?;
        Ok(words)
    }

    /// All that the child wrote up to now.
    pub(super) fn so_far(&self) -> String {
        let until = Instant::now() + UNDERWAY;
        loop {
            let heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
            let underway = !heard.ended
                && system::wait(self.pipe.as_fd(), Ready::Read, Some(Duration::ZERO)).unwrap_or(false);
            if !underway || Instant::now() >= until {
                return text(&heard.bytes);
            }
            drop(heard);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// What was heard in the end, if the end comes within `time`.
    pub(super) fn at_the_end(&self, time: Duration) -> String {
        let (mutex, ended) = &*self.heard;
        let heard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let (heard, _) = ended
            .wait_timeout_while(heard, time, |heard| !heard.ended)
            .unwrap_or_else(PoisonError::into_inner);
        text(&heard.bytes)
    }

    /// Forgets what was heard: it belongs to an earlier call.
    pub(super) fn forget(&self) {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).bytes.clear();
    }

    fn end(&self) {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.heard.1.notify_all();
    }
}

impl Heard {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let excess = self.bytes.len().saturating_sub(KEPT);
        self.bytes.drain(..excess);
    }
}

fn text(bytes: &VecDeque<u8>) -> String {
    let (first, second) = bytes.as_slices();
    String::from_utf8_lossy(&[first, second].concat()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let said = format!("{}the end", "x".repeat(100_000));
        let (reader, mut writer) = io::pipe().unwrap();
        let words = LastWords::of(reader).unwrap();
        io::Write::write_all(&mut writer, said.as_bytes()).unwrap();
        // All that is written is heard, before the pipe's end too.
        assert!(words.so_far().ends_with("xxthe end"));
        drop(writer);
        let heard = words.at_the_end(Duration::from_secs(10));
        assert_eq!(heard.len(), KEPT);
        assert!(heard.ends_with("xxthe end"));
        words.forget();
        assert_eq!(words.so_far(), "");
    }
}
