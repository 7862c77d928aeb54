//! The runtime: what a host builds once and asks again and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use aksara_plugin_host::{HostOptions, Isolation};
use aksara_protocol::abi::LinkedPlugin;
use aksara_protocol::plugin::Description;
use aksara_protocol::{Plan, StepType};
use aksara_template::{RootKind, Templates};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::approver::Approver;
use crate::error::Error;
use crate::events::{Event, Events};
use crate::facts::Known;
use crate::plan_template::{PlanTemplate, Registered};
use crate::planner::{ExecuteOptions, PlanOptions, Planner};
use crate::plugins::{self, FolderTrust, LinkedPlugins, PluginFolder, PluginInfo, PluginLock};
use crate::preview::Newest;
use crate::result::RunResult;
use crate::session::Core;
use crate::settings::{self, Layer, Origin, Settings};
use crate::step_types::StepTypeInfo;
use crate::trust::TrustStore;

/// Turns requests into changes of the repository that its folder is in.
///
/// Cheap to clone; every call is independent, and several runtimes live side by side in one process. A runtime
/// prints nothing, installs no signal handler and reads neither the home folder nor the environment: its builder
/// is told what it may know.
#[derive(Clone)]
pub struct AgentRuntime {
    core: Arc<Core>,
    approver: Option<Arc<dyn Approver>>,
}

/// Builds an [`AgentRuntime`].
pub struct RuntimeBuilder {
    folder: PathBuf,
    plugin_folders: Vec<PluginFolder>,
    linked_plugins: LinkedPlugins,
    plugin_lock: PluginLock,
    isolation: Option<Isolation>,
    template_folders: Vec<(RootKind, PathBuf)>,
    registered: Vec<Arc<dyn PlanTemplate>>,
    cache: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    layers: Vec<Layer>,
    approver: Option<Arc<dyn Approver>>,
    trust: Option<TrustStore>,
}

impl AgentRuntime {
    /// Begins to build a runtime for the repository that `folder` is in.
    pub fn builder(folder: impl Into<PathBuf>) -> RuntimeBuilder {
        RuntimeBuilder {
            folder: folder.into(),
            plugin_folders: Vec::new(),
            linked_plugins: LinkedPlugins::default(),
            plugin_lock: PluginLock::default(),
            isolation: None,
            template_folders: Vec::new(),
            registered: Vec::new(),
            cache: None,
            environment: BTreeMap::new(),
            layers: Vec::new(),
            approver: None,
            trust: None,
        }
    }

    /// Plans a request and carries the plan out.
    ///
    /// # Errors
    /// As [`Planner::create`] and [`Planner::execute`].
    pub async fn execute(&self, request: &str) -> Result<RunResult, Error> {
        self.execute_with(request, PlanOptions::default(), None).await
    }

    /// As [`AgentRuntime::execute`], with options. The settings give the run's options unless `execute` does.
    ///
    /// # Errors
    /// As [`AgentRuntime::execute`].
    pub async fn execute_with(
        &self,
        request: &str,
        options: PlanOptions,
        execute: Option<ExecuteOptions>,
    ) -> Result<RunResult, Error> {
        let planner = self.planner();
        let cancel = options.cancel.clone();
        let plan: Plan = planner.create(request, options).await?;
        let execute = execute.unwrap_or_else(|| ExecuteOptions {
            dry_run: false,
            run: planner.default_run_options(),
            cancel,
        });
        planner.execute(&plan, execute).await
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The planner of this runtime.
    #[must_use]
    pub fn planner(&self) -> Planner {
        Planner::new(Arc::clone(&self.core), self.approver.clone())
    }

    /// What happens from now on, in every call of this runtime.
    #[must_use]
    pub fn events(&self) -> UnboundedReceiver<Event> {
        self.core.events.subscribe()
    }

    /// The templates at hand.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.core.templates
    }

    /// Whether plans of a template are carried out without a question: it is not one that came with a repository
    /// which is not trusted.
    #[must_use]
    pub fn trusts(&self, template: &aksara_template::Template) -> bool {
        self.core.trusts(template)
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.core.settings
    }

    /// What was not taken from the settings, and why.
    #[must_use]
    pub fn warnings(&self) -> &[settings::Warning] {
        &self.core.warnings
    }

    /// The folder of the project that the runtime's folder is in.
    ///
    /// # Errors
    /// No repository, or no project of a known stack in it.
    pub async fn project_folder(&self) -> Result<PathBuf, Error> {
        let core = Arc::clone(&self.core);
        let cancel = crate::cancel::Cancel::default();
        crate::approver::work(None, None, cancel.clone(), move |_| {
            let session = crate::session::Session::open(&core, cancel)?;
            let head = session.head()?;
            let project = session.project_here(&head.tree)?;
            Ok(session.repo.workdir().join(project.root()))
        })
        .await
    }

