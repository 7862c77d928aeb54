//! Before a run's migrations are taken out of the project: are they applied in a database?
//!
//! A migration whose file is gone cannot be reversed any more, and nothing would say so. Nor can one of a package's app
//! that is listed no more, whose tables would still point to the project's. So the framework is asked first.

use std::collections::{BTreeMap, BTreeSet};

use aksara_protocol::facts::{AppFacts, MigrationFile};
use aksara_protocol::{ProjectFacts, RelPath};

use super::Run;
use super::checks::interpreter;
use crate::error::Error;
use crate::interpreter::Search;
use crate::journal::What;
use crate::validation::database::{self, Migration};
use crate::validation::{ValidationError, ValidationSpec};

impl Run<'_> {
    /// Refuses to take `gone` away if migrations that stay, in `tree` or only in the working tree, depend on migrations
    /// among them.
    pub(crate) fn must_not_be_depended_on(&self, tree: &str, gone: &[RelPath]) -> Result<(), Error> {
        // Where there is no project any more, nothing depends on its migrations.
        let Ok(Some(project)) = self.session.project_of(&self.plan, tree) else { return Ok(()) };
        let committed = self.session.snapshot(tree);
        let facts = project.facts(&committed)?;
        let has_migrations = |app: &AppFacts| app.migrations.files.iter().any(|m| gone.contains(&m.file));
        if !facts.apps.iter().any(has_migrations) {
            return Ok(());
        }
        let uncommitted = self.uncommitted_modules()?;
        let there = project.facts(&committed.with(uncommitted))?;
        let mut orphans = orphans(&facts, gone);
        let of_working_tree = self::orphans(&there, gone);
        let is_new = |orphan: &Orphan<'_>| orphans.iter().all(|known| known.file != orphan.file);
        let new: Vec<Orphan<'_>> = of_working_tree.into_iter().filter(is_new).collect();
        let uncommitted: Vec<&RelPath> = new.iter().map(|orphan| orphan.file).collect();
        orphans.extend(new);
        if orphans.is_empty() {
            return Ok(());
        }
        let branch = self.state.landed.as_ref().and_then(|(landed, _)| landed.branch.as_deref());
        let later = self.later_runs(branch)?;
        let of = |file: &RelPath| later.iter().find(|run| run.files.contains(file));
        let lines: Vec<String> = orphans
            .iter()
            .map(|orphan| {
                let from = match of(orphan.file) {
                    _ if uncommitted.contains(&orphan.file) => " (not committed)".to_owned(),
                    Some(run) => format!(" (run {}: {})", run.id, run.title),
                    None => String::new(),
                };
                format!("  {} depends on {}{from}", orphan.file, orphan.needs)
            })
            .collect();
        let mut hints: Vec<String> = Vec::new();
        let runs: Vec<&str> = later
            .iter()
            .filter(|run| {
                orphans.iter().any(|o| run.files.contains(o.file) && !uncommitted.contains(&o.file))
            })
            .map(|run| run.id.as_str())
            .collect();
        let own: Vec<&str> = orphans
            .iter()
            .filter(|orphan| of(orphan.file).is_none() && !uncommitted.contains(&orphan.file))
            .map(|orphan| orphan.file.as_str())
            .collect();
        if !uncommitted.is_empty() {
            let files = uncommitted.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(", ");
            hints.push(format!(
                "move {files} away or take its changes back first, which is not committed; where it is applied, reverse it before"
            ));
        }
        if !own.is_empty() {
            hints.push(format!(
                "take {} back first, which no run made, and commit that; where it is applied, reverse it before",
                own.join(", ")
            ));
        }
        if !runs.is_empty() {
            let each: Vec<String> = runs
                .iter()
                .copied()
                .chain([self.id().as_str()])
                .map(|id| format!("aksara ai rollback {id}"))
                .collect();
            hints.push(format!("take back first what came later: {}", each.join("; ")));
        }
        hints.push(format!("to keep what came later, {}", self.revert_by_hand()));
        Err(Error::Refused(format!(
            "run {} cannot be taken back by itself: migrations that stay depend on what it made\n{}\nhint: {}",
            self.id(),
            lines.join("\n"),
            hints.join("\nhint: ")
        )))
    }

    /// The Python modules of the working tree that are not as HEAD has them.
    fn uncommitted_modules(&self) -> Result<Vec<(RelPath, String)>, Error> {
        let repo = &self.session.repo;
        let modules = repo.uncommitted()?.into_iter().filter(|path| path.as_str().ends_with(".py"));
        let text = |path: &RelPath| std::fs::read_to_string(repo.workdir().join(path.as_str())).ok();
        Ok(modules.filter_map(|path| text(&path).map(|text| (path, text))).collect())
    }

    /// Refuses to take `gone` away while one of them is an applied migration, or reverses them first.
    pub(crate) fn reverse_migrations(
        &mut self,
        tree: &str,
        target: &str,
        gone: &[RelPath],
        reverse: bool,
    ) -> Result<(), Error> {
        let project = match self.session.project_of(&self.plan, tree) {
            Ok(Some(project)) => project,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.notes.push(format!("nobody looked whether migrations of the run are applied: {error}"));
                return Ok(());
            }
        };
        let facts = project.facts(&self.session.snapshot(tree))?;
        let migrations: Vec<Migration> = facts
            .apps
            .iter()
            .flat_map(|app| {
                app.migrations
                    .files
                    .iter()
                    .filter(|m| gone.contains(&m.file))
                    .map(|m| Migration { app: app.label.clone(), name: m.name.clone() })
            })
            .collect();
        let after = project.facts(&self.session.snapshot(target))?;
        let is_own = |entry: &str| {
            facts.apps.iter().any(|app| {
                entry.strip_prefix(&app.module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let unlisted: Vec<String> = facts
            .settings
            .installed_apps
            .iter()
            .filter(|entry| !after.settings.installed_apps.contains(entry) && !is_own(entry))
            .cloned()
            .collect();
        if migrations.is_empty() && unlisted.is_empty() {
            return Ok(());
        }
        let back_to: BTreeMap<String, String> = migrations
            .iter()
            .map(|m| (m.app.clone(), before(&facts, &m.app, gone).unwrap_or("zero").to_owned()))
            .collect();
        let own = migrations.iter().map(|m| format!("{}.{}", m.app, m.name));
        let of_packages = unlisted.iter().map(|entry| format!("a migration of {entry}"));
        let names: Vec<String> = own.chain(of_packages).collect();
        let python = match interpreter(self.session, project.root()) {
            Search::Found(found) => found,
            Search::NotFound { .. } => {
                let why = "no interpreter with Django was found";
                self.notes.push(not_looked(why, &names, &back_to, &unlisted));
                return Ok(());
            }
        };
        let core = self.session.core;
        let cancel = self.session.cancel.flag();
        let configured = &core.settings.python.settings;
        let spec = ValidationSpec {
            python: &python,
            worktree: self.session.repo.workdir(),
            checkout: self.session.repo.workdir(),
            facts: &facts,
            changed: gone,
            environment: &core.environment,
            extra_environment: &core.settings.commands.env,
            settings_module: (!configured.is_empty()).then(|| configured.clone()),
            timeout: core.settings.validation.timeout(),
            tests_timeout: core.settings.validation.tests_timeout(),
            record: None,
        };
        let said = match database::applied(&spec, &migrations, &unlisted, &cancel) {
            Ok(said) => said,
            Err(error @ ValidationError::Cancelled) => return Err(error.into()),
            Err(error) => {
                let error = core.secrets.hide(&error.to_string());
                if reverse {
                    return Err(Error::Refused(format!(
                        "{error}\nhint: nothing was changed; without --reverse-database the run is taken back all the same"
                    )));
                }
                let why = error.lines().next().unwrap_or_default();
                self.notes.push(not_looked(why, &names, &back_to, &unlisted));
                return Ok(());
            }
        };
        let unreachable = said.unreachable.iter().map(|why| {
            format!("a database could not be asked whether {} is applied: {why}", names.join(", "))
        });
        self.notes.extend(unreachable);
        if said.applied.is_empty() {
            return Ok(());
        }
        let mut places: Vec<(&str, &str)> =
            said.applied.iter().map(|(alias, app, _)| (alias.as_str(), app.as_str())).collect();
        places.dedup();
        if !reverse {
            let commands: BTreeSet<String> = places.iter().map(|(_, app)| by_hand(app, &back_to)).collect();
            let lines: Vec<String> = said
                .applied
                .iter()
                .map(|(alias, app, name)| format!("  {app}.{name} in the database `{alias}`"))
                .collect();
            return Err(Error::Refused(format!(
                "migrations of the run are applied:\n{}\nhint: reverse them first with `{}`, or pass --reverse-database",
                lines.join("\n"),
                commands.into_iter().collect::<Vec<_>>().join("; ")
            )));
        }
        for (alias, app) in places {
            let to = back_to.get(app).map_or("zero", String::as_str);
            database::reverse(&spec, alias, app, to, &cancel)?;
            let what = format!("reversed the migrations of {app} in the database `{alias}` to {to}");
            self.record(What::DatabaseReversed { what: what.clone() })?;
            self.notes.push(what);
        }
        Ok(())
    }
}

/// A migration that stays where one goes that it depends on, be it by others.
struct Orphan<'f> {
    file: &'f RelPath,
    /// The app and name of what it depends on.
    needs: String,
}

/// The migrations of `facts` that need one of the files `gone`, and are none of them.
fn orphans<'f>(facts: &'f ProjectFacts, gone: &[RelPath]) -> Vec<Orphan<'f>> {
    let all = || facts.apps.iter().flat_map(|app| app.migrations.files.iter().map(move |file| (app, file)));
    let named = |app: &AppFacts, migration: &MigrationFile| (app.label.clone(), migration.name.clone());
    let is_gone = |migration: &MigrationFile| gone.contains(&migration.file);
    let mut lost: BTreeSet<(String, String)> =
        all().filter(|(_, m)| is_gone(m)).map(|(app, m)| named(app, m)).collect();
    let mut orphans: Vec<Orphan<'f>> = Vec::new();
    loop {
        let found = all().find_map(|(app, m)| {
            let is_known = lost.contains(&named(app, m));
            let needs = m.dependencies.iter().find(|needed| lost.contains(needed)).filter(|_| !is_known)?;
            Some((named(app, m), Orphan { file: &m.file, needs: format!("{}.{}", needs.0, needs.1) }))
        });
        let Some((name, orphan)) = found else { return orphans };
        lost.insert(name);
        orphans.push(orphan);
    }
}

