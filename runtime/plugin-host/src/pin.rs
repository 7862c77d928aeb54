//! Files that are loaded only as they were accepted.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::LoadError;
use crate::held::{self, Held};

/// A library to load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Looks at the file without loading it: that it is there, and is the one that was accepted.
    ///
    /// # Errors
    /// [`LoadError::Missing`], [`LoadError::Open`] or [`LoadError::Pin`].
    pub fn examine(&self) -> Result<(), LoadError> {
        match &self.sha256 {
            Some(accepted) => {
                self.is_accepted(accepted, sha256_of(&self.path).map_err(|e| self.unreadable(&e))?)
            }
            None if self.path.is_file() => Ok(()),
            None => Err(LoadError::Missing { path: self.path.clone() }),
        }
    }

    /// A copy of the file, if it must be the accepted one: what is loaded is what was compared, whatever becomes of
    /// the file in between.
    pub(crate) fn hold(&self) -> Result<Option<Held>, LoadError> {
        let Some(accepted) = &self.sha256 else { return Ok(None) };
        let name = self.path.file_name().unwrap_or_default();
        let held = File::open(&self.path).and_then(|mut file| Held::of(&mut file, Path::new(name)));
        let held = held.map_err(|error| self.unreadable(&error))?;
        self.is_accepted(accepted, held.sha256().to_owned())?;
        Ok(Some(held))
    }

    fn is_accepted(&self, accepted: &str, found: String) -> Result<(), LoadError> {
        if found.eq_ignore_ascii_case(accepted) {
            return Ok(());
        }
        Err(LoadError::Pin { path: self.path.clone(), accepted: accepted.to_owned(), found })
    }

    fn unreadable(&self, error: &io::Error) -> LoadError {
        match error.kind() {
            io::ErrorKind::NotFound => LoadError::Missing { path: self.path.clone() },
            _ => LoadError::Open { path: self.path.clone(), reason: error.to_string() },
        }
    }
}

/// The sha256 of a file's content, in lower-case hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    held::sha256(&mut File::open(path)?, &mut io::sink())
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
        assert_eq!(pinned(abc).examine(), Ok(()));
        assert_eq!(pinned(&abc.to_uppercase()).examine(), Ok(()));
        assert_eq!(LibraryFile::from(path.clone()).examine(), Ok(()));
        let held = pinned(abc).hold().unwrap().unwrap();
        assert_eq!(std::fs::read(held.place()).unwrap(), b"abc");
        assert!(LibraryFile::from(path.clone()).hold().unwrap().is_none(), "taken as it is");
        let wrong = pinned("00").examine().unwrap_err();
        assert_eq!(wrong, LoadError::Pin { path: path.clone(), accepted: "00".into(), found: abc.into() });
        assert_eq!(pinned("00").hold().unwrap_err(), wrong);
        assert!(wrong.to_string().contains("aksara plugin add"), "{wrong}");
        std::fs::remove_file(&path).unwrap();
        let missing = Err(LoadError::Missing { path: path.clone() });
        assert_eq!(pinned(abc).examine(), missing);
        assert_eq!(LibraryFile::from(path.clone()).examine(), missing);
        assert_eq!(pinned(abc).hold().map(|_| ()), missing);
    }
}
