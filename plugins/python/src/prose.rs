//! Comments, docstrings and texts that are longer than the project's lines: words go to the next line.
//!
//! Only for code that is put in. Nothing that black or ruff would change back is done: both leave texts as they are.

use std::ops::Range;

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use crate::guard::check_complexity;

/// The code with its comments and docstrings within `limit` columns, where words can be parted.
pub(crate) fn filled(source: &str, limit: usize) -> String {
    let is_long = |line: &str| line.chars().count() > limit;
    if !source.lines().any(is_long) || check_complexity(source).is_err() {
        return source.to_owned();
    }
    let mut out = source.to_owned();
    for part in prose(source).into_iter().rev() {
        let Some(text) = source.get(part.clone()).filter(|text| text.lines().any(is_long)) else { continue };
        let filled = match text.trim_start().starts_with('#') {
            true => comments(text, limit),
            false => docstring(text, limit),
        };
        out.replace_range(part, &filled);
    }
    out
}

/// Where comments on lines of their own and docstrings stand: whole lines, the comments of neighbouring lines together.
fn prose(source: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let tokens = parse_unchecked_source(source, PySourceType::Python);
    let mut tokens = tokens.tokens().iter().peekable();
    let line_of = |at: usize| source[..at].rfind('\n').map_or(0, |at| at + 1);
    while let Some(token) = tokens.next() {
        let range = token.range().to_std_range();
        let start = line_of(range.start);
        if !source[start..range.start].trim().is_empty() {
            continue;
        }
        let is_alone = tokens.peek().is_none_or(|next| next.kind() == TokenKind::Newline);
        match token.kind() {
            TokenKind::Comment => match found.last_mut() {
                Some(last)
                    if source[last.end..start] == *"\n"
                        && source[last.clone()].trim_start().starts_with('#') =>
                {
                    last.end = range.end;
                }
                _ => found.push(start..range.end),
            },
            TokenKind::String if source[range.clone()].starts_with("\"\"\"") && is_alone => {
                found.push(start..range.end);
            }
            _ => {}
        }
    }
    found
}

/// Lines of comments: what does not fit goes to the begin of the next line, if the sentence goes on there.
fn comments(text: &str, limit: usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let begins = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let marks = line[indent..].len() - line[indent..].trim_start_matches(['#', ' ']).len();
        indent + marks
    };
    fill(&mut lines, limit, &begins);
    lines.join("\n")
}

/// A docstring, of one line or several.
fn docstring(text: &str, limit: usize) -> String {
    let quotes = "\"\"\"";
    let indent = &text[..text.len() - text.trim_start().len()];
    let one =
        text.trim().strip_prefix(quotes).and_then(|t| t.strip_suffix(quotes)).filter(|t| !t.contains('\n'));
    let mut lines: Vec<String> = match one {
        Some(one) => [quotes, one.trim(), quotes].iter().map(|line| format!("{indent}{line}")).collect(),
        None => text.lines().map(str::to_owned).collect(),
    };
    let begins = |line: &str| line.len() - line.trim_start().len();
    fill(&mut lines, limit, &begins);
    lines.join("\n")
}

/// Moves words of lines that are too long to the next one; `begins` says where the words of a line begin.
fn fill(lines: &mut Vec<String>, limit: usize, begins: &dyn Fn(&str) -> usize) {
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].clone();
        let start = begins(&line);
        let columns: usize = line.chars().count();
        let break_at = (columns > limit)
            .then(|| line.char_indices().nth(limit + 1).map_or(line.len(), |(at, _)| at))
            .and_then(|end| line.get(start..end)?.rfind(' ').map(|at| start + at))
            .filter(|at| *at > start);
        let Some(break_at) = break_at else {
            at += 1;
            continue;
        };
        let (kept, moved) = (line[..break_at].trim_end().to_owned(), line[break_at..].trim().to_owned());
        let head = line[..start].to_owned();
        // The sentence goes on in a line that begins as this one does, with a word.
        let goes_on = lines.get(at + 1).filter(|next| {
            let begin = begins(next);
            next.get(..begin) == Some(head.as_str())
                && next[begin..].starts_with(|c: char| c.is_alphanumeric() || c == '`' || c == '(')
        });
        match goes_on.map(|next| format!("{head}{moved} {}", &next[begins(next)..])) {
            Some(next) => lines[at + 1] = next,
            None => lines.insert(at + 1, format!("{head}{moved}")),
        }
        lines[at] = kept;
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_comments_go_to_the_next_line() {
        for (before, after) in [
            ("# one two three four\nx = 1\n", "# one two three\n# four\nx = 1\n"),
            ("    # one two six\n    # four\n    x = 1\n", "    # one two\n    # six four\n    x = 1\n"),
            ("# one two three four\n#\n# five\n", "# one two three\n# four\n#\n# five\n"),
            ("# one two three four\n# - five\n", "# one two three\n# four\n# - five\n"),
            ("# averyveryverylongword\n", "# averyveryverylongword\n"),
            ("x = 1  # one two three four\n", "x = 1  # one two three four\n"),
            ("x = \"# one two three four\"\n", "x = \"# one two three four\"\n"),
        ] {
            assert_eq!(filled(before, 15), after);
        }
    }

    #[test]
    fn docstrings_of_one_line_get_several() {
        assert_eq!(
            filled("def f():\n    \"\"\"One two three four five.\"\"\"\n    return 1\n", 20),
            "def f():\n    \"\"\"\n    One two three\n    four five.\n    \"\"\"\n    return 1\n"
        );
        assert_eq!(
            filled("\"\"\"\nOne two three four five.\n\nSix.\n\"\"\"\n", 15),
            "\"\"\"\nOne two three\nfour five.\n\nSix.\n\"\"\"\n"
        );
        let text = "x = \"\"\"One two three four five six.\"\"\"\n";
        assert_eq!(filled(text, 20), text);
    }
}
