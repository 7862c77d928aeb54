//! `manual`: something that only a person can do.

use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::outcome;
use aksara_sdk::protocol::params::ManualStep;
use aksara_sdk::{Context, Diagnostic, Effect, Example, Executor, ExecutorInfo, Outcome, StepInput, params};
use serde_json::json;

/// Shows instructions and waits for a person to confirm. Unattended runs stop there.
pub struct Manual;

impl Executor for Manual {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "*".to_owned(),
            step_type: "manual".into(),
            summary: "Asks a person to do something and to confirm it.".to_owned(),
            params: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "additionalProperties": false,
                "required": ["instructions"],
                "properties": {
                    "instructions": {
                        "type": "string",
                        "minLength": 1,
                        "description": "What to do, in full sentences, with every command or address that is needed."
                    },
                    "evidence": {
                        "type": "string",
                        "minLength": 1,
                        "description": "What to show or note as evidence that it was done."
                    }
                }
            }),
            effects: vec![Effect::Manual],
            examples: vec![Example {
                title: "A key that only a person can get".to_owned(),
                params: match json!({
                    "instructions": "Create an API key at the mail provider and put it into MAIL_API_KEY of .env.",
                    "evidence": "The name of the key."
                }) {
                    serde_json::Value::Object(map) => map,
                    _ => serde_json::Map::new(),
                },
                ..Example::default()
            }],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, _cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let ManualStep { instructions, evidence } = read(step)?;
        Ok(Outcome { manual: Some(outcome::Manual { instructions, evidence }), ..Outcome::default() })
    }
}

fn read(step: &StepInput) -> Result<ManualStep, Diagnostic> {
    let manual: ManualStep = params(&step.params)?;
    if manual.instructions.trim().is_empty() {
        return Err(Diagnostic::new(codes::BAD_PARAMS, "a manual step has no instructions")
            .with_help("say in `instructions` what the person is to do"));
    }
    Ok(manual)
}

#[cfg(test)]
mod tests {
    use aksara_sdk::testing::TestProject;

    use super::*;

    #[test]
    fn instructions_reach_the_outcome() {
        let mut project = TestProject::new(None);
        let outcome = project
            .apply(&Manual, "manual", json!({"instructions": "Call them.", "evidence": "Their answer"}))
            .unwrap();
        let manual = outcome.manual.unwrap();
        assert_eq!(manual.instructions, "Call them.");
        assert_eq!(manual.evidence.as_deref(), Some("Their answer"));
        assert!(outcome.edits.is_empty() && outcome.commands.is_empty());
    }

    #[test]
    fn a_step_that_says_nothing_is_refused() {
        let project = TestProject::new(None);
        for params in [json!({}), json!({"instructions": " \n"}), json!({"instructions": "x", "who": "me"})] {
            let error = project.execute(&Manual, "manual", params).unwrap_err();
            assert_eq!(error.code, codes::BAD_PARAMS);
        }
    }
}
