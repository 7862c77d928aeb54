//! Routers, views that have a pattern each, and where they are reached: `include(…)` followed from the root URLs.

use std::collections::{BTreeMap, BTreeSet};

use aksara_python::read::{Assign, Call};
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::{
    ApiUrls, Expr, Parts, PatternFacts, Place, RouteFacts, RouterFacts, UrlFacts,
};

use super::apps::{OwnApp, owner};
use super::models::Models;
use super::modules::{Ancestor, Definition, LinkedModule, Modules};

/// How deep URL modules and lists are followed into each other; an `include` is about four levels.
const MAX_DEPTH: usize = 80;

/// The variable that a URL module keeps its patterns in.
const VARIABLE: &str = "urlpatterns";

/// What stands for a part of a path that cannot be told.
const UNKNOWN: &str = "…";

/// What makes a function a view of an API.
const API_VIEW: &str = "rest_framework.decorators.api_view";

/// A router with the name that other modules know it by.
struct Router {
    path: String,
    facts: RouterFacts,
}

/// What the URLs of a project lead to.
pub(super) struct Urls {
    /// All routers with their routes and mounts.
    pub(super) routers: Vec<RouterFacts>,
    /// Views of the project that have a pattern of their own, each with the file of the view.
    pub(super) patterns: Vec<(RelPath, PatternFacts)>,
    /// The APIs of apps that are included from elsewhere.
    pub(super) includes: Vec<Include>,
    /// What every URL that has a pattern leads to.
    pub(super) urls: Vec<UrlFacts>,
}

/// An app's URLs with an API, included by a URL module that is not the app's.
pub(super) struct Include {
    /// The file that includes them, and where its own patterns are reached.
    by: ApiUrls,
    /// Where the app's are reached below that.
    route: String,
    /// The app, by its index.
    app: usize,
    /// Whether the file writes out a list of patterns.
    has_list: bool,
}

/// Follows the URLs of the project. `model_of` is the model of a viewset class, by the class's full name, and `is_view`
/// tells whether a class is a view of an API.
pub(super) fn read(
    models: &Models<'_>,
    root_urlconf: Option<&str>,
    model_of: &dyn Fn(&str) -> Option<String>,
    is_view: &dyn Fn(&str) -> bool,
) -> Urls {
    let modules = models.modules;
    let mut routers: Vec<Router> = modules.iter().flat_map(made_in).collect();
    for module in modules.iter() {
        for call in &module.module.calls {
            register(call, modules, &mut routers, model_of);
        }
    }
    let (mut patterns, mut includes, mut urls) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(root) = root_urlconf.and_then(|name| modules.get(name)) {
        let mut walk = Walk {
            modules,
            root: &root.path,
            apps: models.apps,
            is_view,
            mounts: Vec::new(),
            patterns: Vec::new(),
            includes: Vec::new(),
            urls: Vec::new(),
            views: 0,
        };
        let top = || Some("/".to_owned());
        let at = At {
            prefix: top(),
            namespace: Vec::new(),
            file: root.path.clone(),
            base: (top(), None),
            list: None,
        };
        walk.module(root, &at, MAX_DEPTH);
        let extended = extensions(modules);
        for router in &mut routers {
            // The routes of a router that extends another are reached where the other is.
            let mut name = router.path.as_str();
            for _ in 0..extended.len() {
                match extended.iter().find(|(from, _)| from == name) {
                    Some((_, into)) => name = into,
                    None => break,
                }
            }
            if let Some((_, at)) = walk.mounts.iter().find(|(path, _)| path == name) {
                router.facts.mounted_at = at.prefix.clone();
                router.facts.namespace = at.namespace();
            }
        }
        (patterns, includes, urls) = (walk.patterns, walk.includes, walk.urls);
    }
    Urls { routers: routers.into_iter().map(|router| router.facts).collect(), patterns, includes, urls }
}

/// The class of the router that an expression makes; of `A() if … else B()` that of the first.
fn router_class(made: &Expr) -> Option<&str> {
    match made.parts.as_deref()? {
        Parts::Call { function, .. } => {
            function.rsplit('.').next().unwrap_or(function).ends_with("Router").then_some(function)
        }
        Parts::Operation { operator, operands } if operator == "if" => {
            let classes: Option<Vec<&str>> = operands.iter().map(router_class).collect();
            classes?.first().copied()
        }
        _ => None,
    }
}

