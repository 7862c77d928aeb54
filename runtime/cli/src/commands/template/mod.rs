//! `aksara template`.

use std::fmt::Write as _;

use super::Call;
use crate::args::Template;
use crate::output::{self, Failure};

// Writing to a String cannot fail; the results of write! are dropped for that reason.

pub(crate) fn run(call: &Call, command: &Template) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let templates = runtime.templates();
    match command {
        Template::List { json } => {
            for problem in templates.problems() {
                output::warning(&format!(
                    "the template `{}` ({}) cannot be used: {}",
                    problem.name, problem.label, problem.error
                ));
            }
            if *json {
                let all: Vec<_> = templates.list().map(aksara_runtime::Template::describe).collect();
                output::json(&serde_json::json!({ "templates": all }))?;
            } else {
                let mut text = String::new();
                for template in templates.list() {
                    let meta = template.meta();
                    let _ = writeln!(text, "{:<16} {}", meta.name, meta.summary);
                }
                output::data(&text)?;
            }
        }
        Template::Show { name, json } => {
            let template = templates.get(name).map_err(aksara_runtime::Error::from)?;
            if *json {
                output::json(&template.describe())?;
            } else {
                output::data(&text(template))?;
            }
        }
    }
    Ok(0)
}

fn text(template: &aksara_runtime::Template) -> String {
    let meta = template.meta();
    let mut out = format!("{} {} ({})\n{}\n", meta.name, meta.version, template.root().1, meta.summary);
    let _ = writeln!(out, "\nStacks: {}", meta.stacks.join(", "));
    out.push_str("\nParameters:\n");
    let schema = template.params_schema();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(|r| r.as_str()).collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let kind = property["x-kind"].as_str().or(property["type"].as_str()).unwrap_or("any");
        let rest = if required.contains(&name.as_str()) {
            "required".to_owned()
        } else {
            match property.get("default") {
                Some(value) => format!("default {value}"),
                None => "optional".to_owned(),
            }
        };
        let _ = writeln!(out, "  {name} ({kind}, {rest})");
        if let Some(description) = property["description"].as_str() {
            let _ = writeln!(out, "      {description}");
        }
    }
    out.push_str("\nExamples:\n");
    for example in template.describe()["examples"].as_array().into_iter().flatten().filter_map(|e| e.as_str())
    {
        let _ = writeln!(out, "  aksara ai plan \"{example}\"");
    }
    out
}
