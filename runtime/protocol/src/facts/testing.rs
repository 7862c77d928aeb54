//! Its tests, and what they make rows with.

use serde::{Deserialize, Serialize};

use crate::RelPath;

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

/// How tests are written where they are functions and plain classes of pytest, and not cases of unittest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PytestFacts {
    /// Whether most modules are marked for the database as a whole (`pytestmark`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marks_modules: bool,
    /// Whether loggers keep what they are told from pytest, or may: it sees what reaches the root logger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_logs: bool,
    /// Fixtures that give a client of the API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientFixtureFacts>,
}

impl PytestFacts {
    /// The fixture that gives a module a client on which nothing is set, by its name.
    #[must_use]
    pub fn client(&self, module: &RelPath) -> Option<&str> {
        let sees = |client: &&ClientFixtureFacts| client.folder.is_empty() || module.is_below(&client.folder);
        let seen = || self.clients.iter().filter(sees);
        // One that is nearer hides another of the same name.
        let is_hidden = |client: &ClientFixtureFacts| {
            seen().any(|other| other.name == client.name && other.folder.len() > client.folder.len())
        };
        let plain = seen().filter(|client| client.is_plain && !is_hidden(client));
        plain.max_by_key(|client| client.folder.len()).map(|client| client.name.as_str())
    }
}

/// A fixture that gives a client of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFixtureFacts {
    /// What tests ask for it by.
    pub name: String,
    /// The folder whose tests see it, from the top of the repository; empty for all.
    pub folder: String,
    /// Whether nothing is set on the client: nobody is logged in, and no other test has it.
    pub is_plain: bool,
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
