//! Plans, diffs and results as text.

use std::fmt::Write as _;

use aksara_protocol::step::CodeFrom;
use aksara_protocol::{Plan, Step};
use aksara_runtime::{RunResult, StepResult, StepStatus, has_nothing_to_do};
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
    plan_with(plan, |_| None)
}

/// A run for people: its plan with what came of each step, then what came of it all.
pub(crate) fn run(plan: &Plan, result: &RunResult) -> String {
    let outcome = |step: &Step| result.step_results.iter().find(|r| r.step == step.order);
    format!("{}\n{}", plan_with(plan, outcome), ending(result))
}

fn plan_with<'r>(plan: &Plan, outcome: impl Fn(&Step) -> Option<&'r StepResult>) -> String {
    let mut out = format!("📋 {BOLD}Plan: {}{BOLD:#}\n", clean(&plan.title));
    for step in &plan.steps {
        out.push('\n');
        match outcome(step) {
            Some(result) => {
                let (mark, word) = mark(result.status);
                let _ = writeln!(out, "{mark} {}{word}", headed(step));
                out.push_str(&details(step));
                push_error(&mut out, result);
            }
            None => {
                let _ = writeln!(out, "{}", headed(step));
                out.push_str(&details(step));
            }
        }
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

fn headed(step: &Step) -> String {
    let nothing = if has_nothing_to_do(step) { " (nothing to do)" } else { "" };
    format!("{BOLD}Step {}: {}{BOLD:#}{DIM}{nothing}{DIM:#}", step.order, clean(&step.description))
}

fn details(step: &Step) -> String {
    let mut out = String::new();
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
        let _ = writeln!(out, "  {RED}May destroy something that cannot be brought back{RED:#}");
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

/// What came of a step, as a sign and a word.
fn mark(status: StepStatus) -> (String, &'static str) {
    match status {
        StepStatus::Done | StepStatus::Planned => (format!("{GREEN}✓{GREEN:#}"), ""),
        StepStatus::RolledBack => (format!("{DIM}↩{DIM:#}"), " (taken back)"),
        StepStatus::Failed => (format!("{RED}✗{RED:#}"), " (failed)"),
        StepStatus::Skipped => (format!("{DIM}-{DIM:#}"), " (left out)"),
        StepStatus::Pending => (format!("{DIM}·{DIM:#}"), " (not begun)"),
    }
}

fn push_error(out: &mut String, step: &StepResult) {
    for line in step.error.iter().flat_map(|error| error.lines()) {
        let _ = writeln!(out, "    {line}");
    }
}

/// What a run did, for people who were told of its steps as they were carried out: only those that did not end well
/// are told again.
pub(crate) fn result(result: &RunResult) -> String {
    let mut out = String::new();
    let ended_badly = |status| matches!(status, StepStatus::Failed | StepStatus::Skipped);
    for step in result.step_results.iter().filter(|s| ended_badly(s.status)) {
        let (mark, word) = mark(step.status);
        let _ = writeln!(out, "{mark} {}. {}{word}", step.step, clean(&step.description));
        push_error(&mut out, step);
    }
    for (mark, what, status) in
        [("↩", "taken back", StepStatus::RolledBack), ("·", "not begun", StepStatus::Pending)]
    {
        let orders: Vec<String> =
            result.step_results.iter().filter(|s| s.status == status).map(|s| s.step.to_string()).collect();
        if !orders.is_empty() {
            let _ = writeln!(out, "{DIM}{mark}{DIM:#} {what}: {}", orders.join(", "));
        }
    }
    out.push_str(&ending(result));
    out
}

/// Checks, notes and where the result is.
fn ending(result: &RunResult) -> String {
    let mut out = String::new();
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
