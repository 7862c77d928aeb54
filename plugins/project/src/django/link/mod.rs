//! Puts the facts of single files together: imports, settings and URLs are followed across files here.
//!
//! Pure: the same files give the same facts, in the same order.

mod access;
mod api;
mod apps;
mod bases;
mod factories;
mod imports;
mod managers;
mod models;
mod modules;
mod names;
mod pytest;
mod settings;
mod split_settings;
mod style;
mod tests_of_app;
mod urls;
mod values;

use std::collections::{BTreeMap, HashMap};

use aksara_python::pytest::{ClientFixture, TestHabits};
use aksara_python::read::Module;
use aksara_sdk::protocol::facts::{
    AppFacts, ImportCounts, ImportHabits, MigrationFacts, RouterFacts, SettingsFacts, SkippedFile, Style,
    TestRunner, UnusedApp, UrlFacts,
};
use aksara_sdk::protocol::{JsonMap, ProjectFacts};
use aksara_sdk::{Diagnostic, LinkInput, RelPath};
use serde_json::Value;

use self::api::{Api, Found};
pub(super) use self::apps::inside;
use self::apps::{OwnApp, Tree, owner};
use self::models::Models;
use self::modules::{Ancestor, Modules, Roots};
use super::scanned::{ConfigFile, ScannedFile, ScannedMigration};
use super::{config, detect, migrations};

/// The module of Django Ninja: a project that imports it, anywhere, has an API of it. It need not be an installed app.
const NINJA: &str = "ninja";
/// The module of django-filter, whose backend works without its app.
const FILTERS: &str = "django_filters";

