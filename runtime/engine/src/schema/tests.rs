//! The hand-written schemas say what the types say: every field and word, what must be there, and its type. Read from the
//! types' own source, so that a new field needs no change here, only in the schema.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Schema;

/// Who writes the JSON: it decides what must be there.
#[derive(Clone, Copy, PartialEq)]
enum Writer {
    /// Anybody: what has no default must be there.
    Anybody,
    /// The runtime: what it always writes must be there.
    Runtime,
}

/// A schema, and the types that it is the schema of.
struct Case {
    schema: Schema,
    file: &'static str,
    writer: Writer,
    types: &'static [(&'static str, &'static str, &'static [&'static str])],
}

const CASES: &[Case] = &[
    Case {
        schema: Schema::Plan,
        file: "runtime/engine/schemas/plan.json",
        writer: Writer::Anybody,
        types: &[
            (
                "runtime/protocol/src/plan.rs",
                include_str!("../../../protocol/src/plan.rs"),
                &["Plan", "Source", "SourceTemplate", "SourceRoot", "SourceKind", "Base"],
            ),
            (
                "runtime/protocol/src/step.rs",
                include_str!("../../../protocol/src/step.rs"),
                &["Step", "CodeFrom"],
            ),
        ],
    },
    Case {
        schema: Schema::Result,
        file: "runtime/engine/schemas/result.json",
        writer: Writer::Runtime,
        types: &[
            (
                "runtime/engine/src/result.rs",
                include_str!("../result.rs"),
                &[
                    "RunResult",
                    "RunStatus",
                    "StepResult",
                    "CommandResult",
                    "StepStatus",
                    "Failure",
                    "RunError",
                    "Check",
                    "Landed",
                ],
            ),
            ("runtime/engine/src/error.rs", include_str!("../error.rs"), &["ErrorKind"]),
        ],
    },
    Case {
        schema: Schema::Event,
        file: "runtime/engine/schemas/event.json",
        writer: Writer::Runtime,
        types: &[
            ("runtime/engine/src/events.rs", include_str!("../events.rs"), &["Event"]),
            ("runtime/engine/src/process.rs", include_str!("../process.rs"), &["Stream"]),
        ],
    },
];

#[test]
fn the_schemas_say_what_the_types_say() {
    let mut wrong = Vec::new();
    for case in CASES {
        let schema: Value = serde_json::from_str(&case.schema.text()).unwrap();
        let mut seen = BTreeSet::new();
        for (file, source, names) in case.types {
            for name in *names {
                let at = |what: String| format!("{what} ({name} is in {file}): edit {}", case.file);
                match type_of(source, name)
                    .unwrap_or_else(|| panic!("{file} has no `{name}`: edit this test"))
                {
                    Type::Struct(fields) => {
                        seen.insert((*name).to_owned());
                        wrong.extend(object(&schema, name, &fields, None, case.writer).into_iter().map(at));
                    }
                    Type::Enum(arms) if arms.iter().all(|arm| arm.fields.is_none()) => {
                        seen.insert((*name).to_owned());
                        wrong.extend(words(&schema, name, &arms).into_iter().map(at));
                    }
                    Type::Enum(arms) => {
                        seen.insert((*name).to_owned());
                        let listed = json!(
                            arms.iter()
                                .map(|arm| json!({ "$ref": format!("#/$defs/{}", arm.name) }))
                                .collect::<Vec<_>>()
                        );
                        if schema["$defs"][*name]["oneOf"] != listed {
                            wrong.push(at(format!("$defs/{name}/oneOf is not, in this order, {listed}")));
                        }
                        for arm in &arms {
                            seen.insert(arm.name.clone());
                            let fields = arm.fields.as_deref().unwrap_or_default();
                            wrong.extend(
                                object(&schema, &arm.name, fields, Some(&snake(&arm.name)), case.writer)
                                    .into_iter()
                                    .map(at),
                            );
                        }
                    }
                }
            }
        }
        for name in schema["$defs"].as_object().unwrap().keys().filter(|name| !seen.contains(*name)) {
            wrong.push(format!("$defs/{name} of {} is no type that this test knows: edit either", case.file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the schema of a struct, or of an enum's arm that is tagged with `event`.
fn object(schema: &Value, name: &str, fields: &[Field], tag: Option<&str>, writer: Writer) -> Vec<String> {
    let def = &schema["$defs"][name];
    let Some(properties) = def["properties"].as_object() else {
        return vec![format!("$defs/{name} has no properties")];
    };
    let mut wrong = Vec::new();
    let mut required = BTreeSet::new();
    if let Some(tag) = tag {
        required.insert("event");
        if properties.get("event") != Some(&json!({ "const": tag })) {
            wrong.push(format!("$defs/{name}/properties/event is not {{ \"const\": \"{tag}\" }}"));
        }
    }
    for field in fields {
        let Some(property) = properties.get(&field.name) else {
            wrong.push(format!("$defs/{name}/properties has no `{}`: add it", field.name));
            continue;
        };
        if property.get("description").is_none() && property.get("$ref").is_none() {
            wrong.push(format!("$defs/{name}/properties/{} has no description", field.name));
        }
        if !fits(property, &field.of) {
            wrong.push(format!("$defs/{name}/properties/{} is not of the type {}", field.name, field.of));
        }
        let must = match writer {
            Writer::Anybody => !field.defaulted && !field.of.starts_with("Option<"),
            Writer::Runtime => !field.left_out,
        };
        if must {
            required.insert(&field.name);
        }
    }
    for known in properties.keys().filter(|k| *k != "event" || tag.is_none()) {
        if !fields.iter().any(|field| field.name == *known) {
            wrong.push(format!("$defs/{name}/properties/{known} is no field: remove it"));
        }
    }
    let listed: BTreeSet<&str> =
        def["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if listed != required {
        wrong.push(format!("$defs/{name}/required is not {required:?}"));
    }
    wrong
}

/// What is wrong with the schema of an enum of words.
fn words(schema: &Value, name: &str, arms: &[Arm]) -> Vec<String> {
    let listed: Vec<&str> = schema["$defs"][name]["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|word| word["description"].is_string())
        .filter_map(|word| word["const"].as_str())
        .collect();
    let known: Vec<String> = arms.iter().map(|arm| snake(&arm.name)).collect();
    if listed == known {
        Vec::new()
    } else {
        vec![format!("$defs/{name}/oneOf has not, in this order and each with a description, {known:?}")]
    }
}

/// Whether the schema of a field is for its type.
fn fits(schema: &Value, of: &str) -> bool {
    let inner = |outer: &str| of.strip_prefix(outer)?.strip_prefix('<')?.strip_suffix('>');
    if let Some(inner) = inner("Option") {
        if let Some(any) = schema["anyOf"].as_array() {
            return any.len() == 2 && fits(&any[0], inner) && any[1] == json!({ "type": "null" });
        }
        let mut one = schema.clone();
        one["type"] = schema["type"][0].clone();
        return schema["type"][1] == "null" && fits(&one, inner);
    }
    if let Some(inner) = inner("Vec") {
        return schema["type"] == "array" && fits(&schema["items"], inner);
    }
    if let Some(inner) = inner("BTreeMap") {
        let value = inner.split_once(", ").map_or("", |(_, value)| value);
        return schema["type"] == "object" && fits(&schema["additionalProperties"], value);
    }
    let json = match of {
        "String" | "RunId" | "RelPath" | "StepId" | "StepType" | "BlobId" | "ChangeHash" | "CodeHash"
        | "WorkHash" => "string",
        "bool" => "boolean",
        "usize" | "u32" | "u64" => "integer",
        "StepOrder" => return schema["type"] == "integer" && schema["minimum"] == 1,
        "f64" => "number",
        "JsonMap" => "object",
        other => return schema["$ref"] == format!("#/$defs/{other}"),
    };
    schema["type"] == json
}

/// A type, as its source says it.
enum Type {
    Struct(Vec<Field>),
    Enum(Vec<Arm>),
}

struct Field {
    name: String,
    of: String,
    /// It need not be there.
    defaulted: bool,
    /// It is not always written.
    left_out: bool,
}

struct Arm {
    name: String,
    fields: Option<Vec<Field>>,
}

/// The type of a name in a formatted source.
fn type_of(source: &str, name: &str) -> Option<Type> {
    let is_enum = source.contains(&format!("\npub enum {name} {{\n"));
    let head = format!("\npub {} {name} {{\n", if is_enum { "enum" } else { "struct" });
    let (before, body) = source.split_once(&head)?;
    let (body, _) = body.split_once("\n}\n")?;
    if !is_enum {
        return Some(Type::Struct(fields(body)));
    }
    let attributes = before.rsplit("\n\n").next()?;
    assert!(attributes.contains("rename_all = \"snake_case\""), "{name}: words are in snake case");
    let mut arms: Vec<Arm> = Vec::new();
    let mut inside: Option<String> = None;
    for line in body.lines() {
        if let Some(text) = &mut inside {
            if line == "    }," {
                let last = arms.last_mut().unwrap();
                last.fields = Some(fields(text));
                inside = None;
            } else {
                text.push_str(line);
                text.push('\n');
            }
        } else if let Some(arm) = line.strip_prefix("    ").filter(|l| l.starts_with(char::is_uppercase)) {
            let name = arm.trim_end_matches([',', '{', ' ']).to_owned();
            assert!(name.chars().all(char::is_alphanumeric), "`{arm}` is not understood: edit this test");
            arms.push(Arm { name, fields: None });
            inside = arm.ends_with('{').then(String::new);
        }
    }
    Some(Type::Enum(arms))
}

fn fields(body: &str) -> Vec<Field> {
    let mut found = Vec::new();
    let mut attributes = String::new();
    for line in body.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")) {
        if line.starts_with('#') {
            attributes.push_str(line);
            continue;
        }
        let (name, of) = line
            .strip_suffix(',')
            .and_then(|l| l.strip_prefix("pub ").unwrap_or(l).split_once(": "))
            .unwrap_or_else(|| panic!("`{line}` is not understood: edit this test"));
        let renamed = attributes.split_once("rename = \"").and_then(|(_, rest)| rest.split('"').next());
        if !attributes.contains("flatten") {
            found.push(Field {
                name: renamed.unwrap_or(name).to_owned(),
                of: of.to_owned(),
                defaulted: attributes.contains("default"),
                left_out: attributes.contains("skip_serializing_if"),
            });
        }
        attributes.clear();
    }
    found
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[test]
fn a_missing_field_is_noticed() {
    let schema = json!({ "$defs": { "Landed": { "properties": {
        "mode": { "type": "string", "description": "how" },
        "old": { "type": "string", "description": "gone" },
    }, "required": ["mode"] } } });
    let source = "\npub struct Landed {\n    /// How.\n    pub mode: u32,\n    #[serde(default)]\n    pub new: Option<String>,\n}\n";
    let Some(Type::Struct(fields)) = type_of(source, "Landed") else { panic!("a struct") };
    let wrong = object(&schema, "Landed", &fields, None, Writer::Runtime);
    assert_eq!(
        wrong,
        [
            "$defs/Landed/properties/mode is not of the type u32",
            "$defs/Landed/properties has no `new`: add it",
            "$defs/Landed/properties/old is no field: remove it",
            // `new` is asked for once it is there.
        ]
    );
}
