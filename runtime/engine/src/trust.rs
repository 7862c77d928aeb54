//! Trust: whether what a repository brings along may be used.
//!
//! A repository's own configuration is code: settings that name programs, plugins, templates. None of it is used
//! to do something until the user trusts the repository. Trust is pinned to the content of those files. What the
//! user writes himself stays trusted; what a checkout, a pull or a merge brings is asked about again. The
//! difference is told by git: content came from elsewhere if a commit that was not made in this repository
//! brought it there ([`aksara_git::Repo::came_from_elsewhere`]). What reached the working tree by other ways than
//! git is taken for the user's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use aksara_git::Repo;
use aksara_protocol::RelPath;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::plugins::MANIFEST;
use crate::settings::{self, Grant};

/// The folder of a project that its own plugins and templates are in.
pub const FOLDER: &str = ".aksara";

/// Larger files, and more of them, are not trusted: nobody has looked at them.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
const MOST_SETTINGS_BYTES: u64 = 1024 * 1024;
const MOST_FILES: usize = 2_000;
const DEEPEST: usize = 8;

/// Where trust is kept: a file in the user's data folder, never in the repository.
#[derive(Clone, Debug)]
pub struct TrustStore {
    file: PathBuf,
}

/// Why trust cannot be told or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The store, or a file of the repository, cannot be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store is not what this version writes.
    #[error("{} cannot be understood: {reason}\nhint: remove it, and trust your repositories again", .path.display())]
    Store {
        /// The store.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There are too many files, or they are too large.
    #[error("{} {why}", .path.display())]
    TooMuch {
        /// Which.
        path: PathBuf,
        /// What is too much.
        why: String,
    },
    /// The folder is in no repository.
    #[error("{} is in no git repository\nhint: go to the project that you mean", .folder.display())]
    NoRepository {
        /// The folder.
        folder: PathBuf,
    },
}

/// What a repository brings along, and whether it is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The top of the repository.
    pub root: PathBuf,
    /// Whether the user trusted the repository once.
    pub recorded: bool,
    /// The files that need trust, by path.
    pub files: Vec<TrustedFile>,
}

/// A file that needs trust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustedFile {
    /// Its path in the repository.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// What it may do, for people; of settings, those that need trust.
    pub grants: Vec<String>,
    /// The hash of its content, SHA-256.
    pub hash: String,
    /// Whether its content is trusted.
    pub state: FileState,
}

/// What a file that needs trust is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// An `aksara.toml` with settings that are the user's to make.
    Settings,
    /// A plugin, or what lies beside one.
    Plugin,
    /// A template, or what belongs to one.
    Template,
}

/// Whether a file's content is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// The user trusted this content, or wrote it since.
    Trusted,
    /// The repository is not trusted.
    New,
    /// The repository is trusted, and git brought this content since.
    Changed,
}

impl Standing {
    /// Whether everything that needs trust has it.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.files.iter().all(|file| file.state == FileState::Trusted)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Stored {
    version: u32,
    #[serde(default)]
    roots: BTreeMap<String, Root>,
}

/// What is trusted of a clone.
#[derive(Default, Serialize, Deserialize)]
struct Root {
    /// The clone's own id: another clone at the same place is another decision.
    #[serde(default)]
    clone: String,
    /// HEAD when the user trusted it last: what is in its history was there to be looked at.
    #[serde(default)]
    head: Option<String>,
    /// By path in the repository, the hashes of trusted contents.
    files: BTreeMap<String, BTreeSet<String>>,
    /// By path in the repository, the trusted settings of an `aksara.toml`.
    #[serde(default)]
    grants: BTreeMap<String, BTreeSet<String>>,
}

impl Root {
    fn has_file(&self, path: &str, hash: &str) -> bool {
        self.files.get(path).is_some_and(|hashes| hashes.contains(hash))
    }

    fn has_grant(&self, path: &str, grant: &str) -> bool {
        self.grants.get(path).is_some_and(|grants| grants.contains(grant))
    }

