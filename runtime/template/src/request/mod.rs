//! From what a user typed to a template and its parameters.
//!
//! Nothing is guessed: a word that neither a template's keywords, nor the project's facts, nor plain English
//! explains lowers the score, and below a threshold the request is refused with what was not understood. No
//! template and no request is named in this code. Language models are not used here.

mod addition;
mod apart;
mod clauses;
mod creation;
mod each;
mod english;
mod holding;
mod joined;
mod mentions;
mod options;
mod phrases;
mod reading;
mod refusal;
mod several;
mod slots;
mod step;
mod values;
mod words;

use aksara_protocol::{JsonMap, ProjectFacts};
use serde_json::Value;

pub use clauses::{about, clauses};
pub use creation::{Maker, maker, model_to_make};
pub use each::each_model;
pub use joined::joined;
pub use refusal::{Nearest, PlanningCode, PlanningError};
pub(crate) use slots::shown_examples;
pub use slots::{app_must_exist, unknown_model};
pub use step::step_params;

use self::creation::Creation;
use self::english::{ADDING, AGAINST, COMMON, DEEDS, FILLER, MORE, PREPOSITIONS, WHOLE, is_work};
use self::mentions::{Mention, Named};
use self::reading::{Reading, Role, keywords};
use self::slots::{Slots, example};
use self::words::{Word, stem, words};
use crate::fields::is_known_name;
use crate::nearest::{either, listed, nearest};
use crate::params::{description, properties, required};
use crate::script::{human, plural};
use crate::{Limits, Template, TemplateError, Templates};

/// A request that a template answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    /// The template.
    pub template: String,
    /// How sure that is, from 0 to 1.
    pub score: f64,
    /// Parameters that the request gives: name, value, and `request` or `facts`.
    pub params: Vec<(String, Value, &'static str)>,
    /// Parameters that must be asked for.
    pub missing: Vec<MissingParam>,
    /// How each part of the request was understood.
    pub why: Vec<String>,
    /// Words of the request that nothing explains: the plan does not cover them.
    pub unexplained: Vec<String>,
    /// What is to be known of how it was understood, before it is carried out.
    pub notes: Vec<String>,
}

/// A parameter that a request does not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingParam {
    /// The parameter.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The values that are possible; empty if any is.
    pub choices: Vec<String>,
}

/// Less is not understood well enough to act on.
const CONFIDENT: f64 = 0.7;
/// Two templates whose scores are this close are equally good.
const TIE: f64 = 0.05;
/// Longer texts are not requests.
const MAX_REQUEST: usize = 2_000;
/// How many requests an error suggests.
const MAX_NEAREST: usize = 3;
/// Shorter words are not compared with keywords for a slip of the keyboard.
const MIN_SLIP: usize = 4;

/// What was given beside a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The app that is meant, where the request leaves it open.
    pub app: Option<&'a str>,
    /// The template that is meant, by its name.
    pub template: Option<&'a str>,
    /// Values of parameters; they win over what the request says.
    pub set: &'a [(String, Value)],
}

/// Finds the template that answers `request`, and its parameters in this project.
///
/// # Errors
/// No template answers all of it, or it names what the project does not have. The error says what was
/// understood, what was not, and requests that give a plan.
pub fn understand(
    request: &str,
    templates: &Templates,
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) -> Result<Understood, PlanningError> {
    read(request, templates, facts, beside).map_err(|mut error| {
        if error.is_beside {
            return error;
        }
        let (corrected, nearest) = suggestions(request, templates, facts, beside);
        if corrected && error.code == PlanningCode::NoTemplate {
            // The whole request without its slip says more than the word.
            error.hint = None;
        }
        let own = std::mem::replace(&mut error.nearest, nearest);
        error.nearest.retain(|near| own.iter().all(|own| own.template != near.template));
        error.nearest.splice(0..0, own);
        error.nearest.truncate(MAX_NEAREST);
        if !corrected {
            add_near_field(&mut error, request, templates, facts, beside);
            add_near_miss(&mut error, request, templates, facts, beside);
        }
        error
    })
}

/// To the refusal of what may be meant as a field, how that is asked for.
fn add_near_field(
    error: &mut PlanningError,
    request: &str,
    templates: &Templates,
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) {
    if error.code != PlanningCode::NoTemplate {
        return;
    }
    let candidates = known_templates(templates, facts, beside);
    let Some(addition::NearMiss { template, example, hint }) =
        addition::near_miss(request, &candidates, facts)
    else {
        return;
    };
    if read(&example, templates, facts, beside).is_ok_and(|u| u.template == template && u.missing.is_empty())
    {
        // What slips of the keyboard may have meant is further away.
        error.hint = hint.map(Into::into);
        error.nearest.retain(|nearest| nearest.template != template);
        error.nearest.insert(0, Nearest { template, example });
        error.nearest.truncate(MAX_NEAREST);
    }
}

