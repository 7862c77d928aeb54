//! The plugins at hand, and which of them carries out what.
//!
//! A plugin with a `plugin.toml` is loaded when something of it is needed, into a group of its own. Libraries without
//! one have to be asked what they have: those of one folder trust each other and are loaded together, at once.

mod found;
mod lock;
mod manifest;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aksara_plugin_host::{HostOptions, LoadError, LoadedPlugin, PluginHost};
use aksara_protocol::StepType;
use aksara_protocol::abi::LinkedPlugin;
use aksara_protocol::plugin::{Description, ExecutorInfo, LINK_FROM, StackInfo};
use serde::Serialize;

use crate::error::Error;

use found::discover;
pub use found::{FolderTrust, Found, PluginFolder};
pub use lock::{LockError, PluginLock};
pub use manifest::{MANIFEST, Manifest, ManifestError, Pair};

/// Plugins that are part of the program. They trust each other as those of one folder do.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedPlugins {
    pub(crate) plugins: &'static [LinkedPlugin],
    /// Why they are there, for people.
    pub(crate) why: String,
}

/// A plugin that may not be loaded yet.
pub(crate) struct LazyPlugin {
    found: Found,
    host: PluginHost,
    loaded: OnceLock<Result<Arc<LoadedPlugin>, PluginError>>,
}

/// Why a plugin that was found cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PluginError {
    /// Its library.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its `plugin.toml`.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl LazyPlugin {
    fn new(found: Found, host: &PluginHost) -> Self {
        Self { found, host: host.clone(), loaded: OnceLock::new() }
    }

    fn loaded(found: Found, host: &PluginHost, plugin: Arc<LoadedPlugin>) -> Self {
        let lazy = Self::new(found, host);
        // Empty until now: nobody else has seen it.
        let _ = lazy.loaded.set(Ok(plugin));
        lazy
    }

    /// Its name, whether or not it is loaded.
    pub(crate) fn name(&self) -> &str {
        &self.found.name
    }

    /// The plugin, loaded now if it was not yet.
    pub(crate) fn get(&self) -> Result<&Arc<LoadedPlugin>, Error> {
        let loaded = self.loaded.get_or_init(|| {
            let plugin = self.host.load(self.found.library.clone())?;
            if let Some(manifest) = &self.found.manifest {
                manifest.agrees(&self.found.folder, plugin.description())?;
            }
            Ok(plugin)
        });
        loaded.as_ref().map_err(|error| error.clone().into())
    }
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

/// A claim on a pair, and the executor once it is needed.
struct Claim {
    plugin: Arc<LazyPlugin>,
    executor: OnceLock<Executor>,
}

/// One stack and the plugin that knows it.
#[derive(Clone)]
pub(crate) struct StackPlugin {
    pub(crate) plugin: Arc<LazyPlugin>,
    pub(crate) info: StackInfo,
}

impl StackPlugin {
    /// Whether it can be asked for facts by what differs from files that it keeps.
    pub(crate) fn links_from(&self) -> Result<bool, Error> {
        Ok(self.plugin.get()?.description().features.iter().any(|feature| feature == LINK_FROM))
    }
}

/// All plugins, indexed.
pub(crate) struct Plugins {
    claims: BTreeMap<(String, StepType), Claim>,
    stacks: Vec<StackPlugin>,
    all: Vec<Arc<LazyPlugin>>,
    refused: Vec<Found>,
}

impl Plugins {
    /// Loads the plugins of the program, finds every plugin of the folders, and loads those that do not say what they
    /// have.
    pub(crate) fn load(
        linked: &LinkedPlugins,
        folders: &[PluginFolder],
        lock: &PluginLock,
        options: HostOptions,
    ) -> Result<Self, Error> {
        let plugins = Self::of(linked, discover(folders, lock), options, &|_| true)?;
        if plugins.all.is_empty() {
            return Err(Error::NoPlugins {
                searched: folders.iter().map(|f| format!("{} ({})", f.path.display(), f.why)).collect(),
            });
        }
        Ok(plugins)
    }

    /// As [`Plugins::load`], with the library of one more plugin, and only those found ones that `others` wants.
    pub(crate) fn with(
        linked: &LinkedPlugins,
        folders: &[PluginFolder],
        lock: &PluginLock,
        options: HostOptions,
        library: &Path,
        others: &dyn Fn(&Found) -> bool,
    ) -> Result<Self, Error> {
        let mut found = discover(folders, lock);
        found.retain(|f| others(f));
        found.insert(
            0,
            Found {
                name: aksara_plugin_host::name_of(library)?.to_owned(),
                folder: library.to_owned(),
                library: library.to_owned().into(),
                manifest: None,
                why: "it is checked".to_owned(),
                refused: None,
            },
        );
        Self::of(linked, found, options, others)
    }

