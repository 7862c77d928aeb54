//! The tools of plugin authors, as an author uses them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aksara_testkit::{Project, Run, plugin_folder, workspace};
use serde_json::{Value, json};

use crate::AKSARA;
use crate::isolation::{end_sleepers, library};

/// What a package manager of the author's needs, beside the hermetic environment. Everything but the last step of a
/// build goes to one folder, so that dependencies are built once for all tests.
fn author(mut command: Command) -> Command {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    for (name, below) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        command.env(name, std::env::var_os(name).map_or_else(|| home.join(below), PathBuf::from));
    }
    let bin = Path::new(AKSARA).parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{bin}:{path}"))
        .env("AKSARA_PLUGIN_PATH", plugin_folder(Path::new(AKSARA)))
        .env("CARGO_BUILD_BUILD_DIR", workspace().join("target/authors"))
        // What the workspace is built from is enough.
        .env("CARGO_NET_OFFLINE", "true");
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn shipped(name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    plugin_folder(Path::new(AKSARA)).join(format!("{DLL_PREFIX}aksara_plugin_{name}{DLL_SUFFIX}"))
}

fn checked(project: &Project, plugin: &Path, code: i32) -> Value {
    project.aksara(AKSARA, &["plugin", "check", plugin.to_str().unwrap(), "--json"]).expect(code).json()
}

/// The problems that a check found, with their rules.
fn problems(report: &Value) -> Vec<(String, String)> {
    report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|check| {
            let rule = check["rule"].as_str().unwrap().to_owned();
            check["problems"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |p| (rule.clone(), p.as_str().unwrap().to_owned()))
        })
        .collect()
}

#[test]
fn every_shipped_plugin_keeps_to_the_rules() {
    let project = Project::empty();
    for name in ["project", "model", "serializer", "viewset", "migration", "test", "file", "command"] {
        let report = project.aksara(AKSARA, &["plugin", "check", shipped(name).to_str().unwrap()]);
        assert_eq!(report.code, 0, "{name}:\n{}", report.stdout);
    }
}

#[test]
fn a_plugin_that_breaks_the_rules_is_told_which() {
    let project = Project::empty();
    let nasty = library("nasty", &project.home(), "nasty");
    let report = checked(&project, &nasty, 1);
    assert_eq!(report["ok"], json!(false));
    let found = problems(&report["child"]);
    let has = |rule: &str, part: &str| {
        assert!(
            found.iter().any(|(r, text)| r == rule && text.contains(part)),
            "{rule}: {part} is not in {found:#?}"
        );
    };
    has("examples run", "`panic` has no example");
    let nonsense = "nonsense gives an error and no harm";
    has(nonsense, "panicked: nasty as ever");
    has(nonsense, "crashed: signal 6 (SIGABRT)");
    // In process it takes its process with it, and the command lives to say so.
    let (rule, text) = &problems(&report["in_process"])[0];
    assert_eq!(rule, "it does no harm to the process that it is loaded into");
    assert!(text.contains("it took the process with it"), "{text}");

    let noisy = library("bare", &project.home(), "noisy_describe");
    let found = problems(&checked(&project, &noisy, 1)["in_process"]);
    assert!(found.iter().any(|(_, text)| text.contains("it wrote to standard output")), "{found:#?}");
    end_sleepers(&project);

    let abi = library("bare", &project.home(), "wrong_abi");
    let found = problems(&checked(&project, &abi, 1)["child"]);
    assert!(found[0].1.contains("needs version 2"), "{found:#?}");
}

