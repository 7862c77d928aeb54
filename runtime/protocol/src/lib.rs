//! The plan, the steps, the edits and the plugin boundary of Aksara: types only, no I/O.
//!
//! Everything that crosses a boundary of Aksara is declared here: what is saved (a [`Plan`]), what a plugin
//! is asked and what it answers ([`wire`]), what is known of a project ([`facts`]), and the C structs that
//! carry it all ([`abi`]). Host and plugin authors both depend on this crate, and on nothing of each other.
//!
//! The words are those of the design: a *step* has an *intent* (its type and params) and a *preview* (file,
//! code, diff); an *executor* turns a step and a *snapshot* into an *outcome*, whose *edits* are byte splices.

pub mod abi;
pub mod command;
pub mod diagnostic;
pub mod edit;
pub mod facts;
pub mod hash;
pub mod outcome;
pub mod params;
pub mod path;
pub mod plan;
pub mod plugin;
pub mod step;
pub mod wire;

pub use diagnostic::{Diagnostic, Label};
pub use edit::{Edit, Fragment, Splice};
pub use facts::ProjectFacts;
pub use hash::{BlobId, ChangeHash, CodeHash, WorkHash};
pub use outcome::{Note, Outcome};
pub use path::RelPath;
pub use plan::Plan;
pub use step::{Step, StepId, StepOrder, StepType};

/// The version of the JSON that crosses the plugin boundary. Fields may be added in a minor version; unknown
/// fields are ignored by the reader. A different major version is refused when a plugin is loaded.
pub const PROTOCOL_VERSION: &str = "1.0.0";

/// A JSON object, in the order in which its keys were written.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;
