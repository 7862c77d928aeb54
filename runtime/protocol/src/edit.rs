//! Changes of files, as an executor states them.

use serde::{Deserialize, Serialize};

use crate::{BlobId, RelPath};

/// One change of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Edit {
    /// A file that must not exist yet.
    Create {
        /// Where.
        path: RelPath,
        /// Its whole content, UTF-8.
        text: String,
        /// Whether it gets the executable bit.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        executable: bool,
    },
    /// Splices into a file, against the content that they were computed from.
    Update {
        /// Which file.
        path: RelPath,
        /// The content that the splices refer to; another content is never written to.
        base: BlobId,
        /// Ascending, neither overlapping nor touching.
        splices: Vec<Splice>,
    },
    /// Removes a file.
    Delete {
        /// Which file.
        path: RelPath,
        /// Its content as the executor saw it.
        base: BlobId,
    },
    /// Moves a file without changing it.
    Rename {
        /// From here.
        path: RelPath,
        /// To here, where nothing may be.
        to: RelPath,
        /// Its content as the executor saw it.
        base: BlobId,
    },
}

/// Replaces `len` bytes at byte offset `at` with `text`. Every byte outside stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// Byte offset in the base content, on a character boundary.
    pub at: usize,
    /// How many bytes of the base content are replaced; 0 inserts.
    #[serde(default)]
    pub len: usize,
    /// What is put there.
    pub text: String,
    /// The part of `text` that is the step's code, for people to read and edit. At most one splice of an
    /// outcome has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fragment: Option<Fragment>,
}

/// A byte range inside a [`Splice`]'s text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// First byte of the fragment in the splice's text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// Why splices cannot be applied to a content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// A splice reaches past the end of the content.
    #[error("a splice at byte {at} of length {len} reaches past the end of a content of {size} bytes")]
    OutOfBounds {
        /// Its offset.
        at: usize,
        /// Its length.
        len: usize,
        /// The content's size.
        size: usize,
    },
    /// A splice starts or ends inside a character.
    #[error("a splice at byte {at} cuts a character in two")]
    InsideCharacter {
        /// Its offset.
        at: usize,
    },
    /// Two splices overlap or touch, so that their order would matter.
    #[error("two splices meet at byte {at}")]
    Overlap {
        /// Where the second starts.
        at: usize,
    },
    /// A fragment is not a range of its splice's text.
    #[error("a fragment of a splice at byte {at} is not a range of its text")]
    Fragment {
        /// The splice's offset.
        at: usize,
    },
}

impl Edit {
    /// The file that the edit is about (of a rename: where it was).
    #[must_use]
    pub fn path(&self) -> &RelPath {
        match self {
            Edit::Create { path, .. }
            | Edit::Update { path, .. }
            | Edit::Delete { path, .. }
            | Edit::Rename { path, .. } => path,
        }
    }
}

impl Splice {
    /// Puts `text` in at `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { at, len: 0, text: text.into(), fragment: None }
    }

    /// Puts `text` in place of the `len` bytes at `at`.
    pub fn replace(at: usize, len: usize, text: impl Into<String>) -> Self {
        Self { at, len, text: text.into(), fragment: None }
    }

    /// Declares a range of the text as the step's code.
    #[must_use]
    pub fn with_fragment(mut self, start: usize, end: usize) -> Self {
        self.fragment = Some(Fragment { start, end });
        self
    }

    /// The step's code in this splice, if it has any.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.fragment.and_then(|f| self.text.get(f.start..f.end))
    }
}

/// Applies `splices` to `content`.
///
/// # Errors
/// [`SpliceError`] if a splice is out of bounds, cuts a character, or meets the one before it. Nothing is
/// applied in part.
pub fn apply_splices(content: &str, splices: &[Splice]) -> Result<String, SpliceError> {
    let added: usize = splices.iter().map(|s| s.text.len()).sum();
    let mut out = String::with_capacity(content.len() + added);
    let mut done = 0;
    for (index, splice) in splices.iter().enumerate() {
        let end = splice
            .at
            .checked_add(splice.len)
            .filter(|end| *end <= content.len())
            .ok_or(SpliceError::OutOfBounds { at: splice.at, len: splice.len, size: content.len() })?;
        if !content.is_char_boundary(splice.at) || !content.is_char_boundary(end) {
            return Err(SpliceError::InsideCharacter { at: splice.at });
        }
        if splice.at < done || (index > 0 && splice.at == done) {
            return Err(SpliceError::Overlap { at: splice.at });
        }
        if splice.fragment.is_some() && splice.code().is_none() {
            return Err(SpliceError::Fragment { at: splice.at });
        }
        out.push_str(&content[done..splice.at]);
        out.push_str(&splice.text);
        done = end;
    }
    out.push_str(&content[done..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_are_applied_in_order() {
        let splices = [Splice::insert(0, "<"), Splice::replace(2, 1, "-"), Splice::insert(5, ">")];
        assert_eq!(apply_splices("abcde", &splices).unwrap(), "<ab-de>");
    }

    #[test]
    fn bad_splices_are_refused() {
        let cases: [(&str, Vec<Splice>); 5] = [
            ("abc", vec![Splice::insert(4, "x")]),
            ("abc", vec![Splice::replace(2, usize::MAX, "x")]),
            ("é", vec![Splice::insert(1, "x")]),
            ("abc", vec![Splice::replace(0, 2, "x"), Splice::insert(1, "y")]),
            ("abc", vec![Splice::insert(1, "x"), Splice::insert(1, "y")]),
        ];
        for (content, splices) in cases {
            assert!(apply_splices(content, &splices).is_err(), "{splices:?}");
        }
    }
}
