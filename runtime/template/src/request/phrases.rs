//! Sentences that mean a template without one of its keywords: "see|know who edited|changed".

use super::english::FILLER;
use super::slots::new_models;
use super::words::{Word, stem};
use crate::Template;

/// A gap between words of a phrase is no longer than this.
const MOST_BETWEEN: usize = 4;

/// A part of a phrase.
enum Part<'t> {
    /// One of these words, by stem.
    Word { stems: Vec<String>, may_lack: bool },
    /// Up to [`MOST_BETWEEN`] words of any kind.
    Gap,
    /// The name of a model that the template makes: that of this parameter.
    Name(&'t str),
}

/// Where a phrase stands in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The phrase's own words.
    pub(super) words: Vec<usize>,
    /// The parameter for a name, and the word that is one.
    pub(super) name: Option<(String, usize)>,
}

/// All phrases of the template that the words contain.
pub(super) fn phrases(words: &[Word], template: &Template) -> Vec<Found> {
    let phrases = template.meta().phrases.iter().map(|phrase| parts(phrase, template));
    phrases.filter_map(|parts| (0..words.len()).find_map(|at| found(&parts, words, at, true))).collect()
}

/// The stems of all words in the template's phrases.
pub(super) fn stems(template: &Template) -> Vec<String> {
    let words = template.meta().phrases.iter().flat_map(|phrase| phrase.split_whitespace());
    let words = words.filter(|word| !word.starts_with('{'));
    words.flat_map(|word| word.trim_end_matches('?').split('|')).map(stem).collect()
}

fn parts<'t>(phrase: &str, template: &'t Template) -> Vec<Part<'t>> {
    let part = |word: &str| match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
        Some(name) => new_models(template)
            .find(|(param, _)| *param == name)
            .map_or(Part::Gap, |(param, _)| Part::Name(param)),
        None => {
            let may_lack = word.ends_with('?');
            let stems = word.trim_end_matches('?').split('|').map(stem).collect();
            Part::Word { stems, may_lack }
        }
    };
    phrase.split_whitespace().map(part).collect()
}

/// The parts from the word at `at` on.
fn found(parts: &[Part<'_>], words: &[Word], at: usize, is_first: bool) -> Option<Found> {
    let Some((part, rest)) = parts.split_first() else { return Some(Found::default()) };
    let here = words.get(at);
    let later = || {
        let holds_together = here.is_some_and(|word| FILLER.contains(&word.lower.as_str()));
        (holds_together && !is_first).then(|| found(parts, words, at + 1, false)).flatten()
    };
    match part {
        Part::Word { stems, may_lack } => {
            let said = here.filter(|word| stems.contains(&word.stem)).and_then(|_| {
                let mut found = found(rest, words, at + 1, false)?;
                found.words.insert(0, at);
                Some(found)
            });
            let lacking = || may_lack.then(|| found(rest, words, at, is_first)).flatten();
            said.or_else(lacking).or_else(later)
        }
        Part::Gap => (0..=MOST_BETWEEN).find_map(|len| found(rest, words, at + len, false)),
        Part::Name(param) => {
            let is_word = |word: &&Word| !FILLER.contains(&word.lower.as_str());
            let named = here.filter(is_word).and_then(|_| {
                let mut found = found(rest, words, at + 1, false)?;
                found.name = Some(((*param).to_owned(), at));
                Some(found)
            });
            named.or_else(later)
        }
    }
}
