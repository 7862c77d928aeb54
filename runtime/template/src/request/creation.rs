//! Requests for a new model: "Create a Product model with name, price and description".
//!
//! Other requests are about a feature and are found by its words. These are found by their form: a verb that makes
//! something, a name that is new, a noun for models or a list of fields. What does not fit the form is left to the
//! others. No template is named here: one that has a parameter for a new model's name and one for its fields can
//! answer.

use aksara_protocol::ProjectFacts;
use serde_json::Value;

use super::english::{ACTORS, ADJECTIVES, BEFORE_NOUN, FILLER, PREPOSITIONS};
use super::mentions::{models, names};
use super::reading::keywords;
use super::refusal::{PlanningCode, PlanningError};
use super::words::{Word, stem, words};
use crate::fields::{is_known_name, split_list};
use crate::params::properties;
use crate::script::{pascal, singular, snake};
use crate::{Template, Templates};

/// A request for a new model.
#[derive(Clone, Debug)]
pub(super) struct Creation<'t> {
    /// The template that makes models.
    pub(super) template: &'t Template,
    /// The parameter for the name, and the name.
    pub(super) name: (&'t str, String),
    /// The parameter for the fields, and the fields as they are written; none if the request names none.
    pub(super) fields: (&'t str, Vec<String>),
}

/// A template that makes models.
#[derive(Clone, Copy, Debug)]
pub struct Maker<'t> {
    /// The template.
    pub template: &'t Template,
    /// Its parameter for the model's name.
    pub name: &'t str,
}

impl Maker<'_> {
    /// Its switches that one of these words turns on or off.
    #[must_use]
    pub fn switches(&self, words: &[&str]) -> Vec<String> {
        let said = |property: &Value| {
            let of = property.get("x-words").and_then(Value::as_array).into_iter().flatten();
            of.filter_map(Value::as_str).any(|word| words.contains(&word))
        };
        properties(self.template.params_schema())
            .filter(|(_, p)| said(p))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// The template that makes models in projects of `facts`, if there is one.
#[must_use]
pub fn maker<'t>(templates: &'t Templates, facts: &ProjectFacts) -> Option<Maker<'t>> {
    let mut known = templates.list().filter(|t| t.knows(&facts.stack));
    let (template, name, _) = known.find_map(makes_models)?;
    Some(Maker { template, name })
}

/// The name for a model that a request names and the project does not have, if it can only be meant as one: the word is
/// a plural, a class or a label, and no slip of the keyboard.
#[must_use]
pub fn model_to_make(error: &PlanningError, facts: &ProjectFacts) -> Option<String> {
    let [word] = error.missing.as_slice() else { return None };
    if error.code != PlanningCode::UnknownModel || super::unknown_model(word, facts).hint.is_some() {
        return None;
    }
    let lower = word.to_lowercase();
    if ACTORS.contains(&lower.as_str()) || ACTORS.contains(&singular(&lower).as_str()) {
        return None;
    }
    if let Some((app, class)) = word.split_once('.') {
        let known = facts.app(app).is_some() && class.starts_with(|c: char| c.is_ascii_uppercase());
        return known.then(|| word.clone());
    }
    let is_name = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_plural = singular(&lower) != lower;
    let is_class =
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().any(|c| c.is_ascii_lowercase());
    (is_name && (is_plural || is_class)).then(|| pascal(&singular(word)))
}

/// Verbs that make something. Compared by stem.
const VERBS: &[&str] = &[
    "create",
    "add",
    "make",
    "build",
    "implement",
    "introduce",
    "generate",
    "define",
    "write",
    "need",
    "want",
];
/// Nouns for a model: whoever says one wants a model.
const MODEL: &[&str] = &["model", "table", "entity", "resource"];
/// Nouns for what a model is offered by.
const OFFER: &[&str] = &["api", "crud", "endpoint", "viewset", "rest", "restful"];
/// Words before a list of fields.
const WITH: &[&str] = &["with", "having", "containing", "including"];
/// Words before a name.
const CALLED: &[&str] = &["called", "named"];
/// A name, and a field, of more words is a sentence.
const MOST_WORDS: usize = 3;