/// The migration of an app that comes before those of it that are among the files `gone`.
fn before<'f>(facts: &'f ProjectFacts, app: &str, gone: &[RelPath]) -> Option<&'f str> {
    let files = &facts.app(app)?.migrations.files;
    let (goes, stays): (Vec<_>, Vec<_>) = files.iter().partition(|m| gone.contains(&m.file));
    let is_needed = |m: &&MigrationFile| {
        goes.iter().flat_map(|g| &g.dependencies).any(|(of, name)| of == app && *name == m.name)
    };
    stays.into_iter().rev().find(is_needed).map(|m| m.name.as_str())
}

/// The label that an entry of the installed apps most likely has: `allauth.account` and `taggit.apps.TaggitConfig`.
fn last_part(entry: &str) -> &str {
    let module = entry.split_once(".apps.").map_or(entry, |(module, _)| module);
    module.rsplit('.').next().unwrap_or(module)
}

fn by_hand(app: &str, back_to: &BTreeMap<String, String>) -> String {
    format!("python manage.py migrate {app} {}", back_to.get(app).map_or("zero", String::as_str))
}

/// What is said where `why` no database can be asked about `names`: migrations of the apps in `back_to`, and of `unlisted`
/// packages.
fn not_looked(
    why: &str,
    names: &[String],
    back_to: &BTreeMap<String, String>,
    unlisted: &[String],
) -> String {
    let apps = back_to.keys().map(String::as_str).chain(unlisted.iter().map(|entry| last_part(entry)));
    format!(
        "{why}, so nobody looked whether {} is applied in a database; if it is, take the run's commit back up and type: {}",
        names.join(", "),
        apps.map(|app| by_hand(app, back_to)).collect::<Vec<_>>().join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_of_a_package_is_named_by_its_last_part() {
        let says = |entry: &str| not_looked("no answer", &[], &BTreeMap::new(), &[entry.to_owned()]);
        for (entry, app) in
            [("taggit", "taggit"), ("allauth.account", "account"), ("taggit.apps.TaggitAppConfig", "taggit")]
        {
            let said = says(entry);
            assert!(said.ends_with(&format!(" type: python manage.py migrate {app} zero")), "{said}");
        }
        let back_to = BTreeMap::from([("blog".to_owned(), "0001_initial".to_owned())]);
        let said = not_looked("no answer", &[], &back_to, &["taggit".to_owned()]);
        assert!(said.ends_with("migrate blog 0001_initial; python manage.py migrate taggit zero"), "{said}");
    }
}
