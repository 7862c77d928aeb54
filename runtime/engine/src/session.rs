//! A repository opened for one call, and what the call needs beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use aksara_git::{GitProgram, Head, How, Repo};
use aksara_plugin_host::HostOptions;
use aksara_protocol::plan::{Base, SourceKind, SourceRoot};
use aksara_protocol::{Plan, RelPath};
use aksara_template::{RootKind, Template, Templates};

use crate::approver::UntrustedTemplate;
use crate::cancel::Cancel;
use crate::clock::Instant;
use crate::error::Error;
use crate::events::Events;
use crate::facts::{Known, Project};
use crate::plan_template::Registered;
use crate::plugins::{LinkedPlugins, PluginFolder, PluginLock, Plugins};
use crate::preview::{Newest, Previewed, preview};
use crate::secrets::Secrets;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::stage::Stage;
use crate::trust::TrustStore;

/// The stack of a plan that is about no project, wherever it is carried out.
pub(crate) const NO_STACK: &str = "none";

/// The templates, read when they are needed first.
pub(crate) type TemplatesOnce = LazyLock<Templates, Box<dyn FnOnce() -> Templates + Send>>;

/// What a runtime was built with; shared by all its calls.
pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) warnings: Vec<crate::settings::Warning>,
    pub(crate) folder: PathBuf,
    pub(crate) plugin_folders: Vec<PluginFolder>,
    pub(crate) linked_plugins: LinkedPlugins,
    pub(crate) plugin_lock: PluginLock,
    pub(crate) host: HostOptions,
    /// Read at the first call that needs them.
    pub(crate) templates: TemplatesOnce,
    pub(crate) registered: BTreeMap<String, Registered>,
    pub(crate) cache: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    /// What is in the environment and must not be shown.
    pub(crate) secrets: Secrets,
    pub(crate) events: Events,
    pub(crate) plugins: OnceLock<Plugins>,
    pub(crate) known: Known,
    pub(crate) newest: Newest,
    /// Where trust is kept; without it the host answers for what it names.
    pub(crate) trust: Option<TrustStore>,
    /// When every plan is made, where that must not be now.
    pub(crate) moment: Option<Instant>,
}

impl Core {
    /// The plugins, loaded at the first call that needs them.
    pub(crate) fn plugins(&self) -> Result<&Plugins, Error> {
        if let Some(plugins) = self.plugins.get() {
            return Ok(plugins);
        }
        let plugins =
            Plugins::load(&self.linked_plugins, &self.plugin_folders, &self.plugin_lock, self.host.clone())?;
        Ok(self.plugins.get_or_init(|| plugins))
    }
}

impl Core {
    /// Whether what a template plans may be carried out.
    pub(crate) fn trusts(&self, template: &Template) -> bool {
        *template.root().0 != RootKind::Project
            || self.trust.as_ref().is_none_or(|trust| trust.is_trusted(&self.folder))
    }

    /// A runtime for repositories of our own making: the same plugins and templates, and nothing of the user's
    /// settings, interpreter or environment.
    pub(crate) fn for_scratch(&self) -> Self {
        let templates = self.templates.clone();
        let mut settings = Settings::default();
        settings.planner.max_steps = self.settings.planner.max_steps;
        Self {
            settings,
            warnings: Vec::new(),
            folder: self.folder.clone(),
            plugin_folders: self.plugin_folders.clone(),
            linked_plugins: self.linked_plugins.clone(),
            plugin_lock: self.plugin_lock.clone(),
            host: self.host.clone(),
            templates: LazyLock::new(Box::new(move || templates)),
            registered: self.registered.clone(),
            cache: self.cache.clone(),
            environment: BTreeMap::new(),
            secrets: Secrets::of(&BTreeMap::new()),
            events: Events::default(),
            plugins: OnceLock::new(),
            known: Known::default(),
            newest: Newest::default(),
            trust: None,
            moment: Some(Instant::epoch()),
        }
    }
}

/// A repository opened for one call.
pub(crate) struct Session<'c> {
    pub(crate) core: &'c Core,
    pub(crate) repo: Arc<Repo>,
    pub(crate) cancel: Cancel,
    /// The folder that the call came from, inside the repository.
    pub(crate) folder: String,
}

impl<'c> Session<'c> {
    /// Opens the repository that the runtime's folder is in.
    pub(crate) fn open(core: &'c Core, cancel: Cancel) -> Result<Self, Error> {
        let repo = Arc::new(Repo::discover(&core.folder)?);
        let folder = repo.prefix_of(&core.folder);
        Ok(Self { core, repo, cancel, folder })
    }

    /// Where the runs' records are.
    pub(crate) fn runs(&self) -> PathBuf {
        self.repo.common_dir().join("aksara").join("runs")
    }

