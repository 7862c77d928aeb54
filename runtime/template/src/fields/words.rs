//! A field in plain words: "an optional price as decimal, default 0" is the line `price?:decimal default=0`.
//!
//! Words are read completely or not at all: a word for a type or an option that stands where it has no meaning
//! makes no field.

use super::infer;
use super::text::split_list;
use super::types::{OPTIONS, field_type};
use crate::script::{pascal, singular, snake};

/// A word, or what stands in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Group(&'t str),
}

impl Token<'_> {
    fn is(&self, words: &[&str]) -> bool {
        matches!(self, Token::Word(word) if words.iter().any(|w| w.eq_ignore_ascii_case(word)))
    }
}

/// What is said of a field beside its name.
#[derive(Clone, Debug, Default)]
struct Said {
    /// The type as it is written in a line, with what is in its brackets.
    kind: Option<String>,
    /// The type is a word that names are made of as well, and nothing says that it is meant as a type.
    may_be_name: bool,
    optional: bool,
    options: Vec<String>,
    /// The word for a default that is none: "default none". One of several values may be called so.
    nothing: Option<String>,
}

/// Types of several words, and words that are types only in this form.
const PHRASES: &[(&[&str], &str)] = &[
    (&["positive", "integer"], "positive_integer"),
    (&["big", "integer"], "big_integer"),
    (&["whole", "number"], "integer"),
    (&["decimal", "number"], "decimal"),
    (&["floating", "point"], "float"),
    (&["date", "time"], "datetime"),
    (&["long", "text"], "text"),
    (&["short", "text"], "string"),
    (&["foreign", "key"], "fk"),
    (&["many", "to", "many"], "m2m"),
    (&["one", "to", "one"], "o2o"),
    (&["many-to-many"], "m2m"),
    (&["one-to-one"], "o2o"),
    (&["varchar"], "string"),
    (&["bigint"], "big_integer"),
];
/// Types whose words are parts of names as well: "due date", "contact email", "image url".
const IN_NAMES: &[&str] = &[
    "text", "date", "datetime", "time", "duration", "uuid", "json", "email", "url", "slug", "image", "file",
];
/// Words that join a name to its type.
const JOINTS: &[&str] = &["as", "is", "type", "typed"];
/// Words between an option and its value.
const TO_VALUE: &[&str] = &["to", "is", "of", "value"];
/// Words for a default that is none.
const NOTHING: &[&str] = &["none", "null", "nothing", "empty", "blank"];
/// Nouns behind the name of what is true or not: "a pinned flag".
const FLAGS: &[&str] = &["flag", "switch", "toggle", "checkbox"];
/// Statements that begin with one of these are names: "is done".
const STATEMENTS: &[&str] = &["is", "has", "can", "was"];
/// Prepositions with which the name of a day may end: "valid from", "bought on".
const ENDS: &[&str] = &["from", "on"];
/// Words that ask, and so are part of no value that a field may have: "who did what, when".
const QUESTIONS: &[&str] = &["who", "whom", "whose", "what", "which", "when", "where", "why", "how"];
/// A name of more words is a sentence.
const MOST_WORDS: usize = 3;

