//! Which serializer shows the rows of a list, where a viewset has several.

use aksara_sdk::protocol::facts::{ProjectFacts, ViewsetFacts};
use aksara_sdk::{Context, Diagnostic};
use serde_json::Value;

/// The key of [`ProjectFacts::extra`] for what [`learn`] found: an object of viewsets and serializers.
const KEY: &str = "list_serializers";

/// Notes in the facts which serializers viewsets have for their lists alone.
///
/// # Errors
/// A module of views that cannot be read.
pub fn learn(facts: &mut ProjectFacts, cx: &Context<'_>) -> Result<(), Diagnostic> {
    let mut found = serde_json::Map::new();
    let viewsets = facts.apps.iter().flat_map(|app| &app.viewsets);
    for viewset in viewsets.filter(|viewset| viewset.serializers.len() > 1) {
        let text = cx.read(&viewset.place.file)?.map(|file| file.text).unwrap_or_default();
        let named = of_list(&text, viewset).map(|name| Value::String(name.to_owned()));
        found.extend(named.map(|name| (viewset.name.clone(), name)));
    }
    if !found.is_empty() {
        facts.extra.insert(KEY.to_owned(), Value::Object(found));
    }
    Ok(())
}

/// The class that shows a viewset's lists, where it has one for them alone.
pub fn serializer<'f>(facts: &'f ProjectFacts, viewset: &ViewsetFacts) -> Option<&'f str> {
    facts.extra.get(KEY)?.get(&viewset.name)?.as_str()
}

/// The first of the viewset's serializers behind a comparison with `"list"`, or in a table by it.
fn of_list<'v>(text: &str, viewset: &'v ViewsetFacts) -> Option<&'v str> {
    let body = text.split_once(&format!("class {}(", viewset.name))?.1;
    let body = body.split("\nclass ").next()?;
    let at = ["\"list\"", "'list'"].into_iter().filter_map(|word| body.find(word)).min()?;
    let line = body[..at].rsplit('\n').next()?;
    if line.contains("!=") || line.contains("not ") {
        return None;
    }
    let after = &body[at..];
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let names = viewset.serializers.iter().map(|path| path.rsplit('.').next().unwrap_or(path));
    let places = names.filter_map(|name| {
        let mut all = after.match_indices(name);
        let whole = all.find(|(at, _)| {
            !after[..*at].ends_with(is_word) && !after[at + name.len()..].starts_with(is_word)
        });
        Some((whole?.0, name))
    });
    places.min().map(|(_, name)| name)
}
