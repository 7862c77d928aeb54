//! The route of a new viewset: a registration on the router that serves the app, or a router where there is none.

use aksara_python::edit::{Edits, OpenFile, PatternPlace, StatementPlace};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, RouteFacts, RouterFacts};
use aksara_sdk::{Context, Diagnostic, Edit, Label, RelPath};

use super::project;

/// What to do where a route is another one's.
pub(super) const ANOTHER: &str = "choose another route, with `--set route=NAME` or the step's `route`, or leave that view as it is and change it instead";

/// What is to be registered.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The viewset's class.
    pub viewset: &'a str,
    /// The file that it is in.
    pub file: &'a RelPath,
    /// The model's class, if the viewset says which it is.
    pub model: Option<&'a str>,
    /// The prefix, such as `tags`.
    pub prefix: &'a str,
}

impl Wanted<'_> {
    /// What the names of the routes begin with, usually.
    fn basename(&self) -> String {
        self.model.unwrap_or_else(|| self.viewset.trim_end_matches("ViewSet")).to_lowercase()
    }

    /// Whether a route is the viewset's.
    fn has(&self, route: &RouteFacts) -> bool {
        route.leads_to(self.viewset, self.file)
    }

    /// A path below the place where the routes are included.
    fn url(&self) -> String {
        format!("{}/", self.prefix.trim_matches('/'))
    }
}

/// # Errors
/// A prefix that no URL can have.
pub fn check_prefix(route: &str) -> Result<(), Diagnostic> {
    let prefix = route.trim_matches('/');
    let plain = prefix.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
    if !prefix.is_empty() && plain {
        return Ok(());
    }
    let shown: String = route.chars().take(80).collect();
    Err(Diagnostic::new(codes::BAD_PARAMS, format!("`{shown}` cannot be the prefix of a route"))
        .with_help("use letters, digits, `-`, `_` and `/`, such as `tags`"))
}

/// The edits that route a viewset, in files other than `here`: its own, which is open and may have the router, too.
///
/// # Errors
/// A prefix or name that another viewset has; URLs that are not written as a literal list.
pub fn route(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    wanted: Wanted<'_>,
    here: &mut OpenFile,
) -> Result<Vec<Edit>, Diagnostic> {
    let everything;
    let mut router = app.router();
    if router.is_none() {
        // One router for all apps may stand beside the settings, or in an app of its own.
        everything = project::all_facts(cx)?;
        let elsewhere = || everything.routers.iter().chain(everything.apps.iter().flat_map(|a| &a.routers));
        let is_own = |route: &RouteFacts| {
            app.viewsets.iter().any(|viewset| route.leads_to(&viewset.name, &viewset.place.file))
        };
        let serves = |r: &&RouterFacts| !r.is_nested() && r.routes.iter().any(is_own);
        router = elsewhere().find(serves).or(everything.routers.first());
        if let Some(router) = router {
            return register(cx, facts, app, router, wanted, here).map(|edit| edit.into_iter().collect());
        }
    }
    match router {
        Some(router) => register(cx, facts, app, router, wanted, here).map(|edit| edit.into_iter().collect()),
        None => make_router(cx, facts, app, wanted),
    }
}

fn register(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    router: &RouterFacts,
    wanted: Wanted<'_>,
    here: &mut OpenFile,
) -> Result<Option<Edit>, Diagnostic> {
    if router.routes.iter().any(|route| wanted.has(route) && is_prefix(&route.prefix, wanted.prefix)) {
        return Ok(None);
    }
    let others = Others::find(cx, facts, app, router.namespace.as_deref())?;
    let basename = others.basename(app, wanted);
    for route in &router.routes {
        let same_prefix = is_prefix(&route.prefix, wanted.prefix);
        let taken = if same_prefix {
            Some(("the route", route.prefix.as_str()))
        } else if route.basename.as_deref() == Some(basename.as_str()) {
            Some(("the route name", basename.as_str()))
        } else {
            None
        };
        if let Some((what, name)) = taken {
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("{what} `{name}` is taken by `{}` on `{}`", route.viewset, router.name),
            )
            .with_label(Label {
                path: router.place.file.clone(),
                line: router.place.line,
                column: 1,
                len: 0,
                text: "this router".to_owned(),
            })
            .with_help(ANOTHER));
        }
    }
    if let Some(taken) = router.mounted_at.as_deref().and_then(|mount| others.taken(mount, wanted)) {
        return Err(taken);
    }
    if router.place.file == *wanted.file {
        write_registration(&mut here.edits, router, wanted.viewset, wanted, &basename)?;
        return Ok(None);
    }
    let mut file = project::open(cx, &router.place.file, facts)?;
    let class = file.edits.name_of_app(app, wanted.file, wanted.viewset)?;
    write_registration(&mut file.edits, router, &class, wanted, &basename)?;
    Ok(file.finish())
}

