//! Its apps, and where they keep what.

use serde::{Deserialize, Serialize};

use super::style::import_of_line;
use super::{
    AdminFacts, FilterSetFacts, ImportHabits, MigrationFacts, ModelFacts, PatternFacts, RouterFacts,
    SerializerFacts, TestFacts, ViewsetFacts,
};
use crate::RelPath;

/// One of the project's own apps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AppFacts {
    /// The label that models are named by, such as `blog`.
    pub label: String,
    /// The dotted module, such as `blog` or `apps.blog`.
    pub module: String,
    /// The app's folder.
    pub dir: String,
    /// Whether it is a package with views, serializers or routes that INSTALLED_APPS does not list: it can have no models.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_package: bool,
    /// The modules that code goes to.
    #[serde(default)]
    pub files: AppFiles,
    /// `default_auto_field` of its AppConfig.
    pub default_auto_field: Option<String>,
    /// Its models, in the order of their files and lines.
    #[serde(default)]
    pub models: Vec<ModelFacts>,
    /// Its serializers.
    #[serde(default)]
    pub serializers: Vec<SerializerFacts>,
    /// Its viewsets.
    #[serde(default)]
    pub viewsets: Vec<ViewsetFacts>,
    /// Its django-filter filter sets.
    #[serde(default)]
    pub filtersets: Vec<FilterSetFacts>,
    /// Its admin registrations.
    #[serde(default)]
    pub admins: Vec<AdminFacts>,
    /// Routers that are made in its modules.
    #[serde(default)]
    pub routers: Vec<RouterFacts>,
    /// Its views that URL patterns name one by one, without a router.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<PatternFacts>,
    /// How its modules import each other.
    #[serde(default)]
    pub imports: ImportHabits,
    /// Its migrations.
    #[serde(default)]
    pub migrations: MigrationFacts,
    /// Its tests.
    #[serde(default)]
    pub tests: TestFacts,
}

impl AppFacts {
    /// The router that new routes of the app go to: best one that has some already.
    #[must_use]
    pub fn router(&self) -> Option<&RouterFacts> {
        let open = || self.routers.iter().filter(|router| !router.is_nested());
        open().find(|router| !router.routes.is_empty()).or_else(|| open().next())
    }

    /// The dotted module of a Python file of this app, such as `blog.models`; `None` for a file elsewhere.
    #[must_use]
    pub fn module_of(&self, file: &RelPath) -> Option<String> {
        let parts = self.parts_of(file)?;
        Some(std::iter::once(self.module.as_str()).chain(parts).collect::<Vec<_>>().join("."))
    }

    /// The file that this app's models are imported from: a `models` package stands for the modules in it, since
    /// the framework finds models through it.
    #[must_use]
    pub fn models_file(&self, model: &ModelFacts) -> RelPath {
        match &self.files.models {
            Some(package)
                if package.file_name() == "__init__.py"
                    && package.parent().is_some_and(|dir| model.place.file.is_below(dir.as_str())) =>
            {
                package.clone()
            }
            _ => model.place.file.clone(),
        }
    }

    /// How `importer`, whose content is `text`, names the module of `file`, a file of this app: relatively from
    /// inside the app, unless it names such modules absolutely already or, if it names none, the app's other modules
    /// do. What is below the importer's folder and what is above it are told apart, since many write the first
    /// relatively and the second absolutely. `None` if it is the same file, or `file` is not of this app.
    #[must_use]
    pub fn import_path(&self, importer: &RelPath, text: &str, file: &RelPath) -> Option<String> {
        let absolute = self.module_of(file)?;
        if importer == file {
            return None;
        }
        if !importer.is_below(&self.dir) {
            return Some(absolute);
        }
        let inside = importer.as_str().get(self.dir.len()..).unwrap_or_default().trim_start_matches('/');
        let mut own: Vec<&str> = inside.split('/').collect();
        own.pop();
        let target = self.parts_of(file)?;
        let shared = own.iter().zip(&target).take_while(|(a, b)| a == b).count();
        let here = ImportHabits::of_imports(text.lines().filter_map(import_of_line), &self.module, &own);
        if here.or(self.imports).is_absolute(shared == own.len()) {
            return Some(absolute);
        }
        Some(format!("{}{}", ".".repeat(own.len() - shared + 1), target[shared..].join(".")))
    }

