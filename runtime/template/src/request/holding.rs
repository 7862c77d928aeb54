//! Requests for a feature, and what its rows hold: "Add user profiles with bio and avatar url".
//!
//! What stands before the list is about a template, as other requests are; the list is read as that of a new model is.
//! No template is named here: one that has a parameter for fields beside its own model can answer.

use aksara_protocol::ProjectFacts;
use serde_json::Value;

use super::creation::{Item, halves, items, makes_models, not_a_field_of, option_stems};
use super::reading::{Reading, keywords};
use super::refusal::PlanningError;
use super::slots::Slots;
use super::words::{Word, stem, words};
use super::{Beside, CONFIDENT, Understood, why};
use crate::Template;
use crate::params::properties;

/// A request for a feature with fields.
#[derive(Debug)]
pub(super) struct Holding<'t> {
    template: &'t Template,
    fields_param: &'t str,
    /// The fields as they are written.
    fields: Vec<String>,
    /// The words before the fields.
    head: Vec<Word>,
}

/// Reads `request` as one for a feature with fields; `None` if it has another form.
///
/// # Errors
/// It is one, and what it says of the fields cannot be read.
pub(super) fn read<'t>(
    request: &str,
    templates: &[&'t Template],
    facts: Option<&ProjectFacts>,
) -> Result<Option<Holding<'t>>, PlanningError> {
    let (head, Some(tail)) = halves(request) else { return Ok(None) };
    let head = words(head);
    let mut holders = templates.iter().filter_map(|t| Some((*t, holds_fields(t)?)));
    let Some((template, fields_param)) = holders.find(|(template, _)| {
        let reading = Reading::new(&head, template, facts);
        reading.has_keyword() && reading.score >= CONFIDENT
    }) else {
        return Ok(None);
    };
    let options = option_stems(template);
    let (mut fields, mut unknown) = (Vec::new(), Vec::new());
    for item in items(tail, facts) {
        match Item::read(&item, &options) {
            Item::Field(field) => fields.push(field),
            Item::Option => {}
            Item::Unknown => unknown.push(item),
        }
    }
    // What another template is about is no field, unless it has a type.
    let others: Vec<String> = templates
        .iter()
        .filter(|t| !std::ptr::eq(**t, template))
        .flat_map(|t| keywords(t).into_iter().filter(|phrase| phrase.len() == 1).flatten())
        .collect();
    let is_feature =
        |field: &String| !field.contains(':') && field.split('_').any(|word| others.contains(&stem(word)));
    if fields.is_empty() && unknown.is_empty() || fields.iter().any(is_feature) {
        return Ok(None);
    }
    match unknown.first() {
        Some(item) => Err(not_a_field_of(item, facts)),
        None => Ok(Some(Holding { template, fields_param, fields, head })),
    }
}

/// The parameter for the fields of a template that makes a model of its own.
fn holds_fields(template: &Template) -> Option<&str> {
    let kind = |p: &Value| p.get("x-kind").and_then(Value::as_str) == Some("fields");
    let (name, _) = properties(template.params_schema()).find(|(_, p)| kind(p))?;
    makes_models(template).is_none().then_some(name.as_str())
}

impl Holding<'_> {
    /// The template's parameters. `all` are the words of the whole request.
    ///
    /// # Errors
    /// What the request is for is not in the project.
    pub(super) fn understood(
        &self,
        all: &[Word],
        facts: Option<&ProjectFacts>,
        beside: Beside<'_>,
    ) -> Result<Understood, PlanningError> {
        let Self { template, fields_param, fields, head } = self;
        let reading = Reading::new(head, template, facts);
        let mut why = why(template, &reading);
        why.push(format!("its fields are {}", fields.join(", ")));
        let mut params = vec![((*fields_param).to_owned(), Value::from(fields.clone()), "request")];
        let mut missing = Vec::new();
        Slots { template, reading: &reading, facts, app: beside.app, set: beside.set, new: None }.fill(
            &mut params,
            &mut missing,
            &mut why,
        )?;
        // Parts may be left out behind the fields.
        let options = Reading::new(all, template, facts).options;
        params.extend(options.into_iter().map(|(name, on)| (name, Value::Bool(on), "request")));
        Ok(Understood {
            template: template.meta().name.clone(),
            score: reading.score,
            params,
            missing,
            why,
            unexplained: reading.unknown(),
            notes: Vec::new(),
        })
    }
}
