use std::collections::BTreeMap;
use std::path::PathBuf;

use aksara_protocol::command::RiskClass;

use super::*;

fn user(text: &str) -> Layer {
    Layer::UserFile { path: PathBuf::from("/home/u/aksara.toml"), text: text.to_owned() }
}

fn project(text: &str, trust: Trust) -> Layer {
    Layer::ProjectFile { path: PathBuf::from("/repo/aksara.toml"), text: text.to_owned(), trust }
}

fn environment(pairs: &[(&str, &str)]) -> Layer {
    Layer::Environment(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
}

fn overrides(texts: &[&str]) -> Layer {
    Layer::Overrides(texts.iter().map(|t| (*t).to_owned()).collect())
}

fn error(layer: Layer) -> String {
    Settings::load(vec![layer]).unwrap_err().to_string()
}

/// Unknown keys of the reference and missing ones both fail to load, so the two name the same settings.
#[test]
fn the_reference_and_the_types_name_the_same_settings() {
    let settings = Settings::default();
    assert_eq!((settings.planner.max_steps, settings.planner.step_timeout_seconds), (60, 60));
    assert_eq!(settings.landing.mode, LandMode::Current);
    assert_eq!(settings.plugins.isolation, Isolation::Child);
    assert_eq!(settings.commands.allow, [RiskClass::Read, RiskClass::WorkspaceWrite]);
    assert!(settings.all().all(|s| *s.origin == Origin::BuiltIn));
    let without = REFERENCE.replace("max_steps = 60\n", "");
    assert!(load::load(&without, Vec::new()).unwrap_err().to_string().contains("max_steps"));
    let with = REFERENCE.replace("max_steps = 60\n", "max_steps = 60\nmin_steps = 1\n");
    assert!(load::load(&with, Vec::new()).unwrap_err().to_string().contains("min_steps"));
}

#[test]
fn every_setting_of_the_reference_has_a_line_on_it() {
    let lines: Vec<&str> = REFERENCE.lines().collect();
    for pair in lines.windows(2) {
        if pair[1].contains(" = ") && !pair[1].starts_with('#') {
            assert!(pair[0].starts_with("# "), "{} has no line on it", pair[1]);
        }
    }
}

/// `[yours]` in the reference and the rule in the code are the same list.
#[test]
fn settings_that_need_trust_are_marked() {
    let mut marked = Vec::new();
    let (mut section, mut yours) = (String::new(), false);
    for line in REFERENCE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if let Some(comment) = line.strip_prefix("# ") {
            yours |= comment.starts_with("[yours]");
        } else if let Some((name, _)) = line.split_once(" = ") {
            if std::mem::take(&mut yours) {
                marked.push(format!("{section}.{name}"));
            }
        } else {
            yours = false;
        }
    }
    let mut guarded: Vec<String> = load::NEEDS_TRUST.iter().map(|(key, _)| (*key).to_owned()).collect();
    marked.sort();
    guarded.sort();
    assert_eq!(marked, guarded);
    for (key, _) in load::NEEDS_TRUST {
        // A value that is in force anyway is not worth a word.
        let (_, quiet) = Settings::load(vec![project(REFERENCE, Trust::Untrusted)]).unwrap();
        assert!(quiet.iter().all(|w| w.key != *key), "{key}");
    }
}

#[test]
fn later_layers_win_whatever_order_they_are_given_in() {
    let layers = || {
        vec![
            overrides(&["planner.max_steps=5"]),
            environment(&[("AKSARA_PLANNER_MAX_STEPS", "4"), ("AKSARA_VALIDATION_TIMEOUT_SECONDS", "4")]),
            project(
                "[planner]\nmax_steps = 3\n[validation]\ntimeout_seconds = 3\ntests_timeout_seconds = 3",
                Trust::Untrusted,
            ),
            user("[planner]\nmax_steps = 2\n[commands]\noutput_limit_bytes = 2"),
        ]
    };
    for rotation in 0..4 {
        let mut layers = layers();
        layers.rotate_left(rotation);
        let settings = Settings::load(layers).unwrap().0;
        assert_eq!(settings.planner.max_steps, 5);
        assert_eq!(settings.validation.timeout_seconds, 4);
        assert_eq!(settings.validation.tests_timeout_seconds, 3);
        assert_eq!(settings.commands.output_limit_bytes, 2);
        let origin = |key| settings.origin(key).unwrap().to_string();
        assert_eq!(origin("planner.max_steps"), "command line");
        assert_eq!(origin("validation.timeout_seconds"), "AKSARA_VALIDATION_TIMEOUT_SECONDS");
        assert_eq!(origin("validation.tests_timeout_seconds"), "/repo/aksara.toml:5");
        assert_eq!(origin("commands.output_limit_bytes"), "/home/u/aksara.toml:4");
        assert_eq!(origin("worktree.copy"), "default");
    }
}

