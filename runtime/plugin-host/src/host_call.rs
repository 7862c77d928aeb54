//! A plugin's questions to the host.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aksara_protocol::Diagnostic;
use aksara_protocol::abi::Status;
use aksara_protocol::wire::HostRequest;
use serde::Serialize;

/// Answers what a plugin asks while a call is running.
pub trait HostCalls: Send + Sync {
    /// The answer to one question, in the form that [`HostRequest`] declares. No plugin may be called from here.
    ///
    /// # Errors
    /// Why there is no answer; the plugin gets it as it is.
    fn call(&self, request: HostRequest) -> Result<Answer, Diagnostic>;
}

/// An answer to a plugin's question, written as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(Vec<u8>);

impl Answer {
    /// The answer with this value.
    ///
    /// # Errors
    /// `host_call_failed`: it cannot be written as JSON.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Diagnostic> {
        let bytes = serde_json::to_vec(value);
        bytes.map(Self).map_err(|error| Diagnostic::new("host_call_failed", error.to_string()))
    }
}

/// What the C table of a running call is connected to, whichever process it runs in.
pub(crate) trait Questions: Send + Sync {
    /// Answers a request in JSON with a status and a reply in JSON.
    fn ask(&self, request: &[u8]) -> (Status, Vec<u8>);

    /// Whether the call should be given up.
    fn cancelled(&self) -> bool;
}

thread_local! {
    static ANSWERING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is answering a plugin: a call made now would wait for itself.
pub(crate) fn answering() -> bool {
    ANSWERING.get()
}

/// A reply that is a diagnostic.
pub(crate) fn refusal(status: Status, code: &str, text: impl Into<String>) -> (Status, Vec<u8>) {
    // A diagnostic is strings and numbers only; if it could not be written, an empty reply says as much.
    (status, serde_json::to_vec(&Diagnostic::new(code, text)).unwrap_or_default())
}

/// Lets `host` answer a request in JSON. A panic of the host's stays here: plugin frames are below.
pub(crate) fn answer(host: &dyn HostCalls, request: &[u8]) -> (Status, Vec<u8>) {
    let request = match serde_json::from_slice(request) {
        Ok(HostRequest::Unknown) => {
            return refusal(Status::Unsupported, "unsupported", "this host does not know the method");
        }
        Ok(request) => request,
        Err(error) => return refusal(Status::BadRequest, "bad_request", error.to_string()),
    };
    let before = ANSWERING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(|| host.call(request)));
    ANSWERING.set(before);
    match result {
        Ok(Ok(Answer(bytes))) => (Status::Ok, bytes),
        Ok(Err(diagnostic)) => (Status::StepError, serde_json::to_vec(&diagnostic).unwrap_or_default()),
        Err(_) => refusal(Status::HostCallFailed, "host_call_failed", "the host panicked on this question"),
    }
}
