//! A test case's assertions as `assert`.

use ruff_python_ast::{CmpOp, Expr, ExprCall, UnaryOp};
use ruff_text_size::Ranged;

use crate::Source;
use crate::edit::parse_code;

/// What pytest-django has as functions of the same name.
pub(super) const OF_DJANGO: [&str; 19] = [
    "assertContains",
    "assertFieldOutput",
    "assertFormError",
    "assertFormSetError",
    "assertHTMLEqual",
    "assertHTMLNotEqual",
    "assertInHTML",
    "assertJSONEqual",
    "assertJSONNotEqual",
    "assertNotContains",
    "assertNotInHTML",
    "assertQuerySetEqual",
    "assertQuerysetEqual",
    "assertRedirects",
    "assertTemplateNotUsed",
    "assertTemplateUsed",
    "assertURLEqual",
    "assertXMLEqual",
    "assertXMLNotEqual",
];

/// Assertions of two values, and the operator between them.
const OPERATORS: [(&str, &str); 17] = [
    ("assertDictEqual", "=="),
    ("assertEqual", "=="),
    ("assertEquals", "=="),
    ("assertGreater", ">"),
    ("assertGreaterEqual", ">="),
    ("assertIn", "in"),
    ("assertIs", "is"),
    ("assertIsNot", "is not"),
    ("assertLess", "<"),
    ("assertLessEqual", "<="),
    ("assertListEqual", "=="),
    ("assertMultiLineEqual", "=="),
    ("assertNotEqual", "!="),
    ("assertNotIn", "not in"),
    ("assertSequenceEqual", "=="),
    ("assertSetEqual", "=="),
    ("assertTupleEqual", "=="),
];

/// The statement that says the same as the call of an assertion; `None` if there is no rule for it.
pub(super) fn statement(source: &Source, name: &str, call: &ExprCall) -> Option<String> {
    let arguments = &call.arguments;
    let text = |expr: &Expr| source.slice(expr.range()).to_owned();
    if OF_DJANGO.contains(&name) {
        return Some(format!("{name}{}", source.slice(arguments.range())));
    }
    if arguments.args.iter().any(Expr::is_starred_expr) {
        return None;
    }
    let keyword = |name: &str| {
        let found = arguments
            .keywords
            .iter()
            .find(|keyword| keyword.arg.as_ref().is_some_and(|a| a.as_str() == name));
        found.map(|keyword| &keyword.value)
    };
    let all_known = arguments
        .keywords
        .iter()
        .all(|keyword| matches!(keyword.arg.as_ref().map(|a| a.as_str()), Some("msg" | "delta")));
    if !all_known {
        return None;
    }
    let args: Vec<&Expr> = arguments.args.iter().collect();
    match (name, args.as_slice()) {
        ("fail", [why]) => return Some(format!("pytest.fail({})", text(why))),
        ("skipTest", [why]) => return Some(format!("pytest.skip({})", text(why))),
        _ => {}
    }
    let (test, rest): (String, &[&Expr]) = match (name, args.as_slice()) {
        ("assertTrue", [value, rest @ ..]) => (whole(source, value), rest),
        ("assertFalse", [value, rest @ ..]) => (negated(source, value), rest),
        ("assertIsNone", [value, rest @ ..]) => (format!("{} is None", operand(source, value)), rest),
        ("assertIsNotNone", [value, rest @ ..]) => (format!("{} is not None", operand(source, value)), rest),
        ("assertIsInstance", [value, class, rest @ ..]) => {
            (format!("isinstance({}, {})", text(value), text(class)), rest)
        }
        ("assertNotIsInstance", [value, class, rest @ ..]) => {
            (format!("not isinstance({}, {})", text(value), text(class)), rest)
        }
        ("assertRegex", [value, pattern, rest @ ..]) => {
            (format!("re.search({}, {})", text(pattern), text(value)), rest)
        }
        ("assertNotRegex", [value, pattern, rest @ ..]) => {
            (format!("not re.search({}, {})", text(pattern), text(value)), rest)
        }
        ("assertAlmostEqual", [a, b]) => {
            let delta = text(keyword("delta")?);
            (format!("{} == pytest.approx({}, abs={delta})", operand(source, a), text(b)), &[])
        }
        ("assertCountEqual", [a, b, rest @ ..]) if (has_hashable(a) || has_hashable(b)) => {
            (format!("Counter({}) == Counter({})", text(a), text(b)), rest)
        }
        (name, [a, b, rest @ ..]) => {
            let (_, operator) = OPERATORS.iter().find(|(known, _)| *known == name)?;
            (compared(source, a, operator, b), rest)
        }
        _ => return None,
    };
    let message = match rest {
        [] => keyword("msg"),
        [message] => Some(*message),
        _ => return None,
    };
    let message = message.map(|message| format!(", {}", whole(source, message))).unwrap_or_default();
    Some(format!("assert {test}{message}"))
}

