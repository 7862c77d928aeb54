//! Reading commits and trees. Nothing here looks at the disk's files, and nothing follows a symbolic link.

use std::sync::atomic::{AtomicBool, Ordering};

use aksara_protocol::{BlobId, RelPath};
use git2::{ErrorCode, Oid, Repository, Tree};

use crate::error::{Doing, GitError};
use crate::repo::{Repo, oid};
use crate::write::MAX_DEPTH;

/// What a path is in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A file with the executable bit.
    Executable,
    /// A symbolic link; its content is the path it points to.
    Symlink,
    /// Another repository's commit.
    Submodule,
    /// A folder.
    Folder,
}

impl EntryKind {
    pub(crate) fn of(mode: i32) -> EntryKind {
        match mode {
            0o040_000 => EntryKind::Folder,
            0o120_000 => EntryKind::Symlink,
            0o160_000 => EntryKind::Submodule,
            mode if mode & 0o111 != 0 => EntryKind::Executable,
            // Old repositories have group-writable files (100664), which mean the same.
            _ => EntryKind::File,
        }
    }

    pub(crate) fn bits(self) -> i32 {
        match self {
            EntryKind::Folder => 0o040_000,
            EntryKind::File => 0o100_644,
            EntryKind::Executable => 0o100_755,
            EntryKind::Symlink => 0o120_000,
            EntryKind::Submodule => 0o160_000,
        }
    }

    /// Whether it has content of its own: a file, executable or not, or a link.
    #[must_use]
    pub fn has_content(self) -> bool {
        matches!(self, EntryKind::File | EntryKind::Executable | EntryKind::Symlink)
    }
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The content's id; of a folder the tree's, of a submodule the commit's.
    pub blob: BlobId,
    /// What it is.
    pub kind: EntryKind,
}

/// What lies in a folder of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The entries, in git's order.
    pub entries: Vec<(RelPath, Entry)>,
    /// How many names were left out because they are not UTF-8, not portable, or too deep.
    pub skipped: usize,
}

impl Repo {
    /// What `path` is in `tree`, or `None` if it is not there.
    ///
    /// # Errors
    /// [`GitError::BelowSymlink`] and [`GitError::BelowSubmodule`] for a path that goes through one.
    pub fn entry(&self, tree: &str, path: &RelPath) -> Result<Option<Entry>, GitError> {
        let repo = self.lock();
        let tree = find_tree(&repo, tree)?;
        entry_of(&repo, &tree, path)
    }

    /// The content of a file or link.
    ///
    /// # Errors
    /// If there is no such object.
    pub fn blob(&self, id: &BlobId) -> Result<Vec<u8>, GitError> {
        let repo = self.lock();
        let blob = repo.find_blob(oid(id.as_str())?).doing(format!("read the content {id}"))?;
        Ok(blob.content().to_vec())
    }

    /// The size of a file's content in bytes, without reading it all where git's store allows.
    ///
    /// # Errors
    /// If there is no such object.
    pub fn blob_size(&self, id: &BlobId) -> Result<u64, GitError> {
        let repo = self.lock();
        let store = repo.odb().doing("open git's object store")?;
        let (size, _) = store.read_header(oid(id.as_str())?).doing(format!("read the size of {id}"))?;
        Ok(size as u64)
    }

    /// The id that git gives to `content`. Nothing is written.
    #[must_use]
    #[expect(clippy::expect_used, reason = "hashing bytes in memory with SHA-1 has no way to fail")]
    pub fn hash(&self, content: &[u8]) -> BlobId {
        let id = git2::Oid::hash_object(git2::ObjectType::Blob, content).expect("a blob's id");
        BlobId::new(id.to_string())
    }

    /// What lies in the folder `dir` (`""` is the top). Recursive: the files, links and submodules at any
    /// depth; else the direct children, folders too. Names that are no [`RelPath`] are left out; see
    /// [`Repo::listing`].
    ///
    /// # Errors
    /// [`GitError::NoSuchFolder`] if there is none or it is not a folder.
    pub fn list(&self, tree: &str, dir: &str, recursive: bool) -> Result<Vec<(RelPath, Entry)>, GitError> {
        Ok(self.listing(tree, dir, recursive)?.entries)
    }

    /// As [`Repo::list`], with the number of names that were left out.
    ///
    /// # Errors
    /// As [`Repo::list`].
    pub fn listing(&self, tree: &str, dir: &str, recursive: bool) -> Result<Listing, GitError> {
        self.listing_where(tree, dir, recursive, &|_| true)
    }