fn made_in(module: &LinkedModule) -> Vec<Router> {
    let router = |assign: &Assign| {
        let class = router_class(&assign.value)?;
        Some(Router {
            path: format!("{}.{}", module.module.name, assign.name),
            facts: RouterFacts {
                name: assign.name.clone(),
                class: class.to_owned(),
                place: Place { file: module.path.clone(), line: assign.line },
                mounted_at: None,
                namespace: None,
                routes: Vec::new(),
            },
        })
    };
    let mut found: Vec<Router> =
        module.module.assigns.iter().filter(|a| !a.adds).filter_map(router).collect();
    // `router = …` in the two branches of an `if` is one router.
    let mut seen = BTreeSet::new();
    found.retain(|router| seen.insert(router.path.clone()));
    found
}

/// The full name of the variable that `path` stands for, imports followed.
fn variable(path: &str, modules: &Modules) -> Option<String> {
    match modules.resolve(path)? {
        Definition::Variable(module, assign) => Some(format!("{}.{}", module.module.name, assign.name)),
        _ => None,
    }
}

fn register(
    call: &Call,
    modules: &Modules,
    routers: &mut [Router],
    model_of: &dyn Fn(&str) -> Option<String>,
) {
    let Some(target) = call.function.strip_suffix(".register").and_then(|path| variable(path, modules))
    else {
        return;
    };
    let Some(router) = routers.iter_mut().find(|router| router.path == target) else { return };
    let argument =
        |position: usize, name: &str| call.args.keyword(name).or_else(|| call.args.positional.get(position));
    let text = |expr: &Expr| Some(expr.literal.as_ref()?.as_str()?.to_owned());
    let (Some(prefix), Some(viewset)) = (argument(0, "prefix").and_then(text), argument(1, "viewset")) else {
        return;
    };
    let class = viewset.path.as_deref().and_then(|path| modules.class(path));
    let given = argument(2, "basename").or_else(|| call.args.keyword("base_name"));
    let basename = match given {
        Some(expr) => text(expr),
        // As the framework derives it: the queryset's model in lower case.
        None => class
            .and_then(|(module, class)| model_of(&format!("{}.{}", module.module.name, class.name)))
            .and_then(|label| Some(label.rsplit('.').next()?.to_lowercase())),
    };
    router.facts.routes.push(RouteFacts {
        prefix,
        viewset: match class {
            Some((_, class)) => class.name.clone(),
            None => viewset.source.rsplit('.').next().unwrap_or(&viewset.source).to_owned(),
        },
        file: class.map(|(module, _)| module.path.clone()),
        basename,
    });
}

/// `(other, router)` for each `router.registry.extend(other.registry)`.
fn extensions(modules: &Modules) -> Vec<(String, String)> {
    let calls = modules.iter().flat_map(|module| &module.module.calls);
    calls
        .filter_map(|call| {
            let into = variable(call.function.strip_suffix(".registry.extend")?, modules)?;
            let from = call.args.positional.first()?.path.as_deref()?.strip_suffix(".registry")?;
            Some((variable(from, modules)?, into)).filter(|(from, into)| from != into)
        })
        .collect()
}

/// Where a URL pattern is reached.
#[derive(Clone, Debug)]
struct At {
    /// `None` where a pattern has no plain path, such as a regular expression with a group.
    prefix: Option<String>,
    namespace: Vec<String>,
    /// The file of the pattern.
    file: RelPath,
    /// Prefix and namespace of that file's patterns, or of those of `list`.
    base: (Option<String>, Option<String>),
    /// The variable of a list in the root file that is included below a prefix, if the pattern stands in one.
    list: Option<String>,
}

impl At {
    fn namespace(&self) -> Option<String> {
        (!self.namespace.is_empty()).then(|| self.namespace.join(":"))
    }

    fn below(&self, route: Option<&str>) -> Self {
        let prefix = match (&self.prefix, route) {
            (Some(prefix), Some(route)) => Some(format!("{prefix}{route}")),
            _ => None,
        };
        Self { prefix, ..self.clone() }
    }

    fn within(&self, namespace: Option<String>) -> Self {
        let mut at = self.clone();
        at.namespace.extend(namespace);
        at
    }
}

struct Walk<'p> {
    modules: &'p Modules,
    /// The project's URL module.
    root: &'p RelPath,
    apps: &'p [OwnApp],
    is_view: &'p dyn Fn(&str) -> bool,
    /// A router's full name, and where its routes are reached; the first place counts.
    mounts: Vec<(String, At)>,
    patterns: Vec<(RelPath, PatternFacts)>,
    includes: Vec<Include>,
    urls: Vec<UrlFacts>,
    /// How many views and routers of an API were met.
    views: usize,
}

