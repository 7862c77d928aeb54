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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aksara_git::{Head, Worktree};
use aksara_protocol::command::Command;
use aksara_protocol::{Plan, RelPath, StepOrder};

use crate::approver::{Asker, ChangedStep};
use crate::error::{Error, ErrorKind};
use crate::events::Event;
use crate::facts::Project;
use crate::journal::{Journal, Stored, What, list};
use crate::preview::{Previewed, Shown, Verdict, preview, same_work, verdicts, was_edited};
use crate::result::{RunResult, RunStatus};
use crate::run_id::RunId;
use crate::session::{Session, base_of};
use crate::snapshot::Snapshot;
use options::{LandMode, RunOptions};
use report::Diffs;
use state::RunState;

/// A run that this process holds.
pub(crate) struct Run<'s> {
    session: &'s Session<'s>,
    journal: Journal,
    plan: Plan,
    state: RunState,
    project: Option<Project>,
    snapshot: Snapshot,
    /// What the plan was seen to do on the run's base, if this process looked.
    previewed: Option<Arc<Previewed>>,
    /// What this process did.
    diffs: Diffs,
    worktree: Option<Worktree>,
    /// The undo commands of the commands that this process ran, of which the record keeps no secret.
    undos: BTreeMap<(StepOrder, usize), Command>,
    notes: Vec<String>,
}

