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
    /// The settings that the tests run with, where these have an INSTALLED_APPS of their own: what the project's settings
    /// get, they need too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_tests: Option<Box<SettingsFacts>>,
    /// The module that `manage.py` names, such as `config.settings`.
    pub module: Option<String>,
    /// Entries of INSTALLED_APPS that are literal strings, in order.
    #[serde(default)]
    pub installed_apps: Vec<String>,
    /// Why it is not known which apps are installed, if nothing of INSTALLED_APPS was found: that `installed_apps` is
    /// empty then says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apps_unknown: Option<String>,
    /// The file and line at which INSTALLED_APPS gets more than its literal strings, such as what a function gives: an app
    /// that is not in `installed_apps` may be installed all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apps_computed: Option<String>,
    /// Apps that are in use though INSTALLED_APPS does not name them: by a configuration of the project's own, such as
    /// a subclass of `AdminConfig`, or because they work without, such as `django_filters`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_apps: Vec<String>,
    /// DEFAULT_AUTO_FIELD; empty if the project does not set it, see [`auto_field`](Self::auto_field).
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
    /// What kinds of database it uses, as far as they are told, such as `django.db.backends.mysql`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub database_engines: Vec<String>,
    /// Other literal settings by name.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub literals: JsonMap,
    /// The first version of the framework that the project's requirements rule out, as major and minor: `[4, 3]` for
    /// `django~=4.2.7`. Absent if they allow every new one, or none are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework_below: Option<[u32; 2]>,
    /// The first version of the framework that the project's requirements allow, as major and minor: `[4, 2]` for
    /// `django>=4.2`. Absent if they allow every old one, or none are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework_from: Option<[u32; 2]>,
    /// The version of the framework that is installed where the project is worked on, or is locked by a file of the
    /// project, as major and minor. The first is said by the host: what a plugin puts here stands only without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework: Option<[u32; 2]>,
}

impl SettingsFacts {
    /// Whether the framework that the project runs on may be older than `version`: the one that is known to be there,
    /// else any that the requirements allow.
    #[must_use]
    pub fn is_framework_before(&self, version: [u32; 2]) -> bool {
        match (self.framework, self.framework_below, self.framework_from) {
            (Some(known), ..) => known < version,
            (None, Some(below), _) if below <= version => true,
            (None, _, from) => from.is_some_and(|from| from < version),
        }
    }

    /// Whether an app from outside the project is in use.
    #[must_use]
    pub fn has_app(&self, app: &str) -> bool {
        let by_class = format!("{app}.apps.");
        self.installed_apps.iter().any(|entry| entry == app || entry.starts_with(&by_class))
            || self.used_apps.iter().any(|used| used == app)
    }

    /// Whether the framework that the project runs on is known to be `version` or a later one.
    #[must_use]
    pub fn is_framework_since(&self, version: [u32; 2]) -> bool {
        self.framework.or(self.framework_from).is_some_and(|known| known >= version)
    }

    /// The class of the keys that models get which name none: DEFAULT_AUTO_FIELD, or the default of the framework, which
    /// has been `BigAutoField` since Django 6.0.
    #[must_use]
    pub fn auto_field(&self) -> &str {
        match self.default_auto_field.as_str() {
            "" if self.is_framework_since([6, 0]) => "django.db.models.BigAutoField",
            "" => "django.db.models.AutoField",
            said => said,
        }
    }

    /// Whether REST_FRAMEWORK may have a value for `key` that is not known here.
    #[must_use]
    pub fn computes_rest_framework(&self, key: &str) -> bool {
        !self.rest_framework.contains_key(key)
            && self.rest_framework_computed.iter().any(|computed| computed == key || computed == "*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framework_that_is_there_counts_more_than_what_is_allowed() {
        let before = |framework, framework_below, framework_from| {
            let facts =
                SettingsFacts { framework, framework_below, framework_from, ..SettingsFacts::default() };
            facts.is_framework_before([5, 1])
        };
        assert!(!before(None, None, None));
        assert!(before(None, Some([5, 1]), None), "django<5.1");
        assert!(before(None, Some([6, 0]), Some([4, 2])), "django>=4.2,<6");
        assert!(!before(None, Some([6, 0]), Some([5, 1])));
        assert!(!before(Some([6, 0]), Some([6, 0]), Some([4, 2])));
        assert!(before(Some([4, 2]), None, None));
    }

    #[test]
    fn keys_that_nobody_names_are_as_the_framework_has_them() {
        let class = |said: &str, framework, framework_from| {
            let default_auto_field = said.to_owned();
            let facts =
                SettingsFacts { default_auto_field, framework, framework_from, ..SettingsFacts::default() };
            facts.auto_field().rsplit('.').next().map(str::to_owned)
        };
        assert_eq!(class("", None, None).as_deref(), Some("AutoField"));
        assert_eq!(class("", Some([5, 2]), None).as_deref(), Some("AutoField"));
        assert_eq!(class("", Some([6, 0]), Some([4, 2])).as_deref(), Some("BigAutoField"));
        assert_eq!(class("", None, Some([6, 0])).as_deref(), Some("BigAutoField"), "django>=6");
        assert_eq!(class("a.SmallAutoField", Some([6, 1]), None).as_deref(), Some("SmallAutoField"));
    }
}
