//! The last touch on rendered Python: imports in order, lines that became too long, and the project's quotes.
//!
//! Who hands the code in writes every call on one line and uses double quotes; how long the names are and what the
//! project prefers is known only here. This is no formatter: what fits is left as it is, and so is all that cannot be
//! split at a bracket.

use std::ops::Range;

use aksara_protocol::facts::Style;
use ruff_python_ast::PySourceType;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use crate::edit::sorted_imports;
use crate::guard::check_complexity;
use crate::layout::columns;
use crate::prose::filled;
use crate::wrap::Wrap;

/// Sorts the imports at the top, gives the lines the project's indent, splits those that are longer than the project's at their brackets, and turns
/// double quotes into single ones if the project uses those. The meaning of the code stays the same.
pub fn tidy(source: &str, style: &Style) -> String {
    let mut out = split_long_lines(&indented(&sorted_imports(source, style), style), style);
    if let Some(wrap) = Wrap::of(style) {
        out = filled(&out, wrap.limit);
    }
    if style.quote == '\'' {
        out = with_quotes(&out, style.quote);
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// What a byte of Python source belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Text,
}

/// A string token.
struct Token {
    /// Its first quote; a prefix stands before it.
    start: usize,
    /// The byte after its last quote.
    end: usize,
    /// Whether it has three quotes on each side.
    triple: bool,
}

/// Says for every byte what it belongs to, and where the string tokens are. A token that never ends reaches to
/// the end of its line, or of the text if it has three quotes.
fn scan(source: &str) -> (Vec<Kind>, Vec<Token>) {
    let bytes = source.as_bytes();
    let mut kinds = vec![Kind::Code; bytes.len()];
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => {
                let end = source[at..].find('\n').map_or(bytes.len(), |n| at + n);
                kinds[at..end].fill(Kind::Comment);
                at = end;
            }
            quote @ (b'"' | b'\'') => {
                let triple = bytes[at..].starts_with(&[quote; 3]);
                let width = if triple { 3 } else { 1 };
                let mut end = at + width;
                while end < bytes.len() {
                    if bytes[end] == b'\\' {
                        end += 2;
                    } else if bytes[end..].starts_with(&[quote; 3][..width]) {
                        end += width;
                        break;
                    } else if bytes[end] == b'\n' && !triple {
                        break;
                    } else {
                        end += 1;
                    }
                }
                let end = end.min(bytes.len());
                kinds[at..end].fill(Kind::Text);
                tokens.push(Token { start: at, end, triple });
                at = end;
            }
            _ => at += 1,
        }
    }
    (kinds, tokens)
}

/// The code with the project's indent for every four spaces. The inside of a text stays as it is.
fn indented(source: &str, style: &Style) -> String {
    const WRITTEN: &str = "    ";
    if style.indent == WRITTEN {
        return source.to_owned();
    }
    let (_, tokens) = scan(source);
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let is_text = tokens.iter().any(|token| token.start < at && at < token.end);
        let mut rest = line;
        while let Some(inner) = rest.strip_prefix(WRITTEN).filter(|_| !is_text) {
            out.push_str(&style.indent);
            rest = inner;
        }
        out.push_str(rest);
        at += line.len();
    }
    out
}

/// Lays out what is longer than the project's lines, and what was written on several lines, as black does.
fn split_long_lines(source: &str, style: &Style) -> String {
    let Some(wrap) = Wrap::of(style).filter(|_| check_complexity(source).is_ok()) else {
        return source.to_owned();
    };
    let mut out = String::with_capacity(source.len());
    let mut done = 0;
    let parsed = parse_unchecked_source(source, PySourceType::Python);
    for range in logical_lines(parsed.tokens()) {
        let Some(code) = source.get(range.clone()) else { continue };
        let indent = source[..range.start].rsplit('\n').next().unwrap_or_default();
        let start = columns(indent);
        let fits = !code.contains('\n') && start + code.chars().count() <= wrap.limit;
        if fits || !indent.trim().is_empty() {
            continue;
        }
        let Some(lines) = wrap.lines(code, start) else { continue };
        let lines: Vec<String> =
            lines.iter().map(|(depth, text)| format!("{}{text}", style.indent.repeat(*depth))).collect();
        out.push_str(&source[done..range.start]);
        out.push_str(&lines.join(&format!("\n{indent}")));
        done = range.end;
    }
    out.push_str(&source[done..]);
    out
}

