//! The project's own apps: which folders they are, what they are called, where they keep what.

use std::collections::BTreeSet;
use std::ops::Bound;

use aksara_python::read::Class;
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::{AppFacts, AppFiles};
use serde_json::Value;

use super::modules::{Ancestor, Modules};

/// An installed app whose code is in the repository.
pub(super) struct OwnApp {
    pub(super) label: String,
    pub(super) module: String,
    pub(super) dir: String,
    pub(super) default_auto_field: Option<String>,
    /// Whether it is a package that INSTALLED_APPS does not list.
    pub(super) is_package: bool,
}

impl OwnApp {
    /// Empty facts of this app.
    pub(super) fn facts(&self, files: AppFiles) -> AppFacts {
        AppFacts {
            label: self.label.clone(),
            module: self.module.clone(),
            dir: self.dir.clone(),
            default_auto_field: self.default_auto_field.clone(),
            is_package: self.is_package,
            files,
            ..AppFacts::default()
        }
    }
}

/// Every file that was scanned, and the folders above them.
pub(super) struct Tree<'p> {
    files: BTreeSet<&'p str>,
    folders: BTreeSet<&'p str>,
    /// The folders that Python imports from before anything is known of apps, the project's first.
    starts: Vec<String>,
}

impl<'p> Tree<'p> {
    pub(super) fn new(starts: Vec<String>, paths: &'p [RelPath]) -> Self {
        let mut tree = Self { files: BTreeSet::new(), folders: BTreeSet::new(), starts };
        for path in paths {
            tree.files.insert(path.as_str());
            let mut folder = path.as_str();
            while let Some((parent, _)) = folder.rsplit_once('/') {
                if !tree.folders.insert(parent) {
                    break;
                }
                folder = parent;
            }
        }
        tree
    }

    /// The file, if it is there.
    pub(super) fn file(&self, path: &str) -> Option<RelPath> {
        self.files.contains(path).then(|| RelPath::new(path).ok()).flatten()
    }

    pub(super) fn has_file(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    pub(super) fn has_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }

    /// Files below a folder.
    pub(super) fn below(&self, folder: &str) -> Vec<&'p str> {
        let prefix = format!("{folder}/");
        let from = self.files.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.copied().take_while(|path| path.starts_with(&prefix)).collect()
    }

    /// Whether a folder holds what apps hold.
    fn is_app(&self, folder: &str) -> bool {
        ["models.py", "models/__init__.py", "apps.py", "migrations/__init__.py"]
            .iter()
            .any(|name| self.files.contains(format!("{folder}/{name}").as_str()))
    }

    /// The folder of the module `name`, and the folder that Python imports it from: the project's own, else that of the
    /// only app below it that has the module (`apps/blog` for `blog`), else that of a package outside of it.
    fn locate(&self, name: &str) -> Option<(String, String)> {
        let path = name.replace('.', "/");
        let direct = |start: &String| {
            let folder = inside(start, &path);
            self.folders.contains(folder.as_str()).then(|| (folder, start.clone()))
        };
        let (root, outer) = self.starts.split_first()?;
        let is_below = |folder: &str| root.is_empty() || folder.starts_with(&format!("{root}/"));
        // Where Python imports from below the project, such as its `src`, is named before what is outside of it.
        let (own, outer): (Vec<&String>, Vec<&String>) = outer.iter().partition(|start| is_below(start));
        if let Some(found) = std::iter::once(root).chain(own).find_map(direct) {
            return Some(found);
        }
        let suffix = format!("/{path}");
        let mut below = self
            .folders
            .iter()
            .filter(|folder| folder.ends_with(&suffix) && is_below(folder) && self.is_app(folder));
        match (below.next(), below.next()) {
            (Some(only), None) => Some(((*only).to_owned(), only.strip_suffix(&suffix)?.to_owned())),
            _ => outer.into_iter().find_map(direct),
        }
    }
}