/// What is allowed to a run that goes on or is tried again, beyond what it was begun with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) assume_yes: bool,
    pub(crate) allow_destructive: bool,
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
        options.check()?;
        if options.interactive && !asker.is_there() {
            return Err(Error::NoApprover);
        }
        if let Some(operation) = session.repo.operation_in_progress() {
            return Err(Error::Refused(format!(
                "a {operation} is in progress in this repository\nhint: finish it or take it back (`git {operation} --abort`), then try again"
            )));
        }
        let head = session.head()?;
        if options.land == LandMode::Current {
            must_be_on_a_branch(&head)?;
        }
        must_be_trusted(session, &plan, asker)?;
        let earlier = if options.again { None } else { refuse_second_run(session, &plan)? };
        session.must_not_be_too_long(plan.steps.len())?;
        if matches!(options.land, LandMode::Current | LandMode::Branch) {
            session.repo.must_know_identity()?;
        }
        let project = session.project_of(&plan, &head.tree)?;
        crate::planner::fill_in_stack(&mut plan, project.as_ref());
        let shown = shown_at_base(session, &plan)?;
        let loaded = plan.clone();
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
        let mut notes = Vec::new();
        let shown = match edited_since(session, &loaded, &shown, &plan, &previewed)? {
            Some(edited) => {
                notes.extend(accept_edited(edited.steps, options.assume_yes, asker)?);
                edited.shown
            }
            None => shown,
        };
        notes.extend(judge(&shown, &plan, &previewed, asker)?);
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
        run.previewed = Some(previewed);
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
            && let Some((_, checkpoint)) = state.newest()
        {
            if session.repo.is_complete(&checkpoint.commit) {
                break;
            }
            let to = state.checkpoints().rev().nth(1).map_or(0, |(before, _)| before.0);
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
        Ok(Self {
            session,
            journal,
            plan,
            state,
            project: None,
            snapshot,
            previewed: None,
            diffs: Diffs::default(),
            worktree: None,
            undos: BTreeMap::new(),
            notes,
        })
    }

    pub(crate) fn id(&self) -> &RunId {
        self.journal.id()
    }

    /// Drives the run and tells what came of it. A failed step or check is a result; an error is what kept the
    /// run from being driven at all.
    pub(crate) fn drive(self, until: Until, asker: &Asker) -> Result<RunResult, Error> {
        self.drive_with(until, &Retry::default(), asker)
    }

    /// As [`Run::drive`], with more allowed to the run than it was begun with.
    pub(crate) fn drive_with(
        mut self,
        until: Until,
        with: &Retry,
        asker: &Asker,
    ) -> Result<RunResult, Error> {
        // What is refused here never began: it is not written down.
        if self.is_over()? {
            self.notes.push("the run is over: there is nothing to go on with".to_owned());
            return self.report();
        }
        match until {
            Until::Step(order) => self.must_be_next(order)?,
            Until::End if self.state.status == RunStatus::Partial => {
                let id = self.id();
                return Err(Error::Refused(format!(
                    "run {id} is at its end, and steps of it failed\nhint: `aksara ai retry {id}` tries those again, `aksara ai land {id}` lands what is done"
                )));
            }
            Until::End => {}
        }
        // What failed in a run that goes on regardless has had its turn; else the failure is where it stands.
        let in_between = self.state.options.continue_on_failure && self.state.status == RunStatus::Running;
        let again = match until {
            Until::End if !in_between => self.state.failed.keys().copied().collect(),
            _ => BTreeSet::new(),
        };
        self.go(until, &again, with, asker)
    }

    /// Carries out what failed, was left out or was never begun, from the newest checkpoint on.
    ///
    /// # Errors
    /// As [`Run::drive`]; nothing of the run failed, or it is over.
    pub(crate) fn retry(mut self, with: &Retry, asker: &Asker) -> Result<RunResult, Error> {
        let id = self.id().clone();
        if self.is_over()? {
            let whole = self.state.done.len() == self.plan.steps.len();
            return Err(Error::Refused(if whole {
                format!("nothing of run {id} failed: it is over")
            } else {
                format!(
                    "run {id} has landed without the steps that failed\nhint: carry its plan out again, what is done already changes nothing: aksara ai plan --load {} --execute --again",
                    self.session.runs().join(id.as_str()).join("plan.json").display()
                )
            }));
        }
        let again = self.state.missed();
        if again.is_empty() && self.state.open_steps(&self.plan).is_empty() && self.state.error.is_none() {
            return Err(Error::Refused(format!(
                "no step of run {id} failed or was left out\nhint: `aksara ai land {id}` lands it"
            )));
        }
        self.go(Until::End, &again, with, asker)
    }

    /// Lands the kept result of a run that did not land by itself.
    ///
    /// # Errors
    /// A run that is not at its end, was taken back or has landed; and as [`Run::drive`]. The result is kept then.
    pub(crate) fn land(mut self, mode: Option<LandMode>, asker: &Asker) -> Result<RunResult, Error> {
        self.settle()?;
        let id = self.id().clone();
        let refused = match self.state.status {
            RunStatus::Kept | RunStatus::Partial => None,
            RunStatus::Landed => Some("has landed already".to_owned()),
            RunStatus::Unchanged => Some("changed nothing".to_owned()),
            RunStatus::RolledBack => Some("was taken back".to_owned()),
            RunStatus::Declined => Some(format!(
                "was given up at a question, and nothing of it is kept to be landed\nhint: `aksara ai resume {id}` asks again"
            )),
            RunStatus::Failed => Some(format!(
                "failed, and nothing of it is kept to be landed\nhint: `aksara ai retry {id}` tries again from the last good step"
            )),
            RunStatus::DryRun | RunStatus::Running | RunStatus::Stopped | RunStatus::Waiting => {
                Some(format!("is not at its end\nhint: `aksara ai resume {id}` goes on with it"))
            }
        };
        if let Some(why) = refused {
            return Err(Error::Refused(format!("run {id} {why}")));
        }
        if self.state.tip().1 == self.state.base.tree {
            return Err(Error::Refused(format!(
                "run {id} has nothing to land: what is done changed no file"
            )));
        }
        let mode = mode.unwrap_or(match self.state.options.land {
            LandMode::None => LandMode::Current,
            chosen => chosen,
        });
        match mode {
            LandMode::Current => must_be_on_a_branch(&self.session.head()?)?,
            LandMode::Branch | LandMode::Patch => {}
            LandMode::None => {
                return Err(Error::Refused(format!("run {id} is kept already, and is to land somewhere")));
            }
        }
        if mode != LandMode::Patch {
            self.session.repo.must_know_identity()?;
        }
        self.project = self.session.project_of(&self.plan, &self.state.base.tree)?;
        self.record(What::LandingWanted { mode })?;
        // Should the branch have moved, what is done is carried out again, and nothing else.
        for order in self.state.open_steps(&self.plan) {
            self.record(What::StepSkipped { order, why: "the run was landed without it".to_owned() })?;
        }
        let accepted = self.state.failed.keys().copied().collect();
        let landed = self.check_and_land(&accepted, asker);
        let removed = self.drop_worktree(landed.is_err());
        match landed {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                return Err(Error::Interrupted { run: Some(id) });
            }
            Err(error) => {
                // Steps were carried out again on a branch that moved, and did not come to their end.
                if self.state.status == RunStatus::Running {
                    self.record(What::Failed { error: error.to_string(), kind: error.kind() })?;
                }
                return Err(error);
            }
        }
        removed?;
        self.report()
    }

    fn go(
        mut self,
        until: Until,
        again: &BTreeSet<StepOrder>,
        with: &Retry,
        asker: &Asker,
    ) -> Result<RunResult, Error> {
        self.must_have_somebody(until, again, with, asker)?;
        // Written down when the run goes on; what is undone before that is allowed by it as well.
        self.state.options.assume_yes |= with.assume_yes;
        self.state.options.allow_destructive |= with.allow_destructive;
        if until == Until::End {
            self.follow_head(asker)?;
        }
        self.project = self.session.project_of(&self.plan, &self.state.base.tree)?;
        let back_to = self.state.before_undone().filter(|_| until == Until::End);
        if !again.is_empty() || back_to.is_some() || *with != Retry::default() {
            self.start_again(again, with, back_to)?;
        }
        let driven = self.carry_on(until, asker);
        let written = driven.as_ref().map_or_else(|error| self.write_down(error), |()| Ok(()));
        // The disk is full or gone; why is what the first error says.
        if written.is_ok() && until == Until::End && self.is_taken_back() {
            self.undo_commands(&|_| true, asker)?;
        }
        let removed = self.drop_worktree(driven.is_err());
        match driven {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                written?;
                return Err(Error::Interrupted { run: Some(self.id().clone()) });
            }
            Err(error) if written.is_err() || !matches!(error, Error::Step { .. } | Error::Checks { .. }) => {
                return Err(error);
            }
            _ => {}
        }
        removed?;
        self.report()
    }

    /// Refuses to go on with a run that asks before each step where nobody can be asked: as a failed step that would
    /// take back what is done.
    fn must_have_somebody(
        &self,
        until: Until,
        again: &BTreeSet<StepOrder>,
        with: &Retry,
        asker: &Asker,
    ) -> Result<(), Error> {
        let asks = self.state.options.interactive && !with.assume_yes;
        let begins_steps = until != Until::End
            || !again.is_empty()
            || !self.state.open_steps(&self.plan).is_empty()
            || self.must_move()?.is_some();
        if !asks || !begins_steps || asker.is_there() {
            return Ok(());
        }
        let id = self.id();
        Err(Error::Refused(format!(
            "run {id} asks before each step, and there is nobody to ask; nothing was changed\nhint: it needs a terminal to ask on: aksara ai resume {id}\nhint: to carry out the rest without questions: aksara ai resume {id} --yes"
        )))
    }

    /// The head to which the run has to go before it goes on: somebody committed to its branch since it began.
    fn must_move(&self) -> Result<Option<Head>, Error> {
        let head = self.session.head()?;
        if head.commit == self.state.base.commit {
            return Ok(None);
        }
        if head.branch == self.state.branch {
            return Ok(Some(head));
        }
        // What lands on no branch of the user's does not mind which one is checked out.
        if self.state.options.land != LandMode::Current {
            return Ok(None);
        }
        let name = |branch: &Option<String>| branch.clone().unwrap_or_else(|| "no branch".to_owned());
        let go_back = match &self.state.branch {
            Some(branch) => format!("git switch {branch}"),
            None => format!("git switch --detach {}", landing::short(&self.state.base.commit)),
        };
        Err(Error::Refused(format!(
            "another branch is checked out now: the run began on `{}`, and HEAD is on `{}`\nhint: {go_back}, then `aksara ai resume {}`",
            name(&self.state.branch),
            name(&head.branch),
            self.id()
        )))
    }

    /// Takes the run to its branch's new head before it goes on, so that what the user corrected there counts.
    ///
    /// # Errors
    /// The steps cannot be carried out there, or would do something else; nothing was changed then.
    fn follow_head(&mut self, asker: &Asker) -> Result<(), Error> {
        let Some(head) = self.must_move()? else { return Ok(()) };
        let commit = landing::short(&head.commit).to_owned();
        match self.move_to(head, asker) {
            Err(error @ (Error::Step { .. } | Error::Stale { .. } | Error::Refused(_))) => {
                Err(Error::CannotFollow {
                    run: self.id().clone(),
                    commit,
                    error: Box::new(error),
                    request: self.plan.description.lines().next().unwrap_or_default().to_owned(),
                })
            }
            other => other,
        }
    }

    /// Whether a failure took back what was done.
    fn is_taken_back(&self) -> bool {
        self.state.is_lost()
    }

    /// Writes down what kept the run from its end. A failed step did that itself, and a landing that is stuck half
    /// way is not over: resuming repairs it.
    fn write_down(&mut self, error: &Error) -> Result<(), Error> {
        if error.kind() == ErrorKind::Interrupted {
            return self.record(What::Stopped { why: "interrupted".to_owned() });
        }
        if matches!(error, Error::Step { .. } | Error::Git(aksara_git::GitError::HalfLanded { .. })) {
            return Ok(());
        }
        self.record(What::Failed { error: error.to_string(), kind: error.kind() })
    }

    /// Opens the steps `again`, and those after `back_to`: commands of them were undone.
    fn start_again(
        &mut self,
        again: &BTreeSet<StepOrder>,
        with: &Retry,
        back_to: Option<u32>,
    ) -> Result<(), Error> {
        let old = self.state.tip().0.to_owned();
        self.record(What::Retrying {
            steps: again.iter().copied().collect(),
            assume_yes: with.assume_yes,
            allow_destructive: with.allow_destructive,
            back_to,
        })?;
        let (new, tree) = self.state.tip();
        if new != old {
            let ref_name = self.id().ref_name();
            self.session.repo.set_run_ref(&ref_name, new, Some(&old), "aksara: commands were undone")?;
            self.snapshot = self.session.snapshot(tree);
        }
        Ok(())
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
        self.check_and_land(&BTreeSet::new(), asker)
    }

    /// Whether steps failed that nobody accepts as lacking; then the result is kept, and does not land.
    fn fell_short(&mut self, accepted: &BTreeSet<StepOrder>) -> Result<bool, Error> {
        let failed: Vec<_> =
            self.state.failed.iter().filter(|(order, _)| !accepted.contains(order)).collect();
        if failed.is_empty() {
            return Ok(false);
        }
        let steps = if failed.len() == 1 { "step" } else { "steps" };
        let orders: Vec<String> = failed.iter().map(|(order, _)| order.to_string()).collect();
        // Where nothing went wrong, and only nobody could be asked, it ends as a run does that stops there.
        let refused = failed.iter().all(|(_, step)| step.kind == ErrorKind::Refused);
        let (how, kind) =
            if refused { ("refused", ErrorKind::Refused) } else { ("failed", ErrorKind::Failed) };
        let was = match (refused, failed.len()) {
            (false, _) => "",
            (true, 1) => "was ",
            (true, _) => "were ",
        };
        let error = format!("{steps} {} {was}{how}", orders.join(", "));
        self.record(What::Failed { error, kind })?;
        Ok(true)
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

fn must_be_on_a_branch(head: &Head) -> Result<(), Error> {
    if head.branch.is_some() {
        return Ok(());
    }
    Err(Error::Refused(
        "HEAD is detached: there is no branch for the result\nhint: check out a branch (`git switch BRANCH`), or pass --land branch or --land patch"
            .to_owned(),
    ))
}

/// What a template of a repository that is not trusted plans is carried out only if somebody says so, this once.
fn must_be_trusted(session: &Session<'_>, plan: &Plan, asker: &Asker) -> Result<(), Error> {
    let Some(template) = session.untrusted(plan) else { return Ok(()) };
    let name = template.name.clone();
    if asker.is_there() && asker.template(template)? {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "the plan is of the template `{name}`, which belongs to this repository, and you have not trusted the repository\nhint: look at what it brings along with `aksara trust --show`, then `aksara trust`"
    )))
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