/// To the refusal of what may be meant as a new model, how that is asked for.
fn add_near_miss(
    error: &mut PlanningError,
    request: &str,
    templates: &Templates,
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) {
    if error.code != PlanningCode::NoTemplate || error.hint.is_some() {
        return;
    }
    let candidates = known_templates(templates, facts, beside);
    let Some((template, ..)) = candidates.iter().find_map(|t| creation::makes_models(t)) else { return };
    let Some((hint, examples)) = creation::near_miss(request, facts) else { return };
    error.hint = Some(hint.into());
    if examples.is_empty() {
        return;
    }
    let name = &template.meta().name;
    error.nearest.retain(|nearest| nearest.template != *name);
    let made = examples.into_iter().map(|example| Nearest { template: name.clone(), example });
    error.nearest.splice(0..0, made);
    error.nearest.truncate(MAX_NEAREST);
}

fn read(
    request: &str,
    templates: &Templates,
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) -> Result<Understood, PlanningError> {
    if request.len() > MAX_REQUEST {
        let message =
            format!("the request is longer than {MAX_REQUEST} bytes; say in one sentence what to add");
        return Err(PlanningError::new(PlanningCode::TooLong, message));
    }
    let words = words(request);
    if words.is_empty() {
        return Err(PlanningError::new(PlanningCode::Empty, "the request is empty; say what to add"));
    }
    let request = without_please(request);
    let (said, _) = addition::unquoted(request);
    let candidates = known_templates(templates, facts, beside);
    if candidates.is_empty() {
        let stack = facts.map(|f| f.stack.as_str()).unwrap_or_default();
        let named = beside.template.and_then(|name| templates.get(name).ok()).zip(facts);
        let message = match named.map(|(template, facts)| template.must_know(facts)) {
            Some(Err(error)) => error.to_string(),
            _ => format!("there is no template for projects of the stack `{stack}`"),
        };
        return Err(PlanningError::new(PlanningCode::NoTemplates, message));
    }
    if let Some(creation) = creation::read(&said, &candidates, facts)? {
        return new_model(&creation, &words, facts, beside);
    }
    if let Some(holding) = holding::read(&said, &candidates, facts)? {
        return holding.understood(&words, facts, beside);
    }
    if let Some(addition) = addition::read(request, &candidates, facts)? {
        return addition.understood(facts, beside);
    }
    let mut readings: Vec<(&Template, Reading)> = candidates
        .iter()
        .map(|t| (*t, Reading::new(&words, t, facts)))
        .filter(|(_, r)| r.has_keyword())
        .collect();
    readings.sort_by(|a, b| {
        let order = b.1.score.total_cmp(&a.1.score);
        let order = order.then_with(|| a.1.unknown().len().cmp(&b.1.unknown().len()));
        order.then_with(|| a.0.meta().name.cmp(&b.0.meta().name))
    });
    let Some((template, reading)) = readings.first() else {
        let mut error = no_template(request, &words, &candidates);
        if let Some(reason) = facts.and_then(|facts| not_for(&words, templates, facts)) {
            error.hint = Some(reason.into());
        }
        return Err(error);
    };
    if let Some((other, second)) = readings.get(1)
        && reading.score >= CONFIDENT
        && reading.score - second.score < TIE
    {
        let names = [template.meta().name.as_str(), other.meta().name.as_str()];
        let message = format!("\"{request}\" may mean {}; say which with --template NAME", either(&names));
        return Err(PlanningError::new(PlanningCode::Ambiguous, message));
    }
    let understood = why(template, reading);
    let slots = Slots { template, reading, facts, app: beside.app, set: beside.set, new: None };
    let (mut params, mut why) = (Vec::new(), understood.clone());
    let mut missing = Vec::new();
    slots.fill(&mut params, &mut missing, &mut why).map_err(|mut error| {
        error.understood.clone_from(&understood);
        error
    })?;
    if reading.score < CONFIDENT || leaves_a_feature(template, reading, &candidates) {
        return Err(not_covered(template, reading, understood));
    }
    slots.must_differ(&params)?;
    params.extend(reading.range.iter().map(|(name, number)| (name.clone(), Value::from(*number), "request")));
    for (name, on) in &reading.options {
        params.push((name.clone(), Value::Bool(*on), "request"));
    }
    let schema = template.params_schema();
    for (name, property) in properties(schema) {
        let given = params.iter().any(|(n, _, _)| n == name)
            || missing.iter().any(|m: &MissingParam| m.name == *name);
        if required(schema).contains(&name.as_str()) && !given && property.get("default").is_none() {
            missing.push(MissingParam {
                name: name.clone(),
                description: description(property),
                choices: choices(property),
            });
        }
    }
    let unexplained = reading.unknown();
    why.extend(unexplained.iter().map(|word| format!("nothing explains \"{word}\"")));
    Ok(Understood {
        template: template.meta().name.clone(),
        score: reading.score,
        params,
        missing,
        why,
        unexplained,
        notes: doers(template, reading, facts),
    })
}