/// docs/plugins.md, as it is printed.
#[test]
fn the_guide_works_as_it_is_printed() {
    let project = Project::empty();
    let commands = crate::guide::script("docs/plugins.md");
    assert!(commands.contains("aksara plugin new changelog\n"), "{commands}");
    let output = author(project.command("sh")).args(["-exc", &commands]).output().unwrap();
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("test result: ok. 2 passed"), "the author's own tests ran: {text}");
    assert!(text.contains("+- opened"), "the step was previewed: {text}");
    assert!(text.contains("changelog   0.1.0     changelog\n"), "it is listed: {text}");
    assert!(text.contains("opening: 0 error(s), 0 warning(s)"), "a template uses it: {text}");
    assert!(text.contains("\"x-plugin\": \"changelog\""), "it has a schema: {text}");

    // What the guide prints of files that it does not write is what is in them.
    let guide = std::fs::read_to_string(workspace().join("docs/plugins.md")).unwrap();
    let (_, manifest) = guide.split_once("```toml\n").unwrap();
    let (manifest, _) = manifest.split_once("```").unwrap();
    let written = project.read("changelog/plugin.toml");
    for line in manifest.lines() {
        assert!(written.lines().any(|known| known == line), "`{line}` is not in\n{written}");
    }

    // To hand it on: the library alone, which does not go beside what is linked.
    let library = "changelog/target/debug/libaksara_plugin_changelog.so";
    let add = |code| project.aksara(AKSARA, &["plugin", "add", library]).expect(code).stderr;
    let refused = add(3);
    assert!(refused.contains("which the plugin `changelog` has already"), "{refused}");
    assert!(refused.contains("aksara plugin remove changelog"), "{refused}");
    let _ = project.aksara(AKSARA, &["plugin", "remove", "changelog"]).expect(0);
    assert!(add(0).contains("added changelog 0.1.0 to "));
    assert!(add(0).contains("added changelog 0.1.0 to "), "again is a new version of the same");
    let _ = project.aksara(AKSARA, &["plugin", "remove", "changelog"]).expect(0);
}

/// The files of examples/custom-executor, without what was built there.
fn copy_of_the_example(project: &Project) -> PathBuf {
    let folder = project.home().join("toy");
    for file in [
        "Cargo.toml",
        "plugin.toml",
        "src/lib.rs",
        "src/stack.rs",
        "src/create_model.rs",
        "src/write_index.rs",
        "tests/toy.rs",
    ] {
        let to = folder.join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let sdk = format!("path = \"{}\"", workspace().join("plugins/sdk").display());
        let text = std::fs::read_to_string(workspace().join("examples/custom-executor").join(file)).unwrap();
        std::fs::write(to, text.replace("path = \"../../plugins/sdk\"", &sdk)).unwrap();
    }
    folder
}

#[test]
fn the_example_in_rust_brings_a_stack_an_existing_step_type_and_a_new_one() {
    let project = Project::empty();
    let folder = copy_of_the_example(&project);
    // Not where cargo builds by default, as a workspace or CARGO_TARGET_DIR has it.
    std::fs::create_dir(folder.join(".cargo")).unwrap();
    std::fs::write(folder.join(".cargo/config.toml"), "[build]\ntarget-dir = \"../built\"\n").unwrap();
    let aksara = |args: &[&str]| author(project.command(AKSARA)).args(args).output().unwrap();
    let missing = text(&aksara(&["plugin", "check", folder.to_str().unwrap()]));
    let place = project.home().join("built").display().to_string();
    assert!(missing.contains("is not there, nor in") && missing.contains("built, where cargo"), "{missing}");
    let built =
        author(project.command("cargo")).args(["test", "--quiet"]).current_dir(&folder).output().unwrap();
    assert!(built.status.success(), "{}", text(&built));
    let built =
        author(project.command("cargo")).args(["build", "--quiet"]).current_dir(&folder).output().unwrap();
    assert!(built.status.success(), "{}", text(&built));
    let path = folder.to_str().unwrap();
    let before = std::fs::read_to_string(folder.join("plugin.toml")).unwrap();
    let check = aksara(&["plugin", "check", path]);
    assert!(check.status.success(), "{}", text(&check));
    let link = text(&aksara(&["plugin", "link", path]));
    assert!(link.contains(&format!("as it is built in {place}")), "{link}");
    assert_eq!(std::fs::read_to_string(folder.join("plugin.toml")).unwrap(), before, "it goes to others");
    let listed = project.aksara(AKSARA, &["plugin", "list"]).expect(0).stdout;
    assert!(listed.contains("the stack toy, create_model (toy), write_index (toy)"), "{listed}");

    project.git(&["init", "--quiet"]);
    project.write("shop/toy.txt", "");
    project.commit("start");
    let step = |order: u32, step_type: &str, params: Value| {
        json!({ "order": order, "id": format!("s{order}"), "type": step_type, "name": step_type,
                "description": step_type, "params": params })
    };
    let plan = json!({
        "format_version": 1, "id": "p1", "title": "Tags", "description": "Tags", "summary": "", "stack": "toy",
        "root": "shop", "source": { "kind": "manual" }, "created_at": "2026-01-01T00:00:00Z",
        "runtime_version": "0.1.0",
        "steps": [
            step(1, "create_model", json!({ "model": "tables.Tag", "fields": [{ "name": "label", "type": "string" }] })),
            step(2, "write_index", json!({})),
        ],
    });
    project.write("../plan.json", plan.to_string());
    let run =
        project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes"]).expect(0);
    assert_eq!(project.read("shop/tables/tag.table"), "label string\n", "{}", run.stderr);
    assert_eq!(project.read("shop/TABLES.md"), "# Tables\n\n## tag\n\n- label: string\n");
    let _ = project.aksara(AKSARA, &["ai", "rollback"]).expect(0);
    assert!(!project.path().join("shop/TABLES.md").exists());

    // A built-in template makes what the stack has, and says what it leaves out.
    let request = "Create a Product model with name, price and description";
    let run = project.aksara(AKSARA, &["-C", "shop", "ai", "plan", request, "--execute", "--yes"]).expect(0);
    assert_eq!(
        project.read("shop/tables/product.table"),
        "name string\nprice decimal\ndescription text\ncreated_at datetime\nupdated_at datetime\n"
    );
    assert!(run.stderr.contains("there are no migrations, APIs and tests to be made"), "{}", run.stderr);
    // What is there already is not made twice.
    let again = project.aksara(AKSARA, &["-C", "shop", "ai", "plan", request, "--dry-run"]).expect(0);
    assert_eq!(again.stdout, "", "{}", again.stderr);
    // One that says that it is for another stack is not for this one.
    let refused = project.aksara(AKSARA, &["-C", "shop", "ai", "plan", "Add tags to products"]).expect(2);
    let reason = "the template `tagging` does not know the stack `toy`; it knows django";
    assert!(refused.stderr.contains(reason), "{}", refused.stderr);
    let refused =
        project.aksara(AKSARA, &["-C", "shop", "ai", "plan", "Add tags", "--template", "tagging"]).expect(2);
    assert!(refused.stderr.contains(reason), "{}", refused.stderr);
}

