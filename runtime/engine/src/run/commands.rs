//! Running the commands of a step, in the run's worktree, and finding out what they changed.

use std::time::Duration;

use aksara_protocol::Step;
use aksara_protocol::command::Command;

use super::Run;
use crate::error::Error;
use crate::events::Event;
use crate::process::{self, ProcessSpec};

/// How long a probe may take that says whether a command need not run.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a step's commands left behind.
pub(crate) struct Ran {
    /// The tree with everything that they changed.
    pub(crate) tree: String,
    /// What they changed that no tree of ours can hold.
    pub(crate) outside: Vec<String>,
}

impl Run<'_> {
    /// Runs `commands` on `tree`. If one fails, the worktree is as it was at `before`.
    pub(crate) fn run_commands(
        &mut self,
        step: &Step,
        commands: &[Command],
        before: &str,
        tree: &str,
    ) -> Result<Ran, Error> {
        let repo = std::sync::Arc::clone(&self.session.repo);
        let session = self.session;
        let root = self.plan.root.clone();
        let record = self.process_record();
        let worktree = self.worktree()?;
        worktree.sync(&repo, before, tree)?;
        worktree.ready()?;
        let ignored = worktree.ignored()?;
        for command in commands {
            let line = command.argv.join(" ");
            session.core.events.send(Event::CommandStarted { command: line.clone() });
            must_be_inside(worktree.path(), &folder(worktree.path(), &root, command))?;
            if is_done(session, worktree.path(), &root, command, &record)? {
                continue;
            }
            let mut spec = spec(session, worktree.path(), &root, command, step);
            spec.record = Some(record.clone());
            let failed = match process::run(&spec, &session.cancel.flag()) {
                Ok(output) if output.ended.success() => None,
                Ok(output) => Some((output.ended.to_string(), format!("{}{}", output.stdout, output.stderr))),
                Err(error) => Some((error.to_string(), String::new())),
            };
            if let Some((how, output)) = failed {
                worktree.restore(&repo, before)?;
                if session.cancel.is_cancelled() {
                    return Err(Error::Interrupted { run: None });
                }
                return Err(Error::Command { command: line, how, output });
            }
        }
        let changes = worktree.changes(&repo, tree)?;
        let mut outside: Vec<String> = changes.outside.into_iter().map(|o| o.path).collect();
        outside.extend(worktree.ignored()?.changed_since(&ignored));
        let tree = if changes.changes.is_empty() {
            tree.to_owned()
        } else {
            repo.write_tree(tree, &changes.changes)?
        };
        Ok(Ran { tree, outside })
    }
}

/// Whether the command's own probes say that it need not run.
fn is_done(
    session: &crate::session::Session<'_>,
    worktree: &std::path::Path,
    root: &str,
    command: &Command,
    record: &std::path::Path,
) -> Result<bool, Error> {
    if let Some(creates) = &command.creates
        && aksara_protocol::RelPath::new(creates.clone()).is_ok_and(|path| {
            let path = folder(worktree, root, command).join(path.as_str());
            path.exists() && must_be_inside(worktree, &path).is_ok()
        })
    {
        return Ok(true);
    }
    let Some(unless) = &command.unless else { return Ok(false) };
    let probe = ProcessSpec {
        argv: unless.clone(),
        timeout: PROBE_TIMEOUT,
        record: Some(record.to_owned()),
        ..process_spec(session, worktree, root, command)
    };
    // A probe that cannot be run has not said that the work is done.
    Ok(process::run(&probe, &session.cancel.flag()).is_ok_and(|output| output.ended.success()))
}

fn spec(
    session: &crate::session::Session<'_>,
    worktree: &std::path::Path,
    root: &str,
    command: &Command,
    step: &Step,
) -> ProcessSpec {
    let seconds = command.timeout_seconds.or(step.timeout_seconds);
    let mut spec = process_spec(session, worktree, root, command);
    if let Some(seconds) = seconds {
        spec.timeout = Duration::from_secs(seconds);
    }
    spec
}

fn process_spec(
    session: &crate::session::Session<'_>,
    worktree: &std::path::Path,
    root: &str,
    command: &Command,
) -> ProcessSpec {
    let settings = &session.core.settings;
    ProcessSpec {
        argv: command.argv.clone(),
        cwd: folder(worktree, root, command),
        env: process::environment(&session.core.environment, &settings.commands.env, &command.env),
        timeout: settings.planner.step_timeout(),
        output_limit: settings.commands.output_limit_bytes,
        on_line: None,
        record: None,
    }
}

/// A command does not start in a folder that leads out of the worktree through a symbolic link.
fn must_be_inside(worktree: &std::path::Path, folder: &std::path::Path) -> Result<(), Error> {
    let real = |path: &std::path::Path| {
        path.canonicalize().map_err(|source| Error::Io {
            what: "the command's folder cannot be used:",
            path: path.to_owned(),
            source,
        })
    };
    if real(folder)?.starts_with(real(worktree)?) {
        return Ok(());
    }
    Err(Error::Refused(format!("the command's folder {} leads out of the worktree", folder.display())))
}

fn folder(worktree: &std::path::Path, root: &str, command: &Command) -> std::path::PathBuf {
    let folder = if command.cwd.is_empty() { root } else { &command.cwd };
    if folder.is_empty() { worktree.to_owned() } else { worktree.join(folder) }
}