/// Whether the template leaves over what another one is about: a plan without that is not what was asked for.
fn leaves_a_feature(template: &Template, reading: &Reading, candidates: &[&Template]) -> bool {
    let unknown: Vec<&String> = reading
        .words
        .iter()
        .zip(&reading.roles)
        .filter(|(_, role)| **role == Role::Unknown)
        .map(|(word, _)| &word.stem)
        .collect();
    let others = candidates.iter().filter(|t| t.meta().name != template.meta().name);
    !unknown.is_empty()
        && others
            .flat_map(|t| keywords(t))
            .any(|phrase| matches!(phrase.as_slice(), [one] if unknown.contains(&one)))
}

/// A request for a new model, with what else it says: the app, and parts that are left out.
fn new_model(
    creation: &Creation<'_>,
    words: &[Word],
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) -> Result<Understood, PlanningError> {
    let Creation { template, name: (name_param, name), fields: (fields_param, fields) } = creation;
    let reading = Reading::new(words, template, facts);
    let mut why = vec![format!("{name} is a new model")];
    let mut params = vec![((*name_param).to_owned(), Value::from(name.as_str()), "request")];
    if !fields.is_empty() {
        why.push(format!("its fields are {}", fields.join(", ")));
        params.push(((*fields_param).to_owned(), Value::from(fields.clone()), "request"));
    }
    let mut missing = Vec::new();
    Slots { template, reading: &reading, facts, app: beside.app, set: beside.set, new: Some(name) }.fill(
        &mut params,
        &mut missing,
        &mut why,
    )?;
    params.extend(reading.options.iter().map(|(name, on)| (name.clone(), Value::Bool(*on), "request")));
    Ok(Understood {
        template: template.meta().name.clone(),
        score: 1.0,
        params,
        missing,
        why,
        unexplained: Vec::new(),
        notes: Vec::new(),
    })
}

/// Whose rows of the project's own say who does something, where the template means users who log in: "students rate courses".
fn doers(template: &Template, reading: &Reading, facts: Option<&ProjectFacts>) -> Vec<String> {
    let targets: Vec<usize> = reading.models(template).iter().map(|mention| mention.start).collect();
    let user = facts.map(|facts| facts.settings.auth_user_model.as_str()).unwrap_or_default();
    let is_doer = |mention: &&Mention| {
        let next = reading.words[mention.start + mention.len..]
            .iter()
            .zip(&reading.roles[mention.start + mention.len..]);
        let mut next =
            next.skip_while(|(word, role)| **role != Role::Keyword && slots::is_modal(&word.lower));
        !targets.contains(&mention.start) && next.next().is_some_and(|(_, role)| *role == Role::Keyword)
    };
    let labels = reading.mentions.iter().filter(is_doer).filter_map(|mention| match &mention.what {
        Named::Model(labels) if !labels.iter().any(|label| label == user) => labels.first(),
        _ => None,
    });
    labels
        .map(|label| {
            format!(
                "Every user who is logged in can do this, not only {}: rows of {label} are not asked for.",
                plural(&human(label.rsplit('.').next().unwrap_or(label)))
            )
        })
        .collect()
}

fn known_templates<'a>(
    templates: &'a Templates,
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) -> Vec<&'a Template> {
    templates
        .list()
        .filter(|t| facts.is_none_or(|facts| t.knows(facts)))
        .filter(|t| beside.template.is_none_or(|name| t.meta().name == name))
        .collect()
}

