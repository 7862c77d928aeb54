//! Unified diffs as git prints them, so that what a dry run shows is what `git diff` shows afterwards.
//!
//! The output is equal to that of `git diff` with its default settings, byte for byte, for what steps do, and is
//! always accepted by `git apply`. Which lines changed is decided by `similar`; how the changes are placed among
//! equal lines follows git (see `script`). Where a rewrite has several shortest descriptions, git may choose
//! another one (about one in a hundred random rewrites of large files). Ids are shortened to 7 digits, as git
//! does in all but very large repositories. Binary files never reach this module.

mod script;

use std::fmt::Write as _;

use aksara_protocol::{ChangeHash, RelPath};
use sha2::{Digest as _, Sha256};

use script::{Change, Script};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;
/// How many digits of an id are shown.
const SHORT_ID: usize = 7;
/// As much of the line above a hunk is shown in its header, in bytes.
const LONGEST_HEADING: usize = 80;

/// One side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side<'a> {
    /// The content.
    pub text: &'a str,
    /// The content's full id, as git has it.
    pub blob: &'a str,
    /// The file's mode, as git has it: `0o100644` or `0o100755`.
    pub mode: u32,
}

/// The change of one file: made, if `old` is absent, removed, if `new` is. Empty if both sides are the same.
#[must_use]
pub fn unified(path: &RelPath, old: Option<Side<'_>>, new: Option<Side<'_>>) -> String {
    if old == new {
        return String::new();
    }
    let (a, b) = (quoted("a/", path), quoted("b/", path));
    let mut out = format!("diff --git {a} {b}\n");
    let (old_id, new_id) = (short_id(old), short_id(new));
    match (old, new) {
        (None, Some(new)) => push(&mut out, format_args!("new file mode {:o}\n", new.mode)),
        (Some(old), None) => push(&mut out, format_args!("deleted file mode {:o}\n", old.mode)),
        (Some(old), Some(new)) if old.mode != new.mode => {
            push(&mut out, format_args!("old mode {:o}\nnew mode {:o}\n", old.mode, new.mode));
        }
        _ => {}
    }
    match (old, new) {
        (Some(old), Some(new)) if old.text == new.text => return out,
        (Some(old), Some(new)) if old.mode == new.mode => {
            push(&mut out, format_args!("index {old_id}..{new_id} {:o}\n", new.mode));
        }
        _ => push(&mut out, format_args!("index {old_id}..{new_id}\n")),
    }
    let script = Script::new(old.map_or("", |s| s.text), new.map_or("", |s| s.text));
    if !script.changes().is_empty() {
        let a = old.map_or("/dev/null", |_| a.as_str());
        let b = new.map_or("/dev/null", |_| b.as_str());
        push(&mut out, format_args!("--- {a}{}\n+++ {b}{}\n", tab_after(a), tab_after(b)));
        print_hunks(&mut out, &script);
    }
    out
}

/// The hunks of the change from one text to another, without a header.
#[must_use]
pub fn changed_lines(old: &str, new: &str) -> String {
    let mut out = String::new();
    print_hunks(&mut out, &Script::new(old, new));
    out
}

/// A file that moved without changing.
#[must_use]
pub fn renamed(from: &RelPath, to: &RelPath) -> String {
    format!(
        "diff --git {} {}\nsimilarity index 100%\nrename from {}\nrename to {}\n",
        quoted("a/", from),
        quoted("b/", to),
        quoted("", from),
        quoted("", to)
    )
}

/// What changes between two contents, without where: equal for the same lines removed and added at another place.
#[must_use]
pub fn change_hash(old: &str, new: &str) -> ChangeHash {
    let script = Script::new(old, new);
    let mut hash = Sha256::new();
    let mut feed = |marker: u8, line: &str| {
        hash.update([marker]);
        hash.update((line.len() as u64).to_le_bytes());
        hash.update(line);
    };
    for change in script.changes() {
        script.old()[change.old.clone()].iter().for_each(|line| feed(b'-', line));
        script.new_lines()[change.new.clone()].iter().for_each(|line| feed(b'+', line));
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        push(&mut text, format_args!("{byte:02x}"));
    }
    ChangeHash::new(text)
}

fn print_hunks(out: &mut String, script: &Script<'_>) {
    let (old, new) = (script.old(), script.new_lines());
    let mut heading = "";
    let mut searched = 0;
    for hunk in hunks(script.changes()) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let before = CONTEXT.min(first.old.start).min(first.new.start);
        let after = CONTEXT.min(old.len() - last.old.end).min(new.len() - last.new.end);
        let old_range = first.old.start - before..last.old.end + after;
        let new_range = first.new.start - before..last.new.end + after;
        let above = &old[searched.min(old_range.start)..old_range.start];
        heading = above.iter().rev().find(|line| is_heading(line)).copied().unwrap_or(heading);
        searched = old_range.start;
        push(out, format_args!("@@ -{} +{} @@", span(&old_range), span(&new_range)));
        match shown_heading(heading) {
            "" => out.push('\n'),
            text => push(out, format_args!(" {text}\n")),
        }
        let mut at = new_range.start;
        for change in hunk {
            print_lines(out, ' ', &new[at..change.new.start]);
            print_lines(out, '-', &old[change.old.clone()]);
            print_lines(out, '+', &new[change.new.clone()]);
            at = change.new.end;
        }
        print_lines(out, ' ', &new[at..new_range.end]);
    }
}

/// Changes that are so near to each other that their contexts touch are one hunk.
fn hunks(changes: &[Change]) -> impl Iterator<Item = &[Change]> {
    changes.chunk_by(|a, b| b.old.start - a.old.end <= 2 * CONTEXT)
}

fn print_lines(out: &mut String, marker: char, lines: &[&str]) {
    for line in lines {
        out.push(marker);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// Start (from 1; the line before, if there is none) and length (if it is not 1).
fn span(lines: &std::ops::Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        len => format!("{},{len}", lines.start + 1),
    }
}

/// git's rule for files without a language: what starts with a letter, `_` or `$` at the first column.
fn is_heading(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
}

fn shown_heading(line: &str) -> &str {
    let cut = line.floor_char_boundary(LONGEST_HEADING.min(line.len()));
    line[..cut].trim_end_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c'])
}

fn short_id(side: Option<Side<'_>>) -> &str {
    side.map_or("0000000", |side| side.blob.get(..SHORT_ID).unwrap_or(side.blob))
}

/// A name with a space is followed by a tab, so that programs see where it ends.
fn tab_after(name: &str) -> &'static str {
    if name.contains(' ') { "\t" } else { "" }
}

/// A name as git writes it: between quotes, with octal bytes, if it is not plain ASCII.
fn quoted(prefix: &str, path: &RelPath) -> String {
    let path = path.as_str();
    let plain = |b: u8| (b' '..0x7f).contains(&b) && b != b'"' && b != b'\\';
    if path.bytes().all(plain) {
        return format!("{prefix}{path}");
    }
    let mut out = format!("\"{prefix}");
    for byte in path.bytes() {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            byte if plain(byte) => out.push(char::from(byte)),
            byte => push(&mut out, format_args!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests;
