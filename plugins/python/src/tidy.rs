//! The last touch on rendered Python: imports in order, lines that became too long, and the project's quotes.
//!
//! Who hands the code in writes every call on one line and uses double quotes; how long the names are and what the
//! project prefers is known only here. This is no formatter: what fits is left as it is, and so is all that cannot be
//! split at a bracket.

use aksara_protocol::facts::Style;

use crate::edit::sorted_imports;

/// Sorts the imports at the top, gives the lines the project's indent, splits those that are longer than the project's at their brackets, and turns
/// double quotes into single ones if the project uses those. The meaning of the code stays the same.
pub fn tidy(source: &str, style: &Style) -> String {
    let mut out = split_long_lines(&indented(&sorted_imports(source, style), style), style);
    if style.quote == '\'' {
        out = single_quotes(&out);
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

fn split_long_lines(source: &str, style: &Style) -> String {
    let (kinds, _) = scan(source);
    let mut out = String::with_capacity(source.len());
    let mut depth = 0_usize;
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let whole = depth == 0 && kinds.get(range.start) != Some(&Kind::Text);
        for index in range.clone() {
            if kinds[index] == Kind::Code {
                match source.as_bytes()[index] {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
        let text = line.trim_end_matches(['\n', '\r']);
        let splittable = whole && depth == 0 && !kinds[range].contains(&Kind::Comment);
        if splittable && too_long(text, style) {
            let indent_len = text.len() - text.trim_start().len();
            let (indent, code) = text.split_at(indent_len);
            split_code(indent, code, "", style, &mut out);
        } else {
            out.push_str(line);
        }
    }
    out
}

fn too_long(line: &str, style: &Style) -> bool {
    line.chars().count() > style.line_length as usize
}

/// Writes `indent`, `code` and `end` as one line if it fits, else split at the last bracket that holds anything.
fn split_code(indent: &str, code: &str, end: &str, style: &Style, out: &mut String) {
    let line = format!("{indent}{code}{end}");
    let pair = if too_long(&line, style) { last_pair(code) } else { None };
    let Some((open, close)) = pair else {
        out.push_str(&line);
        out.push('\n');
        return;
    };
    let (head, body, tail) = (&code[..=open], code[open + 1..close].trim(), &code[close..]);
    let inner = format!("{indent}{}", style.indent);
    out.push_str(indent);
    out.push_str(head);
    out.push('\n');
    let items = items(body);
    // As black has it: arguments share a line of their own if they fit there, a literal's items never do.
    let is_call = code[..open].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']'));
    if items.len() < 2 || (is_call && !too_long(&format!("{inner}{body}"), style)) {
        split_code(&inner, body, "", style, out);
    } else {
        for item in items {
            split_code(&inner, item, ",", style, out);
        }
    }
    out.push_str(indent);
    out.push_str(tail);
    out.push_str(end);
    out.push('\n');
}

/// The last outermost pair of brackets that is not empty; round ones are preferred.
fn last_pair(code: &str) -> Option<(usize, usize)> {
    let (kinds, _) = scan(code);
    let mut stack = Vec::new();
    let mut pairs = Vec::new();
    for (index, byte) in code.bytes().enumerate() {
        if kinds[index] != Kind::Code {
            continue;
        }
        match byte {
            b'(' | b'[' | b'{' => stack.push(index),
            b')' | b']' | b'}' => {
                let open = stack.pop()?;
                // An index is never worth a line of its own.
                let is_index = byte == b']'
                    && code[..open].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']'));
                if stack.is_empty() && !is_index && !code[open + 1..index].trim().is_empty() {
                    pairs.push((open, index));
                }
            }
            _ => {}
        }
    }
    let round = pairs.iter().rev().find(|(open, _)| code.as_bytes()[*open] == b'(');
    round.or(pairs.last()).copied()
}

