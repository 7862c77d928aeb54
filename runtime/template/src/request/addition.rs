//! Requests for fields of a model that is there: "Add a subtitle field to posts", "Add price:decimal(10,2) to products".
//!
//! As with new models these are found by their form: a verb that adds, fields, a preposition, a model. A template that
//! has a parameter for a model and one for new fields can answer. What another template is about is left to that one,
//! unless the request says that it is a field.

use aksara_protocol::ProjectFacts;
use aksara_protocol::command::shell_quoted;
use serde_json::Value;

use super::creation::{Item, items, not_a_field, option_stems};
use super::english::{ADJECTIVES, BEFORE_NOUN, FILLER};
use super::mentions::{models, names};
use super::reading::{Reading, keywords};
use super::refusal::{PlanningCode, PlanningError};
use super::slots::Slots;
use super::words::{Word, stem, words};
use super::{Beside, Understood, not_covered};
use crate::Template;
use crate::fields::{is_flag, is_known_name, is_measured};
use crate::params::properties;
use crate::script::{pascal, singular, snake};

/// Verbs that add something. Compared by stem.
const VERBS: &[&str] = &["add", "create", "introduce", "put", "include", "insert", "append", "need", "want"];
/// Verbs before the model: "give posts a subtitle".
const GIVE: &[&str] = &["give", "extend"];
/// Verbs behind the model: "posts should have a subtitle".
const HAVE: &[&str] =
    &["should", "must", "can", "could", "need", "needs", "to", "also", "have", "has", "get", "gets"];
/// Nouns for what a model gets.
const NOUNS: &[&str] = &["field", "column", "attribute", "property"];
/// Words before the model.
const TO: &[&str] = &["to", "on", "onto", "in", "into", "for", "of"];
/// Words before a name.
const CALLED: &[&str] = &["called", "named"];
/// Nouns that may stand behind the model.
const MODEL: &[&str] = &["model", "table", "class", "entity", "resource"];

/// A request for fields of a model.
#[derive(Debug)]
pub(super) struct Addition<'t> {
    template: &'t Template,
    /// The parameters for the model and the fields.
    model: &'t str,
    fields_param: &'t str,
    /// The fields as they are written.
    fields: Vec<String>,
    /// The words from the preposition on: the model, and what is left out.
    tail: Vec<Word>,
}

/// Reads `request` as one for fields of a model; `None` if it has another form.
///
/// # Errors
/// It is one, and what it says of the fields cannot be read.
pub(super) fn read<'t>(
    request: &str,
    templates: &[&'t Template],
    facts: Option<&ProjectFacts>,
) -> Result<Option<Addition<'t>>, PlanningError> {
    let Some((template, model, fields_param)) = templates.iter().find_map(|t| adds_fields(t)) else {
        return Ok(None);
    };
    let Some(parts) = Parts::read(request, facts) else { return Ok(None) };
    let options = option_stems(template);
    let (mut fields, mut unknown) = (Vec::new(), Vec::new());
    let mut typed = Vec::new();
    for item in items(&parts.list, None) {
        match Item::read(&item, &options) {
            Item::Field(field) => {
                if item.contains(':') {
                    typed.push(field.clone());
                }
                fields.push(field);
            }
            Item::Option => {}
            Item::Unknown => unknown.push(item),
        }
    }
    if fields.is_empty() && unknown.is_empty() {
        return Ok(None);
    }
    let name = |field: &String| field.split([':', '?', ' ']).next().unwrap_or_default().to_owned();
    // "price:decimal", "isbn required", "subtitle?"
    let is_explicit = |field: &String| name(field) != *field;
    let others: Vec<String> = templates
        .iter()
        .filter(|t| !std::ptr::eq(**t, template))
        .flat_map(|t| keywords(t).into_iter().filter(|phrase| phrase.len() == 1).flatten())
        .collect();
    let is_feature = |field: &String| {
        let name = name(field);
        // "a rating field" is one, "a tags field" is what tagging is about.
        let is_one = parts.says_field && singular(&name) == name;
        !is_one && !typed.contains(field) && name.split('_').any(|word| others.contains(&stem(word)))
    };
    let is_quoted = |field: &String| name(field).contains('"');
    if fields.iter().any(|field| is_quoted(field) || is_feature(field)) {
        return Ok(None);
    }
    let is_model =
        |name: &String| facts.is_some_and(|facts| models(facts).any(|model| snake(&model.name) == *name));
    let is_known = |field: &String| is_known_name(&name(field)) || is_model(&name(field));
    // "likes" alone are as well a model of their own, "prep minutes" are not.
    let is_one = |field: &String| singular(&name(field)) == name(field) || is_measured(&name(field));
    let is_meant = parts.says_field
        || fields.iter().any(is_explicit)
        || unknown.is_empty() && fields.iter().all(is_known) && fields.iter().any(is_one);
    if !is_meant {
        return Ok(None);
    }
    if let Some(item) = unknown.first() {
        return Err(not_a_field(item));
    }
    Ok(Some(Addition { template, model, fields_param, fields, tail: parts.tail }))
}

