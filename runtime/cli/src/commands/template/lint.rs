//! `aksara template lint`.

use std::path::{Path, PathBuf};

use aksara_runtime::Severity;

use super::Call;
use crate::output::{self, Failure};

pub(super) async fn run(
    call: &Call,
    what: Option<&str>,
    root: Option<&Path>,
    json: bool,
) -> Result<u8, Failure> {
    let (name, root) = match what {
        Some(what) => match of_file(call, what)? {
            Some((name, folder)) => (Some(name), Some(folder)),
            None => (Some(what.to_owned()), root.map(Path::to_owned)),
        },
        None => (None, root.map(Path::to_owned)),
    };
    let runtime = call.runtime_with_templates(root.as_deref())?;
    let names = match name {
        Some(name) => vec![name],
        None => super::own(&runtime)?,
    };
    let mut found = Vec::new();
    for name in &names {
        found.extend(runtime.lint_template(name).await?);
    }
    let errors = found.iter().filter(|f| f.severity == Severity::Error).count();
    if json {
        let findings: Vec<_> = found.iter().map(aksara_runtime::LintFinding::to_json).collect();
        output::json(&serde_json::json!({ "ok": errors == 0, "findings": findings }))?;
    } else {
        for finding in &found {
            output::data(&format!("{finding}\n"))?;
        }
        let warnings = found.len() - errors;
        output::talk(&format!("{}: {errors} error(s), {warnings} warning(s)", names.join(", ")));
    }
    Ok(u8::from(errors > 0))
}

/// The template that a script's path names, and its folder.
fn of_file(call: &Call, what: &str) -> Result<Option<(String, PathBuf)>, Failure> {
    let is_path = what.ends_with(".rhai") || what.contains(std::path::is_separator);
    if !is_path {
        return Ok(None);
    }
    let file = call.surroundings.directory.join(what);
    if !file.is_file() {
        return Err(Failure::Input(format!("there is no file {}", file.display())));
    }
    match (file.file_stem().and_then(|s| s.to_str()), file.parent(), file.extension()) {
        (Some(name), Some(folder), Some(extension)) if extension == "rhai" => {
            Ok(Some((name.to_owned(), folder.to_owned())))
        }
        _ => Err(Failure::Input(format!("{what} is no template: its script is called NAME.rhai"))),
    }
}
