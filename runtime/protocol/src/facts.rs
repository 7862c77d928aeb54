//! What is known of a project at a snapshot.
//!
//! A stack's plugin reads single files (`scan`) and puts what it found together (`link`); executors ask for
//! parts of the result. Paths are relative to the repository, model labels are `app.Model`.

mod access;
mod expression;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnostic::codes;
use crate::{Diagnostic, JsonMap, RelPath};

pub use access::{Narrowing, PermissionFacts};
pub use expression::{Args, Expr, Parts};

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

/// What the project's own tests make rows with, if not with the models themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestData {
    /// Factories (factory_boy) that tests import.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factories: Vec<FactoryFacts>,
    /// Whether tests use model_bakery.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bakery: bool,
}

impl TestData {
    /// Whether tests make rows with the models themselves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The factory of a model: of several the one that is called after it.
    #[must_use]
    pub fn factory(&self, label: &str) -> Option<&FactoryFacts> {
        let of_model = || self.factories.iter().filter(|factory| factory.model == label);
        let name = label.rsplit('.').next().unwrap_or(label);
        of_model().find(|factory| factory.name == format!("{name}Factory")).or_else(|| of_model().next())
    }
}

/// A factory of factory_boy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactoryFacts {
    /// The class.
    pub name: String,
    /// The module to import it from.
    pub module: String,
    /// `app.Model` of what it makes.
    pub model: String,
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

/// The settings that matter to generated code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SettingsFacts {
    /// The file that holds them (of a settings package: where INSTALLED_APPS is written).
    pub file: Option<RelPath>,
    /// All files that they are written in where these are several (`from .base import *`): the base first, what
    /// `manage.py` names last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<RelPath>,
    /// The module that `manage.py` names, such as `config.settings`.
    pub module: Option<String>,
    /// Entries of INSTALLED_APPS that are literal strings, in order.
    #[serde(default)]
    pub installed_apps: Vec<String>,
    /// DEFAULT_AUTO_FIELD, or the framework's default.
    #[serde(default)]
    pub default_auto_field: String,
    /// AUTH_USER_MODEL, `auth.User` if not set.
    #[serde(default)]
    pub auth_user_model: String,
    /// ROOT_URLCONF, as a module.
    pub root_urlconf: Option<String>,
    /// The file of ROOT_URLCONF.
    pub root_urls_file: Option<RelPath>,
    /// REST_FRAMEWORK, as far as it is literal.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub rest_framework: JsonMap,
    /// Keys of REST_FRAMEWORK that are set to what only running the settings would tell; `*` if that is true of its
    /// keys too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest_framework_computed: Vec<String>,
    /// Other literal settings by name.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub literals: JsonMap,
    /// The first version of the framework that the project's requirements rule out, as major and minor: `[4, 3]` for
    /// `django~=4.2.7`. Absent if they allow every new one, or none are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework_below: Option<[u32; 2]>,
}

impl SettingsFacts {
    /// Whether REST_FRAMEWORK may have a value for `key` that is not known here.
    #[must_use]
    pub fn computes_rest_framework(&self, key: &str) -> bool {
        !self.rest_framework.contains_key(key)
            && self.rest_framework_computed.iter().any(|computed| computed == key || computed == "*")
    }
}

/// The project's habits of style, from its own files (migrations and vendored code left out).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// The quote character of most strings.
    pub quote: char,
    /// One level of indent.
    pub indent: String,
    /// The longest line that new code should have: from the linter's settings, else what the project's own lines
    /// keep.
    pub line_length: u32,
    /// Whether lists of names in classes, such as `fields` and `ordering`, are tuples.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tuples: bool,
    /// The project's own top-level modules, whose imports stand in a section of their own; empty if nobody knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_party: Vec<String>,
    /// Whether an import brings one name in, as `force_single_line` of isort and ruff has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single_imports: bool,
    /// Whether several context managers of a `with` may stand in parentheses: its formatter writes for Python 3.9 or newer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parenthesized_with: bool,
    /// Whether the project's migrations are laid out as its other code, and not as Django writes them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub formatted_migrations: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            quote: '"',
            indent: "    ".to_owned(),
            line_length: 88,
            tuples: false,
            first_party: Vec::new(),
            single_imports: false,
            parenthesized_with: false,
            formatted_migrations: false,
        }
    }
}

