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
        with_steps(&[shell("printf 'a\\377b' > README.md; printf 'c\\377d' > new.bin; rm manage.py")]);
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

/// The same is refused with and without the others being carried out; what went wrong counts more.
#[test]
fn a_step_that_nobody_can_allow_is_refused_whatever_becomes_of_the_others() {
    let harmless =
        ("modify_file", json!({"path": "one.txt", "operations": [{"op": "create", "text": "1\n"}]}));
    let unknown = ("run_command", json!({"argv": ["frobnicate"], "class": "read"}));
    let project = with_steps(&[harmless.clone(), unknown.clone()]);
    let reason =
        "`frobnicate` counts as destructive: nothing is known about this program, and nobody can be asked";
    for more in [&[][..], &["--continue-on-failure", "--again"]] {
        let refused = run(&project, more).expect(3);
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
        assert!(!refused.stderr.to_lowercase().contains("destroys"), "{}", refused.stderr);
    }
    let result = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json()["result"].clone();
    assert_eq!(
        (&result["status"], &result["error"]["kind"]),
        (&json!("partial"), &json!("refused")),
        "{result}"
    );
    let failing = ("run_command", json!({"argv": ["false"], "class": "read"}));
    let project = with_steps(&[harmless, unknown, shell("exit 3"), failing]);
    let both = run(&project, &["--continue-on-failure"]).expect(1);
    assert!(both.stderr.contains("it can run anything"), "{}", both.stderr);
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

/// A shell command with a class and an undo command.
fn with_undo(script: &str, undo: &str) -> (&'static str, Value) {
    ("run_command", json!({"argv": ["sh", "-c", script], "undo": ["sh", "-c", undo]}))
}

fn home(project: &Project, name: &str) -> bool {
    project.home().join(name).exists()
}

/// The only run's record, as it is on the disk.
fn journal(project: &Project) -> String {
    let runs = project.path().join(".git/aksara/runs");
    let run = std::fs::read_dir(runs).unwrap().next().unwrap().unwrap();
    std::fs::read_to_string(run.path().join("events.jsonl")).unwrap()
}

fn shown(project: &Project) -> Value {
    project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json()["result"].clone()
}

/// Text of a list in a result.
fn lines(result: &Value, list: &str) -> String {
    result[list].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_failed_run_did_outside_is_undone_backwards_and_done_again_at_the_second_try() {
    let log = |what: &str| format!("echo {what} >> \"$HOME/log\"");
    let project = with_steps(&[
        shell(&log("one")),
        with_undo(&log("two"), &log("undo-two")),
        with_undo(&log("three"), &log("undo-three")),
        shell("test -e \"$HOME/ok\" && echo 4 > four.txt"),
    ]);
    let failed = run(&project, &["--allow-destructive"]).expect(1);
    let told = || std::fs::read_to_string(project.home().join("log")).unwrap().replace('\n', " ");
    assert_eq!(told(), "one two three undo-three undo-two ");
    let result = shown(&project);
    assert_eq!(result["step_results"][2]["commands"][0]["undone"], true);
    let not_undone = lines(&result, "not_undone");
    assert!(not_undone.contains("of step 1, which has no undo command"), "{not_undone}");
    assert!(not_undone.contains("of step 4, which may have done a part of its work"), "{not_undone}");
    assert!(!not_undone.contains("step 2") && !not_undone.contains("step 3, "), "{not_undone}");
    assert!(failed.stderr.contains("which has no undo command"), "{}", failed.stderr);

    std::fs::remove_file(project.home().join("log")).unwrap();
    std::fs::write(project.home().join("ok"), "").unwrap();
    let _ = project.aksara(AKSARA, &["ai", "retry"]).expect(0);
    assert_eq!(told(), "two three ", "the last good step is the one before what was undone");
    assert_eq!(project.read("four.txt"), "4\n");
}

#[test]
fn a_rollback_undoes_what_commands_did_before_landing_and_after() {
    for land in ["none", "current"] {
        let project = with_steps(&[
            with_undo("touch \"$HOME/one\" && echo 1 > one.txt", "rm \"$HOME/one\""),
            with_undo("touch \"$HOME/two\" && echo 2 > two.txt", "test -e two.txt && rm \"$HOME/two\""),
        ]);
        let _ = run(&project, &["--allow-destructive", "--land", land]).expect(0);
        assert!(home(&project, "one") && home(&project, "two"));
        let _ = project.aksara(AKSARA, &["ai", "rollback", "--to", "1"]).expect(0);
        assert!(home(&project, "one") && !home(&project, "two"), "{land}");
        let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
        assert!(!home(&project, "one"), "{land}");
        assert_eq!(project.git(&["status", "--porcelain"]), "");
        assert!(!project.path().join("one.txt").exists());
        assert_eq!(project.git(&["worktree", "list"]).lines().count(), 1);
    }
}

#[test]
fn what_cannot_be_undone_is_listed_and_keeps_nothing_else_from_it() {
    let project = with_steps(&[
        with_undo("touch \"$HOME/one\"", "rm \"$HOME/one\""),
        with_undo("touch \"$HOME/two\" && echo 2 > two.txt", "echo 'it sticks' >&2; exit 7"),
    ]);
    let _ = run(&project, &["--allow-destructive", "--land", "none"]).expect(0);
    let back = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(back.stderr.contains("cannot be taken back: `sh -c touch"), "{}", back.stderr);
    assert!(back.stderr.contains("it sticks") && back.stderr.contains("status 7"), "{}", back.stderr);
    assert!(home(&project, "two") && !home(&project, "one"));
    assert_eq!(shown(&project)["status"], "rolled_back");
}

/// A step may be allowed, and its undo not: that is judged by its own class.
#[test]
fn an_undo_that_nobody_allowed_is_not_run() {
    let project = with_steps(&[(
        "run_command",
        json!({"argv": ["touch", "one.txt"], "class": "workspace_write", "undo": ["sh", "-c", "touch \"$HOME/undone\""]}),
    )]);
    let _ = run(&project, &["--land", "none"]).expect(0);
    let back = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(back.stderr.contains("nobody allowed") && back.stderr.contains("by hand"), "{}", back.stderr);
    assert!(!home(&project, "undone"));
}

/// The rollback may be allowed what the run was not: both flags are needed for what destroys something.
#[test]
fn a_rollback_that_is_allowed_to_runs_undo_commands() {
    for (flags, undone) in
        [(&["--yes"][..], false), (&["--allow-destructive"], true), (&["--yes", "--allow-destructive"], true)]
    {
        let project = with_steps(&[(
            "run_command",
            json!({"argv": ["touch", "one.txt"], "class": "workspace_write", "undo": ["sh", "-c", "touch \"$HOME/undone\""]}),
        )]);
        // Without `--yes`: a run that had it need not be allowed twice.
        let begun = ["ai", "plan", "--load", "../plan.json", "--execute", "--land", "none"];
        let _ = project.aksara(AKSARA, &begun).expect(0);
        let mut args = vec!["ai", "rollback"];
        args.extend(flags);
        let back = project.aksara(AKSARA, &args).expect(0);
        assert_eq!(back.stderr.contains("nobody allowed"), !undone, "{flags:?}: {}", back.stderr);
        assert_eq!(home(&project, "undone"), undone, "{flags:?}");
    }
}

#[test]
fn what_a_killed_run_did_is_undone_by_the_rollback() {
    let project =
        with_steps(&[with_undo("touch \"$HOME/one\"", "rm \"$HOME/one\""), shell("kill -9 $PPID; sleep 1")]);
    assert_eq!(run(&project, &["--allow-destructive"]).code, -1);
    assert!(home(&project, "one"));
    let back = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(!home(&project, "one"));
    assert!(
        back.stderr.contains("step 2, which may have done a part of its work: it was cut off"),
        "{}",
        back.stderr
    );
}

/// What an undo that was cut off has done is not known: it is told, and the work is done again when the run goes on.
#[test]
fn a_kill_during_an_undo_loses_nothing() {
    let project = with_steps(&[
        with_undo("echo up >> \"$HOME/log\"", "echo down >> \"$HOME/log\"; kill -9 $PPID; sleep 1"),
        shell("test -e \"$HOME/ok\""),
    ]);
    assert_eq!(run(&project, &["--allow-destructive"]).code, -1);
    let told = || std::fs::read_to_string(project.home().join("log")).unwrap().replace('\n', " ");
    assert_eq!(told(), "up down ");
    let not_undone = lines(&shown(&project), "not_undone");
    assert!(not_undone.contains("its undo command was cut off"), "{not_undone}");
    std::fs::write(project.home().join("ok"), "").unwrap();
    let _ = project.aksara(AKSARA, &["ai", "retry"]).expect(0);
    assert_eq!(told(), "up down up ");
}

#[test]
fn a_branch_that_moved_does_no_work_on_top_of_what_was_done() {
    let project = with_steps(&[
        with_undo("echo up >> \"$HOME/log\"", "echo down >> \"$HOME/log\""),
        shell("touch \"$HOME/begun\"; until test -e \"$HOME/moved\"; do sleep 0.01; done; echo 2 > two.txt"),
    ]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !home(&project, "begun") {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            project.git(&["commit", "-q", "--allow-empty", "-m", "moved"]);
            std::fs::write(project.home().join("moved"), "").unwrap();
        });
        let _ = run(&project, &["--allow-destructive"]).expect(0);
    });
    assert_eq!(std::fs::read_to_string(project.home().join("log")).unwrap(), "up\ndown\nup\n");
    assert_eq!(project.read("two.txt"), "2\n");
}

