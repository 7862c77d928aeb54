//! Putting layers together: which value is in force, and whether it may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::layer::variable;
use super::{Entry, Layer, Origin, Settings, SettingsError, Trust, Warning};
use aksara_protocol::command::RiskClass;

/// Settings that may make a program run, write outside of the project or switch a safeguard off, and how: not
/// taken from the file of a project that is not trusted.
pub(super) const NEEDS_TRUST: &[(&str, &str)] = &[
    ("planner.confirm_destructive", "it can switch a question off"),
    ("python.command", "it names a program to run"),
    ("worktree.root", "it names a folder to write to"),
    ("worktree.link", "it gives commands a way into your own files"),
    ("worktree.setup", "it names programs to run"),
    ("plugins.isolation", "it can take the wall between plugins and Aksara down"),
    ("plugins.path", "it names native code to load"),
    ("templates.path", "it names templates, whose plans change your files"),
    ("commands.allow", "it can switch questions off"),
    ("commands.env", "it can hand your secrets to commands"),
];

/// Settings whose values are paths; a relative one is meant from the folder of its file.
const PATHS: &[&str] = &["worktree.root", "plugins.path", "templates.path"];

/// Numbers that make no sense as 0.
pub(super) const AT_LEAST_ONE: &[&str] = &[
    "planner.max_steps",
    "planner.step_timeout_seconds",
    "validation.timeout_seconds",
    "validation.tests_timeout_seconds",
    "commands.output_limit_bytes",
];

/// A setting of a project's file that needs trust.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Which setting.
    pub key: String,
    value: Value,
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {}", self.key, self.value)
    }
}

impl Grant {
    /// What the value is made of: git merges files line by line, so the items of a list and the lines of a text may
    /// come from different people.
    #[must_use]
    pub fn parts(&self) -> BTreeSet<String> {
        fn add(value: &Value, parts: &mut BTreeSet<String>) {
            match value {
                Value::Array(items) => items.iter().for_each(|item| add(item, parts)),
                Value::Table(table) => table.values().for_each(|item| add(item, parts)),
                Value::String(text) => parts.extend(text.lines().map(str::to_owned)),
                other => {
                    parts.insert(other.to_string());
                }
            }
        }
        let mut parts = BTreeSet::new();
        add(&self.value, &mut parts);
        parts
    }

    /// The folders that a list of paths names.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.value.as_array().into_iter().flatten().filter_map(Value::as_str).map(Path::new)
    }
}

/// The settings in the text of a project's file that need trust, each as it is written. A text that cannot be read
/// has none: loading it is an error of its own.
#[must_use]
pub fn needing_trust(text: &str) -> Vec<Grant> {
    let origin = |line| Origin::ProjectFile { path: "aksara.toml".into(), line };
    parse_file(text, origin)
        .unwrap_or_default()
        .into_iter()
        .filter(|given| NEEDS_TRUST.iter().any(|(key, _)| *key == given.key))
        .map(|given| Grant { key: given.key, value: given.value })
        .collect()
}

/// A value as a layer gives it.
struct Given {
    key: String,
    value: Value,
    origin: Origin,
}

pub(super) fn load(
    reference: &str,
    mut layers: Vec<Layer>,
) -> Result<(Settings, Vec<Warning>), SettingsError> {
    let mut entries: BTreeMap<String, Entry> = parse_file(reference, |_| Origin::BuiltIn)?
        .into_iter()
        .map(|given| (given.key, Entry { value: given.value, origin: given.origin }))
        .collect();
    let defaults = entries.clone();
    let mut warnings = Vec::new();
    layers.sort_by_key(Layer::rank);
    for layer in layers {
        let trusted = !matches!(layer, Layer::ProjectFile { trust: Trust::Untrusted, .. });
        for mut given in read_layer(layer, &defaults)? {
            check(&given, &defaults)?;
            if let Some((_, reason)) = NEEDS_TRUST.iter().find(|(key, _)| !trusted && *key == given.key) {
                // A value that is in force anyway is nobody's attempt at anything.
                if entries.get(&given.key).is_some_and(|entry| entry.value == given.value) {
                    continue;
                }
                warnings.push(Warning { key: given.key, origin: given.origin, reason });
                continue;
            }
            if let Some(folder) = given.origin.folder().filter(|_| PATHS.contains(&given.key.as_str())) {
                given.value = anchored(given.value, folder);
            }
            // What does not exist was refused above.
            if let Some(entry) = entries.get_mut(&given.key) {
                (entry.value, entry.origin) = (given.value, given.origin);
            }
        }
    }
    must_agree(&entries)?;
    let mut settings =
        typed(&entries).map_err(|reason| SettingsError::NotToml { origin: Origin::BuiltIn, reason })?;
    settings.entries = entries;
    Ok((settings, warnings))
}

