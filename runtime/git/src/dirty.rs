//! Whether given paths of the working tree and of the index are as a tree has them.
//!
//! The cost grows with the paths asked for, apart from one reading of the index. Line endings are compared as
//! git does (`text`, `eol`, `core.autocrlf`); nothing is written, not even refreshed times in the index.

use std::fmt;
use std::path::Path;

use aksara_protocol::RelPath;
use git2::{AttrCheckFlags, AttrValue, DiffOptions, Index, ObjectType, Oid, Repository, StatusOptions, Tree};

use crate::disk::{OnDisk, is_executable, look};
use crate::error::{Doing, GitError, IoDoing};
use crate::read::{Entry, EntryKind, entry_of, find_tree, rel_path};
use crate::repo::{Repo, oid};

/// A path that is not as a tree has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirty {
    /// The path. For something in the way it may be another path than the one asked for, above or below it.
    pub path: RelPath,
    /// How it differs.
    pub how: How,
}

impl fmt::Display for Dirty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path, self.how)
    }
}

/// How a path differs from a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// The file's content is another.
    Modified,
    /// The executable bit is another.
    ModeChanged,
    /// It is another kind of thing, such as a link for a file.
    KindChanged,
    /// The file is gone.
    Deleted,
    /// The tree has no such file, but the disk has.
    Untracked,
    /// The tree has no such file, but the disk has one that git ignores.
    Ignored,
    /// The index is another than the tree.
    Staged,
    /// The index holds a conflict that is not resolved.
    Conflicted,
    /// The way to it goes through a symbolic link, which is named.
    ThroughSymlink(String),
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::Modified => "modified",
            How::ModeChanged => "executable bit changed",
            How::KindChanged => "replaced by something else",
            How::Deleted => "deleted",
            How::Untracked => "not tracked by git",
            How::Ignored => "ignored by git",
            How::Staged => "staged",
            How::Conflicted => "in conflict",
            How::ThroughSymlink(link) => return write!(f, "through a symbolic link, `{link}`"),
        })
    }
}

