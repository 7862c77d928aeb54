//! Parameters that `plan` reads and `PARAMS` does not declare, and those that nothing reads.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{ASTNode, Expr, Module, Position, Stmt};

use super::{Findings, Severity};
use crate::nearest::nearest;
use crate::params::properties;

pub(super) fn check(findings: &mut Findings<'_>) {
    let template = findings.template;
    let ast = template.ast();
    let lib: &Module = ast.as_ref();
    let plan = lib.iter_script_fn_info().find(|(_, _, name, _, _)| *name == "plan");
    let Some((_, _, _, _, plan)) = plan else { return };
    let Some(argument) = plan.params.first() else { return };
    let (start, end) = (plan.body.start_position(), plan.body.end_position());
    let inside = |position: Position| start <= position && position <= end;
    let is_argument = |expr: &Expr| {
        matches!(expr, Expr::Variable(variable, _, position)
            if variable.1 == *argument && variable.2.path.is_empty() && inside(*position))
    };

    let mut read: BTreeMap<String, Position> = BTreeMap::new();
    let mut set = BTreeSet::new();
    let mut whole = false;
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        match nodes {
            [.., ASTNode::Stmt(Stmt::Assignment(assignment))] => {
                if let Expr::Dot(dot, ..) = &assignment.1.lhs
                    && is_argument(&dot.lhs)
                    && let Some((name, _)) = property(&dot.rhs)
                {
                    set.insert(name);
                }
            }
            [.., ASTNode::Expr(Expr::Dot(dot, ..))] if is_argument(&dot.lhs) => match property(&dot.rhs) {
                Some((name, position)) => drop(read.entry(name).or_insert(position)),
                None => whole = true,
            },
            [.., before, ASTNode::Expr(variable)] if is_argument(variable) => {
                // Handed on as a whole: who gets it may read anything.
                whole |= !matches!(before, ASTNode::Expr(Expr::Dot(dot, ..)) if is_argument(&dot.lhs));
            }
            _ => {}
        }
        true
    });

    let file = template.files().first().map(|f| f.name.clone()).unwrap_or_default();
    let declared: Vec<&str> = properties(template.params_schema()).map(|(name, _)| name.as_str()).collect();
    for (name, position) in &read {
        if declared.contains(&name.as_str()) || set.contains(name) {
            continue;
        }
        let help = match nearest(name, declared.iter().copied()) {
            Some(near) => format!("did you mean `{argument}.{near}`?"),
            None => format!("declare it in PARAMS.properties: `{name}: #{{ type: …, description: … }}`"),
        };
        let message = format!("`PARAMS` declares no parameter `{name}`");
        findings.add(Severity::Error, (&file, *position), message, Some(help));
    }
    if whole {
        return;
    }
    for name in declared.iter().filter(|name| !read.contains_key(**name)) {
        let message = format!("the parameter `{name}` is declared, and `plan` never reads it");
        findings.add(
            Severity::Warning,
            (&file, start),
            message,
            Some("use it, or remove it from PARAMS".into()),
        );
    }
}

/// `name` of `.name` and of `.name.more`.
fn property(rest: &Expr) -> Option<(String, Position)> {
    match rest {
        Expr::Property(property, position) => Some((property.2.to_string(), *position)),
        Expr::Dot(dot, ..) | Expr::Index(dot, ..) => property(&dot.lhs),
        _ => None,
    }
}
