//! What a template says about itself: `META`, and whether its `PARAMS` are a schema that Aksara understands.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::nearest::{listed, nearest};

/// A template's `META`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// The name that it is asked for by; the same as the script's file name.
    pub name: String,
    /// A headline for the plan.
    pub title: String,
    /// One sentence on what it adds.
    pub summary: String,
    /// Its version.
    pub version: String,
    /// The stacks that it is for. Without any it is for every stack on which plugins carry out its `step_types`.
    #[serde(default)]
    pub stacks: Vec<String>,
    /// Words that a request for it contains. Other forms of a word (`tags`, `tagging`) need not be given.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Sentences that mean it without one of its keywords: `see|know who edited|changed`. `|` stands between words of which one is
    /// said, `?` behind a word that may be left out, and `{model}` for up to four words; the name of a parameter that is a
    /// new model stands for that model's name. Words that only hold a sentence together may stand anywhere.
    #[serde(default)]
    pub phrases: Vec<String>,
    /// Requests that it answers. `{param}` stands for a parameter that a request names.
    #[serde(default)]
    pub examples: Vec<String>,
    /// The types of its steps.
    #[serde(default)]
    pub step_types: Vec<String>,
    /// Types of further steps, which it leaves out on a stack that has none.
    #[serde(default)]
    pub optional_step_types: Vec<String>,
}

/// Keywords of JSON Schema that a parameter may use. `x-kind` says what in the project a text names, and
/// `x-words` are the words by which a request turns a boolean on ("with tests") or off ("without tests"), and those
/// which are the name of a new model ("labels" is `Label`; `*` is any plural behind "with"). `x-has` is the type of a field that a model must have to be
/// meant by a request that names none, and `x-new` the model that is made first where there is none: `name`, and the
/// `fields` that it then gets.
const KEYWORDS: &[&str] = &[
    "type",
    "title",
    "description",
    "default",
    "examples",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "x-kind",
    "x-words",
    "x-has",
    "x-new",
];

/// Keywords at the top of `PARAMS`; rules that tie several parameters together are the script's to check.
const TOP_KEYWORDS: &[&str] =
    &["type", "title", "description", "properties", "required", "additionalProperties"];

/// What `x-kind` may say: `model` is the label of a model of the project, `models` those of several, `new_model` the name
/// of one that is made, `app` the label of an app, `fields` the fields of a model ([`crate::fields`]), `new_fields` those
/// that a model which is there is given, `least` and `most` the ends of a range, `login` whether only who is logged in reads.
pub(crate) const KINDS: &[&str] =
    &["model", "models", "new_model", "app", "fields", "new_fields", "least", "most", "login"];

/// What is wrong with `PARAMS`, as `(path, problem)`.
pub(crate) fn schema_problem(schema: &Value) -> Option<(String, String)> {
    let Some(object) = schema.as_object() else {
        return Some(("PARAMS".to_owned(), "it is not a map".to_owned()));
    };
    if object.get("type").and_then(Value::as_str) != Some("object") {
        return Some(("PARAMS".to_owned(), "it must say `type: \"object\"`".to_owned()));
    }
    let Some(properties) = object.get("properties").and_then(Value::as_object) else {
        return Some(("PARAMS".to_owned(), "it has no map of `properties`".to_owned()));
    };
    if let Some(key) = object.keys().find(|key| !TOP_KEYWORDS.contains(&key.as_str())) {
        return Some((
            "PARAMS".to_owned(),
            format!("`{key}` is not a keyword here; there are {}", listed(TOP_KEYWORDS)),
        ));
    }
    if let Some(problem) = unknown_keyword(schema, "PARAMS") {
        return Some(problem);
    }
    for name in object.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !name.as_str().is_some_and(|name| properties.contains_key(name)) {
            return Some(("PARAMS.required".to_owned(), format!("{name} is not one of the properties")));
        }
    }
    if let Err(error) = jsonschema::meta::validate(schema) {
        return Some((path_of("PARAMS", error.instance_path().as_str()), error.to_string()));
    }
    for (name, property) in properties {
        let path = format!("PARAMS.properties.{name}");
        if property.get("description").and_then(Value::as_str).is_none_or(str::is_empty) {
            return Some((path, "it has no `description`, which is what a person is asked by".to_owned()));
        }
        match property.get("x-kind") {
            None => {}
            Some(Value::String(kind)) if KINDS.contains(&kind.as_str()) => {}
            Some(other) => {
                let problem = format!("{other} is not a kind; there are {}", listed(KINDS));
                return Some((format!("{path}.x-kind"), problem));
            }
        }
        for (key, fits) in [("x-has", Value::is_string as fn(&Value) -> bool), ("x-new", is_new_model)] {
            let Some(value) = property.get(key) else { continue };
            if !fits(value) || property.get("x-kind").and_then(Value::as_str) != Some("model") {
                let problem = "it belongs to `x-kind: \"model\"`: `x-has` is the type of a field, such as \"decimal\", and \
                               `x-new` a map of a `name` and a list of `fields`";
                return Some((format!("{path}.{key}"), problem.to_owned()));
            }
        }
        let validator = match jsonschema::validator_for(property) {
            Ok(validator) => validator,
            Err(error) => return Some((path, error.to_string())),
        };
        if let Some(default) = property.get("default")
            && let Err(error) = validator.validate(default)
        {
            return Some((format!("{path}.default"), error.to_string()));
        }
    }
    None
}

