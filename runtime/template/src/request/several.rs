//! Rows of one model that have several of something: "books have many genres".
//!
//! That alone does not say whether a genre is of one book or of many, so nothing is planned: the refusal says how
//! each of both is asked for, and what is so already.

use aksara_protocol::ProjectFacts;
use aksara_protocol::facts::{ModelFacts, RelationKind};

use super::addition::{HAVE, article, bare, model_first};
use super::english::{ACTORS, BEFORE_NOUN, is_work};
use super::mentions::{models, names};
use super::refusal::{PlanningCode, PlanningError};
use super::words::stem;
use crate::fields::{is_known_name, is_measured};
use crate::script::{human, pascal, plural, singular, snake};

/// Words for more than one.
const MANY: &[&[&str]] = &[
    &["many"],
    &["several"],
    &["multiple"],
    &["various"],
    &["different"],
    &["lots", "of"],
    &["a", "lot", "of"],
    &["a", "number", "of"],
    &["a", "list", "of"],
    &["any", "number", "of"],
    &["more", "than", "one"],
    &["one", "or", "more"],
    &["zero", "or", "more"],
];
/// Verbs beside "have" for rows that know several others.
const BELONG: &[&[&str]] = &[&["belong", "to"], &["belongs", "to"], &["be", "in"], &["belong", "in"]];
/// More words are no name.
const MOST_WORDS: usize = 3;

/// What a model has several of.
struct Several<'f, 't> {
    /// The model as it is said.
    said: &'t [&'t str],
    model: &'f ModelFacts,
    /// The others, in lower case, in the plural.
    others: String,
}

/// That the words leave open of how many rows each of the others is. `None` if they say something else, or what one of
/// the `features` is about.
pub(super) fn left_open(
    tokens: &[&str],
    features: &[String],
    facts: Option<&ProjectFacts>,
) -> Option<(PlanningError, Vec<String>)> {
    let facts = facts?;
    let several = read(tokens, features, facts)?;
    let Several { said, model, others } = &several;
    let said = said.join(" ");
    let one = human(&model.name);
    let other = singular(others);
    let refused = |message: String, hint: String| {
        let mut error = PlanningError::new(PlanningCode::NotCovered, message);
        error.hint = Some(hint.into());
        error.is_beside = true;
        error
    };
    let name: Vec<String> = others.split(' ').map(str::to_owned).collect();
    let Some(there) = models(facts).find(|m| names(&m.name).contains(&name)) else {
        if ACTORS.contains(&other.as_str()) {
            let message = format!("\"{said}\" and {others}: how they know each other is not said");
            let hint = format!("each {one} may have several users and each user several {}", plural(&one));
            return Some((refused(message, hint), vec![format!("Add {others}:m2m(user) to {said}")]));
        }
        let class = pascal(&other);
        let place = if facts.apps.iter().filter(|app| !app.models.is_empty()).count() > 1 {
            format!(" in the {} app", model.app())
        } else {
            String::new()
        };
        let (a, an) = (article(&other), article(&class.to_lowercase()));
        let make = format!("Create {an} {class} model{place} with name");
        let field = snake(others);
        return Some((
            refused(
                format!(
                    "it is left open whether {a} {other} is of one {one} or of several, and there is no model {class} yet"
                ),
                format!(
                    "the first makes {others} that several {} share, the second {others} of one {one} each",
                    plural(&one)
                ),
            ),
            vec![
                format!("{make} and add {field}:m2m({class}) to {said}"),
                format!("{make} and {}", snake(&model.name)),
            ],
        ));
    };
    let relation = |from: &ModelFacts, to: &ModelFacts| {
        let to = to.label.clone();
        from.fields.iter().find_map(|field| {
            let relation = field.relation.as_ref().filter(|relation| relation.to == to)?;
            Some((field.name.clone(), relation.kind))
        })
    };
    let shared = format!("Add {}:m2m({}) to {said}", plural(&snake(&there.name)), there.label);
    let to_many = |found: &(String, RelationKind)| found.1 == RelationKind::ManyToMany;
    if let Some((field, _)) = relation(model, there).filter(to_many) {
        let message = format!("{} has that already: its `{field}` holds many {others}", model.label);
        return Some((refused(message, "there is nothing to add".to_owned()), Vec::new()));
    }
    if let Some((field, kind)) = relation(there, model) {
        let of = if kind == RelationKind::ManyToMany { "several" } else { "one" };
        let message = format!(
            "{} has that already: `{field}` of {} says of which {one} each is",
            model.label, there.label
        );
        let hint =
            format!("each {other} is of {of} {} now", if of == "one" { one.clone() } else { plural(&one) });
        let examples = if of == "one" { vec![shared] } else { Vec::new() };
        return Some((refused(message, hint), examples));
    }
    let joins = |m: &&ModelFacts| relation(m, model).is_some() && relation(m, there).is_some();
    if let Some(between) = models(facts).find(joins) {
        let message = format!(
            "{} has that already: each {} joins {} {one} and {} {other}",
            model.label,
            between.label,
            article(&one),
            article(&other)
        );
        return Some((refused(message, "there is nothing to add".to_owned()), Vec::new()));
    }
    let now = relation(model, there)
        .map(|(field, _)| format!("; by its `{field}` each {one} has one {other} now"))
        .unwrap_or_default();
    let own = format!("Add {}:fk({}) to {}", snake(&model.name), model.label, plural(&human(&there.name)));
    Some((
        refused(
            format!("it is left open whether {} {other} is of one {one} or of several{now}", article(&other)),
            format!(
                "the first lets several {} share {} {other}, the second gives each {other} one {one}",
                plural(&one),
                article(&other)
            ),
        ),
        vec![shared, own],
    ))
}

