//! A library's bytes, hashed as they are taken, and kept where nobody can change them before they are loaded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A copy of a library, to load.
#[derive(Debug)]
pub(crate) struct Held {
    place: PathBuf,
    sha256: String,
    keeps: Keeps,
}

/// What the copy goes away with.
#[derive(Debug)]
enum Keeps {
    /// A file in memory, sealed: its bytes cannot be changed by anybody.
    #[cfg(target_os = "linux")]
    Memory(File),
    /// A folder that only the user may look into.
    Folder(TempDir),
}

impl Held {
    /// Takes a copy of what can be read from `library`. `name` is its file name.
    pub(crate) fn of(library: &mut (impl Read + Seek), name: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        // A system without `/proc`, or that gives no such files, has folders.
        if let Ok(held) = Self::in_memory(library, name) {
            return Ok(held);
        }
        Self::in_folder(library, name)
    }

    #[cfg(target_os = "linux")]
    fn in_memory(library: &mut (impl Read + Seek), name: &Path) -> io::Result<Self> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        use std::os::fd::AsRawFd as _;

        let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
        let place = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        // Whether it can be found there is known before anything is copied.
        place.metadata()?;
        let sha256 = copy(library, &mut file)?;
        fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
        Ok(Self { place, sha256, keeps: Keeps::Memory(file) })
    }

    fn in_folder(library: &mut (impl Read + Seek), name: &Path) -> io::Result<Self> {
        let own = std::fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("aksara-plugin-").permissions(own).tempdir()?;
        let place = folder.path().join(name);
        let sha256 = copy(library, &mut File::create_new(&place)?)?;
        Ok(Self { place, sha256, keeps: Keeps::Folder(folder) })
    }

    /// Where the copy is, for this process.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// The sha256 of the copy, in lower-case hexadecimal.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Ends the holding of a library that is loaded now.
    pub(crate) fn loaded(self) {
        match self.keeps {
            // The system's loader knows libraries by their names: with the number free again, the next one held would
            // have this one's name, and this one would be loaded in its place.
            #[cfg(target_os = "linux")]
            Keeps::Memory(file) => std::mem::forget(file),
            Keeps::Folder(folder) => drop(folder),
        }
    }
}

/// Copies from the start to the end; gives the sha256 of what was copied.
fn copy(from: &mut (impl Read + Seek), to: &mut impl Write) -> io::Result<String> {
    from.seek(SeekFrom::Start(0))?;
    sha256(from, to)
}

/// The sha256 of what can be read, which also goes to `to`.
pub(crate) fn sha256(from: &mut impl Read, to: &mut impl Write) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let part = buffer.get(..read).unwrap_or_default();
        hash.update(part);
        to.write_all(part)?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_in_memory_cannot_be_written() {
        if cfg!(target_os = "linux") {
            let held = Held::of(&mut io::Cursor::new("abc"), Path::new("library")).unwrap();
            assert!(matches!(held.keeps, Keeps::Memory(_)));
            assert_eq!(std::fs::read(held.place()).unwrap(), b"abc");
            assert!(std::fs::write(held.place(), "abd").is_err());
            assert_eq!(std::fs::read(held.place()).unwrap(), b"abc");
        }
    }

    #[test]
    fn a_copy_in_a_folder_is_the_users_alone_and_goes_away() {
        let mut library = io::Cursor::new("abc");
        library.set_position(2);
        let held = Held::in_folder(&mut library, Path::new("library")).unwrap();
        let place = held.place().to_owned();
        assert_eq!(std::fs::read(&place).unwrap(), b"abc");
        assert_eq!(place.file_name().unwrap(), "library");
        let folder = place.parent().unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        held.loaded();
        assert!(!folder.exists());
    }
}
