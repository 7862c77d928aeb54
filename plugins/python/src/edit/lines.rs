//! Where whole lines go: before a statement with the comments that belong to it, or after its last line.

use ruff_python_ast::token::{TokenAt, TokenKind};
use ruff_text_size::{Ranged, TextSize};

use crate::Source;

/// The byte offset as the parser counts. Files are at most 1 MiB.
pub(super) fn size(offset: usize) -> TextSize {
    TextSize::try_from(offset).unwrap_or_default()
}

/// The white space that the line of `offset` starts with.
pub(super) fn indent_of(source: &Source, offset: usize) -> &str {
    let line = source.line(offset);
    &line[..line.len() - line.trim_start_matches([' ', '\t', '\u{c}']).len()]
}

/// Whether nothing but white space stands before `offset` on its line.
pub(super) fn starts_line(source: &Source, offset: usize) -> bool {
    source.text().get(source.line_start(offset)..offset).is_some_and(|before| before.trim().is_empty())
}

/// Whether the line at `start` holds nothing but a comment.
fn is_comment_line(source: &Source, start: usize) -> bool {
    let line = source.line(start);
    let trimmed = line.trim_start();
    if !trimmed.starts_with('#') {
        return false;
    }
    // A line of a multi-line string may look like a comment.
    let at = size(source.line_start(start) + line.len() - trimmed.len());
    match source.tokens().at_offset(at) {
        TokenAt::Single(token) | TokenAt::Between(_, token) => {
            token.kind() == TokenKind::Comment && token.start() == at
        }
        TokenAt::None => false,
    }
}

/// Where the lines of what starts at `offset` begin, the comments directly above it included.
pub(super) fn attached_start(source: &Source, offset: usize) -> usize {
    let indent = indent_of(source, offset).len();
    let mut start = source.line_start(offset);
    while let Some(previous) = source.previous_line(start) {
        if !is_comment_line(source, previous) || indent_of(source, previous).len() > indent {
            break;
        }
        start = previous;
    }
    start
}

/// How many blank lines stand directly above the line that starts at `start`.
pub(super) fn blanks_before(source: &Source, start: usize) -> usize {
    let mut count = 0;
    let mut at = start;
    while let Some(previous) = source.previous_line(at) {
        if !source.line(previous).trim().is_empty() {
            break;
        }
        count += 1;
        at = previous;
    }
    count
}

/// How many blank lines follow the line of `offset`, and whether anything follows them.
pub(super) fn blanks_after(source: &Source, offset: usize) -> (usize, bool) {
    let mut count = 0;
    let mut at = offset;
    while let Some(next) = source.next_line(at) {
        if !source.line(next).trim().is_empty() {
            return (count, true);
        }
        if next >= source.text().len() {
            break;
        }
        count += 1;
        at = next;
    }
    (count, false)
}

/// The end of the last line that is not blank; `None` if all are.
pub(super) fn content_end(source: &Source) -> Option<usize> {
    let content = source.text().get(source.content_start()..).unwrap_or_default();
    let trimmed = content.trim_end();
    (!trimmed.is_empty()).then(|| source.line_end(source.content_start() + trimmed.len()))
}
