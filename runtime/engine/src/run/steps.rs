//! Carrying out steps: one checkpoint each, or it never happened.

use std::time::Instant;

use aksara_git::TreeChange;
use aksara_protocol::command::{Command, RiskClass};
use aksara_protocol::{Diagnostic, Label, Step, StepOrder};

use super::{Run, Until};
use crate::approver::{Answer, Asker, StepQuestion};
use crate::error::{Error, ErrorKind};
use crate::events::Event;
use crate::journal::What;
use crate::snapshot::FileChange;
use crate::stage::Staged;

enum Allowed {
    Yes,
    Skip,
    Stop,
}

/// What came of a step, if the run is not over with it.
enum Came {
    Done,
    /// Left out, or failed in a run that goes on regardless.
    Missed,
    Stopped,
}

impl Run<'_> {
    /// Carries out what is still open, up to a stop, the one step that is wanted, or a failure, unless the run goes on
    /// after those. True if it stopped because somebody said so, or has to do something first.
    pub(crate) fn carry_out_steps(&mut self, until: Until, asker: &Asker) -> Result<bool, Error> {
        let open = self.state.open_steps(&self.plan);
        for index in 0..self.plan.steps.len() {
            let step = self.plan.steps[index].clone();
            let wanted = match until {
                Until::End => open.contains(&step.order),
                Until::Step(order) => order == step.order,
            };
            if !wanted {
                continue;
            }
            self.stop_if_cancelled()?;
            if let Some(why) = self.why_skip(&step) {
                self.skip(&step, why)?;
                continue;
            }
            let goes_on = until == Until::End && self.state.options.continue_on_failure;
            match self.carry_out_step(index, &step, goes_on, asker)? {
                Came::Done | Came::Missed => {}
                Came::Stopped => return Ok(true),
            }
        }
        Ok(false)
    }

    /// What a step depends on and will not have.
    fn why_skip(&self, step: &Step) -> Option<String> {
        let depends_on = |missing: &dyn Fn(&StepOrder) -> bool, how: &str| {
            let order = step.dependencies.iter().find(|d| missing(d))?;
            Some(format!("it depends on step {order}, which {how}"))
        };
        depends_on(&|d| self.state.skipped.contains_key(d), "was left out").or_else(|| {
            let skips = self.state.options.skip_dependent;
            depends_on(&|d| skips && self.state.failed.contains_key(d), "failed")
        })
    }

    /// Failed steps that a step depends on, as text; it is tried all the same.
    fn lacks(&self, step: &Step) -> Option<String> {
        let lacking: Vec<String> = step
            .dependencies
            .iter()
            .filter(|d| self.state.failed.contains_key(d))
            .map(|d| format!("step {d}"))
            .collect();
        (!lacking.is_empty()).then(|| lacking.join(" and "))
    }

    pub(crate) fn must_be_next(&self, order: StepOrder) -> Result<(), Error> {
        let step = self
            .plan
            .steps
            .iter()
            .find(|s| s.order == order)
            .ok_or_else(|| Error::PlanEdit(format!("there is no step {order}")))?;
        if self.state.done.contains_key(&order) {
            return Err(Error::Refused(format!("step {order} is done already")));
        }
        if let Some(missing) = step.dependencies.iter().find(|d| !self.state.done.contains_key(d)) {
            return Err(Error::Refused(format!("step {order} needs step {missing}, which is not done")));
        }
        if let Some((later, _)) = self.state.done.range(order..).next() {
            return Err(Error::Refused(format!(
                "step {order} cannot follow step {later}, which is done already: steps are carried out in order"
            )));
        }
        Ok(())
    }

    fn carry_out_step(
        &mut self,
        index: usize,
        step: &Step,
        goes_on: bool,
        asker: &Asker,
    ) -> Result<Came, Error> {
        let began = Instant::now();
        self.record(What::StepStarted { order: step.order })?;
        self.session.core.events.send(Event::StepStarted {
            order: step.order,
            total: self.plan.steps.len(),
            description: step.description.clone(),
        });
        match self.try_step(index, step, asker, began) {
            Ok(Allowed::Yes) => Ok(Came::Done),
            Ok(Allowed::Skip) => Ok(Came::Missed),
            Ok(Allowed::Stop) => Ok(Came::Stopped),
            Err(error) => {
                let error = error.in_step(step);
                if error.kind() == ErrorKind::Interrupted {
                    return Err(error);
                }
                if matches!(&error, Error::Step { source, .. } if matches!(**source, Error::Declined(_))) {
                    self.session
                        .core
                        .events
                        .send(Event::StepFailed { order: step.order, error: plain(&error) });
                    self.record(What::Declined { order: step.order })?;
                    return Err(error);
                }
                let mut why = plain(&error);
                if let Some(lacking) = self.lacks(step) {
                    why.push_str(&format!("\nnote: it depends on {lacking}, which failed"));
                }
                self.session.core.events.send(Event::StepFailed { order: step.order, error: why.clone() });
                self.record(What::StepFailed {
                    order: step.order,
                    error: why,
                    kind: error.kind(),
                    milliseconds: milliseconds(began),
                })?;
                if goes_on && error.is_of_the_step() {
                    return Ok(Came::Missed);
                }
                self.record(What::Failed { error: error.to_string(), kind: error.kind() })?;
                Err(error)
            }
        }
    }

    /// The plan's step at `index`.
    fn try_step(
        &mut self,
        index: usize,
        step: &Step,
        asker: &Asker,
        began: Instant,
    ) -> Result<Allowed, Error> {
        let now = self.plan.created_at.clone();
        let (staged, mut after, broken) = {
            let stage = self.session.stage(self.project.as_ref(), &self.state.base.tree, &now)?;
            let foreseen =
                self.previewed.as_ref().and_then(|p| p.foreseen(&stage, index, step, &self.snapshot));
            let (staged, after) = match foreseen {
                Some(foreseen) => foreseen,
                None => {
                    let mut after = self.snapshot.clone();
                    (stage.carry_out(step, &mut after)?, after)
                }
            };
            let broken = if self.session.core.settings.planner.validate_each_step {
                stage.broken_imports(&self.snapshot, &after)?
            } else {
                Vec::new()
            };
            (staged, after, broken)
        };
        if let Some(import) = broken.first() {
            let what = format!("after this step an import leads nowhere: {}", import.reason);
            return Err(Diagnostic::new("unresolved_import", what)
                .with_label(Label {
                    path: import.file.clone(),
                    line: import.line,
                    column: 1,
                    len: 0,
                    text: format!("from {} import {}", import.module, import.name.as_deref().unwrap_or("…")),
                })
                .with_help("correct the step's code, or set planner.validate_each_step to false")
                .into());
        }
        match self.allow(step, &staged, asker)? {
            Allowed::Yes => {}
            other => return Ok(other),
        }
        if let Some(manual) = &staged.manual {
            if !asker.is_there() {
                self.record(What::Waiting { order: step.order, instructions: manual.instructions.clone() })?;
                self.note(format!(
                    "step {} has to be done by hand: {}\nhint: do it, then `aksara ai resume {}` on a terminal",
                    step.order,
                    manual.instructions,
                    self.id()
                ));
                return Ok(Allowed::Stop);
            }
            if !asker.manual(step.order, manual.clone())? {
                return Err(Error::NotConfirmed(format!(
                    "step {} was not confirmed as done by hand",
                    step.order
                )));
            }
        }
        let (tip, tree) = self.state.tip();
        let (tip, old_tree) = (tip.to_owned(), tree.to_owned());
        let changes: Vec<TreeChange> = staged.changes.iter().map(FileChange::tree_change).collect();
        let mut tree = old_tree.clone();
        if !changes.is_empty() {
            tree = self.session.repo.write_tree(&old_tree, &changes)?;
            self.diffs.keep(&old_tree, &tree, &staged.changes);
        }
        let (mut outside, mut not_needed) = (Vec::new(), Vec::new());
        if !staged.commands.is_empty() {
            let ran = self.run_commands(step, &staged.commands, &old_tree, &tree, asker)?;
            tree = ran.tree;
            outside = ran.outside;
            not_needed = ran.notes;
            after = self.session.snapshot(&tree);
        }
        let commit = if tree == old_tree {
            tip.clone()
        } else {
            let message = format!("aksara {} step {}: {}\n", self.id(), step.order, step.description);
            self.session.repo.checkpoint(&tree, &tip, &message, crate::clock::Instant::now().unix())?
        };
        self.stop_if_cancelled()?;
        if commit != tip {
            let log = format!("aksara: step {}", step.order);
            let ref_name = self.id().ref_name();
            self.session.repo.set_run_ref(&ref_name, &commit, Some(&tip), &log)?;
        }
        let changed = tree != old_tree;
        let mut notes = staged.notes;
        notes.extend(staged.warnings);
        notes.extend(not_needed);
        notes
            .extend(self.lacks(step).map(|l| format!("it was carried out without {l}, which it depends on")));
        self.record(What::StepDone {
            order: step.order,
            commit: commit.clone(),
            tree: tree.clone(),
            milliseconds: milliseconds(began),
            notes,
            outside,
        })?;
        self.snapshot = after;
        if changed && let Some(worktree) = &self.worktree {
            worktree.sync(&self.session.repo, &tip, &commit)?;
        }
        self.session.core.events.send(Event::StepDone {
            order: step.order,
            commit,
            changed,
            milliseconds: milliseconds(began),
        });
        Ok(Allowed::Yes)
    }

    /// Whether the step may go on: asked for when the run is interactive, or when something would be lost.
    fn allow(&mut self, step: &Step, staged: &Staged, asker: &Asker) -> Result<Allowed, Error> {
        let options = &self.state.options;
        let danger = self.danger(staged);
        let guarded = danger.is_some()
            && !options.allow_destructive
            && self.session.core.settings.planner.confirm_destructive;
        let asked: Vec<&Command> =
            staged.commands.iter().filter(|c| !self.is_permitted(crate::commands::risk(c))).collect();
        if !options.interactive && !guarded && asked.is_empty() {
            return Ok(Allowed::Yes);
        }
        if !asker.is_there() {
            if options.interactive {
                return Err(Error::NoApprover);
            }
            return Err(Error::NotConfirmed(self.not_permitted(step, danger.filter(|_| guarded), &asked)));
        }
        let question = StepQuestion {
            step: step.clone(),
            total: self.plan.steps.len(),
            diff: staged.diff(),
            commands: staged
                .commands
                .iter()
                .map(|c| self.session.core.secrets.and(&c.env).hide_in_command(&c.argv))
                .collect(),
            destructive: danger.is_some(),
            danger,
            dependents: self.dependents(step.order),
            required: staged.required.clone(),
        };
        match asker.step(question)? {
            Answer::Yes => Ok(Allowed::Yes),
            Answer::No => Err(Error::Declined(step.order)),
            Answer::Skip if staged.required.is_some() => Err(Error::Refused(format!(
                "step {} cannot be left out: {}",
                step.order,
                staged.required.as_deref().unwrap_or_default()
            ))),
            Answer::Skip => {
                self.skip(step, "left out by the user".to_owned())?;
                Ok(Allowed::Skip)
            }
            Answer::Quit => {
                self.record(What::Stopped { why: format!("the user stopped before step {}", step.order) })?;
                Ok(Allowed::Stop)
            }
        }
    }

    /// What of a step may lose something for good, and why that is thought.
    fn danger(&self, staged: &Staged) -> Option<String> {
        // Of a command that nobody classified, more than that is not known.
        staged.commands.iter().find_map(|command| self.danger_of(command)).or_else(|| {
            staged.destructive.then(|| "it destroys something that cannot be brought back".to_owned())
        })
    }

    /// As [`Run::danger`], of a command.
    pub(super) fn danger_of(&self, command: &Command) -> Option<String> {
        let judged = crate::commands::judge(command);
        let typed = self.session.core.secrets.and(&command.env).hide_in_command(&command.argv);
        (judged.class == RiskClass::Destructive)
            .then(|| format!("`{typed}` counts as destructive: {}", judged.why))
    }

    /// Whether a command of this class runs without a question.
    pub(crate) fn is_permitted(&self, class: RiskClass) -> bool {
        let options = &self.state.options;
        let settings = &self.session.core.settings;
        match class {
            RiskClass::Destructive => {
                options.allow_destructive || (options.assume_yes && !settings.planner.confirm_destructive)
            }
            class => options.assume_yes || settings.commands.allow.contains(&class),
        }
    }

    /// What a step must not do unasked, and all that allows it: nobody is to be sent from one flag to the next.
    fn not_permitted(&self, step: &Step, danger: Option<String>, asked: &[&Command]) -> String {
        let class_of = |command: &Command| crate::commands::risk(command);
        let mut flags = Vec::new();
        let others: Vec<&&Command> = asked.iter().filter(|c| class_of(c) != RiskClass::Destructive).collect();
        if !others.is_empty() {
            flags.push("--yes");
        }
        if danger.is_some() || others.len() < asked.len() {
            flags.push("--allow-destructive");
        }
        let flags = flags.join(" ");
        if let Some(danger) = danger {
            return format!(
                "step {} ({}): {danger}, and nobody can be asked\nhint: look at it with --dry-run, then pass {flags}",
                step.order, step.description
            );
        }
        let Some(command) = others.first().copied().or(asked.first()) else {
            return format!(
                "step {} ({}) has to be allowed\nhint: pass {flags}",
                step.order, step.description
            );
        };
        let class = class_of(command);
        let setting = match class {
            RiskClass::Destructive => String::new(),
            class => format!(", or add `{}` to commands.allow in your own settings", class.as_str()),
        };
        format!(
            "step {} runs `{}`, which is of the class {}, and nobody can be asked\nhint: pass {flags}{setting}",
            step.order,
            self.session.core.secrets.and(&command.env).hide_in_command(&command.argv),
            class.as_str()
        )
    }

    /// The steps that need this one, also by way of others.
    fn dependents(&self, order: StepOrder) -> Vec<StepOrder> {
        let mut needing = vec![order];
        for step in &self.plan.steps {
            if step.dependencies.iter().any(|d| needing.contains(d)) {
                needing.push(step.order);
            }
        }
        needing.split_off(1)
    }

    fn skip(&mut self, step: &Step, why: String) -> Result<(), Error> {
        self.session.core.events.send(Event::StepSkipped { order: step.order, why: why.clone() });
        self.record(What::StepSkipped { order: step.order, why })
    }
}

/// The reason without the step in front: the record names the step itself.
fn plain(error: &Error) -> String {
    match error {
        Error::Step { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}

pub(crate) fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
