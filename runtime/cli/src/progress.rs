//! What happens, a line at a time, on standard error.

use std::collections::BTreeMap;

use aksara_protocol::{Plan, StepOrder};
use aksara_runtime::{AgentRuntime, Event};
use tokio::sync::oneshot;

use crate::{output, render};

/// Which steps are shown when they begin.
pub(crate) enum Steps {
    /// All, with the files that each changes.
    Of(BTreeMap<StepOrder, String>),
    /// None: a question is asked about each, under its name.
    Asked,
}

impl Steps {
    /// The steps of a plan.
    pub(crate) fn of(plan: &Plan) -> Self {
        Steps::Of(plan.steps.iter().map(|step| (step.order, render::files_of(step))).collect())
    }
}

/// Shows what a runtime does from now on, until [`Shown::finish`] or until the returned handle is dropped.
pub(crate) fn show(runtime: &AgentRuntime, steps: Steps) -> Shown {
    let mut events = runtime.events();
    let (stop, mut stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        loop {
            let event = tokio::select! {
                biased;
                event = events.recv() => event,
                // What was sent before is shown before.
                _ = &mut stopped => events.try_recv().ok(),
            };
            let Some(event) = event else { return };
            if let Some(line) = line(&event, &steps) {
                output::talk(&line);
            }
        }
    });
    Shown { task, stop: Some(stop) }
}

/// Progress is shown as long as this lives.
pub(crate) struct Shown {
    task: tokio::task::JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl Shown {
    /// Shows what is left, and ends.
    pub(crate) async fn finish(mut self) {
        drop(self.stop.take());
        // A task that panicked has nothing left to show.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn line(event: &Event, steps: &Steps) -> Option<String> {
    Some(match event {
        Event::RunOpened { run, .. } => format!("run {run}"),
        Event::StepStarted { order, total, description } => {
            let Steps::Of(files) = steps else { return None };
            let files = files.get(order).filter(|files| !files.is_empty());
            let place = files.map(|files| format!(": {files}")).unwrap_or_default();
            format!("[{order}/{total}] {}{place}", render::clean(description))
        }
        Event::CommandStarted { command } => format!("      $ {}", one_line(command)),
        Event::CommandOutput { line, .. } => format!("      | {}", render::clean(line)),
        Event::CommandNotNeeded { command, why } => {
            format!("      $ {} (not run: {})", one_line(command), render::clean(why))
        }
        Event::Checking { what } => format!("checking: {what}"),
        Event::Rebasing { commit } => format!("the branch moved: carrying out the steps again on {commit}"),
        Event::Landing => "landing".to_owned(),
        _ => return None,
    })
}

/// A command may be a script of many lines.
fn one_line(command: &str) -> String {
    match command.trim().split_once('\n') {
        Some((first, _)) => format!("{} …", render::clean(first)),
        None => render::clean(command),
    }
}
