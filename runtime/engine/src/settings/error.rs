//! What can be wrong with settings.

use std::fmt;
use std::path::PathBuf;

use super::Origin;

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A settings file could not be read.
    #[error("cannot read the settings file {}: {source}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A settings file is not TOML.
    #[error("{origin}: this is not TOML: {reason}")]
    NotToml {
        /// Where.
        origin: Origin,
        /// What the parser said.
        reason: String,
    },
    /// There is no such setting.
    #[error("{origin}: there is no setting `{key}`{}", match .nearest { Some(n) => format!("\nhint: did you mean `{n}`?"), None => format!("\nhint: the sections are {}", .sections.join(", ")) })]
    Unknown {
        /// Where.
        origin: Origin,
        /// What was written.
        key: String,
        /// A setting with a name like it.
        nearest: Option<String>,
        /// The sections that exist.
        sections: Vec<String>,
    },
    /// There is no such setting to be shown.
    #[error("there is no setting `{key}`\nhint: {}", match .nearest { Some(n) => format!("did you mean `{n}`?"), None => "`aksara config list` lists them".to_owned() })]
    NoSuchSetting {
        /// What was asked for.
        key: String,
        /// A setting with a name like it.
        nearest: Option<String>,
    },
    /// Two settings of which only one can be meant.
    #[error(
        "planner.rollback_on_failure ({rollback}) and planner.continue_on_failure ({go_on}) are both true, and a run cannot do both\nhint: leave one of them out, or set one to false: --rollback-on-failure=false"
    )]
    RollbackAndContinue {
        /// Where the one was set.
        rollback: Origin,
        /// Where the other was set.
        go_on: Origin,
    },
    /// A setting cannot have this value.
    #[error("{origin}: `{key}` must be {expected}, but it is {found}")]
    WrongValue {
        /// Where.
        origin: Origin,
        /// Which setting.
        key: String,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A setting cannot have this value, as its type says.
    #[error("{origin}: `{key}` cannot be {found}: {reason}")]
    Refused {
        /// Where.
        origin: Origin,
        /// Which setting.
        key: String,
        /// What it is.
        found: String,
        /// Why not.
        reason: String,
    },
    /// A setting of the command line that is not `key=value`.
    #[error("`{text}` is not a setting\nhint: write it as section.name=value, such as planner.max_steps=30")]
    NotAnOverride {
        /// What was written.
        text: String,
    },
}

/// A setting that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Which setting.
    pub key: String,
    /// Where it stands.
    pub origin: Origin,
    /// What it could do, so that it was not taken.
    pub reason: &'static str,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: `{}` is ignored: {}, and this project is not trusted\nhint: if you want it, put it into your own settings, or set {}; or trust the project: `aksara trust --show`",
            self.origin,
            self.key,
            self.reason,
            super::layer::variable(&self.key),
        )
    }
}