/// The parts between the outermost commas; the whole text if there is anything that makes them unsafe to tell.
fn items(body: &str) -> Vec<&str> {
    let (kinds, _) = scan(body);
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (index, byte) in body.bytes().enumerate() {
        if kinds[index] != Kind::Code {
            continue;
        }
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(body[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(body[start..].trim());
    parts.retain(|part| !part.is_empty());
    // A comma of a lambda's parameters or of a comprehension's targets does not part two items.
    if parts.iter().any(|part| ["lambda", "for"].iter().any(|word| has_word(part, word))) {
        return vec![body];
    }
    parts
}

fn has_word(code: &str, word: &str) -> bool {
    let mut depth = 0_usize;
    let (kinds, _) = scan(code);
    let outer: String = code
        .char_indices()
        .map(|(index, c)| {
            let shown = depth == 0 && kinds[index] == Kind::Code;
            match c {
                '(' | '[' | '{' if kinds[index] == Kind::Code => depth += 1,
                ')' | ']' | '}' if kinds[index] == Kind::Code => depth = depth.saturating_sub(1),
                _ => {}
            }
            if shown && (c.is_alphanumeric() || c == '_') { c } else { ' ' }
        })
        .collect();
    outer.split_whitespace().any(|w| w == word)
}

fn single_quotes(source: &str) -> String {
    let (_, tokens) = scan(source);
    let mut out = source.as_bytes().to_vec();
    for token in tokens {
        let prefix: String = source[..token.start]
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let text = &source[token.start..token.end];
        let inner = text.trim_matches('"');
        let simple = !token.triple
            && text.len() >= 2
            && text.starts_with('"')
            && text.ends_with('"')
            // Texts inside of a formatted one are tokens of their own, and leave its braces open.
            && (!prefix.contains('f') || inner.matches('{').count() == inner.matches('}').count())
            && !inner.contains(['\'', '"', '\\']);
        if simple {
            out[token.start] = b'\'';
            out[token.end - 1] = b'\'';
        }
    }
    // Only ASCII quotes were exchanged, so it is still UTF-8.
    String::from_utf8(out).unwrap_or_else(|_| source.to_owned())
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
        let style = Style { indent: "\t".to_owned(), line_length: 20, ..Style::default() };
        assert_eq!(tidy(long, &style), "class A:\n\tx = call(\n\t\tfirst, second\n\t)\n");
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
            "f(\n    row[\"a\"] for row in rows\n)\n"
        );
        assert_eq!(
            tidied("f(lambda first, second: first)\n", 20, '"'),
            "f(\n    lambda first, second: first\n)\n"
        );
        assert_eq!(
            tidied("x = (some_name + other_name)\n", 20, '"'),
            "x = (\n    some_name + other_name\n)\n"
        );
    }

    #[test]
    fn strings_and_comments_are_not_code() {
        let comment = "x = f(1)  # a long comment (with brackets), and commas\n";
        assert_eq!(tidied(comment, 20, '"'), comment);
        let text = "x = \"a long text (with brackets), and commas\"\n";
        assert_eq!(tidied(text, 20, '"'), text);
        let doc = "\"\"\"\nA long line of a docstring (with brackets, and commas).\n\"\"\"\n";
        assert_eq!(tidied(doc, 20, '"'), doc);
    }

    #[test]
    fn single_quotes_where_nothing_needs_escaping() {
        assert_eq!(
            tidied(
                "a = \"x\" + \"it's\" + r\"\\d\" + f\"{d[1]}\" + f\"{d['k']}\" + \"\"\n\"\"\"doc\"\"\"\n# \"c\"\n",
                88,
                '\''
            ),
            "a = 'x' + \"it's\" + r\"\\d\" + f'{d[1]}' + f\"{d['k']}\" + ''\n\"\"\"doc\"\"\"\n# \"c\"\n"
        );
    }

    #[test]
    fn a_text_that_never_ends_does_no_harm() {
        for source in ["x = \"", "x = \"\"\"", "x = (", "x = )", "\\", "\"\\"] {
            assert!(tidied(source, 3, '\'').starts_with(source.split('"').next().unwrap()), "{source}");
        }
    }
}
