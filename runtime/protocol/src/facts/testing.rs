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
