//! The closest known word to one that is not known, for "did you mean".
//!
//! Not for matching requests: there a near miss is reported, never taken.

/// The candidate that is at most a few letters away from `word`, if there is one. A swap of two neighbours
/// counts as one letter. Ties go to the first candidate, so that messages are the same each time.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let allowed = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `a, b and c`.
pub(crate) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    joined(words, "and")
}

/// `a, b or c`.
pub(crate) fn either<S: AsRef<str>>(words: &[S]) -> String {
    joined(words, "or")
}

fn joined<S: AsRef<str>>(words: &[S], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [front @ .., back] => {
            let front: Vec<&str> = front.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", front.join(", "), back.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{either, listed, nearest};

    #[test]
    fn one_slip_is_forgiven_and_another_word_is_not() {
        assert_eq!(nearest("psots", ["comments", "posts"]), Some("posts"));
        assert_eq!(nearest("Tagginh", ["tagging"]), Some("tagging"));
        assert_eq!(nearest("articles", ["posts"]), None);
        assert_eq!(nearest("to", ["go"]), None);
    }

    #[test]
    fn lists_read_as_english() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(either(&["a", "b"]), "a or b");
        assert_eq!(listed::<&str>(&[]), "");
    }
}