/// One of the project's own apps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AppFacts {
    /// The label that models are named by, such as `blog`.
    pub label: String,
    /// The dotted module, such as `blog` or `apps.blog`.
    pub module: String,
    /// The app's folder.
    pub dir: String,
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

    /// How the app serves its API, told by the views that it has.
    #[must_use]
    pub fn view_style(&self) -> ViewStyle {
        let is_routed = |v: &&ViewsetFacts| self.patterns.iter().any(|p| !p.is_function && p.view == v.name);
        let is_generic = |v: &ViewsetFacts| {
            v.bases
                .iter()
                .filter_map(|b| b.rsplit('.').next())
                .any(|b| b.ends_with("APIView") && b != "APIView")
        };
        if !self.routers.is_empty()
            || self.viewsets.iter().any(|v| v.bases.iter().any(|b| b.ends_with("ViewSet")))
        {
            return ViewStyle::Viewsets;
        }
        // One that serves a single object, such as the user who is logged in, is no habit.
        let serves_rows =
            |v: &ViewsetFacts| v.offered().iter().any(|action| ["list", "create"].contains(action));
        let routed = || self.viewsets.iter().filter(is_routed);
        if routed().any(|v| is_generic(v) && serves_rows(v)) {
            return ViewStyle::Generics;
        }
        let by_hand =
            routed().any(|v| !is_generic(v)) || self.patterns.iter().any(|p| p.is_function && p.is_api);
        if by_hand { ViewStyle::ByHand } else { ViewStyle::Viewsets }
    }

    fn parts_of<'f>(&self, file: &'f RelPath) -> Option<Vec<&'f str>> {
        if !file.is_below(&self.dir) {
            return None;
        }
        let inside = file.as_str().get(self.dir.len()..)?.trim_start_matches('/').strip_suffix(".py")?;
        Some(inside.split('/').filter(|part| *part != "__init__").collect())
    }
}

/// The level (dots) and the module of a line that is `from module import …`.
fn import_of_line(line: &str) -> Option<(usize, &str)> {
    let module = line.strip_prefix("from ")?.split_whitespace().next()?;
    let name = module.trim_start_matches('.');
    Some((module.len() - name.len(), name))
}

/// How modules of an app import each other, as far as they do: whether by absolute names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportHabits {
    /// For modules in the importer's folder and below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<bool>,
    /// For modules of the app that are elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<bool>,
}

impl ImportHabits {
    /// What most of these imports, each a number of dots and a module, do in a module of the app `app` that stands in
    /// its folder `own`.
    #[must_use]
    pub fn of_imports<'i>(imports: impl Iterator<Item = (usize, &'i str)>, app: &str, own: &[&str]) -> Self {
        let mut counts = ImportCounts::default();
        imports.for_each(|(level, module)| counts.add(level, module, app, own));
        counts.habits()
    }

    /// These habits, and of those that are not known the others'.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { below: self.below.or(other.below), above: self.above.or(other.above) }
    }

    /// Whether a module is named absolutely, `below` the importer's folder or not. Where that one is not known, as the
    /// other one is.
    fn is_absolute(self, below: bool) -> bool {
        let (first, second) = if below { (self.below, self.above) } else { (self.above, self.below) };
        first.or(second).unwrap_or(false)
    }
}

/// How often modules of an app are imported in which way.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportCounts {
    /// Relatively and absolutely, of modules below the importer's folder.
    below: [usize; 2],
    /// The same, of other modules.
    above: [usize; 2],
}

impl ImportCounts {
    /// Counts one import, if it is of the app `app`: `level` dots and `module`, in a module that stands in the app's
    /// folder `own`.
    pub fn add(&mut self, level: usize, module: &str, app: &str, own: &[&str]) {
        match level {
            0 => {
                let Some(inside) = module.strip_prefix(app).and_then(|rest| rest.strip_prefix('.')) else {
                    return;
                };
                let parts: Vec<&str> = inside.split('.').collect();
                let counts = if parts.starts_with(own) { &mut self.below } else { &mut self.above };
                counts[1] += 1;
            }
            1 => self.below[0] += 1,
            // Of two dots from an app's top another app may be meant.
            level if level <= own.len() + 1 => self.above[0] += 1,
            _ => {}
        }
    }

