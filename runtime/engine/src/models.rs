//! Parameters that name a model, looked up in the facts.

use aksara_protocol::ProjectFacts;
use aksara_template::request::{self, MissingParam, PlanningError};
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

/// The model that is meant by a template that wants one and was not told which: the only one of the project, or of
/// `app`; of several it is a question. A model that the template itself makes is not meant.
pub(crate) fn meant_model(
    schema: &Value,
    facts: &ProjectFacts,
    app: Option<&str>,
    given: &mut Vec<Given>,
    missing: &mut Vec<MissingParam>,
) {
    let Some((name, property)) = model_param(schema) else { return };
    let made: Vec<&str> = schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(|properties| properties.values())
        .filter(|p| p.get("x-kind").and_then(Value::as_str) == Some("new_model"))
        .filter_map(|p| p.get("default").and_then(Value::as_str))
        .collect();
    let meant: Vec<&String> = facts
        .model_labels
        .iter()
        .filter(|label| {
            label
                .split_once('.')
                .is_some_and(|(own, model)| app.is_none_or(|a| a == own) && !made.contains(&model))
        })
        .collect();
    let is_required = schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    match meant.as_slice() {
        [only] => given.push((name.to_owned(), Value::String((*only).clone()), "facts")),
        [_, ..] if is_required => {
            missing.push(question(name, property, meant.into_iter().cloned().collect()))
        }
        _ => {}
    }
}

fn question(name: &str, property: &Value, choices: Vec<String>) -> MissingParam {
    let description = property.get("description").and_then(Value::as_str).unwrap_or("a model of the project");
    MissingParam { name: name.to_owned(), description: description.to_owned(), choices }
}

/// The app for a template that makes a model in one and was not told which: the one of the models that its fields point
/// to, the only one that has models, or a question. None is needed where the model's name says it.
pub(crate) fn own_app(
    schema: &Value,
    facts: &ProjectFacts,
    app: Option<&str>,
    given: &mut Vec<Given>,
    missing: &mut Vec<MissingParam>,
) {
    let of_kind = |kind: &str| {
        let properties = schema.get("properties").and_then(Value::as_object)?;
        properties.iter().find(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some(kind))
    };
    let (Some((name, property)), Some((model, _))) = (of_kind("app"), of_kind("new_model")) else { return };
    let models = of_kind("models").map(|(name, _)| name);
    let says_app = given.iter().any(|(key, value, _)| {
        key == name
            || Some(key) == models
            || (key == model && value.as_str().is_some_and(|label| label.contains('.')))
    });
    let mut apps = apps_for(schema, facts, given);
    // Of several apps that a request names it is one.
    if let Some(asked) = missing.iter().find(|m| m.name == *name)
        && asked.choices.len() < facts.app_labels.len()
    {
        apps.retain(|app| asked.choices.contains(app));
        if apps.is_empty() {
            apps.clone_from(&asked.choices);
        }
    }
    match (app, apps.as_slice()) {
        _ if says_app => missing.retain(|m| m.name != *name),
        (Some(app), _) => given.push((name.clone(), Value::from(app), "set")),
        (None, [only]) => {
            given.push((name.clone(), Value::from(only.clone()), "facts"));
            missing.retain(|m| m.name != *name);
        }
        (None, several) => {
            missing.retain(|m| m.name != *name);
            missing.push(question(name, property, several.to_vec()));
        }
    }
}

/// The apps that a new model may go to: those of the models that its fields point to, else those that have models or
/// are there for some. An app of nothing but abstract models, or of helpers, is there for all others.
fn apps_for(schema: &Value, facts: &ProjectFacts, given: &[Given]) -> Vec<String> {
    let related =
        aksara_template::fields::related(schema, given.iter().map(|(key, value, _)| (key, value)), facts);
    let is_related =
        |app: &&String| related.iter().any(|label| label.split('.').next() == Some(app.as_str()));
    let has_models = |app: &&String| {
        facts.app(app).is_none_or(|app| match app.models.as_slice() {
            [] => app.files.models.is_some(),
            models => models.iter().any(|model| !model.is_abstract),
        })
    };
    // A package that is not installed can have none.
    let all = || facts.installed_labels();
    let related: Vec<String> = all().filter(is_related).cloned().collect();
    let with_models: Vec<String> = all().filter(has_models).cloned().collect();
    [related, with_models]
        .into_iter()
        .find(|apps| !apps.is_empty())
        .unwrap_or_else(|| all().cloned().collect())
}

/// Turns the name of a model into its label. One that several apps have becomes a question.
///
/// # Errors
/// There is no such model.
pub(crate) fn resolve_labels(
    schema: &Value,
    facts: &ProjectFacts,
    given: &mut Vec<Given>,
    missing: &mut Vec<MissingParam>,
) -> Result<(), PlanningError> {
    several_labels(schema, facts, given)?;
    let Some((name, property)) = model_param(schema) else { return Ok(()) };
    let mut open = None;
    for (key, value, _) in given.iter_mut().filter(|(key, ..)| key == name) {
        let Some(text) = value.as_str() else { continue };
        let labels: Vec<String> = facts
            .model_labels
            .iter()
            .filter(|label| {
                let named = if text.contains('.') { Some(label.as_str()) } else { label.split('.').nth(1) };
                named.is_some_and(|named| named.eq_ignore_ascii_case(text))
            })
            .cloned()
            .collect();
        match labels.as_slice() {
            // What cannot be changed there is refused by the template, which knows what can be done instead.
            [] if gets_fields(schema) && is_foreign_user(text, facts) => {}
            [] => return Err(PlanningError { missing: Vec::new(), ..request::unknown_model(text, facts) }),
            [one] => *value = Value::String(one.clone()),
            _ => {
                open = Some(question(key, property, labels));
                *value = Value::Null;
            }
        }
    }
    missing.extend(open);
    Ok(())
}

