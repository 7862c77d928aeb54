//! Landing: the one place that changes the user's working tree, index and branch.
//!
//! It happens wholly or not at all, in this order: everything is checked; the new files are written beside; one
//! by one the old ones are moved aside, looked at, and the new ones renamed into their places; the index is
//! written; the branch is moved if it still is where it was. Each failure brings the old files back. A process that
//! is killed in between leaves a state that [`Repo::repair_landing`] brings to one end.

use std::fs::Metadata;
use std::path::PathBuf;

use aksara_protocol::RelPath;
use git2::{ErrorCode, Index, Oid, Repository};

use crate::dirty::{Check, Dirty, filtered, fresh_index};
use crate::disk::kind_at;
use crate::error::{Doing, GitError};
use crate::place::{Difference, Staged, differences, record};
use crate::read::{Entry, find_tree, is_ancestor};
use crate::refs::{target_of, with_patience};
use crate::repo::{Repo, head_of, oid};
use crate::swap::{Exchange, Swap};

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
        self.must_be_clean(&sides, &paths)?;
        let repo = self.lock();
        let staged = self.stage(&repo, land, &sides, Side::New)?;
        drop(repo);
        // Staging took a while. Whoever saves after this look is found out file by file.
        if let Err(unclean) = self.must_be_clean(&sides, &paths) {
            staged.clear();
            return Err(unclean);
        }
        let repo = self.lock();
        let tree = repo.find_tree(sides.old).doing("read the tree to land on")?;
        let check = Check::new(&repo, self.workdir(), &tree)?;
        let mut swap = Swap::new(&check, self.workdir(), self.landing_dir(land));
        let ended =
            self.carry_out(&repo, land, &sides, &staged, &mut swap).map_err(|(cause, index_written)| {
                let undone = swap.take_back().and_then(|()| match index_written {
                    true => self.record(&repo, &sides, Side::Old, &swap),
                    false => Ok(()),
                });
                match undone {
                    Ok(()) => cause,
                    Err(undo) => GitError::HalfLanded { cause: Box::new(cause), undo: Box::new(undo) },
                }
            });
        staged.clear();
        let kept = swap.kept().to_vec();
        match ended {
            // What is half landed is found there by the repair.
            Err(GitError::HalfLanded { .. }) => return ended,
            _ => swap.clear(),
        }
        match ended {
            Err(cause) if !kept.is_empty() => Err(GitError::KeptAside { cause: Box::new(cause), kept }),
            _ => ended,
        }
    }

    fn must_be_clean(&self, sides: &Sides, paths: &[RelPath]) -> Result<(), GitError> {
        let unclean = self.dirty(&sides.old.to_string(), paths)?;
        if unclean.is_empty() { Ok(()) } else { Err(GitError::NotClean { paths: unclean }) }
    }

    /// An error says whether the index had been written by then.
    fn carry_out<'s>(
        &self,
        repo: &Repository,
        land: &Land<'_>,
        sides: &'s Sides,
        staged: &Staged<'_>,
        swap: &mut Swap<'s>,
    ) -> Result<(), (GitError, bool)> {
        let before = |e| (e, false);
        swap.put(staged, &sides.exchanges(Side::New)).map_err(before)?;
        self.record(repo, sides, Side::New, swap).map_err(before)?;
        swap.must_be_unchanged().and_then(|()| self.move_branch(repo, land)).map_err(|e| (e, true))
    }

    fn move_branch(&self, repo: &Repository, land: &Land<'_>) -> Result<(), GitError> {
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

    /// Makes the index say what one side has. Times go in only of files that are still those that we put: a save
    /// that came since must show as a change.
    fn record(&self, repo: &Repository, sides: &Sides, side: Side, swap: &Swap<'_>) -> Result<(), GitError> {
        let mut index = fresh_index(repo)?;
        let targets = sides.changes.iter().map(|c| (&c.path, side.of(c)));
        let stamp = |path: &RelPath| {
            let Some(put) = swap.files_put().get(path) else { return Ok(None) };
            Ok(kind_at(&self.workdir().join(path.as_str()))?.filter(|now| is_same_file(now, put)))
        };
        record(&mut index, targets, stamp).map_err(|e| self.index_error(e))
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
        Staged::new(repo, &tree, self.landing_dir(land).join(side.name()), targets)
    }

    /// Where files are kept that are on their way into or out of the working tree. The name is known after a crash.
    fn landing_dir(&self, land: &Land<'_>) -> PathBuf {
        self.common_dir().join("aksara/landing").join(land.new)
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
        let repaired = match &tip {
            Some(tip) if tip == land.new => Some(Repaired::New),
            Some(tip) if tip == land.expected => Some(Repaired::Old),
            // The user went on from there: the branch moves last, so the landing was complete.
            Some(tip) if is_ancestor(&repo, land.new, tip)? => return self.sweep(&repo, land),
            _ => None,
        };
        let sides = Sides::of(&repo, land)?;
        let (to, from) = match repaired {
            Some(Repaired::New) => (Side::New, Side::Old),
            _ => (Side::Old, Side::New),
        };
        let tree = repo.find_tree(sides.id(to)).doing("read the tree to land")?;
        let check = Check::new(&repo, self.workdir(), &tree)?;
        let mut swap = Swap::new(&check, self.workdir(), self.landing_dir(land));
        // First of all nothing of the user's is left where nobody looks. What a landing that arrived has removed
        // was looked at, and is not wanted back.
        swap.recover(&sides.exchanges(Side::New), repaired != Some(Repaired::New))?;
        let Some(repaired) = repaired else { return Err(moved(land, tip)) };
        must_be_on(&repo, land.branch)?;
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
            let mut exchanges = sides.exchanges(to);
            exchanges.retain(|e| wrong.iter().any(|w| !w.in_index && w.path == *e.path));
            let staged = self.stage(&repo, land, &sides, to)?;
            if let Err(cause) = swap.put(&staged, &exchanges) {
                swap.take_back()?;
                return Err(cause);
            }
            self.record(&repo, &sides, to, &swap)?;
        }
        self.remove_staged(land);
        swap.clear();
        Ok(repaired)
    }

    /// Removes what the killed process of a landing left that was complete.
    fn sweep(&self, repo: &Repository, land: &Land<'_>) -> Result<Repaired, GitError> {
        let sides = Sides::of(repo, land)?;
        let tree = repo.find_tree(sides.new).doing("read the tree that was landed")?;
        let check = Check::new(repo, self.workdir(), &tree)?;
        let mut swap = Swap::new(&check, self.workdir(), self.landing_dir(land));
        swap.sweep(&sides.exchanges(Side::New))?;
        self.remove_staged(land);
        swap.clear();
        Ok(Repaired::New)
    }

    /// Files on their way that a killed process left; nothing depends on their going.
    fn remove_staged(&self, land: &Land<'_>) {
        for side in [Side::Old, Side::New] {
            let _ = crate::place::remove_folder(&self.landing_dir(land).join(side.name()));
        }
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
    fn name(self) -> &'static str {
        match self {
            Side::Old => "old",
            Side::New => "new",
        }
    }

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

    /// What has to happen to each path to bring one side about.
    fn exchanges(&self, side: Side) -> Vec<Exchange<'_>> {
        let other = match side {
            Side::Old => Side::New,
            Side::New => Side::Old,
        };
        self.changes.iter().map(|c| Exchange { path: &c.path, from: other.of(c), to: side.of(c) }).collect()
    }

    fn id(&self, side: Side) -> Oid {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}

/// Whether a file is the one that was put, and nobody has written to it. A rename changes the inode's own time.
fn is_same_file(now: &Metadata, put: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (now.dev(), now.ino()) != (put.dev(), put.ino()) {
            return false;
        }
    }
    now.len() == put.len() && now.modified().ok() == put.modified().ok()
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
