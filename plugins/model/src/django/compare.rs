//! Whether a field that is there is the field that is asked for.

use aksara_python::edit::same_expression;
use aksara_sdk::protocol::facts::{Args, Expr, FieldFacts};

use super::field::DjangoField;

/// Arguments that change what people see, and nothing of the table or of what is allowed.
const COSMETIC: &[&str] = &["verbose_name", "help_text", "error_messages"];

/// Arguments and the values that mean the same as leaving them out.
const DEFAULTS: &[(&str, &str)] = &[
    ("null", "False"),
    ("blank", "False"),
    ("unique", "False"),
    ("auto_now", "False"),
    ("auto_now_add", "False"),
    ("editable", "True"),
    ("max_length", "None"),
];

/// Arguments that change neither what a row has nor what is allowed.
const INSIGNIFICANT: &[&str] = &["db_index", "db_comment"];

/// As [`difference`], for a field of a base: one that is found faster is the same field. So is a moment that no form shows,
/// since none shows it anyway; any other field could no longer be written.
pub(super) fn difference_from_base(
    wanted: &DjangoField,
    target: Option<&str>,
    found: &FieldFacts,
) -> Option<String> {
    let mut found = found.clone();
    let is_moment = wanted.keywords.iter().any(|(name, _)| matches!(*name, "auto_now" | "auto_now_add"));
    let is_insignificant = |name: &str| INSIGNIFICANT.contains(&name) || (is_moment && name == "editable");
    found.args.keywords.retain(|(name, _)| !is_insignificant(name));
    difference(wanted, target, &found)
}

/// How `found` differs from `wanted`, whose target is the model `target`; `None` if it means the same.
pub(super) fn difference(wanted: &DjangoField, target: Option<&str>, found: &FieldFacts) -> Option<String> {
    let name = &wanted.name;
    if found.class != wanted.class_path() {
        return Some(format!("`{name}` is a {} there, not a {}", found.class_name(), wanted.class));
    }
    if found.args.star {
        return Some(format!("`{name}` has arguments that cannot be read there"));
    }
    if let Some(target) = target {
        let points_to = found.relation.as_ref().map(|r| r.to.as_str());
        if !points_to.is_some_and(|to| to.eq_ignore_ascii_case(target)) {
            return Some(format!(
                "`{name}` points to {} there, not to {target}",
                points_to.unwrap_or("something else")
            ));
        }
    }
    let there = arguments(&found.args, target.is_some());
    for (key, value) in &wanted.keywords {
        let value = value.flat();
        match there.iter().find(|(k, _)| k == key) {
            _ if COSMETIC.contains(key) => {}
            None => return Some(format!("`{name}` has no {key}={value} there")),
            Some((_, found)) if !same_value(&value, found) => {
                return Some(format!("`{name}` has {key}={} there, not {value}", found.source));
            }
            Some(_) => {}
        }
    }
    let extra = there.iter().find(|(key, value)| {
        !COSMETIC.contains(&key.as_str())
            && !DEFAULTS.contains(&(key.as_str(), value.source.as_str()))
            && !wanted.keywords.iter().any(|(k, _)| k == key)
    });
    extra.map(|(key, value)| format!("`{name}` has {key}={} there", value.source))
}

/// All arguments by name, the relation's target left out.
fn arguments(args: &Args, relation: bool) -> Vec<(String, &Expr)> {
    let names: &[&str] = if relation { &["to", "on_delete"] } else { &["verbose_name"] };
    let positional = names.iter().map(|n| (*n).to_owned()).zip(&args.positional);
    let keywords = args.keywords.iter().map(|(name, value)| (name.clone(), value));
    positional.chain(keywords).filter(|(name, _)| name != "to").collect()
}

/// A source with its texts as they are, translated or not: `_("Low")` is `"Low"`.
fn untranslated(source: &str) -> String {
    let mut out = source.to_owned();
    for call in ["_(", "gettext_lazy(", "gettext("] {
        for quote in ['"', '\''] {
            let open = format!("{call}{quote}");
            let mut from = 0;
            while let Some(at) = out[from..].find(&open).map(|at| from + at) {
                from = at + open.len();
                let is_word = out[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
                let close = out[from..].find(&format!("{quote})")).map(|close| from + close + 1);
                if let Some(close) = close.filter(|_| !is_word) {
                    out.remove(close);
                    out.replace_range(at..at + call.len(), "");
                    from = at + 1;
                }
            }
        }
    }
    out
}

fn same_value(wanted: &str, found: &Expr) -> bool {
    if same_expression(&untranslated(wanted), &untranslated(&found.source)) {
        return true;
    }
    // `models.CASCADE` is `CASCADE` where that is imported.
    let last = |text: &str| text.rsplit('.').next().unwrap_or_default().to_owned();
    found.path.as_ref().is_some_and(|path| wanted.contains('.') && last(path) == last(wanted))
}
