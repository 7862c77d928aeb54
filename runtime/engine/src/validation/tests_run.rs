//! The project's own tests.

use std::sync::atomic::AtomicBool;

use aksara_protocol::facts::TestRunner;

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
    let arguments: Vec<String> = fixed.iter().map(|a| (*a).to_owned()).collect();
    // In front of a checkout that is installed in editable mode.
    let extra = [
        ("DJANGO_SETTINGS_MODULE", spec.settings()?.to_owned()),
        ("PYTHONPATH", spec.project().to_string_lossy().into_owned()),
    ];
    let limit = Limit {
        what: "the project's tests",
        after: spec.tests_timeout,
        setting: "validation.tests_timeout_seconds",
    };
    let output = run(spec, &arguments, &extra, &limit, cancel)?;
    let no_tests = pytest && output.ended == Ended::Exited(PYTEST_NO_TESTS);
    let mut text = last_lines(&format!("{}\n{}", output.stdout.trim_end(), output.stderr));
    if !output.ended.success() && !no_tests {
        text.push_str(&format!("\n{}", output.ended));
    }
    let check = Check {
        name: "tests".to_owned(),
        ok: output.ended.success() || no_tests,
        output: text.trim().to_owned(),
    };
    Ok(Validation { framework: None, checks: vec![check], not_run: Vec::new() })
}
