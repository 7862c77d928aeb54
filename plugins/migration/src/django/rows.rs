//! What a migration means for rows that are already there: values for new required columns, and risks.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::field::{Field, Target};
use super::model::{Models, Part};
use super::operation::Operation;
use super::value::Value;

/// A value that a data migration writes into a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Backfill {
    /// The model's class.
    pub(super) model: String,
    pub(super) field: String,
    pub(super) value: Fill,
}

/// What existing rows get.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fill {
    /// The same string, number or boolean.
    Value(Json),
    /// The moment of the migration.
    Now,
    /// The day of the migration.
    Today,
    /// A time span of no length.
    Zero,
    /// An empty JSON object.
    Empty,
    /// A random UUID each.
    Uuid,
    /// Its own key each.
    Key,
    /// A text each, with the row's key where `{key}` stands.
    Text(String),
    /// The same row of another model; made if it is not there.
    Row(RowOf),
}

/// A row that existing rows are to point to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowOf {
    /// `app.Model`.
    pub(super) row_of: String,
    /// The text fields by which it is found.
    pub(super) by: BTreeMap<String, String>,
    /// The other fields that it gets if it is made.
    #[serde(default)]
    pub(super) with: BTreeMap<String, String>,
}

impl RowOf {
    fn read(value: &Json) -> Option<Self> {
        let row: Self = serde_json::from_value(value.clone()).ok()?;
        (row.row_of.contains('.') && !row.by.is_empty()).then_some(row)
    }
}

impl Fill {
    /// What a step says: a plain value, `{"each": HOW}`, or the row of another model.
    fn read(given: &Json) -> Option<Self> {
        match given {
            Json::String(_) | Json::Number(_) | Json::Bool(_) => Some(Self::Value(given.clone())),
            Json::Object(map) if map.len() == 1 => Some(match map.get("each")?.as_str()? {
                "now" => Self::Now,
                "today" => Self::Today,
                "zero" => Self::Zero,
                "empty" => Self::Empty,
                "uuid" => Self::Uuid,
                "key" => Self::Key,
                text if text.contains("{key}") => Self::Text(text.to_owned()),
                _ => return None,
            }),
            Json::Object(_) => RowOf::read(given).map(Self::Row),
            _ => None,
        }
    }

    /// Whether every row gets another value.
    pub(super) fn differs(&self) -> bool {
        matches!(self, Self::Uuid | Self::Key | Self::Text(_))
    }
}

/// Rows of a new model, one for every row that a relation of it leads to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NewRows {
    /// The model's class.
    pub(super) model: String,
    /// The relation.
    pub(super) field: String,
    /// What it leads to.
    pub(super) target: Target,
}

/// The difference in the parts that become files of their own. On PostgreSQL a change of rows and a change of
/// their table do not go together in one transaction, and one file is one transaction.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Everything but what must wait for the values.
    pub(super) schema: Vec<Operation>,
    /// The values.
    pub(super) rows: Vec<Backfill>,
    /// Rows of new models.
    pub(super) new_rows: Vec<NewRows>,
    /// What must come after the values.
    pub(super) required: Vec<Operation>,
    pub(super) notes: Vec<String>,
}

/// Why existing rows cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowsError {
    /// A required column without a value.
    #[error(
        "`{model}.{field}` is a new required column, and rows that are already there have no value for it"
    )]
    NoValue {
        /// The class.
        model: String,
        /// The field.
        field: String,
    },
    /// One value for all rows of a unique column.
    #[error(
        "`{model}.{field}` is unique, so that one value cannot fill it in all rows that are already there"
    )]
    Unique {
        /// The class.
        model: String,
        /// The field.
        field: String,
    },
    /// A row of a new model that nothing says the values of.
    #[error("`{model}.{field}` has no value in a row that is made for each row that `{relation}` leads to")]
    NoRow {
        /// The class.
        model: String,
        /// The field.
        field: String,
        /// The relation.
        relation: String,
    },
    /// A relation that rows cannot be made by.
    #[error("the plan makes no model `{model}` with a foreign key or one-to-one relation `{field}`")]
    NoRelation {
        /// The class.
        model: String,
        /// The field.
        field: String,
    },
    /// A value that cannot be written into a column.
    #[error(
        "the value for `{model}.{field}` must be a text, a number, true or false, or say what each row gets"
    )]
    Value {
        /// The class.
        model: String,
        /// The field.
        field: String,
    },
}