#[test]
fn what_landed_on_a_branch_of_its_own_is_undone_outside_of_it() {
    let project = with_steps(&[with_undo("touch \"$HOME/one\"; echo 1 > one.txt", "rm \"$HOME/one\"")]);
    let _ = run(&project, &["--allow-destructive", "--land", "branch"]).expect(0);
    let back = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
    assert!(back.stderr.contains("git branch -D"), "{}", back.stderr);
    assert!(!home(&project, "one"));
}

/// A run without a change of the project's files has its commands undone all the same, and says nothing else of them.
#[test]
fn a_run_that_changed_no_file_can_be_taken_back() {
    let project = with_steps(&[with_undo("touch \"$HOME/one\"", "rm \"$HOME/one\"")]);
    let done = run(&project, &["--allow-destructive"]).expect(0);
    assert!(!done.stderr.contains("cannot be taken back"), "{}", done.stderr);
    let id = shown(&project)["run"].as_str().unwrap().to_owned();
    let _ = project.aksara(AKSARA, &["ai", "rollback", &id]).expect(0);
    assert!(!home(&project, "one"));
    let again = project.aksara(AKSARA, &["ai", "rollback", &id]).expect(3);
    assert!(again.stderr.contains("was taken back already"), "{}", again.stderr);
}

/// The record keeps no secret; the process that ran the command knows it all the same.
#[test]
fn an_undo_with_a_secret_runs_as_long_as_somebody_knows_it() {
    let step = json!({
        "argv": ["sh", "-c", "touch \"$HOME/one\""],
        "undo": ["sh", "-c", "test \"$API_TOKEN\" = opensesame && rm \"$HOME/one\""],
        "env": {"API_TOKEN": "opensesame"},
    });
    let project = with_steps(&[("run_command", step), shell("exit 1")]);
    let _ = run(&project, &["--allow-destructive"]).expect(1);
    assert!(!home(&project, "one"));
    assert!(!journal(&project).contains("opensesame"));
}

