//! Taking back: byte for byte, forwards only, and never anybody else's work.

use aksara_testkit::Project;

use crate::{AKSARA, TAGGING};

fn landed() -> Project {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    project
}

#[test]
fn after_landing_it_is_a_new_commit_with_the_old_tree() {
    let project = Project::of("django-blog");
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    let landed = project.head();
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
    assert_eq!(project.git(&["rev-parse", "HEAD^"]).trim(), landed, "the branch never moves backwards");
    assert_eq!(project.git(&["status", "--porcelain", "--ignored"]), "");
    assert!(!project.path().join("blog/filters.py").exists());
}

#[test]
fn without_a_name_the_newest_run_is_meant_that_has_something_to_take_back() {
    let project = landed();
    let again = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("nothing to land"), "{}", again.stderr);
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(!project.read("blog/models.py").contains("class Tag"));
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(2);
}

#[test]
fn what_others_did_since_stays() {
    let project = landed();
    let models = project.read("blog/models.py");
    project.write(
        "blog/models.py",
        models.replace(
            "        return self.title\n",
            "        return self.title\n\n    def excerpt(self):\n        return self.content[:80]\n",
        ),
    );
    project.commit("an excerpt");
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let models = project.read("blog/models.py");
    assert!(models.contains("def excerpt") && !models.contains("class Tag"), "{models}");
}

#[test]
fn the_same_lines_changed_since_is_a_refusal_that_writes_nothing() {
    let project = landed();
    let models = project.read("blog/models.py");
    project.write("blog/models.py", models.replace("max_length=50", "max_length=55"));
    project.commit("longer names");
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
    assert!(run.stderr.contains("blog/models.py"), "{}", run.stderr);
    assert_eq!(before, project.everything());
}

#[test]
fn uncommitted_work_in_the_way_is_a_refusal_that_writes_nothing() {
    let project = landed();
    project.write("blog/models.py", project.read("blog/models.py") + "# mine\n");
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
    assert!(run.stderr.contains("blog/models.py"), "{}", run.stderr);
    assert_eq!(before, project.everything());
}

#[test]
fn a_run_can_be_taken_back_to_a_step() {
    let project = landed();
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--to", "1"]).expect(0);
    let models = project.read("blog/models.py");
    assert!(models.contains("class Tag") && !models.contains("ManyToManyField"), "{models}");
    assert!(!project.read("blog/views.py").contains("TagViewSet"));
}

#[test]
fn before_landing_only_the_private_ref_moves() {
    let project = Project::of("django-blog");
    let before = project.everything();
    let result = project
        .aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes", "--land", "none", "--json"])
        .expect(0)
        .json();
    let run = result["run"].as_str().unwrap().to_owned();
    assert_eq!(result["status"], "kept");
    assert_eq!(before, project.everything(), "nothing of the user's moved");
    let ref_name = format!("refs/aksara/runs/{run}");
    let whole = project.git(&["rev-parse", &ref_name]);
    let _ = project.aksara(AKSARA, &["ai", "rollback", &run, "--to", "2"]).expect(0);
    assert_ne!(whole, project.git(&["rev-parse", &ref_name]));
    assert_eq!(project.git(&["log", "-1", "--format=%s", &ref_name]).trim().split(' ').nth(3), Some("2:"));
    let _ = project.aksara(AKSARA, &["ai", "rollback", &run]).expect(0);
    assert_eq!(project.git(&["rev-parse", &ref_name]).trim(), project.head());
    assert!(!project.git(&["for-each-ref", "refs/aksara/undo"]).is_empty(), "where it was is kept");
    assert_eq!(before, project.everything());
}

#[test]
fn an_applied_migration_is_reversed_first_or_nothing_is_done() {
    let Some(project) = crate::gates::tagged("an_applied_migration_is_reversed_first_or_nothing_is_done")
    else {
        return;
    };
    project.manage(&["migrate", "--no-input"]);
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
    assert!(run.stderr.contains("python manage.py migrate blog 0001_initial"), "{}", run.stderr);
    assert_eq!(before, project.everything());
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert!(!project.path().join("blog/migrations/0002_tag_post_tags.py").exists());
    let known = project.manage(&["showmigrations", "blog"]);
    assert!(known.contains("[X] 0001_initial") && !known.contains("0002"), "{known}");
    project.manage(&["migrate", "--no-input"]);
}
