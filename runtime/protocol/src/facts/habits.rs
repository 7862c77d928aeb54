//! Where a project keeps its API, and what its views have in common: what is new in it does as they do.

use super::{
    AppFacts, Audience, Expr, ModelFacts, Parts, PatternFacts, PermissionFacts, ProjectFacts, RouteFacts,
    RouterFacts, ViewsetFacts, last,
};

/// Attributes of a view that say how it is reached, and not what it serves.
const ATTRIBUTES: [&str; 5] =
    ["authentication_classes", "renderer_classes", "parser_classes", "throttle_classes", "pagination_class"];

/// A class attribute of views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewAttribute {
    /// Its name, such as `authentication_classes`.
    pub name: &'static str,
    /// The classes that it names, as full dotted names.
    pub classes: Vec<String>,
    /// Whether it is a list of them.
    pub is_list: bool,
}

impl ViewAttribute {
    fn of(name: &'static str, view: &ViewsetFacts) -> Option<Self> {
        let value = view.value(name)?;
        let is_list = matches!(value.parts.as_deref(), Some(Parts::List(_) | Parts::Tuple(_)));
        let known = |class: &Expr| class.path.clone().filter(|path| path.contains('.'));
        let classes = view.classes(name).iter().map(known).collect::<Option<Vec<_>>>()?;
        (!classes.is_empty()).then_some(Self { name, classes, is_list })
    }

    /// Whether it works without another attribute beside it.
    fn stands_alone(&self) -> bool {
        !self.classes.iter().any(|class| class.ends_with(".ScopedRateThrottle"))
    }
}

/// All of these need the facts of all apps.
impl ProjectFacts {
    /// The app that serves a model, its own first: the one with a view of it, else with a serializer of it.
    fn serving(&self, label: &str) -> Option<&AppFacts> {
        let (own, others): (Vec<&AppFacts>, Vec<&AppFacts>) =
            self.apps.iter().partition(|app| label.split('.').next() == Some(app.label.as_str()));
        let views = |app: &&&AppFacts| app.viewsets.iter().any(|v| v.model.as_deref() == Some(label));
        let serializes = |app: &&&AppFacts| app.serializers.iter().any(|s| s.model.as_deref() == Some(label));
        let apps = || own.iter().chain(&others);
        apps().find(views).or_else(|| apps().find(serializes)).copied()
    }

    /// The app that the API of a model is in, or goes to: where that is served which its rows belong to, else where most
    /// of its app's models are.
    #[must_use]
    pub fn api_app(&self, model: &ModelFacts) -> Option<&AppFacts> {
        let needed = self.needed_relations(model).into_iter().map(|(_, to)| to);
        let above = needed.filter(|to| to.split('.').next() == Some(model.app()));
        let served = std::iter::once(model.label.as_str()).chain(above).find_map(|label| self.serving(label));
        served.or_else(|| self.api_app_of(model.app()))
    }

    /// The app that the API of the models of an app goes to: where most of them are served. An app without any API goes
    /// where that of all other apps is, if it is in one place.
    #[must_use]
    pub fn api_app_of(&self, label: &str) -> Option<&AppFacts> {
        let own = self.app(label);
        let served_in = |app: &AppFacts| -> Vec<&AppFacts> {
            let models = app.models.iter().filter(|model| model.label != self.settings.auth_user_model);
            models.filter_map(|model| self.serving(&model.label)).collect()
        };
        let served = own.map(served_in).unwrap_or_default();
        let count = |app: &AppFacts| served.iter().filter(|by| by.label == app.label).count();
        let most =
            self.apps.iter().filter(|app| count(app) > 0).max_by_key(|app| (count(app), app.label == label));
        if most.is_some() {
            return most;
        }
        let has_api = |app: &&AppFacts| !app.viewsets.is_empty() || !app.serializers.is_empty();
        if own.as_ref().is_some_and(has_api) {
            return own;
        }
        let mut elsewhere =
            self.apps.iter().flat_map(|app| served_in(app).into_iter().map(move |by| (app, by)));
        let Some((first, center)) = elsewhere.next() else { return own };
        let mut served = vec![first.label.as_str()];
        for (app, by) in elsewhere {
            if by.label != center.label {
                return own;
            }
            served.push(&app.label);
        }
        // It is no app with models that are served there, and serves more than one.
        let is_apart = served.iter().any(|app| *app != served[0]) && !served.contains(&center.label.as_str());
        if is_apart { Some(center) } else { own }
    }

