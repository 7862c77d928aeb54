//! What `aksara schema` prints is what the command and the library write, and nothing more.

use aksara_runtime::{AgentRuntime, ExecuteOptions, PlanOptions, RunOptions};
use aksara_testkit::Project;
use serde_json::{Value, json};

use crate::{AKSARA, TAGGING};

/// A schema as it is printed, made strict: a field that it does not name is an error.
struct Strict {
    of: &'static str,
    validator: jsonschema::Validator,
}

impl Strict {
    fn new(project: &Project, of: &'static str) -> Self {
        let mut schema = project.aksara(AKSARA, &["schema", of]).expect(0).json();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        close(&mut schema);
        Self { of, validator: jsonschema::draft202012::new(&schema).unwrap() }
    }

    fn check(&self, value: &Value) {
        let wrong: Vec<String> = self
            .validator
            .iter_errors(value)
            .map(|error| {
                format!(
                    "{} at `{}`",
                    error.to_string().chars().take(300).collect::<String>(),
                    error.instance_path()
                )
            })
            .collect();
        assert!(
            wrong.is_empty(),
            "this is not what `aksara schema {}` says: edit runtime/engine/schemas/{}.json\n{}\n{value:#}",
            self.of,
            self.of,
            wrong.join("\n")
        );
    }
}

/// Forbids fields that are not named, wherever some are.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object)
                && object.get("type") == Some(&json!("object"))
            {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn plan(project: &Project, args: &[&str], code: i32) -> Value {
    project.aksara(AKSARA, &[&["ai", "plan"], args].concat()).expect(code).json()
}

/// A plan with a command that fails, saved beside the project.
fn failing(project: &Project, saved: &mut Value) {
    let last = saved["steps"].as_array().unwrap().len();
    let step = &mut saved["steps"][last - 1];
    step["type"] = json!("run_command");
    step["params"] = json!({ "argv": ["cat", "no-such-file"], "class": "read" });
    for preview in ["file", "code", "diff", "code_hash", "change_hash"] {
        step[preview] = Value::Null;
    }
    project.write("../failing.json", serde_json::to_vec(saved).unwrap());
}

#[test]
fn plans_and_results_are_what_the_schemas_say() {
    let project = Project::of("django-blog");
    let (plans, results) = (Strict::new(&project, "plan"), Strict::new(&project, "result"));
    let before = plan(&project, &[TAGGING, "--json"], 0);
    plans.check(&before);
    results.check(&plan(&project, &[TAGGING, "--dry-run", "--json"], 0));

    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut saved: Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    plans.check(&saved);
    // A step in which everything is set that a person may set.
    let step = &mut saved["steps"][0];
    for (name, value) in [
        ("estimated_time", json!("2 min")),
        ("prerequisites", json!(["a"])),
        ("risks", json!(["b"])),
        ("required_skills", json!(["c"])),
        ("subtasks", json!(["d"])),
        ("timeout_seconds", json!(30)),
        ("context", json!({ "ticket": 7 })),
    ] {
        step[name] = value;
    }
    let edited = format!("{}\n", step["code"].as_str().unwrap().trim_end());
    step["code"] = json!(edited.replace("class Tag", "# mine\nclass Tag"));
    project.write("../plan.json", serde_json::to_vec(&saved).unwrap());
    failing(&project, &mut before.clone());
    let failed = plan(&project, &["--load", "../failing.json", "--execute", "--yes", "--json"], 1);
    results.check(&failed);
    assert_eq!(failed["success"], false, "{failed:#}");
    assert!(!failed["failures"].as_array().unwrap().is_empty(), "{failed:#}");

    let landed = plan(&project, &["--load", "../plan.json", "--execute", "--yes", "--json"], 0);
    results.check(&landed);
    let shown = project.aksara(AKSARA, &["ai", "show", "--json"]).expect(0).json();
    plans.check(&shown["plan"]);
    assert_eq!(shown["plan"]["steps"][0]["code_from"], "edited");
    assert_eq!(shown["plan"]["steps"][0]["context"], json!({ "ticket": 7 }));
    results.check(&shown["result"]);
    let back = project.aksara(AKSARA, &["ai", "rollback", "--json"]).expect(0).json();
    results.check(&back);
    assert!(back["taken_back"].is_string(), "{back:#}");
}

#[test]
fn events_are_what_the_schema_says() {
    let project = Project::of("django-blog");
    project.git(&["config", "user.name", "Test Person"]);
    project.git(&["config", "user.email", "person@example.com"]);
    let schema = Strict::new(&project, "event");
    let runtime = AgentRuntime::builder(project.path())
        .plugins(aksara_testkit::plugin_folder(std::path::Path::new(AKSARA)), "the test")
        .plugins_in_process()
        .cache(project.home().join("cache"))
        .environment(project.environment())
        .build()
        .unwrap();
    let mut stream = runtime.events();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let planner = runtime.planner();
        let plan = planner.create(TAGGING, PlanOptions::default()).await.unwrap();
        let mut saved = serde_json::to_value(&plan).unwrap();
        failing(&project, &mut saved);
        let broken = planner.load(&project.path().join("../failing.json")).unwrap();
        let yes = || ExecuteOptions {
            run: RunOptions { assume_yes: true, ..RunOptions::default() },
            ..ExecuteOptions::default()
        };
        assert!(!planner.execute(&broken, yes()).await.unwrap().success);
        assert!(planner.execute(&plan, yes()).await.unwrap().success);
    });
    let mut seen = std::collections::BTreeSet::new();
    while let Ok(event) = stream.try_recv() {
        let event = serde_json::to_value(&event).unwrap();
        schema.check(&event);
        seen.insert(event["event"].as_str().unwrap().to_owned());
    }
    for name in
        ["run_opened", "step_started", "step_done", "step_failed", "command_started", "landing", "landed"]
    {
        assert!(seen.contains(name), "no {name} in {seen:?}");
    }
    // The record on disk is another thing, as the schema says.
    let runs = project.path().join(".git/aksara/runs");
    let record = std::fs::read_dir(runs).unwrap().next().unwrap().unwrap().path().join("events.jsonl");
    let first = std::fs::read_to_string(record).unwrap();
    let first: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert!(!schema.validator.is_valid(&first), "{first}");
}