/// Reads `request` as one for a new model; `None` if it has another form.
///
/// # Errors
/// It is one, and what it says of the fields cannot be read.
pub(super) fn read<'t>(
    request: &str,
    templates: &[&'t Template],
    facts: Option<&ProjectFacts>,
) -> Result<Option<Creation<'t>>, PlanningError> {
    let Some((template, name_param, fields_param)) = templates.iter().find_map(|t| makes_models(t)) else {
        return Ok(None);
    };
    let (head, tail) = halves(request);
    let head = words(head);
    let Some(head) = Head::read(&head, facts) else { return Ok(None) };
    // What another template is about is not the name of a model, unless the request says that it is.
    let mut others = templates.iter().filter(|t| !std::ptr::eq(**t, template));
    let is_feature = others.any(|t| {
        let known = keywords(t).concat();
        head.name.iter().any(|word| known.contains(&word.stem))
    });
    let exists = facts.is_some_and(|facts| {
        let own: Vec<String> = head.name.iter().map(|w| w.lower.clone()).collect();
        models(facts).any(|model| names(&model.name).contains(&own))
    });
    if !head.says_model && (is_feature || (exists && tail.is_none())) {
        return Ok(None);
    }
    let options = option_stems(template);
    let mut fields = Vec::new();
    for item in tail.map(|tail| items(tail, facts)).unwrap_or_default() {
        match Item::read(&item, &options) {
            Item::Field(field) => fields.push(field),
            Item::Option => {}
            Item::Unknown if head.says_model => {
                let message = format!("\"{item}\" is not a field that could be read");
                let mut error = PlanningError::new(PlanningCode::NotCovered, message);
                error.missing = vec![item];
                return Err(error);
            }
            Item::Unknown => return Ok(None),
        }
    }
    // Without a word for models the fields must say that it is about one: "payments with stripe" is not.
    let has_known =
        fields.iter().any(|field| is_known_name(field.split([':', '?', ' ']).next().unwrap_or(field)));
    if !(head.says_model || has_known || head.says_offer && fields.is_empty()) {
        return Ok(None);
    }
    let words: Vec<&str> = head.name.iter().map(|w| w.text.as_str()).collect();
    let name = pascal(&words.join(" "));
    let name = if snake(&name).ends_with("ss") { name } else { singular(&name) };
    Ok(Some(Creation { template, name: (name_param, name), fields: (fields_param, fields) }))
}

/// The parameters of a template that makes models: the name's and the fields'.
pub(super) fn makes_models(template: &Template) -> Option<(&Template, &str, &str)> {
    let kind = |wanted: &str| {
        properties(template.params_schema())
            .find(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some(wanted))
    };
    let (name, property) = kind("new_model")?;
    let (fields, _) = kind("fields")?;
    property.get("default").is_none().then_some((template, name.as_str(), fields.as_str()))
}

/// The request before and after the word that begins its list of fields.
fn halves(request: &str) -> (&str, Option<&str>) {
    let lower = request.to_lowercase();
    let starts = ["that has", "which has", "that have", "fields"];
    let found = WITH.iter().chain(&starts).filter_map(|word| {
        let at = lower.match_indices(word).map(|(at, _)| at).find(|at| {
            let whole = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
            whole(lower[..*at].chars().next_back()) && whole(lower[at + word.len()..].chars().next())
        })?;
        Some((at, at + word.len()))
    });
    // Lower case may have another length in a few languages: then the request is not one that is read here.
    match found.min() {
        Some((at, end))
            if lower.len() == request.len()
                && request.is_char_boundary(at)
                && request.is_char_boundary(end) =>
        {
            (&request[..at], Some(&request[end..]))
        }
        _ => (request, None),
    }
}

