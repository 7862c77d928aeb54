//! Entries of literal dicts.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{DictItem, Expr, ExprDict};
use ruff_text_size::{Ranged, TextRange};

use super::lists::expression;
use super::pieces::Replacement;
use super::sequence::Sequence;
use super::{Change, Edits, StatementPlace, find};
use crate::layout::{Code, Layout};

/// What an entry of a dict is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DictEntry<'a> {
    /// The keys that lead to it, from the outermost dict inwards.
    pub keys: &'a [&'a str],
    /// Its value's source, where there is no entry yet.
    pub value: Option<&'a str>,
    /// An item's source, for the list that the entry is where there is one.
    pub item: Option<&'a str>,
}

impl Edits {
    /// Sets an entry of a literal dict that a variable of the module is, making the variable and the dicts between if
    /// they are not there. With an item, the list that is there grows by it.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`] for an entry with another value; a variable that is set twice or conditionally; anything
    /// on the way that is not a literal dict; a list that is computed; source that is not one expression; no keys.
    pub fn dict_add(&mut self, variable: &str, entry: DictEntry<'_>) -> Result<Change, Diagnostic> {
        let Some((last, _)) = entry.keys.split_last() else {
            return Err(Diagnostic::new(codes::BAD_PARAMS, "an entry of a dict has no key")
                .with_help("name the key, such as [\"DEFAULT_PERMISSION_CLASSES\"]"));
        };
        let place = format!("`{variable}` in `{}`", self.source().path());
        let source = self.source();
        let Some((_, value)) = find::value(source, &source.module().body, variable, &place)? else {
            let code = self.entry_value(entry, &place)?;
            let code = nested(self.layout(), entry.keys, code);
            let statement = self.layout().assignment(variable, &code, 0);
            return self.append_statement(&statement, StatementPlace::End);
        };
        let mut dict = self.literal_dict(value, &place)?;
        for (depth, key) in entry.keys.iter().enumerate() {
            let found =
                dict.items.iter().find(|item| item.key.as_ref().and_then(text).is_some_and(|k| k == *key));
            let Some(found) = found else {
                let code = self.entry_value(entry, &place)?;
                let rest = entry.keys.get(depth + 1..).unwrap_or_default();
                let change = self.new_entry(dict, key, nested(self.layout(), rest, code));
                return self.commit(&change);
            };
            if depth + 1 < entry.keys.len() {
                dict = self.literal_dict(&found.value, &format!("`{key}` of {place}"))?;
                continue;
            }
            let value = found.value.clone();
            if let Some(item) = entry.item {
                return self.add_to_entry(&value, item, &format!("`{key}` of {place}"));
            }
            let Some(wanted) = entry.value else { break };
            if ComparableExpr::from(&value) == ComparableExpr::from(&expression(wanted)?) {
                return Ok(self.already());
            }
            let message = format!("`{key}` of {place} has another value than `{}`", wanted.trim());
            return Err(Diagnostic::new(codes::NAME_TAKEN, message)
                .with_label(self.source().label(&value, "this value"))
                .with_help("change it by hand, or leave this step out"));
        }
        Err(Diagnostic::new(codes::BAD_PARAMS, format!("the entry `{last}` has neither a value nor an item"))
            .with_help("give `value`, `item`, or both"))
    }

    /// Adds an entry to the literal dict that a class sets an attribute to.
    ///
    /// # Errors
    /// No such class or attribute; [`codes::REFUSED`] for a value that is no literal dict; as [`Edits::class_attribute`].
    pub fn dict_attribute_add(
        &mut self,
        class: &str,
        name: &str,
        key: &str,
        value: Code,
    ) -> Result<Change, Diagnostic> {
        let (_, there) = self.attribute(class, name)?.ok_or_else(|| self.no_attribute(class, name))?;
        let dict = self.literal_dict(there, &format!("`{class}.{name}`"))?;
        let is_key = |item: &DictItem| item.key.as_ref().and_then(text).is_some_and(|there| there == key);
        if dict.items.iter().any(is_key) {
            return Ok(self.already());
        }
        let changes = match dict.items.last() {
            // What gets too long on one line is laid out with all of its statement.
            Some(last) if !self.source().slice(dict).contains('\n') => {
                let entry = format!("{}: {}", self.layout().string(key), value.flat());
                let end = last.value.end().to_usize();
                vec![Replacement::code(end..end, ", ", &entry, "")]
            }
            _ => self.new_entry(dict, key, value),
        };
        self.commit(&changes)
    }

