//! Refs: Aksara's private ones, which keep a run's checkpoints alive, and new branches for review.
//!
//! The branch that the user has checked out is the business of [`crate::landing`].

use std::time::Duration;

use git2::{Error, ErrorCode, Repository};

use crate::error::{Doing, GitError};
use crate::repo::{Repo, oid};

/// Where all private refs are.
const PRIVATE: &str = "refs/aksara/";

/// A ref's lock is held for well under a millisecond, so a few short waits are enough for a live process.
const LOCK_WAITS: [Duration; 5] = [
    Duration::from_millis(2),
    Duration::from_millis(8),
    Duration::from_millis(30),
    Duration::from_millis(100),
    Duration::from_millis(300),
];

impl Repo {
    /// Sets the private ref `name` (`refs/aksara/…`) to `commit` if it is at `expected_old` (`None`: if it does
    /// not exist). `log` goes into the ref's log where the user keeps one.
    ///
    /// # Errors
    /// [`GitError::RefMoved`] if it is elsewhere, [`GitError::BadName`], [`GitError::Locked`].
    pub fn set_run_ref(
        &self,
        name: &str,
        commit: &str,
        expected_old: Option<&str>,
        log: &str,
    ) -> Result<(), GitError> {
        check_private(name)?;
        let repo = self.lock();
        let new = oid(commit)?;
        let old = expected_old.map(oid).transpose()?;
        let set = with_patience(|| match old {
            None => repo.reference(name, new, false, log).map(drop),
            Some(old) => repo.reference_matching(name, new, true, old, log).map(drop),
        });
        match set {
            Ok(()) => Ok(()),
            Err(e) if matches!(e.code(), ErrorCode::Exists | ErrorCode::Modified | ErrorCode::NotFound) => {
                Err(GitError::RefMoved {
                    name: name.to_owned(),
                    expected: expected_old.map(str::to_owned),
                    found: target_of(&repo, name)?,
                })
            }
            Err(e) if e.code() == ErrorCode::Locked => {
                Err(GitError::Locked { lock: self.common_dir().join(format!("{name}.lock")) })
            }
            Err(e) => Err(e).doing(format!("set the ref `{name}`")),
        }
    }

    /// The commit that the private ref `name` is at, or `None`.
    ///
    /// # Errors
    /// [`GitError::BadName`].
    pub fn run_ref(&self, name: &str) -> Result<Option<String>, GitError> {
        check_private(name)?;
        target_of(&self.lock(), name)
    }

    /// Deletes the private ref `name`. Says whether it was there.
    ///
    /// # Errors
    /// [`GitError::BadName`] for anything that is not a private ref.
    pub fn delete_ref(&self, name: &str) -> Result<bool, GitError> {
        check_private(name)?;
        let repo = self.lock();
        let deleted = with_patience(|| match repo.find_reference(name) {
            Ok(mut found) => found.delete().map(|()| true),
            Err(e) if e.code() == ErrorCode::NotFound => Ok(false),
            Err(e) => Err(e),
        });
        deleted.doing(format!("delete the ref `{name}`"))
    }

    /// The names of the private refs that begin with `prefix`, such as `refs/aksara/runs/`, sorted.
    ///
    /// # Errors
    /// [`GitError::BadName`] for anything that is not a private ref.
    pub fn list_refs(&self, prefix: &str) -> Result<Vec<String>, GitError> {
        check_private(&format!("{prefix}x"))?;
        let repo = self.lock();
        let mut found = Vec::new();
        for name in repo.references_glob(&format!("{prefix}*")).doing("list Aksara's refs")?.names() {
            found.push(name.doing("list Aksara's refs")?.to_owned());
        }
        found.sort();
        Ok(found)
    }

    /// The commit that the branch `name` is at, or `None` if there is no such branch.
    ///
    /// # Errors
    /// If the ref cannot be read.
    pub fn branch_tip(&self, name: &str) -> Result<Option<String>, GitError> {
        target_of(&self.lock(), &format!("refs/heads/{name}"))
    }

    /// Makes the branch `name` at `commit`, without checking it out. If it is there already, nothing happens.
    ///
    /// # Errors
    /// [`GitError::BranchExists`] if it exists elsewhere, [`GitError::BadName`].
    pub fn land_branch(&self, name: &str, commit: &str) -> Result<(), GitError> {
        let repo = self.lock();
        if !git2::Branch::name_is_valid(name).unwrap_or(false) {
            return Err(GitError::BadName {
                name: name.to_owned(),
                why: "git does not allow it for a branch",
            });
        }
        let full = format!("refs/heads/{name}");
        if let Some(found) = target_of(&repo, &full)? {
            return match found == commit {
                true => Ok(()),
                false => Err(GitError::BranchExists { name: name.to_owned(), found }),
            };
        }
        let commit = repo.find_commit(oid(commit)?).doing(format!("read the commit {commit}"))?;
        with_patience(|| repo.reference(&full, commit.id(), false, "branch: created by aksara").map(drop))
            .doing(format!("create the branch `{name}`"))
    }
}

/// Where a ref is, or `None` if there is none.
pub(crate) fn target_of(repo: &Repository, name: &str) -> Result<Option<String>, GitError> {
    match repo.refname_to_id(name) {
        Ok(id) => Ok(Some(id.to_string())),
        Err(e) if matches!(e.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(None),
        Err(e) => Err(e).doing(format!("read the ref `{name}`")),
    }
}

/// Tries again while another process holds a lock.
pub(crate) fn with_patience<T>(mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    for wait in LOCK_WAITS {
        match attempt() {
            Err(e) if e.code() == ErrorCode::Locked => std::thread::sleep(wait),
            other => return other,
        }
    }
    attempt()
}

fn check_private(name: &str) -> Result<(), GitError> {
    let bad = |why| Err(GitError::BadName { name: name.to_owned(), why });
    if !name.starts_with(PRIVATE) {
        return bad("private refs begin with `refs/aksara/`");
    }
    if !git2::Reference::is_valid_name(name) {
        return bad("git does not allow it for a ref");
    }
    Ok(())
}
