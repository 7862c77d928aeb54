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
    /// Who may read, by what it asks of the request; absent if that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Audience>,
    /// Who may write, by what it asks of the request; absent if that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writers: Option<Audience>,
}

/// Those whom a permission class lets do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Whoever asks.
    Anyone,
    /// Every user who is logged in.
    Users,
    /// Users who were given something else: members of a group, those with a permission.
    Members,
    /// Staff and superusers.
    Staff,
    /// Nobody at all.
    Nobody,
}

impl Audience {
    /// Who may read and who may write by a permission class of REST framework, given by its dotted or its bare name;
    /// `None` for one that is not known.
    #[must_use]
    pub fn of_framework(class: &str) -> Option<(Self, Self)> {
        Some(match class.strip_prefix("rest_framework.permissions.").unwrap_or(class) {
            "BasePermission" | "AllowAny" => (Self::Anyone, Self::Anyone),
            "IsAuthenticated" => (Self::Users, Self::Users),
            "IsAuthenticatedOrReadOnly" => (Self::Anyone, Self::Users),
            "IsAdminUser" => (Self::Staff, Self::Staff),
            "DjangoModelPermissions" | "DjangoObjectPermissions" => (Self::Users, Self::Staff),
            "DjangoModelPermissionsOrAnonReadOnly" => (Self::Anyone, Self::Staff),
            _ => return None,
        })
    }
}

impl PermissionFacts {
    /// Whether everybody may read a row, and only the user in `field` may change it.
    #[must_use]
    pub fn is_owner_or_read_only(&self, field: &str) -> bool {
        let Some(rule) = self.object_rule.as_deref().and_then(in_one_line) else { return false };
        let rows = [
            format!("obj.{field} == request.user"),
            format!("request.user == obj.{field}"),
            format!("obj.{field}_id == request.user.pk"),
            format!("request.user.pk == obj.{field}_id"),
            format!("obj.{field}_id == request.user.id"),
            format!("request.user.id == obj.{field}_id"),
        ];
        ["", "permissions.", "rest_framework.permissions."].iter().any(|module| {
            let reads = format!("request.method in {module}SAFE_METHODS");
            rows.iter().any(|is_own| {
                [
                    format!("return {reads} or {is_own}"),
                    format!("return {is_own} or {reads}"),
                    format!("return bool({reads} or {is_own})"),
                    format!("if {reads}: return True return {is_own}"),
                    format!("if {reads}: return True else: return {is_own}"),
                ]
                .contains(&rule)
            })
        })
    }
}

/// The source of a body on one line, with one space between words and without comments; `None` for one with texts in it,
/// which may hold anything. Parentheses around what is returned as a whole are left out.
fn in_one_line(body: &str) -> Option<String> {
    let code = body.lines().map(|line| line.split('#').next().unwrap_or_default());
    let words: Vec<&str> = code.flat_map(str::split_whitespace).collect();
    let line = words.join(" ");
    if line.contains(['"', '\'', '\\', ';']) {
        return None;
    }
    let inner = line.strip_prefix("return (").and_then(|rest| rest.strip_suffix(')'));
    Some(match inner.map(str::trim) {
        // The two are one pair.
        Some(inner) if !inner.contains(['(', ')']) => format!("return {inner}"),
        _ => line,
    })
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
            readers: None,
            writers: None,
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
            (
                "return (\n    request.method in SAFE_METHODS  # reads\n    or obj.author_id == request.user.pk\n)",
                true,
            ),
            (
                "# Everybody reads.\nif request.method in SAFE_METHODS:\n    return True\n\n# It's for its author.\nreturn request.user == obj.author  # own",
                true,
            ),
            ("return request.method in SAFE_METHODS or obj.author == request.user or obj.is_public", false),
            ("return True  # request.method in SAFE_METHODS or obj.author == request.user", false),
            ("# SAFE_METHODS, obj.author == request.user\nreturn True", false),
            (
                "if request.method in SAFE_METHODS:\n    return True\nlog(obj)\nreturn obj.author == request.user",
                false,
            ),
            ("return not (request.method in SAFE_METHODS or obj.author == request.user)", false),
            ("return request.method in SAFE_METHODS and obj.author == request.user", false),
            ("return (request.method in SAFE_METHODS) or (obj.author == request.user)", false),
        ] {
            assert_eq!(class(rule).is_owner_or_read_only("author"), is_it, "{rule}");
        }
    }
}
