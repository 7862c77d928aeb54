//! Taking a run back: the whole of it, or the steps after one.
//!
//! Before landing this moves the run's private ref. After landing it is a new commit on the branch that takes
//! the run's changes back, three-way: nothing that others did since is lost, and no branch moves backwards.

use aksara_git::{CommitSpec, Merged};
use aksara_protocol::{RelPath, StepOrder};

use super::Run;
use super::landing::short;
use super::options::{LandMode, RollbackOptions};
use super::recovery::as_land;
use super::state::{LandingBegun, RunState};
use crate::approver::Asker;
use crate::error::Error;
use crate::journal::{self, Stored, What};
use crate::result::{RunResult, RunStatus};
use crate::run_id::RunId;

impl Run<'_> {
    /// Takes a run, or its last steps, back.
    ///
    /// # Errors
    /// A step that is not done, a result on a branch to review, files that are not clean, changes since that
    /// touch the same lines: nothing is written then.
    pub(crate) fn roll_back(mut self, with: &RollbackOptions, asker: &Asker) -> Result<RunResult, Error> {
        self.state.options.assume_yes |= with.assume_yes;
        self.state.options.allow_destructive |= with.allow_destructive;
        let result = self.take_back(with.to, with.reverse_database, asker);
        self.drop_worktree(true)?;
        result
    }

    fn take_back(
        &mut self,
        to: Option<StepOrder>,
        reverse_database: bool,
        asker: &Asker,
    ) -> Result<RunResult, Error> {
        let pending = self.state.taking_back.is_some();
        self.settle()?;
        if pending && self.state.taking_back.is_none() && self.state.taken_back.is_some() {
            self.notes.push("the rollback that was cut off had arrived".to_owned());
            return self.report();
        }
        let to_order = to.map_or(0, |o| o.0);
        let target = match to {
            None => self.state.base.tree.clone(),
            Some(order) => self.state.done.get(&order).map(|c| c.tree.clone()).ok_or_else(|| {
                Error::Refused(format!("step {order} is not done, so there is no checkpoint to go back to"))
            })?,
        };
        if self.state.status == RunStatus::RolledBack {
            return Err(Error::Refused(format!("run {} was taken back already", self.id())));
        }
        if self.state.status == RunStatus::Unchanged && !self.state.has_commands_to_undo() {
            return Err(Error::Refused(format!("run {} changed nothing", self.id())));
        }
        let undo = self.keep_undo_ref()?;
        let commit = match self.state.landed.clone() {
            None => {
                self.undo_after(to_order, asker)?;
                None
            }
            Some((landed, tree)) => match (landed.mode.as_str(), landed.branch) {
                ("current", Some(branch)) => {
                    if tree == target {
                        return Err(Error::Refused(format!(
                            "there is nothing to take back: step {to_order} is the last that run {} made",
                            self.id()
                        )));
                    }
                    let back =
                        Back { branch: &branch, landed: &tree, target: &target, to: to_order, undo: &undo };
                    self.take_back_landed(&back, reverse_database, asker)?
                }
                ("branch", Some(branch)) => {
                    self.undo_after(to_order, asker)?;
                    return Err(Error::Refused(format!(
                        "the result of run {} is on the branch `{branch}`, which nothing else depends on\nhint: git branch -D {branch}",
                        self.id()
                    )));
                }
                _ => {
                    self.undo_after(to_order, asker)?;
                    return Err(Error::Refused(format!(
                        "run {} gave a patch; what you did with it is not known here\nhint: git apply -R PATCH",
                        self.id()
                    )));
                }
            },
        };
        self.move_run_ref(to)?;
        self.record(What::RolledBack { to: to_order, undo: undo.clone(), commit })?;
        if self.state.tip().1 != target {
            return Err(Error::Internal(format!(
                "after the rollback the run is at tree {}, and should be at {target}",
                self.state.tip().1
            )));
        }
        if !undo.is_empty() {
            self.notes.push(format!(
                "what the run had made is kept on {undo}, should you want it after all: git log {undo}"
            ));
        }
        self.report()
    }

    /// Undoes the commands of the steps that are taken back.
    fn undo_after(&mut self, to: u32, asker: &Asker) -> Result<(), Error> {
        let kept = self.state.kept_by(to);
        self.undo_commands(&|ran| !kept.contains(&ran.order), asker)
    }

    fn keep_undo_ref(&self) -> Result<String, Error> {
        let name = format!("refs/aksara/undo/{}-{}", self.id(), self.state.rollbacks + 1);
        let commit = self.state.tip().0;
        // What has landed may have outlived its checkpoints.
        if !self.session.repo.is_complete(commit) {
            return Ok(String::new());
        }
        // A rollback that was refused has left the ref where it should be.
        if self.session.repo.run_ref(&name)?.as_deref() != Some(commit) {
            self.session.repo.set_run_ref(&name, commit, None, "aksara: before a rollback")?;
        }
        Ok(name)
    }

    fn move_run_ref(&self, to: Option<StepOrder>) -> Result<(), Error> {
        let old = self.state.tip().0;
        let new = match to {
            None => &self.state.base.commit,
            Some(order) => self.state.done.get(&order).map_or(&self.state.base.commit, |c| &c.commit),
        };
        let name = self.id().ref_name();
        if old != new && self.session.repo.run_ref(&name)?.as_deref() == Some(old) {
            self.session.repo.set_run_ref(&self.id().ref_name(), new, Some(old), "aksara: rollback")?;
        }
        Ok(())
    }

    /// Lands a commit that takes the changes between `target` and `landed` back. `None` if the branch has nothing
    /// of them any more.
    fn take_back_landed(
        &mut self,
        back: &Back<'_>,
        reverse_database: bool,
        asker: &Asker,
    ) -> Result<Option<String>, Error> {
        let repo = std::sync::Arc::clone(&self.session.repo);
        let Back { branch, landed, target, to, undo } = *back;
        let head = self.session.head()?;
        if head.branch.as_deref() != Some(branch) {
            return Err(Error::Refused(format!(
                "run {} landed on `{branch}`, and another branch is checked out\nhint: git switch {branch}",
                self.id()
            )));
        }
        let tree = match repo.merge_trees(landed, &head.tree, target)? {
            Merged::Clean(tree) => tree,
            Merged::Conflicts(paths) => {
                return Err(Error::Conflict {
                    what: format!("run {} cannot be taken back by itself", self.id()),
                    paths,
                    hint: format!(
                        "{}\nhint: `aksara ai diff {}` shows the run's changes",
                        self.by_hand(),
                        self.id()
                    ),
                });
            }
        };
        if tree == head.tree {
            self.notes.push(format!("nothing of the run was left on `{branch}`"));
            return Ok(None);
        }
        let paths: Vec<RelPath> = repo.changed_paths(&head.tree, &tree)?;
        self.session.must_be_clean(&head.tree, &paths)?;
        let after = self.session.snapshot(&tree);
        let gone: Vec<RelPath> = paths
            .iter()
            .filter_map(|p| after.blob(p).map(|b| b.is_none().then(|| p.clone())).transpose())
            .collect::<Result<_, _>>()?;
        let what = if to == 0 { String::new() } else { format!(" after step {to}") };
        let message = format!("Take back{what}: {}\n\nAksara-Run: {}\n", self.plan.title, self.id());
        let parents = vec![head.commit.clone()];
        // Everything that can be refused is refused before a database is touched.
        let commit = repo.landing_commit(&CommitSpec { tree: tree.clone(), parents, message })?;
        // What others did since, and what is not committed, may need what goes.
        self.must_not_be_depended_on(&head.tree, &gone)?;
        // Without commits since then the result was there before, as it is.
        if head.tree != landed {
            self.check_taken_back(&head, &tree, &commit, to)?;
        }
        self.reverse_migrations(&head.tree, &tree, &gone, reverse_database)?;
        self.undo_after(to, asker)?;
        let begun = LandingBegun {
            branch: branch.to_owned(),
            expected: head.commit,
            new: commit.clone(),
            paths: paths.clone(),
        };
        self.record(What::TakingBack {
            branch: begun.branch.clone(),
            expected: begun.expected.clone(),
            new: begun.new.clone(),
            paths,
            to,
            undo: undo.to_owned(),
        })?;
        if let Err(error) = repo.land(&as_land(&begun)) {
            if !matches!(error, aksara_git::GitError::HalfLanded { .. }) {
                self.record(What::TakingBackUndone)?;
            }
            if self.state.reversed.is_empty() {
                return Err(error.into());
            }
            return Err(Error::Refused(format!("{error}\nnote: {}", self.state.reversed.join("; "))));
        }
        Ok(Some(commit))
    }
}

