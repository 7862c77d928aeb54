//! The text of migration files.

use std::collections::BTreeSet;

use aksara_sdk::protocol::facts::Style;
use serde_json::Value as Json;

use super::operation::Operation;
use super::rows::{Backfill, Fill, NewRows, Parts, RowOf};
use super::value::{Imports, write_str};

/// A migration that another depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dependency {
    /// `(app, name)`
    Migration(String, String),
    /// The migration that makes the user model.
    UserModel,
}

/// Printed as `makemigrations` prints one.
pub(super) fn schema(
    header: &str,
    initial: bool,
    dependencies: &BTreeSet<Dependency>,
    operations: &[Operation],
) -> String {
    let mut imports = Imports::new();
    let operations: String = operations.iter().map(|operation| operation.write(&mut imports)).collect();
    let mut lines: Vec<String> = dependencies
        .iter()
        .map(|dependency| match dependency {
            Dependency::Migration(app, name) => {
                format!("        ({}, {}),\n", write_str(app), write_str(name))
            }
            Dependency::UserModel => {
                imports.insert("from django.conf import settings".to_owned());
                "        migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n".to_owned()
            }
        })
        .collect();
    lines.sort();
    let migrations = if imports.remove("from django.db import models") {
        "from django.db import migrations, models"
    } else {
        "from django.db import migrations"
    };
    imports.insert(migrations.to_owned());
    let mut imports: Vec<&String> = imports.iter().collect();
    // Whole modules first, then by the module's name: the order of Django's writer.
    imports.sort_by_key(|line| (line.starts_with("from "), line.split_whitespace().nth(1)));
    let imports: String = imports.iter().map(|line| format!("{line}\n")).collect();
    let initial = if initial { "\n    initial = True\n" } else { "" };
    format!(
        "{header}\n\n{imports}\n\nclass Migration(migrations.Migration):\n{initial}\n    dependencies = [\n{}    ]\n\n    \
         operations = [\n{operations}    ]\n",
        lines.concat()
    )
}

/// A data migration, in the project's own style, since people write these by hand.
pub(super) fn data(header: &str, app: &str, previous: &str, parts: &Parts, style: &Style) -> String {
    let (rows, new_rows) = (&parts.rows, &parts.new_rows);
    let quote = |text: &str| quoted(text, style.quote);
    let indent = &style.indent;
    let name = |row: &Backfill| format!("fill_{}_{}", row.model.to_lowercase(), row.field);
    let functions: String = rows
        .iter()
        .map(|row| {
            let Backfill { model, field, .. } = row;
            let before = match &row.value {
                Fill::Row(target) => row_of(target, field, style),
                _ => String::new(),
            };
            let value = value(&row.value, field, style.quote);
            let unfilled = format!("{model}.objects.filter({field}=None)");
            let fill = if row.value.differs() {
                format!(
                    "{indent}for row in {unfilled}.iterator():\n{indent}{indent}row.{field} = {value}\n\
                     {indent}{indent}row.save(update_fields=[{}])",
                    quote(field)
                )
            } else {
                format!("{indent}{unfilled}.update({field}={value})")
            };
            format!(
                "def {}(apps, schema_editor):\n{before}{indent}{model} = apps.get_model({}, {})\n{fill}\n\n\n",
                name(row),
                quote(app),
                quote(model),
            )
        })
        .collect();
    let made: String = new_rows.iter().map(|rows| making(rows, app, style)).collect();
    let settings = if new_rows.iter().any(|rows| rows.target.swappable) {
        "from django.conf import settings\n"
    } else {
        ""
    };
    let needs = |fills: &[Fill], line: &'static str| {
        if rows.iter().any(|row| fills.contains(&row.value)) { line } else { "" }
    };
    let own = needs(&[Fill::Uuid], "import uuid\n").to_owned()
        + needs(&[Fill::Zero], "from datetime import timedelta\n");
    let own = if own.is_empty() { own } else { format!("{own}\n") };
    let timezone = needs(&[Fill::Now, Fill::Today], "from django.utils import timezone\n");
    let operations: String = rows
        .iter()
        .map(|row| {
            format!("{indent}{indent}migrations.RunPython({}, migrations.RunPython.noop),\n", name(row))
        })
        .chain(new_rows.iter().map(|rows| {
            format!("{indent}{indent}migrations.RunPython({}, migrations.RunPython.noop),\n", maker(rows))
        }))
        .collect();
    format!(
        "{header}\n\n{own}{settings}from django.db import migrations\n{timezone}\n\n{functions}{made}class Migration(migrations.Migration):\n\n\
         {indent}dependencies = [\n{indent}{indent}({}, {}),\n{indent}]\n\n{indent}operations = [\n{operations}\
         {indent}]\n",
        quote(app),
        quote(previous),
    )
}