impl Repo {
    /// Those of `paths` that are not, in the working tree and in the index, as `tree` has them. A path that is
    /// not in the tree must be free: a file there is reported even if git ignores it.
    ///
    /// # Errors
    /// [`GitError::BelowSubmodule`]; an index that cannot be read.
    pub fn dirty(&self, tree: &str, paths: &[RelPath]) -> Result<Vec<Dirty>, GitError> {
        let repo = self.lock();
        let tree = find_tree(&repo, tree)?;
        let index = fresh_index(&repo)?;
        let check = Check::new(&repo, self.workdir(), &tree)?;
        let mut found = check.index(&index, paths)?;
        for dirty in check.files(paths)? {
            if !found.iter().any(|d| d.path == dirty.path) {
                found.push(dirty);
            }
        }
        for dirty in found.iter_mut().filter(|dirty| dirty.how == How::Untracked) {
            // That it cannot be told is no reason not to name the file.
            if repo.is_path_ignored(dirty.path.as_str()).unwrap_or(false) {
                dirty.how = How::Ignored;
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// The files of the working tree that are not as HEAD has them, those among them that git does not track, or ignores
    /// by themselves. What is in ignored folders is not looked for.
    ///
    /// # Errors
    /// The status cannot be told.
    pub fn uncommitted(&self) -> Result<Vec<RelPath>, GitError> {
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .include_ignored(true)
            .exclude_submodules(true)
            .no_refresh(true);
        let repo = self.lock();
        let statuses = repo.statuses(Some(&mut options)).doing("look for what is not committed")?;
        // A folder, and a name that no path of ours has, is none of the files.
        Ok(statuses.iter().filter_map(|s| s.path().ok().and_then(|p| RelPath::new(p).ok())).collect())
    }

    /// Those of `paths` whose attributes ask for a conversion that Aksara does not do: `filter` (Git LFS and
    /// others), `working-tree-encoding`, `ident`.
    ///
    /// # Errors
    /// Attributes that cannot be read.
    pub fn touched_needs_filter(&self, paths: &[RelPath]) -> Result<Vec<RelPath>, GitError> {
        filtered(&self.lock(), paths)
    }
}

/// The index as it is on the disk now.
pub(crate) fn fresh_index(repo: &Repository) -> Result<Index, GitError> {
    let mut index = repo.index().doing("open the index")?;
    index.read(false).doing("read the index")?;
    Ok(index)
}

pub(crate) fn filtered(repo: &Repository, paths: &[RelPath]) -> Result<Vec<RelPath>, GitError> {
    let mut found = Vec::new();
    for path in paths {
        let value = |name: &str| {
            let bytes = repo
                .get_attr_bytes(Path::new(path.as_str()), name, AttrCheckFlags::FILE_THEN_INDEX)
                .doing(format!("read the attributes of `{path}`"))?;
            Ok::<_, GitError>(AttrValue::from_bytes(bytes))
        };
        let is_text = |value: &AttrValue<'_>| matches!(value, AttrValue::String(_) | AttrValue::Bytes(_));
        if is_text(&value("filter")?)
            || is_text(&value("working-tree-encoding")?)
            || matches!(value("ident")?, AttrValue::True)
        {
            found.push(path.clone());
        }
    }
    Ok(found)
}

/// Compares paths with one tree.
pub(crate) struct Check<'a> {
    repo: &'a Repository,
    root: &'a Path,
    tree: &'a Tree<'a>,
    file_modes: bool,
    symlinks: bool,
}

impl<'a> Check<'a> {
    pub(crate) fn new(repo: &'a Repository, root: &'a Path, tree: &'a Tree<'a>) -> Result<Self, GitError> {
        let config = repo.config().and_then(|mut c| c.snapshot()).doing("read git's configuration")?;
        Ok(Check {
            repo,
            root,
            tree,
            file_modes: config.get_bool("core.filemode").unwrap_or(true),
            symlinks: config.get_bool("core.symlinks").unwrap_or(true),
        })
    }

    /// Where the index is another than the tree.
    pub(crate) fn index(&self, index: &Index, paths: &[RelPath]) -> Result<Vec<Dirty>, GitError> {
        let mut found = Vec::new();
        for path in paths {
            if let Some(dirty) = self.index_of(index, path)? {
                found.push(dirty);
            }
        }
        Ok(found)
    }

    fn index_of(&self, index: &Index, path: &RelPath) -> Result<Option<Dirty>, GitError> {
        let dirty = |path: &RelPath, how| Ok(Some(Dirty { path: path.clone(), how }));
        let name = Path::new(path.as_str());
        if (1..=3).any(|stage| index.get_path(name, stage).is_some()) {
            return dirty(path, How::Conflicted);
        }
        let Some(entry) = self.in_tree(path)? else {
            // Reported by the look at the files, which names the link.
            return Ok(None);
        };
        let in_index = index.get_path(name, 0);
        let same = match (&in_index, entry.as_ref().filter(|e| e.kind.has_content())) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                a.id.to_string() == b.blob.as_str() && a.mode == b.kind.bits().unsigned_abs()
            }
            _ => false,
        };
        if !same {
            return dirty(path, How::Staged);
        }
        // A file staged above or below the path would be lost when the path is written.
        for (at, _) in path.as_str().match_indices('/') {
            let above = &path.as_str()[..at];
            if index.get_path(Path::new(above), 0).is_some() {
                let above =
                    RelPath::new(above).map_err(|_| GitError::UnusableName { name: above.to_owned() })?;
                if !self.in_tree(&above)?.flatten().is_some_and(|e| e.kind.has_content()) {
                    return dirty(&above, How::Staged);
                }
            }
        }
        let below = format!("{path}/");
        if let Ok(first) = index.find_prefix(below.as_str()) {
            for entry in (first..).map_while(|n| index.get(n)) {
                if !entry.path.starts_with(below.as_bytes()) {
                    break;
                }
                let inner = rel_path(&entry.path)?;
                if self.in_tree(&inner)?.flatten().is_none() {
                    return dirty(&inner, How::Staged);
                }
            }
        }
        Ok(None)
    }

