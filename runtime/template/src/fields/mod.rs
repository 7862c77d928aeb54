//! Fields of a model as people write them: a name, a line of text, or an object.
//!
//! ```text
//! name                            the type follows from the name
//! subtitle?                       may be left empty
//! price:decimal(10,2)             a type, with its sizes
//! status:choice(draft,live) default=draft
//! author:fk(auth.User) related_name=articles
//! {"name": "price", "type": "decimal", "min": 0}
//! ```
//!
//! Everything that knows this grammar, and everything that guesses a type, is here. It is pure: a field and the
//! labels of the project's models in, a [`FieldSpec`] out. What a field becomes in a stack is its executor's
//! business.

mod infer;
mod object;
mod problem;
mod text;
mod times;
mod types;
mod words;

use aksara_protocol::params::{FieldSpec, FieldType};
use aksara_protocol::{JsonMap, ProjectFacts};
use serde_json::Value;

use crate::nearest::nearest;
use crate::params::{ParamProblem, ParamsError, properties};
use crate::script::{plural, snake};

pub(crate) use infer::{
    Holds, is_decimal_name, is_file, is_known_name, is_measured, may_be_value, what_holds,
};
pub use problem::FieldProblem;
pub(crate) use text::split_list;
pub(crate) use words::{asks, from_words, is_flag, says_type as is_type, values_said};

/// The models that fields may point to.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// `app.Model` of all models of the project.
    labels: Vec<String>,
    /// `app.Model` of the user model.
    user: String,
}

/// Of the names of models, those that a word may mean.
enum Meant<'t> {
    None,
    One(&'t str),
    Several(Vec<String>),
}

impl Targets {
    /// The models of a project, and its user model.
    #[must_use]
    pub fn of(facts: &ProjectFacts) -> Self {
        let user = match facts.settings.auth_user_model.as_str() {
            "" => "auth.User",
            label => label,
        };
        Self { labels: facts.model_labels.clone(), user: user.to_owned() }
    }

    /// What a relation's target is called in a step: `user`, `self`, or a label.
    fn resolve(&self, written: &str) -> Result<String, FieldProblem> {
        if written == "self" {
            return Ok(written.to_owned());
        }
        if written.eq_ignore_ascii_case("user") || written.eq_ignore_ascii_case(&self.user) {
            return Ok("user".to_owned());
        }
        if let Some(label) = self.labels.iter().find(|l| l.eq_ignore_ascii_case(written)) {
            return Ok(label.clone());
        }
        let near = || {
            let short = |label: &'_ String| label.rsplit('.').next().unwrap_or_default().to_owned();
            let word = written.rsplit('.').next().unwrap_or(written);
            let names: Vec<String> = self.labels.iter().map(short).collect();
            let name = nearest(word, names.iter().map(String::as_str))?;
            self.labels.iter().find(|label| short(label) == name).cloned()
        };
        let unknown = || FieldProblem::NoModel { name: written.to_owned(), nearest: near() };
        if let Some((app, _)) = written.split_once('.') {
            // Models of other packages are the executor's to check.
            let own = self.labels.iter().any(|l| l.split('.').next() == Some(app));
            return if own { Err(unknown()) } else { Ok(written.to_owned()) };
        }
        match self.meant(&snake(written)) {
            Meant::One(label) => Ok(label.to_owned()),
            Meant::None => Err(unknown()),
            Meant::Several(labels) => Err(FieldProblem::SeveralModels { name: written.to_owned(), labels }),
        }
    }

    /// The model whose name in snake case is `name`.
    fn meant(&self, name: &str) -> Meant<'_> {
        self.matching(|class| snake(class) == name)
    }

    /// The model whose plural in snake case is `name`.
    fn meant_by_plural(&self, name: &str) -> Meant<'_> {
        self.matching(|class| plural(&snake(class)) == name && snake(class) != name)
    }

    fn matching(&self, fits: impl Fn(&str) -> bool) -> Meant<'_> {
        let found: Vec<&String> =
            self.labels.iter().filter(|l| l.rsplit('.').next().is_some_and(&fits)).collect();
        match found.as_slice() {
            [] => Meant::None,
            [one] => Meant::One(one),
            several => Meant::Several(several.iter().map(|l| (*l).clone()).collect()),
        }
    }
}

