//! `aksara doctor`.

use std::fmt::Write as _;

use aksara_runtime::{Finding, Level};

use super::Call;
use crate::output::{self, Failure};

pub(crate) async fn run(call: &Call, verbose: bool, json: bool) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let mut findings = runtime.doctor().await?;
    findings.push(which_command());
    let bad = findings.iter().any(|f| f.level == Level::Problem);
    if json {
        output::json(&serde_json::json!({ "ok": !bad, "findings": findings }))?;
    } else {
        let mut text = String::new();
        let width = output::width();
        for finding in &findings {
            let mark = match finding.level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Problem => "problem",
            };
            // Writing to a String cannot fail.
            let _ = write!(text, "{mark}  ");
            push_wrapped(&mut text, &format!("{}: {}", finding.name, finding.text), width);
            let mut more: Vec<String> = finding.hint.iter().map(|hint| format!("hint: {hint}")).collect();
            if verbose {
                more.extend(finding.details.iter().cloned());
            }
            for line in more {
                text.push_str(INDENT);
                push_wrapped(&mut text, &line, width);
            }
        }
        output::data(&text)?;
    }
    Ok(u8::from(bad))
}

/// Under what stands behind the mark.
const INDENT: &str = "         ";

/// Puts a text behind what is there of its first line, the following lines under it.
fn push_wrapped(out: &mut String, text: &str, width: Option<usize>) {
    let width = width.map_or(usize::MAX, |columns| columns.saturating_sub(INDENT.len()).max(20));
    for (index, line) in text.lines().enumerate() {
        let mut used = 0;
        for (place, word) in line.split(' ').enumerate() {
            let len = word.chars().count();
            match (index, place) {
                (0, 0) => {}
                (_, 0) => out.push_str(INDENT),
                _ if used + 1 + len > width => {
                    out.push('\n');
                    out.push_str(INDENT);
                    used = 0;
                }
                _ => {
                    out.push(' ');
                    used += 1;
                }
            }
            out.push_str(word);
            used += len;
        }
        out.push('\n');
    }
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
            details: Vec::new(),
        },
        (_, Some(first)) => Finding {
            name,
            level: Level::Warning,
            text: format!("`aksara` in your shell is another command: {}", first.display()),
            hint: Some(
                "type `aks`, which is this command's other name, or put its folder first in PATH".to_owned(),
            ),
            details: Vec::new(),
        },
        (Some(own), None) => Finding {
            name,
            level: Level::Warning,
            text: "`aksara` is not in PATH".to_owned(),
            hint: own.parent().map(|dir| format!("add {} to PATH", dir.display())),
            details: Vec::new(),
        },
        (None, None) => Finding {
            name,
            level: Level::Warning,
            text: "`aksara` is not in PATH".to_owned(),
            hint: None,
            details: Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::push_wrapped;

    fn wrapped(text: &str, width: Option<usize>) -> String {
        let mut out = "ok       ".to_owned();
        push_wrapped(&mut out, text, width);
        out
    }

    #[test]
    fn a_narrow_terminal_gets_short_lines() {
        let text = "plugins: command, file, migration, model (beside the executable)\nand more";
        assert_eq!(
            wrapped(text, Some(40)),
            "ok       plugins: command, file,\n         migration, model (beside the\n         executable)\n         and more\n"
        );
        assert_eq!(wrapped(text, None), format!("ok       {}\n", text.replace('\n', "\n         ")));
        let long = "/a/very/long/path/that/is/never/broken/in/the/middle";
        assert!(wrapped(long, Some(10)).contains(long));
    }
}
