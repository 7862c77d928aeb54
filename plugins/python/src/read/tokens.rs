//! Words, strings and signs of a Python file, without a parse, and how long its lines of code are on the way.
//!
//! Most files of a project are never parsed, because they say nothing that is asked for; what they import and
//! define is wanted all the same, at a small part of a parser's price. Not for anything that is edited: a file
//! that is not Python gives tokens too, and [`Tokens::is_broken`] says so only of what never ends.

use serde::{Deserialize, Serialize};

use crate::layout::INDENT;

/// A piece of a logical line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name, a keyword or a number.
    Word(&'t str),
    /// A string's content, as it is written between its quotes.
    Text(&'t str),
    /// One character of an operator or a bracket.
    Sign(u8),
    /// The end of the logical line.
    End,
}

/// How long a file's lines of code are. Comments, lines of strings over several lines, and lines that are mostly
/// one string do not count: those are not broken at any length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCounts {
    /// Lines with code.
    #[serde(default)]
    pub code: u32,
    /// Lines of 73 to 79 columns: where somebody who breaks lines at 79 has many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near_79: u32,
    /// Lines above 79 columns, those above the next limits among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub over_79: u32,
    /// Lines above 88 columns.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub over_88: u32,
    /// Lines above 100 columns.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub over_100: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl LineCounts {
    fn add(&mut self, columns: usize) {
        self.code += 1;
        self.near_79 += u32::from((73..=79).contains(&columns));
        self.over_79 += u32::from(columns > 79);
        self.over_88 += u32::from(columns > 88);
        self.over_100 += u32::from(columns > 100);
    }
}

