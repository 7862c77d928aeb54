//! From the process's surroundings to a runtime: the only place that reads home folders and the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aksara_protocol::abi::LinkedPlugin;
use aksara_runtime::settings::{Layer, Trust};
use aksara_runtime::{AgentRuntime, Approver, Error, RootKind};

use crate::bundled;
use crate::output::{self, Failure};

/// Names the folders that plugins are taken from, and no others.
const PLUGIN_PATH: &str = "AKSARA_PLUGIN_PATH";

/// Where things of the user's are.
pub(crate) struct Surroundings {
    pub(crate) directory: PathBuf,
    environment: BTreeMap<String, String>,
    executable: Option<PathBuf>,
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
        Ok(Self { directory, environment, executable })
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

    /// Folders with plugin libraries, each with the reason why it is one.
    pub(crate) fn plugin_folders(&self) -> Vec<(PathBuf, String)> {
        let mut folders = Vec::new();
        if let Some(path) = self.variable(PLUGIN_PATH) {
            folders.extend(
                std::env::split_paths(path).filter(|p| p.is_absolute()).map(|p| (p, PLUGIN_PATH.to_owned())),
            );
            return folders;
        }
        if let Some(data) = self.home("XDG_DATA_HOME", ".local/share") {
            folders.push((data.join("plugins"), "the user's plugins".to_owned()));
        }
        // A command with the shipped plugins in it does not look for their libraries as well.
        if let Some(folder) =
            self.executable.as_deref().and_then(Path::parent).filter(|_| bundled::PLUGINS.is_empty())
        {
            folders.push((folder.to_owned(), "beside the executable".to_owned()));
            folders.push((folder.join("../lib/aksara/plugins"), "installed with the executable".to_owned()));
        }
        folders
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
        for folder in self.directory.ancestors() {
            let file = folder.join("aksara.toml");
            if let Some(layer) = Layer::read_project_file(&file, Trust::Untrusted).map_err(Error::from)? {
                builder = builder.settings(layer);
                break;
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        builder = builder.plugins_linked(self.bundled(), "part of this command");
        for (folder, why) in self.plugin_folders() {
            builder = builder.plugins(folder, why);
        }
        if let Some(executable) = &self.executable {
            builder = builder.plugins_in_child(executable, vec![crate::PLUGIN_HOST.to_owned()]);
        }
        if let Some(approver) = approver {
            builder = builder.approver(approver);
        }
        let runtime = builder.build()?;
        for warning in runtime.warnings() {
            output::warning(warning);
        }
        Ok(runtime)
    }
}
