//! What a test case does by statements and context managers, as pytest does it.

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef, StmtWith};
use ruff_text_size::Ranged;

use super::assertions::{statement, whole};
use super::cases::{Cases, methods};
use super::text::{Changes, each_stmt, indent_of, method_of};
use super::{NoRule, PytestStyle};
use crate::Source;

/// The fixtures that the rules ask for by their names.
pub(super) const FIXTURES: [&str; 3] =
    ["caplog", "django_assert_num_queries", "django_capture_on_commit_callbacks"];

/// The statements and context managers of all methods, but for `subTest`.
pub(super) fn replaced(source: &Source, cases: &Cases, style: &PytestStyle) -> Result<String, NoRule> {
    let mut changes = Changes::default();
    for (class, case) in cases.in_source(source) {
        // A method of its own with such a name is left alone.
        let line = cases.line(&case.name);
        let own: Vec<&str> = cases
            .in_source(source)
            .filter(|(_, other)| line.contains(&other.name))
            .flat_map(|(class, _)| methods(class).map(|method| method.name.as_str()))
            .collect();
        for method in methods(class) {
            each_stmt(&method.body, &mut |statement| match statement {
                Stmt::Expr(expr) => {
                    if let Some(call) = expr.value.as_call_expr()
                        && let Some(name) = method_of(&expr.value).filter(|name| !own.contains(name))
                        && let Some(text) = called(source, name, call, &indent_of(source, statement))
                    {
                        changes.replace(statement.range().to_std_range(), text);
                    }
                }
                Stmt::With(with) => with_items(source, method, with, style, &mut changes),
                _ => {}
            });
        }
    }
    changes.apply(source.text())
}

/// A call that is a statement: an assertion, or what a context manager does with a function.
fn called(source: &Source, name: &str, call: &ExprCall, indent: &str) -> Option<String> {
    if let Some(text) = statement(source, name, call) {
        return Some(text);
    }
    let [first, function, rest @ ..] = &*call.arguments.args else { return None };
    let manager = match name {
        "assertRaises" => format!("pytest.raises({})", source.slice(first.range())),
        "assertNumQueries" => format!("django_assert_num_queries({})", source.slice(first.range())),
        _ => return None,
    };
    let rest = rest.iter().map(|arg| source.slice(arg.range()));
    let keywords = call.arguments.keywords.iter().map(|keyword| source.slice(keyword.range()));
    let arguments: Vec<&str> = rest.chain(keywords).collect();
    Some(format!("with {manager}:\n{indent}    {}({})", whole(source, function), arguments.join(", ")))
}

/// What manages a context, what is done before its block, and what is asserted behind it.
struct Manager {
    text: String,
    before: Option<String>,
    behind: Option<String>,
}

fn with_items(
    source: &Source,
    method: &StmtFunctionDef,
    with: &StmtWith,
    style: &PytestStyle,
    changes: &mut Changes,
) {
    for item in &with.items {
        let Some(call) = item.context_expr.as_call_expr() else { continue };
        let Some(name) = method_of(&item.context_expr) else { continue };
        let is_named = item.optional_vars.is_some();
        let manager = match name {
            "assertLogs" if style.hides_logs || is_named => None,
            "assertLogs" => logs(source, method, call),
            _ => manager(source, name, call).map(|text| Manager { text, before: None, behind: None }),
        };
        let Some(Manager { text, before, behind }) = manager else { continue };
        changes.replace(call.range().to_std_range(), text);
        // Before a test's first statement nothing is done.
        let is_first = method.body.first().is_some_and(|first| first.range() == with.range());
        if let Some(before) = before.filter(|_| !is_first) {
            changes.insert(with.start().to_usize(), format!("{before}\n{}", indent_of(source, with)));
        }
        if let Some(behind) = behind {
            let end = source.line_end(with.end().to_usize());
            changes.insert(end, format!("\n{}{behind}", indent_of(source, with)));
        }
    }
}

fn manager(source: &Source, name: &str, call: &ExprCall) -> Option<String> {
    let arguments = &call.arguments;
    let text = |expr: &Expr| source.slice(expr.range());
    let all = source.slice(arguments.range());
    match (name, &*arguments.args) {
        ("captureOnCommitCallbacks", []) => Some(format!("django_capture_on_commit_callbacks{all}")),
        ("settings", []) => Some(format!("override_settings{all}")),
        ("modify_settings", []) => Some(format!("modify_settings{all}")),
        _ if !arguments.keywords.is_empty() => None,
        ("assertNumQueries", [_]) => Some(format!("django_assert_num_queries{all}")),
        ("assertRaises", [_]) => Some(format!("pytest.raises{all}")),
        ("assertWarns", [_]) => Some(format!("pytest.warns{all}")),
        ("assertRaisesMessage", [class, message]) => {
            Some(format!("pytest.raises({}, match=re.escape({}))", text(class), text(message)))
        }
        ("assertRaisesRegex", [class, pattern]) => {
            Some(format!("pytest.raises({}, match={})", text(class), text(pattern)))
        }
        ("assertWarnsRegex", [class, pattern]) => {
            Some(format!("pytest.warns({}, match={})", text(class), text(pattern)))
        }
        _ => None,
    }
}

/// That something is logged: by a logger, or by its name, as far as it can be told which of them is given.
fn logs(source: &Source, method: &StmtFunctionDef, call: &ExprCall) -> Option<Manager> {
    let [logger] = &*call.arguments.args else { return None };
    let (mut level, mut least) = ("\"INFO\"".to_owned(), "logging.INFO".to_owned());
    for keyword in &call.arguments.keywords {
        if keyword.arg.as_ref().map(|name| name.as_str()) != Some("level") {
            return None;
        }
        level = source.slice(keyword.value.range()).to_owned();
        least = match &keyword.value {
            Expr::StringLiteral(text) => format!("logging.{}", text.value.to_str()),
            // `logging.ERROR`; what else it may be, a number or a name of a level, is not told by its text.
            Expr::Attribute(_) => level.clone(),
            _ => return None,
        };
    }
    let text = source.slice(logger.range());
    let name = match logger {
        Expr::StringLiteral(_) => text.to_owned(),
        Expr::Name(name) if is_text(method, name.id.as_str()) => text.to_owned(),
        Expr::Name(_) | Expr::Attribute(_) if text.to_lowercase().ends_with("logger") => {
            format!("{text}.name")
        }
        _ => return None,
    };
    Some(Manager {
        text: format!("caplog.at_level({level}, {name})"),
        before: Some("caplog.clear()".to_owned()),
        behind: Some(format!(
            "assert {name} in [record.name for record in caplog.records if record.levelno >= {least}]"
        )),
    })
}

/// Whether a method gives a name a text.
fn is_text(method: &StmtFunctionDef, name: &str) -> bool {
    method.body.iter().filter_map(Stmt::as_assign_stmt).any(|assign| {
        let is_it = |target: &Expr| target.as_name_expr().is_some_and(|n| n.id.as_str() == name);
        assign.targets.iter().any(is_it) && assign.value.is_string_literal_expr()
    })
}