/// What stands before the fields.
struct Head<'w> {
    name: Vec<&'w Word>,
    says_model: bool,
    says_offer: bool,
}

impl<'w> Head<'w> {
    fn read(words: &'w [Word], facts: Option<&ProjectFacts>) -> Option<Self> {
        let verbs: Vec<String> = VERBS.iter().map(|verb| stem(verb)).collect();
        let is = |word: &Word, list: &[&str]| list.contains(&word.lower.as_str());
        let verb = words.iter().position(|word| verbs.contains(&word.stem))?;
        if !words[..verb].iter().all(|word| is(word, FILLER) || word.lower == "to" || word.lower == "let") {
            return None;
        }
        let mut rest = &words[verb + 1..];
        // "I want to create a …"
        while let [first, tail @ ..] = rest
            && (verbs.contains(&first.stem)
                || is(first, FILLER)
                || is(first, ADJECTIVES)
                || is(first, BEFORE_NOUN)
                || first.lower == "to")
        {
            rest = tail;
        }
        let rest = without_place(rest, facts)?;
        let noun = |word: &Word, list: &[&str]| list.iter().any(|noun| stem(noun) == word.stem);
        let is_noun = |word: &Word| noun(word, MODEL) || noun(word, OFFER);
        let front = rest.iter().take_while(|word| is_noun(word)).count();
        let (nouns, name) = if front > 0 {
            // "a model called Product", "an API for products", "model Product"
            let (nouns, rest) = rest.split_at(front);
            let rest = match rest {
                [first, tail @ ..] if is(first, CALLED) || is(first, &["for", "of"]) => tail,
                other => other,
            };
            let articles = rest.iter().take_while(|w| is(w, BEFORE_NOUN) || is(w, ADJECTIVES)).count();
            (nouns, &rest[articles..])
        } else {
            let end = rest.iter().position(is_noun).unwrap_or(rest.len());
            (&rest[end..], &rest[..end])
        };
        // Behind the nouns nothing may follow, and no word of a name holds a sentence together.
        let plain = |word: &&Word| {
            !is(word, FILLER)
                && !is(word, PREPOSITIONS)
                && !is_noun(word)
                && !is(word, &["or", "plus", "without"])
                && word.text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && word.text.starts_with(|c: char| c.is_ascii_alphabetic())
                && !word.after_comma
        };
        let fits = !name.is_empty() && name.len() <= MOST_WORDS && name.iter().all(|w| plain(&w));
        if !fits || !nouns.iter().all(is_noun) {
            return None;
        }
        Some(Self {
            name: name.iter().collect(),
            says_model: nouns.iter().any(|word| noun(word, MODEL)),
            says_offer: nouns.iter().any(|word| noun(word, OFFER)),
        })
    }
}

/// The words without "to the shop" at their end; `None` if a place is named that is not one.
fn without_place<'w>(words: &'w [Word], facts: Option<&ProjectFacts>) -> Option<&'w [Word]> {
    const WHOLE: &[&str] = &["project", "site", "website", "application", "codebase", "backend"];
    let Some(at) = words.iter().rposition(|w| ["to", "in", "into", "inside"].contains(&w.lower.as_str()))
    else {
        return Some(words);
    };
    let place: Vec<&Word> = words[at + 1..]
        .iter()
        .filter(|w| !BEFORE_NOUN.contains(&w.lower.as_str()) && w.lower != "app")
        .collect();
    match place.as_slice() {
        [] if words.len() > at + 1 => Some(&words[..at]),
        [one] if WHOLE.contains(&one.lower.as_str()) || is_app(&one.lower, facts) => Some(&words[..at]),
        _ => None,
    }
}

fn is_app(word: &str, facts: Option<&ProjectFacts>) -> bool {
    facts.is_some_and(|facts| {
        facts.apps.iter().any(|app| singular(&app.label.to_lowercase()) == singular(word))
    })
}

