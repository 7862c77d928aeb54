//! Putting files in their places: staged beside, then renamed, so that no file is ever half written.
//!
//! The bytes and modes are those that git's own checkout gives (line endings, links). Whether a path may be
//! written at all is the caller's question.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aksara_protocol::RelPath;
use git2::build::CheckoutBuilder;
use git2::{Index, IndexEntry, IndexTime, Repository, Tree};

use crate::disk::kind_at;
use crate::error::{Doing, GitError, IoDoing};
use crate::read::{Entry, EntryKind, changed_between, entry_of};
use crate::repo::oid;

/// A path that two trees have differently.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) path: RelPath,
    pub(crate) old: Option<Entry>,
    pub(crate) new: Option<Entry>,
}

/// What differs between two trees. A submodule that differs is refused.
pub(crate) fn differences(
    repo: &Repository,
    old: &Tree<'_>,
    new: &Tree<'_>,
) -> Result<Vec<Difference>, GitError> {
    let mut found = Vec::new();
    for path in changed_between(repo, old, new)? {
        let side = |tree| content_of(repo, tree, &path);
        found.push(Difference { old: side(old)?, new: side(new)?, path });
    }
    Ok(found)
}

/// The file or link that a tree has at a path; below a link it has none.
pub(crate) fn content_of(
    repo: &Repository,
    tree: &Tree<'_>,
    path: &RelPath,
) -> Result<Option<Entry>, GitError> {
    match entry_of(repo, tree, path) {
        Ok(Some(entry)) if entry.kind == EntryKind::Submodule => {
            Err(GitError::BelowSubmodule { path: path.clone(), submodule: path.to_string() })
        }
        Ok(entry) => Ok(entry.filter(|e| e.kind.has_content())),
        Err(GitError::BelowSymlink { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Whose files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// The user's: anything unexpected in the way is an error.
    Users,
    /// A worktree of ours: what is in the way goes.
    Ours,
}

/// Files of one tree, written into a folder beside, ready to be renamed into their places.
pub(crate) struct Staged<'t> {
    dir: PathBuf,
    /// Every path in question, and what the tree has there.
    targets: Vec<(&'t RelPath, Option<&'t Entry>)>,
}

impl<'t> Staged<'t> {
    /// Writes the files below `dir`, which must be free or a left-over of the same kind.
    pub(crate) fn new(
        repo: &Repository,
        tree: &Tree<'_>,
        dir: PathBuf,
        targets: Vec<(&'t RelPath, Option<&'t Entry>)>,
    ) -> Result<Self, GitError> {
        remove_folder(&dir)?;
        std::fs::create_dir_all(&dir).doing("make the folder", &dir)?;
        // The library compares with HEAD's tree and the index, and gets a file in a folder's place wrong. A handle
        // whose index is empty makes it compare with nothing; reading the real index would cost more than this.
        let blank = Repository::open(repo.path()).doing("open the repository again")?;
        blank.set_index(&mut Index::new().doing("make an empty index")?).doing("use an empty index")?;
        let tree = blank.find_tree(tree.id()).doing("read the tree to write")?;
        let mut options = CheckoutBuilder::new();
        options.force().update_index(false).refresh(false).disable_pathspec_match(true).target_dir(&dir);
        let mut any = false;
        for (path, _) in targets.iter().filter(|(_, target)| target.is_some()) {
            options.path(path.as_str());
            any = true;
        }
        // Without a path the library would write the whole tree.
        if any {
            blank.checkout_tree(tree.as_object(), Some(&mut options)).doing("write the new files")?;
        }
        Ok(Staged { dir, targets })
    }

    /// Brings the files to their places below the worktree `root` of ours, those that go first. What is in the
    /// way goes. The user's files are the business of [`crate::swap`].
    pub(crate) fn put(&self, root: &Path) -> Result<(), GitError> {
        for (path, _) in self.targets.iter().filter(|(_, target)| target.is_none()) {
            take_away(root, path)?;
        }
        for (path, _) in self.targets.iter().filter(|(_, target)| target.is_some()) {
            make_room(root, path, Ground::Ours)?;
            let full = root.join(path.as_str());
            // Beside each other, so on one file system.
            std::fs::rename(self.file(path), &full).doing("write", &full)?;
        }
        Ok(())
    }

    /// Where the file for a path is staged.
    pub(crate) fn file(&self, path: &RelPath) -> PathBuf {
        self.dir.join(path.as_str())
    }

    /// Removes the folder beside.
    pub(crate) fn clear(&self) {
        // Left-overs are replaced by the next use of the folder; nothing depends on their going.
        let _ = remove_folder(&self.dir);
    }
}

/// Makes the index say what was put at each path. A file's times go in if `stamp` gives what is known of it: without
/// them git reads the file once.
pub(crate) fn record<'t>(
    index: &mut Index,
    targets: impl Iterator<Item = (&'t RelPath, Option<&'t Entry>)> + Clone,
    stamp: impl Fn(&RelPath) -> Result<Option<Metadata>, GitError>,
) -> Result<(), GitError> {
    for (path, _) in targets.clone() {
        for stage in 0..=3 {
            match index.remove(Path::new(path.as_str()), stage) {
                Err(e) if e.code() != git2::ErrorCode::NotFound => {
                    return Err(e).doing(format!("take `{path}` out of the index"));
                }
                _ => {}
            }
        }
    }
    for (path, target) in targets {
        let Some(entry) = target else { continue };
        let made = index_entry(path, entry, stamp(path)?.as_ref())?;
        index.add(&made).doing(format!("put `{path}` into the index"))?;
    }
    index.write().doing("write the index")
}

/// Removes a folder of ours with all that is in it; links in it are removed and not followed.
pub(crate) fn remove_folder(dir: &Path) -> Result<(), GitError> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e).doing("remove the folder", dir),
        _ => Ok(()),
    }
}

