//! Going on with a run: after the user corrected the project, where nobody can be asked, when a hook is content again.

use aksara_testkit::Project;
use serde_json::{Value, json};

use crate::{AKSARA, TAGGING};

/// A plan file without `stack`, as people write it by hand.
fn by_hand(project: &Project, more: Value, steps: &[(&str, Value)]) {
    let steps: Vec<Value> = (1..)
        .zip(steps)
        .map(|(n, (step_type, params))| {
            json!({"order": n, "id": format!("s{n}"), "type": step_type, "name": "x",
                   "description": format!("Step number {n}"), "params": params})
        })
        .collect();
    let mut plan = json!({"format_version": 1, "id": "plan-by-hand", "title": "By hand", "description": "",
                          "summary": "", "source": {"kind": "manual"}, "root": "", "steps": steps,
                          "created_at": "2026-01-01T00:00:00Z", "runtime_version": "0.1.0"});
    for (key, value) in more.as_object().unwrap() {
        plan[key] = value.clone();
    }
    project.write("../plan.json", plan.to_string());
}

fn make(path: &str, text: &str) -> (&'static str, Value) {
    ("modify_file", json!({"path": path, "operations": [{"op": "create", "text": text}]}))
}

fn execute(project: &Project, more: &[&str]) -> aksara_testkit::Run {
    let mut args = vec!["ai", "plan", "--load", "../plan.json", "--execute"];
    args.extend(more);
    project.aksara(AKSARA, &args)
}

fn newest(project: &Project) -> Value {
    project.aksara(AKSARA, &["ai", "runs", "--json"]).expect(0).json()["runs"][0].clone()
}

/// The check failed for what the user had committed; when that is corrected, another try starts from there.
#[test]
fn a_correction_that_was_committed_counts() {
    for (go_on, land) in [("retry", "current"), ("resume", "current"), ("retry", "branch")] {
        let Some(project) = Project::django_blog("a_correction_that_was_committed_counts") else { return };
        let settings = project.read("config/settings.py");
        project.write("config/settings.py", format!("{settings}\nimport no_such_module\n"));
        project.commit("a mistake");
        let failed =
            project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes", "--land", land]).expect(1);
        assert!(failed.stderr.contains("no_such_module"), "{}", failed.stderr);
        let next = "when `no_such_module` is installed for the project's Python, or what is wrong is corrected and committed: aksara ai retry";
        assert!(failed.stderr.contains(next), "{}", failed.stderr);
        assert_eq!(newest(&project)["failed_at"], "checks");
        let runs = project.aksara(AKSARA, &["ai", "runs"]).expect(0);
        assert!(runs.stdout.contains("in the checks"), "{}", runs.stdout);

        project.write("config/settings.py", &settings);
        let head = project.commit("corrected");
        let done = project.aksara(AKSARA, &["ai", go_on]).expect(0);
        assert!(done.stderr.contains("the branch moved"), "it is said: {}", done.stderr);
        let commit = newest(&project)["commit"].as_str().unwrap().to_owned();
        assert_eq!(project.git(&["rev-parse", &format!("{commit}^")]).trim(), head.trim(), "{go_on} {land}");
        let landed = project.git(&["show", &format!("{commit}:config/settings.py")]);
        assert_eq!(landed.trim_end(), settings.trim_end());
    }
}

/// Where the new head leaves no place for the run, that is said before anything changes.
#[test]
fn a_run_that_cannot_follow_its_branch_says_so() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut plan: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    let steps = plan["steps"].as_array_mut().unwrap();
    let order = steps.len() + 1;
    let leaves =
        json!({"argv": ["sh", "-c", "touch \"$HOME/one\""], "undo": ["sh", "-c", "rm \"$HOME/one\""]});
    for (order, params) in (order..).zip([leaves, json!({"argv": ["false"]})]) {
        steps.push(json!({"order": order, "id": format!("more{order}"), "type": "run_command", "name": "x",
                          "description": "A command", "params": params}));
    }
    project.write("../plan.json", plan.to_string());
    let _ = execute(&project, &["--yes", "--allow-destructive", "--rollback-on-failure=false"]).expect(1);
    assert!(project.home().join("one").exists());
    let models = project.read("blog/models.py");
    project.write(
        "blog/models.py",
        format!("{models}\n\nclass Tag(models.Model):\n    other = models.IntegerField()\n"),
    );
    project.commit("a model of the same name");
    let (before, run) = (project.everything(), newest(&project));
    let refused = project.aksara(AKSARA, &["ai", "retry"]).expect(3);
    for part in ["its branch moved to", "cannot go on", "aksara ai plan \"", TAGGING, "aksara ai rollback"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert!(project.home().join("one").exists(), "nothing was undone for it");
    assert_eq!(newest(&project), run);
    assert_eq!(project.everything(), before);
}