#[test]
fn the_example_in_c_is_built_and_keeps_to_the_rules() {
    let project = Project::empty();
    let folder = project.home().join("custom-c");
    std::fs::create_dir(&folder).unwrap();
    let header = format!("HEADERS={}", workspace().join("plugins/sdk/include").display());
    for file in ["plugin.c", "json.h", "Makefile", "plugin.toml"] {
        std::fs::copy(workspace().join("examples/custom-executor-c").join(file), folder.join(file)).unwrap();
    }
    let built =
        project.command("make").args([&header, "CFLAGS=-Werror"]).current_dir(&folder).output().unwrap();
    assert!(built.status.success(), "{}", text(&built));
    let check = project.aksara(AKSARA, &["plugin", "check", folder.to_str().unwrap()]);
    assert_eq!(check.code, 0, "{}", check.stdout);
}

// Your own plugins.

/// A plan of one step, and a dry run of it.
fn dry_run(project: &Project, step_type: &str) -> Run {
    let plan = json!({
        "format_version": 1, "id": "p1", "title": "A test", "description": "A test", "summary": "",
        "source": { "kind": "manual" }, "created_at": "2026-01-01T00:00:00Z", "runtime_version": "0.1.0",
        "steps": [{ "order": 1, "id": "s1", "type": step_type, "name": step_type, "description": step_type,
                    "params": {} }],
    });
    project.write("../plan.json", plan.to_string());
    project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--dry-run"])
}

fn data(project: &Project) -> PathBuf {
    project.home().join(".local/share/aksara")
}

