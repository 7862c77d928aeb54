//! What a field holds, from its name alone.
//!
//! A model of the project that the name is the name of comes first; then whole names, last words and first words
//! in the order below. What no rule knows is a line of text.

use aksara_protocol::params::{FieldSpec, FieldType};
use serde_json::{Value, json};

use super::problem::FieldProblem;
use super::times::Time;
use super::words::says_type;
use super::{Meant, Targets, make_optional, plain};

/// Words for who did something. The project's users do.
const PEOPLE: &[&str] = &["user", "author", "owner", "creator", "assignee", "reviewer", "editor"];
/// First words of a statement that is true or not.
const STATEMENTS: &[&str] = &["is", "has", "can", "was", "should", "allow", "allows", "needs"];
/// Statements without such a word, and whether they are true of a new row.
const SWITCHES: &[(&str, bool)] = &[
    ("active", true),
    ("enabled", true),
    ("available", true),
    ("visible", true),
    ("published", false),
    ("archived", false),
    ("featured", false),
    ("deleted", false),
    ("verified", false),
    ("approved", false),
    ("completed", false),
    ("done", false),
    ("paid", false),
    ("public", false),
    ("private", false),
    ("sent", false),
    ("read", false),
    ("seen", false),
    ("sold", false),
    ("hidden", false),
    ("confirmed", false),
    ("cancelled", false),
    ("canceled", false),
    ("resolved", false),
    ("delivered", false),
    ("shipped", false),
    ("refunded", false),
    ("accepted", false),
    ("rejected", false),
    ("blocked", false),
    ("banned", false),
    ("locked", false),
    ("pinned", false),
    ("flagged", false),
    ("processed", false),
    ("subscribed", false),
    ("returned", false),
    ("urgent", false),
    ("favorite", false),
    ("favourite", false),
];
/// Words that end as what has been done to something does, and mean something else.
const NO_PARTICIPLES: &[&str] =
    &["bed", "red", "shed", "sled", "hundred", "biped", "moped", "kindred", "watershed"];
/// Amounts of money, never negative.
const MONEY: &[&str] =
    &["price", "cost", "amount", "total", "subtotal", "fee", "salary", "budget", "discount", "tax"];
/// Measures, never negative.
const MEASURES: &[&str] = &["weight", "height", "width", "length", "depth", "distance", "area", "volume"];
/// Units in which something is measured, as the end of a name: `weight_kg`.
const METRIC: &[&str] = &[
    "kg",
    "kilograms",
    "grams",
    "mg",
    "lb",
    "lbs",
    "mm",
    "cm",
    "km",
    "meters",
    "metres",
    "ml",
    "liters",
    "litres",
];
/// Numbers that begin at 0.
const COUNTERS: &[&str] = &[
    "count",
    "stock",
    "views",
    "likes",
    "dislikes",
    "votes",
    "upvotes",
    "downvotes",
    "clicks",
    "visits",
    "hits",
    "shares",
    "downloads",
    "followers",
    "points",
    "position",
    "order",
    "priority",
];
/// Other whole numbers that are never negative.
const NUMBERS: &[&str] =
    &["quantity", "age", "year", "pages", "capacity", "floor", "seats", "rank", "level", "score", "servings"];
/// Units in which something is counted: `prep_minutes`.
const UNITS: &[&str] =
    &["minutes", "seconds", "hours", "days", "weeks", "months", "years", "calories", "milliseconds"];
/// Days on which something ends, or begins: "expiry".
const DAYS: &[&str] = &["date", "birthday", "birthdate", "expiry", "expiration", "expires"];
/// What is so from a day on: "valid from".
const BEGINNINGS: &[&str] = &[
    "valid",
    "available",
    "active",
    "effective",
    "open",
    "closed",
    "visible",
    "enabled",
    "published",
    "bookable",
];
/// Long texts that often are left empty.
const NOTES: &[&str] = &[
    "description",
    "bio",
    "biography",
    "notes",
    "note",
    "summary",
    "about",
    "remarks",
    "excerpt",
    "details",
];
/// Long texts that a row is about.
const TEXTS: &[&str] = &[
    "content",
    "body",
    "text",
    "message",
    "comment",
    "review",
    "story",
    "answer",
    "instructions",
    "address",
];
/// Documents.
const DOCUMENTS: &[&str] =
    &["json", "data", "metadata", "payload", "attributes", "settings", "preferences", "extra", "config"];
