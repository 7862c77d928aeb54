//! Bad input: what is printed, the exit code, and that nothing of the user's moved.
//!
//! The messages are snapshots in `snapshots/`: read them as a user would.

use aksara_testkit::{Project, Run};

use crate::{AKSARA, TAGGING, redact};

/// Runs the command and checks the exit code, the message, and that everything is as it was.
fn refused(name: &str, project: &Project, args: &[&str], code: i32) -> Run {
    let before = project.everything();
    let run = project.aksara(AKSARA, args).expect(code);
    assert_eq!(before, project.everything(), "{name}: something was changed");
    let message: String = redact(&run.stderr, project)
        .lines()
        .skip_while(|l| !l.starts_with("error:"))
        .fold(String::new(), |text, line| text + line.trim_end() + "\n");
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true, description => format!("aksara {} (exit code {code})", redact(&args.join(" "), project)) }, {
        insta::assert_snapshot!(name, message);
    });
    run
}

fn plan(name: &str, project: &Project, code: i32) -> Run {
    refused(name, project, &["ai", "plan", TAGGING, "--execute", "--yes"], code)
}

fn edited(path: &str, change: impl FnOnce(String) -> String) -> Project {
    let project = Project::of("django-blog");
    let text = project.read(path);
    project.write(path, change(text));
    project.commit("a change");
    project
}

// The repository.

#[test]
fn not_a_repository() {
    let project = Project::empty();
    project.write("manage.py", "");
    plan("not_a_repository", &project, 2);
}

#[test]
fn bare() {
    let project = Project::empty();
    project.git(&["init", "--quiet", "--bare"]);
    plan("bare", &project, 2);
}

#[test]
fn unborn_branch() {
    let project = Project::empty();
    project.git(&["init", "--quiet"]);
    project.write("manage.py", "");
    plan("unborn_branch", &project, 2);
}

#[test]
fn detached_head() {
    let project = Project::of("django-blog");
    project.git(&["checkout", "--quiet", "--detach"]);
    plan("detached_head", &project, 3);
}

#[test]
fn merge_in_progress() {
    let project = Project::of("django-blog");
    project.git(&["switch", "--quiet", "-c", "other"]);
    project.write("README.md", "one\n");
    project.commit("one");
    project.git(&["switch", "--quiet", "main"]);
    project.write("README.md", "two\n");
    project.commit("two");
    let merge = project.command("git").args(["merge", "other"]).output().unwrap();
    assert!(!merge.status.success());
    plan("merge_in_progress", &project, 3);
}

#[test]
fn dirty_file_that_the_plan_touches() {
    let project = Project::of("django-blog");
    project.write("blog/models.py", project.read("blog/models.py") + "# mine\n");
    plan("dirty_touched", &project, 3);
}

#[test]
fn staged_file_that_the_plan_reads() {
    let project = Project::of("django-blog");
    project.write("config/settings.py", project.read("config/settings.py") + "# mine\n");
    project.git(&["add", "config/settings.py"]);
    plan("dirty_read", &project, 3);
}

#[test]
fn untracked_file_where_one_would_be_made() {
    let project = Project::of("django-blog");
    project.write("blog/filters.py", "# mine\n");
    plan("untracked_in_the_way", &project, 3);
}

// The project.

#[test]
fn no_django() {
    let project = Project::empty();
    project.git(&["init", "--quiet"]);
    project.write("main.py", "print('hello')\n");
    project.commit("start");
    plan("no_django", &project, 2);
}

#[test]
fn two_django_projects() {
    let project = Project::of("django-blog");
    for name in ["one", "two"] {
        for entry in [
            "manage.py",
            "blog/models.py",
            "blog/apps.py",
            "blog/__init__.py",
            "config/settings.py",
            "config/__init__.py",
            "config/urls.py",
        ] {
            project.write(&format!("{name}/{entry}"), project.read(entry));
        }
    }
    project.git(&["rm", "-r", "--quiet", "manage.py", "blog", "config"]);
    project.commit("two");
    plan("two_projects", &project, 2);
}