#[test]
fn a_plugin_is_added_changed_accepted_and_removed() {
    let project = Project::of("django-blog");
    let file = library("bare", &project.home(), "raw");
    let added = project.aksara(AKSARA, &["plugin", "add", file.to_str().unwrap()]).expect(0);
    assert!(added.stderr.contains("added raw 1.0.0"), "{}", added.stderr);
    let own = data(&project).join("plugins/raw");
    assert!(own.join("plugin.toml").is_file());
    let why = project.aksara(AKSARA, &["plugin", "list", "--why"]).expect(0);
    assert!(why.stdout.contains("accepted: sha256 "), "{}", why.stdout);
    let _ = dry_run(&project, "fine").expect(0);

    // The library changes behind the user's back: refused, with the command that accepts it.
    let installed = own.join(file.file_name().unwrap());
    let mut bytes = std::fs::read(&installed).unwrap();
    bytes.extend(b"another");
    std::fs::remove_file(&installed).unwrap();
    std::fs::write(&installed, bytes).unwrap();
    let refused = dry_run(&project, "fine").expect(3);
    let command = format!("aksara plugin add {}", own.display());
    assert!(refused.stderr.contains(&command), "{}", refused.stderr);
    let listed = project.aksara(AKSARA, &["plugin", "list", "--why"]).expect(0).stdout;
    assert!(listed.contains("not used: the plugin") && listed.contains("file that you accepted"), "{listed}");
    let doctor = project.aksara(AKSARA, &["doctor"]).stdout;
    assert!(doctor.contains("`raw` in") && doctor.contains(&command), "{doctor}");
    assert!(!doctor.contains("raw (the user"), "it is not among those that work: {doctor}");
    // What does not need it goes on.
    let _ = project.aksara(AKSARA, &["ai", "plan", crate::TAGGING, "--dry-run"]).expect(0);
    let accepted = project.aksara(AKSARA, &["plugin", "add", own.to_str().unwrap()]).expect(0);
    assert!(accepted.stderr.contains("accepted raw"), "{}", accepted.stderr);
    let _ = dry_run(&project, "fine").expect(0);

    std::fs::write(own.join("mine.txt"), "mine").unwrap();
    let _ = project.aksara(AKSARA, &["plugin", "remove", "raw"]).expect(0);
    assert!(own.join("mine.txt").is_file(), "what the user put there stays");
    assert!(!own.join("plugin.toml").exists());
    let gone = dry_run(&project, "fine").expect(2);
    assert!(gone.stderr.contains("no plugin carries out `fine`"), "{}", gone.stderr);

    // A folder that goes away under an accepted plugin is not forgotten in silence.
    let _ = project.aksara(AKSARA, &["plugin", "add", file.to_str().unwrap()]).expect(0);
    std::fs::remove_dir_all(&own).unwrap();
    let listed = project.aksara(AKSARA, &["plugin", "list"]).expect(0).stdout;
    assert!(listed.contains("hint: aksara plugin remove raw"), "{listed}");
    assert!(project.aksara(AKSARA, &["doctor"]).stdout.contains("aksara plugin remove raw"));
    let _ = project.aksara(AKSARA, &["plugin", "remove", "raw"]).expect(0);
    assert!(!project.aksara(AKSARA, &["plugin", "list"]).expect(0).stdout.contains("raw"));
}

#[test]
fn what_another_plugin_has_is_refused_before_it_stands_in_the_way_of_plans() {
    let project = Project::of("django-blog");
    let refused = |args: &[&str], parts: &[&str]| {
        let run = project.aksara(AKSARA, args).expect(3);
        assert!(parts.iter().all(|part| run.stderr.contains(part)), "{args:?}: {}", run.stderr);
        let _ = project.aksara(AKSARA, &["ai", "plan", crate::TAGGING, "--dry-run"]).expect(0);
    };
    refused(&["plugin", "new", "model"], &["the name `model`", "AKSARA_PLUGIN_PATH", "choose another name"]);
    refused(
        &["plugin", "new", "run_command"],
        &["`run_command` on the stack `*`", "the plugin `command`", "choose another step type"],
    );
    assert!(!project.path().join("model").exists() && !project.path().join("run_command").exists());

    let linked = project.home().join("linked");
    std::fs::create_dir(&linked).unwrap();
    library("bare", &linked, "raw");
    let _ = project.aksara(AKSARA, &["plugin", "link", linked.to_str().unwrap()]).expect(0);
    let again = project.aksara(AKSARA, &["plugin", "link", linked.to_str().unwrap()]).expect(0);
    assert!(again.stderr.contains("linked raw"), "{}", again.stderr);
    let file = library("bare", &project.home(), "raw");
    let way_out = "hint: aksara plugin remove raw";
    refused(&["plugin", "add", file.to_str().unwrap()], &["the name `raw`", "linked to", way_out]);
    let elsewhere = project.home().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    library("bare", &elsewhere, "raw");
    refused(&["plugin", "link", elsewhere.to_str().unwrap()], &["the name `raw`", "linked to", way_out]);
    let pair = library("bare", &project.home(), "noisy_describe");
    refused(
        &["plugin", "add", pair.to_str().unwrap()],
        &["`fine` on the stack `*`", "plugin `raw`", way_out],
    );
    let _ = dry_run(&project, "fine").expect(0);

    // What the error says to type.
    let _ = project.aksara(AKSARA, &["plugin", "remove", "raw"]).expect(0);
    for _ in 0..2 {
        let _ = project.aksara(AKSARA, &["plugin", "add", file.to_str().unwrap()]).expect(0);
    }
    let _ = dry_run(&project, "fine").expect(0);

    // Two that came together all the same, by a folder that settings name.
    let path = format!("plugins.path=[{:?}]", elsewhere);
    let both = ["ai", "plan", crate::TAGGING, "--dry-run", "--config", &path];
    let conflict = project.aksara(AKSARA, &both).expect(2);
    assert!(conflict.stderr.contains("two plugins claim the name `raw`"), "{}", conflict.stderr);
    assert!(conflict.stderr.contains(way_out), "{}", conflict.stderr);
    let removed = project.aksara(AKSARA, &["plugin", "remove", "raw", "--config", &path]).expect(0);
    assert!(removed.stderr.contains("another `raw`, 1.0.0, is left in"), "{}", removed.stderr);
    let _ = project.aksara(AKSARA, &both).expect(0);
}