/// The lines as Python sees them, from their first token to the last one, without those with comments in them.
pub(crate) fn logical_lines(tokens: &Tokens) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut line: Option<Range<usize>> = None;
    let mut has_comment = false;
    for token in tokens.iter() {
        let range = token.range().to_std_range();
        match token.kind() {
            TokenKind::Newline | TokenKind::EndOfFile => {
                lines.extend(line.take().filter(|_| !has_comment));
                has_comment = false;
            }
            TokenKind::Comment => has_comment = line.is_some(),
            kind if kind.is_trivia() || matches!(kind, TokenKind::Indent | TokenKind::Dedent) => {}
            _ => line = Some(line.map_or(range.start, |line| line.start)..range.end),
        }
    }
    lines
}

/// The code with strings in `quote`, where that changes none of them.
pub(crate) fn with_quotes(source: &str, quote: char) -> String {
    let other = if quote == '"' { '\'' } else { '"' };
    let (_, tokens) = scan(source);
    let mut out = source.as_bytes().to_vec();
    let byte = |quote: char| if quote == '"' { b'"' } else { b'\'' };
    for token in tokens.iter().filter(|token| !token.triple) {
        let prefix = source[..token.start].chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_');
        let is_formatted = prefix.into_iter().any(|c| c.eq_ignore_ascii_case(&'f'));
        let text = &source[token.start..token.end];
        let Some(inner) = text.strip_prefix(other).and_then(|text| text.strip_suffix(other)) else {
            continue;
        };
        let nested = match inner.contains(['"', '\'', '{']) {
            false => Some(Vec::new()),
            true if inner.contains(other) => None,
            true if is_formatted => nested_quotes(inner, quote),
            true => (!inner.contains(quote)).then(Vec::new),
        };
        let Some(nested) = nested else { continue };
        for at in nested {
            out[token.start + 1 + at] = byte(other);
        }
        out[token.start] = byte(quote);
        out[token.end - 1] = byte(quote);
    }
    // Only ASCII quotes were exchanged, so it is still UTF-8.
    String::from_utf8(out).unwrap_or_else(|_| source.to_owned())
}

