//! A sentence that asks for several features, as the sentences that ask for one each.

/// Verbs that begin a request of their own behind "and" or a comma.
const VERBS: &[&str] =
    &["add", "create", "build", "implement", "introduce", "generate", "let", "give", "put"];
/// Words that join two requests.
const JOINTS: &[&str] = &["and", "then", "also", "plus", "finally"];
/// Words that stand for what was named before.
const PRONOUNS: &[&str] = &["it", "them", "they"];

/// The requests in a sentence, in order: "Create a Product model with name, and add tagging to products" are two.
/// Names and fields are not looked at, so a sentence that is one request should be tried as such first.
#[must_use]
pub fn clauses(request: &str) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    let mut clause: Vec<&str> = Vec::new();
    for word in request.split_whitespace() {
        let ends =
            |word: &&str| word.ends_with([',', ';', '.', ':']) || JOINTS.contains(&bare(word).as_str());
        if VERBS.contains(&bare(word).as_str()) && clause.last().is_some_and(ends) {
            finish(&mut clause, &mut clauses);
        }
        clause.push(word);
    }
    finish(&mut clause, &mut clauses);
    clauses
}

fn finish(clause: &mut Vec<&str>, clauses: &mut Vec<String>) {
    while clause.last().is_some_and(|word| JOINTS.contains(&bare(word).as_str())) {
        clause.pop();
    }
    let text = clause.join(" ");
    clause.clear();
    let text = text.trim_end_matches([',', ';', '.', ':', ' ']);
    if !text.is_empty() {
        clauses.push(text.to_owned());
    }
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// The request with `model` where it says "it" or "them".
#[must_use]
pub fn about(request: &str, model: &str) -> String {
    let words = request.split_whitespace().map(|word| {
        let pronoun = bare(word);
        if PRONOUNS.contains(&pronoun.as_str()) {
            let end = word.trim_start_matches(char::is_alphanumeric);
            return format!("{model}{end}");
        }
        word.to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{about, clauses};

    #[test]
    fn several_requests_in_a_sentence() {
        for (request, expected) in [
            (
                "Create a Product model with name and price, and add tagging to products",
                vec!["Create a Product model with name and price", "add tagging to products"],
            ),
            ("Add tags to posts and add labels to pages.", vec!["Add tags to posts", "add labels to pages"]),
            ("Add tags to posts; then create a Page model", vec!["Add tags to posts", "create a Page model"]),
            ("Add tags to posts and pages", vec!["Add tags to posts and pages"]),
            ("Please add tags to posts", vec!["Please add tags to posts"]),
            ("", vec![]),
        ] {
            assert_eq!(clauses(request), expected, "{request}");
        }
    }

    #[test]
    fn a_pronoun_stands_for_the_model() {
        assert_eq!(about("add tags to it.", "shop.Product"), "add tags to shop.Product.");
        assert_eq!(about("add items to posts", "shop.Product"), "add items to posts");
    }
}