/// What the files of a project mean together.
pub(super) fn link(input: &LinkInput) -> Result<ProjectFacts, Diagnostic> {
    let files = Files::of(input)?;
    let root = input.project.root.as_str();
    let named = input.project.data.get(detect::SETTINGS_MODULE).and_then(|v| v.as_str());
    // A package outside of the project's folder is imported from the folder that it stands in.
    let outside = input.project.scan.iter().filter(|folder| *folder != root);
    let mut starts = vec![root.to_owned()];
    for folder in outside.map(|package| package.rsplit_once('/').map_or("", |(folder, _)| folder)) {
        if !starts.iter().any(|start| start == folder) {
            starts.push(folder.to_owned());
        }
    }
    let tree = Tree::new(starts.clone(), &input.paths);

    // Which folders Python imports from is told by where the installed apps are, and those are named in a
    // module: the first look is from these folders alone.
    let first = Modules::new(&files.modules, &Roots::new(starts.clone()));
    let installed = settings::read(named, &first).facts.installed_apps;
    let folders = apps::roots(&installed, &tree);
    let start_folders = folders.clone();
    let (roots, modules) = if folders.len() == starts.len() {
        (Roots::new(folders), first)
    } else {
        let roots = Roots::new(folders);
        let modules = Modules::new(&files.modules, &roots);
        (roots, modules)
    };
    let migrations: Vec<ScannedMigration> = files.migrations.iter().map(|m| renamed(m, &roots)).collect();

    let mut settings = settings::read(named, &modules);
    settings.facts.for_tests = files.settings_of_tests(&settings.facts, &modules, &roots).map(Box::new);
    let installed = settings.apps_known.then_some(settings.facts.installed_apps.as_slice());
    let mut own = apps::find(installed, &modules, &tree);
    let packages = apps::packages(root, &own, &modules, &tree);
    own.extend(packages);
    let runner = files.runner();
    let moved = settings.facts.literals.get("MIGRATION_MODULES");
    let project = Project {
        root,
        tree: &tree,
        modules: &modules,
        migrations: &migrations,
        own: &own,
        files: &files,
        runner,
        searched: files.searched(),
        moved,
    };
    let (apps, routers, includes, urls) =
        project.read(&settings.facts.auth_user_model, settings.facts.root_urlconf.as_deref());
    let not_installed = match installed {
        Some(_) => {
            let unused = apps::not_installed(&own, &start_folders, &modules, &tree);
            unused_apps(&unused, &modules, &settings.facts.auth_user_model)
        }
        None => Vec::new(),
    };
    let test_data = factories::read(
        &files.factories,
        &roots,
        &Models { modules: &modules, apps: &own, auth_user_model: &settings.facts.auth_user_model },
        &files.outlines,
    );
    let pytest = pytest::read(&files, &modules, &settings.facts.literals);
    let unresolved_imports =
        imports::Imports { tree: &tree, outlines: &files.outlines, folders: &start_folders, own: &own }
            .unresolved();
    let mut extra = JsonMap::new();
    let imports = files.outlines.values().flat_map(|(_, outline)| &outline.imports);
    let imported = |name: &str| {
        imports.clone().any(|import| import.level == 0 && import.module.split('.').next() == Some(name))
    };
    if imported(NINJA) {
        extra.insert("api".to_owned(), NINJA.into());
    }
    let style = Style {
        tuples: style::writes_tuples(&apps),
        names: style::names(&apps, &modules),
        ..style::decide(files.styles.iter().copied(), &files.configs, &start_folders, &input.paths)
    };
    let permissions = modules.iter().flat_map(|module| {
        let classes = module.module.classes.iter();
        classes.filter_map(|class| access::permission(&modules, module, class))
    });
    let mut permissions: Vec<_> = permissions.collect();
    permissions.sort_by(|a, b| (&a.place.file, a.place.line).cmp(&(&b.place.file, b.place.line)));
    let model_labels =
        apps.iter().flat_map(|app| app.models.iter().map(|model| model.label.clone())).collect();
    let has_models = |file: &RelPath| {
        owner(file, &own).and_then(|index| apps.get(index)).is_some_and(|app| !app.models.is_empty())
    };
    let api_urls = urls::api_urls(&includes, settings.facts.root_urls_file.as_ref(), &has_models);
    let all_routers = apps.iter().flat_map(|app| &app.routers).chain(&routers);
    Ok(ProjectFacts {
        stack: super::NAME.to_owned(),
        root: root.to_owned(),
        app_labels: apps.iter().map(|app| app.label.clone()).collect(),
        model_labels,
        api_root: urls::api_root(all_routers, &includes, api_urls.as_ref()),
        api_urls,
        apps,
        routers,
        urls,
        permissions,
        not_installed,
        test_data,
        pytest,
        settings: SettingsFacts {
            framework_below: files.configs.iter().filter_map(|config| config.django_below).min(),
            framework_from: files.configs.iter().filter_map(|config| config.django_from).max(),
            used_apps: used_apps(&settings.facts.installed_apps, &modules, imported(FILTERS)),
            framework: files.configs.iter().find_map(|config| config.django),
            ..settings.facts
        },
        style,
        skipped: files.skipped,
        unresolved_imports,
        extra,
        ..ProjectFacts::default()
    })
}

/// Apps that are in use though INSTALLED_APPS does not name them. That of django-filter only has templates of its own.
fn used_apps(installed: &[String], modules: &Modules, has_filters: bool) -> Vec<String> {
    let classes = installed.iter().filter_map(|entry| modules.class(entry));
    let of_class = |class| {
        let ancestors = modules.ancestors(class).into_iter();
        ancestors.filter_map(|ancestor| match ancestor {
            Ancestor::Foreign(name) => name.split_once(".apps.").map(|(app, _)| app.to_owned()),
            Ancestor::Own(..) => None,
        })
    };
    let mut used: Vec<String> = classes.flat_map(|(_, class)| of_class(class)).collect();
    used.retain(|app| app != super::NAME);
    if has_filters && !installed.iter().any(|entry| entry.split('.').next() == Some(FILTERS)) {
        used.push(FILTERS.to_owned());
    }
    used
}

