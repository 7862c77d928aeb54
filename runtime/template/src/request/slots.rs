//! Parameters that a request names by a model or an app, and examples with such names filled in.

use aksara_protocol::ProjectFacts;
use aksara_protocol::command::shell_quoted;
use aksara_protocol::facts::{ModelFacts, UnusedApp};
use serde_json::Value;

use super::MissingParam;
use super::creation::new_app;
use super::mentions::{Named, models, names};
use super::reading::{Reading, is_actor};
use super::refusal::{PlanningCode, PlanningError};
use crate::Template;
use crate::nearest::{either, listed, nearest};
use crate::params::{description, properties};
use crate::script::{human, pascal, plural, singular};

/// Everything that decides which model or app is meant.
pub(super) struct Slots<'a> {
    pub(super) template: &'a Template,
    pub(super) reading: &'a Reading,
    pub(super) facts: Option<&'a ProjectFacts>,
    pub(super) app: Option<&'a str>,
    pub(super) set: &'a [(String, Value)],
    /// The name of the model that the request is for, where it is for a new one.
    pub(super) new: Option<&'a str>,
}

type Params = Vec<(String, Value, &'static str)>;

/// What is known of a slot.
enum Filling {
    /// The value, where it came from, and why.
    Value(String, &'static str, String),
    /// It must be asked for.
    Choices(Vec<String>),
}

impl Slots<'_> {
    /// Fills the first parameter of each kind.
    pub(super) fn fill(
        &self,
        params: &mut Params,
        missing: &mut Vec<MissingParam>,
        why: &mut Vec<String>,
    ) -> Result<(), PlanningError> {
        if let (Some(app), Some(facts)) = (self.app, self.facts) {
            app_must_exist(app, facts)?;
        }
        for (name, model) in &self.reading.made {
            let said = self.reading.words.iter().find(|word| pascal(&singular(&word.lower)) == *model);
            why.extend(said.map(|word| format!("\"{}\" names the new model {model}", word.text)));
            params.push((name.clone(), Value::from(model.as_str()), "request"));
        }
        let kind = |wanted: &str| {
            properties(self.template.params_schema())
                .find(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some(wanted))
        };
        let several = match kind("models") {
            Some((name, _)) => self.models(why)?.map(|labels| (name.clone(), Value::from(labels), "request")),
            None => None,
        };
        // Models that are named say which app is meant.
        let app = kind("app").filter(|_| several.is_none() || self.app.is_some());
        params.extend(several);
        for (slot, filling) in [(kind("model"), Self::model as fn(&Self) -> _), (app, Self::own_app)] {
            let Some((name, property)) = slot else { continue };
            match filling(self)? {
                Filling::Value(value, from, reason) => {
                    why.push(reason);
                    params.push((name.clone(), Value::from(value), from));
                }
                Filling::Choices(choices) => {
                    missing.push(MissingParam {
                        name: name.clone(),
                        description: description(property),
                        choices,
                    });
                }
            }
        }
        Ok(())
    }

    /// The same refusal, with the fields of the model that could be made instead.
    fn with_fields(&self, mut error: PlanningError) -> PlanningError {
        let fields = model_property(self.template).and_then(|p| p.get("x-new")?.get("fields")?.as_array());
        let fields = fields.into_iter().flatten().filter_map(Value::as_str);
        error.fields = fields.map(str::to_owned).collect();
        error
    }

    /// That no model of the project is what the template is for; the one that is made instead is missing.
    fn none_fits(&self, place: &str, apps: &[&str]) -> PlanningError {
        let property = model_property(self.template);
        let needed = property.and_then(|p| p.get("x-has")?.as_str()).unwrap_or_default();
        let new = property.and_then(|p| p.get("x-new")?.get("name")?.as_str());
        let message = format!(
            "{place} has no model with a {needed} field, which {} needs; name the model that is meant",
            self.template.meta().name
        );
        let mut error = PlanningError::new(PlanningCode::UnknownModel, message);
        let label = |new: &str| match apps {
            [app] => format!("{app}.{new}"),
            _ => new.to_owned(),
        };
        error.model = new.map(|new| label(new).into());
        self.with_fields(error)
    }

    /// That there is no model at all. An app that is said as a model would be ("notes") says which one is missing.
    fn no_model(&self, place: &str, apps: &[&str], facts: &ProjectFacts) -> PlanningError {
        let said = |app: &str| {
            let form =
                self.reading.words.iter().find(|w| singular(&w.lower) == singular(&app.to_lowercase()))?;
            let one = singular(&form.lower);
            (one != form.lower && self.app.is_none()).then(|| format!("{app}.{}", pascal(&one)))
        };
        let message = format!("{place} has no model");
        let is_known = facts.skipped.is_empty();
        if let [app] = apps
            && let Some(label) = said(app).filter(|_| is_known)
        {
            let (_, class) = label.split_once('.').unwrap_or_default();
            let request = format!("Create a {class} model with name and description in the {app} app");
            let mut error = PlanningError::new(PlanningCode::UnknownModel, message);
            error.hint = Some(format!("make it first: aksara ai plan {}", shell_quoted(&request)).into());
            error.model = Some(label.into());
            return self.with_fields(error);
        }
        let message = format!("{message}; write one first, or name one of another app");
        let mut error = PlanningError::new(PlanningCode::NoModel, message);
        let app = apps.first().copied().or_else(|| Some(facts.apps.first()?.label.as_str()));
        let app = app.filter(|_| is_known);
        error.hint = app.map(|app| {
            let request = format!("Create a Product model with name and price in the {app} app");
            format!("make one: aksara ai plan {}", shell_quoted(&request)).into()
        });
        error
    }

    fn model(&self) -> Result<Filling, PlanningError> {
        let Some(facts) = self.facts else {
            return Ok(Filling::Choices(Vec::new()));
        };
        let named = self.reading.models(self.template);
        if !named.is_empty() {
            return self.named_model(&named);
        }
        if let Some(&stranger) = self.reading.strangers.first()
            && self.reading.against.is_none()
        {
            let word = &self.reading.words[stranger].text;
            return Err(self.with_fields(unknown_model(word, facts)));
        }
        let mut apps = self.reading.apps();
        if let Some(app) = self.app {
            apps = vec![app];
        }
        let possible: Vec<&ModelFacts> = models(facts)
            .filter(|m| is_target(m) && !self.is_made(m) && (apps.is_empty() || apps.contains(&m.app())))
            .collect();
        let fitting: Vec<&ModelFacts> =
            possible.iter().copied().filter(|m| has_what_is_needed(self.template, m)).collect();
        let place = match apps.as_slice() {
            [] => "the project".to_owned(),
            several => format!("the app {}", listed(several)),
        };
        match fitting.as_slice() {
            [] if !possible.is_empty() => Err(self.none_fits(&place, &apps)),
            [] => {
                if let Some(app) = facts.not_installed.first().filter(|_| apps.is_empty()) {
                    return Err(must_be_installed(app, None, facts));
                }
                if has_substitute(self.template) {
                    return Err(self.none_fits(&place, &apps));
                }
                Err(self.no_model(&place, &apps, facts))
            }
            [only] => {
                let reason = match possible.len() {
                    1 => format!("{} is the only model of {place}", only.label),
                    _ => format!("{} is the only model of {place} that fits", only.label),
                };
                Ok(Filling::Value(only.label.clone(), "facts", reason))
            }
            several => {
                let mut labels: Vec<String> = several.iter().map(|m| m.label.clone()).collect();
                labels.sort_by_key(|label| is_user(label, self.facts));
                Ok(Filling::Choices(labels))
            }
        }
    }

    /// All models that the request names; `None` if it names none, which leaves the choice to the template.
    fn models(&self, why: &mut Vec<String>) -> Result<Option<Vec<String>>, PlanningError> {
        let Some(facts) = self.facts else { return Ok(None) };
        let mut labels: Vec<String> = Vec::new();
        for mention in self.reading.models(self.template) {
            match self.named_model(&[mention])? {
                Filling::Value(label, _, reason) => {
                    why.push(reason);
                    if !labels.contains(&label) {
                        labels.push(label);
                    }
                }
                Filling::Choices(several) => {
                    let message = format!("several models have this name: {}", listed(&several));
                    let mut error = PlanningError::new(PlanningCode::UnknownModel, message);
                    error.hint = Some(
                        format!("name the app too, as in {}", several.first().map_or("app.Model", |l| l))
                            .into(),
                    );
                    return Err(error);
                }
            }
        }
        match self.reading.strangers.first() {
            Some(&stranger) if labels.is_empty() && self.reading.against.is_none() => {
                Err(unknown_model(&self.reading.words[stranger].text, facts))
            }
            _ => Ok((!labels.is_empty()).then_some(labels)),
        }
    }

    /// Whether the model is the one that the template itself makes: a second application is about the same model
    /// as the first.
    fn is_made(&self, model: &ModelFacts) -> bool {
        let default = |property: &Value| property.get("default").and_then(Value::as_str) == Some(&model.name);
        self.made() == Some(model.name.as_str())
            || new_models(self.template).any(|(_, property)| default(property))
    }

    /// The name of the model that the template makes: what was set, else what the request says, else the default.
    fn made(&self) -> Option<&str> {
        let (param, property) = new_models(self.template).next()?;
        let set = self.set.iter().rev().find(|(name, _)| name == param).and_then(|(_, value)| value.as_str());
        let said = self.reading.made.iter().find(|(name, _)| name == param).map(|(_, model)| model.as_str());
        set.or(said).or_else(|| property.get("default")?.as_str())
    }

    /// A model cannot be given what is made as that very model.
    pub(super) fn must_differ(&self, params: &Params) -> Result<(), PlanningError> {
        let target = properties(self.template.params_schema())
            .filter(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some("model"))
            .find_map(|(param, _)| {
                let set = self.set.iter().rev().find(|(name, _)| name == param).map(|(_, value)| value);
                let said = params.iter().find(|(name, ..)| name == param).map(|(_, value, _)| value);
                set.or(said)?.as_str()
            });
        let (Some(target), Some(made)) = (target, self.made()) else { return Ok(()) };
        if target.rsplit('.').next() != Some(made) {
            return Ok(());
        }
        let name = &self.template.meta().name;
        let message = format!("{target} is the model that {name} makes, so {name} cannot be added to it");
        let mut error = PlanningError::new(PlanningCode::Itself, message);
        error.hint = new_models(self.template).next().map(|(param, _)| {
            format!("name another model, or give the new one another name with --set {param}=NAME").into()
        });
        Err(error)
    }

    fn named_model(&self, named: &[&super::mentions::Mention]) -> Result<Filling, PlanningError> {
        let apps: Vec<&str> = self.app.map_or_else(|| self.reading.apps(), |app| vec![app]);
        let mut labels: Vec<String> = Vec::new();
        for mention in named {
            let Named::Model(all) = &mention.what else { continue };
            let within: Vec<&String> = all
                .iter()
                .filter(|label| apps.iter().any(|app| label.split('.').next() == Some(*app)))
                .collect();
            let chosen: Vec<&String> = if within.is_empty() { all.iter().collect() } else { within };
            for label in chosen {
                if !labels.contains(label) {
                    labels.push(label.clone());
                }
            }
        }
        if let Some(app) = self.app
            && !labels.iter().any(|label| label.split('.').next() == Some(app))
        {
            let message = format!("{} is not in the app {app} that was named with --app", listed(&labels));
            return Err(PlanningError::new(PlanningCode::UnknownModel, message));
        }
        match (labels.as_slice(), named) {
            ([only], [mention, ..]) => {
                let words: Vec<&str> = self.reading.words[mention.start..mention.start + mention.len]
                    .iter()
                    .map(|word| word.text.as_str())
                    .collect();
                let reason = format!("\"{}\" is the model {only}", words.join(" "));
                Ok(Filling::Value(only.clone(), "request", reason))
            }
            _ => Ok(Filling::Choices(labels)),
        }
    }

    /// Whether the request says where something goes by the app's very name: "in books", "in the books app". The
    /// name may be a model's as well.
    fn is_place(&self, app: &str) -> bool {
        let words = &self.reading.words;
        let is = |index: Option<usize>, word: &str| {
            index.and_then(|index| words.get(index)).is_some_and(|found| found.lower == word)
        };
        (0..words.len()).filter(|at| words[*at].lower == app.to_lowercase()).any(|at| {
            let before = at.checked_sub(1);
            is(before, "in") || (is(before, "the") && is(at.checked_sub(2), "in")) || is(Some(at + 1), "app")
        })
    }

    fn own_app(&self) -> Result<Filling, PlanningError> {
        let Some(facts) = self.facts else {
            return Ok(Filling::Choices(Vec::new()));
        };
        let mut named = self.reading.apps();
        let all: Vec<&str> = facts.apps.iter().map(|app| app.label.as_str()).collect();
        if named.is_empty() {
            named.extend(all.iter().copied().filter(|app| self.is_place(app)));
        }
        let value = |label: &str, from, reason| Ok(Filling::Value(label.to_owned(), from, reason));
        // "in the shop app": a template that makes models may make the app, too. A slip of the keyboard makes none.
        if let Some(app) = new_app(&self.reading.words)
            && self.app.is_none()
            && self.new.is_some()
            && named.is_empty()
        {
            if not_installed(app, facts).is_some() || nearest(app, all.iter().copied()).is_some() {
                app_must_exist(app, facts)?;
            }
            return value(app, "request", format!("\"{app}\" is where the model goes"));
        }
        match (self.app, named.as_slice(), all.as_slice()) {
            (Some(app), _, _) => value(app, "facts", format!("{app} was named with --app")),
            (None, [app], _) => value(app, "request", format!("\"{app}\" is an app")),
            (None, [], [app]) => value(app, "facts", format!("{app} is the only app of the project")),
            (None, [], _) if let Some((app, model)) = self.app_of_made(facts) => {
                value(app, "facts", format!("{app} has a {model} already"))
            }
            (None, [], _) => Ok(Filling::Choices(all.iter().map(|a| (*a).to_owned()).collect())),
            (None, several, _) => Ok(Filling::Choices(several.iter().map(|a| (*a).to_owned()).collect())),
        }
    }

    /// The only app that has the model which is to be made, and its name: who asks for it once more means that one.
    fn app_of_made<'f>(&'f self, facts: &'f ProjectFacts) -> Option<(&'f str, &'f str)> {
        let model = self.new.or_else(|| self.made())?;
        let mut having = facts.apps.iter().filter(|app| app.models.iter().any(|m| m.name == model));
        let app = having.next().filter(|_| having.next().is_none())?;
        Some((&app.label, model))
    }
}

