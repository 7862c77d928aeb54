//! Requests for fields of a model that is there: "Add a subtitle field to posts", "Add price:decimal(10,2) to products".
//!
//! As with new models these are found by their form: a verb that adds, fields, a preposition, a model. A template that
//! has a parameter for a model and one for new fields can answer. What another template is about is left to that one,
//! unless the request says that it is a field.

use aksara_protocol::ProjectFacts;
use aksara_protocol::command::shell_quoted;
use aksara_protocol::facts::ModelFacts;
use serde_json::Value;

use super::creation::{Item, items, not_a_field_of, option_stems, points_to};
use super::english::{ADJECTIVES, BEFORE_NOUN, FILLER, is_work};
use super::mentions::{labels, models, names};
use super::options::switched;
use super::reading::{Reading, keywords};
use super::refusal::{Nearest, PlanningCode, PlanningError};
use super::several::left_open;
use super::slots::{Slots, is_target, is_user, unknown_model};
use super::values::{and_options, behind_colon, behind_noun, with_slashes};
use super::words::{Word, stem, words};
use super::{Beside, MAX_NEAREST, Understood, not_covered};
use crate::Template;
use crate::fields::{is_file, is_flag, is_known_name, is_measured, may_be_value, values_said};
use crate::nearest::listed;
use crate::params::properties;
use crate::script::{human, pascal, plural, singular, snake};

/// Verbs that add something. Compared by stem.
const VERBS: &[&str] = &["add", "create", "introduce", "put", "include", "insert", "append", "need", "want"];
/// Verbs before the model: "give posts a subtitle".
const GIVE: &[&str] = &["give", "extend"];
/// Verbs behind the model: "posts should have a subtitle".
pub(super) const HAVE: &[&str] =
    &["should", "must", "can", "could", "need", "needs", "to", "also", "have", "has", "get", "gets"];
