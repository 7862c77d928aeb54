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
    claimed: Manifest,
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
    fn new(found: Found, claimed: Manifest, host: &PluginHost) -> Self {
        Self { found, claimed, host: host.clone(), loaded: OnceLock::new() }
    }

    fn loaded(found: Found, host: &PluginHost, plugin: Arc<LoadedPlugin>) -> Self {
        let lazy = Self::new(found, Manifest::of(plugin.description(), ""), host);
        // Empty until now: nobody else has seen it.
        let _ = lazy.loaded.set(Ok(plugin));
        lazy
    }

    /// Its name, whether or not it is loaded.
    pub(crate) fn name(&self) -> &str {
        &self.found.name
    }

    /// What stands in the way of its use, as far as that shows without loading it.
    fn problem(&self) -> Option<String> {
        match self.loaded.get() {
            Some(loaded) => loaded.as_ref().err().map(ToString::to_string),
            None => self.found.problem(),
        }
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
                of_the_user: false,
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
            plugins.add(LazyPlugin::loaded(found, &host, plugin))?;
        }
        let (lazy, bare): (Vec<Found>, Vec<Found>) =
            usable.into_iter().partition(|found| found.manifest.is_some());
        for group in bare.chunk_by(|a, b| a.folder == b.folder) {
            let libraries: Vec<PathBuf> = group.iter().map(|found| found.library.path.clone()).collect();
            for (found, plugin) in group.iter().zip(host.load_group(&libraries)?) {
                plugins.add(LazyPlugin::loaded(found.clone(), &host, plugin))?;
            }
        }
        for found in lazy {
            if let Some(claimed) = found.manifest.clone() {
                plugins.add(LazyPlugin::new(found, claimed, &host))?;
            }
        }
        Ok(plugins)
    }

    fn add(&mut self, plugin: LazyPlugin) -> Result<(), Error> {
        let clash =
            |other: &Arc<LazyPlugin>| Some((other.claimed.clash(&plugin.claimed)?, Arc::clone(other)));
        if let Some((what, other)) = self.all.iter().find_map(clash) {
            return Err(Error::PluginConflict {
                what,
                first: other.found.library.path.clone(),
                second: plugin.found.library.path.clone(),
                hint: way_out([&other.found, &plugin.found]),
            });
        }
        let plugin = Arc::new(plugin);
        for pair in &plugin.claimed.executors {
            let key = (pair.stack.clone(), pair.step_type.clone());
            self.claims.insert(key, Claim { plugin: Arc::clone(&plugin), executor: OnceLock::new() });
        }
        for info in &plugin.claimed.stacks {
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

    /// Every stack and step type that a plugin claims; `*` is any stack.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &StepType)> {
        self.claims.keys().map(|(stack, step_type)| (stack.as_str(), step_type))
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

    /// Every plugin that was found, and how it stands.
    pub(crate) fn standings(&self) -> Vec<Standing<'_>> {
        let usable = self.all.iter().map(|plugin| Standing {
            found: &plugin.found,
            version: &plugin.claimed.version,
            problem: plugin.problem(),
        });
        let refused = self.refused.iter().map(|found| Standing {
            found,
            version: found.manifest.as_ref().map_or("", |manifest| &manifest.version),
            problem: found.refused.clone(),
        });
        usable.chain(refused).collect()
    }
}

/// A plugin that was found, and how it stands.
pub(crate) struct Standing<'p> {
    pub(crate) found: &'p Found,
    /// Empty if it could not be found out.
    pub(crate) version: &'p str,
    /// Why it is not used.
    pub(crate) problem: Option<String>,
}

/// What to type so that only one of the two is left.
fn way_out(both: [&Found; 2]) -> String {
    let mut commands: Vec<String> =
        both.iter().filter(|f| f.of_the_user).map(|f| format!("aksara plugin remove {}", f.name)).collect();
    commands.dedup();
    if commands.is_empty() { "remove one of them".to_owned() } else { commands.join(", or ") }
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
    /// Whether the user accepted or linked it.
    pub of_the_user: bool,
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
    let mut all = inspect(linked, folders, lock, options)?;
    // The first of two that claim the same would be told apart only by chance: neither is used.
    for index in 1..all.len() {
        let (before, rest) = all.split_at_mut(index);
        let own = &mut rest[0];
        for other in before {
            let Some(what) = own.clash(other) else { continue };
            let hint = way_out([&other.found, &own.found]);
            let claims =
                |found: &Found| format!("{} claims {what} too\nhint: {hint}", found.library.path.display());
            own.problem.get_or_insert_with(|| claims(&other.found));
            other.problem.get_or_insert_with(|| claims(&own.found));
        }
    }
    Ok(all.into_iter().map(Inspected::info).collect())
}

