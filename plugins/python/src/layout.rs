//! How new text is written: quotes, indent, line ending, line length; and small generated code in that form.
//!
//! Code that comes in is written with four spaces an indent and `\n`; [`Layout::fit`] turns it into a file's own
//! form. [`Code`] breaks lines as black does. Not a formatter of existing code: that is never touched.

use aksara_protocol::facts::Style;
use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;
use serde_json::Value;

use crate::guard::check_complexity;
use crate::wrap::Wrap;

/// One level of indent in generated code, before [`Layout::fit`].
pub const INDENT: &str = "    ";

/// How many columns a line takes: a tab of its indent is as wide as an indent of generated code.
pub(crate) fn columns(line: &str) -> usize {
    let tabs = line.bytes().take_while(|&byte| byte == b'\t').count();
    line.chars().count() + tabs * (INDENT.len() - 1)
}

/// How new text in a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The quote character.
    pub quote: char,
    /// One level of indent.
    pub indent: String,
    /// `\n` or `\r\n`.
    pub newline: &'static str,
    /// The longest line, in characters.
    pub line_length: usize,
    /// Whether lists of names are tuples.
    pub tuples: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self::of_project(&Style::default())
    }
}

impl Layout {
    /// The layout of a new file in a project.
    #[must_use]
    pub fn of_project(style: &Style) -> Self {
        Self {
            quote: style.quote,
            indent: style.indent.clone(),
            newline: "\n",
            line_length: usize::try_from(style.line_length).unwrap_or(usize::MAX),
            tuples: style.tuples,
        }
    }

    /// A string literal. The other quote is used where that saves escapes.
    #[must_use]
    pub fn string(&self, text: &str) -> String {
        let other = if self.quote == '"' { '\'' } else { '"' };
        let quote = if text.contains(self.quote) && !text.contains(other) { other } else { self.quote };
        let mut out = String::with_capacity(text.len() + 2);
        out.push(quote);
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c == quote => {
                    out.push('\\');
                    out.push(c);
                }
                c if (c as u32) < 0x20 || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
                c if c == '\u{2028}' || c == '\u{2029}' || c == '\u{85}' => {
                    out.push_str(&format!("\\u{:04x}", c as u32));
                }
                c => out.push(c),
            }
        }
        out.push(quote);
        out
    }

    /// A JSON value as a Python literal.
    #[must_use]
    pub fn literal(&self, value: &Value) -> Code {
        match value {
            Value::Null => Code::raw("None"),
            Value::Bool(true) => Code::raw("True"),
            Value::Bool(false) => Code::raw("False"),
            Value::Number(number) => Code::raw(number.to_string()),
            Value::String(text) => Code::raw(self.string(text)),
            Value::Array(items) => Code::List(items.iter().map(|v| self.literal(v)).collect()),
            Value::Object(entries) => {
                Code::Dict(entries.iter().map(|(k, v)| (self.string(k), self.literal(v))).collect())
            }
        }
    }

    /// A list of strings, or a tuple where the project writes those.
    #[must_use]
    pub fn strings<S: AsRef<str>>(&self, items: &[S]) -> Code {
        self.names(items.iter().map(|s| Code::raw(self.string(s.as_ref()))).collect())
    }

    /// A list of names, or a tuple where the project writes those.
    #[must_use]
    pub fn names(&self, items: Vec<Code>) -> Code {
        if self.tuples { Code::Tuple(items) } else { Code::List(items) }
    }

    /// `name = code` as a statement `level` indents deep, without the indent of its first line.
    #[must_use]
    pub fn assignment(&self, name: &str, code: &Code, level: usize) -> String {
        self.around(&format!("{name} = "), code, "", level)
    }

    /// `code` as a statement `level` indents deep, without the indent of its first line.
    #[must_use]
    pub fn statement(&self, code: &Code, level: usize) -> String {
        self.around("", code, "", level)
    }

    /// `before`, `code` and `after` as a statement `level` indents deep, without the indent of its first line.
    #[must_use]
    pub fn around(&self, before: &str, code: &Code, after: &str, level: usize) -> String {
        let column = level * INDENT.len() + before.chars().count();
        let mut out = before.to_owned();
        code.write(&mut out, self.line_length, column, level, after.chars().count());
        out.push_str(after);
        // The lines after the first are indented by `level` already; the caller indents the whole.
        let strip = INDENT.repeat(level);
        let mut lines = out.split('\n');
        let mut text = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            text.push('\n');
            text.push_str(line.strip_prefix(&strip).unwrap_or(line));
        }
        text
    }

    /// `return` and the parts of one expression, `level` indents deep, without the indent of its first line; inside
    /// parentheses where one line is too short for them.
    #[must_use]
    pub fn returned(&self, parts: &[&str], level: usize) -> String {
        self.wrapped(&format!("return {}", parts.join(" ")), level)
    }

    /// A statement, or what opens a block, `level` indents deep, without the indent of its first line; on several lines
    /// where one is too short for it.
    #[must_use]
    pub fn wrapped(&self, line: &str, level: usize) -> String {
        let wrap =
            Wrap { limit: self.line_length, unit: INDENT.len(), parenthesized_with: false, ruff: false };
        let Some(lines) = wrap.lines(line, level * INDENT.len()) else { return line.to_owned() };
        let lines: Vec<String> =
            lines.iter().map(|(depth, text)| format!("{}{text}", INDENT.repeat(*depth))).collect();
        lines.join("\n")
    }

    /// Code written with four spaces and `\n`, in this layout, every line behind `prefix`. What is inside a
    /// multi-line string keeps its spaces.
    #[must_use]
    pub fn fit(&self, code: &str, prefix: &str) -> String {
        let inside = lines_inside_strings(code);
        let mut out = String::with_capacity(code.len() + code.len() / 4);
        for (index, line) in code.split('\n').enumerate() {
            if index > 0 {
                out.push_str(self.newline);
            }
            let line = line.strip_suffix('\r').unwrap_or(line);
            if inside.contains(&index) {
                out.push_str(line);
                continue;
            }
            let mut rest = line;
            if line.trim().is_empty() {
                continue;
            }
            out.push_str(prefix);
            while let Some(next) = rest.strip_prefix(INDENT) {
                out.push_str(&self.indent);
                rest = next;
            }
            out.push_str(rest);
        }
        out
    }

    /// The text of a new file: [`Layout::fit`] without a prefix, with a final line ending.
    #[must_use]
    pub fn file(&self, code: &str) -> String {
        let mut text = self.fit(code.trim_end_matches('\n'), "");
        if !text.is_empty() {
            text.push_str(self.newline);
        }
        text
    }
}

