//! Plans are saved, edited by hand, loaded, and judged on the project as it is now.

use aksara_testkit::Project;
use serde_json::Value;

use crate::{AKSARA, TAGGING};

fn saved(project: &Project) -> Value {
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    serde_json::from_str(&project.read("../plan.json")).unwrap()
}

fn store(project: &Project, plan: &Value) {
    project.write("../plan.json", serde_json::to_vec_pretty(plan).unwrap());
}

fn step<'p>(plan: &'p mut Value, step_type: &str) -> &'p mut Value {
    plan["steps"].as_array_mut().unwrap().iter_mut().find(|s| s["type"] == step_type).unwrap()
}

fn load(project: &Project, code: i32) -> aksara_testkit::Run {
    project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes"]).expect(code)
}

#[test]
fn the_same_request_gives_the_same_plan() {
    let project = Project::of("django-blog");
    let mut plans = [saved(&project), saved(&project)];
    for plan in &mut plans {
        let now = plan["created_at"].as_str().unwrap()[..16].replace('T', " ");
        // The migration's header has the plan's minute, and what depends on it are hashes and diffs.
        let text = serde_json::to_string(plan).unwrap().replace(&now, "MINUTE");
        *plan = serde_json::from_str(&text).unwrap();
        for key in ["id", "created_at"] {
            plan[key] = Value::Null;
        }
        for step in plan["steps"].as_array_mut().unwrap() {
            for key in ["change_hash", "code_hash", "reads", "diff"] {
                step[key] = Value::Null;
            }
        }
    }
    assert_eq!(plans[0], plans[1]);
}

#[test]
fn edited_code_is_inserted_verbatim_and_the_migration_follows() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    let code = step(&mut plan, "create_model")["code"].as_str().unwrap().to_owned();
    let edited = code.replace(
        "    slug = models.SlugField(max_length=60, unique=True)\n",
        "    slug = models.SlugField(max_length=60, unique=True)\n    color = models.CharField(max_length=7, default=\"#000000\")  # mine\n",
    );
    assert_ne!(code, edited, "{code}");
    step(&mut plan, "create_model")["code"] = Value::String(edited.clone());
    store(&project, &plan);
    let _ = load(&project, 0);
    assert!(project.read("blog/models.py").contains(&edited));
    let migration = project.read("blog/migrations/0002_tag_post_tags.py");
    assert!(
        migration.contains("('color', models.CharField(default='#000000', max_length=7))"),
        "{migration}"
    );
}

#[test]
fn an_unrelated_commit_leaves_a_plan_fresh() {
    let project = Project::of("django-blog");
    saved(&project);
    project.write("README.md", "# another\n");
    project.commit("readme");
    let run = load(&project, 0);
    assert!(!run.stderr.contains("does the same"), "{}", run.stderr);
}

#[test]
fn a_related_commit_that_changes_nothing_for_the_plan_is_noted() {
    let project = Project::of("django-blog");
    saved(&project);
    let models = project.read("blog/models.py");
    project.write("blog/models.py", models + "\n    def excerpt(self):\n        return self.content[:80]\n");
    project.commit("an excerpt");
    let run = load(&project, 0);
    assert!(run.stderr.contains("it does the same"), "{}", run.stderr);
    assert!(project.read("blog/models.py").contains("def excerpt"));
}

#[test]
fn a_plan_that_would_do_something_else_now_is_refused_and_shown() {
    let project = Project::of("django-blog");
    saved(&project);
    let models = project.read("blog/models.py");
    project.write(
        "blog/models.py",
        models.replace(
            "    slug = models",
            "    subtitle = models.CharField(max_length=200, blank=True)\n    slug = models",
        ),
    );
    project.write(
        "blog/migrations/0002_post_subtitle.py",
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    dependencies = [('blog', '0001_initial')]\n\n    operations = [\n        migrations.AddField(\n            model_name='post',\n            name='subtitle',\n            field=models.CharField(blank=True, max_length=200),\n        ),\n    ]\n",
    );
    project.commit("a subtitle");
    let before = project.everything();
    let run = load(&project, 3);
    assert!(
        run.stderr.contains("0003_tag_post_tags") && run.stderr.contains("0002_tag_post_tags"),
        "{}",
        run.stderr
    );
    assert_eq!(before, project.everything());
}

