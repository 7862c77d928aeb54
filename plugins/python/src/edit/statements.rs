//! Statements at the top of a module.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::lines::{attached_start, blanks_after, blanks_before, content_end, starts_line};
use super::members::member_name;
use super::pieces::Replacement;
use super::{Change, Edits, parse_one, same};

/// Where a statement goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementPlace<'a> {
    /// At the end of the file; for a setting, above what others may override it with there (`from .local import *`).
    End,
    /// As [`End`](Self::End), with a blank line above.
    EndApart,
    /// Below the last call of this name that is a statement, such as `router.register`.
    AfterCalls(&'a str),
    /// Below the last assignment to this variable.
    AfterVariable(&'a str),
    /// Above the first assignment to this variable, with a blank line between, two for a class or function.
    BeforeVariable(&'a str),
}

impl Edits {
    /// How many statements of the module, also those under a condition, are calls of this name, such as
    /// `router.register`.
    #[must_use]
    pub fn count_calls(&self, name: &str) -> usize {
        let all = suites(&self.source().module().body);
        all.into_iter().flatten().filter(|s| self.is_call(s, name)).count()
    }

    /// Puts a statement into the module.
    ///
    /// # Errors
    /// An anchor that is not there; code that is not one statement. A class or function whose name is taken is
    /// not noticed here: see [`Edits::add_class`].
    pub fn append_statement(&mut self, code: &str, place: StatementPlace<'_>) -> Result<Change, Diagnostic> {
        let code = self.layout().fit(code.trim_matches('\n'), "");
        let (_, statement) = parse_one(&code)?;
        let source = self.source();
        let body = &source.module().body;
        let is_below = matches!(place, StatementPlace::AfterCalls(_) | StatementPlace::AfterVariable(_));
        let is_there = |s: &Stmt| same(s, &statement);
        if body.iter().any(is_there) || is_below && suites(body).into_iter().flatten().any(is_there) {
            return Ok(self.already());
        }
        let nl = self.layout().newline;
        let is_block = |s: &Stmt| matches!(s, Stmt::ClassDef(_) | Stmt::FunctionDef(_));
        let sets = |s: &Stmt, name: &str| {
            matches!(s, Stmt::Assign(_) | Stmt::AnnAssign(_)) && member_name(s) == Some(name)
        };
        // As deep as what it stands below, which may be under a condition.
        let below = |anchor: &Stmt| {
            let end = source.line_end(anchor.end().to_usize());
            let start = anchor.start().to_usize();
            let line = source.text()[..start].rfind('\n').map_or(0, |at| at + 1);
            let indent = &source.text()[line..start];
            let indent = if indent.trim().is_empty() { indent } else { "" };
            let code: Vec<String> = code
                .lines()
                .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
                .collect();
            Replacement::code(end..end, nl, &code.join(nl), "")
        };
        let missing = |what: String| {
            Diagnostic::new(codes::NOT_FOUND, format!("there is no {what} at the top of `{}`", source.path()))
                .with_help("put the statement in by hand")
        };
        let overrides = match place {
            StatementPlace::End | StatementPlace::EndApart if is_setting(&statement) => overrides(body),
            _ => None,
        };
        let overrides = overrides.filter(|first| starts_line(source, first.start().to_usize()));
        if let Some(first) = overrides {
            let start = attached_start(source, first.start().to_usize());
            let lacking = 1 - blanks_before(source, start).min(1);
            let change = Replacement::code(start..start, &nl.repeat(lacking), &code, &nl.repeat(2));
            return self.commit(&[change]);
        }
        let change = match place {
            StatementPlace::End | StatementPlace::EndApart => match content_end(source) {
                None => {
                    let at = source.content_start();
                    let last = if source.text().len() == at { nl } else { "" };
                    Replacement::code(at..at, "", &code, last)
                }
                Some(end) => {
                    let blanks = match body.last() {
                        Some(last) if is_block(last) || is_block(&statement) => 2,
                        Some(last)
                            if place == StatementPlace::End
                                && std::mem::discriminant(last) == std::mem::discriminant(&statement) =>
                        {
                            0
                        }
                        Some(_) => 1,
                        None => 0,
                    };
                    Replacement::code(end..end, &nl.repeat(blanks + 1), &code, "")
                }
            },
            StatementPlace::AfterCalls(name) => {
                let anchor = last(body, &|s| self.is_call(s, name));
                below(anchor.ok_or_else(|| missing(format!("call of `{name}`")))?)
            }
            StatementPlace::AfterVariable(name) => {
                let anchor = last(body, &|s| sets(s, name));
                below(anchor.ok_or_else(|| missing(format!("assignment to `{name}`")))?)
            }
            StatementPlace::BeforeVariable(name) => {
                let anchor = body.iter().find(|s| sets(s, name));
                let anchor = anchor.ok_or_else(|| missing(format!("assignment to `{name}`")))?;
                if !starts_line(source, anchor.start().to_usize()) {
                    return Err(self.refuse(
                        anchor,
                        format!("the assignment to `{name}` shares its line with another statement"),
                        "this one",
                        "put it on a line of its own",
                    ));
                }
                let start = attached_start(source, anchor.start().to_usize());
                let above =
                    source.text().get(source.content_start()..start).is_some_and(|t| !t.trim().is_empty());
                // Around a class or function two blank lines (PEP 8).
                let gap = if is_block(&statement) { 2 } else { 1 };
                let lacking = if above { gap - blanks_before(source, start).min(gap) } else { 0 };
                Replacement::code(start..start, &nl.repeat(lacking), &code, &nl.repeat(gap + 1))
            }
        };
        // A class or function keeps its distance from what is below.
        let change = match place {
            StatementPlace::BeforeVariable(_) => change,
            _ => self.keep_distance(change, is_block(&statement)),
        };
        self.commit(&[change])
    }

    fn keep_distance(&self, mut change: Replacement, block: bool) -> Replacement {
        if block && change.range.is_empty() {
            let (blanks, more) = blanks_after(self.source(), change.range.start);
            if more && self.source().line_end(change.range.start) == change.range.start {
                change.text.push_str(&self.layout().newline.repeat(2usize.saturating_sub(blanks)));
            }
        }
        change
    }

    fn is_call(&self, statement: &Stmt, name: &str) -> bool {
        let Stmt::Expr(expression) = statement else { return false };
        let Expr::Call(call) = expression.value.as_ref() else { return false };
        let written: String = self.source().slice(call.func.as_ref()).split_whitespace().collect();
        written == name
    }
}

/// The last statement that `is_it`: at the top, else in the one suite under a condition that has such; of several suites,
/// such as the two branches of an `if`, the last statement at the top that has one of them.
fn last<'m>(body: &'m [Stmt], is_it: &dyn Fn(&Stmt) -> bool) -> Option<&'m Stmt> {
    if let Some(at_top) = body.iter().rfind(|s| is_it(s)) {
        return Some(at_top);
    }
    let having: Vec<&[Stmt]> = suites(body).into_iter().filter(|suite| suite.iter().any(is_it)).collect();
    match having.as_slice() {
        [] => None,
        [only] => only.iter().rfind(|s| is_it(s)),
        _ => body.iter().rfind(|s| {
            let mut inside = below(s).into_iter().flat_map(suites).flatten();
            inside.any(is_it)
        }),
    }
}

