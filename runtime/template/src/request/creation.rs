//! Requests for a new model: "Create a Product model with name, price and description".
//!
//! Other requests are about a feature and are found by its words. These are found by their form: a verb that makes
//! something, a name that is new, a noun for models or a list of fields. What does not fit the form is left to the
//! others. No template is named here: one that has a parameter for a new model's name and one for its fields can
//! answer.

use aksara_protocol::ProjectFacts;
use serde_json::Value;

use super::english::{ACTORS, ADJECTIVES, BEFORE_NOUN, FILLER, PREPOSITIONS, is_work};
use super::mentions::{labels, models, names};
use super::reading::{is_actor, keywords};
use super::refusal::{PlanningCode, PlanningError};
use super::values::{with_slashes, without_leading};
use super::words::{Word, stem, words};
use crate::fields::{
    Holds, from_words, is_decimal_name, is_known_name, is_type, may_be_value, split_list, what_holds,
};
use crate::params::properties;
use crate::script::{pascal, plural, singular, snake};
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
    /// Its parameter for the model's fields.
    pub fields: &'t str,
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
    let mut known = templates.list().filter(|t| t.knows(facts));
    let (template, name, fields) = known.find_map(makes_models)?;
    Some(Maker { template, name, fields })
}

/// The name for a model that a request names and the project does not have, if it can only be meant as one: the word is
/// a plural, a class or a label, and no slip of the keyboard.
#[must_use]
pub fn model_to_make(error: &PlanningError, facts: &ProjectFacts) -> Option<String> {
    let word = match (&error.model, error.missing.as_slice()) {
        (Some(model), _) => model.as_ref(),
        (None, [word]) => word,
        _ => return None,
    };
    if error.code != PlanningCode::UnknownModel || super::unknown_model(word, facts).hint.is_some() {
        return None;
    }
    let lower = word.to_lowercase();
    if ACTORS.contains(&lower.as_str()) || ACTORS.contains(&singular(&lower).as_str()) {
        return None;
    }
    if let Some((app, class)) = word.split_once('.') {
        let known = facts.app(app).is_some() && class.starts_with(|c: char| c.is_ascii_uppercase());
        return known.then(|| word.to_owned());
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
/// Verbs for what is done with rows of a new model: "I want to store warehouses".
const KEEPING: &[&str] = &["store", "keep", "save", "manage", "record", "register", "list", "hold"];
/// Nouns for a model: whoever says one wants a model.
const MODEL: &[&str] = &["model", "table", "entity", "resource"];
/// Nouns for what a model is offered by.
const OFFER: &[&str] = &["api", "crud", "endpoint", "viewset", "rest", "restful"];
/// Words before a list of fields.
const WITH: &[&str] = &["with", "having", "containing", "including"];
/// Words before a name.
const CALLED: &[&str] = &["called", "named"];
/// Numbers that are said before "fields".
const NUMBERS: &[&str] = &["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
/// A name of more words is a sentence.
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
    // "Can you create …?" asks no field to be optional.
    let asks =
        ["can ", "could ", "would ", "will "].iter().any(|ask| request.to_lowercase().starts_with(ask));
    let request = if asks { request.trim_end_matches(['?', ' ']) } else { request };
    let (head, tail) = match halves(request) {
        (head, None) => name_and_list(head).unwrap_or((head, None)),
        halves => halves,
    };
    let head = words(head);
    let Some(head) = Head::read(&head, tail.is_some(), facts) else { return Ok(None) };
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
    let (mut fields, mut unknown) = (Vec::new(), Vec::new());
    for item in tail.map(|tail| items(tail, facts)).unwrap_or_default() {
        match Item::read(&item, &options) {
            Item::Field(field) => fields.push(field),
            Item::Option => {}
            Item::Unknown => unknown.push(item),
        }
    }
    // Without a word for models the fields must say that it is about one: "payments with stripe" is not.
    let has_known =
        fields.iter().any(|field| is_known_name(field.split([':', '?', ' ']).next().unwrap_or(field)));
    // A list whose bracket is left open is one part, with the known names in it.
    let has_known = has_known
        || unknown.iter().any(|item| is_open(item) && words(item).iter().any(|w| is_known_name(&w.lower)));
    if !(head.says_model || has_known || head.says_offer && fields.is_empty() && unknown.is_empty()) {
        return Ok(None);
    }
    if let Some(item) = unknown.first() {
        return Err(not_a_field_of(item, facts));
    }
    let words: Vec<&str> = head.name.iter().map(|w| w.text.as_str()).collect();
    let name = pascal(&words.join(" "));
    let name = if snake(&name).ends_with("ss") { name } else { singular(&name) };
    Ok(Some(Creation { template, name: (name_param, name), fields: (fields_param, fields) }))
}

pub(super) fn is_open(item: &str) -> bool {
    item.matches('(').count() != item.matches(')').count()
}

/// The model that "a link to the project" is about.
pub(super) fn points_to(item: &str, facts: Option<&ProjectFacts>) -> Option<String> {
    const LINKS: &[&str] = &["link", "reference", "relation", "pointer", "connection", "key"];
    let said = words(item);
    let to = said.iter().position(|word| ["to", "on", "with"].contains(&word.lower.as_str()))?;
    let is_link = said[..to].last().is_some_and(|word| LINKS.contains(&word.lower.as_str()));
    is_link.then(|| labels(&said[to + 1..], facts?).into_iter().next()).flatten()
}

/// That a part of a list is no field, with how it is written where it is about a model.
pub(super) fn not_a_field_of(item: &str, facts: Option<&ProjectFacts>) -> PlanningError {
    let mut error = not_a_field(item);
    if let Some(label) = points_to(item, facts) {
        let name = snake(label.rsplit('.').next().unwrap_or_default());
        error.hint = Some(format!("write {name}:fk({label})").into());
    }
    error
}

fn not_a_field(item: &str) -> PlanningError {
    let (item, message) = if is_open(item) {
        // The part with the bracket says more than the rest of the list.
        let start = item.find(['(', ')']).map_or(0, |at| item[..at].rfind([' ', ',']).map_or(0, |at| at + 1));
        (&item[start..], format!("a bracket of \"{}\" has no other one", &item[start..]))
    } else {
        (item, format!("\"{item}\" is not a field that could be read"))
    };
    let mut error = PlanningError::new(PlanningCode::NotCovered, message);
    error.missing = vec![item.to_owned()];
    error.hint = Some(FORM.into());
    error
}

/// How fields are written, for a refusal.
const FORM: &str = "a field is a name, with its type behind it if the name does not say it: \
                    name, price:decimal(10,2) min=0, status:choice(draft,live), author:fk(user)";

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
pub(super) fn halves(request: &str) -> (&str, Option<&str>) {
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
    let found = found.min().filter(|(at, end)| {
        lower.len() == request.len() && request.is_char_boundary(*at) && request.is_char_boundary(*end)
    });
    // "Product(name, price)" and "a Product model: name, price" have no such word.
    let before = &request[..found.map_or(request.len(), |(at, _)| at)];
    if let Some(at) = before.find(['(', ':']).filter(|at| *at > 0) {
        let tail = request[at..].trim_end_matches(['.', '!', ' ']);
        let is_list = request[at..].starts_with(':') && request[at + 1..].starts_with(char::is_whitespace);
        let inner =
            tail.strip_prefix('(').and_then(|t| t.strip_suffix(')')).or(Some(&tail[1..]).filter(|_| is_list));
        if let Some(inner) = inner {
            return (&request[..at], Some(inner));
        }
    }
    match found {
        Some((at, end)) => (&request[..at], Some(&request[end..])),
        None => (request, None),
    }
}

/// The two parts of "create model Branch name, city": the list begins where the words of the name, which are written as
/// a class is, end. `None` if that is not said.
fn name_and_list(request: &str) -> Option<(&str, Option<&str>)> {
    let mut at = 0;
    let starts: Vec<(usize, &str)> = request
        .split_inclusive(char::is_whitespace)
        .map(|word| {
            at += word.len();
            (at - word.len(), word.trim())
        })
        .collect();
    let lower = |word: &str| word.to_lowercase();
    let noun = starts.iter().position(|(_, word)| MODEL.contains(&lower(word).as_str()))?;
    let name =
        starts[noun + 1..].iter().take_while(|(_, word)| CALLED.contains(&lower(word).as_str())).count();
    let rest = &starts[noun + 1 + name..];
    let is_class = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(char::is_alphanumeric)
    };
    let list = rest.iter().position(|(_, word)| !is_class(word)).filter(|at| *at > 0)?;
    let (start, first) = rest[list];
    let list = &request[start..];
    let is_field = |c: char| c.is_ascii_lowercase() || c == '_';
    let holds_together = FILLER.contains(&first) || PREPOSITIONS.contains(&first) || WITH.contains(&first);
    let is_list = list.contains([',', ':']) || list.contains(" and ");
    (first.starts_with(is_field) && !holds_together && is_list).then(|| (&request[..start], Some(list)))
}

/// For a request that no template answers: what it lacks to be one for a new model, and how it would be said.
/// Of a request that is about something else nothing is said.
pub(super) fn near_miss(request: &str, facts: Option<&ProjectFacts>) -> Option<(String, Vec<String>)> {
    let said = words(request);
    if let Some(found) = marked(&said, facts) {
        return Some(found);
    }
    let verbs: Vec<String> = VERBS.iter().map(|verb| stem(verb)).collect();
    let (verb, rest) = said.split_first()?;
    // "doctors write notes on appointments"
    let writes = said.iter().position(|word| WRITING.iter().any(|verb| stem(verb) == word.stem));
    let rest = writes.map_or(rest, |at| &said[at + 1..]);
    if !(verbs.contains(&verb.stem) || writes.is_some_and(|at| at > 0))
        || said.iter().any(|word| is_work(&word.lower))
    {
        return None;
    }
    let is = |word: &Word, list: &[&str]| list.contains(&word.lower.as_str());
    let is_noun = |word: &Word| MODEL.iter().any(|noun| stem(noun) == word.stem);
    let has_article = rest.first().is_some_and(|word| is(word, &["a", "an", "new"]));
    let articles = rest.iter().take_while(|w| is(w, BEFORE_NOUN) || is(w, ADJECTIVES)).count();
    let rest = &rest[articles..];
    let plain = |word: &Word| {
        word.text.chars().all(|c| c.is_ascii_alphanumeric())
            && word.text.starts_with(|c: char| c.is_ascii_alphabetic())
            && !is(word, FILLER)
            && !is(word, PREPOSITIONS)
    };
    let class = |word: &Word| pascal(&singular(&word.text));
    let ask = |class: &str, fields: &str| {
        let article = if class.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
        format!("Create {article} {class} model with {fields}")
    };
    let model_named = |target: &[Word]| {
        let target: Vec<String> =
            target.iter().filter(|w| !is(w, BEFORE_NOUN) && !is_noun(w)).map(|w| w.lower.clone()).collect();
        models(facts?)
            .find(|model| names(&model.name).contains(&target) || target == [model.label.to_lowercase()])
    };
    match rest {
        [] => None,
        [noun] if is_noun(noun) => Some((
            "the model's name and its fields are missing".to_owned(),
            vec![ask("Product", "name and price")],
        )),
        [one, more @ .., noun] if is_noun(noun) && more.iter().any(|w| is(w, &["and"]) || w.after_comma) => {
            let names: Vec<String> =
                std::iter::once(one).chain(more).filter(|w| plain(w)).map(class).collect();
            Some((
                "a request makes one model at a time, with its fields".to_owned(),
                names.iter().map(|name| ask(name, "name and description")).collect(),
            ))
        }
        [noun, at, target @ ..] if plain(noun) && is(at, &["to", "for", "on"]) && !target.is_empty() => {
            let model = model_named(target)?;
            let one = singular(&noun.lower);
            let fields = match what_holds(&one) {
                Holds::Text => "author and body",
                Holds::Count => "user",
                Holds::Other => "name",
            };
            let joint = if fields.contains(" and ") { ", " } else { " and " };
            let fields = format!("{}{joint}{fields}", snake(&model.name));
            Some((
                format!("{} can be a model of their own, with fields", noun.lower),
                vec![ask(&class(noun), &fields)],
            ))
        }
        [name] if plain(name) => {
            let is_class = name.text.starts_with(|c: char| c.is_ascii_uppercase());
            let is_plural = singular(&name.lower) != name.lower;
            (has_article || is_class || is_plural).then(|| {
                (
                    format!(
                        "a new model is asked for with its fields, and those of {} are missing",
                        class(name)
                    ),
                    vec![ask(&class(name), "name and description")],
                )
            })
        }
        _ => None,
    }
}

/// Verbs for what somebody does who writes something about a row.
const WRITING: &[&str] = &["write", "leave", "take"];
/// Verbs for what a user does to a row once, and nouns for it.
const MARKS: &[(&str, &str)] = &[
    ("like", "Like"),
    ("dislike", "Dislike"),
    ("upvote", "Upvote"),
    ("downvote", "Downvote"),
    ("favorite", "Favorite"),
    ("favourite", "Favourite"),
    ("bookmark", "Bookmark"),
    ("follow", "Follow"),
    ("star", "Star"),
    ("wishlist", "Wish"),
];

/// "posts can be liked by users", "let users bookmark posts": such marks can be rows of a model of their own.
fn marked(said: &[Word], facts: Option<&ProjectFacts>) -> Option<(String, Vec<String>)> {
    let is_user = |word: &Word| is_actor(&word.lower);
    let (at, (_, noun)) = said
        .iter()
        .enumerate()
        .find_map(|(at, word)| Some((at, MARKS.iter().find(|(verb, _)| stem(verb) == word.stem)?)))?;
    // "I would like": who does it and what it is done to are beside the verb.
    let by = said[at + 1..].iter().position(is_user).map(|by| at + 1 + by);
    let (model, user) = match by.filter(|_| said[at].lower.ends_with("ed")) {
        Some(by) => (&said[..at], by),
        None => (&said[at + 1..], said[..at].iter().rposition(is_user)?),
    };
    if user + 1 < at
        && !said[user + 1..at]
            .iter()
            .all(|w| FILLER.contains(&w.lower.as_str()) || ["able", "to"].contains(&w.lower.as_str()))
    {
        return None;
    }
    let target = labels(model, facts?).into_iter().next()?;
    let name = target.rsplit('.').next()?;
    let article = if noun.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    Some((
        format!("{} can be a model of their own, with fields", plural(&noun.to_lowercase())),
        vec![format!("Create {article} {noun} model with {} and user", snake(name))],
    ))
}

/// Whether a stem is that of a word by which something new is asked for.
pub(super) fn is_verb(stem_of_word: &str) -> bool {
    VERBS.iter().any(|verb| stem(verb) == stem_of_word)
}

/// Whether a request says that it is about a model, whatever else it says.
pub(super) fn says_model(words: &[Word]) -> bool {
    words.iter().any(|word| MODEL.iter().any(|noun| stem(noun) == word.stem))
}

/// What stands before the fields.
struct Head<'w> {
    name: Vec<&'w Word>,
    says_model: bool,
    says_offer: bool,
}

