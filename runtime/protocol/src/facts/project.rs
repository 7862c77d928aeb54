//! The project as a whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AppFacts, AppFiles, ModelFacts, PermissionFacts, PytestFacts, RouterFacts, SettingsFacts, Style,
    TestData, UrlFacts,
};
use crate::diagnostic::codes;
use crate::{Diagnostic, JsonMap, RelPath};

/// A project as its stack's plugin understands it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectFacts {
    /// The stack, such as `django`.
    pub stack: String,
    /// The project's folder inside the repository; empty is its top. For Django: where `manage.py` is.
    pub root: String,
    /// The project's own apps. An answer to a query holds only those that were asked for.
    #[serde(default)]
    pub apps: Vec<AppFacts>,
    /// The labels of all own apps, whatever was asked for.
    #[serde(default)]
    pub app_labels: Vec<String>,
    /// The labels (`app.Model`) of all models of own apps, whatever was asked for.
    #[serde(default)]
    pub model_labels: Vec<String>,
    /// Routers that are made outside the apps, such as in `config/api_router.py`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routers: Vec<RouterFacts>,
    /// Where the URLs of the API begin, such as `api/v1/`, if its routers tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_root: Option<String>,
    /// The URL module that includes the URLs of most apps with an API, if that is not the project's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_urls: Option<ApiUrls>,
    /// What the URLs lead to, view by view; what routers make of viewsets is not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<UrlFacts>,
    /// Permission classes of the project's own, wherever they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<PermissionFacts>,
    /// Apps that are in the project but not in use, and so no part of anything else here: for Django, those that
    /// INSTALLED_APPS does not name. Only ones with models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_installed: Vec<UnusedApp>,
    /// What the project's own tests make rows with.
    #[serde(default, skip_serializing_if = "TestData::is_empty")]
    pub test_data: TestData,
    /// How its tests are written, if they are pytest's; those of unittest otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pytest: Option<PytestFacts>,
    /// The settings that matter to generated code.
    #[serde(default)]
    pub settings: SettingsFacts,
    /// The project's habits.
    #[serde(default)]
    pub style: Style,
    /// Source files that were not understood, and why.
    #[serde(default)]
    pub skipped: Vec<SkippedFile>,
    /// Imports of the project's own modules that lead nowhere, by file and line. One that may lead somewhere is
    /// not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unresolved_imports: Vec<UnresolvedImport>,
    /// What the stack's plugin wants to add.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub extra: JsonMap,
    /// The step types that the plugins at hand carry out on the stack; empty if that is not known. Said by the host to
    /// templates: what a plugin puts here is not taken, and no plugin is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub step_types: Vec<String>,
}

impl ProjectFacts {
    /// Whether a view of the model `label` shows its rows by a serializer of `other`, or by one that extends such a one.
    #[must_use]
    pub fn shares_serializer(&self, label: &str, other: &str) -> bool {
        let serializers = || self.apps.iter().flat_map(|app| &app.serializers);
        let mut names: Vec<&str> = Vec::new();
        // Those that extend one that is known, until there are no more.
        loop {
            let extends = |bases: &[String]| bases.iter().any(|base| names.contains(&last(base)));
            let next = serializers()
                .filter(|s| s.model.as_deref() == Some(other) || extends(&s.bases))
                .find(|s| !names.contains(&s.name.as_str()));
            let Some(next) = next else { break };
            names.push(&next.name);
        }
        let views = self.apps.iter().flat_map(|app| &app.viewsets);
        views.filter(|view| view.model.as_deref() == Some(label)).any(|view| {
            view.serializer.iter().chain(&view.serializers).any(|name| names.contains(&last(name)))
        })
    }

    /// A model, then its [parents](Self::parents).
    pub fn with_parents<'f>(&'f self, model: &'f ModelFacts) -> impl Iterator<Item = &'f ModelFacts> {
        std::iter::once(model).chain(self.parents(model))
    }

    /// Whether a model has a field, itself or by a parent.
    #[must_use]
    pub fn has_field(&self, model: &ModelFacts, name: &str) -> bool {
        self.with_parents(model).any(|one| one.field(name).is_some())
    }

