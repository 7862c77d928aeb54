//! What a request turns on or off of a template, and what it calls the model that the template makes.

use serde_json::Value;

use super::english::{ACTORS, BEFORE_NOUN, INTERFACE, PARTS, PREPOSITIONS};
use super::reading::{Reading, Role};
use super::slots::{new_models, nouns};
use super::words::{stem, words};
use crate::Template;
use crate::params::properties;
use crate::script::{pascal, singular};

/// Among the names that a template knows for a model of its own: any plural, too.
const ANY: &str = "*";

/// A switch of a template.
struct Switch<'t> {
    param: &'t str,
    /// The stems of the words for it.
    words: Vec<String>,
    /// Whether it is off unless it is said.
    is_off: bool,
}

impl Reading {
    /// "with tests", "without admin and tests", "no API", "two-factor login", "with organizations".
    pub(super) fn mark_options(&mut self, template: &Template) {
        let switches = switches(template);
        // "with organizations": a name of what the template makes, as a keyword is.
        let made: Vec<String> =
            new_models(template).flat_map(|(_, property)| nouns(property)).map(|noun| stem(&noun)).collect();
        let any = new_models(template)
            .find(|(_, property)| nouns(property).iter().any(|noun| noun == ANY))
            .map(|(param, _)| param);
        let mut says_with = false;
        let mut polarity: Option<bool> = None;
        let mut trail: Vec<usize> = Vec::new();
        for index in 0..self.words.len() {
            let lower = self.words[index].lower.as_str();
            let switch = switches.iter().find(|switch| switch.words.contains(&self.words[index].stem));
            let is_open = self.roles[index] == Role::Unknown;
            match (lower, switch) {
                ("without" | "no", _) => (polarity, trail) = (Some(false), vec![index]),
                ("with" | "including" | "plus" | "via" | "through" | "by", _) => {
                    says_with = lower == "with";
                    (polarity, trail) = (Some(true), vec![index]);
                }
                (_, Some(switch)) if is_open && polarity.is_some() => {
                    self.options.push((switch.param.to_owned(), polarity == Some(true)));
                    self.roles[index] = Role::Option;
                    self.fill(&mut trail);
                }
                // "2fa" is a keyword as well.
                (_, Some(switch)) if self.roles[index] == Role::Keyword && switch.is_off => {
                    self.options.push((switch.param.to_owned(), polarity != Some(false)));
                    self.fill(&mut trail);
                }
                (_, Some(switch)) if is_open && switch.is_off && self.leads_to_keyword(index, switch) => {
                    self.options.push((switch.param.to_owned(), true));
                    self.roles[index] = Role::Option;
                }
                (word, Some(switch))
                    if is_open && INTERFACE.contains(&word) && self.follows_a_keyword(index) =>
                {
                    self.options.push((switch.param.to_owned(), true));
                    self.roles[index] = Role::Option;
                }
                // "comments by customers" are about comments alone.
                _ if is_open
                    && polarity == Some(true)
                    && (says_with || self.has_keyword())
                    && made.contains(&self.words[index].stem) =>
                {
                    self.roles[index] = Role::Keyword;
                    self.fill(&mut trail);
                }
                (word, None)
                    if says_with && polarity == Some(true) && any.is_some() && self.may_name(index) =>
                {
                    let name = pascal(&singular(word));
                    self.made.extend(any.map(|param| (param.clone(), name)));
                    self.roles[index] = Role::Option;
                    self.fill(&mut trail);
                }
                ("and" | "or", _) => trail.push(index),
                (word, _) if BEFORE_NOUN.contains(&word) => trail.push(index),
                _ => polarity = None,
            }
        }
    }

    /// What leads to a word that is explained holds the sentence together.
    fn fill(&mut self, trail: &mut Vec<usize>) {
        trail.drain(..).for_each(|index| self.roles[index] = Role::Filler);
    }

    /// Whether a word that nothing explains may be the name of what the template makes: of "sports clubs" neither is.
    fn may_name(&self, index: usize) -> bool {
        let is_last = self.words.get(index + 1).is_none_or(|next| {
            let word = next.lower.as_str();
            next.after_comma
                || ["and", "or", "with", "without"].contains(&word)
                || PREPOSITIONS.contains(&word)
        });
        is_last
            && self.made.is_empty()
            && self.roles[index] == Role::Unknown
            && names_rows(&self.words[index].lower)
    }

    /// "two-factor login": between the word and the keyword are only words for the same switch.
    fn leads_to_keyword(&self, index: usize, switch: &Switch<'_>) -> bool {
        let next = (index + 1..self.words.len()).find(|&i| !switch.words.contains(&self.words[i].stem));
        next.is_some_and(|next| self.roles[next] == Role::Keyword)
    }
}

/// The parameters that words of the text turn on or off.
pub(super) fn switched(template: &Template, text: &str) -> Vec<String> {
    let said = words(text);
    let is_said = |switch: &Switch<'_>| said.iter().any(|word| switch.words.contains(&word.stem));
    switches(template).into_iter().filter(is_said).map(|switch| switch.param.to_owned()).collect()
}

fn switches(template: &Template) -> Vec<Switch<'_>> {
    let is_name = |property: &Value| property.get("x-kind").and_then(Value::as_str) == Some("new_model");
    properties(template.params_schema())
        .filter(|(_, property)| !is_name(property))
        .filter_map(|(param, property)| {
            let words = property.get("x-words")?.as_array()?;
            Some(Switch {
                param,
                words: words.iter().filter_map(Value::as_str).map(stem).collect(),
                is_off: property.get("default") == Some(&Value::Bool(false)),
            })
        })
        .collect()
}

/// Whether the word is a plural, and of things that a table has rows of.
fn names_rows(word: &str) -> bool {
    let one = singular(word);
    one != word
        && word.chars().all(|c| c.is_ascii_alphabetic())
        && !PARTS.contains(&word)
        && !ACTORS.contains(&one.as_str())
}
