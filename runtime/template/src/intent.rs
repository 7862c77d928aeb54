//! From what a script answers to intents: the steps of a plan before any executor has seen them.
//!
//! Parameters of the shipped step types are checked here against the protocol's types, so that a mistake is
//! told by its place in the answer and the line that made the step. Those of other types (`step::any`) are
//! their executor's to check.

use aksara_protocol::JsonMap;
use aksara_protocol::command::Command;
use aksara_protocol::params::{
    CreateApp, CreateMigration, CreateModel, CreateModule, CreateRoute, CreateSerializer, CreateTest,
    CreateViewset, ManualStep, ModifyFile, ModifyModel, ModifySerializer, ModifyTest, ModifyViewset,
};
use rhai::Dynamic;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::describe::describe;
use crate::error::{Place, Report, TemplateError};
use crate::nearest::nearest;
use crate::sandbox::Sources;
use crate::script::TYPES;

/// What a template gives for its parameters and a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TemplatePlan {
    /// What the plan does, in a few words, if the script says it; the template's title stands for it otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The steps, in order.
    pub intents: Vec<Intent>,
    /// What to look at before running it.
    pub warnings: Vec<String>,
    /// What must be true before.
    pub prerequisites: Vec<String>,
    /// Packages that its code needs where the project runs, such as `pyotp>=2.9`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// What may go wrong.
    pub risks: Vec<String>,
    /// How to see that it worked.
    pub success_criteria: Vec<String>,
    /// For a reader's orientation.
    pub estimated_time: Option<String>,
    /// What the script asked of the project's facts, sorted: the plan depends on the answers.
    pub asked: Vec<String>,
}

/// A step before any executor has seen it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Intent {
    /// What kind of work.
    pub step_type: String,
    /// A short name, if the script gives one.
    pub name: Option<String>,
    /// One line for people.
    pub description: String,
    /// The parameters; of shipped types in the order in which the protocol declares them.
    pub params: JsonMap,
    /// Indices of steps that must be done before, besides those that follow from what a step reads.
    pub after: Vec<usize>,
    /// For a reader's orientation.
    pub estimated_time: Option<String>,
    /// What must be true before.
    pub prerequisites: Vec<String>,
    /// What may go wrong.
    pub risks: Vec<String>,
    /// Who can review it.
    pub required_skills: Vec<String>,
    /// Its parts, for people.
    pub subtasks: Vec<String>,
    /// After how many seconds it fails.
    pub timeout_seconds: Option<u64>,
    /// Anything that a host wants to keep with the step.
    pub context: JsonMap,
    /// The file that the step is about, where its executor does not say.
    pub file: Option<String>,
    /// The line of the script that made it.
    pub position: Option<(String, u32)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default)]
    title: Option<String>,
    steps: Vec<Value>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    prerequisites: Vec<String>,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    risks: Vec<String>,
    #[serde(default)]
    success_criteria: Vec<String>,
    #[serde(default)]
    estimated_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    #[serde(rename = "type")]
    step_type: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    params: JsonMap,
    #[serde(default)]
    after: Vec<After>,
    #[serde(default)]
    estimated_time: Option<String>,
    #[serde(default)]
    prerequisites: Vec<String>,
    #[serde(default)]
    risks: Vec<String>,
    #[serde(default)]
    required_skills: Vec<String>,
    #[serde(default)]
    subtasks: Vec<String>,
    #[serde(default)]
    timeout_seconds: Option<u64>,
    #[serde(default)]
    context: JsonMap,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    position: Option<RawPosition>,
    #[serde(default)]
    open: bool,
}

/// An earlier step: its index from 0, or its name.
#[derive(Deserialize)]
#[serde(untagged)]
enum After {
    Index(usize),
    Name(String),
}

#[derive(Deserialize)]
struct RawPosition {
    file: String,
    line: u32,
}

/// A place in the answer, and what is wrong there.
struct Fault {
    path: String,
    problem: String,
}

/// What `plan` returned.
pub(crate) fn from_script(
    answer: &Dynamic,
    main: &str,
    sources: &Sources<'_>,
) -> Result<TemplatePlan, TemplateError> {
    let value: Value = rhai::serde::from_dynamic(answer).map_err(|error| TemplateError::BadResult {
        path: "plan(p)".to_owned(),
        report: Report::new(error.to_string(), Place::file(main)),
    })?;
    from_json(without_nulls(value), main, sources)
}

