//! What new code says beside what it does, as the project's own code does: annotations and docstrings.
//!
//! Code that is handed in has them; a project that writes none gets none. Only what nothing looks at when the code runs is
//! left out, and who hands the code in says whether that is so.

use std::collections::BTreeSet;
use std::ops::Range;

use aksara_protocol::facts::Style;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Alias, AnyParameterRef, Decorator, Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use crate::Source;
use crate::edit::parse_code;

/// The code without the annotations of its functions, and without docstrings of classes that are one sentence, where the
/// project has none of them. What does not parse stays as it is.
#[must_use]
pub fn in_habits(code: &str, style: &Style) -> String {
    let mut code = code.to_owned();
    if !style.annotations
        && let Ok(source) = parse_code(&code)
    {
        code = without_annotations(&source);
        // The imports that stood between a module's docstring and others may all be gone.
        for import in ["from ", "import "] {
            code = code.replacen(&format!("\"\"\"\n\n\n{import}"), &format!("\"\"\"\n\n{import}"), 1);
        }
    }
    if style.no_docstrings
        && let Ok(source) = parse_code(&code)
    {
        code = without_plain_docstrings(&source);
    }
    code
}

/// Tests with an annotation at every function that takes nothing and returns nothing, where the project's tests have them.
#[must_use]
pub fn tests_in_habits(code: &str, style: &Style) -> String {
    match parse_code(code) {
        Ok(source) if style.test_annotations => with_none(&source),
        _ => code.to_owned(),
    }
}

/// Whether a name is in the code as a word.
#[must_use]
pub fn has_word(code: &str, name: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

/// Where annotations are, and which names stand elsewhere.
#[derive(Default)]
struct Annotations<'s> {
    text: &'s str,
    changes: Vec<(Range<usize>, &'static str)>,
    annotated: BTreeSet<String>,
    used: BTreeSet<String>,
    in_function: bool,
    in_serializer: bool,
}

/// The names of an expression.
struct Names<'n>(&'n mut BTreeSet<String>);

impl<'a> Visitor<'a> for Names<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.insert(name.id.to_string());
        }
        walk_expr(self, expr);
    }
}

impl Annotations<'_> {
    fn leave_out(&mut self, annotation: &Expr, range: Range<usize>, instead: &'static str) {
        Names(&mut self.annotated).visit_expr(annotation);
        self.changes.push((range, instead));
    }

    /// Whether what a function says to return is read by generators of API documents: that of a property, or of the
    /// method of a serializer's field.
    fn is_read(&self, function: &StmtFunctionDef) -> bool {
        let is_property = |name: &str| matches!(name, "property" | "cached_property");
        let named = |d: &Decorator| d.expression.as_name_expr().is_some_and(|name| is_property(&name.id));
        let is_field = self.in_serializer
            && !self.in_function
            && function.name.starts_with("get_")
            && function.parameters.len() == 2;
        is_field || function.decorator_list.iter().any(named)
    }

    fn signature(&mut self, function: &StmtFunctionDef) {
        for parameter in &function.parameters {
            let plain = parameter.as_parameter();
            let Some(annotation) = plain.annotation.as_deref() else { continue };
            let default = match parameter {
                AnyParameterRef::NonVariadic(with_default) => with_default.default.as_deref(),
                AnyParameterRef::Variadic(_) => None,
            };
            let start = plain.name.end().to_usize();
            match default {
                Some(default) => self.leave_out(annotation, start..default.start().to_usize(), "="),
                None => self.leave_out(annotation, start..annotation.end().to_usize(), ""),
            }
        }
        if let Some(returns) = function.returns.as_deref() {
            if self.is_read(function) {
                Names(&mut self.used).visit_expr(returns);
                return;
            }
            let end = returns.end().to_usize();
            let before = self.text.get(..returns.start().to_usize()).unwrap_or_default();
            if let Some(arrow) = before.rfind("->") {
                let start = before.get(..arrow).unwrap_or_default().trim_end().len();
                self.leave_out(returns, start..end, "");
            }
        }
    }
}

