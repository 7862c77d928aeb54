//! Which URLs are the project's already.

use super::{ProjectFacts, RouterFacts, UrlFacts};

impl ProjectFacts {
    /// The first of the URLs `below` the prefix, such as `me/` below `api/auth/`, that leads somewhere already, and where:
    /// the full name of a view or of a package's URLs, or the class of a viewset. A prefix that views of `module`, or of
    /// modules in it, are below is free for it.
    #[must_use]
    pub fn taken_url(&self, prefix: &str, below: &[&str], module: &str) -> Option<(String, &str)> {
        let prefix = format!("/{}", prefix.trim_start_matches('/'));
        let is_other = |view: &str| view.strip_prefix(module).is_none_or(|rest| !rest.starts_with('.'));
        // A prefix that its views are below is its own, with what packages serve beside them.
        if self.urls.iter().any(|url| !is_other(&url.view) && url.path.starts_with(&prefix)) {
            return None;
        }
        let routers = || self.routers.iter().chain(self.apps.iter().flat_map(|app| &app.routers));
        below.iter().find_map(|below| {
            let path = format!("{prefix}{below}");
            let url = self.urls.iter().find(|url| is_other(&url.view) && takes(url, &prefix, &path));
            let view = url.map(|url| url.view.as_str());
            let view = view.or_else(|| routers().find_map(|router| viewset_at(router, &path)))?;
            Some((path, view))
        })
    }
}

/// Whether a path leads to what a URL does. What a package has below its prefix is not known: it has that for itself.
fn takes(url: &UrlFacts, prefix: &str, path: &str) -> bool {
    let is_package = url.view.ends_with(".urls") || url.view.contains(".urls.");
    if is_package {
        return prefix != "/" && url.path == prefix;
    }
    match url.path.split_once('(') {
        // A regular expression: what begins as it does and is one word more.
        Some((start, group)) => path.strip_prefix(start).is_some_and(|rest| {
            !group.contains("\\d") && !group.contains("0-9") && is_word(rest.trim_end_matches('/'))
        }),
        None => fits(&url.path, path),
    }
}

/// Whether a route, in whose parts Django's converters may stand, is that of a path of words.
fn fits(route: &str, path: &str) -> bool {
    let (mut parts, mut words) = (route.split('/'), path.split('/'));
    loop {
        match (parts.next(), words.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.starts_with("<path:") => return true,
            (Some(part), Some(word)) => {
                let is_number = part.starts_with("<int:") || part.starts_with("<uuid:");
                let is_any = part.starts_with('<') && part.ends_with('>') && !is_number;
                if part != word && !(is_any && is_word(word)) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// The viewset of a router that answers a path, for all of its rows or for one.
fn viewset_at<'r>(router: &'r RouterFacts, path: &str) -> Option<&'r str> {
    let inside = path.strip_prefix(router.mounted_at.as_deref()?)?;
    let route = router.routes.iter().find(|route| {
        let rest = inside.strip_prefix(route.prefix.trim_matches('/'));
        rest.is_some_and(|rest| {
            rest == "/" || rest.strip_prefix('/').is_some_and(|row| is_word(row.trim_end_matches('/')))
        })
    })?;
    Some(&route.viewset)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', '.'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(path: &str, view: &str) -> ProjectFacts {
        let url = json!({ "path": path, "view": view });
        ProjectFacts { urls: vec![serde_json::from_value(url).unwrap()], ..ProjectFacts::default() }
    }

    fn taken(path: &str, view: &str) -> Option<String> {
        let facts = facts(path, view);
        facts.taken_url("api/auth/", &["login/", "me/"], "accounts").map(|(path, _)| path)
    }

    #[test]
    fn urls_that_lead_somewhere_are_taken() {
        let me = Some("/api/auth/me/".to_owned());
        for path in ["/api/auth/me/", "/api/<slug:part>/me/", "/api/(?P<rest>.*)me/"] {
            let expected = me.clone().filter(|_| !path.contains('('));
            assert_eq!(taken(path, "people.views.MeView"), expected, "{path}");
        }
        let first = Some("/api/auth/login/".to_owned());
        for path in
            ["/api/auth/<slug:name>/", "/api/auth/<name>/", "/api/<path:rest>", "/api/auth/(?P<pk>[^/.]+)/$"]
        {
            assert_eq!(taken(path, "people.views.PageView"), first, "{path}");
        }
        for path in
            ["/api/auth/", "/api/auth/<int:pk>/", "/api/auth/me/<slug:x>/", "/api/auth/(?P<pk>\\d+)/", "/me/"]
        {
            assert_eq!(taken(path, "people.views.PageView"), None, "{path}");
        }
        // One's own may stay where they are.
        assert_eq!(taken("/api/auth/me/", "accounts.views.MeView"), None);
        assert_eq!(taken("/api/auth/me/", "accounts_too.views.MeView"), me);
        let mut both = facts("/api/auth/me/", "accounts.views.MeView");
        both.urls.extend(facts("/api/auth/login/", "knox.views.LoginView").urls);
        assert_eq!(both.taken_url("api/auth/", &["login/", "me/"], "accounts"), None);
    }

    #[test]
    fn a_package_has_its_prefix_for_itself() {
        assert!(taken("/api/auth/", "dj_rest_auth.urls").is_some());
        assert!(taken("/api/auth/", "djoser.urls.authtoken").is_some());
        assert_eq!(taken("/api/", "djoser.urls"), None);
        assert_eq!(taken("/", "prometheus.urls"), None);
    }

    #[test]
    fn rows_of_routers_take_one_word() {
        let router = |prefix: &str| {
            json!({ "name": "router", "class": "rest_framework.routers.DefaultRouter", "mounted_at": "/api/",
                "place": { "file": "config/urls.py", "line": 1 },
                "routes": [{ "prefix": prefix, "viewset": "UserViewSet" }] })
        };
        let taken = |prefix: &str, below: &str| {
            let routers = vec![serde_json::from_value(router(prefix)).unwrap()];
            let facts = ProjectFacts { routers, ..ProjectFacts::default() };
            facts.taken_url("api/auth/", &[below], "accounts").map(|(_, view)| view.to_owned())
        };
        assert_eq!(taken("auth", "me/").as_deref(), Some("UserViewSet"));
        assert_eq!(taken("auth/me", "me/").as_deref(), Some("UserViewSet"));
        assert_eq!(taken("auth", "2fa/confirm/"), None);
        assert_eq!(taken("users", "me/"), None);
    }
}