#[test]
fn the_schema_of_the_settings_is_that_of_init() {
    let project = Project::of("django-blog");
    let schema = project.aksara(AKSARA, &["schema", "config"]).expect(0).json();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let steps = &schema["properties"]["planner"]["properties"]["max_steps"];
    assert_eq!((&steps["default"], &steps["minimum"]), (&json!(60), &json!(1)));
    assert_eq!(
        schema["properties"]["landing"]["properties"]["mode"]["enum"],
        json!(["current", "branch", "patch", "none"])
    );
    let _ = project.aksara(AKSARA, &["init"]).expect(0);
    for (section, settings) in schema["properties"].as_object().unwrap() {
        assert!(project.read("aksara.toml").contains(&format!("[{section}]\n")), "{section}");
        for name in settings["properties"].as_object().unwrap().keys() {
            assert!(project.read("aksara.toml").contains(&format!("\n# {name} = ")), "{section}.{name}");
        }
    }
}

#[test]
fn a_schema_needs_no_project_and_names_what_there_is() {
    let project = Project::empty();
    for of in ["plan", "event", "result", "config"] {
        let text = project.aksara(AKSARA, &["schema", of]).expect(0).stdout;
        assert!(text.ends_with("}\n") && text.contains("2020-12"), "{text}");
    }
    let refused = project.aksara(AKSARA, &["schema", "journal"]).expect(2);
    assert!(
        refused.stderr.contains("[possible values: plan, event, result, config, step]"),
        "{}",
        refused.stderr
    );
    for args in [["schema", "plan", "create_model"], ["schema", "plan", "--markdown"]] {
        let refused = project.aksara(AKSARA, &args).expect(2);
        assert!(refused.stderr.contains("hint: aksara schema plan\n"), "{}", refused.stderr);
    }
}

#[test]
fn step_types_are_listed_and_each_has_a_schema_that_its_examples_fit() {
    let project = Project::empty();
    let list = project.aksara(AKSARA, &["schema", "step"]).expect(0).stdout;
    let words: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(words.iter().any(|row| row[..3] == ["create_model", "django", "model"]), "{list}");
    assert!(words.iter().any(|row| row[..3] == ["run_command", "*", "command"]), "{list}");
    let all = project.aksara(AKSARA, &["schema", "step", "--json"]).expect(0).json();
    let all = all["step_types"].as_array().unwrap();
    assert_eq!(all.len(), words.len());
    for of in all {
        let name = of["type"].as_str().unwrap();
        let schema = project.aksara(AKSARA, &["schema", "step", name]).expect(0).json();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        assert_eq!((&schema["title"], &schema["x-stack"]), (&of["type"], &of["stack"]));
        assert_eq!(
            (&schema["description"], &schema["properties"]),
            (&of["summary"], &of["params"]["properties"])
        );
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let examples = schema["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            validator.validate(example).unwrap();
        }
        assert!(!validator.is_valid(&json!({ "no_such_param": 1 })), "{name}");
    }
    let refused = project.aksara(AKSARA, &["schema", "step", "create_migraton"]).expect(2);
    assert!(refused.stderr.contains("no plugin has the step type `create_migraton`"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: did you mean `create_migration`?"), "{}", refused.stderr);
}

#[test]
fn the_page_of_step_types_is_that_of_the_plugins() {
    let project = Project::empty();
    let made = project.aksara(AKSARA, &["schema", "step", "--markdown"]).expect(0).stdout;
    let page = std::fs::read_to_string(aksara_testkit::workspace().join("docs/steps.md")).unwrap();
    assert!(
        made == page,
        "docs/steps.md is not what the plugins say of themselves: at the top of the repository type\n  \
         cargo build && target/debug/aksara schema step --markdown > docs/steps.md"
    );
}
