//! Everything that can go wrong, to match on.

use std::path::PathBuf;

use aksara_git::GitError;
use aksara_plugin_host::{CallError, LoadError};
use aksara_protocol::command::shell_line;
use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::SkippedFile;
use aksara_protocol::{Diagnostic, RelPath, StepOrder, StepType};
use aksara_template::TemplateError;
use aksara_template::params::ParamsError;
use aksara_template::request::{MissingParam, PlanningError};

use serde::{Deserialize, Serialize};

use crate::journal::JournalError;
use crate::plan_file::PlanFileError;
use crate::plugins::{LockError, ManifestError, PluginError};
use crate::run_id::RunId;
use crate::settings::SettingsError;
use crate::validation::ValidationError;

/// What went wrong. [`Error::kind`] sorts it into what a caller has to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// git, or the state that the repository is in.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A template, or the templates' folders.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The request was not understood.
    #[error(transparent)]
    Planning(#[from] PlanningError),
    /// The request was not understood, and files that may explain it could not be read.
    #[error("{}\n{error}", .files.iter().map(|f| format!("{} was not understood, so what it defines is not known: {}", f.path, f.reason)).collect::<Vec<_>>().join("\n"))]
    NotRead {
        /// The files, each with the reason.
        files: Vec<SkippedFile>,
        /// What was not understood.
        error: Box<PlanningError>,
    },
    /// Files that the plan is made from do not parse.
    #[error(
        "the plan depends on what {}, which {} not valid Python:\n{}\nhint: correct and commit that, then plan again: the plan is made for what is committed",
        if .files.len() == 1 { "this file defines" } else { "these files define" },
        if .files.len() == 1 { "is" } else { "are" },
        .files.iter().map(|f| format!("  {}: {}", f.path, f.reason)).collect::<Vec<_>>().join("\n")
    )]
    NotParsed {
        /// The files, each with the reason.
        files: Vec<SkippedFile>,
    },
    /// Parameters of a template are wrong or missing.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// Parameters that neither the request nor the project gives.
    #[error("{}", missing_text(.params))]
    Missing {
        /// Which, with what each may be.
        params: Vec<MissingParam>,
    },
    /// A setting.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Whether a repository is trusted cannot be told.
    #[error(transparent)]
    Trust(#[from] crate::trust::TrustError),
    /// A plan file.
    #[error(transparent)]
    PlanFile(#[from] PlanFileError),
    /// The record of a run.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A plugin could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A plugin's `plugin.toml` cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The list of accepted plugins.
    #[error(transparent)]
    PluginLock(#[from] LockError),
    /// A call of a plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The framework could not be asked.
    #[error(transparent)]
    Validation(#[from] ValidationError),
    /// Something about an edit, a param or a file.
    #[error(transparent)]
    Diagnostic(#[from] Diagnostic),

    /// No plugin library was found anywhere.
    #[error(
        "no plugins found: looked in\n{}\nhint: `cargo build` (without `-p`) builds them beside the command; or set AKSARA_PLUGIN_PATH to their folder",
        .searched.iter().map(|s| format!("  {s}")).collect::<Vec<_>>().join("\n")
    )]
    NoPlugins {
        /// The folders, each with the reason why it was looked at.
        searched: Vec<String>,
    },
    /// Nothing says where plugins run.
    #[error(
        "plugins run in a child process, and no program for it was given\nhint: call `plugins_in_child(program, args)` on the builder, or `plugins_in_process()`"
    )]
    NoPluginHost,
    /// Two plugins claim the same.
    #[error("two plugins claim {what}: {} and {}\nhint: {hint}", .first.display(), .second.display())]
    PluginConflict {
        /// What both claim.
        what: String,
        /// One library.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// What to type.
        hint: String,
    },
    /// A plugin that is to be added claims what one that is used has.
    #[error("`{plugin}` claims {what}, which the plugin `{other}` has already: {} ({why})\nhint: {hint}", .library.display())]
    PluginTaken {
        /// The plugin that is to be added.
        plugin: String,
        /// What both claim.
        what: String,
        /// The plugin that has it.
        other: String,
        /// Its library.
        library: PathBuf,
        /// Why it was found.
        why: String,
        /// What to type.
        hint: String,
    },
    /// Nothing carries out this type of step here.
    #[error(
        "no plugin carries out `{step_type}` on the stack `{stack}`{}\nhint: known here: {}",
        .refused.iter().map(|r| format!("\n{r}")).collect::<String>(), .known.join(", ")
    )]
    NoExecutor {
        /// The type.
        step_type: StepType,
        /// The stack, `none` outside of any.
        stack: String,
        /// Plugins that would, and why they are not used.
        refused: Vec<String>,
        /// What is known.
        known: Vec<String>,
    },
    /// No plugin has this type of step, whatever the stack.
    #[error("no plugin has the step type `{step_type}`\nhint: {}", match .nearest { Some(n) => format!("did you mean `{n}`?"), None => "`aksara schema step` lists those that there are".to_owned() })]
    NoStepType {
        /// The type.
        step_type: StepType,
        /// A type with a name like it.
        nearest: Option<String>,
    },
    /// A plugin answered what it must not.
    #[error("plugin `{plugin}` gave an answer that makes no sense: {reason}")]
    BadReply {
        /// Its name.
        plugin: String,
        /// What is wrong with it.
        reason: String,
    },

    /// No project of any known stack.
    #[error(
        "no project found: at HEAD there is {} in or above `{}`, nor anywhere else in the repository\nhint: go to the project's repository; a new project must be committed once: git add -A && git commit -m start",
        none_of(.stacks), if .folder.is_empty() { "." } else { .folder }
    )]
    NoProject {
        /// Where it was looked for.
        folder: String,
        /// The stacks that plugins read, each with the files that a project of it has.
        stacks: Vec<(String, Vec<String>)>,
    },
    /// Several projects, and nothing says which.
    #[error(
        "there are several projects in this repository:\n{}\nhint: `cd` into the one you mean and run the command there",
        .projects.iter().map(|(stack, root)| format!("  {} ({stack})", if root.is_empty() { "." } else { root })).collect::<Vec<_>>().join("\n")
    )]
    SeveralProjects {
        /// Stack and folder of each.
        projects: Vec<(String, String)>,
    },

    /// A step of a plan cannot be done.
    #[error("step {order} ({description}) cannot be done: {source}")]
    Step {
        /// Which.
        order: StepOrder,
        /// What it is.
        description: String,
        /// Why.
        source: Box<Error>,
    },
    /// A plan has more steps than the setting allows.
    #[error(
        "the plan has {steps} steps, and planner.max_steps allows {max}\nhint: split the request, or pass --max-steps {steps}"
    )]
    TooManySteps {
        /// How many.
        steps: usize,
        /// How many are allowed.
        max: u32,
    },
    /// A plan cannot be edited like that.
    #[error("{0}")]
    PlanEdit(String),

    /// Files that the plan touches or reads have changes that are not committed.
    #[error(
        "these files would be read or changed, and have uncommitted changes:\n{}{}",
        .paths.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n"), put_aside(.paths.len(), .ignored)
    )]
    DirtyFiles {
        /// Each with what is the matter with it.
        paths: Vec<String>,
        /// Those of them that git ignores.
        ignored: Vec<RelPath>,
    },
    /// The project, or what its plans go by, changed since the plan was made, so that it would do something else now.
    #[error("the project changed since the plan was made, or its Django, settings or plugins did:\n{}\nhint: look at the new change with --dry-run, and make a new plan or confirm it on a terminal", .steps.join("\n"))]
    Stale {
        /// What changed, a line a step.
        steps: Vec<String>,
    },
    /// The plan was edited since it was made, so that it does something else than it shows.
    #[error("the plan was edited: these steps do something else than the plan shows:\n{}\nhint: look at what they do now with --dry-run; --yes carries the edited plan out", .steps.join("\n"))]
    PlanEdited {
        /// A line a step.
        steps: Vec<String>,
    },
    /// The branch moved since a run began, and the run cannot be taken there.
    #[error(
        "run {run} cannot go on: its branch moved to {commit} since it began, and there {error}\nhint: the run is as it was; `aksara ai rollback {run}` drops it. For a new plan: {}",
        new_plan(.request)
    )]
    CannotFollow {
        /// Which run.
        run: RunId,
        /// Where its branch is, shortened.
        commit: String,
        /// What is in the way there.
        error: Box<Error>,
        /// The request that the run's plan was made for; empty for a plan that was written by hand.
        request: String,
    },
    /// The plan was carried out before.
    #[error(
        "this plan was carried out already, by run {run}: the result is {result}\nhint: `aksara ai diff {run}` shows it; `aksara ai rollback {run}` takes it back; --again carries the plan out once more"
    )]
    AlreadyDone {
        /// By which run.
        run: RunId,
        /// Where its result is.
        result: String,
    },
    /// An edited plan cannot be carried out where an earlier state of it was.
    #[error(
        "{error}\nhint: run {run} carried this plan out before it was edited; `aksara ai rollback {run}` takes that back first"
    )]
    EditedSince {
        /// By which run.
        run: RunId,
        /// What is in the way now.
        error: Box<Error>,
    },
    /// A question was asked, and the answer was no, or nobody could be asked.
    #[error("{0}")]
    NotConfirmed(String),
    /// A person said no to a step, which ends the run.
    #[error("step {0} was declined")]
    Declined(StepOrder),
    /// A failure cannot both take everything back and be gone on from.
    #[error(
        "rollback_on_failure and continue_on_failure are both set, and a run cannot do both\nhint: leave one of them out, or set rollback_on_failure to false"
    )]
    RollbackAndContinue,
    /// The result of a dry run has no run behind it.
    #[error("a dry run has no steps that failed: nothing was carried out\nhint: execute the plan")]
    NoRun,
    /// Interactive execution without somebody to ask.
    #[error(
        "interactive execution needs an approver\nhint: give the runtime one with `AgentRuntime::builder().approver(…)`"
    )]
    NoApprover,
    /// Something cannot be done in this state of the repository or the run.
    #[error("{0}")]
    Refused(String),
    /// The framework does not accept the result, or its tests fail.
    #[error(
        "{summary}\n{output}\nhint: nothing was changed in your files; the result is kept: aksara ai diff {run}"
    )]
    Checks {
        /// Which check.
        summary: String,
        /// What it printed.
        output: String,
        /// The run that it was made by.
        run: RunId,
    },
    /// A hook of the repository refused the commit that was to land.
    #[error(
        "`git commit` refused the result: {output}\nhint: nothing was changed in your files, and run {run} is kept: `aksara ai diff {run}` shows it\nhint: when the hook is content, `aksara ai retry {run}` lands it; `aksara ai rollback {run}` drops it\nhint: to commit it yourself, with or without the hook: `aksara ai diff {run} | git apply`"
    )]
    HookRefused {
        /// What git and the hooks printed.
        output: String,
        /// The run that was to land.
        run: RunId,
    },
    /// A merge met changes on both sides.
    #[error("{what}: these files were changed on both sides:\n{}\nhint: {hint}", .paths.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n"))]
    Conflict {
        /// What was tried.
        what: String,
        /// Where.
        paths: Vec<RelPath>,
        /// What to type.
        hint: String,
    },
    /// A command of a step failed.
    #[error("the command `{command}` failed: {how}\n{output}")]
    Command {
        /// As it would be typed.
        command: String,
        /// Exit status, signal or timeout.
        how: String,
        /// The end of what it printed.
        output: String,
    },
    /// Somebody asked to stop.
    #[error("interrupted{}", match .run { Some(run) => format!(": run {run} stopped at a checkpoint\nhint: go on with `aksara ai resume {run}`, or drop it with `aksara ai rollback {run}`"), None => String::new() })]
    Interrupted {
        /// The run that stopped, if one had begun.
        run: Option<RunId>,
    },
    /// A file outside the repository could not be used.
    #[error("{what} {}: {source}", .path.display())]
    Io {
        /// What was tried, such as `cannot write`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A worker thread died. This is a bug.
    #[error("an internal error: {0}\nhint: please report it; nothing was landed")]
    Internal(String),
}

