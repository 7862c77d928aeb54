//! Values that make a valid row, or a valid request, of a model.
//!
//! Values are Python source. A row needs what the database demands, a request what the serializer demands. What
//! cannot be made up (a file, a row of another package's model) is refused while the plan is made, so that no
//! test is written that can only fail.

use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{
    Args, Expr, FieldFacts, ModelFacts, Parts, ProjectFacts, Relation, RelationKind,
};
use serde_json::Value;

use super::{api, kinds, names, rows, rules, saving, scope, visible};

/// The model of the kinds of rows that a generic foreign key points to. Its rows are made by `migrate`.
const CONTENT_TYPE: &str = "contenttypes.ContentType";

/// The letters of the longest word that tests tell rows apart by.
const LONGEST_MARK: u64 = 8;

/// What a sample is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `Model.objects.create(…)`: relations are objects.
    Row,
    /// The body of a request: relations are keys.
    Request,
}

/// What is asked of a sample.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// A text, as source, that goes into every field that must differ between rows. Without it such fields have
    /// their usual value, which serves for one row only.
    pub unique: Option<&'a str>,
    /// Values that the caller gives, as source, by field.
    pub given: &'a [(String, String)],
    /// The fields that may be used at all; all of them if absent.
    pub allowed: Option<&'a [String]>,
}

/// Fields and values, in the model's order.
///
/// # Errors
/// A required field that no value can be made up for, or a given field that the model does not have.
pub fn sample(
    facts: &ProjectFacts,
    model: &ModelFacts,
    wish: &Wish<'_>,
) -> Result<Vec<(String, String)>, Diagnostic> {
    if let Some((name, _)) = wish.given.iter().find(|(name, _)| model.field(name).is_none()) {
        return Err(Diagnostic::new(
            codes::NOT_FOUND,
            format!("the test's body gives a value for `{name}`, and {} has no such field", model.label),
        )
        .with_help("test first: {% if \"field\" in model.fields %}"));
    }
    let mut out = of_a_user(model, wish);
    // A row is one that the tests' user sees.
    let seen = match wish.purpose {
        Purpose::Row => visible::seen(facts, model).unwrap_or_default().given,
        Purpose::Request => Vec::new(),
    };
    let is_demanded = |field: &FieldFacts| {
        wish.purpose == Purpose::Request && api::is_demanded_by_serializer(facts, model, field)
    };
    for field in &model.fields {
        let is_seen_by_it = seen.iter().any(|(name, _)| *name == field.name);
        if is_seen_by_it && is_one_to_one(field) && wish.unique.is_some() {
            return Err(refused(model, field, "only one row is that of the user who is logged in"));
        }
        let mut given = wish.given.iter().chain(&seen);
        let given = given.find(|(name, _)| *name == field.name).map(|(_, source)| source.clone());
        let written = match wish.purpose {
            Purpose::Row => None,
            Purpose::Request => api::written(facts, model, field),
        };
        let name = written.as_ref().map_or(field.name.as_str(), |written| &written.name);
        let value = match given {
            Some(source) => source,
            None if !is_needed(facts, model, field, wish.purpose) && !is_demanded(field) => continue,
            None if wish.allowed.is_some_and(|names| names.iter().all(|allowed| allowed != name)) => continue,
            None => match (&field.relation, &written) {
                (Some(relation), Some(written)) => {
                    let object = object(facts, model, field, relation)?;
                    let key = written.key_of(&object);
                    if relation.kind == RelationKind::ManyToMany { format!("[{key}]") } else { key }
                }
                _ => value(facts, model, field, wish)?,
            },
        };
        out.push((name.to_owned(), value));
    }
    Ok(out)
}

/// Whether a row or a request is given a value for the field: one that it must have, or one whose default may be wrong
/// beside such a one.
fn is_needed(facts: &ProjectFacts, model: &ModelFacts, field: &FieldFacts, purpose: Purpose) -> bool {
    if is_required(field, purpose) {
        return true;
    }
    if saving::demands(facts, model, field) && !(purpose == Purpose::Request && is_hidden(field)) {
        return true;
    }
    // A form may leave empty what no row may be without.
    if purpose == Purpose::Request && !is_hidden(field) && is_required(field, Purpose::Row) {
        return true;
    }
    // Of two rows that leave it empty the second is refused, unless the model fills it.
    if purpose == Purpose::Row && is_unique_if_empty(model, field) {
        return true;
    }
    let Some(default) = field.args.keyword("default") else { return false };
    if field.is_true("null") || is_set_by_framework(field) {
        return false;
    }
    let default = default.literal.as_ref().and_then(Value::as_f64);
    let is_wrong = |other: &FieldFacts| match default {
        Some(default) if rules::comes_before(model, other, field) => number(model, other, 1.0) >= default,
        Some(default) => number(model, other, 1.0) <= default,
        None => true,
    };
    let others = rules::compared_with(model, field).into_iter().filter_map(|name| model.field(name));
    others.into_iter().any(|other| is_required(other, purpose) && is_wrong(other))
}

/// Whether no two rows may leave the text empty, and nothing that is known fills it.
fn is_unique_if_empty(model: &ModelFacts, field: &FieldFacts) -> bool {
    is_text_field(field)
        && field.is_true("blank")
        && !field.is_true("null")
        && !has_default(field)
        && field.args.keyword("choices").is_none()
        && rules::is_unique_alone(model, field)
        && !model.members.iter().any(|member| member == "save")
}

/// Whether it is one of Django's own fields that hold a text.
pub fn is_text_field(field: &FieldFacts) -> bool {
    let is_file = matches!(field.class_name(), "FileField" | "ImageField");
    field.class.starts_with("django.db.models") && is_text(field.class_name()) && !is_file
}

/// What a row of the user model has from Django's own bases, whose fields are not the project's.
fn of_a_user(model: &ModelFacts, wish: &Wish<'_>) -> Vec<(String, String)> {
    let is_named = scope::has_djangos(model, "AbstractUser", "username");
    let extends = |base: &str| scope::extends(model, base);
    if wish.purpose != Purpose::Row
        || wish.allowed.is_some()
        || !["AbstractUser", "AbstractBaseUser"].into_iter().any(extends)
    {
        return Vec::new();
    }
    let name = wish.unique.unwrap_or("\"user\"");
    let mut out = vec![("username", name), ("password", "\"s3cret-pass\"")];
    out.retain(|(field, _)| model.field(field).is_none() && (is_named || *field != "username"));
    out.into_iter().map(|(field, source)| (field.to_owned(), source.to_owned())).collect()
}

/// Models of which one row must be there before a row of `model` can be made, each before what needs it. The
/// user model is not among them: tests always have `self.user`.
///
/// # Errors
/// A required relation to a model that is not the project's own, or a circle of them.
pub fn parents<'f>(facts: &'f ProjectFacts, model: &ModelFacts) -> Result<Vec<&'f ModelFacts>, Diagnostic> {
    let mut found = Vec::new();
    collect_parents(facts, model, &mut vec![model.label.clone()], &mut found)?;
    Ok(found)
}