/// The parameters of a template that gives a model fields: the model's and the fields'.
fn adds_fields(template: &Template) -> Option<(&Template, &str, &str)> {
    let kind = |wanted: &str| {
        properties(template.params_schema())
            .find(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some(wanted))
    };
    let ((model, _), (fields, _)) = (kind("model")?, kind("new_fields")?);
    Some((template, model.as_str(), fields.as_str()))
}

impl Addition<'_> {
    /// The template's parameters.
    ///
    /// # Errors
    /// A model that the project does not have; words behind it that nothing explains.
    pub(super) fn understood(
        &self,
        facts: Option<&ProjectFacts>,
        beside: Beside<'_>,
    ) -> Result<Understood, PlanningError> {
        let Self { template, model, fields_param, fields, tail } = self;
        let reading = Reading::new(tail, template, facts);
        let mut why = vec![format!("{} is what the model is to have", fields.join(", "))];
        let mut params = vec![((*fields_param).to_owned(), Value::from(fields.clone()), "request")];
        let mut missing = Vec::new();
        match facts.and_then(|facts| user_model(tail, facts)) {
            Some(user) => {
                why.push(format!("{user} is the user model"));
                params.push(((*model).to_owned(), Value::from(user), "request"));
            }
            None => Slots { template, reading: &reading, facts, app: beside.app, set: beside.set, new: None }
                .fill(&mut params, &mut missing, &mut why)
                .map_err(|error| self.without_model(error))?,
        }
        let strange = |word: &String| user_word(word);
        let unknown: Vec<String> = reading.unknown().into_iter().filter(|word| !strange(word)).collect();
        if !unknown.is_empty() {
            let mut error = not_covered(template, &reading, why);
            error.missing = unknown;
            return Err(error);
        }
        params.extend(reading.options.iter().map(|(name, on)| (name.clone(), Value::Bool(*on), "request")));
        Ok(Understood {
            template: template.meta().name.clone(),
            score: 1.0,
            params,
            missing,
            why,
            unexplained: Vec::new(),
        })
    }
}

impl Addition<'_> {
    /// A model that is not there can be made with these fields; one without them is not what was asked for.
    fn without_model(&self, mut error: PlanningError) -> PlanningError {
        if error.code == PlanningCode::UnknownModel {
            let fields = self.fields.join(", ");
            let model = error.model.take();
            let request = match (model.as_deref().and_then(|model| model.split_once('.')), &error.missing[..])
            {
                (Some((app, class)), _) => format!("Create a {class} model in the {app} app with {fields}"),
                (None, [word]) if error.hint.is_none() => {
                    format!("Create a {} model with {fields}", pascal(&singular(word)))
                }
                _ => {
                    error.missing.clear();
                    return error;
                }
            };
            let typed = shell_quoted(&request);
            error.hint = Some(format!("make the model with its fields: aksara ai plan {typed}").into());
            error.missing.clear();
        }
        error
    }
}

/// For a request that no template answers, and that may mean a field: how that is asked for.
pub(super) fn near_miss(
    request: &str,
    templates: &[&Template],
    facts: Option<&ProjectFacts>,
) -> Option<(String, String)> {
    let (template, ..) = templates.iter().find_map(|t| adds_fields(t))?;
    let parts = Parts::read(request, facts)?;
    let [item] = items(&parts.list, None).try_into().ok()?;
    let Item::Field(name) = Item::read(&item, &option_stems(template)) else { return None };
    let has_article = [" a ", " an "].iter().any(|a| request.contains(&format!("{a}{item}")));
    let is_plain = !name.contains([' ', ':', '?', '"']) && !parts.says_field;
    let is_likely = is_known_name(&name) || has_article && singular(&name) == name;
    let names_model = parts.tail.len() > 1;
    (is_plain && is_likely && names_model).then(|| {
        let article = if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        let tail: Vec<&str> = parts.tail.iter().map(|word| word.text.as_str()).collect();
        (template.meta().name.clone(), format!("Add {article} {name} field {}", tail.join(" ")))
    })
}

