//! Values of a class's attributes.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::comparable::{ComparableArguments, ComparableExpr};
use ruff_python_ast::token::parenthesized_range;
use ruff_python_ast::{Expr, ExprCall, ExprRef, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::lines::{indent_of, starts_line};
use super::lists::expression;
use super::members::{MemberPlace, has_comment};
use super::pieces::Replacement;
use super::{Change, Edits, find};
use crate::layout::columns;

impl Edits {
    /// The value of a class's attribute as it is written; `None` if the class does not set it.
    ///
    /// # Errors
    /// No such class; an attribute that is set twice, conditionally, or by something else than an assignment.
    pub fn class_attribute(&self, class: &str, name: &str) -> Result<Option<&str>, Diagnostic> {
        Ok(self.attribute(class, name)?.map(|(_, value)| self.source().slice(value)))
    }

    /// Gives a class an attribute with this value, below its other fields.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`] if it has another value; as [`Edits::add_class_member`].
    pub fn set_class_attribute(
        &mut self,
        class: &str,
        name: &str,
        value: &str,
    ) -> Result<Change, Diagnostic> {
        self.add_class_member(class, &format!("{name} = {value}"), MemberPlace::AfterFields)
    }

    /// Gives an attribute that the class has another value.
    ///
    /// # Errors
    /// No such class or attribute; as [`Edits::class_attribute`]; [`codes::REFUSED`] if a comment inside the old
    /// value would be lost.
    pub fn replace_class_attribute(
        &mut self,
        class: &str,
        name: &str,
        value: &str,
    ) -> Result<Change, Diagnostic> {
        let wanted = expression(value)?;
        let (statement, found) =
            self.attribute(class, name)?.ok_or_else(|| self.no_attribute(class, name))?;
        if ComparableExpr::from(found) == ComparableExpr::from(&wanted) {
            return Ok(self.already());
        }
        let range = self.value_range(statement, found).to_std_range();
        if has_comment(self.source(), range.start, range.end) {
            return Err(self.refuse(
                found,
                format!("`{class}.{name}` has a comment inside its value, which would be lost"),
                "this value",
                "move the comment above the attribute",
            ));
        }
        let prefix = indent_of(self.source(), statement.start().to_usize());
        let fitted = self.layout().fit(value.trim(), prefix);
        let change = Replacement::code(range, "", fitted.trim_start(), "");
        self.commit(&[change])
    }

    /// Takes an attribute out of a class, with its line; the comments above it stay.
    ///
    /// # Errors
    /// No such class; as [`Edits::class_attribute`]; [`codes::REFUSED`] if it shares its line with something.
    pub fn remove_class_attribute(&mut self, class: &str, name: &str) -> Result<Change, Diagnostic> {
        let Some((statement, _)) = self.attribute(class, name)? else { return Ok(self.already()) };
        let source = self.source();
        let (start, end) = (statement.start().to_usize(), statement.end().to_usize());
        let line_end = source.line_end(end);
        let alone = starts_line(source, start)
            && source.text().get(end..line_end).is_some_and(|rest| rest.trim().is_empty())
            && !has_comment(source, start, end);
        if !alone {
            return Err(self.refuse(
                statement,
                format!("`{class}.{name}` shares its lines with a comment or another statement"),
                "this attribute",
                "put it on lines of its own",
            ));
        }
        let only = find::class(source, class)?.body.len() == 1;
        let change = if only {
            Replacement::replace(start..end, "pass")
        } else {
            let from = source.line_start(start);
            match source.next_line(end) {
                Some(next) => Replacement::replace(from..next, ""),
                // The last line of a file without a newline at its end goes with the newline before it.
                None => {
                    let above = source.previous_line(from).map_or(from, |p| source.line_end(p));
                    Replacement::replace(above..line_end, "")
                }
            }
        };
        self.commit(&[change])
    }

    /// Appends a call such as `.prefetch_related("tags")` to the chain that is the attribute's value. A chain that
    /// has the very call already is left alone.
    ///
    /// # Errors
    /// No such class or attribute; a value that is no chain of names, attributes and calls; as
    /// [`Edits::class_attribute`].
    pub fn append_to_expression(
        &mut self,
        class: &str,
        name: &str,
        suffix: &str,
    ) -> Result<Change, Diagnostic> {
        let suffix = suffix.trim();
        let Expr::Call(added) = expression(&format!("x{suffix}"))? else {
            return Err(Diagnostic::new(codes::REFUSED, format!("`{suffix}` is not a call on an object"))
                .with_help("give a method call, such as `.all()`"));
        };
        let (statement, value) =
            self.attribute(class, name)?.ok_or_else(|| self.no_attribute(class, name))?;
        let chain = chain_calls(value);
        if !matches!(value, Expr::Call(_) | Expr::Attribute(_) | Expr::Name(_) | Expr::Subscript(_)) {
            return Err(self.refuse(
                value,
                format!("`{class}.{name}` is not a chain of calls"),
                "this value",
                "append the call by hand",
            ));
        }
        if chain.iter().any(|call| same_call(call, &added)) {
            return Ok(self.already());
        }
        let changes = self.append_call(statement, value, &chain, suffix);
        self.commit(&changes)
    }

    /// Removes a call without arguments, such as the `.all()` of `Post.objects.all()`, from the end of the chain that is
    /// the attribute's value. A chain that does not end with it on the line before it is left alone.
    ///
    /// # Errors
    /// As [`Edits::append_to_expression`].
    pub fn drop_last_call(&mut self, class: &str, name: &str, call: &str) -> Result<Change, Diagnostic> {
        let (_, value) = self.attribute(class, name)?.ok_or_else(|| self.no_attribute(class, name))?;
        let change = last_call(self.source(), value, call);
        match change {
            Some(change) => self.commit(&[change]),
            None => Ok(self.already()),
        }
    }

    /// Gives a call of `method` in the chain that is the attribute's value more positional arguments, behind those that
    /// it has: `.prefetch_related("tags")` becomes `.prefetch_related("tags", "authors")`. Says whether there is such a
    /// call: one on one line, with nothing but texts between its brackets, and room for the arguments.
    ///
    /// # Errors
    /// No such class; as [`Edits::class_attribute`].
    pub fn extend_call(
        &mut self,
        class: &str,
        name: &str,
        method: &str,
        arguments: &[String],
    ) -> Result<bool, Diagnostic> {
        let Some((_, value)) = self.attribute(class, name)? else { return Ok(false) };
        let is_text = |argument: &Expr| matches!(argument, Expr::StringLiteral(_));
        let takes_texts = |call: &&&ExprCall| {
            call.func.as_attribute_expr().is_some_and(|f| f.attr.as_str() == method)
                && call.arguments.keywords.is_empty()
                && call.arguments.args.iter().all(is_text)
        };
        let chain = chain_calls(value);
        let Some(last) = chain.iter().find(takes_texts).and_then(|call| call.arguments.args.last()) else {
            return Ok(false);
        };
        let source = self.source();
        let end = last.end().to_usize();
        let more = format!(", {}", arguments.join(", "));
        let ends_call = source.text().as_bytes().get(end) == Some(&b')');
        let fits = columns(source.line(end)) + more.chars().count() <= self.layout().line_length;
        if !ends_call || !fits {
            return Ok(false);
        }
        let change = Replacement::insert(end, more);
        let _: Change = self.commit(&[change])?;
        Ok(true)
    }

    fn append_call(
        &self,
        statement: &Stmt,
        value: &Expr,
        chain: &[&ExprCall],
        suffix: &str,
    ) -> Vec<Replacement> {
        let source = self.source();
        let nl = self.layout().newline;
        let end = value.end().to_usize();
        let dots: Vec<usize> = chain
            .iter()
            .filter_map(|call| call.func.as_attribute_expr())
            .filter_map(|attribute| dot_before(source, attribute.attr.start().to_usize()))
            .collect();
        if let Some(dot) = dots.iter().find(|dot| starts_line(source, **dot)) {
            let indent = indent_of(source, *dot);
            return vec![Replacement::insert(end, format!("{nl}{indent}{suffix}"))];
        }
        let line = columns(source.line(end));
        let limit = self.layout().line_length;
        let start = value.start().to_usize();
        let one_line = source.line_start(start) == source.line_start(end);
        let fits = line + suffix.chars().count() <= limit || line > limit;
        if fits || !one_line || self.value_range(statement, value) != value.range() {
            return vec![Replacement::insert(end, suffix)];
        }
        let outer = indent_of(source, statement.start().to_usize());
        let inner = format!("{outer}{}", self.layout().indent);
        let mut changes = vec![Replacement::insert(start, format!("({nl}{inner}"))];
        // The first call stays with the name that it is made on; the others get lines of their own.
        let mut later: Vec<usize> = dots.clone();
        later.sort_unstable();
        changes.extend(later.iter().skip(1).map(|dot| Replacement::insert(*dot, format!("{nl}{inner}"))));
        changes.push(Replacement::insert(end, format!("{nl}{inner}{suffix}{nl}{outer})")));
        changes
    }

    pub(super) fn attribute(&self, class: &str, name: &str) -> Result<Option<(&Stmt, &Expr)>, Diagnostic> {
        let source = self.source();
        let place = format!("`{class}.{name}` in `{}`", source.path());
        find::value(source, &find::class(source, class)?.body, name, &place)
    }

    pub(super) fn no_attribute(&self, class: &str, name: &str) -> Diagnostic {
        Diagnostic::new(
            codes::NOT_FOUND,
            format!("`{class}` in `{}` does not set `{name}`", self.source().path()),
        )
        .with_help("set it first")
    }

    /// The range of a value with the parentheses around it.
    fn value_range(&self, statement: &Stmt, value: &Expr) -> TextRange {
        parenthesized_range(ExprRef::from(value), statement.into(), self.source().tokens())
            .unwrap_or_else(|| value.range())
    }
}

/// What removes the last call of a chain, if it is the one named and has no arguments.
pub(super) fn last_call(source: &crate::Source, value: &Expr, call: &str) -> Option<Replacement> {
    let last = value.as_call_expr().filter(|last| last.arguments.is_empty())?;
    let attribute = last.func.as_attribute_expr().filter(|attribute| attribute.attr.as_str() == call)?;
    let dot = dot_before(source, attribute.attr.start().to_usize())?;
    (!starts_line(source, dot)).then(|| Replacement::replace(dot..value.end().to_usize(), ""))
}

/// The calls of a chain such as `a.b().c()`, the last one first.
fn chain_calls(value: &Expr) -> Vec<&ExprCall> {
    let mut calls = Vec::new();
    let mut next = value;
    loop {
        next = match next {
            Expr::Call(call) => {
                calls.push(call);
                &call.func
            }
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            _ => return calls,
        };
    }
}

fn same_call(a: &ExprCall, b: &ExprCall) -> bool {
    let name = |call: &ExprCall| call.func.as_attribute_expr().map(|f| f.attr.as_str().to_owned());
    name(a).is_some()
        && name(a) == name(b)
        && ComparableArguments::from(&a.arguments) == ComparableArguments::from(&b.arguments)
}

/// The dot that stands directly before a name.
fn dot_before(source: &crate::Source, name: usize) -> Option<usize> {
    let dot = name.checked_sub(1)?;
    (source.text().as_bytes().get(dot) == Some(&b'.')).then_some(dot)
}