/// Whether a model that was not named may be meant: one with a table of its own.
pub(super) fn is_target(model: &ModelFacts) -> bool {
    !model.is_abstract && !model.is_proxy
}

/// Whether the label is that of the project's user model, which is what features are for only where it is named.
pub(super) fn is_user(label: &str, facts: Option<&ProjectFacts>) -> bool {
    facts.is_some_and(|facts| facts.settings.auth_user_model == label)
}

/// The template's parameter that is a model.
fn model_property(template: &Template) -> Option<&Value> {
    let is_model = |p: &&Value| p.get("x-kind").and_then(Value::as_str) == Some("model");
    properties(template.params_schema()).map(|(_, property)| property).find(is_model)
}

/// Whether the template says which model is made where there is none.
fn has_substitute(template: &Template) -> bool {
    model_property(template).is_some_and(|property| property.get("x-new").is_some())
}

/// Whether the model has a field of the type that the template needs.
fn has_what_is_needed(template: &Template, model: &ModelFacts) -> bool {
    let needed = model_property(template).and_then(|p| p.get("x-has")?.as_str());
    needed.is_none_or(|needed| model.fields.iter().any(|f| f.class_name().to_lowercase().starts_with(needed)))
}

/// Whether the project has the app.
///
/// # Errors
/// It has not; the error names those that it has, or says that the app is not installed.
pub fn app_must_exist(app: &str, facts: &ProjectFacts) -> Result<(), PlanningError> {
    if facts.app(app).is_some() {
        return Ok(());
    }
    Err(not_installed(app, facts).unwrap_or_else(|| unknown_app(app, facts)))
}