    /// The folder in which the app keeps the modules of its API, such as serializers and views: `api/` in it, or the
    /// newest version there (`api/v2/`), if most of its serializers, views and URLs are below `api/`; else its own.
    #[must_use]
    pub fn api_dir(&self) -> String {
        let classes = self.serializers.iter().map(|s| &s.place.file);
        let classes = classes.chain(self.viewsets.iter().map(|v| &v.place.file));
        let files = [&self.files.serializers, &self.files.views, &self.files.urls].into_iter().flatten();
        let api = format!("{}/api/", self.dir);
        let (mut below, mut all) = (0, 0);
        let mut version = None;
        for file in classes.chain(files).filter(|file| file.is_below(&self.dir)) {
            all += 1;
            let Some(inside) = file.as_str().strip_prefix(&api) else { continue };
            below += 1;
            let folder = inside.split_once('/').map_or("", |(folder, _)| folder);
            version = version.max(folder.strip_prefix('v').and_then(|number| number.parse::<u32>().ok()));
        }
        match version {
            _ if below * 2 <= all => self.dir.clone(),
            Some(version) => format!("{api}v{version}"),
            None => format!("{}/api", self.dir),
        }
    }

    /// How the app serves its API, told by the views that it has.
    #[must_use]
    pub fn view_style(&self) -> ViewStyle {
        let is_routed = |v: &&ViewsetFacts| self.patterns.iter().any(|p| !p.is_function && p.view == v.name);
        if !self.routers.is_empty() || self.viewsets.iter().any(ViewsetFacts::is_viewset) {
            return ViewStyle::Viewsets;
        }
        // One that serves a single object, such as the user who is logged in, is no habit.
        let serves_rows =
            |v: &ViewsetFacts| v.offered().iter().any(|action| ["list", "create"].contains(action));
        let routed = || self.viewsets.iter().filter(is_routed);
        if routed().any(|v| v.is_generic() && serves_rows(v)) {
            return ViewStyle::Generics;
        }
        let by_hand =
            routed().any(|v| !v.is_generic()) || self.patterns.iter().any(|p| p.is_function && p.is_api);
        if by_hand { ViewStyle::ByHand } else { ViewStyle::Viewsets }
    }

    /// How the app serves the model `label`: by the views that the model has, without any as the app's others.
    #[must_use]
    pub fn view_style_of(&self, label: &str) -> ViewStyle {
        let mut own = self.viewsets.iter().filter(|v| v.model.as_deref() == Some(label));
        let has_only_generic =
            own.next().is_some_and(ViewsetFacts::is_generic) && own.all(ViewsetFacts::is_generic);
        if has_only_generic { ViewStyle::Generics } else { self.view_style() }
    }

    /// The name of a pattern of the app that leads to a view of a model, such as `order-line-list` for `OrderLine` and
    /// `list`: its words are separated as in the names of the app's other views.
    #[must_use]
    pub fn pattern_name(&self, model: &str, what: &str) -> String {
        let leads_to_view = |pattern: &&PatternFacts| {
            !pattern.is_function && self.viewsets.iter().any(|view| view.name == pattern.view)
        };
        let names =
            || self.patterns.iter().filter(leads_to_view).filter_map(|pattern| pattern.name.as_deref());
        let has = |separator: char| names().any(|name| name.contains(separator));
        let separator = if has('_') && !has('-') { '_' } else { '-' };
        let mut words = String::new();
        let mut was_lower = false;
        for letter in model.chars() {
            if letter.is_uppercase() && was_lower {
                words.push(separator);
            }
            was_lower = !letter.is_uppercase();
            words.extend(letter.to_lowercase());
        }
        format!("{words}{separator}{what}")
    }

    fn parts_of<'f>(&self, file: &'f RelPath) -> Option<Vec<&'f str>> {
        if !file.is_below(&self.dir) {
            return None;
        }
        let inside = file.as_str().get(self.dir.len()..)?.trim_start_matches('/').strip_suffix(".py")?;
        Some(inside.split('/').filter(|part| *part != "__init__").collect())
    }
}

