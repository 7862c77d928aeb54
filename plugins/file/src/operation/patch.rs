//! Applies a unified diff of one file: exactly, or not at all.
//!
//! Line numbers in the diff are no help, since the file may have moved on: a hunk belongs to the one place where
//! its old lines stand. Not a merge; nothing is fuzzy here.

use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;

use super::{Subject, line_numbers, shown};

/// A hunk: its lines before and after, without line endings.
#[derive(Debug, Default)]
struct Hunk {
    header: String,
    old: Vec<String>,
    new: Vec<String>,
    /// Whether the last line of a side has no line ending.
    old_open: bool,
    new_open: bool,
}

/// Applies the hunks of `diff`, in order. A hunk that is in the file already is left.
///
/// # Errors
/// A diff without hunks, of another file or of several, or damaged; a hunk whose old lines stand nowhere (the
/// nearest place is named) or at several places.
pub fn apply(subject: &Subject<'_>, diff: &str) -> Result<String, Diagnostic> {
    let hunks = parse(subject, diff)?;
    let newline = subject.newline();
    let mut lines: Vec<String> = subject.text.lines().map(str::to_owned).collect();
    let mut open = !subject.text.is_empty() && !subject.text.ends_with('\n');
    for hunk in &hunks {
        let places = places(&lines, &hunk.old);
        let done = match hunk.new.is_empty() {
            true => Vec::new(),
            false => self::places(&lines, &hunk.new),
        };
        // With the marker of a missing line ending, a hunk is in the file only if that is so too.
        let done: Vec<usize> = done
            .into_iter()
            .filter(|d| {
                !(hunk.old_open || hunk.new_open) || d + hunk.new.len() < lines.len() || open == hunk.new_open
            })
            .collect();
        // An insertion at the end of a hunk leaves its old lines where they were, inside the new ones.
        let is_done =
            |place: &usize| done.iter().any(|d| d <= place && place + hunk.old.len() <= d + hunk.new.len());
        let free: Vec<usize> = places.iter().copied().filter(|p| !is_done(p)).collect();
        let place = match (free[..].as_ref(), done.is_empty()) {
            ([place], _) => *place,
            ([], false) => continue,
            ([], true) if hunk.old.is_empty() => return Err(placeless(subject, hunk)),
            ([], true) => return Err(nowhere(subject, hunk, &lines)),
            (several, _) => return Err(ambiguous(subject, hunk, several)),
        };
        let end = place + hunk.old.len();
        if end == lines.len() {
            if hunk.old_open != open && !hunk.old.is_empty() && (hunk.old_open || hunk.new_open) {
                return Err(nowhere(subject, hunk, &lines));
            }
            if hunk.old_open || hunk.new_open {
                open = hunk.new_open;
            }
        }
        lines.splice(place..end, hunk.new.iter().cloned());
    }
    let mut out = lines.join(newline);
    if !open && !lines.is_empty() {
        out.push_str(newline);
    }
    Ok(out)
}

fn parse(subject: &Subject<'_>, diff: &str) -> Result<Vec<Hunk>, Diagnostic> {
    let mut hunks: Vec<Hunk> = Vec::new();
    // How many lines of each side the current hunk still has.
    let mut left = (0_usize, 0_usize);
    let mut last = ' ';
    for (index, line) in diff.lines().enumerate() {
        let number = index + 1;
        if left == (0, 0) {
            if line.starts_with("@@") {
                left = ranges(line).ok_or_else(|| damaged(number, "this is no hunk's header", line))?;
                hunks.push(Hunk { header: line.to_owned(), ..Hunk::default() });
                last = ' ';
            } else if line.starts_with('\\') {
                mark_open(hunks.last_mut(), last);
            } else if let Some(name) = line.strip_prefix("+++ ").or_else(|| line.strip_prefix("--- ")) {
                check_name(subject, name)?;
            } else if !hunks.is_empty() && line.starts_with([' ', '+', '-']) {
                return Err(damaged(number, "the hunk above has more lines than its header says", line));
            }
            continue;
        }
        let Some(hunk) = hunks.last_mut() else { continue };
        let content = line.get(1..).unwrap_or_default().to_owned();
        last = line.chars().next().unwrap_or(' ');
        let (old, new) = match last {
            ' ' => (1, 1),
            '-' => (1, 0),
            '+' => (0, 1),
            '\\' => {
                mark_open(Some(hunk), if left.0 == 0 { '-' } else { '+' });
                continue;
            }
            _ => return Err(damaged(number, "a hunk's line starts with ` `, `-` or `+`", line)),
        };
        if old > left.0 || new > left.1 {
            return Err(damaged(number, "the hunk has more lines than its header says", line));
        }
        left = (left.0 - old, left.1 - new);
        if old == 1 {
            hunk.old.push(content.clone());
        }
        if new == 1 {
            hunk.new.push(content);
        }
    }
    if left != (0, 0) {
        return Err(damaged(diff.lines().count(), "the last hunk has fewer lines than its header says", ""));
    }
    if hunks.is_empty() {
        return Err(Diagnostic::new(codes::BAD_PARAMS, "the diff has no hunk")
            .with_help("give a unified diff, with `@@ -1,3 +1,4 @@` headers, as `git diff` prints it"));
    }
    Ok(hunks)
}

