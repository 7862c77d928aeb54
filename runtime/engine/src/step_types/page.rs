//! The step types as a page of Markdown, made from their schemas.

use std::fmt::Write as _;

use serde_json::Value;

use super::StepTypeInfo;

// Writing to a String cannot fail; the results of write! are dropped for that reason.

/// What stands above the step types.
const INTRODUCTION: &str = "\
# Step types

<!-- Made by `aksara schema step --markdown` from what the plugins say of themselves: change their schemas, not this page. -->

A step of a [plan](plan.md) has a type, and params of that type. In a template `step::TYPE(#{ … })` makes it. `aksara schema step`
lists the types of the plugins that you have, and `aksara schema step TYPE` prints the JSON Schema of its params.
";

/// A line of JSON is at most as long as this, where it can be broken.
const WIDTH: usize = 110;

/// The step types as a page of Markdown: of each what it does, its params, and examples.
#[must_use]
pub fn step_types_page(step_types: &[StepTypeInfo]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| type | stack | plugin | what it does |\n| --- | --- | --- | --- |\n");
    for of in step_types {
        let name = of.executor.step_type.as_str();
        let _ = writeln!(
            page,
            "| [`{name}`](#{name}) | {} | {} | {} |",
            stack(of),
            cell(&of.plugin),
            cell(&of.executor.summary)
        );
    }
    let mut described = Vec::new();
    for of_one_type in step_types.chunk_by(|a, b| a.executor.step_type == b.executor.step_type) {
        for (index, of) in of_one_type.iter().enumerate() {
            let name = of.executor.step_type.as_str();
            if index == 0 {
                let _ = write!(page, "\n## {name}\n");
            }
            if of_one_type.len() > 1 {
                let _ = write!(page, "\n### {name} on {}\n", stack(of));
            }
            let _ = write!(page, "\n{}\n", of.executor.summary);
            params(&mut page, name, &of.executor.params, &mut described);
            for example in &of.executor.examples {
                let _ = write!(page, "\nExample: {}\n\n```json\n", example.title);
                pretty(&mut page, &Value::Object(example.params.clone()), 0, 0);
                page.push_str("\n```\n");
            }
        }
    }
    page
}

fn stack(of: &StepTypeInfo) -> &str {
    match of.executor.stack.as_str() {
        "*" => "any",
        stack => stack,
    }
}

/// Objects that are described already: the schema, and what it is called where it is.
type Described = Vec<(Value, String)>;

/// The tables of a step type: of the params, and of each object in them.
fn params(page: &mut String, step_type: &str, schema: &Value, described: &mut Described) {
    let mut objects: Vec<(String, &Value)> = Vec::new();
    table(page, schema, &mut objects);
    let mut next = 0;
    while let Some((name, schema)) = objects.get(next).cloned() {
        next += 1;
        if let Some((_, known)) = described.iter().find(|(known, _)| known == schema) {
            let _ = write!(page, "\n{name} is as {known}.\n");
            continue;
        }
        let known = name.replacen("Each", "each", 1).replacen("The", "the", 1);
        described.push((schema.clone(), format!("{known} in [{step_type}](#{step_type})")));
        let variants = variants(schema);
        if variants.is_empty() {
            let _ = write!(page, "\n{name}:\n");
            table(page, schema, &mut objects);
        } else {
            let _ = write!(page, "\n{name} is one of:\n\n");
            variants.iter().for_each(|variant| bullets(page, variant, &mut objects));
        }
    }
}

/// The params of an object, and the objects that are in them.
fn table<'s>(page: &mut String, schema: &'s Value, objects: &mut Vec<(String, &'s Value)>) {
    let Some(properties) = properties(schema) else {
        return page.push_str("\nNo params.\n");
    };
    page.push_str("\n| param | type | meaning |\n| --- | --- | --- |\n");
    for (name, property) in properties {
        let must = if is_required(schema, name) { ", required" } else { "" };
        let _ =
            writeln!(page, "| `{name}` | {}{must} | {} |", cell(&kind(property)), cell(&meaning(property)));
        objects.extend(inner(name, property));
    }
}

