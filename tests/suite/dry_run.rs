//! A dry run writes nothing, and shows the very diff.

use aksara_testkit::Project;

use crate::{AKSARA, TAGGING};

#[test]
fn a_dry_run_writes_nothing() {
    let project = Project::of("django-blog");
    let before = (project.everything(), project.git(&["for-each-ref"]));
    let run = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--dry-run"]).expect(0);
    assert!(run.stdout.starts_with("diff --git "), "{}", run.stdout);
    assert_eq!(before, (project.everything(), project.git(&["for-each-ref"])));
    assert!(!project.path().join(".git/aksara").exists());
}

#[test]
fn what_it_shows_is_what_git_shows_afterwards() {
    let project = Project::of("django-blog");
    let shown = project
        .aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json", "--dry-run"])
        .expect(0)
        .stdout;
    let _ = project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes"]).expect(0);
    assert_eq!(shown, project.git(&["diff", "HEAD~1", "HEAD"]));
}

#[test]
fn its_diff_can_be_applied_by_git() {
    let project = Project::of("django-blog");
    let shown = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--dry-run"]).expect(0).stdout;
    project.write("../tagging.patch", shown);
    project.git(&["apply", "--index", "../tagging.patch"]);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn each_step_has_its_own_diff() {
    let project = Project::of("django-blog");
    let result = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--dry-run", "--json"]).expect(0).json();
    let steps = result["step_results"].as_array().unwrap();
    assert_eq!(steps.len(), result["total_steps"].as_u64().unwrap() as usize);
    for step in steps {
        assert!(step["diff"].as_str().unwrap().starts_with("diff --git "), "{step}");
    }
    assert_eq!(result["status"], "dry_run");
    assert_eq!(result["run"], serde_json::Value::Null);
}