fn user_word(word: &str) -> bool {
    ["user", "users", "auth.user"].contains(&word.to_lowercase().as_str())
}

/// The user model, where "users" are named and no model of the project is called so.
fn user_model(tail: &[Word], facts: &ProjectFacts) -> Option<String> {
    let named = tail.iter().find(|w| user_word(&w.lower))?;
    let known = models(facts).any(|m| names(&m.name).contains(&vec![named.lower.clone()]));
    let label = facts.settings.auth_user_model.as_str();
    (!known).then(|| if label.is_empty() { "auth.User".to_owned() } else { label.to_owned() })
}

/// A request in its parts.
struct Parts {
    /// The list of fields, as it is written.
    list: String,
    /// Whether it says that they are fields.
    says_field: bool,
    tail: Vec<Word>,
}

impl Parts {
    fn read(request: &str, facts: Option<&ProjectFacts>) -> Option<Self> {
        let tokens = tokens(request);
        let mut at = 0;
        let is = |at: usize, list: &[&str]| tokens.get(at).is_some_and(|t| list.contains(&bare(t).as_str()));
        let stem_at = |at: usize| tokens.get(at).map(|t| stem(&bare(t))).unwrap_or_default();
        let is_verb = |at: usize, list: &[&str]| list.iter().any(|verb| stem(verb) == stem_at(at));
        while at < tokens.len()
            && !is_verb(at, VERBS)
            && !is_verb(at, GIVE)
            && (is(at, FILLER) || is(at, &["to", "let", "let's", "lets", "i'd", "like"]))
        {
            at += 1;
        }
        // "I want to add"
        while is_verb(at, VERBS) && (is(at + 1, &["to"]) && is_verb(at + 2, VERBS)) {
            at += 2;
        }
        if is_verb(at, GIVE) {
            return Self::given(&tokens[at + 1..], facts);
        }
        if !is_verb(at, VERBS) {
            return Self::had(&tokens, facts);
        }
        let rest = &tokens[at + 1..];
        // The last preposition before a model: "date of birth to people" has two.
        let place = (1..rest.len())
            .rev()
            .find(|&at| TO.contains(&bare(rest[at]).as_str()) && is_place(&rest[at + 1..], facts));
        let Some(place) = place else {
            // "a subtitle field" is for the only model, or a question.
            let (list, says_field) = without_noun(rest);
            return (says_field && !list.is_empty()).then(|| Self { list, says_field, tail: Vec::new() });
        };
        let (front, back) = (&rest[..place], &rest[place..]);
        // "a field to posts called subtitle", "fields to posts: subtitle, isbn"
        let named = back.iter().position(|t| CALLED.contains(&bare(t).as_str()));
        let colon = back.iter().position(|t| t.ends_with(':') && !t.starts_with(':'));
        let only_noun = front.iter().all(|t| {
            let word = bare(t);
            is_noun(&word) || BEFORE_NOUN.contains(&word.as_str()) || ADJECTIVES.contains(&word.as_str())
        });
        if only_noun && front.iter().any(|t| is_noun(&bare(t))) {
            let at = named.into_iter().chain(colon.map(|at| at + 1)).min()?;
            let list = back[at..].iter().filter(|t| !CALLED.contains(&bare(t).as_str()));
            let list = list.copied().collect::<Vec<_>>().join(" ");
            return Some(Self { list, says_field: true, tail: words(&back[..at].join(" ")) });
        }
        let (list, says_field) = without_noun(front);
        Some(Self { list, says_field, tail: words(&back.join(" ")) })
    }

    /// "give posts a subtitle field"
    fn given(rest: &[&str], facts: Option<&ProjectFacts>) -> Option<Self> {
        let (model, after) = model_first(rest, facts).or_else(|| stranger_first(rest))?;
        let after = after.strip_prefix(&["with"]).unwrap_or(after);
        let (list, says_field) = without_noun(after);
        Some(Self { list, says_field, tail: words(&format!("to {}", model.join(" "))) })
    }

