//! What is wrong with a template, found without running it.
//!
//! A template that loads may still call a function that does not exist, or read a parameter that it does not
//! declare: a branch that no test takes hides it. Here every branch is looked at. Whether the steps can be
//! carried out is for the template's cases to show.

mod bodies;
mod calls;
mod declared;
mod examples;
mod reads;

use std::fmt;

use rhai::Position;
use serde_json::{Value, json};

use crate::error::{Place, Report, TemplateError};
use crate::sandbox::place_at;
use crate::template::Template;
use crate::templates::Templates;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The template does not work, or will not in some branch.
    Error,
    /// It works, and its author will want to know.
    Warning,
}

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, where, and what to do.
    pub report: Report,
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut report = self.report.clone();
        report.message = format!("{word}: {}", report.message);
        report.fmt(f)
    }
}

impl LintFinding {
    /// The finding as data: `severity`, `message`, `file`, `line`, `column` (0 if not known) and `hint`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Report { message, place, help, .. } = &self.report;
        json!({
            "severity": if self.severity == Severity::Error { "error" } else { "warning" },
            "message": message,
            "file": place.file,
            "line": place.line,
            "column": place.column,
            "hint": help,
        })
    }

    /// An error in a file, as it is told to people: lines that begin with `hint: ` say what to do.
    #[must_use]
    pub fn error(text: &str, file: &str) -> Self {
        let (message, help) = match text.split_once("\nhint: ") {
            Some((message, help)) => (message, Some(help.to_owned())),
            None => (text, None),
        };
        let mut report = Report::new(message, Place::file(file));
        report.help = help;
        Self { severity: Severity::Error, report: *report }
    }

    /// A problem that kept a template from being loaded or planned.
    #[must_use]
    pub fn of_error(error: &TemplateError, file: &str) -> Self {
        let report = match error {
            TemplateError::BadResult { path, report } => {
                Report { message: format!("{path}: {}", report.message), ..(**report).clone() }
            }
            other => match other.report() {
                Some(report) => report.clone(),
                None => return Self::error(&other.to_string(), file),
            },
        };
        Self { severity: Severity::Error, report }
    }
}

/// Everything that is wrong with the template `name`, by file and line. `step_types` are those that the plugins
/// at hand carry out; without any, only the shipped ones are known.
///
/// # Errors
/// There is no template of that name. One that cannot be loaded is a finding.
pub fn lint(
    templates: &Templates,
    name: &str,
    step_types: &[String],
) -> Result<Vec<LintFinding>, TemplateError> {
    let template = match templates.get(name) {
        Ok(template) => template,
        Err(error @ TemplateError::Unknown { .. }) => return Err(error),
        Err(error) => return Ok(vec![LintFinding::of_error(&error, &format!("{name}.rhai"))]),
    };
    let mut findings = Findings { template, found: Vec::new() };
    calls::check(&mut findings, step_types);
    reads::check(&mut findings);
    bodies::check(&mut findings);
    declared::check(&mut findings);
    examples::check(&mut findings, templates);
    let mut found = findings.found;
    found.sort_by(|a, b| {
        let key = |f: &LintFinding| (f.report.place.file.clone(), f.report.place.line, f.report.place.column);
        key(a).cmp(&key(b))
    });
    found.dedup();
    Ok(found)
}

/// Whether a mistake that a case shows is told already: by what was found in the text at the same line, or by another
/// case.
#[must_use]
pub fn is_told(finding: &LintFinding, found: &[LintFinding]) -> bool {
    let Place { file, line, .. } = &finding.report.place;
    found.iter().filter(|other| other.severity == Severity::Error).any(|other| {
        let same_line = *line > 0 && other.report.place.line == *line && other.report.place.file == *file;
        same_line || other.report.message == finding.report.message
    })
}

/// The findings so far, and the template that they are about.
struct Findings<'t> {
    template: &'t Template,
    found: Vec<LintFinding>,
}

impl Findings<'_> {
    fn add(
        &mut self,
        severity: Severity,
        (file, position): (&str, Position),
        message: String,
        help: Option<String>,
    ) {
        let text = self.template.files().iter().find(|f| f.name == file).map_or("", |f| f.text.as_str());
        let mut report = Report::new(message, place_at(file, text, position));
        report.help = help;
        self.found.push(LintFinding { severity, report: *report });
    }
}

#[cfg(test)]
mod tests;
