//! What a failed step means: for the steps before it, for those that depend on it, for the others, and for the
//! user's branch. Every call is a process of its own, so whatever follows a failure works from the record alone.

use std::sync::OnceLock;

use aksara_testkit::{Project, Run};
use serde_json::{Value, json};

use crate::{AKSARA, TAGGING};

/// What each of the steps depends on: three in a row, and two beside them.
const NEEDS: [&[u32]; 5] = [&[], &[1], &[2], &[], &[4]];

const DEFAULT: &[&str] = &[];
const KEEP: &[&str] = &["--rollback-on-failure=false"];
const GO_ON: &[&str] = &["--continue-on-failure"];
const TRY_ALL: &[&str] = &["--continue-on-failure", "--skip-dependent=false"];

/// A project and a plan file of five commands. Step N makes `N.txt` from the files of the steps that it needs, and
/// says so in a log outside. It fails while there is a file `fail-N` beside the log, and kills Aksara with signal 9
/// if there is one called `kill-N`.
fn project() -> Project {
    static PLAN: OnceLock<String> = OnceLock::new();
    let project = Project::of("django-blog");
    project.write("../plan.json", PLAN.get_or_init(five_steps));
    project
}

fn five_steps() -> String {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut plan: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    plan["steps"] = (1..)
        .zip(NEEDS)
        .map(|(n, needs)| {
            let inputs: String = needs.iter().map(|d| format!(" {d}.txt")).collect();
            let script = format!(
                "echo {n} >> \"$HOME/log\"
                if test -e \"$HOME/kill-{n}\"; then rm \"$HOME/kill-{n}\"; kill -9 $PPID; exit 1; fi
                if test -e \"$HOME/fail-{n}\"; then echo 'out of luck' >&2; exit 3; fi
                cat /dev/null{inputs} > {n}.txt && echo {n} >> {n}.txt"
            );
            json!({"order": n, "id": format!("s{n}"), "type": "run_command", "name": "x",
                   "description": format!("Make {n}"), "dependencies": needs,
                   "params": {"argv": ["sh", "-c", script]}})
        })
        .collect();
    plan.to_string()
}

fn mark(project: &Project, name: &str) {
    std::fs::write(project.home().join(name), "").unwrap();
}

fn unmark(project: &Project, name: &str) {
    std::fs::remove_file(project.home().join(name)).unwrap();
}

fn execute(project: &Project, flags: &[&str]) -> Run {
    let mut args = vec!["ai", "plan", "--load", "../plan.json", "--execute", "--yes", "--allow-destructive"];
    args.extend(flags);
    project.aksara(AKSARA, &args)
}

/// The newest run's status and that of each step, a letter each: done, failed, skipped, pending, rolled back.
fn stands(project: &Project) -> (String, String) {
    let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
    let result = &shown["result"];
    let steps = result["step_results"].as_array().unwrap();
    let letters: String = steps.iter().map(|s| &s["status"].as_str().unwrap()[..1]).collect();
    let count = |letter: char| letters.matches(letter).count();
    assert_eq!(result["failed_steps"], count('f'));
    assert_eq!(result["skipped_steps"], count('s'));
    assert_eq!(result["failures"].as_array().unwrap().len(), count('f'));
    let status = result["status"].as_str().unwrap().to_owned();
    let listed = project.aksara(AKSARA, &["ai", "runs", "--json"]).expect(0).json();
    assert_eq!(listed["runs"][0]["status"], status.as_str());
    (status, letters)
}

/// The steps that were begun since the last look, in order.
fn log(project: &Project) -> String {
    let log = project.home().join("log");
    let text = std::fs::read_to_string(&log).unwrap_or_default().replace('\n', "");
    std::fs::write(log, "").unwrap();
    text
}

/// The steps before are taken back, those after never begin.
#[test]
fn the_table_by_default() {
    let rows = ["fpppp", "rfppp", "rrfpp", "rrrfp", "rrrrf"];
    table(DEFAULT, rows.map(|steps| ("failed", steps)));
}

/// The steps before are kept. Of a run that did nothing, nothing is.
#[test]
fn the_table_without_rollback() {
    let [first, rest @ ..] = ["fpppp", "dfppp", "ddfpp", "dddfp", "ddddf"];
    let [second, third, fourth, fifth] = rest.map(|steps| ("partial", steps));
    table(KEEP, [("failed", first), second, third, fourth, fifth]);
}

/// What depends on it is left out, and what depends on that; the others are carried out.
#[test]
fn the_table_going_on() {
    let rows = ["fssdd", "dfsdd", "ddfdd", "dddfs", "ddddf"];
    table(GO_ON, rows.map(|steps| ("partial", steps)));
}