    fn of(
        linked: &LinkedPlugins,
        found: Vec<Found>,
        options: HostOptions,
        wants: &dyn Fn(&Found) -> bool,
    ) -> Result<Self, Error> {
        let host = PluginHost::new(options);
        let (refused, usable): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|found| found.refused.is_some());
        let mut plugins = Self { claims: BTreeMap::new(), stacks: Vec::new(), all: Vec::new(), refused };
        for (found, plugin) in load_linked(linked, &host)?.into_iter().filter(|(found, _)| wants(found)) {
            let claimed = Manifest::of(plugin.description(), "");
            plugins.add(LazyPlugin::loaded(found, &host, plugin), &claimed)?;
        }
        let (lazy, bare): (Vec<Found>, Vec<Found>) =
            usable.into_iter().partition(|found| found.manifest.is_some());
        for group in bare.chunk_by(|a, b| a.folder == b.folder) {
            let libraries: Vec<PathBuf> = group.iter().map(|found| found.library.path.clone()).collect();
            for (found, plugin) in group.iter().zip(host.load_group(&libraries)?) {
                let claimed = Manifest::of(plugin.description(), "");
                plugins.add(LazyPlugin::loaded(found.clone(), &host, plugin), &claimed)?;
            }
        }
        for found in lazy {
            if let Some(claimed) = found.manifest.clone() {
                plugins.add(LazyPlugin::new(found, &host), &claimed)?;
            }
        }
        Ok(plugins)
    }

    fn add(&mut self, plugin: LazyPlugin, claimed: &Manifest) -> Result<(), Error> {
        let plugin = Arc::new(plugin);
        let conflict = |what: String, other: &LazyPlugin| Error::PluginConflict {
            what,
            first: other.found.library.path.clone(),
            second: plugin.found.library.path.clone(),
        };
        if let Some(other) = self.all.iter().find(|p| p.name() == claimed.name) {
            return Err(conflict(format!("the name `{}`", claimed.name), other));
        }
        for pair in &claimed.executors {
            let key = (pair.stack.clone(), pair.step_type.clone());
            if let Some(other) = self.claims.get(&key) {
                return Err(conflict(format!("`{}` on the stack `{}`", key.1, key.0), &other.plugin));
            }
            self.claims.insert(key, Claim { plugin: Arc::clone(&plugin), executor: OnceLock::new() });
        }
        for info in &claimed.stacks {
            if let Some(other) = self.stacks.iter().find(|s| s.info.name == info.name) {
                return Err(conflict(format!("the stack `{}`", info.name), &other.plugin));
            }
            self.stacks.push(StackPlugin { plugin: Arc::clone(&plugin), info: info.clone() });
        }
        self.all.push(plugin);
        Ok(())
    }

    /// The executor for a step: of the stack itself, else of any stack. Its plugin is loaded now if it was not yet.
    pub(crate) fn executor(&self, stack: Option<&str>, step_type: &StepType) -> Result<&Executor, Error> {
        let of = |stack: &str| {
            let key = (stack.to_owned(), step_type.clone());
            self.claims.get_key_value(&key)
        };
        let Some(((stack, _), claim)) = stack.and_then(of).or_else(|| of("*")) else {
            return Err(self.nobody(stack, step_type));
        };
        if let Some(executor) = claim.executor.get() {
            return Ok(executor);
        }
        let plugin = Arc::clone(claim.plugin.get()?);
        let info = plugin
            .description()
            .executors
            .iter()
            .find(|e| e.stack == *stack && e.step_type == *step_type)
            .cloned()
            // Its description was compared with what it claims.
            .ok_or_else(|| {
                Error::Internal(format!("`{step_type}` is gone from `{}`", claim.plugin.name()))
            })?;
        Ok(claim.executor.get_or_init(|| Executor { plugin, info, validator: OnceLock::new() }))
    }

    fn nobody(&self, stack: Option<&str>, step_type: &StepType) -> Error {
        let claims = |found: &&Found| {
            found.manifest.iter().flat_map(|m| &m.executors).any(|pair| {
                pair.step_type == *step_type && (pair.stack == "*" || Some(pair.stack.as_str()) == stack)
            })
        };
        let unused = |found: &Found| {
            let reason = found.refused.as_deref().unwrap_or_default();
            format!("the plugin `{}` in {} has it, but {reason}", found.name, found.folder.display())
        };
        Error::NoExecutor {
            step_type: step_type.clone(),
            stack: stack.unwrap_or("none").to_owned(),
            refused: self.refused.iter().filter(claims).map(unused).collect(),
            known: self.step_types(stack),
        }
    }

    /// The step types that can be carried out on a stack.
    pub(crate) fn step_types(&self, stack: Option<&str>) -> Vec<String> {
        let mut types: Vec<String> = self
            .claims
            .keys()
            .filter(|(s, _)| s == "*" || Some(s.as_str()) == stack)
            .map(|(_, t)| t.to_string())
            .collect();
        types.sort();
        types.dedup();
        types
    }

    /// The step types that can be carried out on some stack.
    pub(crate) fn step_types_of_all(&self) -> Vec<String> {
        let mut types: Vec<String> = self.claims.keys().map(|(_, t)| t.to_string()).collect();
        types.sort();
        types.dedup();
        types
    }

    pub(crate) fn stacks(&self) -> &[StackPlugin] {
        &self.stacks
    }

    /// Every plugin with its version, and why it was found.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.all.iter().map(|p| {
            let loaded = p.loaded.get().and_then(|l| l.as_ref().ok());
            let version = match (loaded, &p.found.manifest) {
                (Some(plugin), _) => plugin.description().version.as_str(),
                (None, Some(manifest)) => manifest.version.as_str(),
                (None, None) => "",
            };
            (p.name(), version, p.found.why.as_str())
        })
    }

    /// What was found and is not used.
    pub(crate) fn refused(&self) -> &[Found] {
        &self.refused
    }
}