#[test]
fn a_plan_whose_model_is_gone_says_so() {
    let project = Project::of("django-blog");
    saved(&project);
    project.git(&["rm", "-r", "--quiet", "blog"]);
    let settings = project.read("config/settings.py");
    project.write("config/settings.py", settings.replace("    'blog',\n", ""));
    project.commit("no blog");
    let run = project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes"]);
    assert!(run.code == 2 || run.code == 3, "{}", run.stderr);
    assert!(run.stderr.contains("blog"), "{}", run.stderr);
}

#[test]
fn a_plan_that_was_carried_out_is_refused_without_again() {
    let project = Project::of("django-blog");
    saved(&project);
    let _ = load(&project, 0);
    let run = load(&project, 3);
    assert!(run.stderr.contains("--again"), "{}", run.stderr);
    let again = project
        .aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes", "--again"])
        .expect(0);
    assert!(again.stderr.contains("everything was there already"), "{}", again.stderr);
}

#[test]
fn unknown_fields_survive() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    plan["x_team"] = Value::String("core".into());
    plan["steps"][0]["x_reviewer"] = Value::String("ana".into());
    store(&project, &plan);
    let _ = project
        .aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--save", "../again.json"])
        .expect(0);
    let again: Value = serde_json::from_str(&project.read("../again.json")).unwrap();
    assert_eq!(again["x_team"], "core");
    assert_eq!(again["steps"][0]["x_reviewer"], "ana");
}

#[test]
fn what_follows_goes_by_what_the_edited_code_says() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    let code = step(&mut plan, "create_serializer")["code"].as_str().unwrap().to_owned();
    step(&mut plan, "create_serializer")["code"] =
        Value::String(code.replace("TagSerializer", "LabelSerializer"));
    store(&project, &plan);
    let _ = load(&project, 0);
    assert!(project.read("blog/views.py").contains("serializer_class = LabelSerializer"));
    assert!(
        project.read("blog/serializers.py").contains("tags = LabelSerializer(many=True, read_only=True)")
    );
}

#[test]
fn an_edit_that_breaks_an_import_is_warned_of_and_fails_its_step() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    let code = step(&mut plan, "create_test")["code"].as_str().unwrap().to_owned();
    step(&mut plan, "create_test")["code"] = Value::String(
        code.replace("from blog.models import Post, Tag", "from blog.models import Post, Nope, Tag"),
    );
    store(&project, &plan);
    let before = project.everything();
    let run = load(&project, 1);
    assert!(
        run.stderr.contains("blog/tests/test_tagging.py:6") && run.stderr.contains("Nope"),
        "{}",
        run.stderr
    );
    assert_eq!(before, project.everything());
}

#[test]
fn a_loaded_plan_is_shown_as_it_is_now() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    plan["steps"] = serde_json::json!([{
        "order": 1, "id": "s1", "type": "run_command", "name": "x",
        "description": "Format the code\u{1b}[2J\nStep 2: nothing", "params": {"argv": ["true"]}, "notes": []
    }]);
    store(&project, &plan);
    let shown = project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json"]).expect(0).stdout;
    assert!(shown.contains("runs `true`"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains("\nStep 2:"), "{shown:?}");
}

/// What is printed is what would be carried out; the file keeps what it has.
#[test]
fn the_json_of_a_loaded_plan_is_as_it_is_now() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    let code = step(&mut plan, "create_model")["code"].as_str().unwrap().to_owned();
    step(&mut plan, "create_model")["code"] = Value::String(code.replace("max_length=50", "max_length=60"));
    plan["warnings"] = serde_json::json!(["a word of the template"]);
    store(&project, &plan);
    let stored = project.read("../plan.json");
    let run = project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--json"]).expect(0);
    let mut now = run.json();
    assert_eq!(step(&mut now, "create_model")["code_from"], "edited");
    assert!(step(&mut now, "create_migration")["code"].as_str().unwrap().contains("max_length=60"));
    assert_eq!(now["warnings"][0], "a word of the template");
    assert!(run.stderr.contains("a word of the template"), "{}", run.stderr);
    assert_eq!(project.read("../plan.json"), stored);
}

#[test]
fn a_plan_that_cannot_be_saved_is_told_by_the_name_that_was_given() {
    let project = Project::of("django-blog");
    project.write("file", "a file\n");
    project.commit("a file");
    for place in ["nowhere/plan.json", "file/plan.json", "blog"] {
        let run = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", place]);
        assert_ne!(run.code, 0, "{place}");
        let error = run.stderr.split("error: ").nth(1).unwrap_or_default();
        assert!(error.starts_with(&format!("cannot write the plan {place}: ")), "{error}");
        assert!(!error.contains(".tmp"), "{error}");
    }
}