/// What depends on it is tried, and fails for what it lacks.
#[test]
fn the_table_going_on_with_all() {
    let rows = ["fffdd", "dffdd", "ddfdd", "dddff", "ddddf"];
    table(TRY_ALL, rows.map(|steps| ("partial", steps)));
}

/// One combination of settings, and each place of the failed step: what becomes of the run, of each step, and of the
/// branch; and that a second try runs what did not succeed, and nothing else.
fn table(flags: &[&str], rows: [(&str, &str); 5]) {
    for (fails, (status, steps)) in (1..).zip(rows) {
        let case = format!("{flags:?}, step {fails} fails");
        let project = project();
        let before = project.everything();
        mark(&project, &format!("fail-{fails}"));
        let run = execute(&project, flags);
        assert_eq!(run.code, 1, "{case}: {}", run.stderr);
        assert!(run.stderr.contains("out of luck"), "{case}: {}", run.stderr);
        assert_eq!(stands(&project), (status.to_owned(), steps.to_owned()), "{case}");
        assert_eq!(before, project.everything(), "{case}: something of the user's was touched");
        let retry = run.stderr.contains("aksara ai retry ");
        let land = run.stderr.contains("aksara ai land ");
        assert!(retry && land == (status == "partial"), "{case}: {}", run.stderr);
        let begun: String = (1..)
            .zip(steps.chars())
            .filter(|(_, s)| !"sp".contains(*s))
            .map(|(n, _)| n.to_string())
            .collect();
        assert_eq!(log(&project), begun, "{case}");

        // As long as the reason is there, another try changes nothing.
        let again = project.aksara(AKSARA, &["ai", "retry"]).expect(1);
        assert!(again.stderr.contains("out of luck"), "{case}: {}", again.stderr);
        assert_eq!(stands(&project), (status.to_owned(), steps.to_owned()), "{case}: again");
        assert_eq!(before, project.everything(), "{case}");
        log(&project);

        unmark(&project, &format!("fail-{fails}"));
        let done = project.aksara(AKSARA, &["ai", "retry"]).expect(0);
        assert_eq!(stands(&project), ("landed".into(), "ddddd".into()), "{case}: {}", done.stderr);
        let missed: String = (1..)
            .zip(steps.chars())
            .filter(|(_, s)| "fsp".contains(*s))
            .map(|(n, _)| n.to_string())
            .collect();
        assert_eq!(log(&project), missed, "{case}: a step that was done was carried out again");
        let files = project.git(&["show", "--name-only", "--format="]);
        assert_eq!(files, "1.txt\n2.txt\n3.txt\n4.txt\n5.txt\n", "{case}");
        assert_eq!(project.read("3.txt"), "1\n2\n3\n", "{case}");
        let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
        assert!(!project.path().join("1.txt").exists(), "{case}");
    }
}

/// Killed with signal 9, before the failure or after it: `resume` brings the run to where it would have come
/// without that, and `retry` to its end.
#[test]
fn the_table_after_a_kill() {
    for (flags, fails, kills, status, steps) in [
        (DEFAULT, 3, 2, "failed", "rrfpp"),
        (KEEP, 3, 2, "partial", "ddfpp"),
        (GO_ON, 2, 1, "partial", "dfsdd"),
        (GO_ON, 2, 4, "partial", "dfsdd"),
        (GO_ON, 1, 5, "partial", "fssdd"),
        (TRY_ALL, 1, 3, "partial", "fffdd"),
    ] {
        let case = format!("{flags:?}, step {fails} fails, killed at {kills}");
        let project = project();
        let before = project.everything();
        mark(&project, &format!("fail-{fails}"));
        mark(&project, &format!("kill-{kills}"));
        assert_eq!(execute(&project, flags).code, -1, "{case}");
        assert_eq!(stands(&project).0, "running", "{case}");
        log(&project);
        let resumed = project.aksara(AKSARA, &["ai", "resume"]).expect(1);
        assert_eq!(stands(&project), (status.to_owned(), steps.to_owned()), "{case}: {}", resumed.stderr);
        assert_eq!(before, project.everything(), "{case}");
        let log_of_resumed = log(&project);
        assert!(log_of_resumed.starts_with(&kills.to_string()), "{case}: {log_of_resumed}");

        // Killed while it is tried again, too.
        unmark(&project, &format!("fail-{fails}"));
        mark(&project, &format!("kill-{fails}"));
        assert_eq!(project.aksara(AKSARA, &["ai", "retry"]).code, -1, "{case}");
        assert_eq!(project.git(&["status", "--porcelain"]), "", "{case}");
        assert_eq!(project.git(&["log", "--format=%s"]), "start\n", "{case}");
        let _ = project.aksara(AKSARA, &["ai", "retry"]).expect(0);
        assert_eq!(stands(&project), ("landed".into(), "ddddd".into()), "{case}");
        assert_eq!(project.read("3.txt"), "1\n2\n3\n", "{case}");
    }
}

