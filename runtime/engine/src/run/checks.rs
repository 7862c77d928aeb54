//! The final checks: what the framework says of the result, before it lands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aksara_git::{Head, Worktree};
use aksara_protocol::{Plan, ProjectFacts, RelPath};

use super::Run;
use crate::error::Error;
use crate::events::Event;
use crate::interpreter::{self, Found, Search};
use crate::journal::What;
use crate::result::Check;
use crate::session::{NO_STACK, Session};
use crate::validation::{self, Validation, ValidationError, ValidationSpec};

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
        let base = self.state.base.tree.clone();
        let asked = match self.asked(tree, &base)? {
            Ok(asked) => asked,
            Err(why) => {
                if let Some(unsure) = self.unsure_migration(tree, &base)? {
                    return Err(Error::Refused(format!(
                        "only Django can say whether {unsure}, and it was not asked: {why}\n\
                         hint: `aksara doctor` says how its interpreter is found; then `aksara ai land {}`",
                        self.id()
                    )));
                }
                return self.not_checked(format!("by Django: {why}"));
            }
        };
        let folder = {
            let worktree = self.worktree()?;
            worktree.ready()?;
            worktree.path().to_owned()
        };
        let core = self.session.core;
        let cancel = self.session.cancel.flag();
        let run_tests = self.state.options.run_tests;
        let spec = asked.spec(self.session, &folder);
        core.events.send(Event::Checking { what: "Django: imports, check, migrations".to_owned() });
        let mut said = validation::django(&spec, &cancel)?;
        let drift = |check: &Check| check.name == validation::MIGRATIONS && !check.ok;
        let leaves_migration = makes_no_migration(&self.plan) && said.checks.iter().any(drift);
        if leaves_migration {
            said.checks.retain(|check| !drift(check));
        }
        // What it said of the project before is no fault of the plan's.
        if said.may_be_forgiven() {
            let before = self.said_of_base(&asked, tree, &base)?;
            let told = said.forgive(&before);
            self.notes.extend(told.iter().map(|text| core.secrets.hide(text)));
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

    /// What the framework says of the plan's base. The files of `tree` are put back.
    fn said_of_base(
        &mut self,
        asked: &Asked,
        tree: &str,
        base: &str,
    ) -> Result<validation::Validation, Error> {
        let session = self.session;
        let cancel = session.cancel.flag();
        let worktree = self.worktree()?;
        worktree.sync(&session.repo, tree, base)?;
        worktree.ready()?;
        let said = validation::django(&asked.spec(session, worktree.path()), &cancel);
        worktree.sync(&session.repo, base, tree)?;
        worktree.ready()?;
        Ok(said?)
    }

    /// Asks the framework about `tree`, which a merge made of `head` and of what takes this run back; its files are
    /// those of `commit`. What it said of `head` as well is no fault of the taking back.
    ///
    /// # Errors
    /// [`Error::Refused`] if it does not accept the tree.
    pub(crate) fn check_taken_back(
        &mut self,
        head: &Head,
        tree: &str,
        commit: &str,
        to: u32,
    ) -> Result<(), Error> {
        self.project = match self.session.project_of(&self.plan, tree) {
            Ok(project) => project,
            Err(error) => {
                self.notes.push(format!("the result was not checked: {error}"));
                return Ok(());
            }
        };
        let asked = match self.asked(tree, &head.tree)? {
            Ok(asked) => asked,
            Err(why) => {
                self.notes.push(format!("the result was not checked by Django: {why}"));
                return Ok(());
            }
        };
        let (session, core) = (self.session, self.session.core);
        let cancel = session.cancel.flag();
        core.events.send(Event::Checking { what: "Django: imports, check, migrations".to_owned() });
        let ask = |worktree: &Worktree| -> Result<Result<Validation, ValidationError>, Error> {
            worktree.ready()?;
            match validation::django(&asked.spec(session, worktree.path()), &cancel) {
                Err(error @ ValidationError::Cancelled) => Err(error.into()),
                Ok(mut said) => {
                    // Between a plan's steps the migrations may not have followed the models yet.
                    said.problems.retain(|(check, _)| to == 0 || check != validation::MIGRATIONS);
                    Ok(Ok(said))
                }
                unknown => Ok(unknown),
            }
        };
        let worktree = self.worktree_at(commit)?;
        let said = ask(worktree)?;
        let before = if said.as_ref().is_ok_and(|said| said.problems.is_empty()) {
            Ok(Validation::default())
        } else {
            worktree.sync(&session.repo, tree, &head.tree)?;
            ask(worktree)?
        };
        self.drop_worktree(true)?;
        let fault = match (said, before) {
            (Ok(said), Ok(before)) => {
                let found: Vec<&(String, String)> = said.problems_since(&before).collect();
                let texts: Vec<String> = found.iter().map(|(_, text)| text.clone()).collect();
                found.first().map(|(check, _)| (check.clone(), validation::first_messages(&texts)))
            }
            (Err(error), Ok(_)) => Some(("no answer".to_owned(), error.to_string())),
            (_, Err(error)) => {
                let error = core.secrets.hide(&error.to_string());
                let why = error.lines().next().unwrap_or_default();
                self.notes.push(format!(
                    "the result was not checked by Django, nor can what is there now be: {why}"
                ));
                None
            }
        };
        let Some((check, text)) = fault else { return Ok(()) };
        let text = core.secrets.hide(&text);
        let lines = text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
        Err(Error::Refused(format!(
            "run {} cannot be taken back by itself: Django does not accept what would be left ({check})\n{lines}\nhint: nothing was changed; {}",
            self.id(),
            self.by_hand()
        )))
    }

    /// What is not known of a migration that `tree` adds to `base`: those before it cannot all be followed by reading
    /// them.
    fn unsure_migration(&self, tree: &str, base: &str) -> Result<Option<String>, Error> {
        let Some(project) = &self.project else { return Ok(None) };
        let facts = project.facts(&self.session.snapshot(tree))?;
        let changed = self.session.repo.changed_paths(base, tree)?;
        let is_new = |dir: &String| changed.iter().any(|path| path.is_below(dir));
        Ok(facts.apps.iter().find_map(|app| {
            let (why, dir) = (app.migrations.inexact.as_ref()?, app.migrations.dir.as_ref()?);
            is_new(dir).then(|| format!("the new migration of `{}` is right ({why})", app.label))
        }))
    }

    fn not_checked(&mut self, why: String) -> Result<(), Error> {
        if self.state.options.require_checks {
            return Err(Error::Refused(format!("the result was not checked {why}, and checks are required")));
        }
        self.record(What::Checked { checks: Vec::new(), not_checked: vec![why] })
    }
}

