//! What a run did, told from its record and its trees.

use std::collections::HashMap;

use aksara_protocol::{RelPath, StepOrder};

use super::Run;
use super::state::RunState;
use crate::error::Error;
use crate::journal::{Stored, Undo};
use crate::result::{CommandResult, Failure, RunError, RunResult, RunStatus, StepResult, StepStatus};
use crate::session::Session;
use crate::snapshot::{File, FileChange, Found};

impl Run<'_> {
    pub(crate) fn report(&self) -> Result<RunResult, Error> {
        let mut result = report(self.session, self.id(), &self.plan, &self.state, &self.diffs)?;
        result.notes.splice(0..0, self.notes.iter().cloned());
        Ok(result)
    }
}

/// What a recorded run did.
pub(crate) fn of_stored(session: &Session<'_>, stored: &Stored) -> Result<RunResult, Error> {
    report(session, &stored.id, &stored.plan, &RunState::of(stored)?, &Diffs::default())
}

fn report(
    session: &Session<'_>,
    id: &crate::run_id::RunId,
    plan: &aksara_protocol::Plan,
    state: &RunState,
    diffs: &Diffs,
) -> Result<RunResult, Error> {
    let mut step_results = Vec::new();
    let mut failures = Vec::new();
    let mut not_undone = Vec::new();
    for step in &plan.steps {
        let mut result = StepResult {
            step: step.order,
            description: step.description.clone(),
            status: StepStatus::Pending,
            success: false,
            error: None,
            diff: None,
            duration: 0.0,
            notes: Vec::new(),
            commands: commands(state, step.order),
        };
        if let Some(done) = state.done.get(&step.order) {
            let lost = state.is_lost();
            result.status = if lost { StepStatus::RolledBack } else { StepStatus::Done };
            result.success = true;
            let before = state.tree_before(step.order);
            result.diff = Some(match diffs.of(before, &done.tree) {
                Some(known) => known.to_owned(),
                None => diff(session, before, &done.tree)?,
            });
            result.duration = seconds(done.milliseconds);
            result.notes.clone_from(&done.notes);
            if !done.outside.is_empty() {
                not_undone.push(format!(
                    "step {} changed ignored files, which no checkpoint holds: {}",
                    step.order,
                    grouped(&done.outside)
                ));
            }
            // What is lost was never landed, and its commands are listed one by one. A step that had nothing to do left
            // nothing.
            let left_nothing = done.tree == state.tree_before(step.order)
                && !state.ran.iter().any(|ran| ran.order == step.order);
            if !step.reversible && !lost && !left_nothing {
                not_undone
                    .push(format!("what step {} ({}) does has no way back", step.order, step.description));
            }
        } else if let Some(failed) = state.failed.get(&step.order) {
            result.status = StepStatus::Failed;
            result.error = Some(failed.error.clone());
            result.duration = seconds(failed.milliseconds);
            failures.push(Failure { step: step.order, error: failed.error.clone() });
        } else if let Some(why) = state.skipped.get(&step.order) {
            result.status = StepStatus::Skipped;
            result.error = Some(why.clone());
        } else {
            result.status = StepStatus::Pending;
        }
        if let Some(paths) = state.ignored.get(&step.order) {
            not_undone.push(format!(
                "step {} failed and changed ignored files, which no checkpoint holds: {}",
                step.order,
                grouped(paths)
            ));
        }
        step_results.push(result);
    }
    not_undone.extend(commands_not_undone(id, state));
    let count = |wanted: StepStatus| step_results.iter().filter(|r| r.status == wanted).count();
    let final_tree = state.landed.as_ref().map_or(state.tip().1, |(_, tree)| tree.as_str());
    let Compared { shown: changes, hidden, paths } = compare(session, &state.base.tree, final_tree)?;
    let completed = count(StepStatus::Done) + count(StepStatus::RolledBack);
    let mut result = RunResult {
        run: Some(id.clone()),
        status: state.status,
        success: matches!(state.status, RunStatus::Landed | RunStatus::Kept | RunStatus::Unchanged)
            && completed == plan.steps.len(),
        completed_steps: completed,
        failed_steps: count(StepStatus::Failed),
        skipped_steps: count(StepStatus::Skipped),
        total_steps: plan.steps.len(),
        failures,
        created_files: paths.created,
        modified_files: paths.modified,
        deleted_files: paths.deleted,
        diff: changes.iter().map(FileChange::diff).collect(),
        checks: state.checks.clone(),
        not_checked: state.not_checked.clone(),
        not_undone,
        landed: state.landed.as_ref().map(|(landed, _)| landed.clone()),
        taken_back: state.taken_back.clone(),
        error: state.error.clone().map(|(kind, message)| RunError { kind, message }),
        notes: Vec::new(),
        summary: String::new(),
        step_results,
    };
    if !hidden.is_empty() {
        let names: Vec<&str> = hidden.iter().map(RelPath::as_str).collect();
        result.notes.push(format!("the diff does not show what is not text: {}", names.join(", ")));
    }
    result.summary = summary(&result, state);
    Ok(result)
}

