//! One more item between brackets: in a list, a tuple, or the names of an import.
//!
//! The item goes in as the others are written: on the same line while that fits, on a line of its own where the
//! others have theirs, with or without a comma after the last one.

use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_text_size::{Ranged, TextRange};

use super::lines::{attached_start, indent_of, size, starts_line};
use super::pieces::Replacement;
use crate::layout::columns;
use crate::{Layout, Source};

/// What stands between two brackets.
pub(super) struct Sequence {
    /// After the opening bracket.
    pub(super) open: usize,
    /// Before the closing bracket.
    pub(super) close: usize,
    /// The items, their own parentheses included.
    pub(super) items: Vec<Range<usize>>,
    /// Whether one item needs a comma to make it a sequence.
    pub(super) is_tuple: bool,
}

impl Sequence {
    /// The sequence with these brackets and items (their ranges as the tree has them).
    pub(super) fn of(source: &Source, range: TextRange, items: &[TextRange], is_tuple: bool) -> Self {
        let open = range.start().to_usize() + 1;
        let close = range.end().to_usize().saturating_sub(1);
        let items = items.iter().map(|item| with_parentheses(source, *item, open, close)).collect();
        Self { open, close, items, is_tuple }
    }

    /// What puts `item` before the item `index` (or at the end). The item is on one line.
    pub(super) fn insert(
        &self,
        source: &Source,
        layout: &Layout,
        index: usize,
        item: &str,
    ) -> Vec<Replacement> {
        let text = source.text();
        let inside = text.get(self.open..self.close).unwrap_or_default();
        if self.items.is_empty() {
            return self.first(source, layout, inside, item);
        }
        if !inside.contains(['\n', '\r']) {
            let change = match (self.items.as_slice(), index) {
                // The comma that made one item a tuple separates two.
                ([only], 1) if self.is_tuple => match comma_after(source, only.end, self.close) {
                    Some(comma) => Replacement::insert(comma + 1, format!(" {item}")),
                    None => self.inline(index, item),
                },
                _ => self.inline(index, item),
            };
            let line = columns(source.line(self.open));
            let fits = line + change.text.chars().count() <= layout.line_length || line > layout.line_length;
            return if fits { vec![change] } else { vec![self.explode(source, layout, index, item)] };
        }
        let own_lines =
            self.items.iter().all(|i| starts_line(source, i.start)) && starts_line(source, self.close);
        if own_lines {
            return self.own_line(source, layout, index, item);
        }
        let change = self.inline(index, item);
        let at = change.range.start;
        let line = columns(source.line(at));
        if line + change.text.chars().count() <= layout.line_length || line > layout.line_length || index == 0
        {
            return vec![change];
        }
        let indent = self.items.iter().find(|i| starts_line(source, i.start)).map_or_else(
            || " ".repeat(column(source, self.items[0].start)),
            |i| indent_of(source, i.start).to_owned(),
        );
        vec![Replacement::insert(at, format!(",{}{indent}{item}", layout.newline))]
    }

    fn first(&self, source: &Source, layout: &Layout, inside: &str, item: &str) -> Vec<Replacement> {
        let comma = if self.is_tuple { "," } else { "" };
        if inside.trim().is_empty() {
            let line = columns(source.line(self.open)) + item.chars().count();
            if line <= layout.line_length || source.line_end(self.open) < self.close {
                return vec![Replacement::replace(self.open..self.close, format!("{item}{comma}"))];
            }
            return vec![self.explode(source, layout, 0, item)];
        }
        // Only comments: the closing bracket has a line of its own.
        let start = source.line_start(self.close);
        let indent = source.previous_line(start).filter(|line| *line > self.open).map_or_else(
            || format!("{}{}", indent_of(source, self.close), layout.indent),
            |line| indent_of(source, line).to_owned(),
        );
        vec![Replacement::insert(start, format!("{indent}{item},{}", layout.newline))]
    }

    /// On the line where its neighbour is.
    pub(super) fn inline(&self, index: usize, item: &str) -> Replacement {
        match index.checked_sub(1).and_then(|i| self.items.get(i)) {
            None => {
                let at = self.items.first().map_or(self.open, |i| i.start);
                Replacement::insert(at, format!("{item}, "))
            }
            Some(previous) => Replacement::insert(previous.end, format!(", {item}")),
        }
    }

    /// On a line of its own, as the others are.
    fn own_line(&self, source: &Source, layout: &Layout, index: usize, item: &str) -> Vec<Replacement> {
        let nl = layout.newline;
        if let Some(below) = self.items.get(index) {
            let start = attached_start(source, below.start);
            let indent = indent_of(source, below.start);
            return vec![Replacement::insert(start, format!("{indent}{item},{nl}"))];
        }
        let Some(last) = self.items.last() else { return Vec::new() };
        let indent = indent_of(source, last.start).to_owned();
        match comma_after(source, last.end, self.close) {
            Some(comma) => {
                let end = source.line_end(comma);
                vec![Replacement::insert(end, format!("{nl}{indent}{item},"))]
            }
            None => {
                let end = source.line_end(last.end);
                let line = format!("{nl}{indent}{item}");
                if end == last.end {
                    return vec![Replacement::insert(end, format!(",{line}"))];
                }
                vec![Replacement::insert(last.end, ","), Replacement::insert(end, line)]
            }
        }
    }

    /// All items on lines of their own, as black does when a line gets too long.
    fn explode(&self, source: &Source, layout: &Layout, index: usize, item: &str) -> Replacement {
        let outer = indent_of(source, self.open);
        let text = source.text();
        let mut items: Vec<&str> =
            self.items.iter().map(|i| text.get(i.clone()).unwrap_or_default()).collect();
        items.insert(index.min(items.len()), item);
        Replacement::replace(self.open..self.close, exploded(&items, outer, layout))
    }
}

/// What stands between brackets when every item has its own line.
pub(super) fn exploded(items: &[&str], outer: &str, layout: &Layout) -> String {
    let nl = layout.newline;
    let mut out = nl.to_owned();
    for item in items {
        out.push_str(&format!("{outer}{}{item},{nl}", layout.indent));
    }
    out.push_str(outer);
    out
}

fn column(source: &Source, offset: usize) -> usize {
    source.text().get(source.line_start(offset)..offset).map_or(0, columns)
}

/// The comma between `from` and `to`, if nothing but comments stands before it.
fn comma_after(source: &Source, from: usize, to: usize) -> Option<usize> {
    let token = source
        .tokens()
        .in_range(TextRange::new(size(from), size(to)))
        .iter()
        .find(|token| !token.kind().is_trivia())?;
    (token.kind() == TokenKind::Comma).then(|| token.start().to_usize())
}

/// An item's range with the parentheses around it.
fn with_parentheses(source: &Source, item: TextRange, open: usize, close: usize) -> Range<usize> {
    let mut start = item.start().to_usize();
    let mut end = item.end().to_usize();
    let after = source.tokens().in_range(TextRange::new(item.end(), size(close)));
    let before = source.tokens().in_range(TextRange::new(size(open), item.start()));
    let right = after.iter().filter(|t| !t.kind().is_trivia()).take_while(|t| t.kind() == TokenKind::Rpar);
    let left =
        before.iter().rev().filter(|t| !t.kind().is_trivia()).take_while(|t| t.kind() == TokenKind::Lpar);
    for (l, r) in left.zip(right) {
        start = l.start().to_usize();
        end = r.end().to_usize();
    }
    start..end
}
