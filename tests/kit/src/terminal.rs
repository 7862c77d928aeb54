//! The real command on a terminal, with somebody who answers.

use std::path::Path;
use std::process::Command;

use crate::command::plugin_folder;
use crate::{Project, Run};

/// Python has a pseudo terminal in its standard library; Rust would need `unsafe` or another dependency.
const SCRIPT: &str = include_str!("terminal.py");

/// After so long the command is killed, and the test fails by the exit code -1.
const SECONDS: u32 = 180;

impl Project {
    /// Runs the command in the project, on a terminal. Each answer is sent when the text that it waits for has
    /// appeared behind the one before: `[("Execute plan?", "y\n")]`; `"\u{3}"` is Ctrl-C.
    ///
    /// Standard output stays a file; `stderr` of the result is all that the terminal showed, answers included.
    /// Colours are off (`NO_COLOR`).
    ///
    /// # Panics
    /// If a text that an answer waits for never appears, or there is no Python.
    pub fn aksara_on_terminal(&self, executable: &str, args: &[&str], answers: &[(&str, &str)]) -> Run {
        let argv: Vec<&str> = std::iter::once(executable).chain(args.iter().copied()).collect();
        let python = self.python.as_ref().map_or(Path::new("python3"), |p| &p.program);
        let mut command = self.command(python);
        command.env("AKSARA_PLUGIN_PATH", plugin_folder(Path::new(executable)));
        on_terminal(command, &argv, answers)
    }
}

fn on_terminal(mut python: Command, argv: &[&str], answers: &[(&str, &str)]) -> Run {
    let call = serde_json::json!({ "argv": argv, "answers": answers, "seconds": SECONDS });
    python.args(["-c", SCRIPT, &call.to_string()]).env("NO_COLOR", "1").env("TERM", "xterm");
    let output = python.output().expect("Python starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let result: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}\n{}", String::from_utf8_lossy(&output.stderr)));
    let field = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
    let (stdout, terminal) = (field("stdout"), field("terminal"));
    if let Some(missing) = result["missing"].as_str() {
        panic!("`{missing}` never appeared\nterminal:\n{terminal}\nstdout:\n{stdout}");
    }
    let code = result["code"].as_i64().and_then(|c| i32::try_from(c).ok()).unwrap_or(-1);
    Run { code, stdout, stderr: terminal }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, answers: &[(&str, &str)]) -> Option<Run> {
        let python = crate::python_or_skip("a terminal")?;
        let project = Project::empty();
        Some(on_terminal(project.command(python.program), &["/bin/sh", "-c", script], answers))
    }

    #[test]
    fn each_question_gets_its_own_answer() {
        let script = r#"
            if [ -t 0 ] && [ -t 2 ] && [ ! -t 1 ]; then echo data; fi
            printf 'Go on? [y/N] ' >&2; read first
            printf 'Go on? [y/N] ' >&2; read second
            echo "$first,$second" >&2
            exit 7
        "#;
        let Some(run) = shell(script, &[("Go on?", "y\n"), ("Go on?", "n\n")]) else { return };
        let run = run.expect(7);
        assert_eq!(run.stdout, "data\n");
        assert_eq!(run.stderr.lines().last(), Some("y,n"), "{}", run.stderr);
    }

    #[test]
    fn ctrl_c_is_a_signal() {
        let script = "trap 'exit 9' INT; echo ready >&2; while :; do sleep 0.05; done";
        let Some(run) = shell(script, &[("ready", "\u{3}")]) else { return };
        assert_eq!(run.code, 9, "{}", run.stderr);
    }

    #[test]
    #[should_panic(expected = "`Go on?` never appeared")]
    fn a_question_that_never_comes_is_a_failure() {
        if shell("echo no question", &[("Go on?", "y\n")]).is_none() {
            panic!("`Go on?` never appeared, since there is no Python");
        }
    }
}
