//! Paths that cannot leave the repository.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file path inside the repository: relative, `/`-separated, normal, and never inside `.git`.
///
/// A value of this type is safe to join to a worktree's root as far as its *text* goes. Symbolic links are
/// the business of whoever touches the disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(String);

/// Why a text is not a path inside the repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a path inside the project: {reason}")]
pub struct PathError {
    /// The text as it was given, shortened if it is very long.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// No file system that git supports has longer paths.
const MAX_LEN: usize = 4096;

impl RelPath {
    /// Checks `text` and takes it as a path.
    ///
    /// # Errors
    /// An empty or absolute path, a drive letter, a backslash, a control character, an empty, `.` or `..`
    /// component, a trailing slash, or any component that is `.git` on some file system.
    pub fn new(text: impl Into<String>) -> Result<Self, PathError> {
        let text = text.into();
        match problem(&text) {
            None => Ok(Self(text)),
            Some(reason) => Err(PathError { path: text.chars().take(200).collect(), reason }),
        }
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder that holds this path, or `None` at the top of the repository.
    #[must_use]
    pub fn parent(&self) -> Option<RelPath> {
        self.0.rsplit_once('/').map(|(dir, _)| Self(dir.to_owned()))
    }

    /// `name` inside this folder.
    ///
    /// # Errors
    /// As [`RelPath::new`].
    pub fn join(&self, name: &str) -> Result<RelPath, PathError> {
        Self::new(format!("{}/{name}", self.0))
    }

    /// Whether this path lies below the folder `dir` (`""` is the top of the repository).
    #[must_use]
    pub fn is_below(&self, dir: &str) -> bool {
        dir.is_empty() || self.0.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
    }
}

fn problem(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > MAX_LEN {
        return Some("it is too long");
    }
    if text.starts_with('/') {
        return Some("it is absolute");
    }
    if text.contains('\\') {
        return Some("it contains a backslash");
    }
    if text.as_bytes().get(1) == Some(&b':') {
        return Some("it starts with a drive letter");
    }
    if text.chars().any(char::is_control) {
        return Some("it contains a control character");
    }
    for part in text.split('/') {
        match part {
            "" => return Some("it has an empty component"),
            "." => return Some("it has a `.` component"),
            ".." => return Some("it leaves the project through `..`"),
            _ if is_dot_git(part) => return Some("it points into the repository's own `.git`"),
            _ => {}
        }
    }
    None
}

/// Whether a component names `.git` on any file system that git knows (case folding, NTFS short names and
/// streams, HFS+ ignorable characters), after git's own `verify_path`.
fn is_dot_git(part: &str) -> bool {
    let visible: String = part
        .chars()
        .filter(|c| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'))
        .collect();
    let folded = visible.to_ascii_lowercase();
    let stem = folded.split(':').next().unwrap_or(&folded).trim_end_matches([' ', '.']);
    stem == ".git" || stem == "git~1"
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for RelPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for RelPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RelPath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        Self::new(text)
    }
}

impl std::str::FromStr for RelPath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::new(text)
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> String {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::RelPath;

    #[test]
    fn hostile_paths_are_refused() {
        for text in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/./b",
            "a//b",
            "a/",
            "./a",
            "C:/x",
            "a\\b",
            "a\0b",
            "a\nb",
            ".git/config",
            ".GIT/hooks/x",
            "a/.git/x",
            ".git./x",
            ".git /x",
            "git~1/x",
            ".g\u{200c}it/x",
            ".git::$INDEX_ALLOCATION/x",
        ] {
            assert!(RelPath::new(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn ordinary_paths_are_taken() {
        for text in ["a", "blog/models.py", ".github/x.yml", "a b/c", "ünï/x.py", ".gitignore"] {
            assert_eq!(RelPath::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn below_means_a_whole_component() {
        let path = RelPath::new("blog/models.py").unwrap();
        assert!(path.is_below("blog") && path.is_below("") && !path.is_below("blo"));
    }
}
