//! `aksara doctor`.

use std::fmt::Write as _;

use aksara_runtime::{Finding, Level};

use super::Call;
use crate::output::{self, Failure};

pub(crate) async fn run(call: &Call, json: bool) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let mut findings = runtime.doctor().await?;
    findings.push(which_command());
    let bad = findings.iter().any(|f| f.level == Level::Problem);
    if json {
        output::json(&serde_json::json!({ "ok": !bad, "findings": findings }))?;
    } else {
        let mut text = String::new();
        for finding in &findings {
            let mark = match finding.level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Problem => "problem",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{mark}  {}: {}", finding.name, finding.text);
            if let Some(hint) = &finding.hint {
                let _ = writeln!(text, "         hint: {hint}");
            }
        }
        output::data(&text)?;
    }
    Ok(u8::from(bad))
}

/// Which `aksara` a shell would run: the Aksara Python framework installs one too.
fn which_command() -> Finding {
    let own = std::env::current_exe().ok().and_then(|p| p.canonicalize().ok());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = std::env::split_paths(&path).map(|dir| dir.join("aksara")).find(|p| p.is_file());
    let name = "command".to_owned();
    match (own, first) {
        (Some(own), Some(first)) if first.canonicalize().is_ok_and(|p| p == own) => Finding {
            name,
            level: Level::Ok,
            text: format!("`aksara` is this command, {}", first.display()),
            hint: None,
        },
        (_, Some(first)) => Finding {
            name,
            level: Level::Warning,
            text: format!("`aksara` in your shell is another command: {}", first.display()),
            hint: Some(
                "type `aks`, which is this command's other name, or put its folder first in PATH".to_owned(),
            ),
        },
        (Some(own), None) => Finding {
            name,
            level: Level::Warning,
            text: "`aksara` is not in PATH".to_owned(),
            hint: own.parent().map(|dir| format!("add {} to PATH", dir.display())),
        },
        (None, None) => {
            Finding { name, level: Level::Warning, text: "`aksara` is not in PATH".to_owned(), hint: None }
        }
    }
}