/// What the plan showed. If somebody edited its code and the commit it was made for is still there, what the edited plan
/// would have shown there: then every difference is the project's doing.
fn shown_at_base(session: &Session<'_>, plan: &Plan) -> Result<Vec<Shown>, Error> {
    let shown = Shown::of(plan);
    if !shown.iter().any(Shown::is_edited) {
        return Ok(shown);
    }
    Ok(at_base(session, plan)?.map_or(shown, |plan| Shown::of_edited(&plan)))
}

/// The plan with the previews that it has on the commit it was made for; `None` if it has none there.
fn at_base(session: &Session<'_>, plan: &Plan) -> Result<Option<Plan>, Error> {
    let Some(base) = plan.base.as_ref().filter(|base| session.repo.commit_tree(&base.commit).is_ok()) else {
        return Ok(None);
    };
    let Ok(project) = session.project_of(plan, &base.tree) else { return Ok(None) };
    let stage = session.stage(project.as_ref(), &base.tree, &plan.created_at)?;
    let mut there = plan.clone();
    Ok(preview(&stage, &mut there).is_ok().then_some(there))
}

/// A plan that does something else than it shows since somebody edited it.
struct EditedPlan {
    /// The steps that do.
    steps: Vec<ChangedStep>,
    /// What it would have shown.
    shown: Vec<Shown>,
}