#[test]
fn every_kind_of_value_can_be_written_in_the_environment() {
    let settings = Settings::load(vec![environment(&[
        ("AKSARA_PLANNER_RUN_TESTS_AFTER", "true"),
        ("AKSARA_PYTHON_COMMAND", r#"["docker", "run"]"#),
        ("AKSARA_PYTHON_SETTINGS", "config.settings"),
        ("AKSARA_TEMPLATES_PATH", "/t"),
        ("AKSARA_WORKTREE_SETUP", r#"[["npm", "ci"]]"#),
        ("AKSARA_LANDING_COMMITS", "per-step"),
        ("AKSARA_LANDING_MODE", ""),
        ("AKSARA_PLUGIN_PATH", "not ours"),
    ])])
    .unwrap()
    .0;
    assert!(settings.planner.run_tests_after);
    assert_eq!(settings.python.command, ["docker", "run"]);
    assert_eq!(settings.python.settings, "config.settings");
    assert_eq!(settings.templates.path, [PathBuf::from("/t")]);
    assert_eq!(settings.worktree.setup, [["npm", "ci"]]);
    assert_eq!(settings.landing.commits, Commits::PerStep);
    assert_eq!(settings.landing.mode, LandMode::Current);
}

#[test]
fn relative_paths_are_meant_from_their_file() {
    let settings =
        Settings::load(vec![user("[plugins]\npath = ['p', '/q']\n[worktree]\nroot = 'w'")]).unwrap().0;
    assert_eq!(settings.plugins.path, [PathBuf::from("/home/u/p"), PathBuf::from("/q")]);
    assert_eq!(settings.worktree.root, "/home/u/w");
    assert_eq!(Settings::default().worktree.root, "");
}

#[test]
fn errors_say_where_and_what_to_write() {
    insta::assert_snapshot!(error(user("[planner]\n\nmax_step = 3")), @"
    /home/u/aksara.toml:3: there is no setting `planner.max_step`
    hint: did you mean `planner.max_steps`?
    ");
    insta::assert_snapshot!(error(user("max_steps = 3")), @"
    /home/u/aksara.toml:1: there is no setting `max_steps`
    hint: did you mean `planner.max_steps`?
    ");
    insta::assert_snapshot!(error(user("[zebra]\nxyz = 3")), @"
    /home/u/aksara.toml:2: there is no setting `zebra.xyz`
    hint: the sections are commands, landing, planner, plugins, python, templates, validation, worktree
    ");
    insta::assert_snapshot!(error(user("planner = 3")), @"/home/u/aksara.toml:1: `planner` must be a section: [planner], but it is the number 3");
    insta::assert_snapshot!(error(user("[planner]\nmax_steps = '3'")), @r#"/home/u/aksara.toml:2: `planner.max_steps` must be a whole number, but it is the text "3""#);
    insta::assert_snapshot!(error(user("[planner]\nmax_steps = 0")), @"/home/u/aksara.toml:2: `planner.max_steps` must be a whole number of at least 1, but it is the number 0");
    insta::assert_snapshot!(error(user("[planner]\nmax_steps = 99999999999999999999")), @r#"/home/u/aksara.toml:2: `planner.max_steps` must be a whole number, but it is the text "99999999999999999999""#);
    insta::assert_snapshot!(error(user("[landing]\nmode = 'main'")), @r#"/home/u/aksara.toml:2: `landing.mode` cannot be the text "main": unknown variant `main`, expected one of `current`, `branch`, `patch`, `none`"#);
    insta::assert_snapshot!(error(user("[worktree]\ncopy = ['../x']")), @r#"/home/u/aksara.toml:2: `worktree.copy` cannot be the list ["../x"]: `../x` is not a path inside the project: it leaves the project through `..`"#);
    insta::assert_snapshot!(error(user("[commands]\nallow = ['destructive']")), @r#"/home/u/aksara.toml:2: `commands.allow` must be a list without `destructive`, which is always asked about, but it is the list ["destructive"]"#);
    insta::assert_snapshot!(error(user("[planner]\nmax_steps = = 3")), @"/home/u/aksara.toml:2: this is not TOML: extra `=`, expected nothing");
    insta::assert_snapshot!(error(environment(&[("AKSARA_PLANNER_MAXSTEPS", "3")])), @"
    AKSARA_PLANNER_MAXSTEPS: there is no setting `AKSARA_PLANNER_MAXSTEPS`
    hint: did you mean `AKSARA_PLANNER_MAX_STEPS`?
    ");
    insta::assert_snapshot!(error(overrides(&["planner.max_steps=many"])), @r#"command line: `planner.max_steps` must be a whole number, but it is the text "many""#);
    insta::assert_snapshot!(error(overrides(&["max_steps"])), @"
    `max_steps` is not a setting
    hint: write it as section.name=value, such as planner.max_steps=30
    ");
}

#[test]
fn an_untrusted_project_cannot_make_programs_run() {
    let text = "[python]\ncommand = ['./evil']\n[planner]\nmax_steps = 7";
    let (settings, warnings) = Settings::load(vec![project(text, Trust::Untrusted)]).unwrap();
    assert!(settings.python.command.is_empty());
    assert_eq!(settings.planner.max_steps, 7);
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @"
    /repo/aksara.toml:2: `python.command` is ignored: it names a program to run, and this project is not trusted
    hint: if you want it, put it into your own settings, or set AKSARA_PYTHON_COMMAND; or trust the project: `aksara trust --show`
    ");
    let trusted = Settings::load(vec![project(text, Trust::Trusted)]).unwrap();
    assert_eq!(trusted.0.python.command, ["./evil"]);
}

#[test]
fn every_setting_is_listed_with_its_value_and_origin() {
    let settings = Settings::load(vec![overrides(&["landing.mode=branch"])]).unwrap().0;
    let all: BTreeMap<&str, String> =
        settings.all().map(|s| (s.key, format!("{} ({})", s.toml, s.origin))).collect();
    assert_eq!(all["landing.mode"], "\"branch\" (command line)");
    assert_eq!(all["worktree.copy"], "[] (default)");
    assert_eq!(all.len(), REFERENCE.lines().filter(|l| l.contains(" = ") && !l.starts_with('#')).count());
    let json = serde_json::to_value(settings.get("landing.mode").unwrap()).unwrap();
    assert_eq!(json["value"], "branch");
    assert_eq!(json["origin"]["kind"], "command_line");
    insta::assert_snapshot!(settings.get("landing.mod").unwrap_err(), @"
    there is no setting `landing.mod`
    hint: did you mean `landing.mode`?
    ");
    insta::assert_snapshot!(settings.get("zebra").unwrap_err(), @"
    there is no setting `zebra`
    hint: `aksara config list` lists them
    ");
}

#[test]
fn the_planners_settings_have_the_documents_defaults() {
    let planner = Settings::default().planner;
    assert_eq!(
        planner,
        Planner {
            rollback_on_failure: true,
            continue_on_failure: false,
            skip_dependent: true,
            max_steps: 60,
            step_timeout_seconds: 60,
            validate_each_step: true,
            run_tests_after: false,
            default_interactive: false,
            confirm_destructive: true,
        }
    );
}

/// Going on turns rollback off by itself; who asks for both by name is told so, whatever the layers.
#[test]
fn rollback_and_going_on_exclude_each_other() {
    let go_on = "planner.continue_on_failure=true";
    let of = |layers| crate::run::options::RunOptions::of(&Settings::load(layers).unwrap().0);
    assert!(of(vec![]).rolls_back());
    assert!(!of(vec![overrides(&[go_on])]).rolls_back());
    assert!(!of(vec![overrides(&["planner.rollback_on_failure=false"])]).rolls_back());
    assert!(!of(vec![overrides(&[go_on, "planner.rollback_on_failure=false"])]).rolls_back());
    let layers = vec![user("[planner]\nrollback_on_failure = true"), overrides(&[go_on])];
    insta::assert_snapshot!(Settings::load(layers).unwrap_err(), @"
    planner.rollback_on_failure (/home/u/aksara.toml:2) and planner.continue_on_failure (command line) are both true, and a run cannot do both
    hint: leave one of them out, or set one to false: --rollback-on-failure=false
    ");
}

/// The schema takes what loading takes, and nothing else.
#[test]
fn the_schema_and_the_types_take_the_same_values() {
    let schema = Settings::schema();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let reference: serde_json::Value = toml::from_str(REFERENCE).unwrap();
    assert!(validator.is_valid(&reference));
    let mut wrong = Vec::new();
    for key in Settings::default().all().map(|setting| setting.key) {
        let (section, name) = key.split_once('.').unwrap();
        let property = &schema["properties"][section]["properties"][name];
        assert_eq!(property["default"], reference[section][name], "{key}");
        assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{key}");
        let yours = property["description"].as_str().unwrap().contains("Yours: ");
        assert_eq!(yours, load::NEEDS_TRUST.iter().any(|(k, _)| *k == key), "{key}");
        for value in [
            "true",
            "-1",
            "0",
            "1",
            "1.5",
            "\"\"",
            "\"other\"",
            "\"current\"",
            "[]",
            "[\"other\"]",
            "[\"read\"]",
            "[\"destructive\"]",
            "[[\"a\", \"b\"]]",
            "[1]",
            "{}",
        ] {
            let text = format!("[{section}]\n{name} = {value}\n");
            let json: serde_json::Value = toml::from_str(&text).unwrap();
            let loaded = Settings::load(vec![user(&text)]).map(drop).map_err(|e| e.to_string());
            if loaded.is_ok() != validator.is_valid(&json) {
                wrong.push(format!("{key} = {value}: {loaded:?}, and the schema is {property}"));
            }
        }
    }
    assert!(wrong.is_empty(), "edit runtime/engine/src/settings/schema.rs:\n{}", wrong.join("\n"));
    assert!(!validator.is_valid(&serde_json::json!({ "planner": { "min_steps": 1 } })));
    assert!(!validator.is_valid(&serde_json::json!({ "planer": {} })));
}
