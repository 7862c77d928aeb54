//! The project's own tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use aksara_protocol::facts::{AppFacts, TestRunner};

use super::{Limit, Validation, ValidationError, ValidationSpec, last_lines, run};
use crate::process::Ended;
use crate::result::Check;

/// pytest's exit status when it collected no test.
const PYTEST_NO_TESTS: i32 = 5;

/// Runs all tests of the project in the worktree, with pytest if an app uses it.
///
/// # Errors
/// The tests did not come to an end. Tests that fail are none: see [`Validation::passed`].
pub fn run_tests(spec: &ValidationSpec<'_>, cancel: &AtomicBool) -> Result<Validation, ValidationError> {
    let pytest = spec.facts.apps.iter().any(|app| app.tests.runner == TestRunner::Pytest);
    let runner = if pytest { TestRunner::Pytest } else { TestRunner::Django };
    let fixed: &[&str] = match runner {
        TestRunner::Django => &["manage.py", "test", "--no-input"],
        // The cache would be a new folder in the worktree.
        TestRunner::Pytest => &["-m", "pytest", "-q", "-p", "no:cacheprovider"],
    };
    let mut arguments: Vec<String> = fixed.iter().map(|a| (*a).to_owned()).collect();
    if !pytest {
        arguments.extend(labels(spec.worktree, &spec.facts.root, &spec.facts.apps));
    }
    // In front of a checkout that is installed in editable mode.
    let python_path = std::env::join_paths(spec.imported_from())
        .map_err(|error| ValidationError::NoAnswer { how: error.to_string(), output: String::new() })?;
    let extra = [
        ("DJANGO_SETTINGS_MODULE", spec.settings()?.to_owned()),
        ("PYTHONPATH", python_path.to_string_lossy().into_owned()),
    ];
    let limit = Limit {
        what: "the project's tests",
        after: spec.tests_timeout,
        setting: "validation.tests_timeout_seconds",
    };
    let folder = match runner {
        TestRunner::Django => spec.project(),
        TestRunner::Pytest => pytest_folder(spec.worktree, &spec.project()),
    };
    let output = run(spec, &folder, &arguments, &extra, &limit, cancel)?;
    let no_tests = match runner {
        TestRunner::Django => output.stderr.lines().any(|line| line.starts_with("Ran 0 tests in ")),
        TestRunner::Pytest => output.ended == Ended::Exited(PYTEST_NO_TESTS),
    };
    let mut text = last_lines(&format!("{}\n{}", output.stdout.trim_end(), output.stderr));
    let mut modules = spec.facts.apps.iter().flat_map(|app| &app.tests.files).filter(|_| no_tests);
    let missed = modules.find(|module| has_tests(&spec.worktree.join(module.as_str())));
    if let Some(file) = missed {
        text.push_str(&format!(
            "\nno test ran, and there is {file}: its folder is not one that tests are looked for in"
        ));
    } else if !output.ended.success() && !no_tests {
        text.push_str(&format!("\n{}", output.ended));
    }
    let check = Check {
        name: "tests".to_owned(),
        ok: missed.is_none() && (output.ended.success() || no_tests),
        output: text.trim().to_owned(),
    };
    Ok(Validation { checks: vec![check], ..Validation::default() })
}

/// Whether there is a test in a module: the one that `startapp` makes has none.
fn has_tests(module: &Path) -> bool {
    let text = std::fs::read_to_string(module).unwrap_or_default();
    let is_test = |line: &str| {
        let line = line.trim_start();
        line.strip_prefix("async ").unwrap_or(line).trim_start().starts_with("def test")
    };
    text.lines().any(is_test)
}

/// What Django's runner is to be told: nothing, unless there are apps that it does not find by itself, since a folder
/// above them is no package: <https://docs.djangoproject.com/en/stable/topics/testing/overview/#running-tests>. They are
/// named by their folders, since Python has no discovery below a dotted name that begins with no package. Packages outside
/// of the project's folder are named beside it.
fn labels(worktree: &Path, root: &str, apps: &[AppFacts]) -> Vec<String> {
    let project = worktree.join(root);
    let (inside, outside): (Vec<_>, Vec<_>) =
        apps.iter().partition(|app| worktree.join(&app.dir).starts_with(&project));
    let is_missed = |app: &&&AppFacts| {
        let dir = worktree.join(&app.dir);
        let above = dir.ancestors().take_while(|folder| folder.starts_with(&project) && *folder != project);
        above.into_iter().any(|folder| !folder.join("__init__.py").is_file())
    };
    let folder = |app: &&AppFacts| Some(Path::new(&app.dir).strip_prefix(root).ok()?.to_str()?.to_owned());
    let missed: Vec<String> = inside.iter().filter(is_missed).filter_map(folder).collect();
    if !missed.is_empty() {
        return [["--top-level-directory", ".", "."].map(str::to_owned).to_vec(), missed].concat();
    }
    let packages = outside.iter().filter_map(|app| app.module.split('.').next());
    let packages: BTreeSet<&str> = packages.collect();
    let all = (!packages.is_empty()).then_some(".").into_iter().chain(packages);
    all.map(str::to_owned).collect()
}

