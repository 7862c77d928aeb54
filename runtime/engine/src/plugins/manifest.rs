//! `plugin.toml`: what a plugin has, known without running any of its code.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use aksara_plugin_host::name_of;
use aksara_protocol::StepType;
use aksara_protocol::plugin::{Description, StackInfo};
use serde::{Deserialize, Serialize};

/// The file's name.
pub const MANIFEST: &str = "plugin.toml";

/// Nobody writes a longer one, in bytes.
const MAX_MANIFEST_BYTES: u64 = 256 * 1024;

/// The content of a `plugin.toml`. Keys of a newer version are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The plugin's name, as in its library's file name `libaksara_plugin_<name>`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The plugin protocol that it speaks.
    pub protocol: String,
    /// The library, from the folder of this file on; never outside of it.
    pub library: String,
    /// What it carries out.
    #[serde(default)]
    pub executors: Vec<Pair>,
    /// The stacks that it recognises and reads.
    #[serde(default)]
    pub stacks: Vec<StackInfo>,
}

/// One pair that a plugin carries out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pair {
    /// The stack; `*` is any.
    pub stack: String,
    /// The step type.
    #[serde(rename = "type")]
    pub step_type: StepType,
}

/// Why a `plugin.toml` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// It is not TOML, or lacks a key.
    #[error("{} is not a plugin.toml: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The library says something else of itself.
    #[error(
        "{} does not fit its library: {reason}\nhint: `aksara plugin link {}` writes it anew, if the plugin is yours; else get it again from its author",
        path.display(), path.parent().unwrap_or(path).display()
    )]
    Disagrees {
        /// The file.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
}

