//! The values that a field may have, behind its name: "status todo/doing/done", "status: todo, doing or done".

use super::words::words;
use crate::fields::{asks, is_type, may_be_value, values_said};
use crate::script::snake;

/// Words that only lead from a name to its values: "a priority of low, normal or high".
const LEADING: &[&str] = &["of", "is", "as", "being", "either"];
/// A name or a value of more words is a sentence.
const MOST_WORDS: usize = 3;

/// An item of a list of fields with its values in brackets, where slashes divide them: "status todo/doing/done",
/// "status:todo/doing/done". What is yes or no is a boolean.
pub(super) fn with_slashes(item: &str) -> Option<String> {
    if item.contains(['(', '"', '?']) {
        return None;
    }
    let (name, written) = item.trim().rsplit_once(|c: char| c.is_whitespace() || c == ':')?;
    let values: Vec<&str> = written.split('/').collect();
    in_brackets(name, &values)
}

/// A list that is one field and its values behind a colon: "status: todo, doing or done".
pub(super) fn behind_colon(list: &str) -> Option<String> {
    let (name, written) = list.split_once(':')?;
    if !written.starts_with(char::is_whitespace) || written.contains([':', '(', '"', '?']) {
        return None;
    }
    let written = written.replace(['/', '|'], ",").replace(" or ", ",").replace(" and ", ",");
    let (written, options) = and_options(written.trim_end_matches(['.', '!']));
    let values: Vec<&str> = written.split(',').collect();
    let values: Vec<&str> = values.into_iter().map(str::trim).filter(|value| !value.is_empty()).collect();
    let are_fields = values.iter().all(|value| !may_be_value(&snake(value)));
    if are_fields { None } else { in_brackets(name, &values).map(|field| with(field, &options)) }
}

/// A list that is one field and its values behind a noun for them: "priority with choices low, normal, high".
pub(super) fn behind_noun(list: &str) -> Option<String> {
    let at = list.match_indices(' ').map(|(at, _)| at).find(|at| values_said(&list[*at..]).is_some())?;
    let name = list[..at].trim().trim_end_matches(',');
    let is_one = !name.contains(',') && !name.split_whitespace().any(|word| word == "and");
    let written =
        values_said(&list[at..])?.replace(['/', '|'], ",").replace(" or ", ",").replace(" and ", ",");
    let (written, options) = and_options(written.trim_end_matches(['.', '!']));
    let values: Vec<&str> = written.split(", ").collect();
    is_one.then(|| in_brackets(name, &values)).flatten().map(|field| with(field, &options))
}

fn with(field: String, options: &str) -> String {
    if options.is_empty() { field } else { format!("{field} {options}") }
}

/// The values of a list, and what its last parts say of the field: "todo, doing, done, default todo".
pub(super) fn and_options(list: &str) -> (String, String) {
    let parts: Vec<&str> = list.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_option = |part: &&&str| {
        let first = part.split_whitespace().next().unwrap_or_default().to_lowercase();
        ["default", "optional", "required", "mandatory", "indexed", "nullable"].contains(&first.as_str())
    };
    let options = parts.iter().rev().take_while(is_option).count();
    let (values, options) = parts.split_at(parts.len() - options);
    (values.join(", "), options.join(" "))
}

/// The name without a word that only leads to values.
pub(super) fn without_leading(name: &str) -> &str {
    let name = name.trim().trim_end_matches(':').trim_end();
    match name.rsplit_once(char::is_whitespace) {
        Some((front, last)) if LEADING.contains(&last.to_lowercase().as_str()) => front.trim_end(),
        _ => name,
    }
}

/// A field and its values as they are typed.
fn in_brackets(name: &str, values: &[&str]) -> Option<String> {
    let name = without_leading(name);
    let is_name = !name.is_empty()
        && words(name).len() <= MOST_WORDS + 1
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ' ');
    let is_value = |value: &&str| {
        let plain = snake(value);
        value.split_whitespace().count() <= MOST_WORDS
            && plain.chars().any(|c| c.is_ascii_alphabetic())
            && value.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c))
            && !is_type(&plain)
            && !asks(&plain)
    };
    // "start date/time", "price/cost": several fields, and no field's values.
    let are_names = values.iter().all(|value| !may_be_value(&snake(value)));
    if !is_name || values.len() < 2 || !values.iter().all(is_value) || are_names {
        return None;
    }
    let mut sorted: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
    sorted.sort();
    if [["no", "yes"], ["false", "true"], ["off", "on"]].iter().any(|pair| sorted == *pair) {
        return Some(format!("{name} boolean"));
    }
    Some(format!("{name} ({})", values.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{behind_colon, with_slashes};

    #[test]
    fn values_behind_a_name() {
        for (item, expected) in [
            ("status todo/doing/done", Some("status (todo, doing, done)")),
            ("a status of draft/published", Some("a status (draft, published)")),
            ("status:todo/doing/done", Some("status (todo, doing, done)")),
            ("status: todo/doing", Some("status (todo, doing)")),
            ("paid yes/no", Some("paid boolean")),
            ("start date/time", None),
            ("unit price/cost", None),
            ("todo/doing/done", None),
            ("ratio 1/2", None),
            ("price:decimal(10/2)", None),
            ("subtitle", None),
        ] {
            assert_eq!(with_slashes(item).as_deref(), expected, "{item}");
        }
        for (list, expected) in [
            ("status: todo, doing or done", Some("status (todo, doing, done)")),
            ("status: to do, in progress, done.", Some("status (to do, in progress, done)")),
            ("level: easy | hard", Some("level (easy, hard)")),
            ("status: draft", None),
            ("status: todo, done, default todo", Some("status (todo, done) default todo")),
            ("details: price, title", None),
            ("price:decimal, stock", None),
            ("name: string, price: decimal", None),
            ("name: string, text", None),
        ] {
            assert_eq!(behind_colon(list).as_deref(), expected, "{list}");
        }
    }
}
