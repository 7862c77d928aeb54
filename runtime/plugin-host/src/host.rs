//! What the engine holds: a host that loads groups of plugins, and the plugins that it loaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aksara_protocol::abi::LinkedPlugin;
use aksara_protocol::plugin::Description;
use aksara_protocol::wire::Request;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::child::Remote;
use crate::in_process::InProcess;
use crate::pin::LibraryFile;
use crate::{CallError, CallLimits, HostCalls, LoadError, host_call, loader};

/// How long a library may take to be loaded and to describe itself.
const LOAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Where plugins run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// In a child process: a plugin that crashes or hangs takes only that down.
    Child {
        /// The program whose main is [`crate::child_main`]: `aksara`, or `aksara-plugin-host`. For plugins that are
        /// part of this program, one that has them as well.
        program: PathBuf,
        /// Its arguments, such as `__plugin-host`.
        args: Vec<String>,
    },
    /// In this process. An abort, a stack overflow or a bad pointer of a plugin ends it.
    InProcess,
}

/// How plugins are run.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Where.
    pub isolation: Isolation,
    /// The longest reply that is taken, in bytes.
    pub max_reply_bytes: usize,
    /// How often a child that ended, or had to be ended for other reasons than a cancellation, is started again.
    pub max_restarts: u32,
    /// How long a call that was told to stop may take to do so.
    pub grace: Duration,
}

impl HostOptions {
    /// The usual bounds: replies of 64 MiB, 3 restarts, 2 seconds of grace.
    #[must_use]
    pub fn new(isolation: Isolation) -> Self {
        Self { isolation, max_reply_bytes: 64 * 1024 * 1024, max_restarts: 3, grace: Duration::from_secs(2) }
    }
}

/// Loads plugins.
#[derive(Clone, Debug)]
pub struct PluginHost {
    options: HostOptions,
}

impl PluginHost {
    /// A host with these options.
    #[must_use]
    pub fn new(options: HostOptions) -> Self {
        Self { options }
    }

    /// Loads libraries that trust each other into one group: one child for all of them, or one thread. Calls to
    /// a group's plugins run one after the other; groups run side by side.
    ///
    /// # Errors
    /// The first library that is not usable, and why; then none is loaded.
    pub fn load_group(&self, libraries: &[PathBuf]) -> Result<Vec<Arc<LoadedPlugin>>, LoadError> {
        self.load_files(libraries.iter().cloned().map(LibraryFile::from))
    }

    /// Loads a library into a group of its own.
    ///
    /// # Errors
    /// It is not usable, or not the file that its pin names.
    pub fn load(&self, library: LibraryFile) -> Result<Arc<LoadedPlugin>, LoadError> {
        let path = library.path.clone();
        let missing = || LoadError::Missing { path };
        self.load_files([library])?.pop().ok_or_else(missing)
    }

    /// As [`PluginHost::load_group`], for plugins that are part of this program. In a child, they are that program's:
    /// it must have them in itself as well, as this very program has when it is its own child.
    ///
    /// # Errors
    /// The first plugin that is not usable, and why; then none is loaded.
    pub fn load_linked(&self, linked: &'static [LinkedPlugin]) -> Result<Vec<Arc<LoadedPlugin>>, LoadError> {
        self.load_places(linked.iter().map(loader::place_of).map(LibraryFile::from).collect(), linked)
    }

