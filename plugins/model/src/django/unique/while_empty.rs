//! What is unique, but only among the rows in which a field is empty.
//!
//! A row that is hidden by a filled field must not keep its values from others. `unique=True` and `unique_together`
//! know no condition, so they become constraints.

use std::collections::BTreeSet;

use aksara_python::edit::{Change, Edits, ListTarget};
use aksara_python::layout::INDENT;
use aksara_python::{Code, Layout, tidy};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{Expr, FieldFacts, ModelFacts, Parts, ProjectFacts, Style};
use aksara_sdk::{Diagnostic, Note};
use serde_json::Value;

use super::super::indented;
use super::{Rule, add_constraints, together};

/// Changes the class of `model`; whether anything was to be changed. `empty` is the field.
///
/// # Errors
/// A rule that is not written literally; a unique field that another model's relation points to.
pub fn only_while_empty(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    models: &str,
    empty: &str,
    notes: &mut Vec<Note>,
) -> Result<bool, Diagnostic> {
    let class = &model.name;
    let mut lists: Vec<Vec<String>> = Vec::new();
    for field in model.fields.iter().filter(|f| f.is_true("unique") && !f.is_true("primary_key")) {
        if field.class_name() == "OneToOneField" {
            continue;
        }
        if let Some(base) = &field.inherited_from {
            notes.push(Note::warning(format!(
                "`{}.{}` stays unique among all rows: it comes from `{base}`",
                model.label, field.name
            )));
            continue;
        }
        not_pointed_to(facts, model, field)?;
        let source = edits.class_attribute(class, &field.name)?.unwrap_or_default();
        let without = without_unique(source).ok_or_else(|| {
            Diagnostic::new(
                codes::REFUSED,
                format!("how `{}.{}` says that it is unique was not understood", model.label, field.name),
            )
            .with_help("write it as `unique=True`")
        })?;
        let _: Change = edits.replace_class_attribute(class, &field.name, &without)?;
        lists.push(vec![field.name.clone()]);
    }
    for field in model.fields.iter().filter(|f| f.class_name() == "OneToOneField") {
        notes.push(Note::warning(format!(
            "`{}.{}` is one to one, and stays so: a row with a filled `{empty}` still holds it",
            model.label, field.name
        )));
    }
    for fields in &lists {
        let name = fields.join(", ");
        let across = ways_to(facts, model).map(|field| format!("`{field}__{name}`")).collect::<Vec<_>>();
        let across = match across.as_slice() {
            [] => String::new(),
            all => format!(
                ": what is looked up by {} may be of several rows, and of deleted ones",
                all.join(" or ")
            ),
        };
        notes.push(Note::warning(format!(
            "`{name}` is unique from now on only among rows of `{}` in which `{empty}` is empty{across}",
            model.label
        )));
    }
    let meta = format!("{class}.Meta");
    let has_meta = edits.has_class(&meta);
    if let Some(written) = model.meta("unique_together") {
        lists.extend(together(written).ok_or_else(|| {
            Diagnostic::new(
                codes::REFUSED,
                format!("`{meta}.unique_together` is computed: `{}`", written.source),
            )
            .with_help("write it as a list of names")
        })?);
    }
    let condition = format!("{models}.Q({empty}=None)");
    let rule = Rule { model, models, suffix: "live", condition: Some(&condition) };
    let added: Vec<Code> = lists.iter().map(|fields| rule.of(fields, edits.layout())).collect();
    let mut made = false;
    let there = if has_meta { edits.class_attribute(&meta, "constraints")?.map(str::to_owned) } else { None };
    if there.is_some() {
        let target = ListTarget::Attribute { class: &meta, name: "constraints" };
        let items = edits.list_items(target)?;
        let conditional: Vec<String> = items
            .iter()
            .map(|item| match has_comment(item) {
                true => item.clone(),
                false => with_condition(item, written_condition(model, item), &condition, empty),
            })
            .collect();
        for (item, _) in
            items.iter().zip(&conditional).filter(|(item, new)| item == new && is_unclear(item, empty))
        {
            notes.push(Note::warning(format!(
                "`{item}` of `{}` stays as it is: see that rows with a filled `{empty}` do not hold its values",
                model.label
            )));
        }
        if conditional != items {
            let value = list(edits.layout(), &conditional);
            made |= edits.replace_class_attribute(&meta, "constraints", &value)? == Change::Made;
        }
    }
    made |= add_constraints(edits, class, added)?;
    if model.meta("unique_together").is_some() {
        let _: Change = edits.remove_class_attribute(&meta, "unique_together")?;
    }
    if made {
        notes.extend(unenforced(facts, model, empty));
    }
    Ok(made)
}

/// What is said where the database makes no constraint with a condition.
pub(super) fn unenforced(facts: &ProjectFacts, model: &ModelFacts, empty: &str) -> Option<Note> {
    let ignores_conditions = |engine: &&String| engine.contains("mysql") || engine.contains("mariadb");
    let engine = facts.settings.database_engines.iter().find(ignores_conditions)?;
    Some(Note::warning(format!(
        "what is unique in `{}` only among rows with an empty `{empty}` is kept by forms and serializers alone: `{engine}` \
         makes no unique constraint with a condition (models.W036)",
        model.label
    )))
}