    /// What most of them are.
    #[must_use]
    pub fn habits(self) -> ImportHabits {
        let habit =
            |[relative, absolute]: [usize; 2]| (relative + absolute > 0).then_some(absolute > relative);
        ImportHabits { below: habit(self.below), above: habit(self.above) }
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

/// A model class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// `app.Name`.
    pub label: String,
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its bases, as full dotted names where the imports explain them, else as written.
    pub bases: Vec<String>,
    /// Its bases as its table has them, in the order of resolution: in the place of an abstract one of the project stand
    /// its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flat_bases: Vec<String>,
    /// Whether `Meta.abstract` is true.
    #[serde(default)]
    pub is_abstract: bool,
    /// Whether `Meta.proxy` is true.
    #[serde(default)]
    pub is_proxy: bool,
    /// Its fields: those of abstract bases in the project first, then its own, in order.
    #[serde(default)]
    pub fields: Vec<FieldFacts>,
    /// Entries of `Meta`.
    #[serde(default)]
    pub meta: Vec<(String, Expr)>,
    /// Names of other members: methods, properties, managers.
    #[serde(default)]
    pub members: Vec<String>,
    /// Its managers: its own, then those that abstract bases in the project give it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<ManagerFacts>,
    /// Attributes that are literal texts, such as `USERNAME_FIELD`; what a class has of its own stands before what it
    /// has from bases in the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<(String, String)>,
    /// What makes the model more than can be read statically (unknown base, field made by a call), for a
    /// refusal that names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_static: Vec<String>,
}

impl ModelFacts {
    /// The app's label.
    #[must_use]
    pub fn app(&self) -> &str {
        self.label.split('.').next().unwrap_or_default()
    }

    /// The field `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldFacts> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The entry `name` of `Meta`.
    #[must_use]
    pub fn meta(&self, name: &str) -> Option<&Expr> {
        self.meta.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// A manager of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagerFacts {
    /// The attribute.
    pub name: String,
    /// The class that is called for it, or whose `as_manager` is, as a full dotted name; as written if unknown.
    pub class: String,
    /// Names that the class and its bases in the project define, and those of the class of its querysets where that is
    /// told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Whether migrations know it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_migrations: bool,
    /// The abstract base that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<String>,
}

/// A field of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldFacts {
    /// Its name.
    pub name: String,
    /// Its class as a full dotted name, such as `django.db.models.CharField`; as written if unknown.
    pub class: String,
    /// The call's arguments.
    #[serde(default)]
    pub args: Args,
    /// What it points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The abstract base that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<String>,
    /// Its line, from 1.
    pub line: u32,
}

impl FieldFacts {
    /// The class without its module, such as `CharField`.
    #[must_use]
    pub fn class_name(&self) -> &str {
        self.class.rsplit('.').next().unwrap_or(&self.class)
    }

    /// Whether an option is written as true, such as `unique=True`.
    #[must_use]
    pub fn is_true(&self, option: &str) -> bool {
        self.args.keyword(option).and_then(|value| value.literal.as_ref()) == Some(&Value::Bool(true))
    }
}

/// A relation between models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// What kind.
    pub kind: RelationKind,
    /// `app.Model`; the user model is resolved. As written if it cannot be.
    pub to: String,
    /// The name of the way back, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_name: Option<String>,
}

/// Kinds of relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// Many to one.
    ForeignKey,
    /// One to one.
    OneToOne,
    /// Many to many.
    ManyToMany,
}

/// A serializer class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SerializerFacts {
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its bases, as full dotted names where the imports explain them.
    pub bases: Vec<String>,
    /// `app.Model` of its `Meta.model`.
    pub model: Option<String>,
    /// `Meta.fields`: the names, or `None` for `"__all__"` and for what is not a literal list.
    pub fields: Option<Vec<String>>,
    /// `Meta.fields` as it is written.
    pub fields_source: Option<Expr>,
    /// Names of declared fields.
    #[serde(default)]
    pub declared: Vec<String>,
    /// Other entries of `Meta`.
    #[serde(default)]
    pub meta: Vec<(String, Expr)>,
    /// Its methods, those of bases in the project included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
}

