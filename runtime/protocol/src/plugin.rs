//! What a plugin says of itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{JsonMap, StepType};

/// The answer to `describe`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The plugin's name: lower case, digits and `_`, as in its file name `libaksara_plugin_<name>`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The protocol that it speaks, [`crate::PROTOCOL_VERSION`].
    pub protocol: String,
    /// What it can carry out.
    #[serde(default)]
    pub executors: Vec<ExecutorInfo>,
    /// The stacks that it can recognise and read.
    #[serde(default)]
    pub stacks: Vec<StackInfo>,
    /// What it can do that not every plugin can, such as [`LINK_FROM`]. Those that a host does not know are no
    /// matter to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

/// The feature of answering [`crate::wire::Request::LinkFrom`].
pub const LINK_FROM: &str = "link_from";

/// One (stack, step type) pair that a plugin carries out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutorInfo {
    /// The stack; `*` is any, where no other plugin names the stack itself.
    pub stack: String,
    /// The step type.
    #[serde(rename = "type")]
    pub step_type: StepType,
    /// One line.
    pub summary: String,
    /// JSON Schema (2020-12) of the params.
    pub params: Value,
    /// What it may answer besides edits.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// Params that work, run as tests by the conformance kit.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// What an executor may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes of files.
    Edit,
    /// Commands.
    Command,
    /// Instructions for a person.
    Manual,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A stack that a plugin can recognise and read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackInfo {
    /// Its name, such as `django`.
    pub name: String,
    /// Files that mark a project of it, by name anywhere in the repository, such as `manage.py`. The host looks
    /// for them, so that a repository without any costs no call.
    pub markers: Vec<String>,
    /// Endings of the files that `scan` wants to see, such as `py`.
    pub extensions: Vec<String>,
    /// Other files by name that `scan` wants to see, such as `pyproject.toml`.
    #[serde(default)]
    pub names: Vec<String>,
}

/// An example of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// What it shows.
    pub title: String,
    /// The params.
    pub params: JsonMap,
    /// Files of the project it works on, by path.
    #[serde(default)]
    pub files: JsonMap,
    /// Files as earlier steps of the same plan left them, over `files`.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub earlier: JsonMap,
}
