//! One verb for things of several models: "add a nickname to authors and a subtitle to posts".

use aksara_protocol::ProjectFacts;

use super::Beside;
use super::english::{ADDING, FILLER, PREPOSITIONS};
use super::words::stem;
use crate::Templates;

/// The requests for each model, in order; `None` unless each of at least two says what it is for and is understood.
pub(super) fn apart(request: &str, templates: &Templates, facts: &ProjectFacts) -> Option<Vec<String>> {
    let all: Vec<&str> = request.split_whitespace().collect();
    let is_verb = |word: &str| ADDING.iter().any(|verb| stem(verb) == stem(&bare(word)));
    let verb = all.iter().position(|word| is_verb(word))?;
    if !all[..verb].iter().all(|word| FILLER.contains(&bare(word).as_str()) || bare(word) == "to") {
        return None;
    }
    let (head, body) = all.split_at(verb + 1);
    let groups = groups(body);
    if groups.len() < 2 {
        return None;
    }
    let requests: Vec<String> = groups.iter().map(|group| format!("{} {group}", head.join(" "))).collect();
    let is_understood = |request: &String| {
        super::read(request, templates, Some(facts), Beside::default())
            .is_ok_and(|u| u.unexplained.is_empty())
    };
    requests.iter().all(is_understood).then_some(requests)
}

/// The parts that each say what they are for.
fn groups(body: &[&str]) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    let mut group: Vec<&str> = Vec::new();
    for word in body {
        let is_joint = ["and", "plus", "also", "&"].contains(&word.to_lowercase().as_str());
        if is_joint && (group.is_empty() || says_for_what(&group)) {
            groups.extend(finished(&mut group));
            continue;
        }
        group.push(word);
        if word.ends_with([',', ';']) && says_for_what(&group) {
            groups.extend(finished(&mut group));
        }
    }
    groups.extend(finished(&mut group));
    groups
}

fn finished(group: &mut Vec<&str>) -> Option<String> {
    let text = std::mem::take(group).join(" ");
    let text = text.trim_end_matches([',', ';', '.', '!']);
    (!text.is_empty()).then(|| text.to_owned())
}

fn says_for_what(group: &[&str]) -> bool {
    group.iter().any(|word| PREPOSITIONS.contains(&bare(word).as_str()))
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::apart;
    use crate::testing::project;
    use crate::{Templates, builtin};

    #[test]
    fn what_is_for_several_models_is_several_requests() {
        let templates = Templates::load(vec![builtin()]);
        let facts = project(&["blog.Author", "blog.Post"]);
        for (request, expected) in [
            (
                "Add a nickname to authors and a subtitle to posts",
                &["Add a nickname to authors", "Add a subtitle to posts"][..],
            ),
            (
                "Please add a nickname, and a motto to authors, a status (draft, live) to posts, and tags to posts.",
                &[
                    "Please add a nickname, and a motto to authors",
                    "Please add a status (draft, live) to posts",
                    "Please add tags to posts",
                ],
            ),
        ] {
            assert_eq!(apart(request, &templates, &facts).unwrap(), expected, "{request}");
        }
        for request in [
            "Add a subtitle to posts and authors",
            "Add a nickname to authors and wings to posts",
            "Add a nickname and a motto to authors",
            "Remove a nickname from authors and add a subtitle to posts",
        ] {
            assert_eq!(apart(request, &templates, &facts), None, "{request}");
        }
    }
}