/// Killed between a failure and what follows from it.
#[test]
fn a_failure_that_is_the_last_line_of_the_record() {
    for (flags, resumed) in [(DEFAULT, "failed"), (KEEP, "partial"), (GO_ON, "partial")] {
        let project = project();
        mark(&project, "fail-5");
        let _ = execute(&project, flags).expect(1);
        let run =
            std::fs::read_dir(project.path().join(".git/aksara/runs")).unwrap().next().unwrap().unwrap();
        let file = run.path().join("events.jsonl");
        let text = std::fs::read_to_string(&file).unwrap();
        let end = text.find("\"event\":\"step_failed\"").map(|at| at + text[at..].find('\n').unwrap() + 1);
        assert_ne!(end, Some(text.len()), "{text}");
        std::fs::write(&file, &text[..end.unwrap()]).unwrap();
        let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(1);
        assert_eq!(stands(&project).0, resumed, "{flags:?}");
    }
}

#[test]
fn what_is_done_lands_when_that_is_asked_for() {
    for (flags, files) in [(KEEP, "1.txt\n"), (GO_ON, "1.txt\n4.txt\n5.txt\n")] {
        let project = project();
        mark(&project, "fail-2");
        let _ = execute(&project, flags).expect(1);
        let landed = project.aksara(AKSARA, &["ai", "land"]).expect(0);
        assert_eq!(project.git(&["show", "--name-only", "--format="]), files);
        assert_eq!(stands(&project).0, "landed", "{}", landed.stderr);
        assert_eq!(project.git(&["status", "--porcelain"]), "");
        let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
        assert_eq!(shown["result"]["success"], false, "not everything that the plan said was done");

        // What is missing is made by the plan again: what it did is there.
        let refused = project.aksara(AKSARA, &["ai", "retry", shown["result"]["run"].as_str().unwrap()]);
        assert_eq!(refused.code, 3, "{}", refused.stderr);
        let hint = refused.stderr.split_once("aksara ai plan --load ").unwrap().1.trim();
        assert!(hint.ends_with(" --execute --again"), "{hint}");
        unmark(&project, "fail-2");
        let mut again = vec!["ai", "plan", "--load"];
        again.extend(hint.split(' '));
        again.extend(["--yes", "--allow-destructive"]);
        let _ = project.aksara(AKSARA, &again).expect(0);
        assert_eq!(project.read("3.txt"), "1\n2\n3\n");
        let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
        assert!(!project.path().join("3.txt").exists() && project.path().join("1.txt").exists());
        let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
        assert!(!project.path().join("1.txt").exists());
    }
}

#[test]
fn what_is_done_lands_on_a_branch_or_as_a_patch() {
    let project = project();
    mark(&project, "fail-2");
    let _ = execute(&project, GO_ON).expect(1);
    let head = project.head();
    let patch = project.aksara(AKSARA, &["ai", "land", "--land", "patch"]).expect(0);
    assert_eq!(patch.stdout.matches("diff --git ").count(), 3, "{}", patch.stdout);

    mark(&project, "fail-2");
    let _ = execute(&project, &["--continue-on-failure", "--again"]).expect(1);
    let result = project.aksara(AKSARA, &["ai", "land", "--land", "branch", "--json"]).expect(0).json();
    let branch = result["landed"]["branch"].as_str().unwrap();
    assert_eq!(project.git(&["diff", "--name-only", "main", branch]), "1.txt\n4.txt\n5.txt\n");
    assert_eq!(project.head(), head);
}

#[test]
fn what_was_not_to_land_can_land_later() {
    let project = project();
    let _ = execute(&project, &["--land", "none"]).expect(0);
    let nothing_failed = project.aksara(AKSARA, &["ai", "retry"]);
    assert_eq!(nothing_failed.code, 2, "{}", nothing_failed.stderr);
    let _ = project.aksara(AKSARA, &["ai", "land"]).expect(0);
    assert_eq!(stands(&project).0, "landed");
    assert_eq!(project.read("5.txt"), "4\n5\n");
}