impl<'w> Head<'w> {
    fn read(words: &'w [Word], has_list: bool, facts: Option<&ProjectFacts>) -> Option<Self> {
        let verbs: Vec<String> = VERBS.iter().map(|verb| stem(verb)).collect();
        let is = |word: &Word, list: &[&str]| list.contains(&word.lower.as_str());
        // "new model Product with name"
        let is_new = words.first().is_some_and(|word| word.lower == "new");
        // "model Product with name"
        if words.len() > 1 && is(&words[0], MODEL) {
            return Self::named(words, facts);
        }
        // "exam model: course, held_on"
        if has_list
            && let [.., noun] = words
            && is(noun, MODEL)
            && !words.iter().any(|word| verbs.contains(&word.stem))
        {
            let start = words.iter().take_while(|word| is(word, BEFORE_NOUN)).count();
            return Self::named(&words[start..], facts);
        }
        let verb = if is_new { 0 } else { words.iter().position(|word| verbs.contains(&word.stem))? };
        if !words[..verb].iter().all(|word| is(word, FILLER) || word.lower == "to" || word.lower == "let") {
            return None;
        }
        let mut rest = &words[verb + 1..];
        // "I want to create a …"
        let mut is_done = false;
        while let [first, tail @ ..] = rest
            && (verbs.contains(&first.stem)
                || is(first, FILLER)
                || is(first, ADJECTIVES)
                || is(first, BEFORE_NOUN)
                || first.lower == "to"
                || is_done && is(first, KEEPING) && !tail.is_empty())
        {
            is_done = first.lower == "to";
            rest = tail;
        }
        Self::named(rest, facts)
    }

