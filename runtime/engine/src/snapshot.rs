//! The files as a step sees them: a base tree, and over it the edits of the steps before.
//!
//! A snapshot lives in memory. Nothing here touches the disk but the repository's object store, and that only
//! to read. What is written where, and when, is the run's business.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksara_git::{Entry, EntryKind, Mode, Repo, TreeChange};
use aksara_protocol::diagnostic::codes;
use aksara_protocol::edit::{Edit, apply_splices};
use aksara_protocol::wire::FileReply;
use aksara_protocol::{BlobId, Diagnostic, RelPath};

use crate::diff::Side;
use crate::error::Error;

/// Source files over this size are neither read nor written by steps.
pub(crate) const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A text file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) blob: BlobId,
    pub(crate) text: Arc<str>,
    pub(crate) executable: bool,
}

impl File {
    pub(crate) fn mode(&self) -> Mode {
        if self.executable { Mode::Executable } else { Mode::File }
    }

    pub(crate) fn side(&self) -> Side<'_> {
        Side {
            text: &self.text,
            blob: self.blob.as_str(),
            mode: if self.executable { 0o100_755 } else { 0o100_644 },
        }
    }
}

/// What a step did to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileChange {
    pub(crate) path: RelPath,
    pub(crate) old: Option<File>,
    pub(crate) new: Option<File>,
}

impl FileChange {
    pub(crate) fn diff(&self) -> String {
        crate::diff::unified(&self.path, self.old.as_ref().map(File::side), self.new.as_ref().map(File::side))
    }

    pub(crate) fn tree_change(&self) -> TreeChange {
        TreeChange {
            path: self.path.clone(),
            content: self.new.as_ref().map(|f| (f.text.as_bytes().to_vec(), f.mode())),
        }
    }
}

/// A base tree and the changes over it. Cheap to clone: contents are shared.
#[derive(Clone)]
pub(crate) struct Snapshot {
    repo: Arc<Repo>,
    tree: String,
    overlay: BTreeMap<RelPath, Option<File>>,
}

impl Snapshot {
    pub(crate) fn of_tree(repo: Arc<Repo>, tree: impl Into<String>) -> Self {
        Self { repo, tree: tree.into(), overlay: BTreeMap::new() }
    }

    /// The tree under the overlay.
    pub(crate) fn tree(&self) -> &str {
        &self.tree
    }

    /// What lies over the tree: paths and their contents, absent if removed.
    pub(crate) fn overlay(&self) -> impl Iterator<Item = (&RelPath, Option<&BlobId>)> {
        self.overlay.iter().map(|(path, file)| (path, file.as_ref().map(|f| &f.blob)))
    }

    /// A text that is equal for equal snapshots.
    pub(crate) fn key(&self) -> String {
        use std::fmt::Write as _;
        let mut key = self.tree.clone();
        for (path, blob) in self.overlay() {
            // Writing to a String cannot fail.
            let _ = write!(key, "\n{path} {}", blob.map_or("-", BlobId::as_str));
        }
        key
    }

