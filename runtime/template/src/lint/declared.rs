//! What `META` leaves out: a template that no request can find, examples that name nothing.

use rhai::Position;

use super::{Findings, Severity};
use crate::literal::constant;
use crate::params::properties;

pub(super) fn check(findings: &mut Findings<'_>) {
    let template = findings.template;
    let file = template.files().first().map(|f| f.name.clone()).unwrap_or_default();
    let at = constant(template.ast(), "META").ok().flatten().map_or(Position::NONE, |l| l.position);
    let meta = template.meta();
    let mut say = |severity, message: String, help: &str| {
        findings.add(severity, (&file, at), message, Some(help.to_owned()));
    };
    for (key, value) in [("title", &meta.title), ("summary", &meta.summary), ("version", &meta.version)] {
        if value.trim().is_empty() {
            say(
                Severity::Error,
                format!("META.{key} is empty"),
                "people choose a template by what META says",
            );
        }
    }
    if meta.keywords.is_empty() {
        say(
            Severity::Warning,
            "META has no `keywords`".to_owned(),
            "without them no request finds the template; `--template` still does",
        );
    }
    if meta.examples.is_empty() {
        say(
            Severity::Warning,
            "META has no `examples`".to_owned(),
            "a request that is not understood is answered with them: examples: [\"Audit {model}\"]",
        );
    }
    let declared: Vec<&String> = properties(template.params_schema()).map(|(name, _)| name).collect();
    for example in &meta.examples {
        for name in placeholders(example) {
            if !declared.iter().any(|d| *d == name) {
                say(
                    Severity::Error,
                    format!("META.examples: `{{{name}}}` in \"{example}\" is no parameter"),
                    "write the name of one that PARAMS declares",
                );
            }
        }
    }
}

/// `model` of `Add tags to {model}`.
fn placeholders(example: &str) -> impl Iterator<Item = &str> {
    example.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.trim())
}
