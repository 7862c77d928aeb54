//! What `scan` keeps of one file, for `link` and `replay`.
//!
//! Names are as the file alone can know them. A path that starts with `~` is dotted from the top of the
//! repository (`~backend.blog.models.Post`), because a single file does not know the folder that Python starts
//! from; `link` turns it into the name that Python uses. Not part of the protocol: only this plugin
//! reads it.

use aksara_python::pytest::{ClientFixture, TestHabits};
use aksara_python::read::{Class, LineCounts, Module, Outline};
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::Args;
use serde::{Deserialize, Serialize};

/// One file's facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScannedFile {
    /// The module, if the file may hold more than habits of style.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<Module>,
    /// What it imports and what can be imported from it, if it is a Python file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline: Option<Outline>,
    /// The migration, if the file is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<ScannedMigration>,
    /// Habits of style, counted.
    #[serde(default, skip_serializing_if = "StyleCount::is_empty")]
    pub style: StyleCount,
    /// Whether anything but imports and comments is in it. Only looked for in test modules.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_tests: bool,
    /// How its tests are written, if it is a test module.
    #[serde(default, skip_serializing_if = "TestHabits::is_empty")]
    pub tests: TestHabits,
    /// The clients that its fixtures give, if it is a `conftest.py`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientFixture>,
    /// The module, if factories of test data may be in it: those of a folder `tests` are part of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factories: Option<Module>,
    /// The module, if it is in a module of tests and sets INSTALLED_APPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_settings: Option<Module>,
    /// What it says, if it is one of the project's configuration files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigFile>,
}

/// What a configuration file says about style and tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigFile {
    /// The longest line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_length: Option<u32>,
    /// The quote character that a linter or formatter holds strings to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<char>,
    /// Whether a formatter writes for versions of Python that know parentheses around context managers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parenthesized_with: bool,
    /// Whether it is ruff that lays the code out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ruff: bool,
    /// Whether the project may run with a Python before 3.10, which does not know all annotations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub old_python: bool,
    /// How imports are sorted, if something sorts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imports: Option<ImportConfig>,
    /// Whether pytest is set up for Django here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pytest: bool,
    /// The module of the settings that pytest uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests_settings: Option<String>,
    /// Whether it requires `pytest-django`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requires_pytest_django: bool,
    /// Where pytest looks for tests, from the top of the repository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub testpaths: Vec<String>,
    /// Whether pytest is told to collect other classes than those that begin with `Test`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_test_classes: bool,
    /// The first version of Django that its requirements rule out, as major and minor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub django_below: Option<[u32; 2]>,
    /// The first version of Django that its requirements allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub django_from: Option<[u32; 2]>,
    /// The version of Django that it locks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub django: Option<[u32; 2]>,
}

/// What isort, or ruff in its place, is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportConfig {
    /// The folders whose modules are the project's own, from the top of the repository.
    pub folders: Vec<String>,
    /// Modules that are called the project's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_party: Vec<String>,
    /// Whether an import brings one name in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
    /// Whether a name with an alias stands in one import with others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub combined_aliases: bool,
    /// Whether imports with and without `from` are sorted together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed: bool,
    /// How many blank lines stand below the imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines_after: Option<u32>,
}

/// Habits of style in one file, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StyleCount {
    /// Strings in `'` that could as well be in `"`.
    #[serde(default)]
    pub single: usize,
    /// Strings in `"` that could as well be in `'`.
    #[serde(default)]
    pub double: usize,
    /// The indent of its first block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indent: Option<String>,
    /// How long its lines of code are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lines: LineCounts,
    /// Whether it is a migration that a formatter laid out; `false` for one as Django writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted_migration: Option<bool>,
    /// What its functions and classes say beside what they do, if it is no module of tests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub said: Said,
    /// The same of a module of tests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub said_in_tests: Said,
}

/// What functions and classes say beside what they do, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Functions and methods.
    pub functions: usize,
    /// Those that say what they return.
    pub annotated: usize,
    /// Classes at the top of the module.
    pub classes: usize,
    /// Those with a docstring.
    pub documented: usize,
}

impl std::ops::AddAssign for Said {
    fn add_assign(&mut self, other: Self) {
        self.functions += other.functions;
        self.annotated += other.annotated;
        self.classes += other.classes;
        self.documented += other.documented;
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl StyleCount {
    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A migration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScannedMigration {
    /// Its name without `.py`.
    pub name: String,
    /// The file.
    pub file: RelPath,
    /// `initial = True`
    #[serde(default)]
    pub initial: bool,
    /// `(app, name)` of what it depends on; a swappable dependency is `("__setting__", NAME)`.
    #[serde(default)]
    pub dependencies: Vec<(String, String)>,
    /// `(app, name)` of what it must come before.
    #[serde(default)]
    pub run_before: Vec<(String, String)>,
    /// `(app, name)` of what it stands for, if it is a squashed migration.
    #[serde(default)]
    pub replaces: Vec<(String, String)>,
    /// Its operations, in order.
    #[serde(default)]
    pub operations: Vec<ScannedOperation>,
    /// The classes that the file defines beside its own: operations, as a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
    /// Why the file says more than was read, such as an operation list that is built by code. A state cannot be
    /// worked out from such a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One operation of a migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScannedOperation {
    /// The class as a full dotted name, such as `django.db.migrations.CreateModel`.
    pub class: String,
    /// What it is called with; nested calls, lists and tuples are in `Expr::parts`.
    #[serde(default)]
    pub args: Args,
    /// Its line, from 1.
    pub line: u32,
    /// Whether it is applied only sometimes, or any number of times.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub varies: bool,
}
