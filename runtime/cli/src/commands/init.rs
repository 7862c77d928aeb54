//! `aksara init`.

use std::io::Write as _;

use aksara_runtime::settings::Settings;

use super::Call;
use crate::output::{self, Failure};

/// Writes the annotated reference, every setting commented out: a file that changes nothing until it is edited.
pub(crate) async fn run(call: &Call) -> Result<u8, Failure> {
    let runtime = call.runtime_for_records()?;
    let folder = runtime.project_folder().await?;
    let file = folder.join("aksara.toml");
    let io = |source| Failure::Io { what: "cannot write", path: file.display().to_string(), source };
    match std::fs::OpenOptions::new().write(true).create_new(true).open(&file) {
        Ok(mut out) => out.write_all(commented().as_bytes()).map_err(io)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::Refused(format!(
                "{} is there already\nhint: `aksara doctor` says how the project stands",
                file.display()
            )));
        }
        Err(error) => return Err(io(error)),
    }
    output::talk(&format!(
        "wrote {}: every setting with its default, commented out\nnext: aksara doctor, then aksara ai plan \"Add tagging to posts\" --dry-run",
        file.display()
    ));
    Ok(0)
}

fn commented() -> String {
    Settings::reference()
        .lines()
        .map(|line| {
            let is_setting = !line.is_empty() && !line.starts_with(['#', '[']);
            if is_setting { format!("# {line}\n") } else { format!("{line}\n") }
        })
        .collect()
}
