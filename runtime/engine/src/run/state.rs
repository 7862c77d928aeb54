//! Where a run stands, worked out from its record alone.

use std::collections::{BTreeMap, BTreeSet};

use aksara_protocol::plan::Base;
use aksara_protocol::{RelPath, StepOrder};

use crate::error::ErrorKind;
use crate::journal::{JournalError, Stored, Undo, What};
use crate::result::{Check, FailedAt, Landed, RunStatus};
use crate::run::options::RunOptions;

/// A step's checkpoint.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) commit: String,
    pub(crate) tree: String,
    pub(crate) milliseconds: u64,
    pub(crate) notes: Vec<String>,
    pub(crate) outside: Vec<String>,
}

/// A step that failed.
#[derive(Clone, Debug)]
pub(crate) struct FailedStep {
    pub(crate) error: String,
    pub(crate) kind: ErrorKind,
    pub(crate) milliseconds: u64,
}

/// A command that was begun.
#[derive(Clone, Debug)]
pub(crate) struct RanCommand {
    pub(crate) order: StepOrder,
    pub(crate) index: usize,
    /// As it would be typed, without secrets.
    pub(crate) command: String,
    /// Whether it may have changed more than files of the worktree.
    pub(crate) lasting: bool,
    pub(crate) undo: Undo,
    /// Whether it ended well; `None` if it was cut off.
    pub(crate) ok: Option<bool>,
    pub(crate) how: String,
    pub(crate) output: String,
    pub(crate) milliseconds: u64,
    /// Whether the command that takes it back was begun.
    pub(crate) undoing: bool,
    /// Whether it was taken back; the reason if that failed.
    pub(crate) undone: Option<Result<(), String>>,
}

impl RanCommand {
    /// Whether its work may be gone again: it was taken back, or that was cut off somewhere.
    pub(crate) fn may_be_undone(&self) -> bool {
        matches!((&self.undone, self.undoing), (Some(Ok(())), _) | (None, true))
    }
}

/// A landing that began and is not known to have ended.
#[derive(Clone, Debug)]
pub(crate) struct LandingBegun {
    pub(crate) branch: String,
    pub(crate) expected: String,
    pub(crate) new: String,
    pub(crate) paths: Vec<RelPath>,
}

/// A commit that takes a landed run back, begun and not known to have arrived.
#[derive(Clone, Debug)]
pub(crate) struct TakingBack {
    pub(crate) commit: LandingBegun,
    pub(crate) to: u32,
    pub(crate) undo: String,
}

/// Where a run stands.
#[derive(Clone, Debug)]
pub(crate) struct RunState {
    pub(crate) base: Base,
    pub(crate) branch: Option<String>,
    pub(crate) options: RunOptions,
    pub(crate) opened_at: String,
    pub(crate) done: BTreeMap<StepOrder, Checkpoint>,
    /// The steps of `done` as they were carried out: one that failed first may come after a later one.
    made: Vec<StepOrder>,
    pub(crate) skipped: BTreeMap<StepOrder, String>,
    pub(crate) failed: BTreeMap<StepOrder, FailedStep>,
    /// Every command that was begun, in that order; of one that ran again the last time.
    pub(crate) ran: Vec<RanCommand>,
    /// Ignored files that steps which failed changed.
    pub(crate) ignored: BTreeMap<StepOrder, Vec<String>>,
    pub(crate) checks: Vec<Check>,
    pub(crate) not_checked: Vec<String>,
    /// Whether the newest checkpoint was looked at by the final checks.
    pub(crate) checked: bool,
    pub(crate) landing: Option<LandingBegun>,
    pub(crate) taking_back: Option<TakingBack>,
    pub(crate) taken_back: Option<String>,
    pub(crate) reversed: Vec<String>,
    pub(crate) landed: Option<(Landed, String)>,
    pub(crate) status: RunStatus,
    pub(crate) rollbacks: usize,
    pub(crate) error: Option<(ErrorKind, String)>,
}

impl RunState {
    /// Reads the record from its beginning.
    pub(crate) fn of(stored: &Stored) -> Result<Self, JournalError> {
        let damaged = |reason: &str| JournalError::Damaged {
            run: stored.id.clone(),
            reason: reason.to_owned(),
            ref_name: stored.id.ref_name(),
        };
        let mut records = stored.records.iter();
        let first = records.next().ok_or_else(|| damaged("it is empty"))?;
        let What::Opened { base, branch, options, .. } = &first.what else {
            return Err(damaged("its first line does not open a run"));
        };
        let mut state = Self {
            base: base.clone(),
            branch: branch.clone(),
            options: options.clone(),
            opened_at: first.at.clone(),
            done: BTreeMap::new(),
            made: Vec::new(),
            skipped: BTreeMap::new(),
            failed: BTreeMap::new(),
            ran: Vec::new(),
            ignored: BTreeMap::new(),
            checks: Vec::new(),
            not_checked: Vec::new(),
            checked: false,
            landing: None,
            taking_back: None,
            taken_back: None,
            reversed: Vec::new(),
            landed: None,
            status: RunStatus::Running,
            rollbacks: 0,
            error: None,
        };
        for record in records {
            state.apply(&record.what);
        }
        Ok(state)
    }

