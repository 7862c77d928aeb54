//! Errors that cross the plugin boundary.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::RelPath;

/// What went wrong, to what, and what to do next. It crosses the plugin boundary as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Diagnostic {
    /// A stable word to match on, such as `name_taken`; see [`codes`].
    pub code: String,
    /// One sentence: what happened, to what.
    pub message: String,
    /// What to do next, as something that can be typed or done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Places in files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// What led to it, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// The end of what a plugin in a child process wrote to its standard error during the call. The host fills it
    /// in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_words: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The file.
    pub path: RelPath,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How many characters are meant; 0 is a point.
    #[serde(default)]
    pub len: u32,
    /// What is to be said of the place.
    pub text: String,
}

impl Diagnostic {
    /// A diagnostic with a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Points to a place.
    #[must_use]
    pub fn with_label(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    /// Adds what led to it.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for label in &self.labels {
            write!(f, "\n  {}:{}:{}: {}", label.path, label.line, label.column, label.text)?;
        }
        for cause in &self.causes {
            write!(f, "\n  because {cause}")?;
        }
        f.write_str(&last_words(&self.last_words))?;
        if let Some(help) = &self.help {
            write!(f, "\nhint: {help}")?;
        }
        Ok(())
    }
}

/// How many lines of a plugin's standard error are shown.
const SHOWN_LINES: usize = 20;

/// The end of a plugin's standard error, to be put below the sentence that it belongs to; empty if there is none.
#[must_use]
pub fn last_words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.trim().lines().collect();
    if lines.is_empty() {
        return String::new();
    }
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    shown.iter().fold("\nits last words:".to_owned(), |text, line| {
        // A plugin must not write to the terminal by way of its words.
        let line: String =
            line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
        text + "\n  " + &line
    })
}

/// The codes that the runtime and the shipped plugins use. Third parties may use their own.
pub mod codes {
    /// The step's params do not fit the executor's schema, or contradict each other.
    pub const BAD_PARAMS: &str = "bad_params";
    /// A file, class or field that the step needs is not there.
    pub const NOT_FOUND: &str = "not_found";
    /// The name is used by something else than what the step would make.
    pub const NAME_TAKEN: &str = "name_taken";
    /// The source is written in a way that the step cannot edit safely.
    pub const REFUSED: &str = "refused";
    /// The file does not parse.
    pub const SYNTAX: &str = "syntax_error";
    /// The file is larger than what is read.
    pub const TOO_LARGE: &str = "too_large";
    /// The file nests too deeply to be parsed safely.
    pub const TOO_COMPLEX: &str = "too_complex";
    /// The file is not UTF-8 text.
    pub const NOT_UTF8: &str = "not_utf8";
    /// Something about the models cannot be worked out without running the project.
    pub const NOT_STATIC: &str = "not_static";
    /// The models and the migrations already differ before the plan.
    pub const DRIFT: &str = "drift_at_base";
    /// A call was given up because the run was cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// A link from files of a name that the plugin keeps nothing under.
    pub const UNKNOWN_BASE: &str = "unknown_base";
    /// A file changed since the edit was computed.
    pub const CHANGED: &str = "changed_since";
}
