//! Reads a parsed module: what it imports, defines, assigns and calls.
//!
//! Everything is static and of this one file: no name is followed into another. What the reader could not take
//! as a plain definition (a class made in a loop, a field added by a call) is said, never guessed.
//!
//! Not for editing (see [`crate::edit`]) and not for any framework: what a class means is the caller's business.

mod expression;
mod module;
mod scope;

use aksara_protocol::facts::{Args, Expr};
use serde::{Deserialize, Serialize};

pub use module::read;
pub use scope::ModuleName;

/// What a module says, in the order of its lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// Its dotted name.
    pub name: String,
    /// Names that imports bind, those inside `if` and `try` included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
    /// Modules that are imported with `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stars: Vec<String>,
    /// Its classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
    /// Assignments to names, `+=` included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assigns: Vec<Assign>,
    /// Calls that are statements of their own, such as `router.register(…)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// Names of its functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
}

/// A name that an import binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The name in this module.
    pub name: String,
    /// What it stands for, as a full dotted name.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
}

/// A class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// The line of `class`, from 1.
    pub line: u32,
    /// Its bases, as full dotted names; as written where nothing explains them. Type arguments are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<String>,
    /// Its decorators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decorators: Vec<Expr>,
    /// Assignments in its body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assigns: Vec<Assign>,
    /// Names that its body declares by annotation only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotated: Vec<String>,
    /// Its methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// Classes in its body, such as `Meta`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
    /// Whether it stands inside `if`, `try` or `with`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conditional: bool,
    /// Statements of its body that may change it in ways that are not read, as `for at line 12`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

impl Class {
    /// The last assignment to `name` in the body.
    #[must_use]
    pub fn assign(&self, name: &str) -> Option<&Assign> {
        self.assigns.iter().rev().find(|a| a.name == name)
    }

    /// The class `name` in the body.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().rev().find(|c| c.name == name)
    }
}

/// An assignment to a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assign {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Expr,
    /// Line, from 1.
    pub line: u32,
    /// The lines of its items, if the value is a list or tuple that spans several lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub item_lines: Vec<u32>,
    /// Whether the value is added (`+=`) to what the name had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adds: bool,
    /// Whether it stands inside `if`, `try`, `with` or a loop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conditional: bool,
}

/// A call that is a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What is called, as a full dotted name; as written if nothing explains it.
    pub function: String,
    /// What it is called with.
    pub args: Args,
    /// Line, from 1.
    pub line: u32,
    /// Whether it stands inside `if`, `try`, `with` or a loop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conditional: bool,
}

/// A method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// The line of `def`, from 1.
    pub line: u32,
    /// Its decorators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decorators: Vec<Expr>,
    /// What it returns, of each `return` with a value. Only for methods whose name starts with `get_`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Expr>,
}
