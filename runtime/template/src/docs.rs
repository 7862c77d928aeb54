//! A template's documentation, from what it declares.

use std::fmt::Write as _;

use serde_json::Value;

use crate::params::{is_required, properties};
use crate::request::shown_examples;
use crate::template::Template;

/// The documentation of a template as Markdown: what it does, how to ask for it, its parameters and steps.
#[must_use]
pub fn markdown(template: &Template) -> String {
    let meta = template.meta();
    let mut out = format!("# {}\n\n{}\n", meta.name, meta.summary);
    // Writing to a String cannot fail.
    let doc = template.doc();
    if !doc.is_empty() && doc != meta.summary {
        let _ = write!(out, "\n{doc}\n");
    }
    let stacks = match (meta.stacks.as_slice(), meta.step_types.is_empty()) {
        ([], true) => "every stack".to_owned(),
        ([], false) => "every stack that has its steps".to_owned(),
        (stacks, _) => stacks.join(", "),
    };
    let _ = write!(out, "\nVersion {}, for {stacks}.\n", meta.version);

    out.push_str("\n## Use\n\n");
    for example in shown_examples(template) {
        let _ = writeln!(out, "    aksara ai plan \"{example}\" --dry-run");
    }
    let schema = template.params_schema();
    let mut call = format!("    aksara ai plan --template {}", meta.name);
    for (name, property) in properties(schema).filter(|(name, _)| is_required(schema, name)) {
        let _ = write!(call, " --set {name}={}", sample(name, property));
    }
    let _ = writeln!(out, "{call} --dry-run");

    out.push_str("\n## Parameters\n\n");
    if properties(schema).next().is_none() {
        out.push_str("None.\n");
    } else {
        out.push_str("| name | type | default | meaning |\n| --- | --- | --- | --- |\n");
        for (name, property) in properties(schema) {
            let default = match property.get("default") {
                Some(value) => format!("`{value}`"),
                None if is_required(schema, name) => "required".to_owned(),
                None => String::new(),
            };
            let _ = writeln!(
                out,
                "| `{name}` | {} | {default} | {} |",
                cell(&kind(property)),
                cell(property["description"].as_str().unwrap_or_default())
            );
        }
    }
    if !meta.step_types.is_empty() {
        out.push_str("\n## Steps\n\n");
        for step_type in &meta.step_types {
            let _ = writeln!(out, "- `{step_type}`");
        }
        for step_type in &meta.optional_step_types {
            let _ = writeln!(out, "- `{step_type}`, where the stack has it");
        }
    }
    out
}

/// What a value of the parameter is, in a few words.
fn kind(property: &Value) -> String {
    let mut kind = match property["x-kind"].as_str() {
        Some("model") => "model of the project".to_owned(),
        Some("models") => "models of the project".to_owned(),
        Some("new_model") => "name of a new model".to_owned(),
        Some("least") => "lowest number of a range".to_owned(),
        Some("most") => "highest number of a range".to_owned(),
        Some("login") => "whether a login is asked for".to_owned(),
        Some("app") => "app of the project".to_owned(),
        _ => match &property["type"] {
            Value::String(one) => one.clone(),
            Value::Array(several) => {
                several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
            }
            _ => "any".to_owned(),
        },
    };
    if let Some(values) = property["enum"].as_array() {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let _ = write!(kind, ", one of {}", values.join(", "));
    }
    if let Some(pattern) = property["pattern"].as_str() {
        let _ = write!(kind, ", `{pattern}`");
    }
    kind
}

/// A value to type in the place of one.
fn sample(name: &str, property: &Value) -> String {
    match property["examples"].as_array().and_then(|e| e.first()) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => name.to_uppercase(),
    }
}

/// Text in a cell of a table: one line, its bars quoted.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::markdown;
    use crate::testing::{script, template};

    #[test]
    fn it_says_how_to_ask_and_what_can_be_set() {
        let made = template(&script_params()).unwrap();
        insta::assert_snapshot!(markdown(&made), @r#"
        # x

        s

        Version 1, for every stack.

        ## Use

            aksara ai plan --template x --set model=blog.Post --dry-run

        ## Parameters

        | name | type | default | meaning |
        | --- | --- | --- | --- |
        | `model` | model of the project | required | The model \| or so |
        | `size` | integer, one of 1, 2 | `2` | How large |
        "#);
        assert!(script("").starts_with("const META"));
    }

    fn script_params() -> String {
        r#"const PARAMS = #{ type: "object", required: ["model"], properties: #{
            model: #{ type: "string", description: "The model | or so", "x-kind": "model", examples: ["blog.Post"] },
            size: #{ type: "integer", description: "How large", "enum": [1, 2], "default": 2 },
        } };
        fn plan(p) { [] }"#
            .to_owned()
    }
}