fn read_layer(layer: Layer, defaults: &BTreeMap<String, Entry>) -> Result<Vec<Given>, SettingsError> {
    match layer {
        Layer::UserFile { path, text } => {
            parse_file(&text, |line| Origin::UserFile { path: path.clone(), line })
        }
        Layer::ProjectFile { path, text, .. } => {
            parse_file(&text, |line| Origin::ProjectFile { path: path.clone(), line })
        }
        Layer::Environment(variables) => from_environment(&variables, defaults),
        Layer::Overrides(texts) => texts
            .into_iter()
            .map(|text| match text.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => {
                    from_text(key.trim(), value.trim(), Origin::Override, defaults)
                }
                _ => Err(SettingsError::NotAnOverride { text }),
            })
            .collect(),
    }
}

/// The settings in a TOML text, by dotted key, with the line of each.
fn parse_file(text: &str, origin: impl Fn(usize) -> Origin) -> Result<Vec<Given>, SettingsError> {
    // An editor's byte order mark is no part of the file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line_of = |at: usize| text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
    let not_toml = |error: &toml::de::Error| SettingsError::NotToml {
        origin: origin(error.span().map_or(1, |span| line_of(span.start))),
        reason: error.message().to_owned(),
    };
    let root = DeTable::parse(text).map_err(|e| not_toml(&e))?;
    let mut found = Vec::new();
    for (section, value) in root.get_ref() {
        let DeValue::Table(table) = value.get_ref() else {
            found.push(given(section.get_ref(), value, origin(line_of(section.span().start))));
            continue;
        };
        for (name, value) in table {
            let key = format!("{}.{}", section.get_ref(), name.get_ref());
            found.push(given(&key, value, origin(line_of(name.span().start))));
        }
    }
    Ok(found)
}

fn given(key: &str, value: &Spanned<DeValue<'_>>, origin: Origin) -> Given {
    Given { key: key.to_owned(), value: owned(value.get_ref()), origin }
}

fn owned(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        // A number that is too large stays visible as its text, and is refused as one.
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.as_str().to_owned()), Value::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::String(number.as_str().to_owned()), Value::Float)
        }
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(time) => Value::Datetime(*time),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| owned(item.get_ref())).collect()),
        DeValue::Table(table) => {
            Value::Table(table.iter().map(|(k, v)| (k.get_ref().to_string(), owned(v.get_ref()))).collect())
        }
    }
}

fn from_environment(
    variables: &BTreeMap<String, String>,
    defaults: &BTreeMap<String, Entry>,
) -> Result<Vec<Given>, SettingsError> {
    let keys: BTreeMap<String, &String> = defaults.keys().map(|key| (variable(key), key)).collect();
    let sections: Vec<String> = sections(defaults).iter().map(|s| format!("{}_", variable(s))).collect();
    let mut found = Vec::new();
    for (name, value) in variables.iter().filter(|(_, value)| !value.is_empty()) {
        let origin = Origin::Environment { variable: name.clone() };
        if let Some(key) = keys.get(name) {
            found.push(from_text(key, value, origin, defaults)?);
        } else if sections.iter().any(|section| name.starts_with(section)) {
            return Err(SettingsError::Unknown {
                origin,
                key: name.clone(),
                nearest: nearest(name, keys.keys().map(String::as_str)),
                sections: self::sections(defaults),
            });
        }
    }
    Ok(found)
}

/// A value that is written without TOML's quotes, as people do on a command line.
fn from_text(
    key: &str,
    text: &str,
    origin: Origin,
    defaults: &BTreeMap<String, Entry>,
) -> Result<Given, SettingsError> {
    let default = known(key, &origin, defaults)?;
    let value = match (default, toml_value(text)) {
        (Value::String(_), Some(value @ Value::String(_))) => value,
        (Value::String(_), _) => Value::String(text.to_owned()),
        (Value::Array(_), Some(value @ Value::Array(_))) => value,
        (Value::Array(_), _) if text.is_empty() => Value::Array(Vec::new()),
        // One item needs no brackets.
        (Value::Array(_), _) => Value::Array(vec![Value::String(text.to_owned())]),
        (_, Some(value)) => value,
        (_, None) => Value::String(text.to_owned()),
    };
    Ok(Given { key: key.to_owned(), value, origin })
}

fn toml_value(text: &str) -> Option<Value> {
    Value::deserialize(toml::de::ValueDeserializer::parse(text).ok()?).ok()
}

/// The default of a setting, or that there is none.
fn known<'d>(
    key: &str,
    origin: &Origin,
    defaults: &'d BTreeMap<String, Entry>,
) -> Result<&'d Value, SettingsError> {
    defaults.get(key).map(|entry| &entry.value).ok_or_else(|| SettingsError::Unknown {
        origin: origin.clone(),
        key: key.to_owned(),
        nearest: nearest(key, defaults.keys().map(String::as_str)),
        sections: sections(defaults),
    })
}