/// A viewset or generic view class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewsetFacts {
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its bases, as full dotted names where the imports explain them.
    pub bases: Vec<String>,
    /// `app.Model` of its queryset, else of its serializer.
    pub model: Option<String>,
    /// The class named by `serializer_class`.
    pub serializer: Option<String>,
    /// All serializer classes that it may use: that one, and those that `get_serializer_class` gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serializers: Vec<String>,
    /// How the one who asks decides which rows there are, if that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowing: Option<Narrowing>,
    /// Class attributes.
    #[serde(default)]
    pub attributes: Vec<(String, Expr)>,
    /// Methods, extra actions among them.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Names of extra actions.
    #[serde(default)]
    pub actions: Vec<String>,
    /// Its decorators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decorators: Vec<Expr>,
}

impl ViewsetFacts {
    /// The class attribute `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Expr> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// What clients can do with it: of `create`, `list`, `retrieve`, `update` and `delete`, as far as its bases,
    /// methods and `http_method_names` tell. A base of the project's own is taken for what such bases are for:
    /// everything.
    #[must_use]
    pub fn offered(&self) -> Vec<&'static str> {
        // Action, mixin, request method, word in the name of a generic view.
        const ALL: [(&str, &str, &str, &str); 5] = [
            ("create", "CreateModelMixin", "post", "Create"),
            ("list", "ListModelMixin", "get", "List"),
            ("retrieve", "RetrieveModelMixin", "get", "Retrieve"),
            ("update", "UpdateModelMixin", "patch", "Update"),
            ("delete", "DestroyModelMixin", "delete", "Destroy"),
        ];
        let bases: Vec<&str> = self.bases.iter().filter_map(|b| b.rsplit('.').next()).collect();
        let says_what = |base: &&str| {
            matches!(*base, "GenericViewSet" | "ViewSet" | "ReadOnlyModelViewSet")
                || base.ends_with("APIView")
        };
        let named = bases.iter().any(says_what);
        let methods: Option<Vec<&str>> = self
            .attribute("http_method_names")
            .and_then(|e| e.literal.as_ref())
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect());
        ALL.iter()
            .filter(|(action, mixin, method, word)| {
                let by_base = bases.iter().any(|base| match *base {
                    "ReadOnlyModelViewSet" => *method == "get",
                    base if base.ends_with("APIView") => base.contains(word),
                    base => base == *mixin,
                });
                let by_method =
                    self.methods.iter().any(|m| m == action || (*action == "delete" && m == "destroy"));
                (!named || by_base || by_method)
                    && methods
                        .as_ref()
                        .is_none_or(|names| names.iter().any(|n| n.eq_ignore_ascii_case(method)))
            })
            .map(|(action, ..)| *action)
            .collect()
    }
}

/// A django-filter filter set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterSetFacts {
    /// The class.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// `app.Model` of its `Meta.model`.
    pub model: Option<String>,
    /// `Meta.fields`.
    pub fields: Option<Expr>,
    /// Names of declared filters.
    #[serde(default)]
    pub declared: Vec<String>,
}

/// An admin registration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminFacts {
    /// Whether it is a call, such as `admin.site.register(Post, PostAdmin)`, and no decorator.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_call: bool,
    /// The admin class, if there is one.
    pub name: Option<String>,
    /// `app.Model`.
    pub model: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A router and what is registered on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouterFacts {
    /// The variable.
    pub name: String,
    /// Its class, as a full dotted name where the imports explain it.
    pub class: String,
    /// Where it is made.
    pub place: Place,
    /// The URL path that its urls are included under, if it can be followed, such as `/api/`.
    pub mounted_at: Option<String>,
    /// The URL namespace of its routes, if there is one, such as `blog`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Registrations, in order.
    #[serde(default)]
    pub routes: Vec<RouteFacts>,
}

/// A view that a URL pattern names, such as `path("posts/", PostList.as_view(), name="post-list")`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatternFacts {
    /// The file that the pattern is in.
    pub file: RelPath,
    /// The pattern's own path, such as `posts/<int:pk>/`.
    pub route: String,
    /// The view's class or function.
    pub view: String,
    /// Whether it is a function.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_function: bool,
    /// Whether a function is a view of REST framework.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_api: bool,
    /// The name of the pattern, such as `post-list`.
    pub name: Option<String>,
    /// The URL namespace that it is reached in, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// One registration on a router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteFacts {
    /// The prefix, such as `posts`.
    pub prefix: String,
    /// The viewset class.
    pub viewset: String,
    /// The file of the class, if it is the project's own: several apps may have one of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<RelPath>,
    /// The base of its route names, as given, else as the framework derives it.
    pub basename: Option<String>,
}

