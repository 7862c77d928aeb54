//! The words for types and options.

use aksara_protocol::params::FieldType;

use super::problem::FieldProblem;
use crate::nearest::nearest;

/// Every word for a type; the first one of each type is its own name.
const TYPES: &[(&str, FieldType)] = &[
    ("string", FieldType::String),
    ("text", FieldType::Text),
    ("integer", FieldType::Integer),
    ("positive_integer", FieldType::PositiveInteger),
    ("big_integer", FieldType::BigInteger),
    ("float", FieldType::Float),
    ("decimal", FieldType::Decimal),
    ("boolean", FieldType::Boolean),
    ("date", FieldType::Date),
    ("datetime", FieldType::Datetime),
    ("time", FieldType::Time),
    ("duration", FieldType::Duration),
    ("uuid", FieldType::Uuid),
    ("json", FieldType::Json),
    ("email", FieldType::Email),
    ("url", FieldType::Url),
    ("slug", FieldType::Slug),
    ("foreign_key", FieldType::ForeignKey),
    ("one_to_one", FieldType::OneToOne),
    ("many_to_many", FieldType::ManyToMany),
    ("str", FieldType::String),
    ("char", FieldType::String),
    ("int", FieldType::Integer),
    ("bool", FieldType::Boolean),
    ("fk", FieldType::ForeignKey),
    ("o2o", FieldType::OneToOne),
    ("m2m", FieldType::ManyToMany),
];

/// The type of a text with a fixed set of values.
pub(super) const CHOICE: &str = "choice";

/// Options that may stand behind a type.
pub(super) const OPTIONS: &[&str] =
    &["unique", "index", "default", "min", "max", "help", "related_name", "on_delete", "required"];

/// The type that a word names.
pub(super) fn field_type(word: &str) -> Result<FieldType, FieldProblem> {
    let lower = word.to_ascii_lowercase();
    if let Some((_, field_type)) = TYPES.iter().find(|(name, _)| *name == lower) {
        return Ok(*field_type);
    }
    let known = TYPES.iter().map(|(name, _)| *name).chain([CHOICE]);
    // `CharField` and `DecimalField` are what Django's users type.
    let bare = lower.strip_suffix("field").unwrap_or(&lower);
    if ["image", "file"].contains(&bare) {
        return Err(FieldProblem::File { name: word.to_owned() });
    }
    let near = TYPES.iter().find(|(name, _)| name.replace('_', "") == bare).map(|(name, _)| *name);
    Err(FieldProblem::Type {
        text: word.to_owned(),
        nearest: near.or_else(|| nearest(word, known)).map(str::to_owned),
    })
}

/// The type's own name.
pub(super) fn type_name(kind: FieldType) -> &'static str {
    TYPES.iter().find(|(_, known)| *known == kind).map_or("string", |(name, _)| *name)
}

/// The types, for a message.
pub(super) fn listed() -> String {
    let own = TYPES.iter().take(20).map(|(name, _)| *name).chain([CHOICE]);
    own.collect::<Vec<_>>().join(", ")
}