/// Verbs for rows of two models that are to know each other.
const LINK: &[&str] = &["link", "connect", "relate", "associate"];
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
    /// Parts of the template that the list turns on.
    on: Vec<String>,
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
    let (request, is_quoted) = unquoted(request);
    let others: Vec<String> = templates
        .iter()
        .filter(|t| !std::ptr::eq(**t, template))
        .flat_map(|t| keywords(t).into_iter().filter(|phrase| phrase.len() == 1).flatten())
        .collect();
    let near = |example| Nearest { template: template.meta().name.clone(), example };
    if let Some((mut error, examples)) = left_open(&tokens(&request), &others, facts) {
        error.nearest = examples.into_iter().map(near).collect();
        return Err(error);
    }
    let several = Parts::belonging(&tokens(&request), facts)?;
    let (belonging, several) = match several {
        Some(Belonging::ToOne(parts)) => (Some(parts), None),
        Some(Belonging::Open(examples)) => (None, Some(examples)),
        None => (None, None),
    };
    if let Some(examples) = several.or_else(|| linked(&tokens(&request), facts)) {
        let message = format!("\"{request}\" leaves open how many of the others each may have");
        let mut error = PlanningError::new(PlanningCode::NotCovered, message);
        error.hint = Some("one of them is a fk, several are a m2m".into());
        error.nearest = examples.into_iter().map(near).collect();
        return Err(error);
    }
    if let Some(parts) = belonging {
        let fields = vec![parts.list];
        return Ok(Some(Addition {
            template,
            model,
            fields_param,
            fields,
            on: Vec::new(),
            tail: parts.tail,
        }));
    }
    let Some(parts) = Parts::read(&request, facts) else { return Ok(None) };
    if let Some(all) = parts.every_model() {
        return Err(one_at_a_time(template, &parts, &all, facts));
    }
    let options = option_stems(template);
    let (mut fields, mut unknown) = (Vec::new(), Vec::new());
    let (mut on, mut beside) = (Vec::new(), Vec::new());
    let (mut typed, mut written) = (Vec::new(), Vec::new());
    for item in items(&parts.list, None) {
        match Item::read(&item, &options) {
            Item::Field(field) => {
                if item.contains(':') {
                    typed.push(field.clone());
                }
                // "weight_kg" is nothing but a name.
                if item.contains('_') && !is_work(&field) {
                    written.push(field.clone());
                }
                fields.push(field);
            }
            // "a due date with search" turns that on; "search and a due date" asks for something else.
            Item::Option if is_behind_with(&parts.list, &item) => on.extend(switched(template, &item)),
            Item::Option => beside.push(item),
            Item::Unknown => unknown.push(item),
        }
    }
    if fields.is_empty() && unknown.is_empty() {
        return Ok(None);
    }
    let name = |field: &String| field.split([':', '?', ' ']).next().unwrap_or_default().to_owned();
    // "price:decimal", "isbn required", "subtitle?"
    let is_explicit = |field: &String| name(field) != *field;
    let is_feature = |field: &String| {
        let name = name(field);
        // "a rating field" is one, "a tags field" is what tagging is about.
        let is_one = parts.says_field && singular(&name) == name;
        !is_one && !typed.contains(field) && name.split('_').any(|word| others.contains(&stem(word)))
    };
    let has_quote = |field: &String| name(field).contains('"');
    if fields.iter().any(|field| has_quote(field) || is_feature(field)) {
        return Ok(None);
    }
    let is_model =
        |name: &String| facts.is_some_and(|facts| models(facts).any(|model| snake(&model.name) == *name));
    let is_known = |field: &String| is_known_name(&name(field)) || is_model(&name(field));
    // "likes" alone are as well a model of their own, "prep minutes" are not.
    let is_one = |field: &String| singular(&name(field)) == name(field) || is_measured(&name(field));
    // Beside a field that is known as one stand others.
    let may_be = |field: &String| is_known(field) || is_one(field) && !is_work(&name(field));
    let is_meant = parts.says_field
        || is_quoted
        || !written.is_empty()
        || fields.iter().any(is_explicit)
        || unknown.iter().any(|item| points_to(item, facts).is_some())
        || unknown.is_empty()
            && fields.iter().any(|field| is_known(field) && is_one(field))
            && fields.iter().all(may_be);
    if !is_meant {
        return Ok(None);
    }
    if let Some(item) = unknown.first() {
        return Err(not_a_field_of(item, facts));
    }
    if let Some(item) = beside.first() {
        return Err(no_field_of_its_own(item, template, &fields));
    }
    Ok(Some(Addition { template, model, fields_param, fields, on, tail: parts.tail }))
}

/// Whether "with" stands before the item of a list.
fn is_behind_with(list: &str, item: &str) -> bool {
    let front = list.find(item).map_or("", |at| &list[..at]);
    words(front).iter().any(|word| ["with", "including"].contains(&word.lower.as_str()))
}

/// What is no field, and says how fields that are beside it appear, is refused: alone it would have no effect.
fn no_field_of_its_own(item: &str, template: &Template, fields: &[String]) -> PlanningError {
    let name = &template.meta().name;
    let message = format!("\"{item}\" is no field, and the template {name} adds nothing else to a model");
    let mut error = PlanningError::new(PlanningCode::NotCovered, message);
    error.understood = vec![format!("{} is what the model is to have", fields.join(", "))];
    error.missing = vec![item.to_owned()];
    let word = words(item).pop().map_or_else(|| item.to_owned(), |word| word.lower);
    error.hint =
        Some(format!("leave it out; for the new fields say \"with {word}\" or \"without {word}\"").into());
    error
}

