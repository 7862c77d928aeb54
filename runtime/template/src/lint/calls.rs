//! Calls of functions that do not exist, and step types that nothing carries out.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::{Findings, Severity};
use crate::nearest::nearest;
use crate::sandbox::{self, Libraries, Limits, did_you_mean, known_functions};
use crate::script::{Surroundings, TYPES, register};

/// Functions that the language itself answers, without registering them.
const LANGUAGE: &[&str] =
    &["print", "debug", "type_of", "call", "curry", "Fn", "is_def_var", "is_def_fn", "is_shared"];

/// Checks the script and the libraries that it imports.
pub(super) fn check(findings: &mut Findings<'_>, step_types: &[String]) {
    let template = findings.template;
    let mut engine = sandbox::engine(&Limits::default(), Libraries::default());
    register(&mut engine, &Surroundings::default());
    let libraries = template.libraries();
    let main = template.files().first().map(|f| f.name.clone()).unwrap_or_default();
    let scripts = std::iter::once((main.as_str(), template.ast()))
        .chain(libraries.values().map(|l| (l.file.as_str(), &l.ast)));
    for (file, ast) in scripts {
        let mut known = known_functions(&engine, ast);
        for (alias, path) in imports(ast) {
            let Some(library) = libraries.get(&path) else { continue };
            known.extend(
                library.ast.iter_functions().map(|f| (format!("{alias}::{}", f.name), f.params.len())),
            );
        }
        let keys = map_keys(ast);
        for call in calls(ast) {
            unknown_call(findings, file, &call, &known, &keys);
        }
        for (step_type, open, position) in typed_steps(ast) {
            unknown_type(findings, (file, position), &step_type, open, step_types);
        }
    }
}

/// A call as it is written.
struct Call {
    name: String,
    arguments: usize,
    method: bool,
    position: Position,
}

fn unknown_call(
    findings: &mut Findings<'_>,
    file: &str,
    call: &Call,
    known: &[(String, usize)],
    keys: &BTreeSet<String>,
) {
    let Call { name, arguments, method, position } = call;
    let is_word = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    // A map may hold a function: then its key is how it is called.
    if !is_word || LANGUAGE.contains(&name.as_str()) || (*method && keys.contains(name)) {
        return;
    }
    let mut counts: Vec<usize> = known.iter().filter(|(n, _)| n == name).map(|(_, count)| *count).collect();
    counts.sort_unstable();
    counts.dedup();
    if counts.is_empty() {
        let help = did_you_mean(name, known);
        findings.add(Severity::Error, (file, *position), format!("there is no function `{name}`"), help);
        return;
    }
    // What stands before the dot is the first argument, or `this`.
    let fits = counts.contains(arguments) || (*method && counts.contains(&(arguments + 1)));
    if !fits {
        let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
        findings.add(
            Severity::Error,
            (file, *position),
            format!("`{name}` is called with {arguments} argument(s)"),
            Some(format!("it takes {}", counts.join(" or "))),
        );
    }
}

fn unknown_type(
    findings: &mut Findings<'_>,
    at: (&str, Position),
    step_type: &str,
    open: bool,
    step_types: &[String],
) {
    if TYPES.contains(&step_type) || step_types.iter().any(|t| t == step_type) {
        return;
    }
    let known = TYPES.iter().copied().chain(step_types.iter().map(String::as_str));
    let near = nearest(step_type, known).map(|near| format!("did you mean `{near}`?"));
    let severity = if open && near.is_none() { Severity::Warning } else { Severity::Error };
    let help = near
        .or_else(|| Some("it needs a plugin that has it (`aksara doctor` lists those at hand)".to_owned()));
    findings.add(severity, at, format!("no plugin here carries out steps of type `{step_type}`"), help);
}

fn calls(ast: &AST) -> Vec<Call> {
    let mut found = Vec::new();
    let mut add = |call: &FnCallExpr, method: bool, position: Position| {
        let path: Vec<&str> = call.namespace.path.iter().map(|part| part.name.as_str()).collect();
        let name = if path.is_empty() {
            call.name.to_string()
        } else {
            format!("{}::{}", path.join("::"), call.name)
        };
        let position = call.namespace.path.first().map_or(position, |part| part.pos);
        // An operator is a call too, and not one that an author can misspell.
        if call.op_token.is_none() && !name.starts_with("anon$") {
            found.push(Call { name, arguments: call.args.len(), method, position });
        }
    };
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        match nodes.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, position))) => add(call, false, *position),
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => add(call, true, *position),
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) => add(call, false, *position),
            _ => {}
        }
        true
    });
    found
}

/// Types of steps that are given as text: `step::any("type", …)` and `#{ type: "type", … }`. The flag says that
/// the author chose a type that Aksara does not ship.
fn typed_steps(ast: &AST) -> Vec<(String, bool, Position)> {
    let mut found = Vec::new();
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        match nodes.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, _)))
                if call.name == "any" && call.namespace.path.iter().any(|p| p.name == "step") =>
            {
                if let Some(Expr::StringConstant(text, position)) = call.args.first() {
                    found.push((text.to_string(), true, *position));
                }
            }
            Some(ASTNode::Expr(Expr::Map(entries, _))) if is_step(&entries.0) => {
                for (key, value) in &entries.0 {
                    if let Expr::StringConstant(text, position) = value
                        && key.name == "type"
                    {
                        found.push((text.to_string(), false, *position));
                    }
                }
            }
            _ => {}
        }
        true
    });
    found
}

/// A field and a parameter have a `type` as well, but neither has `params`, and a field has no `description`.
fn is_step(entries: &[(rhai::Ident, Expr)]) -> bool {
    let has = |name: &str| entries.iter().any(|(key, _)| key.name == name);
    let of_schema = ["title", "default", "enum", "items", "properties", "x-kind", "x-words", "pattern"];
    has("params") || (has("description") && !of_schema.iter().any(|key| has(key)) && !is_schema_type(entries))
}

fn is_schema_type(entries: &[(rhai::Ident, Expr)]) -> bool {
    entries.iter().any(|(key, value)| {
        key.name == "type"
            && matches!(value, Expr::StringConstant(text, _)
                if ["string", "integer", "number", "boolean", "array", "object", "null"].contains(&text.as_str()))
    })
}

fn imports(ast: &AST) -> Vec<(String, String)> {
    let mut found = Vec::new();
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = nodes.last()
            && let Expr::StringConstant(path, _) = &import.0
        {
            found.push((import.1.name.to_string(), path.to_string()));
        }
        true
    });
    found
}

fn map_keys(ast: &AST) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(Expr::Map(entries, _))) = nodes.last() {
            keys.extend(entries.0.iter().map(|(key, _)| key.name.to_string()));
        }
        true
    });
    keys
}
