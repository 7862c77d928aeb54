//! Changes of a text by ranges, and blocks of lines further in or out.

use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::NoRule;
use crate::Source;
use crate::layout::INDENT;

/// Replacements in one text.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<(Range<usize>, String)>);

impl Changes {
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes over those of another one.
    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with all of them, which must be apart.
    pub(super) fn apply(mut self, text: &str) -> Result<String, NoRule> {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (range, new) in self.0 {
            out.push_str(text.get(done..range.start).ok_or_else(NoRule::at_all)?);
            out.push_str(&new);
            done = range.end;
        }
        out.push_str(text.get(done..).ok_or_else(NoRule::at_all)?);
        Ok(out)
    }
}

/// The columns that a statement stands in.
pub(super) fn indent_of(source: &Source, node: impl Ranged) -> String {
    let start = node.range().start().to_usize();
    source.text().get(source.line_start(start)..start).unwrap_or_default().to_owned()
}

/// The whole lines of a node, with the ending of the last one.
pub(super) fn lines_of(source: &Source, node: impl Ranged) -> Range<usize> {
    let range = node.range().to_std_range();
    let end = source.next_line(range.end).unwrap_or(source.text().len());
    source.line_start(range.start)..end
}

/// Where the lines of a block begin: behind the line of the colon that opens it. `None` if it stands in that line.
pub(super) fn block_start(source: &Source, header_end: usize, body: &[Stmt]) -> Option<usize> {
    let first = body.first()?.start().to_usize();
    let colon = source.tokens().iter().find(|token| {
        let at = token.start().to_usize();
        token.kind() == TokenKind::Colon && header_end <= at && at < first
    });
    let colon = colon?.start().to_usize();
    let start = source.next_line(colon)?;
    (start <= first).then_some(start)
}

/// The lines of a range, `levels` indents further in; out for less than none. Texts of several lines stay as they are.
pub(super) fn moved(source: &Source, range: Range<usize>, levels: isize) -> String {
    let is_in_text = |at: usize| {
        source.tokens().iter().any(|token| {
            let inside = token.range().to_std_range();
            let is_text = matches!(
                token.kind(),
                TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle
            );
            is_text && inside.start < at && at < inside.end
        })
    };
    let mut out = String::new();
    let mut at = range.start;
    for line in source.text().get(range).unwrap_or_default().split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        let mut rest = line;
        if !is_in_text(at) && !is_blank {
            for _ in levels..0 {
                rest = rest.strip_prefix(INDENT).unwrap_or(rest);
            }
            for _ in 0..levels {
                out.push_str(INDENT);
            }
        }
        out.push_str(rest);
        at += line.len();
    }
    out
}

/// Calls `on_expr` for every expression in statements.
pub(super) fn each_expr<'a>(body: &'a [Stmt], on_expr: &mut dyn FnMut(&'a Expr)) {
    struct Each<'f, 'a>(&'f mut dyn FnMut(&'a Expr));
    impl<'a> Visitor<'a> for Each<'_, 'a> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            (self.0)(expr);
            walk_expr(self, expr);
        }
    }
    let mut each = Each(on_expr);
    body.iter().for_each(|statement| each.visit_stmt(statement));
}

/// Calls `on_stmt` for every statement in statements, the outer ones first.
pub(super) fn each_stmt<'a>(body: &'a [Stmt], on_stmt: &mut dyn FnMut(&'a Stmt)) {
    struct Each<'f, 'a>(&'f mut dyn FnMut(&'a Stmt));
    impl<'a> Visitor<'a> for Each<'_, 'a> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            (self.0)(statement);
            walk_stmt(self, statement);
        }
        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut each = Each(on_stmt);
    body.iter().for_each(|statement| each.visit_stmt(statement));
}

/// The method of `self.<method>(…)`.
pub(super) fn method_of(expr: &Expr) -> Option<&str> {
    own_attribute(&expr.as_call_expr()?.func)
}

/// The attribute of `self.<attribute>`.
pub(super) fn own_attribute(expr: &Expr) -> Option<&str> {
    let attribute = expr.as_attribute_expr()?;
    let of = attribute.value.as_name_expr()?;
    (of.id.as_str() == "self").then(|| attribute.attr.as_str())
}