/// The lines (from 0) that start inside a string literal.
fn lines_inside_strings(code: &str) -> std::collections::HashSet<usize> {
    let mut inside = std::collections::HashSet::new();
    let several_lines = code.contains("\"\"\"") || code.contains("'''") || code.contains("\\\n");
    if !several_lines || check_complexity(code).is_err() {
        return inside;
    }
    for token in parse_unchecked_source(code, PySourceType::Python).tokens().iter() {
        if matches!(token.kind(), TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle) {
            let range = token.range().to_std_range();
            let first = code[..range.start].matches('\n').count();
            let more = code[range].matches('\n').count();
            inside.extend(first + 1..=first + more);
        }
    }
    inside
}

/// A piece of code whose line breaks are still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Text as it is.
    Raw(String),
    /// A call: what is called, then positional (`None`) and keyword arguments.
    Call(String, Vec<(Option<String>, Code)>),
    /// A list.
    List(Vec<Code>),
    /// A tuple.
    Tuple(Vec<Code>),
    /// A dict: keys as source.
    Dict(Vec<(String, Code)>),
}

impl Code {
    /// Text as it is.
    pub fn raw(text: impl Into<String>) -> Self {
        Self::Raw(text.into())
    }

    /// On one line, whatever its length.
    #[must_use]
    pub fn flat(&self) -> String {
        match self {
            Self::Raw(text) => text.clone(),
            Self::Tuple(items) if items.len() == 1 => format!("({},)", items[0].flat()),
            _ => {
                let (open, close, parts) = self.parts();
                let inner: Vec<String> =
                    parts.iter().map(|(key, value)| format!("{key}{}", value.flat())).collect();
                format!("{open}{}{close}", inner.join(", "))
            }
        }
    }

    /// Opening, closing, and the parts between with what stands before each (`name=`, `key: `).
    fn parts(&self) -> (String, &'static str, Vec<(String, &Code)>) {
        match self {
            Self::Raw(text) => (text.clone(), "", Vec::new()),
            Self::Call(callee, args) => (
                format!("{callee}("),
                ")",
                args.iter()
                    .map(|(name, value)| (name.as_ref().map(|n| format!("{n}=")).unwrap_or_default(), value))
                    .collect(),
            ),
            Self::List(items) => ("[".to_owned(), "]", items.iter().map(|i| (String::new(), i)).collect()),
            Self::Tuple(items) => ("(".to_owned(), ")", items.iter().map(|i| (String::new(), i)).collect()),
            Self::Dict(items) => {
                ("{".to_owned(), "}", items.iter().map(|(k, v)| (format!("{k}: "), v)).collect())
            }
        }
    }