/// The parts of a list of fields, without what comes behind it: a place, and what is to be left out.
fn items(tail: &str, facts: Option<&ProjectFacts>) -> Vec<String> {
    let tail = tail.trim_start_matches([':', ' ']);
    let begins = ["the following fields", "following fields", "these fields", "the fields", "fields"];
    let begin = begins.iter().find(|b| tail.get(..b.len()).is_some_and(|t| t.eq_ignore_ascii_case(b)));
    let tail = begin.and_then(|b| tail.get(b.len()..)).unwrap_or(tail);
    let mut list = String::new();
    let mut depth = 0_i32;
    for word in tail.split_inclusive(char::is_whitespace) {
        let bare = word.trim().trim_end_matches(['.', '!', '?']).to_lowercase();
        if depth == 0 && ["without", "no"].contains(&bare.trim_end_matches(',')) {
            break;
        }
        match bare.as_str() {
            "and" | "&" | "plus" | "as" | "well" | "with" | "including" if depth == 0 => list.push(','),
            _ => list.push_str(word),
        }
        depth += word.matches(['(', '[', '"']).count() as i32 - word.matches([')', ']']).count() as i32;
        depth -= i32::from(word.matches('"').count() == 2) * 2;
    }
    let list = list.replace(';', ",");
    let mut items: Vec<String> = split_list(list.trim().trim_end_matches(['.', '!']).trim_start_matches(':'));
    if let Some(last) = items.last_mut() {
        let words: Vec<&str> = last.split_whitespace().collect();
        let at =
            words.iter().rposition(|w| ["to", "in", "into", "inside"].contains(&w.to_lowercase().as_str()));
        if let Some(at) = at.filter(|at| *at > 0) {
            let place = words[at + 1..].iter().map(|w| w.to_lowercase());
            let place: Vec<String> =
                place.filter(|w| !BEFORE_NOUN.contains(&w.as_str()) && w != "app").collect();
            if matches!(place.as_slice(), [one] if is_app(one, facts)) {
                *last = words[..at].join(" ");
            }
        }
    }
    items
}

/// One part of a list of fields.
enum Item {
    /// A field, as [`crate::fields`] reads it.
    Field(String),
    /// A part of the feature that is turned on or off.
    Option,
    Unknown,
}

impl Item {
    fn read(text: &str, options: &[String]) -> Self {
        if text.contains([':', '=', '?', '"']) {
            return Self::Field(text.to_owned());
        }
        let mut optional = false;
        let mut unique = false;
        let mut name: Vec<String> = Vec::new();
        let (text, kind) = match text.split_once('(') {
            Some((text, kind)) => (text, kind.strip_suffix(')').map(str::to_owned)),
            None => (text, None),
        };
        for word in text.split_whitespace() {
            let lower = word.to_lowercase();
            match lower.as_str() {
                "optional" => optional = true,
                "unique" => unique = true,
                "required" | "field" | "fields" | "column" | "columns" | "following" | "of" => {}
                word if BEFORE_NOUN.contains(&word) && name.is_empty() => {}
                word if FILLER.contains(&word) || PREPOSITIONS.contains(&word) => return Self::Unknown,
                _ => name.push(word.to_owned()),
            }
        }
        if !name.is_empty() && name.iter().all(|word| options.contains(&stem(word))) {
            return Self::Option;
        }
        let plain = |word: &String| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if name.is_empty() || name.len() > MOST_WORDS || !name.iter().all(plain) {
            return Self::Unknown;
        }
        let mut field = snake(&name.join(" "));
        if optional {
            field.push('?');
        }
        if let Some(kind) = kind {
            field.push_str(&format!(":{}", kind.trim()));
        }
        if unique {
            field.push_str(" unique");
        }
        Self::Field(field)
    }
}

/// The stems of the words that turn a part of the template on or off.
fn option_stems(template: &Template) -> Vec<String> {
    let words = properties(template.params_schema()).filter_map(|(_, p)| p.get("x-words")?.as_array());
    words.flatten().filter_map(Value::as_str).map(stem).collect()
}