    /// The value of an entry that is not there: the one given, else a list of the item.
    fn entry_value(&self, entry: DictEntry<'_>, place: &str) -> Result<Code, Diagnostic> {
        match (entry.value, entry.item) {
            (Some(value), _) => {
                let value = value.trim();
                Ok(code_of(value, &expression(value)?))
            }
            (None, Some(item)) => {
                expression(item)?;
                Ok(Code::List(vec![Code::raw(item.trim())]))
            }
            (None, None) => Err(Diagnostic::new(
                codes::BAD_PARAMS,
                format!("an entry of {place} has neither a value nor an item"),
            )
            .with_help("give `value`, `item`, or both")),
        }
    }

    fn literal_dict<'s>(&self, value: &'s Expr, place: &str) -> Result<&'s ExprDict, Diagnostic> {
        value.as_dict_expr().ok_or_else(|| {
            self.refuse(
                value,
                format!("{place} is not a plain dict"),
                "this is computed",
                "add the entry by hand, or make it a literal dict",
            )
        })
    }

    fn add_to_entry(&mut self, value: &Expr, item: &str, place: &str) -> Result<Change, Diagnostic> {
        let wanted = expression(item)?;
        let (range, items, is_tuple) = match value {
            Expr::List(list) => (list.range, &list.elts, false),
            Expr::Tuple(tuple) if tuple.parenthesized => (tuple.range, &tuple.elts, true),
            other => {
                return Err(self.refuse(
                    other,
                    format!("{place} is not a plain list or tuple"),
                    "this is computed",
                    "add the item by hand, or make it a literal list",
                ));
            }
        };
        if items.iter().any(|i| ComparableExpr::from(i) == ComparableExpr::from(&wanted)) {
            return Ok(self.already());
        }
        let ranges: Vec<TextRange> = items.iter().map(Ranged::range).collect();
        let sequence = Sequence::of(self.source(), range, &ranges, is_tuple);
        let changes = sequence.insert(self.source(), self.layout(), ranges.len(), item.trim());
        self.commit(&changes)
    }

    fn new_entry(&self, dict: &ExprDict, key: &str, code: Code) -> Vec<Replacement> {
        let source = self.source();
        let layout = self.layout();
        let ranges: Vec<TextRange> = dict
            .items
            .iter()
            .map(|item| {
                let start = item.key.as_ref().map_or_else(
                    // `**other` has no key: its two stars belong to it.
                    || item.value.start() - ruff_text_size::TextSize::from(2),
                    Ranged::start,
                );
                TextRange::new(start, item.value.end())
            })
            .collect();
        let sequence = Sequence::of(source, dict.range, &ranges, false);
        let line_of = ranges.first().map_or(dict.range.start(), |range| range.start()).to_usize();
        let indent = super::lines::indent_of(source, line_of);
        let level = match layout.indent.len() {
            0 => 0,
            width => indent.len() / width,
        };
        let level = if ranges.is_empty() { level + 1 } else { level };
        let key = layout.string(key);
        let written = layout.assignment("", &code, level);
        let written = written.trim_start().trim_start_matches("= ");
        let inner = layout.indent.repeat(level);
        let fitted = layout.fit(&format!("{key}: {written}"), &inner);
        sequence.insert(source, layout, ranges.len(), fitted.trim_start())
    }
}

fn text(key: &Expr) -> Option<&str> {
    key.as_string_literal_expr().map(|text| text.value.to_str())
}

/// `{"a": {"b": code}}` for the keys `a` and `b`.
fn nested(layout: &Layout, keys: &[&str], code: Code) -> Code {
    keys.iter().rev().fold(code, |inner, key| Code::Dict(vec![(layout.string(key), inner)]))
}

/// A list or dict whose lines may be broken; anything else as it is written.
fn code_of(written: &str, value: &Expr) -> Code {
    let slice = |part: &Expr| {
        let text = written.get(part.range().to_std_range()).unwrap_or_default();
        code_of_part(written, part, text)
    };
    match value {
        Expr::List(list) => Code::List(list.elts.iter().map(slice).collect()),
        Expr::Dict(dict) if dict.items.iter().all(|item| item.key.is_some()) => Code::Dict(
            dict.items
                .iter()
                .filter_map(|item| {
                    let key = item.key.as_ref()?;
                    let key = written.get(key.range().to_std_range()).unwrap_or_default().to_owned();
                    Some((key, slice(&item.value)))
                })
                .collect(),
        ),
        _ => Code::raw(written),
    }
}

fn code_of_part(written: &str, part: &Expr, text: &str) -> Code {
    match part {
        Expr::List(_) | Expr::Dict(_) => code_of(written, part),
        _ => Code::raw(text),
    }
}