/// What a caller has to do about an error; also the command's exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The work failed (1).
    #[default]
    Failed,
    /// What was given is wrong (2).
    Input,
    /// It was refused: not confirmed, not clean, stale, not safe (3).
    Refused,
    /// Somebody stopped it (130).
    Interrupted,
}

impl ErrorKind {
    /// The exit code of the command.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Failed => 1,
            ErrorKind::Input => 2,
            ErrorKind::Refused => 3,
            ErrorKind::Interrupted => 130,
        }
    }
}

impl Error {
    /// What a caller has to do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Step { source, .. } | Error::EditedSince { error: source, .. } => source.kind(),
            Error::CannotFollow { .. } => ErrorKind::Refused,
            Error::Diagnostic(diagnostic) | Error::Call(CallError::Step(diagnostic)) => {
                diagnostic_kind(diagnostic)
            }
            Error::Git(error) => git_kind(error),
            Error::Call(CallError::Cancelled) | Error::Interrupted { .. } => ErrorKind::Interrupted,
            Error::Validation(ValidationError::Cancelled) => ErrorKind::Interrupted,
            Error::Trust(crate::trust::TrustError::NoRepository { .. }) => ErrorKind::Input,
            Error::Load(LoadError::Pin { .. }) => ErrorKind::Refused,
            Error::PluginLock(LockError::Malformed { .. }) => ErrorKind::Input,
            Error::Load(_)
            | Error::Manifest(_)
            | Error::PluginLock(_)
            | Error::Trust(_)
            | Error::Validation(_)
            | Error::Call(_)
            | Error::BadReply { .. }
            | Error::Checks { .. }
            | Error::HookRefused { .. }
            | Error::Command { .. }
            | Error::Io { .. }
            | Error::Internal(_) => ErrorKind::Failed,
            Error::Journal(error) => error.kind(),
            Error::Template(_)
            | Error::Planning(_)
            | Error::NotRead { .. }
            | Error::Params(_)
            | Error::Missing { .. }
            | Error::Settings(_)
            | Error::PlanFile(_)
            | Error::NoPlugins { .. }
            | Error::NoPluginHost
            | Error::PluginConflict { .. }
            | Error::NoExecutor { .. }
            | Error::NoStepType { .. }
            | Error::NoProject { .. }
            | Error::SeveralProjects { .. }
            | Error::TooManySteps { .. }
            | Error::PlanEdit(_)
            | Error::RollbackAndContinue
            | Error::NoRun
            | Error::NoApprover => ErrorKind::Input,
            Error::DirtyFiles { .. }
            | Error::NotParsed { .. }
            | Error::Stale { .. }
            | Error::PlanEdited { .. }
            | Error::AlreadyDone { .. }
            | Error::NotConfirmed(_)
            | Error::Declined(_)
            | Error::Refused(_)
            | Error::PluginTaken { .. }
            | Error::Conflict { .. } => ErrorKind::Refused,
        }
    }

    /// Whether the step alone is to blame, so that others may still be carried out: not the disk, the repository or
    /// a person who said no.
    pub(crate) fn is_of_the_step(&self) -> bool {
        match self {
            Error::Step { source, .. } => source.is_of_the_step(),
            Error::Diagnostic(_)
            | Error::Call(_)
            | Error::BadReply { .. }
            | Error::NoExecutor { .. }
            | Error::Command { .. }
            | Error::NotConfirmed(_)
            | Error::Refused(_) => true,
            _ => false,
        }
    }

    /// Puts the step that failed in front.
    pub(crate) fn in_step(self, step: &aksara_protocol::Step) -> Self {
        match self {
            Error::Interrupted { .. } | Error::Call(CallError::Cancelled) => self,
            source => Error::Step {
                order: step.order,
                description: step.description.clone(),
                source: Box::new(source),
            },
        }
    }
}

