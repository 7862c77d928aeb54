//! What a command did to a worktree, and taking that back.
//!
//! The cost grows with the repository, because the whole worktree is compared. What git ignores is not compared
//! with a tree but listed, since no checkpoint holds it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use aksara_protocol::{BlobId, RelPath};
use git2::{DiffOptions, Repository, Status, StatusOptions, Tree};

use crate::dirty::{filtered, fresh_index};
use crate::disk::{OnDisk, is_executable, kind_at, look};
use crate::error::{Doing, GitError, IoDoing};
use crate::place::{Staged, content_of, record};
use crate::read::{Entry, EntryKind};
use crate::repo::{Repo, oid};
use crate::worktree::Worktree;
use crate::write::{Mode, TreeChange};

/// Larger new files are listed and not stored: they are downloads and build results, not source.
const MAX_NEW_FILE: u64 = 50 * 1024 * 1024;

/// How a worktree differs from a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What differs, ready for [`Repo::write_tree`](crate::Repo::write_tree), sorted by path.
    pub changes: Vec<TreeChange>,
    /// What is there and cannot be part of a tree of ours, sorted by path.
    pub outside: Vec<Outside>,
}

/// Something in a worktree that no checkpoint holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Its path, with what is not UTF-8 replaced.
    pub path: String,
    /// Why it is left out.
    pub why: WhyOutside,
}

/// Why something is left out of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyOutside {
    /// A new file over 50 MiB.
    TooLarge,
    /// A git repository of its own, or a submodule.
    Repository,
    /// Its name is not UTF-8 or not portable.
    Name,
    /// A socket, a pipe or a device.
    Special,
}

/// The files that git ignores, as they were at one time: their sizes and times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignored(BTreeMap<String, (u64, Option<SystemTime>)>);

impl Ignored {
    /// The ignored files that are new, gone or another than in `before`, sorted.
    #[must_use]
    pub fn changed_since(&self, before: &Ignored) -> Vec<String> {
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path));
        let other =
            self.0.iter().filter(|(path, stamp)| before.0.get(*path) != Some(stamp)).map(|(path, _)| path);
        gone.chain(other).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Worktree {
    /// How the files differ from `tree`: those it has, and new ones that git does not ignore. Contents are as git
    /// stores them (line endings converted). What was staged or committed in the worktree makes no difference.
    ///
    /// # Errors
    /// [`GitError::Filtered`] if a changed file goes through a filter.
    pub fn changes(&self, repo: &Repo, tree: &str) -> Result<Changes, GitError> {
        self.must_belong_to(repo)?;
        self.ready()?;
        let repo = self.lock();
        let tree = tree_of(&repo, tree)?;
        let mut found = Changes::default();
        let paths = candidates(&repo, &tree, &mut found.outside)?;
        let keep_mode = !repo.config().and_then(|c| c.get_bool("core.filemode")).unwrap_or(true);
        for path in paths {
            let old = match content_of(&repo, &tree, &path) {
                Err(GitError::BelowSubmodule { .. }) => {
                    found.outside.push(Outside { path: path.to_string(), why: WhyOutside::Repository });
                    continue;
                }
                old => old?,
            };
            match self.now(&repo, &path, old.as_ref(), keep_mode)? {
                Now::Same => {}
                Now::Content(content, mode) => {
                    found.changes.push(TreeChange { path, content: Some((content, mode)) });
                }
                Now::Gone if old.is_some() => found.changes.push(TreeChange { path, content: None }),
                Now::Gone => {}
                Now::Outside(why) => {
                    found.outside.push(Outside { path: path.to_string(), why });
                    if old.is_some() {
                        found.changes.push(TreeChange { path, content: None });
                    }
                }
            }
        }
        let paths: Vec<_> =
            found.changes.iter().filter(|c| c.content.is_some()).map(|c| c.path.clone()).collect();
        let filtered = filtered(&repo, &paths)?;
        if !filtered.is_empty() {
            return Err(GitError::Filtered { paths: filtered });
        }
        found.outside.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn now(
        &self,
        repo: &Repository,
        path: &RelPath,
        old: Option<&Entry>,
        keep_mode: bool,
    ) -> Result<Now, GitError> {
        let (id, kind) = match look(&self.path, path)? {
            OnDisk::Absent | OnDisk::BelowFile(_) | OnDisk::BelowSymlink(_) | OnDisk::Folder => {
                return Ok(Now::Gone);
            }
            OnDisk::Special => return Ok(Now::Outside(WhyOutside::Special)),
            OnDisk::Symlink(target) => {
                (repo.blob(&target).doing(format!("store `{path}`"))?, EntryKind::Symlink)
            }
            OnDisk::File(meta) if old.is_none() && meta.len() > MAX_NEW_FILE => {
                return Ok(Now::Outside(WhyOutside::TooLarge));
            }
            OnDisk::File(meta) => {
                let full = self.path.join(path.as_str());
                let id = repo.blob_path(&full).doing(format!("store `{path}`"))?;
                let kind = match (keep_mode, old) {
                    (true, Some(old)) => old.kind,
                    (true, None) => EntryKind::File,
                    (false, _) if is_executable(&meta) => EntryKind::Executable,
                    (false, _) => EntryKind::File,
                };
                (id, kind)
            }
        };
        let now = Entry { blob: BlobId::new(id.to_string()), kind };
        if old == Some(&now) {
            return Ok(Now::Same);
        }
        let content = repo.find_blob(id).doing(format!("read `{path}`"))?.content().to_vec();
        let mode = match kind {
            EntryKind::Executable => Mode::Executable,
            EntryKind::Symlink => Mode::Symlink,
            _ => Mode::File,
        };
        Ok(Now::Content(content, mode))
    }

    /// Brings every file that differs back to what `to` (a tree or a commit) has, removes new files that git does
    /// not ignore, and sets the index; if `to` is a commit, HEAD too. After it,
    /// [`Worktree::changes`] against `to` is empty but for what is outside.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn restore(&self, repo: &Repo, to: &str) -> Result<(), GitError> {
        self.must_belong_to(repo)?;
        self.restore_files(to)?;
        self.ready()
    }

    fn restore_files(&self, to: &str) -> Result<(), GitError> {
        let repo = self.lock();
        let tree = tree_of(&repo, to)?;
        let paths = candidates(&repo, &tree, &mut Vec::new())?;
        let mut targets = Vec::new();
        for path in &paths {
            match content_of(&repo, &tree, path) {
                Err(GitError::BelowSubmodule { .. }) => {}
                entry => targets.push((path, entry?)),
            }
        }
        if !targets.is_empty() {
            let targets = targets.iter().map(|(path, entry)| (*path, entry.as_ref()));
            let staged = Staged::new(&repo, &tree, self.staging(), targets.clone().collect())?;
            staged.put(&self.path)?;
            record(&mut fresh_index(&repo)?, targets, |path| kind_at(&self.path.join(path.as_str())))?;
            staged.clear();
        }
        self.index_is_whole();
        self.follow(&repo, to)
    }

    /// The files that git ignores, now. Take it before and after a command, and compare.
    ///
    /// # Errors
    /// If the worktree cannot be read.
    pub fn ignored(&self) -> Result<Ignored, GitError> {
        self.ready()?;
        let repo = self.lock();
        let mut options = StatusOptions::new();
        options
            .include_ignored(true)
            .recurse_ignored_dirs(false)
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .exclude_submodules(true)
            .no_refresh(false)
            .update_index(false);
        let statuses = repo.statuses(Some(&mut options)).doing("list what git ignores")?;
        let mut found = Ignored::default();
        for entry in statuses.iter().filter(|e| e.status().contains(Status::IGNORED)) {
            let name = String::from_utf8_lossy(entry.path_bytes()).into_owned();
            stamp_below(&self.path, name.trim_end_matches('/'), &mut found)?;
        }
        Ok(found)
    }
}

