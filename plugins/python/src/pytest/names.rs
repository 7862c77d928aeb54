//! What methods call things: a class method's `cls`, the client's class, the exception that was raised.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::NoRule;
use super::cases::{Cases, methods};
use super::text::{Changes, each_expr, each_stmt, method_of};
use crate::Source;

/// Class methods as methods of an instance: pytest makes one for each test, and its data belongs to that.
pub(super) fn of_instances(source: &Source, cases: &Cases) -> Result<String, NoRule> {
    let mut changes = Changes::default();
    for (class, case) in cases.in_source(source) {
        for method in methods(class) {
            let is_class_method =
                |expr: &Expr| expr.as_name_expr().is_some_and(|n| n.id.as_str() == "classmethod");
            let Some(decorator) = method.decorator_list.iter().find(|d| is_class_method(&d.expression))
            else {
                continue;
            };
            let first = method.parameters.iter_non_variadic_params().next();
            let Some(first) = first.filter(|first| first.name().as_str() == "cls") else {
                return Err(NoRule::of(&case.name));
            };
            let end = decorator.end().to_usize();
            let rest = source.text().get(end..).unwrap_or_default();
            let gap = rest.len() - rest.trim_start().len();
            changes.replace(decorator.start().to_usize()..end + gap, "");
            changes.replace(first.name().range().to_std_range(), "self");
            each_expr(&method.body, &mut |expr| {
                if let Expr::Name(name) = expr
                    && name.id.as_str() == "cls"
                {
                    changes.replace(name.range().to_std_range(), "self");
                }
            });
        }
    }
    changes.apply(source.text())
}

/// A new client by its class, and what an exception is called that pytest caught.
pub(super) fn replaced(source: &Source, cases: &Cases) -> Result<String, NoRule> {
    let mut changes = Changes::default();
    for (class, case) in cases.in_source(source) {
        let is_api = cases.kinds_of(&case.name).iter().any(|kind| kind.api == Some(true));
        for method in methods(class) {
            let mut caught = BTreeSet::new();
            each_stmt(&method.body, &mut |statement| {
                let Stmt::With(with) = statement else { return };
                for item in &with.items {
                    if method_of(&item.context_expr).is_some_and(|name| name.starts_with("assertRaises"))
                        && let Some(Expr::Name(name)) = item.optional_vars.as_deref()
                    {
                        caught.insert(name.id.as_str());
                    }
                }
            });
            each_expr(&method.body, &mut |expr| match expr {
                Expr::Call(call) if method_of(expr) == Some("client_class") && call.arguments.is_empty() => {
                    changes.replace(
                        call.range().to_std_range(),
                        if is_api { "APIClient()" } else { "Client()" },
                    );
                }
                Expr::Attribute(attribute) if attribute.attr.as_str() == "exception" => {
                    let of = attribute.value.as_name_expr();
                    if of.is_some_and(|name| caught.contains(name.id.as_str())) {
                        changes.replace(attribute.attr.range().to_std_range(), "value");
                    }
                }
                _ => {}
            });
        }
    }
    changes.apply(source.text())
}