/// One field, from a text or an object.
///
/// # Errors
/// What is wrong with it, and what was probably meant.
pub fn read(field: &Value, targets: &Targets) -> Result<FieldSpec, FieldProblem> {
    let field = match field {
        Value::String(written) => text::read(written, targets),
        Value::Object(entries) => object::read(entries, targets),
        other => Err(FieldProblem::NotAField { text: other.to_string() }),
    }?;
    check_bounds(&field)?;
    Ok(field)
}

/// Bounds that no value keeps are a slip of the pen, and not a model that nobody can fill.
fn check_bounds(field: &FieldSpec) -> Result<(), FieldProblem> {
    let number = |value: &Option<Value>| match value.as_ref()? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse::<f64>().ok(),
        _ => None,
    };
    let wrong = |option: &str, value: &Option<Value>, reason: String| {
        let value = value.as_ref().map(Value::to_string).unwrap_or_default();
        Err(FieldProblem::Value { option: format!("{} {option}", field.name), value, reason })
    };
    let (min, max) = (number(&field.min), number(&field.max));
    if let (Some(least), Some(greatest)) = (min, max)
        && least > greatest
    {
        return wrong("min", &field.min, format!("the greatest value is {greatest}"));
    }
    if let (Some(digits), Some(places)) = (field.max_digits, field.decimal_places) {
        let room = 10_f64.powi(i32::try_from(digits.saturating_sub(places)).unwrap_or(i32::MAX));
        for (option, value, bound) in [("min", &field.min, min), ("max", &field.max, max)] {
            if bound.is_some_and(|bound| bound.abs() >= room) {
                return wrong(option, value, format!("decimal({digits},{places}) holds values below {room}"));
            }
        }
    }
    if let Some(initial) = number(&field.initial)
        && (min.is_some_and(|least| initial < least) || max.is_some_and(|greatest| initial > greatest))
    {
        return wrong("default", &field.initial, "it is not within the field's own bounds".to_owned());
    }
    Ok(())
}

/// Reads every parameter of the kinds `fields` and `new_fields`, in place: afterwards each is a list of objects, as steps have
/// them. Gives the names of those whose type was assumed because their names do not say it, and that type.
///
/// # Errors
/// Every field that is wrong, all at once.
pub(crate) fn read_params(
    schema: &Value,
    params: &mut JsonMap,
    facts: &ProjectFacts,
) -> Result<Vec<(String, FieldType)>, ParamsError> {
    let targets = Targets::of(facts);
    let mut problems = Vec::new();
    let mut assumed = Vec::new();
    for (name, property) in properties(schema) {
        let kind = property.get("x-kind").and_then(Value::as_str);
        if !matches!(kind, Some("fields" | "new_fields")) {
            continue;
        }
        let Some(value) = params.get_mut(name) else { continue };
        let items: Vec<Value> = match value {
            Value::String(list) => split_list(list).into_iter().map(Value::from).collect(),
            Value::Array(items) => std::mem::take(items),
            _ => continue,
        };
        let mut fields: Vec<FieldSpec> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let result = read(item, &targets).and_then(|mut field| {
                if kind == Some("new_fields") {
                    let is_required = match item {
                        Value::String(line) => text::says_required(line),
                        other => {
                            let is_required = other.get("optional") == Some(&Value::Bool(false));
                            if is_required {
                                let has_default =
                                    ["default", "initial"].iter().any(|key| other.get(key).is_some());
                                make_required(&mut field, has_default);
                            }
                            is_required
                        }
                    };
                    make_addable(&mut field, is_required);
                }
                if fields.iter().any(|f| f.name == field.name) {
                    return Err(FieldProblem::Twice { name: field.name });
                }
                Ok(field)
            });
            match result {
                Ok(field) => {
                    let has_type = match item {
                        Value::String(text) => text.contains(':'),
                        other => other.get("type").is_some() || other.get("choices").is_some(),
                    };
                    if !has_type && let Some(kind) = infer::assumed(&field.name, &targets) {
                        assumed.push((field.name.clone(), kind));
                    }
                    fields.push(field);
                }
                Err(problem) => problems.push(ParamProblem::Wrong {
                    name: format!("{name}[{index}]"),
                    reason: problem.to_string(),
                }),
            }
        }
        let fields = fields.into_iter().filter_map(|f| serde_json::to_value(f).ok());
        *value = Value::Array(fields.collect());
    }
    if problems.is_empty() { Ok(assumed) } else { Err(ParamsError { problems }) }
}

