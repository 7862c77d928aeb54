//! Single fields that are unique among some rows only.

use aksara_python::Code;
use aksara_python::edit::{Change, Edits};
use aksara_sdk::protocol::facts::{ModelFacts, ProjectFacts};
use aksara_sdk::{Diagnostic, Note};

use super::super::extend::refused;
use super::while_empty::{not_pointed_to, unenforced};
use super::{Rule, add_constraints};

/// The rows among which something is unique.
#[derive(Clone, Copy, Debug)]
pub struct Among<'a> {
    /// Those with the same row of this relation.
    pub within: Option<&'a str>,
    /// Those in which this field is empty.
    pub empty: Option<&'a str>,
}

/// Makes a constraint of each of the unique fields `names`; what else is unique stays as it is. Whether anything was to be
/// changed.
///
/// # Errors
/// A field that is not one of the class's own, or that another model's relation points to.
pub fn only_these(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    names: &[String],
    among: Among<'_>,
    models: &str,
    notes: &mut Vec<Note>,
) -> Result<bool, Diagnostic> {
    let condition = among.empty.map(|empty| format!("{models}.Q({empty}=None)"));
    let suffix = if among.empty.is_some() { "live" } else { "unique" };
    let rule = Rule { model, models, suffix, condition: condition.as_deref() };
    let mut added: Vec<Code> = Vec::new();
    for name in names {
        let Some(field) = model.field(name).filter(|field| field.inherited_from.is_none()) else {
            let message = format!("`{}` has no field `{name}` of its own", model.label);
            return Err(refused(model, &message).with_help("name fields that its class defines"));
        };
        if !field.is_true("unique") {
            continue;
        }
        not_pointed_to(facts, model, field)?;
        let _: Change = edits.remove_keyword(&model.name, name, "unique")?;
        let fields: Vec<&str> = among.within.into_iter().chain([name.as_str()]).collect();
        added.push(rule.of(&fields, edits.layout()));
    }
    let made = add_constraints(edits, &model.name, added)?;
    if let Some(empty) = among.empty
        && made
    {
        notes.extend(unenforced(facts, model, empty));
    }
    Ok(made)
}