/// The statements at the top of a module, and those of each suite under a condition: `if`, `try` or `with`.
fn suites(body: &[Stmt]) -> Vec<&[Stmt]> {
    let mut found = vec![body];
    for statement in body {
        found.extend(below(statement).into_iter().flat_map(suites));
    }
    found
}

/// The suites of a statement that says whether or how they are run, and makes no scope of its own.
fn below(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(tested) => {
            let others = tested.elif_else_clauses.iter().map(|clause| clause.body.as_slice());
            std::iter::once(tested.body.as_slice()).chain(others).collect()
        }
        Stmt::Try(guarded) => vec![&guarded.body, &guarded.orelse, &guarded.finalbody],
        Stmt::With(with) => vec![&with.body],
        _ => Vec::new(),
    }
}

/// Whether a statement sets what is written in capital letters.
fn is_setting(statement: &Stmt) -> bool {
    let is_capital =
        |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    matches!(statement, Stmt::Assign(_) | Stmt::AnnAssign(_))
        && member_name(statement).is_some_and(is_capital)
}

/// The first of the statements at the end of a module that take in what another file sets, to count more than what
/// stands above. What nothing is set above is the base of a module, and overrides nothing.
fn overrides(body: &[Stmt]) -> Option<&Stmt> {
    let count = body.iter().rev().take_while(|statement| takes_in(statement)).count();
    let (above, last) = body.split_at(body.len() - count);
    above.iter().any(Stmt::is_assign_stmt).then(|| last.first()).flatten()
}

/// `from … import *`, `exec(…)` and split_settings' `include(…)`, guarded or not.
fn takes_in(statement: &Stmt) -> bool {
    match statement {
        Stmt::ImportFrom(import) => import.names.iter().any(|alias| alias.name.as_str() == "*"),
        Stmt::Expr(expression) => {
            let called = expression.value.as_call_expr().and_then(|call| call.func.as_name_expr());
            called.is_some_and(|name| matches!(name.id.as_str(), "exec" | "include"))
        }
        Stmt::Try(guarded) => guarded.body.iter().any(takes_in),
        Stmt::If(guarded) => guarded.body.iter().any(takes_in),
        Stmt::With(guarded) => guarded.body.iter().any(takes_in),
        _ => false,
    }
}