/// A list of steps, or a map with `steps` and what is said of the plan as a whole.
pub(crate) fn from_json(
    value: Value,
    main: &str,
    sources: &Sources<'_>,
) -> Result<TemplatePlan, TemplateError> {
    let bad = |fault: Fault, position: Option<&RawPosition>| TemplateError::BadResult {
        path: fault.path,
        report: Report::new(fault.problem, place(position, main, sources)),
    };
    let answer = match value {
        Value::Array(steps) => Answer {
            title: None,
            steps,
            warnings: Vec::new(),
            prerequisites: Vec::new(),
            packages: Vec::new(),
            risks: Vec::new(),
            success_criteria: Vec::new(),
            estimated_time: None,
        },
        Value::Object(_) => parse(value, "plan(p)").map_err(|fault| bad(fault, None))?,
        other => {
            let problem = format!("a plan is a list of steps, or a map with `steps`; this is {other}");
            return Err(bad(Fault { path: "plan(p)".to_owned(), problem }, None));
        }
    };
    let mut intents: Vec<Intent> = Vec::with_capacity(answer.steps.len());
    for (index, step) in answer.steps.into_iter().enumerate() {
        let path = format!("steps[{index}]");
        // Where the step was made is wanted most when the rest of it is wrong.
        let position: Option<RawPosition> =
            step.get("position").and_then(|p| RawPosition::deserialize(p).ok()).filter(|p| p.line > 0);
        let intent = intent(step, &path, &intents).map_err(|fault| bad(fault, position.as_ref()))?;
        intents.push(intent);
    }
    Ok(TemplatePlan {
        title: answer.title,
        intents,
        warnings: answer.warnings,
        prerequisites: answer.prerequisites,
        packages: answer.packages,
        risks: answer.risks,
        success_criteria: answer.success_criteria,
        estimated_time: answer.estimated_time,
        asked: Vec::new(),
    })
}

fn intent(step: Value, path: &str, before: &[Intent]) -> Result<Intent, Fault> {
    let raw: RawStep = parse(step, path)?;
    if raw.step_type.is_empty() {
        return Err(Fault { path: format!("{path}.type"), problem: "it is empty".to_owned() });
    }
    let described = raw.description.filter(|text| !text.trim().is_empty());
    let params = if raw.open || (raw.params.is_empty() && described.is_some()) {
        raw.params
    } else {
        checked(&raw.step_type, raw.params, &format!("{path}.params"))?
    };
    let mut after = Vec::with_capacity(raw.after.len());
    for (index, step) in raw.after.into_iter().enumerate() {
        let path = || format!("{path}.after[{index}]");
        after.push(match step {
            After::Index(order) if order < before.len() => order,
            After::Index(order) => {
                let problem = format!("there is no step {order} before this one; they count from 0");
                return Err(Fault { path: path(), problem });
            }
            After::Name(name) => match before.iter().position(|s| s.name.as_deref() == Some(&name)) {
                Some(order) => order,
                None => {
                    return Err(Fault {
                        path: path(),
                        problem: format!("no step before this one is named `{name}`"),
                    });
                }
            },
        });
    }
    Ok(Intent {
        description: described.unwrap_or_else(|| describe(&raw.step_type, &params)),
        step_type: raw.step_type,
        name: raw.name,
        params,
        after,
        estimated_time: raw.estimated_time,
        prerequisites: raw.prerequisites,
        risks: raw.risks,
        required_skills: raw.required_skills,
        subtasks: raw.subtasks,
        timeout_seconds: raw.timeout_seconds,
        context: raw.context,
        file: raw.file,
        position: raw.position.filter(|p| p.line > 0).map(|p| (p.file, p.line)),
    })
}