#[test]
fn models_that_do_not_parse() {
    let project =
        edited("blog/models.py", |t| t.replace("class Post(models.Model):", "class Post(models.Model:"));
    plan("models_do_not_parse", &project, 2);
}

#[test]
fn a_line_of_fifty_thousand_attributes() {
    let project = edited("blog/models.py", |t| format!("{t}\nx = a{}\n", ".b".repeat(50_000)));
    plan("deep_line", &project, 2);
}

#[test]
fn a_source_file_of_two_megabytes() {
    let project =
        edited("blog/models.py", |t| t + "# filler, filler, filler, filler\n".repeat(64 * 1024).as_str());
    plan("large_file", &project, 2);
}

#[test]
fn a_name_taken_by_another_class() {
    let project = edited("blog/models.py", |t| t + "\n\nclass Tag:\n    \"\"\"Not a model.\"\"\"\n");
    plan("name_taken", &project, 3);
}

#[test]
fn another_model_of_the_same_name() {
    let project = edited("blog/models.py", |t| {
        t + "\n\nclass Tag(models.Model):\n    label = models.CharField(max_length=10)\n"
    });
    plan("model_taken", &project, 3);
}

#[test]
fn a_model_that_does_not_exist() {
    let project = Project::of("django-blog");
    let args = ["ai", "plan", "Add tagging to articles", "--no-create", "--execute", "--yes"];
    refused("no_such_model", &project, &args, 2);
}

#[test]
fn a_model_one_letter_away() {
    let project = Project::of("django-blog");
    refused("misspelt_model", &project, &["ai", "plan", "Add tagging to psots", "--execute", "--yes"], 2);
}

#[test]
fn the_same_model_in_two_apps() {
    let project = Project::of("django-blog");
    for file in ["__init__.py", "apps.py", "models.py", "migrations/__init__.py"] {
        project.write(
            &format!("news/{file}"),
            project
                .read(&format!("blog/{file}"))
                .replace("Blog", "News")
                .replace("blog", "news")
                .replace("related_name=\"posts\"", "related_name=\"news_posts\""),
        );
    }
    let settings = project.read("config/settings.py");
    project.write("config/settings.py", settings.replace("    'blog',\n", "    'blog',\n    'news',\n"));
    project.commit("news");
    refused("model_in_two_apps", &project, &["ai", "plan", "Add tagging to posts", "--execute", "--yes"], 2);
}

#[test]
fn an_app_that_is_not_installed() {
    let project = Project::of("django-blog");
    project.write("news/__init__.py", "");
    project.write(
        "news/models.py",
        "from django.db import models\n\n\nclass Article(models.Model):\n    title = models.CharField(max_length=10)\n",
    );
    project.commit("news");
    refused("not_installed", &project, &["ai", "plan", "Add tags to articles", "--execute", "--yes"], 2);
    let doctor = project.aksara(AKSARA, &["doctor"]).stdout;
    assert!(doctor.contains("the app in news is not in INSTALLED_APPS"), "{doctor}");
}

#[test]
fn a_model_that_would_be_its_own_tag() {
    let project = edited("blog/models.py", |t| {
        t + "\n\nclass Tag(models.Model):\n    label = models.CharField(max_length=10)\n"
    });
    refused("its_own_tag", &project, &["ai", "plan", "add", "tags", "to", "tags"], 2);
}

// The request.

#[test]
fn a_request_that_no_template_answers() {
    let project = Project::of("django-blog");
    refused("not_understood", &project, &["ai", "plan", "Deploy the thing", "--execute", "--yes"], 2);
}

#[test]
fn a_request_that_may_mean_a_field() {
    let project = Project::of("django-blog");
    refused("may_be_a_field", &project, &["ai", "plan", "Add views to posts"], 2);
    refused("field_of_no_model", &project, &["ai", "plan", "Give notes a created date"], 2);
}

#[test]
fn a_request_of_which_a_feature_would_be_left_over() {
    let project = Project::of("django-blog");
    refused("feature_left_over", &project, &["ai", "plan", "Add reviews with ratings"], 2);
    refused("tenants_with_a_part", &project, &["ai", "plan", "Make posts multi-tenant with permissions"], 2);
}

