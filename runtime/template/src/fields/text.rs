//! A field as a line of text: `NAME[?][:TYPE[(ARGUMENTS)]] [OPTION …]`.

use aksara_protocol::params::{FieldSpec, FieldType};
use serde_json::Value;

use super::problem::FieldProblem;
use super::types::{CHOICE, OPTIONS, field_type, type_name};
use super::words::says_type;
use super::{Targets, check_name, infer, make_optional, make_required, plain};
use crate::nearest::nearest;
use crate::script::{capitalize, human};

/// A choice has room for values that are added later.
const CHOICE_LENGTH: u32 = 20;
/// A text in a database column without a length of its own is no longer than this.
const MAX_LENGTH: u32 = 65_535;
/// The largest number of digits that databases keep exactly.
const MAX_DIGITS: u32 = 65;

pub(super) fn read(written: &str, targets: &Targets) -> Result<FieldSpec, FieldProblem> {
    let text = written.trim();
    let syntax = || FieldProblem::Syntax { text: text.to_owned() };
    if text.is_empty() {
        return Err(FieldProblem::NotAField { text: String::new() });
    }
    let end = text.find(|c: char| c == ':' || c == '?' || c.is_whitespace()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    check_name(name)?;
    let (optional, rest) = match rest.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start();
    let (mut field, options) = match rest.strip_prefix(':') {
        Some(typed) => {
            let words = split(typed, char::is_whitespace).ok_or_else(syntax)?;
            let (kind, options) = words.split_first().ok_or_else(syntax)?;
            if kind.ends_with('?') {
                return Err(FieldProblem::Name {
                    text: format!("{name}:{kind}"),
                    nearest: Some(format!("{name}?:{}", kind.trim_end_matches('?'))),
                });
            }
            (of_type(name, kind, targets)?, options.to_vec())
        }
        None => (infer::field(name, targets)?, split(rest, char::is_whitespace).ok_or_else(syntax)?),
    };
    let usual = field.initial.take();
    for option in &options {
        apply(&mut field, option)?;
    }
    // What a field of this name begins with gives way to bounds that are said.
    if field.initial.is_none() {
        field.initial = usual.filter(|value| is_within(value, &field));
    }
    let is_required = options.iter().any(|option| option == "required");
    if is_required {
        make_required(&mut field, options.iter().any(|option| option.starts_with("default=")));
    }
    if optional && is_required {
        return Err(FieldProblem::Value {
            option: format!("{name}?"),
            value: "required".to_owned(),
            reason: "it cannot be both".to_owned(),
        });
    }
    if optional {
        make_optional(&mut field);
    }
    Ok(field)
}

/// Whether the value is within the field's bounds.
fn is_within(value: &Value, field: &FieldSpec) -> bool {
    let Some(value) = value.as_f64() else { return true };
    let bound = |bound: &Option<Value>| bound.as_ref().and_then(Value::as_f64);
    bound(&field.min).is_none_or(|least| value >= least) && bound(&field.max).is_none_or(|most| value <= most)
}

/// Whether a line says that the field must be filled.
pub(super) fn says_required(written: &str) -> bool {
    let rest = written.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    split(rest, char::is_whitespace).unwrap_or_default().iter().any(|option| option == "required")
}

/// The parts of a list that is written with commas; those in brackets or quotes divide nothing. A list with a
/// bracket that is not closed is one part.
pub(crate) fn split_list(list: &str) -> Vec<String> {
    split(list, |c| c == ',').unwrap_or_else(|| vec![list.trim().to_owned()])
}

/// `text` divided where `divides` says so outside of brackets and quotes; empty parts are left out. `None` if a
/// bracket or a quote is not closed.
fn split(text: &str, divides: impl Fn(char) -> bool) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let (mut depth, mut quote) = (0_u32, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 && quote.is_none() && divides(c) {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    let done = depth == 0 && quote.is_none();
    done.then(|| parts.iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect())
}

/// `decimal(10,2)` as a field.
fn of_type(name: &str, kind: &str, targets: &Targets) -> Result<FieldSpec, FieldProblem> {
    let (word, arguments) = match kind.split_once('(') {
        None => (kind, None),
        Some((word, rest)) => {
            let inner =
                rest.strip_suffix(')').ok_or_else(|| FieldProblem::Syntax { text: kind.to_owned() })?;
            (word, Some(split_list(inner)))
        }
    };
    let wrong = |expected| FieldProblem::Arguments { kind: word.to_owned(), expected };
    if word.eq_ignore_ascii_case(CHOICE) {
        let values = arguments.filter(|v| !v.is_empty());
        let values = values.ok_or_else(|| wrong("with its values: choice(draft,published)"))?;
        return Ok(choice(name, values.iter().map(|v| unquoted(v))));
    }
    let mut field = plain(name, field_type(word).map_err(|problem| meant(name, word, problem, targets))?);
    let arguments = arguments.unwrap_or_default();
    let number = |text: &String, most: u32| text.parse::<u32>().ok().filter(|n| *n <= most);
    match (field.field_type, arguments.as_slice()) {
        (FieldType::ForeignKey | FieldType::OneToOne | FieldType::ManyToMany, [to]) => {
            field.to = Some(targets.resolve(to)?);
        }
        (FieldType::ForeignKey | FieldType::OneToOne | FieldType::ManyToMany, _) => {
            return Err(wrong("with the model that it points to: fk(blog.Post) or fk(user)"));
        }
        (_, []) => {}
        (
            FieldType::String | FieldType::Text | FieldType::Slug | FieldType::Email | FieldType::Url,
            [length],
        ) => {
            let length = number(length, MAX_LENGTH).filter(|n| *n > 0);
            field.max_length = Some(length.ok_or_else(|| wrong("with its length: string(50)"))?);
        }
        (FieldType::Decimal, [digits, places]) => {
            let form = "with its digits, and how many of them are behind the point: decimal(10,2)";
            let (digits, places) = (number(digits, MAX_DIGITS), number(places, MAX_DIGITS));
            let (Some(digits), Some(places)) = (digits, places) else { return Err(wrong(form)) };
            if digits == 0 || places > digits {
                return Err(wrong(form));
            }
            (field.max_digits, field.decimal_places) = (Some(digits), Some(places));
        }
        (FieldType::Decimal, _) => {
            return Err(wrong("with its digits, and how many of them are behind the point: decimal(10,2)"));
        }
        (FieldType::String | FieldType::Text | FieldType::Slug | FieldType::Email | FieldType::Url, _) => {
            return Err(wrong("with its length: string(50)"));
        }
        _ => return Err(wrong("without brackets")),
    }
    Ok(field)
}

/// What stands where a type does and is none: an option, as in `sku:unique`, or a model, as in `borrower:user`, is shown
/// as it is written.
fn meant(name: &str, word: &str, problem: FieldProblem, targets: &Targets) -> FieldProblem {
    let FieldProblem::Type { text, nearest } = problem else { return problem };
    let lower = word.to_ascii_lowercase();
    let kind = || infer::field(name, targets).map_or(FieldType::String, |field| field.field_type);
    let instead = if ["optional", "nullable", "null", "blank"].contains(&lower.as_str()) {
        Some(format!("{name}?"))
    } else if ["unique", "index", "required"].contains(&lower.as_str()) {
        Some(format!("{name}:{} {lower}", type_name(kind())))
    } else {
        targets.resolve(word).ok().map(|label| format!("{name}:fk({label})"))
    };
    FieldProblem::Type { text, nearest: instead.or(nearest) }
}

/// A text that is one of some values; what people see is made from the values.
pub(super) fn choice<'v>(name: &str, values: impl Iterator<Item = &'v str>) -> FieldSpec {
    let choices: Vec<(Value, String)> =
        values.map(|value| (Value::from(value), capitalize(&human(value)))).collect();
    let longest = choices.iter().filter_map(|(v, _)| v.as_str()).map(|v| v.chars().count()).max();
    let longest = longest.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    FieldSpec { max_length: Some(longest.max(CHOICE_LENGTH)), choices, ..plain(name, FieldType::String) }
}

fn apply(field: &mut FieldSpec, written: &str) -> Result<(), FieldProblem> {
    let (option, value) = match written.split_once('=') {
        Some((option, value)) => (option, Some(unquoted(value))),
        None => (written, None),
    };
    let wrong = |reason: &str| FieldProblem::Value {
        option: option.to_owned(),
        value: value.unwrap_or_default().to_owned(),
        reason: reason.to_owned(),
    };
    let given = || value.filter(|v| !v.is_empty()).ok_or_else(|| wrong("it needs a value"));
    match option {
        "unique" | "index" | "required" if value.is_some() => return Err(wrong("it takes no value")),
        "unique" => field.unique = true,
        "index" => field.index = true,
        // It counts once all is read.
        "required" => {}
        "default" => {
            let value = value.ok_or_else(|| wrong("it needs a value"))?;
            field.initial =
                Some(literal(field, value).ok_or_else(|| wrong("it is not of the field's type"))?);
        }
        "min" | "max" => {
            let bound = number(field.field_type, given()?).ok_or_else(|| wrong("it is not a number"))?;
            if option == "min" {
                field.min = Some(bound);
            } else {
                field.max = Some(bound);
            }
        }
        "help" => field.help = Some(given()?.to_owned()),
        "related_name" => field.related_name = Some(given()?.to_owned()),
        "on_delete" => {
            let rule = given()?;
            let rules = ["cascade", "set_null", "restrict", "protect"];
            if !rules.contains(&rule) {
                return Err(wrong("use cascade, set_null, restrict or protect"));
            }
            field.on_delete = Some(rule.to_owned());
        }
        _ => {
            let near = nearest(option, OPTIONS.iter().copied()).map(str::to_owned);
            // "price decimal" has a type, "stock count" is two words of one name.
            if value.is_none() && says_type(option.split('(').next().unwrap_or(option)) {
                let nearest = Some(format!("{}:{option}", field.name));
                return Err(FieldProblem::Option {
                    text: written.to_owned(),
                    nearest,
                    known: OPTIONS.to_vec(),
                });
            }
            let joined = format!("{}_{option}", field.name);
            let near = near.or_else(|| (value.is_none() && check_name(&joined).is_ok()).then_some(joined));
            return Err(FieldProblem::Option {
                text: written.to_owned(),
                nearest: near,
                known: OPTIONS.to_vec(),
            });
        }
    }
    Ok(())
}

/// A value of the field's type, as it is written.
fn literal(field: &FieldSpec, text: &str) -> Option<Value> {
    match field.field_type {
        FieldType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(Value::Bool(true)),
            "false" | "no" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
        FieldType::Json => serde_json::from_str(text).ok(),
        kind @ (FieldType::Integer
        | FieldType::PositiveInteger
        | FieldType::BigInteger
        | FieldType::Float
        | FieldType::Decimal) => number(kind, text),
        _ if field.choices.is_empty() => Some(Value::from(text)),
        _ => field.choices.iter().map(|(value, _)| value).find(|v| v.as_str() == Some(text)).cloned(),
    }
}

/// A number of the type; of a decimal its exact digits, as text, unless it is whole.
fn number(kind: FieldType, text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok();
    match kind {
        FieldType::PositiveInteger => whole.filter(|n| *n >= 0).map(Value::from),
        FieldType::Decimal if whole.is_none() => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
            (plain && text.parse::<f64>().is_ok()).then(|| Value::from(text))
        }
        FieldType::Float => serde_json::from_str::<Value>(text).ok().filter(Value::is_number),
        _ => whole.map(Value::from),
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}
