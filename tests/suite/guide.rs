//! The guides, followed literally: every file is written and every command typed as they stand. That for authors of
//! plugins is followed in `plugins.rs`, with their tools.

use std::path::Path;

use aksara_testkit::{Project, aksara, workspace};
use serde_json::Value;

use crate::AKSARA;

/// What a reader of the document does, as one shell script: `Put this into `PATH`:` writes the block that follows, and
/// blocks of commands are typed.
pub(crate) fn script(document: &str) -> String {
    let text = std::fs::read_to_string(workspace().join(document)).unwrap();
    let mut script = String::new();
    let mut before = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: String =
                lines.by_ref().take_while(|l| *l != "```").map(|l| format!("{l}\n")).collect();
            let path = std::mem::take(&mut before)
                .strip_prefix("Put this into `")
                .and_then(|rest| rest.strip_suffix("`:"));
            match (path, kind) {
                (Some(path), _) => {
                    assert!(!block.contains("END OF FILE"), "{block}");
                    script.push_str(&format!(
                        "mkdir -p \"$(dirname {path})\"\ncat > {path} <<'END OF FILE'\n{block}END OF FILE\n"
                    ));
                }
                (None, "sh") => script.push_str(&block),
                _ => {}
            }
        } else if !line.trim().is_empty() {
            before = line;
        }
    }
    script
}

#[test]
fn a_stranger_writes_a_template() {
    let Some(project) = Project::django_blog("a_stranger_writes_a_template") else { return };
    let script = script("docs/templates.md");
    assert_eq!(script.matches("END OF FILE\n").count(), 2, "{script}");
    assert!(script.matches("\naksara ").count() >= 8, "{script}");
    // As a user's shell, which finds the command.
    let command = aksara(AKSARA, &project, &[]);
    let plugins = command.get_envs().find(|(k, _)| *k == "AKSARA_PLUGIN_PATH").and_then(|(_, v)| v).unwrap();
    let folder = Path::new(AKSARA).parent().unwrap().display().to_string();
    let output = project
        .command("sh")
        .args(["-eu", "-c", &script])
        .env("PATH", format!("{folder}:{}", project.environment()["PATH"]))
        .env("AKSARA_PLUGIN_PATH", plugins)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let seen =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{seen}");
    assert!(seen.contains("archiving: 0 error(s), 0 warning(s)"), "{seen}");
    assert!(seen.contains("+    archived_at = models.DateTimeField("), "{seen}");
    assert!(seen.contains("| `include_tests` | boolean | `true` | A test |"), "{seen}");
    assert!(project.read("blog/models.py").contains("archived_at = models.DateTimeField("));
    // The guide's own feature works.
    assert!(project.manage(&["test"]).contains("OK"));
    project.manage(&["makemigrations", "--check", "--dry-run"]);
}

/// The first block of a kind in a document.
fn block(document: &str, kind: &str) -> String {
    let text = std::fs::read_to_string(workspace().join(document)).unwrap();
    let (_, rest) = text.split_once(&format!("\n```{kind}\n")).unwrap();
    rest.split_once("\n```\n").unwrap().0.to_owned()
}

#[test]
fn the_plans_that_are_printed_are_plans() {
    let project = Project::of("django-blog");
    let by_hand: Value = serde_json::from_str(&block("docs/plan.md", "json")).unwrap();
    let mut with_command = by_hand.clone();
    with_command["steps"][0] = serde_json::from_str(&block("docs/commands.md", "json")).unwrap();
    for (plan, shown) in [(by_hand, "+Onward\n"), (with_command, "python manage.py compilemessages")] {
        project.write("../plan.json", plan.to_string());
        let run = project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--dry-run"]).expect(0);
        assert!(run.stdout.contains(shown) || run.stderr.contains(shown), "{}\n{}", run.stdout, run.stderr);
    }
}
