//! One parsed Python file: its text, its tree, where its lines are, how it is written.
//!
//! Every file goes through [`Source::parse`], which refuses what could not be parsed safely. Not for changing
//! files: see [`crate::edit`].

use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::Style;
use aksara_protocol::{Diagnostic, Label, RelPath};
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::{Ranged, TextSize};

use crate::guard::{MAX_BYTES, check_complexity};
use crate::layout::Layout;

const BOM: &str = "\u{feff}";

/// A parsed file. Broken files have a tree too, as far as it goes: see [`Source::syntax_error`].
#[derive(Debug)]
pub struct Source {
    path: RelPath,
    text: String,
    parsed: Parsed<ModModule>,
    line_starts: Vec<usize>,
}

impl Source {
    /// Parses a file. Syntax errors are no failure here.
    ///
    /// # Errors
    /// [`codes::TOO_LARGE`] above 1 MiB, [`codes::TOO_COMPLEX`] for what would nest too deeply to be parsed
    /// without overflowing a stack.
    pub fn parse(path: &RelPath, text: &str) -> Result<Self, Diagnostic> {
        if text.len() > MAX_BYTES {
            return Err(Diagnostic::new(
                codes::TOO_LARGE,
                format!(
                    "`{path}` has {} bytes; Python files over {MAX_BYTES} bytes are not read",
                    text.len()
                ),
            )
            .with_help("split the file, or leave it out of the request"));
        }
        check_complexity(text).map_err(|too| {
            Diagnostic::new(codes::TOO_COMPLEX, format!("`{path}` has {}, which is not read", too.what))
                .with_label(Label {
                    path: path.clone(),
                    line: too.line,
                    column: 1,
                    len: 0,
                    text: "nested too deeply from here on".to_owned(),
                })
                .with_help("break the expression up, or move it to a file of data")
        })?;
        Ok(Self {
            path: path.clone(),
            text: text.to_owned(),
            parsed: parse_unchecked_source(text, PySourceType::Python),
            line_starts: line_starts(text),
        })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        &self.path
    }

    /// The whole content, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tree.
    #[must_use]
    pub fn module(&self) -> &ModModule {
        self.parsed.syntax()
    }

    /// The tokens, comments included.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        self.parsed.tokens()
    }

    /// How many syntax errors there are.
    #[must_use]
    pub fn error_count(&self) -> usize {
        self.parsed.errors().len()
    }

    /// The first syntax error, if there is one.
    #[must_use]
    pub fn syntax_error(&self) -> Option<Diagnostic> {
        let error = self.parsed.errors().first()?;
        let label = self.label(error.location, error.error.to_string());
        Some(
            Diagnostic::new(codes::SYNTAX, format!("`{}` does not parse", self.path))
                .with_label(label)
                .with_help("correct the syntax, then run the command again"),
        )
    }

    /// The source of a node.
    #[must_use]
    pub fn slice(&self, node: impl Ranged) -> &str {
        self.text.get(node.range().to_std_range()).unwrap_or_default()
    }

    /// Line and column of a byte offset: from 1, the column in characters.
    #[must_use]
    pub fn position(&self, offset: TextSize) -> (u32, u32) {
        let offset = offset.to_usize().min(self.text.len());
        let index = self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.line_starts.get(index).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = before.strip_prefix(BOM).unwrap_or(before).chars().count() + 1;
        (saturating(index + 1), saturating(column))
    }

    /// Something to be said of a place in this file.
    pub fn label(&self, node: impl Ranged, text: impl Into<String>) -> Label {
        let range = node.range();
        let (line, column) = self.position(range.start());
        let len = self.slice(range).lines().next().map_or(0, |first| first.chars().count());
        Label { path: self.path.clone(), line, column, len: saturating(len), text: text.into() }
    }

    /// How new text in this file is written: as the file is, and where the file does not say, as the project is.
    #[must_use]
    pub fn layout(&self, project: &Style) -> Layout {
        let mut layout = Layout::of_project(project);
        if let Some(quote) = self.quote() {
            layout.quote = quote;
        }
        if let Some(indent) = self.indent() {
            layout.indent = indent.to_owned();
        }
        layout.newline = self.newline();
        layout
    }

    /// The quote character of most strings that have a choice, if any string has one.
    #[must_use]
    pub fn quote(&self) -> Option<char> {
        let (double, single) = self.quote_counts();
        match double.cmp(&single) {
            std::cmp::Ordering::Greater => Some('"'),
            std::cmp::Ordering::Less => Some('\''),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// How many strings are written with `"` and how many with `'`. Docstrings and strings that contain a quote
    /// say nothing of the author's habit and do not count.
    #[must_use]
    pub fn quote_counts(&self) -> (usize, usize) {
        let (mut double, mut single) = (0, 0);
        for token in self.tokens().iter().filter(|t| t.kind() == TokenKind::String) {
            let text = self.slice(token.range()).trim_start_matches(|c: char| c.is_ascii_alphabetic());
            if text.starts_with("\"\"\"") || text.starts_with("'''") {
                continue;
            }
            match text.as_bytes().first() {
                Some(b'"') if !text.contains('\'') => double += 1,
                Some(b'\'') if !text.contains('"') => single += 1,
                _ => {}
            }
        }
        (double, single)
    }

    /// The first block's indent, if there is a block.
    #[must_use]
    pub fn indent(&self) -> Option<&str> {
        let token = self.tokens().iter().find(|t| t.kind() == TokenKind::Indent)?;
        Some(self.slice(token.range())).filter(|text| !text.is_empty())
    }

    /// The file's line ending: `\n`, or `\r\n` if its first line ends so.
    #[must_use]
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// Where the content starts: after the byte order mark, if there is one.
    #[must_use]
    pub fn content_start(&self) -> usize {
        if self.text.starts_with(BOM) { BOM.len() } else { 0 }
    }

    /// The byte offset at which the line of `offset` starts.
    #[must_use]
    pub fn line_start(&self, offset: usize) -> usize {
        let index = self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        self.line_starts.get(index).copied().unwrap_or_default().max(self.content_start().min(offset))
    }

    /// The byte offset at which the line of `offset` ends, before its line ending.
    #[must_use]
    pub fn line_end(&self, offset: usize) -> usize {
        let index = self.line_starts.partition_point(|start| *start <= offset);
        let next = self.line_starts.get(index).copied().unwrap_or(self.text.len());
        let line = &self.text[..next];
        // The last line may have no ending; the one before the next start has one of three.
        if self.line_starts.get(index).is_none() {
            return next;
        }
        line.strip_suffix("\r\n")
            .or_else(|| line.strip_suffix('\n'))
            .or_else(|| line.strip_suffix('\r'))
            .unwrap_or(line)
            .len()
    }

    /// The byte offset at which the line after the one of `offset` starts, if there is one.
    #[must_use]
    pub fn next_line(&self, offset: usize) -> Option<usize> {
        let index = self.line_starts.partition_point(|start| *start <= offset);
        self.line_starts.get(index).copied()
    }

    /// The byte offset at which the line before the one of `offset` starts, if there is one.
    #[must_use]
    pub fn previous_line(&self, offset: usize) -> Option<usize> {
        let index = self.line_starts.partition_point(|start| *start <= offset).checked_sub(2)?;
        let start = self.line_starts.get(index).copied()?;
        Some(if index == 0 { start.max(self.content_start()) } else { start })
    }

    /// The line that `offset` is in, without its ending.
    #[must_use]
    pub fn line(&self, offset: usize) -> &str {
        self.text.get(self.line_start(offset)..self.line_end(offset)).unwrap_or_default()
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
            starts.push(at + 1);
        }
    }
    starts
}

