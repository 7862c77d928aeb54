//! Virtual environments with the real framework, each made once into an ignored folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// A Python that can import Django and REST framework.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter.
    pub program: PathBuf,
    /// Its virtual environment.
    pub venv: PathBuf,
}

/// The script that makes them; the demo uses the same one.
const SCRIPT: &str = "tests/make-django-venv";

/// The environment that most start projects need no more than.
pub(crate) const DJANGO: &str = "django";

/// The interpreter with Django and what most start projects need, made now if it is not there yet.
///
/// # Errors
/// Why it cannot be made, in words for people.
pub fn python() -> Result<Python, String> {
    python_for(DJANGO)
}

/// The interpreter of the environment `name`, whose packages are in `tests/requirements-NAME.txt`, made now if it is
/// not there yet.
///
/// # Errors
/// Why it cannot be made, in words for people.
pub fn python_for(name: &str) -> Result<Python, String> {
    static MADE: Mutex<BTreeMap<String, Result<Python, String>>> = Mutex::new(BTreeMap::new());
    // Held while one is made: of several tests that need it, one asks for it.
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(name.to_owned()).or_insert_with(|| make(name)).clone()
}

/// The interpreter with Django, or `None` after a line that says why the test was skipped. In CI that is a failure.
///
/// # Panics
/// In CI, if there is no interpreter.
#[must_use]
pub fn python_or_skip(test: &str) -> Option<Python> {
    python_for_or_skip(DJANGO, test)
}

/// As [`python_or_skip`], of the environment `name`.
///
/// # Panics
/// In CI, if there is no interpreter.
#[must_use]
pub fn python_for_or_skip(name: &str, test: &str) -> Option<Python> {
    match python_for(name) {
        Ok(python) => Some(python),
        Err(why) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "{test} needs Django, and in CI that must be there: {why}"
            );
            eprintln!("skipped: {test} needs Django: {why}");
            None
        }
    }
}

fn make(name: &str) -> Result<Python, String> {
    let output = Command::new("python3")
        .arg(crate::workspace().join(SCRIPT))
        .arg(name)
        .output()
        .map_err(|e| format!("python3 does not start: {e}"))?;
    if !output.status.success() {
        return Err(format!("{SCRIPT} {name}: {}", String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    let program = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
    let venv = program.ancestors().nth(2).ok_or_else(|| {
        format!("{SCRIPT} printed `{}`, which is no path of an interpreter", program.display())
    })?;
    Ok(Python { venv: venv.to_owned(), program })
}