impl From<PluginError> for Error {
    fn from(error: PluginError) -> Self {
        match error {
            PluginError::Load(error) => Error::Load(error),
            PluginError::Manifest(error) => Error::Manifest(error),
        }
    }
}

fn git_kind(error: &GitError) -> ErrorKind {
    match error {
        GitError::NotARepository { .. }
        | GitError::Bare { .. }
        | GitError::NotOwned { .. }
        | GitError::Unborn { .. }
        | GitError::BadName { .. }
        | GitError::MissingIdentity
        | GitError::NoGitProgram
        | GitError::NoSuchFolder { .. }
        | GitError::NoSuchFile { .. } => ErrorKind::Input,
        GitError::Io { .. }
        | GitError::Git { .. }
        | GitError::Program { .. }
        | GitError::TimedOut { .. }
        | GitError::CommitRefused { .. }
        | GitError::HalfLanded { .. } => ErrorKind::Failed,
        GitError::KeptAside { cause, .. } => git_kind(cause),
        _ => ErrorKind::Refused,
    }
}

fn diagnostic_kind(diagnostic: &Diagnostic) -> ErrorKind {
    match diagnostic.code.as_str() {
        codes::NAME_TAKEN | codes::REFUSED | codes::DRIFT | codes::NOT_STATIC | codes::CHANGED => {
            ErrorKind::Refused
        }
        codes::CANCELLED => ErrorKind::Interrupted,
        codes::BAD_PARAMS
        | codes::NOT_FOUND
        | codes::SYNTAX
        | codes::TOO_LARGE
        | codes::TOO_COMPLEX
        | codes::NOT_UTF8 => ErrorKind::Input,
        _ => ErrorKind::Failed,
    }
}

