//! Tests of a project that count the queries of a viewset exactly, and fail when it asks one more.

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::ViewsetFacts;
use aksara_sdk::{Context, Diagnostic, Note, RelPath};

/// What counts queries: of Django, and of pytest-django.
const COUNTS: [&str; 2] = ["assertNumQueries(", "django_assert_num_queries("];

/// Says which tests assert a number of queries of `viewsets`, which ask `more` from now on.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn exact_counts(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    viewsets: &[&ViewsetFacts],
    more: &[String],
) -> Result<Vec<Note>, Diagnostic> {
    let routes: Vec<String> = viewsets.iter().flat_map(|viewset| routes_of(facts, viewset)).collect();
    let paths: Vec<RelPath> = facts.apps.iter().flat_map(|app| app.tests.files.iter().cloned()).collect();
    let mut notes = Vec::new();
    for file in cx.read_all(&paths)?.into_iter().flatten() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some(count) = counted(line) else { continue };
            let test = test_around(&lines, index);
            if routes.iter().any(|route| test.contains(route.as_str())) {
                let relations: Vec<String> = more.iter().map(|name| format!("`{name}`")).collect();
                notes.push(Note::warning(format!(
                    "`{}:{}` asserts exactly {count} queries, and to load {} takes {} more where there are rows: correct the number",
                    file.path,
                    index + 1,
                    relations.join(", "),
                    more.len()
                )));
            }
        }
    }
    Ok(notes)
}

/// The number that a line asserts.
fn counted(line: &str) -> Option<&str> {
    let after = COUNTS.iter().find_map(|call| Some(line.split_once(call)?.1))?;
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = after.get(..digits).filter(|number| !number.is_empty())?;
    line.trim_start().starts_with(|c: char| c != '#').then_some(number)
}

/// The function that a line stands in.
fn test_around(lines: &[&str], index: usize) -> String {
    let is_start = |line: &&str| {
        let code = line.trim_start();
        code.starts_with("def ") || code.starts_with("async def ")
    };
    let start = lines[..index].iter().rposition(is_start).unwrap_or_default();
    let after = lines[index + 1..].iter().position(|line| is_start(line) || line.starts_with("class "));
    let end = after.map_or(lines.len(), |after| index + 1 + after);
    lines[start..end].join("\n")
}

/// How tests write the routes of a viewset: their names, and the path itself.
fn routes_of(facts: &ProjectFacts, viewset: &ViewsetFacts) -> Vec<String> {
    let routers = facts.routers.iter().chain(facts.apps.iter().flat_map(|app| &app.routers));
    let routes = routers.flat_map(|router| &router.routes).filter(|route| route.viewset == viewset.name);
    let mut found: Vec<String> = Vec::new();
    for route in routes {
        let model = viewset.model.as_deref().and_then(|label| label.rsplit('.').next()).unwrap_or_default();
        let basename = route.basename.clone().unwrap_or_else(|| model.to_lowercase());
        found.extend(["list", "detail"].map(|action| format!("{basename}-{action}")));
        found.push(format!("/{}/", route.prefix));
    }
    let patterns = facts.apps.iter().flat_map(|app| &app.patterns);
    found.extend(patterns.filter(|pattern| pattern.view == viewset.name).filter_map(|p| p.name.clone()));
    found
}
