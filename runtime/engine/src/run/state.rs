//! Where a run stands, worked out from its record alone.

use std::collections::{BTreeMap, BTreeSet};

use aksara_protocol::plan::Base;
use aksara_protocol::{RelPath, StepOrder};

use crate::error::ErrorKind;
use crate::journal::{JournalError, Stored, What};
use crate::result::{Check, Landed, RunStatus};
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
    pub(crate) skipped: BTreeMap<StepOrder, String>,
    pub(crate) failed: BTreeMap<StepOrder, (String, u64)>,
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
            skipped: BTreeMap::new(),
            failed: BTreeMap::new(),
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
                self.error = None;
                self.status = RunStatus::Running;
            }
            What::StepDone { order, commit, tree, milliseconds, notes, outside } => {
                self.checked = false;
                self.done.insert(order, Checkpoint { commit, tree, milliseconds, notes, outside });
            }
            What::StepSkipped { order, why } => {
                self.skipped.insert(order, why);
            }
            What::StepFailed { order, error, milliseconds } => {
                self.failed.insert(order, (error, milliseconds));
            }
            What::Waiting { .. } => self.status = RunStatus::Waiting,
            What::Rebased { base, branch } => {
                self.base = base;
                self.branch = branch;
                self.done.clear();
                self.checked = false;
            }
            What::Checked { checks, not_checked } => {
                self.checked = checks.iter().all(|c| c.ok);
                self.checks = checks;
                self.not_checked = not_checked;
            }
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
                self.status = RunStatus::Failed;
                self.error = Some((kind, error));
            }
            What::RolledBack { to, commit, .. } => {
                self.rollbacks += 1;
                self.landing = None;
                self.taking_back = None;
                self.taken_back.clone_from(&commit);
                self.reversed.clear();
                self.done.retain(|order, _| order.0 <= to);
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
                        if let Some(last) = self.done.values().next_back() {
                            tree.clone_from(&last.tree);
                        }
                    }
                    None => self.status = if whole { RunStatus::RolledBack } else { RunStatus::Stopped },
                }
            }
        }
    }

    /// The newest checkpoint's commit and tree; the base if there is none.
    pub(crate) fn tip(&self) -> (&str, &str) {
        self.done
            .values()
            .next_back()
            .map_or((&self.base.commit, &self.base.tree), |c| (c.commit.as_str(), c.tree.as_str()))
    }

    /// The tree before the step `order`: that of the last checkpoint before it.
    pub(crate) fn tree_before(&self, order: StepOrder) -> &str {
        self.done.range(..order).next_back().map_or(&self.base.tree, |(_, c)| &c.tree)
    }

    /// Steps of the plan that are neither done nor left out.
    pub(crate) fn open_steps(&self, plan: &aksara_protocol::Plan) -> BTreeSet<StepOrder> {
        plan.steps
            .iter()
            .map(|s| s.order)
            .filter(|o| !self.done.contains_key(o) && !self.skipped.contains_key(o))
            .collect()
    }
}