/// One of several forms of an object, told by a param that always has the same value.
fn bullets<'s>(page: &mut String, schema: &'s Value, objects: &mut Vec<(String, &'s Value)>) {
    let properties = || properties(schema).into_iter().flatten();
    let told: Vec<String> = properties()
        .filter_map(|(name, property)| Some(format!("`{name}`: {}", code(property.get("const")?))))
        .collect();
    let _ = writeln!(page, "- {}. {}", told.join(", "), meaning(schema));
    for (name, property) in properties().filter(|(_, property)| property.get("const").is_none()) {
        let must = if is_required(schema, name) { ", required" } else { "" };
        let _ = writeln!(page, "  - `{name}` ({}{must}): {}", kind(property), meaning(property));
        objects.extend(inner(name, property));
    }
}

/// The object that a param has or is, and what it is called.
fn inner<'s>(name: &str, schema: &'s Value) -> Option<(String, &'s Value)> {
    let (called, object) = match schema.get("items") {
        Some(items) => (format!("Each of `{name}`"), items),
        None => (format!("The object `{name}`"), schema),
    };
    (properties(object).is_some() || !variants(object).is_empty()).then_some((called, object))
}

fn properties(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    schema["properties"].as_object().filter(|properties| !properties.is_empty())
}

/// The forms that an object may have.
fn variants(schema: &Value) -> Vec<&Value> {
    let forms = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    forms.filter(|form| properties(form).is_some()).collect()
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().into_iter().flatten().any(|required| required == name)
}

/// A word of a schema, as code.
fn code(value: &Value) -> String {
    match value {
        Value::String(word) => format!("`{word}`"),
        other => format!("`{other}`"),
    }
}

/// What a value of the schema is, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return code(value);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(code).collect::<Vec<_>>().join(", ");
    }
    if let Some(parts) = schema["prefixItems"].as_array() {
        return format!("[{}]", parts.iter().map(kind).collect::<Vec<_>>().join(", "));
    }
    let one = |name: &str| match (name, schema.get("items"), schema.get("additionalProperties")) {
        ("array", Some(items), _) => format!("list of {}", several(&kind(items))),
        ("array", ..) => "list".to_owned(),
        ("object", _, Some(values @ Value::Object(_))) => format!("object of {}", several(&kind(values))),
        _ => name.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => one(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(one).collect::<Vec<_>>().join(" or ")
        }
        _ if !variants(schema).is_empty() => "object".to_owned(),
        _ => "any".to_owned(),
    }
}

/// A kind of value, in the plural where it is a word.
fn several(kind: &str) -> String {
    match kind.strip_prefix("list of ") {
        Some(rest) => format!("lists of {rest}"),
        None if kind.bytes().all(|c| c.is_ascii_alphabetic()) && kind != "any" => format!("{kind}s"),
        None => kind.to_owned(),
    }
}

/// What a param is for, with its bounds.
fn meaning(schema: &Value) -> String {
    let mut text = schema["description"].as_str().unwrap_or_default().trim().to_owned();
    let mut add = |more: String| {
        if !text.is_empty() {
            text.push_str(if text.ends_with('.') { " " } else { ". " });
        }
        text.push_str(&more);
    };
    if let Some(least) = schema.get("minimum") {
        add(format!("At least {least}."));
    }
    if let Some(most) = schema.get("maximum") {
        add(format!("At most {most}."));
    }
    if let Some(value) = schema.get("default") {
        add(format!("Default `{value}`."));
    }
    if let Some(example) = schema["examples"].as_array().and_then(|examples| examples.first()) {
        add(format!("Example: `{example}`."));
    }
    text
}

/// A value as JSON that people read: what fits on a line stands on one.
fn pretty(out: &mut String, value: &Value, indent: usize, before: usize) {
    let line = on_a_line(value);
    let (open, close, parts): (_, _, Vec<(String, &Value)>) = match value {
        _ if indent + before + line.len() <= WIDTH => return out.push_str(&line),
        Value::Object(map) if !map.is_empty() => (
            '{',
            '}',
            map.iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value)).collect(),
        ),
        Value::Array(items) if !items.is_empty() => {
            ('[', ']', items.iter().map(|item| (String::new(), item)).collect())
        }
        _ => return out.push_str(&line),
    };
    out.push(open);
    for (index, (key, value)) in parts.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(out, "{comma}\n{:width$}{key}", "", width = indent + 2);
        pretty(out, value, indent + 2, key.len() + 1);
    }
    let _ = write!(out, "\n{:indent$}{close}", "");
}

fn on_a_line(value: &Value) -> String {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), on_a_line(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(on_a_line).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Text in a cell of a table: one line, its bars quoted.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