fn sections(defaults: &BTreeMap<String, Entry>) -> Vec<String> {
    let mut names: Vec<String> = defaults
        .keys()
        .filter_map(|key| key.split_once('.'))
        .map(|(section, _)| section.to_owned())
        .collect();
    names.dedup();
    names
}

pub(super) fn nearest<'k>(key: &str, keys: impl Iterator<Item = &'k str>) -> Option<String> {
    let keys: Vec<&str> = keys.collect();
    // A name in the wrong section, or in none, is meant more often than a similar one.
    let name = key.rsplit('.').next().unwrap_or(key);
    let mut same_name = keys.iter().filter(|k| k.rsplit('.').next() == Some(name));
    match (same_name.next(), same_name.next()) {
        (Some(only), None) => Some((*only).to_owned()),
        _ => similar::get_close_matches(key, &keys, 1, 0.7).first().map(|k| (*k).to_owned()).or_else(|| {
            // A slip in the name, and another section as well: the names alone, wherever they are.
            let names: Vec<&str> = keys.iter().filter_map(|k| k.rsplit('.').next()).collect();
            let close = *similar::get_close_matches(name, &names, 1, 0.75).first()?;
            keys.iter().find(|k| k.rsplit('.').next() == Some(close)).map(|k| (*k).to_owned())
        }),
    }
}

/// Whether the setting exists and can have the value.
fn check(given: &Given, defaults: &BTreeMap<String, Entry>) -> Result<(), SettingsError> {
    let wrong = |expected: String| SettingsError::WrongValue {
        origin: given.origin.clone(),
        key: given.key.clone(),
        expected,
        found: shown(&given.value),
    };
    if sections(defaults).contains(&given.key) {
        return Err(wrong(format!("a section: [{}]", given.key)));
    }
    let default = known(&given.key, &given.origin, defaults)?;
    if !default.same_type(&given.value) {
        return Err(wrong(kind(default).to_owned()));
    }
    if AT_LEAST_ONE.contains(&given.key.as_str()) && given.value.as_integer().is_some_and(|n| n < 1) {
        return Err(wrong("a whole number of at least 1".to_owned()));
    }
    let mut alone = defaults.clone();
    if let Some(entry) = alone.get_mut(&given.key) {
        entry.value = given.value.clone();
    }
    let settings = typed(&alone).map_err(|reason| SettingsError::Refused {
        origin: given.origin.clone(),
        key: given.key.clone(),
        found: shown(&given.value),
        reason,
    })?;
    if settings.commands.allow.contains(&RiskClass::Destructive) {
        return Err(wrong("a list without `destructive`, which is always asked about".to_owned()));
    }
    Ok(())
}

/// A failure cannot both take everything back and be gone on from: not if somebody asked for both.
fn must_agree(entries: &BTreeMap<String, Entry>) -> Result<(), SettingsError> {
    let asked = |key: &str| {
        let entry = entries.get(key)?;
        (entry.origin != Origin::BuiltIn && entry.value.as_bool() == Some(true)).then(|| entry.origin.clone())
    };
    match (asked("planner.rollback_on_failure"), asked("planner.continue_on_failure")) {
        (Some(rollback), Some(go_on)) => Err(SettingsError::RollbackAndContinue { rollback, go_on }),
        _ => Ok(()),
    }
}

/// The settings with these values; the reason if a value does not fit its field.
fn typed(entries: &BTreeMap<String, Entry>) -> Result<Settings, String> {
    let mut root = Table::new();
    for (key, entry) in entries {
        let (section, name) = key.split_once('.').unwrap_or(("", key));
        let table = root.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = table {
            table.insert(name.to_owned(), entry.value.clone());
        }
    }
    Settings::deserialize(root).map_err(|error| error.message().to_owned())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Boolean(_) => "true or false",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::String(_) => "a text in quotes",
        Value::Array(_) => "a list in brackets",
        Value::Datetime(_) => "a time",
        Value::Table(_) => "a table",
    }
}

fn shown(value: &Value) -> String {
    let what = match value {
        Value::Boolean(_) | Value::Datetime(_) => "",
        Value::Integer(_) | Value::Float(_) => "the number ",
        Value::String(_) => "the text ",
        Value::Array(_) => "the list ",
        Value::Table(_) => return "a table".to_owned(),
    };
    let text: String = value.to_string().chars().take(80).collect();
    format!("{what}{text}")
}

fn anchored(value: Value, folder: &Path) -> Value {
    match value {
        Value::String(text) if !text.is_empty() => {
            Value::String(folder.join(&text).to_string_lossy().into_owned())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| anchored(item, folder)).collect()),
        other => other,
    }
}
