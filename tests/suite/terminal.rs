//! What a person sees and types on a terminal.

use aksara_testkit::Project;

use crate::{AKSARA, TAGGING};

#[test]
fn without_a_terminal_the_plan_is_printed_and_nothing_asked() {
    let project = Project::of("django-blog");
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "plan", TAGGING]).expect(0);
    assert!(
        run.stdout.starts_with("📋 Plan: Add a tagging system to the blog\n\nStep 1: "),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("  File: blog/models.py\n  Type: create_model\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("[y/N]") && !run.stderr.contains("[y/N]"));
    assert_eq!(before, project.everything());
}

#[test]
fn a_person_confirms_the_plan() {
    let Some(project) = Project::django_blog("a_person_confirms_the_plan") else { return };
    let run = project.aksara_on_terminal(AKSARA, &["ai", "plan", TAGGING], &[("Execute plan? [y/N]", "n\n")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!project.read("blog/models.py").contains("class Tag"));
    let run = project.aksara_on_terminal(AKSARA, &["ai", "plan", TAGGING], &[("Execute plan? [y/N]", "y\n")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn a_person_confirms_each_step_under_its_diff() {
    let Some(project) = Project::django_blog("a_person_confirms_each_step_under_its_diff") else { return };
    let ask = "Execute this step? [y/N/s(kip)/q(uit)]";
    let run = project.aksara_on_terminal(
        AKSARA,
        &["ai", "plan", TAGGING, "--interactive"],
        &[(ask, "y\n"), (ask, "q\n")],
    );
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("+class Tag(models.Model):"), "{}", run.stderr);
    assert!(run.stderr.contains("ai resume"), "{}", run.stderr);
    assert!(!project.read("blog/models.py").contains("class Tag"));
    let answers: Vec<(&str, &str)> = std::iter::repeat_n((ask, "y\n"), 7).collect();
    let run = project.aksara_on_terminal(AKSARA, &["ai", "resume"], &answers);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn json_is_stable() {
    let project = Project::of("django-blog");
    let plan = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--json"]).expect(0).json();
    assert_eq!(plan["format_version"], 1);
    for key in
        ["id", "title", "description", "summary", "source", "params", "base", "stack", "steps", "created_at"]
    {
        assert!(!plan[key].is_null(), "{key}");
    }
    for key in [
        "order",
        "id",
        "type",
        "name",
        "description",
        "params",
        "dependencies",
        "file",
        "code",
        "diff",
        "reads",
        "change_hash",
    ] {
        assert!(plan["steps"][0].get(key).is_some(), "{key}");
    }
    assert_eq!(
        project.aksara(AKSARA, &["ai", "runs", "--json"]).expect(0).json(),
        serde_json::json!({"runs": []})
    );
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    let runs = project.aksara(AKSARA, &["ai", "runs", "--json"]).expect(0).json();
    assert!(runs["runs"][0]["id"].is_string());
    let templates = project.aksara(AKSARA, &["template", "list", "--json"]).expect(0).json();
    assert_eq!(templates["templates"][0]["name"], "tagging");
    let doctor = project.aksara(AKSARA, &["doctor", "--json"]);
    assert!(doctor.json()["findings"].is_array());
}

#[test]
fn init_writes_a_file_that_changes_nothing() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["init"]).expect(0);
    assert!(project.read("aksara.toml").contains("# max_steps = 20"));
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING]).expect(0);
    let _ = project.aksara(AKSARA, &["init"]).expect(3);
}

#[test]
fn completions_and_the_man_page_are_printed() {
    let project = Project::empty();
    assert!(project.aksara(AKSARA, &["completions", "bash"]).expect(0).stdout.contains("aksara"));
    assert!(project.aksara(AKSARA, &["man"]).expect(0).stdout.contains(".TH aksara"));
}