fn unknown_app(app: &str, facts: &ProjectFacts) -> PlanningError {
    let labels: Vec<&str> = facts.apps.iter().map(|a| a.label.as_str()).collect();
    let there = if labels.is_empty() { "none".to_owned() } else { listed(&labels) };
    let message = format!("the project has no app `{app}`; its apps: {there}");
    let mut error = PlanningError::new(PlanningCode::UnknownApp, message);
    error.hint = nearest(app, labels).map(|label| format!("did you mean --app {label}?").into());
    error
}

/// What is said of a name that no model of the project has: which there are, and which of them is a slip away.
#[must_use]
pub fn unknown_model(word: &str, facts: &ProjectFacts) -> PlanningError {
    if let Some(error) = not_installed(word, facts) {
        return error;
    }
    let labels: Vec<&str> = models(facts).map(|m| m.label.as_str()).collect();
    let there = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
    let message = format!("the project has no model called \"{word}\"; its models: {there}");
    let mut error = PlanningError::new(PlanningCode::UnknownModel, message);
    error.missing = vec![word.to_owned()];
    let forms: Vec<(String, &str)> = models(facts)
        .flat_map(|m| {
            let forms = names(&m.name).into_iter().map(|form| (form.join(" "), m.label.as_str()));
            forms.chain([(m.label.to_lowercase(), m.label.as_str())])
        })
        .collect();
    if let Some(near) = nearest(word, forms.iter().map(|(form, _)| form.as_str())) {
        let labels: Vec<&str> =
            forms.iter().filter(|(form, _)| form == near).map(|(_, label)| *label).collect();
        let meant = either(&labels);
        error.hint = Some(match near.contains('.') {
            true => format!("did you mean {meant}?").into(),
            false => format!("did you mean {near} ({meant})?").into(),
        });
        return error;
    }
    // "posts" for a `BlogPost`.
    let lower = word.to_lowercase();
    let ends = |form: &&(String, &str)| form.0.rsplit_once(' ').is_some_and(|(_, last)| last == lower);
    let longer: Vec<&(String, &str)> = forms.iter().filter(ends).collect();
    if let [(form, _), ..] = longer.as_slice() {
        let labels: Vec<&str> = longer.iter().map(|(_, label)| *label).collect();
        error.hint = Some(format!("did you mean {form} ({})?", either(&labels)).into());
    }
    error
}