/// `a == b`; what there is one of is asked for by `is`.
fn compared(source: &Source, a: &Expr, operator: &str, b: &Expr) -> String {
    let is_single = |expr: &Expr| expr.is_none_literal_expr() || expr.is_boolean_literal_expr();
    let operator = match operator {
        "==" if is_single(a) || is_single(b) => "is",
        "!=" if is_single(a) || is_single(b) => "is not",
        other => other,
    };
    format!("{} {operator} {}", operand(source, a), operand(source, b))
}

/// What is not to be, without a `not` that an operator can say.
fn negated(source: &Source, value: &Expr) -> String {
    if let Expr::Compare(compare) = value
        && let ([operator], [right]) = (&*compare.ops, &*compare.comparators)
        && let Some(opposite) = opposite(*operator)
    {
        return compared(source, &compare.left, opposite, right);
    }
    if let Expr::UnaryOp(not) = value
        && not.op == UnaryOp::Not
    {
        return whole(source, &not.operand);
    }
    match value {
        Expr::BoolOp(_) | Expr::If(_) | Expr::Lambda(_) | Expr::Compare(_) => {
            format!("not ({})", source.slice(value.range()))
        }
        _ => format!("not {}", whole(source, value)),
    }
}

/// The operator that is true where another one is not; only those for which that holds for every object.
fn opposite(operator: CmpOp) -> Option<&'static str> {
    match operator {
        CmpOp::Eq => Some("!="),
        CmpOp::NotEq => Some("=="),
        CmpOp::Is => Some("is not"),
        CmpOp::IsNot => Some("is"),
        CmpOp::In => Some("not in"),
        CmpOp::NotIn => Some("in"),
        _ => None,
    }
}

/// An expression on a side of an operator that compares.
fn operand(source: &Source, expr: &Expr) -> String {
    let is_low = match expr {
        Expr::Compare(_) | Expr::BoolOp(_) | Expr::If(_) | Expr::Lambda(_) => true,
        Expr::UnaryOp(unary) => unary.op == UnaryOp::Not,
        _ => false,
    };
    if is_low { format!("({})", source.slice(expr.range())) } else { whole(source, expr) }
}

/// An expression as a statement's own, in parentheses where it needs them there.
pub(super) fn whole(source: &Source, expr: &Expr) -> String {
    let text = source.slice(expr.range());
    let stands_alone = match expr {
        Expr::Named(_) | Expr::Yield(_) | Expr::YieldFrom(_) => false,
        Expr::Generator(generator) => generator.parenthesized,
        Expr::Tuple(tuple) => tuple.parenthesized,
        // In a call it may be on several lines.
        _ => {
            !text.contains('\n')
                || parse_code(&format!("assert {text}\n")).is_ok_and(|s| s.module().body.len() == 1)
        }
    };
    if stands_alone { text.to_owned() } else { format!("({text})") }
}

