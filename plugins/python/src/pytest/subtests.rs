//! `subTest` as parameters of the test, or as what an assertion in a loop says.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFor, StmtFunctionDef, StmtWith, WithItem};
use ruff_text_size::Ranged;

use super::cases::{Cases, is_test, methods};
use super::text::{Changes, block_start, each_expr, each_stmt, indent_of, lines_of, method_of, moved};
use super::{NoRule, parsed};
use crate::Source;

/// Names that pytest and its plugins give a meaning, and parameters cannot have.
const TAKEN: [&str; 7] = ["request", "client", "admin_client", "db", "settings", "monkeypatch", "mailoutbox"];

/// The text without any of them that can be written otherwise.
pub(super) fn unrolled(mut text: String, cases: &Cases) -> Result<String, NoRule> {
    // Each round takes one of them out.
    while let Some(next) = without_first(&parsed(&text)?, cases)? {
        text = next;
    }
    Ok(text)
}

fn without_first(source: &Source, cases: &Cases) -> Result<Option<String>, NoRule> {
    for (class, case) in cases.in_source(source) {
        for method in methods(class) {
            let mut found = None;
            each_stmt(&method.body, &mut |statement| {
                if let Stmt::With(with) = statement
                    && let Some(at) = with.items.iter().position(is_subtest)
                {
                    found.get_or_insert((with, at));
                }
            });
            let Some((with, at)) = found else { continue };
            let mut changes = Changes::default();
            let made = match parameters(source, class, method) {
                Some(rounds) => as_parameters(source, method, &rounds, with, at, &mut changes),
                None => in_place(source, method, with, at, &mut changes),
            };
            return match made {
                Some(()) => changes.apply(source.text()).map(Some),
                None => Err(NoRule::of(&case.name)),
            };
        }
    }
    Ok(None)
}

fn is_subtest(item: &WithItem) -> bool {
    method_of(&item.context_expr) == Some("subTest") && item.optional_vars.is_none()
}

/// What a test is called with for each round of the loop that it begins with.
struct Rounds<'s> {
    names: Vec<&'s str>,
    values: &'s str,
    of: &'s StmtFor,
}

/// The rounds that are tests of their own: nothing is made before them, and nothing but what is not there asked after
/// them.
fn parameters<'s>(
    source: &'s Source,
    class: &StmtClassDef,
    method: &'s StmtFunctionDef,
) -> Option<Rounds<'s>> {
    let (first, rest) = method.body.split_first()?;
    let of = first.as_for_stmt()?;
    let [Stmt::With(with)] = of.body.as_slice() else { return None };
    let is_plain = is_test(method) && method.decorator_list.is_empty() && method.parameters.len() == 1;
    if !is_plain || of.is_async || !of.orelse.is_empty() || !with.items.first().is_some_and(is_subtest) {
        return None;
    }
    let values = of.iter.as_list_expr()?;
    let names: Vec<&str> = match &*of.target {
        Expr::Name(name) => vec![name.id.as_str()],
        Expr::Tuple(tuple) => {
            let names: Vec<&str> =
                tuple.elts.iter().filter_map(Expr::as_name_expr).map(|name| name.id.as_str()).collect();
            let fits =
                |value: &Expr| value.as_tuple_expr().is_some_and(|value| value.elts.len() == names.len());
            (names.len() == tuple.elts.len() && values.elts.iter().all(fits)).then_some(names)?
        }
        _ => return None,
    };
    let is_free = |name: &&str| !TAKEN.contains(name);
    // A name that the module defines further down is not there yet where the values are.
    let below: BTreeSet<&str> =
        source.module().body.iter().filter(|s| s.start() >= class.start()).flat_map(defined).collect();
    let mut is_ready = true;
    each_expr(std::slice::from_ref(first), &mut |expr| {
        if values.range().contains_range(expr.range()) {
            let name = expr.as_name_expr().map(|name| name.id.as_str());
            is_ready &= !expr.is_starred_expr() && name.is_none_or(|n| n != "self" && !below.contains(n));
        }
    });
    let asks_for_nothing = |statement: &Stmt| {
        let test = statement.as_assert_stmt().map(|assert| &*assert.test);
        test.and_then(Expr::as_unary_op_expr).is_some_and(|not| not.operand.is_call_expr())
    };
    (is_ready && names.iter().all(is_free) && !values.elts.is_empty() && rest.iter().all(asks_for_nothing))
        .then(|| Rounds { names, values: source.slice(values.range()), of })
}

