//! What the project's own tests expect of its API to the letter: the fields that a serializer shows, and a schema that is
//! kept in a file. A change of the API makes them fail, so a plan names them.

use std::collections::BTreeSet;

use aksara_sdk::protocol::facts::SerializerFacts;
use aksara_sdk::{Context, Diagnostic, Note, RelPath, SourceFile};

/// How many files of tests are looked at.
const MAX_FILES: usize = 300;

/// The files of tests, those that fixtures are in among them.
fn tests(cx: &Context<'_>, all: &[RelPath]) -> Vec<SourceFile> {
    let is_of_tests = |path: &&RelPath| {
        let Some(stem) = path.file_name().strip_suffix(".py") else { return false };
        let mut folders = path.as_str().split('/').rev().skip(1);
        stem.starts_with("test")
            || stem.ends_with("_test")
            || stem.ends_with("_tests")
            || stem == "conftest"
            || folders.any(|folder| folder == "tests")
    };
    let files = all.iter().filter(is_of_tests).take(MAX_FILES);
    // What plugins do not get has no say here.
    files.filter_map(|path| cx.read(path).ok().flatten()).collect()
}

/// A warning of each test that the change of these serializers, as they are before it, makes fail; of none, those of a
/// schema that is kept in a file.
///
/// # Errors
/// A host that does not answer.
pub fn notes(cx: &Context<'_>, changed: &[&SerializerFacts]) -> Result<Vec<Note>, Diagnostic> {
    let all = cx.list("", true)?;
    let schemas = schemas(cx, &all);
    if changed.is_empty() && schemas.is_empty() {
        return Ok(Vec::new());
    }
    let tests = tests(cx, &all);
    let mut notes = Vec::new();
    for serializer in changed {
        let Some(fields) = &serializer.fields else { continue };
        let fields: BTreeSet<&str> = fields.iter().map(String::as_str).collect();
        for test in &tests {
            let found = lists_of_texts(&test.text).find(|(_, texts)| fields.len() > 1 && *texts == fields);
            notes.extend(found.map(|(at, _)| {
                let line = test.text[..at].matches('\n').count() + 1;
                Note::warning(format!(
                    "`{}:{line}` expects the fields that `{}` shows so far, and no others: change it with them",
                    test.path, serializer.name
                ))
            }));
        }
    }
    notes.extend(schemas.into_iter().filter(|path| is_named(path, &tests)).map(|path| {
        Note::warning(format!(
            "tests compare the API's schema with `{path}`: write it anew after this change, as the project does"
        ))
    }));
    Ok(notes)
}

/// The lists and sets of literal texts in a module, each with where it begins.
fn lists_of_texts(text: &str) -> impl Iterator<Item = (usize, BTreeSet<&str>)> {
    text.match_indices(['{', '[', '(']).filter_map(move |(at, _)| {
        let inner = text.get(at + 1..)?;
        let inner = &inner[..inner.find(['}', ']', ')', '{', '[', '(', ':'])?];
        let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
        let texts: Option<BTreeSet<&str>> = items
            .map(|item| {
                let quote = item.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                item.get(1..)?.strip_suffix(quote)
            })
            .collect();
        texts.filter(|texts| !texts.is_empty()).map(|texts| (at, texts))
    })
}

/// Whether tests name the file.
fn is_named(path: &RelPath, tests: &[SourceFile]) -> bool {
    let name = path.file_name();
    let quoted =
        |text: &str| text.match_indices(name).any(|(at, _)| text[at + name.len()..].starts_with(['"', '\'']));
    tests.iter().any(|test| quoted(&test.text))
}

/// The files of an OpenAPI schema.
fn schemas<'p>(cx: &Context<'_>, all: &'p [RelPath]) -> Vec<&'p RelPath> {
    let is_schema = |path: &&RelPath| {
        let text = cx.read(path).ok().flatten().map(|file| file.text).unwrap_or_default();
        let says = |line: &str| {
            let key = line.split(':').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            matches!(key, "openapi" | "swagger")
        };
        text.lines().any(|line| says(line.trim_start_matches('{')))
    };
    let is_data = |path: &&RelPath| {
        let extension = path.file_name().rsplit('.').next().unwrap_or_default();
        let is_apart = |folder: &str| matches!(folder, "node_modules" | "fixtures");
        matches!(extension, "json" | "yaml" | "yml") && !path.as_str().split('/').any(is_apart)
    };
    all.iter().filter(is_data).take(MAX_FILES).filter(is_schema).collect()
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use crate::django::CreateSerializer;

    #[test]
    fn tests_are_read_only_where_a_schema_is_kept() {
        let models =
            "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.TextField()\n";
        let test = "def test_schema():\n    assert open('api.yml').read() == schema()\n";
        let params = json!({"model": "blog.Post", "fields": ["title"]});
        for (kept, expected) in [("services:\n  db:\n", false), ("openapi: 3.0.3\n", true)] {
            let project = TestProject::new(Some(&Django))
                .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
                .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'blog']\n")
                .file("blog/__init__.py", "")
                .file("blog/models.py", models)
                .file("blog/tests/test_schema.py", test)
                .file("api.yml", kept);
            let outcome = project.execute(&CreateSerializer, "create_serializer", params.clone()).unwrap();
            let is_read = project.reads().iter().any(|path| path.file_name() == "test_schema.py");
            assert_eq!((is_read, !outcome.notes.is_empty()), (expected, expected), "{kept}");
        }
    }
}
