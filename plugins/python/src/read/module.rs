//! The walk over a module's statements.

use std::collections::HashMap;

use ruff_python_ast::{self as ast, Stmt};
use ruff_text_size::{Ranged, TextSize};

use crate::Source;

use super::scope::{self, ModuleName, Scope};
use super::{Assign, Call, Class, Import, Method, Module, expression};

/// Reads a parsed file as the module `name`. Of a file with syntax errors, what the parser made of it.
#[must_use]
pub fn read(source: &Source, name: &ModuleName) -> Module {
    let body = &source.module().body;
    let mut module = Module { name: name.name.clone(), ..Module::default() };
    let mut names = HashMap::new();
    bindings(body, name, source, &mut names, &mut module);
    let reader = Reader { source, module_name: &name.name };
    reader.statements(body, &Scope::module(&names), false, &mut module);
    module
}

fn line_of(source: &Source, at: TextSize) -> u32 {
    source.position(at).0
}

/// The bodies of a compound statement that belong to the same scope, or nothing.
fn inner(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(s) => {
            std::iter::once(&s.body[..]).chain(s.elif_else_clauses.iter().map(|c| &c.body[..])).collect()
        }
        Stmt::Try(s) => {
            let handlers = s.handlers.iter().map(|ast::ExceptHandler::ExceptHandler(h)| &h.body[..]);
            std::iter::once(&s.body[..]).chain(handlers).chain([&s.orelse[..], &s.finalbody[..]]).collect()
        }
        Stmt::With(s) => vec![&s.body],
        Stmt::For(s) => vec![&s.body, &s.orelse],
        Stmt::While(s) => vec![&s.body, &s.orelse],
        Stmt::Match(s) => s.cases.iter().map(|c| &c.body[..]).collect(),
        _ => Vec::new(),
    }
}

/// First pass: what the module's names stand for. A name bound twice by `try` and `except` is the first one.
fn bindings(
    body: &[Stmt],
    name: &ModuleName,
    source: &Source,
    names: &mut HashMap<String, String>,
    module: &mut Module,
) {
    for statement in body {
        let mut define = |defined: &str| names.insert(defined.to_owned(), scope::join(&name.name, defined));
        match statement {
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                let (bound, stars) = scope::imports(statement, name);
                let line = line_of(source, statement.start());
                for bound in bound {
                    module.imports.push(Import { name: bound.name.clone(), path: bound.path.clone(), line });
                    names.entry(bound.name).or_insert(bound.path);
                }
                module.stars.extend(stars);
            }
            Stmt::ClassDef(class) => {
                define(class.name.as_str());
            }
            Stmt::FunctionDef(function) => {
                define(function.name.as_str());
                module.functions.push(function.name.as_str().to_owned());
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    if let ast::Expr::Name(target) = target {
                        define(target.id.as_str());
                    }
                }
            }
            Stmt::AnnAssign(assign) => {
                if let (ast::Expr::Name(target), Some(_)) = (&*assign.target, &assign.value) {
                    define(target.id.as_str());
                }
            }
            _ => {
                for body in inner(statement) {
                    bindings(body, name, source, names, module);
                }
            }
        }
    }
}

/// One assignment statement, taken apart: `a = b = value`, `a: T = value`, `a += value`.
fn assigned(statement: &Stmt) -> Option<(Vec<&str>, &ast::Expr, bool)> {
    fn name(target: &ast::Expr) -> Option<&str> {
        match target {
            ast::Expr::Name(name) => Some(name.id.as_str()),
            _ => None,
        }
    }
    match statement {
        Stmt::Assign(s) => Some((s.targets.iter().filter_map(name).collect(), &s.value, false)),
        Stmt::AnnAssign(s) => Some((vec![name(&s.target)?], s.value.as_deref()?, false)),
        Stmt::AugAssign(s) if s.op == ast::Operator::Add => Some((vec![name(&s.target)?], &s.value, true)),
        _ => None,
    }
}

struct Reader<'s> {
    source: &'s Source,
    module_name: &'s str,
}