    /// What stands behind the verb.
    fn named(rest: &'w [Word], facts: Option<&ProjectFacts>) -> Option<Self> {
        let is = |word: &Word, list: &[&str]| list.contains(&word.lower.as_str());
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
        [_] if new_app(&words[at..]).is_some() => Some(&words[..at]),
        [one] if WHOLE.contains(&one.lower.as_str()) || is_app(&one.lower, facts) => Some(&words[..at]),
        _ => None,
    }
}

/// The name of an app that the words say something goes to, whether it is there or not: "in the shop app".
pub(super) fn new_app(place: &[Word]) -> Option<&str> {
    let at = place.iter().position(|word| word.lower == "app")?;
    let (before, name) = place[..at].split_last().map(|(name, before)| (before, name))?;
    let article = before.iter().rev().take_while(|w| BEFORE_NOUN.contains(&w.lower.as_str())).count();
    let preposition = before.len().checked_sub(article + 1).map(|at| &before[at])?;
    let is_label = name.lower.starts_with(|c: char| c.is_ascii_lowercase())
        && name.lower.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !BEFORE_NOUN.contains(&name.lower.as_str());
    (is_label && ["in", "into", "inside"].contains(&preposition.lower.as_str())).then_some(&name.lower)
}

fn is_app(word: &str, facts: Option<&ProjectFacts>) -> bool {
    facts.is_some_and(|facts| {
        facts.apps.iter().any(|app| singular(&app.label.to_lowercase()) == singular(word))
    })
}