/// The params of a shipped type in their declared order; those of other types as they are.
fn checked(step_type: &str, params: JsonMap, path: &str) -> Result<JsonMap, Fault> {
    match step_type {
        "create_model" => typed::<CreateModel>(params, path),
        "modify_model" => typed::<ModifyModel>(params, path),
        "create_serializer" => typed::<CreateSerializer>(params, path),
        "modify_serializer" => typed::<ModifySerializer>(params, path),
        "create_viewset" => typed::<CreateViewset>(params, path),
        "modify_viewset" => typed::<ModifyViewset>(params, path),
        "create_route" => typed::<CreateRoute>(params, path),
        "create_migration" => typed::<CreateMigration>(params, path),
        "create_app" => typed::<CreateApp>(params, path),
        "create_module" => typed::<CreateModule>(params, path),
        "create_test" => typed::<CreateTest>(params, path),
        "modify_test" => typed::<ModifyTest>(params, path),
        "modify_file" => typed::<ModifyFile>(params, path),
        "run_command" => typed::<Command>(params, path),
        "manual" => typed::<ManualStep>(params, path),
        // Its params belong to the stack's executor alone.
        "create_middleware" => Ok(params),
        other => match nearest(other, TYPES.iter().copied()) {
            Some(known) => Err(Fault {
                path: path.trim_end_matches(".params").to_owned() + ".type",
                problem: format!(
                    "`{other}` is not a step type; did you mean `{known}`? (`step::any` takes any name)"
                ),
            }),
            None => Ok(params),
        },
    }
}

fn typed<T: DeserializeOwned + Serialize>(params: JsonMap, path: &str) -> Result<JsonMap, Fault> {
    let params: T = parse(Value::Object(params), path)?;
    match serde_json::to_value(params) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Fault { path: path.to_owned(), problem: "it is not a map".to_owned() }),
        Err(error) => Err(Fault { path: path.to_owned(), problem: error.to_string() }),
    }
}

fn parse<T: DeserializeOwned>(value: Value, top: &str) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let inner = error.path().to_string();
        let path = if inner == "." { top.to_owned() } else { format!("{top}.{inner}") };
        Fault { path, problem: error.inner().to_string() }
    })
}

fn place(position: Option<&RawPosition>, main: &str, sources: &Sources<'_>) -> Place {
    match position {
        Some(RawPosition { file, line }) => {
            Place::new(file, sources.get(file.as_str()).copied().unwrap_or_default(), *line as usize, 0)
        }
        None => Place::file(main),
    }
}

/// An absent parameter is `()` in a script: in a map it means that the key is not given.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Sources, from_json};

    fn message(value: serde_json::Value) -> String {
        from_json(value, "x.rhai", &Sources::new()).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_answer_is_named_by_its_place() {
        let model = json!({ "type": "create_model", "params": { "model": "blog.Tag", "fields": [] } });
        for (value, expected) in [
            (json!(1), "plan(p): a plan is a list of steps"),
            (json!({ "step": [] }), "plan(p).step: unknown field `step`"),
            (json!([1]), "steps[0]: invalid type"),
            (json!([model, { "description": "x" }]), "steps[1]: missing field `type`"),
            (
                json!([{ "type": "create_model", "params": { "model": "a.B", "fields": [{ "name": "x", "type": "sting" }] } }]),
                "steps[0].params.fields[0].type: unknown variant `sting`",
            ),
            (
                json!([{ "type": "create_model", "params": { "model": "a.B", "feilds": [] } }]),
                "steps[0].params.feilds: unknown field `feilds`",
            ),
            (
                json!([{ "type": "create_modek", "params": { "model": "a.B" } }]),
                "did you mean `create_model`?",
            ),
            (json!([{ "type": "x", "after": [0] }]), "steps[0].after[0]: there is no step 0 before this one"),
            (
                json!([{ "type": "x", "after": ["y"] }]),
                "steps[0].after[0]: no step before this one is named `y`",
            ),
        ] {
            let found = message(value.clone());
            assert!(found.contains(expected), "{value}: {found}");
        }
    }

    #[test]
    fn described_steps_need_no_params_and_unknown_types_are_open() {
        let plan = from_json(
            json!([
                { "type": "create_model", "description": "Create AuditLog model", "name": "model" },
                { "type": "publish_feed", "params": { "z": 1, "a": 2 }, "after": ["model"] },
                { "type": "create_model", "open": true, "params": { "anything": true } },
            ]),
            "x.rhai",
            &Sources::new(),
        )
        .unwrap();
        assert_eq!(plan.intents[1].after, [0]);
        assert_eq!(plan.intents[1].description, "Publish feed");
        assert_eq!(serde_json::to_string(&plan.intents[1].params).unwrap(), r#"{"z":1,"a":2}"#);
        assert!(plan.intents[2].params.contains_key("anything"));
    }
}