/// Short texts, and how many characters they have.
const SHORT: &[(&str, u32)] = &[
    ("status", 20),
    ("state", 20),
    ("phone", 30),
    ("mobile", 30),
    ("zip", 20),
    ("postcode", 20),
    ("color", 30),
    ("colour", 30),
    ("currency", 3),
    ("language", 10),
    ("locale", 10),
];
/// Short texts by which things are known.
const CODES: &[&str] = &["sku", "isbn", "ean", "code"];

/// What only a file or a picture can be.
const FILES: &[&str] = &["image", "picture", "photo", "avatar", "thumbnail", "file", "attachment"];
/// What an API must not give away, and a table not hold as it is.
const SECRETS: &[&str] = &["password", "passwd", "passphrase", "secret", "token", "pin"];
/// The same as the end of a name.
const SECRET_KEYS: &[&str] = &["api_key", "secret_key", "private_key", "access_key"];
/// Words for types that no name begins or ends with.
const TYPE_WORDS: &[&str] =
    &["string", "str", "char", "integer", "int", "float", "decimal", "boolean", "bool", "fk", "o2o", "m2m"];
/// Words for options that no name begins with.
const OPTION_FIRST: &[&str] = &["only", "optional", "required", "unique", "nullable"];
/// Words for options that stand in no name without a rule.
const OPTION_WORDS: &[&str] = &[
    "default", "min", "minimum", "max", "maximum", "unique", "index", "optional", "required", "only", "help",
];
/// What most models have: lines of text that need no rule.
const USUAL: &[&str] = &[
    "name", "title", "label", "headline", "subject", "caption", "username", "category", "gender", "country",
    "city", "street", "brand", "company", "nickname", "surname", "alias", "handle", "tagline", "slogan",
    "motto", "barcode",
];

/// What things of a name mostly are.
pub(crate) enum Holds {
    /// Something written, such as a comment.
    Text,
    /// What is counted, such as a like.
    Count,
    /// Anything else.
    Other,
}

/// What a thing called `noun` mostly is.
pub(crate) fn what_holds(noun: &str) -> Holds {
    let counted = format!("{noun}s");
    if TEXTS.contains(&noun) || NOTES.contains(&noun) {
        Holds::Text
    } else if COUNTERS.contains(&counted.as_str()) {
        Holds::Count
    } else {
        Holds::Other
    }
}

/// Whether a name by itself says that it is a field's: it has a rule, or is what most models have.
pub(crate) fn is_known_name(name: &str) -> bool {
    has_rule(name, &Targets::default())
}

/// Whether the name may as well be a value of a field: it has no rule, or says in one word what is so, as "paid" does.
pub(crate) fn may_be_value(name: &str) -> bool {
    !is_known_name(name) || SWITCHES.iter().any(|(word, _)| *word == name)
}

/// Whether the name is one word for what has been done to something, such as "attended".
fn is_participle(name: &str) -> bool {
    name.len() > 4
        && name.ends_with("ed")
        && !name.ends_with("eed")
        && name.chars().all(|c| c.is_ascii_lowercase())
        && !NO_PARTICIPLES.contains(&name)
}

/// Whether the name by itself says that something is so: `is_done`, `has_stock`.
pub(super) fn is_statement(name: &str) -> bool {
    name.split_once('_').is_some_and(|(first, _)| STATEMENTS.contains(&first))
}

/// Whether the name ends in a unit: many of them are one number, and not as many rows.
pub(crate) fn is_measured(name: &str) -> bool {
    name.rsplit('_').next().is_some_and(|last| UNITS.contains(&last))
}

/// Whether the word is a unit in which something is measured.
pub(super) fn is_metric(word: &str) -> bool {
    METRIC.contains(&word)
}

/// Whether the type of a field follows from its name, or is a line of text for want of a rule.
pub(super) fn has_rule(name: &str, targets: &Targets) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name);
    USUAL.contains(&last)
        || name.ends_with("_number")
        || !is_guess(name) && field(name, targets).is_ok_and(|found| found != plain(name, FieldType::String))
}

/// Whether no more than the form of the name says what it holds: what was done may also be a day.
fn is_guess(name: &str) -> bool {
    is_participle(name)
        && !SWITCHES.iter().any(|(word, _)| *word == name)
        && !matches!(name, "created" | "updated" | "modified")
}

/// The type that a field got without a rule that says so: nothing, or no more than one word, is known of its name.
pub(super) fn assumed(name: &str, targets: &Targets) -> Option<FieldType> {
    let words: Vec<&str> = name.split('_').collect();
    let is_time = words.last() == Some(&"time");
    match field(name, targets).ok()?.field_type {
        kind if !has_rule(name, targets) => Some(kind),
        FieldType::Time if is_time && Time::of(&words) == Time::Open => Some(FieldType::Time),
        _ => None,
    }
}