/// The old and new line counts of a hunk's header.
fn ranges(header: &str) -> Option<(usize, usize)> {
    let (_, rest) = header.split_once("@@ -")?;
    let (ranges, _) = rest.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let count = |range: &str| match range.split_once(',') {
        Some((_, count)) => count.parse().ok(),
        None => range.parse::<usize>().ok().map(|_| 1),
    };
    Some((count(old)?, count(new)?))
}

fn mark_open(hunk: Option<&mut Hunk>, side: char) {
    if let Some(hunk) = hunk {
        hunk.old_open |= side != '+';
        hunk.new_open |= side != '-';
    }
}

fn check_name(subject: &Subject<'_>, name: &str) -> Result<(), Diagnostic> {
    let name = name.split('\t').next().unwrap_or(name).trim();
    let plain = name.strip_prefix("a/").or_else(|| name.strip_prefix("b/")).unwrap_or(name);
    let own = subject.path.as_str();
    // A diff made inside the project's folder names the file from there.
    let fits = |name: &str| own == name || own.strip_suffix(name).is_some_and(|front| front.ends_with('/'));
    if name == "/dev/null" || fits(name) || fits(plain) {
        return Ok(());
    }
    Err(Diagnostic::new(codes::BAD_PARAMS, format!("the diff is of `{}`, not of `{own}`", shown(name)))
        .with_help("a patch operation takes the diff of its own file; use one step a file"))
}

fn places(lines: &[String], wanted: &[String]) -> Vec<usize> {
    if wanted.is_empty() {
        return if lines.is_empty() { vec![0] } else { Vec::new() };
    }
    let windows = lines.windows(wanted.len()).enumerate();
    windows.filter(|(_, window)| *window == wanted).map(|(index, _)| index).collect()
}

fn damaged(line: usize, why: &str, text: &str) -> Diagnostic {
    Diagnostic::new(
        codes::BAD_PARAMS,
        format!("line {line} of the diff is damaged: {why}: `{}`", shown(text)),
    )
    .with_help("make the diff again with `git diff`")
}

fn placeless(subject: &Subject<'_>, hunk: &Hunk) -> Diagnostic {
    Diagnostic::new(
        codes::REFUSED,
        format!(
            "the hunk `{}` names no line of `{}`, so its place is not clear",
            shown(&hunk.header),
            subject.path
        ),
    )
    .with_help("make the diff with lines of context, as `git diff -U3` does")
}

fn ambiguous(subject: &Subject<'_>, hunk: &Hunk, places: &[usize]) -> Diagnostic {
    let lines: Vec<usize> = places.iter().map(|p| p + 1).collect();
    Diagnostic::new(
        codes::REFUSED,
        format!(
            "the hunk `{}` fits `{}` at {} places (lines {})",
            shown(&hunk.header),
            subject.path,
            places.len(),
            line_numbers(&lines)
        ),
    )
    .with_help("make the diff with more lines of context, as `git diff -U10` does")
}

