//! Reads a parsed module: what it imports, defines, assigns and calls.
//!
//! Everything is static and of this one file: no name is followed into another. What the reader could not take
//! as a plain definition (a class made in a loop, a field added by a call) is said, never guessed.
//!
//! Not for editing (see [`crate::edit`]) and not for any framework: what a class means is the caller's business.

mod choices;
mod expression;
mod module;
mod outline;
mod scope;
mod tokens;

use aksara_protocol::facts::{Args, Expr};
use serde::{Deserialize, Serialize};

pub use choices::{Choice, both, chain, choices, names, renamed};
pub(crate) use expression::chosen_from;
pub use module::read;
pub use outline::{NotAReference, Outline, Reference};
pub use scope::ModuleName;
pub use tokens::LineCounts;

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
    /// What it is called with by `*`, in order: `args` only says that there is more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starred: Vec<Expr>,
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
    /// Its source without a docstring. Only for `state_forwards`, `__init__`, methods whose name starts with `get_` or
    /// `has_`, and those of managers and querysets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

#[cfg(test)]
mod tests {
    use aksara_protocol::RelPath;
    use aksara_protocol::facts::Parts;
    use serde_json::json;

    use super::{Module, ModuleName, read};
    use crate::Source;

    fn module(path: &str, text: &str) -> Module {
        let source = Source::parse(&RelPath::new(path).unwrap(), text).unwrap();
        read(&source, &ModuleName::of_path(path, "").unwrap())
    }

    #[test]
    fn relative_imports_start_from_the_package() {
        let text = "from . import views\nfrom .models import Post as P\nfrom ..core import base\nimport a.b\nimport c.d as e\nfrom .all import *\n";
        let paths = |path| {
            let module = module(path, text);
            let imports: Vec<String> =
                module.imports.iter().map(|i| format!("{}={}", i.name, i.path)).collect();
            (imports.join(" "), module.stars)
        };
        let (imports, stars) = paths("shop/blog/urls.py");
        assert_eq!(imports, "views=shop.blog.views P=shop.blog.models.Post base=shop.core.base a=a e=c.d");
        assert_eq!(stars, ["shop.blog.all"]);
        let (imports, _) = paths("shop/blog/__init__.py");
        assert_eq!(imports, "views=shop.blog.views P=shop.blog.models.Post base=shop.core.base a=a e=c.d");
    }

    #[test]
    fn an_import_above_the_top_explains_nothing() {
        assert!(module("a.py", "from ....x import y\n").imports.is_empty());
    }

    #[test]
    fn classes_with_their_members() {
        let text = "from django.db import models as m\n\n@deco(1)\nclass Post(m.Model, Generic[T], Own):\n    A = 1\n    x: int\n    b: int = A\n    field = m.CharField(max_length=A)\n    class Meta:\n        ordering = [\n            'x',\n            -1,\n        ]\n    def get_x(self):\n        if self.y:\n            return m.Value\n        return 2\n    register('x')\n\nclass Own: pass\n";
        let module = module("blog/models.py", text);
        let post = &module.classes[0];
        assert_eq!(post.bases, ["django.db.models.Model", "Generic", "blog.models.Own"]);
        assert_eq!((post.line, post.decorators[0].source.as_str()), (4, "deco(1)"));
        assert_eq!(post.annotated, ["x"]);
        assert_eq!(post.assign("b").unwrap().value.path.as_deref(), Some("blog.models.Post.A"));
        let field = &post.assign("field").unwrap().value;
        let Some(Parts::Call { function, args }) = field.parts.as_deref() else { panic!("{field:?}") };
        assert_eq!(function, "django.db.models.CharField");
        assert_eq!(args.keyword("max_length").unwrap().path.as_deref(), Some("blog.models.Post.A"));
        let ordering = post.class("Meta").unwrap().assign("ordering").unwrap();
        assert_eq!(ordering.value.literal, Some(json!(["x", -1])));
        assert_eq!(ordering.item_lines, [11, 12]);
        let returns: Vec<&str> = post.methods[0].returns.iter().map(|e| e.source.as_str()).collect();
        assert_eq!(returns, ["m.Value", "2"]);
        assert_eq!(post.methods[0].body, "if self.y:\n            return m.Value\n        return 2");
        assert_eq!(post.unread, ["a call of `register` at line 18"]);
    }

    #[test]
    fn literals_are_told_only_where_json_can_hold_them() {
        let text = "a = 'x' \"y\"\nb = -1.5\nc = (1, None, True)\nd = {'k': [1]}\ne = {1: 2}\nf = b'x'\ng = 99999999999999999999\nh = f'{a}'\ni = [*c]\nj = 1 + 1\n";
        let module = module("m.py", text);
        let values: Vec<_> = module.assigns.iter().map(|a| a.value.literal.clone()).collect();
        let some = |value| Some(value);
        assert_eq!(
            values,
            [
                some(json!("xy")),
                some(json!(-1.5)),
                some(json!([1, null, true])),
                some(json!({ "k": [1] })),
                None,
                None,
                None,
                None,
                None,
                None
            ]
        );
        assert!(matches!(module.assigns[2].value.parts.as_deref(), Some(Parts::Tuple(_))));
    }

    #[test]
    fn chains_of_calls_are_named_by_where_they_start() {
        let text = "from .models import Post\nq = Post.objects.filter(x=1).order_by('y')\nrouter.register('p', Q, **kw)\n";
        let module = module("blog/views.py", text);
        let Some(Parts::Call { function, .. }) = module.assigns[0].value.parts.as_deref() else { panic!() };
        assert_eq!(function, "blog.models.Post.objects.filter().order_by");
        let call = &module.calls[0];
        assert_eq!((call.function.as_str(), call.args.star, call.line), ("router.register", true, 3));
    }

    #[test]
    fn what_stands_under_a_condition_is_marked() {
        let text = "try:\n    import a as x\nexcept ImportError:\n    import b as x\nif DEBUG:\n    class K(x.Y): pass\n    z = 1\nz += [2]\n";
        let module = module("m.py", text);
        assert!(module.classes[0].conditional);
        assert_eq!(module.classes[0].bases, ["a.Y"], "the first import counts");
        let marks: Vec<(bool, bool)> = module.assigns.iter().map(|a| (a.conditional, a.adds)).collect();
        assert_eq!(marks, [(true, false), (false, true)]);
    }
}