#[test]
fn an_app_that_is_empty_and_called_as_its_model_would_be() {
    let project = Project::of("django-blog");
    project.write("notes/__init__.py", "");
    project.write("notes/models.py", "");
    let settings = project.read("config/settings.py");
    project.write("config/settings.py", settings.replace("    'blog',\n", "    'blog',\n    'notes',\n"));
    project.commit("notes");
    refused("empty_app", &project, &["ai", "plan", "Add tags to notes", "--no-create"], 2);
    let plan = project.aksara(AKSARA, &["ai", "plan", "Add tags to notes", "--dry-run"]).expect(0);
    assert!(
        plan.stdout.contains("b/notes/models.py\n") && plan.stdout.contains("class Note("),
        "{}",
        plan.stdout
    );
}

#[test]
fn a_parameter_that_names_nothing() {
    let project = Project::of("django-blog");
    refused("param_names_no_app", &project, &["ai", "plan", "Add multi-tenancy", "--set", "app=shop"], 2);
}

#[test]
fn a_name_beside_the_request_that_is_wrong() {
    let project = Project::of("django-blog");
    refused("set_model_misspelt", &project, &["ai", "plan", "add", "tags", "--set", "model=Pots"], 2);
    let from_template = ["ai", "plan", "--template", "tagging"];
    refused("app_misspelt", &project, &[&from_template[..], &["--app", "blgo"]].concat(), 2);
    project.write(
        "blog/models.py",
        project.read("blog/models.py")
            + "\n\nclass Page(models.Model):\n    title = models.CharField(max_length=10)\n",
    );
    project.commit("pages");
    refused("template_model_open", &project, &from_template, 2);
    // A template and a request together: the request says what the template is not told.
    let plan = project
        .aksara(AKSARA, &["ai", "plan", "add tags to posts, no migration", "--template", "tagging"])
        .expect(0);
    assert!(plan.stdout.contains("Add tags field to Post model"), "{}", plan.stdout);
    refused("request_of_another_template", &project, &["ai", "plan", "add tags", "--template", "taging"], 2);
}

#[test]
fn a_request_with_a_slip() {
    let project = Project::of("django-blog");
    refused("slip", &project, &["ai", "plan", "Give posts some lables"], 2);
}