#[test]
fn the_plugins_of_a_project_that_is_not_trusted_are_named_and_never_loaded() {
    let project = Project::of("django-blog");
    let own = project.path().join(".aksara/plugins/raw");
    std::fs::create_dir_all(&own).unwrap();
    // Loading it would end the process that does.
    let library = library("bare", &own, "abort_at_load");
    let manifest = format!(
        "name = \"abort_at_load\"\nversion = \"1.0.0\"\nprotocol = \"1.0.0\"\nlibrary = {:?}\n[[executors]]\nstack = \"*\"\ntype = \"fine\"\n",
        library.file_name().unwrap()
    );
    std::fs::write(own.join("plugin.toml"), manifest).unwrap();
    let refused = dry_run(&project, "fine").expect(2);
    assert!(
        refused.stderr.contains("the plugin `abort_at_load`") && refused.stderr.contains("is not trusted"),
        "{}",
        refused.stderr
    );
    let listed = project.aksara(AKSARA, &["plugin", "list"]).expect(0);
    assert!(
        listed.stdout.contains("not used: the project that it lies in is not trusted"),
        "{}",
        listed.stdout
    );
    let doctor = project.aksara(AKSARA, &["doctor"]);
    assert!(doctor.stdout.contains("`abort_at_load` in"), "{}", doctor.stdout);
    let _ = project.aksara(AKSARA, &["ai", "plan", crate::TAGGING, "--dry-run"]).expect(0);
}

#[test]
fn only_what_a_plan_needs_is_loaded() {
    let project = Project::of("django-blog");
    let own = project.home().join("lazy/abort_at_load");
    std::fs::create_dir_all(&own).unwrap();
    let library = library("bare", &own, "abort_at_load");
    let manifest = format!(
        "name = \"abort_at_load\"\nversion = \"1.0.0\"\nprotocol = \"1.0.0\"\nlibrary = {:?}\n[[executors]]\nstack = \"*\"\ntype = \"fine\"\n",
        library.file_name().unwrap()
    );
    std::fs::write(own.join("plugin.toml"), manifest).unwrap();
    let path = format!("plugins.path=[{:?}]", project.home().join("lazy"));
    let _ = project.aksara(AKSARA, &["ai", "plan", crate::TAGGING, "--dry-run", "--config", &path]).expect(0);
    let _ = dry_run(&project, "fine").expect(2);
    let needed = ["ai", "plan", "--load", "../plan.json", "--dry-run", "--config", &path];
    let run = project.aksara(AKSARA, &needed).expect(1);
    assert!(run.stderr.contains("crashed while it was loaded"), "{}", run.stderr);
}

#[test]
fn a_failed_step_shows_what_the_plugin_wrote() {
    let project = Project::of("django-blog");
    let nasty = library("nasty", &project.home(), "nasty");
    let _ = project.aksara(AKSARA, &["plugin", "add", nasty.to_str().unwrap()]).expect(0);
    let run = dry_run(&project, "grumble");
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("its last words:\n  looked everywhere"), "{}", run.stderr);
}