/// How an app serves its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewStyle {
    /// By viewsets on a router. Also an app that serves nothing yet.
    Viewsets,
    /// By generic views, a pattern each.
    Generics,
    /// By functions and views that are written out, a pattern each.
    ByHand,
}

/// Where an app keeps what. A package (`models/`) is given by its `__init__.py`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFiles {
    /// `models.py` or `models/__init__.py`.
    pub models: Option<RelPath>,
    /// `serializers.py`.
    pub serializers: Option<RelPath>,
    /// `views.py` or `viewsets.py`, whichever holds viewsets.
    pub views: Option<RelPath>,
    /// `urls.py`.
    pub urls: Option<RelPath>,
    /// `admin.py`.
    pub admin: Option<RelPath>,
    /// `filters.py`.
    pub filters: Option<RelPath>,
    /// `apps.py`.
    pub apps: Option<RelPath>,
}

/// Where a definition stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: RelPath,
    /// Line, from 1.
    pub line: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn modules_are_named_as_the_importer_does() {
        let app = AppFacts { module: "apps.blog".into(), dir: "src/apps/blog".into(), ..AppFacts::default() };
        let models = path("src/apps/blog/models.py");
        let named = |importer: &str, text: &str, file: &RelPath| app.import_path(&path(importer), text, file);
        assert_eq!(app.module_of(&models).as_deref(), Some("apps.blog.models"));
        assert_eq!(app.module_of(&path("src/shop/models.py")), None);
        assert_eq!(named("src/apps/blog/views.py", "", &models).as_deref(), Some(".models"));
        assert_eq!(named("src/apps/blog/api/views.py", "", &models).as_deref(), Some("..models"));
        assert_eq!(named("src/shop/views.py", "", &models).as_deref(), Some("apps.blog.models"));
        assert_eq!(
            named("src/apps/blog/views.py", "from apps.blog.models import Post\n", &models).as_deref(),
            Some("apps.blog.models")
        );
        assert_eq!(named("src/apps/blog/models.py", "", &models), None);
        let sibling = path("src/apps/blog/serializers/tag.py");
        assert_eq!(named("src/apps/blog/serializers/post.py", "", &sibling).as_deref(), Some(".tag"));
        let package = path("src/apps/blog/models/__init__.py");
        assert_eq!(named("src/apps/blog/views.py", "", &package).as_deref(), Some(".models"));

        // What is above is named absolutely, what is beside relatively.
        let view = "from apps.blog.models import Post\nfrom .serializers import PostSerializer\n";
        let beside = path("src/apps/blog/api/filters.py");
        assert_eq!(named("src/apps/blog/api/views.py", view, &models).as_deref(), Some("apps.blog.models"));
        assert_eq!(named("src/apps/blog/api/views.py", view, &beside).as_deref(), Some(".filters"));
        // A new file does as the others.
        let imports = ImportHabits { below: Some(false), above: Some(true) };
        let app = AppFacts { imports, ..app };
        assert_eq!(app.import_path(&beside, "", &models).as_deref(), Some("apps.blog.models"));
        assert_eq!(
            app.import_path(&beside, "from ..models import Post\n", &models).as_deref(),
            Some("..models")
        );
    }

    #[test]
    fn an_api_is_kept_in_a_folder_of_its_own_or_not() {
        let app = |views: &str, urls: &str| AppFacts {
            dir: "blog".into(),
            files: AppFiles { views: Some(path(views)), urls: Some(path(urls)), ..AppFiles::default() },
            ..AppFacts::default()
        };
        for (views, urls, dir) in [
            ("blog/views.py", "blog/urls.py", "blog"),
            ("blog/api/views.py", "blog/urls.py", "blog"),
            ("blog/api/views/__init__.py", "blog/api/urls.py", "blog/api"),
            ("blog/api/v2/views.py", "blog/api/v10/urls.py", "blog/api/v10"),
            ("blog/api.py", "blog/api.py", "blog"),
            ("config/api_router.py", "blog/api/views.py", "blog/api"),
        ] {
            assert_eq!(app(views, urls).api_dir(), dir, "{views} {urls}");
        }
        assert_eq!(AppFacts { dir: "blog".into(), ..AppFacts::default() }.api_dir(), "blog");
    }
}
