//! Arguments of calls that a class's attributes are made of.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::lines::{indent_of, starts_line};
use super::lists::expression;
use super::members::has_comment;
use super::pieces::Replacement;
use super::sequence::Sequence;
use super::{Change, Edits, find};
use crate::layout::columns;

impl Edits {
    /// Takes a keyword argument out of the call that is an attribute's value, such as `unique=True` out of
    /// `slug = models.SlugField(unique=True)`.
    ///
    /// # Errors
    /// No such class or attribute; a value that is no call; [`codes::REFUSED`] if a comment would be lost.
    pub fn remove_keyword(
        &mut self,
        class: &str,
        attribute: &str,
        keyword: &str,
    ) -> Result<Change, Diagnostic> {
        let source = self.source();
        let place = format!("`{class}.{attribute}` in `{}`", source.path());
        let call = self.call_of(class, attribute, &place)?;
        let mut arguments: Vec<TextRange> =
            call.arguments.iter_source_order().map(|argument| argument.range()).collect();
        arguments.sort_by_key(|range| range.start());
        let named = |found: &ruff_python_ast::Keyword| {
            found.arg.as_ref().is_some_and(|name| name.as_str() == keyword)
        };
        let Some(gone) = call.arguments.keywords.iter().find(|found| named(found)) else {
            return Ok(self.already());
        };
        let (start, end) = (gone.start().to_usize(), gone.end().to_usize());
        let index = arguments.iter().position(|range| *range == gone.range()).unwrap_or_default();
        let after = arguments.get(index + 1).map(|next| next.start().to_usize());
        let before = index.checked_sub(1).and_then(|i| arguments.get(i)).map(|range| range.end().to_usize());
        let line_end = source.line_end(end);
        let rest = source.text().get(end..line_end).unwrap_or_default();
        let range = match (source.next_line(end), after, before) {
            (Some(next), ..) if starts_line(source, start) && matches!(rest.trim(), "" | ",") => {
                source.line_start(start)..next
            }
            (_, Some(after), _) => start..after,
            (_, None, Some(before)) => before..end,
            (_, None, None) => start..call.arguments.end().to_usize() - 1,
        };
        if has_comment(source, range.start, range.end) {
            return Err(self.refuse(
                gone,
                format!("`{keyword}` of {place} has a comment beside it, which would be lost"),
                "this argument",
                "move the comment above the attribute",
            ));
        }
        self.commit(&[Replacement::replace(range, "")])
    }

    /// Puts an item before the others of a literal list: the one that is `keyword` of the call at `index` of the list
    /// that is an attribute's value, such as `fields` of the first of `constraints`.
    ///
    /// # Errors
    /// No such class, attribute, call or list, or one of them that is not literal.
    pub fn prepend_in_call(
        &mut self,
        class: &str,
        attribute: &str,
        index: usize,
        keyword: &str,
        item: &str,
    ) -> Result<Change, Diagnostic> {
        let source = self.source();
        let place = format!("`{class}.{attribute}` in `{}`", source.path());
        let wanted = expression(item)?;
        let value = find::value(source, &find::class(source, class)?.body, attribute, &place)?;
        let elements: &[Expr] = match value.map(|(_, value)| value) {
            Some(Expr::List(list)) => &list.elts,
            Some(Expr::Tuple(tuple)) => &tuple.elts,
            _ => &[],
        };
        let call = elements.get(index).and_then(Expr::as_call_expr);
        let given = call.and_then(|call| call.arguments.find_keyword(keyword)).map(|found| &found.value);
        let (range, items, is_tuple) = match given {
            Some(Expr::List(list)) => (list.range, &list.elts, false),
            Some(Expr::Tuple(tuple)) if tuple.parenthesized => (tuple.range, &tuple.elts, true),
            _ => {
                return Err(Diagnostic::new(
                    codes::REFUSED,
                    format!("`{keyword}` of item {} of {place} is not a plain list", index + 1),
                )
                .with_help("make it a literal list, or make this change by hand"));
            }
        };
        if items.iter().any(|found| ComparableExpr::from(found) == ComparableExpr::from(&wanted)) {
            return Ok(self.already());
        }
        if let (Some(call), Some(first)) = (call, items.first())
            && let Some(changes) =
                self.broken_open(call, first.start().to_usize(), &format!("{}, ", item.trim()))
        {
            return self.commit(&changes);
        }
        let ranges: Vec<TextRange> = items.iter().map(Ranged::range).collect();
        let sequence = Sequence::of(source, range, &ranges, is_tuple);
        let changes = sequence.insert(source, self.layout(), 0, item.trim());
        self.commit(&changes)
    }

    /// What puts `text` at `at` into a call whose arguments are in one line, which is too long for it: the arguments get a
    /// line of their own, or one each. `None` if the line has room, or is another one.
    fn broken_open(&self, call: &ExprCall, at: usize, text: &str) -> Option<Vec<Replacement>> {
        let source = self.source();
        let layout = self.layout();
        let written = &call.arguments;
        let mut arguments: Vec<TextRange> = written
            .args
            .iter()
            .map(Ranged::range)
            .chain(written.keywords.iter().map(Ranged::range))
            .collect();
        arguments.sort_by_key(|range| range.start());
        let (first, last) = (arguments.first()?.start().to_usize(), arguments.last()?.end().to_usize());
        let (start, end) = (call.start().to_usize(), call.end().to_usize());
        let line_of = |at: usize| source.line_start(at);
        let has_room = columns(source.line(first)) + text.chars().count() <= layout.line_length;
        if has_room || line_of(first) != line_of(last) || !starts_line(source, start) {
            return None;
        }
        let is_open = starts_line(source, first) && line_of(last) != line_of(end);
        if !is_open && line_of(start) != line_of(end) {
            return None;
        }
        let outer = format!("{}{}", layout.newline, indent_of(source, start));
        let inner = format!("{outer}{}", layout.indent);
        let mut changes = vec![Replacement::insert(at, text)];
        let written = source.text()[first..last].chars().count() + text.chars().count();
        let fits =
            columns(indent_of(source, start)) + columns(&layout.indent) + written <= layout.line_length;
        if !fits {
            for pair in arguments.windows(2) {
                let between = pair[0].end().to_usize()..pair[1].start().to_usize();
                changes.push(Replacement::replace(between, format!(",{inner}")));
            }
            if !source.text()[last..end].contains(',') {
                changes.push(Replacement::insert(last, ","));
            }
        }
        if !is_open {
            changes.push(Replacement::insert(call.arguments.start().to_usize() + 1, inner));
            changes.push(Replacement::insert(call.arguments.end().to_usize() - 1, outer));
        }
        changes.sort_by_key(|change| change.range.start);
        Some(changes)
    }

    fn call_of(&self, class: &str, attribute: &str, place: &str) -> Result<&ExprCall, Diagnostic> {
        let source = self.source();
        match find::value(source, &find::class(source, class)?.body, attribute, place)? {
            Some((_, Expr::Call(call))) => Ok(call),
            Some((_, other)) => Err(self.refuse(
                other,
                format!("{place} is not a plain call"),
                "this value",
                "make this change by hand",
            )),
            None => Err(Diagnostic::new(codes::NOT_FOUND, format!("{place} is not set"))
                .with_help("name an attribute that the class sets")),
        }
    }
}
