//! `create_model` on the stack `toy`: a table.

use aksara_sdk::{
    Context, Edit, Effect, Example, Executor, ExecutorInfo, Outcome, RelPath, StepError, StepInput, params,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Writes a table's file.
pub struct CreateModel;

/// What templates say of a model. Django knows more of it; a plugin takes what its stack has.
#[derive(Deserialize)]
struct Params {
    model: String,
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    #[serde(rename = "type", default = "text")]
    kind: String,
}

fn text() -> String {
    "text".into()
}

impl Executor for CreateModel {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "toy".into(),
            step_type: "create_model".into(),
            summary: "Writes a table.".into(),
            params: json!({
                "type": "object",
                "required": ["model"],
                "properties": {
                    "model": { "type": "string", "pattern": "^tables\\.[A-Za-z][A-Za-z0-9_]*$", "description": "The table, as tables.Name." },
                    "fields": {
                        "type": "array",
                        "description": "Its columns.",
                        "items": {
                            "type": "object",
                            "required": ["name"],
                            "properties": { "name": { "type": "string" }, "type": { "type": "string" } },
                        },
                    },
                },
            }),
            effects: vec![Effect::Edit],
            examples: vec![Example {
                title: "A table of tags".into(),
                params: object(
                    json!({ "model": "tables.Tag", "fields": [{ "name": "label", "type": "string" }] }),
                ),
                files: object(json!({ "toy.txt": "" })),
                ..Example::default()
            }],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), StepError> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
        let (name, fields) = read(step)?;
        let folder = if step.root.is_empty() { String::new() } else { format!("{}/", step.root) };
        let path = RelPath::new(format!("{folder}tables/{name}.table"))
            .map_err(|e| StepError::new("bad_params", e.to_string()))?;
        let text: String = fields.iter().map(|f| format!("{} {}\n", f.name, f.kind)).collect();
        match cx.read(&path)? {
            None => {
                let create = Edit::Create { path, text, executable: false };
                Ok(Outcome { edits: vec![create], ..Outcome::default() })
            }
            Some(there) if there.text == text => Ok(Outcome::noop(format!("`{path}` is there already"))),
            Some(_) => Err(StepError::new("name_taken", format!("there is another table in `{path}`"))
                .with_help("choose another name")),
        }
    }
}

fn read(step: &StepInput) -> Result<(String, Vec<Field>), StepError> {
    let Params { model, fields } = params(&step.params)?;
    let bad = |text: &str| StepError::new("bad_params", text);
    let name = model.strip_prefix("tables.").ok_or_else(|| bad("`model` must be tables.Name"))?;
    let word = |text: &str| {
        !text.is_empty() && text.len() < 100 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !word(name) || !fields.iter().all(|f| word(&f.name) && word(&f.kind)) {
        return Err(bad("names and types are words of letters, digits and `_`"));
    }
    Ok((name.to_lowercase(), fields))
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
