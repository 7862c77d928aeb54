//! One feature for several models: "add tags to products and categories".

use std::ops::Range;

use aksara_protocol::ProjectFacts;
use serde_json::Value;

use super::mentions::{Mention, Named};
use super::reading::Reading;
use super::words::{Word, words};
use super::{Beside, Understood};
use crate::Templates;
use crate::params::properties;

/// The requests for one model each, in order, where `understood` leaves open which of the models is meant that the request
/// names together; `None` if it does not name several so, or a name is that of several models.
#[must_use]
pub fn each_model(
    request: &str,
    understood: &Understood,
    templates: &Templates,
    facts: &ProjectFacts,
) -> Option<Vec<String>> {
    let template = templates.get(&understood.template).ok()?;
    let is_model = |p: &Value| p.get("x-kind").and_then(Value::as_str) == Some("model");
    let (param, _) = properties(template.params_schema()).find(|(_, p)| is_model(p))?;
    let missing = understood.missing.iter().find(|missing| missing.name == *param)?;
    let said = words(request);
    let reading = Reading::new(&said, template, Some(facts));
    let named = reading.models(template);
    let is_one = |mention: &&Mention| matches!(&mention.what, Named::Model(labels) if labels.len() == 1 && missing.choices.contains(&labels[0]));
    let (first, rest) = named.split_first()?;
    let mut before = *first;
    for mention in rest {
        if !reading.is_joined(before, mention.start) {
            return None;
        }
        before = mention;
    }
    if rest.is_empty() || named.len() != missing.choices.len() || !named.iter().all(is_one) {
        return None;
    }
    let places = places(request, &said)?;
    let of = |mention: &Mention| places[mention.start].start..places[mention.start + mention.len - 1].end;
    let (front, back) = (&request[..of(first).start], &request[of(before).end..]);
    let requests: Vec<String> =
        named.iter().map(|mention| format!("{front}{}{back}", &request[of(mention)])).collect();
    let is_understood = |request: &String| {
        super::read(request, templates, Some(facts), Beside::default())
            .is_ok_and(|u| u.template == understood.template && u.missing.is_empty())
    };
    requests.iter().all(is_understood).then_some(requests)
}

/// Where each word stands in the text.
fn places(text: &str, words: &[Word]) -> Option<Vec<Range<usize>>> {
    let mut from = 0;
    words
        .iter()
        .map(|word| {
            let start = from + text[from..].find(word.text.as_str())?;
            from = start + word.text.len();
            Some(start..from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::each_model;
    use crate::request::{Beside, understand};
    use crate::testing::project;
    use crate::{Templates, builtin};

    #[test]
    fn models_that_are_named_together_are_a_request_each() {
        let templates = Templates::load(vec![builtin()]);
        let facts = project(&["shop.Product", "shop.Category", "blog.Post", "forum.Post", "shop.OrderItem"]);
        for (request, expected) in [
            (
                "add tags to products and categories",
                Some(&["add tags to products", "add tags to categories"][..]),
            ),
            (
                "Audit products, the order items and categories without tests.",
                Some(&[
                    "Audit products without tests.",
                    "Audit order items without tests.",
                    "Audit categories without tests.",
                ]),
            ),
            (
                "add a subtitle field to products and categories",
                Some(&["add a subtitle field to products", "add a subtitle field to categories"]),
            ),
            ("add tags to products and posts", None),
            ("add tags", None),
            ("add tags to the shop", None),
        ] {
            let understood = understand(request, &templates, Some(&facts), Beside::default()).unwrap();
            let requests = each_model(request, &understood, &templates, &facts);
            assert_eq!(
                requests.as_deref(),
                expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).as_deref(),
                "{request}"
            );
        }
    }
}
