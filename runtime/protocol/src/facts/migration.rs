//! Migrations, and the models as they have them.

use serde::{Deserialize, Serialize};

use super::{Expr, FieldFacts};
use crate::RelPath;

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
    /// Why `state` is not all that they lead to: the first operation that cannot be followed, and was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inexact: Option<String>,
    /// Why nothing can be said of the state.
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