#[test]
fn a_refusal_gives_commands_that_work() {
    let project = Project::of("django-blog");
    let run = project.aksara(AKSARA, &["ai", "plan", "Add \"tags\" to psots"]).expect(2);
    let commands: Vec<&str> = run.stderr.lines().filter_map(|l| l.strip_prefix("try: ")).collect();
    assert!(commands.iter().any(|command| command.contains("\"tags\"")), "{}", run.stderr);
    for command in commands {
        // As a shell takes it.
        let script = format!("aksara() {{ '{AKSARA}' \"$@\"; }}; {command}");
        let template = aksara_testkit::aksara(AKSARA, &project, &[]);
        let mut shell = project.command("sh");
        shell.envs(template.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let output = shell.args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn an_unknown_template() {
    let project = Project::of("django-blog");
    refused("unknown_template", &project, &["ai", "plan", "--template", "taging"], 2);
}

#[test]
fn an_unknown_parameter() {
    let project = Project::of("django-blog");
    refused(
        "unknown_parameter",
        &project,
        &["ai", "plan", "--template", "tagging", "--set", "modle=blog.Post"],
        2,
    );
}

// The user's own templates.

fn with_template(text: &str) -> Project {
    let project = Project::of("django-blog");
    project.write("../home/.config/aksara/templates/mine.rhai", text);
    project
}

const META: &str = "const META = #{ name: \"mine\", title: \"Mine\", summary: \"Mine.\", version: \"1.0.0\", stacks: [\"django\"], keywords: [\"mine\"], examples: [\"Add mine\"] };\nconst PARAMS = #{ type: \"object\", properties: #{} };\n";

#[test]
fn a_template_with_a_syntax_error() {
    let project = with_template(&format!("{META}fn plan(p) {{\n    let steps = [;\n}}\n"));
    refused("template_syntax", &project, &["ai", "plan", "--template", "mine"], 2);
}

#[test]
fn a_template_that_never_ends() {
    let project = with_template(&format!("{META}fn plan(p) {{\n    loop {{ }}\n}}\n"));
    refused("template_endless", &project, &["ai", "plan", "--template", "mine"], 2);
}

// Plan files.

fn with_plan(change: impl FnOnce(&mut serde_json::Value)) -> Project {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut plan = serde_json::from_str(&project.read("../plan.json")).unwrap();
    change(&mut plan);
    project.write("../plan.json", serde_json::to_vec_pretty(&plan).unwrap());
    project
}

const LOAD: [&str; 6] = ["ai", "plan", "--load", "../plan.json", "--execute", "--yes"];

#[test]
fn a_plan_that_was_cut_short() {
    let project = with_plan(|_| {});
    let text = project.read("../plan.json");
    project.write("../plan.json", &text[..200]);
    refused("plan_truncated", &project, &LOAD, 2);
}

#[test]
fn a_plan_of_a_newer_version() {
    let project = with_plan(|p| {
        p["format_version"] = 99.into();
        p["steps"] = "something else by then".into();
    });
    refused("plan_newer", &project, &LOAD, 2);
}

#[test]
fn a_plan_made_invalid_by_hand() {
    let project = with_plan(|p| p["steps"][1]["dependencies"] = serde_json::json!([7]));
    refused("plan_invalid", &project, &LOAD, 2);
}

#[test]
fn a_plan_with_wrong_params() {
    let project = with_plan(|p| p["steps"][0]["params"]["fields"] = "name".into());
    refused("plan_wrong_params", &project, &LOAD, 2);
}

#[test]
fn a_plan_with_an_unknown_step_type() {
    let project = with_plan(|p| p["steps"][0]["type"] = "create_castle".into());
    refused("plan_unknown_type", &project, &LOAD, 2);
}

#[test]
fn a_plan_with_a_command_that_cannot_run() {
    for (name, params) in [
        ("command_one_text", serde_json::json!({"argv": ["python manage.py check"]})),
        ("command_no_undo", serde_json::json!({"argv": ["true"], "undo": []})),
        ("command_unless_one_text", serde_json::json!({"argv": ["true"], "unless": ["test -e x"]})),
        ("command_class", serde_json::json!({"argv": ["true"], "class": "harmless"})),
        ("command_no_time", serde_json::json!({"argv": ["true"], "timeout_seconds": 0})),
        ("command_folder_outside", serde_json::json!({"argv": ["true"], "cwd": "../other"})),
        ("command_creates_outside", serde_json::json!({"argv": ["true"], "creates": "/etc/x"})),
    ] {
        let project = with_plan(|p| {
            p["steps"] = serde_json::json!([{"order": 1, "id": "s1", "type": "run_command", "name": "x",
                "description": "Run something", "params": params}]);
        });
        refused(name, &project, &LOAD, 2);
    }
}

fn with_file_step(path: &str) -> Project {
    let path = path.to_owned();
    with_plan(move |p| {
        p["steps"] = serde_json::json!([{
            "order": 1, "id": "s1", "type": "modify_file", "name": "x", "description": "Write a file",
            "params": {"path": path, "operations": [{"op": "create", "text": "owned\n"}]}
        }]);
    })
}

#[test]
fn a_plan_that_names_a_path_outside() {
    for (name, path) in [
        ("plan_path_up", "../outside.txt"),
        ("plan_path_absolute", "/tmp/outside.txt"),
        ("plan_path_git", ".git/hooks/pre-commit"),
    ] {
        let project = with_file_step(path);
        refused(name, &project, &LOAD, 2);
        assert!(!project.path().join("../outside.txt").exists());
    }
}

#[test]
fn a_plan_that_writes_through_a_link() {
    let project = with_file_step("link/inside.txt");
    let outside = project.home().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, project.path().join("link")).unwrap();
    project.commit("a link");
    refused("plan_through_link", &project, &LOAD, 3);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn a_folder_that_became_a_link_on_disk() {
    let project = with_file_step("docs/inside.txt");
    project.write("docs/a.txt", "a\n");
    project.commit("docs");
    let outside = project.home().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::remove_dir_all(project.path().join("docs")).unwrap();
    std::os::unix::fs::symlink(&outside, project.path().join("docs")).unwrap();
    refused("plan_through_link_on_disk", &project, &LOAD, 3);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

// The surroundings.

#[test]
fn no_plugins() {
    let project = Project::of("django-blog");
    let empty = project.home().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let output = project
        .command(AKSARA)
        .env("AKSARA_PLUGIN_PATH", &empty)
        .args(["ai", "plan", TAGGING])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("no plugins found") && text.contains("AKSARA_PLUGIN_PATH"), "{text}");
}

#[test]
fn a_run_that_does_not_exist() {
    let project = Project::of("django-blog");
    refused("unknown_run", &project, &["ai", "show", "20200101-000000-000aa"], 2);
    let run = project.aksara(AKSARA, &["ai", "resume", "../../etc"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[test]
fn what_a_run_cannot_be_asked_for() {
    let project = Project::of("django-blog");
    refused("no_run_to_retry", &project, &["ai", "retry"], 2);
    refused("no_run_to_land", &project, &["ai", "land"], 2);
    refused("unknown_run_to_land", &project, &["ai", "land", "20200101-000000-000aa"], 2);
    refused("land_nowhere", &project, &["ai", "land", "--land", "none"], 2);
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    let run = project.aksara(AKSARA, &["ai", "runs", "--json"]).expect(0).json()["runs"][0]["id"].clone();
    let run = run.as_str().unwrap();
    refused("retry_landed", &project, &["ai", "retry", run], 3);
    refused("land_landed", &project, &["ai", "land", run], 3);
    let _ = project.aksara(AKSARA, &["ai", "rollback", run]).expect(0);
    refused("retry_taken_back", &project, &["ai", "retry", run], 3);
    refused("land_taken_back", &project, &["ai", "land", run], 3);
}

#[test]
fn a_run_at_its_end_is_not_resumed() {
    let project = with_plan(|p| {
        p["steps"] = serde_json::json!([
            {"order": 1, "id": "s1", "type": "modify_file", "name": "x", "description": "Write a file",
             "params": {"path": "one.txt", "operations": [{"op": "create", "text": "1\n"}]}},
            {"order": 2, "id": "s2", "type": "run_command", "name": "x", "description": "Fail",
             "params": {"argv": ["false"], "class": "read"}},
        ]);
    });
    let mut args = LOAD.to_vec();
    args.push("--continue-on-failure");
    let failed = project.aksara(AKSARA, &args).expect(1);
    let run = failed.stderr.lines().find_map(|l| l.strip_prefix("run ")).unwrap();
    refused("resume_partial", &project, &["ai", "resume", run], 3);
    project.git(&["checkout", "--quiet", "--detach"]);
    refused("land_detached", &project, &["ai", "land"], 3);
    project.git(&["checkout", "--quiet", "main"]);
    project.write("one.txt", "mine\n");
    refused("land_dirty", &project, &["ai", "land"], 3);
    std::fs::remove_file(project.path().join("one.txt")).unwrap();
    let _ = project.aksara(AKSARA, &["ai", "land"]).expect(0);
    assert_eq!(project.read("one.txt"), "1\n");
}

#[test]
fn flags_that_are_wrong() {
    let project = Project::of("django-blog");
    let with = |name: &str, flags: &[&str]| {
        let mut args = vec!["ai", "plan", TAGGING, "--execute", "--yes"];
        args.extend(flags);
        refused(name, &project, &args, 2);
    };
    with("both_on_failure", &["--rollback-on-failure", "--continue-on-failure"]);
    with("flag_no_bool", &["--continue-on-failure=perhaps"]);
    with("flag_no_number", &["--max-steps", "many"]);
    with("flag_zero", &["--step-timeout-seconds", "0"]);
    with("flag_too_many_steps", &["--max-steps", "7"]);
    refused("config_unknown", &project, &["config", "get", "planner.max_step"], 2);
    project.write("aksara.toml", "[planner]\nrollback_on_failure = true\n");
    with("both_on_failure_in_a_file", &["--continue-on-failure"]);
    project.write("aksara.toml", "[planner]\nskip_dependent = 1\n");
    refused("config_of_a_bad_file", &project, &["config", "list"], 2);
}

#[test]
fn a_setting_that_is_wrong() {
    let project = Project::of("django-blog");
    refused("unknown_setting", &project, &["ai", "plan", TAGGING, "--config", "planner.max_step=3"], 2);
    refused("too_many_steps", &project, &["ai", "plan", TAGGING, "--config", "planner.max_steps=3"], 2);
}

#[test]
fn a_full_disk() {
    let project = Project::of("django-blog");
    let before = project.everything();
    // A limit on file sizes stands in for the full disk: writing fails half way, as it would there.
    let mut command = project.command("sh");
    let template = aksara_testkit::aksara(AKSARA, &project, &[]);
    for (key, value) in template.get_envs() {
        if let Some(value) = value {
            command.env(key, value);
        }
    }
    let script = format!("trap '' XFSZ; ulimit -f 1; exec '{AKSARA}' ai plan '{TAGGING}' --execute --yes");
    let output = command.args(["-c", &script]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error:"), "{text}");
    assert_eq!(before, project.everything());
}

#[test]
fn ctrl_c() {
    let project = Project::of("django-blog");
    let before = project.everything();
    let mut child = aksara_testkit::aksara(AKSARA, &project, &["ai", "plan", TAGGING, "--execute", "--yes"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    // As soon as it has begun, as a person would.
    while std::io::BufRead::read_line(&mut stderr, &mut line).unwrap() > 0 && !line.contains("[1/") {}
    let signalled =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stderr, &mut rest).unwrap();
    let code = child.wait().unwrap().code();
    if code == Some(0) {
        // It was faster than the signal.
        return;
    }
    assert_eq!(code, Some(130), "{rest}");
    assert!(rest.contains("aksara ai resume"), "{rest}");
    assert_eq!(before, project.everything());
    let _ = project.aksara(AKSARA, &["ai", "resume"]).expect(0);
    assert!(project.read("blog/models.py").contains("class Tag"));
}

// Plugins.

#[test]
fn a_name_that_no_plugin_can_have() {
    let project = Project::of("django-blog");
    refused("plugin_name", &project, &["plugin", "new", "My-Plugin"], 2);
    refused("plugin_folder_taken", &project, &["plugin", "new", "blog"], 3);
    refused("plugin_sdk", &project, &["plugin", "new", "mine", "--sdk", "config"], 2);
    refused("plugin_sdk_in_c", &project, &["plugin", "new", "mine", "--lang", "c", "--sdk", "0.1"], 2);
}

#[test]
fn files_that_are_no_plugins() {
    let project = Project::of("django-blog");
    refused("plugin_not_there", &project, &["plugin", "check", "nowhere"], 2);
    refused("plugin_folder_without_toml", &project, &["plugin", "add", "blog"], 2);
    refused("plugin_not_a_library", &project, &["plugin", "add", "manage.py"], 2);
    refused("plugin_link_without_library", &project, &["plugin", "link", "blog"], 2);
    let _ = project.aksara(AKSARA, &["plugin", "check", "manage.py"]).expect(1);
}

#[test]
fn plugins_that_are_not_the_users_are_not_removed() {
    let project = Project::of("django-blog");
    refused("plugin_unknown", &project, &["plugin", "remove", "nothing"], 2);
    let run = project.aksara(AKSARA, &["plugin", "remove", "model"]).expect(3);
    assert!(run.stderr.contains("`model` is not one that you added"), "{}", run.stderr);
}

#[test]
fn a_list_of_accepted_plugins_that_is_none() {
    let project = Project::of("django-blog");
    let data = project.home().join(".local/share/aksara");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("plugins.lock"), "version = 9\n").unwrap();
    refused("plugin_lock", &project, &["plugin", "list"], 2);
}

// Fields of a new model.

fn crud(name: &str, model: &str, fields: &str, code: i32) {
    let project = Project::of("django-blog");
    let (model, fields) = (format!("model_name={model}"), format!("fields={fields}"));
    let args =
        ["ai", "plan", "--template", "crud_feature", "--set", &model, "--set", &fields, "--execute", "--yes"];
    refused(name, &project, &args, code);
}

#[test]
fn field_types_misspelt() {
    crud("field_types_misspelt", "Product", "name,price:decimla(10,2),tags:m2m(Psot),stock count", 2);
}

#[test]
fn field_reserved() {
    crud("field_reserved", "Product", "name,check", 2);
}

#[test]
fn field_is_a_column() {
    crud("field_is_a_column", "Product", "author,author_id:integer", 2);
}

#[test]
fn model_is_a_second_user() {
    crud("model_is_a_second_user", "User", "name", 2);
}

#[test]
fn model_is_there_with_other_fields() {
    crud("model_is_there_with_other_fields", "Post", "name", 2);
}

#[test]
fn field_not_understood() {
    let project = Project::of("django-blog");
    let request = "Create a Product model with name and a link to the posts";
    refused("field_not_understood", &project, &["ai", "plan", request, "--execute", "--yes"], 2);
}

// Templates of one's own.

#[test]
fn template_commands() {
    let project = Project::of("django-blog");
    let template = |name: &str, args: &[&str], code: i32| {
        refused(name, &project, &[&["template"], args].concat(), code);
    };
    template("template_new_bad_name", &["new", "Audit-Log"], 2);
    template("template_new_of_a_name_that_is_there", &["new", "tagging"], 3);
    template("template_test_unknown", &["test", "taging"], 2);
    template("template_test_built_in", &["test", "tagging"], 2);
    template("template_test_none", &["test", "--all"], 2);
    template("template_lint_no_file", &["lint", "templates/audit.rhai"], 2);
    template("template_lint_other_file", &["lint", "./manage.py"], 2);
    template("template_docs_unknown", &["docs", "nothing_like_it"], 2);
    template("template_root_is_no_folder", &["list", "--root", "nowhere"], 2);
}

#[test]
fn schemas_that_are_not_there() {
    let project = Project::of("django-blog");
    refused("schema_unknown", &project, &["schema", "journal"], 2);
    refused("schema_step_unknown", &project, &["schema", "step", "create_migraton"], 2);
    refused("schema_is_of_no_step", &project, &["schema", "plan", "create_model"], 2);
}

#[test]
fn template_that_is_there() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["template", "new", "audit"]).expect(0);
    refused("template_new_twice", &project, &["template", "new", "audit"], 3);
    project.write(".aksara/templates/audit/tests/first/params.json", "[1]");
    let run = project.aksara(AKSARA, &["template", "test", "audit"]).expect(1);
    assert!(run.stdout.contains("params.json is not a JSON object"), "{}", run.stdout);
    std::fs::remove_dir_all(project.path().join(".aksara/templates/audit/tests")).unwrap();
    refused("template_test_no_cases", &project, &["template", "test", "audit"], 2);
}

#[test]
fn template_outside_of_a_repository() {
    let project = Project::empty();
    refused("template_new_no_repository", &project, &["template", "new", "audit"], 2);
}

#[test]
fn trust_without_anybody_to_ask() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["template", "new", "audit"]).expect(0);
    project.commit("a template");
    refused("trust_unattended", &project, &["trust"], 3);
    let args = ["ai", "plan", "--template", "audit", "--set", "model=blog.Post", "--execute", "--yes"];
    refused("template_not_trusted", &project, &args, 3);
    refused("trust_outside_of_a_repository", &Project::empty(), &["trust"], 2);
}

#[test]
fn what_was_typed_wrong_is_json_too_where_json_is_wanted() {
    let project = Project::of("django-blog");
    for args in [&["ai", "plan", "--json"][..], &["ai", "runs", "--json", "--no-such-flag"]] {
        let run = project.aksara(AKSARA, args).expect(2);
        let error = &run.json()["error"];
        assert_eq!(error["kind"], "input", "{}", run.stdout);
        let message = error["message"].as_str().unwrap();
        assert!(
            !message.starts_with("error") && run.stderr.contains(message.lines().next().unwrap()),
            "{message}"
        );
    }
    assert_eq!(project.aksara(AKSARA, &["ai", "plan", "--json", "--help"]).expect(0).stderr, "");
}