    /// Every plugin that is found, and why those that are not used are not. Nothing else is looked at.
    ///
    /// # Errors
    /// A worker thread that cannot be started.
    pub async fn plugins(&self) -> Result<Vec<PluginInfo>, Error> {
        let core = Arc::clone(&self.core);
        crate::approver::work(None, None, crate::cancel::Cancel::default(), move |_| {
            plugins::list(&core.linked_plugins, &core.plugin_folders, &core.plugin_lock, core.host.clone())
        })
        .await
    }

    /// The step types that plugins carry out, or one of them on every stack that has it, with the schemas of their
    /// params. Nothing else is looked at.
    ///
    /// # Errors
    /// Plugins that cannot be used, or none that has the step type.
    pub async fn step_types(&self, only: Option<&str>) -> Result<Vec<StepTypeInfo>, Error> {
        let (core, only) = (Arc::clone(&self.core), only.map(StepType::from));
        crate::approver::work(None, None, crate::cancel::Cancel::default(), move |_| {
            crate::step_types::list(core.plugins()?, only.as_ref())
        })
        .await
    }

    /// The folders in which plugins are looked for, in order.
    #[must_use]
    pub fn plugin_folders(&self) -> &[PluginFolder] {
        &self.core.plugin_folders
    }

    /// Refuses a plugin to be that claims what one that is used has already: its name, a pair or a stack. `folder` is
    /// where it will lie; what lies there now is replaced and does not count.
    ///
    /// # Errors
    /// [`Error::PluginTaken`]; or the plugins cannot be listed.
    pub async fn admit_plugin(&self, claimed: &plugins::Manifest, folder: &Path) -> Result<(), Error> {
        let (core, claimed, folder) = (Arc::clone(&self.core), claimed.clone(), folder.to_owned());
        crate::approver::work(None, None, crate::cancel::Cancel::default(), move |_| {
            plugins::admit(
                &core.linked_plugins,
                &core.plugin_folders,
                &core.plugin_lock,
                core.host.clone(),
                &claimed,
                &folder,
            )
        })
        .await
    }

    /// Loads a plugin's library alone, and gives what it says of itself.
    ///
    /// # Errors
    /// It is not usable as a plugin.
    pub async fn describe_plugin(&self, library: &Path) -> Result<Description, Error> {
        let (core, library) = (Arc::clone(&self.core), library.to_owned());
        crate::approver::work(None, None, crate::cancel::Cancel::default(), move |_| {
            plugins::describe(&library, core.host.clone())
        })
        .await
    }

    /// Checks a plugin's library against the rules for plugins, run where this runtime's plugins run. `folder` holds
    /// its `plugin.toml`, if it has one.
    ///
    /// # Errors
    /// A worker thread that cannot be started. What is wrong with the plugin is in the answer.
    pub async fn check_plugin(
        &self,
        library: &Path,
        folder: Option<&Path>,
    ) -> Result<crate::conformance::Conformance, Error> {
        let (core, library, folder) =
            (Arc::clone(&self.core), library.to_owned(), folder.map(Path::to_owned));
        let cancel = crate::cancel::Cancel::default();
        crate::approver::work(None, None, cancel.clone(), move |_| {
            crate::conformance::check(&core, &library, folder.as_deref(), &cancel)
        })
        .await
    }

    /// Looks at everything that a plan needs, and says how it stands.
    ///
    /// # Errors
    /// A worker thread that cannot be started.
    pub async fn doctor(&self) -> Result<Vec<crate::doctor::Finding>, Error> {
        let core = Arc::clone(&self.core);
        let cancel = crate::cancel::Cancel::default();
        crate::approver::work(None, None, cancel.clone(), move |_| Ok(crate::doctor::examine(&core, &cancel)))
            .await
    }
}

impl RuntimeBuilder {
    /// Adds a folder with plugins that the host vouches for. Libraries in it without a `plugin.toml` trust each
    /// other.
    #[must_use]
    pub fn plugins(self, folder: impl Into<PathBuf>, why: impl Into<String>) -> Self {
        let folder = PluginFolder { path: folder.into(), why: why.into(), trust: FolderTrust::Whole };
        self.plugin_folder(folder)
    }

    /// Adds a folder with plugins.
    #[must_use]
    pub fn plugin_folder(mut self, folder: PluginFolder) -> Self {
        self.plugin_folders.push(folder);
        self
    }

    /// Which plugins of pinned folders the user accepted, and which are linked.
    #[must_use]
    pub fn plugin_lock(mut self, lock: PluginLock) -> Self {
        self.plugin_lock = lock;
        self
    }

    /// Uses plugins that are part of this program, before those of any folder. `why` is for people, such as `part of
    /// this program`. In a child process they need a child that has them as well, which this very program is.
    #[must_use]
    pub fn plugins_linked(mut self, plugins: &'static [LinkedPlugin], why: impl Into<String>) -> Self {
        self.linked_plugins = LinkedPlugins { plugins, why: why.into() };
        self
    }

