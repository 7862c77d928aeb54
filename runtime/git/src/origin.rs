//! Whether a file's content was written here or came with somebody's commit.
//!
//! A commit does not say where it was made: its author is text. The log of HEAD does, and it is never cloned,
//! fetched or pushed: an entry `commit: …` is a commit that was made in this repository.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use aksara_protocol::RelPath;
use git2::{Commit, ObjectType, Oid, Repository, RepositoryState, Revwalk};

use crate::dirty::{filtered, fresh_index};
use crate::error::{Doing, GitError};
use crate::repo::Repo;

/// Histories longer than this are not searched to their end.
const MOST_COMMITS: usize = 50_000;

/// Refs whose commits may be other people's. Aksara's own and the stash are not.
const REFS: [&str; 3] = ["refs/heads/*", "refs/remotes/*", "refs/tags/*"];

impl Repo {
    /// Whether some commit that was not made here brought this content, as it is on the disk, to `path`. Content
    /// that no commit has is written here, and so is what only commits of this repository's own brought. Of a path
    /// whose attributes ask for a filter, an encoding or `ident`, that cannot be told, and the answer is yes.
    ///
    /// The cost grows with the history, unless git does not know the content at all.
    ///
    /// # Errors
    /// The history cannot be read.
    pub fn came_from_elsewhere(&self, path: &RelPath, content: &[u8]) -> Result<bool, GitError> {
        let repo = self.lock();
        if !filtered(&repo, std::slice::from_ref(path))?.is_empty() {
            return Ok(true);
        }
        let contents = known_contents(&repo, path, content)?;
        if contents.is_empty() {
            return Ok(false);
        }
        let made_here = made_here(&repo)?;
        let walk = everything(&repo)?;
        let mut has = Has { path: Path::new(path.as_str()), contents, known: HashMap::new() };
        for (seen, id) in walk.enumerate() {
            let id = id.doing("walk the history")?;
            if seen >= MOST_COMMITS {
                return Ok(true);
            }
            if made_here.contains(&id) || !has.content_in(&repo, id) {
                continue;
            }
            let commit = repo.find_commit(id).doing(format!("read the commit {id}"))?;
            let parents: Vec<Oid> = Commit::parent_ids(&commit).collect();
            if !parents.into_iter().any(|parent| has.content_in(&repo, parent)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a content that some commit not made here brought to `path` is one that is looked for. Contents that
    /// are in the history of the commit `since` are left out. While a merge, a rebase or the like is under way, what
    /// git mixes into the file cannot be told, and the answer is yes; so it is for a history that is too long and
    /// for a path whose attributes ask for a filter.
    ///
    /// # Errors
    /// The history cannot be read.
    pub fn any_from_elsewhere(
        &self,
        path: &RelPath,
        since: Option<&str>,
        is_looked_for: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool, GitError> {
        let repo = self.lock();
        if repo.state() != RepositoryState::Clean || !filtered(&repo, std::slice::from_ref(path))?.is_empty()
        {
            return Ok(true);
        }
        let made_here = made_here(&repo)?;
        let mut walk = everything(&repo)?;
        if let Some(known) = since.and_then(|id| Oid::from_str(id).ok())
            && repo.find_commit(known).is_ok()
        {
            walk.hide(known).doing("walk the history")?;
        }
        let mut seen = HashSet::new();
        for (count, id) in walk.enumerate() {
            let id = id.doing("walk the history")?;
            if count >= MOST_COMMITS {
                return Ok(true);
            }
            if made_here.contains(&id) {
                continue;
            }
            let Some(blob) = blob_in(&repo, id, path) else { continue };
            let commit = repo.find_commit(id).doing(format!("read the commit {id}"))?;
            // What a parent had was brought by another commit.
            if commit.parent_ids().any(|parent| blob_in(&repo, parent, path) == Some(blob))
                || !seen.insert(blob)
            {
                continue;
            }
            let blob = repo.find_blob(blob).doing(format!("read {path} of the commit {id}"))?;
            if is_looked_for(blob.content()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A walk over every commit that may be somebody's: of branches, tags, HEAD, and what was fetched.
fn everything(repo: &Repository) -> Result<Revwalk<'_>, GitError> {
    let mut walk = repo.revwalk().doing("walk the history")?;
    for refs in REFS {
        walk.push_glob(refs).doing("walk the history")?;
    }
    // HEAD may be detached, or its branch unborn.
    if let Ok(head) = repo.head().and_then(|h| h.peel_to_commit()) {
        walk.push(head.id()).doing("walk the history")?;
    }
    for id in fetched(repo) {
        if repo.find_commit(id).is_ok() {
            walk.push(id).doing("walk the history")?;
        }
    }
    Ok(walk)
}

/// The file that a commit has at the path.
fn blob_in(repo: &Repository, commit: Oid, path: &RelPath) -> Option<Oid> {
    let tree = repo.find_commit(commit).and_then(|commit| commit.tree()).ok()?;
    let entry = tree.get_path(Path::new(path.as_str())).ok()?;
    (entry.kind() == Some(ObjectType::Blob)).then(|| entry.id())
}

/// The ids under which git has the content: as it stands on the disk, with the line endings that git may store, and
/// what the index has for it, if the two differ in carriage returns only: a checkout may put in any of them.
fn known_contents(repo: &Repository, path: &RelPath, content: &[u8]) -> Result<HashSet<Oid>, GitError> {
    let mut forms = vec![content.to_vec()];
    if let Ok(text) = std::str::from_utf8(content)
        && text.contains("\r\n")
    {
        forms.push(text.replace("\r\n", "\n").into_bytes());
    }
    let odb = repo.odb().doing("open the object store")?;
    let mut known = HashSet::new();
    for form in forms {
        let id = Oid::hash_object(ObjectType::Blob, &form).doing("hash a content")?;
        if odb.exists(id) {
            known.insert(id);
        }
    }
    if let Some(entry) = fresh_index(repo)?.get_path(Path::new(path.as_str()), 0)
        && let Ok(blob) = repo.find_blob(entry.id)
        && without_returns(blob.content()) == without_returns(content)
    {
        known.insert(entry.id);
    }
    Ok(known)
}

fn without_returns(content: &[u8]) -> Vec<u8> {
    content.iter().copied().filter(|byte| *byte != b'\r').collect()
}

/// The commits that were made in this repository, as the log of HEAD has them.
fn made_here(repo: &Repository) -> Result<HashSet<Oid>, GitError> {
    let Ok(log) = repo.reflog("HEAD") else { return Ok(HashSet::new()) };
    Ok(log
        .iter()
        .filter(|entry| {
            let message = String::from_utf8_lossy(entry.message_bytes().unwrap_or_default());
            // Nothing else begins so. `commit (merge): …` is made here as well, and its content is not: git mixed it.
            ["commit:", "commit (amend):", "commit (initial):"].iter().any(|made| message.starts_with(made))
        })
        .map(|entry| entry.id_new())
        .collect())
}

/// What was fetched last, with or without a ref of its own.
fn fetched(repo: &Repository) -> Vec<Oid> {
    let text = std::fs::read_to_string(repo.path().join("FETCH_HEAD")).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|id| Oid::from_str(id).ok())
        .collect()
}

/// Which commits have the content at the path.
struct Has<'a> {
    path: &'a Path,
    contents: HashSet<Oid>,
    known: HashMap<Oid, bool>,
}

impl Has<'_> {
    /// A commit that is not there (the clone is shallow) has nothing.
    fn content_in(&mut self, repo: &Repository, commit: Oid) -> bool {
        if let Some(known) = self.known.get(&commit) {
            return *known;
        }
        let has = repo
            .find_commit(commit)
            .and_then(|commit| commit.tree())
            .and_then(|tree| tree.get_path(self.path))
            .is_ok_and(|entry| self.contents.contains(&entry.id()));
        self.known.insert(commit, has);
        has
    }
}