/// What is about every model is refused with how it is asked for about one.
fn one_at_a_time(
    template: &Template,
    parts: &Parts,
    all: &str,
    facts: Option<&ProjectFacts>,
) -> PlanningError {
    let message = format!("fields are added to one model at a time, and \"{all}\" names none");
    let mut error = PlanningError::new(PlanningCode::NotCovered, message);
    error.missing = vec![all.to_owned()];
    let lacks = |model: &&ModelFacts| !model.fields.iter().any(|field| field.name == parts.list);
    let named =
        facts.into_iter().flat_map(models).filter(|model| is_target(model) && !is_user(&model.label, facts));
    error.nearest = named
        .filter(lacks)
        .take(MAX_NEAREST)
        .map(|model| Nearest {
            template: template.meta().name.clone(),
            example: format!("Add {} to {}", parts.list, plural(&human(&model.name))),
        })
        .collect();
    error
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
        let Self { template, model, fields_param, fields, on, tail } = self;
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
        let is_new = |name: &&String| !reading.options.iter().any(|(known, _)| known == *name);
        params.extend(on.iter().filter(is_new).map(|name| (name.clone(), Value::Bool(true), "request")));
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

/// What a request that no template answers may mean as fields.
pub(super) struct NearMiss {
    /// The template that adds them.
    pub(super) template: String,
    /// How they are asked for.
    pub(super) example: String,
    /// What else is to be known of them.
    pub(super) hint: Option<String>,
}

/// For a request that no template answers, and that may mean fields: how those are asked for.
pub(super) fn near_miss(
    request: &str,
    templates: &[&Template],
    facts: Option<&ProjectFacts>,
) -> Option<NearMiss> {
    let (template, ..) = templates.iter().find_map(|t| adds_fields(t))?;
    let (request, _) = unquoted(request);
    let parts = Parts::read(&request, facts).or_else(|| Parts::stated(&request, facts))?;
    if parts.tail.len() < 2 {
        return None;
    }
    let options = option_stems(template);
    let names: Option<Vec<(String, String)>> = items(&parts.list, None)
        .into_iter()
        .map(|item| match Item::read(&item, &options) {
            Item::Field(name) if !name.contains([' ', ':', '?', '"']) => Some((item, name)),
            _ => None,
        })
        .collect();
    let names = names.filter(|names| !names.is_empty())?;
    let tail: Vec<&str> = parts.tail.iter().map(|word| word.text.as_str()).collect();
    let near = |example: String, hint: Option<String>| NearMiss {
        template: template.meta().name.clone(),
        example,
        hint,
    };
    if let [(_, name)] = names.as_slice()
        && is_file(name)
    {
        let hint = format!(
            "{} would hold a file, which needs Pillow and a place for uploads, and for which there is no type yet: keep its \
             address",
            name.replace('_', " ")
        );
        return Some(near(format!("Add {} {name}_url field {}", article(name), tail.join(" ")), Some(hint)));
    }
    let has_article = |item: &str| [" a ", " an "].iter().any(|a| request.contains(&format!("{a}{item}")));
    // "doctors write notes" is a sentence.
    let is_sentence = |item: &str| facts.is_some_and(|facts| !labels(&words(item), facts).is_empty());
    let is_likely = |(item, name): &(String, String)| {
        let is_one = singular(name) == *name;
        let has_verb = item.contains(' ') && is_sentence(item);
        is_known_name(name) && !has_verb
            || is_one && !has_verb && !is_work(name) && (has_article(item) || names.len() > 1 || parts.is_had)
    };
    if parts.says_field || !names.iter().all(is_likely) {
        return None;
    }
    let names: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let fields = match names.as_slice() {
        [one] => format!("{} {one} field", article(one)),
        several => format!("{} fields", listed(several)),
    };
    Some(near(format!("Add {fields} {}", tail.join(" ")), None))
}

pub(super) fn article(name: &str) -> &'static str {
    if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

fn user_word(word: &str) -> bool {
    ["user", "users", "auth.user"].contains(&word.to_lowercase().as_str())
}

/// The user model, where "users" are named and no model of the project is called so.
fn user_model(tail: &[Word], facts: &ProjectFacts) -> Option<String> {
    let is_before = |w: &&Word| TO.contains(&w.lower.as_str()) || BEFORE_NOUN.contains(&w.lower.as_str());
    let named = tail.iter().find(|w| !is_before(w)).filter(|w| user_word(&w.lower))?;
    let known = models(facts).any(|m| names(&m.name).contains(&vec![named.lower.clone()]));
    let label = facts.settings.auth_user_model.as_str();
    (!known).then(|| if label.is_empty() { "auth.User".to_owned() } else { label.to_owned() })
}

/// What rows belong to.
enum Belonging {
    /// One row of another model.
    ToOne(Parts),
    /// One or several: how each of both is asked for.
    Open([String; 2]),
}

/// A request in its parts.
struct Parts {
    /// The list of fields, as it is written.
    list: String,
    /// Whether it says that they are fields.
    says_field: bool,
    /// Whether it says that the model should have them.
    is_had: bool,
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
            // "make tickets have a due date"
            return Self::had(&tokens, facts).or_else(|| Self::with_values(&tokens, facts)).or_else(|| {
                let first = if is(at, &["make"]) { at + 1 } else { at };
                Self::had(tokens.get(first..)?, facts)
            });
        }
        let rest = &tokens[at + 1..];
        // "add to tasks a due date"
        if is(at + 1, TO)
            && let Some((model, list)) = model_first(&rest[1..], facts)
            && !list.is_empty()
        {
            let (list, says_field) = without_noun(list);
            return Some(Self::new(list, says_field, words(&format!("to {}", model.join(" ")))));
        }
        // The last preposition before a model: "date of birth to people" has two.
        let place = (1..rest.len())
            .rev()
            .find(|&at| TO.contains(&bare(rest[at]).as_str()) && is_place(&rest[at + 1..], facts));
        let Some(place) = place else {
            // "a subtitle field" is for the only model, or a question.
            let (list, says_field) = without_noun(rest);
            return (says_field && !list.is_empty()).then(|| Self::new(list, says_field, Vec::new()));
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
            return Some(Self::new(list, true, words(&back[..at].join(" "))));
        }
        let (list, says_field) = without_noun(front);
        // "a sku to products, unique"
        let (model, behind) = back.split_at(1 + place_len(&back[1..], facts));
        let left_out =
            behind.iter().position(|t| ["without", "no"].contains(&bare(t).as_str())).unwrap_or(behind.len());
        let (said, left_out) = behind.split_at(left_out);
        let is_list = model.last().is_some_and(|t| t.ends_with(':'));
        if let Some(list) = with_attributes(&list, &said.join(" "), is_list) {
            let tail = [model, left_out].concat().join(" ");
            return Some(Self::new(list, says_field, words(&tail)));
        }
        Some(Self::new(list, says_field, words(&back.join(" "))))
    }

    fn new(list: String, says_field: bool, tail: Vec<Word>) -> Self {
        let list = behind_colon(&list).or_else(|| behind_noun(&list)).unwrap_or(list);
        Self { list, says_field, is_had: false, tail }
    }

    /// The words by which the request is about every model: "all models".
    fn every_model(&self) -> Option<String> {
        let said: Vec<&Word> = self.tail.iter().filter(|w| !TO.contains(&w.lower.as_str())).collect();
        let (last, before) = said.split_last()?;
        let is_all = before.iter().any(|w| ["all", "every", "each"].contains(&w.lower.as_str()))
            && before
                .iter()
                .all(|w| BEFORE_NOUN.contains(&w.lower.as_str()) || ["of"].contains(&w.lower.as_str()));
        let is_noun = MODEL.iter().any(|noun| stem(noun) == last.stem);
        let text = said.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        (is_all && is_noun || last.lower == "everything").then_some(text)
    }

    /// "tasks belong to a project": a relation to one row of another model. "tasks belong to projects" leaves open to how
    /// many.
    fn belonging(tokens: &[&str], facts: Option<&ProjectFacts>) -> Result<Option<Belonging>, PlanningError> {
        let Some(facts) = facts else { return Ok(None) };
        let Some((model, after)) = model_first(tokens, Some(facts)) else { return Ok(None) };
        let says = |said: &[&str], list: &[&str]| said.iter().any(|t| list.contains(&bare(t).as_str()));
        let verbs = after.iter().take_while(|t| HAVE.contains(&bare(t).as_str()) || bare(t) == "may").count();
        let [verb, to, target @ ..] = &after[verbs..] else { return Ok(None) };
        let is_demanded = says(&after[..verbs], &["must", "need", "needs", "has"]);
        if stem(&bare(verb)) != "belong" || bare(to) != "to" {
            return Ok(None);
        }
        let articles =
            target.iter().take_while(|t| BEFORE_NOUN.contains(&bare(t).as_str()) || bare(t) == "one").count();
        let (articles, target) = target.split_at(articles);
        let is_demanded = is_demanded || says(articles, &["one", "every"]);
        let Some((name, rest)) = model_first(target, Some(facts)) else {
            let model = model.join(" ");
            return match target {
                // The user model need not be one of the project's own.
                [one] if bare(one) == "user" || user_word(&bare(one)) && says(articles, &["one"]) => {
                    let required = if is_demanded { " required" } else { "" };
                    let tail = words(&format!("to {model}"));
                    Ok(Some(Belonging::ToOne(Self::new(format!("user:fk(user){required}"), true, tail))))
                }
                [one] if user_word(&bare(one)) => Ok(Some(Belonging::Open([
                    format!("Add user:fk(user) to {model}"),
                    format!("Add users:m2m(user) to {model}"),
                ]))),
                [one] => Err(not_there_yet(&bare(one), facts)),
                _ => Ok(None),
            };
        };
        let name: Vec<String> = name.iter().map(|t| bare(t)).collect();
        if rest.first().is_some_and(|t| !["without", "no"].contains(&bare(t).as_str())) {
            return Ok(None);
        }
        let Some(target) =
            models(facts).find(|m| names(&m.name).contains(&name) || name == [m.label.to_lowercase()])
        else {
            return Ok(None);
        };
        let is_one = name.concat() == target.name.to_lowercase() || name == [target.label.to_lowercase()];
        if !is_one && !says(articles, &["one"]) {
            return Ok(Some(Belonging::Open(relations(target, &model.join(" ")))));
        }
        let required = if is_demanded { " required" } else { "" };
        let list = format!("{}:fk({}){required}", snake(&target.name), target.label);
        let tail = words(&format!("to {} {}", model.join(" "), rest.join(" ")));
        Ok(Some(Belonging::ToOne(Self::new(list, true, tail))))
    }

    /// "give posts a subtitle field"
    fn given(rest: &[&str], facts: Option<&ProjectFacts>) -> Option<Self> {
        let (model, after) = model_first(rest, facts).or_else(|| stranger_first(rest))?;
        let after = after.strip_prefix(&["with"]).unwrap_or(after);
        let (list, says_field) = without_noun(after);
        Some(Self::new(list, says_field, words(&format!("to {}", model.join(" ")))))
    }

    /// "posts should have a subtitle field"
    fn had(tokens: &[&str], facts: Option<&ProjectFacts>) -> Option<Self> {
        let (model, after) = models_first(tokens, facts)?;
        let verbs = after.iter().take_while(|t| HAVE.contains(&bare(t).as_str())).count();
        // "a book has exactly one publisher"
        let one =
            after[verbs..].iter().take_while(|t| ["exactly", "one"].contains(&bare(t).as_str())).count();
        let one = if verbs + one < after.len() { one } else { 0 };
        let (list, says_field) = without_noun(&after[verbs + one..]);
        // "a course has a code, unique"; "a status todo, doing or done" are values.
        let list = list
            .split_once(',')
            .filter(|_| !list.contains(" or "))
            .and_then(|(field, said)| with_attributes(field, said, false))
            .unwrap_or(list);
        let tail = words(&format!("to {}", model.join(" ")));
        (verbs > 0).then(|| Self { is_had: true, ..Self::new(list, says_field, tail) })
    }

    /// "slug for posts", "task due date": a field and a model, without a verb.
    fn stated(request: &str, facts: Option<&ProjectFacts>) -> Option<Self> {
        let tokens = tokens(request);
        let place = tokens.iter().rposition(|t| ["for", "on"].contains(&bare(t).as_str()));
        let (list, model) =
            match place.and_then(|at| Some((&tokens[..at], model_first(&tokens[at + 1..], facts)?))) {
                Some((list, (model, []))) => (list, model),
                Some(_) => return None,
                None => {
                    let (model, list) = model_first(&tokens, facts)?;
                    (list, model)
                }
            };
        let (list, says_field) = without_noun(list);
        let tail = words(&format!("to {}", model.join(" ")));
        (!list.is_empty()).then(|| Self::new(list, says_field, tail))
    }

    /// "task status: todo/doing/done": a model, and a field of it with its values.
    fn with_values(tokens: &[&str], facts: Option<&ProjectFacts>) -> Option<Self> {
        let (model, after) = model_first(tokens, facts)?;
        let is_whole = model.iter().all(|t| t.chars().all(|c| c.is_alphanumeric() || c == '.'));
        let list = after.join(" ");
        let list = behind_colon(&list).or_else(|| with_slashes(&list)).unwrap_or(list);
        let has_values = match Item::read(&list, &[]) {
            Item::Field(line) => line.contains(":choice("),
            _ => false,
        };
        let is_one = items(&list, None).len() == 1;
        let tail = words(&format!("to {}", model.join(" ")));
        (is_whole && is_one && has_values).then(|| Self::new(list, true, tail))
    }
}