/// Why a template that is about the request is not for this project.
fn not_for(words: &[Word], templates: &Templates, facts: &ProjectFacts) -> Option<String> {
    let unfit = |t: &Template| {
        let error = t.must_know(facts).err()?;
        Reading::new(words, t, Some(facts)).has_keyword().then(|| error.to_string())
    };
    let reason = templates.list().find_map(unfit)?;
    reason.lines().next().map(str::to_owned)
}

fn choices(property: &Value) -> Vec<String> {
    let values = property.get("enum").and_then(Value::as_array).into_iter().flatten();
    values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

/// How the words of a request were understood, for people.
fn why(template: &Template, reading: &Reading) -> Vec<String> {
    let mut why = Vec::new();
    for (word, role) in reading.words.iter().zip(&reading.roles) {
        match role {
            Role::Keyword => why.push(format!("\"{}\" is about {}", word.text, template.meta().name)),
            Role::Option => {
                let on = reading.options.iter().find(|(name, _)| {
                    let property = template.params_schema()["properties"].get(name);
                    let words = property.and_then(|p| p.get("x-words")).and_then(Value::as_array);
                    words.into_iter().flatten().filter_map(Value::as_str).any(|w| stem(w) == word.stem)
                });
                why.extend(on.map(|(name, on)| format!("\"{}\" sets {name} to {on}", word.text)));
            }
            _ => {}
        }
    }
    why
}

/// The request without the politeness at its end.
fn without_please(request: &str) -> &str {
    let trimmed = |text: &'_ str| -> usize {
        text.trim_end_matches(|c: char| c.is_whitespace() || ".,!".contains(c)).len()
    };
    let mut text = &request[..trimmed(request)];
    let mut is_polite = false;
    while let Some((front, last)) = text.rsplit_once(char::is_whitespace)
        && POLITE.contains(&last.to_lowercase().as_str())
    {
        text = &front[..trimmed(front)];
        is_polite = true;
    }
    if is_polite { text } else { request }
}

/// Words at the end of a request that only are polite.
const POLITE: &[&str] = &["please", "pls", "plz", "thanks", "thx"];

fn no_template(request: &str, words: &[Word], candidates: &[&Template]) -> PlanningError {
    let message = format!("no template does what \"{request}\" asks for");
    let mut error = PlanningError::new(PlanningCode::NoTemplate, message);
    if let Some(reason) = not_done(words) {
        let added: Vec<String> = candidates.iter().map(|t| what_is_added(&t.meta().title)).collect();
        error.hint = Some(format!("{reason}; what it adds: {}", listed(&added)).into());
        error.is_beside = true;
        return error;
    }
    let known: Vec<String> =
        candidates.iter().flat_map(|t| t.meta().keywords.iter().chain([&t.meta().name])).cloned().collect();
    let slip = words
        .iter()
        // A word that every request may begin with is no slip: "create" is not "rate".
        .filter(|word| may_be_slip(word) && !creation::is_verb(&word.stem))
        .find_map(|word| slip(&word.lower, known.iter().map(String::as_str)));
    error.hint = slip.map(|known| format!("did you mean \"{known}\"?").into());
    error
}

/// Why nothing that Aksara adds is near to the request: it is about what is there, or about what is no feature of an app.
fn not_done(words: &[Word]) -> Option<String> {
    let is_deed = |word: &Word| DEEDS.iter().any(|verb| stem(verb) == word.stem);
    let first = words.iter().find(|word| !FILLER.contains(&word.lower.as_str()) && word.lower != "to")?;
    let may = ["can", "may", "should", "must", "could"];
    if let Some(at) = words.iter().position(|word| may.contains(&word.lower.as_str()))
        && words[..at].iter().any(|word| word.lower == "only")
        && words.len() > at + 1
    {
        return Some(
            "who may do what with a model's rows is said by the permission_classes of its view".to_owned(),
        );
    }
    if is_deed(first) {
        return Some(format!("Aksara adds features to a project and does not {} what is there", first.lower));
    }
    let work = words.iter().find(|word| is_work(&word.lower) && !WHOLE.contains(&word.lower.as_str()))?;
    let is_asked = creation::is_verb(&first.stem) || std::ptr::eq(first, work);
    is_asked.then(|| format!("Aksara has no template for \"{}\"", work.text))
}

/// What a title of a template says is added.
fn what_is_added(title: &str) -> String {
    title.strip_prefix("Add ").unwrap_or(title).to_owned()
}

/// The known word that is a slip of the keyboard away: few hands miss the first letter, so "waiting" is not "rating".
fn slip<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let start = |text: &str| (text.chars().next(), text.chars().nth(1));
    let (first, second) = start(&word.to_lowercase());
    let begins = |known: &&str| {
        let (one, two) = start(&known.to_lowercase());
        one == first || (one, two) == (second, first)
    };
    nearest(word, known.into_iter().filter(begins))
}