/// Reads a text from its start to its end.
pub(super) struct Tokens<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    line: u32,
    line_start: usize,
    /// Where the code of this line ends, if a comment follows it.
    code_end: Option<usize>,
    /// The longest string of this line, in bytes.
    longest_string: usize,
    /// Whether a string over several lines starts or ends in this line.
    in_long_string: bool,
    unfinished: bool,
    counts: LineCounts,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            text,
            bytes: text.as_bytes(),
            at: start,
            depth: 0,
            line: 1,
            line_start: start,
            code_end: None,
            longest_string: 0,
            in_long_string: false,
            unfinished: false,
            counts: LineCounts::default(),
        }
    }

    /// The indent of the next logical line, in characters; `None` at the end of the file.
    pub(super) fn next_line(&mut self) -> Option<usize> {
        loop {
            while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\x0c')) {
                self.at += 1;
            }
            match self.bytes.get(self.at)? {
                b'\n' | b'\r' => self.line_break(),
                b'#' => self.comment(),
                _ => return Some(self.at - self.line_start),
            }
        }
    }

    /// The line that is being read, from 1.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// How many brackets are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The next character, whatever it is.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The line counts so far.
    pub(super) fn counts(&self) -> LineCounts {
        self.counts
    }

    /// Whether a string or a bracket never ended. To be asked at the end.
    pub(super) fn is_broken(&self) -> bool {
        self.unfinished || self.depth > 0
    }

    /// The next piece of the logical line.
    pub(super) fn next(&mut self) -> Token<'t> {
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                self.end_line();
                return Token::End;
            };
            match byte {
                b' ' | b'\t' | b'\x0c' => self.at += 1,
                b'\n' | b'\r' => {
                    self.line_break();
                    if self.depth == 0 {
                        return Token::End;
                    }
                }
                b'#' => self.comment(),
                b'\\' => self.continuation(),
                b'"' | b'\'' => return Token::Text(self.string(byte)),
                byte if is_word(byte) => {
                    let start = self.at;
                    while self.bytes.get(self.at).copied().is_some_and(is_word) {
                        self.at += 1;
                    }
                    return Token::Word(self.text.get(start..self.at).unwrap_or_default());
                }
                byte => {
                    self.bracket(byte);
                    self.at += 1;
                    return Token::Sign(byte);
                }
            }
        }
    }

    /// Goes to the end of the statement. Returns whether another one follows on the logical line.
    pub(super) fn skip_statement(&mut self) -> bool {
        self.skip_until(|byte, depth| byte == b';' && depth == 0)
    }

    /// Goes past the bracket that closes the one just read, and gives what stands between them.
    pub(super) fn skip_bracket(&mut self) -> &'t str {
        let (start, outside) = (self.at, self.depth.saturating_sub(1));
        self.skip_until(|byte, depth| depth <= outside && matches!(byte, b')' | b']' | b'}'));
        self.text.get(start..self.at.saturating_sub(1)).unwrap_or_default()
    }

    /// Goes past the first sign that `is_last` is true of, given the brackets open after it; `false` if the
    /// logical line ends before.
    fn skip_until(&mut self, is_last: impl Fn(u8, usize) -> bool) -> bool {
        loop {
            while self.bytes.get(self.at).is_some_and(|&byte| !STOPS[usize::from(byte)]) {
                self.at += 1;
            }
            let Some(&byte) = self.bytes.get(self.at) else {
                self.end_line();
                return false;
            };
            match byte {
                b'\n' | b'\r' => {
                    self.line_break();
                    if self.depth == 0 {
                        return false;
                    }
                }
                b'#' => self.comment(),
                b'\\' => self.continuation(),
                b'"' | b'\'' => {
                    self.string(byte);
                }
                byte => {
                    self.bracket(byte);
                    self.at += 1;
                    if is_last(byte, self.depth) {
                        return true;
                    }
                }
            }
        }
    }

    fn bracket(&mut self, byte: u8) {
        match byte {
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn comment(&mut self) {
        self.code_end = Some(self.at);
        while self.bytes.get(self.at).is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn continuation(&mut self) {
        self.at += 1;
        if matches!(self.bytes.get(self.at), Some(b'\n' | b'\r')) {
            self.line_break();
        }
    }

    /// Reads a string from its first quote on.
    fn string(&mut self, quote: u8) -> &'t str {
        let opening = self.at;
        let triple = if quote == b'"' { "\"\"\"" } else { "'''" };
        let rest = self.text.get(opening..).unwrap_or_default();
        let content =
            if rest.starts_with(triple) { self.long_string(triple) } else { self.short_string(quote) };
        self.longest_string = self.longest_string.max(self.at - opening);
        content
    }

    /// A string in three quotes. Most of a file's text may be in docstrings, so their end is searched for.
    fn long_string(&mut self, triple: &str) -> &'t str {
        let start = self.at + triple.len();
        let quote = if triple.starts_with('"') { '"' } else { '\'' };
        let mut from = start;
        // A search for one character is much faster than one for three.
        let end = loop {
            let Some(found) = self.text.get(from..).and_then(|rest| rest.find(quote)) else {
                self.unfinished = true;
                break self.bytes.len();
            };
            let end = from + found;
            let escapes = self.bytes[start..end].iter().rev().take_while(|&&byte| byte == b'\\').count();
            if escapes % 2 == 0 && self.bytes[end..].starts_with(triple.as_bytes()) {
                break end;
            }
            from = end + 1;
        };
        let content = self.text.get(start..end).unwrap_or_default();
        self.at = (end + triple.len()).min(self.bytes.len());
        if let Some(last) = content.bytes().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line += line_breaks(content);
            self.line_start = start + last + 1;
            self.in_long_string = true;
        }
        content
    }

    fn short_string(&mut self, quote: u8) -> &'t str {
        let start = self.at + 1;
        self.at = start;
        loop {
            match self.bytes.get(self.at) {
                None | Some(b'\n' | b'\r') => {
                    self.unfinished = true;
                    return "";
                }
                Some(b'\\') => {
                    self.at += 1;
                    if matches!(self.bytes.get(self.at), Some(b'\n' | b'\r')) {
                        self.in_long_string = true;
                        self.line_break();
                        self.in_long_string = true;
                    } else {
                        self.at += 1;
                    }
                }
                Some(&byte) => {
                    self.at += 1;
                    if byte == quote {
                        return self.text.get(start..self.at - 1).unwrap_or_default();
                    }
                }
            }
        }
    }

    /// Goes past a line ending.
    fn line_break(&mut self) {
        self.end_line();
        let is_pair = self.bytes.get(self.at..self.at + 2) == Some(b"\r\n");
        self.at += if is_pair { 2 } else { 1 };
        self.line += 1;
        self.line_start = self.at;
    }

    fn end_line(&mut self) {
        let end = self.code_end.take().unwrap_or(self.at);
        let longest = std::mem::take(&mut self.longest_string);
        if std::mem::take(&mut self.in_long_string) {
            return;
        }
        let line = self.bytes.get(self.line_start..end).unwrap_or_default().trim_ascii_end();
        let code = line.trim_ascii_start();
        if !code.is_empty() && longest * 2 <= code.len() {
            // A tab is as wide as the indent that generated code has.
            let tabs = line.iter().take_while(|&&byte| byte == b'\t').count();
            let indent = tabs * (INDENT.len() - 1);
            // Only near the limits does it matter that a character may have several bytes.
            let columns = match line.len() + indent {
                short @ ..=72 => short,
                _ => line.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() + indent,
            };
            self.counts.add(columns);
        }
        self.line_start = self.at;
    }
}

