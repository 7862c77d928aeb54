//! Whether two pieces of source mean the same, however they are written.

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{Expr, Keyword};

use super::lists::expression;

/// Whether two expressions mean the same to a framework that reads them as a declaration: quotes, line breaks,
/// parentheses and the order of keyword arguments do not matter, nor whether a sequence is a list or a tuple.
#[must_use]
pub fn same_expression(a: &str, b: &str) -> bool {
    match (expression(a), expression(b)) {
        (Ok(a), Ok(b)) => same(&a, &b),
        _ => false,
    }
}

fn same(a: &Expr, b: &Expr) -> bool {
    match (a, b) {
        (Expr::Call(a), Expr::Call(b)) => {
            let named = |k: &Keyword| k.arg.as_ref().map(|name| name.as_str().to_owned());
            same(&a.func, &b.func)
                && same_all(&a.arguments.args, &b.arguments.args)
                && a.arguments.keywords.len() == b.arguments.keywords.len()
                && a.arguments.keywords.iter().all(|left| {
                    b.arguments
                        .keywords
                        .iter()
                        .any(|right| named(left) == named(right) && same(&left.value, &right.value))
                })
        }
        (Expr::List(_) | Expr::Tuple(_), Expr::List(_) | Expr::Tuple(_)) => {
            same_all(elements(a), elements(b))
        }
        _ => ComparableExpr::from(a) == ComparableExpr::from(b),
    }
}

fn elements(sequence: &Expr) -> &[Expr] {
    match sequence {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => &[],
    }
}

fn same_all(a: &[Expr], b: &[Expr]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

#[cfg(test)]
mod tests {
    use super::same_expression;

    #[test]
    fn only_the_meaning_counts() {
        assert!(same_expression("F(a=1, b='x')", "F(\n    b=\"x\",\n    a=(1),\n)"));
        assert!(same_expression("[('a', 1)]", "(('a', 1),)"));
        assert!(!same_expression("F(a=1)", "F(a=2)"));
        assert!(!same_expression("F(a=1)", "F(a=1, b=2)"));
        assert!(!same_expression("F(1, 2)", "F(2, 1)"));
        assert!(!same_expression("F(", "F("));
    }
}