/// `name` inside `folder`, either of which may be empty.
pub(in crate::django) fn inside(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

/// The module of an INSTALLED_APPS entry: itself, or for `blog.apps.BlogConfig` what stands before `apps`.
fn candidates(entry: &str) -> impl Iterator<Item = &str> {
    let class = entry.rsplit_once('.').filter(|(_, last)| last.starts_with(char::is_uppercase));
    let module = class.map(|(module, _)| module);
    let package = module.and_then(|m| m.rsplit_once('.')).map(|(package, _)| package);
    std::iter::once(entry).chain(package).chain(module)
}

/// The folders that Python imports from, told by where the installed apps are.
pub(super) fn roots(installed: &[String], tree: &Tree<'_>) -> Vec<String> {
    let mut roots = tree.starts.clone();
    for entry in installed {
        if let Some((_, root)) = candidates(entry).find_map(|name| tree.locate(name))
            && !roots.contains(&root)
        {
            roots.push(root);
        }
    }
    roots
}

/// The installed apps whose code is in the repository, in the order of INSTALLED_APPS. `installed` is `None`
/// where it could not be read: then every folder that looks like an app is one.
pub(super) fn find(installed: Option<&[String]>, modules: &Modules, tree: &Tree<'_>) -> Vec<OwnApp> {
    let mut apps: Vec<OwnApp> = match installed {
        Some(entries) => entries.iter().filter_map(|entry| installed_app(entry, modules, tree)).collect(),
        None => tree
            .folders
            .iter()
            .filter(|folder| tree.is_app(folder))
            .filter_map(|folder| installed_app(&module_of(folder, &tree.starts)?, modules, tree))
            .collect(),
    };
    let mut seen = BTreeSet::new();
    apps.retain(|app| seen.insert(app.label.clone()));
    apps
}

/// Folders with models that look like apps, and are none of the installed ones. `roots` are the folders that
/// Python imports from.
pub(super) fn not_installed(
    own: &[OwnApp],
    roots: &[String],
    modules: &Modules,
    tree: &Tree<'_>,
) -> Vec<OwnApp> {
    let has_models = |folder: &str| {
        ["models.py", "models/__init__.py"].iter().any(|name| tree.has_file(&inside(folder, name)))
    };
    let mut apps: Vec<OwnApp> = tree
        .folders
        .iter()
        .filter(|folder| has_models(folder) && !own.iter().any(|app| app.dir == **folder))
        .filter_map(|folder| installed_app(&module_of(folder, roots)?, modules, tree))
        .collect();
    let mut seen: BTreeSet<String> = own.iter().map(|app| app.label.clone()).collect();
    apps.retain(|app| seen.insert(app.label.clone()));
    apps
}

/// The module that a folder is, imported from the innermost of `roots`.
fn module_of(folder: &str, roots: &[String]) -> Option<String> {
    let below = roots.iter().filter_map(|root| match root.as_str() {
        "" => Some(folder),
        root => folder.strip_prefix(root)?.strip_prefix('/'),
    });
    Some(below.min_by_key(|below| below.len())?.replace('/', "."))
}

fn installed_app(entry: &str, modules: &Modules, tree: &Tree<'_>) -> Option<OwnApp> {
    // `blog.apps.BlogConfig`: the class says which module is the app.
    if let Some((_, class)) = modules.class(entry)
        && is_config(class, modules)
    {
        let name = text(class, "name", modules).or_else(|| candidates(entry).nth(1).map(str::to_owned))?;
        return app(&name, Some(class), modules, tree);
    }
    app(entry, default_config(entry, modules), modules, tree)
}

fn app(name: &str, config: Option<&Class>, modules: &Modules, tree: &Tree<'_>) -> Option<OwnApp> {
    let (dir, _) = tree.locate(name)?;
    let label = config
        .and_then(|class| text(class, "label", modules))
        .or_else(|| name.rsplit('.').next().map(str::to_owned))?;
    Some(OwnApp {
        label,
        module: name.to_owned(),
        dir,
        default_auto_field: config.and_then(|class| text(class, "default_auto_field", modules)),
        is_package: false,
    })
}

/// Packages of the project that INSTALLED_APPS does not list, since they have no models, and that hold viewsets, generic
/// views or serializers of those of the apps: each the outermost one that has no app in it.
pub(super) fn packages(root: &str, own: &[OwnApp], modules: &Modules, tree: &Tree<'_>) -> Vec<OwnApp> {
    let is_of_api = |class: &Class| {
        modules.ancestors(class).iter().any(|ancestor| match ancestor {
            Ancestor::Foreign(name) if name.starts_with("rest_framework.") => {
                name.starts_with("rest_framework.generics.")
                    || name.ends_with("ViewSet")
                    || name.ends_with("ModelSerializer")
            }
            _ => false,
        })
    };
    let is_of_tests = |path: &str| path.split('/').any(|part| part == "tests" || part.starts_with("test_"));
    let mut found: Vec<OwnApp> = Vec::new();
    for module in modules.iter() {
        let path = module.path.as_str();
        let is_inside = root.is_empty() || module.path.is_below(root);
        if !is_inside
            || is_of_tests(path)
            || owner(&module.path, own).is_some()
            || owner(&module.path, &found).is_some()
            || !module.module.classes.iter().any(is_of_api)
        {
            continue;
        }
        let parts: Vec<&str> = module.module.name.split('.').collect();
        let package = (1..parts.len()).find_map(|count| {
            let name = parts[..count].join(".");
            let (dir, _) = tree.locate(&name)?;
            let has_app = own.iter().any(|app| app.dir == dir || app.dir.starts_with(&format!("{dir}/")));
            let label = parts[count - 1].to_owned();
            (!has_app).then_some(OwnApp {
                label,
                module: name,
                dir,
                default_auto_field: None,
                is_package: true,
            })
        });
        found.extend(package.filter(|package| !own.iter().any(|app| app.label == package.label)));
    }
    let mut seen = BTreeSet::new();
    found.retain(|package| seen.insert(package.label.clone()));
    found
}

/// The configuration that Django picks for a module: the only one in `apps`, or the one with `default = True`.
fn default_config<'p>(module: &str, modules: &'p Modules) -> Option<&'p Class> {
    let apps = modules.get(&format!("{module}.apps"))?;
    let configs: Vec<&Class> = apps.module.classes.iter().filter(|c| is_config(c, modules)).collect();
    let is_default =
        |class: &&&Class| class.assign("default").is_some_and(|a| a.value.literal == Some(Value::Bool(true)));
    configs
        .iter()
        .find(is_default)
        .or_else(|| (configs.len() == 1).then(|| configs.first()).flatten())
        .copied()
}