/// The parts of a list of fields, without what comes behind it: a place, and what is to be left out.
pub(super) fn items(tail: &str, facts: Option<&ProjectFacts>) -> Vec<String> {
    let tail = tail.trim_start_matches([':', ' ']);
    // "3 fields: name, price and stock"
    let tail = match tail.split_once(char::is_whitespace) {
        Some((number, rest))
            if (number.parse::<u8>().is_ok() || NUMBERS.contains(&number.to_lowercase().as_str()))
                && rest.trim_start().to_lowercase().starts_with("field") =>
        {
            rest.trim_start()
        }
        _ => tail,
    };
    let begins = ["the following fields", "following fields", "these fields", "the fields", "fields"];
    let begin = begins.iter().find(|b| tail.get(..b.len()).is_some_and(|t| t.eq_ignore_ascii_case(b)));
    let tail = begin.and_then(|b| tail.get(b.len()..)).unwrap_or(tail).trim_start_matches([':', ' ']);
    let mut list = String::new();
    let mut depth = 0_i32;
    let mut leaves_out = false;
    let tail = with_digits(tail);
    let words: Vec<&str> = tail.split_inclusive(char::is_whitespace).collect();
    let bare = |word: &str| word.trim().trim_end_matches(['.', '!', '?', ',']).to_lowercase();
    let is = |at: usize, list: &[&str]| words.get(at).is_some_and(|w| list.contains(&bare(w).as_str()));
    for (at, word) in words.iter().enumerate() {
        if depth == 0 && is(at, &["without", "no"]) {
            leaves_out = true;
        }
        let is_phrase =
            is(at, &["as"]) && is(at + 1, &["well"]) || at > 0 && is(at, &["well"]) && is(at - 1, &["as"]);
        let ends_phrase = at > 1 && is(at, &["as"]) && is(at - 1, &["well"]);
        // "between 1 and 5", "with default 0"
        let is_range = at > 1 && is(at, &["and"]) && is(at - 2, &["between"]);
        let has_option = is(at, &["with"])
            && is(at + 1, &["default", "min", "minimum", "max", "maximum", "a", "an", "type"]);
        let divides = is(at, &["and", "&", "+", "plus", "but"]) && !is_range
            || is(at, &["with", "including"]) && !has_option
            || is_phrase
            || ends_phrase;
        let ends = depth == 0 && divides && bare(word) == word.trim().to_lowercase();
        if leaves_out {
            // Only this one part is left out, and read elsewhere.
            leaves_out = !ends && !word.trim_end().ends_with(',');
            list.push_str(if leaves_out { "" } else { "," });
        } else if ends {
            list.push(',');
        } else {
            list.push_str(word);
        }
        depth += word.matches(['(', '[']).count() as i32 - word.matches([')', ']']).count() as i32;
        depth += i32::from(word.matches('"').count() == 1) * if depth > 0 { -1 } else { 1 };
    }
    let list = list.replace(';', ",");
    let items = split_list(list.trim().trim_end_matches(['.', '!']).trim_start_matches(':'));
    let items = items.into_iter().map(|item| with_slashes(&item).unwrap_or(item)).collect();
    let mut items = with_pairs(with_choices(items));
    if let Some(last) = items.last_mut() {
        let words: Vec<&str> = last.split_whitespace().collect();
        let at =
            words.iter().rposition(|w| ["to", "in", "into", "inside"].contains(&w.to_lowercase().as_str()));
        if let Some(at) = at.filter(|at| *at > 0) {
            let place = words[at + 1..].iter().map(|w| w.to_lowercase());
            let place: Vec<String> =
                place.filter(|w| !BEFORE_NOUN.contains(&w.as_str()) && w != "app").collect();
            let says_app = new_app(&super::words::words(&words[at..].join(" "))).is_some();
            if matches!(place.as_slice(), [one] if says_app || is_app(one, facts)) {
                *last = words[..at].join(" ");
            }
        }
    }
    items
}