    fn pin(&mut self, file: &TrustedFile) {
        self.files.entry(file.path.clone()).or_default().insert(file.hash.clone());
        if file.kind == FileKind::Settings {
            self.grants.entry(file.path.clone()).or_default().extend(file.grants.iter().cloned());
        }
    }
}

const VERSION: u32 = 1;

impl TrustStore {
    /// The store in this file, which need not be there yet.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// Whether everything that the repository of `folder` brings along may be used. What cannot be told is not
    /// trusted.
    #[must_use]
    pub fn is_trusted(&self, folder: &Path) -> bool {
        self.examine(folder).is_ok_and(|standing| standing.is_trusted())
    }

    /// What the repository of `folder` brings along, for that folder, and how it stands. What the user wrote in a
    /// trusted repository is remembered as trusted.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn examine(&self, folder: &Path) -> Result<Standing, TrustError> {
        let (mut standing, real) = collect(folder)?;
        if standing.files.is_empty() {
            return Ok(standing);
        }
        let stored = self.read()?;
        let Some(root) = stored.roots.get(&key(&standing.root)) else { return Ok(standing) };
        let Ok(repo) = Repo::discover(&standing.root) else { return Ok(standing) };
        if clone_id(&repo).is_none_or(|id| id != root.clone) {
            return Ok(standing);
        }
        standing.recorded = true;
        let mut learned = Vec::new();
        for (file, real) in standing.files.iter_mut().zip(&real) {
            file.state = if root.has_file(&file.path, &file.hash) {
                FileState::Trusted
            } else if is_own(&repo, &standing.root, root, file, real) {
                learned.push(file.clone());
                FileState::Trusted
            } else {
                FileState::Changed
            };
        }
        if !learned.is_empty() {
            self.change(|stored| {
                // Unless trust was taken away meanwhile.
                if let Some(now) =
                    stored.roots.get_mut(&key(&standing.root)).filter(|r| r.clone == root.clone)
                {
                    learned.iter().for_each(|file| now.pin(file));
                }
            })?;
        }
        Ok(standing)
    }

    /// Trusts what was shown: just these files with just this content.
    ///
    /// # Errors
    /// The store cannot be written, or the mark in the git folder that tells this clone from another.
    pub fn trust(&self, shown: &Standing) -> Result<(), TrustError> {
        let repo = Repo::discover(&shown.root)
            .map_err(|_| TrustError::NoRepository { folder: shown.root.clone() })?;
        let id = match clone_id(&repo) {
            Some(id) => id,
            None => mark_clone(&repo)?,
        };
        let head = repo.head().ok().map(|head| head.commit);
        self.change(|stored| {
            let root = stored.roots.entry(key(&shown.root)).or_default();
            if root.clone != id {
                *root = Root { clone: id, ..Root::default() };
            }
            root.head = head;
            for file in &shown.files {
                root.pin(file);
            }
        })
    }

    /// Takes trust away. False if there was none.
    ///
    /// # Errors
    /// The folder is in no repository; the store cannot be written.
    pub fn untrust(&self, folder: &Path) -> Result<bool, TrustError> {
        let root = top_of(folder)?;
        // Of one that was never trusted nothing is written.
        if !self.read()?.roots.contains_key(&key(&root)) {
            return Ok(false);
        }
        self.change(|stored| stored.roots.remove(&key(&root)).is_some())
    }

    /// Reads, changes and writes the store, one process after the other.
    fn change<T>(&self, change: impl FnOnce(&mut Stored) -> T) -> Result<T, TrustError> {
        let _held = crate::exclusive::hold(&self.file).map_err(|source| io("lock", &self.file, source))?;
        let mut stored = self.read()?;
        let changed = change(&mut stored);
        self.write(&stored)?;
        Ok(changed)
    }

    fn read(&self) -> Result<Stored, TrustError> {
        let text = match std::fs::read_to_string(&self.file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Stored { version: VERSION, ..Stored::default() });
            }
            text => text.map_err(|source| io("read", &self.file, source))?,
        };
        let wrong = |reason: String| TrustError::Store { path: self.file.clone(), reason };
        let stored: Stored = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        if stored.version != VERSION {
            return Err(wrong(format!("it has version {}, and this Aksara knows {VERSION}", stored.version)));
        }
        Ok(stored)
    }

    fn write(&self, stored: &Stored) -> Result<(), TrustError> {
        let failed = |source| io("write", &self.file, source);
        let folder = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        // Beside and moved into place: a reader never sees half of it, and only its owner sees it at all.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let text = serde_json::to_string_pretty(stored).map_err(|e| failed(e.into()))?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&self.file).map_err(|e| failed(e.error))?;
        Ok(())
    }
}