impl<'a> Visitor<'a> for Annotations<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|d| self.visit_expr(&d.expression));
                for default in function.parameters.iter().filter_map(AnyParameterRef::default) {
                    self.visit_expr(default);
                }
                self.signature(function);
                let outer = std::mem::replace(&mut self.in_function, true);
                self.visit_body(&function.body);
                self.in_function = outer;
            }
            Stmt::ClassDef(class) => {
                let is_serializer = |base: &Expr| {
                    let text = self.text.get(base.range().to_std_range()).unwrap_or_default();
                    text.ends_with("Serializer")
                };
                let in_serializer = class.bases().iter().any(is_serializer);
                let outer = std::mem::replace(&mut self.in_serializer, in_serializer);
                walk_stmt(self, statement);
                self.in_serializer = outer;
            }
            Stmt::AnnAssign(assign) if self.in_function && assign.value.is_some() => {
                let range = assign.target.end().to_usize()..assign.annotation.end().to_usize();
                self.leave_out(&assign.annotation, range, "");
                self.visit_expr(&assign.target);
                assign.value.iter().for_each(|value| self.visit_expr(value));
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.used.insert(name.id.to_string());
        }
        walk_expr(self, expr);
    }
}

fn without_annotations(source: &Source) -> String {
    let mut found = Annotations { text: source.text(), ..Annotations::default() };
    found.visit_body(&source.module().body);
    let is_needless = |alias: &Alias| {
        let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
        let root = bound.split('.').next().unwrap_or(bound);
        found.annotated.contains(root) && !found.used.contains(root)
    };
    let mut changes: Vec<(Range<usize>, String)> =
        found.changes.iter().map(|(range, text)| (range.clone(), (*text).to_owned())).collect();
    for statement in &source.module().body {
        let (head, names) = match statement {
            Stmt::ImportFrom(import) => {
                let dots = ".".repeat(import.level as usize);
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                (format!("from {dots}{module} import "), &import.names)
            }
            Stmt::Import(import) => ("import ".to_owned(), &import.names),
            _ => continue,
        };
        let kept: Vec<&str> =
            names.iter().filter(|alias| !is_needless(alias)).map(|alias| source.slice(alias)).collect();
        if kept.len() == names.len() {
            continue;
        }
        let range = statement.range().to_std_range();
        match kept.is_empty() {
            true => changes.push((whole_lines(source.text(), range), String::new())),
            false => changes.push((range, format!("{head}{}", kept.join(", ")))),
        }
    }
    replaced(source.text(), changes)
}

/// The lines of a statement, with the blank ones below it where there are blank ones above it, or nothing.
fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let mut end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    let is_apart = start == 0 || text[..start].ends_with("\n\n");
    while is_apart && text[end..].starts_with('\n') {
        end += 1;
    }
    start..end
}

fn replaced(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(range, _)| range.start);
    let mut out = text.to_owned();
    for (range, instead) in changes.into_iter().rev() {
        out.replace_range(range, &instead);
    }
    out
}

/// The docstrings of classes that are one sentence, and not all that the class has.
#[derive(Default)]
struct PlainDocstrings(Vec<Range<usize>>);

impl<'a> Visitor<'a> for PlainDocstrings {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::ClassDef(class) = statement
            && let [Stmt::Expr(first), _, ..] = class.body.as_slice()
            && let Expr::StringLiteral(text) = first.value.as_ref()
            && is_sentence(text.value.to_str())
        {
            self.0.push(first.range.to_std_range());
        }
        walk_stmt(self, statement);
    }
}

/// Whether a docstring is a sentence and no more.
#[must_use]
pub fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    !text.contains("\n\n") && !text.trim_end_matches('.').contains(". ")
}

fn without_plain_docstrings(source: &Source) -> String {
    let mut found = PlainDocstrings::default();
    found.visit_body(&source.module().body);
    let text = source.text();
    let lines = |range: Range<usize>| {
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let rest = &text[range.end..];
        start..range.end + (rest.len() - rest.trim_start_matches('\n').len())
    };
    let changes = found.0.into_iter().map(|range| (lines(range), String::new())).collect();
    replaced(text, changes)
}

/// Functions that take nothing but the object, and return nothing.
#[derive(Default)]
struct Plain(Vec<usize>);

/// Whether a function's body gives a value.
#[derive(Default)]
struct Gives(bool);

impl<'a> Visitor<'a> for Gives {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Return(returns) if returns.value.is_some() => self.0 = true,
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(_) => {}
            Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = true,
            _ => walk_expr(self, expr),
        }
    }
}

