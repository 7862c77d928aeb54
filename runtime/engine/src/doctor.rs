//! How everything stands that a plan needs.

use aksara_plugin_host::Isolation;
use serde::Serialize;

use crate::cancel::Cancel;
use crate::error::Error;
use crate::session::{Core, Session};
use crate::trust::{FileState, TrustError};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How it stands.
    pub level: Level,
    /// What was seen.
    pub text: String,
    /// What to type.
    pub hint: Option<String>,
    /// Particulars, a line each, for who wants to know more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but look at it.
    Warning,
    /// It does not work.
    Problem,
}

impl Finding {
    fn new(level: Level, name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), level, text: text.into(), hint: None, details: Vec::new() }
    }

    fn of_error(name: &str, error: &Error) -> Self {
        let text = error.to_string();
        let (text, hint) = match text.split_once("\nhint: ") {
            Some((text, hint)) => (text.to_owned(), Some(hint.to_owned())),
            None => (text, None),
        };
        Self { name: name.to_owned(), level: Level::Problem, text, hint, details: Vec::new() }
    }
}

/// Looks at everything, in the order in which a plan needs it.
pub(crate) fn examine(core: &Core, cancel: &Cancel) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(plugins(core));
    findings.push(templates(core));
    findings.extend(trust(core));
    match Session::open(core, cancel.clone()) {
        Err(error) => findings.push(Finding::of_error("repository", &error)),
        Ok(session) => findings.extend(repository(&session)),
    }
    findings
}

fn plugins(core: &Core) -> Vec<Finding> {
    let plugins = match core.plugins() {
        Ok(plugins) => plugins,
        Err(error) => return vec![Finding::of_error("plugins", &error)],
    };
    let mut places: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut details = Vec::new();
    let standings = plugins.standings();
    for plugin in standings.iter().filter(|plugin| plugin.problem.is_none()) {
        let (name, why) = (plugin.found.name.as_str(), plugin.found.why.as_str());
        details.push(format!("{name} {} ({why})", plugin.version));
        match places.iter_mut().find(|(place, _)| *place == why) {
            Some((_, names)) => names.push(name),
            None => places.push((why, vec![name])),
        }
    }
    let names: Vec<String> =
        places.iter().map(|(place, names)| format!("{} ({place})", names.join(", "))).collect();
    let place = match &core.host.isolation {
        Isolation::Child { .. } => "run in a child process; native code is trusted code all the same",
        Isolation::InProcess => "run in this process; native code is trusted code",
    };
    details.push(place.to_owned());
    let mut findings = vec![Finding { details, ..Finding::new(Level::Ok, "plugins", names.join("; ")) }];
    for plugin in &standings {
        let (found, Some(reason)) = (plugin.found, &plugin.problem) else { continue };
        let (reason, hint) = match reason.split_once("\nhint: ") {
            Some((reason, hint)) => (reason, Some(hint.to_owned())),
            None => (reason.as_str(), None),
        };
        let text = format!("`{}` in {} is not used: {reason}", found.name, found.folder.display());
        findings.push(Finding { hint, ..Finding::new(Level::Warning, "plugins", text) });
    }
    findings
}

fn templates(core: &Core) -> Finding {
    let names: Vec<&str> = core.templates.list().map(|t| t.meta().name.as_str()).collect();
    let problems = core.templates.problems();
    let Some(first) = problems.first() else {
        return Finding::new(Level::Ok, "templates", names.join(", "));
    };
    let text: Vec<String> = problems
        .iter()
        .map(|problem| {
            let why = problem.error.to_string();
            let why = why.lines().next().unwrap_or_default();
            format!("`{}` ({}) cannot be used: {why}", problem.name, problem.label)
        })
        .collect();
    Finding {
        hint: Some(format!("`aksara template lint {}` says more", first.name)),
        ..Finding::new(Level::Warning, "templates", text.join("\n"))
    }
}

