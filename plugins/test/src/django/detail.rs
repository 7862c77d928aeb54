//! What a body may know of a field, to write values that are valid, and values that are not.

use aksara_sdk::protocol::facts::{FieldFacts, ModelFacts, ProjectFacts, RelationKind};
use serde::Serialize;
use serde_json::Value;

use super::rules;
use super::sample::{self, Purpose};

/// A field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Its name.
    pub name: String,
    /// What it holds: `text`, `slug`, `email`, `url`, `choice`, `integer`, `decimal`, `float`, `boolean`, `date`,
    /// `datetime`, `time`, `duration`, `uuid`, `json`, `to_one`, `to_many`, or `other`.
    pub kind: &'static str,
    /// Whether a request must give it.
    pub required: bool,
    /// Whether a row may be without it.
    pub null: bool,
    /// Whether it is in the table of another model, which the model extends.
    pub of_parent: bool,
    /// Characters at most.
    pub max_length: Option<u64>,
    /// The least number that is allowed, as source.
    pub min: Option<String>,
    /// The greatest number that is allowed, as source.
    pub max: Option<String>,
    /// Two values that differ, as source; absent where that is not known.
    pub two: Option<(String, String)>,
    /// A value, as source, that no request may give; absent where that is not known.
    pub invalid: Option<String>,
    /// The label of the model that it points to.
    pub to: Option<String>,
}

/// What is known of the fields of `model`, but for those that the framework sets.
pub fn details(facts: &ProjectFacts, model: &ModelFacts) -> Vec<Detail> {
    model.fields.iter().filter(|f| !sample::is_set_by_framework(f)).map(|f| detail(facts, model, f)).collect()
}

fn detail(facts: &ProjectFacts, model: &ModelFacts, field: &FieldFacts) -> Detail {
    let literal = |name: &str| field.args.keyword(name).and_then(|e| e.literal.as_ref());
    let kind = kind(field);
    let class = field.class_name();
    let min = sample::bound(field, "MinValueValidator")
        .or_else(|| class.starts_with("Positive").then(|| "0".to_owned()));
    let max = sample::bound(field, "MaxValueValidator");
    let max_length = literal("max_length").and_then(Value::as_u64);
    Detail {
        name: field.name.clone(),
        kind,
        required: sample::is_required(field, Purpose::Request)
            && super::api::api_of(facts, model)
                .and_then(|api| api.input)
                .is_none_or(|input| input.contains(&field.name)),
        null: literal("null") == Some(&Value::Bool(true)),
        of_parent: field.inherited_from.as_ref().is_some_and(|label| facts.model(label).is_some()),
        two: two(model, field, kind, min.as_deref()),
        invalid: invalid(field, kind, min.as_deref(), max_length),
        max_length,
        min,
        max,
        to: field.relation.as_ref().map(|r| r.to.clone()),
    }
}

fn kind(field: &FieldFacts) -> &'static str {
    if let Some(relation) = &field.relation {
        return if relation.kind == RelationKind::ManyToMany { "to_many" } else { "to_one" };
    }
    if field.args.keyword("choices").is_some() {
        return "choice";
    }
    match field.class_name() {
        "CharField" | "TextField" => "text",
        "SlugField" => "slug",
        "EmailField" => "email",
        "URLField" => "url",
        "IntegerField"
        | "SmallIntegerField"
        | "BigIntegerField"
        | "PositiveIntegerField"
        | "PositiveSmallIntegerField"
        | "PositiveBigIntegerField" => "integer",
        "DecimalField" => "decimal",
        "FloatField" => "float",
        "BooleanField" => "boolean",
        "DateField" => "date",
        "DateTimeField" => "datetime",
        "TimeField" => "time",
        "DurationField" => "duration",
        "UUIDField" => "uuid",
        "JSONField" => "json",
        _ => "other",
    }
}

fn two(model: &ModelFacts, field: &FieldFacts, kind: &str, min: Option<&str>) -> Option<(String, String)> {
    let pair = |one: &str, other: &str| Some((one.to_owned(), other.to_owned()));
    let rank = rules::rank(model, field);
    let day = |day| sample::day(rank, day);
    match kind {
        "boolean" => pair("True", "False"),
        "date" => pair(&format!("\"{}\"", day(1)), &format!("\"{}\"", day(2))),
        "datetime" => pair(&format!("\"{}T00:00:00Z\"", day(1)), &format!("\"{}T00:00:00Z\"", day(2))),
        "integer" | "decimal" | "float" => {
            let (by_rules, max) = sample::limits(model, field);
            let of_field = min.and_then(|text| text.parse::<f64>().ok());
            let min = [by_rules, of_field].into_iter().flatten().reduce(f64::max);
            let least = match min {
                _ if rank > 0 => sample::number(model, field, 1.0),
                Some(min) => min.ceil(),
                None => 1.0,
            };
            let least = least.max(f64::from(u8::from(max.is_none())));
            let fits = max.is_none_or(|max| least + 1.0 <= max);
            let whole = kind != "decimal" || sample::holds_whole_numbers(field);
            (fits && whole).then(|| (least.to_string(), (least + 1.0).to_string()))
        }
        "choice" => {
            let values = sample::choices(field);
            values.first().cloned().zip(values.get(1).cloned())
        }
        _ => None,
    }
}

fn invalid(field: &FieldFacts, kind: &str, min: Option<&str>, max_length: Option<u64>) -> Option<String> {
    let text = |value: &str| Some(format!("\"{value}\""));
    match (kind, max_length) {
        ("text", Some(length)) => Some(format!("\"x\" * {}", length + 1)),
        ("slug", _) => text("not a slug"),
        ("email", _) => text("nobody"),
        ("url", _) => text("nowhere"),
        ("choice", _) => (!sample::choices(field).is_empty()).then(|| "\"none of them\"".to_owned()),
        ("integer" | "decimal" | "float", _) => match min.and_then(|m| m.parse::<f64>().ok()) {
            Some(least) => Some((least.ceil() as i64 - 1).to_string()),
            None => text("many"),
        },
        ("boolean", _) => text("perhaps"),
        ("date" | "datetime" | "time", _) => text("someday"),
        ("duration", _) => text("a while"),
        ("uuid", _) => text("this one"),
        ("to_one", _) => text("nobody"),
        _ => None,
    }
}
