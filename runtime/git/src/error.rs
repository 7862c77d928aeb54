//! What can go wrong with git, in words for the person who typed the command.

use std::path::{Path, PathBuf};

use aksara_protocol::RelPath;

use crate::dirty::Dirty;

/// Why something with git was refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// There is no repository at or above the folder.
    #[error("`{}` is not in a git repository: run `git init`, and commit, first", .start.display())]
    NotARepository {
        /// The folder where the search began.
        start: PathBuf,
    },
    /// The repository has no working tree.
    #[error("`{}` is a bare repository, which has no files to work on: run this in a clone of it", .path.display())]
    Bare {
        /// The repository's own folder.
        path: PathBuf,
    },
    /// The repository belongs to somebody else.
    #[error(
        "the repository at `{0}` belongs to another user: if you trust it, run `git config --global --add \
         safe.directory {0}`", .path.display()
    )]
    NotOwned {
        /// The folder where the search began.
        path: PathBuf,
    },
    /// The repository uses a form of git that is not supported.
    #[error("this repository {what}, which Aksara does not support yet: {hint}")]
    Unsupported {
        /// What the repository is or has.
        what: String,
        /// What the user can do.
        hint: &'static str,
    },
    /// HEAD names a branch without a commit.
    #[error("the branch `{branch}` has no commit yet: commit your files first (`git add .`, `git commit`)")]
    Unborn {
        /// The branch that HEAD names.
        branch: String,
    },
    /// HEAD names no branch, where one is needed.
    #[error("HEAD is not on a branch: run `git switch BRANCH`, or `git switch -c NEW-BRANCH`, first")]
    Detached,
    /// HEAD is on another branch than expected.
    #[error("HEAD is on `{found}` and not on `{expected}`: run `git switch {expected}` first")]
    OtherBranch {
        /// The branch that was to be changed.
        expected: String,
        /// The branch that HEAD is on.
        found: String,
    },
    /// The branch is not where it was.
    #[error("the branch `{branch}` has moved from {expected} to {found} meanwhile: nothing was written")]
    BranchMoved {
        /// The branch.
        branch: String,
        /// The commit it was expected at.
        expected: String,
        /// The commit it is at.
        found: String,
    },
    /// The new commit does not continue the branch.
    #[error("{new} does not follow {expected}, and a branch is never moved backwards")]
    NotForward {
        /// The commit that the branch is at.
        expected: String,
        /// The commit that it was to be moved to.
        new: String,
    },
    /// A branch of that name exists at another commit.
    #[error("the branch `{name}` exists already, at {found}: give another name")]
    BranchExists {
        /// The branch.
        name: String,
        /// The commit it is at.
        found: String,
    },
    /// A text is not a name for a branch or ref.
    #[error("`{name}` is not a name that git or Aksara takes for this: {why}")]
    BadName {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A merge, rebase or the like has been begun and not finished.
    #[error("a {operation} is in progress here: finish or abort it first (`git status` shows how)")]
    InProgress {
        /// The operation, such as `merge`.
        operation: &'static str,
    },
    /// Files that were to be written hold work of the user's.
    #[error("these files have changes that are not committed: {}. Run `git stash -u` or commit them first", list(.paths))]
    NotClean {
        /// Each of them, and how it differs.
        paths: Vec<Dirty>,
    },
    /// After a kill, a file holds neither the old nor the new content.
    #[error(
        "cannot finish or take back the interrupted landing, because these files were changed since: {}. \
         Set your changes aside (`git stash -u`) and try again", list(.paths)
    )]
    NeitherOldNorNew {
        /// Each of them, and how it differs from the nearer side.
        paths: Vec<Dirty>,
    },
    /// A landing failed half way, and what it had done could not be taken back.
    #[error("the landing failed ({cause}), and taking it back failed too ({undo}): run `aksara ai resume`")]
    HalfLanded {
        /// Why it failed.
        cause: Box<GitError>,
        /// Why it could not be taken back.
        undo: Box<GitError>,
    },
    /// A landing was refused or failed, and something of the user's could not go back to its place.
    #[error("{cause}\nkept, since something else stands in its place now: {}", places(.kept))]
    KeptAside {
        /// Why nothing was landed.
        cause: Box<GitError>,
        /// Where each file is kept.
        kept: Vec<PathBuf>,
    },
    /// Files have a conversion that only the git program does.
    #[error("these files go through a git filter (such as Git LFS) or an encoding, which Aksara does not \
             support yet: {}", names(.paths))]
    Filtered {
        /// Each of them.
        paths: Vec<RelPath>,
    },
    /// The trees differ in a path that the caller did not name.
    #[error("the commit to land changes `{path}`, which was not announced: nothing was written")]
    Unannounced {
        /// The path.
        path: RelPath,
    },
    /// A path goes through a symbolic link.
    #[error("`{path}` goes through the symbolic link `{link}`: links are never followed; name the real path")]
    BelowSymlink {
        /// The path as asked for.
        path: RelPath,
        /// The link on the way.
        link: String,
    },
    /// A path is inside a submodule, or is one.
    #[error("`{path}` is in the submodule `{submodule}`: run Aksara inside that repository instead")]
    BelowSubmodule {
        /// The path as asked for.
        path: RelPath,
        /// The submodule on the way.
        submodule: String,
    },
    /// Content was to be written where a symbolic link is.
    #[error("`{path}` is a symbolic link, and is not written through or replaced: name the real file")]
    IsSymlink {
        /// The path.
        path: RelPath,
    },
    /// A folder that was to be listed is not there.
    #[error("there is no folder `{dir}` in the commit")]
    NoSuchFolder {
        /// The folder as asked for.
        dir: String,
    },
    /// A file that was to be deleted is not there.
    #[error("`{path}` cannot be deleted: it does not exist")]
    NoSuchFile {
        /// The path.
        path: RelPath,
    },
    /// A file was to be put where something else is.
    #[error("`{path}` cannot be written: `{other}` is in its place")]
    InTheWay {
        /// The path that was to be written.
        path: RelPath,
        /// What stands there.
        other: String,
    },
    /// One set of changes names a path twice.
    #[error("`{path}` is changed twice in one step")]
    Twice {
        /// The path.
        path: RelPath,
    },
    /// A path has more folders than any project has, and more than is safe to descend into.
    #[error("`{path}` is more than {limit} folders deep")]
    TooDeep {
        /// The path.
        path: RelPath,
        /// How many are allowed.
        limit: usize,
    },
    /// A name in the repository is not one that Aksara can handle.
    #[error(
        "the repository has a file whose name cannot be used here: `{name}` (not UTF-8, or not portable)"
    )]
    UnusableName {
        /// The name, with what is not UTF-8 replaced.
        name: String,
    },
    /// A private ref is not where it was expected.
    #[error("the ref `{name}` is at {} and not at {}: another process works on the same run",
        .found.as_deref().unwrap_or("nothing"), .expected.as_deref().unwrap_or("nothing"))]
    RefMoved {
        /// The ref's full name.
        name: String,
        /// Where it was expected; `None`: not to exist.
        expected: Option<String>,
        /// Where it is.
        found: Option<String>,
    },
    /// Git's own lock on a file is held.
    #[error(
        "`{}` is locked: another git process is at work, or one was killed. If none runs, delete that file and \
         try again", .lock.display()
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// Git does not know who the user is.
    #[error(
        "git does not know who you are: run `git config --global user.name \"Your Name\"` and \
         `git config --global user.email you@example.com`"
    )]
    MissingIdentity,
    /// A hook, or git itself, refused the commit.
    #[error("`git commit` refused the result:\n{output}")]
    CommitRefused {
        /// What git and the hooks printed.
        output: String,
    },
    /// There is no git program.
    #[error("no `git` program was found in PATH: install git (https://git-scm.com), version 2.30 or newer")]
    NoGitProgram,
    /// A git program was started and failed.
    #[error("`{command}` failed ({status}): {output}")]
    Program {
        /// The command in short, such as `git worktree add`.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed.
        output: String,
    },
    /// A git program did not end in time, and was killed with what it had started.
    #[error("`{command}` did not end within {seconds} s and was stopped")]
    TimedOut {
        /// The command in short.
        command: String,
        /// The limit.
        seconds: u64,
    },
    /// The folder for a worktree cannot be used.
    #[error("cannot make a worktree at `{}`: {why}", .path.display())]
    BadWorktreePath {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A folder is not a worktree that Aksara made.
    #[error("`{}` is not a worktree that Aksara made, and is left as it is", .path.display())]
    NotOurWorktree {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {action} `{}`: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else that git's library says.
    #[error("cannot {action}: {}", .source.message())]
    Git {
        /// What was tried.
        action: String,
        /// What the library said.
        source: git2::Error,
    },
}

fn list(paths: &[Dirty]) -> String {
    paths.iter().map(Dirty::to_string).collect::<Vec<_>>().join(", ")
}

fn places(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn names(paths: &[RelPath]) -> String {
    paths.iter().map(RelPath::as_str).collect::<Vec<_>>().join(", ")
}

/// Says what was tried when git's library fails.
pub(crate) trait Doing<T> {
    /// `action` completes the sentence "cannot …".
    fn doing(self, action: impl Into<String>) -> Result<T, GitError>;
}

impl<T> Doing<T> for Result<T, git2::Error> {
    fn doing(self, action: impl Into<String>) -> Result<T, GitError> {
        self.map_err(|source| GitError::Git { action: action.into(), source })
    }
}

/// Says what was tried, and with what, when the system fails.
pub(crate) trait IoDoing<T> {
    /// `action` completes the sentence "cannot … `path`".
    fn doing(self, action: &'static str, path: &Path) -> Result<T, GitError>;
}

impl<T> IoDoing<T> for Result<T, std::io::Error> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, GitError> {
        self.map_err(|source| GitError::Io { action, path: path.to_owned(), source })
    }
}