/// Whether an expression is a list or tuple of what can be counted: what it is compared with can be as well.
fn has_hashable(expr: &Expr) -> bool {
    let items: &[Expr] = match expr {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return false,
    };
    items.iter().all(|item| match item {
        Expr::Name(_) | Expr::Attribute(_) => true,
        Expr::Tuple(tuple) => tuple.elts.iter().all(|item| item.is_literal_expr()),
        item => item.is_literal_expr(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statement for an assertion in a test.
    fn written(code: &str) -> Option<String> {
        let source = parse_code(&format!("{code}\n")).unwrap();
        let call = source.module().body[0].as_expr_stmt().unwrap().value.as_call_expr().unwrap();
        statement(&source, call.func.as_attribute_expr().unwrap().attr.as_str(), call)
    }

    #[test]
    fn every_assertion_has_its_statement() {
        for (code, expected) in [
            ("self.assertEqual(a, b)", "assert a == b"),
            ("self.assertEqual(a, b, response.data)", "assert a == b, response.data"),
            ("self.assertEqual(a, b, msg=\"no\")", "assert a == b, \"no\""),
            ("self.assertEqual((a, b), (1, None))", "assert (a, b) == (1, None)"),
            ("self.assertEqual([x for x in y], [])", "assert [x for x in y] == []"),
            ("self.assertEqual(a, None)", "assert a is None"),
            ("self.assertEqual(a, True)", "assert a is True"),
            ("self.assertNotEqual(a, b)", "assert a != b"),
            ("self.assertNotEqual(a, False)", "assert a is not False"),
            ("self.assertDictEqual(a, b)", "assert a == b"),
            ("self.assertListEqual(a, b)", "assert a == b"),
            ("self.assertIs(type(a), b)", "assert type(a) is b"),
            ("self.assertIsNot(a, b)", "assert a is not b"),
            ("self.assertIsNone(a.b)", "assert a.b is None"),
            ("self.assertIsNone(a or b)", "assert (a or b) is None"),
            ("self.assertIsNotNone(a)", "assert a is not None"),
            ("self.assertIn(a, b)", "assert a in b"),
            ("self.assertIn(a, (1, 2), name)", "assert a in (1, 2), name"),
            ("self.assertNotIn(a, b)", "assert a not in b"),
            ("self.assertGreater(a, b)", "assert a > b"),
            ("self.assertGreaterEqual(a, b)", "assert a >= b"),
            ("self.assertLess(a, b)", "assert a < b"),
            ("self.assertLessEqual(a, b + 1)", "assert a <= b + 1"),
            ("self.assertTrue(a.b())", "assert a.b()"),
            ("self.assertTrue(a or b, \"no\")", "assert a or b, \"no\""),
            ("self.assertTrue(x := f())", "assert (x := f())"),
            ("self.assertFalse(a)", "assert not a"),
            ("self.assertFalse(a and b)", "assert not (a and b)"),
            ("self.assertFalse((a) and (b))", "assert not ((a) and (b))"),
            ("self.assertFalse(a == b)", "assert a != b"),
            ("self.assertFalse(a in b)", "assert a not in b"),
            ("self.assertFalse(a < b)", "assert not (a < b)"),
            ("self.assertFalse(a < b < c)", "assert not (a < b < c)"),
            ("self.assertFalse(not a)", "assert a"),
            ("self.assertFalse(a if b else c)", "assert not (a if b else c)"),
            ("self.assertFalse(-a)", "assert not -a"),
            ("self.assertEqual(a if b else c, d)", "assert (a if b else c) == d"),
            ("self.assertEqual(a == b, c)", "assert (a == b) == c"),
            ("self.assertEqual(not a, b)", "assert (not a) == b"),
            ("self.assertEqual(await a, b)", "assert await a == b"),
            ("self.assertEqual(f(\n    a\n), b)", "assert f(\n    a\n) == b"),
            ("self.assertEqual(\"a\"\n    \"b\", c)", "assert (\"a\"\n    \"b\") == c"),
            ("self.assertIsInstance(a, (B, C))", "assert isinstance(a, (B, C))"),
            ("self.assertNotIsInstance(a, B)", "assert not isinstance(a, B)"),
            ("self.assertRegex(text, r\"\\d\")", "assert re.search(r\"\\d\", text)"),
            ("self.assertNotRegex(text, r\"\\d\")", "assert not re.search(r\"\\d\", text)"),
            ("self.assertAlmostEqual(a, b, delta=2)", "assert a == pytest.approx(b, abs=2)"),
            (
                "self.assertCountEqual(a.all(), [self.a, b])",
                "assert Counter(a.all()) == Counter([self.a, b])",
            ),
            ("self.assertContains(response, \"x\", html=True)", "assertContains(response, \"x\", html=True)"),
            ("self.fail(\"no\")", "pytest.fail(\"no\")"),
            ("self.skipTest(\"no\")", "pytest.skip(\"no\")"),
        ] {
            assert_eq!(written(code).as_deref(), Some(expected), "{code}");
            assert!(parse_code(&format!("async def f():\n    {expected}\n")).is_ok(), "{expected}");
        }
    }

    #[test]
    fn what_has_no_rule_has_no_statement() {
        for code in [
            "self.assertEqual(*pair)",
            "self.assertEqual(first=a, second=b)",
            "self.assertEqual(a, b, c, d)",
            "self.assertAlmostEqual(a, b, 3)",
            "self.assertCountEqual(a, b)",
            "self.assertCountEqual(a, [{\"b\": 1}])",
            "self.assertSomething(a, b)",
            "self.fail()",
        ] {
            assert_eq!(written(code), None, "{code}");
        }
    }
}
