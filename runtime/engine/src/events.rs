//! Progress, for whoever wants to show it.

use std::sync::{Arc, Mutex, PoisonError};

use aksara_protocol::StepOrder;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::process::Stream;
use crate::run_id::RunId;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A run began or goes on.
    RunOpened {
        /// Which.
        run: RunId,
        /// How many steps its plan has.
        steps: usize,
    },
    /// A step begins.
    StepStarted {
        /// Which.
        order: StepOrder,
        /// How many there are.
        total: usize,
        /// What it is.
        description: String,
    },
    /// A step is done and has its checkpoint.
    StepDone {
        /// Which.
        order: StepOrder,
        /// The checkpoint's commit.
        commit: String,
        /// Whether it changed anything.
        changed: bool,
        /// How long it took, in milliseconds.
        milliseconds: u64,
    },
    /// A step was left out.
    StepSkipped {
        /// Which.
        order: StepOrder,
        /// Why.
        why: String,
    },
    /// A step failed; its changes never happened.
    StepFailed {
        /// Which.
        order: StepOrder,
        /// Why.
        error: String,
    },
    /// A command of a step begins.
    CommandStarted {
        /// As it would be typed, without secrets.
        command: String,
    },
    /// A command printed a line.
    CommandOutput {
        /// Where to.
        stream: Stream,
        /// The line, without secrets.
        line: String,
    },
    /// A command was not run, because its work is done already.
    CommandNotNeeded {
        /// As it would be typed.
        command: String,
        /// What says so.
        why: String,
    },
    /// The framework looks at the result.
    Checking {
        /// What it looks at.
        what: String,
    },
    /// A check ended.
    Checked {
        /// Which.
        name: String,
        /// Whether it passed.
        ok: bool,
    },
    /// The user's branch moved meanwhile: the steps are run again on its new head.
    Rebasing {
        /// The new head.
        commit: String,
    },
    /// The result is on its way to the user.
    Landing,
    /// The result is there.
    Landed {
        /// The commit.
        commit: String,
        /// The branch.
        branch: String,
    },
    /// Something to know.
    Note {
        /// One sentence.
        text: String,
    },
}

/// Everybody who listens.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<UnboundedSender<Event>>>>);

impl Events {
    pub(crate) fn subscribe(&self) -> UnboundedReceiver<Event> {
        let (sender, receiver) = unbounded_channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    pub(crate) fn send(&self, event: Event) {
        // A listener that is gone is forgotten.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|s| s.send(event.clone()).is_ok());
    }
}