/// How many of the words behind a preposition are the model: with its article, and the noun for it.
fn place_len(rest: &[&str], facts: Option<&ProjectFacts>) -> usize {
    let start = rest.iter().take_while(|t| BEFORE_NOUN.contains(&bare(t).as_str())).count();
    let known = model_first(rest, facts).map(|(model, _)| model.len());
    let end = (start + known.unwrap_or(1)).min(rest.len());
    end + rest[end..].iter().take_while(|t| MODEL.contains(&bare(t).as_str())).count()
}

/// The list of one field with what is said of it behind the model: "unique", "default 0", "(easy, hard)". `None` where
/// that says something else.
fn with_attributes(list: &str, said: &str, is_list: bool) -> Option<String> {
    let said = said.trim_matches([',', ';', '.', '!', ' ']);
    let [item] = items(list, None).try_into().ok()?;
    if said.is_empty() {
        return None;
    }
    let (said, is_list) = values_said(said).map_or((said, is_list), |values| (values, true));
    let values = said.replace(" or ", ",");
    // "details: weight, height" are fields, and no field's values.
    if is_list && values.split([',', '/']).all(|value| !may_be_value(&snake(value.trim()))) {
        return None;
    }
    let is_word = |v: &str| !v.trim().is_empty() && v.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_list =
        is_list && said.contains([',', '/']) || said.contains(" or ") && values.split(',').all(is_word);
    let said = if is_list {
        let (values, options) = and_options(said);
        format!("({values}) {options}").trim_end().to_owned()
    } else {
        without_commas(said)
    };
    let of_words = |text: &str| match Item::read(text, &[]) {
        Item::Field(line) => Some(line),
        _ => None,
    };
    let name = |line: &str| line.split([':', '?', ' ']).next().unwrap_or_default().to_owned();
    if let Some((front, _)) = item.split_once(':') {
        // Of a field with a type only options may follow.
        let options = of_words(&format!("{PLACEHOLDER} {said}"))?;
        let options = options.strip_prefix(PLACEHOLDER)?;
        // "default none" makes it optional.
        let (mark, options) = options.strip_prefix('?').map_or(("", options), |options| ("?", options));
        let mark = if front.ends_with('?') { "" } else { mark };
        let says = options.starts_with(' ') || options.is_empty() && !mark.is_empty();
        let behind = &item[front.len()..];
        return (says && !front.is_empty()).then(|| format!("{front}{mark}{behind}{options}"));
    }
    let whole = format!("{item} {said}");
    let (before, after) = (of_words(&item)?, of_words(&whole)?);
    (name(&before) == name(&after) && before != after).then_some(whole)
}