/// The line for a field that is said in words; `None` if they are none.
pub(crate) fn from_words(text: &str, holds_together: impl Fn(&str) -> bool) -> Option<String> {
    let tokens: Vec<Token<'_>> = tokens(text)?
        .into_iter()
        .filter(|t| !t.is(&["field", "fields", "column", "columns", "following"]))
        .collect();
    let tokens = with_unit(tokens);
    let is_before = |t: &Token<'_>| t.is(&["a", "an", "the", "its", "their", "only", "just", "of"]);
    let mut rest: &[Token<'_>] = &tokens;
    let mut said = Said::default();
    // "an optional description", "a unique sku"
    while let [first, tail @ ..] = rest
        && (is_before(first) || (!tail.is_empty() && (flag(first, &mut said) || bounds(first, &mut said))))
    {
        rest = tail;
    }
    let (name, more) = (1..=rest.len()).find_map(|end| {
        let more = attributes(&rest[end..])?;
        // "published_at date": what is written as one name is the whole of it.
        let is_written = |name: &[Token<'_>]| matches!(name, [Token::Word(word)] if word.contains('_'));
        let fits = !more.may_be_name
            || is_written(&rest[..end])
            || is_type_of(&joined(&rest[..end])?, more.kind.as_deref()?);
        fits.then_some((&rest[..end], more))
    })?;
    let (name, kind) = match (&more.kind, leading_type(name)) {
        (None, Some((kind, name))) => (name, Some(kind)),
        (kind, _) => (name, kind.clone()),
    };
    let name = match name {
        [what @ .., noun] if !what.is_empty() && noun.is(FLAGS) => {
            statement(field_name(what, holds_together)?)
        }
        // "a created_by user": who that is, is said twice.
        [what @ .., noun]
            if noun.is(&["user"])
                && field_name(what, &holds_together).is_some_and(|name| infer::is_person(&name)) =>
        {
            field_name(what, holds_together)?
        }
        _ => field_name(name, holds_together)?,
    };
    let mut options: Vec<String> = said.options.into_iter().chain(more.options).collect();
    let mut is_optional = said.optional || more.optional;
    if let Some(word) = more.nothing {
        match is_value(&word, kind.as_deref()) {
            true => options.push(format!("default={word}")),
            false => is_optional = true,
        }
    }
    let kind = kind.or_else(|| number_for(&name, &options));
    let kind = kind.map(|kind| match kind.as_str() {
        "fk" | "o2o" | "m2m" => format!("{kind}({})", target(&name)),
        _ => kind,
    });
    // "EUR, USD, default EUR" are `eur` and `usd`.
    for option in &mut options {
        if let Some(value) = option.strip_prefix("default=").map(snake)
            && is_value(&value, kind.as_deref())
        {
            *option = format!("default={value}");
        }
    }
    let mut line = name;
    if is_optional {
        line.push('?');
    }
    if let Some(kind) = kind {
        line.push_str(&format!(":{kind}"));
    }
    for option in options {
        line.push_str(&format!(" {option}"));
    }
    Some(line)
}

/// Whether the word is one of the values that a field of this type may have.
fn is_value(word: &str, kind: Option<&str>) -> bool {
    let values = kind.and_then(|kind| kind.strip_prefix("choice(")?.strip_suffix(')'));
    values.is_some_and(|values| values.split(',').any(|value| value == word))
}

/// The type of a field that has bounds, where its name says none that can have some: "level from 1 to 3".
fn number_for(name: &str, options: &[String]) -> Option<String> {
    let bounds: Vec<&str> = options
        .iter()
        .filter_map(|option| option.strip_prefix("min=").or_else(|| option.strip_prefix("max=")))
        .collect();
    if bounds.is_empty() || infer::is_number(name) {
        return None;
    }
    let kind = match bounds.iter().all(|bound| bound.parse::<i64>().is_ok()) {
        false => "decimal",
        true if bounds.iter().any(|bound| bound.starts_with('-')) => "integer",
        true => "positive_integer",
    };
    Some(kind.to_owned())
}

/// Whether the word is a noun for what is true or not.
pub(crate) fn is_flag(word: &str) -> bool {
    FLAGS.contains(&word)
}

/// "pinned" is `is_pinned`, and "is active" is that already.
fn statement(name: String) -> String {
    if infer::is_statement(&name) { name } else { format!("is_{name}") }
}

/// "prep time in minutes" and "prep time (minutes)" are "prep minutes".
fn with_unit(mut tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let is_unit =
        |word: &str| infer::is_measured(&word.to_lowercase()) || infer::is_metric(&word.to_lowercase());
    let found = (1..tokens.len()).find_map(|at| match (tokens[at], tokens.get(at + 1)) {
        (Token::Group(inner), _) => {
            let unit = inner.trim_start_matches("in ");
            is_unit(unit).then_some((at, at + 1, Token::Word(unit)))
        }
        (Token::Word("in"), Some(Token::Word(unit))) if is_unit(unit) => {
            Some((at, at + 2, Token::Word(unit)))
        }
        _ => None,
    });
    if let Some((at, end, unit)) = found {
        let start = if tokens[at - 1].is(&["time"]) { at - 1 } else { at };
        tokens.splice(start..end, [unit]);
    }
    tokens
}

/// `None` if a bracket is not closed.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => {
                if depth == 0 {
                    if start < at {
                        tokens.push(Token::Word(&text[start..at]));
                    }
                    start = at + 1;
                }
                depth += 1;
            }
            ')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    tokens.push(Token::Group(text[start..at].trim()));
                    start = at + 1;
                }
            }
            c if depth == 0 && (c.is_whitespace() || c == ',') => {
                if start < at {
                    tokens.push(Token::Word(&text[start..at]));
                }
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    if start < text.len() {
        tokens.push(Token::Word(&text[start..]));
    }
    (depth == 0).then_some(tokens)
}