/// The lines that find or make a row, known as `variable` then.
fn row_of(target: &RowOf, variable: &str, style: &Style) -> String {
    let quote = |text: &str| quoted(text, style.quote);
    let indent = &style.indent;
    let (app, model) = target.row_of.split_once('.').unwrap_or_default();
    let by: Vec<String> = target.by.iter().map(|(name, text)| format!("{name}={}", quote(text))).collect();
    let with: Vec<String> =
        target.with.iter().map(|(name, text)| format!("{}: {}", quote(name), quote(text))).collect();
    let defaults =
        if with.is_empty() { String::new() } else { format!(", defaults={{{}}}", with.join(", ")) };
    format!(
        "{indent}{model} = apps.get_model({}, {})\n{indent}{variable}, _ = {model}.objects.get_or_create({}{defaults})\n",
        quote(app),
        quote(model),
        by.join(", "),
    )
}

fn maker(rows: &NewRows) -> String {
    format!("make_{}_rows", rows.model.to_lowercase())
}

/// The function that makes the rows that are not there. Keys are enough, however large the other rows are.
fn making(rows: &NewRows, app: &str, style: &Style) -> String {
    let quote = |text: &str| quoted(text, style.quote);
    let i = &style.indent;
    let NewRows { model, field, target } = rows;
    let target = match target.swappable {
        true => "settings.AUTH_USER_MODEL".to_owned(),
        false => format!("{}, {}", quote(&target.model.0), quote(&target.model.1)),
    };
    format!(
        "def {}(apps, schema_editor):\n\
         {i}{model} = apps.get_model({}, {})\n\
         {i}alias = schema_editor.connection.alias\n\
         {i}existing = {model}.objects.using(alias).values({})\n\
         {i}others = apps.get_model({target})._base_manager.using(alias).exclude(pk__in=existing)\n\
         {i}rows = ({model}({field}_id=pk) for pk in others.values_list({}, flat=True).iterator())\n\
         {i}{model}.objects.using(alias).bulk_create(rows, batch_size=1000)\n\n\n",
        maker(rows),
        quote(app),
        quote(model),
        quote(field),
        quote("pk"),
    )
}

/// What a row gets in its `field`, as source; `row` is the row.
fn value(fill: &Fill, field: &str, quote: char) -> String {
    match fill {
        Fill::Row(_) => field.to_owned(),
        Fill::Value(value) => literal(value, quote),
        Fill::Now => "timezone.now()".to_owned(),
        Fill::Today => "timezone.localdate()".to_owned(),
        Fill::Zero => "timedelta()".to_owned(),
        Fill::Empty => "{}".to_owned(),
        Fill::Uuid => "uuid.uuid4()".to_owned(),
        Fill::Key => "row.pk".to_owned(),
        Fill::Text(text) => {
            let text = text.replace('{', "{{").replace('}', "}}").replace("{{key}}", "{row.pk}");
            format!("f{}", quoted(&text, quote))
        }
    }
}

fn literal(value: &Json, quote: char) -> String {
    match value {
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::String(text) => quoted(text, quote),
        other => other.to_string(),
    }
}

/// A string in the quotes that are wanted, unless they would need escapes that the others do not.
fn quoted(text: &str, quote: char) -> String {
    let printed = write_str(text);
    let plain = printed.get(1..printed.len().saturating_sub(1)).unwrap_or_default();
    if quote == '"' && printed.starts_with('\'') && !plain.contains('"') && !plain.contains("\\'") {
        return format!("\"{plain}\"");
    }
    printed
}
