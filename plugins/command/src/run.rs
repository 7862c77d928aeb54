//! `run_command`: a command as data.

use aksara_sdk::protocol::command::{Command, RiskClass};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::{
    Context, Diagnostic, Effect, Example, Executor, ExecutorInfo, Outcome, RelPath, StepInput, params,
};
use serde_json::{Value, json};

/// Checks a command and hands it to the runtime.
pub struct RunCommand;

impl Executor for RunCommand {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "*".to_owned(),
            step_type: "run_command".into(),
            summary: "Runs a program with arguments, in the run's worktree.".to_owned(),
            params: schema(),
            effects: vec![Effect::Command],
            examples: vec![Example {
                title: "Collect static files, which can be taken back".to_owned(),
                params: match json!({
                    "argv": ["python", "manage.py", "collectstatic", "--no-input"],
                    "class": "workspace_write",
                    "creates": "static/admin/css/base.css"
                }) {
                    Value::Object(map) => map,
                    _ => serde_json::Map::new(),
                },
                ..Example::default()
            }],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, _cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let command = read(step)?;
        Ok(Outcome {
            destructive: command.class == RiskClass::Destructive,
            risks: risk(&command).into_iter().collect(),
            commands: vec![command],
            ..Outcome::default()
        })
    }
}

fn schema() -> Value {
    let argv = json!({
        "type": "array",
        "minItems": 1,
        "items": {"type": "string"}
    });
    let described = |description: &str| {
        let mut schema = argv.clone();
        schema["description"] = json!(description);
        schema
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["argv"],
        "properties": {
            "argv": described("The program, then its arguments, one item each. No shell reads them."),
            "cwd": {
                "type": "string",
                "description": "Folder inside the repository to run in, such as `backend`; empty is its top. The project's folder if absent."
            },
            "env": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Variables to set, besides those that the runtime lets through."
            },
            "class": {
                "enum": ["read", "workspace_write", "environment_write", "database_write", "network", "destructive"],
                "description": "What the command may do. One that is not given counts as destructive and is asked about."
            },
            "undo": described("The command that takes it back."),
            "creates": {
                "type": "string",
                "description": "A file, seen from the folder that the command runs in, that exists once it has been run: then it is not run again."
            },
            "unless": described("A command that exits with 0 when this one need not run."),
            "timeout_seconds": {
                "type": "integer",
                "minimum": 1,
                "description": "After how many seconds the command is killed, with everything it started."
            }
        }
    })
}

fn read(step: &StepInput) -> Result<Command, Diagnostic> {
    let mut command: Command = params(&step.params)?;
    if !step.params.contains_key("cwd") {
        command.cwd.clone_from(&step.root);
    }
    check_argv("argv", &command.argv)?;
    for (name, argv) in [("undo", &command.undo), ("unless", &command.unless)] {
        if let Some(argv) = argv {
            check_argv(name, argv)?;
        }
    }
    if !command.cwd.is_empty() {
        check_path("cwd", &command.cwd)?;
    }
    if let Some(path) = &command.creates {
        check_path("creates", path)?;
    }
    for (name, value) in &command.env {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(bad(format!("`env` has a variable `{}` that no program can be given", shown(name)))
                .with_help("a name has no `=`, and neither name nor value has a NUL byte"));
        }
    }
    if command.timeout_seconds == Some(0) {
        return Err(bad("`timeout_seconds` is 0, so the command could never run".to_owned())
            .with_help("leave it out, or give at least 1"));
    }
    Ok(command)
}

fn check_argv(name: &str, argv: &[String]) -> Result<(), Diagnostic> {
    let program = argv.first().map_or("", String::as_str);
    if program.trim().is_empty() {
        return Err(bad(format!("`{name}` names no program"))
            .with_help(format!("write {name} as a list, such as [\"python\", \"manage.py\", \"check\"]")));
    }
    if let Some(part) = argv.iter().find(|part| part.contains('\0')) {
        return Err(bad(format!("`{name}` has a NUL byte in `{}`", shown(part)))
            .with_help("no program can be given one: take it out"));
    }
    // A whole command line as the one item is the usual slip, and would fail much later as "no such program".
    if argv.len() == 1 && program.contains(char::is_whitespace) {
        return Err(bad(format!("`{name}` is one text, `{}`, and no shell would split it", shown(program)))
            .with_help("give each argument as its own item; a shell line is [\"sh\", \"-c\", \"…\"]"));
    }
    Ok(())
}

