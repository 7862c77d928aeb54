//! The Aksara Python framework, whose planner is the peer of row 5: in a virtual environment that is made once, in
//! a folder that git ignores.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REQUIREMENTS: &str = include_str!("../requirements-aksara.txt");

/// The framework's command, or why there is none.
pub(crate) fn command() -> Result<PathBuf, String> {
    let local = aksara_testkit::workspace().join(".local");
    let venv = local.join("aksara-venv");
    // Written last, so that a half-made environment is never taken for a whole one.
    let marker = venv.join("aksara-requirements");
    if std::fs::read_to_string(&marker).is_ok_and(|made| made == REQUIREMENTS) {
        return Ok(venv.join("bin/aksara"));
    }
    eprintln!("making a virtual environment with the framework in {} (once)", venv.display());
    let refused = |error: std::io::Error| format!("{}: {error}", venv.display());
    std::fs::create_dir_all(&local).map_err(refused)?;
    let requirements = aksara_testkit::workspace().join("tests/requirements-aksara.txt");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    run(Command::new(venv.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(requirements))?;
    std::fs::write(&marker, REQUIREMENTS).map_err(refused)?;
    Ok(venv.join("bin/aksara"))
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = Path::new(command.get_program()).display().to_string();
    match command.stdin(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}; the reason is above")),
        Err(error) => Err(format!("{program} cannot be started: {error}")),
    }
}
