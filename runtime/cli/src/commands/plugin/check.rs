//! `aksara plugin check`: the rules for plugins, in a child process and in process.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aksara_runtime::{Checked, Conformance};

use super::Given;
use crate::commands::Call;
use crate::output::{self, Failure};

/// What stands before the report of a process that checks in process: the plugin may print whatever it likes.
const REPORT: &str = "\naksara-plugin-check: ";

/// The rule that everything else stands on.
const SURVIVES: &str = "it does no harm to the process that it is loaded into";

// Writing to a String cannot fail; the results of write! are dropped for that reason.

pub(super) async fn run(call: &Call, plugin: &Path, json: bool, one_mode: bool) -> Result<u8, Failure> {
    let given = Given::find(call, plugin)?;
    if one_mode {
        let report =
            call.runtime_for_plugins(&[])?.check_plugin(&given.library, given.folder.as_deref()).await?;
        let text = serde_json::to_string(&report).map_err(|e| Failure::Stdout(e.into()))?;
        output::data(&format!("{REPORT}{text}\n"))?;
        return Ok(0);
    }
    let child = call.runtime_for_plugins(&["plugins.isolation=child"])?;
    let child = child.check_plugin(&given.library, given.folder.as_deref()).await?;
    let in_process = in_process(call, &given)?;
    let ok = child.ok() && in_process.ok();
    if json {
        output::json(&serde_json::json!({ "ok": ok, "child": child, "in_process": in_process }))?;
    } else {
        let mut text = format!("{} {}\n", child.plugin, child.version);
        for (mode, report) in [("in a child process", &child), ("in process", &in_process)] {
            let _ = writeln!(text, "\n{mode}");
            for check in &report.checks {
                let mark = if check.problems.is_empty() { "ok     " } else { "problem" };
                let _ = writeln!(text, "  {mark}  {}", check.rule);
                for problem in &check.problems {
                    let _ =
                        writeln!(text, "           {}", problem.trim_end().replace('\n', "\n             "));
                }
            }
        }
        output::data(&text)?;
        if !ok {
            output::talk("the plugin breaks the rules above; docs/plugins.md says what each is about");
        }
    }
    Ok(u8::from(!ok))
}

/// Lets a process of its own load the plugin: one that dies says so about the plugin, and this one lives.
fn in_process(call: &Call, given: &Given) -> Result<Conformance, Failure> {
    let io = |source| Failure::Io { what: "cannot start", path: "this command again".to_owned(), source };
    let executable = std::env::current_exe().map_err(io)?;
    let mut command = Command::new(executable);
    command.args(["plugin", "check", "--one-mode"]);
    command.arg(given.folder.as_ref().unwrap_or(&given.library));
    command.arg("-C").arg(&call.surroundings.directory);
    for setting in call.config.iter().map(String::as_str).chain(["plugins.isolation=in-process"]) {
        command.args(["--config", setting]);
    }
    let ended = command.stdin(Stdio::null()).output().map_err(io)?;
    let printed = String::from_utf8_lossy(&ended.stdout);
    let said = String::from_utf8_lossy(&ended.stderr);
    let (before, report) = printed.rsplit_once(REPORT).unwrap_or((&printed, ""));
    let mut report = serde_json::from_str(report).unwrap_or_else(|_| Conformance {
        plugin: String::new(),
        version: String::new(),
        checks: Vec::new(),
    });
    let mut problems = Vec::new();
    if report.checks.is_empty() {
        problems.push(format!("it took the process with it ({})\n{}", ended.status, tail(&said)));
    }
    if !before.trim().is_empty() {
        problems.push(format!("it wrote to standard output, where the host's data goes:\n{}", tail(before)));
    }
    report.checks.insert(0, Checked { rule: SURVIVES.to_owned(), problems });
    Ok(report)
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