/// A plugin as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct PluginInfo {
    /// Its name.
    pub name: String,
    /// Its version; absent if it could not be found out.
    pub version: Option<String>,
    /// Its library.
    pub library: PathBuf,
    /// The folder of its `plugin.toml`; for a bare library the folder that it lies in.
    pub folder: PathBuf,
    /// Why its folder was looked at.
    pub why: String,
    /// The sha256 that its library must have.
    pub sha256: Option<String>,
    /// What it carries out.
    pub executors: Vec<Pair>,
    /// The stacks that it recognises.
    pub stacks: Vec<String>,
    /// Why it is not used; absent if it is.
    pub problem: Option<String>,
}

/// Lists every plugin of the folders, the unusable ones too. Those without a `plugin.toml` are loaded to be asked.
pub(crate) fn list(
    linked: &LinkedPlugins,
    folders: &[PluginFolder],
    lock: &PluginLock,
    options: HostOptions,
) -> Result<Vec<PluginInfo>, Error> {
    let host = PluginHost::new(options);
    let mut infos: Vec<PluginInfo> = load_linked(linked, &host)?
        .into_iter()
        .map(|(found, plugin)| {
            let manifest = Manifest::of(plugin.description(), "");
            info_of(Found { manifest: Some(manifest), ..found }, &host)
        })
        .collect();
    infos.extend(discover(folders, lock).into_iter().map(|found| info_of(found, &host)));
    // The first of two that claim the same would be told apart only by chance: neither is used.
    for index in 1..infos.len() {
        let (before, rest) = infos.split_at_mut(index);
        let own = &mut rest[0];
        let usable = |info: &&mut PluginInfo| info.problem.is_none();
        for other in before.iter_mut().filter(usable) {
            let pair = own.executors.iter().find(|pair| other.executors.contains(pair));
            let stack = own.stacks.iter().find(|stack| other.stacks.contains(stack));
            let what = match (pair, stack) {
                _ if own.name == other.name => format!("the name `{}`", own.name),
                (Some(pair), _) => format!("`{}` on the stack `{}`", pair.step_type, pair.stack),
                (None, Some(stack)) => format!("the stack `{stack}`"),
                (None, None) => continue,
            };
            if own.problem.is_none() {
                let claim = |path: &Path| format!("{} claims {what} too: remove one of them", path.display());
                own.problem = Some(claim(&other.library));
                other.problem = Some(claim(&own.library));
            }
        }
    }
    Ok(infos)
}

/// The plugins that are part of the program, each as if it were found.
fn load_linked(
    linked: &LinkedPlugins,
    host: &PluginHost,
) -> Result<Vec<(Found, Arc<LoadedPlugin>)>, LoadError> {
    let plugins = host.load_linked(linked.plugins)?;
    Ok(plugins
        .into_iter()
        .map(|plugin| {
            let found = Found {
                name: plugin.description().name.clone(),
                folder: plugin.path().to_owned(),
                library: plugin.path().to_owned().into(),
                manifest: None,
                why: linked.why.clone(),
                refused: None,
            };
            (found, plugin)
        })
        .collect())
}

fn info_of(found: Found, host: &PluginHost) -> PluginInfo {
    let mut info = PluginInfo {
        name: found.name,
        version: None,
        library: found.library.path.clone(),
        folder: found.folder,
        why: found.why,
        sha256: found.library.sha256.clone(),
        executors: Vec::new(),
        stacks: Vec::new(),
        problem: found.refused,
    };
    let manifest = match found.manifest {
        Some(manifest) => Some(manifest),
        None if info.problem.is_none() => match host.load(found.library) {
            Ok(plugin) => Some(Manifest::of(plugin.description(), "")),
            Err(error) => {
                info.problem = Some(error.to_string());
                None
            }
        },
        None => None,
    };
    if let Some(manifest) = manifest {
        info.version = Some(manifest.version);
        info.executors = manifest.executors;
        info.stacks = manifest.stacks.into_iter().map(|s| s.name).collect();
    }
    info
}

/// Loads one library alone, and gives what it says of itself.
pub(crate) fn describe(library: &Path, options: HostOptions) -> Result<Description, Error> {
    let plugin = PluginHost::new(options).load(library.to_owned().into())?;
    Ok(plugin.description().clone())
}
