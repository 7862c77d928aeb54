//! The folders in which cases are carried out, and what killed tests left of them.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The folder of all of them, below the cache.
const ROOT: &str = "template-tests";
/// Who tests holds this file shared; who has it alone may remove every folder. The system lets go of what a killed
/// process held.
const LOCK: &str = "template-tests.lock";

/// A folder made for the moment: gone when it is dropped.
pub(super) struct ScratchFolder {
    // Before the lock: fields are dropped in this order.
    folder: tempfile::TempDir,
    _lock: File,
}

impl ScratchFolder {
    /// Makes one below the cache folder.
    pub(super) fn new(cache: &Path) -> Result<Self, Error> {
        let root = cache.join(ROOT);
        let io = |source| Error::Io { what: "cannot make a folder in", path: root.clone(), source };
        std::fs::create_dir_all(cache).map_err(io)?;
        let lock = open_lock(cache).map_err(io)?;
        lock.lock_shared().map_err(io)?;
        std::fs::create_dir_all(&root).map_err(io)?;
        let folder = tempfile::Builder::new().prefix("case-").tempdir_in(&root).map_err(io)?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes what killed tests left, unless a test is at work. Gives the folders that are gone.
pub(crate) fn clear(cache: &Path) -> Result<Vec<PathBuf>, Error> {
    let root = cache.join(ROOT);
    let io = |source| Error::Io { what: "cannot remove what is in", path: root.clone(), source };
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    let lock = open_lock(cache).map_err(io)?;
    if lock.try_lock().is_err() {
        return Ok(Vec::new());
    }
    let mut gone = Vec::new();
    for entry in std::fs::read_dir(&root).map_err(io)? {
        let path = entry.map_err(io)?.path();
        std::fs::remove_dir_all(&path).map_err(io)?;
        gone.push(path);
    }
    Ok(gone)
}

fn open_lock(cache: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(cache.join(LOCK))
}

#[cfg(test)]
mod tests {
    use super::{ScratchFolder, clear};

    #[test]
    fn what_was_left_is_removed_and_what_is_in_use_is_not() {
        let cache = tempfile::tempdir().unwrap();
        assert!(clear(cache.path()).unwrap().is_empty());
        let used = ScratchFolder::new(cache.path()).unwrap();
        let left = cache.path().join("template-tests/case-left");
        std::fs::create_dir_all(left.join("blog")).unwrap();
        assert!(clear(cache.path()).unwrap().is_empty());
        assert!(used.path().is_dir() && left.is_dir());

        drop(used);
        assert_eq!(clear(cache.path()).unwrap(), std::slice::from_ref(&left));
        assert!(!left.exists());
    }
}
