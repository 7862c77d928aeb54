//! What happens, a line at a time, on standard error.

use aksara_runtime::{AgentRuntime, Event};

use crate::output;

/// Shows what a runtime does from now on, until the returned handle is dropped.
pub(crate) fn show(runtime: &AgentRuntime) -> Shown {
    let mut events = runtime.events();
    Shown(tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let Some(line) = line(&event) {
                output::talk(&line);
            }
        }
    }))
}

/// Progress is shown as long as this lives.
pub(crate) struct Shown(tokio::task::JoinHandle<()>);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunOpened { run, .. } => format!("run {run}"),
        Event::StepStarted { order, total, description } => format!("[{order}/{total}] {description}"),
        Event::StepSkipped { order, why } => format!("[{order}] left out: {why}"),
        Event::CommandStarted { command } => format!("      $ {command}"),
        Event::Checking { what } => format!("checking: {what}"),
        Event::Rebasing { commit } => format!("the branch moved: carrying out the steps again on {commit}"),
        Event::Landing => "landing".to_owned(),
        _ => return None,
    })
}