    /// "posts should have a subtitle field"
    fn had(tokens: &[&str], facts: Option<&ProjectFacts>) -> Option<Self> {
        let (model, after) = model_first(tokens, facts)?;
        let verbs = after.iter().take_while(|t| HAVE.contains(&bare(t).as_str())).count();
        let (list, says_field) = without_noun(&after[verbs..]);
        (verbs > 0).then(|| Self { list, says_field, tail: words(&format!("to {}", model.join(" "))) })
    }
}

/// The model that the words begin with, and what comes behind it.
fn model_first<'r, 't>(
    tokens: &'r [&'t str],
    facts: Option<&ProjectFacts>,
) -> Option<(&'r [&'t str], &'r [&'t str])> {
    let facts = facts?;
    let articles = tokens.iter().take_while(|t| BEFORE_NOUN.contains(&bare(t).as_str())).count();
    let rest = &tokens[articles..];
    let len = (1..=rest.len().min(4)).rev().find(|&len| {
        let said: Vec<String> = rest[..len].iter().map(|t| bare(t)).collect();
        models(facts).any(|m| names(&m.name).contains(&said) || said == [m.label.to_lowercase()])
    })?;
    Some(rest.split_at(len))
}

/// A plural before an article, which can only be a model that is not there: "notes a subtitle".
fn stranger_first<'r, 't>(tokens: &'r [&'t str]) -> Option<(&'r [&'t str], &'r [&'t str])> {
    let at = tokens.iter().position(|t| !BEFORE_NOUN.contains(&bare(t).as_str()))?;
    let is_plural = singular(&bare(tokens[at])) != bare(tokens[at]);
    let has_article = tokens.get(at + 1).is_some_and(|t| ["a", "an"].contains(&bare(t).as_str()));
    (is_plural && has_article).then(|| (&tokens[at..=at], &tokens[at + 1..]))
}

/// The list without "field" and the like at its ends, and whether that was there.
fn without_noun(tokens: &[&str]) -> (String, bool) {
    let mut rest = tokens;
    let mut says = false;
    while let [first, tail @ ..] = rest
        && (BEFORE_NOUN.contains(&bare(first).as_str()) || ADJECTIVES.contains(&bare(first).as_str()))
        && !tail.is_empty()
    {
        rest = tail;
    }
    if let [first, tail @ ..] = rest
        && is_noun(&bare(first))
    {
        (rest, says) = (tail, true);
        if let [first, tail @ ..] = rest
            && CALLED.contains(&bare(first).as_str())
        {
            rest = tail;
        }
    }
    // "a pinned flag" says what the field holds, too.
    says |= rest.len() > 1 && rest.last().is_some_and(|last| is_flag(&bare(last)));
    let is_last = |list: &[&str]| list.last().is_some_and(|last| is_noun(&bare(last)));
    while is_last(rest) {
        (rest, says) = (&rest[..rest.len() - 1], true);
    }
    (rest.join(" "), says)
}

fn is_noun(word: &str) -> bool {
    NOUNS.iter().any(|noun| stem(noun) == stem(word))
}

/// Whether what stands behind a preposition begins with something that fields can be of: a word or two, and no list.
fn is_place(rest: &[&str], facts: Option<&ProjectFacts>) -> bool {
    let said: Vec<String> = rest.iter().map(|t| bare(t)).collect();
    let start = said.iter().take_while(|w| BEFORE_NOUN.contains(&w.as_str())).count();
    let said = &said[start..];
    let known = facts.is_some_and(|facts| {
        models(facts).any(|m| {
            let label = vec![m.label.to_lowercase()];
            names(&m.name).iter().chain([&label]).any(|form| said.starts_with(form))
        })
    });
    // A name that the project does not have is refused with those that it has.
    let ends = |word: &String| {
        MODEL.contains(&word.as_str()) || ["without", "with", "called", "named"].contains(&word.as_str())
    };
    known || !said.is_empty() && said.get(1).is_none_or(ends)
}

/// The words of a request; brackets and quotes hold together.
fn tokens(request: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let (mut depth, mut quoted, mut start) = (0_i32, false, None);
    for (at, c) in request.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '"' => quoted = !quoted,
            _ => {}
        }
        if c.is_whitespace() && depth <= 0 && !quoted {
            tokens.extend(start.take().map(|start| &request[start..at]));
        } else if start.is_none() {
            start = Some(at);
        }
    }
    tokens.extend(start.map(|start| &request[start..]));
    tokens
}

/// A word in lower case, without the punctuation around it.
fn bare(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("\u{2019}s")).unwrap_or(word);
    word.to_lowercase()
}
