//! Parameters of a template: typed by its schema, checked all at once.
//!
//! Where a value comes from (request, command line, default) is kept beside it. What a value means in the
//! project is the template's business.

use std::fmt;

use aksara_protocol::JsonMap;
use serde_json::Value;

use crate::fields::split_list;
use crate::meta::path_of;
use crate::nearest::{listed, nearest};

/// Every problem with the parameters that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamsError {
    /// One for each parameter that is unknown, missing or wrong; never empty.
    pub problems: Vec<ParamProblem>,
}

/// A problem with one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamProblem {
    /// The template has no such parameter.
    Unknown {
        /// As it was given.
        name: String,
        /// The parameter that was probably meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A parameter that has no default was not given.
    Missing {
        /// The parameter.
        name: String,
        /// What it is, from the schema.
        description: String,
    },
    /// The value does not fit the schema.
    Wrong {
        /// The parameter, with the place in it: `fields[0].name`.
        name: String,
        /// Why.
        reason: String,
    },
    /// A setting on the command line is not `name=value`.
    NotAPair {
        /// As it was given.
        text: String,
    },
}

impl fmt::Display for ParamProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest: Some(nearest), .. } => {
                write!(f, "there is no parameter `{name}`; did you mean `{nearest}`?")
            }
            Self::Unknown { name, known, .. } if known.is_empty() => {
                write!(f, "there is no parameter `{name}`; the template has none")
            }
            Self::Unknown { name, known, .. } => {
                write!(f, "there is no parameter `{name}`; there are {}", listed(known))
            }
            Self::Missing { name, description } => {
                write!(f, "the parameter `{name}` is missing: {description} (--set {name}=VALUE)")
            }
            Self::Wrong { name, reason } => write!(f, "the parameter `{name}` is wrong: {reason}"),
            Self::NotAPair { text } => write!(f, "`{text}` is not a parameter; write `name=value`"),
        }
    }
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ParamsError {}

/// Checks `given` against `schema` and adds the defaults. A later value of the same name wins.
///
/// The first map has every parameter that has a value, in the order of the schema; the second says of each
/// where it came from: as given, or `default`.
///
/// # Errors
/// Every parameter that is unknown, missing or wrong, all in one.
pub fn resolve(
    schema: &Value,
    given: Vec<(String, Value, &'static str)>,
) -> Result<(JsonMap, JsonMap), ParamsError> {
    let mut problems = Vec::new();
    for (name, _, _) in &given {
        if property(schema, name).is_none() && !problems.iter().any(|p| is_unknown(p, name)) {
            problems.push(unknown(schema, name));
        }
    }
    let required = required(schema);
    let mut values = JsonMap::new();
    let mut from = JsonMap::new();
    for (name, property) in properties(schema) {
        let given = given.iter().rev().find(|(key, value, _)| key == name && !value.is_null());
        let (value, origin) = match (given, property.get("default")) {
            (Some((_, value, origin)), _) => (as_list(property, value), *origin),
            (None, Some(default)) if !default.is_null() => (default.clone(), "default"),
            _ => {
                if required.contains(&name.as_str()) {
                    problems.push(ParamProblem::Missing {
                        name: name.clone(),
                        description: description(property),
                    });
                }
                continue;
            }
        };
        problems.extend(wrong(name, property, &value));
        values.insert(name.clone(), value);
        from.insert(name.clone(), Value::from(origin));
    }
    if problems.is_empty() { Ok((values, from)) } else { Err(ParamsError { problems }) }
}

/// A value, or the list that a text stands for where a list is asked for: one value is a list of one.
fn as_list(property: &Value, value: &Value) -> Value {
    let is_list = property.get("type").and_then(Value::as_str) == Some("array");
    match value.as_str().filter(|_| is_list).and_then(|text| typed("array", text.trim())) {
        Some(list) => list,
        None => value.clone(),
    }
}

/// Reads `name=value` as it is typed on a command line; the value gets the type that the schema declares.
/// A list may be written as JSON or with commas; a comma in brackets or quotes divides nothing.
///
/// # Errors
/// The text is no pair, the template has no such parameter, or the value is not of its type.
pub fn parse_set(schema: &Value, text: &str) -> Result<(String, Value), ParamsError> {
    let fail = |problem| Err(ParamsError { problems: vec![problem] });
    let Some((name, value)) = text.split_once('=') else {
        return fail(ParamProblem::NotAPair { text: text.to_owned() });
    };
    let (name, value) = (name.trim().replace('-', "_"), value.trim());
    let Some(property) = property(schema, &name) else {
        return fail(unknown(schema, &name));
    };
    let types: Vec<&str> = match property.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let typed = types
        .iter()
        .find_map(|kind| typed(kind, value))
        // Without a declared type JSON is read as JSON, and the rest is text.
        .or_else(|| {
            let free = types.is_empty();
            free.then(|| serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)))
        })
        .unwrap_or_else(|| Value::from(value));
    match wrong(&name, property, &typed).into_iter().next() {
        Some(problem) => fail(problem),
        None => Ok((name, typed)),
    }
}