/// The file in a git folder that tells a clone from another one at the same place.
fn clone_file(repo: &Repo) -> PathBuf {
    repo.common_dir().join("aksara").join("clone-id")
}

fn clone_id(repo: &Repo) -> Option<String> {
    let id = std::fs::read_to_string(clone_file(repo)).ok()?.trim().to_owned();
    (!id.is_empty()).then_some(id)
}

fn mark_clone(repo: &Repo) -> Result<String, TrustError> {
    let file = clone_file(repo);
    let id = format!("{:032x}", fastrand::u128(..));
    file.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&file, format!("{id}\n")))
        .map_err(|source| io("write", &file, source))?;
    Ok(id)
}

/// Whether the user wrote a content: no commit from elsewhere brought it, and none had a part in it. What cannot be
/// told is not.
fn is_own(repo: &Repo, top: &Path, root: &Root, file: &TrustedFile, real: &Path) -> bool {
    // What lies outside, or in a submodule, has another history.
    if !real.parent().is_some_and(|folder| top_of(folder).is_ok_and(|its| its == top)) {
        return false;
    }
    let Some(path) = real.strip_prefix(top).ok().and_then(Path::to_str).and_then(|p| RelPath::new(p).ok())
    else {
        return false;
    };
    let places = places_of(root, top, file, path.clone());
    if file.kind == FileKind::Settings {
        return settings_are_own(repo, root, file, &places);
    }
    // Read once more: only a few files come this far.
    let Ok(bytes) = std::fs::read(real) else { return false };
    if hex(&Sha256::digest(&bytes)) != file.hash
        || !repo.came_from_elsewhere(&path, &bytes).is_ok_and(|came| !came)
    {
        return false;
    }
    // Git may have merged somebody's change into it.
    places.iter().all(|(name, place)| {
        let mut is_new = |content: &[u8]| !root.has_file(name, &hex(&Sha256::digest(content)));
        repo.any_from_elsewhere(place, root.head.as_deref(), &mut is_new).is_ok_and(|any| !any)
    })
}

/// Where somebody's change of the file may have been made: the file's own path, and those of trusted files that are
/// gone. One of them may have been renamed to this, and then git brings what others did there to the new name.
fn places_of(root: &Root, top: &Path, file: &TrustedFile, path: RelPath) -> Vec<(String, RelPath)> {
    let gone = root.files.keys().filter(|name| !top.join(name).exists());
    let gone = gone.filter_map(|name| Some((name.clone(), RelPath::new(name).ok()?)));
    std::iter::once((file.path.clone(), path)).chain(gone).collect()
}

/// Settings are the user's own one by one: those that nobody's version of the file has, not even in part.
fn settings_are_own(repo: &Repo, root: &Root, file: &TrustedFile, places: &[(String, RelPath)]) -> bool {
    let grants = |text: &str| settings::needing_trust(text);
    let known: Vec<Grant> =
        root.grants.get(&file.path).into_iter().flatten().flat_map(|grant| grants(grant)).collect();
    let new: Vec<(Grant, BTreeSet<String>)> = file
        .grants
        .iter()
        .filter(|grant| !root.has_grant(&file.path, grant))
        .flat_map(|grant| grants(grant))
        .map(|grant| {
            let mut parts = grant.parts();
            for part in known.iter().filter(|known| known.key == grant.key).flat_map(Grant::parts) {
                parts.remove(&part);
            }
            (grant, parts)
        })
        .collect();
    if new.is_empty() {
        return true;
    }
    places.iter().all(|(name, place)| {
        let mut has_it = |content: &[u8]| {
            grants(&String::from_utf8_lossy(content))
                .iter()
                .filter(|theirs| !root.has_grant(name, &theirs.to_string()))
                .any(|theirs| {
                    new.iter().any(|(mine, parts)| {
                        mine.key == theirs.key && (mine == theirs || !parts.is_disjoint(&theirs.parts()))
                    })
                })
        };
        repo.any_from_elsewhere(place, None, &mut has_it).is_ok_and(|any| !any)
    })
}

