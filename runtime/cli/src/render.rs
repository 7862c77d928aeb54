//! Plans, diffs and results as text.

use std::fmt::Write as _;

use aksara_protocol::step::CodeFrom;
use aksara_protocol::{Plan, Step};
use aksara_runtime::{RunResult, StepStatus};
use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
const RED: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const CYAN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));

// Writing to a String cannot fail; the results of write! are dropped for that reason.

/// A text from a plan, template or file on one line and without anything that a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A plan for people.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut out = format!("📋 {BOLD}Plan: {}{BOLD:#}\n", clean(&plan.title));
    for step in &plan.steps {
        out.push('\n');
        out.push_str(&step_lines(step));
    }
    push_lists(
        &mut out,
        &[
            ("Before you start", &plan.prerequisites),
            ("Risks", &plan.risks),
            ("Done when", &plan.success_criteria),
        ],
    );
    out
}

/// A plan's name alone, where its steps are told as they are carried out.
pub(crate) fn headline(plan: &Plan) -> String {
    let mut out = format!("📋 {BOLD}Plan: {}{BOLD:#}\n", clean(&plan.title));
    push_lists(&mut out, &[("Before you start", &plan.prerequisites), ("Risks", &plan.risks)]);
    out
}

fn push_lists(out: &mut String, lists: &[(&str, &Vec<String>)]) {
    for (title, lines) in lists {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n{BOLD}{title}{BOLD:#}");
            for line in *lines {
                let _ = writeln!(out, "  - {}", clean(line));
            }
        }
    }
}

/// The files that a step changes, in one line.
pub(crate) fn files_of(step: &Step) -> String {
    files(step).into_iter().map(|file| named(&file)).collect::<Vec<_>>().join(", ")
}

fn named((path, new): &(String, bool)) -> String {
    format!("{}{}", clean(path), if *new { " (new)" } else { "" })
}

/// The files of a step by its diff, and whether each is new.
fn files(step: &Step) -> Vec<(String, bool)> {
    let mut files: Vec<(String, bool)> = Vec::new();
    for line in step.diff.as_deref().unwrap_or_default().lines() {
        if let Some(names) = line.strip_prefix("diff --git a/") {
            let name = names.split(" b/").next().unwrap_or(names);
            files.push((name.to_owned(), false));
        } else if line.starts_with("new file mode ")
            && let Some(last) = files.last_mut()
        {
            last.1 = true;
        }
    }
    files
}

fn step_lines(step: &Step) -> String {
    let mut out = format!("{BOLD}Step {}: {}{BOLD:#}\n", step.order, clean(&step.description));
    if let Some(file) = &step.file {
        let _ = writeln!(out, "  File: {file}");
    }
    let _ = writeln!(out, "  Type: {}", clean(step.step_type.as_str()));
    let others: Vec<String> = files(step)
        .into_iter()
        .filter(|(path, _)| step.file.as_ref().is_none_or(|f| f.as_str() != path))
        .map(|file| named(&file))
        .collect();
    if !others.is_empty() {
        let _ = writeln!(out, "  Also: {}", others.join(", "));
    }
    if let Some(source) = &step.source {
        let _ = writeln!(out, "  From: {}", clean(source));
    }
    if step.code_from == CodeFrom::Edited {
        let _ = writeln!(out, "  Code: edited by hand");
    }
    if let Some(lacking) = &step.incomplete {
        let _ = writeln!(out, "  {RED}Incomplete: {}{RED:#}", clean(lacking));
    }
    if !step.dependencies.is_empty() {
        let needs: Vec<String> = step.dependencies.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "  {DIM}Needs: {}{DIM:#}", needs.join(", "));
    }
    if step.destructive {
        let _ = writeln!(out, "  {RED}Destroys something that cannot be brought back{RED:#}");
    }
    for risk in &step.risks {
        let _ = writeln!(out, "  Risk: {}", clean(risk));
    }
    for note in &step.notes {
        let _ = writeln!(out, "  {DIM}Note: {}{DIM:#}", clean(note));
    }
    out
}

/// A diff with colours, for terminals; where colours are off it is the diff as it is.
pub(crate) fn diff(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        let (body, end) = match line.strip_suffix('\n') {
            Some(body) => (body, "\n"),
            None => (line, ""),
        };
        let style = match body.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'd', b'i', b'f', b'f', ..] => Some(BOLD),
            [b'+', ..] => Some(GREEN),
            [b'-', ..] => Some(RED),
            [b'@', b'@', ..] => Some(CYAN),
            _ => None,
        };
        let body: String =
            body.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
        match style {
            Some(style) => {
                let _ = write!(out, "{style}{body}{style:#}{end}");
            }
            None => {
                let _ = write!(out, "{body}{end}");
            }
        }
    }
    out
}

/// How much of a run's steps is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing yet: each step is told.
    Nothing,
    /// The steps that were begun and what they are: only those that did not end well are told again.
    Steps,
}

/// What a run did, for people.
pub(crate) fn result(result: &RunResult, told: Told) -> String {
    let mut out = String::new();
    let ended_badly = |status| matches!(status, StepStatus::Failed | StepStatus::Skipped);
    for step in result.step_results.iter().filter(|s| told == Told::Nothing || ended_badly(s.status)) {
        let (mark, word) = match step.status {
            StepStatus::Done | StepStatus::Planned => (format!("{GREEN}✓{GREEN:#}"), ""),
            StepStatus::RolledBack => (format!("{DIM}↩{DIM:#}"), " (taken back)"),
            StepStatus::Failed => (format!("{RED}✗{RED:#}"), " (failed)"),
            StepStatus::Skipped => (format!("{DIM}-{DIM:#}"), " (left out)"),
            StepStatus::Pending => (format!("{DIM}·{DIM:#}"), " (not begun)"),
        };
        let _ = writeln!(out, "{mark} {}. {}{word}", step.step, clean(&step.description));
        if let Some(error) = &step.error {
            for line in error.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    if told == Told::Steps {
        for (mark, what, status) in
            [("↩", "taken back", StepStatus::RolledBack), ("·", "not begun", StepStatus::Pending)]
        {
            let orders: Vec<String> = result
                .step_results
                .iter()
                .filter(|s| s.status == status)
                .map(|s| s.step.to_string())
                .collect();
            if !orders.is_empty() {
                let _ = writeln!(out, "{DIM}{mark}{DIM:#} {what}: {}", orders.join(", "));
            }
        }
    }
    for check in &result.checks {
        let mark = if check.ok { format!("{GREEN}✓{GREEN:#}") } else { format!("{RED}✗{RED:#}") };
        let _ = writeln!(out, "{mark} check: {}", check.name);
        if !check.ok {
            for line in check.output.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    for line in &result.not_checked {
        let _ = writeln!(out, "{DIM}not checked: {line}{DIM:#}");
    }
    for line in &result.not_undone {
        let _ = writeln!(out, "cannot be taken back: {line}");
    }
    for line in &result.notes {
        let _ = writeln!(out, "note: {line}");
    }
    let _ = write!(out, "{BOLD}{}{BOLD:#}", result.summary);
    out
}