#[test]
fn an_edited_plan_still_notices_what_the_project_did() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    let code = step(&mut plan, "create_model")["code"].as_str().unwrap().to_owned();
    step(&mut plan, "create_model")["code"] = Value::String(code.replace("max_length=50", "max_length=60"));
    store(&project, &plan);
    // A file behind the facts goes, and what follows the edit is still what the edit means.
    project.git(&["rm", "--quiet", "blog/apps.py"]);
    project.commit("no apps.py");
    let _ = load(&project, 0);
    assert!(project.read("blog/migrations/0002_tag_post_tags.py").contains("max_length=60"));
}

/// Runs the command with an editor that does what `script` says to the file `$1`.
fn edit(project: &Project, script: &str, args: &[&str]) -> (i32, String) {
    let editor = project.home().join("editor");
    std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    let output = aksara_testkit::aksara(AKSARA, project, args)
        .env_remove("VISUAL")
        .env("EDITOR", format!("sh '{}'", editor.display()))
        .output()
        .unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_step_is_edited_in_an_editor() {
    let project = Project::of("django-blog");
    let args = ["ai", "plan", TAGGING, "--save", "../plan.json", "--edit", "1"];
    let (code, stderr) = edit(&project, "sed -i 's/max_length=50/max_length=55/' \"$1\"", &args);
    assert_eq!(code, 0, "{stderr}");
    let mut plan: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    assert_eq!(step(&mut plan, "create_model")["code_from"], "edited");
    assert!(step(&mut plan, "create_migration")["code"].as_str().unwrap().contains("max_length=55"));
    // A plan from a file goes back there, and keeps what it does not know.
    plan["x_team"] = Value::String("core".into());
    plan["warnings"] = serde_json::json!(["a word of the template", "step 4: what is not so any more"]);
    store(&project, &plan);
    let args = ["ai", "plan", "--load", "../plan.json", "--edit", "1"];
    let (code, stderr) = edit(&project, "sed -i 's/max_length=55/max_length=60/' \"$1\"", &args);
    assert_eq!(code, 0, "{stderr}");
    let again: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    assert_eq!(again["x_team"], "core");
    assert_eq!(again["warnings"], serde_json::json!(["a word of the template"]));
    let _ = load(&project, 0);
    assert!(project.read("blog/models.py").contains("name = models.CharField(max_length=60, unique=True)"));
}

#[test]
fn what_an_editor_leaves_is_never_lost() {
    let project = Project::of("django-blog");
    saved(&project);
    let before = project.read("../plan.json");
    let args = ["ai", "plan", "--load", "../plan.json", "--edit", "1"];
    let (code, stderr) = edit(&project, "echo 'def broken(' >> \"$1\"", &args);
    assert_eq!(code, 2, "{stderr}");
    assert_eq!(before, project.read("../plan.json"));
    let kept = stderr.rsplit_once("is kept in ").unwrap().1.trim();
    assert!(std::fs::read_to_string(kept).unwrap().ends_with("def broken(\n"));
    std::fs::remove_file(kept).unwrap();
    let (code, stderr) = edit(&project, "exit 1", &args);
    assert_eq!((code, before.as_str()), (2, project.read("../plan.json").as_str()), "{stderr}");
    let (code, stderr) = edit(&project, "exit 1", &["ai", "plan", TAGGING, "--edit", "1"]);
    assert!(code == 2 && stderr.contains("--save"), "{stderr}");
}

#[test]
fn an_edited_plan_is_not_the_one_that_was_carried_out() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    let run = load(&project, 0).stderr;
    let run = run.lines().find_map(|l| l.strip_prefix("run ")).unwrap().to_owned();
    // Words for people are not what is carried out.
    plan["title"] = Value::String("Another title".into());
    store(&project, &plan);
    let refused = load(&project, 3).stderr;
    assert!(
        refused.contains(&format!("carried out already, by run {run}: the result is commit ")),
        "{refused}"
    );
    let code = step(&mut plan, "create_model")["code"].as_str().unwrap().to_owned();
    step(&mut plan, "create_model")["code"] = Value::String(code.replace("max_length=50", "max_length=60"));
    store(&project, &plan);
    let refused = load(&project, 3).stderr;
    assert!(refused.contains("is there already, and not as the edited code has it"), "{refused}");
    assert!(refused.contains(&format!("run {run} carried this plan out before it was edited")), "{refused}");
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    let _ = load(&project, 0);
    assert!(project.read("blog/models.py").contains("max_length=60"));
}