fn collect_parents<'f>(
    facts: &'f ProjectFacts,
    model: &ModelFacts,
    path: &mut Vec<String>,
    found: &mut Vec<&'f ModelFacts>,
) -> Result<(), Diagnostic> {
    // A request for the model itself needs all of them, whatever makes its rows.
    let by_factory = path.len() > 1 && rows::has_factory(facts, &model.label);
    for (field, relation) in needed_relations(facts, model, by_factory) {
        if is_user(facts, relation) || relation.to == CONTENT_TYPE {
            continue;
        }
        if path.contains(&relation.to) {
            let circle: Vec<&str> = path.iter().map(String::as_str).chain([relation.to.as_str()]).collect();
            return Err(refused(
                model,
                field,
                &format!("it leads back to a model that must be there before ({})", circle.join(" → ")),
            ));
        }
        let Some(target) = facts.model(&relation.to) else {
            return Err(refused(
                model,
                field,
                &format!("`{}` is not one of the project's models", relation.to),
            ));
        };
        path.push(relation.to.clone());
        collect_parents(facts, target, path, found)?;
        path.pop();
        if !found.iter().any(|m| m.label == target.label) {
            found.push(target);
        }
    }
    Ok(())
}

/// The relations that a row must be given: those that are required. Of a row that a factory makes, only those by
/// which a row is a user's: the factory would give it to another user, who may do what `self.user` may not.
fn needed_relations<'f>(
    facts: &'f ProjectFacts,
    model: &'f ModelFacts,
    by_factory: bool,
) -> impl Iterator<Item = (&'f FieldFacts, &'f Relation)> {
    model
        .fields
        .iter()
        .filter(|f| is_required(f, Purpose::Row) || is_required(f, Purpose::Request))
        .filter_map(|f| Some((f, f.relation.as_ref()?)))
        .filter(move |(_, relation)| !by_factory || leads_to_user(facts, relation, 8))
}

/// Whether no two rows may point to the same one.
fn is_one_to_one(field: &FieldFacts) -> bool {
    field.relation.as_ref().is_some_and(|relation| relation.kind == RelationKind::OneToOne)
}

/// The model of the project whose table a field is in, where its own extends that.
pub fn owner<'f>(facts: &'f ProjectFacts, field: &FieldFacts) -> Option<&'f ModelFacts> {
    facts.model(field.inherited_from.as_deref()?).filter(|model| !model.is_abstract)
}

fn leads_to_user(facts: &ProjectFacts, relation: &Relation, depth: usize) -> bool {
    if relation.kind == RelationKind::ManyToMany {
        return false;
    }
    is_user(facts, relation)
        || (depth > 0
            && facts.model(&relation.to).is_some_and(|target| {
                let required = target.fields.iter().filter(|f| is_required(f, Purpose::Row));
                required
                    .filter_map(|f| f.relation.as_ref())
                    .any(|relation| leads_to_user(facts, relation, depth - 1))
            }))
}

/// What a factory must be given for a row to be `self.user`'s, where it can be. Of rows that differ, no two have the same
/// in a relation one to one: that is the factory's to make.
pub fn belongings(facts: &ProjectFacts, model: &ModelFacts, differ: bool) -> Vec<(String, String)> {
    needed_relations(facts, model, true)
        .filter(|(field, _)| !(differ && is_one_to_one(field)))
        .filter_map(|(field, relation)| {
            let source = match is_user(facts, relation) {
                true => "self.user".to_owned(),
                false => format!("self.{}", variable(names::of_model(facts, facts.model(&relation.to)?))),
            };
            Some((field.name.clone(), source))
        })
        .chain(visible::seen(facts, model).unwrap_or_default().given)
        .fold(Vec::new(), |mut all, (name, source)| {
            if all.iter().all(|(there, _)| *there != name) {
                all.push((name, source));
            }
            all
        })
}

/// Whether a row of `model`, or of a model that must be there before, points to a user.
pub fn needs_user(facts: &ProjectFacts, model: &ModelFacts) -> bool {
    let points = |model: &ModelFacts| {
        let seen = visible::seen(facts, model).unwrap_or_default();
        needed_relations(facts, model, false).any(|(_, relation)| is_user(facts, relation))
            || !seen.members.is_empty()
            || seen.given.iter().any(|(_, source)| source == "self.user")
    };
    points(model) || parents(facts, model).unwrap_or_default().into_iter().any(points)
}

/// The text field by which rows are told apart: unique, a slug rather than a name.
pub fn key(model: &ModelFacts) -> Option<&FieldFacts> {
    let unique: Vec<&FieldFacts> = unique_texts(model).collect();
    unique.iter().find(|f| f.class_name() == "SlugField").or(unique.first()).copied()
}

/// The first text field for people that is not the key: a name or a title.
pub fn title(model: &ModelFacts) -> Option<&FieldFacts> {
    let key = key(model).map(|f| f.name.as_str());
    let free = |f: &&FieldFacts| {
        matches!(f.class_name(), "CharField" | "TextField")
            && f.args.keyword("choices").is_none()
            && !is_false(f, "editable")
            && Some(f.name.as_str()) != key
    };
    model.fields.iter().find(free)
}

/// Required text fields whose values must differ between rows.
pub fn unique_texts(model: &ModelFacts) -> impl Iterator<Item = &FieldFacts> {
    model.fields.iter().filter(|f| {
        is_unique(model, f)
            && is_required(f, Purpose::Row)
            && f.args.keyword("choices").is_none()
            && matches!(f.class_name(), "CharField" | "TextField" | "SlugField" | "EmailField" | "URLField")
    })
}

/// Names that a test needs for something else, or that Python does not take.
const TAKEN: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "data", "def", "del", "elif",
    "else", "except", "expected", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "params", "pass", "raise", "response", "return", "reverse", "row", "self",
    "setUp", "status", "try", "url", "user", "values", "while", "with", "yield",
];

/// The name of a model's variable in a test: its class in snake case, with a `_` behind it where that means
/// something else.
pub fn variable(class: &str) -> String {
    let name = in_snake_case(class);
    if TAKEN.contains(&name.as_str()) { format!("{name}_") } else { name }
}

