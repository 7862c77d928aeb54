//! From a request to words, and from words to stems.
//!
//! The stemmer takes off the commonest English endings. It only ever compares its own results, so a stem need
//! not be a word.

/// A word of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As it was typed, without the punctuation around it.
    pub(super) text: String,
    /// In lower case.
    pub(super) lower: String,
    /// Without its ending.
    pub(super) stem: String,
    /// Whether a comma or the like stands before it.
    pub(super) after_comma: bool,
}

/// The words of a text. A dot inside a word (`blog.Post`) stays.
pub(super) fn words(text: &str) -> Vec<Word> {
    let separates = |c: char| c.is_whitespace() || "/()[]\"`“”&+;:-—".contains(c);
    let mut words = Vec::new();
    let mut comma = false;
    for chunk in text.split(separates) {
        for (index, part) in chunk.split(',').enumerate() {
            comma |= index > 0;
            let part = part.trim_matches(|c: char| !c.is_alphanumeric() && !"_{}".contains(c));
            let part = without_contraction(part);
            if !part.is_empty() {
                let lower = part.to_lowercase().replace('’', "'");
                let after_comma = std::mem::take(&mut comma);
                words.push(Word { stem: stem(&lower), text: part.to_owned(), lower, after_comma });
            }
        }
    }
    words
}

/// `post's` is `post` and `I'd` is `I`; `don't` says more than `do` and stays.
fn without_contraction(word: &str) -> &str {
    match word.rsplit_once(['\'', '’']) {
        Some((front, "s" | "d" | "ll" | "m" | "re" | "ve")) => front,
        _ => word,
    }
}

/// A word without its ending: `tags`, `tagged`, `tagging` and `taggable` are `tag`.
pub(super) fn stem(word: &str) -> String {
    let word = word.to_lowercase();
    let word = singular(&word);
    let one_l = |word: String| word.strip_suffix("ll").map_or(word.clone(), |front| format!("{front}l"));
    for ending in ["able", "ing", "ed", "er"] {
        if let Some(front) = word.strip_suffix(ending)
            && front.chars().count() >= 3
            && front.contains(['a', 'e', 'i', 'o', 'u', 'y'])
        {
            return one_l(without_e(&undouble(front)));
        }
    }
    one_l(without_e(&word))
}

fn singular(word: &str) -> String {
    let long = word.chars().count() > 3;
    if let Some(front) = word.strip_suffix("ies")
        && long
    {
        return format!("{front}y");
    }
    for ending in ["ses", "xes", "zes", "ches", "shes"] {
        if word.ends_with(ending) && long {
            return word[..word.len() - 2].to_owned();
        }
    }
    if long && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is")
    {
        return word[..word.len() - 1].to_owned();
    }
    word.to_owned()
}

fn undouble(word: &str) -> String {
    let mut back = word.chars().rev();
    match (back.next(), back.next()) {
        (Some(last), Some(before)) if last == before && "bdgmnprt".contains(last) => {
            word[..word.len() - last.len_utf8()].to_owned()
        }
        _ => word.to_owned(),
    }
}

fn without_e(word: &str) -> String {
    match word.strip_suffix('e') {
        Some(front) if front.chars().count() >= 3 => front.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{stem, words};

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["tag", "tags", "tagged", "tagging", "taggable", "Tagging"][..],
            &["label", "labels", "labeled", "labeling", "labelling", "labelled"],
            &["rate", "rates", "rating", "rated", "ratings"],
            &["comment", "comments", "commenting", "commented"],
            &["category", "categories"],
            &["address", "addresses"],
            &["audit", "auditing", "audits"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn different_words_stay_different() {
        for (one, other) in [("table", "tab"), ("bus", "bu"), ("enable", "en"), ("thing", "th")] {
            assert_ne!(stem(one), stem(other), "{one}");
        }
        assert_eq!(stem("this"), "this");
        assert_eq!(stem("x"), "x");
        assert_eq!(stem(""), "");
    }

    #[test]
    fn punctuation_goes_and_labels_stay() {
        let found: Vec<(String, bool)> = words("Add tags, labels and “stars” to the blog.Post's page!")
            .into_iter()
            .map(|w| (w.text, w.after_comma))
            .collect();
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["Add", "tags", "labels", "and", "stars", "to", "the", "blog.Post", "page"]);
        assert!(found[2].1 && !found[3].1);
        assert!(words(" ,.!  ").is_empty());
        assert_eq!(words("a,b").iter().filter(|w| w.after_comma).count(), 1);
    }
}
