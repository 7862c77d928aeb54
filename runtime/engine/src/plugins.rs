//! The plugins at hand, and which of them carries out what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aksara_plugin_host::{HostOptions, LoadedPlugin, PluginHost};
use aksara_protocol::StepType;
use aksara_protocol::abi::LinkedPlugin;
use aksara_protocol::plugin::{ExecutorInfo, StackInfo};

use crate::error::Error;

/// Where libraries are looked for, in order. The libraries of one folder trust each other and share a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginFolder {
    /// The folder.
    pub path: PathBuf,
    /// Why it is looked at, for people: `beside the executable`, `AKSARA_PLUGIN_PATH`, …
    pub why: String,
}

/// Plugins that are part of the program. They trust each other as those of one folder do.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedPlugins {
    pub(crate) plugins: &'static [LinkedPlugin],
    /// Why they are there, for people.
    pub(crate) why: String,
}

/// One executor and the plugin that has it.
pub(crate) struct Executor {
    pub(crate) plugin: Arc<LoadedPlugin>,
    pub(crate) info: ExecutorInfo,
    validator: OnceLock<Result<jsonschema::Validator, String>>,
}

impl Executor {
    /// The params' schema, ready to be asked.
    pub(crate) fn validator(&self) -> Result<&jsonschema::Validator, Error> {
        self.validator
            .get_or_init(|| jsonschema::validator_for(&self.info.params).map_err(|e| e.to_string()))
            .as_ref()
            .map_err(|reason| Error::BadReply {
                plugin: self.plugin.description().name.clone(),
                reason: format!("its params schema is not valid: {reason}"),
            })
    }
}

/// One stack and the plugin that knows it.
#[derive(Clone)]
pub(crate) struct StackPlugin {
    pub(crate) plugin: Arc<LoadedPlugin>,
    pub(crate) info: StackInfo,
}

/// All plugins, indexed.
pub(crate) struct Plugins {
    executors: BTreeMap<(String, StepType), Executor>,
    stacks: Vec<StackPlugin>,
    loaded: Vec<(Arc<LoadedPlugin>, String)>,
}

impl Plugins {
    /// Loads the plugins of the program and every library of the folders.
    pub(crate) fn load(
        linked: &LinkedPlugins,
        folders: &[PluginFolder],
        options: HostOptions,
    ) -> Result<Self, Error> {
        let host = PluginHost::new(options);
        let mut plugins = Self { executors: BTreeMap::new(), stacks: Vec::new(), loaded: Vec::new() };
        for plugin in host.load_linked(linked.plugins)? {
            plugins.add(plugin, &linked.why)?;
        }
        for folder in folders {
            let libraries = libraries_in(&folder.path);
            if libraries.is_empty() {
                continue;
            }
            for plugin in host.load_group(&libraries)? {
                plugins.add(plugin, &folder.why)?;
            }
        }
        if plugins.loaded.is_empty() {
            return Err(Error::NoPlugins {
                searched: folders.iter().map(|f| format!("{} ({})", f.path.display(), f.why)).collect(),
            });
        }
        Ok(plugins)
    }

    fn add(&mut self, plugin: Arc<LoadedPlugin>, why: &str) -> Result<(), Error> {
        let description = plugin.description().clone();
        if let Some((other, _)) = self.loaded.iter().find(|(p, _)| p.description().name == description.name) {
            return Err(Error::PluginConflict {
                what: format!("the name `{}`", description.name),
                first: other.path().to_owned(),
                second: plugin.path().to_owned(),
            });
        }
        for info in description.executors {
            let key = (info.stack.clone(), info.step_type.clone());
            if let Some(other) = self.executors.get(&key) {
                return Err(Error::PluginConflict {
                    what: format!("`{}` on the stack `{}`", key.1, key.0),
                    first: other.plugin.path().to_owned(),
                    second: plugin.path().to_owned(),
                });
            }
            let validator = OnceLock::new();
            self.executors.insert(key, Executor { plugin: Arc::clone(&plugin), info, validator });
        }
        for info in description.stacks {
            if let Some(other) = self.stacks.iter().find(|s| s.info.name == info.name) {
                return Err(Error::PluginConflict {
                    what: format!("the stack `{}`", info.name),
                    first: other.plugin.path().to_owned(),
                    second: plugin.path().to_owned(),
                });
            }
            self.stacks.push(StackPlugin { plugin: Arc::clone(&plugin), info });
        }
        self.loaded.push((plugin, why.to_owned()));
        Ok(())
    }

    /// The executor for a step: of the stack itself, else of any stack.
    pub(crate) fn executor(&self, stack: Option<&str>, step_type: &StepType) -> Result<&Executor, Error> {
        let exact = stack.and_then(|s| self.executors.get(&(s.to_owned(), step_type.clone())));
        exact.or_else(|| self.executors.get(&("*".to_owned(), step_type.clone()))).ok_or_else(|| {
            Error::NoExecutor {
                step_type: step_type.clone(),
                stack: stack.unwrap_or("none").to_owned(),
                known: self.step_types(stack),
            }
        })
    }

    /// The step types that can be carried out on a stack.
    pub(crate) fn step_types(&self, stack: Option<&str>) -> Vec<String> {
        let mut types: Vec<String> = self
            .executors
            .keys()
            .filter(|(s, _)| s == "*" || Some(s.as_str()) == stack)
            .map(|(_, t)| t.to_string())
            .collect();
        types.sort();
        types.dedup();
        types
    }

    pub(crate) fn stacks(&self) -> &[StackPlugin] {
        &self.stacks
    }

    /// Every plugin, and why it was found.
    pub(crate) fn loaded(&self) -> impl Iterator<Item = (&LoadedPlugin, &str)> {
        self.loaded.iter().map(|(p, why)| (p.as_ref(), why.as_str()))
    }
}

/// The plugin libraries of a folder, by name. A folder that is not there has none.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let prefix = format!("{}aksara_plugin_", std::env::consts::DLL_PREFIX);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|p| {
            p.file_name()
                .and_then(|n| n.to_str())
                .is_some_and(|n| n.starts_with(&prefix) && n.ends_with(std::env::consts::DLL_SUFFIX))
                && p.is_file()
        })
        .collect();
    found.sort();
    found
}