    /// Runs plugins in child processes: `program` with `args` is the child's main
    /// ([`aksara_plugin_host::child_main`]).
    #[must_use]
    pub fn plugins_in_child(mut self, program: impl Into<PathBuf>, args: Vec<String>) -> Self {
        self.isolation = Some(Isolation::Child { program: program.into(), args });
        self
    }

    /// Runs plugins in this process. Faster, and a plugin that aborts takes the host with it.
    #[must_use]
    pub fn plugins_in_process(mut self) -> Self {
        self.isolation = Some(Isolation::InProcess);
        self
    }

    /// Adds a folder with templates; a later folder's template wins over an earlier one's of the same name.
    #[must_use]
    pub fn templates(mut self, kind: RootKind, folder: impl Into<PathBuf>) -> Self {
        self.template_folders.push((kind, folder.into()));
        self
    }

    /// Adds a template that is written in Rust; it wins over one of the same name.
    #[must_use]
    pub fn register_template(mut self, template: impl PlanTemplate + 'static) -> Self {
        self.registered.push(Arc::new(template));
        self
    }

    /// Where worktrees and caches may be put; the system's temporary folder if not said.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// The environment that commands and checks may see, `PATH` among it.
    #[must_use]
    pub fn environment(mut self, environment: BTreeMap<String, String>) -> Self {
        self.environment = environment;
        self
    }

    /// Adds a layer of settings over those before it.
    #[must_use]
    pub fn settings(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Gives one setting a value, over every layer: `set("planner.max_steps", 30)`. A list or a text is written as in
    /// TOML.
    #[must_use]
    pub fn set(self, key: &str, value: impl std::fmt::Display) -> Self {
        self.settings(Layer::Overrides(vec![format!("{key}={value}")]))
    }

    /// Where it is kept whether the user trusts the repository. Plans of templates that came with one that is not
    /// trusted are carried out only after a question. Without a store the host answers for the folders it names.
    #[must_use]
    pub fn trust(mut self, store: TrustStore) -> Self {
        self.trust = Some(store);
        self
    }

    /// Who answers questions.
    #[must_use]
    pub fn approver(mut self, approver: Arc<dyn Approver>) -> Self {
        self.approver = Some(approver);
        self
    }

    /// Builds the runtime. Plugins are loaded at the first call that needs them.
    ///
    /// # Errors
    /// A setting that is wrong, a folder of templates that cannot be read, a registered template that declares
    /// what cannot be, or nothing that says where plugins run.
    pub fn build(self) -> Result<AgentRuntime, Error> {
        let (settings, warnings) = Settings::load(self.layers)?;
        let mut roots = vec![aksara_template::builtin()];
        for (kind, folder) in &self.template_folders {
            if folder.is_dir() {
                roots.push(aksara_template::read_root(*kind, folder)?);
            }
        }
        // What a project's file names came with the project.
        let theirs = matches!(settings.origin("templates.path"), Some(Origin::ProjectFile { .. }));
        let kind = if theirs { RootKind::Project } else { RootKind::User };
        for folder in &settings.templates.path {
            roots.push(aksara_template::read_root(kind, folder)?);
        }
        let mut plugin_folders: Vec<PluginFolder> = settings
            .plugins
            .path
            .iter()
            .map(|path| PluginFolder {
                path: path.clone(),
                why: "plugins.path".to_owned(),
                trust: FolderTrust::Whole,
            })
            .collect();
        plugin_folders.extend(self.plugin_folders);
        let isolation = match (settings.plugins.isolation, self.isolation) {
            (_, Some(Isolation::InProcess)) | (settings::Isolation::InProcess, _) => Isolation::InProcess,
            (settings::Isolation::Child, Some(child)) => child,
            (settings::Isolation::Child, None) => return Err(Error::NoPluginHost),
        };
        let mut registered = BTreeMap::new();
        let mut in_rust = Vec::new();
        for template in self.registered {
            let (declared, template) = Registered::new(template)?;
            registered.insert(declared.meta().name.clone(), template);
            in_rust.push(declared);
        }
        let load = move || {
            let mut templates = Templates::load(roots);
            in_rust.into_iter().for_each(|template| templates.register(template));
            templates
        };
        let core = Core {
            settings,
            warnings,
            folder: absolute(&self.folder),
            plugin_folders,
            linked_plugins: self.linked_plugins,
            plugin_lock: self.plugin_lock,
            host: HostOptions::new(isolation),
            templates: LazyLock::new(Box::new(load)),
            registered,
            cache: self.cache.unwrap_or_else(|| std::env::temp_dir().join("aksara")),
            secrets: crate::secrets::Secrets::of(&self.environment),
            environment: self.environment,
            events: Events::default(),
            plugins: OnceLock::new(),
            known: Known::default(),
            newest: Newest::default(),
            trust: self.trust,
            moment: None,
        };
        Ok(AgentRuntime { core: Arc::new(core), approver: self.approver })
    }
}

/// An absolute path to a folder that may be given relative to the current one.
fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
