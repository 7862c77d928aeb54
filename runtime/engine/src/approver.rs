//! Questions to a person, and the bridge from a working thread to whoever answers.

use std::sync::Arc;

use aksara_protocol::outcome::Manual;
use aksara_protocol::{Step, StepOrder};
use async_trait::async_trait;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::preview::Verdict;

/// Answers the questions of a run. A host's dialog, a terminal's prompt, a test's script.
#[async_trait]
pub trait Approver: Send + Sync {
    /// May this step be carried out? Asked for every step of an interactive run, for destructive ones, and for
    /// commands that would undo what a step's command did; then there is no diff.
    async fn approve_step(&self, question: &StepQuestion) -> Answer;

    /// The project changed since the plan was made, or the plan was edited, and these steps would do something else than
    /// it shows. Go on?
    async fn approve_changed(&self, changed: &[ChangedStep]) -> bool;

    /// The plan's template came with a repository that is not trusted. Carry the plan out all the same, this once?
    async fn approve_template(&self, template: &UntrustedTemplate) -> bool {
        let _ = template;
        false
    }

    /// A person has to do something by hand. Is it done?
    async fn confirm_manual(&self, order: StepOrder, manual: &Manual) -> bool;
}

/// May this step be carried out?
#[derive(Clone, Debug)]
pub struct StepQuestion {
    /// The step, with its preview.
    pub step: Step,
    /// How many steps the plan has.
    pub total: usize,
    /// What it would change now.
    pub diff: String,
    /// The commands that it would run, as they would be typed.
    pub commands: Vec<String>,
    /// Whether something would be lost that cannot be brought back, as far as is known.
    pub destructive: bool,
    /// What may be lost, and why that is thought, for people; absent if it is not `destructive`.
    pub danger: Option<String>,
    /// The steps that are left out with this one, because they need it.
    pub dependents: Vec<StepOrder>,
    /// Why it cannot be left out: [`Answer::Skip`] is refused with this reason.
    pub required: Option<String>,
}

/// An answer to a [`StepQuestion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Carry it out.
    Yes,
    /// Do not, and land nothing.
    No,
    /// Leave it out, with the steps that depend on it (see [`StepQuestion::dependents`]).
    Skip,
    /// Stop here; the run can be resumed.
    Quit,
}

/// A template that came with a repository that is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntrustedTemplate {
    /// Its name.
    pub name: String,
    /// The folder that it is in.
    pub folder: String,
}

/// A step that would do something else now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedStep {
    /// Which.
    pub order: StepOrder,
    /// What it is.
    pub description: String,
    /// What the plan showed.
    pub planned: String,
    /// What it would do now.
    pub now: String,
    /// Whether that is since somebody edited the plan, and not since the project changed.
    pub plan_edited: bool,
}

impl ChangedStep {
    /// The step, if that is the verdict.
    pub(crate) fn of(step: &Step, verdict: Verdict) -> Option<Self> {
        let Verdict::Changed { planned, now } = verdict else { return None };
        let (order, description) = (step.order, step.description.clone());
        Some(Self { order, description, planned, now, plan_edited: false })
    }
}

enum Question {
    Step(Box<StepQuestion>, std::sync::mpsc::Sender<Answer>),
    Changed(Vec<ChangedStep>, std::sync::mpsc::Sender<bool>),
    Template(UntrustedTemplate, std::sync::mpsc::Sender<bool>),
    Manual(StepOrder, Manual, std::sync::mpsc::Sender<bool>),
}

/// How a working thread asks.
#[derive(Clone)]
pub(crate) struct Asker(Option<UnboundedSender<Question>>);

impl Asker {
    /// For work that nobody is asked about.
    pub(crate) fn nobody() -> Self {
        Self(None)
    }

    /// Whether there is somebody to ask.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn step(&self, question: StepQuestion) -> Result<Answer, Error> {
        self.ask(|reply| Question::Step(Box::new(question), reply))
    }

    pub(crate) fn changed(&self, changed: Vec<ChangedStep>) -> Result<bool, Error> {
        self.ask(|reply| Question::Changed(changed, reply))
    }

    pub(crate) fn template(&self, template: UntrustedTemplate) -> Result<bool, Error> {
        self.ask(|reply| Question::Template(template, reply))
    }

    pub(crate) fn manual(&self, order: StepOrder, manual: Manual) -> Result<bool, Error> {
        self.ask(|reply| Question::Manual(order, manual, reply))
    }

    fn ask<T>(&self, question: impl FnOnce(std::sync::mpsc::Sender<T>) -> Question) -> Result<T, Error> {
        let sender = self.0.as_ref().ok_or(Error::NoApprover)?;
        let (reply, answer) = std::sync::mpsc::channel();
        // Both ends only break when the future that drives them is dropped, which is a cancellation.
        sender.send(question(reply)).map_err(|_| Error::Interrupted { run: None })?;
        answer.recv().map_err(|_| Error::Interrupted { run: None })
    }
}

/// Runs `work` on a thread of its own and answers its questions here, until it is done.
///
/// Dropping the future, or cancelling `token`, makes the work stop at its next checkpoint.
pub(crate) async fn work<T, F>(
    approver: Option<Arc<dyn Approver>>,
    token: Option<tokio_util::sync::CancellationToken>,
    cancel: Cancel,
    job: F,
) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce(&Asker) -> Result<T, Error> + Send + 'static,
{
    let (sender, mut questions): (_, UnboundedReceiver<Question>) = unbounded_channel();
    let asker = Asker(approver.is_some().then_some(sender));
    let (done, mut result) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("aksara-work".to_owned())
        .stack_size(16 * 1024 * 1024)
        .spawn(move || {
            // Nobody may be waiting any more; then the result is not wanted.
            let _ = done.send(job(&asker));
        })
        .map_err(|e| Error::Internal(format!("no thread could be started: {e}")))?;
    let _guard = CancelOnDrop(cancel.clone());
    let token = token.unwrap_or_default();
    let mut asked_to_stop = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut result => {
                return ended.unwrap_or_else(|_| Err(Error::Internal("a worker thread died".to_owned())));
            }
            () = token.cancelled(), if !asked_to_stop => {
                asked_to_stop = true;
                cancel.cancel();
            }
            Some(question) = questions.recv() => {
                if let Some(approver) = &approver {
                    tokio::select! {
                        biased;
                        // The question is dropped unanswered, which the worker takes as the order to stop.
                        () = token.cancelled(), if !asked_to_stop => {
                            asked_to_stop = true;
                            cancel.cancel();
                        }
                        () = answer(approver.as_ref(), question) => {}
                    }
                }
            }
        }
    }
}

async fn answer(approver: &dyn Approver, question: Question) {
    // A worker that is gone does not want the answer.
    match question {
        Question::Step(question, reply) => {
            let _ = reply.send(approver.approve_step(&question).await);
        }
        Question::Changed(changed, reply) => {
            let _ = reply.send(approver.approve_changed(&changed).await);
        }
        Question::Template(template, reply) => {
            let _ = reply.send(approver.approve_template(&template).await);
        }
        Question::Manual(order, manual, reply) => {
            let _ = reply.send(approver.confirm_manual(order, &manual).await);
        }
    }
}

struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
