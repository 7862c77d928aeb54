//! Plans, as they are saved.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{JsonMap, Step, WorkHash};

/// The version of the plan file that this crate reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Ordered steps with dependencies, and everything that is needed to carry them out elsewhere or later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT_VERSION`] of the writer. A newer one is refused before anything else is looked at.
    pub format_version: u32,
    /// Unique.
    pub id: String,
    /// A headline.
    pub title: String,
    /// The request.
    pub description: String,
    /// One line `N. description` a step.
    pub summary: String,
    /// Who made the plan.
    pub source: Source,
    /// The template's parameters, and where each value came from.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub params: JsonMap,
    /// Where each value of `params` came from: `request`, `set`, `default`, `facts` or `prompt`.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub params_from: JsonMap,
    /// The project's folder inside the repository; empty is its top.
    #[serde(default)]
    pub root: String,
    /// What the plan was made against; absent for a plan that needs no repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The stack, such as `django`; absent for that of the project in `root`, and `none` for a plan that is about no project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The work.
    pub steps: Vec<Step>,
    /// The hash of the steps' types, params and code as their previews show them; steps that no longer have it were
    /// edited. Absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_hash: Option<WorkHash>,
    /// What must be true before.
    #[serde(default)]
    pub prerequisites: Vec<String>,
    /// What may go wrong.
    #[serde(default)]
    pub risks: Vec<String>,
    /// How to see that it worked.
    #[serde(default)]
    pub success_criteria: Vec<String>,
    /// For a reader's orientation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_time: Option<String>,
    /// What to look at before running it.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// RFC 3339, UTC. Executors get it as `now`, and no other clock.
    pub created_at: String,
    /// The version of Aksara that made it.
    pub runtime_version: String,
    /// Fields of a newer version, kept as they were.
    #[serde(flatten)]
    pub unknown: JsonMap,
}

/// Who made a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What kind of planner.
    pub kind: SourceKind,
    /// The template's or the model's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The hash of the script and bodies it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The script and bodies themselves, by file name, so that a saved plan says what made it.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub files: JsonMap,
    /// The templates that it was made from, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<SourceTemplate>,
}

/// A template that a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTemplate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The hash of its script and bodies.
    pub hash: String,
    /// Whose it was when the plan was made.
    pub root: SourceRoot,
}

/// Whose template it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceRoot {
    /// Part of Aksara.
    BuiltIn,
    /// The user's own.
    User,
    /// The project's, which came with the repository.
    Project,
    /// Registered by the program that Aksara is part of.
    Host,
}

/// What kind of planner made a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A template.
    Template,
    /// A language model.
    Llm,
    /// A person or a host program.
    Manual,
}

/// The commit that a plan was made against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its id.
    pub commit: String,
    /// Its tree's id.
    pub tree: String,
}

impl Plan {
    /// Numbers the steps by their position and makes the summary anew.
    pub fn renumber(&mut self) {
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.order = crate::StepOrder(index as u32 + 1);
        }
        self.summary = self
            .steps
            .iter()
            .map(|s| format!("{}. {}", s.order, s.description))
            .collect::<Vec<_>>()
            .join("\n");
    }

    /// The value of a top-level field that this version does not know.
    #[must_use]
    pub fn unknown_field(&self, name: &str) -> Option<&Value> {
        self.unknown.get(name)
    }
}