impl Run<'_> {
    /// The runs that landed on `branch` after this one and still stand, newest first, each with the files that it
    /// changed.
    pub(crate) fn later_runs(&self, branch: Option<&str>) -> Result<Vec<LaterRun>, Error> {
        let runs = self.session.runs();
        let mut later = Vec::new();
        for id in journal::list(&runs)?.into_iter().take_while(|id| id > self.id()) {
            // A damaged record of another run says nothing.
            let Ok(stored) = Stored::read(&runs, &id) else { continue };
            let Ok(state) = RunState::of(&stored) else { continue };
            let Some((landed, tree)) = &state.landed else { continue };
            if landed.mode != LandMode::Current.as_str() || landed.branch.as_deref() != branch {
                continue;
            }
            let Ok(files) = self.session.repo.changed_paths(&state.base.tree, tree) else { continue };
            later.push(LaterRun { id, title: stored.plan.title.clone(), files });
        }
        Ok(later)
    }

    /// What to type where the run cannot be taken back by itself.
    pub(crate) fn by_hand(&self) -> String {
        let landed = self.state.landed.as_ref().map(|(landed, _)| landed);
        let later = self.later_runs(landed.and_then(|l| l.branch.as_deref())).unwrap_or_default();
        let first = later.first().map_or_else(String::new, |run| {
            format!(
                "take back first what came later: aksara ai rollback {} ({})\nhint: or ",
                run.id, run.title
            )
        });
        format!("{first}{}", self.revert_by_hand())
    }

    /// How git takes the run's commits back.
    pub(crate) fn revert_by_hand(&self) -> String {
        let landed = self.state.landed.as_ref().and_then(|(landed, _)| landed.commit.as_deref());
        // After a rollback to a step the newest commit is that one.
        let commits = landed.filter(|_| self.state.rollbacks == 0).map_or_else(String::new, |commit| {
            format!(": git revert --no-commit {}..{}", short(&self.state.base.commit), short(commit))
        });
        format!("take it back by hand, and correct what depends on it{commits}")
    }
}

/// A run that landed after another one.
pub(crate) struct LaterRun {
    pub(crate) id: RunId,
    pub(crate) title: String,
    pub(crate) files: Vec<RelPath>,
}

/// What is taken back, and how far.
#[derive(Clone, Copy)]
struct Back<'a> {
    branch: &'a str,
    landed: &'a str,
    target: &'a str,
    to: u32,
    undo: &'a str,
}
