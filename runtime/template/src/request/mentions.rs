//! Which words of a request name something of the project: a model or an app.

use aksara_protocol::ProjectFacts;
use aksara_protocol::facts::ModelFacts;

use super::words::Word;
use crate::script::{human, plural, singular};

/// Words that name something of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// The first word.
    pub(super) start: usize,
    /// How many words.
    pub(super) len: usize,
    /// What they name.
    pub(super) what: Named,
}

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A model, by the labels of all that are called so.
    Model(Vec<String>),
    /// An app, by its label.
    App(String),
}

impl Mention {
    /// Whether the word at `index` is part of it.
    pub(super) fn covers(&self, index: usize) -> bool {
        (self.start..self.start + self.len).contains(&index)
    }
}

/// Everything that is named, in order. At each word the longest name counts, and a model before an app.
pub(super) fn mentions(words: &[Word], facts: &ProjectFacts) -> Vec<Mention> {
    let forms: Vec<(Vec<String>, &ModelFacts)> = models(facts)
        .flat_map(|model| names(&model.name).into_iter().map(move |form| (form, model)))
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let mention =
            label(words, at, facts).or_else(|| model(words, at, &forms)).or_else(|| app(words, at, facts));
        at += mention.as_ref().map_or(1, |m| m.len);
        found.extend(mention);
    }
    found
}

/// The labels of all models that are named.
pub(super) fn labels(words: &[Word], facts: &ProjectFacts) -> Vec<String> {
    let labels = mentions(words, facts).into_iter().filter_map(|mention| match mention.what {
        Named::Model(labels) => Some(labels),
        Named::App(_) => None,
    });
    labels.flatten().collect()
}

/// All models of the project's own apps.
pub(super) fn models(facts: &ProjectFacts) -> impl Iterator<Item = &ModelFacts> {
    facts.apps.iter().flat_map(|app| &app.models)
}

/// The ways to say a model's name: `order item`, `order items`, `orderitem`, `orderitems`.
pub(super) fn names(name: &str) -> Vec<Vec<String>> {
    let one = human(name);
    let many = plural(&one);
    let mut forms: Vec<Vec<String>> = Vec::new();
    for form in [one.clone(), many.clone(), one.replace(' ', ""), many.replace(' ', ""), name.to_lowercase()]
    {
        let words: Vec<String> = form.split(' ').map(str::to_owned).collect();
        if !forms.contains(&words) {
            forms.push(words);
        }
    }
    forms
}

fn label(words: &[Word], at: usize, facts: &ProjectFacts) -> Option<Mention> {
    let word = &words[at].lower;
    let model = models(facts).find(|model| model.label.to_lowercase() == *word)?;
    Some(Mention { start: at, len: 1, what: Named::Model(vec![model.label.clone()]) })
}

fn model(words: &[Word], at: usize, forms: &[(Vec<String>, &ModelFacts)]) -> Option<Mention> {
    let says = |form: &[String]| {
        form.len() <= words.len() - at
            && form.iter().zip(&words[at..]).all(|(name, word)| *name == word.lower)
    };
    let len = forms.iter().filter(|(form, _)| says(form)).map(|(form, _)| form.len()).max()?;
    let mut labels = Vec::new();
    for (_, model) in forms.iter().filter(|(form, _)| form.len() == len && says(form)) {
        if !labels.contains(&model.label) {
            labels.push(model.label.clone());
        }
    }
    Some(Mention { start: at, len, what: Named::Model(labels) })
}

fn app(words: &[Word], at: usize, facts: &ProjectFacts) -> Option<Mention> {
    let word = &words[at].lower;
    let exact = facts.apps.iter().find(|app| app.label.to_lowercase() == *word);
    let app = exact
        .or_else(|| facts.apps.iter().find(|app| singular(&app.label.to_lowercase()) == singular(word)))?;
    Some(Mention { start: at, len: 1, what: Named::App(app.label.clone()) })
}