    /// The entry of the tree; `None` if the path goes through a link there.
    fn in_tree(&self, path: &RelPath) -> Result<Option<Option<Entry>>, GitError> {
        match entry_of(self.repo, self.tree, path) {
            Ok(entry) => Ok(Some(entry)),
            Err(GitError::BelowSymlink { .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Where the files are others than the tree has.
    pub(crate) fn files(&self, paths: &[RelPath]) -> Result<Vec<Dirty>, GitError> {
        let mut found = Vec::new();
        let mut suspects = Vec::new();
        for path in paths {
            match self.file(path)? {
                Verdict::Clean => {}
                Verdict::Dirty(dirty) => found.push(dirty),
                Verdict::OtherBytes => suspects.push(path.clone()),
            }
        }
        found.extend(
            self.really_modified(&suspects)?.into_iter().map(|path| Dirty { path, how: How::Modified }),
        );
        Ok(found)
    }

    fn file(&self, path: &RelPath) -> Result<Verdict, GitError> {
        let on_disk = look(self.root, path)?;
        if let OnDisk::BelowSymlink(link) = on_disk {
            // The tree's own link is another path's question; below it the tree has nothing.
            return match entry_of(self.repo, self.tree, path) {
                Err(GitError::BelowSymlink { link: known, .. }) if known == link => Ok(Verdict::Clean),
                Err(GitError::BelowSubmodule { path, submodule }) => {
                    Err(GitError::BelowSubmodule { path, submodule })
                }
                _ => Ok(Verdict::dirty(path, How::ThroughSymlink(link))),
            };
        }
        let Some(entry) = self.in_tree(path)? else {
            // The tree has a link on the way; the disk has not.
            return Ok(match on_disk {
                OnDisk::Absent | OnDisk::BelowFile(_) => Verdict::Clean,
                _ => Verdict::dirty(path, How::KindChanged),
            });
        };
        let Some(entry) = entry else { return self.free(path, on_disk) };
        match entry.kind {
            EntryKind::Submodule => {
                Err(GitError::BelowSubmodule { path: path.clone(), submodule: path.to_string() })
            }
            EntryKind::Folder => self.free(path, on_disk),
            _ => self.content(path, &entry, on_disk, &self.root.join(path.as_str())),
        }
    }

    /// Whether what stands at the full path `at` is the file or link that belongs at `path`.
    fn content(
        &self,
        path: &RelPath,
        entry: &Entry,
        on_disk: OnDisk,
        at: &Path,
    ) -> Result<Verdict, GitError> {
        Ok(match (entry.kind, on_disk) {
            (_, OnDisk::Absent | OnDisk::BelowFile(_)) => Verdict::dirty(path, How::Deleted),
            (EntryKind::Symlink, OnDisk::Symlink(target)) => {
                match hash(&target)? == oid(entry.blob.as_str())? {
                    true => Verdict::Clean,
                    false => Verdict::dirty(path, How::Modified),
                }
            }
            (EntryKind::Symlink, OnDisk::File(_)) if !self.symlinks => self.raw(path, entry, at, true)?,
            (kind @ (EntryKind::File | EntryKind::Executable), OnDisk::File(meta)) => {
                if self.file_modes && is_executable(&meta) != (kind == EntryKind::Executable) {
                    return Ok(Verdict::dirty(path, How::ModeChanged));
                }
                self.raw(path, entry, at, false)?
            }
            _ => Verdict::dirty(path, How::KindChanged),
        })
    }

    /// How a file that was moved from `path` to the full path `at` differs from the tree's entry for `path`. If it
    /// is another file, git has its content then.
    pub(crate) fn elsewhere(
        &self,
        path: &RelPath,
        entry: &Entry,
        on_disk: OnDisk,
        at: &Path,
    ) -> Result<Option<How>, GitError> {
        match self.content(path, entry, on_disk, at)? {
            Verdict::Clean => return Ok(None),
            Verdict::Dirty(dirty) => return Ok(Some(dirty.how)),
            Verdict::OtherBytes => {}
        }
        // With the line endings that git would store.
        let mut writer =
            self.repo.blob_writer(Some(Path::new(path.as_str()))).doing(format!("read `{path}`"))?;
        std::fs::File::open(at)
            .and_then(|mut file| std::io::copy(&mut file, &mut writer))
            .doing("read", at)?;
        let found = writer.commit().doing(format!("read `{path}`"))?;
        Ok((found != oid(entry.blob.as_str())?).then_some(How::Modified))
    }

    fn raw(&self, path: &RelPath, entry: &Entry, at: &Path, exact: bool) -> Result<Verdict, GitError> {
        let found = Oid::hash_file(ObjectType::Blob, at).doing(format!("read `{path}`"))?;
        Ok(match (found == oid(entry.blob.as_str())?, exact) {
            (true, _) => Verdict::Clean,
            (false, true) => Verdict::dirty(path, How::Modified),
            (false, false) => Verdict::OtherBytes,
        })
    }

    /// Whether a file can be put at a path where the tree has none.
    fn free(&self, path: &RelPath, on_disk: OnDisk) -> Result<Verdict, GitError> {
        Ok(match on_disk {
            OnDisk::Absent => Verdict::Clean,
            // A file of the tree's own is another path's question.
            OnDisk::BelowFile(above)
                if self.in_tree(&above)?.flatten().is_some_and(|e| e.kind.has_content()) =>
            {
                Verdict::Clean
            }
            OnDisk::BelowFile(above) => Verdict::dirty(&above, How::Untracked),
            OnDisk::Folder => match self.stranger_below(path)? {
                Some(stranger) => Verdict::dirty(&stranger, How::Untracked),
                None => Verdict::Clean,
            },
            _ => Verdict::dirty(path, How::Untracked),
        })
    }

    /// Something in a folder on the disk that the tree does not have.
    fn stranger_below(&self, dir: &RelPath) -> Result<Option<RelPath>, GitError> {
        let mut folders = vec![dir.clone()];
        while let Some(dir) = folders.pop() {
            let full = self.root.join(dir.as_str());
            for entry in std::fs::read_dir(&full).doing("list", &full)? {
                let name = entry.doing("list", &full)?.file_name();
                // A name that is no path of ours is not in any tree that we write: the folder stands for it.
                let Some(path) = name.to_str().and_then(|n| dir.join(n).ok()) else { return Ok(Some(dir)) };
                let kind = self.in_tree(&path)?.flatten().map(|e| e.kind);
                match (look(self.root, &path)?, kind) {
                    (OnDisk::Folder, None | Some(EntryKind::Folder)) => folders.push(path),
                    (_, Some(kind)) if kind.has_content() => {}
                    _ => return Ok(Some(path)),
                }
            }
        }
        Ok(None)
    }

    /// Those of the paths that differ also after the conversion of line endings that git does.
    fn really_modified(&self, suspects: &[RelPath]) -> Result<Vec<RelPath>, GitError> {
        if suspects.is_empty() {
            return Ok(Vec::new());
        }
        let mut options = DiffOptions::new();
        options.disable_pathspec_match(true).ignore_submodules(true).include_typechange(true);
        for path in suspects {
            options.pathspec(path.as_str());
        }
        let diff = self
            .repo
            .diff_tree_to_workdir(Some(self.tree), Some(&mut options))
            .doing("compare the working tree")?;
        let mut found = std::collections::BTreeSet::new();
        for delta in diff.deltas() {
            if let Some(name) = delta.new_file().path_bytes() {
                found.insert(rel_path(name)?);
            }
        }
        Ok(found.into_iter().collect())
    }
}

enum Verdict {
    Clean,
    Dirty(Dirty),
    /// The bytes differ, and perhaps only in their line endings.
    OtherBytes,
}

impl Verdict {
    fn dirty(path: &RelPath, how: How) -> Verdict {
        Verdict::Dirty(Dirty { path: path.clone(), how })
    }
}

fn hash(content: &[u8]) -> Result<Oid, GitError> {
    Oid::hash_object(ObjectType::Blob, content).doing("hash a content")
}
