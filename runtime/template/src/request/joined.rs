//! One sentence with one verb that asks for several features: "add tags and comments to posts".

use aksara_protocol::ProjectFacts;

use super::apart::apart;
use super::english::{ACTORS, ADDING, ADJECTIVES, BEFORE_NOUN, FILLER, PREPOSITIONS, READERS};
use super::mentions::labels;
use super::reading::{keywords, says_logged_in};
use super::words::{stem, words};
use crate::{Template, Templates};

/// The requests for one feature each, in order; `None` if the sentence does not ask for features of several templates
/// of the project's stack. A feature that is said without what it is for is for what the next one is: "tags and comments to posts".
#[must_use]
pub fn joined(request: &str, templates: &Templates, facts: &ProjectFacts) -> Option<Vec<String>> {
    features(request, templates, facts).or_else(|| apart(request, templates, facts))
}

fn features(request: &str, templates: &Templates, facts: &ProjectFacts) -> Option<Vec<String>> {
    let known: Vec<(&Template, Vec<Vec<String>>)> =
        templates.list().filter(|t| t.knows(facts)).map(|t| (t, keywords(t))).collect();
    let about = |text: &str| -> Vec<&str> {
        let said = words(text);
        if says_logged_in(&said) {
            return Vec::new();
        }
        let stems: Vec<String> = said.into_iter().map(|word| word.stem).collect();
        let says =
            |phrase: &Vec<String>| stems.windows(phrase.len()).any(|window| window == phrase.as_slice());
        known.iter().filter(|(_, p)| p.iter().any(says)).map(|(t, _)| t.meta().name.as_str()).collect()
    };
    let all: Vec<&str> = request.split_whitespace().collect();
    // "readers should be able to rate and comment"
    let is_to = |at: usize| {
        bare(all[at]) == "to"
            && at > 0
            && ["able", "want", "like", "need"].contains(&bare(all[at - 1]).as_str())
    };
    let head = (0..all.len()).take_while(|at| is_head(all[*at]) || is_to(*at)).count();
    let (head, body) = all.split_at(head);

    let mut parts: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    let mut is_with = false;
    for (joint, item) in items(body) {
        let templates = about(&item.join(" "));
        match parts.last_mut() {
            // What names no feature of its own, or the same one, belongs to what stands before it.
            Some((words, of)) if templates.is_empty() || of.iter().any(|t| templates.contains(t)) => {
                words.push(joint);
                words.extend(item);
            }
            _ => {
                is_with |= joint == WITH;
                parts.push((item, templates));
            }
        }
    }
    if parts.len() < 2 || parts.iter().any(|(_, of)| of.is_empty()) {
        return None;
    }
    if let Some(requests) = for_the_same(head, &parts, facts) {
        return Some(requests);
    }
    let mut requests = Vec::new();
    let mut tail: &[&str] = &[];
    for (words, _) in parts.iter().rev() {
        let at = words.iter().position(|word| PREPOSITIONS.contains(&bare(word).as_str()));
        let own = match at {
            Some(at) => {
                tail = &words[at..];
                words.clone()
            }
            None => [words.as_slice(), tail].concat(),
        };
        requests.push([head, &own].concat().join(" "));
    }
    requests.reverse();
    // The last one says for what: where another does and it does not, that is anybody's guess.
    let last_says = parts.last().is_some_and(|(words, _)| names_a_place(words));
    let some_says = parts.iter().any(|(words, _)| names_a_place(words));
    // "profiles with tags" are no tags of something else.
    (last_says || !some_says && !is_with).then_some(requests)
}

/// "let users give recipes stars and leave a comment": the only model that a part names is what the others are for.
fn for_the_same(
    head: &[&str],
    parts: &[(Vec<&str>, Vec<&str>)],
    facts: &ProjectFacts,
) -> Option<Vec<String>> {
    if parts.iter().any(|(words, _)| names_a_place(words)) {
        return None;
    }
    let of = |said: &[&str]| labels(&words(&said.join(" ")), facts);
    let mut named: Vec<String> = parts.iter().flat_map(|(said, _)| of(said)).collect();
    named.dedup();
    let [label] = named.as_slice() else { return None };
    let request = |(said, _): &(Vec<&str>, Vec<&str>)| {
        let own = [head, said].concat().join(" ");
        if of(said).is_empty() { format!("{own} on {label}") } else { own }
    };
    Some(parts.iter().map(request).collect())
}

