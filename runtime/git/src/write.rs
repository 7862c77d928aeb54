//! Writing objects: trees made from a parent tree and changes, checkpoints, merges of trees.
//!
//! No index and no file of the working tree is touched, so the cost grows with the change and not with the
//! repository.

use std::collections::BTreeMap;

use aksara_protocol::RelPath;
use git2::{Oid, Repository, Signature, Time, Tree};

use crate::error::{Doing, GitError};
use crate::read::{EntryKind, find_tree, rel_path};
use crate::repo::{Repo, oid};

/// The kind of file that a content is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As the file is now; a plain file if it is new. A link is refused.
    Keep,
    /// A plain file.
    File,
    /// A file with the executable bit.
    Executable,
    /// A symbolic link; the content is the path it points to.
    Symlink,
}

/// What becomes of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    /// The path.
    pub path: RelPath,
    /// Its new content, as git stores it, and kind; `None` deletes it.
    pub content: Option<(Vec<u8>, Mode)>,
}

/// The result of a three-way merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The merged tree.
    Clean(String),
    /// The paths that both sides changed in ways that do not fit, sorted. Nothing was written.
    Conflicts(Vec<RelPath>),
}

/// Trees are written folder by folder, each within the call for the one above.
pub(crate) const MAX_DEPTH: usize = 200;

/// Checkpoints are Aksara's, not the user's, and the same steps give the same ids.
const IDENTITY: (&str, &str) = ("Aksara", "aksara@localhost");

impl Repo {
    /// Writes the tree that `changes` make of `parent_tree`, and returns its id. A folder whose last file goes
    /// is gone. A file may take the place of a folder that the same changes empty, and the other way round.
    ///
    /// # Errors
    /// [`GitError::NoSuchFile`] for deleting what is not there, [`GitError::InTheWay`] for a file in a folder's
    /// place or a folder in a file's, [`GitError::IsSymlink`], [`GitError::BelowSymlink`] and
    /// [`GitError::BelowSubmodule`], [`GitError::Twice`] for a path named twice, [`GitError::TooDeep`].
    pub fn write_tree(&self, parent_tree: &str, changes: &[TreeChange]) -> Result<String, GitError> {
        let mut top = Folder::default();
        for change in changes {
            if change.path.as_str().split('/').count() > MAX_DEPTH {
                return Err(GitError::TooDeep { path: change.path.clone(), limit: MAX_DEPTH });
            }
            top.insert(change.path.as_str(), change)?;
        }
        let repo = self.lock();
        let parent = find_tree(&repo, parent_tree)?;
        let id = match write_folder(&repo, Some(&parent), "", &top)? {
            Some(id) => id,
            None => repo.treebuilder(None).and_then(|b| b.write()).doing("write an empty tree")?,
        };
        Ok(id.to_string())
    }

    /// Makes a commit that no ref names, with Aksara's own identity: the same arguments, the same id.
    /// `when` is in seconds since 1970.
    ///
    /// # Errors
    /// If the tree or the parent is not there.
    pub fn checkpoint(&self, tree: &str, parent: &str, message: &str, when: i64) -> Result<String, GitError> {
        let repo = self.lock();
        let (name, email) = IDENTITY;
        let who =
            Signature::new(name, email, &Time::new(when, 0)).doing("make the checkpoint's signature")?;
        let tree = find_tree(&repo, tree)?;
        let parent = repo.find_commit(oid(parent)?).doing(format!("read the commit {parent}"))?;
        let id = repo.commit(None, &who, &who, message, &tree, &[&parent]).doing("write a checkpoint")?;
        Ok(id.to_string())
    }

    /// Merges two trees over their common base, line by line, following renames. Only objects are written.
    ///
    /// # Errors
    /// If a tree is not there, or a path in conflict is no [`RelPath`].
    pub fn merge_trees(&self, base: &str, ours: &str, theirs: &str) -> Result<Merged, GitError> {
        let repo = self.lock();
        let (base, ours, theirs) =
            (find_tree(&repo, base)?, find_tree(&repo, ours)?, find_tree(&repo, theirs)?);
        let mut index = repo.merge_trees(&base, &ours, &theirs, None).doing("merge the trees")?;
        if !index.has_conflicts() {
            let tree = index.write_tree_to(&repo).doing("write the merged tree")?;
            return Ok(Merged::Clean(tree.to_string()));
        }
        let mut paths = std::collections::BTreeSet::new();
        for conflict in index.conflicts().doing("read the conflicts of a merge")? {
            let conflict = conflict.doing("read the conflicts of a merge")?;
            for side in [conflict.ancestor, conflict.our, conflict.their].into_iter().flatten() {
                paths.insert(rel_path(&side.path)?);
            }
        }
        Ok(Merged::Conflicts(paths.into_iter().collect()))
    }
}

/// Changes by folder: what happens to each name, and to what lies below it.
#[derive(Default)]
struct Folder<'c> {
    names: BTreeMap<&'c str, Name<'c>>,
}

#[derive(Default)]
struct Name<'c> {
    itself: Option<&'c TreeChange>,
    below: Option<Folder<'c>>,
}

