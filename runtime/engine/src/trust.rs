//! Trust: whether what a repository brings along may be used.
//!
//! A repository's own configuration is code: settings that name programs, plugins, templates. None of it is used
//! to do something until the user trusts the repository. Trust is pinned to the content of those files. What the
//! user writes himself stays trusted; what a checkout, a pull or a merge brings is asked about again. The
//! difference is told by git: content came from elsewhere if a commit that was not made in this repository
//! brought it there ([`aksara_git::Repo::came_from_elsewhere`]). What reached the working tree by other ways than
//! git is taken for the user's own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aksara_git::Repo;
use aksara_protocol::RelPath;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::settings;

/// The folder of a project that its own plugins and templates are in.
pub const FOLDER: &str = ".aksara";

/// Larger files, and more of them, are not trusted: nobody has looked at them.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
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

/// By path in the repository, the hashes of trusted contents.
#[derive(Default, Serialize, Deserialize)]
struct Root {
    files: BTreeMap<String, BTreeSet<String>>,
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
        let (mut standing, contents) = collect(folder)?;
        if standing.files.is_empty() {
            return Ok(standing);
        }
        let mut stored = self.read()?;
        let Some(root) = stored.roots.get_mut(&key(&standing.root)) else { return Ok(standing) };
        standing.recorded = true;
        let mut repo = None;
        let mut learned = false;
        for (file, content) in standing.files.iter_mut().zip(&contents) {
            let pinned = root.files.get(&file.path).is_some_and(|hashes| hashes.contains(&file.hash));
            file.state = if pinned {
                FileState::Trusted
            } else if is_own(&mut repo, &standing.root, content) {
                root.files.entry(file.path.clone()).or_default().insert(file.hash.clone());
                learned = true;
                FileState::Trusted
            } else {
                FileState::Changed
            };
        }
        if learned {
            self.write(&stored)?;
        }
        Ok(standing)
    }

    /// Trusts what was shown: just these files with just this content.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn trust(&self, shown: &Standing) -> Result<(), TrustError> {
        let mut stored = self.read()?;
        let root = stored.roots.entry(key(&shown.root)).or_default();
        for file in &shown.files {
            root.files.entry(file.path.clone()).or_default().insert(file.hash.clone());
        }
        self.write(&stored)
    }

    /// Takes trust away. False if there was none.
    ///
    /// # Errors
    /// The folder is in no repository; the store cannot be written.
    pub fn untrust(&self, folder: &Path) -> Result<bool, TrustError> {
        let root = top_of(folder)?;
        let mut stored = self.read()?;
        let was = stored.roots.remove(&key(&root)).is_some();
        if was {
            self.write(&stored)?;
        }
        Ok(was)
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

/// Whether the user wrote a content: no commit from elsewhere brought it. What cannot be told is not.
fn is_own(repo: &mut Option<Repo>, root: &Path, content: &Content) -> bool {
    // What lies outside, or in a submodule, has another history.
    if !top_of(&content.folder()).is_ok_and(|top| top == root) {
        return false;
    }
    let Ok(inside) = content.real.strip_prefix(root) else { return false };
    let Some(path) = inside.to_str().and_then(|p| RelPath::new(p).ok()) else { return false };
    if repo.is_none() {
        *repo = Repo::discover(root).ok();
    }
    repo.as_ref().is_some_and(|repo| repo.came_from_elsewhere(&path, &content.bytes).is_ok_and(|came| !came))
}

/// A file's content, and where it really is: links are looked through, so that what they lead to is pinned too.
struct Content {
    real: PathBuf,
    bytes: Vec<u8>,
}

impl Content {
    fn folder(&self) -> PathBuf {
        self.real.parent().map(Path::to_owned).unwrap_or_default()
    }
}

/// The files that need trust, for a call from `folder`: of the folders from it up to the repository's top.
fn collect(folder: &Path) -> Result<(Standing, Vec<Content>), TrustError> {
    let root = top_of(folder)?;
    let folder = folder.canonicalize().map_err(|source| io("open", folder, source))?;
    let mut found = Found { root: root.clone(), files: Vec::new(), contents: Vec::new() };
    for level in folder.ancestors().take_while(|level| level.starts_with(&root)) {
        found.settings(&level.join("aksara.toml"))?;
        for (name, kind) in [("plugins", FileKind::Plugin), ("templates", FileKind::Template)] {
            found.tree(&level.join(FOLDER).join(name), kind, 0)?;
        }
    }
    let Found { mut files, contents, .. } = found;
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by(|a, b| files[*a].path.cmp(&files[*b].path));
    let mut contents: Vec<Option<Content>> = contents.into_iter().map(Some).collect();
    let sorted = order.iter().filter_map(|index| contents[*index].take()).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((Standing { root, recorded: false, files }, sorted))
}

struct Found {
    root: PathBuf,
    files: Vec<TrustedFile>,
    contents: Vec<Content>,
}

impl Found {
    fn settings(&mut self, file: &Path) -> Result<(), TrustError> {
        if !file.is_file() {
            return Ok(());
        }
        let content = read(file)?;
        let grants = settings::needing_trust(&String::from_utf8_lossy(&content.bytes));
        if !grants.is_empty() {
            self.add(file, FileKind::Settings, grants, content);
        }
        Ok(())
    }

    fn tree(&mut self, dir: &Path, kind: FileKind, depth: usize) -> Result<(), TrustError> {
        if !dir.is_dir() {
            return Ok(());
        }
        if depth > DEEPEST {
            let why = format!("is more than {DEEPEST} folders deep");
            return Err(TrustError::TooMuch { path: dir.to_owned(), why });
        }
        for entry in std::fs::read_dir(dir).map_err(|source| io("read", dir, source))? {
            let path = entry.map_err(|source| io("read", dir, source))?.path();
            if path.is_dir() {
                // Cases of a template's tests are data that nothing runs.
                let is_cases = kind == FileKind::Template && depth == 1 && path.ends_with("tests");
                if !is_cases {
                    self.tree(&path, kind, depth + 1)?;
                }
            } else if path.is_file() {
                let content = read(&path)?;
                self.add(&path, kind, Vec::new(), content);
            }
            if self.files.len() > MOST_FILES {
                let why = format!("holds more than {MOST_FILES} files");
                return Err(TrustError::TooMuch { path: dir.to_owned(), why });
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, kind: FileKind, grants: Vec<String>, content: Content) {
        let path = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned();
        let hash: String = Sha256::digest(&content.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        self.files.push(TrustedFile { path, kind, grants, hash, state: FileState::New });
        self.contents.push(content);
    }
}

fn read(path: &Path) -> Result<Content, TrustError> {
    let failed = |source| io("read", path, source);
    let real = path.canonicalize().map_err(failed)?;
    let size = std::fs::metadata(&real).map_err(failed)?.len();
    if size > MOST_BYTES {
        let why = format!("has {size} bytes; at most {MOST_BYTES} are looked at");
        return Err(TrustError::TooMuch { path: path.to_owned(), why });
    }
    Ok(Content { bytes: std::fs::read(&real).map_err(failed)?, real })
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
