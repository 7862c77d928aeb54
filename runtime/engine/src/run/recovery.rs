//! After a kill: what was cut off on its way into the user's tree is finished or taken for never begun.

use aksara_git::{GitError, Land, Repaired};

use super::Run;
use super::state::LandingBegun;
use crate::error::Error;
use crate::journal::What;

/// What became of a commit that was on its way to the branch.
enum Arrived {
    /// It is there, with all its files.
    Yes,
    /// Everything is as before it.
    No,
}

impl Run<'_> {
    /// Finds out what became of a landing or a taking back that was cut off, repairs the files, and writes it
    /// down.
    ///
    /// # Errors
    /// Files that are neither the old nor the new ones: the user changed them since, and nothing is done.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        if let Some(begun) = self.state.landing.clone() {
            match self.arrived(&begun)? {
                Arrived::Yes => {
                    let tree = self.session.repo.commit_tree(&begun.new)?;
                    self.landed(&begun, tree)?;
                }
                Arrived::No => self.record(What::LandingUndone)?,
            }
        }
        if let Some(back) = self.state.taking_back.clone() {
            match self.arrived(&back.commit)? {
                Arrived::Yes => self.record(What::RolledBack {
                    to: back.to,
                    undo: back.undo,
                    commit: Some(back.commit.new),
                })?,
                Arrived::No => self.record(What::TakingBackUndone)?,
            }
        }
        Ok(())
    }

    fn arrived(&self, begun: &LandingBegun) -> Result<Arrived, Error> {
        let repo = &self.session.repo;
        match repo.repair_landing(&as_land(begun)) {
            Ok(Repaired::New) => Ok(Arrived::Yes),
            Ok(Repaired::Old) => Ok(Arrived::No),
            // Somebody committed since: then the branch never had it. If files of it are lying about, they show
            // as changes that are not committed, and the user must say what they are.
            Err(GitError::BranchMoved { .. } | GitError::OtherBranch { .. } | GitError::Detached) => {
                let head = self.session.head()?;
                if repo.is_ancestor(&begun.new, &head.commit)? {
                    return Ok(Arrived::Yes);
                }
                self.session.must_be_clean(&head.tree, &begun.paths)?;
                Ok(Arrived::No)
            }
            Err(error) => Err(error.into()),
        }
    }
}

pub(crate) fn as_land(begun: &LandingBegun) -> Land<'_> {
    Land { branch: &begun.branch, expected: &begun.expected, new: &begun.new, tree_paths: &begun.paths }
}