/// What all of the words say of a field; `None` if one of them says something else.
fn attributes(tokens: &[Token<'_>]) -> Option<Said> {
    let mut said = Said::default();
    let mut rest = tokens;
    let mut is_joined = false;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let Token::Group(inner) = first {
            group(inner, &mut said)?;
            continue;
        }
        if let Some(after) = most_characters(&[&[*first], tail].concat(), &mut said) {
            rest = &tail[tail.len() - after..];
            continue;
        }
        // "a sku that is unique"
        let is_joint = first.is(&["that", "which"]) && tail.first().is_some_and(|next| next.is(&["is"]));
        if is_joint || flag(first, &mut said) || first.is(&["a", "an", "with", "and", "but"]) {
            continue;
        }
        if first.is(JOINTS) || first.is(&["of"]) && tail.first().is_some_and(|t| t.is(&["type"])) {
            is_joined = true;
            if tail.is_empty() {
                return None;
            }
            continue;
        }
        if let Some(after) = option(first, tail, &mut said) {
            rest = after?;
            continue;
        }
        let (kind, len) = type_phrase(&[&[*first], tail].concat())?;
        if said.kind.is_some() {
            return None;
        }
        rest = &tail[len - 1..];
        let mut arguments = None;
        match (kind.as_str(), rest) {
            (_, [Token::Group(inner), after @ ..]) => (arguments, rest) = (Some((*inner).to_owned()), after),
            ("decimal", [Token::Word(digits), Token::Word(places), after @ ..])
                if [digits, places].iter().all(|n| n.parse::<u32>().is_ok()) =>
            {
                (arguments, rest) = (Some(format!("{digits},{places}")), after);
            }
            ("fk" | "o2o" | "m2m", [to, Token::Word(model), after @ ..]) if to.is(&["to"]) => {
                (arguments, rest) = (Some((*model).to_owned()), after);
            }
            _ => {}
        }
        said.may_be_name = IN_NAMES.contains(&kind.as_str()) && !is_joined && arguments.is_none();
        said.kind = Some(arguments.map_or(kind.clone(), |inner| format!("{kind}({inner})")));
    }
    Some(said)
}

/// The values behind a noun for them: "choices low, normal, high", "with options: a, b", "one of a, b".
pub(crate) fn values_said(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches([',', ' ']);
    let mut is_said = false;
    while let Some((word, behind)) = rest.split_once(char::is_whitespace) {
        let lower = word.trim_end_matches(':').to_lowercase();
        let leads = ["with", "having", "and", "its", "the", "possible", "allowed", "valid"];
        match lower.as_str() {
            "choices" | "choice" | "options" | "values" if !is_said => is_said = true,
            "one" if !is_said && behind.starts_with("of ") => {
                (rest, is_said) = (&behind["of ".len()..], true)
            }
            "are" | "of" | "being" if is_said => {}
            word if !is_said && leads.contains(&word) => {}
            _ => break,
        }
        if !matches!(lower.as_str(), "one") {
            rest = behind.trim_start();
        }
    }
    is_said.then_some(rest)
}

/// What stands in brackets behind a name: a type, options, or the values that are possible.
fn group(inner: &str, said: &mut Said) -> Option<()> {
    let inner = values_said(inner).unwrap_or(inner);
    if let Some(digits) = inner.strip_prefix("decimal ")
        && digits.split([',', '/']).all(|n| n.trim().parse::<u32>().is_ok())
    {
        said.kind = Some(format!("decimal({})", digits.replace('/', ",")));
        return Some(());
    }
    if inner.eq_ignore_ascii_case("user") && said.kind.is_none() {
        said.kind = Some("fk(user)".to_owned());
        return Some(());
    }
    let parts = split_list(inner);
    let read: Option<Vec<Said>> = parts.iter().map(|part| attributes(&tokens(part)?)).collect();
    if let Some(parts) = read.filter(|parts| !parts.is_empty()) {
        for part in parts {
            if part.kind.is_some() && said.kind.replace(part.kind.unwrap_or_default()).is_some() {
                return None;
            }
            said.optional |= part.optional;
            said.nothing = said.nothing.take().or(part.nothing);
            said.options.extend(part.options);
        }
        return Some(());
    }
    let values = inner.replace(['/', '|'], ",").replace(" or ", ",").replace(" and ", ",");
    let values: Vec<String> = split_list(&values).iter().map(|value| snake(value)).collect();
    let plain = |value: &String| {
        !value.is_empty()
            && !asks(value)
            && !value.starts_with("default_")
            && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !says_type(value)
    };
    let fits = values.len() > 1 && values.iter().all(plain) && said.kind.is_none();
    fits.then(|| said.kind = Some(format!("choice({})", values.join(","))))
}