impl Walk<'_> {
    fn module(&mut self, module: &LinkedModule, at: &At, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let base = (at.prefix.clone(), at.namespace());
        let at = &At { file: module.path.clone(), base, list: None, ..at.clone() };
        for assign in module.module.assigns.iter().filter(|a| a.name == VARIABLE) {
            self.patterns(&assign.value, at, depth);
        }
    }

    /// A list of patterns, or what stands for one.
    fn patterns(&mut self, expr: &Expr, at: &At, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match expr.parts.as_deref() {
            Some(Parts::List(items) | Parts::Tuple(items)) => {
                items.iter().for_each(|item| self.patterns(item, at, depth));
            }
            Some(Parts::Operation { operands, .. }) => {
                operands.iter().for_each(|item| self.patterns(item, at, depth));
            }
            Some(Parts::Call { function, args }) => {
                let name = function.rsplit('.').next().unwrap_or(function);
                let positional = &args.positional;
                match name {
                    "path" | "re_path" | "url" => {
                        let route = args.keyword("route").or_else(|| positional.first());
                        let view = args.keyword("view").or_else(|| positional.get(1));
                        if let (Some(route), Some(view)) = (route, view) {
                            let route = route.literal.as_ref().and_then(|l| l.as_str());
                            self.url(view, route.unwrap_or(UNKNOWN), at);
                            let route = if name == "path" { route } else { route.and_then(plain) };
                            if name == "path" {
                                let given = args.keyword("name").or_else(|| positional.get(3));
                                self.view(view, route, given, at);
                            }
                            self.patterns(view, &at.below(route), depth);
                        }
                    }
                    "include" => self.include(args, at, depth),
                    // They stay where they are, and are reached with a suffix such as `.json` too.
                    "format_suffix_patterns" => {
                        let given = positional.first().or_else(|| args.keyword("urlpatterns"));
                        given.into_iter().for_each(|list| self.patterns(list, at, depth));
                    }
                    // Every pattern gets the language before it.
                    "i18n_patterns" => {
                        let unknown = at.below(None);
                        positional.iter().for_each(|item| self.patterns(item, &unknown, depth));
                    }
                    _ => {}
                }
            }
            _ => {
                let Some(path) = expr.path.as_deref() else { return };
                if let Some(router) = path.strip_suffix(".urls").and_then(|p| variable(p, self.modules)) {
                    self.mounts.push((router, at.clone()));
                    self.views += 1;
                } else if let Some(Definition::Variable(module, assign)) = self.modules.resolve(path) {
                    // `urlpatterns = f(urlpatterns)` builds on what was seen where that was assigned.
                    if assign.name == VARIABLE && module.path == at.file {
                        return;
                    }
                    let is_included =
                        module.path == *self.root && at.file == *self.root && at.prefix != at.base.0;
                    let list = (is_included && has_list(&assign.value)).then(|| At {
                        base: (at.prefix.clone(), at.namespace()),
                        list: Some(assign.name.clone()),
                        ..at.clone()
                    });
                    self.patterns(&assign.value, list.as_ref().unwrap_or(at), depth);
                }
            }
        }
    }

    /// Whether a name is one of the project's modules, or something in one.
    fn is_own(&self, path: &str) -> bool {
        let ends = path.match_indices('.').map(|(end, _)| end).chain([path.len()]);
        ends.filter_map(|end| path.get(..end)).any(|name| self.modules.get(name).is_some())
    }

    /// Notes where a URL leads: to a view, or to the URLs of a package.
    fn url(&mut self, to: &Expr, route: &str, at: &At) {
        let included = match to.parts.as_deref() {
            Some(Parts::Call { function, args }) if function.ends_with("include") => {
                args.positional.first().or_else(|| args.keyword("arg"))
            }
            _ => None,
        };
        let class = match to.parts.as_deref() {
            Some(Parts::Call { function, .. }) => function.strip_suffix(".as_view"),
            _ => None,
        };
        let text = included.and_then(|what| what.literal.as_ref()?.as_str());
        let path = text.or(class).or(included.unwrap_or(to).path.as_deref());
        let Some(path) = path else { return };
        let (view, bases, is_api) = match self.modules.resolve(path) {
            Some(Definition::Class(module, class)) => {
                let view = format!("{}.{}", module.module.name, class.name);
                let ancestors = self.modules.ancestors(class).into_iter();
                let bases = ancestors.filter_map(|ancestor| match ancestor {
                    Ancestor::Foreign(name) => Some(name.to_owned()),
                    Ancestor::Own(..) => None,
                });
                let bases: Vec<String> = bases.collect();
                let is_api =
                    (self.is_view)(&view) || bases.iter().any(|base| base.starts_with("rest_framework"));
                (view, bases, is_api)
            }
            Some(Definition::Function(module, name)) => {
                let mut imports = module.module.imports.iter();
                let is_api = imports.any(|import| import.path == API_VIEW);
                (format!("{}.{name}", module.module.name), Vec::new(), is_api)
            }
            None if !self.is_own(path) => (path.to_owned(), Vec::new(), false),
            _ => return,
        };
        let route = route.trim_start_matches('^').trim_end_matches('$');
        let path = match &at.prefix {
            Some(prefix) => format!("{prefix}{route}"),
            None => format!("/{UNKNOWN}/{route}"),
        };
        self.urls.push(UrlFacts { path, view, bases, is_api });
    }

    /// A view of the project, as a class or as a function.
    fn view(&mut self, view: &Expr, route: Option<&str>, name: Option<&Expr>, at: &At) {
        let class = match view.parts.as_deref() {
            Some(Parts::Call { function, .. }) => function.strip_suffix(".as_view"),
            _ => None,
        };
        let Some(found) = class.or(view.path.as_deref()).and_then(|path| self.modules.resolve(path)) else {
            return;
        };
        let (module, view, is_function) = match found {
            Definition::Class(module, found) if class.is_some() => (module, found.name.as_str(), false),
            Definition::Function(module, name) if class.is_none() => (module, name, true),
            _ => return,
        };
        let imports = |name: &str| module.module.imports.iter().any(|import| import.path == name);
        let pattern = PatternFacts {
            file: at.file.clone(),
            route: route.unwrap_or_default().to_owned(),
            view: view.to_owned(),
            is_function,
            is_api: is_function && imports(API_VIEW),
            name: name.and_then(|name| Some(name.literal.as_ref()?.as_str()?.to_owned())),
            namespace: at.namespace(),
        };
        let is_class = !is_function && (self.is_view)(&format!("{}.{view}", module.module.name));
        self.views += usize::from(pattern.is_api || is_class);
        self.patterns.push((module.path.clone(), pattern));
    }

    fn include(&mut self, args: &aksara_sdk::protocol::facts::Args, at: &At, depth: usize) {
        let Some(what) = args.positional.first().or_else(|| args.keyword("arg")) else { return };
        let text = |expr: &Expr| Some(expr.literal.as_ref()?.as_str()?.to_owned());
        let given = args.keyword("namespace").or_else(|| args.positional.get(1)).and_then(text);
        // `include((patterns, "blog"))`
        if let Some(Parts::Tuple(items)) = what.parts.as_deref()
            && let [patterns, app_name, ..] = items.as_slice()
        {
            let at = at.within(given.or_else(|| text(app_name)));
            return match text(patterns).as_deref().and_then(|name| self.modules.get(name)) {
                Some(_) => self.included(patterns, &at, None, depth),
                None => self.patterns(patterns, &at, depth),
            };
        }
        self.included(what, at, given, depth);
    }

    /// What an include of this module is, if the module is of another app than the file that includes it.
    fn foreign(&self, module: &LinkedModule, at: &At) -> Option<Include> {
        let app = owner(&module.path, self.apps)?;
        let (prefix, namespace) = at.base.clone();
        let (prefix, at_prefix) = (prefix?, at.prefix.as_deref()?);
        let route = at_prefix.strip_prefix(&prefix)?.to_owned();
        let prefix = prefix.trim_start_matches('/').to_owned();
        let by = self.modules.iter().find(|module| module.path == at.file)?;
        let mut lists = by.module.assigns.iter().filter(|assign| assign.name == VARIABLE && !assign.adds);
        let has_list = at.list.is_some() || lists.any(|assign| has_list(&assign.value));
        (owner(&at.file, self.apps) != Some(app)).then(|| Include {
            by: ApiUrls { file: at.file.clone(), list: at.list.clone(), prefix, namespace },
            route,
            app,
            has_list,
        })
    }

    /// A module by name or as an object; else a list of patterns.
    fn included(&mut self, what: &Expr, at: &At, given: Option<String>, depth: usize) {
        let modules = self.modules;
        let named = what.literal.as_ref().and_then(|l| l.as_str()).and_then(|name| modules.get(name));
        let object = || match modules.resolve(what.path.as_deref()?)? {
            Definition::Module(module) => Some(module),
            _ => None,
        };
        match named.or_else(object) {
            Some(module) => {
                let app_name = module.module.assigns.iter().rev().find(|a| a.name == "app_name");
                let app_name = app_name.and_then(|a| Some(a.value.literal.as_ref()?.as_str()?.to_owned()));
                let met = self.views;
                self.module(module, &at.within(given.or(app_name)), depth);
                if self.views > met {
                    self.includes.extend(self.foreign(module, at));
                }
            }
            None => self.patterns(what, &at.within(given), depth),
        }
    }
}

