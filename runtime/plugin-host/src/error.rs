//! What can go wrong with a plugin, said so that people know which plugin, what happened and what to do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use serde::{Deserialize, Serialize};

/// Why a library is not usable as a plugin. It crosses from the child to the host as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum LoadError {
    /// The file is not named like a plugin.
    #[error("`{}` is not named like a plugin: the file name must be `{expected}`, with a name of a-z, 0-9 and `_`", path.display())]
    FileName {
        /// The file.
        path: PathBuf,
        /// The pattern.
        expected: String,
    },
    /// There is no such file.
    #[error("there is no plugin at `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The program that should have the plugin in it is another one.
    #[error("the program that runs plugins has no plugin `{}` in it: it must be the program that was built with it", path.display())]
    NotLinked {
        /// The plugin's place, such as `bundled:model`.
        path: PathBuf,
    },
    /// The path cannot be sent to the child.
    #[error("the plugin's path `{}` is not UTF-8: move it to another folder", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// The system refused to load the library.
    #[error("`{}` cannot be loaded as a library: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is not the one that was accepted.
    #[error("the plugin `{}` is not the file that you accepted: its sha256 is {found}, accepted was {accepted}\nhint: if you replaced it yourself, accept it with `aksara plugin add {}`", path.display(), folder(path))]
    Pin {
        /// The file.
        path: PathBuf,
        /// The accepted file's hash.
        accepted: String,
        /// The hash of the file that is there.
        found: String,
    },
    /// The library does not export the function.
    #[error("`{}` is not an Aksara plugin of this version: it does not export `{symbol}`", path.display())]
    Symbol {
        /// The file.
        path: PathBuf,
        /// The function that it should export.
        symbol: String,
    },
    /// The plugin speaks another version of the C ABI or of the protocol.
    #[error("the plugin `{}` needs {found}, this Aksara has {expected}: install a plugin built for it", path.display())]
    Incompatible {
        /// The file.
        path: PathBuf,
        /// What the plugin speaks.
        found: String,
        /// What this host speaks.
        expected: String,
    },
    /// The exported table is not a plugin's table.
    #[error("`{}` is not a well-formed plugin: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The plugin could not describe itself or be opened.
    #[error("the plugin `{}` does not start: {reason}", path.display())]
    Start {
        /// The file.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
    /// The plugin took its process down while it was loaded.
    #[error("the plugin `{}` crashed while it was loaded: {how}{}", path.display(), said(stderr))]
    Crashed {
        /// The file.
        path: PathBuf,
        /// How the process ended.
        how: String,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// The plugin did not come back from being loaded.
    #[error("the plugin `{}` was not ready after {}", path.display(), seconds(*after))]
    TimedOut {
        /// The file.
        path: PathBuf,
        /// How long it had.
        after: Duration,
    },
    /// The program that runs plugins is not there.
    #[error("the program that runs plugins, `{}`, is not there: install Aksara again, or set its path", program.display())]
    ProgramMissing {
        /// The program.
        program: PathBuf,
    },
    /// The program that runs plugins does not start, or is not one.
    #[error("the program that runs plugins, `{}`, does not work: {reason}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What happened.
        reason: String,
    },
    /// The system gave no thread or process.
    #[error("the system gave no thread to run plugins on: {reason}")]
    Thread {
        /// What the system said.
        reason: String,
    },
}