/// How what the repository brings along stands; nothing if it brings nothing.
fn trust(core: &Core) -> Option<Finding> {
    let standing = match core.trust.as_ref()?.examine(&core.folder) {
        Ok(standing) => standing,
        Err(TrustError::NoRepository { .. }) => return None,
        Err(error) => return Some(Finding::of_error("trust", &error.into())),
    };
    let files: Vec<&str> =
        standing.files.iter().filter(|f| f.state != FileState::Trusted).map(|f| f.path.as_str()).collect();
    match (standing.files.is_empty(), files.is_empty()) {
        (true, _) => None,
        (false, true) => {
            Some(Finding::new(Level::Ok, "trust", "what this repository brings along is trusted"))
        }
        (false, false) => Some(Finding {
            hint: Some("look at it with `aksara trust --show`, then `aksara trust`".to_owned()),
            ..Finding::new(
                Level::Warning,
                "trust",
                format!(
                    "{}: {}",
                    if standing.recorded {
                        "git brought these since you trusted the repository, so they are not used"
                    } else {
                        "this repository is not trusted, so these are not used"
                    },
                    files.join(", ")
                ),
            )
        }),
    }
}

fn repository(session: &Session<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let head = match session.head() {
        Ok(head) => head,
        Err(error) => return vec![Finding::of_error("repository", &error)],
    };
    let place = session.repo.workdir().display();
    findings.push(match (&head.branch, session.repo.operation_in_progress()) {
        (_, Some(operation)) => {
            Finding::new(Level::Problem, "repository", format!("{place}: a {operation} is in progress"))
        }
        (Some(branch), None) => Finding::new(Level::Ok, "repository", format!("{place}, on {branch}")),
        (None, None) => Finding {
            hint: Some("git switch BRANCH, or pass --land branch".to_owned()),
            ..Finding::new(Level::Warning, "repository", format!("{place}: HEAD is detached"))
        },
    });
    findings.push(match session.git() {
        Ok(git) => Finding::new(Level::Ok, "git", git.path().display().to_string()),
        Err(error) => Finding::of_error("git", &error),
    });
    let project = match session.project_here(&head.tree) {
        Ok(project) => project,
        Err(error) => {
            findings.push(Finding::of_error("project", &error));
            return findings;
        }
    };
    let root = if project.root().is_empty() { "." } else { project.root() };
    match project.facts(&session.snapshot(&head.tree)) {
        Ok(facts) => {
            let text = format!(
                "{} in {root}; apps: {}; models: {}",
                project.stack(),
                facts.app_labels.join(", "),
                facts.model_labels.join(", ")
            );
            findings.push(Finding::new(Level::Ok, "project", text));
            if let Some(why) = &facts.settings.apps_unknown {
                findings.push(Finding::new(Level::Warning, "project", why.clone()));
            }
            for app in &facts.not_installed {
                let text = match &facts.settings.apps_computed {
                    Some(place) => format!(
                        "INSTALLED_APPS does not name the app in {}, which is left alone; it is computed at {place}, which is not read",
                        app.dir
                    ),
                    None => format!("the app in {} is not in INSTALLED_APPS and is left alone", app.dir),
                };
                findings.push(Finding {
                    hint: Some(format!("to use it, add \"{}\", to INSTALLED_APPS", app.module)),
                    ..Finding::new(Level::Warning, "project", text)
                });
            }
            for skipped in &facts.skipped {
                let text = format!("{} was not understood: {}", skipped.path, skipped.reason);
                findings.push(Finding::new(Level::Warning, "project", text));
            }
        }
        Err(error) => findings.push(Finding::of_error("project", &error)),
    }
    findings.push(interpreter(session, project.root()));
    findings
}

fn interpreter(session: &Session<'_>, root: &str) -> Finding {
    match crate::run::checks::interpreter(session, root) {
        crate::interpreter::Search::Found(found) => {
            Finding::new(Level::Ok, "python", format!("{} ({})", found.argv.join(" "), found.why))
        }
        crate::interpreter::Search::NotFound { tried } => Finding {
            hint: Some(
                "make a virtual environment in .venv with the project's requirements, or set python.command"
                    .to_owned(),
            ),
            ..Finding::new(
                Level::Warning,
                "python",
                format!(
                    "no interpreter with Django was found, so results are not checked by Django; tried {}",
                    tried.join(", ")
                ),
            )
        },
    }
}
