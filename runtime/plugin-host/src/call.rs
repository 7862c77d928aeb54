//! One call: how long it may take, when it is given up, what its raw answer means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aksara_protocol::Diagnostic;
use aksara_protocol::abi::Status;
use serde::de::DeserializeOwned;

use crate::CallError;

/// What bounds one call.
#[derive(Clone, Debug)]
pub struct CallLimits {
    /// How long the plugin may work on it, the host's answers included.
    pub timeout: Duration,
    /// Set by whoever wants the call to be given up.
    pub cancelled: Arc<AtomicBool>,
}

/// A plugin's answer, before anybody looked into it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RawReply {
    /// A status and the bytes.
    Answer {
        /// The status as the plugin gave it.
        status: i32,
        /// What it wrote into the sink.
        bytes: Vec<u8>,
    },
    /// More bytes than are taken.
    TooLarge {
        /// How many are.
        limit: usize,
    },
}

impl RawReply {
    /// What the answer of `plugin` means.
    pub(crate) fn understand<T: DeserializeOwned>(self, plugin: &str) -> Result<T, CallError> {
        let stderr = String::new();
        let bad =
            |reason: String| CallError::BadReply { plugin: plugin.to_owned(), reason, stderr: String::new() };
        let (status, bytes) = match self {
            RawReply::Answer { status, bytes } => (status, bytes),
            RawReply::TooLarge { limit } => {
                return Err(bad(format!("it is larger than {} MiB", limit / (1024 * 1024))));
            }
        };
        let Some(known) = Status::from_code(status) else {
            return Err(bad(format!("the status {status} does not exist")));
        };
        if known == Status::Ok {
            return serde_json::from_slice(&bytes).map_err(|error| {
                let what = if error.is_data() { "not what was asked for" } else { "not JSON" };
                bad(format!("it is {what}: {error}"))
            });
        }
        let diagnostic: Diagnostic = serde_json::from_slice(&bytes)
            .map_err(|_| bad(format!("the status is {status}, but no diagnostic says why")))?;
        let plugin = plugin.to_owned();
        let reason = diagnostic.message.clone();
        Err(match known {
            Status::Ok | Status::StepError => CallError::Step(diagnostic),
            Status::Panic => CallError::Panicked { plugin, text: reason, stderr },
            Status::Cancelled => CallError::Cancelled,
            Status::Unsupported => CallError::Unsupported { plugin, reason },
            Status::BadRequest => CallError::BadRequest { plugin, reason },
            Status::HostCallFailed => CallError::HostCallFailed { plugin, reason },
            Status::Incompatible => CallError::BadReply { plugin, reason, stderr },
        })
    }
}

/// How often a waiting host looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// The course of a call's time: first it runs, then it is asked to stop, then it is given up.
#[derive(Debug)]
pub(crate) struct Patience {
    limits: CallLimits,
    grace: Duration,
    ends: Option<Instant>,
    stopping: Option<(CallError, Instant)>,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Now {
    /// Wait at most this long, then ask again.
    Wait(Duration),
    /// Tell the plugin to stop, then ask again. Comes once.
    Stop,
    /// Wait no more.
    GiveUp,
}

impl Patience {
    pub(crate) fn new(limits: CallLimits, grace: Duration) -> Self {
        // A time beyond the clock's range is no limit.
        let ends = Instant::now().checked_add(limits.timeout);
        Self { limits, grace, ends, stopping: None }
    }

    /// What to do now with a call of `plugin`.
    pub(crate) fn now(&mut self, plugin: &str) -> Now {
        let now = Instant::now();
        if let Some((_, until)) = &self.stopping {
            return if now >= *until { Now::GiveUp } else { Now::Wait((*until - now).min(LOOK)) };
        }
        let why = if self.limits.cancelled.load(Ordering::Relaxed) {
            CallError::Cancelled
        } else if self.ends.is_some_and(|ends| now >= ends) {
            CallError::TimedOut {
                plugin: plugin.to_owned(),
                after: self.limits.timeout,
                stderr: String::new(),
            }
        } else {
            return Now::Wait(self.ends.map_or(LOOK, |ends| (ends - now).min(LOOK)));
        };
        self.stopping = Some((why, now + self.grace));
        Now::Stop
    }

