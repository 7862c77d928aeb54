//! Landing: the one place that changes the user's working tree, index and branch.
//!
//! It happens wholly or not at all, in this order: everything is checked; the new files, and the old ones for
//! the way back, are written beside; the new ones are renamed into place; the index is written; the branch is
//! moved if it still is where it was. Each failure brings the old files back. A process that is killed in
//! between leaves a state that [`Repo::repair_landing`] brings to one end.

use std::path::PathBuf;

use aksara_protocol::RelPath;
use git2::{ErrorCode, Index, Oid, Repository};

use crate::dirty::{Check, Dirty, filtered, fresh_index};
use crate::error::{Doing, GitError};
use crate::place::{Difference, Ground, Staged, differences};
use crate::read::{Entry, find_tree, is_ancestor};
use crate::refs::{target_of, with_patience};
use crate::repo::{Repo, head_of, oid};

/// What is to land.
#[derive(Clone, Copy, Debug)]
pub struct Land<'a> {
    /// The branch that the user has checked out, by its short name.
    pub branch: &'a str,
    /// The commit that it is at.
    pub expected: &'a str,
    /// The commit to move it to, which follows `expected`.
    pub new: &'a str,
    /// Every path that differs between the two.
    pub tree_paths: &'a [RelPath],
}

/// How an interrupted landing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repaired {
    /// The branch had not moved: all is as before the landing.
    Old,
    /// The branch had moved: the landing is complete.
    New,
}

impl Repo {
    /// Brings a commit to the branch that is checked out: exactly its changed files, their entries in the index,
    /// and the branch. Other files, and other entries of the index, are left alone.
    ///
    /// # Errors
    /// Nothing is changed with [`GitError::InProgress`], [`GitError::OtherBranch`], [`GitError::Detached`],
    /// [`GitError::BranchMoved`], [`GitError::NotForward`], [`GitError::Unannounced`], [`GitError::NotClean`],
    /// [`GitError::Filtered`], [`GitError::Locked`]. If something fails later, all is put back and the reason
    /// returned; [`GitError::HalfLanded`] if that fails too.
    pub fn land(&self, land: &Land<'_>) -> Result<(), GitError> {
        if let Some(operation) = self.operation_in_progress() {
            return Err(GitError::InProgress { operation });
        }
        let repo = self.lock();
        must_be_on(&repo, land.branch)?;
        match target_of(&repo, &full_name(land.branch))? {
            Some(tip) if tip == land.expected => {}
            tip => return Err(moved(land, tip)),
        }
        if !is_ancestor(&repo, land.expected, land.new)? {
            return Err(GitError::NotForward { expected: land.expected.into(), new: land.new.into() });
        }
        let lock = self.git_dir().join("index.lock");
        if lock.exists() {
            return Err(GitError::Locked { lock });
        }
        let sides = Sides::of(&repo, land)?;
        let paths: Vec<RelPath> = sides.changes.iter().map(|c| c.path.clone()).collect();
        if let Some(path) = paths.iter().find(|p| !land.tree_paths.contains(p)) {
            return Err(GitError::Unannounced { path: path.clone() });
        }
        let filtered = filtered(&repo, &paths)?;
        if !filtered.is_empty() {
            return Err(GitError::Filtered { paths: filtered });
        }
        drop(repo);
        let unclean = self.dirty(&sides.old.to_string(), &paths)?;
        if !unclean.is_empty() {
            return Err(GitError::NotClean { paths: unclean });
        }
        let repo = self.lock();
        let new = self.stage(&repo, land, &sides, Side::New)?;
        let old = self.stage(&repo, land, &sides, Side::Old)?;
        drop(repo);
        // Staging took a while, and an editor may have saved in that time.
        let unclean = self.dirty(&sides.old.to_string(), &paths)?;
        if !unclean.is_empty() {
            new.clear();
            old.clear();
            return Err(GitError::NotClean { paths: unclean });
        }
        let repo = self.lock();
        let done = self.carry_out(&repo, land, &new);
        let ended = match done {
            Ok(()) => Ok(()),
            Err(cause) => match self.put_and_record(&repo, &old) {
                Ok(()) => Err(cause),
                Err(undo) => Err(GitError::HalfLanded { cause: Box::new(cause), undo: Box::new(undo) }),
            },
        };
        new.clear();
        old.clear();
        ended
    }

    fn carry_out(&self, repo: &Repository, land: &Land<'_>, new: &Staged<'_>) -> Result<(), GitError> {
        self.put_and_record(repo, new)?;
        let (to, from) = (oid(land.new)?, oid(land.expected)?);
        let log = match repo.find_commit(to).doing("read the commit to land")?.summary() {
            Ok(Some(summary)) => format!("aksara: {summary}"),
            _ => "aksara: landing".to_owned(),
        };
        match with_patience(|| {
            repo.reference_matching(&full_name(land.branch), to, true, from, &log).map(drop)
        }) {
            Ok(()) => Ok(()),
            Err(e) if matches!(e.code(), ErrorCode::Modified | ErrorCode::NotFound) => {
                Err(moved(land, target_of(repo, &full_name(land.branch))?))
            }
            Err(e) if e.code() == ErrorCode::Locked => Err(GitError::Locked {
                lock: self.common_dir().join(format!("{}.lock", full_name(land.branch))),
            }),
            Err(e) => Err(e).doing(format!("move the branch `{}`", land.branch)),
        }
    }

    fn put_and_record(&self, repo: &Repository, staged: &Staged<'_>) -> Result<(), GitError> {
        staged.put(self.workdir(), Ground::Users)?;
        let mut index = fresh_index(repo)?;
        staged.record(&mut index, self.workdir()).map_err(|e| self.index_error(e))
    }