/// What is said of apps that are not installed: those that have models.
fn unused_apps(apps: &[OwnApp], modules: &Modules, auth_user_model: &str) -> Vec<UnusedApp> {
    if apps.is_empty() {
        return Vec::new();
    }
    let models = Models { modules, apps, auth_user_model };
    let mut unused: Vec<UnusedApp> = apps
        .iter()
        .map(|app| UnusedApp {
            label: app.label.clone(),
            module: app.module.clone(),
            dir: app.dir.clone(),
            models: Vec::new(),
        })
        .collect();
    for module in modules.iter() {
        for class in &module.module.classes {
            // Abstract models need no app: a module of those is no forgotten one.
            if let Some((index, model)) = models.model(module, class)
                && !model.is_abstract
                && let Some(app) = unused.get_mut(index)
            {
                app.models.push(class.name.clone());
            }
        }
    }
    for app in &mut unused {
        app.models.sort();
    }
    unused.retain(|app| !app.models.is_empty());
    unused
}

/// The facts of single files, sorted by what they are.
#[derive(Default)]
struct Files<'i> {
    modules: Vec<(&'i RelPath, &'i Module)>,
    outlines: imports::Outlines<'i>,
    migrations: Vec<&'i ScannedMigration>,
    /// Modules that may have factories of test data.
    factories: Vec<&'i Module>,
    /// Nearest to the project first.
    configs: Vec<ConfigFile>,
    styles: Vec<&'i super::scanned::StyleCount>,
    has_tests: BTreeMap<&'i str, bool>,
    /// How each test module is written.
    tests: Vec<TestHabits>,
    /// The clients that fixtures give, each with its file.
    clients: Vec<(&'i RelPath, &'i ClientFixture)>,
    /// Modules of tests that set INSTALLED_APPS.
    test_settings: Vec<(&'i RelPath, &'i Module)>,
    skipped: Vec<SkippedFile>,
}

impl<'i> Files<'i> {
    fn of(input: &'i LinkInput) -> Result<Self, Diagnostic> {
        let mut files = Self::default();
        let mut configs = Vec::new();
        let root = input.project.root.as_str();
        for file in &input.files {
            let path = file.path();
            if let Some(problem) = file.problem() {
                files.skipped.push(skipped(path, problem));
                continue;
            }
            let scanned: &ScannedFile = file.facts()?;
            if let Some(module) = &scanned.module
                && !is_in_tests(path, root)
            {
                files.modules.push((path, module));
            } else if let Some(module) = scanned.module.as_ref().or(scanned.test_settings.as_ref())
                && module.assigns.iter().any(|assign| assign.name == "INSTALLED_APPS")
            {
                files.test_settings.push((path, module));
            }
            if let Some(outline) = &scanned.outline {
                files.outlines.insert(path.as_str(), (path, outline));
            }
            files.migrations.extend(&scanned.migration);
            files.factories.extend(&scanned.factories);
            if !scanned.style.is_empty() {
                files.styles.push(&scanned.style);
            }
            files.tests.push(scanned.tests);
            files.clients.extend(scanned.clients.iter().map(|client| (path, client)));
            if super::scan::is_test_module(path.as_str()) {
                files.has_tests.insert(path.as_str(), scanned.has_tests);
            }
            if let Some(found) = &scanned.config {
                let depth = path.as_str().matches('/').count();
                configs.push((depth, config::rank(path), found.clone()));
            }
        }
        configs.sort_by_key(|(depth, rank, _)| (*depth, *rank));
        files.configs = configs.into_iter().map(|(_, _, found)| found).collect();
        if let Some(outer) = input.project.data.get(detect::OUTER_CONFIG)
            && let Ok(outer) = <Vec<ConfigFile> as serde::Deserialize>::deserialize(outer)
        {
            files.configs.extend(outer);
        }
        Ok(files)
    }

    /// The settings that pytest is told to use, if they have an INSTALLED_APPS of their own.
    fn settings_of_tests(
        &self,
        settings: &SettingsFacts,
        modules: &Modules,
        roots: &Roots,
    ) -> Option<SettingsFacts> {
        let named = self.configs.iter().find_map(|config| config.tests_settings.as_deref())?;
        if Some(named) == settings.module.as_deref() {
            return None;
        }
        let found = if modules.get(named).is_some() {
            settings::read(Some(named), modules)
        } else {
            let with_tests: Vec<_> = self.modules.iter().chain(&self.test_settings).copied().collect();
            let modules = Modules::new(&with_tests, roots);
            modules.get(named)?;
            settings::read(Some(named), &modules)
        };
        (found.facts.file.is_some() && found.facts.file != settings.file).then_some(found.facts)
    }