    /// The `git` program, found outside the repository.
    pub(crate) fn git(&self) -> Result<GitProgram, Error> {
        let path = self.core.environment.get("PATH").map(std::ffi::OsStr::new);
        Ok(GitProgram::find(path, self.repo.workdir())?)
    }

    pub(crate) fn head(&self) -> Result<Head, Error> {
        Ok(self.repo.head()?)
    }

    /// Whether git tracks what is at an absolute path in the checkout.
    pub(crate) fn is_tracked(&self) -> impl Fn(&Path) -> bool + '_ {
        let head_tree = self.head().ok().map(|head| head.tree);
        let workdir = self.repo.workdir();
        move |path| {
            let Some(tree) = &head_tree else { return false };
            path.strip_prefix(workdir)
                .ok()
                .and_then(Path::to_str)
                .and_then(|p| RelPath::new(p).ok())
                .is_some_and(|p| self.repo.entry(tree, &p).map_or(true, |entry| entry.is_some()))
        }
    }

    pub(crate) fn snapshot(&self, tree: &str) -> Snapshot {
        Snapshot::of_tree(Arc::clone(&self.repo), tree)
    }

    /// The project that the call is about, at a tree. `root` is the plan's, if there is a plan.
    pub(crate) fn project(&self, tree: &str, root: Option<&str>) -> Result<Option<Project>, Error> {
        let folder = root.unwrap_or(&self.folder);
        let plugins = self.plugins_and_folders(tree, folder)?;
        let mut project =
            Project::find(plugins, &self.snapshot(tree), folder, &self.core.known, &self.cancel)?;
        if let Some(project) = &mut project {
            let workdir = self.repo.workdir();
            let settings = &self.core.settings;
            let variable = self.core.environment.get("DJANGO_SETTINGS_MODULE");
            project.set_settings_module(&settings.python.settings, variable.map(String::as_str));
            let version = crate::interpreter::installed_django(
                &workdir.join(project.root()),
                workdir,
                settings,
                &self.core.environment,
                &self.is_tracked(),
            );
            project.set_framework(version);
        }
        Ok(project)
    }

    /// The plugins. If they have to be loaded, the folders that they will ask for are read meanwhile.
    fn plugins_and_folders(&self, tree: &str, folder: &str) -> Result<&'c Plugins, Error> {
        if let Some(plugins) = self.core.plugins.get() {
            return Ok(plugins);
        }
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| self.repo.read_ahead(tree, folder, &enough));
            let plugins = self.core.plugins();
            enough.store(true, Ordering::Relaxed);
            plugins
        })
    }

    /// As [`Session::project`] around the folder of the call, where there must be one.
    pub(crate) fn project_here(&self, tree: &str) -> Result<Project, Error> {
        if let Some(project) = self.project(tree, None)? {
            return Ok(project);
        }
        let stacks = self.core.plugins()?.stacks().iter();
        Err(Error::NoProject {
            folder: self.folder.clone(),
            stacks: stacks.map(|s| (s.info.name.clone(), s.info.markers.clone())).collect(),
        })
    }

    /// The project that a plan is about. For a plan that names no stack it is the one in the plan's folder, if there is
    /// one there; a plan of the stack `none` is about none.
    pub(crate) fn project_of(&self, plan: &Plan, tree: &str) -> Result<Option<Project>, Error> {
        let Some(stack) = &plan.stack else {
            let there = self.only_project(tree, &plan.root)?;
            return Ok(there.filter(|project| project.root() == plan.root));
        };
        if stack == NO_STACK {
            return Ok(None);
        }
        match self.project(tree, Some(&plan.root))? {
            Some(project) if project.stack() == stack && project.root() == plan.root => Ok(Some(project)),
            _ => Err(Error::Refused(format!(
                "the plan is for a {stack} project in `{}`, and there is none now\nhint: check out the branch that it was made for",
                if plan.root.is_empty() { "." } else { &plan.root }
            ))),
        }
    }

    /// The project that is meant by a folder, if there is one and nothing else may be meant.
    pub(crate) fn only_project(&self, tree: &str, root: &str) -> Result<Option<Project>, Error> {
        match self.project(tree, Some(root)) {
            Err(Error::SeveralProjects { .. }) => Ok(None),
            found => found,
        }
    }

    /// A stage over a tree.
    pub(crate) fn stage<'s>(
        &'s self,
        project: Option<&'s Project>,
        tree: &str,
        now: &'s str,
    ) -> Result<Stage<'s>, Error> {
        Ok(Stage {
            plugins: self.core.plugins()?,
            templates: Some(&self.core.templates),
            project,
            base: self.snapshot(tree),
            now,
            timeout: self.core.settings.planner.step_timeout(),
            cancel: &self.cancel,
        })
    }

    /// Carries out a plan's steps over a tree in memory, and fills in their previews.
    pub(crate) fn preview(
        &self,
        project: Option<&Project>,
        tree: &str,
        plan: &mut Plan,
    ) -> Result<Arc<Previewed>, Error> {
        if let Some(known) = self.core.newest.of(tree, plan) {
            return Ok(known);
        }
        let now = plan.created_at.clone();
        let previewed = Arc::new(preview(&self.stage(project, tree, &now)?, plan)?);
        self.core.newest.keep(tree, plan, &previewed);
        Ok(previewed)
    }

    /// Refuses a plan of more steps than the settings allow.
    pub(crate) fn must_not_be_too_long(&self, steps: usize) -> Result<(), Error> {
        let max = self.core.settings.planner.max_steps;
        if steps > max as usize { Err(Error::TooManySteps { steps, max }) } else { Ok(()) }
    }

    /// The first of the plan's templates that came with a repository that is not trusted. What made a plan is what
    /// the plan says of itself: its template may be gone since, or be another one.
    pub(crate) fn untrusted(&self, plan: &Plan) -> Option<UntrustedTemplate> {
        if self.core.trust.is_none() || plan.source.kind != SourceKind::Template {
            return None;
        }
        let known = |name: &str, hash: &str| {
            self.core.templates.get(name).ok().filter(|template| template.hash() == hash)
        };
        let of = |name: &str, template: Option<&Template>| UntrustedTemplate {
            name: name.to_owned(),
            folder: template.map_or_else(|| "it is not there any more".to_owned(), |t| t.root().1.to_owned()),
        };
        let source = &plan.source;
        if source.templates.is_empty() {
            // A plan that does not say whose its template was.
            let name = source.name.as_deref().unwrap_or_default();
            let template = source.hash.as_deref().and_then(|hash| known(name, hash));
            let trusted = template.is_some_and(|template| self.core.trusts(template));
            return (!trusted).then(|| of(name, template));
        }
        source.templates.iter().filter(|t| t.root == SourceRoot::Project).find_map(|t| {
            let template = known(&t.name, &t.hash);
            let trusted = template.is_some_and(|template| self.core.trusts(template));
            (!trusted).then(|| of(&t.name, template))
        })
    }

    /// Refuses a plan whose code needs packages that the project's virtual environment lacks: its result would import
    /// what is not there.
    pub(crate) fn must_have_packages(&self, project: &Project, wanted: &[String]) -> Result<(), Error> {
        let workdir = self.repo.workdir();
        let root = workdir.join(project.root());
        let core = self.core;
        let lacking = crate::interpreter::lacking(
            &root,
            workdir,
            &core.settings,
            &core.environment,
            &self.is_tracked(),
            wanted,
        );
        let Some(lacking) = lacking else { return Ok(()) };
        Err(Error::Refused(format!(
            "the code of this plan needs {}, and the project's Python in {} does not have {}\nhint: install {} first: {}",
            lacking.packages.join(" and "),
            lacking.environment.display(),
            if lacking.packages.len() == 1 { "it" } else { "them" },
            if lacking.packages.len() == 1 { "it" } else { "them" },
            lacking.install,
        )))
    }

    /// Refuses to go on while these files differ from `tree` in the index or on disk.
    pub(crate) fn must_be_clean(&self, tree: &str, paths: &[RelPath]) -> Result<(), Error> {
        let dirty = self.repo.dirty(tree, paths)?;
        if dirty.is_empty() {
            return Ok(());
        }
        Err(Error::DirtyFiles {
            paths: dirty.iter().map(ToString::to_string).collect(),
            ignored: dirty.into_iter().filter(|d| d.how == How::Ignored).map(|d| d.path).collect(),
        })
    }

    /// Where this repository's worktrees are made: outside of it.
    pub(crate) fn worktrees(&self) -> PathBuf {
        let root = &self.core.settings.worktree.root;
        let root = if root.is_empty() { self.core.cache.join("worktrees") } else { PathBuf::from(root) };
        root.join(folder_name(self.repo.common_dir()))
    }
}

/// A folder's name for a repository: its own, and a hash of where it is.
fn folder_name(common_dir: &Path) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(common_dir.as_os_str().as_encoded_bytes());
    let name = common_dir.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
    let name: String = name
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(32)
        .collect();
    format!("{name}-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3])
}

/// The commit and tree of a head, as a plan's base.
pub(crate) fn base_of(head: &Head) -> Base {
    Base { commit: head.commit.clone(), tree: head.tree.clone() }
}
