//! Who may see and do what, as far as a project's own code says it.

use serde::{Deserialize, Serialize};

use super::Place;

/// A permission class of the project's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionFacts {
    /// The class.
    pub name: String,
    /// The module to import it from.
    pub module: String,
    /// Where it stands.
    pub place: Place,
    /// Whether it looks at the request alone, so that it fits the views of any model.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_model: bool,
    /// Whether it asks something before a row is looked at, itself or by a base.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guards: bool,
    /// The body of `has_object_permission`, if it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_rule: Option<String>,
}

impl PermissionFacts {
    /// Whether everybody may read a row, and only the user in `field` may change it.
    #[must_use]
    pub fn is_owner_or_read_only(&self, field: &str) -> bool {
        let Some(rule) = &self.object_rule else { return false };
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let says = |text: &str| rule.match_indices(text).any(|(at, _)| ends(&rule[at + text.len()..]));
        rule.contains("SAFE_METHODS")
            && [
                format!("obj.{field} == request.user"),
                format!("request.user == obj.{field}"),
                format!("obj.{field}_id == request.user.pk"),
                format!("obj.{field}_id == request.user.id"),
            ]
            .iter()
            .any(|text| says(text))
    }
}

/// A `get_queryset` by which the one who asks decides which rows there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowing {
    /// Where the method stands.
    pub place: Place,
    /// What it returns, if that is all it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
}

#[cfg(test)]
mod tests {
    use crate::RelPath;

    use super::*;

    #[test]
    fn a_rule_about_another_field_is_none_of_this_one() {
        let class = |rule: &str| PermissionFacts {
            name: "P".into(),
            module: "a.permissions".into(),
            place: Place { file: RelPath::new("a/permissions.py").unwrap(), line: 1 },
            any_model: false,
            guards: false,
            object_rule: Some(rule.to_owned()),
        };
        for (rule, is_it) in [
            ("return request.method in SAFE_METHODS or obj.author_id == request.user.pk", true),
            (
                "if request.method in permissions.SAFE_METHODS:\n    return True\nreturn obj.author == request.user",
                true,
            ),
            ("return obj.author == request.user", false),
            ("return request.method in SAFE_METHODS or obj.author.user == request.user", false),
            ("return request.method in SAFE_METHODS or obj.author == request.user.author", false),
            ("return request.method in SAFE_METHODS or obj.owner == request.user", false),
        ] {
            assert_eq!(class(rule).is_owner_or_read_only("author"), is_it, "{rule}");
        }
    }
}