/// The labels of the project's models that the fields among these parameters point to. Of the user model, which
/// anything may point to, and of fields that cannot be read nothing is said.
pub fn related<'g>(
    schema: &Value,
    given: impl Iterator<Item = (&'g String, &'g Value)>,
    facts: &ProjectFacts,
) -> Vec<String> {
    let targets = Targets::of(facts);
    let is_fields = |name: &str| {
        properties(schema).any(|(other, property)| {
            other == name && property.get("x-kind").and_then(Value::as_str) == Some("fields")
        })
    };
    let items = given.filter(|(name, _)| is_fields(name)).flat_map(|(_, value)| match value {
        Value::String(list) => split_list(list).into_iter().map(Value::from).collect(),
        Value::Array(items) => items.clone(),
        _ => Vec::new(),
    });
    let mut found: Vec<String> = items
        .filter_map(|item| read(&item, &targets).ok()?.to)
        .filter(|to| targets.labels.contains(to))
        .collect();
    found.dedup();
    found
}

/// Makes a field one that may be left out, in the way that suits its type.
fn make_optional(field: &mut FieldSpec) {
    field.blank = true;
    let is_text = matches!(
        field.field_type,
        FieldType::String | FieldType::Text | FieldType::Slug | FieldType::Email | FieldType::Url
    );
    // Two rows without a unique text would have the same empty one.
    let empty_is_null = !is_text || field.unique;
    field.null = empty_is_null && field.field_type != FieldType::ManyToMany && field.initial.is_none();
    if field.null && field.is_relation() && field.on_delete.is_none() {
        field.on_delete = Some("set_null".to_owned());
    }
}

/// Makes a field one that must be filled: what its name says of how it may be empty, or what it begins with, does not
/// count. A switch has two values only, and a random one is given by nobody.
fn make_required(field: &mut FieldSpec, has_default: bool) {
    if field.field_type == FieldType::ManyToMany {
        return;
    }
    (field.blank, field.null) = (false, false);
    field.on_delete.take_if(|rule| rule == "set_null");
    if !has_default {
        field.initial.take_if(|initial| !initial.is_boolean() && *initial != "random");
    }
}

/// Makes a field one that a model with rows and clients can be given: it may be left out, unless it has a value by
/// itself or must be filled.
fn make_addable(field: &mut FieldSpec, is_required: bool) {
    let has_value = field.initial.is_some() || field.set_on_create || field.set_on_save;
    let is_filled = is_required && field.field_type != FieldType::ManyToMany;
    if !is_filled && !has_value {
        make_optional(field);
    }
}

/// A field of a type, as it is where nothing else is said.
fn plain(name: &str, field_type: FieldType) -> FieldSpec {
    FieldSpec {
        name: name.to_owned(),
        field_type,
        // A switch is off until somebody turns it on, and a set of rows may be empty.
        initial: (field_type == FieldType::Boolean).then_some(Value::Bool(false)),
        blank: field_type == FieldType::ManyToMany,
        ..FieldSpec::default()
    }
}

/// Whether a text names a field: lower-case words joined by one `_`.
fn check_name(name: &str) -> Result<(), FieldProblem> {
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.contains("__")
        && !name.ends_with('_');
    if fits {
        return Ok(());
    }
    let better = snake(name);
    let nearest = (better != name && check_name(&better).is_ok()).then_some(better);
    Err(FieldProblem::Name { text: name.to_owned(), nearest })
}

#[cfg(test)]
mod tests;