/// Where pytest is to be started: in the folder of its configuration, since only there it knows its `testpaths`. That is
/// the project's own or the nearest one above it in the repository; without a configuration it is the project's own.
/// <https://docs.pytest.org/en/stable/reference/customize.html>
fn pytest_folder(worktree: &Path, project: &Path) -> PathBuf {
    let above = project.ancestors().take_while(|folder| folder.starts_with(worktree));
    above.into_iter().find(|folder| configures_pytest(folder)).unwrap_or(project).to_owned()
}

fn configures_pytest(folder: &Path) -> bool {
    [
        ("pytest.ini", ""),
        (".pytest.ini", ""),
        ("pyproject.toml", "[tool.pytest.ini_options]"),
        ("tox.ini", "[pytest]"),
        ("setup.cfg", "[tool:pytest]"),
    ]
    .iter()
    .any(|(name, section)| {
        let text = std::fs::read_to_string(folder.join(name));
        text.is_ok_and(|text| section.is_empty() || text.lines().any(|line| line.trim() == *section))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_that_the_runner_does_not_find_are_named() {
        let top = tempfile::tempdir().unwrap();
        let app = |module: &str| {
            let dir = format!("src/{}", module.replace('.', "/"));
            std::fs::create_dir_all(top.path().join(&dir)).unwrap();
            AppFacts { module: module.to_owned(), dir, ..AppFacts::default() }
        };
        let apps = [app("blog"), app("ara.api"), app("ara.ui")];
        let package = |dir: &str| std::fs::write(top.path().join(dir).join("__init__.py"), "").unwrap();
        for dir in ["src/blog", "src/ara/api", "src/ara/ui"] {
            package(dir);
        }
        assert_eq!(
            labels(top.path(), "src", &apps),
            ["--top-level-directory", ".", ".", "ara/api", "ara/ui"]
        );
        package("src/ara");
        assert_eq!(
            labels(top.path(), "src", &apps),
            Vec::<String>::new(),
            "what is above the project is no matter"
        );
        let outside =
            AppFacts { module: "forum.posts".into(), dir: "forum/posts".into(), ..AppFacts::default() };
        assert_eq!(labels(top.path(), "src", &[apps[0].clone(), outside]), [".", "forum"]);
    }

    #[test]
    fn a_module_of_tests_has_a_test() {
        let folder = tempfile::tempdir().unwrap();
        let has = |text: &str| {
            let module = folder.path().join("tests.py");
            std::fs::write(&module, text).unwrap();
            has_tests(&module)
        };
        assert!(!has("from django.test import TestCase\n\n# Create your tests here.\n"));
        assert!(!has("def make_post():\n    return Post()\n"));
        assert!(has("def test_one():\n    pass\n"));
        assert!(has("class PostTests(TestCase):\n    async def test_one(self):\n        pass\n"));
    }

    #[test]
    fn pytest_starts_where_it_is_configured() {
        let top = tempfile::tempdir().unwrap();
        let worktree = top.path().join("w");
        let project = worktree.join("backend/src");
        std::fs::create_dir_all(&project).unwrap();
        let write = |path: &str, text: &str| std::fs::write(top.path().join(path), text).unwrap();
        write("pytest.ini", "[pytest]\n");
        assert_eq!(
            pytest_folder(&worktree, &project),
            project,
            "what is outside of the repository is not asked"
        );
        write("w/setup.cfg", "[flake8]\n[tool:pytest]\ntestpaths = tests\n");
        assert_eq!(pytest_folder(&worktree, &project), worktree);
        write("w/backend/pyproject.toml", "[project]\nname = \"x\"\n");
        assert_eq!(pytest_folder(&worktree, &project), worktree);
        write("w/backend/pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n");
        assert_eq!(pytest_folder(&worktree, &project), worktree.join("backend"));
        write("w/backend/src/pytest.ini", "");
        assert_eq!(pytest_folder(&worktree, &project), project);
    }
}