/// Whether digits may stand behind the word: "decimal 6,2", "price 8,2".
fn is_decimal(word: &str) -> bool {
    word.eq_ignore_ascii_case("decimal") || is_decimal_name(&word.to_lowercase())
}

/// The comma of "decimal 6,2" divides nothing.
fn with_digits(list: &str) -> String {
    let mut text = String::with_capacity(list.len());
    let mut words = list.split_inclusive(char::is_whitespace).peekable();
    while let Some(word) = words.next() {
        let digits = words.peek().filter(|_| is_decimal(word.trim())).and_then(|next| {
            let (digits, places) = next.trim_end().trim_end_matches([',', '.']).split_once(',')?;
            let is_number = |text: &str| text.parse::<u32>().is_ok();
            (is_number(digits) && is_number(places)).then(|| format!("{digits},{places}"))
        });
        match digits {
            Some(digits) => {
                let next = words.next().unwrap_or_default();
                if !word.trim().eq_ignore_ascii_case("decimal") {
                    text.push_str(word);
                }
                text.push_str(&format!("decimal({digits}){}", &next[digits.len()..]));
            }
            None => text.push_str(word),
        }
    }
    text
}

/// "difficulty easy", "medium or hard" are one field and its values: only they are joined by "or".
fn with_choices(items: Vec<String>) -> Vec<String> {
    let Some(last) = items.iter().position(|item| item.split_whitespace().any(|word| word == "or")) else {
        return items;
    };
    let values = |item: &str| item.split(" or ").map(|v| v.trim().to_owned()).collect::<Vec<_>>();
    let is_value = |value: &String| {
        !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let count = |item: &str| item.split_whitespace().count();
    let mut all = values(&items[last]);
    let mut first = last;
    while count(&all[0]) == 1 && first > 0 {
        first -= 1;
        all.insert(0, items[first].clone());
    }
    let Some((name, value)) =
        all[0].rsplit_once(' ').map(|(name, v)| (without_leading(name).to_owned(), v.to_owned()))
    else {
        return items;
    };
    all[0] = value;
    let is_name = words(&name).iter().any(|word| !BEFORE_NOUN.contains(&word.lower.as_str()));
    if !is_name || !all.iter().all(is_value) || !may_be_value(&all[0]) {
        return items;
    }
    let mut read: Vec<String> = items[..first].to_vec();
    read.push(format!("{name} ({})", all.join(", ")));
    read.extend(items[last + 1..].iter().cloned());
    read
}

/// Words of which the second one of a pair says what both are: "start and end date".
const PAIRS: &[(&str, &str)] = &[
    ("start", "end"),
    ("begin", "end"),
    ("first", "last"),
    ("opening", "closing"),
    ("min", "max"),
    ("minimum", "maximum"),
];

/// "start" and "end date" are a start date and an end date.
fn with_pairs(mut items: Vec<String>) -> Vec<String> {
    for at in 1..items.len() {
        let said = words(&items[at - 1]);
        let plain: Vec<&Word> = said.iter().filter(|w| !BEFORE_NOUN.contains(&w.lower.as_str())).collect();
        let [first] = plain[..] else { continue };
        let (second, noun) = items[at].trim().split_once(' ').unwrap_or_default();
        if PAIRS.contains(&(first.lower.as_str(), second.to_lowercase().as_str())) {
            items[at - 1] = format!("{} {noun}", items[at - 1].trim());
        }
    }
    items
}

/// One part of a list of fields.
pub(super) enum Item {
    /// A field, as [`crate::fields`] reads it.
    Field(String),
    /// A part of the feature that is turned on or off.
    Option,
    Unknown,
}

impl Item {
    pub(super) fn read(text: &str, options: &[String]) -> Self {
        let holds_together =
            |word: &str| FILLER.contains(&word) || PREPOSITIONS.contains(&word) || word == "or";
        let said = words(text);
        // "and make coffee", "then tests": what is to be done is no field; "a created date" is one.
        if let [first, _, ..] = said.as_slice()
            && (first.lower == "then" || VERBS.contains(&first.lower.as_str()))
            && text.trim().split(char::is_whitespace).next().is_some_and(|word| !word.contains(':'))
        {
            return Self::Unknown;
        }
        // "choices low" is the first of some values.
        let is_noun = |word: &Word| ["choices", "options"].contains(&word.lower.as_str());
        if !text.contains([':', '('])
            && said.windows(2).any(|two| is_noun(&two[0]) && !is_type(&two[1].lower))
        {
            return Self::Unknown;
        }
        let is_typed = text.split('(').next().is_some_and(|front| front.contains(':'));
        if is_typed || text.contains(['?', '"']) {
            return Self::Field(with_words_before(text, holds_together).unwrap_or_else(|| text.to_owned()));
        }
        let mut said = said.iter().filter(|w| !BEFORE_NOUN.contains(&w.lower.as_str())).peekable();
        if said.peek().is_some() && said.all(|word| options.contains(&word.stem)) {
            return Self::Option;
        }
        from_words(text, holds_together).map_or(Self::Unknown, Self::Field)
    }
}

/// "a required capacity:integer" is `capacity:integer required`; `None` if the words before the name say nothing.
fn with_words_before(text: &str, holds_together: impl Fn(&str) -> bool) -> Option<String> {
    let (front, typed) = text.split_at(text.find(':')?);
    if !front.trim().contains(' ') || text.contains('"') {
        return None;
    }
    let line = from_words(front, holds_together)?;
    let (name, options) = line.split_at(line.find(' ').unwrap_or(line.len()));
    (!name.contains(':')).then(|| format!("{name}{typed}{options}"))
}

/// The stems of the words that turn a part of the template on or off.
pub(super) fn option_stems(template: &Template) -> Vec<String> {
    let words = properties(template.params_schema()).filter_map(|(_, p)| p.get("x-words")?.as_array());
    words.flatten().filter_map(Value::as_str).map(stem).collect()
}
