//! From the parser's expressions to [`facts::Expr`](Expr): source, value, full name, parts.

use aksara_protocol::JsonMap;
use aksara_protocol::facts::{Args, Expr, Parts};
use ruff_python_ast::{self as ast, Number, UnaryOp};
use ruff_text_size::Ranged;
use serde_json::Value;

use super::scope::Scope;

/// Reads an expression of `text`.
pub(super) fn read(expr: &ast::Expr, text: &str, scope: &Scope<'_>) -> Expr {
    let parts = parts(expr, text, scope);
    Expr {
        source: source(expr, text),
        literal: literal(expr),
        path: scope.path(expr),
        parts: parts.map(Box::new),
    }
}

/// An expression as it is written, without parentheses around it.
pub(super) fn source(expr: &impl Ranged, text: &str) -> String {
    text.get(expr.range().start().to_usize()..expr.range().end().to_usize()).unwrap_or_default().to_owned()
}

/// A call's arguments.
pub(super) fn arguments(arguments: &ast::Arguments, text: &str, scope: &Scope<'_>) -> Args {
    let mut args = Args::default();
    for value in &arguments.args {
        if value.is_starred_expr() {
            args.star = true;
        } else {
            args.positional.push(read(value, text, scope));
        }
    }
    for keyword in &arguments.keywords {
        match &keyword.arg {
            Some(name) => {
                args.keywords.push((name.as_str().to_owned(), read(&keyword.value, text, scope)));
            }
            None => args.star = true,
        }
    }
    args
}

/// What a call is given by `*`.
pub(super) fn starred(arguments: &ast::Arguments, text: &str, scope: &Scope<'_>) -> Vec<Expr> {
    let values = arguments.args.iter().filter_map(ast::Expr::as_starred_expr);
    values.map(|starred| read(&starred.value, text, scope)).collect()
}

/// The full dotted name of what is called or inherited from; as it is written if nothing explains it.
pub(super) fn name(expr: &ast::Expr, text: &str, scope: &Scope<'_>) -> String {
    scope.path(expr).unwrap_or_else(|| match expr {
        // `Post.objects.filter(...).first`, `Base[Item]`: the part that has a name is what explains it.
        ast::Expr::Attribute(attribute) => {
            format!("{}.{}", name(&attribute.value, text, scope), attribute.attr.as_str())
        }
        ast::Expr::Call(call) => format!("{}()", name(&call.func, text, scope)),
        ast::Expr::Subscript(subscript) => name(&subscript.value, text, scope),
        _ => source(expr, text),
    })
}

fn parts(expr: &ast::Expr, text: &str, scope: &Scope<'_>) -> Option<Parts> {
    let all = |items: &[ast::Expr]| items.iter().map(|item| read(item, text, scope)).collect::<Vec<_>>();
    Some(match expr {
        ast::Expr::Call(call) => Parts::Call {
            function: name(&call.func, text, scope),
            args: arguments(&call.arguments, text, scope),
        },
        ast::Expr::List(list) => Parts::List(all(&list.elts)),
        ast::Expr::Tuple(tuple) => Parts::Tuple(all(&tuple.elts)),
        ast::Expr::Set(set) => Parts::Set(all(&set.elts)),
        ast::Expr::Dict(dict) => {
            let mut entries = Vec::with_capacity(dict.items.len());
            for item in &dict.items {
                entries.push((read(item.key.as_ref()?, text, scope), read(&item.value, text, scope)));
            }
            Parts::Dict(entries)
        }
        ast::Expr::BinOp(operation) => Parts::Operation {
            operator: operation.op.as_str().to_owned(),
            operands: vec![read(&operation.left, text, scope), read(&operation.right, text, scope)],
        },
        ast::Expr::UnaryOp(operation) => Parts::Operation {
            operator: operation.op.as_str().to_owned(),
            operands: vec![read(&operation.operand, text, scope)],
        },
        // `A if condition else B`: one of the two.
        ast::Expr::If(choice) => Parts::Operation {
            operator: "if".to_owned(),
            operands: vec![read(&choice.body, text, scope), read(&choice.orelse, text, scope)],
        },
        // `[*A, *B]`: an item that stands for several.
        ast::Expr::Starred(starred) => {
            Parts::Operation { operator: "*".to_owned(), operands: vec![read(&starred.value, text, scope)] }
        }
        // `[item for item in A if item]`: some of its items, as they are; `[f(item) for item in A]`: any number of calls.
        other => {
            let (operator, operand) = match chosen_from(other) {
                Some(chosen) => ("for", chosen),
                None => ("each", made_for_each(other).filter(|made| made.is_call_expr())?),
            };
            Parts::Operation { operator: operator.to_owned(), operands: vec![read(operand, text, scope)] }
        }
    })
}

/// What a comprehension chooses its items from, if it leaves those that it chooses as they are.
pub(crate) fn chosen_from(expr: &ast::Expr) -> Option<&ast::Expr> {
    let generators = match expr {
        ast::Expr::ListComp(list) => &list.generators,
        ast::Expr::Generator(items) => &items.generators,
        _ => return None,
    };
    let [only] = generators.as_slice() else { return None };
    let (item, name) = (made_for_each(expr)?.as_name_expr()?, only.target.as_name_expr()?);
    (item.id == name.id).then_some(&only.iter)
}

/// What a comprehension makes, over and over again.
fn made_for_each(expr: &ast::Expr) -> Option<&ast::Expr> {
    match expr {
        ast::Expr::ListComp(list) => Some(&list.elt),
        ast::Expr::Generator(items) => Some(&items.elt),
        _ => None,
    }
}

/// The value of a literal. Numbers that JSON cannot hold exactly, bytes and sets have none.
pub(super) fn literal(expr: &ast::Expr) -> Option<Value> {
    let all = |items: &[ast::Expr]| items.iter().map(literal).collect::<Option<Vec<_>>>().map(Value::Array);
    match expr {
        ast::Expr::StringLiteral(string) => Some(Value::String(string.value.to_str().to_owned())),
        ast::Expr::NumberLiteral(number) => match &number.value {
            Number::Int(int) => int.as_i64().map(Value::from),
            Number::Float(float) => serde_json::Number::from_f64(*float).map(Value::Number),
            Number::Complex { .. } => None,
        },
        ast::Expr::BooleanLiteral(boolean) => Some(Value::Bool(boolean.value)),
        ast::Expr::NoneLiteral(_) => Some(Value::Null),
        ast::Expr::UnaryOp(operation) if operation.op == UnaryOp::USub => {
            match literal(&operation.operand)? {
                Value::Number(number) => match number.as_i64() {
                    Some(int) => int.checked_neg().map(Value::from),
                    None => serde_json::Number::from_f64(-number.as_f64()?).map(Value::Number),
                },
                _ => None,
            }
        }
        ast::Expr::List(list) => all(&list.elts),
        ast::Expr::Tuple(tuple) => all(&tuple.elts),
        ast::Expr::Dict(dict) => {
            let mut map = JsonMap::new();
            for item in &dict.items {
                // JSON has string keys only; another key would be told as something that it is not.
                let Value::String(key) = literal(item.key.as_ref()?)? else { return None };
                map.insert(key, literal(&item.value)?);
            }
            Some(Value::Object(map))
        }
        _ => None,
    }
}