fn names_a_place(words: &[&str]) -> bool {
    words.iter().any(|word| PREPOSITIONS.contains(&bare(word).as_str()))
}

/// A word before what a feature has, or before another one: "reviews with ratings".
const WITH: &str = "with";

/// The parts between commas and joining words, and what joins each to the one before it.
fn items<'w>(body: &[&'w str]) -> Vec<(&'static str, Vec<&'w str>)> {
    let mut items: Vec<(&str, Vec<&str>)> = vec![("and", Vec::new())];
    for word in body {
        let joint = match word.to_lowercase().as_str() {
            "and" | "plus" | "&" => Some("and"),
            "with" => Some(WITH),
            _ => None,
        };
        if let Some((_, item)) = items.last_mut().filter(|_| joint.is_none()) {
            item.push(word.trim_end_matches([',', ';', '.', '!']));
        }
        if joint.is_some() || word.ends_with(',') {
            items.push((joint.unwrap_or("and"), Vec::new()));
        }
    }
    items.retain(|(_, item)| !item.is_empty());
    items
}

/// A word that only begins a request: it goes before each part.
fn is_head(word: &str) -> bool {
    let lower = bare(word);
    let is = |list: &[&str]| list.contains(&lower.as_str());
    let is_form = |list: &[&str]| list.iter().any(|other| stem(other) == stem(&lower));
    !word.ends_with(',')
        && (is(FILLER)
            || is(BEFORE_NOUN)
            || is(ADJECTIVES)
            || is_form(ACTORS)
            || is(READERS)
            || is_form(ADDING))
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use aksara_protocol::ProjectFacts;

    use super::joined;
    use crate::{Templates, builtin};

    fn on(stack: &str) -> ProjectFacts {
        ProjectFacts { stack: stack.to_owned(), ..ProjectFacts::default() }
    }

    #[test]
    fn features_that_are_joined_are_a_request_each() {
        let templates = Templates::load(vec![builtin()]);
        for (request, expected) in [
            ("Add tagging and commenting to posts", &["Add tagging to posts", "Add commenting to posts"][..]),
            (
                "Please add tags, nested comments and ratings to the blog's posts.",
                &[
                    "Please add tags to the blog's posts",
                    "Please add nested comments to the blog's posts",
                    "Please add ratings to the blog's posts",
                ],
            ),
            (
                "Add tags to posts and comments to pages without replies",
                &["Add tags to posts", "Add comments to pages without replies"],
            ),
            (
                "Let users rate and comment on posts",
                &["Let users rate on posts", "Let users comment on posts"],
            ),
            (
                "Readers should be able to rate and comment on posts",
                &["Readers should be able to rate on posts", "Readers should be able to comment on posts"],
            ),
            ("Add reviews with ratings to posts", &["Add reviews to posts", "Add ratings to posts"]),
            (
                "Add comments with nested replies and tags to posts",
                &["Add comments with nested replies to posts", "Add tags to posts"],
            ),
            ("Add a tagging system and reviews", &["Add a tagging system", "Add a reviews"]),
        ] {
            assert_eq!(joined(request, &templates, &on("django")).unwrap(), expected, "{request}");
        }
    }

    #[test]
    fn what_is_for_nothing_of_its_own_is_for_what_the_others_are_for() {
        let templates = Templates::load(vec![builtin()]);
        let facts = crate::testing::project(&["kitchen.Recipe", "accounts.User"]);
        assert_eq!(
            joined("users can give recipes 1-5 stars and leave a comment", &templates, &facts).unwrap(),
            ["users can give recipes 1-5 stars", "users can give leave a comment on kitchen.Recipe"]
        );
    }

    #[test]
    fn what_asks_for_one_feature_stays_one() {
        let templates = Templates::load(vec![builtin()]);
        for request in [
            "Add tags to posts",
            "Add tags and labels to posts",
            "Add tags to posts and pages",
            "Add tags and wings to posts",
            "Add wings and tags to posts",
            "Add tags to posts and comments",
            "Add user profiles with tagging",
            "Add reviews with ratings",
            "",
        ] {
            assert_eq!(joined(request, &templates, &on("django")), None, "{request}");
        }
        assert_eq!(joined("Add tags and comments to posts", &templates, &on("rails")), None);
    }
}