    /// Writes itself at `column`, its own line being indented by `level`, `after` characters following it.
    fn write(&self, out: &mut String, width: usize, column: usize, level: usize, after: usize) {
        let flat = self.flat();
        let (open, close, parts) = self.parts();
        if column + flat.chars().count() + after <= width || parts.is_empty() {
            out.push_str(&flat);
            return;
        }
        let inner = INDENT.repeat(level + 1);
        out.push_str(&open);
        out.push('\n');
        // Black keeps a call's arguments on one line of their own if they fit there.
        let line: Vec<String> = parts.iter().map(|(key, value)| format!("{key}{}", value.flat())).collect();
        let line = line.join(", ");
        if matches!(self, Self::Call(..)) && inner.len() + line.chars().count() <= width {
            out.push_str(&inner);
            out.push_str(&line);
            out.push('\n');
        } else {
            for (key, value) in parts {
                out.push_str(&inner);
                out.push_str(&key);
                value.write(out, width, inner.len() + key.chars().count(), level + 1, 1);
                out.push_str(",\n");
            }
        }
        out.push_str(&INDENT.repeat(level));
        out.push_str(close);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(callee: &str, args: &[(&str, &str)]) -> Code {
        let arg = |(name, value): &(&str, &str)| {
            ((!name.is_empty()).then(|| (*name).to_owned()), Code::raw(*value))
        };
        Code::Call(callee.to_owned(), args.iter().map(arg).collect())
    }

    #[test]
    fn a_call_is_broken_as_black_does() {
        let layout = Layout::default();
        let short = call("models.CharField", &[("max_length", "50"), ("unique", "True")]);
        assert_eq!(
            layout.assignment("name", &short, 1),
            "name = models.CharField(max_length=50, unique=True)"
        );
        let args = [
            ("", "settings.AUTH_USER_MODEL"),
            ("on_delete", "models.CASCADE"),
            ("related_name", "\"posts\""),
        ];
        assert_eq!(
            layout.assignment("author", &call("models.ForeignKey", &args), 1),
            "author = models.ForeignKey(\n    settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name=\"posts\"\n)"
        );
        let mut more = args.to_vec();
        more.push(("limit_choices_to", "is_staff"));
        assert_eq!(
            layout.assignment("author", &call("models.ForeignKey", &more), 1),
            "author = models.ForeignKey(\n    settings.AUTH_USER_MODEL,\n    on_delete=models.CASCADE,\n    \
             related_name=\"posts\",\n    limit_choices_to=is_staff,\n)"
        );
    }

    #[test]
    fn what_stands_around_counts() {
        let layout = Layout { line_length: 34, ..Layout::default() };
        let code = call("Rows", &[("", "row.below.all()"), ("many", "True")]);
        assert_eq!(
            layout.around("return ", &code, ".data", 1),
            "return Rows(\n    row.below.all(), many=True\n).data"
        );
        let short = call("Rows", &[("", "below")]);
        assert_eq!(layout.around("return ", &short, ".data", 1), "return Rows(below).data");
        assert_eq!(layout.returned(&["a", "or b"], 1), "return a or b");
        assert_eq!(
            layout.returned(&["some_name", "or another_name"], 2),
            "return (\n    some_name\n    or another_name\n)"
        );
    }

    #[test]
    fn names_are_a_list_or_a_tuple() {
        let layout = Layout { tuples: true, ..Layout::default() };
        assert_eq!(layout.strings(&["a"]).flat(), "(\"a\",)");
        assert_eq!(Layout::default().strings(&["a"]).flat(), "[\"a\"]");
    }

    #[test]
    fn what_is_inside_is_broken_where_it_must_be() {
        let layout = Layout::default();
        let choices = Code::List(
            (0..4)
                .map(|i| Code::Tuple(vec![Code::raw(format!("\"value_{i}\"")), Code::raw("\"A label\"")]))
                .collect(),
        );
        let field = Code::Call(
            "models.CharField".to_owned(),
            vec![(Some("max_length".to_owned()), Code::raw("20")), (Some("choices".to_owned()), choices)],
        );
        assert_eq!(
            layout.assignment("state", &field, 1),
            "state = models.CharField(\n    max_length=20,\n    choices=[\n        (\"value_0\", \"A label\"),\n        \
             (\"value_1\", \"A label\"),\n        (\"value_2\", \"A label\"),\n        (\"value_3\", \"A label\"),\n    \
             ],\n)"
        );
    }

    #[test]
    fn literals_are_pythons() {
        let layout = Layout { quote: '\'', ..Layout::default() };
        let literal = |value| layout.literal(&value).flat();
        assert_eq!(
            literal(json!({"a": [1, true, null, 1.5], "b": "it's \"so\"\n"})),
            "{'a': [1, True, None, 1.5], 'b': 'it\\'s \"so\"\\n'}"
        );
        assert_eq!(literal(json!("it's")), "\"it's\"");
        assert_eq!(literal(json!("\\ \u{0} \u{2028} é")), "'\\\\ \\x00 \\u2028 é'");
        assert_eq!(Code::Tuple(vec![Code::raw("a")]).flat(), "(a,)");
    }

    #[test]
    fn code_takes_on_the_form_of_its_file() {
        let layout = Layout { indent: "\t".to_owned(), newline: "\r\n", ..Layout::default() };
        let code =
            "def f():\n    x = \"\"\"a\n    b\"\"\"\n\n    if x:\n        return (x +\n              1)";
        assert_eq!(
            layout.fit(code, "\t"),
            "\tdef f():\r\n\t\tx = \"\"\"a\r\n    b\"\"\"\r\n\r\n\t\tif x:\r\n\t\t\treturn (x +\r\n\t\t\t\t  1)"
        );
        assert_eq!(layout.file("x = 1\n\n"), "x = 1\r\n");
    }
}
