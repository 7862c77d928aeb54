//! What Aksara does with git: reading trees, checkpoints, worktrees, landing, taking back.
//!
//! This crate knows nothing of plans, plugins or terminals. It never runs `reset --hard` or `clean`, never moves
//! a branch of the user's backwards, and changes the user's working tree in one place only, [`Repo::land`], which
//! happens wholly or not at all.
//!
//! A checkpoint and a landing, from beginning to end:
//!
//! ```
//! use aksara_git::{CommitSpec, Land, Mode, Repo, TreeChange};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let made = git2::Repository::init(folder.path())?;
//! # made.config()?.set_str("user.name", "A")?;
//! # made.config()?.set_str("user.email", "a@example.com")?;
//! # let who = git2::Signature::now("A", "a@example.com")?;
//! # let empty = made.find_tree(made.index()?.write_tree()?)?;
//! # made.commit(Some("HEAD"), &who, &who, "start", &empty, &[])?;
//! let repo = Repo::discover(folder.path())?;
//! let head = repo.head()?;
//! let change = TreeChange { path: "notes.txt".parse()?, content: Some((b"hello\n".to_vec(), Mode::Keep)) };
//!
//! // The step: a commit that a private ref keeps. No file and no index is touched.
//! let tree = repo.write_tree(&head.tree, &[change])?;
//! let checkpoint = repo.checkpoint(&tree, &head.commit, "step 1", 1_700_000_000)?;
//! repo.set_run_ref("refs/aksara/runs/r1", &checkpoint, None, "step 1")?;
//!
//! // The landing: the user's commit, files, index and branch.
//! let new = repo.landing_commit(&CommitSpec {
//!     tree: tree.clone(),
//!     parents: vec![head.commit.clone()],
//!     message: "Add notes".to_owned(),
//! })?;
//! repo.land(&Land {
//!     branch: head.branch.as_deref().ok_or("detached")?,
//!     expected: &head.commit,
//!     new: &new,
//!     tree_paths: &repo.changed_paths(&head.tree, &tree)?,
//! })?;
//! assert_eq!(std::fs::read(folder.path().join("notes.txt"))?, b"hello\n");
//! # Ok(())
//! # }
//! ```

mod changes;
mod commit;
mod dirty;
mod disk;
mod error;
mod landing;
mod origin;
mod place;
mod program;
mod read;
mod refs;
mod repo;
mod scratch;
mod swap;
mod worktree;
mod write;

pub use changes::{Changes, Ignored, Outside, WhyOutside};
pub use commit::{CommitMade, CommitSpec};
pub use dirty::{Dirty, How};
pub use error::GitError;
pub use landing::{Land, Repaired};
pub use program::GitProgram;
pub use read::{Entry, EntryKind, Listing};
pub use repo::{Head, Repo};
pub use worktree::Worktree;
pub use write::{Merged, Mode, TreeChange};