/// What is done is carried out again on the branch's new head, and only that.
#[test]
fn the_branch_moved_before_it_landed() {
    let project = project();
    mark(&project, "fail-2");
    let _ = execute(&project, KEEP).expect(1);
    log(&project);
    project.write("README.md", "another\n");
    project.commit("meanwhile");
    let _ = project.aksara(AKSARA, &["ai", "land"]).expect(0);
    assert_eq!(log(&project), "1");
    assert_eq!(project.git(&["show", "--name-only", "--format="]), "1.txt\n");
    assert_eq!(project.read("README.md"), "another\n");
}

/// The newest checkpoint is the last that was made, not that of the last step.
#[test]
fn a_step_that_came_late_is_taken_back_first() {
    let project = project();
    mark(&project, "fail-2");
    let _ =
        execute(&project, &["--continue-on-failure", "--land", "none", "--commits", "per-step"]).expect(1);
    unmark(&project, "fail-2");
    let _ = project.aksara(AKSARA, &["ai", "retry"]).expect(0);
    let diff = |step: &str| project.aksara(AKSARA, &["ai", "diff", "--step", step]).expect(0).stdout;
    for step in ["1", "2", "3", "4", "5"] {
        assert_eq!(diff(step).matches("diff --git ").count(), 1, "step {step}: {}", diff(step));
        assert!(diff(step).contains(&format!("b/{step}.txt")), "{}", diff(step));
    }
    let landed = project.aksara(AKSARA, &["ai", "land"]).expect(0);
    let subjects = project.git(&["log", "-5", "--format=%s"]);
    assert_eq!(subjects, "Make 3\nMake 2\nMake 5\nMake 4\nMake 1\n", "{}", landed.stderr);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--to", "5"]).expect(0);
    assert!(project.path().join("5.txt").exists() && !project.path().join("2.txt").exists());
}

/// An edit that does not hold, and a step that needs its file.
#[test]
fn an_edit_that_is_tried_without_what_it_needs_says_what_it_lacked() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut plan: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    let edit = |n: u32, path: &str, operation: Value| {
        json!({"order": n, "id": format!("s{n}"), "type": "modify_file", "name": "x", "description": format!("Edit {path}"),
               "params": {"path": path, "operations": [operation]}})
    };
    plan["steps"] = json!([
        edit(1, "blog/tools.py", json!({"op": "create", "text": "from blog.nowhere import thing\n"})),
        edit(2, "blog/tools.py", json!({"op": "replace_exact", "old": "thing", "new": "thing as other"})),
        edit(3, "notes.txt", json!({"op": "create", "text": "1\n"})),
    ]);
    project.write("../plan.json", plan.to_string());
    let run = execute(&project, TRY_ALL).expect(1);
    assert_eq!(stands(&project), ("partial".into(), "ffd".into()), "{}", run.stderr);
    assert!(run.stderr.contains("it depends on step 1, which failed"), "{}", run.stderr);
    assert!(run.stderr.contains("an import leads nowhere"), "{}", run.stderr);

    let run = execute(&project, GO_ON).expect(1);
    assert_eq!(stands(&project), ("partial".into(), "fsd".into()));
    assert!(run.stderr.contains("it depends on step 1, which failed"), "{}", run.stderr);

    let run = execute(&project, &["--validate-each-step=false"]).expect(0);
    assert!(project.read("blog/tools.py").contains("thing as other"), "{}", run.stderr);
}

/// A retry may be allowed what the run was refused for.
#[test]
fn what_nobody_allowed_is_allowed_at_the_second_try() {
    let project = project();
    let refused =
        project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes"]).expect(3);
    assert!(refused.stderr.contains("--allow-destructive"), "{}", refused.stderr);
    assert_eq!(stands(&project), ("failed".into(), "fpppp".into()));
    assert_eq!(log(&project), "");
    let _ = project.aksara(AKSARA, &["ai", "retry"]).expect(3);
    let _ = project.aksara(AKSARA, &["ai", "retry", "--yes", "--allow-destructive"]).expect(0);
    assert_eq!(stands(&project), ("landed".into(), "ddddd".into()));
}

#[test]
fn without_the_question_what_destroys_is_carried_out() {
    let project = project();
    let unasked = project.aksara(
        AKSARA,
        &["ai", "plan", "--load", "../plan.json", "--execute", "--yes", "--confirm-destructive=false"],
    );
    assert_eq!(unasked.code, 0, "{}", unasked.stderr);
}