fn is_config(class: &Class, modules: &Modules) -> bool {
    modules.ancestors(class).iter().any(|ancestor| match ancestor {
        Ancestor::Foreign(name) => name.ends_with("AppConfig"),
        Ancestor::Own(..) => false,
    })
}

fn text(class: &Class, name: &str, modules: &Modules) -> Option<String> {
    match modules.value(&class.assign(name)?.value)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The app that a file belongs to: the one with the innermost folder.
pub(super) fn owner(path: &RelPath, apps: &[OwnApp]) -> Option<usize> {
    apps.iter()
        .enumerate()
        .filter(|(_, app)| path.is_below(&app.dir))
        .max_by_key(|(_, app)| app.dir.len())
        .map(|(index, _)| index)
}

/// Where an app keeps what, by the usual names. Of several, the one that holds most of `serializers` and of
/// `viewsets`, which are the files of the app's classes, one a class.
pub(super) fn files(
    app: &OwnApp,
    tree: &Tree<'_>,
    serializers: &[&RelPath],
    viewsets: &[&RelPath],
) -> AppFiles {
    let first = |names: &[&str]| pick(app, tree, names, &[]);
    let versioned =
        |name: &str| versions(app, tree).into_iter().find_map(|folder| tree.file(&inside(&folder, name)));
    AppFiles {
        models: first(&["models.py", "models/__init__.py"]),
        serializers: pick(
            app,
            tree,
            &[
                "serializers.py",
                "serializers/__init__.py",
                "api/serializers.py",
                "api/serializers/__init__.py",
            ],
            serializers,
        ),
        views: pick(
            app,
            tree,
            &[
                "views.py",
                "viewsets.py",
                "views/__init__.py",
                "viewsets/__init__.py",
                "api/views.py",
                "api/viewsets.py",
                "api/views/__init__.py",
                "api.py",
            ],
            viewsets,
        ),
        urls: first(&["urls.py", "urls/__init__.py", "api/urls.py"]).or_else(|| versioned("urls.py")),
        admin: first(&["admin.py", "admin/__init__.py"]),
        filters: first(&["filters.py", "filters/__init__.py", "filtersets.py", "api/filters.py"])
            .or_else(|| versioned("filters.py")),
        apps: first(&["apps.py"]),
    }
}

/// The folders of versions in an app's `api/`, such as `api/v2`, the newest first.
fn versions(app: &OwnApp, tree: &Tree<'_>) -> Vec<String> {
    let api = format!("{}/", inside(&app.dir, "api"));
    let number = |folder: &str| folder.strip_prefix('v')?.parse::<u32>().ok();
    let folders = tree.below(api.trim_end_matches('/')).into_iter().filter_map(|path| {
        let folder = path.strip_prefix(&api)?.split_once('/')?.0;
        Some((number(folder)?, format!("{api}{folder}")))
    });
    let all: BTreeSet<(u32, String)> = folders.collect();
    all.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// The one of the usual files that holds most of `places` (a package counts what is in its folder), the first
/// one on a draw; where there is none of them, the file that holds most.
fn pick(app: &OwnApp, tree: &Tree<'_>, names: &[&str], places: &[&RelPath]) -> Option<RelPath> {
    let held = |file: &RelPath| match file.as_str().strip_suffix("/__init__.py") {
        Some(folder) => places.iter().filter(|place| place.is_below(folder)).count(),
        None => places.iter().filter(|place| **place == file).count(),
    };
    let usual = names.iter().filter_map(|name| tree.file(&inside(&app.dir, name)));
    let others = places.iter().map(|place| (*place).clone());
    let mut best: Option<(RelPath, usize)> = None;
    for file in usual {
        let count = held(&file);
        if best.as_ref().is_none_or(|(_, most)| count > *most) {
            best = Some((file, count));
        }
    }
    best.map(|(file, _)| file).or_else(|| others.max_by_key(|file| held(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_of_the_project_comes_before_a_package_outside_of_it() {
        let paths: Vec<RelPath> = [
            "manage/config/__init__.py",
            "manage/src/shop/models.py",
            "manage/apps/blog/models.py",
            "blog/__init__.py",
            "shop/models.py",
            "library/models.py",
        ]
        .into_iter()
        .map(|path| RelPath::new(path).unwrap())
        .collect();
        let tree = Tree::new(["manage", "", "manage/src"].map(String::from).to_vec(), &paths);
        let folder = |name: &str| tree.locate(name).map(|(folder, _)| folder);
        assert_eq!(folder("blog").as_deref(), Some("manage/apps/blog"));
        assert_eq!(folder("shop").as_deref(), Some("manage/src/shop"));
        assert_eq!(folder("library").as_deref(), Some("library"));
        assert_eq!(folder("config").as_deref(), Some("manage/config"));
        assert_eq!(folder("missing"), None);
    }
}