/// Refuses a plugin that claims what one that is used has already. `folder` is its own: what lies there is replaced.
pub(crate) fn admit(
    linked: &LinkedPlugins,
    folders: &[PluginFolder],
    lock: &PluginLock,
    options: HostOptions,
    claimed: &Manifest,
    folder: &Path,
) -> Result<(), Error> {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = canonical(folder);
    for other in inspect(linked, folders, lock, options)? {
        let Some(manifest) = other.manifest.as_ref().filter(|_| other.found.refused.is_none()) else {
            continue;
        };
        if let Some(what) = claimed.clash(manifest).filter(|_| canonical(&other.found.folder) != folder) {
            let hint = if other.found.of_the_user {
                format!("aksara plugin remove {}", manifest.name)
            } else if manifest.name == claimed.name {
                "choose another name".to_owned()
            } else {
                "choose another step type".to_owned()
            };
            return Err(Error::PluginTaken {
                plugin: claimed.name.clone(),
                what,
                other: manifest.name.clone(),
                library: other.found.library.path.clone(),
                why: other.found.why.clone(),
                hint,
            });
        }
    }
    Ok(())
}

/// A plugin that was found, with what it claims as far as that could be found out.
struct Inspected {
    found: Found,
    manifest: Option<Manifest>,
    problem: Option<String>,
}

impl Inspected {
    /// What both claim, if every plan would meet the two.
    fn clash(&self, other: &Self) -> Option<String> {
        let met = |one: &Self| one.found.refused.is_none();
        let both = self.manifest.as_ref().zip(other.manifest.as_ref()).filter(|_| met(self) && met(other));
        both.and_then(|(own, other)| own.clash(other))
    }

    fn info(self) -> PluginInfo {
        let (version, executors, stacks) = match self.manifest {
            Some(m) => (Some(m.version), m.executors, m.stacks),
            None => (None, Vec::new(), Vec::new()),
        };
        PluginInfo {
            name: self.found.name,
            version,
            library: self.found.library.path,
            folder: self.found.folder,
            why: self.found.why,
            sha256: self.found.library.sha256,
            executors,
            stacks: stacks.into_iter().map(|s| s.name).collect(),
            of_the_user: self.found.of_the_user,
            problem: self.problem,
        }
    }
}

/// Looks at every plugin there is. Those without a `plugin.toml` are loaded to be asked.
fn inspect(
    linked: &LinkedPlugins,
    folders: &[PluginFolder],
    lock: &PluginLock,
    options: HostOptions,
) -> Result<Vec<Inspected>, Error> {
    let host = PluginHost::new(options);
    let said = |plugin: &LoadedPlugin| Some(Manifest::of(plugin.description(), ""));
    let mut all: Vec<Inspected> = load_linked(linked, &host)?
        .into_iter()
        .map(|(found, plugin)| Inspected { found, manifest: said(&plugin), problem: None })
        .collect();
    for found in discover(folders, lock) {
        let (manifest, problem) = match found.problem() {
            None if found.manifest.is_none() => match host.load(found.library.clone()) {
                Ok(plugin) => (said(&plugin), None),
                Err(error) => (None, Some(error.to_string())),
            },
            problem => (found.manifest.clone(), problem),
        };
        all.push(Inspected { found, manifest, problem });
    }
    Ok(all)
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
                of_the_user: false,
                refused: None,
            };
            (found, plugin)
        })
        .collect())
}

/// Loads one library alone, and gives what it says of itself.
pub(crate) fn describe(library: &Path, options: HostOptions) -> Result<Description, Error> {
    let plugin = PluginHost::new(options).load(library.to_owned().into())?;
    Ok(plugin.description().clone())
}
