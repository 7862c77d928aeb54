//! The final checks: what the framework says of the result, before it lands.

use std::path::Path;

use aksara_protocol::{Plan, RelPath};

use super::Run;
use crate::error::Error;
use crate::events::Event;
use crate::interpreter::{self, Search};
use crate::journal::What;
use crate::result::Check;
use crate::session::{NO_STACK, Session};
use crate::validation::{self, ValidationSpec};

impl Run<'_> {
    /// Lets the framework look at the newest checkpoint, unless it did already.
    ///
    /// # Errors
    /// [`Error::Checks`] if it does not accept the result; a refusal if it cannot be asked and checks are
    /// required.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        if self.state.checked {
            return Ok(());
        }
        let tree = self.state.tip().1.to_owned();
        self.check_tree(&tree)
    }

    /// Lets the framework look at `tree`, which is in the run's worktree if there is one.
    pub(crate) fn check_tree(&mut self, tree: &str) -> Result<(), Error> {
        // A plan that names no stack may change a project all the same, from outside of its folder.
        let nearby = match (&self.project, &self.plan.stack) {
            (None, None) => self.session.only_project(tree, &self.plan.root)?,
            _ => None,
        };
        let Some(project) = self.project.as_ref().or(nearby.as_ref()) else {
            let why = match self.plan.stack.as_deref() {
                Some(NO_STACK) => "the plan's `stack` is `none`",
                _ => {
                    "there is no Django project in the plan's folder (its `root`), nor just one elsewhere in the repository"
                }
            };
            return self.not_checked(format!("by Django: {why}"));
        };
        let root = project.root().to_owned();
        let python = match interpreter(self.session, &root) {
            Search::Found(found) => found,
            Search::NotFound { tried } => {
                return self.not_checked(format!(
                    "by Django: no interpreter with Django was found (tried {})",
                    tried.join(", ")
                ));
            }
        };
        let snapshot = self.session.snapshot(tree);
        let facts = project.facts(&snapshot)?;
        let changed = self.session.repo.changed_paths(&self.state.base.tree, tree)?;
        let core = self.session.core;
        let cancel = self.session.cancel.flag();
        let run_tests = self.state.options.run_tests;
        let checkout = self.session.repo.workdir().to_owned();
        let record = self.process_record();
        let worktree = self.worktree()?;
        worktree.ready()?;
        let folder = worktree.path().to_owned();
        let configured = &core.settings.python.settings;
        let spec = ValidationSpec {
            python: &python,
            worktree: &folder,
            checkout: &checkout,
            facts: &facts,
            changed: &changed,
            environment: &core.environment,
            extra_environment: &core.settings.commands.env,
            settings_module: (!configured.is_empty()).then(|| configured.clone()),
            timeout: core.settings.validation.timeout(),
            tests_timeout: core.settings.validation.tests_timeout(),
            record: Some(&record),
        };
        core.events.send(Event::Checking { what: "Django: imports, check, migrations".to_owned() });
        let mut said = validation::django(&spec, &cancel)?;
        let drift = |check: &Check| check.name == validation::MIGRATIONS && !check.ok;
        let leaves_migration = makes_no_migration(&self.plan) && said.checks.iter().any(drift);
        if leaves_migration {
            said.checks.retain(|check| !drift(check));
        }
        if run_tests && said.passed() {
            core.events.send(Event::Checking { what: "the project's tests".to_owned() });
            let tests = validation::run_tests(&spec, &cancel)?;
            said.checks.extend(tests.checks);
            said.not_run.extend(tests.not_run);
        }
        let mut not_run: Vec<String> =
            said.not_run.iter().map(|name| format!("{name}: not reached")).collect();
        if leaves_migration {
            not_run.push(
                "migrations: the plan changes models and makes none; next: python manage.py makemigrations"
                    .to_owned(),
            );
        }
        if !run_tests {
            not_run.push("the project's tests (--run-tests runs them before landing)".to_owned());
        }
        let hidden = |check: Check| Check { output: core.secrets.hide(&check.output), ..check };
        let checks: Vec<Check> = said.checks.into_iter().map(hidden).collect();
        for check in &checks {
            core.events.send(Event::Checked { name: check.name.clone(), ok: check.ok });
        }
        let failed: Vec<Check> = checks.iter().filter(|c| !c.ok).cloned().collect();
        self.record(What::Checked { checks, not_checked: not_run })?;
        match failed.first() {
            None => Ok(()),
            Some(check) => Err(Error::Checks {
                summary: format!("the result was not accepted: {}", check.name),
                output: check.output.clone(),
                run: self.id().clone(),
            }),
        }
    }

    fn not_checked(&mut self, why: String) -> Result<(), Error> {
        if self.state.options.require_checks {
            return Err(Error::Refused(format!("the result was not checked {why}, and checks are required")));
        }
        self.record(What::Checked { checks: Vec::new(), not_checked: vec![why] })
    }
}

/// Whether the plan changes models and says, by having no step for it, that their migration is not its work.
fn makes_no_migration(plan: &Plan) -> bool {
    let has = |wanted: &[&str]| plan.steps.iter().any(|step| wanted.contains(&step.step_type.as_str()));
    has(&["create_model", "modify_model"]) && !has(&["create_migration"])
}

/// The project's interpreter.
pub(crate) fn interpreter(session: &Session<'_>, root: &str) -> Search {
    let workdir = session.repo.workdir();
    let project = if root.is_empty() { workdir.to_owned() } else { workdir.join(root) };
    let head_tree = session.head().ok().map(|h| h.tree);
    // What a repository brings along is not run: an interpreter that git tracks is somebody else's program.
    let is_tracked = |path: &Path| {
        let Some(tree) = &head_tree else { return false };
        path.strip_prefix(workdir)
            .ok()
            .and_then(Path::to_str)
            .and_then(|p| RelPath::new(p).ok())
            .is_some_and(|p| session.repo.entry(tree, &p).map_or(true, |e| e.is_some()))
    };
    interpreter::find(
        &project,
        workdir,
        &session.core.settings,
        &session.core.environment,
        &is_tracked,
        &session.cancel.flag(),
    )
}
