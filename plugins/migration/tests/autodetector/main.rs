//! The truth test: for a list of model changes, our migration must be the file that Django's own autodetector
//! and writer make, and with it in place Django must find nothing left to do.
//!
//! It needs a Python with Django 5.2: `AKSARA_TEST_PYTHON`, or `.local/django-venv` at the top of the workspace.
//! Without one it says that it was skipped; under `CI=true` that is a failure.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

mod cases;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aksara_plugin_migration::django::CreateMigration;
use aksara_plugin_project::Django;
use aksara_sdk::testing::TestProject;
use serde_json::{Value, json};

use cases::{Case, cases};

fn python() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("AKSARA_TEST_PYTHON") {
        return Some(python.into());
    }
    let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/django-venv/bin/python");
    local.exists().then_some(local)
}

/// Asks Django about several projects, in one process.
fn ask(python: &Path, requests: &[Value]) -> Vec<Result<Value, String>> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/autodetector/driver.py");
    let mut child = Command::new(python)
        .arg(driver)
        .env_remove("DJANGO_SETTINGS_MODULE")
        .env("PYTHONWARNINGS", "ignore")
        // Django walks over sets where it collects what operations need.
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!(requests).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the driver failed");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    answers
        .into_iter()
        .map(|answer| match answer.get("ok") {
            Some(ok) => Ok(ok.clone()),
            None => Err(answer["error"].as_str().unwrap_or_default().to_owned()),
        })
        .collect()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A case, its folder on disk and its project in memory.
struct Running {
    case: Case,
    root: PathBuf,
    project: TestProject<'static>,
}

impl Running {
    fn request(&self, what: &str) -> Value {
        let renames: Vec<Value> = self
            .case
            .renames
            .iter()
            .map(|(model, old, new)| json!([model.to_lowercase(), old, new]))
            .collect();
        // The first migration of an app is `0001_initial`, whatever name is given.
        let name = (!self.case.is_first()).then_some(self.case.name);
        json!({ "do": what, "root": self.root, "renames": renames, "name": name })
    }

    fn params(&self) -> Value {
        json!({
            "app": "blog",
            "name": self.case.name,
            "renames": self.case.renames,
            "backfills": self.case.backfills,
        })
    }
}

fn files(answer: &Value) -> BTreeMap<String, String> {
    let files = answer.as_object().unwrap();
    files.iter().map(|(path, text)| (path.clone(), text.as_str().unwrap().to_owned())).collect()
}

#[test]
fn our_migrations_are_those_of_django() {
    let Some(python) = python() else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "no Python with Django: set AKSARA_TEST_PYTHON"
        );
        eprintln!("skipped: no Python with Django; set AKSARA_TEST_PYTHON");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let only = std::env::var("AKSARA_TEST_CASE").ok();
    let selected = cases().into_iter().filter(|case| only.as_deref().is_none_or(|o| o == case.name));
    let mut running: Vec<Running> = selected
        .map(|case| {
            let root = folder.path().join(case.name);
            let mut files = case.project();
            files.insert("blog/models.py".to_owned(), case.before.clone());
            let mut project = TestProject::new(Some(&Django));
            for (path, text) in &files {
                write(&root, path, text);
                project = project.file(path, text.as_str());
            }
            Running { case, root, project }
        })
        .collect();

    // What the models were before is Django's to write down: our replay reads its files.
    let requests: Vec<Value> = running
        .iter()
        .map(|r| {
            let mut request = r.request("write");
            request["name"] = Value::Null;
            request
        })
        .collect();
    for (r, answer) in running.iter_mut().zip(ask(&python, &requests)) {
        let answer = answer.unwrap_or_else(|error| panic!("{}, before: {error}", r.case.name));
        let mut project = std::mem::replace(&mut r.project, TestProject::new(None));
        for (path, text) in files(&answer) {
            let package = format!("{}/__init__.py", path.rsplit_once('/').unwrap().0);
            write(&r.root, &package, "");
            write(&r.root, &path, &text);
            project = project.file(&package, "").file(&path, text);
        }
        project.change("blog/models.py", r.case.after.clone());
        write(&r.root, "blog/models.py", &r.case.after);
        r.project = project;
    }

    let requests: Vec<Value> = running.iter().map(|r| r.request("write")).collect();
    let expected = ask(&python, &requests);
    let mut failures = Vec::new();
    let mut requests = Vec::new();
    let mut asked = Vec::new();
    for (r, expected) in running.iter_mut().zip(expected) {
        let name = r.case.name;
        let params = r.params();
        let outcome = match r.project.apply(&CreateMigration, "create_migration", params) {
            Ok(outcome) => outcome,
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let mut ours = BTreeMap::new();
        for edit in &outcome.edits {
            let path = edit.path().as_str();
            let text = r.project.text(path).unwrap_or_default();
            write(&r.root, path, text);
            if !path.ends_with("__init__.py") {
                assert!(text.starts_with("# Generated by Aksara "), "{name}");
                ours.insert(path.to_owned(), text.splitn(3, '\n').nth(2).unwrap_or_default().to_owned());
            }
        }
        if r.case.backfills.is_empty() && r.case.own_way.is_none() {
            match expected {
                Ok(expected) => {
                    let expected = files(&expected);
                    if ours != expected {
                        failures.push(format!(
                            "{name}:\n--- Django\n{}--- ours\n{}",
                            shown(&expected),
                            shown(&ours)
                        ));
                    }
                }
                Err(error) => failures.push(format!("{name}, in Django: {error}")),
            }
        }
        requests.push(r.request("left"));
        asked.push(format!("{name}, left to do"));
        if let Some(rows) = &r.case.rows {
            let mut request = r.request("apply");
            request["stop"] = json!("0001");
            request["rows"] = json!(rows.statements);
            request["select"] = json!(rows.select);
            requests.push(request);
            asked.push(format!("{name}, applied"));
        }
    }
    for ((what, request), answer) in asked.iter().zip(&requests).zip(ask(&python, &requests)) {
        let wanted = match request["do"].as_str() {
            Some("apply") => {
                let of = |r: &&Running| json!(r.root) == request["root"];
                let rows = running.iter().find(of).and_then(|r| r.case.rows.as_ref());
                rows.map(|rows| rows.found.clone()).unwrap_or_default()
            }
            _ => json!([]),
        };
        if answer != Ok(wanted) {
            failures.push(format!("{what}: {answer:?}"));
        }
    }
    assert!(failures.is_empty(), "{} of the cases fail\n\n{}", failures.len(), failures.join("\n\n"));
}

fn shown(files: &BTreeMap<String, String>) -> String {
    files.iter().map(|(path, text)| format!("{path}\n{text}")).collect()
}