/// Whether an expression is a literal list or a sum with one.
fn has_list(expr: &Expr) -> bool {
    match expr.parts.as_deref() {
        Some(Parts::List(_) | Parts::Tuple(_)) => true,
        Some(Parts::Operation { operands, .. }) => operands.iter().any(has_list),
        _ => false,
    }
}

/// The URL module that includes the URLs of most apps with an API, if that writes out a list of patterns and is none of
/// an app that has models; of one for each version, the newest. `None` where it is the project's root, but for a list of
/// the API's own in that.
pub(super) fn api_urls(
    includes: &[Include],
    root: Option<&RelPath>,
    has_models: &dyn Fn(&RelPath) -> bool,
) -> Option<ApiUrls> {
    let mut found: BTreeMap<String, (BTreeSet<usize>, u32, &ApiUrls)> = BTreeMap::new();
    for include in includes.iter().filter(|include| include.has_list && !has_models(&include.by.file)) {
        let list = include.by.list.as_deref().unwrap_or_default();
        let (family, version) = versioned(&format!("{}#{list}", include.by.file));
        let entry = found.entry(family).or_insert_with(|| (BTreeSet::new(), version, &include.by));
        let _ = entry.0.insert(include.app);
        if version > entry.1 {
            (entry.1, entry.2) = (version, &include.by);
        }
    }
    let is_root = |urls: &ApiUrls| root == Some(&urls.file) && urls.list.is_none();
    let (_, _, urls) = found.into_values().max_by_key(|(apps, _, urls)| (apps.len(), is_root(urls)))?;
    (!is_root(urls)).then(|| urls.clone())
}