/// Removes the file, and the folders that are empty then. A path below a link or a file is not there.
fn take_away(root: &Path, path: &RelPath) -> Result<(), GitError> {
    for (at, _) in path.as_str().match_indices('/') {
        match kind_at(&root.join(&path.as_str()[..at]))? {
            Some(meta) if meta.is_dir() => {}
            _ => return Ok(()),
        }
    }
    let full = root.join(path.as_str());
    match kind_at(&full)? {
        // A folder in a file's place is removed file by file, by the paths in it.
        Some(meta) if meta.is_dir() => return Ok(()),
        Some(_) => std::fs::remove_file(&full).doing("remove", &full)?,
        None => {}
    }
    remove_empty_above(root, path);
    Ok(())
}

/// Removes the folders above the path that are empty.
pub(crate) fn remove_empty_above(root: &Path, path: &RelPath) {
    let mut folder = path.parent();
    while let Some(dir) = folder {
        // Fails where something is left in it, which ends the walk.
        if std::fs::remove_dir(root.join(dir.as_str())).is_err() {
            break;
        }
        folder = dir.parent();
    }
}

/// Removes a file or link, if there is one.
pub(crate) fn remove_if_there(full: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(full) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Makes the folders above the path, and sees that no folder stands in its place.
pub(crate) fn make_room(root: &Path, path: &RelPath, ground: Ground) -> Result<(), GitError> {
    let in_the_way = |other: &str| GitError::InTheWay { path: path.clone(), other: other.to_owned() };
    for (at, _) in path.as_str().match_indices('/') {
        let above = &path.as_str()[..at];
        let full = root.join(above);
        match kind_at(&full)? {
            Some(meta) if meta.is_dir() => continue,
            Some(_) if ground == Ground::Users => return Err(in_the_way(above)),
            Some(_) => std::fs::remove_file(&full).doing("remove", &full)?,
            None => {}
        }
        std::fs::create_dir(&full).doing("make the folder", &full)?;
    }
    let full = root.join(path.as_str());
    if kind_at(&full)?.is_some_and(|meta| meta.is_dir()) {
        match ground {
            Ground::Ours => remove_folder(&full)?,
            Ground::Users => {
                remove_empty_folders(&full).map_err(|_| in_the_way(&format!("{path}/")))?;
            }
        }
    }
    Ok(())
}

/// Removes a folder that has nothing but empty folders in it.
fn remove_empty_folders(dir: &Path) -> std::io::Result<()> {
    let mut folders = vec![dir.to_owned()];
    let mut searched = 0;
    while searched < folders.len() {
        for entry in std::fs::read_dir(&folders[searched])? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                return Err(ErrorKind::DirectoryNotEmpty.into());
            }
            folders.push(entry.path());
        }
        searched += 1;
    }
    folders.iter().rev().try_for_each(std::fs::remove_dir)
}

pub(crate) fn copy_file_or_link(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.symlink_metadata()?.is_symlink() {
        return symlink(&from.read_link()?, to);
    }
    std::fs::copy(from, to).map(drop)
}

#[cfg(unix)]
fn symlink(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(windows)]
fn symlink(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(target, at)
}

fn index_entry(path: &RelPath, entry: &Entry, meta: Option<&Metadata>) -> Result<IndexEntry, GitError> {
    let mut made = IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: entry.kind.bits().unsigned_abs(),
        uid: 0,
        gid: 0,
        // The format has 32 bits, and git compares no more.
        file_size: meta.map_or(0, |meta| meta.len() as u32),
        id: oid(entry.blob.as_str())?,
        flags: 0,
        flags_extended: 0,
        path: path.as_str().as_bytes().to_vec(),
    };
    if let Some(meta) = meta {
        stamp(&mut made, meta);
    }
    Ok(made)
}

/// What git remembers of a file to see without reading that it has not changed. The fields have 32 bits in the
/// index, and git compares no more.
#[cfg(unix)]
fn stamp(entry: &mut IndexEntry, meta: &Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    entry.ctime = IndexTime::new(meta.ctime() as i32, meta.ctime_nsec() as u32);
    entry.mtime = IndexTime::new(meta.mtime() as i32, meta.mtime_nsec() as u32);
    entry.dev = meta.dev() as u32;
    entry.ino = meta.ino() as u32;
    entry.uid = meta.uid();
    entry.gid = meta.gid();
}

/// Without a stamp git reads the file once.
#[cfg(not(unix))]
fn stamp(_: &mut IndexEntry, _: &Metadata) {}
