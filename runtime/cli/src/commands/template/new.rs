//! `aksara template new`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Call;
use crate::output::{self, Failure};

pub(super) fn run(
    call: &Call,
    name: &str,
    root: Option<&Path>,
    user: bool,
    replace: bool,
) -> Result<u8, Failure> {
    let files = aksara_runtime::starter(name).ok_or_else(|| {
        Failure::Input(format!(
            "`{name}` is no name for a template\nhint: use lower case, with `_` between words, such as audit_log"
        ))
    })?;
    let folder = folder(call, root, user)?;
    let script = folder.join(format!("{name}.rhai"));
    if let Some(there) = [script.clone(), folder.join(name)].into_iter().find(|path| path.exists()) {
        return Err(Failure::Refused(format!(
            "{} is there already\nhint: choose another name, or look at it: aksara template show {name}",
            there.display()
        )));
    }
    let known = root.filter(|root| call.surroundings.directory.join(root).is_dir());
    let runtime = call.runtime_with_templates(known)?;
    if let Ok(other) = runtime.templates().get(name)
        && !replace
    {
        return Err(Failure::Refused(format!(
            "there is a template `{name}` ({}), and a new one of that name takes its place or is hidden by it\nhint: choose another name, or pass --replace if that is what you want",
            output::printable(other.root().1)
        )));
    }
    for file in &files {
        let path = folder.join(&file.name);
        let io = |source| Failure::Io { what: "cannot write", path: path.display().to_string(), source };
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above).map_err(io)?;
        }
        let mut out = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(io)?;
        out.write_all(file.text.as_bytes()).map_err(io)?;
    }
    let flag = root.map(|root| format!(" --root {}", root.display())).unwrap_or_default();
    output::talk(&format!(
        "wrote {}, and a case of its tests beside it\nnext: edit it, then\n  aksara template lint {name}{flag}\n  aksara template test {name} --update{flag}",
        script.display()
    ));
    Ok(0)
}

/// Where a new template goes.
fn folder(call: &Call, root: Option<&Path>, user: bool) -> Result<PathBuf, Failure> {
    let surroundings = &call.surroundings;
    if let Some(root) = root {
        return Ok(surroundings.directory.join(root));
    }
    let home = if user {
        surroundings.config()
    } else {
        surroundings.project_config().or_else(|| surroundings.repository().map(|top| top.join(".aksara")))
    };
    home.map(|home| home.join("templates")).ok_or_else(|| {
        Failure::Input(if user {
            "there is no folder for your own templates: neither HOME nor XDG_CONFIG_HOME is set\nhint: --root DIR".to_owned()
        } else {
            format!(
                "{} is not in a git repository\nhint: go to your project, or pass --user (for every project) or --root DIR",
                surroundings.directory.display()
            )
        })
    })
}
