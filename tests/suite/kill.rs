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
    for steps in [1, 3, 7] {
        let project = Project::of("django-blog");
        let head = project.head();
        let before = project.everything();
        if !kill_when(&project, |e| e.matches("\"step_done\"").count() >= steps) {
            panic!("the run ended before it could be killed after step {steps}");
        }
        if events(&project).contains("\"landing_started\"") {
            continue;
        }
        assert_eq!(project.head(), head);
        assert_eq!(project.everything(), before, "nothing of the user's was touched");
        let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
        for path in ["blog/models.py", "blog/views.py", "blog/serializers.py", "blog/tests/test_tagging.py"] {
            assert_eq!(project.read(path), reference.read(path), "{path}");
        }
        assert_eq!(project.git(&["status", "--porcelain"]), "");
    }
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
    let landed = project.head();
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
    assert_eq!(project.head(), landed);
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
