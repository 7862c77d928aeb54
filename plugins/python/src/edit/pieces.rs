//! Keeps track of what an edited text is made of, so that several edits, one after the other, end as splices
//! against the text they began with.
//!
//! Later edits may touch, extend or replace what earlier ones put there: two imports at one place become one
//! splice, and so nothing that is given out ever meets.

use std::ops::Range;

use aksara_protocol::Splice;

/// A part of the edited text.
#[derive(Clone, Debug)]
enum Piece {
    /// Bytes of the base text.
    Base(Range<usize>),
    /// New text, and whether it is the step's code.
    New { text: String, code: bool },
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Base(range) => range.len(),
            Self::New { text, .. } => text.len(),
        }
    }

    /// The part of it between two of its own offsets.
    fn part(&self, range: Range<usize>) -> Self {
        match self {
            Self::Base(base) => Self::Base(base.start + range.start..base.start + range.end),
            Self::New { text, code } => {
                Self::New { text: text.get(range).unwrap_or_default().to_owned(), code: *code }
            }
        }
    }
}

/// A text as parts of its base and new text.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
}

/// Replaces a range of the current text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    /// What is replaced, in the current text; empty inserts.
    pub(super) range: Range<usize>,
    /// What is put there.
    pub(super) text: String,
    /// The part of `text` that is the code the caller gave.
    pub(super) code: Range<usize>,
}

impl Replacement {
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    pub(super) fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into(), code: 0..0 }
    }

    /// `code` between `before` and `after`, put in at `at`.
    pub(super) fn code(range: Range<usize>, before: &str, code: &str, after: &str) -> Self {
        Self { range, text: format!("{before}{code}{after}"), code: before.len()..before.len() + code.len() }
    }
}

impl Pieces {
    /// The unchanged text of `len` bytes.
    pub(super) fn of(len: usize) -> Self {
        Self { pieces: vec![Piece::Base(0..len)] }
    }

    /// Makes a replacement in the current text; `mark` declares its code as the step's.
    pub(super) fn apply(&mut self, change: &Replacement, mark: bool) {
        let mut out = Vec::with_capacity(self.pieces.len() + 4);
        let mut at = 0;
        let mut put = false;
        let mut put_text = |out: &mut Vec<Piece>| {
            if !put {
                put = true;
                let text = &change.text;
                let parts = [0..change.code.start, change.code.clone(), change.code.end..text.len()];
                for (index, part) in parts.into_iter().enumerate() {
                    out.push(Piece::New {
                        text: text.get(part).unwrap_or_default().to_owned(),
                        code: mark && index == 1,
                    });
                }
            }
        };
        for piece in &self.pieces {
            let (start, end) = (at, at + piece.len());
            at = end;
            let cut = |offset: usize| offset.clamp(start, end) - start;
            let (from, to) = (cut(change.range.start), cut(change.range.end));
            if from > 0 {
                out.push(piece.part(0..from));
            }
            if change.range.start <= end && change.range.start >= start && from < piece.len() {
                put_text(&mut out);
            }
            if to < piece.len() {
                out.push(piece.part(to..piece.len()));
            }
        }
        put_text(&mut out);
        out.retain(|piece| piece.len() > 0);
        self.pieces = out;
    }

    /// The splices that turn `base` into the current text: ascending, apart from each other, as small as they
    /// can be. The first stretch of marked code is the fragment.
    pub(super) fn splices(&self, base: &str) -> Vec<Splice> {
        let mut splices = Vec::new();
        let mut fragment_given = false;
        let mut done = 0;
        let mut text = String::new();
        let mut code: Option<Range<usize>> = None;
        let flush = |until: usize, done: usize, text: &str, code: Option<Range<usize>>| {
            smallest(base, done..until, text, code)
        };
        let mut push = |splice: Option<Splice>| {
            if let Some(mut splice) = splice {
                if fragment_given {
                    splice.fragment = None;
                }
                fragment_given |= splice.fragment.is_some();
                splices.push(splice);
            }
        };
        for piece in &self.pieces {
            match piece {
                Piece::Base(range) => {
                    push(flush(range.start, done, &text, code.take()));
                    text.clear();
                    done = range.end;
                }
                Piece::New { text: new, code: marked } => {
                    if *marked {
                        let start = code.as_ref().map_or(text.len(), |c| c.start);
                        code = Some(start..text.len() + new.len());
                    }
                    text.push_str(new);
                }
            }
        }
        push(flush(base.len(), done, &text, code.take()));
        splices
    }
}