fn check_path(name: &str, path: &str) -> Result<(), Diagnostic> {
    RelPath::new(path).map(drop).map_err(|e| {
        bad(format!("`{name}`: {e}")).with_help("give a path relative to the repository, with `/`")
    })
}

fn bad(message: String) -> Diagnostic {
    Diagnostic::new(codes::BAD_PARAMS, message)
}

/// A text that may hold anything, short and on one line.
fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What a rollback of files does not take back.
fn risk(command: &Command) -> Option<String> {
    let line = shown(&command.argv.join(" "));
    let what = match command.class {
        RiskClass::Read | RiskClass::WorkspaceWrite => return None,
        RiskClass::EnvironmentWrite => "changes the environment",
        RiskClass::DatabaseWrite => "writes to a database",
        RiskClass::Network => "talks to other machines",
        RiskClass::Destructive => "may destroy what cannot be made again",
    };
    Some(match &command.undo {
        Some(undo) => format!("`{line}` {what}; `{}` takes it back", shown(&undo.join(" "))),
        None => format!("`{line}` {what}, and a rollback of files does not take that back"),
    })
}

#[cfg(test)]
mod tests {
    use aksara_sdk::testing::TestProject;

    use super::*;

    fn run(params: Value) -> Result<Outcome, Diagnostic> {
        let mut project = TestProject::new(None);
        project.root = "backend".to_owned();
        project.execute(&RunCommand, "run_command", params)
    }

    #[test]
    fn a_command_is_handed_on_as_it_is() {
        let outcome = run(json!({
            "argv": ["python", "manage.py", "check"],
            "cwd": "",
            "class": "read",
            "env": {"A": "b"},
            "timeout_seconds": 5
        }))
        .unwrap();
        let command = &outcome.commands[0];
        assert_eq!(command.argv, ["python", "manage.py", "check"]);
        assert_eq!(command.cwd, "");
        assert_eq!(command.env["A"], "b");
        assert_eq!(command.timeout_seconds, Some(5));
        assert!(!outcome.destructive && outcome.risks.is_empty());
    }

    #[test]
    fn it_runs_in_the_project_unless_a_folder_is_given() {
        assert_eq!(run(json!({"argv": ["ls"]})).unwrap().commands[0].cwd, "backend");
    }

    #[test]
    fn what_nobody_classified_is_destructive() {
        let outcome = run(json!({"argv": ["rm", "-r", "x"]})).unwrap();
        assert!(outcome.destructive);
        assert_eq!(
            outcome.risks,
            [
                "`rm -r x` may destroy what cannot be made again, and a rollback of files does not take that back"
            ]
        );
    }

    #[test]
    fn a_risk_names_the_command_that_takes_it_back() {
        let outcome = run(json!({
            "argv": ["python", "manage.py", "migrate"],
            "class": "database_write",
            "undo": ["python", "manage.py", "migrate", "blog", "0001"]
        }))
        .unwrap();
        assert_eq!(
            outcome.risks,
            [
                "`python manage.py migrate` writes to a database; `python manage.py migrate blog 0001` takes it back"
            ]
        );
    }

    #[test]
    fn commands_that_cannot_run_are_refused() {
        for (params, part) in [
            (json!({}), "missing field `argv`"),
            (json!({"argv": []}), "`argv` names no program"),
            (json!({"argv": [" "]}), "`argv` names no program"),
            (json!({"argv": ["python manage.py check"]}), "no shell would split it"),
            (json!({"argv": ["a", "b\0c"]}), "NUL byte"),
            (json!({"argv": ["a"], "undo": []}), "`undo` names no program"),
            (json!({"argv": ["a"], "unless": ["test -f x"]}), "`unless` is one text"),
            (json!({"argv": ["a"], "cwd": "../other"}), "leaves the project"),
            (json!({"argv": ["a"], "cwd": "/etc"}), "it is absolute"),
            (json!({"argv": ["a"], "creates": ".git/x"}), "`.git`"),
            (json!({"argv": ["a"], "env": {"A=B": "c"}}), "`env`"),
            (json!({"argv": ["a"], "timeout_seconds": 0}), "could never run"),
            (json!({"argv": ["a"], "class": "harmless"}), "harmless"),
        ] {
            let error = run(params.clone()).unwrap_err();
            assert_eq!(error.code, codes::BAD_PARAMS, "{params}");
            assert!(error.message.contains(part), "{params}: {}", error.message);
        }
    }
}
