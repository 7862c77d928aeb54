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

/// Its exit code where no Python is new enough.
const TOO_OLD: i32 = 3;

/// The environment that most start projects need no more than.
pub(crate) const DJANGO: &str = "django";

/// The interpreter with Django and what most start projects need, made now if it is not there yet.
///
/// # Errors
/// Why it cannot be made, in words for people.
pub fn python() -> Result<Python, String> {
    python_for(DJANGO).map_err(|missing| missing.why)
}

/// The interpreter of the environment `name`, whose packages are in `tests/requirements-NAME.txt`, made now if it is
/// not there yet.
///
/// # Errors
/// If it cannot be made.
pub fn python_for(name: &str) -> Result<Python, Missing> {
    static MADE: Mutex<BTreeMap<String, Result<Python, Missing>>> = Mutex::new(BTreeMap::new());
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
/// In CI, if there is no interpreter, and this machine has a Python for it.
#[must_use]
pub fn python_for_or_skip(name: &str, test: &str) -> Option<Python> {
    match python_for(name) {
        Ok(python) => Some(python),
        Err(Missing { why, no_python }) => {
            assert!(
                no_python || std::env::var_os("CI").is_none(),
                "{test} needs Django, and in CI that must be there: {why}"
            );
            eprintln!("skipped: {test} needs Django: {why}");
            None
        }
    }
}

/// Why there is no environment.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The reason, in words for people.
    pub why: String,
    /// Whether this machine's Python is too old for it.
    pub no_python: bool,
}

impl Missing {
    fn new(why: String) -> Self {
        Self { why, no_python: false }
    }
}

fn make(name: &str) -> Result<Python, Missing> {
    let output = Command::new("python3")
        .arg(crate::workspace().join(SCRIPT))
        .arg(name)
        .output()
        .map_err(|e| Missing::new(format!("python3 does not start: {e}")))?;
    if !output.status.success() {
        let why = format!("{SCRIPT} {name}: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        return Err(Missing { why, no_python: output.status.code() == Some(TOO_OLD) });
    }
    let program = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
    let venv = program.ancestors().nth(2).ok_or_else(|| {
        Missing::new(format!("{SCRIPT} printed `{}`, which is no path of an interpreter", program.display()))
    })?;
    Ok(Python { venv: venv.to_owned(), program })
}