/// The files that need trust, for a call from `folder`: of the folders from it up to the repository's top, and of
/// those that their settings name. Beside them, where each really is: links are looked through, so that what they
/// lead to is pinned too.
fn collect(folder: &Path) -> Result<(Standing, Vec<PathBuf>), TrustError> {
    collect_up_to(folder, MOST_BYTES)
}

fn collect_up_to(folder: &Path, most_bytes: u64) -> Result<(Standing, Vec<PathBuf>), TrustError> {
    let root = top_of(folder)?;
    let folder = folder.canonicalize().map_err(|source| io("open", folder, source))?;
    let mut found = Found { root: root.clone(), files: BTreeMap::new(), bytes: 0, most_bytes };
    for level in folder.ancestors().take_while(|level| level.starts_with(&root)) {
        found.settings(level)?;
        for (name, kind) in [("plugins", FileKind::Plugin), ("templates", FileKind::Template)] {
            found.tree(&level.join(FOLDER).join(name), kind, 0)?;
        }
    }
    let (files, real) = found.files.into_values().unzip();
    Ok((Standing { root, recorded: false, files }, real))
}

struct Found {
    root: PathBuf,
    /// By path, with where it really is.
    files: BTreeMap<String, (TrustedFile, PathBuf)>,
    /// How many bytes were read.
    bytes: u64,
    /// How many may be.
    most_bytes: u64,
}

