//! Effects that are not edits, and how a command is typed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A command that a step wants to be run. It is data: only the runtime ever starts a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments; no shell reads them.
    pub argv: Vec<String>,
    /// Folder inside the repository, `/`-separated; empty is its top.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cwd: String,
    /// Variables to set, besides the allowed ones of the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// What the command may do, as its author says; the runtime's own rules may say something stricter.
    #[serde(default)]
    pub class: RiskClass,
    /// The command that takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Vec<String>>,
    /// A path, seen from `cwd`, that exists once it has been run: then it is not run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creates: Option<String>,
    /// A command that exits with 0 when this one need not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<Vec<String>>,
    /// After how many seconds it is killed, with its process group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
}

/// What a command may do, from harmless to harmful. What nobody classified counts as destructive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskClass {
    /// Reads only.
    Read,
    /// Writes files of the worktree.
    WorkspaceWrite,
    /// Writes to the Python or system environment.
    EnvironmentWrite,
    /// Writes to a database.
    DatabaseWrite,
    /// Talks to other machines.
    Network,
    /// Destroys what cannot be made again.
    #[default]
    Destructive,
}

impl RiskClass {
    /// The word that people read and settings use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RiskClass::Read => "read",
            RiskClass::WorkspaceWrite => "workspace_write",
            RiskClass::EnvironmentWrite => "environment_write",
            RiskClass::DatabaseWrite => "database_write",
            RiskClass::Network => "network",
            RiskClass::Destructive => "destructive",
        }
    }
}

/// A word as it is typed in a shell, so that the shell gives back just this word.
#[must_use]
pub fn shell_quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    if word.contains(['"', '\\', '$', '`', '!']) || word.chars().any(char::is_control) {
        return Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")));
    }
    Cow::Owned(format!("\"{word}\""))
}

/// Words as they are typed in a shell, one after the other.
pub fn shell_line<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let quoted: Vec<String> =
        words.into_iter().map(|word| shell_quoted(word.as_ref()).into_owned()).collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{shell_line, shell_quoted};

    #[test]
    fn a_shell_gives_back_what_was_quoted() {
        for word in [
            "plain",
            "--set",
            "model=blog.Post",
            "",
            "Add tags to posts",
            "it's",
            "\"$(rm)\" `x` !y \\z",
            "a'b\"c",
            "x\ny",
            "été",
            "*",
            "a;b",
        ] {
            let script = format!("printf %s {}", shell_quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word, "{script}");
        }
        assert_eq!(shell_line(["aksara", "ai", "plan", "Add tags"]), "aksara ai plan \"Add tags\"");
    }
}
