//! Running the commands of a step in the run's worktree, finding out what they changed, and taking them back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aksara_protocol::command::{Command, RiskClass};
use aksara_protocol::{RelPath, Step};

use super::Run;
use super::state::RanCommand;
use crate::approver::{Answer, Asker, StepQuestion};
use crate::error::{Error, ErrorKind};
use crate::events::Event;
use crate::journal::{Undo, What, undo_of};
use crate::process::{self, Ended, ProcessSpec};
use crate::session::Session;

/// How long a probe may take that says whether a command need not run.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many bytes of a command's output are handed to listeners: one that prints without end must not fill the memory
/// of who listens slowly. The end of it is in the result.
const STREAMED: usize = 1024 * 1024;

/// What a step's commands left behind.
pub(crate) struct Ran {
    /// The tree with everything that they changed.
    pub(crate) tree: String,
    /// What they changed that no tree of ours can hold.
    pub(crate) outside: Vec<String>,
    /// Which of them had nothing to do.
    pub(crate) notes: Vec<String>,
}

/// How long the commands of a step have together.
#[derive(Clone, Copy)]
struct Time {
    budget: Duration,
    began: Instant,
}

impl Run<'_> {
    /// Runs `commands` on `tree`. If one fails, those before it are undone, and the worktree is as it was at
    /// `before`.
    pub(crate) fn run_commands(
        &mut self,
        step: &Step,
        commands: &[Command],
        before: &str,
        tree: &str,
        asker: &Asker,
    ) -> Result<Ran, Error> {
        let repo = Arc::clone(&self.session.repo);
        let worktree = self.worktree()?;
        worktree.sync(&repo, before, tree)?;
        worktree.ready()?;
        let ignored = worktree.ignored()?;
        // A step that begins once more does not do its work on top of what it did before.
        self.undo_commands(&|ran| ran.order == step.order, asker)?;
        let budget = self.session.core.settings.planner.step_timeout();
        let budget = step.timeout_seconds.map_or(budget, Duration::from_secs);
        // Making the worktree may have taken its time; the step's begins here.
        let time = Time { budget, began: Instant::now() };
        let mut notes = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            match self.run_command(step, index, command, time) {
                Ok(not_needed) => notes.extend(not_needed),
                Err(error) => {
                    if error.kind() != ErrorKind::Interrupted {
                        self.undo_commands(&|ran| ran.order == step.order, asker)?;
                    }
                    let worktree = self.worktree()?;
                    let outside = worktree.ignored()?.changed_since(&ignored);
                    worktree.restore(&repo, before)?;
                    if !outside.is_empty() {
                        self.record(What::IgnoredChanged { order: step.order, paths: outside })?;
                    }
                    return Err(error);
                }
            }
        }
        let worktree = self.worktree()?;
        let changes = worktree.changes(&repo, tree)?;
        let mut outside: Vec<String> = changes.outside.into_iter().map(|o| o.path).collect();
        outside.extend(worktree.ignored()?.changed_since(&ignored));
        let tree = if changes.changes.is_empty() {
            tree.to_owned()
        } else {
            repo.write_tree(tree, &changes.changes)?
        };
        Ok(Ran { tree, outside, notes })
    }

    /// Runs a command. If its work is done already, it is not run, and this says why.
    fn run_command(
        &mut self,
        step: &Step,
        index: usize,
        command: &Command,
        time: Time,
    ) -> Result<Option<String>, Error> {
        let session = self.session;
        let secrets = session.core.secrets.and(&command.env);
        let line = secrets.hide_in_command(&command.argv);
        let (worktree, root) = (self.worktree()?.path().to_owned(), self.plan.root.clone());
        let record = self.process_record();
        let place = Place { session, worktree: &worktree, root: &root, record: &record };
        place.must_be_inside(&place.folder(command))?;
        if let Some(why) = place.is_done(command) {
            session.core.events.send(Event::CommandNotNeeded { command: line.clone(), why: why.clone() });
            return Ok(Some(format!("`{line}` was not run: {why}")));
        }
        session.core.events.send(Event::CommandStarted { command: line.clone() });
        self.record(What::CommandStarted {
            order: step.order,
            index,
            command: line.clone(),
            lasting: crate::commands::leaves_worktree(command),
            undo: Undo::of(command, &secrets),
        })?;
        if let Some(undo) = undo_of(command) {
            self.undos.insert((step.order, index), undo);
        }
        let began = Instant::now();
        let left = time.budget.saturating_sub(time.began.elapsed());
        let timeout = command.timeout_seconds.map_or(left, Duration::from_secs);
        let ran = process::run(&ProcessSpec { timeout, ..place.spec(command) }, &session.cancel.flag());
        let mut not_begun = false;
        let (how, output, ok) = match ran {
            Ok(output) => {
                let said = secrets.hide(&format!("{}{}", output.stdout, output.stderr));
                let how = match output.ended {
                    Ended::TimedOut(_) if command.timeout_seconds.is_none() => format!(
                        "{}, the time of its step\nhint: give the command its own `timeout_seconds`, or the step more time: planner.step_timeout_seconds",
                        Ended::TimedOut(time.budget)
                    ),
                    ended => ended.to_string(),
                };
                (how, said, output.ended.success())
            }
            Err(error) => {
                not_begun = true;
                (secrets.hide(&error.to_string()), String::new(), false)
            }
        };
        self.record(What::CommandEnded {
            order: step.order,
            index,
            ok,
            how: how.clone(),
            output: output.clone(),
            not_begun,
            milliseconds: super::steps::milliseconds(began),
        })?;
        if ok {
            return Ok(None);
        }
        if session.cancel.is_cancelled() {
            return Err(Error::Interrupted { run: None });
        }
        Err(Error::Command { command: line, how, output })
    }

    /// Takes back the commands that ran and are `meant`, the last one first. What cannot be taken back is written
    /// down with the reason, and keeps nothing else from being taken back.
    pub(crate) fn undo_commands(
        &mut self,
        meant: &dyn Fn(&RanCommand) -> bool,
        asker: &Asker,
    ) -> Result<(), Error> {
        let todo: Vec<RanCommand> = self
            .state
            .ran
            .iter()
            .rev()
            .filter(|ran| ran.ok == Some(true) && !ran.may_be_undone() && meant(ran))
            .cloned()
            .collect();
        for ran in todo {
            let problem = match &ran.undo {
                Undo::None => continue,
                Undo::Hidden => match self.undos.get(&(ran.order, ran.index)).cloned() {
                    Some(command) => self.undo_command(&ran, &command, asker).err(),
                    None => Some(
                        "its undo command holds a secret, which the record does not keep; run it by hand"
                            .to_owned(),
                    ),
                },
                Undo::Command(command) => self.undo_command(&ran, command, asker).err(),
            };
            self.record(What::CommandUndone { order: ran.order, index: ran.index, problem })?;
        }
        Ok(())
    }

    /// Takes back what commands did outside of the worktree before their steps are carried out once more elsewhere.
    pub(crate) fn undo_before_rebase(&mut self, asker: &Asker) -> Result<(), Error> {
        self.undo_commands(&|_| true, asker)?;
        let twice =
            self.state.ran.iter().filter(|ran| ran.ok == Some(true) && ran.lasting && !ran.may_be_undone());
        let notes: Vec<String> = twice
            .map(|ran| format!("`{}` of step {} may run a second time", ran.command, ran.order))
            .collect();
        self.notes.extend(notes);
        Ok(())
    }

    /// Runs an undo command, if it may run; else why not.
    fn undo_command(&mut self, ran: &RanCommand, undo: &Command, asker: &Asker) -> Result<(), String> {
        let session = self.session;
        let secrets = session.core.secrets.and(&undo.env);
        let line = secrets.hide_in_command(&undo.argv);
        if !self.may_undo(ran, undo, asker).map_err(|error| error.to_string())? {
            return Err(format!("nobody allowed `{line}`; run it by hand"));
        }
        let nowhere = |error: Error| format!("`{line}` has nowhere to run: {error}");
        let worktree = self.worktree().map_err(nowhere)?;
        worktree.ready().map_err(|error| nowhere(error.into()))?;
        let (worktree, root) = (worktree.path().to_owned(), self.plan.root.clone());
        let record = self.process_record();
        let place = Place { session, worktree: &worktree, root: &root, record: &record };
        place.must_be_inside(&place.folder(undo)).map_err(|error| error.to_string())?;
        let undoing = What::CommandUndoing { order: ran.order, index: ran.index };
        self.record(undoing).map_err(|error| error.to_string())?;
        session.core.events.send(Event::CommandStarted { command: line.clone() });
        // Whoever stopped the run wants it taken back all the same.
        match process::run(&place.spec(undo), &AtomicBool::new(false)) {
            Ok(output) if output.ended.success() => Ok(()),
            Ok(output) => {
                let said = secrets.hide(&format!("{}{}", output.stdout, output.stderr));
                Err(format!("`{line}` failed: {}\n{}", output.ended, said.trim_end()))
            }
            Err(error) => Err(secrets.hide(&error.to_string())),
        }
    }

    /// An undo command is judged as any other: that its step was allowed says nothing of it.
    fn may_undo(&self, ran: &RanCommand, undo: &Command, asker: &Asker) -> Result<bool, Error> {
        let class = crate::commands::risk(undo);
        if self.is_permitted(class) {
            return Ok(true);
        }
        let Some(step) = self.plan.steps.iter().find(|s| s.order == ran.order).filter(|_| asker.is_there())
        else {
            return Ok(false);
        };
        let mut step = step.clone();
        step.description = format!("take back `{}`", ran.command);
        let question = StepQuestion {
            total: self.plan.steps.len(),
            diff: String::new(),
            commands: vec![self.session.core.secrets.and(&undo.env).hide_in_command(&undo.argv)],
            destructive: class == RiskClass::Destructive,
            danger: self.danger_of(undo),
            dependents: Vec::new(),
            required: None,
            step,
        };
        Ok(asker.step(question)? == Answer::Yes)
    }
}