fn in_snake_case(class: &str) -> String {
    let chars: Vec<char> = class.chars().collect();
    let mut out = String::new();
    for (index, c) in chars.iter().enumerate() {
        let starts_word = c.is_uppercase()
            && index > 0
            && (!chars[index - 1].is_uppercase() || chars.get(index + 1).is_some_and(|n| n.is_lowercase()));
        if starts_word && !out.ends_with('_') {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn is_false(field: &FieldFacts, name: &str) -> bool {
    field.args.keyword(name).and_then(|e| e.literal.as_ref()) == Some(&Value::Bool(false))
}

/// Whether no form and no request has the field.
fn is_hidden(field: &FieldFacts) -> bool {
    let is_binary = kinds::django_class(field) == Some("BinaryField");
    is_false(field, "editable") || (is_binary && !field.is_true("editable"))
}

fn is_user(facts: &ProjectFacts, relation: &Relation) -> bool {
    relation.to == facts.settings.auth_user_model
}

/// Whether the framework sets the field, and nobody else.
pub fn is_set_by_framework(field: &FieldFacts) -> bool {
    field.is_true("auto_now") || field.is_true("auto_now_add") || field.class_name().ends_with("AutoField")
}

/// Whether a row has a value that nobody gives; `default=None` is none.
fn has_default(field: &FieldFacts) -> bool {
    let is_none = |name: &str| {
        field.args.keyword(name).is_none_or(|default| default.literal.as_ref().is_some_and(Value::is_null))
    };
    !is_none("default") || !is_none("db_default") || kinds::is_filled(field)
}

/// Whether a row or a request must have the field.
pub fn is_required(field: &FieldFacts, purpose: Purpose) -> bool {
    if is_set_by_framework(field) || has_default(field) || field.is_true("null") {
        return false;
    }
    let to_many = field.relation.as_ref().is_some_and(|r| r.kind == RelationKind::ManyToMany);
    // Rows of a table of its own make such a relation, not a request for one end of it.
    if to_many && field.args.keyword("through").is_some() {
        return false;
    }
    match purpose {
        Purpose::Request => !field.is_true("blank") && !is_hidden(field),
        Purpose::Row if to_many => false,
        // A relation that no form has is set by the project's own code, such as the tenant of a row.
        Purpose::Row if field.relation.is_some() && is_false(field, "editable") => false,
        Purpose::Row => !(field.is_true("blank") && may_be_left_out(field)),
    }
}

/// Whether a row may be made without a field that may be empty: a text is stored as "" then, and another package says by
/// itself what is stored.
fn may_be_left_out(field: &FieldFacts) -> bool {
    match kinds::django_class(field) {
        Some(class) => is_text(class),
        None => field.relation.is_none() && !field.class.starts_with("django."),
    }
}

fn is_text(class: &str) -> bool {
    matches!(
        class,
        "CharField" | "TextField" | "SlugField" | "EmailField" | "URLField" | "FileField" | "ImageField"
    )
}

/// Whether rows are told apart by the field: alone, or among rows with the same relations.
fn is_unique(model: &ModelFacts, field: &FieldFacts) -> bool {
    rules::is_unique_alone(model, field)
        || rules::unique_with(model, field).iter().any(|others| others.iter().all(|f| f.relation.is_some()))
}

/// Whether a test can write another value into the field for every row.
fn can_vary(field: &FieldFacts) -> bool {
    field.relation.is_none()
        && field.args.keyword("choices").is_none()
        && match kinds::django_class(field) {
            Some("DecimalField" | "FloatField") => holds_whole_numbers(field),
            Some("BooleanField" | "JSONField" | "FileField" | "ImageField" | "BinaryField") => false,
            Some(_) => true,
            None => kinds::of_package(field).is_some_and(|(_, other)| other.is_some()),
        }
        && !field.class_name().ends_with("AutoField")
}

/// Whether the field must differ between rows, so that it is unique alone, or does so for a set of fields.
fn must_differ(model: &ModelFacts, field: &FieldFacts) -> bool {
    rules::is_unique_alone(model, field) || (can_vary(field) && !rules::unique_with(model, field).is_empty())
}

/// Whether it must in the model's table, or in that of the model that has it, which the model extends.
fn must_differ_anywhere(facts: &ProjectFacts, model: &ModelFacts, field: &FieldFacts) -> bool {
    let in_its_table =
        |owner: &ModelFacts| owner.field(&field.name).is_some_and(|field| must_differ(owner, field));
    must_differ(model, field) || owner(facts, field).is_some_and(in_its_table)
}

/// Whether rows differ by the row that the field points to, since nothing else that they have together once can.
fn differs_by_relation(facts: &ProjectFacts, model: &ModelFacts, field: &FieldFacts) -> bool {
    let points_to_own = |f: &FieldFacts| {
        f.relation.as_ref().is_some_and(|relation| {
            relation.kind != RelationKind::ManyToMany
                && !is_user(facts, relation)
                && facts.model(&relation.to).is_some()
        })
    };
    rules::unique_with(model, field).iter().any(|others| {
        // Of two rows without a value neither is in the other's way.
        let never_same = others.iter().any(|f| !is_required(f, Purpose::Row) && f.is_true("null"));
        let by_value = others.iter().any(|f| can_vary(f) && is_required(f, Purpose::Row));
        // The one that makes the rows another user's is the last to differ.
        let rank = |f: &FieldFacts| {
            let is_of_user = f.relation.as_ref().is_some_and(|relation| leads_to_user(facts, relation, 8));
            (is_of_user, model.fields.iter().position(|other| other.name == f.name))
        };
        let by_another =
            others.iter().any(|f| points_to_own(f) && (!points_to_own(field) || rank(f) < rank(field)));
        !never_same && !by_value && !by_another
    })
}

fn value(
    facts: &ProjectFacts,
    model: &ModelFacts,
    field: &FieldFacts,
    wish: &Wish<'_>,
) -> Result<String, Diagnostic> {
    if let Some(relation) = &field.relation {
        return related(facts, model, field, relation, wish);
    }
    if kinds::is_array(field) {
        return Ok(format!("[{}]", item(facts, model, field, wish)?));
    }
    if kinds::is_hstore(field) {
        return Ok("{\"a\": \"1\"}".to_owned());
    }
    if let Some(end) = kinds::end_of_range(field) {
        return range(facts, model, field, end, wish);
    }
    if let Some(choices) = field.args.keyword("choices") {
        return self::choices(field).into_iter().next().ok_or_else(|| {
            refused(model, field, &format!("its choices, `{}`, are not literal", choices.source))
        });
    }
    // Rows of the other models that extend the same one are in its table, too.
    let own = format!("\"{}\"", within_length(field, &in_snake_case(&model.name)));
    let among_others =
        (wish.purpose == Purpose::Row && owner(facts, field).is_some()).then_some(own.as_str());
    let of_package = kinds::of_package(field);
    if wish.purpose == Purpose::Request
        && of_package.is_none()
        && let Some(validator) = unknown_validator(field)
    {
        return Err(refused(
            model,
            field,
            &format!("what its validator `{validator}` lets through is not known"),
        ));
    }
    if let Some(unique) = wish.unique.or(among_others).filter(|_| must_differ_anywhere(facts, model, field)) {
        return distinct(facts, model, field, unique, wish.purpose);
    }
    if let Some((value, _)) = of_package {
        return Ok(quoted(value));
    }
    let Some(class) = kinds::django_class(field) else {
        return Err(refused(model, field, &format!("what a `{}` may hold is not known", field.class)));
    };
    let letter = field.name.chars().next().unwrap_or('x');
    let rank = rules::rank(model, field);
    Ok(match class {
        "CharField" => quoted(&long_enough(field, &letter.to_uppercase().to_string())),
        "TextField" => quoted(&long_enough(field, &letter.to_lowercase().to_string())),
        "SlugField" => quoted(&slug_letter(model, field).to_lowercase().to_string()),
        "EmailField" => quoted(&format!("{letter}@example.com")),
        "URLField" => quoted("https://example.com/"),
        "IntegerField"
        | "SmallIntegerField"
        | "BigIntegerField"
        | "PositiveIntegerField"
        | "PositiveSmallIntegerField"
        | "PositiveBigIntegerField" => number(model, field, 1.0).to_string(),
        "DecimalField" => {
            number(model, field, if holds_whole_numbers(field) { 1.0 } else { 0.5 }).to_string()
        }
        "FloatField" => format!("{:?}", number(model, field, 1.0)),
        "BooleanField" => "False".to_owned(),
        "DateField" => quoted(&day(rank, 1)),
        "DateTimeField" => quoted(&format!("{}T00:00:00Z", day(rank, 1))),
        "TimeField" => quoted(&format!("{:02}:00:00", 12 + rank)),
        "DurationField" if wish.purpose == Purpose::Request => quoted(&format!("{:02}:00:00", 1 + rank)),
        // Its name comes from `standard_imports`.
        "DurationField" => format!("timedelta(hours={})", 1 + rank),
        "UUIDField" => quoted("00000000-0000-4000-8000-000000000001"),
        "JSONField" => "{\"a\": 1}".to_owned(),
        "GenericIPAddressField" => quoted("192.0.2.1"),
        "BinaryField" if wish.purpose == Purpose::Row => "b\"x\"".to_owned(),
        // REST framework takes it in base 64.
        "BinaryField" => quoted("eA=="),
        // A name is all that the database keeps: no file is written, so none is left behind.
        "FileField" | "ImageField" if wish.purpose == Purpose::Row && !opens_its_file(field) => {
            quoted(if class == "ImageField" { "sample.png" } else { "sample.txt" })
        }
        "FileField" | "ImageField" => {
            return Err(refused(
                model,
                field,
                "a file cannot be sent as JSON, or is opened as soon as it is set",
            ));
        }
        _ => return Err(refused(model, field, &format!("no value is known for a {class}"))),
    })
}

/// What an array may have in it.
fn item(
    facts: &ProjectFacts,
    model: &ModelFacts,
    field: &FieldFacts,
    wish: &Wish<'_>,
) -> Result<String, Diagnostic> {
    let base = field.args.keyword("base_field").or_else(|| field.args.positional.first());
    match base.and_then(|base| base.parts.as_deref()) {
        Some(Parts::Call { function, args }) => {
            let item =
                FieldFacts { class: function.clone(), args: args.clone(), base: None, ..field.clone() };
            value(facts, model, &item, &Wish { unique: None, ..wish.clone() })
        }
        _ => Err(refused(model, field, "what is in its array is not known")),
    }
}

/// A range between two ends, of a class of Django's.
fn range(
    facts: &ProjectFacts,
    model: &ModelFacts,
    field: &FieldFacts,
    end: &str,
    wish: &Wish<'_>,
) -> Result<String, Diagnostic> {
    let class = format!("django.db.models.{end}");
    let bare = FieldFacts { class, args: Args::default(), base: None, ..field.clone() };
    let lower = value(facts, model, &bare, &Wish { unique: None, ..wish.clone() })?;
    let upper = match end {
        "DateField" => quoted(&day(1, 1)),
        "DateTimeField" => quoted(&format!("{}T00:00:00Z", day(1, 1))),
        _ => "10".to_owned(),
    };
    Ok(match wish.purpose {
        Purpose::Row => format!("({lower}, {upper})"),
        Purpose::Request => format!("{{\"lower\": {lower}, \"upper\": {upper}}}"),
    })
}

fn related(
    facts: &ProjectFacts,
    model: &ModelFacts,
    field: &FieldFacts,
    relation: &Relation,
    wish: &Wish<'_>,
) -> Result<String, Diagnostic> {
    let object = object(facts, model, field, relation)?;
    if wish.purpose == Purpose::Row && wish.unique.is_some() && differs_by_relation(facts, model, field) {
        let target = facts.model(&relation.to).filter(|_| !is_user(facts, relation));
        let why = "rows differ by nothing else that a test can make up";
        return another(facts, target.ok_or_else(|| refused(model, field, why))?);
    }
    match (relation.kind, wish.purpose) {
        (RelationKind::OneToOne, purpose) if let Some(unique) = wish.unique => {
            let row = match facts.model(&relation.to) {
                _ if is_user(facts, relation) => scope::user_of_its_own(facts, unique)?,
                Some(target) => another(facts, target)?,
                None => {
                    return Err(refused(model, field, "every row needs another one, since it is one to one"));
                }
            };
            Ok(if purpose == Purpose::Request { format!("{row}.pk") } else { row })
        }
        (RelationKind::ForeignKey | RelationKind::OneToOne, Purpose::Row) => Ok(object),
        (RelationKind::ForeignKey | RelationKind::OneToOne, Purpose::Request) => Ok(format!("{object}.pk")),
        (RelationKind::ManyToMany, _) => Ok(format!("[{object}.pk]")),
    }
}

/// The row that a relation of a sample points to, as source.
fn object(
    facts: &ProjectFacts,
    model: &ModelFacts,
    field: &FieldFacts,
    relation: &Relation,
) -> Result<String, Diagnostic> {
    if is_user(facts, relation) {
        return Ok("self.user".to_owned());
    }
    if relation.to == CONTENT_TYPE {
        return Ok(format!("ContentType.objects.get_for_model({})", names::of_model(facts, model)));
    }
    let target = facts.model(&relation.to).ok_or_else(|| {
        refused(model, field, &format!("`{}` is not one of the project's models", relation.to))
    })?;
    Ok(format!("self.{}", variable(names::of_model(facts, target))))
}

/// The source of one more row of a model, whatever rows there are.
fn another(facts: &ProjectFacts, model: &ModelFacts) -> Result<String, Diagnostic> {
    let given: Vec<String> =
        belongings(facts, model, true).iter().map(|(name, source)| format!("{name}={source}")).collect();
    if let Some(source) = rows::by_factory(facts, model, &given.join(", ")) {
        return Ok(source);
    }
    let class = names::of_model(facts, model);
    let count = format!("str({class}.objects.count())");
    let wish = Wish { purpose: Purpose::Row, unique: Some(&count), given: &[], allowed: None };
    let values = sample(facts, model, &wish)?;
    let arguments: Vec<String> = values.iter().map(|(name, source)| format!("{name}={source}")).collect();
    Ok(rows::by_model(facts, model, &arguments.join(", ")))
}

/// The value of a field that must differ between rows, made from a text that does.
fn distinct(
    facts: &ProjectFacts,
    model: &ModelFacts,
    field: &FieldFacts,
    text: &str,
    purpose: Purpose,
) -> Result<String, Diagnostic> {
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let around = |before: &str, after: &str| match inner {
        Some(inner) => format!("\"{before}{inner}{after}\""),
        None => format!("f\"{before}{{{text}}}{after}\""),
    };
    let is_key = key(model).is_some_and(|k| k.name == field.name);
    // Its import comes from `rows::with_imports`, too.
    let counted = owner(facts, field).unwrap_or(model);
    let count = format!("{}.objects.count()", names::of_model(facts, counted));
    let next = || format!("{count} + {}", number(model, field, 1.0));
    let rank = rules::rank(model, field);
    // Names that these need come from `rows::with_imports`.
    let day = || format!("{{date(2026, {}, 1) + timedelta(days={count})}}", rank + 1);
    if let Some((_, Some(other))) = kinds::of_package(field) {
        return Ok(format!("f\"{}\"", other.replace("COUNT", &count)));
    }
    match kinds::django_class(field).unwrap_or(field.class_name()) {
        class if class.ends_with("IntegerField") => Ok(next()),
        "DecimalField" | "FloatField" if holds_whole_numbers(field) => Ok(next()),
        "UUIDField" => Ok("uuid4()".to_owned()),
        "DateField" => Ok(format!("f\"{}\"", day())),
        "DateTimeField" => Ok(format!("f\"{}T00:00:00Z\"", day())),
        "TimeField" => Ok(format!("f\"{{timedelta(hours={}, seconds={count})}}\"", 12 + rank)),
        "DurationField" if purpose == Purpose::Request => {
            Ok(format!("f\"{{{count} + {}}}:00:00\"", 1 + rank))
        }
        "DurationField" => Ok(format!("timedelta(hours={count} + {})", 1 + rank)),
        "SlugField" => Ok(cut(field, text)),
        "EmailField" => Ok(around("", "@example.com")),
        "URLField" => Ok(around("https://example.com/", "")),
        "CharField" | "TextField" => Ok(match inner {
            // A name beside a slug: written as people write names.
            Some(inner) if !is_key => {
                let mut chars = inner.chars();
                let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
                format!("\"{}\"", fitted(field, &format!("{first}{}", chars.as_str())))
            }
            // Tests find rows by it as they give it, but what is too long is refused.
            Some(inner) if purpose == Purpose::Request => format!("\"{}\"", fitted(field, inner)),
            _ => cut(field, text),
        }),
        class => Err(refused(model, field, &format!("it must differ between rows, and is a {class}"))),
    }
}

/// A slug is made from a name: the first letter that the model's first text has.
fn slug_letter(model: &ModelFacts, field: &FieldFacts) -> char {
    let name = model.fields.iter().find(|f| f.class_name() == "CharField" && is_required(f, Purpose::Row));
    name.unwrap_or(field).name.chars().next().unwrap_or('s')
}

/// A day of which all that come before it in a row are earlier, and all that come after it later.
pub fn day(rank: usize, day: usize) -> String {
    format!("2026-{:02}-{day:02}", rank + 1)
}

/// The least and the greatest number that a row may have in the field.
pub fn limits(model: &ModelFacts, field: &FieldFacts) -> (Option<f64>, Option<f64>) {
    let (min, max) = rules::limits(model, field);
    let of_validator = |name: &str| bound(field, name).and_then(|text| text.parse::<f64>().ok());
    let min = [min, of_validator("MinValueValidator")].into_iter().flatten().reduce(f64::max);
    let max = [max, of_validator("MaxValueValidator")].into_iter().flatten().reduce(f64::min);
    (min, max)
}

/// The greatest whole number that a decimal has digits for.
fn greatest_by_digits(field: &FieldFacts) -> Option<f64> {
    let digits = |name: &str| {
        let written = field.args.keyword(name)?.literal.as_ref()?.as_i64()?;
        i32::try_from(written).ok()
    };
    let before_point = digits("max_digits")? - digits("decimal_places")?;
    (before_point > 0).then(|| 10f64.powi(before_point) - 1.0)
}

/// `usual`, or the least value that is allowed if that is more, or the greatest if that is less; more than the fields
/// have that come before it.
pub fn number(model: &ModelFacts, field: &FieldFacts, usual: f64) -> f64 {
    let own = |field: &FieldFacts| match limits(model, field) {
        (Some(min), _) if min > 1.0 => min,
        (_, Some(max)) if max < 1.0 => max,
        _ => usual,
    };
    let greatest = [limits(model, field).1, greatest_by_digits(field)].into_iter().flatten().reduce(f64::min);
    let number = rules::number_above(model, field, &own);
    greatest.map_or(number, |greatest| number.min(greatest.max(own(field))))
}

/// A text that `MinLengthValidator` lets through.
fn long_enough(field: &FieldFacts, text: &str) -> String {
    let least = bound(field, "MinLengthValidator").and_then(|least| least.parse::<usize>().ok());
    text.repeat(least.unwrap_or(1).clamp(1, 1_000))
}

/// A text as often as `MinLengthValidator` asks for, and as much of it as the field holds.
fn fitted(field: &FieldFacts, text: &str) -> String {
    let least = bound(field, "MinLengthValidator").and_then(|least| least.parse::<usize>().ok());
    let times = least.unwrap_or_default().min(1_000).div_ceil(text.chars().count().max(1)).max(1);
    within_length(field, &text.repeat(times))
}

/// A text, as source: of a name as much as a short field holds, by which the words that tests tell rows apart with still
/// differ.
fn cut(field: &FieldFacts, text: &str) -> String {
    let is_name = text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    match most_letters(field) {
        Some(most @ ..LONGEST_MARK) if is_name => format!("{text}[:{most}]"),
        _ => text.to_owned(),
    }
}

fn most_letters(field: &FieldFacts) -> Option<u64> {
    field.args.keyword("max_length").and_then(|most| most.literal.as_ref()?.as_u64())
}

/// A text, or as much of it as the field holds.
fn within_length(field: &FieldFacts, text: &str) -> String {
    let most = most_letters(field).and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    text.chars().take(most).collect()
}

/// The first validator whose values cannot be told. Those of user names and slugs let every word through.
fn unknown_validator(field: &FieldFacts) -> Option<String> {
    const KNOWN: [&str; 8] = [
        "MinValueValidator",
        "MaxValueValidator",
        "MinLengthValidator",
        "MaxLengthValidator",
        "UnicodeUsernameValidator",
        "ASCIIUsernameValidator",
        "validate_slug",
        "validate_unicode_slug",
    ];
    let validators = field.args.keyword("validators")?;
    let Some(Parts::List(items) | Parts::Tuple(items)) = validators.parts.as_deref() else {
        return Some(validators.source.clone());
    };
    let names = items.iter().map(|item| match item.parts.as_deref() {
        Some(Parts::Call { function, .. }) => last_name(function),
        _ => last_name(item.path.as_deref().unwrap_or(&item.source)),
    });
    names.into_iter().find(|name| !KNOWN.contains(name)).map(str::to_owned)
}

fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// Whether setting the field reads the file, to store how large the image is.
fn opens_its_file(field: &FieldFacts) -> bool {
    ["width_field", "height_field"].iter().any(|name| field.args.keyword(name).is_some())
}

/// Whether a decimal has digits before the point.
pub fn holds_whole_numbers(field: &FieldFacts) -> bool {
    let number =
        |name: &str| field.args.keyword(name).and_then(|e| e.literal.as_ref()).and_then(Value::as_u64);
    number("max_digits").zip(number("decimal_places")).is_none_or(|(digits, places)| digits > places)
}

/// The number in a validator of the field, as source: of `MinValueValidator(Decimal("0.5"))` it is `0.5`.
pub fn bound(field: &FieldFacts, validator: &str) -> Option<String> {
    let validators = field.args.keyword("validators")?;
    let Some(Parts::List(items) | Parts::Tuple(items)) = validators.parts.as_deref() else { return None };
    items.iter().find_map(|item| match item.parts.as_deref() {
        Some(Parts::Call { function, args }) if last_name(function) == validator => {
            numeral(args.keyword("limit_value").or_else(|| args.positional.first())?)
        }
        _ => None,
    })
}

/// A number as it is written, in a `Decimal` or not.
fn numeral(number: &Expr) -> Option<String> {
    if let Some(Parts::Call { function, args }) = number.parts.as_deref() {
        return numeral(args.positional.first().filter(|_| last_name(function) == "Decimal")?);
    }
    let written = number.source.trim_matches(['"', '\'']).replace('_', "");
    written.parse::<f64>().is_ok().then_some(written)
}

/// The values that the field's choices allow, as source; none if they are not literal.
pub fn choices(field: &FieldFacts) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(choices) = field.args.keyword("choices").and_then(|e| e.literal.as_ref()) {
        collect_choices(choices, &mut found);
    }
    found
}

fn collect_choices(choices: &Value, found: &mut Vec<String>) {
    for pair in choices.as_array().into_iter().flatten() {
        match (pair.get(0), pair.get(1)) {
            // A named group of choices.
            (_, Some(group @ Value::Array(_))) => collect_choices(group, found),
            (Some(Value::String(text)), _) => found.push(quoted(text)),
            (Some(Value::Number(number)), _) => found.push(number.to_string()),
            _ => {}
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn refused(model: &ModelFacts, field: &FieldFacts, why: &str) -> Diagnostic {
    Diagnostic::new(
        codes::REFUSED,
        format!("a test cannot make up a value for `{}.{}`: {why}", model.label, field.name),
    )
    .with_help(
        "give the field a default, or plan it without tests (`--set include_tests=false`) and write these by hand",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::django::scope::tests::{facts_of, project};

    const MODELS: &str = r#"
from django.conf import settings
from django.core.validators import MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models


class Shelf(models.Model):
    code = models.CharField(max_length=5)


class Book(models.Model):
    title = models.CharField(max_length=9)
    slug = models.SlugField(unique=True)
    isbn = models.CharField(max_length=13, unique=True)
    text = models.TextField()
    subtitle = models.CharField(max_length=9, blank=True)
    pages = models.PositiveIntegerField(validators=[MinValueValidator(3)])
    kind = models.CharField(max_length=1, choices=[("n", "Novel"), ("p", "Poem")])
    lent = models.BooleanField(default=False)
    mail = models.EmailField(unique=True)
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    near = models.ManyToManyField("self", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Cover(models.Model):
    image = models.ImageField(width_field="width")
    width = models.IntegerField(default=0)


class Scan(models.Model):
    file = models.FileField()
    number = models.PositiveIntegerField(unique=True)
    token = models.UUIDField(unique=True)
    data = models.BinaryField()


class Key(models.Model):
    content = models.ForeignKey("contenttypes.ContentType", on_delete=models.CASCADE)
    object_id = models.PositiveIntegerField()


class Note(models.Model):
    group = models.ForeignKey("auth.Group", on_delete=models.CASCADE)


class Code(models.Model):
    code = models.CharField(max_length=9, validators=[MinLengthValidator(3), RegexValidator("^C+$")])


class Novel(Book):
    mood = models.CharField(max_length=9)


class Egg(models.Model):
    hen = models.ForeignKey("Hen", on_delete=models.CASCADE)


class Hen(models.Model):
    egg = models.ForeignKey(Egg, on_delete=models.CASCADE)


class Card(models.Model):
    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Node(models.Model):
    parent = models.ForeignKey("self", on_delete=models.CASCADE)
"#;

    fn of(model: &str, purpose: Purpose, unique: Option<&str>) -> Result<String, Diagnostic> {
        let facts = rows::with_inherited_fields(facts_of(project().file("shop/models.py", MODELS)));
        let model = facts.model(model).unwrap();
        let wish = Wish { purpose, unique, given: &[], allowed: None };
        let pairs = sample(&facts, model, &wish)?;
        Ok(pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_row_has_what_the_database_demands() {
        assert_eq!(
            of("shop.Book", Purpose::Row, None).unwrap(),
            r#"title="T" slug="t" isbn="I" text="t" pages=3 kind="n" mail="m@example.com" shelf=self.shelf owner=self.user"#
        );
    }

    #[test]
    fn a_request_has_keys() {
        let request = of("shop.Book", Purpose::Request, None).unwrap();
        assert!(request.ends_with("shelf=self.shelf.pk owner=self.user.pk"), "{request}");
    }

    #[test]
    fn rows_can_differ() {
        let row = of("shop.Book", Purpose::Row, Some("slug")).unwrap();
        assert!(row.contains(r#"slug=slug isbn=slug"#), "{row}");
        assert!(row.contains(r#"mail=f"{slug}@example.com""#), "{row}");
        let row = of("shop.Book", Purpose::Row, Some("\"a\"")).unwrap();
        assert!(row.contains(r#"slug="a" isbn="A""#), "{row}");
    }

    #[test]
    fn what_must_be_there_before_is_named_in_order() {
        let facts = facts_of(project().file("shop/models.py", MODELS));
        let labels: Vec<&str> = parents(&facts, facts.model("shop.Book").unwrap())
            .unwrap()
            .iter()
            .map(|m| m.label.as_str())
            .collect();
        assert_eq!(labels, ["shop.Shelf"]);
        assert!(needs_user(&facts, facts.model("shop.Book").unwrap()));
        assert!(!needs_user(&facts, facts.model("shop.Shelf").unwrap()));
    }

    #[test]
    fn what_cannot_be_made_up_is_refused() {
        for (model, part) in [
            ("shop.Cover", "`shop.Cover.image`: a file cannot be sent as JSON, or is opened"),
            ("shop.Note", "`shop.Note.group`: `auth.Group` is not one of the project's models"),
        ] {
            let error = of(model, Purpose::Row, None).unwrap_err();
            assert_eq!(error.code, codes::REFUSED);
            assert!(error.message.contains(part), "{}", error.message);
        }
        let facts = facts_of(project().file("shop/models.py", MODELS));
        let error = parents(&facts, facts.model("shop.Node").unwrap()).unwrap_err();
        assert!(error.message.contains("leads back"), "{}", error.message);
        let error = parents(&facts, facts.model("shop.Egg").unwrap()).unwrap_err();
        assert!(error.message.contains("`shop.Hen.egg`"), "{}", error.message);
        assert!(error.message.contains("shop.Egg → shop.Hen → shop.Egg"), "{}", error.message);
        let error = of("shop.Code", Purpose::Request, None).unwrap_err();
        assert!(
            error.message.contains("`shop.Code.code`: what its validator `RegexValidator`"),
            "{}",
            error.message
        );
        assert!(of("shop.Scan", Purpose::Request, None).is_err());
    }

    #[test]
    fn values_that_differ_are_such_as_the_field_takes() {
        let of = |code: &str, purpose| {
            let models = format!("{}\n\nclass Tag(models.Model):\n    code = models.{code}\n", MODELS);
            let facts = facts_of(project().file("shop/models.py", models));
            let wish = Wish { purpose, unique: Some("\"first\""), given: &[], allowed: None };
            sample(&facts, facts.model("shop.Tag").unwrap(), &wish).map(|pairs| pairs[0].1.clone())
        };
        let sent = |code: &str| of(code, Purpose::Request).unwrap();
        assert_eq!(sent("CharField(max_length=9, unique=True)"), "\"first\"");
        assert_eq!(sent("CharField(max_length=3, unique=True)"), "\"fir\"");
        let name = "CharField(max_length=3, unique=True)\n    slug = models.SlugField(unique=True)";
        assert_eq!(sent(name), "\"Fir\"", "a name beside a slug");
        let long = "CharField(max_length=9, unique=True, validators=[MinLengthValidator(limit_value=7)])";
        assert_eq!(sent(long), "\"firstfirs\"");
        let checked = "CharField(max_length=9, unique=True, validators=[RegexValidator('^C+$')])";
        let error = of(checked, Purpose::Request).unwrap_err();
        assert!(error.message.contains("validator `RegexValidator`"), "{}", error.message);
        assert!(of(checked, Purpose::Row).is_ok(), "the database does not ask validators");
    }

    #[test]
    fn bounds_are_read_from_the_arguments_of_validators() {
        let least = |validators: &str| {
            let models = format!(
                "from decimal import Decimal\n{MODELS}\n\nclass Tag(models.Model):\n    age = models.IntegerField(validators={validators})\n"
            );
            let facts = facts_of(project().file("shop/models.py", models));
            bound(facts.model("shop.Tag").unwrap().field("age").unwrap(), "MinValueValidator")
        };
        for (validators, expected) in [
            ("[MinValueValidator(18)]", Some("18")),
            ("[MinValueValidator(limit_value=18)]", Some("18")),
            ("[MinValueValidator(-1, message='(too) old')]", Some("-1")),
            ("[MinValueValidator(1_000)]", Some("1000")),
            ("[MinValueValidator(Decimal('0.50'))]", Some("0.50")),
            ("[MinLengthValidator(3), MinValueValidator(2)]", Some("2")),
            ("[MyMinValueValidator(3)]", None),
            ("[MinValueValidator(least)]", None),
        ] {
            assert_eq!(least(validators).as_deref(), expected, "{validators}");
        }
    }

    #[test]
    fn values_of_rarer_fields() {
        for (model, unique, expected) in [
            (
                "shop.Scan",
                None,
                r#"file="sample.txt" number=1 token="00000000-0000-4000-8000-000000000001" data=b"x""#,
            ),
            (
                "shop.Scan",
                Some("x"),
                r#"file="sample.txt" number=Scan.objects.count() + 1 token=uuid4() data=b"x""#,
            ),
            ("shop.Key", None, "content=ContentType.objects.get_for_model(Key) object_id=1"),
            ("shop.Code", None, r#"code="CCC""#),
        ] {
            assert_eq!(of(model, Purpose::Row, unique).unwrap(), expected);
        }
    }

    const RULED: &str = r#"
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q


class Venue(models.Model):
    name = models.CharField(max_length=9)
    city = models.CharField(max_length=9)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "city"], name="n")]


class Event(models.Model):
    venue = models.ForeignKey(Venue, on_delete=models.CASCADE)
    ends_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    doors = models.DateField()
    over = models.DateField()
    price = models.DecimalField(max_digits=4, decimal_places=2)
    least = models.IntegerField(default=20)
    seats = models.PositiveIntegerField()
    percent = models.PositiveIntegerField(validators=[MaxValueValidator(15)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["doors"], name="a"),
            models.CheckConstraint(condition=Q(doors__lt=F("over")), name="b"),
            models.CheckConstraint(check=Q(price__gte=5) & ~Q(seats__lt=F("least")), name="c"),
            models.CheckConstraint(condition=Q(seats__isnull=True) | Q(percent__gt=F("seats")), name="d"),
        ]


class Booking(models.Model):
    event = models.ForeignKey(Event, on_delete=models.CASCADE)
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)

    class Meta:
        unique_together = ("event", "user")


class Seat(models.Model):
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("booking", "number", name="s")]


class Visit(models.Model):
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE)
    venue = models.ForeignKey(Venue, on_delete=models.CASCADE)

    class Meta:
        unique_together = ("booking", "venue")


class Fan(models.Model):
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    kind = models.CharField(max_length=9, choices=[("a", "A")])

    class Meta:
        unique_together = [["user", "kind"]]
"#;

    fn ruled(model: &str, unique: Option<&str>) -> Result<String, Diagnostic> {
        let facts = facts_of(project().file("shop/models.py", RULED));
        let wish = Wish { purpose: Purpose::Row, unique, given: &[], allowed: None };
        let pairs = sample(&facts, facts.model(model).unwrap(), &wish)?;
        Ok(pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn values_keep_what_is_demanded_of_them_together() {
        assert_eq!(
            ruled("shop.Event", None).unwrap(),
            r#"venue=self.venue ends_at="2026-02-01T00:00:00Z" starts_at="2026-01-01T00:00:00Z" doors="2026-01-01" over="2026-02-01" price=5 least=1 seats=11 percent=15"#
        );
        // What is unique is found by itself, not by the name of a field in another constraint.
        let row = ruled("shop.Event", Some("mark")).unwrap();
        assert!(
            row.contains(
                r#" doors=f"{date(2026, 1, 1) + timedelta(days=Event.objects.count())}" over="2026-02-01" "#
            ),
            "{row}"
        );
    }

    #[test]
    fn rows_that_differ_by_several_fields_do_so_by_one_that_can() {
        assert_eq!(ruled("shop.Venue", Some("mark")).unwrap(), "name=mark city=mark");
        let seat = ruled("shop.Seat", Some("mark")).unwrap();
        assert_eq!(seat, "booking=self.booking number=Seat.objects.count() + 1");
        let booking = ruled("shop.Booking", Some("mark")).unwrap();
        assert!(booking.starts_with("event=Event.objects.create(venue=self.venue, ends_at="), "{booking}");
        assert!(booking.ends_with(") user=self.user"), "{booking}");
        assert_eq!(ruled("shop.Booking", None).unwrap(), "event=self.event user=self.user");
        // By what leaves them the tests' user's, where they can.
        let visit = ruled("shop.Visit", Some("mark")).unwrap();
        assert!(visit.starts_with("booking=self.booking venue=Venue.objects.create("), "{visit}");
        // Nobody but the tests' own user sees all.
        let error = ruled("shop.Fan", Some("mark")).unwrap_err();
        assert!(error.message.contains("`shop.Fan.user`: rows differ by nothing else"), "{}", error.message);
        let facts = facts_of(project().file("shop/models.py", RULED));
        assert!(key(facts.model("shop.Venue").unwrap()).is_none(), "a name alone does not tell venues apart");
    }

    #[test]
    fn a_model_has_the_fields_of_the_one_that_it_extends() {
        let row = of("shop.Novel", Purpose::Row, None).unwrap();
        assert!(row.starts_with(r#"title="T" slug="novel" isbn="Novel""#), "{row}");
        assert!(
            row.ends_with(r#" mail="novel@example.com" shelf=self.shelf owner=self.user mood="M""#),
            "{row}"
        );
    }

    #[test]
    fn rows_of_models_that_extend_one_differ_in_its_table() {
        let models = "from django.db import models\n\n\nclass Person(models.Model):\n    code = models.CharField(max_length=4, unique=True)\n    number = models.IntegerField(unique=True)\n\n\nclass Student(Person):\n    card = models.IntegerField(unique=True)\n\n\nclass Teacher(Person):\n    pass\n";
        let facts = rows::with_inherited_fields(facts_of(project().file("shop/models.py", models)));
        let row = |label: &str, unique: Option<&str>| {
            let wish = Wish { purpose: Purpose::Row, unique, given: &[], allowed: None };
            let pairs = sample(&facts, facts.model(label).unwrap(), &wish).unwrap();
            pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(row("shop.Student", None), "code=\"stud\" number=Person.objects.count() + 1 card=1");
        assert_eq!(row("shop.Teacher", None), "code=\"teac\" number=Person.objects.count() + 1");
        assert_eq!(
            row("shop.Student", Some("mark")),
            "code=mark[:4] number=Person.objects.count() + 1 card=Student.objects.count() + 1"
        );
        assert_eq!(row("shop.Person", None), "code=\"C\" number=1");
        let models = "from django.db import models\n\n\nclass Person(models.Model):\n    code = models.CharField(max_length=4)\n    town = models.CharField(max_length=4)\n\n    class Meta:\n        constraints = [models.UniqueConstraint(fields=[\"town\", \"code\"], name=\"one\")]\n\n\nclass Student(Person):\n    pass\n";
        let facts = rows::with_inherited_fields(facts_of(project().file("shop/models.py", models)));
        let wish = Wish { purpose: Purpose::Row, unique: None, given: &[], allowed: None };
        let pairs = sample(&facts, facts.model("shop.Student").unwrap(), &wish).unwrap();
        assert_eq!(pairs[0], ("code".to_owned(), "\"Stud\"".to_owned()), "{pairs:?}");
    }

    #[test]
    fn what_is_one_to_one_is_made_for_each_row() {
        let one = |unique: Option<&str>| of("shop.Card", Purpose::Row, unique).unwrap();
        assert_eq!(one(None), "owner=self.user");
        assert_eq!(one(Some("mark")), "owner=User.objects.create_user(mark)");
        // A text may be that of several rows.
        let count = "owner=User.objects.create_user(f\"user{User.objects.count()}\")";
        assert_eq!(one(Some("\"x\"")), count);
        assert_eq!(
            of("shop.Card", Purpose::Request, Some("mark")).unwrap(),
            "owner=User.objects.create_user(mark).pk"
        );
    }

    #[test]
    fn what_a_form_may_leave_empty_is_given_where_no_row_may_be_without_it() {
        let models = |members: &str| {
            format!(
                "from django.db import models\n\n\nclass Group(models.Model):\n    name = models.CharField(max_length=9)\n\n\nclass Article(models.Model):\n    title = models.CharField(max_length=9)\n    slug = models.SlugField(unique=True, blank=True)\n    group = models.ForeignKey(Group, blank=True, default=None, on_delete=models.PROTECT)\n    other = models.ForeignKey(Group, blank=True, null=True, default=None, on_delete=models.PROTECT)\n{members}"
            )
        };
        let of = |members: &str, purpose: Purpose| {
            let facts = facts_of(project().file("shop/models.py", models(members)));
            let wish = Wish { purpose, unique: None, given: &[], allowed: None };
            let pairs = sample(&facts, facts.model("shop.Article").unwrap(), &wish).unwrap();
            pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("", Purpose::Row), "title=\"T\" slug=\"t\" group=self.group");
        assert_eq!(of("", Purpose::Request), "title=\"T\" group=self.group.pk");
        let save = "\n    def save(self, **kwargs):\n        self.slug = self.title\n        super().save(**kwargs)\n";
        assert_eq!(of(save, Purpose::Row), "title=\"T\" group=self.group", "the model fills it");
    }

    #[test]
    fn fields_that_are_not_djangos_have_values_or_are_refused_by_type() {
        const MODELS: &str = r#"
from colorfield.fields import ColorField
from core.fields import CodeField, LongCodeField, PlaceField
from django.contrib.gis.db import models as gis
from django.contrib.postgres.fields import ArrayField, DateRangeField, HStoreField, IntegerRangeField
from django.db import models
from django_countries.fields import CountryField
from djmoney.models.fields import MoneyField
from model_utils.fields import AutoLastModifiedField, MonitorField, SplitField, StatusField
from phonenumber_field.modelfields import PhoneNumberField
from places import AreaField


class Shop(models.Model):
    code = CodeField(max_length=9)
    other = LongCodeField(max_length=9, unique=True)
    phone = PhoneNumberField(unique=True)
    fax = PhoneNumberField(blank=True)
    price = MoneyField(max_digits=9, decimal_places=2)
    country = CountryField()
    color = ColorField()
    status = StatusField()
    changed_at = MonitorField(monitor="status")
    modified = AutoLastModifiedField()
    text = SplitField()
    sizes = ArrayField(models.IntegerField())
    words = ArrayField(base_field=ArrayField(models.CharField(max_length=9)))
    more = HStoreField()
    ages = IntegerRangeField()
    open = DateRangeField()
    key = models.BinaryField()
    data = models.BinaryField(editable=True)
    name = gis.CharField(max_length=9)


class Bare(models.Model):
    area = AreaField()


class Empty(models.Model):
    area = AreaField(blank=True)
    place = gis.PointField(null=True)


class Own(models.Model):
    place = PlaceField()
"#;
        const FIELDS: &str = "from django.db import models\nfrom places import AreaField\n\n\nclass Upper:\n    pass\n\n\nclass CodeField(Upper, models.CharField):\n    pass\n\n\nclass LongCodeField(CodeField):\n    pass\n\n\nclass PlaceField(AreaField):\n    pass\n";
        let of = |label: &str, purpose: Purpose, unique: Option<&str>| {
            let project = project()
                .file("core/__init__.py", "")
                .file("core/fields.py", FIELDS)
                .file("shop/models.py", MODELS);
            let facts = facts_of(project);
            let wish = Wish { purpose, unique, given: &[], allowed: None };
            let pairs = sample(&facts, facts.model(label).unwrap(), &wish)?;
            Ok::<_, Diagnostic>(pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(
            of("shop.Shop", Purpose::Row, None).unwrap(),
            r##"code="C" other="O" phone="+12125552368" price=1 country="NZ" color="#336699" text="t" sizes=[1] words=[["W"]] more={"a": "1"} ages=(1, 10) open=("2026-01-01", "2026-02-01") key=b"x" data=b"x" name="N""##
        );
        let different = of("shop.Shop", Purpose::Row, Some("mark")).unwrap();
        assert!(
            different.starts_with(
                r#"code="C" other=mark phone=f"+1212555{2368 + Shop.objects.count()}" price=1 "#
            ),
            "{different}"
        );
        let request = of("shop.Shop", Purpose::Request, None).unwrap();
        for part in [r#"ages={"lower": 1, "upper": 10}"#, r#"data="eA==""#] {
            assert!(request.contains(part), "{part}\nis not in\n{request}");
        }
        assert!(!request.contains("key="), "no request has a hidden field: {request}");
        assert_eq!(of("shop.Empty", Purpose::Row, None).unwrap(), "");
        for (model, class) in [("shop.Bare", "places.AreaField"), ("shop.Own", "core.fields.PlaceField")] {
            let error = of(model, Purpose::Row, None).unwrap_err();
            assert!(error.message.contains(&format!("{model}.")), "{}", error.message);
            assert!(
                error.message.contains(&format!("what a `{class}` may hold is not known")),
                "{}",
                error.message
            );
            assert!(error.help.unwrap().contains("--set include_tests=false"));
        }
    }

    #[test]
    fn variables_are_snake_case() {
        for (class, name) in [
            ("Post", "post"),
            ("BlogPost", "blog_post"),
            ("APIKey", "api_key"),
            ("A", "a"),
            ("Class", "class_"),
            ("Status", "status_"),
        ] {
            assert_eq!(variable(class), name);
        }
    }
}