/// A path with `v*` for the version in it, and the version: `api/v*/urls.py` and 2 of `api/v2/urls.py`.
fn versioned(path: &str) -> (String, u32) {
    let mut newest = 0;
    let parts = path.split_inclusive(|c: char| !c.is_alphanumeric()).map(|part| {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        match word.strip_prefix('v').and_then(|number| number.parse().ok()) {
            Some(number) => {
                newest = number;
                part.replacen(word, "v*", 1)
            }
            None => part.to_owned(),
        }
    });
    (parts.collect(), newest)
}

/// The path of a regular expression that has none of its special characters.
fn plain(pattern: &str) -> Option<&str> {
    let path = pattern.strip_prefix('^').unwrap_or(pattern);
    path.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '-' | '_')).then_some(path)
}

/// Where the URLs of the API begin: where the module that includes the apps' has its own, and below that, or without
/// one, the longest beginning of an API's URLs that says `api` or a version.
pub(super) fn api_root<'r>(
    routers: impl Iterator<Item = &'r RouterFacts>,
    includes: &[Include],
    api_urls: Option<&ApiUrls>,
) -> Option<String> {
    let beginning = |path: &str| {
        let parts = path.trim_matches('/').split('/');
        let parts: Vec<&str> =
            parts.take_while(|part| matches!(*part, "api" | "rest") || is_version(part)).collect();
        parts.join("/")
    };
    let longest = |roots: &mut dyn Iterator<Item = String>| {
        let root = roots.filter(|root| !root.is_empty()).max_by_key(String::len)?;
        Some(format!("{root}/"))
    };
    if let Some(urls) = api_urls {
        let own = includes.iter().filter(|include| include.by.file == urls.file);
        let below = longest(&mut own.map(|include| beginning(&include.route))).unwrap_or_default();
        let root = format!("{}{below}", urls.prefix);
        if !root.is_empty() {
            return Some(root);
        }
    }
    let routed = longest(&mut routers.filter_map(|r| r.mounted_at.as_deref()).map(beginning));
    let included =
        || includes.iter().map(|include| beginning(&format!("{}{}", include.by.prefix, include.route)));
    routed.or_else(|| longest(&mut included()))
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{plain, versioned};

    #[test]
    fn the_version_in_a_path_is_told() {
        let of = |path| versioned(path);
        assert_eq!(of("config/api/v2/urls.py"), ("config/api/v*/urls.py".to_owned(), 2));
        assert_eq!(of("config/api_v10.py"), ("config/api_v*.py".to_owned(), 10));
        assert_eq!(of("v/urls.py"), ("v/urls.py".to_owned(), 0));
    }

    #[test]
    fn only_plain_regular_expressions_have_a_path() {
        assert_eq!(plain("^api/"), Some("api/"));
        assert_eq!(plain("^(?P<lang>\\w+)/"), None);
        assert_eq!(plain("api/$"), None);
    }
}