impl Reader<'_> {
    fn line(&self, at: TextSize) -> u32 {
        line_of(self.source, at)
    }

    /// Second pass: what the module defines, assigns and calls.
    fn statements(&self, body: &[Stmt], scope: &Scope<'_>, conditional: bool, module: &mut Module) {
        for statement in body {
            let line = self.line(statement.start());
            if let Some((names, value, adds)) = assigned(statement) {
                let item_lines = self.item_lines(value, line);
                let value = expression::read(value, self.source.text(), scope);
                for name in names {
                    module.assigns.push(Assign {
                        name: name.to_owned(),
                        value: value.clone(),
                        line,
                        item_lines: item_lines.clone(),
                        adds,
                        conditional,
                    });
                }
                continue;
            }
            match statement {
                Stmt::ClassDef(class) => {
                    let mut read = self.class(class, self.module_name, scope);
                    read.conditional = conditional;
                    module.classes.push(read);
                }
                Stmt::Expr(statement) => {
                    if let ast::Expr::Call(call) = &*statement.value {
                        module.calls.push(Call {
                            function: expression::name(&call.func, self.source.text(), scope),
                            args: expression::arguments(&call.arguments, self.source.text(), scope),
                            starred: expression::starred(&call.arguments, self.source.text(), scope),
                            line,
                            conditional,
                        });
                    }
                }
                _ => {
                    for body in inner(statement) {
                        self.statements(body, scope, true, module);
                    }
                }
            }
        }
    }

    fn class(&self, class: &ast::StmtClassDef, parent: &str, outer: &Scope<'_>) -> Class {
        let path = scope::join(parent, class.name.as_str());
        let bases = class.arguments.iter().flat_map(|a| a.args.iter());
        let mut read = Class {
            name: class.name.as_str().to_owned(),
            line: self.line(class.name.start()),
            bases: bases.map(|base| expression::name(base, self.source.text(), outer)).collect(),
            decorators: self.decorators(&class.decorator_list, outer),
            ..Class::default()
        };
        let mut scope = outer.class();
        self.class_body(&class.body, &path, &mut scope, false, &mut read);
        read
    }

    fn class_body(
        &self,
        body: &[Stmt],
        path: &str,
        scope: &mut Scope<'_>,
        conditional: bool,
        class: &mut Class,
    ) {
        for statement in body {
            let line = self.line(statement.start());
            if let Some((names, value, adds)) = assigned(statement) {
                let item_lines = self.item_lines(value, line);
                let value = expression::read(value, self.source.text(), scope);
                for name in names {
                    scope.define(name, scope::join(path, name));
                    class.assigns.push(Assign {
                        name: name.to_owned(),
                        value: value.clone(),
                        line,
                        item_lines: item_lines.clone(),
                        adds,
                        conditional,
                    });
                }
                continue;
            }
            match statement {
                Stmt::ClassDef(inner) => {
                    let mut read = self.class(inner, path, scope);
                    read.conditional = conditional;
                    scope.define(inner.name.as_str(), scope::join(path, inner.name.as_str()));
                    class.classes.push(read);
                }
                Stmt::FunctionDef(function) => {
                    let name = function.name.as_str();
                    let mut returns = Vec::new();
                    if name.starts_with("get_") {
                        self.returns(&function.body, scope, &mut returns);
                    }
                    class.methods.push(Method {
                        name: name.to_owned(),
                        line: self.line(function.name.start()),
                        decorators: self.decorators(&function.decorator_list, scope),
                        returns,
                        body: match is_read(name) || is_of_rows(class) {
                            true => self.body(&function.body),
                            false => String::new(),
                        },
                    });
                    scope.define(name, scope::join(path, name));
                }
                Stmt::AnnAssign(declared) => {
                    if let ast::Expr::Name(name) = &*declared.target {
                        class.annotated.push(name.id.as_str().to_owned());
                    }
                }
                Stmt::If(_) | Stmt::Try(_) | Stmt::With(_) => {
                    for body in inner(statement) {
                        self.class_body(body, path, scope, true, class);
                    }
                }
                Stmt::For(_) | Stmt::While(_) | Stmt::Match(_) => {
                    class.unread.push(format!("a compound statement at line {line}"));
                }
                Stmt::Expr(statement) => {
                    if let ast::Expr::Call(call) = &*statement.value {
                        let called = expression::source(&*call.func, self.source.text());
                        class.unread.push(format!("a call of `{called}` at line {line}"));
                    }
                }
                _ => {}
            }
        }
    }

    /// The lines of the items of a list or tuple that does not end on the line `first`.
    fn item_lines(&self, value: &ast::Expr, first: u32) -> Vec<u32> {
        let items = match value {
            ast::Expr::List(list) => &list.elts,
            ast::Expr::Tuple(tuple) => &tuple.elts,
            _ => return Vec::new(),
        };
        if self.line(value.end()) == first {
            return Vec::new();
        }
        items.iter().map(|item| self.line(item.start())).collect()
    }

    fn decorators(&self, list: &[ast::Decorator], scope: &Scope<'_>) -> Vec<aksara_protocol::facts::Expr> {
        list.iter().map(|d| expression::read(&d.expression, self.source.text(), scope)).collect()
    }

    /// The source of a function body, its docstring left out.
    fn body(&self, body: &[Stmt]) -> String {
        let is_docstring = |s: &Stmt| s.as_expr_stmt().is_some_and(|e| e.value.is_string_literal_expr());
        let rest = match body {
            [first, rest @ ..] if is_docstring(first) => rest,
            body => body,
        };
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return String::new() };
        let text = self.source.text().get(first.start().to_usize()..last.end().to_usize());
        text.unwrap_or_default().to_owned()
    }

    /// What a function body returns. Names of the class around it are not seen from inside a method, but what a
    /// method returns is told by module names in any case.
    fn returns(&self, body: &[Stmt], scope: &Scope<'_>, found: &mut Vec<aksara_protocol::facts::Expr>) {
        let scope = scope.class();
        for statement in body {
            match statement {
                Stmt::Return(ast::StmtReturn { value: Some(value), .. }) => {
                    found.push(expression::read(value, self.source.text(), &scope));
                }
                _ => {
                    for body in inner(statement) {
                        self.returns(body, &scope, found);
                    }
                }
            }
        }
    }
}

/// Whether the body of every method by this name is kept.
fn is_read(name: &str) -> bool {
    ["get_", "has_", "state_forwards", "__init__"].iter().any(|word| name.starts_with(word))
}

/// Whether a class is one of managers or querysets by its bases' names.
fn is_of_rows(class: &Class) -> bool {
    class.bases.iter().any(|base| base.contains("QuerySet") || base.contains("Manager"))
}
