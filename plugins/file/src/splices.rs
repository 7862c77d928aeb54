//! From two versions of a text to the splices between them.

use std::ops::Range;

use aksara_sdk::Splice;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Above this many differing lines on both sides together, the whole differing stretch is one splice: finding
/// the parts of it that stayed would take longer than anybody gains.
const MAX_LINES: usize = 10_000;

/// The splices that turn `old` into `new`: one for each stretch of differing lines, without the characters that
/// stay the same at its ends. The same for the same texts, always.
pub fn between(old: &str, new: &str) -> Vec<Splice> {
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    let front = old_lines.iter().zip(&new_lines).take_while(|(a, b)| a == b).count();
    let back = old_lines[front..]
        .iter()
        .rev()
        .zip(new_lines[front..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let old_part = &old_lines[front..old_lines.len() - back];
    let new_part = &new_lines[front..new_lines.len() - back];
    let start: usize = old_lines[..front].iter().map(|l| l.len()).sum();

    let mut splices = Vec::new();
    let mut push = |old_range: Range<usize>, new_range: Range<usize>| {
        let at = start + bytes(&old_part[..old_range.start]);
        let before: String = old_part[old_range].concat();
        let after: String = new_part[new_range].concat();
        splices.extend(smallest(at, &before, &after));
    };
    if old_part.len() + new_part.len() > MAX_LINES {
        push(0..old_part.len(), 0..new_part.len());
    } else {
        for op in capture_diff_slices(Algorithm::Myers, old_part, new_part) {
            if !matches!(op, DiffOp::Equal { .. }) {
                push(op.old_range(), op.new_range());
            }
        }
    }
    joined(old, splices)
}

fn bytes(lines: &[&str]) -> usize {
    lines.iter().map(|line| line.len()).sum()
}

fn smallest(at: usize, before: &str, after: &str) -> Option<Splice> {
    let front: usize =
        before.chars().zip(after.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old, new) = (&before[front..], &after[front..]);
    let back: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old, new) = (&old[..old.len() - back], &new[..new.len() - back]);
    (!old.is_empty() || !new.is_empty()).then(|| Splice::replace(at + front, old.len(), new))
}

/// Two splices that meet are one: their order would matter otherwise.
fn joined(old: &str, splices: Vec<Splice>) -> Vec<Splice> {
    let mut out: Vec<Splice> = Vec::with_capacity(splices.len());
    for splice in splices {
        match out.last_mut() {
            Some(last) if last.at + last.len >= splice.at => {
                last.text.push_str(&old[last.at + last.len..splice.at]);
                last.text.push_str(&splice.text);
                last.len = splice.at + splice.len - last.at;
            }
            _ => out.push(splice),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use aksara_sdk::protocol::edit::apply_splices;

    use super::*;

    #[test]
    fn far_apart_changes_are_separate_splices() {
        let (old, new) = ("a\nb\nc\nd\ne\n", "a\nB\nc\nd\ne\nf\n");
        assert_eq!(between(old, new), [Splice::replace(2, 1, "B"), Splice::insert(10, "f\n")]);
    }

    #[test]
    fn any_two_texts_are_bridged() {
        let texts =
            ["", "a", "a\n", "\n", "a\nb", "b\na\n", "é\nü\n", "ü\né", "x\r\ny\r\n", "x\ny\n", "a\na\na\n"];
        for old in texts {
            for new in texts {
                let splices = between(old, new);
                assert_eq!(apply_splices(old, &splices).unwrap(), new, "{old:?} -> {new:?}");
                assert_eq!(splices.is_empty(), old == new);
            }
        }
    }
}
