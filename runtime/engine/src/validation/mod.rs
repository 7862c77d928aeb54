//! Whether the framework accepts the result of a run.
//!
//! The project's own interpreter imports the project from the run's worktree and asks the framework. Nothing is
//! written, and no database is opened but by the project's tests. What the runtime can judge by itself (syntax,
//! edits) is not checked here.

pub mod database;
mod tests_run;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aksara_protocol::facts::AppFacts;
use aksara_protocol::{ProjectFacts, RelPath};
use serde::{Deserialize, Serialize};

use crate::interpreter::Found;
use crate::process::{self, Ended, ProcessError, ProcessOutput, ProcessSpec};
use crate::result::Check;

pub use tests_run::run_tests;

/// Asks Django; run with `python -c`.
const DJANGO_CHECK: &str = include_str!("django_check.py");
/// The check that compares models and migrations, by its name in a report.
pub(crate) const MIGRATIONS: &str = "migrations";
/// The name of the check whether the modules of the apps can be imported.
const IMPORTS: &str = "imports";
/// The name of the check of the framework's own checks.
const SYSTEM_CHECKS: &str = "system checks";
/// How many messages of one check are shown.
const MOST_MESSAGES: usize = 20;
/// How many lines of a program's output are shown.
const MOST_LINES: usize = 40;
/// How many bytes of output are kept: a report is long when many modules fail.
const OUTPUT_LIMIT: usize = 1024 * 1024;

/// What to check, and with what.
pub struct ValidationSpec<'a> {
    /// The project's interpreter.
    pub python: &'a Found,
    /// The top of the run's worktree; it must hold the files of the result.
    pub worktree: &'a Path,
    /// The top of the user's checkout: no module may come from there.
    pub checkout: &'a Path,
    /// The facts of the result, all apps among them.
    pub facts: &'a ProjectFacts,
    /// The files that the run changed.
    pub changed: &'a [RelPath],
    /// The user's environment; a part of it is passed on, the DJANGO_* variables among it.
    pub environment: &'a BTreeMap<String, String>,
    /// Names of further variables to pass on.
    pub extra_environment: &'a [String],
    /// The configured settings module; else DJANGO_SETTINGS_MODULE or the project's own is taken.
    pub settings_module: Option<String>,
    /// After how long the checks fail.
    pub timeout: Duration,
    /// After how long the project's tests fail.
    pub tests_timeout: Duration,
    /// Where a process is written down while it is at work.
    pub record: Option<&'a Path>,
}

/// What the framework said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validation {
    /// Framework and interpreter with their versions.
    pub framework: Option<String>,
    /// In the order in which they were made. The output says why a check failed; of one that passed, remarks.
    pub checks: Vec<Check>,
    /// Names of checks that could not be made because another failed.
    pub not_run: Vec<String>,
    /// Each problem that the framework named, with the check that it is of.
    pub problems: Vec<(String, String)>,
    /// Those of them that are of modules that the run changed: they are its own, whatever was said before.
    pub of_changed: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The interpreter cannot be started.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Nothing says which settings the project has.
    #[error(
        "the project's settings module is not known\nhint: set python.settings, such as \"config.settings\", or DJANGO_SETTINGS_MODULE"
    )]
    NoSettings,
    /// The check was killed.
    #[error("{what} took longer than {} s and was stopped\nhint: raise {setting} if the project needs longer\n{output}", .after.as_secs())]
    TimedOut {
        /// Which check.
        what: &'static str,
        /// After how long.
        after: Duration,
        /// The setting that says how long.
        setting: &'static str,
        /// The end of what it printed.
        output: String,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Cancelled,
    /// The interpreter ended without an answer, or gave one that makes no sense.
    #[error("Django could not be asked: {how}\n{output}")]
    NoAnswer {
        /// How it ended.
        how: String,
        /// The end of what it printed.
        output: String,
    },
}

