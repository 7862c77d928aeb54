//! Killed in the middle, a run equals a checkpoint, and goes on from its record.

use std::time::{Duration, Instant};

use aksara_testkit::{Project, aksara};

use crate::{AKSARA, TAGGING};

/// The only run's newest record lines.
fn events(project: &Project) -> String {
    let runs = project.path().join(".git/aksara/runs");
    let Ok(mut entries) = std::fs::read_dir(runs) else { return String::new() };
    entries
        .next()
        .and_then(Result::ok)
        .and_then(|e| std::fs::read_to_string(e.path().join("events.jsonl")).ok())
        .unwrap_or_default()
}

/// Starts a run and kills it with signal 9 as soon as its record satisfies `when`.
fn kill_when(project: &Project, when: impl Fn(&str) -> bool) -> bool {
    let mut child = aksara(AKSARA, project, &["ai", "plan", TAGGING, "--execute", "--yes"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let mut killed = false;
    while started.elapsed() < Duration::from_secs(60) {
        if when(&events(project)) {
            killed = child.kill().is_ok();
            break;
        }
        if child.try_wait().unwrap().is_some() {
            break;
        }
    }
    let _ = child.wait();
    killed
}

#[test]
fn killed_between_steps_it_resumes_to_the_same_result() {
    let reference = Project::of("django-blog");
    let _ = reference.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    let mut cut_off = 0;
    for steps in [1, 2, 3, 5, 7] {
        let project = Project::of("django-blog");
        let head = project.head();
        let before = project.everything();
        // A fast machine may be done before the signal comes; then this round shows nothing.
        if !kill_when(&project, |e| e.matches("\"step_done\"").count() >= steps) {
            continue;
        }
        if events(&project).contains("\"landing_started\"") {
            continue;
        }
        cut_off += 1;
        assert_eq!(project.head(), head);
        assert_eq!(project.everything(), before, "nothing of the user's was touched");
        let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
        for path in ["blog/models.py", "blog/views.py", "blog/serializers.py", "blog/tests/test_tagging.py"] {
            assert_eq!(project.read(path), reference.read(path), "{path}");
        }
        assert_eq!(project.git(&["status", "--porcelain"]), "");
    }
    assert!(cut_off > 0, "no run was slow enough to be killed");
}

#[test]
fn a_torn_last_line_is_ignored() {
    let project = Project::of("django-blog");
    let _ =
        project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes", "--land", "none"]).expect(0);
    let run =
        std::fs::read_dir(project.path().join(".git/aksara/runs")).unwrap().next().unwrap().unwrap().path();
    let file = run.join("events.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    // As if the machine had stopped while the third step's line was written.
    let third = text.match_indices("\"step_done\"").nth(2).unwrap().0;
    std::fs::write(&file, &text[..third + 20]).unwrap();
    let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
    assert_eq!(shown["result"]["completed_steps"], 2);
    let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
    assert_eq!(shown["result"]["status"], "kept");
}

#[test]
fn a_landing_cut_off_in_the_middle_is_finished() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    let run =
        std::fs::read_dir(project.path().join(".git/aksara/runs")).unwrap().next().unwrap().unwrap().path();
    let file = run.join("events.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    // Not the commit itself: it is made anew, at another time.
    let landed = || project.git(&["rev-parse", "HEAD^{tree}", "HEAD^"]);
    let before = landed();
    // As if it had been killed after half of the files: the record knows of the beginning only, the branch is
    // where it was, and some files are the new ones.
    let begun =
        text.lines().take_while(|l| !l.contains("\"event\":\"landed\"")).collect::<Vec<_>>().join("\n");
    std::fs::write(&file, begun + "\n").unwrap();
    project.git(&["update-ref", "refs/heads/main", "HEAD~1"]);
    project.git(&["reset", "--quiet"]);
    let models = project.git(&["show", "HEAD:blog/models.py"]);
    project.write("blog/models.py", models);
    let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    assert_eq!(landed(), before);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn two_processes_do_not_work_on_one_run() {
    let project = Project::of("django-blog");
    let _ =
        project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes", "--land", "none"]).expect(0);
    let run =
        std::fs::read_dir(project.path().join(".git/aksara/runs")).unwrap().next().unwrap().unwrap().path();
    let lock = std::fs::File::open(run.join("lock")).unwrap();
    lock.lock().unwrap();
    let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
    assert!(run.stderr.contains("another process"), "{}", run.stderr);
}

/// The folder of the only run's record.
fn record(project: &Project) -> std::path::PathBuf {
    std::fs::read_dir(project.path().join(".git/aksara/runs")).unwrap().next().unwrap().unwrap().path()
}

/// Takes the record's lines from the first that has `text` away, as if the process had been killed before it.
fn cut_before(project: &Project, text: &str) {
    let file = record(project).join("events.jsonl");
    let lines = std::fs::read_to_string(&file).unwrap();
    assert!(lines.contains(text), "{lines}");
    let kept: String = lines.lines().take_while(|l| !l.contains(text)).map(|l| format!("{l}\n")).collect();
    std::fs::write(&file, kept).unwrap();
}

fn status(project: &Project) -> String {
    let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
    shown["result"]["status"].as_str().unwrap().to_owned()
}

fn executed(more: &[&str]) -> Project {
    let project = Project::of("django-blog");
    let mut args = vec!["ai", "plan", TAGGING, "--execute", "--yes"];
    args.extend(more);
    let _ = project.aksara(AKSARA, &args).expect(0);
    project
}

#[test]
fn a_rollback_killed_before_it_was_written_down_is_known_afterwards() {
    let project = executed(&[]);
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let head = project.head();
    cut_before(&project, "\"rolled_back\"");
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert_eq!(project.head(), head, "nothing is taken back twice");
    assert_eq!(status(&project), "rolled_back");
}

#[test]
fn a_rollback_killed_among_its_files_is_repaired() {
    let project = executed(&[]);
    let landed = project.head();
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let back = project.head();
    cut_before(&project, "\"rolled_back\"");
    // As if it had been killed after one file of several: the branch is where it was, and one file is the new one.
    project.git(&["update-ref", "refs/heads/main", &landed]);
    project.git(&["reset", "--quiet"]);
    project.git(&["checkout", "--quiet", "HEAD", "--", "."]);
    project.write("blog/models.py", project.git(&["show", &format!("{back}:blog/models.py")]));
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    assert!(
        !project.read("blog/models.py").contains("class Tag")
            && !project.path().join("blog/filters.py").exists()
    );
}

#[test]
fn a_run_that_was_taken_back_stays_taken_back() {
    let project = executed(&[]);
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let head = project.head();
    let run = record(&project).file_name().unwrap().to_string_lossy().into_owned();
    for _ in 0..2 {
        let _ = project.aksara(AKSARA, &["ai", "resume", &run]).expect(3);
        assert_eq!((status(&project).as_str(), project.head()), ("rolled_back", head.clone()));
    }
}

#[test]
fn taking_back_a_run_killed_before_its_landing_lands_nothing() {
    for committed_since in [false, true] {
        let project = executed(&[]);
        cut_before(&project, "\"event\":\"landed\"");
        project.git(&["update-ref", "refs/heads/main", "HEAD~1"]);
        project.git(&["reset", "--quiet"]);
        project.git(&["checkout", "--quiet", "HEAD", "--", "."]);
        project.git(&["clean", "--quiet", "-fd", "blog"]);
        if committed_since {
            project.write("README.md", "since\n");
            project.commit("since");
        }
        let head = project.head();
        let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
        assert_eq!(project.head(), head);
        assert_eq!(status(&project), "rolled_back");
    }
}

#[test]
fn a_landing_that_never_came_is_made_on_the_new_head() {
    let project = executed(&[]);
    cut_before(&project, "\"event\":\"landed\"");
    project.git(&["update-ref", "refs/heads/main", "HEAD~1"]);
    project.git(&["reset", "--quiet"]);
    project.git(&["checkout", "--quiet", "HEAD", "--", "."]);
    project.git(&["clean", "--quiet", "-fd", "blog"]);
    project.write("README.md", "since\n");
    let since = project.commit("since");
    let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^"]).trim(), since);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn a_run_whose_steps_are_all_done_goes_on() {
    let project = executed(&["--land", "none"]);
    let last = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json()["result"]["total_steps"]
        .to_string();
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--to", &last]).expect(0);
    let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    assert_eq!(status(&project), "kept");
}

#[test]
fn a_branch_made_before_a_kill_is_taken_for_what_it_is() {
    let project = executed(&["--land", "branch"]);
    cut_before(&project, "\"event\":\"landed\"");
    let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    assert_eq!(status(&project), "landed");
}

#[test]
fn what_has_landed_outlives_its_checkpoints() {
    let project = executed(&[]);
    for name in project.git(&["for-each-ref", "--format=%(refname)", "refs/aksara"]).lines() {
        project.git(&["update-ref", "-d", name]);
    }
    project.git(&["reflog", "expire", "--expire=now", "--all"]);
    project.git(&["gc", "--quiet", "--prune=now"]);
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(!project.read("blog/models.py").contains("class Tag"));
    assert_eq!(status(&project), "rolled_back");
}

#[test]
fn gc_keeps_what_it_cannot_read_and_what_is_not_over() {
    let project = executed(&["--land", "none"]);
    let _ = project.aksara(AKSARA, &["ai", "gc", "--older-than", "0"]).expect(0);
    assert!(record(&project).is_dir(), "a kept run is not over");
    let plan = record(&project).join("plan.json");
    let text = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, text.replace("\"format_version\": 1", "\"format_version\": 2")).unwrap();
    let _ = project.aksara(AKSARA, &["ai", "gc", "--older-than", "0"]).expect(0);
    assert!(plan.is_file(), "a newer version's run is not ours to remove");
    std::fs::write(&plan, text).unwrap();
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let _ = project.aksara(AKSARA, &["ai", "gc", "--older-than", "0"]).expect(0);
    assert_eq!(project.git(&["for-each-ref", "refs/aksara"]), "");
}

/// What a killed `template test` left in the cache goes, and nothing of one that is at work.
#[test]
fn gc_removes_what_a_killed_template_test_left() {
    let project = Project::of("django-blog");
    let left = project.home().join(".cache/aksara/template-tests/case-left");
    std::fs::create_dir_all(left.join("blog")).unwrap();
    let gone = project.aksara(AKSARA, &["ai", "gc"]).expect(0).stdout;
    assert!(gone.contains("case-left") && !left.exists(), "{gone}");
}

/// The start project with a run that was killed while its command, of two processes, was at work. The command
/// writes a line to `ticks` in the home folder again and again.
fn killed_at_a_command() -> Project {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut plan: serde_json::Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    let script =
        "test -e \"$HOME/enough\" && exit;\n(while :; do echo x >> \"$HOME/ticks\"; sleep 0.05; done) & wait";
    plan["steps"] = serde_json::json!([{
        "order": 1, "id": "s1", "type": "run_command", "name": "x", "description": "Work for ever",
        "params": {"argv": ["sh", "-c", script]},
    }]);
    project.write("../plan.json", plan.to_string());
    let args = ["ai", "plan", "--load", "../plan.json", "--execute", "--yes", "--allow-destructive"];
    kill_at_work(&project, &args);
    project
}

/// Kills Aksara with signal 9 when what it started writes to `ticks`, which goes on.
fn kill_at_work(project: &Project, args: &[&str]) {
    let mut child = aksara(AKSARA, project, args)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    // Under load it may be at work before it is written down.
    let is_written_down = || {
        let runs = std::fs::read_dir(project.path().join(".git/aksara/runs")).into_iter().flatten();
        runs.filter_map(Result::ok).any(|run| run.path().join("process").is_file())
    };
    while (ticks(project) == 0 || !is_written_down()) && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(goes_on(project), "what it started outlives a kill -9 of Aksara");
}

fn ticks(project: &Project) -> u64 {
    std::fs::metadata(project.home().join("ticks")).map_or(0, |m| m.len())
}

/// Whether the command still writes, within a time in which it would many times.
fn goes_on(project: &Project) -> bool {
    let before = ticks(project);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(2) {
        if ticks(project) > before {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// The run's worktrees that are on the disk, or in git's lists, or in ours.
fn worktrees(project: &Project) -> Vec<String> {
    let mut found = Vec::new();
    for folder in [".git/worktrees", ".git/aksara/worktrees"] {
        if let Ok(entries) = std::fs::read_dir(project.path().join(folder)) {
            found.extend(entries.map(|e| e.unwrap().file_name().into_string().unwrap()));
        }
    }
    let root = project.home().join(".cache/aksara/worktrees");
    for of_repository in std::fs::read_dir(root).into_iter().flatten() {
        let of_repository = std::fs::read_dir(of_repository.unwrap().path()).unwrap();
        found.extend(of_repository.map(|e| e.unwrap().file_name().into_string().unwrap()));
    }
    found
}

#[test]
fn a_command_that_outlived_its_run_is_stopped_by_whoever_comes_next() {
    for next in [&["ai", "rollback"][..], &["ai", "gc"], &["ai", "plan", TAGGING, "--execute", "--yes"]] {
        let project = killed_at_a_command();
        assert_eq!(worktrees(&project).len(), 3, "{:?}", worktrees(&project));
        let done = project.aksara(AKSARA, next).expect(0);
        assert!(!goes_on(&project), "after {next:?}");
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains("which was killed, was still at work and was stopped"), "{next:?}: {said}");
        // By the first of its lines, as it would be typed.
        assert!(said.contains("`sh -c test -e \"$HOME/enough\" && exit; …` of run"), "{next:?}: {said}");
        assert!(!said.contains("echo x"), "{next:?}: {said}");
        assert_eq!(worktrees(&project), [] as [&str; 0], "after {next:?}");
    }
}

/// What is told of is no script of ours.
#[test]
fn a_check_that_outlived_its_run_is_named_and_stopped() {
    let Some(project) = Project::django_blog("a_check_that_outlived_its_run") else { return };
    let apps = project.read("blog/apps.py");
    project.write(
        "blog/apps.py",
        format!(
            "import os\nimport time\n\n{apps}\n\nwhile os.path.exists(os.path.expanduser(\"~/hold\")):\n    open(os.path.expanduser(\"~/ticks\"), \"a\").write(\"x\")\n    time.sleep(0.05)\n"
        ),
    );
    project.commit("an app that takes its time");
    project.write("../home/hold", "");
    kill_at_work(&project, &["ai", "plan", TAGGING, "--execute", "--yes"]);
    let done = project.aksara(AKSARA, &["ai", "gc"]).expect(0);
    assert!(!goes_on(&project));
    let said = format!("{}{}", done.stdout, done.stderr);
    assert!(said.contains("the check by Django of run"), "{said}");
    assert!(said.contains("which was killed, was still at work and was stopped"), "{said}");
    assert!(!said.contains("import "), "{said}");
    std::fs::remove_file(project.home().join("hold")).unwrap();
    let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn a_resumed_run_has_its_command_once() {
    let project = killed_at_a_command();
    // This time it ends by itself.
    project.write("../home/enough", "");
    let resumed = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    assert!(!goes_on(&project), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("was still at work and was stopped"), "{}", resumed.stderr);
    assert_eq!(worktrees(&project), [] as [&str; 0]);
}