fn write_registration(
    edits: &mut Edits,
    router: &RouterFacts,
    class: &str,
    wanted: Wanted<'_>,
    basename: &str,
) -> Result<(), Diagnostic> {
    let call = format!("{}.register", router.name);
    let code = registration(edits, &router.name, class, wanted, basename);
    let place = match edits.count_calls(&call) {
        0 => StatementPlace::AfterVariable(&router.name),
        _ => StatementPlace::AfterCalls(&call),
    };
    edits.append_statement(&code, place).map(drop)
}

fn is_prefix(there: &str, wanted: &str) -> bool {
    there.trim_matches('/') == wanted.trim_matches('/')
}

/// The routes of other apps' viewsets that are reached in a namespace, each with the URL that its router is mounted at.
struct Others(Vec<(String, RouteFacts)>);

impl Others {
    fn find(
        cx: &Context<'_>,
        facts: &ProjectFacts,
        app: &AppFacts,
        namespace: Option<&str>,
    ) -> Result<Self, Diagnostic> {
        if facts.app_labels.len() < 2 {
            return Ok(Self(Vec::new()));
        }
        let all = project::all_facts(cx)?;
        let routers = all.routers.iter().chain(all.apps.iter().flat_map(|a| &a.routers));
        let reached = routers.filter(|r| r.namespace.as_deref() == namespace);
        let routes = reached.flat_map(|router| {
            router.routes.iter().map(|route| (router.mounted_at.clone().unwrap_or_default(), route.clone()))
        });
        let is_other = |route: &RouteFacts| route.file.as_ref().is_some_and(|file| !file.is_below(&app.dir));
        Ok(Self(routes.filter(|(mount, route)| !mount.is_empty() && is_other(route)).collect()))
    }

    /// What the names of the routes begin with: after the app too, where a viewset of another app has the usual name.
    fn basename(&self, app: &AppFacts, wanted: Wanted<'_>) -> String {
        let usual = wanted.basename();
        match self.0.iter().any(|(_, route)| route.basename.as_deref() == Some(usual.as_str())) {
            true => format!("{}-{usual}", app.label),
            false => usual,
        }
    }

    /// The URL that a viewset of another app has, if the viewset would be routed to the same one by a router at this path.
    fn taken(&self, mounted_at: &str, wanted: Wanted<'_>) -> Option<Diagnostic> {
        let is_same = |(mount, route): &&(String, RouteFacts)| {
            mount == mounted_at && is_prefix(&route.prefix, wanted.prefix)
        };
        let (_, route) = self.0.iter().find(is_same)?;
        let url = format!("{mounted_at}{}", wanted.url());
        let file = route.file.as_ref().map(|file| format!(" of `{file}`")).unwrap_or_default();
        Some(
            Diagnostic::new(
                codes::NAME_TAKEN,
                format!("the URL `{url}` is taken by `{}`{file}", route.viewset),
            )
            .with_help(ANOTHER),
        )
    }
}

/// `router.register("tags", TagViewSet, basename="tag")`, as the file's other registrations are written.
fn registration(edits: &Edits, router: &str, class: &str, wanted: Wanted<'_>, basename: &str) -> String {
    let text = edits.source().text();
    let call = format!("{router}.register(");
    let raw = text.contains(&format!("{call}r\"")) || text.contains(&format!("{call}r'"));
    // Without a queryset REST framework has no name of its own for the routes.
    let named = text.contains("basename=")
        || !text.contains(&call)
        || wanted.model.is_none()
        || basename != wanted.basename();
    let layout = edits.layout();
    let prefix = layout.string(wanted.prefix.trim_matches('/'));
    let prefix = format!("{}{prefix}", if raw { "r" } else { "" });
    let basename = if named { format!(", basename={}", layout.string(basename)) } else { String::new() };
    format!("{call}{prefix}, {class}{basename})")
}

