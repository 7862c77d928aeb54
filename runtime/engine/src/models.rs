//! Parameters that name a model, looked up in the facts.

use aksara_protocol::ProjectFacts;
use aksara_template::request::MissingParam;
use serde_json::Value;

type Given = (String, Value, &'static str);

/// The template's first parameter that is a model.
fn model_param(schema: &Value) -> Option<(&str, &Value)> {
    schema
        .get("properties")?
        .as_object()?
        .iter()
        .find(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some("model"))
        .map(|(name, property)| (name.as_str(), property))
}

/// The only model of the project, or of `app`, for a template that wants one and was not told which. A model that
/// the template itself makes is not meant.
pub(crate) fn only_model(schema: &Value, facts: &ProjectFacts, app: Option<&str>) -> Option<Given> {
    let (name, _) = model_param(schema)?;
    let made: Vec<&str> = schema["properties"]
        .as_object()?
        .values()
        .filter(|p| p.get("x-kind").and_then(Value::as_str) == Some("new_model"))
        .filter_map(|p| p.get("default").and_then(Value::as_str))
        .collect();
    let mut meant = facts.model_labels.iter().filter(|label| {
        label
            .split_once('.')
            .is_some_and(|(own, model)| app.is_none_or(|a| a == own) && !made.contains(&model))
    });
    match (meant.next(), meant.next()) {
        (Some(only), None) => Some((name.to_owned(), Value::String(only.clone()), "facts")),
        _ => None,
    }
}

/// Turns a bare model name into its label. One that several apps have becomes a question.
pub(crate) fn resolve_labels(
    schema: &Value,
    facts: &ProjectFacts,
    given: &mut Vec<Given>,
    missing: &mut Vec<MissingParam>,
) {
    let Some((name, property)) = model_param(schema) else { return };
    let mut open = None;
    for (key, value, _) in given.iter_mut().filter(|(key, ..)| key == name) {
        let Some(text) = value.as_str() else { continue };
        if text.contains('.') {
            continue;
        }
        let labels: Vec<String> = facts
            .model_labels
            .iter()
            .filter(|l| l.split('.').nth(1).is_some_and(|m| m.eq_ignore_ascii_case(text)))
            .cloned()
            .collect();
        match labels.as_slice() {
            [] => {}
            [one] => *value = Value::String(one.clone()),
            _ => {
                open = Some(MissingParam {
                    name: key.clone(),
                    description: property
                        .get("description")
                        .and_then(Value::as_str)
                        .unwrap_or("a model of the project")
                        .to_owned(),
                    choices: labels,
                });
                *value = Value::Null;
            }
        }
    }
    missing.extend(open);
}