impl Manifest {
    /// Reads the `plugin.toml` of a folder.
    ///
    /// # Errors
    /// It is not there, not TOML, or names a library that it must not.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(MANIFEST);
        let unreadable = |reason: String| ManifestError::Read { path: path.clone(), reason };
        let meta = std::fs::metadata(&path).map_err(|e| unreadable(e.to_string()))?;
        if meta.len() > MAX_MANIFEST_BYTES {
            return Err(unreadable(format!("it is larger than {MAX_MANIFEST_BYTES} bytes")));
        }
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(e.to_string()))?;
        let malformed = |reason: String| ManifestError::Malformed { path: path.clone(), reason };
        let manifest: Self = toml::from_str(&text).map_err(|e| malformed(e.to_string().trim().to_owned()))?;
        let library = Path::new(&manifest.library);
        if !library.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
            return Err(malformed(format!(
                "`library` is `{}`, and must be a file in or below the folder of plugin.toml",
                manifest.library
            )));
        }
        match name_of(library) {
            Ok(name) if name == manifest.name => Ok(manifest),
            Ok(name) => Err(malformed(format!(
                "`name` is `{}`, and the library is named for a plugin `{name}`",
                manifest.name
            ))),
            Err(error) => Err(malformed(error.to_string())),
        }
    }

    /// The manifest of a library that described itself.
    #[must_use]
    pub fn of(description: &Description, library: impl Into<String>) -> Self {
        let executors = description
            .executors
            .iter()
            .map(|e| Pair { stack: e.stack.clone(), step_type: e.step_type.clone() })
            .collect();
        Self {
            name: description.name.clone(),
            version: description.version.clone(),
            protocol: description.protocol.clone(),
            library: library.into(),
            executors,
            stacks: description.stacks.clone(),
        }
    }

    /// What both claim, for people: a name, a pair or a stack belongs to one plugin.
    #[must_use]
    pub fn clash(&self, other: &Self) -> Option<String> {
        if self.name == other.name {
            return Some(format!("the name `{}`", self.name));
        }
        if let Some(pair) = self.executors.iter().find(|pair| other.executors.contains(pair)) {
            return Some(format!("`{}` on the stack `{}`", pair.step_type, pair.stack));
        }
        let stack = self.stacks.iter().find(|own| other.stacks.iter().any(|s| s.name == own.name))?;
        Some(format!("the stack `{}`", stack.name))
    }

    /// The manifest as the text of a `plugin.toml`.
    ///
    /// # Errors
    /// A description with what TOML has not, which no plugin gives.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let text = toml::to_string(self)?;
        Ok(format!(
            "# What the plugin says of itself, so that it is loaded only when it is needed.\n# `aksara plugin link` and `aksara plugin add` write this file from the library.\n{text}"
        ))
    }

    /// Compares with what the library says of itself.
    ///
    /// # Errors
    /// The first thing that differs.
    pub fn agrees(&self, folder: &Path, description: &Description) -> Result<(), ManifestError> {
        let truth = Self::of(description, self.library.clone());
        let pairs = |manifest: &Self| manifest.executors.iter().cloned().collect::<BTreeSet<Pair>>();
        let (said, has) = (pairs(self), pairs(&truth));
        let named = |pair: &Pair| format!("`{}` on the stack `{}`", pair.step_type, pair.stack);
        let reason = if self.name != truth.name {
            format!("it says the name `{}`, the library `{}`", self.name, truth.name)
        } else if self.version != truth.version {
            format!("it says version {}, the library {}", self.version, truth.version)
        } else if self.protocol != truth.protocol {
            format!("it says protocol {}, the library {}", self.protocol, truth.protocol)
        } else if let Some(pair) = said.difference(&has).next() {
            format!("it claims {}, which the library has not", named(pair))
        } else if let Some(pair) = has.difference(&said).next() {
            format!("the library has {}, which it does not say", named(pair))
        } else if self.stacks != truth.stacks {
            "it says other stacks than the library".to_owned()
        } else {
            return Ok(());
        };
        Err(ManifestError::Disagrees { path: folder.join(MANIFEST), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> String {
        format!("{}aksara_plugin_{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
    }

    fn description() -> Description {
        serde_json::from_value(serde_json::json!({
            "name": "toy", "version": "1.2.0", "protocol": "1.0.0",
            "executors": [{ "stack": "toy", "type": "create_model", "summary": "s", "params": {} }],
            "stacks": [{ "name": "toy", "markers": ["toy.json"], "extensions": ["toy"] }],
        }))
        .unwrap()
    }

    #[test]
    fn a_manifest_survives_being_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest::of(&description(), format!("target/debug/{}", file("toy")));
        std::fs::write(folder.path().join(MANIFEST), manifest.to_toml().unwrap()).unwrap();
        assert_eq!(Manifest::read(folder.path()), Ok(manifest.clone()));
        assert_eq!(manifest.agrees(folder.path(), &description()), Ok(()));
    }

    #[test]
    fn what_differs_is_named() {
        let folder = Path::new("/p");
        let manifest = Manifest::of(&description(), file("toy"));
        let said = |change: &dyn Fn(&mut Manifest)| {
            let mut other = manifest.clone();
            change(&mut other);
            other.agrees(folder, &description()).unwrap_err().to_string()
        };
        let pair = Pair { stack: "*".into(), step_type: "fly".into() };
        for (text, part) in [
            (said(&|m| m.version = "1.3.0".into()), "it says version 1.3.0, the library 1.2.0"),
            (said(&|m| m.protocol = "2.0.0".into()), "it says protocol 2.0.0"),
            (said(&|m| m.executors.push(pair.clone())), "it claims `fly` on the stack `*`"),
            (said(&|m| m.executors.clear()), "the library has `create_model` on the stack `toy`"),
            (said(&|m| m.stacks.clear()), "it says other stacks"),
        ] {
            assert!(text.contains(part) && text.contains("aksara plugin link /p"), "{text}");
        }
    }

    #[test]
    fn what_two_claim_is_named() {
        let toy = Manifest::of(&description(), file("toy"));
        let other = |change: &dyn Fn(&mut Manifest)| {
            let mut other =
                Manifest { name: "other".into(), executors: vec![], stacks: vec![], ..toy.clone() };
            change(&mut other);
            toy.clash(&other)
        };
        let of_any_stack = Pair { stack: "*".into(), step_type: "create_model".into() };
        assert_eq!(other(&|m| m.executors.push(of_any_stack.clone())), None, "another pair");
        assert_eq!(other(&|m| m.name = "toy".into()).as_deref(), Some("the name `toy`"));
        assert_eq!(
            other(&|m| m.executors.clone_from(&toy.executors)).as_deref(),
            Some("`create_model` on the stack `toy`")
        );
        assert_eq!(other(&|m| m.stacks.clone_from(&toy.stacks)).as_deref(), Some("the stack `toy`"));
    }

    #[test]
    fn a_library_outside_of_the_folder_or_of_another_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |library: &str| {
            let manifest = Manifest::of(&description(), library);
            std::fs::write(folder.path().join(MANIFEST), manifest.to_toml().unwrap()).unwrap();
            Manifest::read(folder.path()).unwrap_err().to_string()
        };
        assert!(refused(&format!("../{}", file("toy"))).contains("in or below the folder"));
        assert!(refused(&format!("/tmp/{}", file("toy"))).contains("in or below the folder"));
        assert!(refused(&file("other")).contains("named for a plugin `other`"));
        assert!(refused("toy.so").contains("not named like a plugin"));
        std::fs::write(folder.path().join(MANIFEST), "name = 1").unwrap();
        assert!(matches!(Manifest::read(folder.path()), Err(ManifestError::Malformed { .. })));
        std::fs::remove_file(folder.path().join(MANIFEST)).unwrap();
        assert!(matches!(Manifest::read(folder.path()), Err(ManifestError::Read { .. })));
    }
}
