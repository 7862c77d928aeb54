//! What an executor answers.

use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::{Edit, JsonMap, RelPath};

/// What carrying out a step means: data, for the runtime to act on.
///
/// An outcome without edits and commands says that nothing is left to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Changes of files, at most one a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// Commands, in order, after the edits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
    /// Instructions that a person must carry out and confirm (a `manual` step).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<Manual>,
    /// The file that the step is about, if it is not the first edit's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<RelPath>,
    /// Whether something is lost that the checkpoint cannot bring back, such as a dropped column's rows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destructive: bool,
    /// Why no result is accepted without this step, where that is so: "the models would have no migration". Nobody
    /// can leave such a step out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<String>,
    /// What may go wrong, for the plan's reader.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<String>,
    /// Facts for the report. Later steps do not see them.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub outputs: JsonMap,
    /// Things to tell the user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// What a person is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// What to do.
    pub instructions: String,
    /// What to show or note as evidence that it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// Something to tell the user that is not an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// One sentence.
    pub text: String,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteLevel {
    /// Good to know.
    Info,
    /// Look at it before landing.
    Warning,
}

impl Outcome {
    /// Whether the step has nothing to do.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.edits.is_empty() && self.commands.is_empty() && self.manual.is_none()
    }

    /// An outcome that only says why there is nothing to do.
    pub fn noop(why: impl Into<String>) -> Self {
        Self { notes: vec![Note::info(why)], ..Self::default() }
    }
}

impl Note {
    /// Good to know.
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: NoteLevel::Info, text: text.into() }
    }

    /// To be looked at.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { level: NoteLevel::Warning, text: text.into() }
    }
}