    /// Whether the call was told to stop.
    pub(crate) fn stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// Why the call's answer, should there be one, does not count.
    pub(crate) fn verdict(&self) -> Option<CallError> {
        match &self.stopping {
            Some((why, _)) => Some(why.clone()),
            // The plugin may have seen it before the host looked.
            None => self.limits.cancelled.load(Ordering::Relaxed).then_some(CallError::Cancelled),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn answer(status: i32, bytes: &str) -> Result<Value, CallError> {
        RawReply::Answer { status, bytes: bytes.into() }.understand("p")
    }

    fn reason(result: Result<Value, CallError>) -> String {
        match result {
            Err(CallError::BadReply { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_status_has_its_error() {
        let said = r#"{"code":"c","message":"m"}"#;
        let p = || "p".to_owned();
        let m = || "m".to_owned();
        assert_eq!(answer(0, "[1]"), Ok(serde_json::json!([1])));
        assert_eq!(answer(1, said), Err(CallError::Step(Diagnostic::new("c", "m"))));
        assert_eq!(
            answer(2, said),
            Err(CallError::Panicked { plugin: p(), text: m(), stderr: String::new() })
        );
        assert_eq!(answer(3, said), Err(CallError::Cancelled));
        assert_eq!(answer(4, said), Err(CallError::Unsupported { plugin: p(), reason: m() }));
        assert_eq!(answer(5, said), Err(CallError::BadRequest { plugin: p(), reason: m() }));
        assert_eq!(answer(6, said), Err(CallError::HostCallFailed { plugin: p(), reason: m() }));
    }

    #[test]
    fn nonsense_is_a_bad_reply() {
        assert!(reason(answer(0, "{")).starts_with("it is not JSON: "));
        assert!(reason(answer(0, "")).starts_with("it is not JSON: "));
        assert_eq!(reason(answer(1, "oh")), "the status is 1, but no diagnostic says why");
        assert_eq!(reason(answer(99, "{}")), "the status 99 does not exist");
        let number = RawReply::Answer { status: 0, bytes: b"[1]".into() }.understand::<u8>("p");
        assert!(number.is_err_and(|e| e.to_string().contains("it is not what was asked for: ")));
        let deep = "[".repeat(1_000_000);
        assert!(reason(answer(0, &deep)).contains("recursion limit"));
    }

    fn patience(timeout: Duration, grace: Duration) -> (Patience, Arc<AtomicBool>) {
        let cancelled = Arc::new(AtomicBool::new(false));
        (Patience::new(CallLimits { timeout, cancelled: cancelled.clone() }, grace), cancelled)
    }

    #[test]
    fn a_call_runs_then_stops_then_is_given_up() {
        let (mut late, _) = patience(Duration::ZERO, Duration::ZERO);
        assert_eq!(late.verdict(), None);
        assert_eq!(late.now("p"), Now::Stop);
        assert_eq!(late.now("p"), Now::GiveUp);
        assert_eq!(
            late.verdict(),
            Some(CallError::TimedOut { plugin: "p".into(), after: Duration::ZERO, stderr: String::new() })
        );

        let (mut patient, cancelled) = patience(Duration::MAX, Duration::from_secs(600));
        assert_eq!(patient.now("p"), Now::Wait(LOOK));
        assert_eq!(patient.verdict(), None);
        cancelled.store(true, Ordering::Relaxed);
        assert_eq!(patient.verdict(), Some(CallError::Cancelled));
        assert_eq!(patient.now("p"), Now::Stop);
        assert_eq!(patient.now("p"), Now::Wait(LOOK));
        assert_eq!(patient.verdict(), Some(CallError::Cancelled));
        assert!(patient.stopping());
    }
}