/// A step has so long, with all that it starts; what it started is gone.
#[test]
fn a_step_over_its_time_is_killed_with_its_group() {
    let project = project();
    let mut plan: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    plan["steps"][1]["params"]["argv"][2] = json!("sleep 300 & echo $! > \"$HOME/pid\"; wait");
    project.write("../plan.json", plan.to_string());
    let run = execute(&project, &["--step-timeout-seconds", "1", "--continue-on-failure"]).expect(1);
    assert_eq!(stands(&project), ("partial".into(), "dfsdd".into()), "{}", run.stderr);
    assert!(run.stderr.contains("still running after 1 s"), "{}", run.stderr);
    assert!(run.stderr.contains("step_timeout_seconds"), "{}", run.stderr);
    let pid = std::fs::read_to_string(project.home().join("pid")).unwrap();
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "the child of the command lives on: {state}");
}

/// Each setting of the planner reaches the planner from a file, the environment and the command line, and `config`
/// says which it was.
#[test]
fn settings_come_from_everywhere_and_say_so() {
    let project = project();
    let get = |key: &str, more: &[&str], variable: Option<(&str, &str)>| {
        let mut args = vec!["config", "get", key, "--origin"];
        args.extend(more);
        let mut command = aksara_testkit::aksara(AKSARA, &project, &args);
        command.envs(variable);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    };
    let changed = |value: &str| match value {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        number => format!("{}", number.parse::<u64>().unwrap() + 1),
    };
    for (name, default) in [
        ("rollback_on_failure", "true"),
        ("continue_on_failure", "false"),
        ("skip_dependent", "true"),
        ("max_steps", "60"),
        ("step_timeout_seconds", "60"),
        ("validate_each_step", "true"),
        ("run_tests_after", "false"),
        ("default_interactive", "false"),
        ("confirm_destructive", "true"),
    ] {
        let key = format!("planner.{name}");
        let value = changed(default);
        assert_eq!(get(&key, &[], None), format!("{default}  # default"));
        let file = project.home().join(".config/aksara/aksara.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, format!("[planner]\n{name} = {value}\n")).unwrap();
        assert_eq!(get(&key, &[], None), format!("{value}  # {}:2", file.display()));
        std::fs::remove_file(&file).unwrap();
        let variable = format!("AKSARA_PLANNER_{}", name.to_uppercase());
        assert_eq!(get(&key, &[], Some((&variable, &value))), format!("{value}  # {variable}"));
        let set = format!("{key}={value}");
        assert_eq!(get(&key, &["--config", &set], None), format!("{value}  # command line"));
    }
    let listed = project.aksara(AKSARA, &["config", "list", "--json"]).expect(0).json();
    let max_steps = listed["settings"].as_array().unwrap().iter().find(|s| s["key"] == "planner.max_steps");
    assert_eq!(max_steps.unwrap()["value"], 60);
    let text = project.aksara(AKSARA, &["config", "list", "--origin"]).expect(0).stdout;
    assert!(text.contains("landing.mode = \"current\"  # default\n"), "{text}");
    // What is listed can be put into a settings file.
    project.write("../home/.config/aksara/aksara.toml", &text);
    let again = project.aksara(AKSARA, &["config", "list"]).expect(0).stdout;
    assert_eq!(text.lines().count(), again.lines().count());
}

/// A migration that stands on what cannot be read needs Django's word.
#[test]
fn a_migration_that_nobody_can_judge_does_not_land() {
    let project = Project::of("django-blog");
    let migration = "from django.db import migrations\n\nfrom blog.operations import Shuffle\n\n\nclass Migration(migrations.Migration):\n    dependencies = [(\"blog\", \"0001_initial\")]\n    operations = [Shuffle(\"post\")]\n";
    project.write("blog/migrations/0002_shuffle.py", migration);
    project.write("blog/operations.py", "from somewhere import Shuffle\n");
    let before = project.commit("a migration of its own kind");
    let run = project.aksara(AKSARA, &["ai", "plan", "Add tagging to posts", "--execute", "--yes"]).expect(3);
    for said in
        ["only Django can say whether the new migration of `blog` is right", "Shuffle", "no interpreter"]
    {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    assert_eq!(before, project.head());
    // Elsewhere it lands, and says that nobody looked.
    let readable = project.copied();
    readable.write(
        "blog/migrations/0002_shuffle.py",
        migration.replace("Shuffle(\"post\")", "").replace("from blog.operations import Shuffle\n", ""),
    );
    let _ = readable.commit("nothing of its own");
    let run =
        readable.aksara(AKSARA, &["ai", "plan", "Add tagging to posts", "--execute", "--yes"]).expect(0);
    assert!(run.stderr.contains("not checked: by Django: no interpreter"), "{}", run.stderr);
}