    /// Whether the model `label`, whose rows belong to rows of `parent` if that is given, could be served at `route` with
    /// the usual names: where it goes nothing else has the URL or a serializer of that name.
    #[must_use]
    pub fn is_api_free(&self, label: &str, parent: Option<&str>, route: &str) -> bool {
        let (app, name) = label.split_once('.').unwrap_or(("", label));
        let known = self.model(label).or_else(|| self.model(parent?));
        let Some(home) = known.map_or_else(|| self.api_app_of(app), |model| self.api_app(model)) else {
            return true;
        };
        let is_own = |view: &ViewsetFacts| view.model.as_deref() == Some(label);
        let class = format!("{name}Serializer");
        if home.serializers.iter().any(|s| s.name == class && s.model.as_deref() != Some(label)) {
            return false;
        }
        let views = || self.apps.iter().flat_map(|app| &app.viewsets);
        let routers = || self.routers.iter().chain(self.apps.iter().flat_map(|app| &app.routers));
        let serves_home = |router: &&RouterFacts| {
            let leads =
                |route: &RouteFacts| home.viewsets.iter().any(|v| route.leads_to(&v.name, &v.place.file));
            !router.is_nested() && router.routes.iter().any(leads)
        };
        let router = home.router().or_else(|| routers().find(serves_home)).or(self.routers.first());
        let mount = match router {
            Some(router) => router.mounted_at.clone(),
            None => Some(format!("/{}", self.api_root.as_deref().unwrap_or("api/"))),
        };
        let route = route.trim_matches('/');
        let is_taken = |router: &RouterFacts| {
            let is_there = router.mounted_at.is_some() && router.mounted_at == mount;
            let leads_to_own = |route: &RouteFacts| {
                views().filter(|view| is_own(view)).any(|v| route.leads_to(&v.name, &v.place.file))
            };
            is_there && router.routes.iter().any(|r| r.prefix.trim_matches('/') == route && !leads_to_own(r))
        };
        // Names of routes are those of a whole namespace.
        let namespace = home.patterns.first().and_then(|pattern| pattern.namespace.as_deref());
        let list = format!("{}-list", in_words(name));
        let has_name = |pattern: &PatternFacts| {
            let own = views().any(|view| view.name == pattern.view && is_own(view));
            let name = pattern.name.as_ref().map(|name| name.replace('_', "-"));
            pattern.namespace.as_deref() == namespace && name.as_deref() == Some(&list) && !own
        };
        if self.apps.iter().flat_map(|app| &app.patterns).any(has_name) {
            return false;
        }
        let is_pattern = |pattern: &PatternFacts| {
            let own = home.viewsets.iter().any(|view| view.name == pattern.view && is_own(view));
            pattern.route.trim_matches('/') == route && !own
        };
        !routers().any(is_taken) && !home.patterns.iter().any(is_pattern)
    }

    /// The app whose URL patterns those of `app` are like: itself, or without any the first one that has some.
    #[must_use]
    pub fn app_with_patterns<'f>(&'f self, app: &'f AppFacts) -> &'f AppFacts {
        let has_some = |app: &&AppFacts| app.patterns.iter().any(|pattern| !pattern.is_function);
        std::iter::once(app).chain(&self.apps).find(has_some).unwrap_or(app)
    }

    /// The views that a new one of `app` is like: those of the app's models but `label`; in an app without any, all of the
    /// project that list rows.
    #[must_use]
    pub fn sibling_views(&self, app: &AppFacts, label: &str) -> Vec<&ViewsetFacts> {
        let is_other = |view: &&ViewsetFacts| view.model.as_deref().is_some_and(|of| of != label);
        let views = || self.apps.iter().flat_map(|app| app.viewsets.iter().map(move |view| (app, view)));
        let own: Vec<&ViewsetFacts> =
            views().filter(|(of, _)| of.label == app.label).map(|(_, view)| view).filter(is_other).collect();
        if !own.is_empty() {
            return own;
        }
        views().map(|(_, view)| view).filter(is_other).filter(|v| v.offered().contains(&"list")).collect()
    }

    /// The permission classes that fit any model and that all of these views have, as full dotted names.
    #[must_use]
    pub fn shared_permissions(&self, views: &[&ViewsetFacts]) -> Vec<String> {
        let of_view = |view: &&ViewsetFacts| -> Vec<String> {
            let classes = if view.decides_permissions() { &[] } else { view.classes("permission_classes") };
            let paths = classes.iter().filter_map(|class| class.path.clone());
            paths
                .filter(|path| path.starts_with("rest_framework.permissions.") || self.fits_any_model(path))
                .collect()
        };
        let mut all = views.iter().map(of_view);
        let first = all.next().unwrap_or_default();
        all.fold(first, |shared, classes| {
            shared.into_iter().filter(|class| classes.contains(class)).collect()
        })
    }

