//! A run's worktree: making it, keeping it in step with checkpoints, and removing it and nothing else.
//!
//! Every worktree of ours is in a register in the repository's own folder, written before the worktree is made
//! and removed last. Only what is in the register is ever removed.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aksara_protocol::RelPath;
use git2::{ObjectType, Oid, Repository};

use crate::dirty::fresh_index;
use crate::disk::kind_at;
use crate::error::{Doing, GitError, IoDoing};
use crate::place::{Staged, differences, record, remove_folder};
use crate::program::GitProgram;
use crate::read::Entry;
use crate::repo::{Repo, oid};

/// A worktree that Aksara made, outside the user's.
pub struct Worktree {
    pub(crate) inner: Mutex<Repository>,
    pub(crate) path: PathBuf,
    name: String,
    behind: Mutex<Behind>,
}

/// What the index and HEAD of a worktree do not say yet. Writing an index costs as much as the repository has
/// files, so it is done when something is going to read it, and not for each checkpoint.
#[derive(Debug, Default)]
struct Behind {
    paths: BTreeMap<RelPath, Written>,
    head: Option<Oid>,
}

/// What a sync put in a place: nothing, or an entry and the file's stamp.
#[derive(Debug)]
struct Written {
    entry: Option<Entry>,
    stamp: Option<Metadata>,
}

/// The stamp of a file that was put. Where it cannot be told there is none, and git reads the file once: what was put
/// is known all the same.
fn stamp_of(full: &Path) -> Option<Metadata> {
    kind_at(full).ok().flatten()
}