impl<'c> Folder<'c> {
    fn insert(&mut self, rest: &'c str, change: &'c TreeChange) -> Result<(), GitError> {
        if let Some((first, below)) = rest.split_once('/') {
            let name = self.names.entry(first).or_default();
            return name.below.get_or_insert_default().insert(below, change);
        }
        let name = self.names.entry(rest).or_default();
        if name.itself.replace(change).is_some() {
            return Err(GitError::Twice { path: change.path.clone() });
        }
        Ok(())
    }

    fn any_change(&self) -> Option<&'c TreeChange> {
        self.names.values().find_map(|n| n.itself.or_else(|| n.below.as_ref().and_then(Folder::any_change)))
    }

    /// The first path below that gets content.
    fn any_content(&self) -> Option<&'c TreeChange> {
        self.names.values().find_map(|n| {
            n.itself
                .filter(|c| c.content.is_some())
                .or_else(|| n.below.as_ref().and_then(Folder::any_content))
        })
    }
}

/// The id of the folder after the changes, or `None` if nothing is left in it.
fn write_folder(
    repo: &Repository,
    old: Option<&Tree<'_>>,
    dir: &str,
    changes: &Folder<'_>,
) -> Result<Option<Oid>, GitError> {
    let mut builder = repo.treebuilder(old).doing("begin a tree")?;
    for (&name, change) in &changes.names {
        let path = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
        let entry = old.and_then(|tree| tree.get_name(name));
        let found = entry.map(|e| (e.id(), EntryKind::of(e.filemode())));
        match write_name(repo, found, &path, change)? {
            Some((id, kind)) => {
                builder.insert(name, id, kind.bits()).doing(format!("put `{path}` into a tree"))?;
            }
            None if found.is_some() => builder.remove(name).doing(format!("take `{path}` out of a tree"))?,
            None => {}
        }
    }
    if builder.is_empty() {
        return Ok(None);
    }
    Ok(Some(builder.write().doing(format!("write the folder `{dir}`"))?))
}

/// What one name of a folder becomes.
fn write_name(
    repo: &Repository,
    old: Option<(Oid, EntryKind)>,
    path: &str,
    name: &Name<'_>,
) -> Result<Option<(Oid, EntryKind)>, GitError> {
    let some_change = name.itself.or_else(|| name.below.as_ref().and_then(Folder::any_change));
    let Some(some_change) = some_change else { return Ok(old) };
    if matches!(old, Some((_, EntryKind::Submodule))) {
        return Err(GitError::BelowSubmodule { path: some_change.path.clone(), submodule: path.to_owned() });
    }
    let in_the_way =
        |path: &RelPath, other: &str| GitError::InTheWay { path: path.clone(), other: other.to_owned() };
    let new_content = name.itself.and_then(|change| Some((change, change.content.as_ref()?)));

    // What is below goes first: it decides whether the name is free for a file.
    let mut left = old;
    if let Some(below) = &name.below {
        let folder = match old {
            Some((id, EntryKind::Folder)) => {
                Some(repo.find_tree(id).doing(format!("read the folder `{path}`"))?)
            }
            // The same changes take the file away, so that a folder may stand in its place.
            Some(_) if matches!(name.itself, Some(change) if change.content.is_none()) => None,
            Some((_, EntryKind::Symlink)) => {
                return Err(GitError::BelowSymlink {
                    path: some_below(below, some_change),
                    link: path.to_owned(),
                });
            }
            Some(_) => return Err(in_the_way(&some_below(below, some_change), path)),
            None => None,
        };
        if let (Some((change, _)), Some(other)) = (new_content, below.any_content()) {
            return Err(in_the_way(&change.path, other.path.as_str()));
        }
        left = write_folder(repo, folder.as_ref(), path, below)?.map(|id| (id, EntryKind::Folder));
    }
    let Some(change) = name.itself else { return Ok(left) };
    match (&change.content, left) {
        (None, Some((_, EntryKind::Folder))) if name.below.is_some() && is_content(old) => Ok(left),
        (None, Some((_, kind))) if kind.has_content() => Ok(None),
        (None, None) if is_content(old) => Ok(None),
        (None, _) => Err(GitError::NoSuchFile { path: change.path.clone() }),
        (Some(_), Some((_, EntryKind::Folder))) => Err(in_the_way(&change.path, &format!("{path}/"))),
        (Some((content, mode)), left) => {
            let kind = new_kind(*mode, left.map(|(_, kind)| kind), &change.path)?;
            let id = repo.blob(content).doing(format!("store `{path}`"))?;
            Ok(Some((id, kind)))
        }
    }
}

fn is_content(entry: Option<(Oid, EntryKind)>) -> bool {
    entry.is_some_and(|(_, kind)| kind.has_content())
}

fn some_below(below: &Folder<'_>, or: &TreeChange) -> RelPath {
    below.any_change().unwrap_or(or).path.clone()
}

fn new_kind(mode: Mode, old: Option<EntryKind>, path: &RelPath) -> Result<EntryKind, GitError> {
    match (mode, old) {
        (Mode::Keep, Some(EntryKind::Symlink)) => Err(GitError::IsSymlink { path: path.clone() }),
        (Mode::Keep, Some(EntryKind::Executable)) | (Mode::Executable, _) => Ok(EntryKind::Executable),
        (Mode::Keep | Mode::File, _) => Ok(EntryKind::File),
        (Mode::Symlink, _) => Ok(EntryKind::Symlink),
    }
}