    /// As [`Repo::list`], recursive, without the files whose names are not `wanted`: leaving one out costs next to
    /// nothing.
    ///
    /// # Errors
    /// As [`Repo::list`].
    pub fn list_where(
        &self,
        tree: &str,
        dir: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(RelPath, Entry)>, GitError> {
        Ok(self.listing_where(tree, dir, true, wanted)?.entries)
    }

    /// Reads the folders below `dir` of a tree until `enough` is set, so that listing them takes less time afterwards.
    /// What cannot be read is met again by whoever lists it.
    pub fn read_ahead(&self, tree: &str, dir: &str, enough: &AtomicBool) {
        let repo = self.lock();
        let Ok(top) = find_tree(&repo, tree) else { return };
        let id = match RelPath::new(dir) {
            Ok(path) => entry_of(&repo, &top, &path).ok().flatten().and_then(|e| oid(e.blob.as_str()).ok()),
            Err(_) => Some(top.id()),
        };
        let mut folders = Vec::from_iter(id);
        while let Some(id) = folders.pop() {
            if enough.load(Ordering::Relaxed) {
                return;
            }
            if let Ok(folder) = repo.find_tree(id) {
                let below = folder.iter().filter(|e| EntryKind::of(e.filemode()) == EntryKind::Folder);
                folders.extend(below.map(|e| e.id()));
            }
        }
    }

    fn listing_where(
        &self,
        tree: &str,
        dir: &str,
        recursive: bool,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Listing, GitError> {
        let repo = self.lock();
        let top = find_tree(&repo, tree)?;
        let mut listing = Listing::default();
        if dir.is_empty() {
            list_into(&repo, &top, "", recursive, wanted, &mut listing)?;
            return Ok(listing);
        }
        let no_folder = || GitError::NoSuchFolder { dir: dir.to_owned() };
        let path = RelPath::new(dir).map_err(|_| no_folder())?;
        let entry =
            entry_of(&repo, &top, &path)?.filter(|e| e.kind == EntryKind::Folder).ok_or_else(no_folder)?;
        list_into(&repo, &find_tree(&repo, entry.blob.as_str())?, dir, recursive, wanted, &mut listing)?;
        Ok(listing)
    }

    /// The paths whose content, kind or existence differs between two trees, sorted. A rename is two paths.
    ///
    /// # Errors
    /// [`GitError::UnusableName`] if one of them is no [`RelPath`].
    pub fn changed_paths(&self, old_tree: &str, new_tree: &str) -> Result<Vec<RelPath>, GitError> {
        let repo = self.lock();
        changed_between(&repo, &find_tree(&repo, old_tree)?, &find_tree(&repo, new_tree)?)
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// If there is no such commit.
    pub fn commit_tree(&self, commit: &str) -> Result<String, GitError> {
        let repo = self.lock();
        let found = repo.find_commit(oid(commit)?).doing(format!("read the commit {commit}"))?;
        Ok(found.tree_id().to_string())
    }

    /// Whether a checkpoint reads back whole: the commit, its trees, and every content that its parent does not
    /// have (of a first commit: every content). After a power loss the newest objects may be empty files.
    #[must_use]
    pub fn is_complete(&self, commit: &str) -> bool {
        let repo = self.lock();
        let whole = || -> Result<bool, GitError> {
            let commit = repo.find_commit(oid(commit)?).doing("read a checkpoint")?;
            let parent = commit.parents().next().map(|p| p.tree_id());
            let mut complete = true;
            each_change(&repo, parent, Some(commit.tree_id()), |_, _, new| {
                complete &= new.is_none_or(|(id, mode)| {
                    EntryKind::of(mode) == EntryKind::Submodule || repo.find_blob(id).is_ok()
                });
                Ok(())
            })?;
            Ok(complete)
        };
        whole().unwrap_or(false)
    }

    /// The parents of a commit, first parent first.
    ///
    /// # Errors
    /// If there is no such commit.
    pub fn parents(&self, commit: &str) -> Result<Vec<String>, GitError> {
        let repo = self.lock();
        let found = repo.find_commit(oid(commit)?).doing(format!("read the commit {commit}"))?;
        Ok(found.parent_ids().map(|id| id.to_string()).collect())
    }

    /// The best common ancestor of two commits, or `None` if they have no history in common.
    ///
    /// # Errors
    /// If one of them is no commit.
    pub fn merge_base(&self, one: &str, two: &str) -> Result<Option<String>, GitError> {
        match self.lock().merge_base(oid(one)?, oid(two)?) {
            Ok(base) => Ok(Some(base.to_string())),
            Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
            Err(e) => Err(e).doing(format!("find the common ancestor of {one} and {two}")),
        }
    }

    /// Whether `ancestor` is in the history of `commit`, or is it.
    ///
    /// # Errors
    /// If one of them is no commit.
    pub fn is_ancestor(&self, ancestor: &str, commit: &str) -> Result<bool, GitError> {
        is_ancestor(&self.lock(), ancestor, commit)
    }
}

pub(crate) fn is_ancestor(repo: &Repository, ancestor: &str, commit: &str) -> Result<bool, GitError> {
    Ok(ancestor == commit
        || repo
            .graph_descendant_of(oid(commit)?, oid(ancestor)?)
            .doing(format!("compare the history of {commit} and {ancestor}"))?)
}

pub(crate) fn find_tree<'r>(repo: &'r Repository, id: &str) -> Result<Tree<'r>, GitError> {
    repo.find_tree(oid(id)?).doing(format!("read the tree {id}"))
}

pub(crate) fn entry_of(repo: &Repository, top: &Tree<'_>, path: &RelPath) -> Result<Option<Entry>, GitError> {
    let mut tree = top.clone();
    let mut rest = path.as_str();
    loop {
        let (name, below) = match rest.split_once('/') {
            Some((name, below)) => (name, Some(below)),
            None => (rest, None),
        };
        let Some(entry) = tree.get_name(name) else { return Ok(None) };
        let (id, kind) = (entry.id(), EntryKind::of(entry.filemode()));
        drop(entry);
        let Some(below) = below else {
            return Ok(Some(Entry { blob: BlobId::new(id.to_string()), kind }));
        };
        // Where on the way we are: the path without what is still to come.
        let here = || path.as_str()[..path.as_str().len() - below.len() - 1].to_owned();
        match kind {
            EntryKind::Folder => {}
            EntryKind::Symlink => return Err(GitError::BelowSymlink { path: path.clone(), link: here() }),
            EntryKind::Submodule => {
                return Err(GitError::BelowSubmodule { path: path.clone(), submodule: here() });
            }
            EntryKind::File | EntryKind::Executable => return Ok(None),
        }
        tree = repo.find_tree(id).doing(format!("read the folder `{}`", here()))?;
        rest = below;
    }
}

fn list_into(
    repo: &Repository,
    tree: &Tree<'_>,
    dir: &str,
    recursive: bool,
    wanted: &dyn Fn(&str) -> bool,
    listing: &mut Listing,
) -> Result<(), GitError> {
    for entry in tree {
        let name = std::str::from_utf8(entry.name_bytes());
        let kind = EntryKind::of(entry.filemode());
        if kind != EntryKind::Folder && name.is_ok_and(|name| !wanted(name)) {
            continue;
        }
        let path = name.ok().and_then(|name| {
            RelPath::new(if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }).ok()
        });
        let too_deep = kind == EntryKind::Folder && dir.split('/').count() >= MAX_DEPTH;
        let Some(path) = path.filter(|_| !too_deep) else {
            listing.skipped += 1;
            continue;
        };
        if recursive && kind == EntryKind::Folder {
            let below = repo.find_tree(entry.id()).doing(format!("read the folder `{path}`"))?;
            list_into(repo, &below, path.as_str(), true, wanted, listing)?;
        } else {
            listing.entries.push((path, Entry { blob: BlobId::new(entry.id().to_string()), kind }));
        }
    }
    Ok(())
}