    pub(crate) fn apply(&mut self, what: &What) {
        match what.clone() {
            What::Opened { .. } => {}
            What::StepStarted { order } => {
                self.failed.remove(&order);
                self.skipped.remove(&order);
                self.ignored.remove(&order);
                self.error = None;
                self.status = RunStatus::Running;
            }
            What::StepDone { order, commit, tree, milliseconds, notes, outside } => {
                self.checked = false;
                self.made.push(order);
                self.done.insert(order, Checkpoint { commit, tree, milliseconds, notes, outside });
            }
            What::StepSkipped { order, why } => {
                self.skipped.insert(order, why);
            }
            What::StepFailed { order, error, kind, milliseconds } => {
                self.failed.insert(order, FailedStep { error, kind, milliseconds });
            }
            What::CommandStarted { order, index, command, lasting, undo } => {
                self.ran.retain(|ran| (ran.order, ran.index) != (order, index));
                self.ran.push(RanCommand {
                    order,
                    index,
                    command,
                    lasting,
                    undo,
                    ok: None,
                    how: "it was cut off".to_owned(),
                    output: String::new(),
                    milliseconds: 0,
                    undoing: false,
                    undone: None,
                });
            }
            What::CommandEnded { order, index, ok, how, output, not_begun, milliseconds } => {
                if let Some(ran) = self.command(order, index) {
                    ran.lasting &= !not_begun;
                    (ran.ok, ran.how, ran.output, ran.milliseconds) = (Some(ok), how, output, milliseconds);
                }
            }
            What::CommandUndoing { order, index } => {
                if let Some(ran) = self.command(order, index) {
                    (ran.undoing, ran.undone) = (true, None);
                }
            }
            What::CommandUndone { order, index, problem } => {
                if let Some(ran) = self.command(order, index) {
                    ran.undone = Some(problem.map_or(Ok(()), Err));
                }
            }
            What::IgnoredChanged { order, paths } => {
                self.ignored.insert(order, paths);
            }
            What::Retrying { steps, assume_yes, allow_destructive, back_to } => {
                if let Some(to) = back_to {
                    self.keep_up_to(to);
                    self.checked = false;
                }
                self.failed.retain(|order, _| !steps.contains(order));
                self.skipped.retain(|order, _| !steps.contains(order));
                self.options.assume_yes |= assume_yes;
                self.options.allow_destructive |= allow_destructive;
                // Who says yes to everything is not asked before each step.
                self.options.interactive &= !assume_yes;
                self.error = None;
                self.status = RunStatus::Running;
            }
            What::Waiting { .. } => self.status = RunStatus::Waiting,
            What::Rebased { base, branch } => {
                self.base = base;
                self.branch = branch;
                self.done.clear();
                self.made.clear();
                self.checked = false;
            }
            What::Checked { checks, not_checked } => {
                self.checked = checks.iter().all(|c| c.ok);
                self.checks = checks;
                self.not_checked = not_checked;
            }
            What::LandingWanted { mode } => self.options.land = mode,
            What::LandingStarted { branch, expected, new, paths } => {
                self.landing = Some(LandingBegun { branch, expected, new, paths });
            }
            What::Landed { landed, tree } => {
                self.landing = None;
                self.landed = Some((landed, tree));
                self.status = RunStatus::Landed;
            }
            What::LandingUndone => self.landing = None,
            What::TakingBack { branch, expected, new, paths, to, undo } => {
                let commit = LandingBegun { branch, expected, new, paths };
                self.taking_back = Some(TakingBack { commit, to, undo });
            }
            What::TakingBackUndone => self.taking_back = None,
            What::DatabaseReversed { what } => self.reversed.push(what),
            What::Unchanged => self.status = RunStatus::Unchanged,
            What::Kept => self.status = RunStatus::Kept,
            What::Stopped { .. } => self.status = RunStatus::Stopped,
            What::Failed { error, kind } => {
                let kept = !self.options.rolls_back() && !self.done.is_empty();
                self.status = if kept { RunStatus::Partial } else { RunStatus::Failed };
                self.error = Some((kind, error));
            }
            What::Declined { order } => {
                let kept = !self.options.rolls_back() && !self.done.is_empty();
                self.status = if kept { RunStatus::Partial } else { RunStatus::Declined };
                self.error = Some((ErrorKind::Refused, format!("step {order} was declined")));
            }
            What::RolledBack { to, commit, .. } => {
                self.rollbacks += 1;
                self.landing = None;
                self.taking_back = None;
                self.taken_back.clone_from(&commit);
                self.reversed.clear();
                self.keep_up_to(to);
                self.skipped.retain(|order, _| order.0 <= to);
                self.failed.clear();
                self.error = None;
                // What was checked is not what is there now.
                self.checks.clear();
                self.not_checked.clear();
                self.checked = false;
                let whole = to == 0;
                match &mut self.landed {
                    landed @ Some(_) if whole => {
                        *landed = None;
                        self.status = RunStatus::RolledBack;
                    }
                    Some((landed, tree)) => {
                        if commit.is_some() {
                            landed.commit = commit;
                        }
                        if let Some(last) = self.made.last().and_then(|order| self.done.get(order)) {
                            tree.clone_from(&last.tree);
                        }
                    }
                    None => self.status = if whole { RunStatus::RolledBack } else { RunStatus::Stopped },
                }
            }
        }
    }