/// A name that has no rule of its own.
const PLACEHOLDER: &str = "x";

/// The text without the commas outside of brackets.
fn without_commas(text: &str) -> String {
    let mut depth = 0_i32;
    let keep = |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == ',' && depth == 0 { ' ' } else { c }
    };
    text.chars().map(keep).collect()
}

/// What "link tasks to projects" may mean.
fn linked(tokens: &[&str], facts: Option<&ProjectFacts>) -> Option<[String; 2]> {
    let (verb, rest) = tokens.split_first()?;
    if !LINK.iter().any(|link| stem(link) == stem(&bare(verb))) {
        return None;
    }
    let (model, rest) = model_first(rest, facts)?;
    let (joint, rest) = rest.split_first()?;
    let (target, rest) = model_first(rest, facts)?;
    if !rest.is_empty() || !["to", "with", "and"].contains(&bare(joint).as_str()) {
        return None;
    }
    let of = |said: &[&str]| {
        let said: Vec<String> = said.iter().map(|t| bare(t)).collect();
        facts.and_then(|facts| {
            models(facts).find(|m| names(&m.name).contains(&said) || said == [m.label.to_lowercase()])
        })
    };
    Some(relations(of(target)?, &model.join(" ")))
}

/// How the model gets one row of the target, and how it gets several.
fn relations(target: &ModelFacts, model: &str) -> [String; 2] {
    let one = snake(&target.name);
    [
        format!("Add {one}:fk({}) to {model}", target.label),
        format!("Add {}:m2m({}) to {model}", plural(&one), target.label),
    ]
}