fn saturating(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::parse(&RelPath::new("blog/models.py").unwrap(), text).unwrap()
    }

    #[test]
    fn a_broken_file_is_parsed_and_says_where() {
        let source = source("x = 1\nclass A:\n    y = é(\n\nclass B:\n    z = 1\n");
        let error = source.syntax_error().unwrap();
        assert_eq!(error.code, codes::SYNTAX);
        assert_eq!(error.labels[0].path.as_str(), "blog/models.py");
        assert!(error.labels[0].line >= 3, "{error}");
        assert!(source.module().body.iter().any(|s| s.is_class_def_stmt()));
    }

    #[test]
    fn columns_are_characters_and_the_byte_order_mark_is_none() {
        let source = source("\u{feff}é = 'ü'; b = 1\n");
        let at = source.text().find('b').unwrap();
        assert_eq!(source.position(TextSize::try_from(at).unwrap()), (1, 10));
    }

    #[test]
    fn what_cannot_be_parsed_safely_is_refused() {
        let path = RelPath::new("a.py").unwrap();
        let deep = format!("x = a{}", ".b".repeat(50_000));
        assert_eq!(Source::parse(&path, &deep).unwrap_err().code, codes::TOO_COMPLEX);
        let large = "#".repeat(MAX_BYTES + 1);
        assert_eq!(Source::parse(&path, &large).unwrap_err().code, codes::TOO_LARGE);
    }

    #[test]
    fn what_the_guard_lets_through_fits_a_small_stack() {
        let worst = [
            format!("x = a{}", ".b".repeat(990)),
            format!("x = 1{}", " + 1".repeat(990)),
            format!("x = {}1{}", "[".repeat(148), "]".repeat(148)),
            format!("x = {}1", "lambda: ".repeat(490)),
            format!("x = {}1", "not ".repeat(990)),
            (0..99).map(|i| format!("{}if a:\n", " ".repeat(i))).collect::<String>()
                + &" ".repeat(99)
                + "pass\n",
        ];
        let run = move || {
            for text in &worst {
                assert!(source(text).syntax_error().is_none(), "{}", &text[..30]);
            }
        };
        std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).unwrap().join().unwrap();
    }

    #[test]
    fn the_files_habits_win_over_the_projects() {
        let style = Style::default();
        let layout = source("def f():\r\n\treturn 'a'\r\n").layout(&style);
        assert_eq!((layout.quote, layout.indent.as_str(), layout.newline), ('\'', "\t", "\r\n"));
        let layout = source("x = 1\n").layout(&style);
        assert_eq!((layout.quote, layout.indent.as_str(), layout.newline), ('"', "    ", "\n"));
    }

    #[test]
    fn lines_are_found_with_every_ending() {
        let source = source("a\r\nbc\rd\ne");
        let text = source.text();
        let line = |c: char| source.line(text.find(c).unwrap());
        assert_eq!((line('a'), line('c'), line('d'), line('e')), ("a", "bc", "d", "e"));
        assert_eq!(source.next_line(text.len()), None);
        assert_eq!(source.previous_line(text.find('b').unwrap()), Some(0));
    }
}
