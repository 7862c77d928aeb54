//! What the names of a module stand for.
//!
//! Only what the module itself says: its imports, and what it defines. A name that comes by `import *` is not
//! explained here.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt};

/// A module's own dotted name, and the package that its relative imports start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleName {
    /// Such as `blog.models`.
    pub name: String,
    /// `blog` for the module `blog.models`; for a package's `__init__.py` the package itself.
    pub package: String,
}

impl ModuleName {
    /// The name of the module in the file `path` (`/`-separated, relative to the folder that Python starts
    /// from), with `prefix` before it. `None` if `path` is no Python file.
    #[must_use]
    pub fn of_path(path: &str, prefix: &str) -> Option<Self> {
        let stem = path.strip_suffix(".py")?;
        let (folder, file) = stem.rsplit_once('/').unwrap_or(("", stem));
        let package = format!("{prefix}{}", folder.replace('/', "."));
        if file == "__init__" {
            return Some(Self { name: package.clone(), package });
        }
        let separator = if folder.is_empty() { "" } else { "." };
        Some(Self { name: format!("{package}{separator}{file}"), package })
    }

    /// The module that `from {level dots}{module} import …` names.
    pub(super) fn relative(&self, level: u32, module: Option<&str>) -> Option<String> {
        if level == 0 {
            return module.map(str::to_owned);
        }
        let mut package = self.package.as_str();
        for _ in 1..level {
            package = package.rsplit_once('.')?.0;
        }
        Some(match module {
            Some(module) => join(package, module),
            None => package.to_owned(),
        })
    }
}

/// `name` inside `parent`, either of which may be the marker-only top of a tree.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() || parent.ends_with('~') {
        format!("{parent}{name}")
    } else {
        format!("{parent}.{name}")
    }
}

/// Names that a call or a default often uses without an import.
const BUILTINS: [&str; 14] = [
    "bool",
    "bytes",
    "classmethod",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "property",
    "set",
    "staticmethod",
    "str",
    "tuple",
];

/// What names stand for, at one place of a module.
pub(super) struct Scope<'m> {
    module: &'m HashMap<String, String>,
    class: HashMap<String, String>,
}

impl<'m> Scope<'m> {
    /// The scope of the module's own statements.
    pub(super) fn module(names: &'m HashMap<String, String>) -> Self {
        Self { module: names, class: HashMap::new() }
    }

    /// The scope of a class body, before its first statement. A class sees the module's names, not those of
    /// the class around it: that is Python's rule.
    pub(super) fn class(&self) -> Scope<'m> {
        Self::module(self.module)
    }

    /// Adds a name that the class body defines.
    pub(super) fn define(&mut self, name: &str, path: String) {
        self.class.insert(name.to_owned(), path);
    }

    /// The full dotted name of a name or a chain of attributes that starts at a name.
    pub(super) fn path(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Name(name) => {
                let name = name.id.as_str();
                self.class
                    .get(name)
                    .or_else(|| self.module.get(name))
                    .cloned()
                    .or_else(|| BUILTINS.contains(&name).then(|| format!("builtins.{name}")))
            }
            Expr::Attribute(attribute) => {
                let mut path = self.path(&attribute.value)?;
                path.push('.');
                path.push_str(attribute.attr.as_str());
                Some(path)
            }
            _ => None,
        }
    }
}

/// A name that an import binds.
pub(super) struct Bound {
    pub(super) name: String,
    pub(super) path: String,
}

/// What an import statement binds, and the modules that it imports with `*`.
pub(super) fn imports(statement: &Stmt, module: &ModuleName) -> (Vec<Bound>, Vec<String>) {
    let mut bound = Vec::new();
    let mut stars = Vec::new();
    match statement {
        Stmt::Import(import) => {
            for alias in &import.names {
                let path = alias.name.as_str();
                match &alias.asname {
                    Some(name) => {
                        bound.push(Bound { name: name.as_str().to_owned(), path: path.to_owned() });
                    }
                    None => {
                        let first = path.split('.').next().unwrap_or(path);
                        bound.push(Bound { name: first.to_owned(), path: first.to_owned() });
                    }
                }
            }
        }
        Stmt::ImportFrom(import) => {
            if let Some(from) = module.relative(import.level, import.module.as_deref()) {
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        stars.push(from.clone());
                        continue;
                    }
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str().to_owned();
                    bound.push(Bound { name, path: join(&from, alias.name.as_str()) });
                }
            }
        }
        _ => {}
    }
    (bound, stars)
}
