//! Bringing a run's result to the user: all of it or nothing.

use std::collections::BTreeSet;

use aksara_git::{CommitSpec, Head};
use aksara_protocol::{RelPath, StepOrder};

use super::options::{Commits, LandMode};
use super::recovery::as_land;
use super::state::LandingBegun;
use super::{Run, Until};
use crate::approver::Asker;
use crate::error::Error;
use crate::events::Event;
use crate::journal::What;
use crate::left_over;
use crate::preview::Shown;
use crate::result::Landed;
use crate::session::base_of;

/// How often a moving branch is followed before giving up.
const MAX_REBASES: u32 = 3;

impl Run<'_> {
    /// Checks the newest checkpoint and lands it. If the branch moved meanwhile, the steps are carried out again
    /// on its new head, and that result is checked and landed: what lands is what was checked.
    ///
    /// Steps that failed keep it from landing, but for those that are `accepted` as lacking.
    pub(crate) fn check_and_land(
        &mut self,
        accepted: &BTreeSet<StepOrder>,
        asker: &Asker,
    ) -> Result<(), Error> {
        for _ in 0..=MAX_REBASES {
            self.stop_if_cancelled()?;
            if self.fell_short(accepted)? {
                return Ok(());
            }
            if !self.state.open_steps(&self.plan).is_empty() {
                return Err(Error::Internal(
                    "a run was to be landed before all its steps were done".to_owned(),
                ));
            }
            if self.state.tip().1 == self.state.base.tree {
                return self.record(What::Unchanged);
            }
            self.check()?;
            self.stop_if_cancelled()?;
            let mode = self.state.options.land;
            if mode != LandMode::Current {
                return self.land_aside(mode);
            }
            let Some(head) = self.must_move()? else { return self.land_on_branch() };
            self.move_to(head, asker)?;
            if self.carry_out_steps(Until::End, asker)? {
                return Ok(());
            }
        }
        Err(Error::Refused(format!(
            "the branch moved {MAX_REBASES} times while the run was on its way\nhint: `aksara ai resume {}` tries again",
            self.id()
        )))
    }

    /// Takes the run to the branch's new head: all of its steps are to be carried out again there. Before that is
    /// written down they are judged as those of a plan are that was made earlier.
    pub(super) fn move_to(&mut self, head: Head, asker: &Asker) -> Result<(), Error> {
        self.session.core.events.send(Event::Rebasing { commit: head.commit.clone() });
        let project = self.session.project_of(&self.plan, &head.tree)?;
        let shown = Shown::of(&self.plan);
        let previewed = self.session.preview(project.as_ref(), &head.tree, &mut self.plan)?;
        let notes = super::judge(&shown, &self.plan, &previewed, asker)?;
        // What is refused is refused before anything is undone.
        self.undo_before_rebase(asker)?;
        self.drop_worktree(false)?;
        for note in notes {
            self.note(note);
        }
        self.note(format!(
            "the branch moved while the run was on its way; the steps were carried out again on {}",
            short(&head.commit)
        ));
        let old = self.state.tip().0.to_owned();
        let ref_name = self.id().ref_name();
        self.session.repo.set_run_ref(&ref_name, &head.commit, Some(&old), "aksara: the branch moved")?;
        self.record(What::Rebased { base: base_of(&head), branch: head.branch })?;
        self.project = project;
        self.previewed = Some(previewed);
        self.snapshot = self.session.snapshot(&head.tree);
        Ok(())
    }

    /// A commit on the branch that is checked out, and its files in the working tree.
    fn land_on_branch(&mut self) -> Result<(), Error> {
        self.session.core.events.send(Event::Landing);
        let branch =
            self.state.branch.clone().ok_or_else(|| {
                Error::Refused("HEAD is detached: there is no branch to land on".to_owned())
            })?;
        let expected = self.state.base.commit.clone();
        let new = self.landing_commit()?;
        let tree = self.session.repo.commit_tree(&new)?;
        let paths = self.session.repo.changed_paths(&self.state.base.tree, &tree)?;
        self.session.must_be_clean(&self.state.base.tree, &paths)?;
        self.stop_if_cancelled()?;
        let begun = LandingBegun { branch, expected, new, paths };
        self.record(What::LandingStarted {
            branch: begun.branch.clone(),
            expected: begun.expected.clone(),
            new: begun.new.clone(),
            paths: begun.paths.clone(),
        })?;
        let landed = self.session.repo.land(&as_land(&begun));
        if let Err(error) = landed {
            // It has put everything back, unless it says otherwise: then resuming repairs it.
            if !matches!(error, aksara_git::GitError::HalfLanded { .. }) {
                self.record(What::LandingUndone)?;
            }
            return Err(error.into());
        }
        self.landed(&begun, tree)
    }

    pub(crate) fn landed(&mut self, begun: &LandingBegun, tree: String) -> Result<(), Error> {
        let landed = Landed {
            mode: LandMode::Current.as_str().to_owned(),
            branch: Some(begun.branch.clone()),
            commit: Some(begun.new.clone()),
        };
        self.record(What::Landed { landed, tree })?;
        self.session
            .core
            .events
            .send(Event::Landed { commit: begun.new.clone(), branch: begun.branch.clone() });
        Ok(())
    }

    /// The result beside the user's branch: on a branch to review, as a patch, or on the private ref only.
    fn land_aside(&mut self, mode: LandMode) -> Result<(), Error> {
        let tree = self.state.tip().1.to_owned();
        let landed = match mode {
            LandMode::Branch => {
                let branch = format!("aksara/{}", self.id());
                // A kill may have come after the branch was made and before that was written down.
                let made = self.session.repo.branch_tip(&branch)?;
                let commit = match made {
                    Some(tip) if self.session.repo.commit_tree(&tip)? == tree => tip,
                    _ => {
                        let commit = self.landing_commit()?;
                        self.session.repo.land_branch(&branch, &commit)?;
                        commit
                    }
                };
                Landed { mode: mode.as_str().to_owned(), branch: Some(branch), commit: Some(commit) }
            }
            LandMode::Patch => {
                let hidden = super::report::not_shown(self.session, &self.state.base.tree, &tree)?;
                if let Some(path) = hidden.first() {
                    return Err(Error::Refused(format!(
                        "`{path}` is not text, and a patch cannot hold it\nhint: pass --land branch"
                    )));
                }
                Landed { mode: mode.as_str().to_owned(), branch: None, commit: None }
            }
            LandMode::None | LandMode::Current => return self.record(What::Kept),
        };
        self.record(What::Landed { landed, tree })
    }

    /// The commit or commits for the user: theirs by author, with the plan's message, through their hooks.
    fn landing_commit(&mut self) -> Result<String, Error> {
        let base = self.state.base.commit.clone();
        if self.session.repo.needs_git_commit() {
            return self.commit_through_hooks(&base);
        }
        let commit = |tree: &str, parent: &str, message: &str| {
            self.session.repo.landing_commit(&CommitSpec {
                tree: tree.to_owned(),
                parents: vec![parent.to_owned()],
                message: message.to_owned(),
            })
        };
        if self.state.options.commits == Commits::One {
            return Ok(commit(self.state.tip().1, &base, &self.message())?);
        }
        let mut parent = base;
        let mut tree = self.state.base.tree.clone();
        for (order, checkpoint) in self.state.checkpoints() {
            if checkpoint.tree == tree {
                continue;
            }
            let description =
                self.plan.steps.iter().find(|s| s.order == order).map_or("", |s| s.description.as_str());
            let message = format!("{description}\n\nAksara-Run: {}\n", self.id());
            parent = commit(&checkpoint.tree, &parent, &message)?;
            tree.clone_from(&checkpoint.tree);
        }
        Ok(parent)
    }

    fn commit_through_hooks(&mut self, base: &str) -> Result<String, Error> {
        let record = self.process_record();
        let written = record.clone();
        let git = self.session.git()?.telling(move |pid| left_over::write(&written, pid, "git commit"));
        let message = self.message();
        let tree = self.state.tip().1.to_owned();
        let repo = std::sync::Arc::clone(&self.session.repo);
        // The worktree's index has the result; on top of the base that is one commit.
        let made = repo.commit_in_worktree(&git, self.worktree()?, base, &message);
        left_over::forget(&record);
        let made = made.map_err(|error| match error {
            aksara_git::GitError::CommitRefused { output } => {
                Error::HookRefused { output, run: self.id().clone() }
            }
            other => other.into(),
        })?;
        if made.tree != tree {
            let changed = repo.changed_paths(&tree, &made.tree)?;
            let list = changed.iter().map(RelPath::as_str).collect::<Vec<_>>().join(", ");
            self.note(format!("the repository's hooks changed the result in {list}; it was checked again"));
            self.state.checked = false;
            self.check_tree(&made.tree)?;
        }
        Ok(made.commit)
    }

    fn message(&self) -> String {
        let done: String = self
            .plan
            .steps
            .iter()
            .filter(|s| self.state.done.contains_key(&s.order))
            .map(|s| format!("- {}\n", s.description))
            .collect();
        format!("{}\n\n{done}\nAksara-Run: {}\n", self.plan.title, self.id())
    }
}

pub(crate) fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
