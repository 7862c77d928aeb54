//! The request as a headline: the plan's title, and the subject of the commit that lands it.

/// How long a headline is at most, in characters: what `git log --oneline` shows without a line break.
const LONGEST: usize = 72;

/// The first line of a request, cut behind a word if it is too long.
pub(crate) fn of(request: &str) -> String {
    let text = request.trim().trim_end_matches('.');
    let line = text.lines().next().unwrap_or_default().trim_end();
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let cut = line.char_indices().nth(LONGEST - 1).map_or(line.len(), |(at, _)| at);
    let (head, rest) = line.split_at(cut);
    // A single word may be longer than a line.
    let words =
        if rest.starts_with(' ') { Some(head) } else { head.rsplit_once(' ').map(|(words, _)| words) };
    let words = words.filter(|words| !words.trim().is_empty()).unwrap_or(head);
    format!("{}…", words.trim_end_matches([' ', ',', ';', ':', '-', '–']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_request_is_cut_behind_a_word() {
        assert_eq!(of(" Add tags to posts. "), "Add tags to posts");
        assert_eq!(of("Add tags\nand more"), "Add tags");
        let long = "Add a tagging system to the blog with tags that have a name, a slug, colours and more";
        assert_eq!(of(long), "Add a tagging system to the blog with tags that have a name, a slug…");
        // 71 characters and the ellipsis fit just so.
        let words = format!("{} next", "x".repeat(71));
        assert_eq!(of(&words), format!("{}…", "x".repeat(71)));
        let umlauts = format!("{} {}", "ä".repeat(60), "ö".repeat(60));
        assert_eq!(of(&umlauts), format!("{}…", "ä".repeat(60)));
        assert_eq!(of(&"x".repeat(100)), format!("{}…", "x".repeat(71)));
        assert_eq!(of(""), "");
    }
}
