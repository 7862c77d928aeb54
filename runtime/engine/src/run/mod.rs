//! Runs: one execution of a plan, from the first checkpoint to the landing, and back.
//!
//! A run is only ever driven from its record: going on after a stop, a crash or a kill takes the same way as
//! going on after the last step.

pub(crate) mod checks;
pub(crate) mod commands;
mod database;
pub(crate) mod landing;
pub(crate) mod options;
mod recovery;
pub(crate) mod report;
pub(crate) mod rollback;
pub(crate) mod state;
pub(crate) mod steps;
pub(crate) mod worktree;

use aksara_git::Worktree;
use aksara_protocol::{Plan, RelPath, StepOrder};

use crate::approver::{Asker, ChangedStep};
use crate::error::{Error, ErrorKind};
use crate::events::Event;
use crate::facts::Project;
use crate::journal::{Journal, Stored, What, list};
use crate::preview::{Previewed, Shown, Verdict, preview, same_work, verdicts};
use crate::result::{RunResult, RunStatus};
use crate::run_id::RunId;
use crate::session::{Session, base_of};
use crate::snapshot::Snapshot;
use options::{LandMode, RunOptions};
use state::RunState;

/// A run that this process holds.
pub(crate) struct Run<'s> {
    session: &'s Session<'s>,
    journal: Journal,
    plan: Plan,
    state: RunState,
    project: Option<Project>,
    snapshot: Snapshot,
    worktree: Option<Worktree>,
    notes: Vec<String>,
}

/// How far a run is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// All steps, then checks and landing.
    End,
    /// This step only.
    Step(StepOrder),
}

impl<'s> Run<'s> {
    /// Judges a plan on the project as it is now, and begins a run of it.
    ///
    /// # Errors
    /// A repository that is in the middle of something, files that are not clean, a plan that is stale or was
    /// carried out before, a step that cannot be done.
    pub(crate) fn open(
        session: &'s Session<'s>,
        mut plan: Plan,
        options: RunOptions,
        asker: &Asker,
    ) -> Result<Self, Error> {
        if let Some(operation) = session.repo.operation_in_progress() {
            return Err(Error::Refused(format!(
                "a {operation} is in progress in this repository\nhint: finish it or take it back (`git {operation} --abort`), then try again"
            )));
        }
        let head = session.head()?;
        if options.land == LandMode::Current && head.branch.is_none() {
            return Err(Error::Refused(
                "HEAD is detached: there is no branch for the result\nhint: check out a branch (`git switch BRANCH`), or pass --land branch or --land patch"
                    .to_owned(),
            ));
        }
        let earlier = if options.again { None } else { refuse_second_run(session, &plan)? };
        if plan.steps.len() > session.core.settings.planner.max_steps as usize {
            return Err(Error::TooManySteps {
                steps: plan.steps.len(),
                max: session.core.settings.planner.max_steps,
            });
        }
        if matches!(options.land, LandMode::Current | LandMode::Branch) {
            session.repo.must_know_identity()?;
        }
        let project = session.project_of(&plan, &head.tree)?;
        let shown = shown_at_base(session, &plan)?;
        let previewed =
            session.preview(project.as_ref(), &head.tree, &mut plan).map_err(|error| match earlier {
                Some(run) => Error::EditedSince { run, error: Box::new(error) },
                None => error,
            })?;
        if let Some((step, lacking)) =
            plan.steps.iter().find_map(|s| s.incomplete.as_ref().map(|lacking| (s.order, lacking)))
        {
            return Err(Error::PlanEdit(format!(
                "step {step} is incomplete: {lacking}\nhint: give the step its params, or remove it"
            )));
        }
        let notes = judge(&shown, &plan, &previewed, asker)?;
        plan.base = Some(base_of(&head));
        must_be_landable(session, &head.tree, &previewed)?;

        let id = RunId::make(&crate::clock::Instant::now());
        let mut journal = Journal::create(&session.runs(), &id, &plan)?;
        let opened = What::Opened {
            plan: plan.id.clone(),
            base: base_of(&head),
            branch: head.branch.clone(),
            options,
            runtime: env!("CARGO_PKG_VERSION").to_owned(),
        };
        journal.append(opened)?;
        let stored = Stored::read(&session.runs(), &id)?;
        let mut run = Self::take_up(session, journal, stored)?;
        run.notes.extend(notes);
        Ok(run)
    }

