//! Values as migrations write them: what Django's `deconstruct` gives, and its printed form.
//!
//! Reading them from source is [`super::read`]'s.

use std::collections::BTreeSet;

/// A value that can stand in a migration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Set(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// A class or function by its full dotted name.
    Name(String),
    /// `settings.NAME`, for a model that may be swapped.
    Setting(String),
    /// An object by the call that makes it.
    Call(Call),
}

/// The call that makes an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// Full dotted name of the class.
    pub(super) path: String,
    pub(super) args: Vec<Value>,
    pub(super) kwargs: Vec<(String, Value)>,
}

/// The import lines of a migration.
pub(super) type Imports = BTreeSet<String>;

const IMPORT_MODELS: &str = "from django.db import models";

impl Call {
    pub(super) fn kwarg(&self, name: &str) -> Option<&Value> {
        self.kwargs.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a keyword argument, whether or not it is there.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        match self.kwargs.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.kwargs.push((name.to_owned(), value)),
        }
    }

    /// Whether both make the same object. Keyword arguments have no order.
    pub(super) fn same(&self, other: &Self) -> bool {
        same_name(&self.path, &other.path)
            && same_all(&self.args, &other.args)
            && self.kwargs.len() == other.kwargs.len()
            && self.kwargs.iter().all(|(key, value)| {
                // Django 5.1 renamed `check` to `condition`.
                let renamed = match key.as_str() {
                    "check" => "condition",
                    "condition" => "check",
                    key => key,
                };
                other.kwarg(key).or_else(|| other.kwarg(renamed)).is_some_and(|o| value.same(o))
            })
    }

    /// Its source, with keyword arguments in alphabetical order, as Django writes it.
    pub(super) fn write(&self, imports: &mut Imports) -> String {
        let mut kwargs: Vec<&(String, Value)> = self.kwargs.iter().collect();
        kwargs.sort_by(|a, b| a.0.cmp(&b.0));
        let parts: Vec<String> = self
            .args
            .iter()
            .map(|arg| arg.write(imports))
            .collect::<Vec<_>>()
            .into_iter()
            .chain(kwargs.into_iter().map(|(key, value)| format!("{key}={}", value.write(imports))))
            .collect();
        format!("{}({})", write_name(&self.path, imports), parts.join(", "))
    }
}

impl Value {
    pub(super) fn str(text: impl Into<String>) -> Self {
        Value::Str(text.into())
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_call(&self) -> Option<&Call> {
        match self {
            Value::Call(call) => Some(call),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        *self == Value::Bool(true)
    }

    /// The items of a list, tuple or set.
    pub(super) fn items(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => Some(items),
            _ => None,
        }
    }

    /// Whether both are the same to Django's comparison of states.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => same_all(a, b),
            (Value::Set(a), Value::Set(b)) => {
                a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| x.same(y)))
            }
            (Value::Dict(a), Value::Dict(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(k, v)| b.iter().any(|(key, value)| k.same(key) && v.same(value)))
            }
            (Value::Name(a), Value::Name(b)) => same_name(a, b),
            (Value::Call(a), Value::Call(b)) => a.same(b),
            (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
                *int as f64 == *float
            }
            _ => self == other,
        }
    }

    /// Its source, as Django's `MigrationWriter` prints it.
    pub(super) fn write(&self, imports: &mut Imports) -> String {
        let all = |items: &[Value], imports: &mut Imports| {
            items.iter().map(|item| item.write(imports)).collect::<Vec<_>>()
        };
        match self {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(int) => int.to_string(),
            Value::Float(float) => write_float(*float),
            Value::Str(text) => write_str(text),
            Value::List(items) => format!("[{}]", all(items, imports).join(", ")),
            Value::Tuple(items) if items.len() == 1 => format!("({},)", all(items, imports).join(", ")),
            Value::Tuple(items) => format!("({})", all(items, imports).join(", ")),
            Value::Set(items) if items.is_empty() => "set()".to_owned(),
            Value::Set(items) => {
                let mut items = all(items, imports);
                items.sort();
                format!("{{{}}}", items.join(", "))
            }
            Value::Dict(entries) => {
                let mut entries: Vec<(String, String)> =
                    entries.iter().map(|(k, v)| (k.write(imports), v.write(imports))).collect();
                entries.sort();
                let entries: Vec<String> = entries.into_iter().map(|(k, v)| format!("{k}: {v}")).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Value::Name(path) => write_name(path, imports),
            Value::Setting(name) => {
                imports.insert("from django.conf import settings".to_owned());
                format!("settings.{name}")
            }
            Value::Call(call) => call.write(imports),
        }
    }
}