#[test]
fn a_probe_that_is_content_makes_the_step_a_no_op() {
    let project = with_steps(&[
        (
            "run_command",
            json!({"argv": ["sh", "-c", "echo x >> README.md"], "unless": ["test", "-e", "manage.py"]}),
        ),
        (
            "run_command",
            json!({"argv": ["sh", "-c", "echo x > made.txt"], "unless": ["test", "-e", "made.txt"]}),
        ),
        ("run_command", json!({"argv": ["sh", "-c", "echo y > made.txt"], "creates": "made.txt"})),
        ("run_command", json!({"argv": ["sh", "-c", "echo z > other.txt"], "unless": ["no-such-program"]})),
    ]);
    let done = run(&project, &["--allow-destructive", "--json"]).expect(0).json();
    assert_eq!(project.git(&["show", "--name-only", "--format="]), "made.txt\nother.txt\n");
    assert_eq!(project.read("made.txt"), "x\n");
    let steps = done["step_results"].as_array().unwrap();
    let ran: Vec<usize> = steps.iter().map(|s| s["commands"].as_array().unwrap().len()).collect();
    assert_eq!(ran, [0, 1, 0, 1]);
    assert!(
        lines(&steps[0], "notes").contains("`test -e manage.py` says that it need not be"),
        "{}",
        steps[0]
    );
    assert!(lines(&steps[2], "notes").contains("`made.txt` is there already"), "{}", steps[2]);
}

#[test]
fn output_is_kept_shortened() {
    let project = with_steps(&[shell("echo first; seq 1 100000; echo last; echo 1 > one.txt")]);
    let done =
        run(&project, &["--allow-destructive", "--json", "--config", "commands.output_limit_bytes=2000"]);
    let output =
        done.expect(0).json()["step_results"][0]["commands"][0]["output"].as_str().unwrap().to_owned();
    assert!(output.starts_with("first\n1\n2\n") && output.ends_with("100000\nlast\n"), "{output}");
    assert!(output.contains("bytes left out") && output.len() < 2200, "{}", output.len());
    assert!(journal(&project).len() < 20_000);
}