/// What is not this run's branch is not taken for it.
#[test]
fn a_run_goes_on_on_its_own_branch_only() {
    let project = Project::of("django-blog");
    by_hand(&project, json!({}), &[make("one.txt", "1\n"), ("run_command", json!({"argv": ["false"]}))]);
    let _ = execute(&project, &["--yes", "--allow-destructive"]).expect(1);
    let run = newest(&project);
    project.git(&["switch", "-q", "-c", "other"]);
    project.write("two.txt", "2\n");
    project.commit("elsewhere");
    let refused = project.aksara(AKSARA, &["ai", "retry"]).expect(3);
    assert!(refused.stderr.contains("git switch main"), "{}", refused.stderr);
    assert_eq!(newest(&project), run);
}

/// A run that asks before each step is not ruined by being called where nobody can be asked.
#[test]
fn a_stopped_run_needs_a_terminal_and_loses_nothing_without() {
    let project = Project::of("django-blog");
    by_hand(&project, json!({}), &[make("one.txt", "1\n"), make("two.txt", "2\n")]);
    let ask = "Execute this step? [y/N/s(kip)/q(uit)]";
    let stopped = project.aksara_on_terminal(
        AKSARA,
        &["ai", "plan", "--load", "../plan.json", "--interactive"],
        &[(ask, "y\n"), (ask, "q\n")],
    );
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let run = newest(&project);
    assert_eq!((&run["status"], &run["completed_steps"]), (&json!("stopped"), &json!(1)));
    for go_on in ["resume", "retry"] {
        let refused = project.aksara(AKSARA, &["ai", go_on]).expect(3);
        assert!(refused.stderr.contains("needs a terminal to ask on"), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("--yes") && !refused.stderr.contains("builder"),
            "{}",
            refused.stderr
        );
        assert_eq!(newest(&project), run, "{go_on}");
    }
    let _ = project.aksara(AKSARA, &["ai", "resume", "--yes"]).expect(0);
    assert_eq!(project.git(&["show", "--name-only", "--format="]), "one.txt\ntwo.txt\n");
}

