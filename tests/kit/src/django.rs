//! A virtual environment with the real framework, made once into an ignored folder.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// A Python that can import Django and REST framework.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter.
    pub program: PathBuf,
    /// Its virtual environment.
    pub venv: PathBuf,
}

/// The script that makes it; the demo uses the same one.
const SCRIPT: &str = "tests/make-django-venv";

/// The interpreter, made now if it is not there yet.
///
/// # Errors
/// Why it cannot be made, in words for people.
pub fn python() -> Result<Python, String> {
    static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
    PYTHON.get_or_init(make).clone()
}

/// The interpreter, or `None` after a line that says why the test was skipped. In CI that is a failure.
///
/// # Panics
/// In CI, if there is no interpreter.
#[must_use]
pub fn python_or_skip(test: &str) -> Option<Python> {
    match python() {
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

fn make() -> Result<Python, String> {
    let output = Command::new("python3")
        .arg(crate::workspace().join(SCRIPT))
        .output()
        .map_err(|e| format!("python3 does not start: {e}"))?;
    if !output.status.success() {
        return Err(format!("{SCRIPT}: {}", String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    let program = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
    let venv = program.ancestors().nth(2).ok_or_else(|| {
        format!("{SCRIPT} printed `{}`, which is no path of an interpreter", program.display())
    })?;
    Ok(Python { venv: venv.to_owned(), program })
}