fn as_parameters(
    source: &Source,
    method: &StmtFunctionDef,
    rounds: &Rounds<'_>,
    with: &StmtWith,
    at: usize,
    changes: &mut Changes,
) -> Option<()> {
    let Rounds { names, values, of } = rounds;
    let named: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let named = if names.len() == 1 { named.concat() } else { format!("({})", named.join(", ")) };
    let indent = indent_of(source, method);
    changes
        .insert(method.start().to_usize(), format!("@pytest.mark.parametrize({named}, {values})\n{indent}"));
    let last = method.parameters.iter().last()?.range().end().to_usize();
    changes.insert(last, format!(", {}", names.join(", ")));
    let lines = lines_of(source, *of);
    let body = block_start(source, with.items.last()?.end().to_usize(), &with.body)?;
    let rest = if with.items.len() == 1 {
        moved(source, body..lines.end, -2)
    } else {
        let header = without_item(source, with, at, body);
        // The block goes one level out only, the header as well.
        let rest = moved(source, body..lines.end, -1);
        format!("{}{header}{rest}", indent_of(source, *of))
    };
    changes.replace(lines, rest);
    Some(())
}

/// The header of a block without one of its managers, without its indent.
fn without_item(source: &Source, with: &StmtWith, at: usize, body: usize) -> String {
    let start = with.start().to_usize();
    let range = |index: usize| with.items.get(index).map(|item| item.range().to_std_range());
    let (from, to) = match (range(at), range(at + 1), at.checked_sub(1).and_then(range)) {
        (Some(this), Some(next), _) => (this.start, next.start),
        (Some(this), None, Some(before)) => (before.end, this.end),
        _ => (start, start),
    };
    let text = source.text();
    format!("{}{}", text.get(start..from).unwrap_or_default(), text.get(to..body).unwrap_or_default())
}

/// The block without the manager; what that would have said of a failure, assertions say.
fn in_place(
    source: &Source,
    method: &StmtFunctionDef,
    with: &StmtWith,
    at: usize,
    changes: &mut Changes,
) -> Option<()> {
    let call = with.items.get(at)?.context_expr.as_call_expr()?;
    let args = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
    let said: Vec<&str> = args.map(|arg| source.slice(arg.range())).collect();
    let said = match said.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(format!("({})", several.join(", "))),
    };
    let lines = lines_of(source, with);
    let body = block_start(source, with.items.last()?.end().to_usize(), &with.body)?;
    // Assertions first: the block is moved with them.
    let mut told = Changes::default();
    if let Some(said) = said {
        each_stmt(&with.body, &mut |statement| {
            if let Stmt::Assert(assert) = statement
                && assert.msg.is_none()
            {
                told.insert(assert.end().to_usize(), format!(", {said}"));
            }
        });
    }
    if !told.is_empty() {
        // The next round takes the manager out.
        let call = call.range().to_std_range();
        changes.merge(told);
        changes.replace(call, "self.subTest()");
        return Some(());
    }
    unused_names(method, with, at, changes);
    if with.items.len() == 1 {
        changes.replace(lines.clone(), moved(source, body..lines.end, -1));
    } else {
        let header = without_item(source, with, at, body);
        changes.replace(with.start().to_usize()..body, header);
    }
    Some(())
}

/// Marks what a loop around the block gives names that only the manager asked for.
fn unused_names(method: &StmtFunctionDef, with: &StmtWith, at: usize, changes: &mut Changes) {
    let manager = with.items.get(at).map(Ranged::range).unwrap_or_default();
    each_stmt(&method.body, &mut |statement| {
        let Stmt::For(of) = statement else { return };
        if !of.range().contains_range(with.range()) {
            return;
        }
        let mut used = BTreeSet::new();
        each_expr(&method.body, &mut |expr| {
            let name = expr.as_name_expr().filter(|name| !manager.contains_range(name.range()));
            used.extend(name.filter(|name| name.ctx.is_load()).map(|name| name.id.as_str()));
        });
        let targets = match &*of.target {
            Expr::Tuple(tuple) => tuple.elts.iter().collect(),
            target => vec![target],
        };
        for name in targets.into_iter().filter_map(Expr::as_name_expr) {
            if !used.contains(name.id.as_str()) && !name.id.as_str().starts_with('_') {
                changes.replace(name.range().to_std_range(), format!("_{}", name.id));
            }
        }
    });
}

/// The names that a statement of a module defines.
fn defined(statement: &Stmt) -> Vec<&str> {
    match statement {
        Stmt::FunctionDef(function) => vec![function.name.as_str()],
        Stmt::ClassDef(class) => vec![class.name.as_str()],
        Stmt::Assign(assign) => {
            assign.targets.iter().filter_map(Expr::as_name_expr).map(|name| name.id.as_str()).collect()
        }
        _ => Vec::new(),
    }
}
