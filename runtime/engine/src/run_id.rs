//! Names of runs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A run's name: the millisecond in which it began, and two letters, as in `20261122-143005-512kf`. It sorts by time
/// and is fit for a ref and a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that is no run's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a run\nhint: `aksara ai runs` lists them")]
pub struct RunIdError(String);

impl RunId {
    /// Takes a text as a run's name.
    ///
    /// # Errors
    /// Anything but lower-case letters, digits and `-`, or more than 64 of them.
    pub fn new(text: impl Into<String>) -> Result<Self, RunIdError> {
        let text = text.into();
        let fits = !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text)) } else { Err(RunIdError(text.chars().take(80).collect())) }
    }

    /// A new name for a run that begins at `now`.
    pub(crate) fn make(now: &crate::clock::Instant) -> Self {
        let suffix: String =
            std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(2).collect();
        Self(format!("{}{suffix}", now.compact()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The run's private ref.
    pub(crate) fn ref_name(&self) -> String {
        format!("refs/aksara/runs/{}", self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RunId {
    type Error = RunIdError;
    fn try_from(text: String) -> Result<Self, RunIdError> {
        Self::new(text)
    }
}

impl std::str::FromStr for RunId {
    type Err = RunIdError;
    fn from_str(text: &str) -> Result<Self, RunIdError> {
        Self::new(text)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> String {
        id.0
    }
}