/// Where a step's commands run.
struct Place<'a> {
    session: &'a Session<'a>,
    worktree: &'a Path,
    /// The project's folder.
    root: &'a str,
    /// Where the process at work is written down.
    record: &'a Path,
}

impl Place<'_> {
    /// Why the command need not run, as its own probes say.
    fn is_done(&self, command: &Command) -> Option<String> {
        if let Some(creates) = &command.creates
            && RelPath::new(creates.clone()).is_ok_and(|path| {
                let path = self.folder(command).join(path.as_str());
                path.exists() && self.must_be_inside(&path).is_ok()
            })
        {
            return Some(format!("`{creates}` is there already"));
        }
        let unless = command.unless.as_ref()?;
        let probe =
            ProcessSpec { argv: unless.clone(), timeout: PROBE_TIMEOUT, on_line: None, ..self.spec(command) };
        // A probe that cannot be run has not said that the work is done.
        let done = process::run(&probe, &self.session.cancel.flag()).is_ok_and(|o| o.ended.success());
        done.then(|| {
            let secrets = self.session.core.secrets.and(&command.env);
            format!("`{}` says that it need not be", secrets.hide_in_command(unless))
        })
    }

    /// How a command is run, with the time of a step.
    fn spec(&self, command: &Command) -> ProcessSpec {
        let core = self.session.core;
        let settings = &core.settings;
        let (events, secrets) = (core.events.clone(), core.secrets.and(&command.env));
        let streamed = AtomicUsize::new(0);
        ProcessSpec {
            argv: command.argv.clone(),
            cwd: self.folder(command),
            env: process::environment(&core.environment, &settings.commands.env, &command.env),
            timeout: settings.planner.step_timeout(),
            output_limit: settings.commands.output_limit_bytes,
            record: Some(self.record.to_owned()),
            name: None,
            on_line: Some(Arc::new(move |stream, line| {
                let before = streamed.fetch_add(line.len() + 1, Ordering::Relaxed);
                if before < STREAMED {
                    events.send(Event::CommandOutput { stream, line: secrets.hide(line) });
                    if before + line.len() + 1 >= STREAMED {
                        let line = "… what follows is not shown here; its end is in the result".to_owned();
                        events.send(Event::CommandOutput { stream, line });
                    }
                }
            })),
        }
    }

    /// A command does not start in a folder that leads out of the worktree through a symbolic link.
    fn must_be_inside(&self, folder: &Path) -> Result<(), Error> {
        let real = |path: &Path| {
            path.canonicalize().map_err(|error| {
                Error::Refused(format!("the command's folder {} cannot be used: {error}", path.display()))
            })
        };
        if real(folder)?.starts_with(real(self.worktree)?) {
            return Ok(());
        }
        Err(Error::Refused(format!("the command's folder {} leads out of the worktree", folder.display())))
    }

    fn folder(&self, command: &Command) -> PathBuf {
        let folder = if command.cwd.is_empty() { self.root } else { &command.cwd };
        if folder.is_empty() { self.worktree.to_owned() } else { self.worktree.join(folder) }
    }
}