/// That the model which rows are to belong to is to be made first.
fn not_there_yet(word: &str, facts: &ProjectFacts) -> PlanningError {
    let mut error = unknown_model(word, facts);
    if error.hint.is_none() {
        let class = pascal(&singular(word));
        let request =
            format!("Create {} {class} model with name and description", article(&class.to_lowercase()));
        error.hint = Some(format!("make it first: aksara ai plan {}", shell_quoted(&request)).into());
    }
    error
}

/// The request without the quotes around names, and whether it had some: `a "calories" field`. Values keep theirs.
pub(super) fn unquoted(request: &str) -> (String, bool) {
    const PAIRS: &[(char, char)] =
        &[('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}')];
    let mut text = String::with_capacity(request.len());
    let mut is_quoted = false;
    let mut rest = request;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let begins = text.chars().next_back().is_none_or(|before| before.is_whitespace() || before == ',');
        let name = PAIRS.iter().find(|(open, _)| *open == c && begins).and_then(|(_, close)| {
            let (name, behind) = after.split_once(*close)?;
            let is_name = name.starts_with(char::is_alphanumeric)
                && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ')
                && name.split(' ').count() <= MOST_QUOTED;
            let ends = behind.chars().next().is_none_or(|next| !next.is_alphanumeric());
            (is_name && ends).then_some((name, behind))
        });
        match name {
            Some((name, behind)) => {
                text.push_str(name);
                (rest, is_quoted) = (behind, true);
            }
            None => {
                text.push(c);
                rest = after;
            }
        }
    }
    (text, is_quoted)
}

/// More words in quotes are no name.
const MOST_QUOTED: usize = 3;

/// The model that the words begin with, and what comes behind it.
pub(super) fn model_first<'r, 't>(
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

/// The models that the words begin with, and what comes behind them: "teachers and students have".
fn models_first<'r, 't>(
    tokens: &'r [&'t str],
    facts: Option<&ProjectFacts>,
) -> Option<(&'r [&'t str], &'r [&'t str])> {
    let (_, mut after) = model_first(tokens, facts)?;
    while let [joint, rest @ ..] = after
        && ["and", "&"].contains(joint)
        && let Some((_, behind)) = model_first(rest, facts)
    {
        after = behind;
    }
    Some(tokens.split_at(tokens.len() - after.len()))
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
    known || said.first().is_some_and(|word| word.parse::<f64>().is_err()) && said.get(1).is_none_or(ends)
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
pub(super) fn bare(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("\u{2019}s")).unwrap_or(word);
    word.to_lowercase()
}
