//! What a run did, computed from what happened.

use aksara_protocol::{RelPath, StepOrder};
use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::run_id::RunId;

/// The outcome of carrying out a plan, or of its dry run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The run; a dry run has none.
    pub run: Option<RunId>,
    /// Where it stands.
    pub status: RunStatus,
    /// Whether everything was done that the plan said.
    pub success: bool,
    /// Steps that are done.
    pub completed_steps: usize,
    /// Steps that failed.
    pub failed_steps: usize,
    /// Steps that were left out.
    pub skipped_steps: usize,
    /// Steps of the plan.
    pub total_steps: usize,
    /// One for each step that was begun or left out.
    pub step_results: Vec<StepResult>,
    /// The failed ones.
    pub failures: Vec<Failure>,
    /// Files that are new.
    pub created_files: Vec<RelPath>,
    /// Files that changed.
    pub modified_files: Vec<RelPath>,
    /// Files that are gone.
    pub deleted_files: Vec<RelPath>,
    /// All changes together, as `git diff` prints them.
    pub diff: String,
    /// What the framework said of the result.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What nobody looked at, and why.
    #[serde(default)]
    pub not_checked: Vec<String>,
    /// What cannot be taken back.
    #[serde(default)]
    pub not_undone: Vec<String>,
    /// Where the result is.
    pub landed: Option<Landed>,
    /// The commit that took the run, or some of its steps, back.
    #[serde(default)]
    pub taken_back: Option<String>,
    /// Why the run did not come to its end, and what to do about it.
    #[serde(default)]
    pub error: Option<RunError>,
    /// What to know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// A few lines for people.
    pub summary: String,
}

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepResult {
    /// Which.
    pub step: StepOrder,
    /// What it is.
    pub description: String,
    /// Where it stands.
    pub status: StepStatus,
    /// Whether it is done.
    pub success: bool,
    /// Why not.
    pub error: Option<String>,
    /// What it changed.
    pub diff: Option<String>,
    /// How long it took, in seconds.
    pub duration: f64,
    /// What it has to say.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The commands that it ran, and what came of each.
    #[serde(default)]
    pub commands: Vec<CommandResult>,
}

/// What came of a command. Secrets are hidden in all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandResult {
    /// As it would be typed.
    pub command: String,
    /// Whether it ended with 0.
    pub success: bool,
    /// How it ended.
    pub ended: String,
    /// What it printed, shortened.
    pub output: String,
    /// How long it took, in seconds.
    pub duration: f64,
    /// Whether it was undone by its own undo command.
    pub undone: bool,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which.
    pub step: StepOrder,
    /// Why.
    pub error: String,
}

/// Why a run did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// What has to be done about it.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
}

/// Where a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedAt {
    /// A step failed, or could not be begun.
    Steps,
    /// The framework, or the project's tests, did not accept the result.
    Checks,
    /// The result was accepted and could not be landed, as where a hook of git's refused it.
    Landing,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not begun.
    Pending,
    /// Would be done (dry run).
    Planned,
    /// Done, with a checkpoint.
    Done,
    /// Done, but taken back because another failed.
    RolledBack,
    /// Failed.
    Failed,
    /// Left out.
    Skipped,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Nothing was carried out: a dry run.
    DryRun,
    /// At work, or killed while it was.
    Running,
    /// Stopped at a checkpoint; can be resumed.
    Stopped,
    /// Waits for a person to do something by hand.
    Waiting,
    /// All steps are done, and the result was not landed because that was asked for.
    Kept,
    /// The result is landed.
    Landed,
    /// Everything was there already.
    Unchanged,
    /// A step or a check failed: nothing was landed, and what was done before it is taken back.
    Failed,
    /// A person said no to a step: nothing was landed, and what was done before it is taken back.
    Declined,
    /// Some steps are done, others failed. Nothing was landed; the result is kept and can be landed or tried again.
    Partial,
    /// Taken back.
    RolledBack,
}

/// What the framework said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which check, such as `check` or `tests`.
    pub name: String,
    /// Whether it passed.
    pub ok: bool,
    /// What it printed, shortened.
    pub output: String,
}

/// Where a result is. As text: `commit 7e95bf0c52 on main`, or `a patch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// How it was landed: `current`, `branch` or `patch`.
    pub mode: String,
    /// The branch, if it is on one.
    pub branch: Option<String>,
    /// The commit, if it is one.
    pub commit: Option<String>,
}

impl std::fmt::Display for Landed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.commit, &self.branch) {
            (Some(commit), Some(branch)) => {
                write!(f, "commit {} on {branch}", crate::run::landing::short(commit))
            }
            _ => f.write_str("a patch"),
        }
    }
}