/// The names of relations to the model, each once.
fn ways_to<'f>(facts: &'f ProjectFacts, model: &'f ModelFacts) -> impl Iterator<Item = &'f str> {
    let all = facts.apps.iter().flat_map(|app| &app.models).flat_map(|other| &other.fields);
    let pointing = all.filter(|f| f.relation.as_ref().is_some_and(|r| r.to == model.label));
    let names: BTreeSet<&str> = pointing.map(|f| f.name.as_str()).collect();
    names.into_iter()
}

/// Only a column that is unique as such can be pointed to.
pub(super) fn not_pointed_to(
    facts: &ProjectFacts,
    model: &ModelFacts,
    field: &FieldFacts,
) -> Result<(), Diagnostic> {
    let all = facts.apps.iter().flat_map(|app| &app.models);
    let mut relations = all.flat_map(|other| other.fields.iter().map(move |f| (other, f)));
    let points = relations.find(|(_, f)| {
        let to_field = f.args.keyword("to_field").and_then(|e| e.literal.as_ref()).and_then(Value::as_str);
        f.relation.as_ref().is_some_and(|r| r.to == model.label) && to_field == Some(&field.name)
    });
    match points {
        None => Ok(()),
        Some((other, relation)) => Err(Diagnostic::new(
            codes::REFUSED,
            format!(
                "`{}.{}` must stay unique: `{}.{}` points to it",
                model.label, field.name, other.label, relation.name
            ),
        )
        .with_help("let that relation point to the primary key")),
    }
}

/// A field's source without `unique=True`.
fn without_unique(source: &str) -> Option<String> {
    let at = source.find("unique=True")?;
    let whole = source[..at].ends_with([' ', '(', '\n', ',']);
    let (front, back) = (&source[..at], &source[at + "unique=True".len()..]);
    let rest = back.trim_start();
    whole.then(|| match rest.strip_prefix(',') {
        Some(more) => format!("{front}{}", more.trim_start()),
        None => format!("{}{back}", front.trim_end().trim_end_matches(',')),
    })
}

/// The items as a list in a class inside of a class, each on lines of its own.
fn list(layout: &Layout, items: &[String]) -> String {
    // A comma stands behind each.
    let width = layout.line_length.saturating_sub(3 * INDENT.len() + 1);
    let line_length = u32::try_from(width).unwrap_or(u32::MAX);
    let style = Style { quote: layout.quote, line_length, ..Style::default() };
    let items = items.iter().map(|item| {
        if has_comment(item) {
            return format!("{},\n", indented(item));
        }
        let item = tidy(&on_one_line(item), &style);
        format!("{},\n", indented(item.trim_end()))
    });
    format!("[\n{}]", items.collect::<String>())
}

/// Whether there is a comment in the source of an expression.
fn has_comment(source: &str) -> bool {
    let mut quote = None;
    let mut letters = source.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, '#') => return true,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(_), '\\') => drop(letters.next()),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    false
}

/// A call that is written over several lines on one.
fn on_one_line(source: &str) -> String {
    let mut out = String::new();
    for line in source.lines().map(str::trim) {
        if line.starts_with([')', ']', '}']) {
            out.truncate(out.trim_end_matches(',').len());
        } else if !out.is_empty() && !out.ends_with(['(', '[', '{']) {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

/// The condition of the constraint that is written as `item`, if it has one that can be read.
fn written_condition<'m>(model: &'m ModelFacts, item: &str) -> Option<&'m Expr> {
    let Some(Parts::List(all) | Parts::Tuple(all)) = model.meta("constraints")?.parts.as_deref() else {
        return None;
    };
    match all.iter().find(|known| known.source == item)?.parts.as_deref()? {
        Parts::Call { args, .. } => args.keyword("condition"),
        _ => None,
    }
}

/// A unique constraint with the condition too, `written` being the one that it has; another item as it is.
fn with_condition(item: &str, written: Option<&Expr>, condition: &str, empty: &str) -> String {
    let with = match written {
        _ if !is_unique(item) => None,
        Some(known) if known.source.contains(empty) => None,
        Some(known) => {
            let source = &known.source;
            let (front, back) = item.split_once(source.as_str()).unwrap_or((item, ""));
            match known.parts.as_deref() {
                Some(Parts::Operation { operator, .. }) if !matches!(operator.as_str(), "&" | "~") => {
                    Some(format!("{front}({source}) & {condition}{back}"))
                }
                Some(_) if front.trim_end().ends_with("condition=") => {
                    Some(format!("{front}{source} & {condition}{back}"))
                }
                _ => None,
            }
        }
        None if item.contains("condition=") => None,
        None => item
            .strip_suffix(')')
            .map(|open| format!("{}, condition={condition})", open.trim_end().trim_end_matches(','))),
    };
    with.unwrap_or_else(|| item.to_owned())
}

fn is_unique(item: &str) -> bool {
    item.split('(').next().is_some_and(|callee| callee.ends_with("UniqueConstraint"))
}

/// Whether a constraint could not be given the condition: it does not speak of the field.
fn is_unclear(item: &str, empty: &str) -> bool {
    is_unique(item) && !item.contains(empty)
}