fn commands(state: &RunState, order: StepOrder) -> Vec<CommandResult> {
    state
        .ran
        .iter()
        .filter(|ran| ran.order == order)
        .map(|ran| CommandResult {
            command: ran.command.clone(),
            success: ran.ok == Some(true),
            ended: ran.how.clone(),
            output: ran.output.clone(),
            duration: seconds(ran.milliseconds),
            undone: matches!(ran.undone, Some(Ok(()))),
        })
        .collect()
}

/// Files that git ignores, of which a command may make very many: those that Python writes by itself are counted,
/// and of the others the first are named.
fn grouped(paths: &[String]) -> String {
    const NAMED: usize = 10;
    let (cached, others): (Vec<&String>, Vec<&String>) =
        paths.iter().partition(|path| path.split('/').any(|part| part == "__pycache__"));
    let mut parts: Vec<String> = others.iter().take(NAMED).map(|path| (*path).clone()).collect();
    match others.len().saturating_sub(NAMED) {
        0 => {}
        more => parts.push(format!("{more} more")),
    }
    match cached.as_slice() {
        [] => {}
        [one] => parts.push((*one).clone()),
        many => parts.push(format!("{} files in __pycache__ folders", many.len())),
    }
    parts.join(", ")
}

/// A command may be a script of many lines.
pub(crate) fn first_line(command: &str) -> String {
    match command.trim().split_once('\n') {
        Some((first, _)) => format!("{first} …"),
        None => command.to_owned(),
    }
}

/// What commands of steps that are not done, or not any more, may have left behind.
fn commands_not_undone(run: &crate::run_id::RunId, state: &RunState) -> Vec<String> {
    let goes_on = matches!(state.status, RunStatus::Running | RunStatus::Stopped | RunStatus::Waiting);
    let lost = state.is_lost();
    state
        .ran
        .iter()
        .filter(|ran| lost || !state.done.contains_key(&ran.order))
        .filter_map(|ran| {
            let command = format!("`{}` of step {}", first_line(&ran.command), ran.order);
            match (&ran.undone, ran.ok, &ran.undo) {
                (Some(Ok(())), ..) => None,
                (Some(Err(why)), ..) => Some(format!("{command}: {why}")),
                (None, ..) if ran.undoing => {
                    Some(format!("{command}: its undo command was cut off; see how far it came"))
                }
                // It may be run again, or undone, when the run goes on or is taken back.
                _ if goes_on || !ran.lasting => None,
                (None, Some(true), Undo::None) => Some(format!("{command}, which has no undo command")),
                (None, Some(true), _) if lost => {
                    Some(format!("{command}, which was not undone yet: `aksara ai rollback {run}` does it"))
                }
                (None, Some(true), _) => None,
                (None, ..) => Some(format!("{command}, which may have done a part of its work: {}", ran.how)),
            }
        })
        .collect()
}

fn summary(result: &RunResult, state: &RunState) -> String {
    let noun = if result.total_steps == 1 { "step" } else { "steps" };
    let steps = format!("{} of {} {noun}", result.completed_steps, result.total_steps);
    match result.status {
        RunStatus::DryRun => dry_run_summary(result.total_steps),
        RunStatus::Running => format!("{steps} done; the run was cut off"),
        RunStatus::Stopped => format!("{steps} done; stopped"),
        RunStatus::Waiting => format!("{steps} done; waiting for a person"),
        RunStatus::Declined => "you said no: nothing was landed".to_owned(),
        RunStatus::Kept => format!("{steps} done; the result is kept on the run's private ref"),
        RunStatus::Unchanged if result.completed_steps < result.total_steps => {
            format!("{steps} done, the others were left out; nothing to land")
        }
        RunStatus::Unchanged => format!("{steps} done; everything was there already, nothing to land"),
        RunStatus::RolledBack => "taken back".to_owned(),
        RunStatus::Partial => {
            let mut parts = vec![format!("{steps} done")];
            for (count, what) in [(result.failed_steps, "failed"), (result.skipped_steps, "left out")] {
                if count > 0 {
                    parts.push(format!("{count} {what}"));
                }
            }
            format!("{}; nothing was landed, what is done is kept", parts.join(", "))
        }
        RunStatus::Failed => match (&result.failures.first(), &state.error) {
            (Some(failure), _) if result.completed_steps > 0 => format!(
                "step {} failed; what was done before it is taken back, and nothing was landed",
                failure.step
            ),
            (Some(failure), _) => format!("step {} failed; nothing was landed", failure.step),
            (None, _) if result.completed_steps < result.total_steps => {
                format!("{steps} done; nothing was landed")
            }
            (None, _) if state.checked => {
                format!("{steps} done, but the result could not be landed; it is kept")
            }
            (None, _) => format!("{steps} done, but the result was not accepted; nothing was landed"),
        },
        RunStatus::Landed => match &result.landed {
            Some(landed) if landed.commit.is_none() => format!("{steps} done; the result is {landed}"),
            Some(landed) => format!("{steps} done; {landed}"),
            None => format!("{steps} done"),
        },
    }
}