impl Validation {
    /// Whether everything was checked and passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.not_run.is_empty() && self.checks.iter().all(|check| check.ok)
    }

    /// Whether a check failed that may have failed before.
    pub(crate) fn may_be_forgiven(&self) -> bool {
        self.checks.iter().any(|check| !check.ok && may_be_older(check))
    }

    /// The problems that were not there `before`.
    pub(crate) fn problems_since<'v>(
        &'v self,
        before: &'v Validation,
    ) -> impl Iterator<Item = &'v (String, String)> {
        self.problems.iter().filter(|problem| !before.has(problem))
    }

    /// Whether this problem is one of these, wherever in its file it is by now.
    fn has(&self, (name, text): &(String, String)) -> bool {
        self.problems.iter().any(|(own, other)| own == name && without_line(other) == without_line(text))
    }

    /// Takes out what was said `before` as well, of the imports, the system checks and the migrations: it is no fault of
    /// what came since. That a module that came since, or was changed, cannot be imported is its own fault all the same.
    /// A check that fails for nothing else passes, and says so; gives what is to be told of it.
    pub(crate) fn forgive(&mut self, before: &Validation) -> Vec<String> {
        let mut told = Vec::new();
        let (problems, of_changed) = (&self.problems, &self.of_changed);
        for check in self.checks.iter_mut().filter(|check| !check.ok && may_be_older(check)) {
            let own = problems.iter().filter(|(name, _)| *name == check.name);
            let (old, new): (Vec<_>, Vec<_>) =
                own.partition(|problem| before.has(problem) && !of_changed.contains(&problem.1));
            let texts = |problems: Vec<&(String, String)>| -> Vec<String> {
                problems.into_iter().map(|(_, text)| text.clone()).collect()
            };
            match (old.split_first(), new.is_empty()) {
                (_, false) => check.output = first_messages(&texts(new)),
                (None, true) => {}
                (Some(((_, first), more)), true) => {
                    check.ok = true;
                    check.output = match more.len() {
                        0 => format!("as before this plan: {first}"),
                        more => format!("as before this plan: {first}; … and {more} more"),
                    };
                    told.push(format!("{} fails {}", check.name, check.output));
                }
            }
        }
        told
    }
}

impl ValidationSpec<'_> {
    /// The project's folder in the worktree.
    fn project(&self) -> PathBuf {
        if self.facts.root.is_empty() {
            self.worktree.to_owned()
        } else {
            self.worktree.join(&self.facts.root)
        }
    }

    fn settings(&self) -> Result<&str, ValidationError> {
        let configured = self.settings_module.as_deref();
        let variable = self.environment.get("DJANGO_SETTINGS_MODULE").map(String::as_str);
        [configured, variable, self.facts.settings.module.as_deref()]
            .into_iter()
            .flatten()
            .find(|name| !name.is_empty())
            .ok_or(ValidationError::NoSettings)
    }

    /// The folders in the worktree that Python imports from: the project's, and those outside of it that its apps are
    /// imported from, as packages are that are installed in editable mode.
    fn imported_from(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.project()];
        for app in &self.facts.apps {
            let above = app.dir.strip_suffix(&app.module.replace('.', "/"));
            let Some(above) = above.filter(|above| above.is_empty() || above.ends_with('/')) else {
                continue;
            };
            let folder = self.worktree.join(above.trim_end_matches('/'));
            // Those inside of it are the project's own business.
            if !folder.starts_with(self.project()) && !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders
    }

    /// The apps that the run touched.
    fn touched(&self) -> impl Iterator<Item = &AppFacts> {
        self.facts.apps.iter().filter(|app| self.changed.iter().any(|path| path.is_below(&app.dir)))
    }
}

#[derive(Serialize)]
struct Question<'a> {
    worktree: &'a Path,
    checkout: &'a Path,
    root: &'a str,
    imported_from: Vec<PathBuf>,
    settings: &'a str,
    apps: Vec<QuestionedApp<'a>>,
    changed: &'a [RelPath],
}

#[derive(Serialize)]
struct QuestionedApp<'a> {
    label: &'a str,
    module: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    framework: Option<String>,
    checks: Vec<AnsweredCheck>,
    not_run: Vec<String>,
    of_changed: Vec<String>,
}

#[derive(Deserialize)]
struct AnsweredCheck {
    name: String,
    ok: bool,
    problems: Vec<String>,
    remarks: Vec<String>,
}

