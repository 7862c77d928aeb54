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
    assert!(run.stderr.contains("not begun: 2, 3, 4, 5, 6, 7, 8\n"), "{}", run.stderr);
    let answers: Vec<(&str, &str)> = std::iter::repeat_n((ask, "y\n"), 7).collect();
    let run = project.aksara_on_terminal(AKSARA, &["ai", "resume"], &answers);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr.matches("Create TagSerializer").count(), 1, "{}", run.stderr);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn a_setting_asks_before_each_step_as_the_flag_does() {
    let Some(project) = Project::django_blog("a_setting_asks_before_each_step") else { return };
    let ask = "Execute this step? [y/N/s(kip)/q(uit)]";
    let setting = ["--config", "planner.default_interactive=true"];
    let args = [&["ai", "plan", TAGGING, "--execute"][..], &setting].concat();
    let run = project.aksara_on_terminal(AKSARA, &args, &[(ask, "y\n"), (ask, "n\n")]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(!project.read("blog/models.py").contains("class Tag"));
    let refused = project.aksara(AKSARA, &args).expect(3);
    assert!(refused.stderr.contains("planner.default_interactive needs a terminal"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    let _ = project.aksara(AKSARA, &[&args[..], &["--yes"]].concat()).expect(0);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn a_choice_is_named_or_numbered() {
    let project = Project::of("django-blog");
    let page = "\n\nclass Page(models.Model):\n    title = models.CharField(max_length=10)\n";
    project.write("blog/models.py", project.read("blog/models.py") + page);
    project.write(
        "blog/migrations/0002_page.py",
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n\n    dependencies = [('blog', '0001_initial')]\n\n    operations = [\n        migrations.CreateModel(\n            name='Page',\n            fields=[\n                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),\n                ('title', models.CharField(max_length=10)),\n            ],\n        ),\n    ]\n",
    );
    project.commit("pages");
    for (answer, code, model) in [
        ("2\n", 0, "blog.Page"),
        ("blog.page\n", 0, "blog.Page"),
        ("1\n", 0, "blog.Post"),
        ("3\n", 2, ""),
        ("0\n", 2, ""),
    ] {
        let args = ["ai", "plan", "--template", "tagging", "--save", "../plan.json"];
        let run = project.aksara_on_terminal(AKSARA, &args, &[("model? ", answer)]);
        assert_eq!(run.code, code, "{answer}: {}", run.stderr);
        assert!(run.stderr.contains("  1. blog.Post\n  2. blog.Page\n"), "{}", run.stderr);
        if code == 0 {
            let plan: serde_json::Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
            assert_eq!(plan["params"]["model"], model, "{answer}");
        }
    }
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
    let mut names = templates["templates"].as_array().unwrap().iter().map(|template| &template["name"]);
    assert!(names.any(|name| name == "tagging"), "{templates}");
    let doctor = project.aksara(AKSARA, &["doctor", "--json"]);
    assert!(doctor.json()["findings"].is_array());
}

#[test]
fn init_writes_a_file_that_changes_nothing() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["init"]).expect(0);
    assert!(project.read("aksara.toml").contains("# max_steps = 60"));
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING]).expect(0);
    let _ = project.aksara(AKSARA, &["init"]).expect(3);
}

#[test]
fn completions_and_the_man_page_are_printed() {
    let project = Project::empty();
    assert!(project.aksara(AKSARA, &["completions", "bash"]).expect(0).stdout.contains("aksara"));
    assert!(project.aksara(AKSARA, &["man"]).expect(0).stdout.contains(".TH aksara"));
}

#[test]
fn words_without_quotes_are_a_request() {
    let project = Project::of("django-blog");
    let quoted = project.aksara(AKSARA, &["ai", "plan", "add tags to posts"]).expect(0);
    let bare = project.aksara(AKSARA, &["ai", "plan", "add", "tags", "to", "posts"]).expect(0);
    assert_eq!(quoted.stdout, bare.stdout);
}

#[test]
fn a_command_at_the_wrong_place_says_where_it_is() {
    let project = Project::of("django-blog");
    for (args, hint) in [
        (&["plan", "add tags", "--dry-run"][..], "hint: aksara ai plan \"add tags\" --dry-run\n"),
        (&["rollback"][..], "hint: aksara ai rollback\n"),
        (&["add tags to posts"][..], "hint: aksara ai plan \"add tags to posts\"\n"),
        (&["ai", "add tags to posts"][..], "hint: aksara ai plan \"add tags to posts\"\n"),
    ] {
        let run = project.aksara(AKSARA, args).expect(2);
        assert!(run.stderr.ends_with(hint), "{}", run.stderr);
    }
    let run = project.aksara(AKSARA, &["ai", "plna", "x"]).expect(2);
    assert!(run.stderr.contains("'plan'"), "{}", run.stderr);
}