/// Splits `operations` so that every new required column gets a value for existing rows.
///
/// `backfills` are by `(model in lower case, field)`.
pub(super) fn split(
    operations: Vec<Operation>,
    before: &Models,
    backfills: &BTreeMap<(String, String), Json>,
) -> Result<Parts, RowsError> {
    let mut parts = Parts::default();
    // Models whose later constraints must wait, because they may name a column that has no values yet.
    let mut waiting: Vec<String> = Vec::new();
    for operation in operations {
        match operation {
            Operation::AddField { model, name, mut field, .. }
                if before.contains_key(&model) && (!field.fills_itself() || one_default_for_all(&field)) =>
            {
                let class = before.get(&model).map_or(model.clone(), |m| m.name.clone());
                let given = backfills.get(&(model.clone(), name.clone()));
                let own = (given.is_none() && one_default_for_all(&field) && field.class() == "UUIDField")
                    .then_some(Fill::Uuid);
                if own.is_some() {
                    parts.notes.push(format!(
                        "rows that are already there get a `{class}.{name}` each: the default is called once for \
                         all of them when a column is added"
                    ));
                }
                let filled = match given {
                    Some(value) => Some(checked(&class, &name, &field, value)?),
                    None => own,
                };
                let Some(value) = filled else {
                    if one_default_for_all(&field) {
                        return Err(RowsError::Unique { model: class, field: name });
                    }
                    if !field.is_set_on_create() {
                        return Err(RowsError::NoValue { model: class, field: name });
                    }
                    parts.notes.push(format!(
                        "rows that are already there get the time of the migration as `{class}.{name}`"
                    ));
                    field.set("default", Value::Name("django.utils.timezone.now".to_owned()));
                    parts.schema.push(Operation::AddField { model, name, field, preserve_default: false });
                    continue;
                };
                let mut nullable = field.clone();
                nullable.set("null", Value::Bool(true));
                if value.differs() {
                    // Values that differ come with the next migration; until then the column is empty.
                    nullable.unset("unique");
                    nullable.unset("default");
                }
                parts.schema.push(Operation::AddField {
                    model: model.clone(),
                    name: name.clone(),
                    field: nullable,
                    preserve_default: true,
                });
                parts.rows.push(Backfill { model: class, field: name.clone(), value });
                parts.required.push(Operation::AlterField { model: model.clone(), name, field });
                waiting.push(model);
            }
            Operation::AlterField { model, name, field }
                if becomes_required(before, &model, &name, &field)
                    && backfills.contains_key(&(model.clone(), name.clone())) =>
            {
                let class = before.get(&model).map_or(model.clone(), |m| m.name.clone());
                let value = &backfills[&(model.clone(), name.clone())];
                let value = checked(&class, &name, &field, value)?;
                parts.rows.push(Backfill { model: class, field: name.clone(), value });
                parts.required.push(Operation::AlterField { model: model.clone(), name, field });
                waiting.push(model);
            }
            Operation::AddIndex { .. }
            | Operation::AddConstraint { .. }
            | Operation::AlterUniqueTogether { .. }
                if waiting.contains(&operation.model()) =>
            {
                parts.required.push(operation);
            }
            operation => parts.schema.push(operation),
        }
    }
    Ok(parts)
}

/// The rows that `wanted`, by `(model in lower case, relation)`, asks for.
pub(super) fn new_rows(
    operations: &[Operation],
    wanted: &[(String, String)],
) -> Result<Vec<NewRows>, RowsError> {
    let of = |(model, relation): &(String, String)| {
        let made = operations.iter().find_map(|operation| match operation {
            Operation::CreateModel { name, fields, .. } if name.eq_ignore_ascii_case(model) => {
                Some((name, fields))
            }
            _ => None,
        });
        let nothing = || RowsError::NoRelation { model: model.clone(), field: relation.clone() };
        let (name, fields) = made.ok_or_else(nothing)?;
        let field = fields.iter().find(|(field, _)| field == relation).map(|(_, field)| field);
        let target = field.filter(|field| !field.is_many_to_many()).and_then(|field| field.target.clone());
        let needed = fields.iter().find(|(other, field)| {
            other != relation
                && !field.fills_itself()
                && !field.is("primary_key")
                && !field.is("auto_now")
                && !field.is_set_on_create()
        });
        if let Some((field, _)) = needed {
            return Err(RowsError::NoRow {
                model: name.clone(),
                field: field.clone(),
                relation: relation.clone(),
            });
        }
        Ok(NewRows { model: name.clone(), field: relation.clone(), target: target.ok_or_else(nothing)? })
    };
    wanted.iter().map(of).collect()
}

