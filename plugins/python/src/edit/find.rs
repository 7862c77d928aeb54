//! Finds classes and names in a module, and says why what is found cannot be used.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::{Expr, Stmt, StmtClassDef};
use ruff_text_size::{Ranged, TextRange};

use crate::Source;

/// A name that a module binds.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// Where.
    pub(super) range: TextRange,
    /// What it is, in words.
    pub(super) what: String,
    /// The statement that the binding depends on, in words, such as "an `if`".
    pub(super) inside: Option<&'static str>,
}

/// The class with this name, or with this path of names for one inside another (`PostSerializer.Meta`).
pub(super) fn class<'s>(source: &'s Source, path: &str) -> Result<&'s StmtClassDef, Diagnostic> {
    let mut body: &[Stmt] = &source.module().body;
    let mut found: Option<&StmtClassDef> = None;
    for name in path.split('.') {
        let here: Vec<&StmtClassDef> =
            body.iter().filter_map(Stmt::as_class_def_stmt).filter(|c| c.name.as_str() == name).collect();
        let elsewhere = nested_class(body, name);
        let class = match (here.as_slice(), elsewhere) {
            ([class], None) => *class,
            ([], None) => {
                return Err(Diagnostic::new(
                    codes::NOT_FOUND,
                    format!("there is no class `{path}` in `{}`", source.path()),
                )
                .with_help("name a class that the file defines"));
            }
            ([], Some((class, inside))) => {
                return Err(Diagnostic::new(
                    codes::REFUSED,
                    format!("`{path}` is defined inside {inside}, so that it may not be the only one"),
                )
                .with_label(source.label(class.name.range(), "defined here"))
                .with_help("move the class to the top of its module, or make this change by hand"));
            }
            (_, other) => {
                let second =
                    other.map_or_else(|| here.get(1).map(|c| c.name.range()), |o| Some(o.0.name.range()));
                let mut error =
                    Diagnostic::new(codes::REFUSED, format!("`{path}` is defined more than once"))
                        .with_help("remove or rename one of them, or make this change by hand");
                for range in here.first().map(|c| c.name.range()).into_iter().chain(second) {
                    error = error.with_label(source.label(range, "defined here"));
                }
                return Err(error);
            }
        };
        body = &class.body;
        found = Some(class);
    }
    found.ok_or_else(|| Diagnostic::new(codes::NOT_FOUND, "no class was named"))
}

