//! Settings, and where each of them comes from.
//!
//! `aksara.toml` at the top of Aksara's own repository is the reference: it names every setting with its
//! default, and the compiled-in defaults are read from it. [`Settings::load`] lays files, environment and
//! command line over it. Nothing is read from the environment or the home folder here: whoever embeds the
//! runtime passes it in as [`Layer`]s.

mod error;
mod layer;
mod load;
mod schema;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use aksara_protocol::RelPath;
use aksara_protocol::command::RiskClass;
use serde::{Deserialize, Serialize};

use crate::run::options::{Commits, LandMode};

pub use error::{SettingsError, Warning};
pub use layer::{Layer, Origin, Trust};
pub use load::{Grant, needing_trust};

/// The annotated reference that the defaults come from.
const REFERENCE: &str = include_str!("../../../../aksara.toml");

/// Every setting. [`Settings::default`] is what the reference says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How plans are made and carried out.
    pub planner: Planner,
    /// The project's interpreter.
    pub python: Python,
    /// The checks of the result.
    pub validation: Validation,
    /// Where runs work.
    pub worktree: Worktree,
    /// How results reach the user.
    pub landing: Landing,
    /// Which plugins, and where they run.
    pub plugins: Plugins,
    /// Which templates.
    pub templates: Templates,
    /// What commands of steps may do.
    pub commands: Commands,
    /// Value and origin of each, by key.
    #[serde(skip)]
    entries: BTreeMap<String, Entry>,
}

/// `[planner]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planner {
    /// A step that fails takes those before it back, and nothing lands.
    pub rollback_on_failure: bool,
    /// Go on with the other steps; turns `rollback_on_failure` off.
    pub continue_on_failure: bool,
    /// With `continue_on_failure`: leave out what depends on a failed step.
    pub skip_dependent: bool,
    /// A plan with more steps is refused; at least 1.
    pub max_steps: u32,
    /// After how many seconds a step fails; at least 1.
    pub step_timeout_seconds: u64,
    /// After each step: parse, imports, edit guards.
    pub validate_each_step: bool,
    /// After the last step: the project's tests.
    pub run_tests_after: bool,
    /// Ask before each step.
    pub default_interactive: bool,
    /// Ask before what is destructive.
    pub confirm_destructive: bool,
}

/// `[python]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Python {
    /// Program and arguments of the project's Python; empty looks for one.
    pub command: Vec<String>,
    /// The settings module; empty takes the project's.
    pub settings: String,
}

/// `[validation]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// Refuse a result that was not checked by the framework.
    pub require_checks: bool,
    /// After how many seconds the checks fail; at least 1.
    pub timeout_seconds: u64,
    /// After how many seconds the tests fail; at least 1.
    pub tests_timeout_seconds: u64,
}

/// `[worktree]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worktree {
    /// The folder for worktrees; empty is the embedder's cache folder. A relative one is taken from the file it
    /// stands in.
    pub root: String,
    /// Ignored paths of the repository that are copied into a worktree.
    pub copy: Vec<RelPath>,
    /// Ignored paths of the repository that are linked into a worktree.
    pub link: Vec<RelPath>,
    /// Commands, as program and arguments, that are run in a new worktree.
    pub setup: Vec<Vec<String>>,
}

/// `[landing]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landing {
    /// Where results go.
    pub mode: LandMode,
    /// How many commits a run becomes.
    pub commits: Commits,
}

/// `[plugins]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugins {
    /// Where plugins run.
    pub isolation: Isolation,
    /// Folders with more plugins. Relative ones are relative to the file they stand in.
    pub path: Vec<PathBuf>,
}

/// Where plugins run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// In a child process: a crash or a hang fails a step.
    Child,
    /// In this process.
    InProcess,
}

/// `[templates]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// Folders with more templates. Relative ones are relative to the file they stand in.
    pub path: Vec<PathBuf>,
}

/// `[commands]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    /// Classes that need no question; never [`RiskClass::Destructive`].
    pub allow: Vec<RiskClass>,
    /// Names of further environment variables that commands and checks get.
    pub env: Vec<String>,
    /// How many bytes of a command's output are kept.
    pub output_limit_bytes: usize,
}

/// One setting as it is in force.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    value: toml::Value,
    origin: Origin,
}

/// One setting as it is in force, for people and programs.
#[derive(Clone, Debug, Serialize)]
pub struct Setting<'s> {
    /// Section and name, such as `planner.max_steps`.
    pub key: &'s str,
    /// Its value.
    pub value: serde_json::Value,
    /// Where that comes from.
    pub origin: &'s Origin,
    /// The value as it is written in a settings file.
    #[serde(skip)]
    pub toml: String,
}

impl Entry {
    fn shown<'s>(&'s self, key: &'s str) -> Setting<'s> {
        Setting {
            key,
            // No setting is of a kind that JSON does not have.
            value: serde_json::to_value(&self.value).unwrap_or_default(),
            origin: &self.origin,
            toml: self.value.to_string(),
        }
    }
}

impl Planner {
    /// After how long a step fails.
    #[must_use]
    pub fn step_timeout(&self) -> Duration {
        Duration::from_secs(self.step_timeout_seconds)
    }
}

impl Validation {
    /// After how long the framework's checks fail.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// After how long the project's tests fail.
    #[must_use]
    pub fn tests_timeout(&self) -> Duration {
        Duration::from_secs(self.tests_timeout_seconds)
    }
}

impl Settings {
    /// The defaults with `layers` over them. The kind of a layer decides which wins (see [`Layer`]); of two of
    /// the same kind the later one.
    ///
    /// # Errors
    /// A file that is not TOML, an unknown setting, a value that a setting cannot have, settings that
    /// contradict each other. Each says where it was written.
    pub fn load(layers: Vec<Layer>) -> Result<(Self, Vec<Warning>), SettingsError> {
        load::load(REFERENCE, layers)
    }

    /// The annotated reference: every setting with its default and what it means, as TOML.
    #[must_use]
    pub fn reference() -> &'static str {
        REFERENCE
    }

    /// The JSON Schema (2020-12) of an `aksara.toml`, made from the reference.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schema::schema()
    }

    /// Whether somebody gave the setting `key` a value, be it the default's.
    #[must_use]
    pub fn is_set(&self, key: &str) -> bool {
        self.origin(key).is_some_and(|origin| *origin != Origin::BuiltIn)
    }

    /// The setting `key` as it is in force.
    ///
    /// # Errors
    /// [`SettingsError::NoSuchSetting`], with a name like it.
    pub fn get(&self, key: &str) -> Result<Setting<'_>, SettingsError> {
        let (key, entry) = self.entries.get_key_value(key).ok_or_else(|| SettingsError::NoSuchSetting {
            key: key.to_owned(),
            nearest: load::nearest(key, self.entries.keys().map(String::as_str)),
        })?;
        Ok(entry.shown(key))
    }

    /// Every setting as it is in force, by key.
    pub fn all(&self) -> impl Iterator<Item = Setting<'_>> {
        self.entries.iter().map(|(key, entry)| entry.shown(key))
    }

    /// Where the setting `key` (such as `planner.max_steps`) comes from; `None` if there is no such setting.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.entries.get(key).map(|entry| &entry.origin)
    }
}

impl Default for Settings {
    #[allow(clippy::expect_used, reason = "the reference is compiled in, and a test loads it")]
    fn default() -> Self {
        Self::load(Vec::new()).expect("the compiled-in settings are right").0
    }
}

#[cfg(test)]
mod tests;
