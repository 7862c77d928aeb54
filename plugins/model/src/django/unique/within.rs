//! A model that is told apart by a relation, such as a tenant: what is unique in it is so within that relation.

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
    let together = model.meta("unique_together").and_then(together).unwrap_or_default();
    if together.iter().any(|fields| crosses(facts, model, within, fields)) {
        let message =
            format!("`unique_together` of `{}` holds for all rows, and cannot be changed here", model.label);
        return Err(refused(model, &message).with_help(
            "write it as a UniqueConstraint in `Meta.constraints`, with its migration, and commit that",
        ));
    }
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
    fields.iter().all(|name| {
        let target = model.field(name).and_then(|field| field.relation.as_ref());
        let target = target.and_then(|relation| facts.model(&relation.to));
        name != within && target.is_none_or(|target| target.field(within).is_none())
    })
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