fn read<'f, 't>(
    tokens: &'t [&'t str],
    features: &[String],
    facts: &'f ProjectFacts,
) -> Option<Several<'f, 't>> {
    let (said, after) = model_first(tokens, Some(facts))?;
    let bares: Vec<String> = after.iter().map(|token| bare(token)).collect();
    let says = |at: usize, phrase: &[&str]| {
        bares.get(at..at + phrase.len()).is_some_and(|said| said.iter().zip(phrase).all(|(w, p)| w == p))
    };
    let mut at = bares.iter().take_while(|w| HAVE.contains(&w.as_str()) || *w == "may").count();
    let has = bares[..at].iter().any(|w| ["have", "has", "get", "gets"].contains(&w.as_str()));
    let belongs = BELONG.iter().find(|phrase| says(at, phrase));
    at += belongs.map_or(0, |phrase| phrase.len());
    let many = MANY.iter().find(|phrase| says(at, phrase));
    at += many.map_or(0, |phrase| phrase.len());
    if !(has || belongs.is_some()) || belongs.is_some() && many.is_none() {
        return None;
    }
    let rest = &bares[at..];
    let is_plain = |word: &String| {
        !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphabetic())
            && !BEFORE_NOUN.contains(&word.as_str())
    };
    // Only the last word may have something behind it: "genres." is one, "genres: a, b" and "genres, tags" are not.
    let ends = after[at..].iter().rev().skip(1).all(|token| token.chars().all(char::is_alphanumeric));
    let others = rest.join(" ");
    let is_list =
        rest.iter().any(|w| ["and", "or", "with", "without", "for", "of", "in", "to"].contains(&w.as_str()));
    if rest.is_empty() || rest.len() > MOST_WORDS || !rest.iter().all(is_plain) || !ends || is_list {
        return None;
    }
    let last = rest.last()?;
    let field = snake(&others);
    let is_one_field = many.is_none() && (is_known_name(&field) || rest.len() > 1) || is_measured(&field);
    if singular(last) == *last || is_one_field || is_work(&field) || features.contains(&stem(last)) {
        return None;
    }
    let words: Vec<String> = said.iter().map(|token| bare(token)).collect();
    let is_it = |m: &&ModelFacts| {
        names(&m.name).iter().any(|form| words.ends_with(form))
            || words.last() == Some(&m.label.to_lowercase())
    };
    Some(Several { said, model: models(facts).find(is_it)?, others })
}
