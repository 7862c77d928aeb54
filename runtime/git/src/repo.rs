//! A repository: finding it, refusing the forms that are not supported, and where its HEAD is.
//!
//! What is read from it, written to it and landed in it is in the modules beside this one.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use git2::{ErrorCode, Oid, Repository, RepositoryOpenFlags, RepositoryState};

use crate::error::{Doing, GitError, IoDoing};

/// A git repository with a working tree.
///
/// It may be shared between threads; its calls take turns.
pub struct Repo {
    inner: Mutex<Repository>,
    workdir: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repo").field("workdir", &self.workdir).finish_non_exhaustive()
    }
}

/// Where HEAD is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub commit: String,
    /// The commit's tree.
    pub tree: String,
    /// The branch's short name, such as `main`; `None` if HEAD is detached.
    pub branch: Option<String>,
}

impl Repo {
    /// Finds the repository that `start` lies in.
    ///
    /// The environment (`GIT_DIR` and the like) plays no part.
    ///
    /// # Errors
    /// [`GitError::NotARepository`], [`GitError::Bare`], [`GitError::NotOwned`], and [`GitError::Unsupported`] for
    /// SHA-256, reftable, partial clones, sparse checkouts and split indexes.
    pub fn discover(start: &Path) -> Result<Repo, GitError> {
        let found = Repository::discover_path(start, &[] as &[&OsStr]);
        let git_dir = match found {
            Ok(path) => path,
            Err(e) if e.code() == ErrorCode::NotFound => {
                return Err(GitError::NotARepository { start: start.to_owned() });
            }
            Err(e) => return Err(open_error(e, start)),
        };
        // The library cannot open these forms, or opens them and damages them: say so before it tries.
        refuse_formats(&common_dir_of(&git_dir))?;
        let repo = Repository::open_ext(start, RepositoryOpenFlags::empty(), &[] as &[&OsStr])
            .map_err(|e| open_error(e, start))?;
        Self::check(repo)
    }

    fn check(repo: Repository) -> Result<Repo, GitError> {
        let Some(workdir) = repo.workdir().filter(|_| !repo.is_bare()) else {
            return Err(GitError::Bare { path: repo.path().to_owned() });
        };
        let workdir = workdir.canonicalize().doing("open", workdir)?;
        refuse_settings(&repo)?;
        Ok(Repo {
            workdir,
            git_dir: repo.path().to_owned(),
            common_dir: repo.commondir().to_owned(),
            inner: Mutex::new(repo),
        })
    }

    /// The library's handle. Held only within one call of ours.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Repository> {
        // The library's handle has no state of ours that a panic could leave half changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The top of the working tree: absolute, without symbolic links.
    #[must_use]
    pub fn workdir(&self) -> &Path {
        &self.workdir
    }

    /// The folder of this working tree's HEAD and index.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder that all worktrees of the repository share.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// `dir` as seen from the top of the working tree: `a/b`, or `""` for the top and for what is outside.
    #[must_use]
    pub fn prefix_of(&self, dir: &Path) -> String {
        let Ok(dir) = dir.canonicalize() else { return String::new() };
        let Ok(inside) = dir.strip_prefix(&self.workdir) else { return String::new() };
        let parts: Vec<_> = inside.components().map(|c| c.as_os_str().to_string_lossy()).collect();
        parts.join("/")
    }

    /// Where HEAD is now.
    ///
    /// # Errors
    /// [`GitError::Unborn`] before the first commit.
    pub fn head(&self) -> Result<Head, GitError> {
        head_of(&self.lock())
    }

    /// The name of an operation that was begun and not finished: `merge`, `rebase`, `cherry-pick`, `revert`,
    /// `bisect` or `am`.
    #[must_use]
    pub fn operation_in_progress(&self) -> Option<&'static str> {
        match self.lock().state() {
            RepositoryState::Clean => None,
            RepositoryState::Merge => Some("merge"),
            RepositoryState::Revert | RepositoryState::RevertSequence => Some("revert"),
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => Some("cherry-pick"),
            RepositoryState::Bisect => Some("bisect"),
            RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
                Some("rebase")
            }
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => Some("am"),
        }
    }

    /// How many files the index has, from its header: 0 if it cannot be read.
    #[must_use]
    pub fn file_count_hint(&self) -> usize {
        let mut header = [0_u8; 12];
        let read =
            std::fs::File::open(self.git_dir.join("index")).and_then(|mut f| f.read_exact(&mut header));
        match (read, header) {
            (Ok(()), [b'D', b'I', b'R', b'C', _, _, _, _, a, b, c, d]) => {
                usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX)
            }
            _ => 0,
        }
    }
}

