//! What both executors need to know of a project.

use std::collections::BTreeSet;

use aksara_python::edit::OpenFile;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{FactsQuery, FieldFacts, SerializerFacts};
use aksara_sdk::{Context, Diagnostic, RelPath};

/// The facts of these apps.
///
/// # Errors
/// A project without REST framework.
pub fn facts<'a>(
    cx: &Context<'_>,
    apps: impl IntoIterator<Item = &'a str>,
) -> Result<ProjectFacts, Diagnostic> {
    let apps: BTreeSet<&str> = apps.into_iter().collect();
    let facts = cx.facts(&apps.into_iter().collect::<Vec<_>>())?;
    let installed = &facts.settings.installed_apps;
    if installed.iter().any(|app| app == "rest_framework" || app.starts_with("rest_framework.apps.")) {
        return Ok(facts);
    }
    Err(Diagnostic::new(codes::REFUSED, "the project does not use REST framework, so it has no serializers")
        .with_help("add `rest_framework` to INSTALLED_APPS, and `djangorestframework` to the requirements"))
}

/// The facts of all apps.
///
/// # Errors
/// As [`Context::query`].
pub fn all_facts(cx: &Context<'_>) -> Result<ProjectFacts, Diagnostic> {
    cx.query(FactsQuery { all: true, ..FactsQuery::default() })
}

/// Whether the framework gives the field its value.
pub fn is_set_by_framework(field: &FieldFacts) -> bool {
    field.is_true("auto_now") || field.is_true("auto_now_add")
}

/// Whether a serializer is of a model.
pub fn serves(serializer: &SerializerFacts, label: &str) -> bool {
    serializer.model.as_deref() == Some(label)
}

/// The serializer that says which fields `serializer` has: itself, or the one that it has them from.
pub fn lists_fields<'f>(facts: &'f ProjectFacts, serializer: &'f SerializerFacts) -> &'f SerializerFacts {
    let all = || facts.apps.iter().flat_map(|a| &a.serializers);
    let from = serializer.fields_from.as_ref().and_then(|place| all().find(|s| s.place == *place));
    from.filter(|from| from.model == serializer.model).unwrap_or(serializer)
}

/// A file to edit: the one that is there, or a new one.
///
/// # Errors
/// As [`Context::read`] and [`OpenFile::in_project`].
pub fn open(cx: &Context<'_>, path: &RelPath, facts: &ProjectFacts) -> Result<OpenFile, Diagnostic> {
    OpenFile::in_project(path, cx.read(path)?, facts)
}
