//! Files that are loaded only as they were accepted.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::LoadError;

/// A library to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryFile {
    /// The file.
    pub path: PathBuf,
    /// The sha256 that it must have, in hexadecimal; `None` takes it as it is.
    pub sha256: Option<String>,
}

impl From<PathBuf> for LibraryFile {
    fn from(path: PathBuf) -> Self {
        Self { path, sha256: None }
    }
}

impl LibraryFile {
    /// Compares the file with its pin.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let Some(accepted) = &self.sha256 else { return Ok(()) };
        let found = sha256_of(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => LoadError::Missing { path: self.path.clone() },
            _ => LoadError::Open { path: self.path.clone(), reason: error.to_string() },
        })?;
        if found.eq_ignore_ascii_case(accepted) {
            return Ok(());
        }
        Err(LoadError::Pin { path: self.path.clone(), accepted: accepted.clone(), found })
    }
}

/// The sha256 of a file's content, in lower-case hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_the_hash_of_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library");
        std::fs::write(&path, "abc").unwrap();
        // FIPS 180-4, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of(&path).unwrap(), abc);
        let pinned = |sha256: &str| LibraryFile { path: path.clone(), sha256: Some(sha256.to_owned()) };
        assert_eq!(pinned(abc).check(), Ok(()));
        assert_eq!(pinned(&abc.to_uppercase()).check(), Ok(()));
        assert_eq!(LibraryFile::from(path.clone()).check(), Ok(()));
        let wrong = pinned("00").check().unwrap_err();
        assert_eq!(wrong, LoadError::Pin { path: path.clone(), accepted: "00".into(), found: abc.into() });
        assert!(wrong.to_string().contains("aksara plugin add"), "{wrong}");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(pinned(abc).check(), Err(LoadError::Missing { path }));
    }
}
