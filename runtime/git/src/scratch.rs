//! Repositories that nobody keeps: made for a moment, for files that are in none.

use std::path::Path;

use aksara_protocol::RelPath;
use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};

use crate::error::{Doing as _, IoDoing as _};
use crate::{GitError, Mode, Repo, TreeChange};

/// Settings of a scratch repository, so that those of whoever runs this play no part.
const SETTINGS: [(&str, &str); 6] = [
    ("user.name", "Aksara"),
    ("user.email", "aksara@localhost"),
    ("commit.gpgsign", "false"),
    ("core.autocrlf", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.attributesFile", "/dev/null"),
];

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

    /// Makes a repository in `dir`, an empty folder, with these files in one commit on `main` and on the disk.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn scratch_project<'f>(
        dir: &Path,
        files: impl IntoIterator<Item = (&'f RelPath, &'f [u8])>,
    ) -> Result<Repo, GitError> {
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main").external_template(false);
        let repo = Repository::init_opts(dir, &options).doing("make a scratch repository")?;
        let config = repo.config().doing("read git's configuration")?;
        let mut local = config.open_level(git2::ConfigLevel::Local).doing("read git's configuration")?;
        for (key, value) in SETTINGS {
            local.set_str(key, value).doing("write git's configuration")?;
        }
        for (path, content) in files {
            let full = dir.join(path.as_str());
            if let Some(folder) = full.parent() {
                std::fs::create_dir_all(folder).doing("make", folder)?;
            }
            std::fs::write(&full, content).doing("write", &full)?;
        }
        {
            let mut index = repo.index().doing("open the index")?;
            index.add_all(["*"], IndexAddOption::FORCE, None).doing("fill the index")?;
            index.write().doing("write the index")?;
            let tree = index.write_tree().doing("write a tree")?;
            let tree = repo.find_tree(tree).doing("read a tree")?;
            let who = Signature::new("Aksara", "aksara@localhost", &Time::new(0, 0))
                .doing("make the commit's signature")?;
            repo.commit(Some("HEAD"), &who, &who, "start", &tree, &[]).doing("write a commit")?;
        }
        drop(repo);
        Repo::discover(dir)
    }
}

#[cfg(test)]
mod tests {
    use aksara_protocol::RelPath;

    use crate::Repo;

    #[test]
    fn it_holds_the_files_in_one_commit_and_is_clean() {
        let dir = tempfile::tempdir().unwrap();
        let files = [("a/b.txt", "one\r\n"), (".gitignore", "*.log\n"), ("x.log", "kept")]
            .map(|(path, text)| (RelPath::new(path).unwrap(), text.as_bytes()));
        let repo = Repo::scratch_project(dir.path(), files.iter().map(|(p, t)| (p, *t))).unwrap();
        let head = repo.head().unwrap();
        assert_eq!(head.branch.as_deref(), Some("main"));
        let paths: Vec<RelPath> = files.iter().map(|(p, _)| p.clone()).collect();
        assert_eq!(repo.list(&head.tree, "", true).unwrap().len(), 3);
        assert_eq!(repo.dirty(&head.tree, &paths).unwrap(), []);
        assert!(!repo.needs_git_commit());
        repo.must_know_identity().unwrap();
    }
}