fn same_all(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
}

/// Whether two dotted names mean the same thing, one of them perhaps through a package that exports it again
/// (`blog.validators.is_odd` and `blog.validators.numbers.is_odd`).
fn same_name(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (Some((a_module, a_name)), Some((b_module, b_name))) = (a.rsplit_once('.'), b.rsplit_once('.'))
    else {
        return false;
    };
    let inside =
        |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    a_name == b_name && (inside(a_module, b_module) || inside(b_module, a_module))
}

/// The source of a dotted name, and the import that it needs.
fn write_name(path: &str, imports: &mut Imports) -> String {
    if let Some(name) = path.strip_prefix("builtins.") {
        return name.to_owned();
    }
    if path == "decimal.Decimal" {
        imports.insert("from decimal import Decimal".to_owned());
        return "Decimal".to_owned();
    }
    if let Some(name) = path.strip_prefix("django.db.models.").filter(|name| !name.contains('.')) {
        imports.insert(IMPORT_MODELS.to_owned());
        return format!("models.{name}");
    }
    let mut module = path.rsplit_once('.').map_or("", |(module, _)| module);
    // What holds a method is a class, which is not imported by itself.
    while let Some((outer, last)) = module.rsplit_once('.') {
        let is_class = last.starts_with(char::is_uppercase)
            || matches!(module, "datetime.date" | "datetime.datetime" | "datetime.time");
        if !is_class {
            break;
        }
        module = outer;
    }
    if !module.is_empty() {
        imports.insert(format!("import {module}"));
    }
    path.to_owned()
}

/// A string as Python's `repr` prints it.
pub(super) fn write_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() || c == '\u{ad}' || (c.is_whitespace() && c != ' ') => {
                let code = u32::from(c);
                out.push_str(&if code < 0x100 { format!("\\x{code:02x}") } else { format!("\\u{code:04x}") });
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A float as Python's `repr` prints it.
fn write_float(float: f64) -> String {
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = float.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_floats_are_printed_as_python_does() {
        let cases = [
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("both ' and \"", "'both \\' and \"'"),
            ("a\nb\\", "'a\\nb\\\\'"),
            ("é\u{7f}\u{a0}", "'é\\x7f\\xa0'"),
        ];
        for (text, printed) in cases {
            assert_eq!(write_str(text), printed);
        }
        let floats = [(1.0, "1.0"), (0.1, "0.1"), (1e16, "1e+16"), (1.5e-7, "1.5e-07"), (-2.5, "-2.5")];
        for (float, printed) in floats {
            assert_eq!(write_float(float), printed);
        }
    }

    #[test]
    fn names_bring_their_imports() {
        let cases = [
            ("django.db.models.CharField", "models.CharField", IMPORT_MODELS),
            (
                "django.db.models.deletion.CASCADE",
                "django.db.models.deletion.CASCADE",
                "import django.db.models.deletion",
            ),
            ("datetime.date.today", "datetime.date.today", "import datetime"),
            ("blog.models.Post.make_slug", "blog.models.Post.make_slug", "import blog.models"),
            ("decimal.Decimal", "Decimal", "from decimal import Decimal"),
        ];
        for (path, printed, import) in cases {
            let mut imports = Imports::new();
            assert_eq!(write_name(path, &mut imports), printed);
            assert_eq!(imports.into_iter().collect::<Vec<_>>(), [import]);
        }
    }

    #[test]
    fn a_name_that_a_package_exports_again_is_the_same() {
        assert!(same_name("blog.Validator", "blog.validators.Validator"));
        assert!(!same_name("blog.Validator", "shop.Validator"));
        assert!(!same_name("blog.validators.A", "blog.validators.B"));
    }
}
