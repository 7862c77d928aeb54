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

#[test]
fn a_run_is_not_taken_back_from_under_the_migrations_of_a_later_one() {
    let name = "a_run_is_not_taken_back_from_under_the_migrations_of_a_later_one";
    let Some(project) = Project::django_blog(name) else { return };
    let execute = |request: &str| {
        let _ = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
    };
    execute("add field subtitle string(80) to Post");
    let runs = |project: &Project| project.aksara(AKSARA, &["ai", "runs", "--json"]).expect(0).json();
    let first = runs(&project)["runs"][0]["id"].as_str().unwrap().to_owned();
    execute("Create a Supplier model with name");
    let second = runs(&project)["runs"][0]["id"].as_str().unwrap().to_owned();
    project.write(
        "blog/migrations/0004_mine.py",
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = [(\"blog\", \"0003_supplier\")]\n    operations = []\n",
    );
    project.commit("a migration by hand");
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "rollback", &first]).expect(3);
    for said in [
        "blog/migrations/0003_supplier.py depends on blog.0002_post_subtitle",
        "take blog/migrations/0004_mine.py back first, which no run made",
        &format!("aksara ai rollback {second}; aksara ai rollback {first}"),
        "git revert --no-commit",
    ] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    assert_eq!(before, project.everything());
    std::fs::remove_file(project.path().join("blog/migrations/0004_mine.py")).unwrap();
    project.commit("not after all");
    let _ = project.aksara(AKSARA, &["ai", "rollback", &second]).expect(0);
    let _ = project.aksara(AKSARA, &["ai", "rollback", &first]).expect(0);
    assert_eq!(project.manage(&["makemigrations", "--check", "--dry-run"]).trim(), "No changes detected");
}

#[test]
fn what_was_done_since_and_needs_the_run_keeps_it_from_being_taken_back() {
    let Some(project) =
        crate::gates::tagged("what_was_done_since_and_needs_the_run_keeps_it_from_being_taken_back")
    else {
        return;
    };
    // More than a message shows.
    for number in 10..40 {
        project.write(&format!("blog/broken_{number}.py"), "from .models import Nothing\n");
    }
    project.commit("broken, and no fault of the run's");
    project.write("blog/counting.py", "from .models import Tag\n");
    project.commit("counts tags");
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
    assert!(run.stderr.contains("blog/counting.py:1: ImportError"), "{}", run.stderr);
    assert!(!run.stderr.contains("Nothing"), "{}", run.stderr);
    assert!(run.stderr.contains("git revert --no-commit"), "{}", run.stderr);
    assert_eq!(before, project.everything());
    std::fs::remove_file(project.path().join("blog/counting.py")).unwrap();
    project.commit("not after all");
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(!project.read("blog/models.py").contains("class Tag"));
}

/// What is not committed goes on after a rollback as well: its migrations must still find what they depend on.
#[test]
fn a_run_is_not_taken_back_from_under_migrations_that_are_not_committed() {
    let project = landed();
    let fill = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = [(\"blog\", \"0002_tag_post_tags\")]\n    operations = []\n";
    for ignored in ["", "*_fill.py\n"] {
        project.write(".git/info/exclude", ignored);
        project.write("blog/migrations/0003_fill.py", fill);
        let before = project.everything();
        let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
        for said in [
            "blog/migrations/0003_fill.py depends on blog.0002_tag_post_tags (not committed)",
            "move blog/migrations/0003_fill.py away",
        ] {
            assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
        }
        assert_eq!(before, project.everything());
    }
    project.write("blog/migrations/0003_fill.py", fill.replace("0002_tag_post_tags", "0001_initial"));
    project.write("blog/unfinished.py", "def (\n");
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(!project.read("blog/models.py").contains("class Tag"));
    assert!(project.path().join("blog/migrations/0003_fill.py").is_file());
}

#[test]
fn where_django_cannot_be_asked_a_run_is_taken_back_without_it() {
    let Some(project) = crate::gates::tagged("where_django_cannot_be_asked_a_run_is_taken_back_without_it")
    else {
        return;
    };
    let settings = project.read("config/settings.py");
    // Only what would be left cannot be loaded: that is the rollback's fault.
    let needs = "import os\nif not os.path.exists(BASE_DIR / \"blog/filters.py\"):\n    os._exit(7)\n";
    project.write("config/settings.py", format!("{settings}\n{needs}"));
    project.commit("needs the filters");
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(3);
    for said in ["status 7", "git revert --no-commit"] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    assert_eq!(before, project.everything());
    // Nor can what is there now.
    project.write("config/settings.py", format!("{settings}\nimport os\nos._exit(7)\n"));
    project.commit("does not load");
    let run = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(3);
    assert!(run.stderr.contains("without --reverse-database"), "{}", run.stderr);
    let run = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    for said in [
        "the result was not checked by Django",
        "status 7",
        "so nobody looked whether blog.0002_tag_post_tags is applied",
    ] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    assert!(!project.read("blog/models.py").contains("class Tag"));
}