    /// Whether both hold the same files. As with [`Snapshot::key`], one tree with nothing over it and another tree
    /// with the difference over it are not seen to be equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.tree == other.tree && self.overlay().eq(other.overlay())
    }

    /// The content's id at `path`, or `None` if there is no file.
    pub(crate) fn blob(&self, path: &RelPath) -> Result<Option<BlobId>, Error> {
        if let Some(file) = self.overlay.get(path) {
            return Ok(file.as_ref().map(|f| f.blob.clone()));
        }
        match self.repo.entry(&self.tree, path) {
            Ok(entry) => Ok(entry.filter(is_file).map(|e| e.blob)),
            // There is no file of this repository there; whoever asks for its content is told why.
            Err(aksara_git::GitError::BelowSymlink { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The file as a plugin gets it.
    pub(crate) fn reply(&self, path: &RelPath) -> Result<FileReply, Error> {
        Ok(match self.file(path)? {
            Found::Text(file) => FileReply::Text { blob: file.blob, text: file.text.to_string() },
            Found::Absent => FileReply::Absent,
            Found::Refused { code, reason } => FileReply::Refused { code: code.to_owned(), reason },
        })
    }

    pub(crate) fn file(&self, path: &RelPath) -> Result<Found, Error> {
        if let Some(file) = self.overlay.get(path) {
            return Ok(file.clone().map_or(Found::Absent, Found::Text));
        }
        let entry = match self.repo.entry(&self.tree, path) {
            Ok(entry) => entry,
            Err(aksara_git::GitError::BelowSymlink { .. }) => {
                return Ok(Found::Refused {
                    code: codes::REFUSED,
                    reason: "it lies behind a symbolic link, and links are never followed".into(),
                });
            }
            Err(error) => return Err(error.into()),
        };
        let Some(entry) = entry else { return Ok(Found::Absent) };
        let executable = match entry.kind {
            EntryKind::File => false,
            EntryKind::Executable => true,
            EntryKind::Symlink => {
                return Ok(Found::Refused {
                    code: codes::REFUSED,
                    reason: "it is a symbolic link, and links are never followed".into(),
                });
            }
            EntryKind::Submodule => {
                return Ok(Found::Refused { code: codes::REFUSED, reason: "it is a submodule".into() });
            }
            EntryKind::Folder => {
                return Ok(Found::Refused { code: codes::REFUSED, reason: "it is a folder".into() });
            }
        };
        let size = self.repo.blob_size(&entry.blob)?;
        if size > MAX_FILE_BYTES {
            return Ok(Found::Refused {
                code: codes::TOO_LARGE,
                reason: format!("it has {size} bytes, and files over {MAX_FILE_BYTES} are not edited"),
            });
        }
        match String::from_utf8(self.repo.blob(&entry.blob)?) {
            Ok(text) => Ok(Found::Text(File { blob: entry.blob, text: text.into(), executable })),
            Err(_) => Ok(Found::Refused { code: codes::NOT_UTF8, reason: "it is not UTF-8 text".into() }),
        }
    }

    /// Paths of the files below `dir`, sorted.
    pub(crate) fn list(&self, dir: &str, recursive: bool) -> Result<Vec<RelPath>, Error> {
        let listed = match self.repo.list(&self.tree, dir, recursive) {
            Ok(listed) => listed,
            Err(aksara_git::GitError::NoSuchFolder { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let mut paths: std::collections::BTreeSet<RelPath> =
            listed.into_iter().filter(|(_, entry)| is_file(entry)).map(|(path, _)| path).collect();
        for (path, file) in &self.overlay {
            if file.is_none() {
                paths.remove(path);
            } else if path.is_below(dir) && (recursive || folder_of(path) == dir) {
                paths.insert(path.clone());
            }
        }
        Ok(paths.into_iter().collect())
    }

    /// The files of the base tree below `dir` whose names are wanted, whatever lies over it.
    pub(crate) fn base_files(
        &self,
        dir: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(RelPath, BlobId)>, Error> {
        let listed = self.repo.list_where(&self.tree, dir, wanted)?;
        Ok(listed.into_iter().filter(|(_, e)| is_file(e)).map(|(path, e)| (path, e.blob)).collect())
    }

    /// The snapshot with these texts over it, whatever was there. What is too large for a file is left out.
    pub(crate) fn with(&self, texts: Vec<(RelPath, String)>) -> Self {
        let mut with = self.clone();
        for (path, text) in texts {
            if let Ok(file) = self.new_file(&path, text, false) {
                with.overlay.insert(path, Some(file));
            }
        }
        with
    }

    /// Puts the edits over the snapshot, all of them or none.
    ///
    /// Refused: a base that is not the content, splices out of bounds, a file made where one is, a path behind
    /// a link, two edits of one file, a result that is too large, or a name that differs from another only in
    /// case.
    pub(crate) fn apply(&mut self, edits: &[Edit]) -> Result<Vec<FileChange>, Error> {
        let mut changes: Vec<FileChange> = Vec::new();
        for edit in edits {
            for change in self.change_of(edit)? {
                if changes.iter().any(|c| c.path == change.path) {
                    return Err(bad_edit(&change.path, "two edits of the step change it").into());
                }
                changes.push(change);
            }
        }
        changes.retain(|c| c.old != c.new);
        for change in &changes {
            self.overlay.insert(change.path.clone(), change.new.clone());
        }
        Ok(changes)
    }

    fn change_of(&self, edit: &Edit) -> Result<Vec<FileChange>, Error> {
        let one = |path: &RelPath, old: Option<File>, new: Option<File>| {
            Ok(vec![FileChange { path: path.clone(), old, new }])
        };
        match edit {
            Edit::Create { path, text, executable } => {
                self.must_be_free(path)?;
                one(path, None, Some(self.new_file(path, text.clone(), *executable)?))
            }
            Edit::Update { path, base, splices } => {
                let old = self.must_be(path, base)?;
                let text = apply_splices(&old.text, splices).map_err(|e| bad_edit(path, &e.to_string()))?;
                let new = self.new_file(path, text, old.executable)?;
                one(path, Some(old), Some(new))
            }
            Edit::Delete { path, base } => one(path, Some(self.must_be(path, base)?), None),
            Edit::Rename { path, to, base } => {
                let old = self.must_be(path, base)?;
                self.must_be_free(to)?;
                Ok(vec![
                    FileChange { path: path.clone(), old: Some(old.clone()), new: None },
                    FileChange { path: to.clone(), old: None, new: Some(old) },
                ])
            }
        }
    }

    fn new_file(&self, path: &RelPath, text: String, executable: bool) -> Result<File, Error> {
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(bad_edit(path, &format!("it would have {} bytes, over the limit", text.len())).into());
        }
        if text.contains('\0') {
            return Err(bad_edit(path, "it would contain a NUL byte").into());
        }
        Ok(File { blob: self.repo.hash(text.as_bytes()), text: text.into(), executable })
    }

    fn must_be(&self, path: &RelPath, base: &BlobId) -> Result<File, Error> {
        match self.file(path)? {
            Found::Text(file) if file.blob == *base => Ok(file),
            Found::Text(_) => {
                Err(Diagnostic::new(codes::CHANGED, format!("`{path}` changed since the edit was computed"))
                    .into())
            }
            Found::Absent => {
                Err(Diagnostic::new(codes::NOT_FOUND, format!("`{path}` is not there any more")).into())
            }
            Found::Refused { code, reason } => {
                Err(Diagnostic::new(code, format!("`{path}` cannot be changed: {reason}")).into())
            }
        }
    }

    fn must_be_free(&self, path: &RelPath) -> Result<(), Error> {
        match self.file(path)? {
            Found::Absent => {}
            Found::Text(_) => return Err(bad_edit(path, "it is already there").into()),
            Found::Refused { code, reason } => {
                return Err(Diagnostic::new(code, format!("`{path}` cannot be made: {reason}")).into());
            }
        }
        let dir = folder_of(path);
        let folded = path.file_name().to_lowercase();
        if let Some(other) =
            self.list(dir, false)?.into_iter().find(|p| p.file_name().to_lowercase() == folded)
        {
            return Err(
                bad_edit(path, &format!("`{other}` differs from it only in upper and lower case")).into()
            );
        }
        // A file where a folder of the path should be.
        let mut above = path.parent();
        while let Some(folder) = above {
            if matches!(self.file(&folder)?, Found::Text(_)) {
                return Err(bad_edit(path, &format!("`{folder}` is a file, not a folder")).into());
            }
            above = folder.parent();
        }
        Ok(())
    }
}

/// What stands at a path.
pub(crate) enum Found {
    Text(File),
    Absent,
    Refused { code: &'static str, reason: String },
}

/// The folder of a path as text: empty at the top.
pub(crate) fn folder_of(path: &RelPath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(dir, _)| dir)
}

fn is_file(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::File | EntryKind::Executable)
}

fn bad_edit(path: &RelPath, why: &str) -> Diagnostic {
    Diagnostic::new("bad_edit", format!("the step's edit of `{path}` was not applied: {why}"))
}
