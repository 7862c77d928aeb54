//! What a model says is unique, and how that is changed.

mod fields;
mod while_empty;
mod within;

use aksara_python::edit::{Change, Edits, ItemPlace, ListTarget, MemberPlace};
use aksara_python::{Code, Layout};
use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::facts::{Args, Expr, ModelFacts, Parts};

use super::indented;

pub(super) use fields::{Among, only_these};
pub(super) use while_empty::only_while_empty;
pub(super) use within::unique_within;

/// How a new constraint of a model is written.
struct Rule<'a> {
    model: &'a ModelFacts,
    /// The name by which the module knows `django.db.models`.
    models: &'a str,
    /// What its name ends with.
    suffix: &'a str,
    /// The rows that it holds for, if not for all.
    condition: Option<&'a str>,
}

impl Rule<'_> {
    /// That these fields are unique together.
    fn of<S: AsRef<str>>(&self, fields: &[S], layout: &Layout) -> Code {
        let table = self.model.label.replace('.', "_").to_lowercase();
        let joined: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
        let name = format!("{table}_{}_{}", joined.join("_"), self.suffix);
        let condition = self.condition.map(|condition| ("condition", Code::raw(condition)));
        let arguments = std::iter::once(("fields", layout.strings(fields)))
            .chain(condition)
            .chain([("name", Code::raw(layout.string(&name)))]);
        let arguments = arguments.map(|(key, value)| (Some(key.to_owned()), value)).collect();
        Code::Call(format!("{}.UniqueConstraint", self.models), arguments)
    }
}

/// Whether a constraint keeps a field unique together with fields that come from a base of the model.
pub(super) fn is_unique_within_base(model: &ModelFacts, field: &str) -> bool {
    let from_base = |name: &String| model.field(name).is_some_and(|f| f.inherited_from.is_some());
    let Some(Parts::List(items) | Parts::Tuple(items)) =
        model.meta("constraints").and_then(|written| written.parts.as_deref())
    else {
        return false;
    };
    items.iter().filter_map(unique_constraint).filter_map(|args| names(args.keyword("fields")?)).any(
        |fields| {
            fields.iter().any(|name| name == field)
                && fields.iter().all(|name| name == field || from_base(name))
        },
    )
}

/// The arguments of an item of `constraints`, if it is a unique one.
fn unique_constraint(item: &Expr) -> Option<&Args> {
    match item.parts.as_deref() {
        Some(Parts::Call { function, args }) if function.rsplit('.').next() == Some("UniqueConstraint") => {
            Some(args)
        }
        _ => None,
    }
}

/// The names in a literal list.
fn names(list: &Expr) -> Option<Vec<String>> {
    let items = list.literal.as_ref()?.as_array()?;
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The lists of `unique_together`, which may be one list alone; `None` if they are computed.
fn together(written: &Expr) -> Option<Vec<Vec<String>>> {
    if let Some(one) = names(written).filter(|names| !names.is_empty()) {
        return Some(vec![one]);
    }
    match written.parts.as_deref()? {
        Parts::List(items) | Parts::Tuple(items) | Parts::Set(items) => items.iter().map(names).collect(),
        // `set([…])`, as older migrations write it.
        Parts::Call { function, args } if matches!(function.as_str(), "set" | "list" | "tuple") => {
            match args.positional.as_slice() {
                [inner] => together(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Adds constraints to a class's `Meta`, which is made if it is not there; whether there were any to add.
fn add_constraints(edits: &mut Edits, class: &str, constraints: Vec<Code>) -> Result<bool, Diagnostic> {
    if constraints.is_empty() {
        return Ok(false);
    }
    let meta = format!("{class}.Meta");
    let layout = edits.layout().clone();
    let has_meta = edits.has_class(&meta);
    let others = if has_meta { edits.class_attribute(&meta, "constraints")? } else { None };
    let Some(others) = others else {
        let line = layout.assignment("constraints", &Code::List(constraints), 2);
        let _: Change = if has_meta {
            edits.add_class_member(&meta, &line, MemberPlace::AfterFields)?
        } else {
            let code = format!("class Meta:\n{}", indented(&line));
            edits.add_class_member(class, &code, MemberPlace::BeforeMethods)?
        };
        return Ok(true);
    };
    let target = ListTarget::Attribute { class: &meta, name: "constraints" };
    // Where the others have lines of their own, one that is too long for a line has several.
    let on_lines = others.contains('\n');
    let mut made = false;
    for constraint in constraints {
        let item = match on_lines {
            true => layout.fit(&layout.statement(&constraint, 3).replace('\n', "\n            "), ""),
            false => constraint.flat(),
        };
        made |= edits.list_append(target, &item, ItemPlace::End)? == Change::Made;
    }
    Ok(made)
}
