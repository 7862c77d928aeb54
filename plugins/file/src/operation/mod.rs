//! The typed changes of `modify_file`, each from one text to another.
//!
//! Every operation leaves a text alone that already has what it asks for, and refuses, with the reason, what it
//! could only guess.

mod environment;
pub mod patch;
pub mod python;
pub mod requirement;
pub mod text;
pub mod toml;

use aksara_sdk::RelPath;

/// What an operation works on.
pub struct Subject<'a> {
    /// The file, for messages.
    pub path: &'a RelPath,
    /// Its content so far.
    pub text: &'a str,
}

impl Subject<'_> {
    /// The file's line ending: that of its first line.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// `text` with the file's line endings.
    pub fn with_newlines(&self, text: &str) -> String {
        let plain = text.replace("\r\n", "\n");
        if self.newline() == "\r\n" { plain.replace('\n', "\r\n") } else { plain }
    }
}

/// Line numbers for a message: `3, 8 and 12`.
pub fn line_numbers(lines: &[usize]) -> String {
    let shown: Vec<String> = lines.iter().take(5).map(ToString::to_string).collect();
    let more = lines.len().saturating_sub(shown.len());
    match (shown.split_last(), more) {
        (Some((last, [])), 0) => last.clone(),
        (Some((last, rest)), 0) => format!("{} and {last}", rest.join(", ")),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A piece of text for a message: one line, not too long.
pub fn shown(text: &str) -> String {
    let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default().trim();
    let mut out: String = line.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if out.len() < text.trim().len() {
        out.push('…');
    }
    out
}