#[test]
fn each_step_is_told_once() {
    let Some(project) = Project::django_blog("each_step_is_told_once") else { return };
    let run = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    for step in
        ["Create Tag model", "Add tags field to Post", "Create TagSerializer", "Add tests for tagging"]
    {
        assert_eq!(run.stderr.matches(step).count(), 1, "{step}: {}", run.stderr);
    }
    assert!(run.stderr.contains("blog/migrations/0002_tag_post_tags.py (new)"), "{}", run.stderr);
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let quiet =
        project.aksara(AKSARA, &["--no-progress", "ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    assert_eq!(quiet.stderr.matches("Create TagSerializer").count(), 1, "{}", quiet.stderr);
    let shown = project.aksara(AKSARA, &["ai", "show"]).expect(0);
    assert_eq!(shown.stdout.matches("Create TagSerializer").count(), 1, "{}", shown.stdout);
    assert!(
        shown.stdout.contains("✓ Step 4: Create TagSerializer\n  File: blog/serializers.py"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("8 of 8 steps done"), "{}", shown.stdout);
}

#[test]
fn skipping_says_what_is_skipped_too_and_what_cannot_be() {
    let Some(project) = Project::django_blog("skipping_says_what_is_skipped_too") else { return };
    let ask = "Execute this step? [y/N/s(kip)/q(uit)]";
    let run = project.aksara_on_terminal(
        AKSARA,
        &["ai", "plan", TAGGING, "--interactive"],
        &[(ask, "y\n"), (ask, "y\n"), (ask, "s\n"), (ask, "y\n"), (ask, "s\n")],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let refused = "this step cannot be left out: Django refuses models of `blog` that have no migration";
    assert_eq!(run.stderr.matches(refused).count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("skipping it skips steps 5, 6, 7, 8 too"), "{}", run.stderr);
    assert!(run.stderr.contains("3 of 8 steps done"), "{}", run.stderr);
    assert!(project.read("blog/models.py").contains("class Tag"));
    assert!(!project.read("blog/serializers.py").contains("TagSerializer"));
}

#[test]
fn runs_say_where_the_result_is() {
    let project = Project::of("django-blog");
    let plan =
        |land: &str| project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes", "--land", land]);
    for land in ["none", "patch", "branch", "current"] {
        let _ = plan(land).expect(0);
    }
    let runs = project.aksara(AKSARA, &["ai", "runs"]).expect(0).stdout;
    let lines: Vec<&str> = runs.lines().collect();
    let head = &project.head()[..10];
    assert!(lines[0].contains(&format!("commit {head} on main")), "{runs}");
    assert!(lines[1].contains(" on aksara/"), "{runs}");
    assert!(lines[2].contains("a patch"), "{runs}");
    assert!(lines[3].contains("on its private ref"), "{runs}");
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let runs = project.aksara(AKSARA, &["ai", "runs"]).expect(0).stdout;
    assert!(runs.lines().next().unwrap().contains(&format!("by commit {}", &project.head()[..10])), "{runs}");
}

#[test]
fn doctor_is_short_and_verbose_says_all() {
    let project = Project::of("django-blog");
    let short = project.aksara(AKSARA, &["doctor"]).stdout;
    assert!(short.lines().next().unwrap().contains("command, file, migration"), "{short}");
    assert!(!short.contains("migration 0.1.0"), "{short}");
    let all = project.aksara(AKSARA, &["doctor", "--verbose"]).stdout;
    assert!(all.contains("\n         migration 0.1.0 ("), "{all}");
    let json = project.aksara(AKSARA, &["doctor", "--json"]).json();
    assert!(json["findings"][0]["details"][0].as_str().unwrap().contains("0.1.0"), "{json}");
}

#[test]
fn a_plan_without_a_migration_lands_and_says_what_is_left_to_do() {
    let Some(project) = Project::django_blog("a_plan_without_a_migration_lands") else { return };
    let request = "Add tags to posts without a migration";
    let run = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
    assert!(run.stderr.contains("next: python manage.py makemigrations"), "{}", run.stderr);
    assert!(project.read("blog/models.py").contains("class Tag"));
    // What is there and changes nothing is said before anybody confirms it.
    let again = project.aksara(AKSARA, &["ai", "plan", request]).expect(0);
    assert!(again.stderr.contains("the plan changes nothing"), "{}", again.stderr);
}
