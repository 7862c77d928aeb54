//! Its settings.

use serde::{Deserialize, Serialize};

use crate::{JsonMap, RelPath};

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
