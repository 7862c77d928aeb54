//! The JSON Schema of the settings, made from the annotated reference: a setting's comment is its description, its default
//! the default. What the reference does not say, which words a setting takes, is asked of its type.

use std::fmt;

use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde_json::{Map, Value, json};

use super::load::AT_LEAST_ONE;
use super::{Isolation, REFERENCE, Settings};
use crate::run::options::{Commits, LandMode};
use aksara_protocol::command::RiskClass;

/// What the reference puts in front of a setting that a project may not set by itself.
const YOURS: &str = "[yours] ";

/// The schema of an `aksara.toml`.
pub(super) fn schema() -> Value {
    let defaults = Settings::default();
    let mut sections = Map::new();
    let mut section = String::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in REFERENCE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((name, _)) = line.split_once(" = ") {
            let key = format!("{section}.{name}");
            if let Some(entry) = defaults.entries.get(&key) {
                let of_section = sections.entry(section.clone()).or_insert_with(
                    || json!({ "type": "object", "additionalProperties": false, "properties": {} }),
                );
                of_section["properties"][name] = property(&key, &comment.join(" "), &entry.value);
            }
        }
        comment.clear();
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:aksara:schema:config:1",
        "title": "aksara.toml",
        "description": "Every setting of Aksara with its default. What is not set keeps the value of the layer below: defaults, your own settings file, the project's aksara.toml, the environment, the command line.",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn property(key: &str, comment: &str, default: &toml::Value) -> Value {
    let description = match comment.strip_prefix(YOURS) {
        Some(text) => format!("{text} Yours: ignored in the aksara.toml of a project that is not trusted."),
        None => comment.to_owned(),
    };
    let mut property = json!({ "description": description });
    match default {
        toml::Value::Boolean(_) => property["type"] = json!("boolean"),
        toml::Value::Integer(_) => {
            property["type"] = json!("integer");
            property["minimum"] = json!(u8::from(AT_LEAST_ONE.contains(&key)));
        }
        toml::Value::Float(_) => property["type"] = json!("number"),
        toml::Value::Array(_) => {
            property["type"] = json!("array");
            property["items"] = match key {
                "worktree.setup" => json!({ "type": "array", "items": { "type": "string" } }),
                _ => text(key),
            };
        }
        _ => property = merged(property, text(key)),
    }
    // A default that JSON has no word for is none of this schema's.
    property["default"] = serde_json::to_value(default).unwrap_or_default();
    property
}

/// The schema of a setting's text, or of a text in its list.
fn text(key: &str) -> Value {
    let words = match key {
        "landing.mode" => words::<LandMode>(),
        "landing.commits" => words::<Commits>(),
        "plugins.isolation" => words::<Isolation>(),
        "commands.allow" => {
            let always_asked = RiskClass::Destructive.as_str();
            words::<RiskClass>().into_iter().filter(|word| *word != always_asked).collect()
        }
        _ => return json!({ "type": "string" }),
    };
    json!({ "type": "string", "enum": words })
}

fn merged(mut into: Value, from: Value) -> Value {
    if let (Value::Object(into), Value::Object(from)) = (&mut into, from) {
        into.extend(from);
    }
    into
}

/// The words that an enum is written as: it names them when it is given another one.
fn words<'d, T: Deserialize<'d>>() -> Vec<&'static str> {
    let given: serde::de::value::StrDeserializer<'_, Words> = "".into_deserializer();
    match T::deserialize(given) {
        Ok(_) => Vec::new(),
        Err(Words(words)) => words.to_vec(),
    }
}

/// The error that remembers which words were expected.
#[derive(Debug)]
struct Words(&'static [&'static str]);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of {:?}", self.0)
    }
}

impl std::error::Error for Words {}

impl serde::de::Error for Words {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Words(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Words(expected)
    }
}