fn not_covered(template: &Template, reading: &Reading, understood: Vec<String>) -> PlanningError {
    let name = &template.meta().name;
    let text = |range: std::ops::Range<usize>| {
        reading.words[range].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    };
    let only =
        reading.against.filter(|index| reading.words[*index].lower == "only").map(|index| index..index + 1);
    let limit = reading.limit.clone().or(only);
    let is_limited = limit.is_some();
    let message = match reading.against {
        _ if let Some(index) = reading.taken => format!(
            "the template {name} makes a new model for what is \"{}\" here, and cannot use one that is there",
            reading.words[index].text
        ),
        _ if let Some(limit) = limit => {
            format!("the template {name} has no parameter for what \"{}\" limits", text(limit))
        }
        Some(index) => format!(
            "the template {name} only adds, and \"{}\" asks for something else",
            text(reading.kept.clone().unwrap_or(index..index + 1))
        ),
        None => format!("the template {name} does only part of what is asked for"),
    };
    let mut error = PlanningError::new(PlanningCode::NotCovered, message);
    error.understood = understood;
    error.missing = reading.unknown();
    if reading.taken.is_some() {
        error.hint = slots::new_models(template).next().and_then(|(param, property)| {
            let made = property.get("default")?.as_str()?;
            let hint = format!(
                "without that name it makes a model {made} beside it; for another name say --set {param}=NAME"
            );
            Some(hint.into())
        });
        return error;
    }
    error.hint = is_limited.then(|| "leave that out, and write the limit into the view that is made".into());
    error
}

/// Requests that give a plan in this project: what was typed without its slips, then an example of each template,
/// that of the nearest first. Also gives whether there were slips.
fn suggestions(
    request: &str,
    templates: &Templates,
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) -> (bool, Vec<Nearest>) {
    let request: String = request.chars().take(MAX_REQUEST).collect();
    let words = words(&request);
    let mut known: Vec<(f64, &Template)> = known_templates(templates, facts, beside)
        .into_iter()
        .map(|template| (likeness(&words, template, facts), template))
        .collect();
    // What is for a model of the project is nearer to it than what makes another one, unless a model is asked for.
    let wants_model = creation::says_model(&words);
    let makes = |t: &Template| creation::makes_models(t).is_some() != wants_model;
    known.sort_by(|a, b| {
        let order = b.0.total_cmp(&a.0).then_with(|| makes(a.1).cmp(&makes(b.1)));
        order.then_with(|| a.1.meta().name.cmp(&b.1.meta().name))
    });
    let works = |text: &String, template: &Template| {
        read(text, templates, facts, beside).is_ok_and(|u| {
            u.template == template.meta().name
                && u.missing.is_empty()
                && u.unexplained.is_empty()
                && !makes_what_is_there(template, &u, facts)
                && !is_refused(template, &u, facts, beside)
        })
    };
    let named = facts.map(|facts| mentions::labels(&words, facts)).unwrap_or_default();
    let nearest = |template: &Template, example| Nearest { template: template.meta().name.clone(), example };
    let mut found: Vec<Nearest> = Vec::new();
    for (_, template) in &known {
        let corrected = without_slips(&request, &words, template, facts).filter(|text| works(text, template));
        found.extend(corrected.map(|text| nearest(template, text)));
    }
    found.truncate(1);
    // One that is about no word of the request says nothing, unless a model is asked for or the request says as little.
    let is_asked_for = |t: &Template| wants_model && creation::makes_models(t).is_some();
    let says_something = words.iter().any(|word| !is_common(word));
    known.retain(|(likeness, template)| !says_something || *likeness > 0.0 || is_asked_for(template));
    let corrected = !found.is_empty();
    for (_, template) in &known {
        if found.len() == MAX_NEAREST {
            break;
        }
        let example = example(template, facts, beside.app, &named, |text| works(text, template));
        found.extend(
            example
                .filter(|text| found.iter().all(|f| !f.example.eq_ignore_ascii_case(text)))
                .map(|text| nearest(template, text)),
        );
    }
    (corrected, found)
}

/// Whether a word may be a slip of the keyboard: it is not short, and not what fields are called ("date" is not "rate").
fn may_be_slip(word: &Word) -> bool {
    word.lower.chars().count() >= MIN_SLIP && !is_known_name(&word.lower)
}