impl Run<'_> {
    /// What the framework needs to be told to look at `tree`, in which the files differ from those of `base` that
    /// are looked at most closely; or why it cannot be asked.
    fn asked(&mut self, tree: &str, base: &str) -> Result<Result<Asked, String>, Error> {
        // A plan that names no stack may change a project all the same, from outside of its folder.
        let nearby = match (&self.project, &self.plan.stack) {
            (None, None) => self.session.only_project(tree, &self.plan.root)?,
            _ => None,
        };
        let Some(project) = self.project.as_ref().or(nearby.as_ref()) else {
            return Ok(Err(match self.plan.stack.as_deref() {
                Some(NO_STACK) => "the plan's `stack` is `none`",
                _ => {
                    "there is no Django project in the plan's folder (its `root`), nor just one elsewhere in the repository"
                }
            }
            .to_owned()));
        };
        let python = match interpreter(self.session, project.root()) {
            Search::Found(found) => found,
            Search::NotFound { tried } => {
                return Ok(Err(format!("no interpreter with Django was found (tried {})", tried.join(", "))));
            }
        };
        Ok(Ok(Asked {
            python,
            facts: project.facts(&self.session.snapshot(tree))?,
            changed: self.session.repo.changed_paths(base, tree)?,
            record: self.process_record(),
        }))
    }
}

/// What the framework is asked about, and by which program.
struct Asked {
    python: Found,
    facts: Arc<ProjectFacts>,
    changed: Vec<RelPath>,
    record: PathBuf,
}

impl Asked {
    /// The question, with the files in `folder`.
    fn spec<'a>(&'a self, session: &'a Session<'_>, folder: &'a Path) -> ValidationSpec<'a> {
        let core = session.core;
        let configured = &core.settings.python.settings;
        ValidationSpec {
            python: &self.python,
            worktree: folder,
            checkout: session.repo.workdir(),
            facts: &self.facts,
            changed: &self.changed,
            environment: &core.environment,
            extra_environment: &core.settings.commands.env,
            settings_module: (!configured.is_empty()).then(|| configured.clone()),
            timeout: core.settings.validation.timeout(),
            tests_timeout: core.settings.validation.tests_timeout(),
            record: Some(&self.record),
        }
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
    // What a repository brings along is not run: an interpreter that git tracks is somebody else's program.
    let is_tracked = session.is_tracked();
    interpreter::find(
        &project,
        workdir,
        &session.core.settings,
        &session.core.environment,
        &is_tracked,
        &session.cancel.flag(),
    )
}
