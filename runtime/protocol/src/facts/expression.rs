//! Expressions and calls of the source, as far as they can be read without running it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An expression of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// As it is written.
    pub source: String,
    /// Its value, if it is a literal (string, number, boolean, None, list, tuple or dict of such). `None` in
    /// Python is `Some(Value::Null)` here, on the wire too.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub literal: Option<Value>,
    /// Its full dotted name, if it is a name or attribute that the module's imports explain, such as
    /// `django.db.models.CASCADE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its parts, if it is a call, a collection or an operation, whether or not it is a literal as a whole: what
    /// `literal` cannot tell (a tuple from a list, `Q(...)`, `[MinValueValidator(1)]`) is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Box<Parts>>,
}

/// Tells a `null` that is written from a key that is absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What an expression is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parts {
    /// A call.
    Call {
        /// The full dotted name of what is called, such as `django.db.models.CharField`; as written if unknown.
        function: String,
        /// What it is called with.
        args: Args,
    },
    /// `[a, b]`
    List(Vec<Expr>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `{a, b}`
    Set(Vec<Expr>),
    /// `{a: b}`; `**other` makes no parts.
    Dict(Vec<(Expr, Expr)>),
    /// `a & b`, `~a`, `-a` and the like, with one or two operands; `a if c else b` is the operator `if` between `a` and
    /// `b`, `[x for x in a if c]` the operator `for` on `a`, and `[f(x) for x in a]` the
    /// operator `each` on `f(x)`.
    Operation {
        /// The operator as it is written.
        operator: String,
        /// Left first.
        operands: Vec<Expr>,
    },
}

/// A call's arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Args {
    /// Positional ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positional: Vec<Expr>,
    /// Keyword ones, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<(String, Expr)>,
    /// Whether `*args` or `**kwargs` is passed, so that the rest is not all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub star: bool,
}

impl Args {
    /// The keyword argument `name`.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<&Expr> {
        self.keywords.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}