/// Whether a text in snake case asks something.
pub(crate) fn asks(text: &str) -> bool {
    text.split('_').any(|word| QUESTIONS.contains(&word))
}

/// Whether the word alone is a statement about a field, which is then noted.
fn flag(token: &Token<'_>, said: &mut Said) -> bool {
    if token.is(&["optional", "nullable"]) {
        said.optional = true;
    } else if token.is(&["required", "mandatory"]) {
        said.options.push("required".to_owned());
    } else if token.is(&["unique"]) {
        said.options.push("unique".to_owned());
    } else if token.is(&["indexed"]) {
        said.options.push("index".to_owned());
    } else if token.is(&["non-negative", "nonnegative"]) {
        said.options.push("min=0".to_owned());
    } else if let Token::Word(word) = token
        && let Some((option, _)) = word.split_once('=')
        && OPTIONS.contains(&option)
    {
        said.options.push((*word).to_owned());
    } else {
        return false;
    }
    true
}

/// An option with its value, which is noted, and what stands behind it. `None` if the word begins no option,
/// `Some(None)` if it has no value.
#[expect(clippy::option_option, reason = "no option and an option without its value are different")]
fn option<'t, 'a>(
    first: &Token<'a>,
    rest: &'t [Token<'a>],
    said: &mut Said,
) -> Option<Option<&'t [Token<'a>]>> {
    if bounds(first, said) {
        return Some(Some(rest));
    }
    let value = |rest: &'t [Token<'a>]| {
        let at = rest.iter().position(|t| !t.is(TO_VALUE))?;
        let Token::Word(word) = rest[at] else { return None };
        Some((word, &rest[at + 1..]))
    };
    let number = |rest| value(rest).filter(|(word, _)| word.parse::<f64>().is_ok());
    let mut bound = |name: &str, rest: &'t [Token<'a>]| {
        let (word, rest) = number(rest)?;
        said.options.push(format!("{name}={word}"));
        Some(rest)
    };
    if first.is(&["default", "defaults", "defaulting"]) {
        return Some(value(rest).map(|(word, rest)| {
            match NOTHING.contains(&word.to_lowercase().as_str()) {
                true => said.nothing = Some(word.to_lowercase()),
                false => said.options.push(format!("default={word}")),
            }
            rest
        }));
    }
    if first.is(&["min", "minimum"]) {
        return Some(bound("min", rest));
    }
    if first.is(&["max", "maximum"]) {
        return Some(match rest {
            [next, after @ ..] if next.is(&["length"]) => length(after, said),
            _ => bound("max", rest),
        });
    }
    match (first, rest) {
        // "1 to 5", "1 - 5"
        (Token::Word(low), [to, rest @ ..])
            if low.parse::<f64>().is_ok()
                && to.is(&["to", "through", "-", "\u{2013}"])
                && number(rest).is_some() =>
        {
            said.options.push(format!("min={low}"));
            let (high, rest) = number(rest)?;
            said.options.push(format!("max={high}"));
            Some(Some(rest))
        }
        (at, [least, rest @ ..]) if at.is(&["at"]) && least.is(&["least"]) => Some(bound("min", rest)),
        (at, [most, rest @ ..]) if at.is(&["at"]) && most.is(&["most"]) => Some(bound("max", rest)),
        (from, [low, to, rest @ ..])
            if from.is(&["from", "between"]) && to.is(&["to", "and"]) && number(rest).is_some() =>
        {
            let Token::Word(word) = *low else { return Some(None) };
            if word.parse::<f64>().is_err() {
                return Some(None);
            }
            said.options.push(format!("min={word}"));
            let (high, rest) = number(rest)?;
            said.options.push(format!("max={high}"));
            Some(Some(rest))
        }
        _ => None,
    }
}

/// Whether the word alone is the least and the greatest value, which are then noted.
fn bounds(token: &Token<'_>, said: &mut Said) -> bool {
    let Token::Word(word) = token else { return false };
    let Some((low, high)) = range(word) else { return false };
    said.options.extend([format!("min={low}"), format!("max={high}")]);
    true
}

/// The ends of "1-5", "0..10".
fn range(word: &str) -> Option<(&str, &str)> {
    let (low, high) = ["..", "\u{2013}", "-"].iter().find_map(|joint| word.split_once(joint))?;
    (low.parse::<i64>().ok()? < high.parse::<i64>().ok()?).then_some((low, high))
}