/// What a dry run says at its end.
pub(crate) fn dry_run_summary(steps: usize) -> String {
    let noun = if steps == 1 { "step" } else { "steps" };
    format!("dry run: {steps} {noun}, nothing was written")
}

/// Paths by what became of them, each list in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) created: Vec<RelPath>,
    pub(crate) modified: Vec<RelPath>,
    pub(crate) deleted: Vec<RelPath>,
}

impl Paths {
    pub(crate) fn of(changes: &[FileChange]) -> Self {
        let mut paths = Self::default();
        for change in changes {
            paths.add(&change.path, change.old.is_some(), change.new.is_some());
        }
        paths
    }

    fn add(&mut self, path: &RelPath, was_there: bool, is_there: bool) {
        let list = match (was_there, is_there) {
            (false, _) => &mut self.created,
            (true, true) => &mut self.modified,
            (true, false) => &mut self.deleted,
        };
        list.push(path.clone());
    }
}

/// Differences of trees that are known without reading those.
#[derive(Default)]
pub(crate) struct Diffs(HashMap<(String, String), String>);

impl Diffs {
    /// Keeps that `changes`, all of them text, make the one tree the other.
    pub(crate) fn keep(&mut self, old: &str, new: &str, changes: &[FileChange]) {
        let mut changes: Vec<&FileChange> = changes.iter().collect();
        // As the trees have them.
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        let diff = changes.into_iter().map(FileChange::diff).collect();
        self.0.insert((old.to_owned(), new.to_owned()), diff);
    }

    fn of(&self, old: &str, new: &str) -> Option<&str> {
        self.0.get(&(old.to_owned(), new.to_owned())).map(String::as_str)
    }
}

/// The difference of two trees.
#[derive(Default)]
struct Compared {
    /// Files that are text, or absent, on both sides.
    shown: Vec<FileChange>,
    /// The others: not text, or too large to be shown. Only commands make such.
    hidden: Vec<RelPath>,
    /// All of them.
    paths: Paths,
}

fn compare(session: &Session<'_>, old: &str, new: &str) -> Result<Compared, Error> {
    let mut compared = Compared::default();
    if old == new {
        return Ok(compared);
    }
    let (before, after) = (session.snapshot(old), session.snapshot(new));
    for path in session.repo.changed_paths(old, new)? {
        let (was, is) = (before.file(&path)?, after.file(&path)?);
        compared.paths.add(&path, !matches!(was, Found::Absent), !matches!(is, Found::Absent));
        match (text(was), text(is)) {
            (Some(old), Some(new)) if old != new => compared.shown.push(FileChange { path, old, new }),
            _ => compared.hidden.push(path),
        }
    }
    Ok(compared)
}

/// The text, if any; `None` for what is not shown.
fn text(found: Found) -> Option<Option<File>> {
    match found {
        Found::Text(file) => Some(Some(file)),
        Found::Absent => Some(None),
        Found::Refused { .. } => None,
    }
}

/// The difference of two trees, as `git diff` prints it. What is not text is left out: see [`not_shown`].
pub(crate) fn diff(session: &Session<'_>, old: &str, new: &str) -> Result<String, Error> {
    Ok(compare(session, old, new)?.shown.iter().map(FileChange::diff).collect())
}

/// Files that differ between two trees and are not in their [`diff`].
pub(crate) fn not_shown(session: &Session<'_>, old: &str, new: &str) -> Result<Vec<RelPath>, Error> {
    Ok(compare(session, old, new)?.hidden)
}

#[allow(clippy::cast_precision_loss, reason = "a duration in milliseconds is far below 2^52")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}