/// The request with every word that nothing explains replaced by the keyword, model or app that is a slip away.
fn without_slips(
    request: &str,
    words: &[Word],
    template: &Template,
    facts: Option<&ProjectFacts>,
) -> Option<String> {
    let keywords = template.meta().keywords.iter().flat_map(|word| [plural(word), word.clone()]);
    let mut known: Vec<String> = keywords.chain([template.meta().name.replace('_', " ")]).collect();
    for app in facts.iter().flat_map(|facts| &facts.apps) {
        let models = app.models.iter().flat_map(|m| {
            let one = human(&m.name);
            [plural(&one), one, m.label.clone()]
        });
        known.extend(models);
        known.push(app.label.clone());
    }
    let reading = Reading::new(words, template, facts);
    let mut text = String::with_capacity(request.len());
    let mut rest = request;
    let mut changed = false;
    for (word, role) in reading.words.iter().zip(&reading.roles) {
        let at = rest.find(word.text.as_str())?;
        let (front, back) = rest.split_at(at);
        text.push_str(front);
        let slip = (*role == Role::Unknown && may_be_slip(word))
            .then(|| slip(&word.lower, known.iter().map(String::as_str)))
            .flatten();
        changed |= slip.is_some();
        text.push_str(slip.unwrap_or(&word.text));
        rest = &back[word.text.len()..];
    }
    text.push_str(rest);
    changed.then_some(text)
}

/// Whether the model that would be made is there already.
fn makes_what_is_there(template: &Template, understood: &Understood, facts: Option<&ProjectFacts>) -> bool {
    let (Some((_, name, _)), Some(facts)) = (creation::makes_models(template), facts) else { return false };
    let made = understood.params.iter().find(|(param, _, _)| param == name).and_then(|(_, v, _)| v.as_str());
    made.is_some_and(|made| mentions::models(facts).any(|model| model.name == made))
}

/// Whether the template says that it cannot do what was understood in this project.
fn is_refused(
    template: &Template,
    understood: &Understood,
    facts: Option<&ProjectFacts>,
    beside: Beside<'_>,
) -> bool {
    let Some(facts) = facts else { return false };
    let said = understood.params.iter().map(|(name, value, _)| (name, value));
    let properties = &template.params_schema()["properties"];
    let set = beside.set.iter().map(|(name, value)| (name, value));
    let params: JsonMap = said
        .chain(set)
        .filter(|(name, _)| properties.get(name.as_str()).is_some())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    matches!(template.plan(&params, facts, &Limits::default()), Err(TemplateError::Refused { .. }))
}

/// How near a template is to a request, for the order of suggestions.
fn likeness(words: &[Word], template: &Template, facts: Option<&ProjectFacts>) -> f64 {
    let reading = Reading::new(words, template, facts);
    // A verb that every request may begin with is near to nothing.
    let says = |word: &String| {
        let said = Word { stem: stem(word), text: word.clone(), lower: word.clone(), after_comma: false };
        !creation::is_verb(&said.stem) && !is_common(&said)
    };
    let keywords = template.meta().keywords.iter().flat_map(|keyword| keyword.split_whitespace());
    let keywords: Vec<String> = keywords.map(str::to_lowercase).filter(says).collect();
    // Of two words that are a keyword together, one alone is no slip.
    let whole = template.meta().keywords.iter().filter(|keyword| !keyword.contains(' '));
    let known: Vec<String> = whole.flat_map(|word| [word.clone(), plural(word)]).collect();
    let is_near = |w: &&Word| {
        keywords.iter().any(|keyword| stem(keyword) == w.stem)
            || may_be_slip(w) && slip(&w.lower, known.iter().map(String::as_str)).is_some()
    };
    let has_slip = words.iter().any(|w| is_near(&w));
    // What it is about is said in its phrases as well.
    let said = phrases::stems(template);
    let has_part = words.iter().any(|w| said.contains(&w.stem) && !is_common(w));
    reading.score + if has_slip { 0.1 } else { 0.0 } + if has_part { 0.05 } else { 0.0 }
}

/// Whether a word says nothing of what a sentence is about.
fn is_common(word: &Word) -> bool {
    let is = |list: &[&str]| list.iter().any(|common| *common == word.lower || stem(common) == word.stem);
    is(FILLER)
        || is(ADDING)
        || is(PREPOSITIONS)
        || is(MORE)
        || is(AGAINST)
        || is(COMMON)
        || reading::is_actor(&word.lower)
}

#[cfg(test)]
mod tests;