fn nowhere(subject: &Subject<'_>, hunk: &Hunk, lines: &[String]) -> Diagnostic {
    let score = |start: usize| {
        hunk.old
            .iter()
            .zip(&lines[start..])
            .filter(|(a, b)| a.trim() == b.trim() && !a.trim().is_empty())
            .count()
    };
    let best =
        (0..lines.len()).map(|start| (score(start), start)).max_by_key(|(s, start)| (*s, usize::MAX - start));
    let diagnostic = Diagnostic::new(
        codes::NOT_FOUND,
        format!("the hunk `{}` fits nowhere in `{}`", shown(&hunk.header), subject.path),
    );
    match best.filter(|(score, _)| *score > 0) {
        None => diagnostic.with_help("none of its lines is there: is it a diff of this file?"),
        Some((score, start)) => {
            let differs = hunk.old.iter().zip(&lines[start..]).enumerate().find(|(_, (a, b))| a != b);
            let place = match differs {
                Some((offset, (wanted, have))) => format!(
                    "; line {} is `{}`, the diff has `{}`",
                    start + offset + 1,
                    shown(have),
                    shown(wanted)
                ),
                None => String::new(),
            };
            diagnostic.with_help(format!(
                "the nearest place is line {}, where {score} of {} lines agree{place}",
                start + 1,
                hunk.old.len()
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use aksara_sdk::RelPath;

    use super::*;

    fn patch(text: &str, diff: &str) -> Result<String, Diagnostic> {
        let path = RelPath::new("app/a.txt").unwrap();
        let once = apply(&Subject { path: &path, text }, diff)?;
        let twice = apply(&Subject { path: &path, text: &once }, diff)?;
        assert_eq!(once, twice, "a patch that is in the file is left");
        Ok(once)
    }

    const TEXT: &str = "one\ntwo\nthree\nfour\nfive\n";

    #[test]
    fn hunks_go_where_their_lines_are() {
        let diff = "--- a/app/a.txt\n+++ b/app/a.txt\n@@ -90,2 +90,3 @@ def f():\n one\n+1.5\n two\n@@ -1,2 +1,1 @@\n four\n-five\n";
        assert_eq!(patch(TEXT, diff).unwrap(), "one\n1.5\ntwo\nthree\nfour\n");
    }

    #[test]
    fn an_insertion_at_a_hunks_end_is_made_once() {
        assert_eq!(patch(TEXT, "@@ -4,2 +4,3 @@\n four\n five\n+six\n").unwrap(), format!("{TEXT}six\n"));
        assert_eq!(patch(TEXT, "@@ -1 +1,2 @@\n+zero\n one\n").unwrap(), format!("zero\n{TEXT}"));
    }

    #[test]
    fn line_endings_are_the_files() {
        let text = "one\r\ntwo\r\n";
        assert_eq!(patch(text, "@@ -1,2 +1,2 @@\n one\n-two\n+2\n").unwrap(), "one\r\n2\r\n");
    }

    #[test]
    fn a_missing_newline_at_the_end_is_part_of_the_diff() {
        let diff = "@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+two\n";
        assert_eq!(patch("one\ntwo", diff).unwrap(), "one\ntwo\n");
        let diff = "@@ -1,2 +1,2 @@\n one\n-two\n+2\n\\ No newline at end of file\n";
        assert_eq!(patch("one\ntwo\n", diff).unwrap(), "one\n2");
    }

    #[test]
    fn an_empty_file_takes_a_hunk_without_context() {
        assert_eq!(patch("", "@@ -0,0 +1,2 @@\n+a\n+b\n").unwrap(), "a\nb\n");
        assert_eq!(patch(TEXT, "@@ -0,0 +1,1 @@\n+a\n").unwrap_err().code, codes::REFUSED);
    }

    #[test]
    fn several_places_are_refused() {
        let error = patch("a\nb\na\nb\n", "@@ -1 +1,2 @@\n a\n+x\n").unwrap_err();
        assert_eq!(error.message, "the hunk `@@ -1 +1,2 @@` fits `app/a.txt` at 2 places (lines 1 and 3)");
    }

    #[test]
    fn no_place_names_the_nearest() {
        let error = patch(TEXT, "@@ -2,3 +2,3 @@\n two\n-threee\n+3\n four\n").unwrap_err();
        assert_eq!(error.code, codes::NOT_FOUND);
        assert_eq!(
            error.help.as_deref(),
            Some(
                "the nearest place is line 2, where 2 of 3 lines agree; line 3 is `three`, the diff has `threee`"
            )
        );
    }

    #[test]
    fn damaged_diffs_are_refused() {
        for diff in [
            "",
            "no diff",
            "--- a/app/a.txt\n+++ b/app/a.txt\n",
            "@@ -1,9 +1,9 @@\n one\n",
            "@@ -1 +1 @@\n one\n two\n",
            "@@ -x +1 @@\n one\n",
            "@@ -1 +1 @@\n?one\n",
            "--- a/other.txt\n+++ b/other.txt\n@@ -1 +1 @@\n-one\n+1\n",
        ] {
            assert_eq!(patch(TEXT, diff).unwrap_err().code, codes::BAD_PARAMS, "{diff}");
        }
    }
}
