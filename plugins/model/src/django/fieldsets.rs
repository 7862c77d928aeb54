//! The fields that a page of the admin site lets people fill in, where its class names them.

use aksara_python::edit::{Edits, Inner, ListTarget};
use aksara_sdk::protocol::facts::ModelFacts;
use aksara_sdk::{Diagnostic, Note};

use super::admin::append;

/// Methods that say which fields there are, in the place of attributes.
const METHODS: [&str; 2] = ["get_fieldsets", "get_fields"];

/// Lets the page ask for `fields` too. A page that names none asks for all by itself.
pub(super) fn ask_for(
    edits: &mut Edits,
    class: &str,
    fields: &[String],
    model: &ModelFacts,
    notes: &mut Vec<Note>,
) -> Result<(), Diagnostic> {
    let members = edits.class_members(class)?;
    let method = METHODS.into_iter().find(|name| members.iter().any(|member| member == name));
    let attribute =
        ["fieldsets", "fields"].into_iter().find(|name| members.iter().any(|member| member == name));
    let Some(named) = method.or(attribute) else { return Ok(()) };
    let source = match method {
        Some(method) => edits.method_source(class, method).or_else(|_| edits.class_source(class))?,
        None => edits.class_attribute(class, named)?.unwrap_or_default(),
    };
    // Titles and descriptions stand beside the fields of a fieldset.
    let readable = if named == "fieldsets" { shown(edits, class) } else { None };
    let is_named = |field: &&String| match &readable {
        Some(shown) => shown.contains(field),
        None => is_quoted(source, field),
    };
    let missing: Vec<String> = fields.iter().filter(|field| !is_named(field)).cloned().collect();
    let target = ListTarget::Attribute { class, name: named };
    match named {
        _ if missing.is_empty() => {}
        "fields" if edits.list_items(target).is_ok() => append(edits, target, &missing, model)?,
        _ => match fieldset(edits, class).filter(|_| named == "fieldsets") {
            Some(index) => {
                let way = way(index);
                append(edits, ListTarget::Inside { class, name: named, way: &way }, &missing, model)?;
            }
            None => notes.push(computed(class, named, &missing)),
        },
    }
    Ok(())
}

fn is_quoted(source: &str, name: &str) -> bool {
    ['"', '\''].iter().any(|quote| source.contains(&format!("{quote}{name}{quote}")))
}

/// The fields in all fieldsets, those that share a line too, if every fieldset is literal.
fn shown(edits: &Edits, class: &str) -> Option<Vec<String>> {
    let sets = edits.list_items(ListTarget::Attribute { class, name: "fieldsets" }).ok()?;
    let mut shown = Vec::new();
    for index in 0..sets.len() {
        let way = way(index);
        let items = edits.list_items(ListTarget::Inside { class, name: "fieldsets", way: &way }).ok()?;
        let names = items.iter().flat_map(|item| item.split(['(', ')', '[', ']', ',']));
        shown.extend(names.map(|name| name.trim().trim_matches(['"', '\'']).to_owned()));
    }
    Some(shown)
}

fn computed(class: &str, named: &str, missing: &[String]) -> Note {
    let fields = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Note::warning(format!(
        "`{class}.{named}` is computed, so its page does not ask for {fields}: add that there"
    ))
}

/// The way to the fields of a fieldset: `(title, {"fields": [...]})`.
fn way(index: usize) -> [Inner<'static>; 3] {
    [Inner::Item(index), Inner::Item(1), Inner::Key("fields")]
}

/// The fieldset without a title or, where all have one, that with the most fields, among those that are literal.
fn fieldset(edits: &Edits, class: &str) -> Option<usize> {
    let sets = edits.list_items(ListTarget::Attribute { class, name: "fieldsets" }).ok()?;
    let readable = sets.iter().enumerate().filter_map(|(index, set)| {
        let way = way(index);
        let fields = edits.list_items(ListTarget::Inside { class, name: "fieldsets", way: &way }).ok()?;
        let title = set.trim_start_matches('(').trim_start();
        let is_untitled = title.starts_with("None") || title.starts_with("\"\"") || title.starts_with("''");
        Some((index, (is_untitled, fields.len())))
    });
    // The first of those that are as good.
    readable.rev().max_by_key(|(_, rank)| *rank).map(|(index, _)| index)
}