impl Found {
    /// The settings of a folder, and the plugins and templates of the folders that they name.
    fn settings(&mut self, level: &Path) -> Result<(), TrustError> {
        let file = level.join("aksara.toml");
        if !file.is_file() {
            return Ok(());
        }
        let (real, content) = open(&file)?;
        let mut bytes = Vec::new();
        content
            .take(MOST_SETTINGS_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| io("read", &file, source))?;
        if bytes.len() as u64 > MOST_SETTINGS_BYTES {
            let why = format!("has more than {MOST_SETTINGS_BYTES} bytes");
            return Err(TrustError::TooMuch { path: file, why });
        }
        let grants = settings::needing_trust(&String::from_utf8_lossy(&bytes));
        if grants.is_empty() {
            return Ok(());
        }
        let shown = grants.iter().map(ToString::to_string).collect();
        self.add(&file, real, FileKind::Settings, shown, hex(&Sha256::digest(&bytes)));
        for grant in &grants {
            // A folder outside of the repository is the user's, and git brings nothing to it.
            let inside = |named: &Path| Some(level.join(named)).filter(|path| path.starts_with(&self.root));
            let folders: Vec<PathBuf> = grant.folders().filter_map(inside).collect();
            for folder in folders {
                match grant.key.as_str() {
                    "templates.path" => self.named_templates(&folder)?,
                    "plugins.path" => self.named_plugins(&folder)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// What is read of a folder of templates, as [`aksara_template::read_root`] does.
    fn named_templates(&mut self, folder: &Path) -> Result<(), TrustError> {
        for path in entries(folder)? {
            if path.is_dir() {
                for inner in entries(&path)?.iter().filter(|p| is_template(p)) {
                    self.file(inner, FileKind::Template)?;
                }
            } else if is_template(&path) {
                self.file(&path, FileKind::Template)?;
            }
        }
        Ok(())
    }

    /// What is looked at of a folder of plugins: libraries, and folders with a `plugin.toml`.
    fn named_plugins(&mut self, folder: &Path) -> Result<(), TrustError> {
        if folder.join(MANIFEST).is_file() {
            return self.tree(folder, FileKind::Plugin, 0);
        }
        for path in entries(folder)? {
            if path.join(MANIFEST).is_file() {
                self.tree(&path, FileKind::Plugin, 0)?;
            } else if aksara_plugin_host::name_of(&path).is_ok() {
                self.file(&path, FileKind::Plugin)?;
            }
        }
        Ok(())
    }

    fn tree(&mut self, dir: &Path, kind: FileKind, depth: usize) -> Result<(), TrustError> {
        if depth > DEEPEST {
            let why = format!("is more than {DEEPEST} folders deep");
            return Err(TrustError::TooMuch { path: dir.to_owned(), why });
        }
        for path in entries(dir)? {
            if path.is_dir() {
                // Cases of a template's tests are data that nothing runs.
                let is_cases = kind == FileKind::Template && depth == 1 && path.ends_with("tests");
                if !is_cases {
                    self.tree(&path, kind, depth + 1)?;
                }
            } else {
                self.file(&path, kind)?;
            }
        }
        Ok(())
    }

    /// Hashes a file as it is read: none is held in memory.
    fn file(&mut self, path: &Path, kind: FileKind) -> Result<(), TrustError> {
        if !path.is_file() {
            return Ok(());
        }
        let (real, content) = open(path)?;
        let mut hash = Sha256::new();
        let mut content = content.take(self.most_bytes - self.bytes + 1);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = content.read(&mut buffer).map_err(|source| io("read", path, source))?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
            self.bytes += read as u64;
        }
        if self.bytes > self.most_bytes || self.files.len() >= MOST_FILES {
            let why = format!(
                "and what is beside it are more than {MOST_FILES} files or {} bytes",
                self.most_bytes
            );
            return Err(TrustError::TooMuch { path: path.to_owned(), why });
        }
        self.add(path, real, kind, Vec::new(), hex(&hash.finalize()));
        Ok(())
    }

    fn add(&mut self, path: &Path, real: PathBuf, kind: FileKind, grants: Vec<String>, hash: String) {
        let path = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned();
        let file = TrustedFile { path: path.clone(), kind, grants, hash, state: FileState::New };
        self.files.insert(path, (file, real));
    }
}

/// What is in a folder; nothing if it is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, TrustError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |source| io("read", folder, source);
    std::fs::read_dir(folder).map_err(failed)?.map(|entry| Ok(entry.map_err(failed)?.path())).collect()
}

fn is_template(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rhai" || extension == "j2")
}

fn open(path: &Path) -> Result<(PathBuf, File), TrustError> {
    let failed = |source| io("read", path, source);
    let real = path.canonicalize().map_err(failed)?;
    let file = File::open(&real).map_err(failed)?;
    Ok((real, file))
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The top of the repository that a folder is in, without symbolic links.
fn top_of(folder: &Path) -> Result<PathBuf, TrustError> {
    let real = folder.canonicalize().map_err(|source| io("open", folder, source))?;
    real.ancestors()
        .find(|level| level.join(".git").exists())
        .map(Path::to_owned)
        .ok_or_else(|| TrustError::NoRepository { folder: folder.to_owned() })
}

fn key(root: &Path) -> String {
    root.to_string_lossy().into_owned()
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> TrustError {
    TrustError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_somebody_may_have_looked_at() {
        let repository = tempfile::tempdir().unwrap();
        std::fs::create_dir(repository.path().join(".git")).unwrap();
        let templates = repository.path().join(FOLDER).join("templates");
        std::fs::create_dir_all(&templates).unwrap();
        std::fs::write(templates.join("a.rhai"), "x".repeat(600)).unwrap();
        let told = |most| collect_up_to(repository.path(), most).map(|(standing, _)| standing.files.len());
        assert_eq!(told(600).unwrap(), 1);
        // Together, not each.
        std::fs::write(templates.join("b.rhai"), "x".repeat(600)).unwrap();
        assert_eq!(told(1_200).unwrap(), 2);
        for most in [1_199, 600, 599, 0] {
            let error = told(most).unwrap_err();
            assert!(matches!(error, TrustError::TooMuch { .. }), "{error}");
            assert!(error.to_string().contains(&format!("or {most} bytes")), "{error}");
        }
    }
}