/// One that prints without end fills no memory: what is handed on as it comes has an end, too.
#[test]
fn output_as_it_comes_has_an_end() {
    let project = with_steps(&[shell("yes 'all work and no play' | head -c 20000000; echo 1 > one.txt")]);
    let done = run(&project, &["--allow-destructive"]).expect(0);
    assert!(done.stderr.len() < 4_000_000, "{}", done.stderr.len());
    assert_eq!(done.stderr.matches("what follows is not shown here").count(), 1);
}

#[test]
fn ignored_files_that_a_failed_command_changed_are_listed() {
    let project = with_steps(&[shell("echo i > x.pyc; exit 1")]);
    let failed = run(&project, &["--allow-destructive"]).expect(1);
    assert!(failed.stderr.contains("step 1 failed and changed ignored files"), "{}", failed.stderr);
    assert!(failed.stderr.contains("x.pyc"), "{}", failed.stderr);
}

const SECRET: &str = "correct-horse-battery";

fn run_with_secret(project: &Project, more: &[&str]) -> Run {
    let mut args = vec!["ai", "plan", "--load", "../plan.json", "--execute", "--yes", "--allow-destructive"];
    args.extend(more);
    let output = aksara_testkit::aksara(AKSARA, project, &args)
        .env("DEPLOY_TOKEN", SECRET)
        .env("PLAIN", "nothing special")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn commands_get_the_variables_that_are_allowed_and_no_others() {
    let project = with_steps(&[shell("env > env.txt")]);
    let _ = run_with_secret(&project, &["--config", "commands.env=[\"PLAIN\"]"]).expect(0);
    let env = project.read("env.txt");
    assert!(env.contains("PLAIN=nothing special") && env.contains("HOME="), "{env}");
    assert!(!env.contains("DEPLOY_TOKEN") && !env.contains(SECRET), "{env}");
}

/// Printed by a command, in its arguments, in an address: shown and written down nowhere.
#[test]
fn secrets_are_hidden_in_output_result_and_record() {
    let allow = ["--json", "--config", "commands.env=[\"DEPLOY_TOKEN\"]"];
    for (end, code) in [("echo 1 > one.txt", 0), ("exit 3", 1)] {
        let script = format!(
            "echo \"out $DEPLOY_TOKEN\"; echo \"err $DEPLOY_TOKEN\" >&2; echo https://me:opensesame@example.com/x; {end}"
        );
        let project = with_steps(&[(
            "run_command",
            json!({"argv": ["sh", "-c", script, "sh", "--token", "ghp_argument"], "undo": ["sh", "-c", "true", "sh", "--token=ghp_undo"]}),
        )]);
        let run = run_with_secret(&project, &allow).expect(code);
        let record = journal(&project);
        for (place, text) in [("stdout", &run.stdout), ("stderr", &run.stderr), ("record", &record)] {
            assert!(text.contains("out ***"), "{place}: {text}");
            for secret in [SECRET, "opensesame"] {
                assert!(!text.contains(secret), "{place} has {secret}: {text}");
            }
        }
        assert!(
            !record.contains("ghp_argument")
                && !record.contains("ghp_undo")
                && record.contains("--token ***"),
            "{record}"
        );
        if code == 0 {
            let back = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
            assert!(back.stderr.contains("its undo command holds a secret"), "{}", back.stderr);
        }
    }
}

#[test]
fn a_step_that_needs_what_a_command_makes_is_known_when_that_has_run() {
    let steps = [
        shell("echo old > made.txt"),
        (
            "modify_file",
            json!({"path": "made.txt", "operations": [{"op": "replace_exact", "old": "old", "new": "new"}]}),
        ),
    ];
    let project = with_steps(&steps);
    let refused = run(&project, &["--allow-destructive"]);
    assert_ne!(refused.code, 0, "nothing says that it needs the command: {}", refused.stderr);

    let mut plan: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    plan["steps"][1]["dependencies"] = json!([1]);
    project.write("../plan.json", plan.to_string());
    let shown =
        project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--dry-run", "--json"]).expect(0);
    let note = lines(&shown.json()["step_results"][1], "notes");
    assert!(note.contains("unknown until step 1 has run"), "{note}");
    let _ = run(&project, &["--allow-destructive"]).expect(0);
    assert_eq!(project.read("made.txt"), "new\n");
}