pub(crate) fn head_of(repo: &Repository) -> Result<Head, GitError> {
    let head = match repo.head() {
        Ok(head) => head,
        Err(e) if e.code() == ErrorCode::UnbornBranch => return Err(unborn(repo)),
        Err(e) => return Err(e).doing("read HEAD"),
    };
    let commit = head.peel_to_commit().doing("read the commit at HEAD")?;
    let branch = match head.is_branch() {
        true => Some(head.shorthand().doing("read the branch's name")?.to_owned()),
        false => None,
    };
    Ok(Head { commit: commit.id().to_string(), tree: commit.tree_id().to_string(), branch })
}

fn unborn(repo: &Repository) -> GitError {
    let target = repo
        .find_reference("HEAD")
        .ok()
        .and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned))
        .unwrap_or_default();
    GitError::Unborn { branch: target.trim_start_matches("refs/heads/").to_owned() }
}

/// An id as the library has it.
pub(crate) fn oid(id: &str) -> Result<Oid, GitError> {
    Oid::from_str(id).doing(format!("read `{id}` as an object's id"))
}

fn open_error(error: git2::Error, start: &Path) -> GitError {
    match error.code() {
        ErrorCode::Owner => GitError::NotOwned { path: start.to_owned() },
        ErrorCode::NotFound => GitError::NotARepository { start: start.to_owned() },
        _ => GitError::Git { action: format!("open the repository at `{}`", start.display()), source: error },
    }
}

/// A linked worktree's folder names the shared one in a file.
fn common_dir_of(git_dir: &Path) -> PathBuf {
    match std::fs::read_to_string(git_dir.join("commondir")) {
        Ok(text) => git_dir.join(text.trim_end()),
        Err(_) => git_dir.to_owned(),
    }
}

fn refuse_formats(common_dir: &Path) -> Result<(), GitError> {
    let path = common_dir.join("config");
    if !path.is_file() {
        return Ok(());
    }
    let mut config = git2::Config::open(&path).doing(format!("read `{}`", path.display()))?;
    let config = config.snapshot().doing(format!("read `{}`", path.display()))?;
    let text = |key: &str| config.get_string(key).ok();
    if let Some(format) = text("extensions.objectformat").filter(|f| f != "sha1") {
        return Err(unsupported(
            format!("names its objects by {format}"),
            "use a repository with git's default object format (`git init --object-format=sha1`)",
        ));
    }
    if let Some(format) = text("extensions.refstorage").filter(|f| f != "files") {
        return Err(unsupported(
            format!("stores its refs as `{format}`"),
            "run `git refs migrate --ref-format=files` (git 2.46 or newer)",
        ));
    }
    let mut promisor = text("extensions.partialclone").is_some();
    let mut entries =
        config.entries(Some(r"^remote\..*\.promisor$")).doing("read the repository's remotes")?;
    while let Some(entry) = entries.next() {
        let value = entry.doing("read the repository's remotes")?.value().unwrap_or("true").to_owned();
        promisor |= git2::Config::parse_bool(value).unwrap_or(true);
    }
    if promisor {
        return Err(unsupported(
            "is a partial clone, so that files may be missing".into(),
            "use a full clone (`git clone` without `--filter`)",
        ));
    }
    Ok(())
}

fn refuse_settings(repo: &Repository) -> Result<(), GitError> {
    let config = repo.config().and_then(|mut c| c.snapshot()).doing("read git's configuration")?;
    if config.get_bool("core.sparsecheckout").unwrap_or(false) {
        return Err(unsupported("is a sparse checkout".into(), "run `git sparse-checkout disable`"));
    }
    if config.get_bool("core.splitindex").unwrap_or(false) {
        return Err(unsupported(
            "splits its index".into(),
            "run `git update-index --no-split-index` and `git config --unset core.splitIndex`",
        ));
    }
    Ok(())
}

fn unsupported(what: String, hint: &'static str) -> GitError {
    GitError::Unsupported { what, hint }
}
