//! Files that several processes read, change and write again: one after the other, so that no change is lost.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Waits until nobody else changes `file`, and keeps others waiting until the answer is dropped. Readers need not wait:
/// the file is written beside and moved into place.
///
/// A file of its own is locked, `FILE.lock`: the file itself is another one after each change.
pub(crate) fn hold(file: &Path) -> io::Result<File> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(PathBuf::from(name))?;
    lock.lock()?;
    Ok(lock)
}