/// Paths that differ between two trees, sorted.
pub(crate) fn changed_between(
    repo: &Repository,
    old: &Tree<'_>,
    new: &Tree<'_>,
) -> Result<Vec<RelPath>, GitError> {
    let mut paths = std::collections::BTreeSet::new();
    each_change(repo, Some(old.id()), Some(new.id()), |path, _, _| {
        paths.insert(rel_path(path)?);
        Ok(())
    })?;
    Ok(paths.into_iter().collect())
}

/// A file in a tree: its content and mode.
type Leaf = (Oid, i32);

/// Calls `found` for every path that is a file in one of two trees and not the same in the other. Only folders
/// that differ are looked into, so the cost is that of the change and not of the repository.
fn each_change(
    repo: &Repository,
    old: Option<Oid>,
    new: Option<Oid>,
    mut found: impl FnMut(&[u8], Option<Leaf>, Option<Leaf>) -> Result<(), GitError>,
) -> Result<(), GitError> {
    let mut pending = vec![(Vec::new(), old, new)];
    while let Some((folder, old, new)) = pending.pop() {
        if old == new {
            continue;
        }
        let (before, after) = (children(repo, old)?, children(repo, new)?);
        let names: std::collections::BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
        for name in names {
            let (old, new) = (before.get(name).copied(), after.get(name).copied());
            if old == new {
                continue;
            }
            let mut path = folder.clone();
            path.extend_from_slice(name);
            let tree = |side: Option<Leaf>| side.filter(|(_, mode)| *mode == TREE_MODE).map(|(id, _)| id);
            let file = |side: Option<Leaf>| side.filter(|(_, mode)| *mode != TREE_MODE);
            if file(old).is_some() || file(new).is_some() {
                found(&path, file(old), file(new))?;
            }
            if tree(old).is_some() || tree(new).is_some() {
                path.push(b'/');
                pending.push((path, tree(old), tree(new)));
            }
        }
    }
    Ok(())
}

/// Git's mode of a folder.
const TREE_MODE: i32 = 0o040_000;

fn children(
    repo: &Repository,
    tree: Option<Oid>,
) -> Result<std::collections::BTreeMap<Vec<u8>, Leaf>, GitError> {
    let Some(id) = tree else { return Ok(std::collections::BTreeMap::new()) };
    let tree = repo.find_tree(id).doing("read a tree")?;
    Ok(tree.iter().map(|e| (e.name_bytes().to_vec(), (e.id(), e.filemode()))).collect())
}

/// A path out of the repository as one of ours.
pub(crate) fn rel_path(name: &[u8]) -> Result<RelPath, GitError> {
    std::str::from_utf8(name)
        .ok()
        .and_then(|text| RelPath::new(text).ok())
        .ok_or_else(|| GitError::UnusableName { name: String::from_utf8_lossy(name).into_owned() })
}
