//! A text that is too long for its line, in several that follow each other. Black and ruff leave both as they are.

use super::leaves::{Kind, Leaf};
use super::split::{Line, Width};

/// The lines of a line that ends in a text too long for it; `None` if it does not, or there is no space to part it at.
pub(super) fn parted(line: &Line, width: Width) -> Option<Vec<(usize, String)>> {
    let seen: Vec<&Leaf> = line.leaves.iter().filter(|leaf| !leaf.text.is_empty()).collect();
    let (rest, end) = match seen.as_slice() {
        [rest @ .., comma] if comma.kind == Kind::Comma => (rest, ","),
        rest => (rest, ""),
    };
    let [before @ .., text] = rest else { return None };
    let quote = text.text.chars().next().filter(|c| text.kind == Kind::Text && matches!(c, '"' | '\''))?;
    let inner = text.text.strip_prefix(quote)?.strip_suffix(quote)?;
    if inner.starts_with(quote) {
        return None;
    }
    let head = line.text();
    let head = head.strip_suffix(end)?.strip_suffix(text.text.as_str())?.trim_end().to_owned();
    match before.last() {
        // One that is all of a statement is a docstring.
        None if !line.is_inside() => None,
        None => Some(pieces(inner, quote, end, line.depth, width)?),
        // What follows belongs to the same value.
        Some(_) if text.split.0 > 0 => None,
        Some(leaf) if leaf.kind == Kind::Equal || matches!(leaf.text.as_str(), ":" | "return") => {
            let space = if leaf.kind == Kind::Equal && !text.space && leaf.level > 0 { "" } else { " " };
            let mut lines = vec![(line.depth, format!("{head}{space}("))];
            lines.extend(pieces(inner, quote, "", line.depth + 1, width)?);
            lines.push((line.depth, format!("){end}")));
            Some(lines)
        }
        Some(_) => None,
    }
}

/// The text in parts of whole words, the spaces at their ends.
fn pieces(inner: &str, quote: char, end: &str, depth: usize, width: Width) -> Option<Vec<(usize, String)>> {
    // The name of a character may have spaces in it.
    if inner.contains("\\N{") {
        return None;
    }
    let room = width.limit.checked_sub(width.indent + depth * width.unit + 2 + end.len())?;
    let mut parts: Vec<String> = Vec::new();
    for word in inner.split_inclusive(' ') {
        match parts.last_mut() {
            Some(part) if part.chars().count() + word.chars().count() <= room => part.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    if parts.len() < 2 || parts.iter().any(|part| part.chars().count() > room) {
        return None;
    }
    let last = parts.len() - 1;
    let written = |(index, part): (usize, String)| {
        (depth, format!("{quote}{part}{quote}{}", if index == last { end } else { "" }))
    };
    Some(parts.into_iter().enumerate().map(written).collect())
}
