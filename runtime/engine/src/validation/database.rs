//! What a run's migrations did to the project's databases, and taking that back, by the framework's own word.

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::{Limit, ValidationError, ValidationSpec, last_lines, run};

/// Asks Django; run with `python -c`.
const APPLIED: &str = include_str!("applied_migrations.py");

/// A migration of an app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Migration {
    /// The app's label.
    pub app: String,
    /// Its name, such as `0002_tag`.
    pub name: String,
}

/// Where migrations are applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Applied {
    /// Database alias, app and name of each.
    pub applied: Vec<(String, String, String)>,
    /// Databases that could not be asked, with the reason.
    pub unreachable: Vec<String>,
}

#[derive(Serialize)]
struct Question<'a> {
    project: String,
    settings: &'a str,
    migrations: Vec<(&'a str, &'a str)>,
    installed: &'a [String],
}

/// Which of `migrations`, and of those of the packages' apps `installed` (as INSTALLED_APPS has them), are applied in the databases of the project in `spec.worktree`, which here is the user's
/// checkout.
///
/// # Errors
/// There is no answer.
pub fn applied(
    spec: &ValidationSpec<'_>,
    migrations: &[Migration],
    installed: &[String],
    cancel: &AtomicBool,
) -> Result<Applied, ValidationError> {
    let question = Question {
        project: spec.project().to_string_lossy().into_owned(),
        settings: spec.settings()?,
        migrations: migrations.iter().map(|m| (m.app.as_str(), m.name.as_str())).collect(),
        installed,
    };
    let question = serde_json::to_string(&question)
        .map_err(|error| ValidationError::NoAnswer { how: error.to_string(), output: String::new() })?;
    let output = run(
        spec,
        &spec.project(),
        &["-c".to_owned(), APPLIED.to_owned(), question],
        &[],
        &limit(spec),
        cancel,
    )?;
    let line = output.stdout.lines().rev().find(|line| !line.trim().is_empty());
    match line.and_then(|line| serde_json::from_str(line).ok()) {
        Some(answer) if output.ended.success() => Ok(answer),
        _ => Err(ValidationError::NoAnswer {
            how: output.ended.to_string(),
            output: last_lines(&output.stderr),
        }),
    }
}

/// Migrates `app` in the database `alias` back to `target`, a migration's name or `zero`.
///
/// # Errors
/// Django did not do it.
pub fn reverse(
    spec: &ValidationSpec<'_>,
    alias: &str,
    app: &str,
    target: &str,
    cancel: &AtomicBool,
) -> Result<(), ValidationError> {
    let arguments = ["manage.py", "migrate", "--no-input", "--database", alias, app, target];
    let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    let settings = [("DJANGO_SETTINGS_MODULE", spec.settings()?.to_owned())];
    let output = run(spec, &spec.project(), &arguments, &settings, &limit(spec), cancel)?;
    if output.ended.success() {
        return Ok(());
    }
    Err(ValidationError::NoAnswer { how: output.ended.to_string(), output: last_lines(&output.stderr) })
}

fn limit(spec: &ValidationSpec<'_>) -> Limit {
    Limit { what: "the project's database", after: spec.timeout, setting: "validation.timeout_seconds" }
}