/// "max length 50" makes a string.
fn length<'t, 'a>(rest: &'t [Token<'a>], said: &mut Said) -> Option<&'t [Token<'a>]> {
    let at = rest.iter().position(|t| !t.is(TO_VALUE))?;
    let Token::Word(word) = rest[at] else { return None };
    is_no_longer_than(word, said)?;
    Some(&rest[at + 1..])
}

/// "of at most 160 characters" makes a string. Gives how many words stand behind it.
fn most_characters(tokens: &[Token<'_>], said: &mut Said) -> Option<usize> {
    const MOST: &[&[&str]] = &[
        &["at", "most"],
        &["up", "to"],
        &["no", "more", "than"],
        &["limited", "to"],
        &["max"],
        &["maximum"],
    ];
    let rest = if tokens.first()?.is(&["of", "with"]) { &tokens[1..] } else { tokens };
    let is_said = |phrase: &&&[&str]| {
        phrase.len() <= rest.len() && phrase.iter().zip(rest).all(|(word, token)| token.is(&[word]))
    };
    let rest = &rest[MOST.iter().find(is_said)?.len()..];
    let [Token::Word(number), unit, after @ ..] = rest else { return None };
    if !unit.is(&["characters", "character", "chars", "letters"]) {
        return None;
    }
    is_no_longer_than(number, said)?;
    Some(after.len())
}

fn is_no_longer_than(number: &str, said: &mut Said) -> Option<()> {
    number.parse::<u32>().ok()?;
    let kind = said.kind.take().unwrap_or_else(|| "string".to_owned());
    said.kind = Some(format!("{kind}({number})"));
    said.may_be_name = false;
    Some(())
}

/// The type that the first words are, and how many words.
fn type_phrase(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    let phrase = PHRASES.iter().find(|(phrase, _)| {
        phrase.len() <= tokens.len() && phrase.iter().zip(tokens).all(|(word, token)| token.is(&[word]))
    });
    if let Some((phrase, kind)) = phrase {
        return Some(((*kind).to_owned(), phrase.len()));
    }
    let [Token::Word(word), ..] = tokens else { return None };
    let lower = word.to_ascii_lowercase();
    let bare = lower.strip_suffix("field").unwrap_or(&lower);
    let short = match bare {
        "timestamp" => "datetime",
        "foreign_key" | "foreignkey" => "fk",
        "many_to_many" | "manytomany" => "m2m",
        "one_to_one" | "onetoone" => "o2o",
        other => other,
    };
    (says_type(short) || ["image", "file"].contains(&short)).then(|| (short.to_owned(), 1))
}

/// Whether the word names a type.
pub(crate) fn says_type(word: &str) -> bool {
    field_type(word).is_ok() || word == super::types::CHOICE
}

/// "decimal price": the type and the rest, unless the words are one name.
fn leading_type<'t, 'a>(name: &'t [Token<'a>]) -> Option<(String, &'t [Token<'a>])> {
    let (kind, len) = type_phrase(name)?;
    let rest = &name[len..];
    let fits = !rest.is_empty() && (!IN_NAMES.contains(&kind.as_str()) || is_type_of(&joined(rest)?, &kind));
    fits.then_some((kind, rest))
}

/// Whether a field of this name needs no more words to its name: it is known, and may be of the type.
fn is_type_of(name: &str, kind: &str) -> bool {
    field_type(kind).is_ok_and(|kind| infer::is_usually(name, kind))
}

fn joined(name: &[Token<'_>]) -> Option<String> {
    let words: Option<Vec<&str>> = name
        .iter()
        .map(|token| match token {
            Token::Word(word) => Some(*word),
            Token::Group(_) => None,
        })
        .collect();
    Some(snake(&words?.join(" ")))
}

fn field_name(name: &[Token<'_>], holds_together: impl Fn(&str) -> bool) -> Option<String> {
    let last = name.len().checked_sub(1)?;
    let mut count = 0;
    for (at, token) in name.iter().enumerate() {
        let Token::Word(word) = token else { return None };
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let is_link = at > 0 && at < last && token.is(&["of"]);
        let is_statement = at == 0 && last > 0 && token.is(STATEMENTS);
        let is_end = at > 0 && at == last && token.is(ENDS);
        if !plain || (holds_together(&word.to_lowercase()) && !is_link && !is_statement && !is_end) {
            return None;
        }
        count += usize::from(!is_link);
    }
    (count <= MOST_WORDS).then(|| joined(name)).flatten()
}

/// The model that a relation of this name points to, where nothing says it.
fn target(name: &str) -> String {
    if infer::is_person(name) { "user".to_owned() } else { pascal(&singular(name)) }
}