    fn runner(&self) -> TestRunner {
        let is_pytest = self.configs.iter().any(|c| c.pytest || c.requires_pytest_django);
        if is_pytest { TestRunner::Pytest } else { TestRunner::Django }
    }

    /// Where the runner looks for tests, if it is told: only pytest can be.
    fn searched(&self) -> Vec<String> {
        let told = self.configs.iter().find(|config| !config.testpaths.is_empty());
        told.filter(|_| self.runner() == TestRunner::Pytest).map(|c| c.testpaths.clone()).unwrap_or_default()
    }
}

/// A migration with the names that Python uses.
fn renamed(migration: &ScannedMigration, roots: &Roots) -> ScannedMigration {
    let mut migration = migration.clone();
    for operation in &mut migration.operations {
        roots.rename(&mut operation.class);
        roots.rename_args(&mut operation.args);
    }
    for base in migration.classes.iter_mut().flat_map(|class| &mut class.bases) {
        roots.rename(base);
    }
    migration
}

/// Whether a file stands in a folder `tests` of the project: what it defines is there for tests only.
fn is_in_tests(path: &RelPath, root: &str) -> bool {
    let below = path.as_str().strip_prefix(root).unwrap_or(path.as_str());
    below.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(|part| part == "tests"))
}

fn skipped(path: &RelPath, problem: &Diagnostic) -> SkippedFile {
    let mut reason = problem.message.clone();
    if let Some(label) = problem.labels.first() {
        reason.push_str(&format!(" (line {}, column {}: {})", label.line, label.column, label.text));
    }
    SkippedFile { path: path.clone(), code: problem.code.clone(), reason }
}

/// Everything that the apps' facts are made from.
struct Project<'p> {
    root: &'p str,
    tree: &'p Tree<'p>,
    modules: &'p Modules,
    migrations: &'p [ScannedMigration],
    own: &'p [OwnApp],
    files: &'p Files<'p>,
    runner: TestRunner,
    /// Where it looks for tests; everywhere if nothing is said.
    searched: Vec<String>,
    /// The setting MIGRATION_MODULES.
    moved: Option<&'p Value>,
}