    /// What a new view has besides what it serves: how clients say who they are as the view of `parent` or, without that,
    /// as most of the project's; and what all of the project's views have.
    #[must_use]
    pub fn view_attributes(&self, parent: Option<&str>, label: Option<&str>) -> Vec<ViewAttribute> {
        let views = self.apps.iter().flat_map(|app| &app.viewsets);
        let views: Vec<&ViewsetFacts> =
            views.filter(|view| view.model.is_some() && view.model.as_deref() != label).collect();
        let above = views.iter().find(|view| parent.is_some() && view.model.as_deref() == parent);
        let of_all = |name: &'static str, is_enough: &dyn Fn(usize) -> bool| {
            let found: Vec<ViewAttribute> =
                views.iter().filter_map(|view| ViewAttribute::of(name, view)).collect();
            let count = |one: &ViewAttribute| found.iter().filter(|other| *other == one).count();
            found.iter().find(|one| is_enough(count(one))).cloned()
        };
        let of_name = |name: &'static str| match (name, above) {
            ("authentication_classes", Some(view)) => ViewAttribute::of(name, view),
            ("authentication_classes", None) => of_all(name, &|count| count * 2 > views.len()),
            _ => of_all(name, &|count| count > 1 && count == views.len()),
        };
        ATTRIBUTES.into_iter().filter_map(of_name).filter(ViewAttribute::stands_alone).collect()
    }

    /// The class of the project's own that all viewsets of other models than `label` extend, and nothing beside it, if it
    /// offers everything for any model and does not decide by itself who may do what.
    #[must_use]
    pub fn shared_base(&self, label: &str) -> Option<&ViewsetFacts> {
        const OF_A_MODEL: [&str; 11] = [
            "get_authenticators",
            "get_permissions",
            "check_permissions",
            "initial",
            "get_queryset",
            "get_object",
            "get_serializer_class",
            "filter_queryset",
            "perform_create",
            "perform_update",
            "perform_destroy",
        ];
        let all = || self.apps.iter().flat_map(|app| &app.viewsets);
        let mut served = all().filter(|v| v.is_viewset() && v.model.as_deref().is_some_and(|of| of != label));
        let only_base = |view: &ViewsetFacts| match view.bases.as_slice() {
            [base] => Some(last(base).to_owned()),
            _ => None,
        };
        let name = only_base(served.next()?)?;
        let mut count = 1;
        for view in served {
            (only_base(view)? == name).then_some(())?;
            count += 1;
        }
        let fits = |base: &&ViewsetFacts| {
            base.name == name
                && base.model.is_none()
                && base.offered().len() == 5
                && ["queryset", "serializer_class"].iter().all(|attribute| base.value(attribute).is_none())
                && !base.methods.iter().any(|method| OF_A_MODEL.contains(&method.as_str()))
        };
        let mut found = all().filter(|view| view.name == name);
        found.next().filter(|base| count > 1 && fits(base)).filter(|_| found.next().is_none())
    }

    /// The project's own permission class that a path leads to, whatever module it is imported from.
    #[must_use]
    pub fn permission_class(&self, path: &str) -> Option<&PermissionFacts> {
        let of_name = || self.permissions.iter().filter(|p| p.name == last(path));
        let exact = of_name()
            .find(|p| path.strip_suffix(&p.name).is_some_and(|m| m.trim_end_matches('.') == p.module));
        exact.or_else(|| of_name().next().filter(|_| of_name().count() == 1))
    }

    /// Whether a path leads to a permission class of the project's own that looks at the request alone.
    #[must_use]
    pub fn fits_any_model(&self, path: &str) -> bool {
        self.permission_class(path).is_some_and(|class| class.any_model)
    }

    /// Who may read and who may write by a permission class, as far as that goes by the request; absent if that cannot be
    /// told.
    #[must_use]
    pub fn audience(&self, path: &str) -> Option<(Audience, Audience)> {
        match self.permission_class(path) {
            Some(own) if !path.starts_with("rest_framework.") => Some((own.readers?, own.writers?)),
            _ => Audience::of_framework(path),
        }
    }
}

/// `OrderItem` as `order-item`.
fn in_words(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}
