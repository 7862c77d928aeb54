//! What stands at a path on the disk, without ever following a symbolic link.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;

use aksara_protocol::RelPath;

use crate::error::{GitError, IoDoing};

/// What stands at a path.
#[derive(Debug)]
pub(crate) enum OnDisk {
    /// Nothing, in a folder or in no folder.
    Absent,
    /// A file.
    File(Metadata),
    /// A symbolic link and the bytes of its target.
    Symlink(Vec<u8>),
    /// A folder.
    Folder,
    /// A socket, a pipe, a device.
    Special,
    /// Nothing, and nothing can: a folder on the way is a symbolic link. Names it.
    BelowSymlink(String),
    /// Nothing, and nothing can: a folder on the way is a file. Names it.
    BelowFile(RelPath),
}

/// Looks at `root/path`. Only `root` itself may be reached through links.
pub(crate) fn look(root: &Path, path: &RelPath) -> Result<OnDisk, GitError> {
    let text = path.as_str();
    for (at, _) in text.match_indices('/') {
        let above = &text[..at];
        match kind_at(&root.join(above))? {
            None => return Ok(OnDisk::Absent),
            Some(meta) if meta.is_dir() => {}
            Some(meta) if meta.is_symlink() => return Ok(OnDisk::BelowSymlink(above.to_owned())),
            Some(_) => {
                let name = || GitError::UnusableName { name: above.to_owned() };
                return Ok(OnDisk::BelowFile(RelPath::new(above).map_err(|_| name())?));
            }
        }
    }
    standing_at(&root.join(text))
}

/// Looks at a full path, whose folders are not looked at.
pub(crate) fn standing_at(full: &Path) -> Result<OnDisk, GitError> {
    Ok(match kind_at(full)? {
        None => OnDisk::Absent,
        Some(meta) if meta.is_symlink() => OnDisk::Symlink(link_target(full)?),
        Some(meta) if meta.is_dir() => OnDisk::Folder,
        Some(meta) if meta.is_file() => OnDisk::File(meta),
        Some(_) => OnDisk::Special,
    })
}

/// What stands at a full path, itself and not what it links to; `None` if nothing does.
pub(crate) fn kind_at(full: &Path) -> Result<Option<Metadata>, GitError> {
    match full.symlink_metadata() {
        Ok(meta) => Ok(Some(meta)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(e).doing("look at", full),
    }
}

/// Whether the file has the executable bit.
#[cfg(unix)]
pub(crate) fn is_executable(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o100 != 0
}

/// Whether the file has the executable bit: never, where there is none.
#[cfg(not(unix))]
pub(crate) fn is_executable(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn link_target(full: &Path) -> Result<Vec<u8>, GitError> {
    use std::os::unix::ffi::OsStringExt as _;
    Ok(full.read_link().doing("read the link", full)?.into_os_string().into_vec())
}

#[cfg(not(unix))]
fn link_target(full: &Path) -> Result<Vec<u8>, GitError> {
    Ok(full.read_link().doing("read the link", full)?.to_string_lossy().replace('\\', "/").into_bytes())
}
