//! The JSON that crosses the plugin boundary, in both directions.
//!
//! The host sends a [`Request`] to `invoke` and gets the operation's reply. While a call is running, the plugin
//! may send [`HostRequest`]s; what it asked for is the step's recorded read set.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::FactsQuery;
use crate::{BlobId, JsonMap, RelPath, Step};

/// What the host asks of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Is there a project of this stack? Reply: [`Vec<Detected>`].
    Detect {
        /// The stack.
        stack: String,
        /// Marker files that the host found.
        markers: Vec<RelPath>,
    },
    /// One file's facts. Pure; cached by content and plugin. Reply: [`ScanReply`].
    Scan {
        /// The stack.
        stack: String,
        /// The file.
        file: SourceFile,
    },
    /// Puts file facts together. Pure. Reply: [`crate::ProjectFacts`] with everything in it.
    Link {
        /// The stack.
        stack: String,
        /// What `detect` said.
        project: Detected,
        /// The facts of every file that has any.
        files: Vec<FileFacts>,
        /// The paths of every file that `scan` wants to see, whether or not it has facts.
        paths: Vec<RelPath>,
        /// A name for these files. A plugin with the feature [`crate::plugin::LINK_FROM`] keeps them under it, to
        /// be asked for differences from them by [`Request::LinkFrom`]. One name is never given to two inputs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<String>,
    },
    /// As [`Request::Link`] of files that were kept, but for a few. Pure too: the reply is the same as if all files
    /// were named. Reply: [`crate::ProjectFacts`], or status 1 with [`crate::diagnostic::codes::UNKNOWN_BASE`] if
    /// the plugin has nothing of that name any more.
    LinkFrom {
        /// The stack.
        stack: String,
        /// What `detect` said.
        project: Detected,
        /// The name that the other files were kept under.
        base: String,
        /// The facts of the files that are new or changed, of those that have any.
        files: Vec<FileFacts>,
        /// The paths of all files that are new or changed.
        paths: Vec<RelPath>,
        /// The paths of the files that are gone.
        removed: Vec<RelPath>,
        /// A name for the files as they are now, as in [`Request::Link`]. Those of `base` stay what they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<String>,
    },
    /// Do these files parse? Reply: [`Vec<crate::Diagnostic>`], empty if all do.
    CheckFiles {
        /// The stack.
        stack: String,
        /// The files as they would be.
        files: Vec<SourceFile>,
    },
    /// Are the params right? Cheap, without reading files. Reply: `null`, or status 1 with a diagnostic.
    CheckStep {
        /// The step.
        step: StepInput,
    },
    /// Carry out a step on a snapshot. Reply: [`crate::Outcome`], or status 1 with a diagnostic.
    Execute {
        /// The step.
        step: StepInput,
    },
}

/// A step as its executor gets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepInput {
    /// The project's stack.
    pub stack: String,
    /// The project's folder inside the repository; empty is its top.
    pub root: String,
    /// The step's type.
    #[serde(rename = "type")]
    pub step_type: crate::StepType,
    /// The intent.
    pub params: JsonMap,
    /// One line for people.
    pub description: String,
    /// The plan's `created_at` (RFC 3339, UTC): the only clock there is.
    pub now: String,
    /// The version of the runtime, for headers of generated files.
    pub runtime_version: String,
}

impl StepInput {
    /// The input for `step` of a plan.
    #[must_use]
    pub fn of(step: &Step, stack: &str, root: &str, now: &str) -> Self {
        Self {
            stack: stack.to_owned(),
            root: root.to_owned(),
            step_type: step.step_type.clone(),
            params: step.params.clone(),
            description: step.description.clone(),
            now: now.to_owned(),
            runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A file with its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Where.
    pub path: RelPath,
    /// The content's id.
    pub blob: BlobId,
    /// The content.
    pub text: String,
}

/// A project that `detect` found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detected {
    /// Its folder inside the repository; empty is its top.
    pub root: String,
    /// Where the stack wants `scan` to look: folders inside the repository, `""` for all of it.
    pub scan: Vec<String>,
    /// Whatever `link` needs to know again. The host puts the setting `python.settings` at `settings_module`, if the
    /// user has one.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub data: JsonMap,
}

/// One file's facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScanReply {
    /// The facts, in the plugin's own form; absent if the file has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Value>,
}

/// A file and what `scan` said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    /// The file.
    pub path: RelPath,
    /// Its facts; `null` if it could not be scanned.
    pub facts: Value,
    /// Why it could not be scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<crate::Diagnostic>,
}

/// What a plugin asks of the host while a call is running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum HostRequest {
    /// Contents of files. Reply: [`Vec<FileReply>`], in the order asked.
    Read {
        /// Which files.
        paths: Vec<RelPath>,
    },
    /// Paths of files below a folder. Reply: `Vec<RelPath>`, sorted.
    List {
        /// The folder; empty is the top of the repository.
        dir: String,
        /// Whether folders below it count too.
        #[serde(default)]
        recursive: bool,
    },
    /// Facts of the project. Reply: [`crate::ProjectFacts`].
    Facts {
        /// Which part.
        query: FactsQuery,
    },
    /// A line for the run's log. Reply: `null`.
    Log {
        /// The line.
        text: String,
    },
    /// A method that this host does not know is answered with status 4.
    #[serde(other)]
    Unknown,
}

/// The host's answer about one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum FileReply {
    /// A text file.
    Text {
        /// The content's id.
        blob: BlobId,
        /// The content.
        text: String,
    },
    /// There is no such file.
    Absent,
    /// A file that plugins do not get, and why: a code of [`crate::diagnostic::codes`].
    Refused {
        /// The code.
        code: String,
        /// The reason, for people.
        reason: String,
    },
}