    /// The labels of the apps that are installed, and so can have models.
    pub fn installed_labels(&self) -> impl Iterator<Item = &String> {
        let is_package = |label: &str| self.app(label).is_some_and(|app| app.is_package);
        self.app_labels.iter().filter(move |label| !is_package(label))
    }

    /// The models with tables of their own whose rows the rows of `model` are too, nearest first. A proxy has the table
    /// of its parent.
    #[must_use]
    pub fn parents(&self, model: &ModelFacts) -> Vec<&ModelFacts> {
        let mut found: Vec<&ModelFacts> = Vec::new();
        let mut pending: Vec<&str> = model.flat_bases.iter().rev().map(String::as_str).collect();
        while let Some(base) = pending.pop() {
            let Some((module, name)) = base.rsplit_once('.') else { continue };
            let parent = self.apps.iter().find_map(|app| {
                let rest = module.strip_prefix(app.module.as_str())?;
                let inside = rest.is_empty() || rest.starts_with('.');
                app.models.iter().find(|other| inside && other.name == name && other.label != model.label)
            });
            if let Some(parent) = parent
                && !found.iter().any(|known| known.label == parent.label)
            {
                pending.extend(parent.flat_bases.iter().rev().map(String::as_str));
                found.push(parent);
            }
        }
        found.retain(|parent| !parent.is_proxy);
        found
    }

    /// The app with this label.
    #[must_use]
    pub fn app(&self, label: &str) -> Option<&AppFacts> {
        self.apps.iter().find(|a| a.label == label)
    }

    /// The model with this label (`app.Model`), by an exact match.
    #[must_use]
    pub fn model(&self, label: &str) -> Option<&ModelFacts> {
        self.apps.iter().flat_map(|a| &a.models).find(|m| m.label == label)
    }

    /// The folder and the module of the app with this label; of one that is not there, those that it would have: beside
    /// most of the project's other apps, and without any at the project's root.
    #[must_use]
    pub fn place_of_app(&self, label: &str) -> (String, String) {
        if let Some(app) = self.app(label) {
            return (app.dir.clone(), app.module.clone());
        }
        let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
        for (index, app) in self.apps.iter().enumerate() {
            let dir = app.dir.rsplit_once('/').map_or("", |(parent, _)| parent);
            let package = app.module.rsplit_once('.').map_or("", |(parent, _)| parent);
            let entry = counts.entry((dir, package)).or_insert((0, usize::MAX - index));
            entry.0 += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(place, _)| place);
        let (dir, package) = most.unwrap_or((self.root.as_str(), ""));
        let join = |parent: &str, by: &str| match parent {
            "" => label.to_owned(),
            parent => format!("{parent}{by}{label}"),
        };
        (join(dir, "/"), join(package, "."))
    }