/// Whether a known name has this type by itself, or is a line where a longer text is as usual.
pub(super) fn is_usually(name: &str, kind: FieldType) -> bool {
    let found = field(name, &Targets::default());
    is_known_name(name)
        && found.is_ok_and(|found| {
            found.field_type == kind || kind == FieldType::Text && found == plain(name, FieldType::String)
        })
}

/// Whether a field of this name would hold a file.
pub(crate) fn is_file(name: &str) -> bool {
    name.rsplit('_').next().is_some_and(|last| FILES.contains(&last))
}

/// Whether a field of this name has digits behind the point.
pub(crate) fn is_decimal_name(name: &str) -> bool {
    field(name, &Targets::default()).is_ok_and(|found| found.field_type == FieldType::Decimal)
}

/// Whether a field of this name is a number by itself.
pub(super) fn is_number(name: &str) -> bool {
    let numbers = [
        FieldType::Integer,
        FieldType::PositiveInteger,
        FieldType::BigInteger,
        FieldType::Float,
        FieldType::Decimal,
    ];
    field(name, &Targets::default()).is_ok_and(|found| numbers.contains(&found.field_type))
}

/// Whether the name is for who did something.
pub(super) fn is_person(name: &str) -> bool {
    PEOPLE.contains(&name) || name.ends_with("_by") || name == "user"
}

/// The word for a type or an option in a name for which there is no other rule, with how the field is written.
fn misplaced(words: &[&str], is_one: impl Fn(usize, &str) -> bool) -> Option<FieldProblem> {
    let at = words.iter().enumerate().position(|(at, word)| is_one(at, word))?;
    let (word, name) = (words[at], words.join("_"));
    let others: Vec<&str> = words.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, w)| *w).collect();
    let is_outside = at == 0 || at == words.len() - 1;
    let instead = match others.as_slice() {
        [] => None,
        _ if !is_outside => None,
        _ if says_type(word) => Some(format!("{}:{word}", others.join("_"))),
        _ if OPTION_FIRST.contains(&word) && at == 0 => Some(match word {
            "optional" | "nullable" => format!("{}?", others.join("_")),
            "unique" => format!("{} unique", others.join("_")),
            _ => others.join("_"),
        }),
        _ => None,
    };
    Some(FieldProblem::WordInName { name, word: word.to_owned(), instead })
}