impl LoadError {
    /// The same for people and for the wire.
    #[must_use]
    pub fn to_diagnostic(&self) -> Diagnostic {
        Diagnostic::new("plugin_not_loaded", self.to_string())
            .with_help("`aksara doctor` lists the plugins that were found and where")
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The plugin refused the step, with a reason.
    #[error("{0}")]
    Step(Diagnostic),
    /// The plugin panicked. It is opened anew for its next call.
    #[error("the plugin `{plugin}` panicked: {text}{}", said(stderr))]
    Panicked {
        /// Its name.
        plugin: String,
        /// The panic's text and place.
        text: String,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// The plugin's process ended in the middle of the call. The next call starts a new one.
    #[error("the plugin `{plugin}` crashed: {how}{}", said(stderr))]
    Crashed {
        /// Its name.
        plugin: String,
        /// How the process ended, such as `signal 11 (SIGSEGV)`.
        how: String,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// The plugin did not answer in time.
    #[error("the plugin `{plugin}` did not answer within {}{}", seconds(*after), said(stderr))]
    TimedOut {
        /// Its name.
        plugin: String,
        /// How long it had.
        after: Duration,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// The run was cancelled.
    #[error("the call was cancelled")]
    Cancelled,
    /// The plugin's answer is not one.
    #[error("the plugin `{plugin}` gave an answer that cannot be used: {reason}{}", said(stderr))]
    BadReply {
        /// Its name.
        plugin: String,
        /// What is wrong with it.
        reason: String,
        /// The end of what it wrote to its standard error.
        stderr: String,
    },
    /// The plugin did not understand the request.
    #[error("the plugin `{plugin}` did not understand the request: {reason}")]
    BadRequest {
        /// Its name.
        plugin: String,
        /// What it said.
        reason: String,
    },
    /// The plugin does not know the operation, the stack or the step type.
    #[error("the plugin `{plugin}` does not do this: {reason}")]
    Unsupported {
        /// Its name.
        plugin: String,
        /// What it said.
        reason: String,
    },
    /// The plugin gave up because the host did not answer it.
    #[error("the plugin `{plugin}` was not answered by the host: {reason}")]
    HostCallFailed {
        /// Its name.
        plugin: String,
        /// What it said.
        reason: String,
    },
    /// The plugin shares this process and one of its calls never came back.
    #[error("the plugin `{plugin}` is not called any more: {why}")]
    Quarantined {
        /// Its name.
        plugin: String,
        /// What it did.
        why: String,
    },
    /// The plugin's process ended too often.
    #[error("the plugin `{plugin}` is not started again after {restarts} restarts; the last time, {last}")]
    TooManyRestarts {
        /// Its name.
        plugin: String,
        /// How often it was started again.
        restarts: u32,
        /// What happened last.
        last: String,
    },
    /// The plugin's process could not be started again.
    #[error("the plugin `{plugin}` could not be started again: {error}")]
    Restart {
        /// Its name.
        plugin: String,
        /// Why.
        error: LoadError,
    },
    /// A call was made from inside the answer to a plugin's question. That would wait for itself.
    #[error("the plugin `{plugin}` was called while another plugin's question is being answered")]
    WithinHostCall {
        /// Its name.
        plugin: String,
    },
}

impl CallError {
    /// Adds what the plugin wrote to its standard error, where it is worth knowing.
    pub(crate) fn with_last_words(mut self, words: String) -> Self {
        match &mut self {
            CallError::Step(diagnostic) => diagnostic.last_words = words,
            CallError::Panicked { stderr, .. }
            | CallError::Crashed { stderr, .. }
            | CallError::TimedOut { stderr, .. }
            | CallError::BadReply { stderr, .. } => *stderr = words,
            _ => {}
        }
        self
    }

    /// A stable word for the kind of error; of a refused step, the plugin's own.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            CallError::Step(diagnostic) => &diagnostic.code,
            CallError::Panicked { .. } => "plugin_panicked",
            CallError::Crashed { .. } => "plugin_crashed",
            CallError::TimedOut { .. } => "plugin_timed_out",
            CallError::Cancelled => codes::CANCELLED,
            CallError::BadReply { .. } => "plugin_bad_reply",
            CallError::BadRequest { .. } => "plugin_bad_request",
            CallError::Unsupported { .. } => "plugin_unsupported",
            CallError::HostCallFailed { .. } => "plugin_host_call_failed",
            CallError::Quarantined { .. } => "plugin_quarantined",
            CallError::TooManyRestarts { .. } => "plugin_restarts",
            CallError::Restart { .. } => "plugin_not_loaded",
            CallError::WithinHostCall { .. } => "plugin_reentered",
        }
    }

    /// What to do next, where the error itself does not say it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            CallError::Step(_) | CallError::Cancelled => None,
            CallError::Panicked { .. }
            | CallError::Crashed { .. }
            | CallError::BadReply { .. }
            | CallError::WithinHostCall { .. } => {
                Some("the fault is the plugin's, nothing was changed: report it to the plugin's author")
            }
            CallError::TimedOut { .. } => Some(
                "nothing was changed: give the step more time (`timeout_seconds`) or report it to the plugin's author",
            ),
            CallError::BadRequest { .. } | CallError::Unsupported { .. } => {
                Some("install a version of the plugin that fits this Aksara: `aksara doctor` lists both")
            }
            CallError::HostCallFailed { .. } => {
                Some("run it again; if it stays, report it to the plugin's author")
            }
            CallError::Quarantined { .. } => {
                Some("restart the program; with plugins in a child process a hanging one is ended instead")
            }
            CallError::TooManyRestarts { .. } => {
                Some("replace or remove the plugin: `aksara doctor` says where it was found")
            }
            CallError::Restart { .. } => Some("`aksara doctor` lists the plugins that were found and where"),
        }
    }

    /// The same for people and for the wire.
    #[must_use]
    pub fn to_diagnostic(&self) -> Diagnostic {
        if let CallError::Step(diagnostic) = self {
            return diagnostic.clone();
        }
        let diagnostic = Diagnostic::new(self.code(), self.to_string());
        match self.help() {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    }
}

impl From<CallError> for Diagnostic {
    fn from(error: CallError) -> Self {
        error.to_diagnostic()
    }
}

/// The plugin's last words, below the sentence that they belong to.
fn said(stderr: &str) -> String {
    aksara_protocol::diagnostic::last_words(stderr)
}

/// The folder to name when a plugin is accepted: the one with its `plugin.toml`.
fn folder(library: &Path) -> String {
    let manifest = |dir: &&Path| dir.join("plugin.toml").is_file();
    let folder = library.ancestors().skip(1).find(manifest).or(library.parent());
    folder.unwrap_or(library).display().to_string()
}

fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{} ms", duration.as_millis()) } else { format!("{seconds} s") }
}