enum Now {
    Same,
    Content(Vec<u8>, Mode),
    Gone,
    Outside(WhyOutside),
}

fn tree_of<'r>(repo: &'r Repository, id: &str) -> Result<Tree<'r>, GitError> {
    let object = repo.find_object(oid(id)?, None).doing(format!("find {id}"))?;
    object.peel_to_tree().doing(format!("read the tree of {id}"))
}

/// Every path that may differ from the tree: what the index has differently, and what the disk has differently
/// from the index. Both, because a command may have staged what it did.
fn candidates(
    repo: &Repository,
    tree: &Tree<'_>,
    outside: &mut Vec<Outside>,
) -> Result<BTreeSet<RelPath>, GitError> {
    let index = fresh_index(repo)?;
    let mut options = DiffOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .include_typechange(true)
        .include_typechange_trees(true)
        .ignore_submodules(true)
        .update_index(false);
    let staged = repo
        .diff_tree_to_index(Some(tree), Some(&index), Some(&mut options))
        .doing("compare the worktree's index")?;
    let unstaged =
        repo.diff_index_to_workdir(Some(&index), Some(&mut options)).doing("compare the worktree's files")?;
    let mut paths = BTreeSet::new();
    for delta in staged.deltas().chain(unstaged.deltas()) {
        for file in [delta.old_file(), delta.new_file()] {
            let Some(bytes) = file.path_bytes() else { continue };
            let name = String::from_utf8_lossy(bytes).into_owned();
            let why = match name.strip_suffix('/') {
                // Untracked folders are searched, except those that are repositories.
                Some(_) => WhyOutside::Repository,
                None => match std::str::from_utf8(bytes).ok().and_then(|text| RelPath::new(text).ok()) {
                    Some(path) => {
                        paths.insert(path);
                        continue;
                    }
                    None => WhyOutside::Name,
                },
            };
            let found = Outside { path: name.trim_end_matches('/').to_owned(), why };
            if !outside.contains(&found) {
                outside.push(found);
            }
        }
    }
    Ok(paths)
}

fn stamp_below(root: &Path, name: &str, found: &mut Ignored) -> Result<(), GitError> {
    let mut names = vec![name.to_owned()];
    while let Some(name) = names.pop() {
        let full = root.join(&name);
        match kind_at(&full)? {
            Some(meta) if meta.is_dir() => {
                for entry in std::fs::read_dir(&full).doing("list", &full)? {
                    let below = entry.doing("list", &full)?.file_name();
                    names.push(format!("{name}/{}", below.to_string_lossy()));
                }
            }
            Some(meta) => {
                found.0.insert(name, (meta.len(), meta.modified().ok()));
            }
            // Gone since it was listed.
            None => {}
        }
    }
    Ok(())
}