/// Parameters that are names of models which the template makes.
pub(super) fn new_models(template: &Template) -> impl Iterator<Item = (&String, &Value)> {
    properties(template.params_schema())
        .filter(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some("new_model"))
}

/// `word` names an app that is not installed, or a model of one.
fn not_installed(word: &str, facts: &ProjectFacts) -> Option<PlanningError> {
    let word = word.to_lowercase();
    facts.not_installed.iter().find_map(|app| {
        let is_model = |model: &&String| {
            names(model).iter().any(|form| form.join(" ") == word)
                || format!("{}.{model}", app.label).to_lowercase() == word
        };
        match app.models.iter().find(is_model) {
            Some(model) => Some(must_be_installed(app, Some(model), facts)),
            None => (app.label.to_lowercase() == word).then(|| must_be_installed(app, None, facts)),
        }
    })
}

fn must_be_installed(app: &UnusedApp, model: Option<&str>, facts: &ProjectFacts) -> PlanningError {
    let UnusedApp { label, module, dir, .. } = app;
    let what = match model {
        Some(model) => format!("the model {label}.{model} is in `{dir}`, but its app"),
        None => format!("the app `{label}` is in `{dir}`, but it"),
    };
    let message = match &facts.settings.apps_computed {
        Some(place) => {
            format!(
                "{what} is none of those that INSTALLED_APPS names; it is computed at {place}, which is not read"
            )
        }
        None => format!("{what} is not in INSTALLED_APPS: Django does not use it"),
    };
    let mut error = PlanningError::new(PlanningCode::NotInstalled, message);
    let quote = facts.style.quote;
    let place = facts.settings.file.as_ref().map_or("your settings", |file| file.as_str());
    error.hint = Some(
        format!("add {quote}{module}{quote}, to INSTALLED_APPS in {place}, commit that, and try again")
            .into(),
    );
    error
}

