//! Questions on a terminal.

use std::io::{BufRead as _, IsTerminal as _};

use aksara_protocol::StepOrder;
use aksara_protocol::outcome::Manual;
use aksara_runtime::{Answer, Approver, ChangedStep, StepQuestion, UntrustedTemplate};
use async_trait::async_trait;

use crate::{output, render};

/// Whether there is a person to ask.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks on the terminal.
pub(crate) struct Terminal {
    /// Every question that does not destroy anything is answered with yes.
    pub(crate) yes: bool,
}

#[async_trait]
impl Approver for Terminal {
    async fn approve_step(&self, question: &StepQuestion) -> Answer {
        if self.yes && !question.destructive {
            return Answer::Yes;
        }
        output::talk(&format!(
            "\nStep {}/{}: {}",
            question.step.order, question.total, question.step.description
        ));
        if !question.diff.is_empty() {
            output::talk(render::diff(&question.diff).trim_end());
        }
        for command in &question.commands {
            output::talk(&format!("  runs: {command}"));
        }
        if let (None, [_, ..]) = (&question.required, question.dependents.as_slice()) {
            let needing: Vec<String> = question.dependents.iter().map(ToString::to_string).collect();
            let steps = if needing.len() == 1 { "step" } else { "steps" };
            output::talk(&format!("  skipping it skips {steps} {} too", needing.join(", ")));
        }
        if let Some(danger) = &question.danger {
            output::warning(danger);
        }
        loop {
            let Some(answer) = ask("Execute this step? [y/N/s(kip)/q(uit)] ").await else {
                return Answer::Quit;
            };
            match answer.as_str() {
                "y" | "yes" => return Answer::Yes,
                "" | "n" | "no" => return Answer::No,
                "s" | "skip" => match &question.required {
                    None => return Answer::Skip,
                    Some(why) => output::talk(&format!("this step cannot be left out: {why}")),
                },
                "q" | "quit" => return Answer::Quit,
                _ => output::talk(
                    "y carries the step out; n gives the run up, and nothing lands; s leaves the step out, with those that need it; q stops here, to go on later",
                ),
            }
        }
    }

    async fn approve_changed(&self, changed: &[ChangedStep]) -> bool {
        let edited = changed.iter().all(|step| step.plan_edited);
        output::warning(match edited {
            true => "the plan was edited; these steps do something else than it shows:",
            false => {
                "the project changed since the plan was made, or its Django, settings or plugins did; these steps would do something else now:"
            }
        });
        for step in changed {
            output::talk(&format!("\nStep {}: {}\nThe plan showed:", step.order, step.description));
            output::talk(render::diff(&step.planned).trim_end());
            output::talk("It would do now:");
            output::talk(render::diff(&step.now).trim_end());
        }
        let what = if edited { "the edited plan" } else { "the new changes" };
        yes_or_no(&format!("Go on with {what}? [y/N] ")).await
    }

    async fn approve_template(&self, template: &UntrustedTemplate) -> bool {
        output::warning(&format!(
            "the template `{}` belongs to this repository ({}), which you have not trusted; see `aksara trust --show`",
            output::printable(&template.name),
            output::printable(&template.folder)
        ));
        yes_or_no("Carry its plan out all the same, this once? [y/N] ").await
    }

    async fn confirm_manual(&self, order: StepOrder, manual: &Manual) -> bool {
        output::talk(&format!("\nStep {order} has to be done by hand:\n  {}", manual.instructions));
        if let Some(evidence) = &manual.evidence {
            output::talk(&format!("  evidence: {evidence}"));
        }
        yes_or_no("Is it done? [y/N] ").await
    }
}

/// Asks a question that is answered with yes or no; no is the default.
pub(crate) async fn yes_or_no(question: &str) -> bool {
    matches!(ask_line(question).await.as_str(), "y" | "yes")
}

/// Asks for a line. An end of input is an empty line.
pub(crate) async fn ask_line(question: &str) -> String {
    ask(question).await.unwrap_or_default()
}

/// Asks for a line; `None` at the end of input.
async fn ask(question: &str) -> Option<String> {
    output::ask(question);
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        // Unreadable input is no answer, and no answer is never a yes.
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(read) if read > 0 => Some(line),
            _ => None,
        }
    });
    line.await.ok().flatten().map(|line| line.trim().to_lowercase())
}