/// Whether a byte is part of a name or a number. Bytes of other characters than ASCII are: Python's operators
/// have none.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// How many line endings there are, `\r\n` being one.
fn line_breaks(text: &str) -> u32 {
    let count = |wanted: u8| text.bytes().filter(|&byte| byte == wanted).count();
    let pairs = if text.contains('\r') { text.matches("\r\n").count() } else { 0 };
    u32::try_from(count(b'\n') + count(b'\r') - pairs).unwrap_or(u32::MAX)
}

/// The bytes at which [`Tokens::skip_until`] has something to do.
const STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let bytes = b"\n\r#\\\"'()[]{};";
    let mut index = 0;
    while index < bytes.len() {
        stops[bytes[index] as usize] = true;
        index += 1;
    }
    stops
};

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut tokens = Tokens::new(text);
        let mut found = Vec::new();
        while tokens.next_line().is_some() {
            loop {
                let token = tokens.next();
                found.push(token);
                if token == Token::End {
                    break;
                }
            }
        }
        found
    }

    fn counts(text: &str) -> LineCounts {
        let mut tokens = Tokens::new(text);
        while tokens.next_line().is_some() {
            while tokens.skip_statement() {}
        }
        assert!(!tokens.is_broken());
        tokens.counts()
    }

    #[test]
    fn a_logical_line_may_be_several_lines() {
        use Token::{End, Sign, Text, Word};
        assert_eq!(
            tokens("\u{feff}# c\n\nx = (  # c\n  'a\\'#'\n)\r\ny \\\n  + é"),
            [
                Word("x"),
                Sign(b'='),
                Sign(b'('),
                Text("a\\'#"),
                Sign(b')'),
                End,
                Word("y"),
                Sign(b'+'),
                Word("é"),
                End
            ]
        );
    }

    #[test]
    fn strings_over_several_lines_hide_what_is_in_them() {
        use Token::{End, Text, Word};
        assert_eq!(
            tokens("\"\"\"a\nimport b\n\\\"\"\" c\"\"\"\nd"),
            [Text("a\nimport b\n\\\"\"\" c"), End, Word("d"), End]
        );
    }

    #[test]
    fn what_never_ends_is_broken() {
        for (text, is_broken) in
            [("x = (1\n", true), ("x = 'a\n", true), ("'''a\n", true), ("x = ('a')\n", false)]
        {
            let mut tokens = Tokens::new(text);
            while tokens.next_line().is_some() {
                while tokens.skip_statement() {}
            }
            assert_eq!(tokens.is_broken(), is_broken, "{text}");
        }
    }

    #[test]
    fn only_lines_that_could_be_broken_count() {
        let code =
            |columns: usize| format!("{}\n", "x + ".repeat(40).split_at(columns - 1).0.to_owned() + "y");
        let long = counts(&(code(73) + &code(79) + &code(80) + &code(89) + &code(101)));
        assert_eq!(long, LineCounts { code: 5, near_79: 2, over_79: 3, over_88: 2, over_100: 1 });
        let below = |indent: &str| counts(&format!("if x:\n{indent}if y:\n{indent}{indent}{}", code(81)));
        assert_eq!(below("\t"), below("    "), "a tab is an indent");
        assert_eq!(below("\t").over_88, 1);
        let filler = "word ".repeat(30);
        let exempt = [
            format!("# {filler}\n"),
            format!("x = 1  # {filler}\n"),
            format!("'''{filler}\n{filler}\n{filler}'''\n"),
            format!("url = 'https://{filler}'\n"),
        ];
        for text in exempt {
            assert_eq!(LineCounts { code: 0, ..counts(&text) }, LineCounts::default(), "{text}");
        }
        assert_eq!(counts("é = 1\n\n  # c\ny = 2").code, 2);
    }
}
