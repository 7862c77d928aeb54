//! Lays a statement out over several lines, as black does.
//!
//! Only for code that is put in: what is there is never laid out again. What black does with comments, backslashes
//! and strings of several lines is not here; a line with those stays as it is.

mod leaves;
mod meaning;
mod split;
mod texts;

use aksara_protocol::facts::Style;
use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

use split::{Line, Width};

use crate::guard::check_complexity;
use crate::layout::columns;

/// What lines must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrap {
    /// The longest line.
    pub(crate) limit: usize,
    /// The columns of one indent.
    pub(crate) unit: usize,
    /// Whether several context managers may stand in parentheses.
    pub(crate) parenthesized_with: bool,
    /// Whether lines are those of ruff where it differs from black.
    pub(crate) ruff: bool,
}

impl Wrap {
    /// What a project's lines keep to; `None` if they may have any length.
    pub(crate) fn of(style: &Style) -> Option<Self> {
        let limit = usize::try_from(style.line_length).ok().filter(|_| style.line_length != u32::MAX)?;
        let unit = columns(&style.indent);
        Some(Self { limit, unit, parenthesized_with: style.parenthesized_with, ruff: style.ruff })
    }

    /// The lines of a logical line (a statement, or what opens a block) whose first stands `indent` columns deep, each
    /// with the number of indents that it has more than that. `None` if it stays as it is, as all does whose layout would
    /// mean something else.
    pub(crate) fn lines(self, code: &str, indent: usize) -> Option<Vec<(usize, String)>> {
        if self.ruff
            && let Some(lines) = self.assertion(code, indent)
        {
            return Some(lines);
        }
        let line = Line::of(leaves::leaves(code, self.parenthesized_with)?);
        let width = Width { limit: self.limit, indent, unit: self.unit };
        let lines = width.lines(line, false);
        let texts = |line: &Line| {
            let parted = if width.fits(line) { None } else { texts::parted(line, width) };
            parted.unwrap_or_else(|| vec![(line.depth, line.text())])
        };
        let lines: Vec<(usize, String)> = lines.iter().flat_map(texts).collect();
        meaning::is_same(code, &lines).then_some(lines)
    }