/// The statements inside a statement that are carried out in the same namespace, and what they depend on.
pub(super) fn inner_bodies(statement: &Stmt) -> Vec<(&'static str, &[Stmt])> {
    match statement {
        Stmt::If(s) => {
            let mut bodies: Vec<(&'static str, &[Stmt])> = Vec::new();
            if !is_type_checking(&s.test) {
                bodies.push(("an `if`", s.body.as_slice()));
            }
            bodies.extend(s.elif_else_clauses.iter().map(|c| ("an `if`", c.body.as_slice())));
            bodies
        }
        Stmt::Try(s) => {
            let mut bodies: Vec<(&'static str, &[Stmt])> = vec![("a `try`", s.body.as_slice())];
            for handler in &s.handlers {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                bodies.push(("a `try`", handler.body.as_slice()));
            }
            bodies.push(("a `try`", s.orelse.as_slice()));
            bodies.push(("a `try`", s.finalbody.as_slice()));
            bodies
        }
        Stmt::With(s) => vec![("a `with`", s.body.as_slice())],
        Stmt::For(s) => vec![("a `for`", s.body.as_slice()), ("a `for`", s.orelse.as_slice())],
        Stmt::While(s) => vec![("a `while`", s.body.as_slice()), ("a `while`", s.orelse.as_slice())],
        Stmt::Match(s) => s.cases.iter().map(|c| ("a `match`", c.body.as_slice())).collect(),
        _ => Vec::new(),
    }
}

/// Whether the condition is `TYPE_CHECKING`: what is inside is not there when the program runs.
fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

fn nested_class<'s>(body: &'s [Stmt], name: &str) -> Option<(&'s StmtClassDef, &'static str)> {
    let mut pending: Vec<(&'static str, &[Stmt])> = body.iter().flat_map(inner_bodies).collect();
    while let Some((inside, body)) = pending.pop() {
        for statement in body {
            match statement {
                Stmt::ClassDef(class) if class.name.as_str() == name => return Some((class, inside)),
                _ => pending.extend(inner_bodies(statement)),
            }
        }
    }
    None
}

/// What `name` means in the body of a module or class, in the order of the text.
pub(super) fn bindings(source: &Source, body: &[Stmt], name: &str) -> Vec<Binding> {
    bindings_but(source, body, name, &|_| false)
}

/// As [`bindings`], without those of statements that are `left_out`.
fn bindings_but(
    source: &Source,
    body: &[Stmt],
    name: &str,
    left_out: &dyn Fn(&Stmt) -> bool,
) -> Vec<Binding> {
    let mut found = Vec::new();
    let mut pending: Vec<(Option<&'static str>, &[Stmt])> = vec![(None, body)];
    while let Some((inside, body)) = pending.pop() {
        for statement in body {
            if let Some((range, what)) = binds(source, statement, name)
                && !left_out(statement)
            {
                found.push(Binding { range, what, inside });
            }
            pending.extend(inner_bodies(statement).into_iter().map(|(inside, body)| (Some(inside), body)));
        }
    }
    found.sort_by_key(|binding| binding.range.start());
    found
}

/// The first thing that `name` means in the module.
pub(super) fn binding(source: &Source, name: &str) -> Option<Binding> {
    bindings(source, &source.module().body, name).into_iter().next()
}

fn binds(source: &Source, statement: &Stmt, name: &str) -> Option<(TextRange, String)> {
    match statement {
        Stmt::ClassDef(class) if class.name.as_str() == name => {
            Some((class.name.range(), format!("the class `{name}`")))
        }
        Stmt::FunctionDef(function) if function.name.as_str() == name => {
            Some((function.name.range(), format!("the function `{name}`")))
        }
        Stmt::Import(import) => import.names.iter().find_map(|alias| {
            let bound = alias
                .asname
                .as_ref()
                .map_or_else(|| alias.name.split('.').next().unwrap_or_default(), |a| a.as_str());
            (bound == name).then(|| (alias.range, format!("`{}`", source.slice(import))))
        }),
        Stmt::ImportFrom(import) => import.names.iter().find_map(|alias| {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            (bound == name).then(|| {
                let module = import.module.as_ref().map_or("", |m| m.as_str());
                let dots = ".".repeat(import.level as usize);
                (alias.range, format!("`from {dots}{module} import {}`", source.slice(alias)))
            })
        }),
        Stmt::Assign(assign) => {
            let range = assign.targets.iter().find_map(|target| target_named(target, name))?;
            Some((range, format!("the variable `{name}`")))
        }
        Stmt::AnnAssign(assign) => {
            target_named(&assign.target, name).map(|range| (range, format!("the variable `{name}`")))
        }
        _ => None,
    }
}

fn target_named(target: &Expr, name: &str) -> Option<TextRange> {
    let mut pending = vec![target];
    while let Some(target) = pending.pop() {
        match target {
            Expr::Name(found) if found.id.as_str() == name => return Some(found.range),
            Expr::Tuple(tuple) => pending.extend(&tuple.elts),
            Expr::List(list) => pending.extend(&list.elts),
            Expr::Starred(starred) => pending.push(&starred.value),
            _ => {}
        }
    }
    None
}

/// The value that is assigned to `name` in a body, if it is assigned exactly once and in any case.
///
/// `place` says in words whose name it is. `None` if the name is not bound at all.
pub(super) fn value<'s>(
    source: &'s Source,
    body: &'s [Stmt],
    name: &str,
    place: &str,
) -> Result<Option<(&'s Stmt, &'s Expr)>, Diagnostic> {
    only_value(source, body, &bindings(source, body, name), place)
}

/// As [`value`], of a list: an assignment that builds on what the name had, such as `NAME = NAME + […]`, is none of its
/// own.
pub(super) fn list_value<'s>(
    source: &'s Source,
    body: &'s [Stmt],
    name: &str,
    place: &str,
) -> Result<Option<(&'s Stmt, &'s Expr)>, Diagnostic> {
    let builds_on_it = |statement: &Stmt| match statement {
        Stmt::Assign(assign) => builds_on(&assign.value, name),
        _ => false,
    };
    let all = bindings(source, body, name);
    let own = bindings_but(source, body, name, &builds_on_it);
    only_value(source, body, if own.is_empty() { &all } else { &own }, place)
}

/// Whether a value is made from what the variable `name` had.
fn builds_on(value: &Expr, name: &str) -> bool {
    any_over_expr(value, &|expr: &Expr| expr.as_name_expr().is_some_and(|found| found.id.as_str() == name))
}

/// The value of the one assignment among `all` that binds a name, if there is one and it is carried out in any case.
fn only_value<'s>(
    source: &'s Source,
    body: &'s [Stmt],
    all: &[Binding],
    place: &str,
) -> Result<Option<(&'s Stmt, &'s Expr)>, Diagnostic> {
    // What a branch or a loop did before the one assignment that is carried out in any case is overwritten by it.
    let overwritten = match all.split_last() {
        Some((last, before)) if last.inside.is_none() && before.iter().all(|b| b.inside.is_some()) => {
            before.len()
        }
        _ => 0,
    };
    let all = all.get(overwritten..).unwrap_or_default();
    let Some(first) = all.first() else { return Ok(None) };
    let refuse = |message: String, at: TextRange| {
        Err(Diagnostic::new(codes::REFUSED, message)
            .with_label(source.label(at, "here"))
            .with_help("make this change by hand, or make it one plain assignment"))
    };
    if let Some(second) = all.get(1) {
        return refuse(format!("{place} is set more than once"), second.range);
    }
    if let Some(inside) = first.inside {
        return refuse(format!("{place} is set inside {inside}"), first.range);
    }
    for statement in body {
        match statement {
            Stmt::Assign(assign) if statement.range().contains_range(first.range) => {
                return match assign.targets.as_slice() {
                    [Expr::Name(_)] => Ok(Some((statement, &assign.value))),
                    _ => refuse(format!("{place} is set together with other names"), first.range),
                };
            }
            Stmt::AnnAssign(assign) if statement.range().contains_range(first.range) => {
                return match &assign.value {
                    Some(value) => Ok(Some((statement, value))),
                    None => refuse(format!("{place} is declared without a value"), first.range),
                };
            }
            _ => {}
        }
    }
    refuse(format!("{place} is {}, not an assignment", first.what), first.range)
}
