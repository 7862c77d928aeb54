//! What URLs lead to.

use serde::{Deserialize, Serialize};

use super::Place;
use crate::RelPath;

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

impl RouterFacts {
    /// Whether its routes stand below the rows of another one, whose keys their URLs want too: those of
    /// drf-nested-routers.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        super::last(&self.class).contains("Nested")
    }
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

/// A view that a URL leads to, or the URLs of a package that stand below it, wherever it is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlFacts {
    /// Its path from the top, such as `/api/auth-token/`, with `…` for a part that cannot be told.
    pub path: String,
    /// The full name of the view, or of the package's URLs: `rest_framework.authtoken.views.obtain_auth_token`,
    /// `djoser.urls`.
    pub view: String,
    /// The classes of packages that a class of the project's own extends, by full name, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<String>,
    /// Whether it is a view of an API and the project's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_api: bool,
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

impl RouteFacts {
    /// Whether it leads to the viewset class `name` of `file`: another app may have a class of the same name.
    #[must_use]
    pub fn leads_to(&self, name: &str, file: &RelPath) -> bool {
        self.viewset.rsplit('.').next() == Some(name) && self.file.as_ref().is_none_or(|own| own == file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_leads_to_the_class_of_its_file() {
        let path = |text: &str| RelPath::new(text).unwrap();
        let route = |viewset: &str, file: Option<&str>| RouteFacts {
            prefix: "posts".into(),
            viewset: viewset.into(),
            file: file.map(path),
            basename: None,
        };
        let here = path("blog/views.py");
        assert!(route("PostViewSet", None).leads_to("PostViewSet", &here));
        assert!(route("views.PostViewSet", Some("blog/views.py")).leads_to("PostViewSet", &here));
        assert!(!route("PostViewSet", Some("news/views.py")).leads_to("PostViewSet", &here));
        assert!(!route("MyPostViewSet", None).leads_to("PostViewSet", &here));
    }
}