fn names_model(template: &Template, example: &str) -> bool {
    properties(template.params_schema()).any(|(name, property)| {
        let kind = property.get("x-kind").and_then(Value::as_str);
        matches!(kind, Some("model" | "models")) && example.contains(&format!("{{{name}}}"))
    })
}

/// Whether a word stands between who does something and what is done.
pub(super) fn is_modal(word: &str) -> bool {
    [
        "can", "could", "may", "will", "should", "must", "are", "be", "able", "to", "also", "leave", "give",
        "write", "a",
    ]
    .contains(&word)
}

/// How many models an example is tried with.
const MOST_TRIED: usize = 10;

/// An example of the template, with names of this project, that `works`. Where the request `names` models, it is about
/// one of them.
pub(super) fn example(
    template: &Template,
    facts: Option<&ProjectFacts>,
    app: Option<&str>,
    named: &[String],
    works: impl Fn(&String) -> bool,
) -> Option<String> {
    let names = match facts {
        Some(facts) => {
            let mut targets: Vec<&ModelFacts> = models(facts)
                .filter(|m| is_target(m) && has_what_is_needed(template, m))
                .filter(|m| app.is_none_or(|app| m.app() == app))
                .collect();
            let is_meant = |m: &ModelFacts| named.contains(&m.label) && !made_by(template, &m.name);
            if models(facts).any(is_meant) {
                targets.retain(|m| is_meant(m));
            }
            // A model that the template may have made itself is the last that somebody means.
            targets.sort_by_key(|m| {
                let place = named.iter().position(|label| *label == m.label);
                // "members can review books" is about the books.
                let is_person = is_user(&m.label, Some(facts)) || is_actor(&human(&m.name));
                (made_by(template, &m.name), is_person, place)
            });
            targets.truncate(MOST_TRIED);
            targets.iter().flat_map(|m| [plural(&human(&m.name)), m.label.clone()]).collect()
        }
        None => vec![String::new()],
    };
    let mut tried: Vec<String> = Vec::new();
    let mut examples: Vec<&String> = template.meta().examples.iter().collect();
    if !named.is_empty() {
        examples.sort_by_key(|example| !names_model(template, example));
    }
    for example in examples {
        for text in names.iter().map(|name| filled(template, example, name)) {
            if tried.contains(&text) {
                continue;
            }
            if works(&text) {
                return Some(text);
            }
            tried.push(text);
        }
    }
    None
}

