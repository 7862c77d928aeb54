//! Models of Django projects.
//!
//! A step says what a model is (`aksara_sdk::protocol::params`); here is how that is written in Django, and where.
//! Migrations are another plugin's: they follow from the models.

mod admin;
mod bases;
mod check;
mod compare;
mod create;
mod extend;
mod field;
mod fieldsets;
mod forms;
mod managers;
mod modify;
mod module;
mod names;
mod relations;
mod schema;
mod unique;

pub use create::CreateModelStep;
pub use modify::ModifyModelStep;

use aksara_python::Layout;
use aksara_python::edit::Edits;
use aksara_python::layout::INDENT;
use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, FactsQuery, FieldFacts, ProjectFacts};
use aksara_sdk::protocol::params::FieldSpec;
use aksara_sdk::{Context, RelPath};

/// `app.Model`, in parts.
fn split_label(label: &str) -> Result<(&str, &str), Diagnostic> {
    match label.split_once('.') {
        Some((app, name)) if !app.is_empty() && !name.is_empty() && !name.contains('.') => Ok((app, name)),
        _ => Err(Diagnostic::new(codes::BAD_PARAMS, format!("`{label}` is not a model"))
            .with_help("write it as app.Model, such as blog.Post")),
    }
}

/// The facts that a step on `app` needs: with relations, those of all apps, since another app's relation may use
/// the name already.
fn facts(cx: &Context<'_>, app: &str, fields: &[FieldSpec]) -> Result<ProjectFacts, Diagnostic> {
    let all = fields.iter().any(FieldSpec::is_relation);
    cx.query(FactsQuery { apps: vec![app.to_owned()], all, base: false })
}

/// As [`facts`], for a new model: those of all apps too where the app has too few models to show what they are made
/// from, or they are made from what another app has.
fn facts_for_new(cx: &Context<'_>, app: &str, fields: &[FieldSpec]) -> Result<ProjectFacts, Diagnostic> {
    let facts = facts(cx, app, fields)?;
    let models = facts.app(app).map(|app| app.models.as_slice()).unwrap_or_default();
    let is_elsewhere = |base: &String| {
        !base.starts_with("django.")
            && facts.app(app).is_some_and(|app| !base.starts_with(&format!("{}.", app.module)))
    };
    let knows_bases = !models.iter().flat_map(|model| &model.bases).any(is_elsewhere);
    if (models.len() >= 2 && knows_bases) || facts.app_labels.len() < 2 {
        return Ok(facts);
    }
    cx.query(FactsQuery { apps: vec![app.to_owned()], all: true, base: false })
}

/// The project's own app with this label.
fn own_app<'f>(facts: &'f ProjectFacts, label: &str) -> Result<&'f AppFacts, Diagnostic> {
    if let Some(package) = facts.app(label).filter(|app| app.is_package) {
        let message = format!("`{}` is not in INSTALLED_APPS, so it can have no models", package.module);
        let help = "name an app that is, or list it there and commit that";
        return Err(Diagnostic::new(codes::REFUSED, message).with_help(help));
    }
    facts.app(label).ok_or_else(|| {
        let apps: Vec<String> = facts.app_labels.iter().map(|l| format!("`{l}`")).collect();
        Diagnostic::new(codes::NOT_FOUND, format!("the project has no app `{label}`")).with_help(
            if apps.is_empty() {
                "make an app with `python manage.py startapp`, and add it to INSTALLED_APPS".to_owned()
            } else {
                format!("name one of its apps: {}", apps.join(", "))
            },
        )
    })
}

/// A file in a folder of the repository.
fn file_in(dir: &str, name: &str) -> Result<RelPath, Diagnostic> {
    let path = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
    RelPath::new(path).map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))
}

/// How a file writes `name` of `module`, with an import where one is needed: as the app's files import each other, where
/// the module is one of the app.
fn name_in(
    edits: &mut Edits,
    app: Option<&AppFacts>,
    module: &str,
    name: &str,
) -> Result<String, Diagnostic> {
    let inside =
        app.and_then(|app| Some((app, module.strip_prefix(app.module.as_str())?.strip_prefix('.')?)));
    match inside {
        Some((app, inside)) => {
            let file = file_in(&app.dir, &format!("{}.py", inside.replace('.', "/")))?;
            edits.name_of_app(app, &file, name)
        }
        None => edits.name_from(module, name),
    }
}

/// Whether the framework sets a field when a row is made or saved.
fn is_set_by_framework(field: &FieldFacts) -> bool {
    let moments = ["auto_now", "auto_now_add"];
    moments.iter().any(|name| field.args.keyword(name).is_some_and(|e| e.source == "True"))
}

/// Code one level deeper; what is inside a multi-line string keeps its place.
fn indented(code: &str) -> String {
    Layout { indent: INDENT.to_owned(), newline: "\n", ..Layout::default() }.fit(code, INDENT)
}

#[cfg(test)]
mod tests;
