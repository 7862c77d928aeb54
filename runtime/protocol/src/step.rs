//! Steps: typed units of work.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{BlobId, ChangeHash, CodeHash, JsonMap, RelPath};

/// One typed unit of work: its `type` and `params` are the intent, `file`, `code` and `diff` its preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Position in the plan, from 1.
    pub order: StepOrder,
    /// Stays the same when steps are added, moved or removed.
    pub id: StepId,
    /// What kind of work: the dispatch key together with the plan's stack.
    #[serde(rename = "type")]
    pub step_type: StepType,
    /// A short name.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// The intent, checked by the executor's JSON Schema.
    #[serde(default)]
    pub params: JsonMap,
    /// Orders of the steps that must be done before.
    #[serde(default)]
    pub dependencies: Vec<StepOrder>,

    /// The file that the step is about.
    #[serde(default)]
    pub file: Option<RelPath>,
    /// The code that the step puts there. May be edited; it is then inserted verbatim.
    #[serde(default)]
    pub code: Option<String>,
    /// Whether `code` was generated or edited.
    #[serde(default)]
    pub code_from: CodeFrom,
    /// The hash of the code as generated, so that an edit in a saved plan is noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<CodeHash>,
    /// The change of all files of the step, as a unified diff.
    #[serde(default)]
    pub diff: Option<String>,
    /// What the step read: content or absence of each path, as it saw them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reads: BTreeMap<RelPath, Option<BlobId>>,
    /// What the step removes and adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_hash: Option<ChangeHash>,

    /// Whether the step loses something that a checkpoint cannot bring back.
    #[serde(default)]
    pub destructive: bool,
    /// Whether taking the run back undoes all of the step.
    #[serde(default = "yes")]
    pub reversible: bool,
    /// For a reader's orientation, such as `2 min`; never a promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_time: Option<String>,
    /// What must be true before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prerequisites: Vec<String>,
    /// What may go wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<String>,
    /// Who can review it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_skills: Vec<String>,
    /// Its parts, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subtasks: Vec<String>,
    /// After how many seconds the step fails; the runtime's setting if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// The template that it comes from, in a plan that several templates made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Anything that a host wants to keep with the step.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub context: JsonMap,
    /// What the step lacks to be carried out. A plan with such a step does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// What the preview has to say about the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Fields of a newer version, kept as they were.
    #[serde(flatten)]
    pub unknown: JsonMap,
}

fn yes() -> bool {
    true
}

impl Step {
    /// A step with an intent and no preview yet.
    pub fn new(order: u32, step_type: impl Into<StepType>, description: impl Into<String>) -> Self {
        let description = description.into();
        let step_type = step_type.into();
        Self {
            order: StepOrder(order),
            id: StepId(format!("s{order}")),
            name: description.clone(),
            description,
            step_type,
            params: JsonMap::new(),
            dependencies: Vec::new(),
            file: None,
            code: None,
            code_from: CodeFrom::Generated,
            code_hash: None,
            diff: None,
            reads: BTreeMap::new(),
            change_hash: None,
            destructive: false,
            reversible: true,
            estimated_time: None,
            prerequisites: Vec::new(),
            risks: Vec::new(),
            required_skills: Vec::new(),
            subtasks: Vec::new(),
            timeout_seconds: None,
            source: None,
            context: JsonMap::new(),
            incomplete: None,
            notes: Vec::new(),
            unknown: JsonMap::new(),
        }
    }
}

/// A step's position in its plan, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepOrder(pub u32);

impl fmt::Display for StepOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A step's identity in its plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kind of step. The set is open: plugins add their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepType(pub String);

impl StepType {
    /// The type as text, such as `create_model`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StepType {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for StepType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a step's code comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeFrom {
    /// The executor made it.
    #[default]
    Generated,
    /// Somebody wrote it into the plan; it is inserted verbatim.
    Edited,
}