    /// An assertion as ruff has it: where the test fits, what is said if it fails is put in parentheses, and not the test.
    fn assertion(self, code: &str, indent: usize) -> Option<Vec<(usize, String)>> {
        let fits = |depth: usize, text: &str| indent + depth * self.unit + text.chars().count() <= self.limit;
        if !code.starts_with("assert ")
            || code.contains('\n')
            || fits(0, code)
            || check_complexity(code).is_err()
        {
            return None;
        }
        let module = parse_module(code).ok()?;
        let [Stmt::Assert(assert)] = module.syntax().body.as_slice() else { return None };
        let said = assert.msg.as_deref().filter(|said| {
            matches!(said, Expr::Name(_) | Expr::Attribute(_) | Expr::StringLiteral(_) | Expr::FString(_))
        })?;
        let said = code.get(said.range().to_std_range())?;
        let test = code.get(..assert.test.end().to_usize())?;
        let before = code.get(assert.test.end().to_usize()..)?.strip_suffix(said)?;
        let first = format!("{test}{}(", before);
        (before.trim() == "," && fits(0, &first) && fits(1, said))
            .then(|| vec![(0, first), (1, said.to_owned()), (0, ")".to_owned())])
            .filter(|lines| meaning::is_same(code, lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(code: &str, limit: usize) -> String {
        with(code, Wrap { limit, unit: 4, parenthesized_with: false, ruff: false })
    }

    fn with(code: &str, wrap: Wrap) -> String {
        let Some(lines) = wrap.lines(code, 0) else { return code.to_owned() };
        let lines: Vec<String> =
            lines.iter().map(|(depth, text)| format!("{}{text}", "    ".repeat(*depth))).collect();
        lines.join("\n")
    }

    #[test]
    fn a_chain_of_calls_has_a_line_for_each() {
        assert_eq!(
            wrapped(
                "return Post.objects.filter(live=True).annotate(n=Count(\"tags\")).order_by(\"-id\")",
                50
            ),
            "return (\n    Post.objects.filter(live=True)\n    .annotate(n=Count(\"tags\"))\n    .order_by(\"-id\")\n)"
        );
        assert_eq!(
            wrapped("rows = Post.objects.filter(live=True).annotate(n=Count(\"tags\"))", 50),
            "rows = Post.objects.filter(live=True).annotate(\n    n=Count(\"tags\")\n)"
        );
        assert_eq!(
            wrapped("return self.deleted().order_by(\"-deleted_at\")", 40),
            "return self.deleted().order_by(\n    \"-deleted_at\"\n)"
        );
    }

    #[test]
    fn operators_stand_at_the_begin_of_lines() {
        assert_eq!(
            wrapped("if first.is_there(now) and second.is_there(now) or third:", 40),
            "if (\n    first.is_there(now)\n    and second.is_there(now)\n    or third\n):"
        );
        assert_eq!(
            wrapped("assert len(replies) == self.depth, \"too many queries\"", 40),
            "assert (\n    len(replies) == self.depth\n), \"too many queries\""
        );
        assert_eq!(
            wrapped("send(address, first if is_first else second_one)", 40),
            "send(\n    address, first if is_first else second_one\n)".replace(
                "    address, first if is_first else second_one",
                "    address,\n    first if is_first else second_one,"
            )
        );
        assert_eq!(
            wrapped("codes = [self.call(name, number).status_code for number in range(3)]", 50),
            "codes = [\n    self.call(name, number).status_code\n    for number in range(3)\n]"
        );
    }

    #[test]
    fn a_comma_at_the_end_keeps_lines_apart_and_others_are_joined() {
        assert_eq!(wrapped("f(\n    a,\n    b,\n)", 80), "f(\n    a,\n    b,\n)");
        assert_eq!(wrapped("f(\n    a,\n    b\n)", 80), "f(a, b)");
        assert_eq!(wrapped("x = (\n    a\n    + b\n)", 80), "x = a + b");
        assert_eq!(wrapped("x = (\n    a,\n)", 80), "x = (a,)");
        assert_eq!(wrapped("f(\n    \"a\"\n    \"b\"\n)", 80), "f(\"a\" \"b\")");
    }

    #[test]
    fn what_needs_a_space_or_its_operators_together_keeps_them() {
        assert_eq!(
            wrapped("return(Post.objects.filter(live=True))", 30),
            "return Post.objects.filter(\n    live=True\n)"
        );
        assert_eq!(
            wrapped("call(first_number * second_number if is_there else third)", 34),
            "call(\n    first_number * second_number\n    if is_there\n    else third\n)"
        );
        let member = wrapped("call(key in keys if keys else everything, True)", 34);
        assert!(member.contains("key in keys\n"), "{member}");
        let name = "x = call(a, \"a text with a \\N{EM DASH} that is long\")";
        assert!(wrapped(name, 30).contains("\\N{EM DASH}"), "{}", wrapped(name, 30));
    }

    #[test]
    fn a_definition_is_split_at_its_parameters() {
        assert_eq!(
            wrapped("def create(self, request, *args, **kwargs) -> Response:", 40),
            "def create(\n    self, request, *args, **kwargs\n) -> Response:"
        );
        assert_eq!(
            wrapped("def create(parameter: dict[str, int]):", 20),
            "def create(\n    parameter: dict[\n        str, int\n    ],\n):"
        );
    }

    #[test]
    fn context_managers_stand_in_parentheses_where_they_may() {
        let code = "with patch(\"app.send_mail\"), self.assertLogs(\"app\"):";
        assert_eq!(wrapped(code, 40), "with patch(\n    \"app.send_mail\"\n), self.assertLogs(\"app\"):");
        let wrap = Wrap { limit: 40, unit: 4, parenthesized_with: true, ruff: false };
        assert_eq!(
            with(code, wrap),
            "with (\n    patch(\"app.send_mail\"),\n    self.assertLogs(\"app\"),\n):"
        );
    }

    #[test]
    fn ruff_puts_what_an_assertion_says_in_parentheses() {
        let wrap = Wrap { limit: 40, unit: 4, parenthesized_with: false, ruff: true };
        for (code, expected) in [
            (
                "assert len(replies) == self.depth, \"too many queries\"",
                "assert len(replies) == self.depth, (\n    \"too many queries\"\n)",
            ),
            ("assert first.status_code == 200, changes", "assert first.status_code == 200, changes"),
            (
                "assert first.status_code == 2000, changes",
                "assert first.status_code == 2000, (\n    changes\n)",
            ),
            // The test alone is too long.
            (
                "assert first.the_status == another.the_code, code",
                "assert (\n    first.the_status == another.the_code\n), code",
            ),
        ] {
            assert_eq!(with(code, wrap), expected);
        }
    }

    #[test]
    fn what_is_no_plain_line_stays() {
        for code in [
            "f(first,  # one\n  second)",
            "x = first + \\\n    second",
            "x = f(\"\"\"a\nb\"\"\", 1)",
            "f(a",
            ")",
            "",
        ] {
            assert_eq!(wrapped(code, 5), code);
        }
        for code in
            ["\"a docstring of one line\"", "x = \"averylongwordofmany\"", "x = f\"a text that is too long\""]
        {
            assert_eq!(wrapped(code, 10), code);
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_parted_between_words() {
        assert_eq!(
            wrapped("raise Error(\"one two three four five six seven\")", 24),
            "raise Error(\n    \"one two three \"\n    \"four five six \"\n    \"seven\"\n)"
        );
        assert_eq!(
            wrapped("text = \"one two three four five\"", 24),
            "text = (\n    \"one two three \"\n    \"four five\"\n)"
        );
        let parted = wrapped("f(1, text=\"one two three four five six\")", 26);
        assert_eq!(
            parted,
            "f(\n    1,\n    text=(\n        \"one two three \"\n        \"four five six\"\n    ),\n)"
        );
        assert_eq!(wrapped(&parted, 26), parted);
        let several = "f(1, text=\"one two three four five six\" \"seven\")";
        assert_eq!(
            wrapped(several, 26),
            "f(\n    1,\n    text=\"one two three four five six\"\n    \"seven\",\n)"
        );
    }
}