/// The quotes inside of a formatted text, if all stand in its braces, which are closed there.
fn nested_quotes(inner: &str, quote: char) -> Option<Vec<usize>> {
    let mut depth = 0_usize;
    let mut quotes = Vec::new();
    let mut chars = inner.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            // Two of them stand for one that is text.
            '{' | '}' if depth == 0 && chars.next_if(|(_, next)| *next == c).is_some() => {}
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1)?,
            c if c == quote && depth == 0 => return None,
            c if c == quote => quotes.push(at),
            _ => {}
        }
    }
    (depth == 0).then_some(quotes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(source: &str, length: u32, quote: char) -> String {
        tidy(source, &Style { quote, line_length: length, ..Style::default() })
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let source = "a = f(1,   2)\n\n\nclass A:\n    x = [\n        1,\n    ]\n";
        assert_eq!(tidied(source, 20, '"'), source);
    }

    #[test]
    fn the_indent_is_the_projects() {
        let source = "class A:\n    def f(self):\n        \"\"\"\n        Doc.\n        \"\"\"\n        return [\n            1,\n        ]\n";
        let indented = |indent: &str| {
            tidy(source, &Style { indent: indent.to_owned(), line_length: 16, ..Style::default() })
        };
        assert_eq!(
            indented("\t"),
            "class A:\n\tdef f(self):\n\t\t\"\"\"\n        Doc.\n        \"\"\"\n\t\treturn [\n\t\t\t1,\n\t\t]\n"
        );
        assert!(indented("  ").ends_with("\n    return [\n      1,\n    ]\n"));
        let long = "class A:\n    x = call(first, second)\n";
        let style = Style { indent: "\t".to_owned(), line_length: 22, ..Style::default() };
        assert_eq!(tidy(long, &style), "class A:\n\tx = call(\n\t\tfirst, second\n\t)\n");
    }

    #[test]
    fn braces_that_are_text_are_no_places_for_other_quotes() {
        let source = "a = f\"{{'a': {x}}}\"\n";
        assert_eq!(tidied(source, 80, '\''), source);
        assert_eq!(tidied("a = f\"{x['a']}\"\n", 80, '\''), "a = f'{x[\"a\"]}'\n");
    }

    /// Python files in a folder and below it.
    fn files(folder: &std::path::Path, into: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => files(&path, into),
                false if path.extension().is_some_and(|e| e == "py") => into.push(path),
                false => {}
            }
        }
    }

    #[test]
    fn no_layout_and_no_quote_changes_what_code_means() {
        let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut paths = Vec::new();
        for folder in ["tests/projects", "templates"] {
            files(&top.join(folder), &mut paths);
        }
        assert!(paths.len() > 100);
        let body = |text: &str| ruff_python_parser::parse_module(text).unwrap().into_syntax().body;
        for path in paths {
            let source = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
            for (line_length, quote) in [(24, '\''), (60, '"')] {
                let style = Style { quote, line_length, ..Style::default() };
                let after = with_quotes(&split_long_lines(&source, &style), quote);
                let (a, b) = (body(&source), body(&after));
                let same = a.len() == b.len()
                    && a.iter().zip(&b).all(|(a, b)| {
                        use ruff_python_ast::comparable::ComparableStmt;
                        ComparableStmt::from(a) == ComparableStmt::from(b)
                    });
                assert!(same, "{} at {line_length}:\n{after}", path.display());
            }
        }
    }

    #[test]
    fn a_long_call_is_split_at_its_brackets() {
        assert_eq!(
            tidied("    response = self.client.post(reverse(\"x\"), self.data(1))\n", 50, '"'),
            "    response = self.client.post(\n        reverse(\"x\"), self.data(1)\n    )\n"
        );
        assert_eq!(
            tidied("response = post(reverse(\"post-list\"), self.data(tags=[1, 2]))\n", 38, '"'),
            "response = post(\n    reverse(\"post-list\"),\n    self.data(tags=[1, 2]),\n)\n"
        );
    }

    #[test]
    fn the_items_of_a_literal_have_lines_of_their_own() {
        assert_eq!(
            tidied("return {\"a\": 1, \"b\": [1, 2], **extra}\n", 30, '"'),
            "return {\n    \"a\": 1,\n    \"b\": [1, 2],\n    **extra,\n}\n"
        );
    }

    #[test]
    fn a_comma_is_added_only_where_it_changes_nothing() {
        // One item: `f(x for x in y,)` is no Python, and `(x,)` is another value.
        assert_eq!(
            tidied("f(row[\"a\"] for row in rows)\n", 20, '"'),
            "f(\n    row[\"a\"]\n    for row in rows\n)\n"
        );
        assert_eq!(
            tidied("f(lambda first, second: first)\n", 20, '"'),
            "f(\n    lambda first, second: first\n)\n"
        );
        assert_eq!(
            tidied("x = (some_name + other_name)\n", 20, '"'),
            "x = (\n    some_name\n    + other_name\n)\n"
        );
    }

    #[test]
    fn strings_and_comments_are_not_code() {
        let comment = "x = f(1)  # a long comment (with brackets), and commas\n";
        assert_eq!(tidied(comment, 20, '"'), comment);
        let text = "x = \"a_long_text(with_brackets),and_commas\"\n";
        assert_eq!(tidied(text, 20, '"'), text);
    }

    #[test]
    fn single_quotes_where_nothing_needs_escaping() {
        assert_eq!(
            tidied(
                "a = \"x\" + \"it's\" + r\"\\d\" + f\"{d[1]}\" + f\"{d['k']}\" + \"\"\n\"\"\"doc\"\"\"\n# \"c\"\n",
                88,
                '\''
            ),
            "a = 'x' + \"it's\" + r'\\d' + f'{d[1]}' + f'{d[\"k\"]}' + ''\n\"\"\"doc\"\"\"\n# \"c\"\n"
        );
    }

    #[test]
    fn a_text_that_never_ends_does_no_harm() {
        for source in ["x = \"", "x = \"\"\"", "x = (", "x = )", "\\", "\"\\"] {
            assert!(tidied(source, 3, '\'').starts_with(source.split('"').next().unwrap()), "{source}");
        }
    }

    #[test]
    fn a_tab_is_as_wide_as_an_indent() {
        let spaces = "class A:\n    def f(self):\n        return self.client.post(first, second)\n";
        let laid_out = |indent: &str| {
            let style = Style { line_length: 42, indent: indent.to_owned(), ..Style::default() };
            tidy(&spaces.replace("    ", indent), &style)
        };
        assert_eq!(laid_out("\t").replace('\t', "    "), laid_out("    "));
        assert!(laid_out("\t").contains("post(\n"));
    }
}
