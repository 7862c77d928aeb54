//! Layers of settings: where values come from, before they are put together.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::SettingsError;

/// Whether the user said that a project's own configuration may make programs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It may.
    Trusted,
    /// It may not: such settings are ignored with a [`super::Warning`].
    Untrusted,
}

/// A source of settings. In this order, later wins: user file, project file, environment, overrides.
#[derive(Clone, Debug)]
pub enum Layer {
    /// The user's own settings file.
    UserFile {
        /// Where it is, for messages and relative paths.
        path: PathBuf,
        /// Its content.
        text: String,
    },
    /// An `aksara.toml` of the project: at the top of the repository, then in the project's folder.
    ProjectFile {
        /// Where it is, for messages and relative paths.
        path: PathBuf,
        /// Its content.
        text: String,
        /// Whether it may make programs run.
        trust: Trust,
    },
    /// Environment variables; only `AKSARA_<SECTION>_<NAME>` are looked at. An empty one counts as not set.
    Environment(BTreeMap<String, String>),
    /// `section.name=value`, from the command line or an embedding program.
    Overrides(Vec<String>),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// The compiled-in reference.
    #[serde(rename = "default")]
    BuiltIn,
    /// A line of the user's settings file.
    UserFile {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A line of a project's `aksara.toml`.
    ProjectFile {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// The command line, or the embedding program.
    #[serde(rename = "command_line")]
    Override,
}

impl Layer {
    /// Reads the user's settings file; `None` if there is none.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn read_user_file(path: &Path) -> Result<Option<Self>, SettingsError> {
        Ok(read(path)?.map(|text| Layer::UserFile { path: path.to_owned(), text }))
    }

    /// Reads a project's `aksara.toml`; `None` if there is none.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn read_project_file(path: &Path, trust: Trust) -> Result<Option<Self>, SettingsError> {
        Ok(read(path)?.map(|text| Layer::ProjectFile { path: path.to_owned(), text, trust }))
    }

    /// Which layer wins over which: the higher one.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Layer::UserFile { .. } => 0,
            Layer::ProjectFile { .. } => 1,
            Layer::Environment(_) => 2,
            Layer::Overrides(_) => 3,
        }
    }
}

fn read(path: &Path) -> Result<Option<String>, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SettingsError::Unreadable { path: path.to_owned(), source }),
    }
}

impl Origin {
    /// The folder that relative paths refer to, if the value stands in a file.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Origin::UserFile { path, .. } | Origin::ProjectFile { path, .. } => path.parent(),
            Origin::BuiltIn | Origin::Environment { .. } | Origin::Override => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::BuiltIn => f.write_str("default"),
            Origin::UserFile { path, line } | Origin::ProjectFile { path, line } => {
                write!(f, "{}:{line}", path.display())
            }
            Origin::Environment { variable } => f.write_str(variable),
            Origin::Override => f.write_str("command line"),
        }
    }
}

/// The environment variable of a setting, such as `AKSARA_PLANNER_MAX_STEPS`.
pub(super) fn variable(key: &str) -> String {
    format!("AKSARA_{}", key.replace('.', "_").to_uppercase())
}
