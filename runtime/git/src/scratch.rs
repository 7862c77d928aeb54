//! A repository of its own for files that are in none.

use std::path::Path;

use aksara_protocol::RelPath;
use git2::Repository;

use crate::error::Doing as _;
use crate::{GitError, Mode, Repo, TreeChange};

impl Repo {
    /// Makes a repository in the empty folder `dir`, with one tree of these texts, and gives both. There is no commit
    /// and nothing is checked out.
    ///
    /// # Errors
    /// The folder cannot be written, or two of the paths exclude each other.
    pub fn scratch<'f>(
        dir: &Path,
        files: impl IntoIterator<Item = (&'f RelPath, &'f str)>,
    ) -> Result<(Repo, String), GitError> {
        let made = Repository::init(dir).doing(format!("make a repository in {}", dir.display()))?;
        let empty = made.treebuilder(None).and_then(|b| b.write()).doing("write an empty tree")?;
        drop(made);
        let repo = Repo::discover(dir)?;
        let changes: Vec<TreeChange> = files
            .into_iter()
            .map(|(path, text)| TreeChange {
                path: path.clone(),
                content: Some((text.as_bytes().to_vec(), Mode::File)),
            })
            .collect();
        let tree = repo.write_tree(&empty.to_string(), &changes)?;
        Ok((repo, tree))
    }
}
