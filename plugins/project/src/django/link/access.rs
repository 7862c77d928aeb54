//! Who may see and do what: permission classes, and viewsets that have other rows for each user.

use aksara_python::read::{Class, Method};
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::{Narrowing, PermissionFacts, Place};

use super::modules::{Ancestor, LinkedModule, Modules};

/// Bases that look at the request alone, and whether they ask something of it.
const FRAMEWORK: [(&str, bool); 5] = [
    ("BasePermission", false),
    ("AllowAny", false),
    ("IsAuthenticated", true),
    ("IsAdminUser", true),
    ("IsAuthenticatedOrReadOnly", true),
];

/// Parts of a request that say what is asked for, not who asks.
const ASKED_FOR: [&str; 5] = ["query_params", "GET", "method", "data", "version"];

/// The facts of a permission class; `None` for another class.
pub(super) fn permission(modules: &Modules, module: &LinkedModule, class: &Class) -> Option<PermissionFacts> {
    let ancestors = modules.ancestors(class);
    let foreign = || {
        ancestors.iter().filter_map(|ancestor| match *ancestor {
            Ancestor::Foreign(name) => Some(name),
            Ancestor::Own(..) => None,
        })
    };
    if !foreign().any(|name| name.starts_with("rest_framework.permissions.")) {
        return None;
    }
    let bases = ancestors.iter().filter_map(|ancestor| match *ancestor {
        Ancestor::Own(_, parent) => Some(parent),
        Ancestor::Foreign(_) => None,
    });
    let methods: Vec<&Method> = std::iter::once(class).chain(bases).flat_map(|c| &c.methods).collect();
    let known = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name);
        FRAMEWORK.iter().find(|(base, _)| *base == last)
    };
    let looks_at_request = |method: &&Method| {
        let body = method.body.replace("has_permission(request, view)", "");
        let words = body.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        method.name == "has_permission"
            && words.into_iter().all(|word| !matches!(word, "view" | "has_perm" | "has_perms" | "data"))
    };
    Some(PermissionFacts {
        name: class.name.clone(),
        module: module.module.name.clone(),
        place: Place { file: module.path.clone(), line: class.line },
        any_model: foreign().all(|name| known(name).is_some()) && methods.iter().all(looks_at_request),
        guards: methods.iter().any(|m| m.name == "has_permission")
            || foreign().any(|name| known(name).is_none_or(|(_, asks)| *asks)),
        object_rule: methods.iter().find(|m| m.name == "has_object_permission").map(|m| m.body.clone()),
    })
}

/// How `get_queryset` of a viewset in `file`, its own or that of a base in the project, goes by who asks.
pub(super) fn narrowing(modules: &Modules, class: &Class, file: &RelPath) -> Option<Narrowing> {
    let method = |class: &Class| class.methods.iter().position(|m| m.name == "get_queryset");
    let (file, method) = match method(class) {
        Some(at) => (file, class.methods.get(at)?),
        None => modules.ancestors(class).into_iter().find_map(|ancestor| match ancestor {
            Ancestor::Own(module, parent) => Some((&module.path, parent.methods.get(method(parent)?)?)),
            Ancestor::Foreign(_) => None,
        })?,
    };
    if !goes_by_who_asks(&method.body) {
        return None;
    }
    let returned = match method.returns.as_slice() {
        [only] if method.body.starts_with("return") => Some(only.source.clone()),
        _ => None,
    };
    Some(Narrowing { place: Place { file: file.clone(), line: method.line }, returned })
}

/// Whether code of a view looks at the request for more than what it asks for.
fn goes_by_who_asks(body: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    body.split("self.request").skip(1).any(|rest| {
        let attribute = rest.strip_prefix('.').unwrap_or_default();
        let attribute = attribute.split(|c| !is_word(c)).next().unwrap_or_default();
        !rest.starts_with(is_word) && !ASKED_FOR.contains(&attribute)
    })
}

#[cfg(test)]
mod tests {
    use super::goes_by_who_asks;

    #[test]
    fn what_is_asked_for_is_not_who_asks() {
        for (body, goes) in [
            ("return Post.objects.filter(author=self.request.user)", true),
            ("return super().get_queryset().for_user(self.request.user)", true),
            ("return visible(Post.objects, self.request)", true),
            ("return Post.objects.filter(x=self.request.query_params.get('x'))", false),
            ("return Post.objects.filter(x=self.kwargs['x'])", false),
            ("return Post.objects.filter(x=self.requested)", false),
        ] {
            assert_eq!(goes_by_who_asks(body), goes, "{body}");
        }
    }
}
