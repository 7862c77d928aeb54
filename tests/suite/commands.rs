//! Steps that run commands, and steps that a person does by hand.

use aksara_testkit::{Project, Run};
use serde_json::{Value, json};

use crate::{AKSARA, TAGGING};

/// The start project, and a plan file with these steps only.
fn with_steps(steps: &[(&str, Value)]) -> Project {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut plan: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    plan["steps"] = steps
        .iter()
        .enumerate()
        .map(|(i, (step_type, params))| {
            json!({"order": i + 1, "id": format!("s{i}"), "type": step_type, "name": "x",
                   "description": format!("Step number {}", i + 1), "params": params})
        })
        .collect();
    project.write("../plan.json", plan.to_string());
    project
}

fn run(project: &Project, more: &[&str]) -> Run {
    let mut args = vec!["ai", "plan", "--load", "../plan.json", "--execute", "--yes"];
    args.extend(more);
    project.aksara(AKSARA, &args)
}

fn shell(script: &str) -> (&'static str, Value) {
    ("run_command", json!({"argv": ["sh", "-c", script]}))
}

#[test]
fn what_a_command_made_lands_with_the_rest() {
    let project = with_steps(&[
        ("modify_file", json!({"path": "one.txt", "operations": [{"op": "create", "text": "1\n"}]})),
        shell("cp one.txt two.txt && echo changed >> README.md && mkdir -p x.pyc_dir && echo i > x.pyc"),
    ]);
    let done = run(&project, &["--allow-destructive"]).expect(0);
    assert_eq!(project.git(&["show", "--name-only", "--format="]), "README.md\none.txt\ntwo.txt\n");
    assert_eq!(project.read("two.txt"), "1\n");
    assert!(done.stderr.contains("x.pyc"), "ignored files are named: {}", done.stderr);
    assert!(!project.path().join("x.pyc").exists());
}

#[test]
fn a_file_that_is_no_text_any_more_is_modified_and_not_deleted() {
    let project =
        with_steps(&[shell("printf 'a\\000b' > README.md; printf 'c\\000d' > new.bin; rm manage.py")]);
    let result = run(&project, &["--allow-destructive", "--json"]).expect(0).json();
    assert_eq!(result["modified_files"], json!(["README.md"]));
    assert_eq!(result["created_files"], json!(["new.bin"]));
    assert_eq!(result["deleted_files"], json!(["manage.py"]));
    let diff = result["diff"].as_str().unwrap();
    assert!(diff.contains("a/manage.py") && !diff.contains("README.md"), "{diff}");
    assert!(result["notes"].to_string().contains("not text: README.md, new.bin"), "{}", result["notes"]);
}

#[test]
fn a_command_that_fails_lands_nothing() {
    let project = with_steps(&[shell("echo broken > README.md; echo 'no such luck' >&2; exit 3")]);
    let before = project.everything();
    let failed = run(&project, &["--allow-destructive"]).expect(1);
    assert!(
        failed.stderr.contains("no such luck") && failed.stderr.contains("status 3"),
        "{}",
        failed.stderr
    );
    assert_eq!(before, project.everything());
}

#[test]
fn a_command_that_hangs_is_killed_with_what_it_started() {
    let project = with_steps(&[(
        "run_command",
        json!({"argv": ["sh", "-c", "sleep 300 & echo $! > \"$HOME/pid\"; wait"], "timeout_seconds": 1}),
    )]);
    let before = project.git(&["rev-parse", "HEAD"]);
    let failed = run(&project, &["--allow-destructive"]).expect(1);
    assert!(failed.stderr.contains("still running after 1 s"), "{}", failed.stderr);
    let pid = std::fs::read_to_string(project.home().join("pid")).unwrap();
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "the child of the command lives on: {state}");
    assert_eq!(before, project.git(&["rev-parse", "HEAD"]));
}

#[test]
fn what_nobody_classified_is_asked_about_and_refused_without_an_answer() {
    let project = with_steps(&[("run_command", json!({"argv": ["frobnicate"]}))]);
    let before = project.everything();
    let refused = run(&project, &[]).expect(3);
    assert!(refused.stderr.contains("--allow-destructive"), "{}", refused.stderr);
    assert_eq!(before, project.everything());
}

#[test]
fn a_command_whose_work_is_done_is_not_run_again() {
    let project = with_steps(&[(
        "run_command",
        json!({"argv": ["sh", "-c", "echo again >> README.md"], "creates": "manage.py"}),
    )]);
    let done = run(&project, &["--allow-destructive"]).expect(0);
    assert!(done.stderr.contains("nothing to land"), "{}", done.stderr);
}

#[test]
fn a_command_gets_the_ignored_files_that_the_settings_name() {
    let project = with_steps(&[shell("cp db.sqlite3 copied.txt")]);
    project.write("db.sqlite3", "rows\n");
    let _ = run(&project, &["--allow-destructive", "--config", "worktree.copy=[\"db.sqlite3\"]"]).expect(0);
    assert_eq!(project.read("copied.txt"), "rows\n");
}

#[test]
fn a_command_does_not_start_outside_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let project = with_steps(&[("run_command", json!({"argv": ["sh", "-c", "pwd > PWNED"], "cwd": "link"}))]);
    std::os::unix::fs::symlink(outside.path(), project.path().join("link")).unwrap();
    project.commit("a link");
    let refused = run(&project, &["--allow-destructive"]);
    assert_ne!(refused.code, 0, "{}", refused.stderr);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_step_by_hand_waits_for_a_person() {
    let project = with_steps(&[
        ("modify_file", json!({"path": "one.txt", "operations": [{"op": "create", "text": "1\n"}]})),
        ("manual", json!({"instructions": "Ask the operations team for a bucket"})),
    ]);
    let before = project.everything();
    let waiting = run(&project, &[]).expect(3);
    assert!(waiting.stderr.contains("Ask the operations team"), "{}", waiting.stderr);
    assert_eq!(before, project.everything());
    let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
    assert_eq!(shown["result"]["status"], "waiting");
    if aksara_testkit::python_or_skip("a_step_by_hand_waits_for_a_person").is_some() {
        let done = project.aksara_on_terminal(AKSARA, &["ai", "resume"], &[("Is it done? [y/N]", "y\n")]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        assert_eq!(project.read("one.txt"), "1\n");
    }
}