    /// The file that includes an app's URLs below `prefix`, as the other apps' are, and what of the prefix stands there.
    #[must_use]
    pub fn including_urls<'p>(&self, prefix: &'p str) -> Option<(&RelPath, &'p str)> {
        let api = self.api_urls.as_ref();
        let inside = api.and_then(|api| {
            Some((&api.file, prefix.trim_start_matches('/').strip_prefix(api.prefix.as_str())?))
        });
        inside.or_else(|| Some((self.settings.root_urls_file.as_ref()?, prefix)))
    }

    /// The app with this label, for a step that needs it.
    ///
    /// # Errors
    /// [`codes::NOT_FOUND`], naming the apps there are.
    pub fn require_app(&self, label: &str) -> Result<&AppFacts, Diagnostic> {
        self.app(label).ok_or_else(|| {
            Diagnostic::new(codes::NOT_FOUND, format!("there is no app `{label}` in the project"))
                .with_help(format!("its apps are: {}", self.app_labels.join(", ")))
        })
    }

    /// The model with this label, for a step that needs it.
    ///
    /// # Errors
    /// [`codes::BAD_PARAMS`] for a text that is no label, [`codes::NOT_FOUND`], naming models there are.
    pub fn require_model(&self, label: &str) -> Result<&ModelFacts, Diagnostic> {
        split_label(label)?;
        self.model(label).ok_or_else(|| {
            let known: Vec<&str> = self.model_labels.iter().map(String::as_str).take(12).collect();
            Diagnostic::new(codes::NOT_FOUND, format!("there is no model `{label}` in the project"))
                .with_help(format!("its models are: {}", known.join(", ")))
        })
    }

    /// Every file that these facts come from.
    #[must_use]
    pub fn sources(&self) -> std::collections::BTreeSet<RelPath> {
        let mut files = std::collections::BTreeSet::new();
        files.extend(self.settings.file.clone());
        files.extend(self.settings.root_urls_file.clone());
        for app in &self.apps {
            let AppFiles { models, serializers, views, urls, admin, filters, apps } = app.files.clone();
            files.extend([models, serializers, views, urls, admin, filters, apps].into_iter().flatten());
            files.extend(app.models.iter().map(|m| m.place.file.clone()));
            files.extend(app.serializers.iter().map(|s| s.place.file.clone()));
            files.extend(app.viewsets.iter().map(|v| v.place.file.clone()));
            files.extend(app.filtersets.iter().map(|f| f.place.file.clone()));
            files.extend(app.admins.iter().map(|a| a.place.file.clone()));
            files.extend(app.routers.iter().map(|r| r.place.file.clone()));
            files.extend(app.patterns.iter().map(|p| p.file.clone()));
            files.extend(app.migrations.files.iter().map(|m| m.file.clone()));
        }
        files.extend(self.routers.iter().map(|r| r.place.file.clone()));
        files.extend(self.api_urls.as_ref().map(|urls| urls.file.clone()));
        files
    }
}

/// A URL module of a project's API, which includes those of its apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiUrls {
    /// The file.
    pub file: RelPath,
    /// The variable of its list of patterns; absent is `urlpatterns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Where its patterns are reached, such as `api/v2/`; empty is the top.
    pub prefix: String,
    /// The namespace of its patterns, such as `api` or `api:v2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// An app that is in the project and not in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusedApp {
    /// Its label, such as `news`.
    pub label: String,
    /// Its module: what the settings would name.
    pub module: String,
    /// Its folder in the repository.
    pub dir: String,
    /// The names of its models.
    pub models: Vec<String>,
}

/// An import of something in the project that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnresolvedImport {
    /// The file that imports.
    pub file: RelPath,
    /// The line of the import, from 1. Edits above it change it: compare the other parts.
    pub line: u32,
    /// The module as it is written, such as `.models`.
    pub module: String,
    /// The name that the module does not have; `None` if there is no such module.
    pub name: Option<String>,
    /// What is missing, as a sentence.
    pub reason: String,
}

/// A source file that could not be read as facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// The file.
    pub path: RelPath,
    /// A code of [`crate::diagnostic::codes`].
    pub code: String,
    /// Why, with line and column where there is one.
    pub reason: String,
}

/// The last part of a dotted path: `Post` of `blog.models.Post`. A path without a dot is its own.
#[must_use]
pub fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// The app and the class of a model's label, such as `blog.Post`.
///
/// # Errors
/// [`codes::BAD_PARAMS`] for a text that is no label.
pub fn split_label(label: &str) -> Result<(&str, &str), Diagnostic> {
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    label.split_once('.').filter(|(app, model)| word(app) && word(model)).ok_or_else(|| {
        Diagnostic::new(codes::BAD_PARAMS, format!("`{label}` does not name a model"))
            .with_help("write app and class, such as `blog.Post`")
    })
}

/// Which part of the facts is asked for. Settings, style and the lists of labels are always in the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsQuery {
    /// Labels of apps that are wanted whole.
    #[serde(default)]
    pub apps: Vec<String>,
    /// All apps are wanted whole.
    #[serde(default)]
    pub all: bool,
    /// The facts of the plan's base instead of the step's snapshot.
    #[serde(default)]
    pub base: bool,
}