impl std::fmt::Debug for Worktree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worktree").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Worktree {
    /// Makes a worktree at `path`, whose last component is the run's name, with the files of `commit`, a detached
    /// HEAD, and a lock that says `lock_reason`. After a failure nothing of it is left.
    ///
    /// # Errors
    /// [`GitError::BadWorktreePath`], [`GitError::Program`], [`GitError::TimedOut`].
    pub fn add(
        repo: &Repo,
        git: &GitProgram,
        path: &Path,
        commit: &str,
        lock_reason: &str,
    ) -> Result<Worktree, GitError> {
        let bad = |why| GitError::BadWorktreePath { path: path.to_owned(), why };
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| RelPath::new(*name).is_ok())
            .ok_or_else(|| bad("its last component is not a usable name"))?;
        let parent = path.parent().filter(|_| path.is_absolute()).ok_or_else(|| bad("it is not absolute"))?;
        std::fs::create_dir_all(parent).doing("make the folder", parent)?;
        let parent = parent.canonicalize().doing("open", parent)?;
        if parent.starts_with(repo.workdir()) || parent.starts_with(repo.common_dir()) {
            return Err(bad("it is inside the repository"));
        }
        let path = parent.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(bad("something is there already"));
        }
        let register = Register::of(repo);
        if register.admin(name).exists() {
            return Err(bad("git has a worktree of that name already"));
        }
        register.enter(name, &path)?;
        match add_and_lock(repo, git, &register, name, &path, commit, lock_reason) {
            Ok(inner) => Ok(Worktree::new(inner, path, name.to_owned())),
            Err(cause) => {
                // The first error is the one to tell; what is left stays in the register for the next start.
                let _ = discard(repo, git, &register, name, &path);
                Err(cause)
            }
        }
    }

    /// Opens a worktree that [`Worktree::add`] made. If it was closed without [`Worktree::ready`], its index may be
    /// behind its files: [`Worktree::restore`] mends that.
    ///
    /// # Errors
    /// [`GitError::NotOurWorktree`] for anything else.
    pub fn open(path: &Path) -> Result<Worktree, GitError> {
        let not_ours = || GitError::NotOurWorktree { path: path.to_owned() };
        let real = path.canonicalize().map_err(|_| not_ours())?;
        let inner = Repository::open(&real).map_err(|_| not_ours())?;
        let name = real.file_name().and_then(|n| n.to_str()).ok_or_else(not_ours)?.to_owned();
        let register = Register { common_dir: inner.commondir().to_owned() };
        if !inner.is_worktree() || register.path_of(&name).as_deref() != Some(real.as_path()) {
            return Err(not_ours());
        }
        Ok(Worktree::new(inner, real, name))
    }

    fn new(inner: Repository, path: PathBuf, name: String) -> Worktree {
        Worktree { inner: Mutex::new(inner), path, name, behind: Mutex::default() }
    }

    /// Its folder: absolute, without symbolic links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An id means the same in the worktree only if it is one of the same repository.
    pub(crate) fn must_belong_to(&self, repo: &Repo) -> Result<(), GitError> {
        match same_place(self.lock().commondir(), repo.common_dir()) {
            true => Ok(()),
            false => Err(GitError::NotOurWorktree { path: self.path.clone() }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Repository> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the files that differ between `from` and `to` (each a tree or a commit) to what `to` has. The index
    /// follows at [`Worktree::ready`]. If `to` is a commit, so does the detached HEAD, and `git status` says clean
    /// then; if it is a tree, HEAD stays, so that the difference is staged, which is what
    /// [`Repo::commit_in_worktree`] needs.
    ///
    /// What stands in the way is removed: the worktree is ours. Files that do not differ between the two are not
    /// looked at; [`Worktree::restore`] does that.
    ///
    /// # Errors
    /// [`GitError::NotOurWorktree`] if it is another repository's. If a file cannot be written: then call
    /// [`Worktree::restore`], or remove the worktree.
    pub fn sync(&self, repo: &Repo, from: &str, to: &str) -> Result<(), GitError> {
        self.must_belong_to(repo)?;
        let repo = self.lock();
        let tree_at = |id: &str| {
            let object = repo.find_object(oid(id)?, None).doing(format!("find {id}"))?;
            object.peel_to_tree().doing(format!("read the tree of {id}"))
        };
        let (old, new) = (tree_at(from)?, tree_at(to)?);
        let changes = differences(&repo, &old, &new)?;
        if !changes.is_empty() {
            let targets = changes.iter().map(|c| (&c.path, c.new.as_ref())).collect();
            let staged = Staged::new(&repo, &new, self.staging(), targets)?;
            staged.put(&self.path)?;
            staged.clear();
        }
        let written = changes.into_iter().map(|change| {
            // Of the file as it was written: what comes to it before the index follows is a change.
            let stamp = change.new.as_ref().and_then(|_| stamp_of(&self.path.join(change.path.as_str())));
            (change.path, Written { entry: change.new, stamp })
        });
        self.behind().paths.extend(written);
        self.follow(&repo, to)
    }

    /// Brings the index, and HEAD, to where the files are: to be called before a process works in the worktree,
    /// which may be git or call it. Without a [`Worktree::sync`] since the last time it costs nothing.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub fn ready(&self) -> Result<(), GitError> {
        let repo = self.lock();
        let mut behind = self.behind();
        if !behind.paths.is_empty() {
            let targets = behind.paths.iter().map(|(path, written)| (path, written.entry.as_ref()));
            let stamp = |path: &RelPath| Ok(behind.paths.get(path).and_then(|w| w.stamp.clone()));
            record(&mut fresh_index(&repo)?, targets, stamp)?;
            behind.paths.clear();
        }
        if let Some(head) = behind.head {
            repo.set_head_detached(head).doing("move the worktree's HEAD")?;
            behind.head = None;
        }
        Ok(())
    }

    /// Moves the detached HEAD to `commit`, and touches nothing else.
    ///
    /// # Errors
    /// If there is no such commit.
    pub fn set_head(&self, commit: &str) -> Result<(), GitError> {
        self.behind().head = None;
        self.lock().set_head_detached(oid(commit)?).doing("move the worktree's HEAD")
    }

    /// Has HEAD follow to `to` at the next [`Worktree::ready`], if it is a commit.
    pub(crate) fn follow(&self, repo: &Repository, to: &str) -> Result<(), GitError> {
        let to = repo.find_object(oid(to)?, None).doing(format!("find {to}"))?;
        if to.kind() == Some(ObjectType::Commit) {
            self.behind().head = Some(to.id());
        }
        Ok(())
    }

    /// The index has just been written for every file.
    pub(crate) fn index_is_whole(&self) {
        self.behind().paths.clear();
    }

    fn behind(&self) -> MutexGuard<'_, Behind> {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where new files are written first: beside, so that a rename brings them into place.
    pub(crate) fn staging(&self) -> PathBuf {
        staging_of(&self.path)
    }

    /// Removes the worktree, whatever is in it, and its entry in the register.
    ///
    /// # Errors
    /// [`GitError::NotOurWorktree`] if the folder is not provably ours: then it is left as it is.
    pub fn remove(self, repo: &Repo, git: &GitProgram) -> Result<(), GitError> {
        let Worktree { inner, path, name, .. } = self;
        drop(inner);
        discard(repo, git, &Register::of(repo), &name, &path)
    }

    /// Whether any worktree is in the register, in use or not. It is one look at a folder.
    #[must_use]
    pub fn is_any_left(repo: &Repo) -> bool {
        std::fs::read_dir(Register::of(repo).dir()).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Removes the worktrees below `root` that are in the register and whose name is not `alive` (asked right before),
    /// finished or half made, and returns their names. One that cannot be removed stays in the register for the next time.
    ///
    /// # Errors
    /// If the register cannot be read.
    pub fn prune_orphans(
        repo: &Repo,
        git: &GitProgram,
        root: &Path,
        alive: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>, GitError> {
        let register = Register::of(repo);
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let mut pruned = Vec::new();
        for name in register.names()? {
            let Some(path) = register.path_of(&name) else { continue };
            if path.parent() != Some(root.as_path()) || alive(&name) {
                continue;
            }
            if discard(repo, git, &register, &name, &path).is_ok() {
                pruned.push(name);
            }
        }
        Ok(pruned)
    }
}

fn staging_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".staging");
    path.with_file_name(name)
}

fn add_and_lock(
    repo: &Repo,
    git: &GitProgram,
    register: &Register,
    name: &str,
    path: &Path,
    commit: &str,
    lock_reason: &str,
) -> Result<Repository, GitError> {
    let mut command = git.command(repo.workdir());
    command.args(["worktree", "add", "--quiet", "--detach", "--lock"]).arg(path).arg(commit);
    git.must(command, "git worktree add")?;
    let lock = register.admin(name).join("locked");
    std::fs::write(&lock, lock_reason).doing("write", &lock)?;
    Repository::open(path).doing("open the new worktree")
}

/// Removes one worktree of the register: by git, and what git refuses or does not know, by hand if it is ours.
fn discard(
    repo: &Repo,
    git: &GitProgram,
    register: &Register,
    name: &str,
    path: &Path,
) -> Result<(), GitError> {
    let admin = register.admin(name);
    if !register.admin_is_for(name, path) {
        // Git knows another worktree by this name: neither it nor its folder is ours to remove.
        return Err(GitError::NotOurWorktree { path: path.to_owned() });
    }
    if admin.exists() && path.exists() {
        let mut command = git.command(repo.workdir());
        // Twice: it is locked, and what a run leaves in it is in the checkpoints.
        command.args(["worktree", "remove", "--force", "--force"]).arg(path);
        // What git does not remove is judged below.
        let _ = git.must(command, "git worktree remove");
    }
    if path.symlink_metadata().is_ok() {
        if !folder_is_for(path, &admin) {
            return Err(GitError::NotOurWorktree { path: path.to_owned() });
        }
        remove_folder(path)?;
    }
    remove_folder(&admin)?;
    remove_folder(&staging_of(path))?;
    register.strike(name)
}

/// Whether a folder is the one that the entry `admin` was made for: its `.git` says so, or it is empty.
fn folder_is_for(path: &Path, admin: &Path) -> bool {
    if !path.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        return false;
    }
    match std::fs::read_to_string(path.join(".git")) {
        Ok(text) => {
            text.strip_prefix("gitdir: ").is_some_and(|dir| same_place(&path.join(dir.trim_end()), admin))
        }
        Err(_) => std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()),
    }
}

