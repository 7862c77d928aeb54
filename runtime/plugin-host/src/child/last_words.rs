//! The end of what a child writes to its standard error.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much is kept, in bytes.
const KEPT: usize = 8 * 1024;

/// Reads a child's standard error to its end, on a thread of its own, and keeps the last of it.
#[derive(Clone, Default)]
pub(super) struct LastWords(Arc<(Mutex<Heard>, Condvar)>);

#[derive(Default)]
struct Heard {
    bytes: VecDeque<u8>,
    ended: bool,
}

impl LastWords {
    /// Starts to listen.
    pub(super) fn of(mut source: impl Read + Send + 'static) -> io::Result<Self> {
        let words = Self::default();
        let heard = words.clone();
        thread::Builder::new().name("aksara-plugins-stderr".to_owned()).spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                match source.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(read) if read > 0 => heard.add(&buffer[..read]),
                    Ok(_) | Err(_) => break heard.end(),
                }
            }
        })?;
        Ok(words)
    }

    /// What was heard so far.
    pub(super) fn so_far(&self) -> String {
        let heard = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        text(&heard.bytes)
    }

    /// What was heard in the end, if the end comes within `time`.
    pub(super) fn at_the_end(&self, time: Duration) -> String {
        let (mutex, ended) = &*self.0;
        let heard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let (heard, _) = ended
            .wait_timeout_while(heard, time, |heard| !heard.ended)
            .unwrap_or_else(PoisonError::into_inner);
        text(&heard.bytes)
    }

    /// Forgets what was heard: it belongs to an earlier call.
    pub(super) fn forget(&self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).bytes.clear();
    }

    fn add(&self, bytes: &[u8]) {
        let mut heard = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.bytes.extend(bytes);
        let excess = heard.bytes.len().saturating_sub(KEPT);
        heard.bytes.drain(..excess);
    }

    fn end(&self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.0.1.notify_all();
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
        let words = LastWords::of(io::Cursor::new(said)).unwrap();
        let heard = words.at_the_end(Duration::from_secs(10));
        assert_eq!(heard.len(), KEPT);
        assert!(heard.ends_with("xxthe end"));
        words.forget();
        assert_eq!(words.so_far(), "");
    }
}