/// Whether its default, computed once when the column is added, would be in all rows of a unique column.
fn one_default_for_all(field: &Field) -> bool {
    field.is("unique") && field.has_default() && !field.is("null")
}

fn checked(model: &str, name: &str, field: &Field, value: &Json) -> Result<Fill, RowsError> {
    let (model, name) = (model.to_owned(), name.to_owned());
    let Some(fill) = Fill::read(value) else { return Err(RowsError::Value { model, field: name }) };
    if (field.is("unique") || field.class() == "OneToOneField") && !fill.differs() {
        return Err(RowsError::Unique { model, field: name });
    }
    Ok(fill)
}

fn old_field<'m>(before: &'m Models, model: &str, name: &str) -> Option<&'m Field> {
    match before.get(model)?.field(name)? {
        Part::Known(field) => Some(field),
        Part::Unknown { .. } => None,
    }
}

fn becomes_required(before: &Models, model: &str, name: &str, field: &Field) -> bool {
    !field.is_many_to_many()
        && !field.is("null")
        && old_field(before, model, name).is_some_and(|old| old.is("null"))
}

/// What may go wrong when the operations meet a database with rows, and whether something is lost.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Risks {
    pub(super) destructive: bool,
    pub(super) texts: Vec<String>,
}

/// Judges `operations` on tables that are already there. `filled` are columns that a data migration fills first.
pub(super) fn risks(operations: &[Operation], before: &Models, filled: &[Backfill]) -> Risks {
    let mut risks = Risks::default();
    let exists = |model: &str| before.contains_key(model);
    for operation in operations {
        match operation {
            Operation::RemoveField { model, name } => {
                risks.destructive = true;
                risks.texts.push(format!(
                    "dropping `{model}.{name}` loses its values; reversing the migration brings it back empty"
                ));
            }
            Operation::DeleteModel { name } => {
                risks.destructive = true;
                risks.texts.push(format!(
                    "dropping the table of `{name}` loses its rows; reversing the migration brings it back empty"
                ));
            }
            Operation::RenameField { model, old, .. } => {
                risks.texts.push(format!("code that still uses `{model}.{old}` fails once this is applied"));
            }
            Operation::AlterField { model, name, field } => {
                let Some(old) = old_field(before, model, name) else { continue };
                let is_filled =
                    filled.iter().any(|b| b.model.eq_ignore_ascii_case(model) && b.field == *name);
                risks
                    .texts
                    .extend(altered(old, field, is_filled).map(|risk| format!("`{model}.{name}`: {risk}")));
            }
            Operation::AddConstraint { model, constraint } if exists(model) => {
                risks.texts.push(format!(
                    "rows of `{model}` that break `{}` make the migration fail",
                    super::index::name(constraint).unwrap_or_default()
                ));
            }
            Operation::AlterUniqueTogether { name, lists } if exists(name) && !lists.is_empty() => {
                risks
                    .texts
                    .push(format!("rows of `{name}` that are not unique together make the migration fail"));
            }
            _ => {}
        }
    }
    risks
}

fn altered(old: &Field, new: &Field, is_filled: bool) -> impl Iterator<Item = &'static str> {
    let length = |field: &Field| match field.kwarg("max_length") {
        Some(Value::Int(length)) => Some(*length),
        _ => None,
    };
    let shorter = matches!((length(old), length(new)), (Some(old), Some(new)) if new < old)
        || (old.class() == "TextField" && length(new).is_some());
    [
        (old.is("null") && !new.is("null") && !is_filled, "rows without a value make the migration fail"),
        (shorter, "longer values make the migration fail, or are cut by some databases"),
        (new.is("unique") && !old.is("unique"), "values that occur twice make the migration fail"),
        (old.class() != new.class() && !shorter, "values that do not convert to the new type make it fail"),
    ]
    .into_iter()
    .filter_map(|(applies, text)| applies.then_some(text))
}
