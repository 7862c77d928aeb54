//! `create_test`: a test module from a body and the project's facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ProjectFacts, TestLayout};
use aksara_sdk::protocol::params::CreateTest as Params;
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, StepInput, params,
};
use serde_json::{Value, json};

use super::{placement, scope};
use crate::{layout, render};

/// Renders a body at the step's snapshot and puts the module where the app keeps its tests.
pub struct CreateTest;

impl Executor for CreateTest {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_test".into(),
            summary: "Writes a test module from a template's body and the project's facts.".to_owned(),
            params: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "additionalProperties": false,
                "required": ["model", "name", "body"],
                "properties": {
                    "model": {
                        "type": "string",
                        "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                        "description": "The model that the tests are about, as `app.Model`; its app is where they go."
                    },
                    "name": {
                        "type": "string",
                        "pattern": "^[a-z][a-z0-9_]*$",
                        "description": "What the tests are about, in snake case: the module is `test_<name>`."
                    },
                    "body": {
                        "type": "string",
                        "minLength": 1,
                        "description": "The module as minijinja source. It sees name, context, model, app, project and facts."
                    },
                    "context": {
                        "type": "object",
                        "description": "What the template adds; labels of models in it (`app.Model`) make those models' apps known to the body."
                    }
                }
            }),
            effects: vec![Effect::Edit],
            examples: Vec::new(),
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let test = read(step)?;
        let facts = Arc::new(facts_for(&test, cx)?);
        let values = scope::values(&facts, &test)?;
        let label = test.model.split('.').next().unwrap_or_default();
        let app = facts.app(label).ok_or_else(|| {
            Diagnostic::new(codes::NOT_FOUND, format!("there is no app `{label}` in the project"))
                .with_help(format!("its apps are: {}", facts.app_labels.join(", ")))
        })?;
        let mut env = render::environment()?;
        scope::install(&mut env, &facts);
        let text = layout::tidy(&render::render(&env, &test.body, values)?, &facts.style);
        let place = placement::placement(app, &test.name)?;

        if let Some(there) = cx.read(&place.file)? {
            if there.text == text {
                return Ok(Outcome::noop(format!("`{}` is already there, with this content", place.file)));
            }
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("`{}` is already there, with other tests in it", place.file),
            )
            .with_help("give the step another `name`, or rename that file"));
        }
        let mut edits = vec![Edit::Create { path: place.file.clone(), text, executable: false }];
        let mut notes = Vec::new();
        if let Some(package) = &place.package
            && cx.read(package)?.is_none()
        {
            edits.push(Edit::Create { path: package.clone(), text: String::new(), executable: false });
        }
        if let Some(stub) = &place.stub
            && let Some(file) = cx.read(stub)?
        {
            edits.push(Edit::Delete { path: stub.clone(), base: file.blob });
            notes.push(Note::info(format!(
                "`{stub}` had no test in it and would hide the package of the same name: it is deleted"
            )));
        }
        if app.tests.layout == TestLayout::Outside {
            notes.push(Note::info(format!("the project keeps its tests outside the apps: `{}`", place.file)));
        }
        Ok(Outcome { edits, file: Some(place.file), notes, ..Outcome::default() })
    }
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let test: Params = params(&step.params)?;
    let snake = test.name.starts_with(|c: char| c.is_ascii_lowercase())
        && test.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !snake {
        return Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{}` cannot name a test module", test.name.chars().take(80).collect::<String>()),
        )
        .with_help("use lower case letters, digits and `_`, such as `tagging`"));
    }
    Ok(test)
}

/// The facts of every app that the test is about: the model's, those of models that the context names, the user
/// model's, and those that required relations lead to.
fn facts_for(test: &Params, cx: &Context<'_>) -> Result<ProjectFacts, Diagnostic> {
    let mut wanted: BTreeSet<String> = app_of(&test.model).into_iter().collect();
    for value in test.context.values() {
        collect_apps(value, &mut wanted);
    }
    loop {
        let labels: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let facts = cx.facts(&labels)?;
        let related = facts.apps.iter().flat_map(|a| &a.models).flat_map(|m| &m.fields).filter_map(|f| f.relation.as_ref());
        let more: BTreeSet<String> = related
            .map(|r| r.to.as_str())
            .chain([facts.settings.auth_user_model.as_str()])
            .filter_map(app_of)
            .filter(|app| facts.app_labels.contains(app) && !wanted.contains(app))
            .collect();
        if more.is_empty() {
            return Ok(facts);
        }
        wanted.extend(more);
    }
}

fn collect_apps(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => into.extend(app_of(text)),
        Value::Array(items) => items.iter().for_each(|v| collect_apps(v, into)),
        Value::Object(map) => map.values().for_each(|v| collect_apps(v, into)),
        _ => {}
    }
}

/// The app of a text that looks like `app.Model`.
fn app_of(text: &str) -> Option<String> {
    let (app, model) = text.split_once('.')?;
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    (word(app) && word(model)).then(|| app.to_owned())
}