    fn index_error(&self, error: GitError) -> GitError {
        match error {
            GitError::Git { source, .. } if source.code() == ErrorCode::Locked => {
                GitError::Locked { lock: self.git_dir().join("index.lock") }
            }
            other => other,
        }
    }

    fn stage<'s>(
        &self,
        repo: &Repository,
        land: &Land<'_>,
        sides: &'s Sides,
        side: Side,
    ) -> Result<Staged<'s>, GitError> {
        let tree = repo.find_tree(sides.id(side)).doing("read the tree to land")?;
        let targets = sides.changes.iter().map(|c| (&c.path, side.of(c))).collect();
        Staged::new(repo, &tree, self.staging(land, side), targets)
    }

    /// Where the files of one side are written first. The name is known after a crash.
    fn staging(&self, land: &Land<'_>, side: Side) -> PathBuf {
        let name = match side {
            Side::Old => "old",
            Side::New => "new",
        };
        self.common_dir().join("aksara/landing").join(land.new).join(name)
    }

    /// Ends a landing whose process was killed: if the branch had moved, the files and index entries are brought
    /// to the new commit, else back to the old. Where there is nothing to do, nothing is done.
    ///
    /// # Errors
    /// [`GitError::NeitherOldNorNew`] if a file or index entry was changed since, [`GitError::BranchMoved`] if
    /// the branch is at a commit that does not contain the new one, [`GitError::OtherBranch`],
    /// [`GitError::Detached`]. Nothing is changed then.
    pub fn repair_landing(&self, land: &Land<'_>) -> Result<Repaired, GitError> {
        let repo = self.lock();
        let tip = target_of(&repo, &full_name(land.branch))?;
        let repaired = match tip {
            Some(tip) if tip == land.new => Repaired::New,
            Some(tip) if tip == land.expected => Repaired::Old,
            // The user went on from there: the branch moves last, so the landing was complete.
            Some(tip) if is_ancestor(&repo, land.new, &tip)? => return Ok(Repaired::New),
            tip => return Err(moved(land, tip)),
        };
        must_be_on(&repo, land.branch)?;
        let sides = Sides::of(&repo, land)?;
        let (to, from) = match repaired {
            Repaired::New => (Side::New, Side::Old),
            Repaired::Old => (Side::Old, Side::New),
        };
        let index = fresh_index(&repo)?;
        let wrong = self.differing(&repo, &sides, to, &index)?;
        let strange: Vec<Dirty> = self
            .differing(&repo, &sides, from, &index)?
            .into_iter()
            .filter(|d| wrong.iter().any(|w| w.path == d.path && w.in_index == d.in_index))
            .map(|d| d.dirty)
            .collect();
        if !strange.is_empty() {
            return Err(GitError::NeitherOldNorNew { paths: strange });
        }
        if !wrong.is_empty() {
            let staged = self.stage(&repo, land, &sides, to)?;
            self.put_and_record(&repo, &staged)?;
        }
        for side in [Side::Old, Side::New] {
            // Left-overs of the killed process; nothing depends on their going.
            let _ = crate::place::remove_folder(&self.staging(land, side));
        }
        Ok(repaired)
    }

    /// Which of the landing's paths are not, on the disk or in the index, as one side has them.
    fn differing(
        &self,
        repo: &Repository,
        sides: &Sides,
        side: Side,
        index: &Index,
    ) -> Result<Vec<Differing>, GitError> {
        let tree = repo.find_tree(sides.id(side)).doing("read the tree to land")?;
        let check = Check::new(repo, self.workdir(), &tree)?;
        let mut found = Vec::new();
        for change in &sides.changes {
            let one = std::slice::from_ref(&change.path);
            for (in_index, dirty) in [(false, check.files(one)?), (true, check.index(index, one)?)] {
                found.extend(dirty.into_iter().map(|dirty| Differing {
                    path: change.path.clone(),
                    in_index,
                    dirty,
                }));
            }
        }
        Ok(found)
    }
}

struct Differing {
    path: RelPath,
    in_index: bool,
    dirty: Dirty,
}

#[derive(Clone, Copy)]
enum Side {
    Old,
    New,
}

impl Side {
    fn of(self, change: &Difference) -> Option<&Entry> {
        match self {
            Side::Old => change.old.as_ref(),
            Side::New => change.new.as_ref(),
        }
    }
}

struct Sides {
    old: Oid,
    new: Oid,
    changes: Vec<Difference>,
}

impl Sides {
    fn of(repo: &Repository, land: &Land<'_>) -> Result<Sides, GitError> {
        let tree_of = |commit: &str| {
            repo.find_commit(oid(commit)?).map(|c| c.tree_id()).doing(format!("read the commit {commit}"))
        };
        let (old, new) = (tree_of(land.expected)?, tree_of(land.new)?);
        let changes =
            differences(repo, &find_tree(repo, &old.to_string())?, &find_tree(repo, &new.to_string())?)?;
        Ok(Sides { old, new, changes })
    }

    fn id(&self, side: Side) -> Oid {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}

fn full_name(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn must_be_on(repo: &Repository, branch: &str) -> Result<(), GitError> {
    match head_of(repo)?.branch {
        Some(found) if found == branch => Ok(()),
        Some(found) => Err(GitError::OtherBranch { expected: branch.to_owned(), found }),
        None => Err(GitError::Detached),
    }
}

fn moved(land: &Land<'_>, found: Option<String>) -> GitError {
    GitError::BranchMoved {
        branch: land.branch.to_owned(),
        expected: land.expected.to_owned(),
        found: found.unwrap_or_else(|| "nothing".to_owned()),
    }
}
