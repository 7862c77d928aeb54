//! From the process's surroundings to a runtime: the only place that reads home folders and the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aksara_protocol::abi::LinkedPlugin;
use aksara_runtime::settings::{Layer, Trust};
use aksara_runtime::{
    AgentRuntime, Approver, Error, FolderTrust, PluginFolder, PluginLock, RootKind, TrustStore,
};

use crate::bundled;
use crate::output::Failure;

/// Names the folders with the command's plugins, instead of those that belong to it.
const PLUGIN_PATH: &str = "AKSARA_PLUGIN_PATH";

/// Where things of the user's are.
pub(crate) struct Surroundings {
    pub(crate) directory: PathBuf,
    environment: BTreeMap<String, String>,
    executable: Option<PathBuf>,
    /// Whether the repository is trusted: told once, it reads every file that it brings along.
    trusted: OnceLock<bool>,
}

/// Where the user's own plugins are.
pub(crate) struct UserPlugins {
    /// The folder with a folder for each.
    pub(crate) folder: PathBuf,
    /// Which are accepted.
    pub(crate) lock: PathBuf,
}

/// The path without links, as the lock file has it, if it is there.
fn canonical(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

impl Surroundings {
    pub(crate) fn read(directory: Option<&Path>) -> Result<Self, Failure> {
        let current = std::env::current_dir().map_err(|source| Failure::Io {
            what: "cannot find the current folder",
            path: ".".to_owned(),
            source,
        })?;
        let directory = directory.map_or_else(|| current.clone(), |d| current.join(d));
        if !directory.is_dir() {
            return Err(Failure::Input(format!("{} is not a folder", directory.display())));
        }
        // Variables that are not text are none that any setting or child of ours needs.
        let environment = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect();
        // Links to the command are followed: what belongs to it is beside the file itself.
        let executable = std::env::current_exe().ok().map(|path| path.canonicalize().unwrap_or(path));
        Ok(Self { directory, environment, executable, trusted: OnceLock::new() })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    fn home(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        self.variable(variable)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
            .or_else(|| self.variable("HOME").map(|home| Path::new(home).join(below_home)))
            .map(|dir| dir.join("aksara"))
    }

    /// Where worktrees and caches go.
    pub(crate) fn cache(&self) -> PathBuf {
        self.home("XDG_CACHE_HOME", ".cache").unwrap_or_else(|| std::env::temp_dir().join("aksara"))
    }

    /// The user's own settings and templates.
    pub(crate) fn config(&self) -> Option<PathBuf> {
        self.home("XDG_CONFIG_HOME", ".config")
    }

    /// The plugins that are part of the command, unless the environment says which plugins there are.
    fn bundled(&self) -> &'static [LinkedPlugin] {
        if self.variable(PLUGIN_PATH).is_some() { &[] } else { bundled::PLUGINS }
    }

    /// The project's own `.aksara`: the nearest one up to the top of the repository.
    pub(crate) fn project_config(&self) -> Option<PathBuf> {
        self.folders().map(|folder| folder.join(".aksara")).find(|folder| folder.is_dir())
    }

    /// The top of the repository that the folder is in.
    pub(crate) fn repository(&self) -> Option<PathBuf> {
        self.folders().last().filter(|folder| folder.join(".git").exists()).map(Path::to_owned)
    }

    /// The folder and those above it, up to the top of the repository.
    fn folders(&self) -> impl Iterator<Item = &Path> {
        let mut above = false;
        self.directory
            .ancestors()
            .take_while(move |folder| !std::mem::replace(&mut above, folder.join(".git").exists()))
    }

    /// Where trust in repositories is kept.
    pub(crate) fn trust(&self) -> Option<TrustStore> {
        Some(TrustStore::new(self.home("XDG_DATA_HOME", ".local/share")?.join("trust.json")))
    }

    /// Whether what the repository brings along may be used.
    fn is_trusted(&self) -> bool {
        *self.trusted.get_or_init(|| self.trust().is_some_and(|store| store.is_trusted(&self.directory)))
    }

    /// Where plugins are looked for, in order. `AKSARA_PLUGIN_PATH` stands instead of the folders of this command.
    pub(crate) fn plugin_folders(&self) -> Vec<PluginFolder> {
        let mut folders = Vec::new();
        let mut add = |path: PathBuf, why: &str, trust: FolderTrust| {
            folders.push(PluginFolder { path, why: why.to_owned(), trust });
        };
        let named = self.variable(PLUGIN_PATH);
        for path in named.into_iter().flat_map(std::env::split_paths).filter(|p| p.is_absolute()) {
            add(path, PLUGIN_PATH, FolderTrust::Whole);
        }
        if let Some((path, trusted)) = self.project_plugins() {
            let trust = if trusted { FolderTrust::Pinned } else { FolderTrust::None };
            add(path, "the project's plugins", trust);
        }
        if let Some(data) = self.data() {
            add(canonical(data.join("plugins")), "the user's plugins", FolderTrust::Pinned);
        }
        // A command with the shipped plugins in it does not look for their libraries as well.
        let own = named.is_none() && bundled::PLUGINS.is_empty();
        if let Some(folder) = self.executable.as_deref().and_then(Path::parent).filter(|_| own) {
            add(folder.to_owned(), "beside the executable", FolderTrust::Whole);
            add(folder.join("../lib/aksara/plugins"), "installed with the executable", FolderTrust::Whole);
        }
        folders
    }

    /// The `.aksara/plugins` of the project that the folder lies in, and whether it is trusted.
    pub(crate) fn project_plugins(&self) -> Option<(PathBuf, bool)> {
        let plugins = self.folders().map(|folder| folder.join(".aksara/plugins")).find(|p| p.is_dir())?;
        Some((canonical(plugins), self.is_trusted()))
    }

    /// Where the user's own plugins are.
    pub(crate) fn user_plugins(&self) -> Result<UserPlugins, Failure> {
        let data = self.data().ok_or_else(|| {
            Failure::Input("there is no folder for your plugins\nhint: set HOME or XDG_DATA_HOME".to_owned())
        })?;
        Ok(UserPlugins { folder: data.join("plugins"), lock: data.join("plugins.lock") })
    }

    fn data(&self) -> Option<PathBuf> {
        self.home("XDG_DATA_HOME", ".local/share")
    }

    /// The sources of aksara-sdk: in the checkout that this command was built in, or installed with it.
    pub(crate) fn sdk(&self) -> Option<PathBuf> {
        let executable = self.executable.as_ref().and_then(|e| e.canonicalize().ok());
        let above = executable.iter().flat_map(|e| e.ancestors().skip(1));
        let candidates = above
            .flat_map(|dir| [dir.join("plugins/sdk"), dir.join("share/aksara/sdk/plugins/sdk")])
            .chain([Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/sdk")]);
        candidates
            .filter(|c| {
                std::fs::read_to_string(c.join("Cargo.toml")).is_ok_and(|t| t.contains("\"aksara-sdk\""))
            })
            .find_map(|c| c.canonicalize().ok())
    }

    /// A runtime for the folder, with settings from every layer.
    pub(crate) fn runtime(
        &self,
        config: &[String],
        approver: Option<Arc<dyn Approver>>,
    ) -> Result<AgentRuntime, Failure> {
        let mut builder = AgentRuntime::builder(&self.directory)
            .cache(self.cache())
            .environment(self.environment.clone())
            .settings(Layer::Environment(self.environment.clone()))
            .settings(Layer::Overrides(config.to_vec()));
        if let Some(config) = self.config() {
            if let Some(layer) = Layer::read_user_file(&config.join("aksara.toml")).map_err(Error::from)? {
                builder = builder.settings(layer);
            }
            builder = builder.templates(RootKind::User, config.join("templates"));
        }
        if let Some(folder) = self.project_config() {
            builder = builder.templates(RootKind::Project, folder.join("templates"));
        }
        for folder in self.folders() {
            let file = folder.join("aksara.toml");
            let trust = if file.is_file() && self.is_trusted() { Trust::Trusted } else { Trust::Untrusted };
            if let Some(layer) = Layer::read_project_file(&file, trust).map_err(Error::from)? {
                builder = builder.settings(layer);
                break;
            }
        }
        if let Some(store) = self.trust() {
            builder = builder.trust(store);
        }
        builder = builder.plugins_linked(self.bundled(), "part of this command");
        for folder in self.plugin_folders() {
            builder = builder.plugin_folder(folder);
        }
        if let Ok(own) = self.user_plugins() {
            builder = builder.plugin_lock(PluginLock::read(&own.lock).map_err(Error::from)?);
        }
        if let Some(executable) = &self.executable {
            builder = builder.plugins_in_child(executable, vec![crate::PLUGIN_HOST.to_owned()]);
        }
        if let Some(approver) = approver {
            builder = builder.approver(approver);
        }
        Ok(builder.build()?)
    }
}