/// An app's migrations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MigrationFacts {
    /// The folder, if there is one.
    pub dir: Option<String>,
    /// All of them, by name.
    #[serde(default)]
    pub files: Vec<MigrationFile>,
    /// Names of those that no other depends on: more than one is a conflict.
    #[serde(default)]
    pub leaves: Vec<String>,
    /// The models as replayed from the files.
    #[serde(default)]
    pub state: Vec<ModelState>,
    /// Why the state cannot be worked out statically.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A migration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MigrationFile {
    /// Its name without `.py`.
    pub name: String,
    /// The file.
    pub file: RelPath,
    /// `(app, name)` of what it depends on. A swappable dependency is `("__setting__", NAME)`.
    #[serde(default)]
    pub dependencies: Vec<(String, String)>,
}

/// A model in the replayed state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelState {
    /// The class.
    pub name: String,
    /// Its fields, as the migrations write them.
    pub fields: Vec<FieldFacts>,
    /// Its options.
    #[serde(default)]
    pub options: Vec<(String, Expr)>,
    /// Its bases, if the migrations give any.
    #[serde(default)]
    pub bases: Vec<String>,
    /// Managers, if the migrations give any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managers: Option<Expr>,
}

/// An app's tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestFacts {
    /// How they are laid out.
    pub layout: TestLayout,
    /// The folder or module that new tests go by.
    pub path: Option<RelPath>,
    /// What runs them.
    pub runner: TestRunner,
    /// The folders and files, from the top of the repository, that the runner is told to look into; all if there are
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searched: Vec<String>,
    /// Test modules.
    #[serde(default)]
    pub files: Vec<RelPath>,
}

/// How tests are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestLayout {
    /// There are none yet.
    #[default]
    None,
    /// One `tests.py` in the app, with tests in it.
    Module,
    /// The `tests.py` that `startapp` makes, with no test in it.
    EmptyModule,
    /// A `tests/` package in the app.
    Package,
    /// A `tests/` folder beside the apps.
    Outside,
}

/// What runs the tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestRunner {
    /// `manage.py test`.
    #[default]
    Django,
    /// pytest with pytest-django.
    Pytest,
}

impl ProjectFacts {
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
        files
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn what_a_viewset_offers_follows_from_its_bases() {
        let viewset = |bases: &[&str]| ViewsetFacts {
            name: "V".into(),
            place: Place { file: path("a/views.py"), line: 1 },
            bases: bases.iter().map(|b| (*b).to_owned()).collect(),
            model: None,
            serializer: None,
            serializers: Vec::new(),
            narrowing: None,
            attributes: Vec::new(),
            methods: Vec::new(),
            actions: Vec::new(),
            decorators: Vec::new(),
        };
        for (bases, offered) in [
            (&["rest_framework.viewsets.ModelViewSet"][..], "create list retrieve update delete"),
            (&["shop.base.BaseViewSet"], "create list retrieve update delete"),
            (&["rest_framework.viewsets.ReadOnlyModelViewSet"], "list retrieve"),
            (
                &["rest_framework.mixins.CreateModelMixin", "rest_framework.viewsets.ReadOnlyModelViewSet"],
                "create list retrieve",
            ),
            (&["rest_framework.mixins.ListModelMixin", "rest_framework.viewsets.GenericViewSet"], "list"),
            (&["rest_framework.generics.ListCreateAPIView"], "create list"),
            (&["rest_framework.generics.RetrieveUpdateDestroyAPIView"], "retrieve update delete"),
            (&["rest_framework.generics.GenericAPIView"], ""),
            (&["rest_framework.viewsets.ViewSet"], ""),
        ] {
            assert_eq!(viewset(bases).offered().join(" "), offered, "{bases:?}");
        }
        let mut by_hand = viewset(&["rest_framework.viewsets.ViewSet"]);
        by_hand.methods = vec!["list".into(), "destroy".into()];
        assert_eq!(by_hand.offered(), ["list", "delete"]);
        let mut reading = viewset(&["rest_framework.viewsets.ModelViewSet"]);
        let names = Expr {
            source: "[\"get\"]".into(),
            literal: Some(serde_json::json!(["get"])),
            path: None,
            parts: None,
        };
        reading.attributes = vec![("http_method_names".into(), names)];
        assert_eq!(reading.offered(), ["list", "retrieve"]);
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
}