/// `no django project (with a manage.py) and no toy project (with a toy.json)`.
fn none_of(stacks: &[(String, Vec<String>)]) -> String {
    let each = stacks.iter().map(|(stack, markers)| match markers.as_slice() {
        [] => format!("no {stack} project"),
        markers => format!("no {stack} project (with a {})", markers.join(" or ")),
    });
    let all = each.collect::<Vec<_>>().join(" and ");
    if all.is_empty() { "no project that a plugin reads".to_owned() } else { all }
}

/// What to type for a new plan of a request.
fn new_plan(request: &str) -> String {
    if request.is_empty() {
        return "aksara ai plan --load PLAN --execute".to_owned();
    }
    shell_line(["aksara", "ai", "plan", request])
}

/// What to do with files that are in the way, of which git ignores some.
fn put_aside(files: usize, ignored: &[RelPath]) -> String {
    let mut hints = String::new();
    if files > ignored.len() {
        hints.push_str(
            "\nhint: commit them, or put them aside with `git stash -u` and take them back with `git stash pop`",
        );
    }
    if !ignored.is_empty() {
        let names = ignored.iter().map(RelPath::as_str).collect::<Vec<_>>().join(", ");
        hints.push_str(&format!(
            "\nhint: move {names} away: git ignores it, and `git stash` leaves it where it is"
        ));
    }
    hints
}

fn missing_text(params: &[MissingParam]) -> String {
    let lines: Vec<String> = params
        .iter()
        .map(|p| {
            let choices =
                if p.choices.is_empty() { String::new() } else { format!(": {}", p.choices.join(", ")) };
            let value = p.choices.first().map_or("VALUE", String::as_str);
            format!("`{}` is not given ({}){choices}\nhint: --set {}={value}", p.name, p.description, p.name)
        })
        .collect();
    lines.join("\n")
}
