//! The commit that lands: the user's own, through git's hooks and signature where there are any.

use std::path::PathBuf;

use git2::{Repository, Signature};

use crate::error::{Doing, GitError};
use crate::program::{GitProgram, is_program};
use crate::read::find_tree;
use crate::repo::{Repo, head_of, oid};
use crate::worktree::Worktree;

/// The commit to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitSpec {
    /// Its tree.
    pub tree: String,
    /// Its parents, first parent first.
    pub parents: Vec<String>,
    /// Its message.
    pub message: String,
}

/// A commit that `git commit` made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitMade {
    /// The commit.
    pub commit: String,
    /// Its tree, which a hook may have changed.
    pub tree: String,
    /// What git and the hooks printed.
    pub output: String,
}

/// The hooks that `git commit` runs.
const COMMIT_HOOKS: [&str; 4] = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"];

impl Repo {
    /// Makes a commit by the user that no ref names. No hook runs and nothing is signed: see
    /// [`Repo::needs_git_commit`].
    ///
    /// # Errors
    /// [`GitError::MissingIdentity`]; a tree or parent that is not there.
    pub fn landing_commit(&self, spec: &CommitSpec) -> Result<String, GitError> {
        let repo = self.lock();
        let author = identity(&repo, "author")?;
        let committer = identity(&repo, "committer")?;
        let tree = find_tree(&repo, &spec.tree)?;
        let mut parents = Vec::new();
        for parent in &spec.parents {
            parents.push(repo.find_commit(oid(parent)?).doing(format!("read the commit {parent}"))?);
        }
        let parents: Vec<_> = parents.iter().collect();
        let message =
            git2::message_prettify(spec.message.as_str(), None).doing("read the commit's message")?;
        let id = repo
            .commit(None, &author, &committer, &message, &tree, &parents)
            .doing("write the commit to land")?;
        Ok(id.to_string())
    }

    /// Checks that git knows who the user is, so that a commit can be made later.
    ///
    /// # Errors
    /// [`GitError::MissingIdentity`].
    pub fn must_know_identity(&self) -> Result<(), GitError> {
        let repo = self.lock();
        identity(&repo, "author")?;
        identity(&repo, "committer")?;
        Ok(())
    }

    /// Whether a commit must go through `git commit`: the user has hooks for it, or signs commits.
    #[must_use]
    pub fn needs_git_commit(&self) -> bool {
        let repo = self.lock();
        let Ok(config) = repo.config().and_then(|mut c| c.snapshot()) else { return false };
        if config.get_bool("commit.gpgsign").unwrap_or(false) {
            return true;
        }
        let hooks: PathBuf = match config.get_path("core.hookspath") {
            // As git does: relative to where the hook runs.
            Ok(path) => self.workdir().join(path),
            Err(_) => self.common_dir().join("hooks"),
        };
        COMMIT_HOOKS.iter().any(|name| is_program(&hooks.join(name)))
    }

    /// Commits what is in the index of `worktree` onto `parent` with `git commit`, so that hooks run and the
    /// user's signature is made. The worktree's HEAD is at the new commit then; after a failure it is where it was.
    ///
    /// # Errors
    /// [`GitError::CommitRefused`] with what the hooks printed, [`GitError::MissingIdentity`],
    /// [`GitError::TimedOut`].
    pub fn commit_in_worktree(
        &self,
        git: &GitProgram,
        worktree: &Worktree,
        parent: &str,
        message: &str,
    ) -> Result<CommitMade, GitError> {
        worktree.must_belong_to(self)?;
        worktree.ready()?;
        let before = head_of(&worktree.lock())?;
        worktree.set_head(parent)?;
        let made = commit_here(git, worktree, parent, message);
        if made.is_err() {
            worktree.set_head(&before.commit)?;
        }
        made
    }
}

fn commit_here(
    git: &GitProgram,
    worktree: &Worktree,
    parent: &str,
    message: &str,
) -> Result<CommitMade, GitError> {
    let mut command = git.command_with_hooks(worktree.path());
    command.args(["commit", "--quiet", "--file=-"]);
    let ended = git.run(command, "git commit", Some(message.as_bytes()), git.timeout())?;
    let mut output = String::from_utf8_lossy(&ended.stdout).into_owned();
    output.push_str(&String::from_utf8_lossy(&ended.stderr));
    let inside = worktree.lock();
    if !ended.status.success() {
        // Git's own words for this are long and name other ways.
        identity(&inside, "author")?;
        identity(&inside, "committer")?;
        return Err(GitError::CommitRefused { output: output.trim_end().to_owned() });
    }
    let after = head_of(&inside)?;
    let made = inside.find_commit(oid(&after.commit)?).doing("read the new commit")?;
    if !made.parent_ids().any(|id| id.to_string() == parent) {
        return Err(GitError::CommitRefused {
            output: format!("a hook moved HEAD to {}, which is not the commit asked for", after.commit),
        });
    }
    Ok(CommitMade { commit: after.commit, tree: after.tree, output })
}

/// Who the user is by git's configuration: `author.name` before `user.name`, and so on.
fn identity(repo: &Repository, role: &str) -> Result<Signature<'static>, GitError> {
    let config = repo.config().and_then(|mut c| c.snapshot()).doing("read git's configuration")?;
    let value = |key: &str| {
        [role, "user"]
            .iter()
            .filter_map(|section| config.get_string(&format!("{section}.{key}")).ok())
            .find(|text| !text.trim().is_empty())
            .ok_or(GitError::MissingIdentity)
    };
    Signature::now(value("name")?.trim(), value("email")?.trim()).doing("make the commit's signature")
}