/// A person's no is a decision and no failure.
#[test]
fn a_declined_run_is_not_a_failed_one() {
    let project = Project::of("django-blog");
    by_hand(&project, json!({}), &[make("one.txt", "1\n"), make("two.txt", "2\n")]);
    let ask = "Execute this step? [y/N/s(kip)/q(uit)]";
    let args = ["ai", "plan", "--load", "../plan.json", "--interactive"];
    let before = project.everything();
    let declined = project.aksara_on_terminal(AKSARA, &args, &[(ask, "y\n"), (ask, "n\n")]);
    assert_eq!(declined.code, 3, "{}", declined.stderr);
    assert!(declined.stderr.contains("you said no: nothing was landed"), "{}", declined.stderr);
    assert_eq!(newest(&project)["status"], "declined");
    assert_eq!(before, project.everything());
    let again = project.aksara_on_terminal(AKSARA, &["ai", "resume"], &[(ask, "y\n")]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(project.git(&["show", "--name-only", "--format="]), "one.txt\ntwo.txt\n");
}

#[test]
fn what_a_hook_refused_lands_when_it_is_content() {
    let project = Project::of("django-blog");
    by_hand(&project, json!({}), &[make("one.txt", "1\n")]);
    project.write(
        ".git/hooks/pre-commit",
        "#!/bin/sh\ntest -e \"$HOME/content\" || { echo lint bad >&2; exit 1; }\n",
    );
    use std::os::unix::fs::PermissionsExt as _;
    let hook = project.path().join(".git/hooks/pre-commit");
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let failed = execute(&project, &[]).expect(1);
    for part in ["lint bad", "is kept", "aksara ai retry 2"] {
        assert!(failed.stderr.contains(part), "{part}: {}", failed.stderr);
    }
    assert_eq!(newest(&project)["failed_at"], "landing");
    let runs = project.aksara(AKSARA, &["ai", "runs"]).expect(0);
    assert!(runs.stdout.contains("when it was to land"), "{}", runs.stdout);
    // By hand, as the error says.
    let hint = "`aksara ai diff ";
    let command = failed.stderr.split(hint).nth(2).unwrap().split('`').next().unwrap();
    let aksara = AKSARA.replace('\'', "'\\''");
    let script = format!("'{aksara}' ai diff {command}");
    assert!(script.ends_with("| git apply"), "{script}");
    let applied = project.command("sh").args(["-c", &script]).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert_eq!(project.read("one.txt"), "1\n");
    std::fs::remove_file(project.path().join("one.txt")).unwrap();
    std::fs::write(project.home().join("content"), "").unwrap();
    let _ = project.aksara(AKSARA, &["ai", "retry"]).expect(0);
    assert_eq!(project.read("one.txt"), "1\n");
}

/// A plan is not made smaller by a file that does not parse.
#[test]
fn a_plan_is_refused_where_a_file_of_its_app_does_not_parse() {
    for (file, line) in [
        ("blog/views.py", 2),
        ("blog/serializers.py", 2),
        ("blog/urls.py", 2),
        ("blog/admin.py", 2),
        ("config/urls.py", 2),
    ] {
        let project = Project::of("django-blog");
        project.write(file, "import os\ndef broken(:\n");
        project.commit("a slip");
        let refused = project.aksara(AKSARA, &["ai", "plan", "Add tags to posts", "--json"]).expect(3);
        assert!(refused.stderr.contains(&format!("{file}: ")), "{}", refused.stderr);
        assert!(refused.stderr.contains(&format!("line {line}")), "{}", refused.stderr);
        assert!(!refused.stderr.contains("no viewset"), "{}", refused.stderr);
        let error = &refused.json()["error"];
        assert_eq!(error["kind"], "refused");
        assert!(error["message"].as_str().unwrap().contains(file), "{error}");
    }
    // What the plan has nothing to do with does not stand in its way.
    let project = Project::of("django-blog");
    project.write("scripts/broken.py", "def broken(:\n");
    project.commit("a slip elsewhere");
    let plan = project.aksara(AKSARA, &["ai", "plan", "Add tags to posts"]).expect(0);
    assert!(plan.stdout.contains("Step 8:"), "{}", plan.stdout);
}

/// A plan that says nothing of a stack is checked by the project that it is carried out in.
#[test]
fn a_plan_by_hand_is_checked_by_django() {
    let breaks = || make("blog/checks.py", "import no_such_module\n");
    let Some(project) = Project::django_blog("a_plan_by_hand_is_checked_by_django") else { return };
    by_hand(&project, json!({}), &[breaks()]);
    let failed = execute(&project, &["--yes"]);
    assert_ne!(failed.code, 0, "{}", failed.stderr);
    assert!(failed.stderr.contains("no_such_module"), "{}", failed.stderr);

    by_hand(&project, json!({}), &[make("notes.txt", "x\n")]);
    let done = execute(&project, &["--yes"]).expect(0);
    assert!(done.stderr.contains("check: system checks"), "{}", done.stderr);
    let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
    assert_eq!(shown["plan"]["stack"], "django");

    by_hand(&project, json!({"stack": "none", "id": "plan-other"}), &[make("more.txt", "x\n")]);
    let done = execute(&project, &["--yes"]).expect(0);
    assert!(done.stderr.contains("not checked: by Django: the plan's `stack` is `none`"), "{}", done.stderr);
}

/// Each class of command with each set of flags: what one flag is said to do, it does.
#[test]
fn the_matrix_of_what_allows_a_command() {
    let (yes, destroy) = ("--yes", "--allow-destructive");
    for (class, flags, allowed, says) in [
        ("read", &[][..], true, ""),
        ("workspace_write", &[][..], true, ""),
        ("network", &[][..], false, "pass --yes, or add `network` to commands.allow"),
        ("network", &[yes][..], true, ""),
        ("network", &[destroy][..], false, "pass --yes, or add `network`"),
        ("network", &["--config", "commands.allow=[\"network\"]"][..], true, ""),
        ("database_write", &[yes][..], true, ""),
        ("environment_write", &[yes][..], true, ""),
        ("destructive", &[][..], false, "pass --allow-destructive"),
        ("destructive", &[yes][..], false, "pass --allow-destructive"),
        ("destructive", &[destroy][..], true, ""),
        ("destructive", &[yes, destroy][..], true, ""),
        ("destructive", &[yes, "--confirm-destructive=false"][..], true, ""),
    ] {
        let project = Project::of("django-blog");
        by_hand(
            &project,
            json!({"stack": "none"}),
            &[("run_command", json!({"argv": ["touch", "made.txt"], "class": class}))],
        );
        let run = execute(&project, flags);
        assert_eq!(run.code, if allowed { 0 } else { 3 }, "{class} {flags:?}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{class} {flags:?}: {}", run.stderr);
        assert_eq!(project.path().join("made.txt").exists(), allowed, "{class} {flags:?}");
        assert!(!run.stderr.contains("1 steps"), "{}", run.stderr);
    }
}

#[test]
fn a_program_that_is_not_there_has_done_no_part_of_its_work() {
    let project = Project::of("django-blog");
    by_hand(&project, json!({"stack": "none"}), &[("run_command", json!({"argv": ["frobnicate"]}))]);
    let failed = execute(&project, &["--allow-destructive"]).expect(1);
    assert!(failed.stderr.contains("there is no such program"), "{}", failed.stderr);
    assert!(!failed.stderr.contains("part of its work"), "{}", failed.stderr);
}

#[test]
fn what_python_keeps_for_itself_is_counted() {
    let project = Project::of("django-blog");
    let script = "mkdir -p blog/__pycache__ && for n in 1 2 3; do echo > blog/__pycache__/$n.pyc; done; touch x.pyc a.txt";
    by_hand(&project, json!({"stack": "none"}), &[("run_command", json!({"argv": ["sh", "-c", script]}))]);
    let done = execute(&project, &["--allow-destructive"]).expect(0);
    assert!(done.stderr.contains("x.pyc, 3 files in __pycache__ folders\n"), "{}", done.stderr);
}

/// Without a name, `rollback` means what is in the project, and not what failed since.
#[test]
fn rollback_without_a_name_takes_back_what_landed() {
    let project = Project::of("django-blog");
    by_hand(&project, json!({"stack": "none"}), &[make("one.txt", "1\n")]);
    let _ = execute(&project, &[]).expect(0);
    let landed = newest(&project)["id"].clone();
    by_hand(
        &project,
        json!({"stack": "none", "id": "plan-other"}),
        &[("run_command", json!({"argv": ["false"]}))],
    );
    let _ = execute(&project, &["--allow-destructive"]).expect(1);
    assert_ne!(newest(&project)["id"], landed);
    let back = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(!project.path().join("one.txt").exists());
    let lines: Vec<&str> = back.stderr.lines().collect();
    let said =
        lines.iter().position(|l| l.contains(&format!("run {} is taken back", landed.as_str().unwrap())));
    let note = lines.iter().position(|l| l.contains("refs/aksara/undo/"));
    assert!(said.unwrap() < note.unwrap(), "{}", back.stderr);
}

/// A refusal is JSON too, for a script that reads standard output only.
#[test]
fn what_is_refused_is_json_where_that_is_asked_for() {
    let project = Project::of("django-blog");
    for (args, code, kind) in [
        (&["ai", "plan", "Deploy the thing", "--json"][..], 2, "input"),
        (&["ai", "retry", "--json"][..], 2, "input"),
        (&["config", "get", "planner.max_stepz", "--json"][..], 2, "input"),
    ] {
        let refused = project.aksara(AKSARA, args).expect(code);
        let error = &refused.json()["error"];
        assert_eq!(error["kind"], kind, "{args:?}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(refused.stderr.contains("error: "), "{}", refused.stderr);
        let bare: Vec<&str> = args.iter().copied().filter(|a| *a != "--json").collect();
        assert_eq!(project.aksara(AKSARA, &bare).expect(code).stdout, "", "{args:?}");
    }
}

/// A slip in the name of a setting, and the wrong section with it.
#[test]
fn an_unknown_setting_suggests_one_of_any_section() {
    let project = Project::of("django-blog");
    for (key, meant) in [
        ("validation.max_step", "planner.max_steps"),
        ("max_stps", "planner.max_steps"),
        ("planner.output_limit_byte", "commands.output_limit_bytes"),
    ] {
        let refused = project.aksara(AKSARA, &["config", "get", key]).expect(2);
        assert!(refused.stderr.contains(&format!("did you mean `{meant}`")), "{key}: {}", refused.stderr);
    }
}

#[test]
fn a_no_to_the_plan_says_that_nothing_was_done() {
    let project = Project::of("django-blog");
    let run = project.aksara_on_terminal(AKSARA, &["ai", "plan", TAGGING], &[("Execute plan? [y/N]", "n\n")]);
    assert!(run.stderr.contains("nothing was done"), "{}", run.stderr);
}

/// What is made ends its lines as the files of its kind beside it, and is known again.
#[test]
fn new_files_end_their_lines_as_those_beside_them() {
    let project = Project::of("django-blog");
    project.git(&["config", "core.autocrlf", "false"]);
    project.write("lib/one.txt", "1\r\n");
    project.write("lib/two.md", "2\n");
    project.commit("files");
    let paths = ["lib/new.txt", "lib/below/new.txt", "lib/new.md", "new.md"];
    by_hand(&project, json!({}), &paths.map(|path| make(path, "a\nb\n")));
    let _ = execute(&project, &["--yes"]).expect(0);
    let texts = paths.map(|path| project.read(path));
    assert_eq!(texts, ["a\r\nb\r\n", "a\r\nb\r\n", "a\nb\n", "a\nb\n"]);
    by_hand(&project, json!({"id": "again"}), &paths.map(|path| make(path, "a\nb\n")));
    let again = execute(&project, &["--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already"), "{}", again.stderr);
}