/// What the plan shows is of the params that it was made with: that they are others now is no doing of the project's.
#[test]
fn edited_params_are_told_from_a_project_that_changed() {
    let project = Project::of("django-blog");
    let mut plan = saved(&project);
    let fields = &mut step(&mut plan, "create_model")["params"]["fields"];
    let name = fields.as_array_mut().unwrap().iter_mut().find(|field| field["name"] == "name").unwrap();
    name["max_length"] = Value::from(70);
    store(&project, &plan);
    let before = project.everything();
    let args = ["ai", "plan", "--load", "../plan.json", "--execute"];
    let refused = project.aksara(AKSARA, &args).expect(3).stderr;
    assert!(refused.contains("the plan was edited: these steps do something else"), "{refused}");
    assert!(refused.contains("--yes carries the edited plan out"), "{refused}");
    assert!(!refused.contains("the project changed") && refused.lines().count() < 40, "{refused}");
    assert_eq!(before, project.everything());
    // What the project changed is asked about all the same.
    let models = project.read("blog/models.py");
    project.write(
        "blog/models.py",
        models.replace("    title = ", "    subtitle = models.TextField()\n    title = "),
    );
    let migration = project.read("blog/migrations/0001_initial.py");
    project.write(
        "blog/migrations/0001_initial.py",
        migration.replace("('title', ", "('subtitle', models.TextField()),\n                ('title', "),
    );
    project.commit("a subtitle");
    let changed = load(&project, 3).stderr;
    assert!(changed.contains("the project changed since the plan was made"), "{changed}");
    project.git(&["reset", "-q", "--hard", "HEAD^"]);
    let done = load(&project, 0).stderr;
    assert!(done.contains("step 1: follows the edited plan"), "{done}");
    assert!(project.read("blog/models.py").contains("name = models.CharField(max_length=70, unique=True)"));
}

/// Another framework or plugin makes something else of the same params: `--yes` does not answer for what nobody was shown.
#[test]
fn what_nobody_edited_is_not_carried_out_unseen() {
    let project = Project::of("django-blog");
    let plan = saved(&project);
    let mut other = plan.clone();
    let model = step(&mut other, "create_model");
    // As if something else had been shown.
    model["change_hash"] = Value::from("0".repeat(64));
    model["diff"] = Value::from("+class Tag(models.Model):\n");
    store(&project, &other);
    let before = project.everything();
    let refused = load(&project, 3).stderr;
    assert!(refused.contains("the project changed since the plan was made, or its Django"), "{refused}");
    assert!(!refused.contains("edited"), "{refused}");
    // Where it is not known whether a plan was edited, it is looked at as well.
    let mut edited = plan.clone();
    edited.as_object_mut().unwrap().remove("work_hash").unwrap();
    let fields = &mut step(&mut edited, "create_model")["params"]["fields"];
    let name = fields.as_array_mut().unwrap().iter_mut().find(|field| field["name"] == "name").unwrap();
    name["max_length"] = Value::from(70);
    store(&project, &edited);
    let refused = load(&project, 3).stderr;
    assert!(refused.contains("the project changed since the plan was made"), "{refused}");
    assert_eq!(before, project.everything());
    store(&project, &plan);
    let _ = load(&project, 0);
}

#[test]
fn a_file_that_git_ignores_is_not_to_be_stashed() {
    let project = Project::of("django-blog");
    project.write(".gitignore", "blog/filters.py\n");
    project.commit("ignored");
    project.write("blog/filters.py", "mine = 1\n");
    let refused = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(3).stderr;
    assert!(refused.contains("blog/filters.py (ignored by git)"), "{refused}");
    assert!(refused.contains("hint: move blog/filters.py away"), "{refused}");
    assert!(!refused.contains("git stash -u"), "{refused}");
    assert_eq!(project.read("blog/filters.py"), "mine = 1\n");
}

#[test]
fn a_taken_name_of_a_model_comes_with_its_parameter() {
    let project = Project::of("django-blog");
    let models = project.read("blog/models.py");
    let own = "\n\nclass Cart(models.Model):\n    word = models.CharField(max_length=9)\n";
    project.write("blog/models.py", models + own);
    project.commit("carts of my own");
    let both = "Create a Product model with name and price, then add checkout to it";
    for (request, set, param) in
        [(TAGGING, "tag_model=Cart", "tag_model"), (both, "order_model=Sale", "cart_model")]
    {
        let refused = project.aksara(AKSARA, &["ai", "plan", request, "--set", set]).expect(3);
        let hint = format!("for another name: --set {param}=NAME");
        assert!(refused.stderr.contains(&hint), "{}", refused.stderr);
    }
}
