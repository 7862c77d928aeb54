//! The guides, followed literally: every file is written and every command typed as they stand.

use std::path::Path;

use aksara_testkit::{Project, aksara, workspace};

use crate::AKSARA;

/// A piece of a guide that a reader acts on.
enum Act {
    /// `Put this into `PATH`:`, and a block.
    Write { path: String, text: String },
    /// A block of commands.
    Type(String),
}

/// What a reader of the document does, in order.
fn acts(document: &str) -> Vec<Act> {
    let text = std::fs::read_to_string(workspace().join(document)).unwrap();
    let mut acts = Vec::new();
    let mut before = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: String =
                lines.by_ref().take_while(|l| *l != "```").map(|l| format!("{l}\n")).collect();
            let path = before.strip_prefix("Put this into `").and_then(|rest| rest.strip_suffix("`:"));
            match (path, kind) {
                (Some(path), _) => acts.push(Act::Write { path: path.to_owned(), text: block }),
                (None, "sh") => acts.push(Act::Type(block)),
                _ => {}
            }
        } else if !line.trim().is_empty() {
            before = line;
        }
    }
    acts
}

/// Types commands into a shell that finds the command as a user's does; gives what they printed.
fn type_in(project: &Project, commands: &str) -> String {
    let command = aksara(AKSARA, project, &[]);
    let plugins = command.get_envs().find(|(k, _)| *k == "AKSARA_PLUGIN_PATH").and_then(|(_, v)| v).unwrap();
    let folder = Path::new(AKSARA).parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", project.environment()["PATH"]);
    let output = project
        .command("sh")
        .args(["-eu", "-c", commands])
        .env("PATH", path)
        .env("AKSARA_PLUGIN_PATH", plugins)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{commands}\n{text}");
    text
}

#[test]
fn a_stranger_writes_a_template() {
    let Some(project) = Project::django_blog("a_stranger_writes_a_template") else { return };
    let acts = acts("docs/templates.md");
    let typed: Vec<&str> = acts
        .iter()
        .filter_map(|a| if let Act::Type(text) = a { Some(text.as_str()) } else { None })
        .collect();
    assert!(typed.len() >= 6 && acts.len() - typed.len() == 2, "{typed:?}");
    let mut seen = String::new();
    for act in &acts {
        match act {
            Act::Write { path, text } => project.write(path, text),
            Act::Type(commands) => seen.push_str(&type_in(&project, commands)),
        }
    }
    assert!(seen.contains("archiving: 0 error(s), 0 warning(s)"), "{seen}");
    assert!(seen.contains("+    archived_at = models.DateTimeField("), "{seen}");
    assert!(seen.contains("| `include_tests` | boolean | `true` | A test |"), "{seen}");
    assert!(project.read("blog/models.py").contains("archived_at = models.DateTimeField("));
    // The guide's own feature works.
    assert!(project.manage(&["test"]).contains("OK"));
    project.manage(&["makemigrations", "--check", "--dry-run"]);
}