fn is_new_model(value: &Value) -> bool {
    let fields = value.get("fields").and_then(Value::as_array);
    value.get("name").is_some_and(Value::is_string)
        && fields.is_some_and(|all| all.iter().all(Value::is_string))
}

fn unknown_keyword(schema: &Value, path: &str) -> Option<(String, String)> {
    for (key, value) in schema.as_object()? {
        if !KEYWORDS.contains(&key.as_str()) {
            let known = nearest(key, KEYWORDS.iter().copied());
            let hint = known.map(|k| format!("; did you mean `{k}`?")).unwrap_or_default();
            return Some((path.to_owned(), format!("`{key}` is not a keyword of parameters{hint}")));
        }
        let found = match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties
                .iter()
                .find_map(|(name, p)| unknown_keyword(p, &format!("{path}.properties.{name}"))),
            ("items", Value::Object(_)) => unknown_keyword(value, &format!("{path}.items")),
            ("anyOf" | "oneOf", Value::Array(branches)) => branches
                .iter()
                .enumerate()
                .find_map(|(index, b)| unknown_keyword(b, &format!("{path}.{key}[{index}]"))),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A JSON pointer as a path that people read: `/a/0/b` below `top` is `top.a[0].b`.
pub(crate) fn path_of(top: &str, pointer: &str) -> String {
    let mut path = top.to_owned();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
        } else if path.is_empty() {
            path = part;
        } else {
            path.push('.');
            path.push_str(&part);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{path_of, schema_problem};

    fn with(property: serde_json::Value) -> Option<String> {
        schema_problem(&json!({ "type": "object", "properties": { "p": property } }))
            .map(|(path, problem)| format!("{path}: {problem}"))
    }

    #[test]
    fn a_schema_of_known_words_is_taken() {
        assert_eq!(with(json!({ "type": "string", "description": "d", "x-kind": "model" })), None);
        assert_eq!(with(json!({ "type": "boolean", "description": "d", "default": true })), None);
    }

    #[test]
    fn a_wrong_schema_is_named_by_its_place() {
        for (property, expected) in [
            (json!({ "type": "string" }), "PARAMS.properties.p: it has no `description`"),
            (
                json!({ "typ": "string", "description": "d" }),
                "`typ` is not a keyword of parameters; did you mean `type`?",
            ),
            (json!({ "type": "text", "description": "d" }), "PARAMS.properties.p.type"),
            (json!({ "type": "boolean", "description": "d", "default": 1 }), "PARAMS.properties.p.default"),
            (
                json!({ "type": "string", "description": "d", "x-kind": "modl" }),
                "x-kind: \"modl\" is not a kind",
            ),
            (json!({ "type": "string", "description": "d", "pattern": "(" }), "PARAMS.properties.p"),
            (
                json!({ "type": "string", "description": "d", "x-has": "decimal" }),
                "PARAMS.properties.p.x-has: it belongs to",
            ),
            (
                json!({ "type": "string", "description": "d", "x-kind": "model", "x-new": "Product" }),
                "PARAMS.properties.p.x-new: it belongs to",
            ),
            (
                json!({ "type": "array", "description": "d", "items": { "kind": 1 } }),
                "PARAMS.properties.p.items: `kind` is not a keyword",
            ),
        ] {
            let problem = with(property.clone()).unwrap_or_default();
            assert!(problem.contains(expected), "{property}: {problem}");
        }
        let required = json!({ "type": "object", "properties": {}, "required": ["x"] });
        assert!(schema_problem(&required).is_some_and(|(path, _)| path == "PARAMS.required"));
        assert!(schema_problem(&json!([])).is_some());
    }

    #[test]
    fn pointers_read_as_paths() {
        assert_eq!(path_of("PARAMS", "/properties/a~1b/items/0"), "PARAMS.properties.a/b.items[0]");
    }
}
