//! Operations that know nothing of what the file is: whole lines beside a line, and an exact replacement.

use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;

use super::{Subject, line_numbers, shown};

/// Inserts the lines of `block` after or before the one line that, without white space around it, is the anchor.
/// Lines that stand in the file already, together and in this order, are not inserted again.
///
/// # Errors
/// No anchor or two of them; an anchor that is not one line, is not there, or is there several times.
pub fn insert_block(
    subject: &Subject<'_>,
    block: &str,
    after: Option<&str>,
    before: Option<&str>,
) -> Result<String, Diagnostic> {
    let (anchor, is_after) = match (after, before) {
        (Some(line), None) => (line, true),
        (None, Some(line)) => (line, false),
        _ => {
            return Err(Diagnostic::new(
                codes::BAD_PARAMS,
                "a block is inserted either `after` or `before` a line; give one of the two",
            ));
        }
    };
    let anchor = anchor.trim();
    if anchor.is_empty() || anchor.contains('\n') {
        return Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{}` is not one line with anything on it", shown(anchor)),
        )
        .with_help("name the line to insert beside, as it is written"));
    }
    let mut block = subject.with_newlines(block);
    if block.trim().is_empty() {
        return Err(Diagnostic::new(codes::BAD_PARAMS, "the block to insert is empty"));
    }
    let newline = subject.newline();
    if !block.ends_with('\n') {
        block.push_str(newline);
    }
    let lines: Vec<&str> = subject.text.split_inclusive('\n').collect();
    let wanted: Vec<&str> = block.lines().map(str::trim_end).collect();
    if lines.windows(wanted.len()).any(|w| w.iter().map(|l| l.trim_end()).eq(wanted.iter().copied())) {
        return Ok(subject.text.to_owned());
    }
    let found: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].trim() == anchor).collect();
    let [index] = found[..] else {
        return Err(match found.is_empty() {
            true => Diagnostic::new(
                codes::NOT_FOUND,
                format!("`{}` has no line `{}` to insert beside", subject.path, shown(anchor)),
            )
            .with_help(nearest_line(subject.text, anchor).map_or_else(
                || "name a line that is there".to_owned(),
                |(line, text)| format!("the nearest is line {line}: `{}`", shown(text)),
            )),
            false => Diagnostic::new(
                codes::REFUSED,
                format!(
                    "`{}` has the line `{}` {} times (lines {}), so the place is not clear",
                    subject.path,
                    shown(anchor),
                    found.len(),
                    line_numbers(&found.iter().map(|i| i + 1).collect::<Vec<_>>())
                ),
            )
            .with_help("name a line that occurs once"),
        });
    };
    let split = if is_after { index + 1 } else { index };
    let mut out = lines[..split].concat();
    if is_after && !out.ends_with('\n') {
        // The anchor is the last line and has no ending: the file goes on having none.
        out.push_str(newline);
        let trimmed = block.trim_end_matches(['\r', '\n']).len();
        block.truncate(trimmed);
    }
    out.push_str(&block);
    out.push_str(&lines[split..].concat());
    Ok(out)
}

/// Replaces the one place where `old` stands. Nothing is done where `old` is gone and `new` is there.
///
/// # Errors
/// An empty `old`; one that is not there, or at several places.
pub fn replace_exact(subject: &Subject<'_>, old: &str, new: &str) -> Result<String, Diagnostic> {
    if old.is_empty() {
        return Err(Diagnostic::new(codes::BAD_PARAMS, "the text to replace is empty"));
    }
    let (old, new) = (subject.with_newlines(old), subject.with_newlines(new));
    let text = subject.text;
    let inside_new: Vec<(usize, usize)> = match new.is_empty() {
        true => Vec::new(),
        false => text.match_indices(&new).map(|(at, m)| (at, at + m.len())).collect(),
    };
    let open: Vec<usize> = text
        .match_indices(&old)
        .map(|(at, _)| at)
        .filter(|at| !inside_new.iter().any(|(start, end)| start <= at && at + old.len() <= *end))
        .collect();
    match open[..] {
        [at] => Ok(format!("{}{new}{}", &text[..at], &text[at + old.len()..])),
        [] if new.is_empty() || !inside_new.is_empty() => Ok(text.to_owned()),
        [] => Err(Diagnostic::new(
            codes::NOT_FOUND,
            format!("`{}` does not contain `{}`", subject.path, shown(&old)),
        )
        .with_help(
            nearest_line(text, old.lines().find(|l| !l.trim().is_empty()).unwrap_or(&old)).map_or_else(
                || "look at the file, and give the text exactly as it is written".to_owned(),
                |(line, text)| format!("the nearest is line {line}: `{}`; white space counts", shown(text)),
            ),
        )),
        _ => Err(Diagnostic::new(
            codes::REFUSED,
            format!(
                "`{}` contains `{}` {} times (lines {}), so the place is not clear",
                subject.path,
                shown(&old),
                open.len(),
                line_numbers(
                    &open.iter().map(|at| text[..*at].matches('\n').count() + 1).collect::<Vec<_>>()
                )
            ),
        )
        .with_help("give more of the text around the place")),
    }
}

/// The line (from 1) that has most in common with `wanted`, if any has much.
pub fn nearest_line<'t>(text: &'t str, wanted: &str) -> Option<(usize, &'t str)> {
    let words = |line: &str| -> Vec<String> {
        line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let wanted = words(wanted);
    let score = |line: &str| {
        let have = words(line);
        let shared = wanted.iter().filter(|w| have.contains(w)).count();
        (shared * 2 >= wanted.len().max(1) && shared > 0).then_some((shared, usize::MAX - have.len()))
    };
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| Some((score(line)?, index, line)))
        .max_by_key(|(score, index, _)| (*score, usize::MAX - index))
        .map(|(_, index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use aksara_sdk::RelPath;

    use super::*;

    fn block(
        text: &str,
        block: &str,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<String, Diagnostic> {
        let path = RelPath::new("a.txt").unwrap();
        let once = insert_block(&Subject { path: &path, text }, block, after, before)?;
        let twice = insert_block(&Subject { path: &path, text: &once }, block, after, before)?;
        assert_eq!(once, twice);
        Ok(once)
    }

    fn replace(text: &str, old: &str, new: &str) -> Result<String, Diagnostic> {
        let path = RelPath::new("a.txt").unwrap();
        let once = replace_exact(&Subject { path: &path, text }, old, new)?;
        let twice = replace_exact(&Subject { path: &path, text: &once }, old, new)?;
        assert_eq!(once, twice);
        Ok(once)
    }

    #[test]
    fn a_block_goes_beside_its_line() {
        assert_eq!(block("a\n  b\nc\n", "x\ny", Some("b"), None).unwrap(), "a\n  b\nx\ny\nc\n");
        assert_eq!(block("a\nb\n", "x\n", None, Some("a")).unwrap(), "x\na\nb\n");
        assert_eq!(block("a\r\nb\r\n", "x\ny\n", Some("a"), None).unwrap(), "a\r\nx\r\ny\r\nb\r\n");
        assert_eq!(block("a\nb", "x", Some("b"), None).unwrap(), "a\nb\nx");
    }

    #[test]
    fn a_place_that_is_not_clear_is_refused() {
        let error = block("a\nb\na\n", "x", Some("a"), None).unwrap_err();
        assert_eq!(
            error.message,
            "`a.txt` has the line `a` 2 times (lines 1 and 3), so the place is not clear"
        );
        let error = block("path(one, two)\n", "x", Some("path(one, three)"), None).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.help.as_deref()),
            (codes::NOT_FOUND, Some("the nearest is line 1: `path(one, two)`"))
        );
        for (after, before) in [(None, None), (Some("a"), Some("a")), (Some(" "), None), (Some("a\nb"), None)]
        {
            assert_eq!(block("a\n", "x", after, before).unwrap_err().code, codes::BAD_PARAMS);
        }
    }

    #[test]
    fn a_text_is_replaced_once() {
        assert_eq!(replace("one two\n", "two", "three").unwrap(), "one three\n");
        // The old text is part of the new one.
        assert_eq!(replace("x = 1\n", "x", "x_y").unwrap(), "x_y = 1\n");
        assert_eq!(replace("one two\n", " two", "").unwrap(), "one\n");
        assert_eq!(replace("a\r\nb\r\n", "a\nb", "c\nd").unwrap(), "c\r\nd\r\n");
    }

    #[test]
    fn a_text_that_is_absent_or_twice_there_is_refused() {
        assert_eq!(replace("a\na\n", "a", "b").unwrap_err().code, codes::REFUSED);
        let error = replace("def first(self):\n", "def first(this):", "x").unwrap_err();
        assert_eq!(error.code, codes::NOT_FOUND);
        assert!(error.help.unwrap().contains("line 1: `def first(self):`"));
        assert_eq!(replace("a", "", "b").unwrap_err().code, codes::BAD_PARAMS);
    }
}