/// A router in the app's `urls.py`, included in the project's URLs if the app is not yet.
fn make_router(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    wanted: Wanted<'_>,
) -> Result<Vec<Edit>, Diagnostic> {
    let path = match &app.files.urls {
        Some(path) => path.clone(),
        None => RelPath::new(format!("{}/urls.py", app.dir))
            .map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))?,
    };
    let mut file = project::open(cx, &path, facts)?;
    let edits = &mut file.edits;
    if let Some(what) = edits.meaning_of("router") {
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("`{path}` already has {what}, which is not a router that could be read"),
        )
        .with_help("register the viewset by hand, and leave the route out of the plan"));
    }
    let _ = edits.import_from("django.urls", "include")?;
    let _ = edits.import_from("django.urls", "path")?;
    let has_patterns = edits.meaning_of("urlpatterns").is_some();
    // Before patterns that take everything else, the root of a `DefaultRouter` could take a page's place.
    let is_last = !has_patterns || edits.pattern_place(&wanted.url())? == PatternPlace::End;
    let router_class = if is_last { "DefaultRouter" } else { "SimpleRouter" };
    let router_class = edits.name_from("rest_framework.routers", router_class)?;
    let class = edits.name_of_app(app, wanted.file, wanted.viewset)?;
    let make = format!("router = {router_class}()");
    let is_named = edits.meaning_of("app_name").is_some();
    let others = Others::find(cx, facts, app, None)?;
    let basename = if is_named { wanted.basename() } else { others.basename(app, wanted) };
    let register = registration(edits, "router", &class, wanted, &basename);
    let include = format!("path({}, include(router.urls))", edits.layout().string(""));
    if has_patterns {
        let _ = edits.append_statement(&make, StatementPlace::BeforeVariable("urlpatterns"))?;
        let _ = edits.append_statement(&register, StatementPlace::AfterVariable("router"))?;
        let _ = edits.add_pattern(&include, &wanted.url())?;
    } else {
        let _ = edits.append_statement(&make, StatementPlace::End)?;
        let _ = edits.append_statement(&register, StatementPlace::AfterVariable("router"))?;
        let _ =
            edits.append_statement(&format!("urlpatterns = [\n    {include},\n]"), StatementPlace::End)?;
    }
    let mut out: Vec<Edit> = file.finish().into_iter().collect();
    let included = include_app(cx, facts, app, &path, &wanted.url())?;
    if included.is_some()
        && let Some(taken) = others.taken(&format!("/{}", api_prefix(facts)), wanted)
    {
        return Err(taken);
    }
    out.extend(included);
    Ok(out)
}

/// The app's URLs in the module that includes those of the other apps, or where that has no list of patterns in the
/// project's, unless they are there; `url` is one of them.
pub(super) fn include_app(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    urls: &RelPath,
    url: &str,
) -> Result<Option<Edit>, Diagnostic> {
    let root = facts.settings.root_urls_file.as_ref().ok_or_else(|| {
        Diagnostic::new(codes::NOT_FOUND, "the project's URL file was not found, so the app cannot be routed")
            .with_help("name it in ROOT_URLCONF, as `startproject` does")
    })?;
    let module = app.module_of(urls).unwrap_or_else(|| format!("{}.urls", app.module));
    let prefix = api_prefix(facts);
    let mut outer = project::open(cx, root, facts)?;
    if includes(&outer, &module) {
        return Ok(None);
    }
    if let Some((file, rest)) = facts.including_urls(prefix) {
        // The project's own module may have a list of the API's.
        let list = facts.api_urls.as_ref().filter(|api| api.file == *file && rest != prefix);
        let list = list.and_then(|api| api.list.as_deref());
        if file != root || list.is_some() {
            let mut inner = project::open(cx, file, facts)?;
            if includes(&inner, &module) {
                return Ok(None);
            }
            if include(&mut inner, rest, &module, url, list).is_ok() {
                return Ok(inner.finish());
            }
        }
    }
    include(&mut outer, prefix, &module, url, None)?;
    Ok(outer.finish())
}

/// Where the URLs of an app's API are included.
fn api_prefix(facts: &ProjectFacts) -> &str {
    facts.api_root.as_deref().unwrap_or("api/")
}

/// Whether a file includes the URLs of `module`.
fn includes(file: &OpenFile, module: &str) -> bool {
    let text = file.edits.source().text();
    ["\"", "'"].iter().any(|q| text.contains(&format!("{q}{module}{q}")))
        || text.contains(&format!("include({module}"))
}

fn include(
    file: &mut OpenFile,
    prefix: &str,
    module: &str,
    url: &str,
    list: Option<&str>,
) -> Result<(), Diagnostic> {
    let edits = &mut file.edits;
    let _ = edits.import_from("django.urls", "include")?;
    let _ = edits.import_from("django.urls", "path")?;
    let layout = edits.layout();
    let entry = format!("path({}, include({}))", layout.string(prefix), layout.string(module));
    edits.add_pattern_to(list.unwrap_or("urlpatterns"), &entry, &format!("{prefix}{url}")).map(drop)
}
