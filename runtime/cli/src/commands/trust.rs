//! `aksara trust` and `aksara untrust`.

use std::fmt::Write as _;

use aksara_runtime::trust::{FileKind, FileState, Standing, TrustStore};
use aksara_runtime::{Error, trust::TrustError};

use super::Call;
use crate::approve::{somebody_is_there, yes_or_no};
use crate::output::{self, Failure, printable};

pub(super) async fn trust(call: &Call, show: bool, yes: bool, json: bool) -> Result<u8, Failure> {
    let store = store(call)?;
    let standing = store.examine(&call.surroundings.directory).map_err(failure)?;
    if json {
        output::json(&serde_json::json!({ "trusted": standing.is_trusted(), "standing": standing }))?;
        return Ok(0);
    }
    // What is shown is data where it is all that was asked for.
    if show {
        output::data(&text(&standing))?;
    } else {
        output::talk(text(&standing).trim_end());
    }
    if show || standing.is_trusted() {
        return Ok(0);
    }
    if !yes {
        if !somebody_is_there() {
            return Err(Failure::Refused(
                "nobody is there to be asked\nhint: look at it with `aksara trust --show`, then `aksara trust --yes`".to_owned(),
            ));
        }
        output::talk("\nPlugins and commands run with your rights. Read them before you trust them.");
        if !yes_or_no("Trust these files? [y/N] ").await {
            return Err(Failure::Refused("not trusted".to_owned()));
        }
    }
    store.trust(&standing).map_err(failure)?;
    output::talk(&format!(
        "trusted {}; `aksara untrust` takes it back",
        printable(&standing.root.to_string_lossy())
    ));
    Ok(0)
}

pub(super) fn untrust(call: &Call) -> Result<u8, Failure> {
    let was = store(call)?.untrust(&call.surroundings.directory).map_err(failure)?;
    output::talk(if was {
        "this repository is not trusted any more"
    } else {
        "this repository was not trusted"
    });
    Ok(0)
}

fn store(call: &Call) -> Result<TrustStore, Failure> {
    call.surroundings.trust().ok_or_else(|| {
        Failure::Input(
            "there is no folder to keep trust in: neither HOME nor XDG_DATA_HOME is set".to_owned(),
        )
    })
}

fn failure(error: TrustError) -> Failure {
    Error::from(error).into()
}

fn text(standing: &Standing) -> String {
    let root = printable(&standing.root.to_string_lossy());
    if standing.files.is_empty() {
        return format!("{root} brings nothing along that needs trust\n");
    }
    let mut out = match (standing.is_trusted(), standing.recorded) {
        (true, _) => format!("{root} is trusted. It brings along:\n"),
        (false, true) => format!("{root} is trusted, and git brought something new since:\n"),
        (false, false) => format!("{root} is not trusted. It brings along:\n"),
    };
    for file in &standing.files {
        let kind = match file.kind {
            FileKind::Settings => "settings",
            FileKind::Plugin => "plugin",
            FileKind::Template => "template",
        };
        let state = match file.state {
            FileState::Trusted => "",
            FileState::New => " (not trusted)",
            FileState::Changed => " (new since you trusted it)",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "  {kind:<9} {}{state}  sha256 {}",
            printable(&file.path),
            file.hash.get(..12).unwrap_or_default()
        );
        for grant in &file.grants {
            let _ = writeln!(out, "            {}", printable(grant));
        }
    }
    out
}
