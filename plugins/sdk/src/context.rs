//! What an executor may ask while it works.

use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::FactsQuery;
use aksara_protocol::wire::{FileReply, HostRequest, SourceFile};
use aksara_protocol::{Diagnostic, ProjectFacts, RelPath};
use serde::de::DeserializeOwned;

/// The host's side of a running call, whatever carries it.
pub trait Host {
    /// Sends a [`HostRequest`] as JSON and takes the reply as JSON.
    ///
    /// # Errors
    /// Why there is no reply.
    fn call(&self, request: &[u8]) -> Result<Vec<u8>, HostError>;

    /// Whether the call should be given up.
    fn cancelled(&self) -> bool;
}

/// Why the host gave no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The run was cancelled.
    #[error("the run was cancelled")]
    Cancelled,
    /// The host answered with an error.
    #[error("{0}")]
    Refused(Diagnostic),
    /// The host cannot be reached any more, or answered nonsense.
    #[error("the host did not answer: {0}")]
    Broken(String),
}

impl From<HostError> for Diagnostic {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Cancelled => Diagnostic::new(codes::CANCELLED, "the run was cancelled"),
            HostError::Refused(diagnostic) => diagnostic,
            HostError::Broken(_) => Diagnostic::new("host_call_failed", error.to_string()),
        }
    }
}

/// The project as a step sees it. Everything asked for is recorded as read by the step.
pub struct Context<'a> {
    host: &'a dyn Host,
}

impl<'a> Context<'a> {
    /// A context over a host.
    #[must_use]
    pub fn new(host: &'a dyn Host) -> Self {
        Self { host }
    }

    /// The file's content, or `None` if it is absent.
    ///
    /// # Errors
    /// A file that plugins do not get (binary, too large, a link), or a host that does not answer.
    pub fn read(&self, path: &RelPath) -> Result<Option<SourceFile>, Diagnostic> {
        Ok(self.read_all(std::slice::from_ref(path))?.into_iter().next().flatten())
    }

    /// As [`Context::read`], for several files in one call.
    ///
    /// # Errors
    /// As [`Context::read`]; the first refused file is named.
    pub fn read_all(&self, paths: &[RelPath]) -> Result<Vec<Option<SourceFile>>, Diagnostic> {
        self.read_each(paths)?.into_iter().collect()
    }

    /// As [`Context::read_all`], where a refused file does not keep the others back: each has its own answer.
    ///
    /// # Errors
    /// A host that does not answer.
    pub fn read_each(
        &self,
        paths: &[RelPath],
    ) -> Result<Vec<Result<Option<SourceFile>, Diagnostic>>, Diagnostic> {
        let replies: Vec<FileReply> = self.ask(&HostRequest::Read { paths: paths.to_vec() })?;
        if replies.len() != paths.len() {
            return Err(HostError::Broken("it answered another number of files".into()).into());
        }
        let files = paths.iter().zip(replies).map(|(path, reply)| match reply {
            FileReply::Text { blob, text } => Ok(Some(SourceFile { path: path.clone(), blob, text })),
            FileReply::Absent => Ok(None),
            FileReply::Refused { code, reason } => {
                Err(Diagnostic::new(code, format!("`{path}` cannot be read: {reason}")))
            }
        });
        Ok(files.collect())
    }

    /// The files in a folder (`""` is the top of the repository), sorted.
    ///
    /// # Errors
    /// A host that does not answer.
    pub fn list(&self, dir: &str, recursive: bool) -> Result<Vec<RelPath>, Diagnostic> {
        self.ask(&HostRequest::List { dir: dir.to_owned(), recursive })
    }

    /// Facts of the step's snapshot: the settings, and the apps with these labels whole.
    ///
    /// # Errors
    /// A project whose facts cannot be given, or a host that does not answer.
    pub fn facts(&self, apps: &[&str]) -> Result<ProjectFacts, Diagnostic> {
        self.query(FactsQuery { apps: apps.iter().map(|a| (*a).to_owned()).collect(), ..Default::default() })
    }

    /// Facts of the plan's base, before any of its steps.
    ///
    /// # Errors
    /// As [`Context::facts`].
    pub fn base_facts(&self, apps: &[&str]) -> Result<ProjectFacts, Diagnostic> {
        self.query(FactsQuery {
            apps: apps.iter().map(|a| (*a).to_owned()).collect(),
            base: true,
            ..Default::default()
        })
    }

    /// Facts by any query.
    ///
    /// # Errors
    /// As [`Context::facts`].
    pub fn query(&self, query: FactsQuery) -> Result<ProjectFacts, Diagnostic> {
        self.ask(&HostRequest::Facts { query })
    }

    /// Writes a line to the run's log.
    pub fn log(&self, text: impl Into<String>) {
        // A lost log line must not fail a step.
        let _: Result<(), Diagnostic> = self.ask(&HostRequest::Log { text: text.into() });
    }

    /// Whether the call should be given up. Long loops ask now and then.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.host.cancelled()
    }

    fn ask<T: DeserializeOwned>(&self, request: &HostRequest) -> Result<T, Diagnostic> {
        let bytes = serde_json::to_vec(request).map_err(|e| HostError::Broken(e.to_string()))?;
        let reply = self.host.call(&bytes)?;
        serde_json::from_slice(&reply).map_err(|e| HostError::Broken(e.to_string()).into())
    }
}