/// The splice for one replaced range, without what stays the same at both ends; none if nothing changes.
fn smallest(base: &str, range: Range<usize>, text: &str, code: Option<Range<usize>>) -> Option<Splice> {
    let old = base.get(range.clone()).unwrap_or_default();
    if old == text {
        return None;
    }
    // Code that is marked is given whole, even where it happens to begin like what it replaces.
    let (most_front, most_back) = match &code {
        Some(code) => (code.start, text.len() - code.end),
        None => (text.len(), text.len()),
    };
    let front: usize = old
        .chars()
        .zip(text.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .scan(0, |sum, len| {
            *sum += len;
            Some(*sum)
        })
        .take_while(|sum| *sum <= most_front)
        .last()
        .unwrap_or(0);
    let back: usize = old[front..]
        .chars()
        .rev()
        .zip(text[front..].chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .scan(0, |sum, len| {
            *sum += len;
            Some(*sum)
        })
        .take_while(|sum| *sum <= most_back)
        .last()
        .unwrap_or(0);
    let splice = Splice::replace(
        range.start + front,
        old.len() - front - back,
        text.get(front..text.len() - back).unwrap_or_default(),
    );
    Some(match code {
        Some(code) => splice.with_fragment(code.start - front, code.end - front),
        None => splice,
    })
}

#[cfg(test)]
mod tests {
    use aksara_protocol::edit::apply_splices;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edits_at_one_place_become_one_splice() {
        let mut pieces = Pieces::of(6);
        pieces.apply(&Replacement::insert(3, "1"), false);
        pieces.apply(&Replacement::insert(4, "2"), false);
        pieces.apply(&Replacement::insert(3, "0"), false);
        assert_eq!(pieces.splices("abcdef"), [Splice::insert(3, "012")]);
    }

    #[test]
    fn what_is_put_in_and_taken_out_again_is_no_splice() {
        let mut pieces = Pieces::of(3);
        pieces.apply(&Replacement::insert(1, "xy"), false);
        pieces.apply(&Replacement::replace(1..3, ""), false);
        assert_eq!(pieces.splices("abc"), []);
    }

    #[test]
    fn the_code_of_several_edits_is_one_fragment() {
        let mut pieces = Pieces::of(2);
        pieces.apply(&Replacement::code(1..1, "\n", "one", ""), true);
        pieces.apply(&Replacement::code(5..5, "\n", "two", "\n"), true);
        let splices = pieces.splices("ab");
        assert_eq!(splices.len(), 1);
        assert_eq!(splices[0].code(), Some("one\ntwo"));
    }

    proptest! {
        #[test]
        fn splices_give_the_edited_text(
            base in "[abé\n]{0,20}",
            edits in prop::collection::vec((0.0..=1.0f64, 0.0..=1.0f64, "[abx]{0,4}", any::<bool>()), 0..6),
        ) {
            let mut text = base.clone();
            let mut pieces = Pieces::of(base.len());
            for (from, len, new, mark) in edits {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
                let floor = |at: f64| {
                    let mut at = (at * text.len() as f64) as usize;
                    while !text.is_char_boundary(at) { at -= 1; }
                    at
                };
                let (start, end) = (floor(from), floor(from + len * (1.0 - from)));
                let range = start..end.max(start);
                let change = Replacement { range: range.clone(), code: 0..new.len(), text: new };
                pieces.apply(&change, mark);
                text.replace_range(range, &change.text);
            }
            let splices = pieces.splices(&base);
            prop_assert_eq!(apply_splices(&base, &splices).unwrap(), text);
            prop_assert!(splices.iter().filter(|s| s.fragment.is_some()).count() <= 1);
        }
    }
}
