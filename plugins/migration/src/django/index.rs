//! Indexes and constraints as their `deconstruct` gives them, and the names that Django makes for indexes.

use aksara_sdk::protocol::facts::{Expr, Parts};

use super::md5;
use super::read::{NotStatic, Project};
use super::value::{Call, Value};

/// The model whose indexes are read.
pub(super) struct Owner<'m> {
    pub(super) app: &'m str,
    pub(super) model: &'m str,
    pub(super) table: &'m str,
    /// The column of a field.
    pub(super) column: &'m dyn Fn(&str) -> String,
}

/// The items of `Meta.indexes` or `Meta.constraints`. With an owner, names are completed as Django does when it
/// makes the class; a migration has them complete.
pub(super) fn items(
    project: &Project<'_>,
    written: &Expr,
    owner: Option<&Owner<'_>>,
) -> Result<Vec<Value>, NotStatic> {
    let items = match written.parts.as_deref() {
        Some(Parts::List(items) | Parts::Tuple(items)) => items,
        _ => return Err(NotStatic::new(&written.source, "is not a list that is written out")),
    };
    items.iter().map(|item| self::item(project, item, owner)).collect()
}

fn item(project: &Project<'_>, written: &Expr, owner: Option<&Owner<'_>>) -> Result<Value, NotStatic> {
    let Value::Call(mut call) = project.value(written)? else {
        return Err(NotStatic::new(&written.source, "is not an index or constraint that is written out"));
    };
    let is_constraint = call.path.ends_with("Constraint");
    let expressions = |value: Value| match value {
        Value::Str(name) => Value::Call(Call {
            path: "django.db.models.F".to_owned(),
            args: vec![Value::Str(name)],
            kwargs: Vec::new(),
        }),
        value => value,
    };
    call.args = std::mem::take(&mut call.args).into_iter().map(expressions).collect();
    call.kwargs.retain(|(key, value)| match key.as_str() {
        "name" => true,
        "fields" | "include" | "opclasses" => value.items().is_none_or(|items| !items.is_empty()),
        _ => *value != Value::None,
    });
    for (key, value) in &mut call.kwargs {
        let Some(items) = value.items().map(<[Value]>::to_vec) else { continue };
        match (key.as_str(), is_constraint) {
            ("fields", false) => *value = Value::List(items),
            ("fields", true) | ("include", _) => *value = Value::Tuple(items),
            _ => {}
        }
    }
    if let Some(owner) = owner {
        match call.kwarg("name").and_then(Value::as_str) {
            Some(name) => {
                let name = name
                    .replace("%(app_label)s", &owner.app.to_lowercase())
                    .replace("%(class)s", &owner.model.to_lowercase());
                call.set("name", Value::Str(name));
            }
            None => {
                let name = index_name(&call, owner)
                    .ok_or_else(|| NotStatic::new(&written.source, "has no name; give it one"))?;
                call.set("name", Value::Str(name));
            }
        }
    }
    Ok(Value::Call(call))
}

/// The name of an index or constraint.
pub(super) fn name(item: &Value) -> Option<&str> {
    item.as_call()?.kwarg("name")?.as_str()
}

/// The name that Django gives to an index without one: table, first column, a digest of all columns.
fn index_name(call: &Call, owner: &Owner<'_>) -> Option<String> {
    let suffix = match call.path.rsplit('.').next()? {
        "Index" => "idx",
        "BTreeIndex" => "btree",
        "BloomIndex" => "bloom",
        "BrinIndex" => "brin",
        "GinIndex" => "gin",
        "GistIndex" => "gist",
        "HashIndex" => "hash",
        "SpGistIndex" => "spgist",
        _ => return None,
    };
    let fields: Vec<&str> =
        call.kwarg("fields")?.items()?.iter().map(Value::as_str).collect::<Option<_>>()?;
    let columns: Vec<(String, bool)> = fields
        .iter()
        .map(|field| match field.strip_prefix('-') {
            Some(name) => ((owner.column)(name), true),
            None => ((owner.column)(field), false),
        })
        .collect();
    let table = owner.table.rsplit('.').next().unwrap_or(owner.table).trim_matches('"');
    let mut digested = table.to_owned();
    for (column, descending) in &columns {
        if *descending {
            digested.push('-');
        }
        digested.push_str(column);
    }
    digested.push_str(suffix);
    let digest = md5::hex(digested.as_bytes());
    let start = |text: &str, count: usize| text.chars().take(count).collect::<String>();
    let (first, _) = columns.first()?;
    let name = format!("{}_{}_{}_{suffix}", start(table, 11), start(first, 7), start(&digest, 6));
    match name.strip_prefix(|c: char| c == '_' || c.is_ascii_digit()) {
        Some(rest) => Some(format!("D{rest}")),
        None => Some(name),
    }
}