    /// Takes up a recorded run where it stands.
    ///
    /// # Errors
    /// No such run, another process has it, a damaged record, a checkpoint whose objects are not complete.
    pub(crate) fn resume(session: &'s Session<'s>, id: &RunId) -> Result<Self, Error> {
        let (journal, stored) = Journal::open(&session.runs(), id)?;
        Self::take_up(session, journal, stored)
    }

    fn take_up(session: &'s Session<'s>, mut journal: Journal, stored: Stored) -> Result<Self, Error> {
        let mut state = RunState::of(&stored)?;
        let Stored { plan, id, .. } = stored;
        // After a power loss the newest checkpoint may be empty objects: go back to one that is whole. What has
        // landed no longer needs its checkpoints.
        while state.landed.is_none()
            && let Some((order, checkpoint)) = state.done.last_key_value()
        {
            if session.repo.is_complete(&checkpoint.commit) {
                break;
            }
            let to = order.0 - 1;
            let back = What::RolledBack { to, undo: String::new(), commit: None };
            journal.append(back.clone())?;
            state.apply(&back);
        }
        let (tip, tree) = state.tip();
        let ref_name = id.ref_name();
        let known = session.repo.run_ref(&ref_name)?;
        if state.landed.is_none() && known.as_deref() != Some(tip) {
            session.repo.set_run_ref(&ref_name, tip, known.as_deref(), "aksara: where the run stands")?;
        }
        let snapshot = session.snapshot(tree);
        // What is left of killed runs is in nobody's way but the disk's: that it cannot go stops nothing.
        let notes = match worktree::clear_left_over(session, Some(&id)) {
            Ok(cleared) => cleared.processes,
            Err(error) => vec![format!("what killed runs left could not be removed: {error}")],
        };
        session.core.events.send(Event::RunOpened { run: id, steps: plan.steps.len() });
        Ok(Self { session, journal, plan, state, project: None, snapshot, worktree: None, notes })
    }

    pub(crate) fn id(&self) -> &RunId {
        self.journal.id()
    }

    /// Drives the run and tells what came of it. A failed step or check is a result; an error is what kept the
    /// run from being driven at all.
    pub(crate) fn drive(mut self, until: Until, asker: &Asker) -> Result<RunResult, Error> {
        // What is refused here never began: it is not written down.
        if self.is_over()? {
            self.notes.push("the run is over: there is nothing to go on with".to_owned());
            return self.report();
        }
        if let Until::Step(order) = until {
            self.must_be_next(order)?;
        }
        self.project = self.session.project_of(&self.plan, &self.state.base.tree)?;
        let driven = self.carry_on(until, asker);
        let removed = self.drop_worktree(driven.is_err());
        if let Err(error) = driven {
            if error.kind() == ErrorKind::Interrupted {
                self.record(What::Stopped { why: "interrupted".to_owned() })?;
                return Err(Error::Interrupted { run: Some(self.id().clone()) });
            }
            // A landing that is stuck half way is not over: resuming repairs it.
            let stuck = matches!(error, Error::Git(aksara_git::GitError::HalfLanded { .. }));
            if !stuck && !matches!(error, Error::Step { .. }) {
                let failed = What::Failed { error: error.to_string(), kind: error.kind() };
                if self.record(failed).is_err() {
                    // The disk is full or gone; why is what the first error says.
                    return Err(error);
                }
            }
            if !matches!(error, Error::Step { .. } | Error::Checks { .. }) {
                return Err(error);
            }
        }
        removed?;
        self.report()
    }

    /// Finishes what a kill cut off, and says whether there is nothing more to do.
    fn is_over(&mut self) -> Result<bool, Error> {
        self.settle()?;
        match self.state.status {
            RunStatus::Landed | RunStatus::Unchanged => Ok(true),
            RunStatus::RolledBack => Err(Error::Refused(format!(
                "run {} was taken back\nhint: `aksara ai plan --load` its plan, or make a new one",
                self.id()
            ))),
            _ => Ok(false),
        }
    }

    fn carry_on(&mut self, until: Until, asker: &Asker) -> Result<(), Error> {
        let stopped = self.carry_out_steps(until, asker)?;
        if until != Until::End || stopped {
            return Ok(());
        }
        self.check_and_land(asker)
    }

    /// Writes what happened into the record, then counts it.
    fn record(&mut self, what: What) -> Result<(), Error> {
        self.journal.append(what.clone())?;
        self.state.apply(&what);
        Ok(())
    }

    fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.session.core.events.send(Event::Note { text: text.clone() });
        self.notes.push(text);
    }

    fn stop_if_cancelled(&self) -> Result<(), Error> {
        if self.session.cancel.is_cancelled() {
            return Err(Error::Interrupted { run: Some(self.id().clone()) });
        }
        Ok(())
    }
}

/// A plan that was landed by a run that still stands is not carried out twice by accident. One that was edited
/// since is another plan; then gives the run of the earlier one.
fn refuse_second_run(session: &Session<'_>, plan: &Plan) -> Result<Option<RunId>, Error> {
    let mut earlier = None;
    for id in list(&session.runs())? {
        // A damaged record of another run says nothing about this plan.
        let Ok(stored) = Stored::read(&session.runs(), &id) else { continue };
        if stored.plan.id != plan.id {
            continue;
        }
        let Ok(state) = RunState::of(&stored) else { continue };
        if let (RunStatus::Landed, Some((landed, _))) = (state.status, state.landed) {
            if same_work(&stored.plan, plan) {
                return Err(Error::AlreadyDone { run: id, result: landed.to_string() });
            }
            earlier.get_or_insert(id);
        }
    }
    Ok(earlier)
}

/// What the plan showed. If somebody edited it and the commit it was made for is still there, what the edited plan
/// would have shown there: then every difference is the project's doing.
fn shown_at_base(session: &Session<'_>, plan: &Plan) -> Result<Vec<Shown>, Error> {
    let shown = Shown::of(plan);
    let Some(base) = &plan.base else { return Ok(shown) };
    if !shown.iter().any(Shown::is_edited) || session.repo.commit_tree(&base.commit).is_err() {
        return Ok(shown);
    }
    let mut edited = plan.clone();
    let Ok(project) = session.project_of(&edited, &base.tree) else { return Ok(shown) };
    let stage = session.stage(project.as_ref(), &base.tree, &plan.created_at)?;
    Ok(match preview(&stage, &mut edited) {
        Ok(_) => Shown::of_edited(&edited),
        Err(_) => shown,
    })
}

/// Notes about steps that were rebased or edited; asks about those that would do something else now.
fn judge(shown: &[Shown], plan: &Plan, previewed: &Previewed, asker: &Asker) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    let mut changed = Vec::new();
    for (step, verdict) in plan.steps.iter().zip(verdicts(shown, plan, previewed)) {
        match verdict {
            Verdict::Fresh => {}
            Verdict::Rebased => notes.push(format!(
                "step {}: files that it reads changed since the plan was made; it does the same",
                step.order
            )),
            Verdict::AlreadyThere => {
                notes.push(format!("step {}: what it would do is there already", step.order));
            }
            Verdict::Edited => notes.push(format!("step {}: follows the edited code", step.order)),
            Verdict::Changed { planned, now } => changed.push(ChangedStep {
                order: step.order,
                description: step.description.clone(),
                planned,
                now,
            }),
        }
    }
    if changed.is_empty() {
        return Ok(notes);
    }
    let lines = changed
        .iter()
        .map(|c| {
            format!(
                "  step {} ({})\n    the plan showed:\n{}    it would do now:\n{}",
                c.order,
                c.description,
                indent(&c.planned),
                indent(&c.now)
            )
        })
        .collect();
    if asker.is_there() && asker.changed(changed)? {
        notes.push("steps that changed since the plan was made were confirmed".to_owned());
        return Ok(notes);
    }
    Err(Error::Stale { steps: lines })
}

fn indent(text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        out.push_str("      ");
        out.push_str(line);
        out.push('\n');
        out
    })
}

/// Paths that the plan touches or reads must be as HEAD has them, and of a kind that can be landed.
fn must_be_landable(session: &Session<'_>, tree: &str, previewed: &Previewed) -> Result<(), Error> {
    let touched: Vec<RelPath> = previewed.changes.iter().map(|c| c.path.clone()).collect();
    let mut paths = touched.clone();
    paths.extend(previewed.base_reads.iter().filter(|(_, blob)| blob.is_some()).map(|(p, _)| p.clone()));
    paths.sort();
    paths.dedup();
    session.must_be_clean(tree, &paths)?;
    let filtered = session.repo.touched_needs_filter(&touched)?;
    if let Some(path) = filtered.first() {
        return Err(Error::Refused(format!(
            "`{path}` is stored through a filter (see .gitattributes), which Aksara does not run yet\nhint: make that change by hand, or take the filter off the file"
        )));
    }
    Ok(())
}
