//! Names of users that a test database may have before a test makes any: fixtures, `conftest.py` and data migrations of
//! the project bring them.

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::{Context, Diagnostic, RelPath};
use serde_json::{Value, json};

/// The key of [`ProjectFacts::extra`] for the names that [`learn`] found.
const KEY: &str = "taken_names";
/// The names that tests give their users where nobody has them.
const NAMES: [&str; 4] = ["author", "reader", "staff", "outsider"];
/// How many files are looked at.
const MAX_FILES: usize = 200;

/// Notes in the facts which of the usual names of users the project's own data has.
///
/// # Errors
/// A host that does not answer.
pub fn learn(facts: &mut ProjectFacts, cx: &Context<'_>) -> Result<(), Diagnostic> {
    let files = cx.list("", true)?;
    // A plan's own migrations bring no users.
    let labels: Vec<&str> = facts.apps.iter().map(|app| app.label.as_str()).collect();
    let base = cx.base_facts(&labels)?;
    let migrations = base.apps.iter().flat_map(|app| &app.migrations.files).map(|migration| &migration.file);
    let files = files.iter().filter(|path| brings_rows(path));
    let files = files.chain(migrations.filter(|path| is_written_by_hand(path))).take(MAX_FILES);
    let mut found: Vec<&str> = Vec::new();
    for path in files {
        // What plugins do not get has no say here.
        let Ok(Some(file)) = cx.read(path) else { continue };
        found.extend(NAMES.iter().filter(|name| has(&file.text, name)));
    }
    found.sort_unstable();
    found.dedup();
    if !found.is_empty() {
        facts.extra.insert(KEY.to_owned(), json!(found));
    }
    Ok(())
}

/// Whether a file that is no migration may put rows into the database of tests.
fn brings_rows(path: &RelPath) -> bool {
    let path = path.as_str();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let extension = name.rsplit('.').next().unwrap_or_default();
    let is_in = |wanted: &str| folder.split('/').any(|part| part == wanted);
    let is_hidden = folder.split('/').any(|part| part.starts_with('.') || part == "node_modules");
    let is_data = is_in("fixtures") && matches!(extension, "json" | "jsonl" | "yaml" | "yml" | "xml");
    !is_hidden && (is_data || name == "conftest.py")
}

/// Whether a migration may do more than Django's own commands write.
fn is_written_by_hand(migration: &RelPath) -> bool {
    let name = migration.file_name();
    !name.ends_with("_initial.py") && !name.contains("_auto_")
}

/// Whether a text has a name as a value, or as what stands before the `@` of an address: not as a key, or in a longer word.
fn has(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        match after.chars().next() {
            Some('@') => before.ends_with(['"', '\'', ' ', '>']),
            Some(quote @ ('"' | '\'')) => {
                before.ends_with(quote) && !after[1..].trim_start().starts_with([':', ']', '='])
            }
            Some('\n' | '\r') => before.ends_with(": "),
            Some('<') => before.ends_with('>'),
            _ => false,
        }
    })
}

/// A name for a user: the wanted one, or another where the project's data has that already.
pub fn free_name(facts: &ProjectFacts, wanted: &str) -> String {
    let taken = facts.extra.get(KEY).and_then(Value::as_array);
    let is_taken = taken.is_some_and(|taken| taken.iter().any(|name| name == wanted));
    if is_taken { format!("test_{wanted}") } else { wanted.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_values_and_no_keys() {
        for text in [
            "\"username\": \"author\",",
            "username: author\n",
            "create_user('author')",
            "<field name=\"username\">author</field>",
            "\"email\": \"author@example.com\"",
        ] {
            assert!(has(text, "author"), "{text}");
        }
        for text in [
            "\"author\": 1",
            "author: 1\n",
            "row['author']",
            "\"authors\"",
            "coauthor@example.com",
            "author = 1",
        ] {
            assert!(!has(text, "author"), "{text}");
        }
    }

    #[test]
    fn rows_come_from_fixtures_and_conftest() {
        let brings = |path: &str| brings_rows(&RelPath::new(path).unwrap());
        assert!(
            ["conftest.py", "a/conftest.py", "testing/fixtures/users.json", "a/fixtures/b/users.yaml"]
                .into_iter()
                .all(brings)
        );
        assert!(
            ![
                "a/migrations/0001_initial.py",
                "a/migrations/0002_auto_20200101.py",
                "package.json",
                "a/fixtures/users.txt",
                ".venv/lib/fixtures/users.json"
            ]
            .into_iter()
            .any(brings)
        );
    }
}