    fn load_files(
        &self,
        libraries: impl IntoIterator<Item = LibraryFile>,
    ) -> Result<Vec<Arc<LoadedPlugin>>, LoadError> {
        // A name without a folder would be searched for where the system keeps its libraries.
        let libraries = libraries
            .into_iter()
            .map(|library| {
                let path = std::path::absolute(&library.path).map_err(|error| LoadError::Open {
                    path: library.path.clone(),
                    reason: error.to_string(),
                })?;
                Ok(LibraryFile { path, ..library })
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.load_places(libraries, &[])
    }

    fn load_places(
        &self,
        libraries: Vec<LibraryFile>,
        linked: &'static [LinkedPlugin],
    ) -> Result<Vec<Arc<LoadedPlugin>>, LoadError> {
        if libraries.is_empty() {
            return Ok(Vec::new());
        }
        let options = &self.options;
        let (carrier, descriptions) = match &options.isolation {
            Isolation::InProcess => {
                let (group, descriptions) = InProcess::load(
                    &libraries,
                    linked,
                    options.max_reply_bytes,
                    options.grace,
                    LOAD_TIMEOUT,
                )?;
                (Carrier::InProcess(group), descriptions)
            }
            Isolation::Child { program, args } => {
                let (group, descriptions) =
                    Remote::load(program, args, libraries.clone(), options, LOAD_TIMEOUT)?;
                (Carrier::Child(group), descriptions)
            }
        };
        let carrier = Arc::new(carrier);
        Ok(libraries
            .into_iter()
            .zip(descriptions)
            .enumerate()
            .map(|(index, (library, description))| {
                Arc::new(LoadedPlugin { path: library.path, description, index, carrier: carrier.clone() })
            })
            .collect())
    }
}

/// What carries a group's calls.
enum Carrier {
    InProcess(InProcess),
    Child(Remote),
}

/// A plugin that answers.
pub struct LoadedPlugin {
    path: PathBuf,
    description: Description,
    index: usize,
    carrier: Arc<Carrier>,
}

impl std::fmt::Debug for LoadedPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedPlugin").field("path", &self.path).finish_non_exhaustive()
    }
}

impl LoadedPlugin {
    /// What the plugin says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The library's absolute path; of a plugin that is part of the program its place, such as `bundled:model`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Calls the plugin and waits for its answer, answering its questions with `host`. Blocks: not for an async
    /// thread.
    ///
    /// # Errors
    /// What the plugin said, or what became of it.
    pub fn invoke(
        &self,
        request: &Request,
        host: Arc<dyn HostCalls>,
        limits: &CallLimits,
    ) -> Result<Value, CallError> {
        self.invoke_as(request, host, limits)
    }

    /// As [`LoadedPlugin::invoke`], with the answer in the form that [`Request`] declares for the operation.
    ///
    /// # Errors
    /// As [`LoadedPlugin::invoke`]; also [`CallError::BadReply`] if the answer has another form.
    pub fn invoke_as<T: DeserializeOwned>(
        &self,
        request: &Request,
        host: Arc<dyn HostCalls>,
        limits: &CallLimits,
    ) -> Result<T, CallError> {
        let plugin = self.description.name.as_str();
        let request = serde_json::to_vec(request).map_err(|error| CallError::BadRequest {
            plugin: plugin.to_owned(),
            reason: format!("it cannot be written as JSON: {error}"),
        })?;
        self.invoke_with(request, host, limits)
    }

    /// As [`LoadedPlugin::invoke`], with a request that need not make sense: how a plugin takes nonsense is part
    /// of its conformance.
    ///
    /// # Errors
    /// As [`LoadedPlugin::invoke`].
    pub fn invoke_bytes(
        &self,
        request: Vec<u8>,
        host: Arc<dyn HostCalls>,
        limits: &CallLimits,
    ) -> Result<Value, CallError> {
        self.invoke_with(request, host, limits)
    }

    fn invoke_with<T: DeserializeOwned>(
        &self,
        request: Vec<u8>,
        host: Arc<dyn HostCalls>,
        limits: &CallLimits,
    ) -> Result<T, CallError> {
        let plugin = self.description.name.as_str();
        if host_call::answering() {
            return Err(CallError::WithinHostCall { plugin: plugin.to_owned() });
        }
        if limits.cancelled.load(Ordering::Relaxed) {
            return Err(CallError::Cancelled);
        }
        match self.carrier.as_ref() {
            Carrier::InProcess(group) => group.invoke(self.index, plugin, request, host, limits),
            Carrier::Child(group) => group.invoke(self.index, plugin, &request, &host, limits),
        }
    }
}
