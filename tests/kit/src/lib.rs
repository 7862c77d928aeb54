//! Real repositories, a real Django and the real command for tests.
//!
//! Everything is hermetic: a home, a git configuration and an identity of its own, set on the command and never
//! process-wide. Nothing outside of the test's temporary folder is written, but two things that are made once: the
//! virtual environments in `.local/`, and a folder of links to the shipped plugins beside the build.

mod command;
mod django;
mod project;
mod terminal;

pub use command::{Run, aksara, command_path, plugin_folder};
pub use django::{Missing, Python, python, python_for, python_for_or_skip, python_or_skip};
pub use project::{Project, fixture};

use std::path::{Path, PathBuf};

/// The top of Aksara's own repository.
#[must_use]
pub fn workspace() -> PathBuf {
    let mut dir = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
    dir.pop();
    dir.pop();
    dir
}
