//! Files of a Django project.

mod app;
mod config;
mod installed;
mod middleware;
mod settings;
mod urls;

pub use app::CreateApp;
pub use config::{config_file, ready_add};
pub use installed::installed_app_add;
pub use middleware::CreateMiddleware;
pub use settings::{settings_files, tests_settings_files};
pub use urls::url_include;

use aksara_python::edit::Edits;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::FactsQuery;
use aksara_sdk::{Context, Diagnostic, RelPath};

/// The file of the settings that lists the installed apps.
///
/// # Errors
/// A project without one that could be found.
pub fn settings_file(facts: &ProjectFacts) -> Result<&RelPath, Diagnostic> {
    facts.settings.file.as_ref().ok_or_else(|| {
        Diagnostic::new(codes::NOT_FOUND, "the project's settings file was not found")
            .with_help("name the settings module in manage.py, as `startproject` does")
    })
}

/// The facts with the settings of the tests in the place of the project's, where the tests have an INSTALLED_APPS of their
/// own: what is put into one must be put into the other.
#[must_use]
pub fn of_tests(facts: &ProjectFacts) -> Option<ProjectFacts> {
    let settings = facts.settings.for_tests.as_deref()?.clone();
    Some(ProjectFacts { settings, ..facts.clone() })
}

/// The file of the project's URLs.
///
/// # Errors
/// A project without one that could be found.
pub fn root_urls_file(facts: &ProjectFacts) -> Result<&RelPath, Diagnostic> {
    facts.settings.root_urls_file.as_ref().ok_or_else(|| {
        Diagnostic::new(codes::NOT_FOUND, "the project's URL file was not found")
            .with_help("name it in ROOT_URLCONF, as `startproject` does")
    })
}

/// The facts of all apps.
///
/// # Errors
/// As [`Context::query`].
pub fn all_facts(cx: &Context<'_>) -> Result<ProjectFacts, Diagnostic> {
    cx.query(FactsQuery { all: true, ..FactsQuery::default() })
}

/// A file that must be there, to edit.
///
/// # Errors
/// A file that is not there; as [`Edits::open`].
pub fn open(cx: &Context<'_>, path: &RelPath, facts: &ProjectFacts) -> Result<Edits, Diagnostic> {
    let file = cx
        .read(path)?
        .ok_or_else(|| Diagnostic::new(codes::NOT_FOUND, format!("the file `{path}` is not there")))?;
    Ok(Edits::open(&file, &facts.style)?.with_first_party(facts.app_labels.iter().cloned()))
}
