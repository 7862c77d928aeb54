//! A field as an object: the entries of a [`FieldSpec`], of which only `name` must be there.

use aksara_protocol::JsonMap;
use aksara_protocol::params::FieldSpec;
use serde_json::Value;

use super::problem::FieldProblem;
use super::text::choice;
use super::types::field_type;
use super::{Targets, check_name, infer, make_optional, plain};
use crate::nearest::nearest;

pub(super) fn read(entries: &JsonMap, targets: &Targets) -> Result<FieldSpec, FieldProblem> {
    let whole = || FieldProblem::NotAField { text: Value::Object(entries.clone()).to_string() };
    let name = entries.get("name").and_then(Value::as_str).ok_or_else(whole)?;
    check_name(name)?;
    if let Some(key) = entries.keys().find(|key| !ENTRIES.contains(&key.as_str())) {
        return Err(FieldProblem::Option {
            text: key.clone(),
            nearest: nearest(key, ENTRIES.iter().copied()).map(str::to_owned),
            known: ENTRIES.to_vec(),
        });
    }
    let wrong = |option: &str, value: &Value, reason: &str| FieldProblem::Value {
        option: option.to_owned(),
        value: value.to_string(),
        reason: reason.to_owned(),
    };
    let choices = match entries.get("choices") {
        None => Vec::new(),
        Some(value) => pairs(value)
            .ok_or_else(|| wrong("choices", value, "write a list of values, or of [value, label] pairs"))?,
    };
    let base = match entries.get("type") {
        Some(Value::String(word)) => plain(name, field_type(word)?),
        Some(other) => return Err(wrong("type", other, "it is not a text")),
        None if choices.is_empty() => infer::field(name, targets)?,
        None => choice(name, choices.iter().filter_map(|pair| pair.get(0)).filter_map(Value::as_str)),
    };
    let mut merged = match serde_json::to_value(&base) {
        Ok(Value::Object(map)) => map,
        _ => return Err(whole()),
    };
    for (key, value) in
        entries.iter().filter(|(key, _)| !["name", "type", "optional"].contains(&key.as_str()))
    {
        let (key, value) = match key.as_str() {
            "choices" => ("choices", Value::Array(choices.clone())),
            "default" => ("initial", value.clone()),
            "to" => {
                let to = value.as_str().ok_or_else(|| wrong("to", value, "it is not a text"))?;
                ("to", Value::from(targets.resolve(to)?))
            }
            key => (key, value.clone()),
        };
        merged.insert(key.to_owned(), value);
    }
    let mut field: FieldSpec =
        serde_json::from_value(Value::Object(merged)).map_err(|error| FieldProblem::Value {
            option: name.to_owned(),
            value: Value::Object(entries.clone()).to_string(),
            reason: error.to_string(),
        })?;
    match entries.get("optional") {
        None | Some(Value::Bool(false)) => {}
        Some(Value::Bool(true)) => make_optional(&mut field),
        Some(other) => return Err(wrong("optional", other, "it is true or false")),
    }
    Ok(field)
}

/// The names that an object may have: those of [`FieldSpec`], `default` for `initial`, and `optional`.
const ENTRIES: &[&str] = &[
    "name",
    "type",
    "max_length",
    "max_digits",
    "decimal_places",
    "unique",
    "index",
    "null",
    "blank",
    "initial",
    "default",
    "optional",
    "min",
    "max",
    "choices",
    "help",
    "set_on_create",
    "set_on_save",
    "to",
    "related_name",
    "on_delete",
];

/// `["draft", ["live", "On line"]]` as pairs.
fn pairs(value: &Value) -> Option<Vec<Value>> {
    let items = value.as_array()?;
    items
        .iter()
        .map(|item| match item {
            Value::Array(pair) if pair.len() == 2 && pair[1].is_string() => Some(item.clone()),
            Value::String(text) => {
                let label = crate::script::capitalize(&crate::script::human(text));
                Some(Value::Array(vec![item.clone(), Value::from(label)]))
            }
            _ => None,
        })
        .collect()
}