/// Whether the template gives a model fields.
fn gets_fields(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.is_some_and(|all| {
        all.values().any(|p| p.get("x-kind").and_then(Value::as_str) == Some("new_fields"))
    })
}

/// Whether this is the project's user model, which is not its own.
fn is_foreign_user(label: &str, facts: &ProjectFacts) -> bool {
    let user = match facts.settings.auth_user_model.as_str() {
        "" => "auth.User",
        label => label,
    };
    label == user && facts.model(user).is_none()
}

/// The same for a list of models. A name that several apps have is left as it is: the template says what is missing.
fn several_labels(schema: &Value, facts: &ProjectFacts, given: &mut [Given]) -> Result<(), PlanningError> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut lists = properties.into_iter().flatten();
    let list = lists.find(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some("models"));
    let Some((name, _)) = list else { return Ok(()) };
    let of_list = given.iter_mut().filter(|(key, ..)| key == name);
    for item in of_list.filter_map(|(_, value, _)| value.as_array_mut()).flatten() {
        let Some(text) = item.as_str().filter(|text| !text.contains('.')) else { continue };
        let is_named =
            |label: &&String| label.split('.').nth(1).is_some_and(|model| model.eq_ignore_ascii_case(text));
        let mut labels = facts.model_labels.iter().filter(is_named);
        match (labels.next(), labels.next()) {
            (None, _) => {
                return Err(PlanningError { missing: Vec::new(), ..request::unknown_model(text, facts) });
            }
            (Some(one), None) => *item = Value::from(one.as_str()),
            (Some(_), Some(_)) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aksara_protocol::RelPath;
    use aksara_protocol::facts::{AppFacts, ModelFacts, Place};
    use serde_json::json;

    use super::*;

    /// A project of a user's app, one of abstract models, one of helpers, and `library` with a book.
    fn facts() -> ProjectFacts {
        let app = |label: &str, models: &[(&str, bool)]| AppFacts {
            label: label.to_owned(),
            models: models
                .iter()
                .map(|(name, is_abstract)| {
                    let file = RelPath::new(format!("{label}/models.py")).unwrap();
                    ModelFacts {
                        is_abstract: *is_abstract,
                        ..ModelFacts::new(format!("{label}.{name}"), Place { file, line: 1 })
                    }
                })
                .collect(),
            ..AppFacts::default()
        };
        let apps = vec![
            app("core", &[("BaseModel", true)]),
            app("helpers", &[]),
            app("accounts", &[("User", false)]),
            app("library", &[("Book", false)]),
        ];
        let mut facts = ProjectFacts {
            app_labels: apps.iter().map(|app| app.label.clone()).collect(),
            model_labels: vec!["accounts.User".to_owned(), "library.Book".to_owned()],
            apps,
            ..ProjectFacts::default()
        };
        facts.settings.auth_user_model = "accounts.User".to_owned();
        facts
    }

    fn app_for(fields: Value, missing: &[&str], facts: &ProjectFacts) -> Result<String, Vec<String>> {
        let schema = json!({ "properties": {
            "model_name": { "x-kind": "new_model" }, "fields": { "x-kind": "fields" }, "app": { "x-kind": "app" },
        } });
        let mut given = vec![
            ("model_name".to_owned(), json!("Loan"), "request"),
            ("fields".to_owned(), fields, "request"),
        ];
        let choices: Vec<String> = missing.iter().map(|app| (*app).to_owned()).collect();
        let mut missing = vec![question("app", &Value::Null, choices)];
        own_app(&schema, facts, None, &mut given, &mut missing);
        let app = given.iter().find(|(name, ..)| name == "app").and_then(|(_, value, _)| value.as_str());
        app.map(str::to_owned).ok_or_else(|| missing.remove(0).choices)
    }

    #[test]
    fn a_new_model_goes_to_the_app_of_those_that_it_points_to() {
        let facts = facts();
        let all = ["core", "helpers", "accounts", "library"];
        assert_eq!(app_for(json!(["book", "due_on:date"]), &all, &facts), Ok("library".to_owned()));
        assert_eq!(app_for(json!("read:m2m(Book), user"), &all, &facts), Ok("library".to_owned()));
    }

    #[test]
    fn where_nothing_tells_the_apps_that_have_models_are_a_choice() {
        let mut facts = facts();
        let all = ["core", "helpers", "accounts", "library"];
        let both = vec!["accounts".to_owned(), "library".to_owned()];
        assert_eq!(app_for(json!(["text"]), &all, &facts), Err(both));
        // Of those that a request names it is one, whatever the fields say.
        assert_eq!(
            app_for(json!(["book"]), &["core", "accounts"], &facts).unwrap_err(),
            ["core", "accounts"]
        );
        // An app that has just been started is there for models.
        facts.apps[1].files.models = Some(RelPath::new("helpers/models.py").unwrap());
        assert_eq!(app_for(json!(["text"]), &all, &facts).unwrap_err(), ["helpers", "accounts", "library"]);
    }
}