impl<'a> Visitor<'a> for Plain {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::FunctionDef(function) = statement {
            let mut gives = Gives::default();
            gives.visit_body(&function.body);
            let takes_nothing =
                function.parameters.iter().all(|p| ["self", "cls"].contains(&p.name().as_str()));
            if takes_nothing && function.returns.is_none() && !gives.0 {
                self.0.push(function.parameters.end().to_usize());
            }
        }
        walk_stmt(self, statement);
    }
}

fn with_none(source: &Source) -> String {
    let mut found = Plain::default();
    found.visit_body(&source.module().body);
    let changes = found.0.into_iter().map(|at| (at..at, " -> None".to_owned())).collect();
    replaced(source.text(), changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "from collections.abc import Iterator, Mapping\nfrom typing import Any\n\n\
                        from django.db import models\nfrom django.http import HttpRequest\n\n\n\
                        class Row(models.Model):\n    \"\"\"A row.\"\"\"\n\n    kind: str = \"a\"\n\n    \
                        def save(self, *args: Any, force: bool = False, **kwargs: Any) -> None:\n        \
                        \"\"\"As it is.\"\"\"\n        seen: dict[str, Mapping] = {}\n        \
                        super().save(*args, **kwargs)\n\n\n\
                        class Other(Row):\n    \"\"\"A row. It is another one.\"\"\"\n\n    a = 1\n\n\n\
                        def rows(request: HttpRequest | None = None) -> Iterator[Row]:\n    \
                        yield isinstance(request, Mapping)\n";

    #[test]
    fn a_project_without_annotations_gets_none_and_no_import_of_them() {
        let after = in_habits(CODE, &Style::default());
        assert_eq!(
            after,
            "from collections.abc import Mapping\n\nfrom django.db import models\n\n\n\
             class Row(models.Model):\n    \"\"\"A row.\"\"\"\n\n    kind: str = \"a\"\n\n    \
             def save(self, *args, force=False, **kwargs):\n        \"\"\"As it is.\"\"\"\n        seen = {}\n        \
             super().save(*args, **kwargs)\n\n\n\
             class Other(Row):\n    \"\"\"A row. It is another one.\"\"\"\n\n    a = 1\n\n\n\
             def rows(request=None):\n    yield isinstance(request, Mapping)\n"
        );
        assert_eq!(in_habits(&after, &Style::default()), after);
        assert_eq!(in_habits("def f(a: int\n", &Style::default()), "def f(a: int\n");
    }

    #[test]
    fn what_documents_of_an_api_are_made_from_stays() {
        let code = "class A(serializers.ModelSerializer):\n    def get_total(self, row: Row) -> int:\n        return 1\n\n    \
                    def get_fields(self) -> dict:\n        return {}\n\n\n\
                    class B:\n    @property\n    def total(self) -> int:\n        return 1\n\n    \
                    def get_total(self) -> int:\n        return 1\n";
        let after = in_habits(code, &Style::default());
        let expected = code.replace("row: Row", "row").replace("get_total(self) -> int", "get_total(self)");
        let expected = expected.replace(" -> dict", "");
        assert_eq!(after, expected);
    }

    #[test]
    fn docstrings_that_explain_stay() {
        let annotated = Style { annotations: true, ..Style::default() };
        assert_eq!(in_habits(CODE, &annotated), CODE);
        let after = in_habits(CODE, &Style { no_docstrings: true, ..annotated });
        assert!(after.contains("class Row(models.Model):\n    kind: str"), "{after}");
        assert!(after.contains("As it is.") && after.contains("It is another one."), "{after}");
        let only = "class A(Exception):\n    \"\"\"Wrong.\"\"\"\n";
        assert_eq!(in_habits(only, &Style { no_docstrings: true, ..Style::default() }), only);
    }

    #[test]
    fn tests_say_that_they_return_nothing() {
        let code = "class T:\n    def test_a(self):\n        self.f(1)\n\n    def f(self, x):\n        pass\n\n    \
                    def g(self):\n        return 1\n";
        assert_eq!(tests_in_habits(code, &Style::default()), code);
        let after = tests_in_habits(code, &Style { test_annotations: true, ..Style::default() });
        assert_eq!(after, code.replace("test_a(self):", "test_a(self) -> None:"));
    }
}
