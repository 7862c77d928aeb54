//! Reads and edits Python source without touching a byte that need not change.
//!
//! [`Source`] is a parsed file, [`read`] says what is in one, [`edit`] changes one, [`layout`] writes new code as
//! the project does.

pub mod edit;
mod guard;
pub mod layout;
pub mod read;
mod source;

pub use edit::{Change, Edits};
pub use layout::{Code, Layout};
pub use source::Source;
