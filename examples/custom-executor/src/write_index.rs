//! `write_index`: a page that lists the tables, from the facts at its place in the plan.

use std::fmt::Write as _;

use aksara_sdk::{
    Context, Edit, Effect, Example, Executor, ExecutorInfo, Outcome, RelPath, Splice, StepError, StepInput,
    params,
};
use serde::Deserialize;
use serde_json::json;

use crate::create_model::object;
use crate::stack::tables;

/// Writes `TABLES.md`, or brings it up to date.
pub struct WriteIndex;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default = "title")]
    title: String,
}

fn title() -> String {
    "Tables".into()
}

impl Executor for WriteIndex {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "toy".into(),
            step_type: "write_index".into(),
            summary: "Writes a page that lists the tables.".into(),
            params: json!({
                "type": "object",
                "additionalProperties": false,
                "properties": { "title": { "type": "string", "description": "The page's headline; \"Tables\" if absent." } },
            }),
            effects: vec![Effect::Edit],
            examples: vec![
                Example {
                    title: "A page for one table".into(),
                    params: object(json!({ "title": "What we store" })),
                    files: object(json!({ "toy.txt": "", "tables/tag.table": "label string\n" })),
                    ..Example::default()
                },
                Example {
                    title: "A table that an earlier step made".into(),
                    files: object(json!({ "toy.txt": "", "TABLES.md": "# Tables\n" })),
                    earlier: object(json!({ "tables/tag.table": "label string\n" })),
                    ..Example::default()
                },
            ],
        }
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, StepError> {
        let Params { title } = params(&step.params)?;
        if title.is_empty() || title.chars().any(char::is_control) {
            return Err(StepError::new("bad_params", "`title` must be one line"));
        }
        let facts = cx.facts(&[])?;
        let mut text = format!("# {title}\n");
        for (name, columns) in tables(&facts) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n## {name}\n\n");
            for (column, kind) in columns.0 {
                let _ = writeln!(text, "- {column}: {kind}");
            }
        }
        let folder = if step.root.is_empty() { String::new() } else { format!("{}/", step.root) };
        let path = RelPath::new(format!("{folder}TABLES.md"))
            .map_err(|e| StepError::new("bad_params", e.to_string()))?;
        let edit = match cx.read(&path)? {
            None => Edit::Create { path, text, executable: false },
            Some(there) if there.text == text => return Ok(Outcome::noop("the page is up to date")),
            Some(there) => Edit::Update {
                path,
                base: there.blob,
                splices: vec![Splice::replace(0, there.text.len(), text)],
            },
        };
        Ok(Outcome { edits: vec![edit], ..Outcome::default() })
    }
}
