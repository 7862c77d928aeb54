//! The lock file: which plugins the user accepted, by the hash of their libraries, and which are linked.
//!
//! It is the user's own, never a project's: a project cannot accept itself.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The version of the file that this Aksara reads and writes.
const VERSION: u32 = 1;

/// What the user accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginLock {
    accepted: Vec<Accepted>,
    linked: Vec<Linked>,
}

/// A plugin that was accepted as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Accepted {
    folder: PathBuf,
    sha256: String,
}

/// The file's form.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    #[serde(default, rename = "plugin", skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<Accepted>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    linked: Vec<Linked>,
}

/// A plugin that is used as it is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Linked {
    folder: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    library: Option<PathBuf>,
}

/// Why a lock file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It cannot be read or written.
    #[error("the list of accepted plugins, {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody changed it into something else.
    #[error("the list of accepted plugins, {}, cannot be understood: {reason}\nhint: correct it, or remove it and accept your plugins again with `aksara plugin add`", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl PluginLock {
    /// Reads the file; one that is not there accepts nothing.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn read(path: &Path) -> Result<Self, LockError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(LockError::Io { path: path.to_owned(), source }),
        };
        let malformed = |reason: String| LockError::Malformed { path: path.to_owned(), reason };
        let stored: Stored = toml::from_str(&text).map_err(|e| malformed(e.to_string().trim().to_owned()))?;
        if stored.version != VERSION {
            return Err(malformed(format!("its version is {}, this Aksara knows {VERSION}", stored.version)));
        }
        Ok(Self { accepted: stored.accepted, linked: stored.linked })
    }

    /// Reads, changes and writes the file, one process after the other.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn change(path: &Path, change: impl FnOnce(&mut Self)) -> Result<(), LockError> {
        let failed = |source| LockError::Io { path: path.to_owned(), source };
        let _held = crate::exclusive::hold(path).map_err(failed)?;
        let mut lock = Self::read(path)?;
        change(&mut lock);
        lock.write(path)
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        let stored =
            Stored { version: VERSION, accepted: self.accepted.clone(), linked: self.linked.clone() };
        let failed = |source: io::Error| LockError::Io { path: path.to_owned(), source };
        let text = toml::to_string(&stored).map_err(|e| failed(io::Error::other(e)))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(
            b"# The plugins that you accepted. `aksara plugin add`, `link` and `remove` write this file.\n",
        )
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed)?;
        file.persist(path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    /// The hash that the library of the plugin in `folder` must have; `None` if it was never accepted.
    #[must_use]
    pub fn pin(&self, folder: &Path) -> Option<&str> {
        self.accepted.iter().find(|a| a.folder == folder).map(|a| a.sha256.as_str())
    }

    /// The folders of the plugins that were accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &Path> {
        self.accepted.iter().map(|a| a.folder.as_path())
    }

    /// The folders that are taken as they are, whatever is built in them; with the library of each that is built
    /// outside of its folder.
    pub fn linked(&self) -> impl Iterator<Item = (&Path, Option<&Path>)> {
        self.linked.iter().map(|l| (l.folder.as_path(), l.library.as_deref()))
    }

    /// Accepts the plugin in `folder` with this hash, instead of any before.
    pub fn accept(&mut self, folder: &Path, sha256: impl Into<String>) {
        self.accepted.retain(|a| a.folder != folder);
        self.accepted.push(Accepted { folder: folder.to_owned(), sha256: sha256.into() });
        self.accepted.sort_by(|a, b| a.folder.cmp(&b.folder));
    }

    /// Links `folder`, with its library if that is built outside of it, instead of any link to it before.
    pub fn link(&mut self, folder: &Path, library: Option<&Path>) {
        self.linked.retain(|l| l.folder != folder);
        self.linked.push(Linked { folder: folder.to_owned(), library: library.map(Path::to_owned) });
    }

    /// Forgets `folder`. Whether there was something to forget.
    pub fn forget(&mut self, folder: &Path) -> bool {
        let before = self.accepted.len() + self.linked.len();
        self.accepted.retain(|a| a.folder != folder);
        self.linked.retain(|l| l.folder != folder);
        before != self.accepted.len() + self.linked.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data/plugins.lock");
        assert_eq!(PluginLock::read(&path).unwrap(), PluginLock::default());
        let mut lock = PluginLock::default();
        lock.accept(Path::new("/b"), "22");
        lock.accept(Path::new("/a"), "00");
        lock.accept(Path::new("/a"), "11");
        lock.link(Path::new("/c"), Some(Path::new("/built/lib")));
        lock.link(Path::new("/c"), None);
        lock.link(Path::new("/d"), Some(Path::new("/built/lib")));
        lock.write(&path).unwrap();
        let mut read = PluginLock::read(&path).unwrap();
        assert_eq!(read, lock);
        assert_eq!(read.pin(Path::new("/a")), Some("11"));
        assert_eq!(read.pin(Path::new("/c")), None);
        let linked = [(Path::new("/c"), None), (Path::new("/d"), Some(Path::new("/built/lib")))];
        assert_eq!(read.linked().collect::<Vec<_>>(), linked);
        assert!(
            read.forget(Path::new("/c")) && read.forget(Path::new("/a")) && !read.forget(Path::new("/a"))
        );
        assert_eq!(read.pin(Path::new("/a")), None);
    }

    #[test]
    fn a_lock_file_of_another_kind_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plugins.lock");
        for text in ["version = 2", "nonsense", "version = 1\nplugin = 3"] {
            std::fs::write(&path, text).unwrap();
            let error = PluginLock::read(&path).unwrap_err();
            assert!(matches!(error, LockError::Malformed { .. }), "{text}");
            assert!(error.to_string().contains("aksara plugin add"), "{error}");
        }
    }
}