/// Checks the worktree's project with Django, in one process: do the settings load, can every module of the apps
/// that the run touched be imported, what do the system checks say, do models and migrations agree, and does all
/// of it come from the worktree. A module that fails only because a package is not installed counts if the run
/// changed it; a model without a migration counts if it is of such an app.
///
/// # Errors
/// There is no answer. A failed check is none: see [`Validation::passed`].
pub fn django(spec: &ValidationSpec<'_>, cancel: &AtomicBool) -> Result<Validation, ValidationError> {
    let question = Question {
        worktree: spec.worktree,
        checkout: spec.checkout,
        root: &spec.facts.root,
        imported_from: spec.imported_from(),
        settings: spec.settings()?,
        apps: spec.touched().map(|app| QuestionedApp { label: &app.label, module: &app.module }).collect(),
        changed: spec.changed,
    };
    let question = serde_json::to_string(&question)
        .map_err(|error| ValidationError::NoAnswer { how: error.to_string(), output: String::new() })?;
    let arguments = ["-c".to_owned(), DJANGO_CHECK.to_owned(), question];
    let limit =
        Limit { what: "the check by Django", after: spec.timeout, setting: "validation.timeout_seconds" };
    let output = run(spec, &spec.project(), &arguments, &[], &limit, cancel)?;
    let line = output.stdout.lines().rev().find(|line| !line.trim().is_empty());
    match line.and_then(|line| serde_json::from_str::<Answer>(line).ok()) {
        Some(answer) if output.ended.success() => Ok(answer.into()),
        _ => Err(ValidationError::NoAnswer {
            how: output.ended.to_string(),
            output: last_lines(&output.stderr),
        }),
    }
}

/// Whether what a check says is of the project as it is. Without its settings there is nothing to be told.
fn may_be_older(check: &Check) -> bool {
    [IMPORTS, SYSTEM_CHECKS, MIGRATIONS].contains(&check.name.as_str())
}

/// A problem without the line that it is told to be in: `blog/views.py:3: ImportError: …`.
fn without_line(problem: &str) -> (&str, &str) {
    let (place, text) = problem.split_once(": ").unwrap_or(("", problem));
    match place.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|b| b.is_ascii_digit()) => (file, text),
        _ => (place, text),
    }
}

impl From<Answer> for Validation {
    fn from(answer: Answer) -> Self {
        let problems = answer
            .checks
            .iter()
            .flat_map(|check| check.problems.iter().map(|problem| (check.name.clone(), problem.clone())));
        let problems = problems.collect();
        let checks = answer.checks.into_iter().map(|check| {
            let messages = if check.ok { check.remarks } else { check.problems };
            Check { name: check.name, ok: check.ok, output: first_messages(&messages) }
        });
        Validation {
            framework: answer.framework,
            checks: checks.collect(),
            not_run: answer.not_run,
            problems,
            of_changed: answer.of_changed,
        }
    }
}

/// How long a process may take.
struct Limit {
    what: &'static str,
    after: Duration,
    setting: &'static str,
}

/// Runs the interpreter in the worktree's project.
fn run(
    spec: &ValidationSpec<'_>,
    folder: &Path,
    arguments: &[String],
    extra: &[(&str, String)],
    limit: &Limit,
    cancel: &AtomicBool,
) -> Result<ProcessOutput, ValidationError> {
    let mut names: Vec<String> =
        spec.environment.keys().filter(|name| name.starts_with("DJANGO_")).cloned().collect();
    names.extend(spec.extra_environment.iter().cloned());
    let mut set = spec.python.env.clone();
    for (name, value) in [("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONIOENCODING", "utf-8")] {
        set.insert(name.to_owned(), value.to_owned());
    }
    set.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let process = ProcessSpec {
        argv: spec.python.argv.iter().chain(arguments).cloned().collect(),
        cwd: folder.to_owned(),
        env: process::environment(spec.environment, &names, &set),
        timeout: limit.after,
        output_limit: OUTPUT_LIMIT,
        on_line: None,
        record: spec.record.map(Path::to_owned),
        name: Some(limit.what),
    };
    let output = process::run(&process, cancel)?;
    match output.ended {
        Ended::Cancelled => Err(ValidationError::Cancelled),
        Ended::TimedOut(after) => Err(ValidationError::TimedOut {
            what: limit.what,
            after,
            setting: limit.setting,
            output: last_lines(&output.stderr),
        }),
        Ended::Exited(_) | Ended::Signalled(_) => Ok(output),
    }
}

/// Messages, the first of them if they are many.
pub(crate) fn first_messages(messages: &[String]) -> String {
    let mut lines: Vec<String> = messages.iter().take(MOST_MESSAGES).cloned().collect();
    if let Some(more) = messages.len().checked_sub(MOST_MESSAGES).filter(|more| *more > 0) {
        lines.push(format!("… and {more} more"));
    }
    lines.join("\n")
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    match lines.len().checked_sub(MOST_LINES) {
        Some(more) if more > 0 => format!("… {more} lines above\n{}", lines[more..].join("\n")),
        _ => lines.join("\n"),
    }
}

#[cfg(test)]
mod tests;
