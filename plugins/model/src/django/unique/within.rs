//! A model that is told apart by a relation, such as a tenant: what is unique in it is so within that relation.

use aksara_python::Code;
use aksara_python::edit::{Change, Edits};
use aksara_sdk::protocol::facts::{FieldFacts, ModelFacts, Parts, ProjectFacts};
use aksara_sdk::{Diagnostic, Note};

use super::super::extend::refused;
use super::{Rule, add_constraints, names, together, unique_constraint};

/// Makes what is unique unique within the relation `within`. What is so already, since it has a relation to a row that
/// is, stays as it is.
pub fn unique_within(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    within: &str,
    models: &str,
    notes: &mut Vec<Note>,
) -> Result<bool, Diagnostic> {
    let mut made = constraints(edits, facts, model, within, notes)?;
    made |= fields_together(edits, facts, model, within, models)?;
    for field in model.fields.iter().filter(|field| is_shared(field)) {
        if let Some(base) = &field.inherited_from {
            notes.push(Note::warning(format!(
                "`{}.{}` comes from `{base}` and stays unique for all rows, whatever their `{within}`",
                model.label, field.name
            )));
            continue;
        }
        let _: Change = edits.remove_keyword(&model.name, &field.name, "unique")?;
        let rule = Rule { model, models, suffix: "unique", condition: None };
        let constraint = rule.of(&[within, &field.name], edits.layout());
        made |= add_constraints(edits, &model.name, vec![constraint])?;
    }
    Ok(made)
}

/// Whether a field is unique for all rows, and to people: keys of the database and random ones are no matter.
fn is_shared(field: &FieldFacts) -> bool {
    field.is_true("unique")
        && !field.is_true("primary_key")
        && field.relation.is_none()
        && field.class_name() != "UUIDField"
}

/// Whether rows of different tenants could be kept apart by these fields: none leads to a row that has `within`.
fn crosses(facts: &ProjectFacts, model: &ModelFacts, within: &str, fields: &[String]) -> bool {
    // A child has it from its parent.
    let has = |target: &ModelFacts| facts.has_field(target, within);
    fields.iter().all(|name| {
        let target = model.field(name).and_then(|field| field.relation.as_ref());
        let target = target.and_then(|relation| facts.model(&relation.to));
        name != within && !target.is_some_and(has)
    })
}

/// Makes constraints with the relation of what `unique_together` says for all rows.
fn fields_together(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    within: &str,
    models: &str,
) -> Result<bool, Diagnostic> {
    const NAME: &str = "unique_together";
    let Some(written) = model.meta(NAME) else { return Ok(false) };
    let Some(sets) = together(written) else {
        let message = format!("`{NAME}` of `{}` is computed, and may hold for all rows", model.label);
        let help =
            "write it as a UniqueConstraint in `Meta.constraints`, with its migration, and commit that";
        return Err(refused(model, &message).with_help(help));
    };
    let (shared, kept): (Vec<_>, Vec<_>) =
        sets.into_iter().partition(|fields| crosses(facts, model, within, fields));
    if shared.is_empty() {
        return Ok(false);
    }
    let rule = Rule { model, models, suffix: "unique", condition: None };
    let added = shared.iter().map(|fields| {
        let fields: Vec<&str> = std::iter::once(within).chain(fields.iter().map(String::as_str)).collect();
        rule.of(&fields, edits.layout())
    });
    let added: Vec<Code> = added.collect();
    let _ = add_constraints(edits, &model.name, added)?;
    let meta = format!("{}.Meta", model.name);
    let layout = edits.layout();
    let set =
        |fields: &Vec<String>| Code::Tuple(fields.iter().map(|f| Code::raw(layout.string(f))).collect());
    let kept: Vec<Code> = kept.iter().map(set).collect();
    let _: Change = if kept.is_empty() {
        edits.remove_class_attribute(&meta, NAME)?
    } else {
        let value = Code::List(kept).flat();
        edits.replace_class_attribute(&meta, NAME, &value)?
    };
    Ok(true)
}

/// Puts the relation into the constraints of several fields.
fn constraints(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    within: &str,
    notes: &mut Vec<Note>,
) -> Result<bool, Diagnostic> {
    let Some(written) = model.meta("constraints") else { return Ok(false) };
    let (Some(Parts::List(items)) | Some(Parts::Tuple(items))) = written.parts.as_deref() else {
        notes.push(Note::warning(format!(
            "the constraints of `{}` are computed, and stay as they are: see that they hold within a `{within}`",
            model.label
        )));
        return Ok(false);
    };
    let meta = format!("{}.Meta", model.name);
    let mut made = false;
    for (index, item) in items.iter().enumerate() {
        let Some(args) = unique_constraint(item) else { continue };
        match args.keyword("fields").and_then(names) {
            Some(fields) if crosses(facts, model, within, &fields) => {
                let quoted = edits.layout().string(within);
                let _: Change = edits.prepend_in_call(&meta, "constraints", index, "fields", &quoted)?;
                made = true;
            }
            Some(_) => {}
            None => notes.push(Note::warning(format!(
                "`{}` of `{}` stays as it is: see that it holds within a `{within}`",
                item.source, model.label
            ))),
        }
    }
    Ok(made)
}