/// The field that `name` is likely to be.
///
/// # Errors
/// Several models of the project have this name.
pub(super) fn field(name: &str, targets: &Targets) -> Result<FieldSpec, FieldProblem> {
    if let Some(field) = relation(name, targets)? {
        return Ok(field);
    }
    let words: Vec<&str> = name.split('_').collect();
    let (first, last) = (words[0], words[words.len() - 1]);
    let several = words.len() > 1;
    let is = |list: &[&str]| list.contains(&last);
    let of = |kind: FieldType| plain(name, kind);
    if is(FILES) {
        return Err(FieldProblem::File { name: name.to_owned() });
    }
    if is(SECRETS) || SECRET_KEYS.iter().any(|key| name.ends_with(key)) {
        return Err(FieldProblem::Secret { name: name.to_owned() });
    }
    let outside = |at: usize| at == 0 || at == words.len() - 1;
    let never = |at: usize, word: &str| {
        outside(at) && TYPE_WORDS.contains(&word) || at == 0 && OPTION_FIRST.contains(&word)
    };
    if let Some(problem) = misplaced(&words, never) {
        return Err(problem);
    }
    let field = if is_statement(name) || SWITCHES.iter().any(|(w, _)| *w == name) || name == "email_verified"
    {
        let on = SWITCHES.iter().any(|(w, on)| *on && *w == last);
        FieldSpec { initial: Some(Value::Bool(on)), ..of(FieldType::Boolean) }
    } else if several && last == "at"
        || matches!(last, "datetime" | "timestamp" | "deadline")
        || matches!(name, "created" | "updated" | "modified")
    {
        moment(name, FieldType::Datetime)
    } else if several && (matches!(last, "on" | "until" | "since") || first == "date")
        || last == "from" && words.len() == 2 && BEGINNINGS.contains(&first)
        || is(DAYS)
    {
        moment(name, FieldType::Date)
    } else if last == "time" {
        of(Time::of(&words).kind())
    } else if last == "duration" {
        of(FieldType::Duration)
    } else if last == "email" || name == "email_address" {
        of(FieldType::Email)
    } else if matches!(last, "url" | "link" | "website" | "homepage") {
        of(FieldType::Url)
    } else if last == "slug" {
        FieldSpec { unique: true, ..of(FieldType::Slug) }
    } else if matches!(last, "uuid" | "guid") {
        FieldSpec { unique: true, initial: Some(json!("random")), ..of(FieldType::Uuid) }
    } else if is(MONEY) || is(MEASURES) || several && is(METRIC) {
        decimal(name, 10, 2, Some(0), None)
    } else if last == "balance" {
        decimal(name, 10, 2, None, None)
    } else if matches!(last, "percent" | "percentage") {
        decimal(name, 5, 2, Some(0), Some(100))
    } else if matches!(last, "latitude" | "lat") {
        decimal(name, 9, 6, Some(-90), Some(90))
    } else if matches!(last, "longitude" | "lng" | "lon") {
        decimal(name, 9, 6, Some(-180), Some(180))
    } else if is(COUNTERS) {
        FieldSpec { initial: Some(json!(0)), ..of(FieldType::PositiveInteger) }
    } else if matches!(last, "rating" | "stars") {
        FieldSpec { min: Some(json!(1)), max: Some(json!(5)), ..of(FieldType::PositiveInteger) }
    } else if is(NUMBERS) || is(UNITS) || name.starts_with("number_of_") {
        of(FieldType::PositiveInteger)
    } else if is(NOTES) {
        optional(of(FieldType::Text))
    } else if is(TEXTS) {
        of(FieldType::Text)
    } else if is(DOCUMENTS) {
        FieldSpec { initial: Some(json!({})), blank: true, ..of(FieldType::Json) }
    } else if last == "subtitle" {
        optional(of(FieldType::String))
    } else if is(CODES) {
        FieldSpec { max_length: Some(50), unique: last != "code", ..of(FieldType::String) }
    } else if is_guess(name) {
        FieldSpec { initial: Some(Value::Bool(false)), ..of(FieldType::Boolean) }
    } else {
        let short = SHORT.iter().find(|(word, _)| *word == last);
        let is_word = |_: usize, word: &str| says_type(word) || OPTION_WORDS.contains(&word);
        if short.is_none()
            && !USUAL.contains(&last)
            && let Some(problem) = misplaced(&words, is_word)
        {
            return Err(problem);
        }
        FieldSpec { max_length: short.map(|(_, length)| *length), ..of(FieldType::String) }
    };
    Ok(field)
}

fn relation(name: &str, targets: &Targets) -> Result<Option<FieldSpec>, FieldProblem> {
    let to = |label: &str, kind| FieldSpec {
        to: Some(if label == targets.user { "user".to_owned() } else { label.to_owned() }),
        ..plain(name, kind)
    };
    for (meant, kind) in
        [(targets.meant(name), FieldType::ForeignKey), (targets.meant_by_plural(name), FieldType::ManyToMany)]
    {
        match meant {
            Meant::None => {}
            Meant::One(label) => return Ok(Some(to(label, kind))),
            Meant::Several(labels) => {
                return Err(FieldProblem::SeveralModels { name: name.to_owned(), labels });
            }
        }
    }
    let by_somebody = name.ends_with("_by");
    if PEOPLE.contains(&name) || by_somebody {
        let field = FieldSpec { to: Some("user".to_owned()), ..plain(name, FieldType::ForeignKey) };
        return Ok(Some(field));
    }
    Ok(None)
}

/// A day or a moment. What has happened to a row has not happened to every row.
fn moment(name: &str, kind: FieldType) -> FieldSpec {
    let field = plain(name, kind);
    let what = name.split('_').next().unwrap_or_default();
    match name {
        "created" | "created_at" | "created_on" | "created_date" | "date_created" | "added_at" => {
            FieldSpec { set_on_create: true, ..field }
        }
        "updated" | "updated_at" | "updated_on" | "updated_date" | "date_updated" | "modified"
        | "modified_at" => FieldSpec { set_on_save: true, ..field },
        _ if what.ends_with("ed") && name != what => optional(field),
        _ => field,
    }
}

fn decimal(name: &str, digits: u32, places: u32, min: Option<i64>, max: Option<i64>) -> FieldSpec {
    FieldSpec {
        max_digits: Some(digits),
        decimal_places: Some(places),
        min: min.map(Value::from),
        max: max.map(Value::from),
        ..plain(name, FieldType::Decimal)
    }
}

fn optional(mut field: FieldSpec) -> FieldSpec {
    make_optional(&mut field);
    field
}