/// Whether `loaded` does something else than it showed, which is `shown`, since it was edited; `plan` is what it does now.
/// Other differences are nobody's that edits plans: the project, the framework or the plugins are others.
fn edited_since(
    session: &Session<'_>,
    loaded: &Plan,
    shown: &[Shown],
    plan: &Plan,
    previewed: &Previewed,
) -> Result<Option<EditedPlan>, Error> {
    let changed = |shown: &[Shown]| -> Vec<ChangedStep> {
        plan.steps
            .iter()
            .zip(verdicts(shown, plan, previewed))
            .filter_map(|(step, verdict)| ChangedStep::of(step, verdict))
            .collect()
    };
    let mut steps = changed(shown);
    if steps.is_empty() || !was_edited(loaded) {
        return Ok(None);
    }
    let Some(there) = at_base(session, loaded)? else { return Ok(None) };
    let shown = Shown::of_edited(&there);
    // What the project's changes did is judged by itself.
    let by_project: Vec<StepOrder> = changed(&shown).iter().map(|step| step.order).collect();
    steps.retain(|step| !by_project.contains(&step.order));
    steps.iter_mut().for_each(|step| step.plan_edited = true);
    Ok((!steps.is_empty()).then_some(EditedPlan { steps, shown }))
}

/// Says that the plan was edited, and asks whether it is meant unless everything is.
fn accept_edited(steps: Vec<ChangedStep>, assume_yes: bool, asker: &Asker) -> Result<Vec<String>, Error> {
    let note = |step: &ChangedStep| format!("step {}: follows the edited plan", step.order);
    let notes = steps.iter().map(note).collect();
    let lines = steps.iter().map(|step| format!("  step {} ({})", step.order, step.description)).collect();
    if assume_yes || (asker.is_there() && asker.changed(steps)?) {
        return Ok(notes);
    }
    Err(Error::PlanEdited { steps: lines })
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
            verdict @ Verdict::Changed { .. } => changed.extend(ChangedStep::of(step, verdict)),
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