impl Project<'_> {
    /// The apps, the routers that are made outside of them, where the APIs of apps are included, and what URLs lead to.
    fn read(
        &self,
        auth_user_model: &str,
        root_urlconf: Option<&str>,
    ) -> (Vec<AppFacts>, Vec<RouterFacts>, Vec<urls::Include>, Vec<UrlFacts>) {
        let models = Models { modules: self.modules, apps: self.own, auth_user_model };
        let api = Api { models: &models };
        let mut apps: Vec<AppFacts> = self.own.iter().map(|app| app.facts(Default::default())).collect();
        let mut viewset_models: HashMap<String, Option<String>> = HashMap::new();

        let mut ordered: Vec<_> = self.modules.iter().collect();
        ordered.sort_by(|a, b| a.path.cmp(&b.path));
        for module in ordered {
            for class in &module.module.classes {
                if let Some((index, model)) = models.model(module, class)
                    && let Some(app) = apps.get_mut(index)
                {
                    app.models.push(model);
                    continue;
                }
                let found = api.class(module, class);
                if let Some(Found::Viewset(viewset)) = &found {
                    let name = format!("{}.{}", module.module.name, class.name);
                    viewset_models.insert(name, viewset.model.clone());
                }
                let Some(app) = owner(&module.path, self.own).and_then(|index| apps.get_mut(index)) else {
                    continue;
                };
                app.admins.extend(api.registered_by_decorator(module, class));
                match found {
                    Some(Found::Serializer(facts)) => app.serializers.push(facts),
                    Some(Found::Viewset(facts)) => app.viewsets.push(facts),
                    Some(Found::FilterSet(facts)) => app.filtersets.push(facts),
                    None => {}
                }
            }
            if let Some(app) = owner(&module.path, self.own).and_then(|index| apps.get_mut(index)) {
                for call in &module.module.calls {
                    app.admins.extend(api.registered_by_call(module, call));
                }
            }
        }

        let mut outside = Vec::new();
        let model_of = |name: &str| viewset_models.get(name).cloned().flatten();
        let is_view = |name: &str| viewset_models.contains_key(name);
        let urls = urls::read(&models, root_urlconf, &model_of, &is_view);
        for (file, pattern) in urls.patterns {
            if let Some(app) = owner(&file, self.own).and_then(|index| apps.get_mut(index)) {
                app.patterns.push(pattern);
            }
        }
        for router in urls.routers {
            match owner(&router.place.file, self.own).and_then(|index| apps.get_mut(index)) {
                Some(app) => app.routers.push(router),
                None => outside.push(router),
            }
        }
        for (app, own) in apps.iter_mut().zip(self.own) {
            self.finish(app, own);
        }
        // An app that has none yet is written as the others.
        let usual = ImportHabits::most(apps.iter().map(|app| app.imports));
        for app in apps.iter_mut().filter(|app| app.imports == ImportHabits::default()) {
            app.imports = usual;
        }
        (apps, outside, urls.includes, urls.urls)
    }

    /// What is known once an app's classes are: its files, migrations and tests.
    fn finish(&self, app: &mut AppFacts, own: &OwnApp) {
        let serializers: Vec<&RelPath> = app.serializers.iter().map(|s| &s.place.file).collect();
        let viewsets: Vec<&RelPath> = app.viewsets.iter().map(|v| &v.place.file).collect();
        app.files = apps::files(own, self.tree, &serializers, &viewsets);
        app.migrations = self.migrations(own);
        app.imports = self.import_habits(own);
        // A module that is not understood may have tests: it is not one to be replaced.
        let has_tests = |path: &str| self.files.has_tests.get(path).copied().unwrap_or(true);
        app.tests = tests_of_app::read(own, self.root, self.tree, &has_tests);
        app.tests.runner = self.runner;
        app.tests.searched.clone_from(&self.searched);
    }

    /// How the app's modules import each other. Tests and migrations have ways of their own.
    fn import_habits(&self, app: &OwnApp) -> ImportHabits {
        let mut counts = ImportCounts::default();
        let prefix = format!("{}/", app.dir);
        let files = self.files.outlines.range(prefix.as_str()..);
        for (path, (_, outline)) in files.take_while(|(path, _)| path.starts_with(&prefix)) {
            let inside = path.get(prefix.len()..).unwrap_or_default();
            let mut own: Vec<&str> = inside.split('/').collect();
            let name = own.pop().unwrap_or_default();
            if own.iter().any(|folder| matches!(*folder, "tests" | "migrations")) || name.starts_with("test")
            {
                continue;
            }
            for import in &outline.imports {
                let level = usize::try_from(import.level).unwrap_or_default();
                counts.add(level, &import.module, &app.module, &own);
            }
        }
        counts.habits()
    }

    fn migrations(&self, app: &OwnApp) -> MigrationFacts {
        if self.moved.is_some_and(|moved| moved.get(&app.label).is_some()) {
            let problem = format!("the setting MIGRATION_MODULES moves the migrations of `{}`", app.label);
            return MigrationFacts { problem: Some(problem), ..MigrationFacts::default() };
        }
        let dir = apps::inside(&app.dir, "migrations");
        let is_inside = |path: &RelPath| path.parent().is_some_and(|parent| parent.as_str() == dir);
        let files = self.migrations.iter().filter(|m| is_inside(&m.file)).collect();
        let unread: Vec<String> = self
            .files
            .skipped
            .iter()
            .filter(|skipped| is_inside(&skipped.path))
            .map(|skipped| skipped.reason.clone())
            .collect();
        let exists = self.tree.has_folder(&dir);
        let class = |name: &str| self.modules.class(name).map(|(_, class)| class);
        migrations::facts(&app.label, exists.then_some(dir.clone()), files, &unread, &class)
    }
}