fn typed(kind: &str, text: &str) -> Option<Value> {
    match kind {
        "string" => Some(Value::from(text)),
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "number" => serde_json::from_str(text).ok().filter(Value::is_number),
        "boolean" => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" => Some(Value::Bool(true)),
            "false" | "no" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
        "array" if text.starts_with('[') => serde_json::from_str(text).ok(),
        "array" if text.is_empty() => Some(Value::Array(Vec::new())),
        "array" => Some(split_list(text).into_iter().map(Value::from).collect()),
        "object" => serde_json::from_str(text).ok().filter(Value::is_object),
        _ => None,
    }
}

fn wrong(name: &str, property: &Value, value: &Value) -> Vec<ParamProblem> {
    match jsonschema::validator_for(property) {
        Ok(validator) => validator
            .iter_errors(value)
            .map(|e| ParamProblem::Wrong {
                name: path_of(name, e.instance_path().as_str()),
                reason: e.to_string(),
            })
            .collect(),
        Err(error) => vec![ParamProblem::Wrong { name: name.to_owned(), reason: error.to_string() }],
    }
}

fn is_unknown(problem: &ParamProblem, other: &str) -> bool {
    matches!(problem, ParamProblem::Unknown { name, .. } if name == other)
}

fn unknown(schema: &Value, name: &str) -> ParamProblem {
    let known: Vec<String> = properties(schema).map(|(name, _)| name.clone()).collect();
    let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    ParamProblem::Unknown { name: name.to_owned(), nearest, known }
}

/// Whether a parameter has to be given.
pub(crate) fn is_required(schema: &Value, name: &str) -> bool {
    required(schema).contains(&name)
}

/// The declared parameters, in order.
pub(crate) fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// Names of the parameters that must have a value.
pub(crate) fn required(schema: &Value) -> Vec<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What a parameter is, for people.
pub(crate) fn description(property: &Value) -> String {
    property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{parse_set, resolve};

    fn schema() -> Value {
        json!({
            "type": "object",
            "required": ["model", "stars"],
            "properties": {
                "model": { "type": "string", "description": "What to tag" },
                "stars": { "type": "integer", "description": "Most stars", "minimum": 1 },
                "include_tests": { "type": "boolean", "description": "Tests", "default": true },
                "fields": { "type": "array", "items": { "type": "string" }, "description": "Fields" },
                "route": { "type": "string", "description": "Where" },
            },
        })
    }

    #[test]
    fn values_keep_the_schemas_order_and_their_origin() {
        let given = vec![
            ("stars".to_owned(), json!(3), "request"),
            ("model".to_owned(), json!("blog.Post"), "facts"),
            ("stars".to_owned(), json!(5), "set"),
        ];
        let (values, from) = resolve(&schema(), given).unwrap();
        assert_eq!(
            Value::Object(values).to_string(),
            r#"{"model":"blog.Post","stars":5,"include_tests":true}"#
        );
        assert_eq!(
            Value::Object(from).to_string(),
            r#"{"model":"facts","stars":"set","include_tests":"default"}"#
        );
    }

    #[test]
    fn one_value_is_a_list_of_one() {
        for (text, list) in [("name", json!(["name"])), ("name, price", json!(["name", "price"]))] {
            let given = vec![
                ("model".to_owned(), json!("blog.Post"), "facts"),
                ("stars".to_owned(), json!(3), "set"),
                ("fields".to_owned(), json!(text), "set"),
            ];
            assert_eq!(resolve(&schema(), given).unwrap().0["fields"], list);
        }
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let given = vec![
            ("modle".to_owned(), json!("x"), "set"),
            ("stars".to_owned(), json!(0), "set"),
            ("fields".to_owned(), json!(["a", 1]), "set"),
        ];
        assert_eq!(
            resolve(&schema(), given).unwrap_err().to_string(),
            "there is no parameter `modle`; did you mean `model`?\n\
             the parameter `model` is missing: What to tag (--set model=VALUE)\n\
             the parameter `stars` is wrong: 0 is less than the minimum of 1\n\
             the parameter `fields[1]` is wrong: 1 is not of type \"string\""
        );
    }

    #[test]
    fn settings_get_the_type_of_the_schema() {
        for (text, name, value) in [
            ("model=blog.Post", "model", json!("blog.Post")),
            ("stars=5", "stars", json!(5)),
            ("include-tests=no", "include_tests", json!(false)),
            ("fields=name, price", "fields", json!(["name", "price"])),
            (r#"fields=["a=b"]"#, "fields", json!(["a=b"])),
            ("route=", "route", json!("")),
            ("model=1", "model", json!("1")),
        ] {
            assert_eq!(parse_set(&schema(), text), Ok((name.to_owned(), value)), "{text}");
        }
    }

    #[test]
    fn a_wrong_setting_says_why() {
        for (text, message) in [
            ("model", "`model` is not a parameter; write `name=value`"),
            ("modell=1", "there is no parameter `modell`; did you mean `model`?"),
            ("stars=many", "the parameter `stars` is wrong: \"many\" is not of type \"integer\""),
            (
                "include_tests=perhaps",
                "the parameter `include_tests` is wrong: \"perhaps\" is not of type \"boolean\"",
            ),
        ] {
            assert_eq!(parse_set(&schema(), text).unwrap_err().to_string(), message);
        }
    }
}
