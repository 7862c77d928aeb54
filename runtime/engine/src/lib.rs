//! Turns a feature request into a typed plan, and a plan into reviewed, reversible changes in a git repository.
//!
//! ```no_run
//! use aksara_runtime::AgentRuntime;
//!
//! # async fn main_() -> Result<(), aksara_runtime::Error> {
//! let runtime = AgentRuntime::builder("path/to/project")
//!     .plugins("path/to/plugins", "shipped with the host")
//!     .plugins_in_process()
//!     .build()?;
//! let result = runtime.execute("Add a tagging system to the blog").await?;
//! println!("{}", result.summary);
//! # Ok(())
//! # }
//! ```
//!
//! A request becomes a [`Plan`] by a template; every step of it is carried out in memory first, so the plan shows
//! its files, code and diffs. Carrying it out makes a commit for each step on a private ref; only when all are
//! done and the framework accepts the result does it land on the user's branch. What happened is in a record
//! from which a run can be resumed and taken back.
//!
//! This crate prints nothing and reads neither the environment nor the home folder: see `aksara` for a command
//! that does.

mod approver;
mod cancel;
mod clock;
mod commands;
mod compose;
mod conformance;
pub mod diff;
mod doctor;
mod error;
mod events;
mod exclusive;
mod facts;
mod gc;
mod headline;
pub mod interpreter;
mod journal;
mod left_over;
mod models;
mod plan_edit;
mod plan_file;
mod plan_template;
mod planner;
mod plugins;
mod preview;
mod process;
mod result;
mod run;
mod run_id;
mod runtime;
mod schema;
mod secrets;
mod session;
pub mod settings;
mod snapshot;
mod stage;
mod step_types;
mod template_test;
pub mod trust;
pub mod validation;

pub use aksara_protocol as protocol;
pub use aksara_protocol::{Plan, Step, StepOrder};
pub use aksara_template::request::MissingParam;
pub use aksara_template::{
    LintFinding, Meta, RootKind, Severity, Template, TemplateFile, Templates, markdown, starter,
};

pub use approver::{Answer, Approver, ChangedStep, StepQuestion, UntrustedTemplate};
pub use conformance::{Checked, Conformance};
pub use doctor::{Finding, Level};
pub use error::{Error, ErrorKind};
pub use events::Event;
pub use journal::JournalError;
pub use plan_edit::{NewStep, PlanEdit};
pub use plan_file::PlanFileError;
pub use plan_template::{PlanTemplate, TemplateFailure, TemplateParams};
pub use planner::{ExecuteOptions, PlanOptions, Planner, RetryOptions, RunInfo, parse_set};
pub use plugins::{
    FolderTrust, LockError, MANIFEST, Manifest, ManifestError, Pair, PluginFolder, PluginInfo, PluginLock,
};
pub use preview::{Verdict, has_nothing_to_do};
pub use process::Stream;
pub use result::{
    Check, CommandResult, FailedAt, Failure, Landed, RunError, RunResult, RunStatus, StepResult, StepStatus,
};
pub use run::options::{Commits, LandMode, RollbackOptions, RunOptions};
pub use run_id::{RunId, RunIdError};
pub use runtime::{AgentRuntime, RuntimeBuilder};
pub use schema::Schema;
pub use step_types::{StepTypeInfo, step_type_schema, step_types_page};
pub use template_test::{CaseFailure, CaseReport, TemplateReport};
pub use trust::TrustStore;
