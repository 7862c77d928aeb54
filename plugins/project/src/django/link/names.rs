//! The names that a scanned module says: what each stands for is found out where all modules are known.

use std::collections::{HashMap, HashSet};

use aksara_python::read::{Class, Module};
use aksara_sdk::protocol::facts::{Args, Expr, Parts};

/// A place where a module says a name.
pub(super) enum Name<'m> {
    /// A dotted name that is explained, or as it is written.
    Text(&'m mut String),
    /// An expression; those inside of it have their own turn.
    Of(&'m mut Expr),
}

/// Calls `with` for every name of the module's classes, assignments and calls.
pub(super) fn each(module: &mut Module, with: &mut dyn FnMut(Name<'_>)) {
    for class in &mut module.classes {
        of_class(class, with);
    }
    for assign in &mut module.assigns {
        of_expr(&mut assign.value, with);
    }
    for call in &mut module.calls {
        with(Name::Text(&mut call.function));
        of_args(&mut call.args, with);
        call.starred.iter_mut().for_each(|value| of_expr(value, with));
    }
}

fn of_class(class: &mut Class, with: &mut dyn FnMut(Name<'_>)) {
    for base in &mut class.bases {
        with(Name::Text(base));
    }
    for expr in &mut class.decorators {
        of_expr(expr, with);
    }
    for assign in &mut class.assigns {
        of_expr(&mut assign.value, with);
    }
    for method in &mut class.methods {
        for expr in method.decorators.iter_mut().chain(&mut method.returns) {
            of_expr(expr, with);
        }
    }
    for inner in &mut class.classes {
        of_class(inner, with);
    }
}

/// Calls `with` for every name of what a call is given.
pub(super) fn of_args(args: &mut Args, with: &mut dyn FnMut(Name<'_>)) {
    for expr in args.positional.iter_mut().chain(args.keywords.iter_mut().map(|(_, value)| value)) {
        of_expr(expr, with);
    }
}

fn of_expr(expr: &mut Expr, with: &mut dyn FnMut(Name<'_>)) {
    with(Name::Of(expr));
    match expr.parts.as_deref_mut() {
        None => {}
        Some(Parts::Call { function, args }) => {
            with(Name::Text(function));
            of_args(args, with);
        }
        Some(Parts::List(items) | Parts::Tuple(items) | Parts::Set(items)) => {
            items.iter_mut().for_each(|item| of_expr(item, with));
        }
        Some(Parts::Operation { operands, .. }) => {
            operands.iter_mut().for_each(|item| of_expr(item, with));
        }
        Some(Parts::Dict(entries)) => {
            for (key, value) in entries {
                of_expr(key, with);
                of_expr(value, with);
            }
        }
    }
}

/// The names that a module has by `import *` from modules of the project, and what each stands for. `find` gives a
/// module by its name.
pub(super) fn starred<'p>(
    module: &Module,
    find: &dyn Fn(&str) -> Option<&'p Module>,
) -> HashMap<String, String> {
    let mut found = starred_in(module, find, &mut HashSet::new());
    // What the module defines itself is taken for what it means.
    found.retain(|name, _| !own(module).any(|(own, _)| own == name));
    found
}

fn starred_in<'p>(
    module: &Module,
    find: &dyn Fn(&str) -> Option<&'p Module>,
    seen: &mut HashSet<String>,
) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for star in &module.stars {
        let Some(from) = find(star).filter(|from| seen.insert(from.name.clone())) else { continue };
        let mut names = starred_in(from, find, seen);
        names.extend(own(from).map(|(name, path)| (name.to_owned(), path)));
        let exported = exported(from);
        names.retain(|name, _| match &exported {
            Some(all) => all.contains(name.as_str()),
            None => !name.starts_with('_'),
        });
        found.extend(names);
        seen.remove(&from.name);
    }
    found
}

/// The names that a module binds itself, and what each stands for.
fn own(module: &Module) -> impl Iterator<Item = (&str, String)> {
    let inside = |name: &str| format!("{}.{name}", module.name);
    let imports = module.imports.iter().map(|import| (import.name.as_str(), import.path.clone()));
    let classes = module.classes.iter().map(|class| class.name.as_str());
    let assigns = module.assigns.iter().filter(|assign| !assign.adds).map(|assign| assign.name.as_str());
    let functions = module.functions.iter().map(String::as_str);
    imports.chain(classes.chain(assigns).chain(functions).map(move |name| (name, inside(name))))
}

/// The names in `__all__`; `None` if there is none, or it is computed.
fn exported(module: &Module) -> Option<HashSet<&str>> {
    let mut all = None;
    for assign in module.assigns.iter().filter(|assign| assign.name == "__all__") {
        let names = assign.value.literal.as_ref()?.as_array()?.iter().filter_map(|name| name.as_str());
        match assign.adds {
            true => all.get_or_insert_with(HashSet::new).extend(names),
            false => all = Some(names.collect()),
        }
    }
    all
}

/// Explains the names of a module that are those of `starred`.
pub(super) fn explain(module: &mut Module, starred: &HashMap<String, String>) {
    let explained = |written: &str| {
        let end = written.find(['.', '(']).unwrap_or(written.len());
        let (first, rest) = written.split_at(end);
        Some(format!("{}{rest}", starred.get(first)?))
    };
    each(module, &mut |name| match name {
        Name::Text(text) => {
            if let Some(path) = explained(text) {
                *text = path;
            }
        }
        Name::Of(expr) => {
            let is_dotted = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
            if expr.path.is_none() && expr.parts.is_none() && expr.source.chars().all(is_dotted) {
                expr.path = explained(&expr.source);
            }
        }
    });
}