/// Whether two paths name one place, even if the last component is gone.
fn same_place(one: &Path, two: &Path) -> bool {
    let real = |path: &Path| {
        path.parent()
            .and_then(|p| p.canonicalize().ok())
            .map(|parent| parent.join(path.file_name().unwrap_or_default()))
    };
    one == two || real(one).is_some_and(|one| Some(one) == real(two))
}

/// The worktrees that Aksara made in one repository: a file each, named by the run, holding the path.
struct Register {
    common_dir: PathBuf,
}

impl Register {
    fn of(repo: &Repo) -> Register {
        Register { common_dir: repo.common_dir().to_owned() }
    }

    fn dir(&self) -> PathBuf {
        self.common_dir.join("aksara/worktrees")
    }

    /// Git's own folder for the worktree.
    fn admin(&self, name: &str) -> PathBuf {
        self.common_dir.join("worktrees").join(name)
    }

    fn enter(&self, name: &str, path: &Path) -> Result<(), GitError> {
        let text = path
            .to_str()
            .ok_or_else(|| GitError::BadWorktreePath { path: path.to_owned(), why: "it is not UTF-8" })?;
        let (dir, file) = (self.dir(), self.dir().join(name));
        std::fs::create_dir_all(&dir).doing("make the folder", &dir)?;
        std::fs::write(&file, text).doing("write", &file)
    }

    fn path_of(&self, name: &str) -> Option<PathBuf> {
        std::fs::read_to_string(self.dir().join(name)).ok().filter(|text| !text.is_empty()).map(PathBuf::from)
    }

    fn names(&self) -> Result<Vec<String>, GitError> {
        let dir = self.dir();
        if !dir.exists() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&dir).doing("list", &dir)? {
            names.extend(entry.doing("list", &dir)?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    /// Whether git's folder of that name, if there is one, is for the worktree at `path`. One that was left half
    /// made says nothing yet, and the register has the name.
    fn admin_is_for(&self, name: &str, path: &Path) -> bool {
        match std::fs::read_to_string(self.admin(name).join("gitdir")) {
            Ok(text) => same_place(&self.admin(name).join(text.trim_end()), &path.join(".git")),
            Err(_) => true,
        }
    }

    fn strike(&self, name: &str) -> Result<(), GitError> {
        let file = self.dir().join(name);
        match std::fs::remove_file(&file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).doing("remove", &file),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_file_that_cannot_be_looked_at_has_no_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        assert_eq!(stamp_of(&file).unwrap().len(), 4);
        assert!(stamp_of(&folder.path().join("missing")).is_none());
        let unreachable = folder.path().join("x".repeat(300));
        assert!(kind_at(&unreachable).is_err());
        assert!(stamp_of(&unreachable).is_none());
    }
}
