//! Bodies: that they are there, that they parse, and that what they read of `context` is given to them.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Environment;
use rhai::{AST, ASTNode, Expr, Position};

use super::{Findings, Severity};
use crate::nearest::{listed, nearest};

/// A body as the script asks for it.
#[derive(Default)]
struct Wanted {
    position: Option<Position>,
    /// Every call is one of `has_body`, or stands beside one.
    guarded: bool,
    /// The keys of `context` in the steps that carry it; `None` if one of them cannot be told without running.
    context: Option<BTreeSet<String>>,
}

pub(super) fn check(findings: &mut Findings<'_>) {
    let template = findings.template;
    let main = template.files().first().map(|f| f.name.clone()).unwrap_or_default();
    let name = template.meta().name.clone();
    let wanted = wanted(template.ast());
    let bodies = template.bodies();
    for (body, want) in &wanted {
        let prefix = format!("{name}/{body}.");
        let there: Vec<&String> = bodies.keys().filter(|file| file.starts_with(&prefix)).collect();
        for stack in &template.meta().stacks {
            let file = format!("{prefix}{stack}.j2");
            if bodies.contains_key(&file) || want.guarded {
                continue;
            }
            let at = want.position.unwrap_or(Position::NONE);
            let help = nearest(&file, bodies.keys().map(String::as_str)).map_or_else(
                || format!("write {file} beside the script, or ask `has_body(\"{body}\")` first"),
                |near| format!("did you mean the body of `{near}`?"),
            );
            findings.add(Severity::Error, (&main, at), format!("there is no body `{file}`"), Some(help));
        }
        for file in there {
            read(findings, file, &bodies[file], want.context.as_ref());
        }
    }
    for (file, text) in bodies {
        let body = file.trim_start_matches(&format!("{name}/")).split('.').next().unwrap_or_default();
        if !wanted.contains_key(body) {
            read(findings, file, text, None);
            let message = "the script asks for no such body".to_owned();
            let help = Some(format!("give it to a step: body(\"{body}\"), or remove the file"));
            findings.add(Severity::Warning, (file, Position::NONE), message, help);
        }
    }
}

/// Checks one body's text.
fn read(findings: &mut Findings<'_>, file: &str, text: &str, context: Option<&BTreeSet<String>>) {
    let environment = Environment::new();
    let parsed = match environment.template_from_named_str(file, text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line = error.line().and_then(|line| u16::try_from(line).ok()).unwrap_or(0);
            let at = if line == 0 { Position::NONE } else { Position::new(line, 0) };
            let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            findings.add(Severity::Error, (file, at), format!("the body does not parse: {what}"), None);
            return;
        }
    };
    let Some(context) = context else { return };
    let mut reads: Vec<String> = parsed.undeclared_variables(true).into_iter().collect();
    reads.sort();
    for name in reads {
        let parts: Vec<&str> = name.split('.').collect();
        let (wrong, message) = match parts.as_slice() {
            ["context", key, ..] if !context.contains(*key) => {
                (format!("context.{key}"), format!("no step gives this body a `context.{key}`"))
            }
            [key, ..] if context.contains(*key) && *key != "context" => {
                ((*key).to_owned(), format!("a body sees `{key}` as `context.{key}`"))
            }
            _ => continue,
        };
        let given: Vec<&str> = context.iter().map(String::as_str).collect();
        let key = parts.get(1).copied().unwrap_or_default();
        let help = match nearest(key, given.iter().copied()) {
            Some(near) => Some(format!("did you mean `context.{near}`?")),
            None if given.is_empty() => Some("the step's `context` is empty".to_owned()),
            None => Some(format!("the context has {}", listed(&given))),
        };
        let position = place_of(text, &wrong);
        findings.add(Severity::Error, (file, position), message, help);
    }
}

fn place_of(text: &str, word: &str) -> Position {
    for (index, line) in text.lines().enumerate() {
        if let Some(at) = line.find(word) {
            let column = line[..at].chars().count() + 1;
            if let (Ok(line), Ok(column)) = (u16::try_from(index + 1), u16::try_from(column)) {
                return Position::new(line, column);
            }
        }
    }
    Position::NONE
}

/// The bodies that a script asks for by plain text, with what the steps around them say.
fn wanted(ast: &AST) -> BTreeMap<String, Wanted> {
    let mut found: BTreeMap<String, Wanted> = BTreeMap::new();
    let mut asked = BTreeSet::new();
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        match nodes.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, position))) => {
                if let Some(Expr::StringConstant(name, _)) = call.args.first() {
                    match call.name.as_str() {
                        "has_body" => drop(asked.insert(name.to_string())),
                        "body" => {
                            let want = found.entry(name.to_string()).or_default();
                            want.position.get_or_insert(*position);
                        }
                        _ => {}
                    }
                }
            }
            Some(ASTNode::Expr(Expr::Map(entries, _))) => {
                let value = |key: &str| entries.0.iter().find(|(k, _)| k.name == key).map(|(_, v)| v);
                if let Some(Expr::FnCall(call, _)) = value("body")
                    && call.name == "body"
                    && let Some(Expr::StringConstant(name, _)) = call.args.first()
                {
                    let want = found.entry(name.to_string()).or_default();
                    match value("context") {
                        Some(Expr::Map(keys, _)) => want
                            .context
                            .get_or_insert_default()
                            .extend(keys.0.iter().map(|(key, _)| key.name.to_string())),
                        None => drop(want.context.get_or_insert_default()),
                        Some(_) => want.context = None,
                    }
                }
            }
            _ => {}
        }
        true
    });
    for name in asked {
        found.entry(name).or_default().guarded = true;
    }
    found
}