/// Whether the template makes a model of this name for one of the words that it knows.
fn made_by(template: &Template, model: &str) -> bool {
    new_models(template).any(|(_, property)| {
        property.get("default").and_then(Value::as_str) == Some(model)
            || nouns(property).iter().any(|noun| pascal(noun) == model)
    })
}

/// The words of a request that are names of a new model.
pub(super) fn nouns(property: &Value) -> Vec<String> {
    let words = property.get("x-words").and_then(Value::as_array).into_iter().flatten();
    words.filter_map(Value::as_str).map(str::to_lowercase).collect()
}

/// The examples as they are shown where there is no project: with the schema's own examples for names.
pub(crate) fn shown_examples(template: &Template) -> Vec<String> {
    template.meta().examples.iter().map(|example| filled(template, example, "")).collect()
}

/// Replaces `{param}`: by `model` for a model, else by the first example of the parameter.
fn filled(template: &Template, example: &str, model: &str) -> String {
    let mut text = example.to_owned();
    for (name, property) in properties(template.params_schema()) {
        let kind = property.get("x-kind").and_then(Value::as_str);
        let is_model = matches!(kind, Some("model" | "models"));
        let sample = property.get("examples").and_then(|e| e.get(0));
        let sample =
            sample.and_then(|first| first.as_str().or_else(|| first.get(0)?.as_str())).or(match kind {
                Some("model" | "models") => Some("blog.Post"),
                Some("app") => Some("blog"),
                _ => None,
            });
        let value = match sample {
            _ if is_model && !model.is_empty() => model.to_owned(),
            Some(label) if is_model => plural(&human(label.rsplit('.').next().unwrap_or(label))),
            Some(sample) => sample.to_owned(),
            None => continue,
        };
        text = text.replace(&format!("{{{name}}}"), &value);
    }
    text
}
