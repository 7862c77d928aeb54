//! That a layout changes nothing but the layout.
//!
//! How a line is split follows rules about tokens. Whether the result still means the same is asked of the parser, so that no
//! rule that misses a case can change anybody's code.

use ruff_python_ast::comparable::ComparableStmt;
use ruff_python_parser::parse_module;

/// Whether both are the same logical line, as far as Python is concerned. False for what cannot be parsed by itself.
pub(super) fn is_same(code: &str, lines: &[(usize, String)]) -> bool {
    let laid_out: Vec<String> =
        lines.iter().map(|(depth, text)| format!("{}{text}", "    ".repeat(*depth))).collect();
    let (Ok(before), Ok(after)) =
        (parse_module(&completed(code)), parse_module(&completed(&laid_out.join("\n"))))
    else {
        return false;
    };
    let (before, after) = (&before.syntax().body, &after.syntax().body);
    before.len() == after.len()
        && before.iter().zip(after).all(|(a, b)| ComparableStmt::from(a) == ComparableStmt::from(b))
}

/// A logical line with what makes it a whole statement: the block that it opens, or that it goes on with.
fn completed(code: &str) -> String {
    let code = code.trim_end();
    let first: String = code.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let before = match first.as_str() {
        "elif" | "else" => "if x:\n    pass\n",
        "except" | "finally" => "try:\n    pass\n",
        _ => "",
    };
    let after = match code {
        code if code.starts_with('@') => "\ndef f():\n    pass\n",
        code if first == "try" && code.ends_with(':') => "\n    pass\nfinally:\n    pass\n",
        code if code.ends_with(':') => "\n    pass\n",
        _ => "\n",
    };
    format!("{before}{code}{after}")
}

#[cfg(test)]
mod tests {
    use super::is_same;

    fn same(code: &str, laid_out: &str) -> bool {
        let lines: Vec<(usize, String)> = laid_out.lines().map(|line| (0, line.to_owned())).collect();
        is_same(code, &lines)
    }

    #[test]
    fn parentheses_commas_and_parts_of_a_text_do_not_matter() {
        for (code, laid_out) in [
            ("return f(a)", "return (\nf(a)\n)"),
            ("f(a, b)", "f(\na,\nb,\n)"),
            ("x = \"a b\"", "x = (\n\"a \"\n\"b\"\n)"),
            ("elif a and b:", "elif (\na\nand b\n):"),
            ("except (A, B) as error:", "except (\nA,\nB,\n) as error:"),
            ("@method(a, b)", "@method(\na,\nb,\n)"),
            ("def f(a):", "def f(\na,\n):"),
        ] {
            assert!(same(code, laid_out), "{code}");
        }
    }

    #[test]
    fn what_means_something_else_is_told() {
        for (code, laid_out) in [
            ("return(a.b)", "returna.b"),
            ("f(a * b if c else d)", "f(a * (b if c else d))"),
            ("x = (a)", "x = (a,)"),
            ("x = \"a b\"", "x = (\n\"a\"\n\"b\"\n)"),
            ("if x:", "while x:"),
            ("x = (", "x = ("),
        ] {
            assert!(!same(code, laid_out), "{code}");
        }
    }
}
