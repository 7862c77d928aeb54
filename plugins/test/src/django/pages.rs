//! What of a project's own shapes the answers of its API: where its pagination class puts the rows, and whether a
//! request asks the database more than its view does.

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::{Context, Diagnostic, RelPath};
use serde_json::Value;

/// The key of [`ProjectFacts::extra`] for what [`learn`] found.
const KEY: &str = "page_rows";
/// The same, for settings that make each request a transaction.
const ATOMIC: &str = "atomic_requests";

/// Notes in the facts under which key the project's default pagination class puts a page's rows, if it has a class of
/// its own that says so, and whether each request is a transaction.
///
/// # Errors
/// A module of the project cannot be read.
pub fn learn(facts: &mut ProjectFacts, cx: &Context<'_>) -> Result<(), Diagnostic> {
    let settings: Vec<RelPath> = facts.settings.files.iter().chain(&facts.settings.file).cloned().collect();
    let is_atomic = cx.read_all(&settings)?.iter().flatten().any(|file| {
        // A line that is commented out says nothing.
        file.text.lines().any(|line| line.contains("ATOMIC_REQUESTS") && !line.trim_start().starts_with('#'))
    });
    if is_atomic {
        facts.extra.insert(ATOMIC.to_owned(), Value::Bool(true));
    }
    let Some((module, class)) = own_class(facts) else { return Ok(()) };
    let file = format!("{}.py", module.replace('.', "/"));
    let file = if facts.root.is_empty() { file } else { format!("{}/{file}", facts.root) };
    let Ok(path) = RelPath::new(file) else { return Ok(()) };
    let key = cx.read(&path)?.and_then(|file| rows_key(&file.text, class));
    facts.extra.extend(key.map(|key| (KEY.to_owned(), Value::String(key))));
    Ok(())
}

/// The project's default pagination class, if that is of its own.
fn own_class(facts: &ProjectFacts) -> Option<(&str, &str)> {
    let class = facts.settings.rest_framework.get("DEFAULT_PAGINATION_CLASS").and_then(Value::as_str);
    class?.rsplit_once('.').filter(|(module, _)| !module.starts_with("rest_framework."))
}

/// Whether a request asks the database what its view does, and nothing else.
pub fn queries_are_plain(facts: &ProjectFacts) -> bool {
    own_class(facts).is_none() && !requests_are_atomic(facts)
}

/// Whether each request is a transaction.
pub fn requests_are_atomic(facts: &ProjectFacts) -> bool {
    facts.extra.contains_key(ATOMIC)
}

/// What [`learn`] found.
pub fn known(facts: &ProjectFacts) -> Option<&str> {
    facts.extra.get(KEY)?.as_str()
}

/// The key that `get_paginated_response` of a class gives its parameter: `{"items": data}` or `("items", data)`.
fn rows_key(text: &str, class: &str) -> Option<String> {
    let body = text.split_once(&format!("class {class}("))?.1;
    let body = body.split("\nclass ").next()?;
    let method = body.split_once("def get_paginated_response(")?.1;
    let (parameters, method) = method.split_once(')')?;
    let method = method.split("\n    def ").next()?;
    let data = parameters.split(',').nth(1)?.split([':', '=']).next()?.trim();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    method.match_indices(data).find_map(|(at, _)| {
        let whole = !method.get(at + data.len()..)?.starts_with(is_name);
        let before = method.get(..at)?.trim_end().strip_suffix([':', ','])?.trim_end();
        let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
        let key = before.strip_suffix(quote)?.rsplit(quote).next()?;
        (whole && !key.is_empty() && key.chars().all(|c| is_name(c) || c == '-')).then(|| key.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::rows_key;

    #[test]
    fn the_key_of_rows_is_read_from_the_class() {
        let class = |method: &str| {
            format!(
                "class Other(Base):\n    pass\n\n\nclass Mine(PageNumberPagination):\n    page_size = 5\n\n{method}"
            )
        };
        for (method, key) in [
            (
                "    def get_paginated_response(self, data: Any) -> Response:\n        \"\"\"The data.\"\"\"\n        return Response(\n            {\n                \"meta\": {\"total\": 1},\n                \"items\": data,\n            }\n        )\n",
                Some("items"),
            ),
            (
                "    def get_paginated_response(self, rows):\n        return Response(OrderedDict([('count', 1), ('data', rows)]))\n",
                Some("data"),
            ),
            ("    def get_paginated_response(self, data):\n        return Response(data)\n", None),
            ("    def get_page_size(self, request):\n        return 5\n", None),
        ] {
            assert_eq!(rows_key(&class(method), "Mine").as_deref(), key, "{method}");
        }
        assert_eq!(rows_key("x = 1\n", "Mine"), None);
    }
}