    /// Whether what is done was taken back because the run did not come to its end.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.status, RunStatus::Failed | RunStatus::Declined) && self.options.rolls_back()
    }

    /// Where the run failed; `None` if it did not.
    pub(crate) fn failed_at(&self, plan: &aksara_protocol::Plan) -> Option<FailedAt> {
        if !matches!(self.status, RunStatus::Failed | RunStatus::Partial) {
            return None;
        }
        let is_whole = self.done.len() + self.skipped.len() == plan.steps.len();
        Some(match () {
            () if !self.failed.is_empty() || !is_whole => FailedAt::Steps,
            () if !self.checked => FailedAt::Checks,
            () => FailedAt::Landing,
        })
    }

    /// Forgets what was carried out after the step `to`.
    fn keep_up_to(&mut self, to: u32) {
        self.made = self.kept_by(to);
        let made = &self.made;
        self.done.retain(|order, _| made.contains(order));
    }

    /// The steps that are left when everything that was carried out after the step `to` is taken back.
    pub(crate) fn kept_by(&self, to: u32) -> Vec<StepOrder> {
        match self.made.iter().position(|order| order.0 == to) {
            Some(at) => self.made[..=at].to_vec(),
            None => self.made.iter().copied().filter(|order| order.0 <= to).collect(),
        }
    }

    /// Where to go on from if commands of steps that are done were undone: the step before the first of them, 0 if
    /// there is none before.
    pub(crate) fn before_undone(&self) -> Option<u32> {
        let undone =
            |order: &StepOrder| self.ran.iter().any(|ran| ran.order == *order && ran.may_be_undone());
        let first = self.made.iter().position(undone)?;
        Some(first.checked_sub(1).and_then(|before| self.made.get(before)).map_or(0, |order| order.0))
    }

    /// Whether commands ran that can be taken back, and are not.
    pub(crate) fn has_commands_to_undo(&self) -> bool {
        self.ran.iter().any(|ran| ran.ok == Some(true) && ran.undo != Undo::None && !ran.may_be_undone())
    }

    fn command(&mut self, order: StepOrder, index: usize) -> Option<&mut RanCommand> {
        self.ran.iter_mut().find(|ran| (ran.order, ran.index) == (order, index))
    }

    /// The checkpoints, as they were made.
    pub(crate) fn checkpoints(&self) -> impl DoubleEndedIterator<Item = (StepOrder, &Checkpoint)> {
        self.made.iter().filter_map(|order| Some((*order, self.done.get(order)?)))
    }

    /// The step that was carried out last, and its checkpoint.
    pub(crate) fn newest(&self) -> Option<(StepOrder, &Checkpoint)> {
        self.checkpoints().next_back()
    }

    /// The newest checkpoint's commit and tree; the base if there is none.
    pub(crate) fn tip(&self) -> (&str, &str) {
        self.newest()
            .map_or((&self.base.commit, &self.base.tree), |(_, c)| (c.commit.as_str(), c.tree.as_str()))
    }

    /// The tree before the step `order`, which is done: that of the checkpoint before its own.
    pub(crate) fn tree_before(&self, order: StepOrder) -> &str {
        self.checkpoints()
            .take_while(|(made, _)| *made != order)
            .last()
            .map_or(&self.base.tree, |(_, c)| &c.tree)
    }

    /// Steps that failed or were left out.
    pub(crate) fn missed(&self) -> BTreeSet<StepOrder> {
        self.failed.keys().chain(self.skipped.keys()).copied().collect()
    }

    /// Steps of the plan that are neither done nor failed nor left out.
    pub(crate) fn open_steps(&self, plan: &aksara_protocol::Plan) -> BTreeSet<StepOrder> {
        plan.steps
            .iter()
            .map(|s| s.order)
            .filter(|o| {
                !self.done.contains_key(o) && !self.skipped.contains_key(o) && !self.failed.contains_key(o)
            })
            .collect()
    }
}
