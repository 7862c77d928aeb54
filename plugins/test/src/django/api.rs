//! What a test may expect of a model's endpoints: routes, pages, who may do what.

use aksara_sdk::protocol::facts::{
    Args, Audience, Expr, FieldFacts, ModelFacts, Parts, PatternFacts, PermissionFacts, ProjectFacts,
    RelationKind, RouterFacts, SerializerFacts, ViewsetFacts, last,
};
use serde::Serialize;
use serde_json::Value;

use super::{asking, listing, sample, visible};

/// The endpoints of a model, as its first routed viewset offers them, or its generic views.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Api {
    /// The class of the viewset, or of the generic view that lists rows.
    pub viewset: String,
    /// The route name of the list, such as `post-list` or `blog:post-list`.
    pub list: String,
    /// The route name of one row.
    pub detail: String,
    /// The prefix of the routes, such as `posts`.
    pub prefix: String,
    /// The attribute that the detail route takes, `pk` unless the viewset says another.
    pub lookup: String,
    /// What tests can do: of `create` (with what a request of JSON can hold), `list`, `retrieve`, `update` (of some
    /// fields alone), `delete`.
    pub actions: Vec<&'static str>,
    /// Query parameters that filter, such as `author` and `price__gte`.
    pub filters: Vec<String>,
    /// Fields that `?search=` looks in.
    pub search: Vec<String>,
    /// Fields that `?ordering=` may name.
    pub orderings: Vec<String>,
    /// What a client may do who is not logged in; absent if that cannot be told.
    pub anonymous: Option<Access>,
    /// What a user may do who has no permission of their own; absent if that cannot be told.
    pub user: Option<Access>,
    /// What another user without any permission sees of the rows that tests make; absent if that cannot be told.
    pub strangers: Option<Access>,
    /// Where the rows of a list's answer are, as source.
    pub rows: String,
    /// Whether a list's answer has a `count`.
    pub count: bool,
    /// Who must be logged in.
    pub login: Login,
    /// Fields whose values the serializer checks by methods of its own, so that a sample may be refused.
    pub checks: Vec<String>,
    /// Fields that a request may set; absent if that cannot be told.
    pub input: Option<Vec<String>>,
    /// Fields that an answer has; absent if that cannot be told.
    pub output: Option<Vec<String>>,
    /// Fields that a row of a list has; absent if that cannot be told.
    pub listed: Option<Vec<String>>,
}

/// Who must be logged in for all of a viewset's actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// Nobody.
    None,
    /// Any user.
    User,
    /// A user who may do everything.
    Superuser,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Nothing.
    None,
    /// Look.
    Read,
    /// Everything that there is.
    All,
}

/// The views of a model, and the names that they are routed by.
struct Routed<'f> {
    /// A viewset, or the generic view that lists rows.
    list: &'f ViewsetFacts,
    /// The same viewset, or the generic view of a row.
    detail: &'f ViewsetFacts,
    list_name: String,
    detail_name: String,
    prefix: String,
}

/// The endpoints of `model`, if a router has a viewset of it under a known name, or patterns with names have generic
/// views for both its list and a row, and if tests can see through them the rows that they make.
pub fn api_of(facts: &ProjectFacts, model: &ModelFacts) -> Option<Api> {
    let Routed { list, detail, list_name, detail_name, prefix } = routed(facts, model)?;
    let narrows = [list, detail].iter().any(|view| view.narrowing.as_ref().is_some_and(|n| !n.same_for_all));
    // Users who see themselves only do not see the rows that tests make.
    let is_user = model.label == facts.settings.auth_user_model;
    if is_user && narrows {
        return None;
    }
    let seen = visible::seen(facts, model).filter(|seen| seen.members.is_empty())?;
    let serializer = serializer_of(facts, model, list);
    let (rows, count) = pages(facts, list);
    let lookup = detail.value("lookup_field").and_then(|e| e.literal.as_ref()).and_then(Value::as_str);
    // An address is made of any short word that a row has there.
    let is_text = |name: &str| model.field(name).is_some_and(sample::is_text_field);
    if lookup.is_some_and(is_text) && !takes_any_word(detail) {
        return None;
    }
    let both = |of_class: &dyn Fn(&str) -> Option<Access>| {
        let access = |view| access(facts, view, of_class);
        access(list).filter(|first| access(detail) == Some(*first))
    };
    let mut actions = list.offered();
    actions.extend(detail.offered());
    let can_be_made = serializer.is_none_or(|serializer| can_be_sent(facts, model, serializer));
    let actions = ["create", "list", "retrieve", "update", "delete"].into_iter().filter(|a| {
        let view = if ["create", "list"].contains(a) { list } else { detail };
        actions.contains(a)
            && !asking::is_for_some(facts, view, a)
            && (*a != "update" || changes_in_part(detail))
            && (*a != "create" || can_be_made)
    });
    let input = serializer.and_then(|s| input(facts, model, s));
    Some(Api {
        viewset: list.name.clone(),
        list: list_name,
        detail: detail_name,
        prefix,
        lookup: lookup.unwrap_or("pk").to_owned(),
        actions: actions.collect(),
        filters: if has_backend(facts, list, "DjangoFilterBackend") {
            filters(facts, list)
        } else {
            Vec::new()
        },
        search: listed(facts, list, "search_fields", "SearchFilter"),
        orderings: listed(facts, list, "ordering_fields", "OrderingFilter"),
        anonymous: both(&|class| match class {
            "AllowAny" => Some(Access::All),
            "IsAuthenticatedOrReadOnly" | "DjangoModelPermissionsOrAnonReadOnly" => Some(Access::Read),
            "IsAuthenticated" | "IsAdminUser" | "DjangoModelPermissions" => Some(Access::None),
            class => owner_class(facts, model, class)
                .map(|class| if class.guards { Access::Read } else { Access::All })
                .or_else(|| by_audience(facts, class, Audience::Anyone)),
        })
        .filter(|access| !narrows || *access == Access::None),
        user: both(&|class| match class {
            "AllowAny" | "IsAuthenticated" | "IsAuthenticatedOrReadOnly" => Some(Access::All),
            "DjangoModelPermissions" | "DjangoModelPermissionsOrAnonReadOnly" => Some(Access::Read),
            "IsAdminUser" => Some(Access::None),
            class => owner_class(facts, model, class)
                .map(|_| Access::All)
                .or_else(|| by_audience(facts, class, Audience::Users)),
        }),
        strangers: seen.by_others.map(|sees| if sees { Access::All } else { Access::None }),
        rows,
        count,
        login: login(facts, model, list).max(login(facts, model, detail)).max(match narrows {
            // By a rule that is not understood, users see their own rows, or those who may do everything do.
            true if seen.by_others.is_none() && !sample::needs_user(facts, model) => Login::Superuser,
            true => Login::User,
            false => Login::None,
        }),
        checks: serializer
            .map(|s| checks(facts, model, s, input.as_deref().unwrap_or_default()))
            .unwrap_or_default(),
        input,
        output: serializer.and_then(|s| output(facts, model, s)),
        listed: serializer_of_list(facts, model, list).and_then(|s| output(facts, model, s)),
    })
}

/// Whether a view that changes rows takes some of their fields alone (PATCH), and not only whole ones (PUT).
fn changes_in_part(view: &ViewsetFacts) -> bool {
    let has = |method: &str| view.methods.iter().any(|m| m == method);
    let extends = |base: &str| view.bases.iter().any(|b| last(b) == base);
    // Of such a view the methods of requests are its own.
    if extends("GenericAPIView") || extends("APIView") {
        return has("patch")
            || view.bases.iter().any(|base| last(base).contains("Update") && last(base).ends_with("View"));
    }
    // A router sends PATCH to `partial_update`.
    if extends("GenericViewSet") || extends("ViewSet") {
        return has("partial_update") || !has("update") || extends("UpdateModelMixin");
    }
    true
}

/// Whether the addresses of a viewset's rows take any word of small letters: unless its `lookup_value_regex` is more
/// than one class of characters, repeated.
fn takes_any_word(view: &ViewsetFacts) -> bool {
    let Some(written) = view.value("lookup_value_regex") else { return true };
    let pattern = written.literal.as_ref().and_then(Value::as_str);
    let Some(class) = pattern.and_then(|p| p.strip_suffix(['+', '*'])) else { return false };
    let inner = class.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inner {
        Some(inner) if inner.contains([']', '[']) => false,
        Some(inner) => ["^/", "\\w", "a-z"].iter().any(|part| inner.contains(part)),
        None => [".", "\\w"].contains(&class),
    }
}

fn routed<'f>(facts: &'f ProjectFacts, model: &ModelFacts) -> Option<Routed<'f>> {
    let views = || {
        let all = facts.apps.iter().flat_map(|a| &a.viewsets);
        all.filter(|v| v.model.as_deref() == Some(model.label.as_str()))
    };
    let named = |namespace: &Option<String>, name: &str| match namespace {
        Some(namespace) => format!("{namespace}:{name}"),
        None => name.to_owned(),
    };
    if let Some((view, (router, prefix, basename))) = views().find_map(|v| Some((v, route_of(facts, v)?))) {
        let name = |what: &str| named(&router.namespace, &format!("{basename}-{what}"));
        let (list_name, detail_name) = (name("list"), name("detail"));
        return Some(Routed { list: view, detail: view, list_name, detail_name, prefix });
    }
    let patterns = || facts.apps.iter().flat_map(|a| &a.patterns);
    let routed = |is_it: &dyn Fn(&ViewsetFacts, &str) -> bool| {
        views().find_map(|view| {
            let is_pattern =
                |p: &&PatternFacts| !p.is_function && p.view == view.name && is_it(view, &p.route);
            let pattern = patterns().find(is_pattern)?;
            Some((view, named(&pattern.namespace, pattern.name.as_deref()?), pattern.route.clone()))
        })
    };
    let offers = |view: &ViewsetFacts, action: &str| view.offered().contains(&action);
    let (list, list_name, route) = routed(&|view, route| offers(view, "list") && !route.contains('<'))?;
    // One key is what the tests give.
    let (detail, detail_name, _) =
        routed(&|view, route| offers(view, "retrieve") && route.matches('<').count() == 1)?;
    let prefix = route.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    Some(Routed { list, detail, list_name, detail_name, prefix })
}

/// A declared field of a serializer: the class that is called, and with what.
fn call(declared: &Expr) -> Option<(&str, &Args)> {
    match declared.parts.as_deref() {
        Some(Parts::Call { function, args }) => Some((last(function), args)),
        _ => None,
    }
}

/// Whether a declared field is only shown.
fn is_read_only(declared: &Expr) -> bool {
    call(declared).is_some_and(|(class, args)| {
        let shows = [
            "SerializerMethodField",
            "StringRelatedField",
            "ReadOnlyField",
            "HiddenField",
            "HyperlinkedIdentityField",
        ];
        shows.contains(&class)
            || args.keyword("read_only").and_then(|e| e.literal.as_ref()) == Some(&Value::Bool(true))
    })
}

/// The fields that a serializer declares, its own and those of bases in the project.
fn declarations<'f>(facts: &'f ProjectFacts, serializer: &'f SerializerFacts) -> Vec<(&'f String, &'f Expr)> {
    let all = || facts.apps.iter().flat_map(|app| &app.serializers);
    let mut classes = vec![serializer];
    let mut found: Vec<(&String, &Expr)> = Vec::new();
    let mut next = 0;
    while let Some(class) = classes.get(next).copied() {
        for (name, expr) in &class.declarations {
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, expr));
            }
        }
        for base in &class.bases {
            let parent = all().find(|other| other.name == last(base));
            classes.extend(parent.filter(|parent| !classes.iter().any(|class| class.place == parent.place)));
        }
        next += 1;
    }
    found
}

/// The fields that a serializer declares and that write something: their names, what each writes, and its declaration.
fn written_fields<'f>(
    facts: &'f ProjectFacts,
    serializer: &'f SerializerFacts,
) -> impl Iterator<Item = (&'f String, String, &'f Expr)> {
    declarations(facts, serializer).into_iter().filter(|(_, expr)| !is_read_only(expr)).filter_map(
        |(name, expr)| {
            let (_, args) = call(expr)?;
            Some((name, text(args, "source").unwrap_or_else(|| name.clone()), expr))
        },
    )
}

fn text(args: &Args, name: &str) -> Option<String> {
    Some(args.keyword(name)?.literal.as_ref()?.as_str()?.to_owned())
}

/// Whether a request must have a declared field.
fn is_demanded(declared: &Expr) -> bool {
    call(declared).is_some_and(|(_, args)| {
        let required = args.keyword("required").and_then(|e| e.literal.as_ref());
        args.keyword("default").is_none() && required != Some(&Value::Bool(false))
    })
}

/// Whether the serializer that makes rows of `model` declares a field that writes `field`, and a request must have it
/// and can.
pub fn is_demanded_by_serializer(facts: &ProjectFacts, model: &ModelFacts, field: &FieldFacts) -> bool {
    let serializer = routed(facts, model).and_then(|routed| serializer_of(facts, model, routed.list));
    serializer.is_some_and(|serializer| {
        written_fields(facts, serializer).any(|(_, writes, declared)| {
            let is_sendable = call(declared).is_some_and(|(class, _)| !is_file(class));
            writes == field.name && is_demanded(declared) && is_sendable
        })
    })
}

fn is_file(class: &str) -> bool {
    matches!(class, "FileField" | "ImageField")
}

/// Whether a declared field is another serializer of the project's own.
fn is_nested(facts: &ProjectFacts, declared: &Expr) -> bool {
    let mut serializers = facts.apps.iter().flat_map(|a| &a.serializers);
    call(declared).is_some_and(|(class, _)| serializers.any(|s| s.name == class))
}

/// Whether a test can send all that a request must have: no file, and nothing of the serializer's own that is no field
/// of the model, whose meaning only the project knows.
fn can_be_sent(facts: &ProjectFacts, model: &ModelFacts, serializer: &SerializerFacts) -> bool {
    let is_shown =
        |name: &String| output(facts, model, serializer).is_none_or(|output| output.contains(name));
    let is_declared_as_known = written_fields(facts, serializer).all(|(name, writes, declared)| {
        if !is_demanded(declared) || !is_shown(name) {
            return true;
        }
        let Some(Parts::Call { function, .. }) = declared.parts.as_deref() else { return true };
        let mut serializers = facts.apps.iter().flat_map(|a| &a.serializers);
        // Another class of the project's own may demand nothing.
        let demands =
            function.starts_with("rest_framework.") || serializers.any(|s| s.name == last(function));
        !is_file(last(function))
            && !is_nested(facts, declared)
            && (!demands || model.field(&writes).is_some())
    });
    let sent = input(facts, model, serializer).unwrap_or_default();
    let is_sent_file = |field: &FieldFacts| {
        is_file(field.class_name())
            && sent.contains(&field.name)
            && !serializer.declared.contains(&field.name)
            && sample::is_required(field, sample::Purpose::Request)
    };
    is_declared_as_known && !model.fields.iter().any(is_sent_file)
}

/// How a request names the row that a relation points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The key of the request's body.
    pub name: String,
    /// The attribute of the row.
    attribute: String,
    /// The route whose address is sent, where it is not the attribute itself.
    route: Option<String>,
}

impl Written {
    /// What is sent for a row, as source.
    pub fn key_of(&self, row: &str) -> String {
        match &self.route {
            Some(route) => format!("reverse(\"{route}\", args=[{row}.{}])", self.attribute),
            None => format!("{row}.{}", self.attribute),
        }
    }
}

/// How a request for `model` names the row that `field` points to, if the serializer says that.
pub fn written(facts: &ProjectFacts, model: &ModelFacts, field: &FieldFacts) -> Option<Written> {
    let relation = field.relation.as_ref()?;
    let serializer = serializer_of(facts, model, routed(facts, model)?.list)?;
    let declared = written_fields(facts, serializer).find_map(|(name, writes, expr)| {
        let (class, args) = call(expr).filter(|_| writes == field.name)?;
        Some((name, class, args))
    });
    let (name, attribute, route) = match declared {
        Some((name, "SlugRelatedField", args)) => (name, text(args, "slug_field")?, None),
        Some((name, "HyperlinkedRelatedField", args)) => {
            let attribute = text(args, "lookup_field").unwrap_or_else(|| "pk".to_owned());
            (name, attribute, Some(text(args, "view_name")?))
        }
        Some((name, "PrimaryKeyRelatedField", _)) => (name, "pk".to_owned(), None),
        None if names_rows_by_url(facts, serializer) && !serializer.declared.contains(&field.name) => {
            let (said, attribute) = said_of_link(serializer, &field.name);
            let usual = || format!("{}-detail", last(&relation.to).to_lowercase());
            let routed = || routed(facts, facts.model(&relation.to)?).map(|routed| routed.detail_name);
            let route = said.or_else(|| routed().filter(|name| last_of_route(name) == usual()));
            (&field.name, attribute, Some(route.unwrap_or_else(usual)))
        }
        _ => return None,
    };
    Some(Written { name: name.clone(), attribute, route })
}

/// Whether a serializer names rows by their addresses, by itself or a base of the project.
fn names_rows_by_url(facts: &ProjectFacts, serializer: &SerializerFacts) -> bool {
    let is_linked = |base: &str| base == "HyperlinkedModelSerializer";
    let all = || facts.apps.iter().flat_map(|app| &app.serializers);
    serializer.bases.iter().map(|base| last(base)).any(|base| {
        let mut same = all().filter(|s| s.name == base && s.name != serializer.name);
        is_linked(base) || same.any(|s| s.bases.iter().any(|base| is_linked(last(base))))
    })
}

/// The route that `extra_kwargs` give the link in a field, if they do, and the attribute of the row that it has.
fn said_of_link(serializer: &SerializerFacts, field: &str) -> (Option<String>, String) {
    let entry = serializer.meta.iter().find(|(key, _)| key == "extra_kwargs");
    let said = entry.and_then(|(_, e)| e.literal.as_ref()?.get(field)).cloned().unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
    (text("view_name"), text("lookup_field").unwrap_or_else(|| "pk".to_owned()))
}

/// The name of a route without its namespace.
fn last_of_route(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What the link of a row itself is called.
fn url_field(facts: &ProjectFacts) -> &str {
    facts.settings.rest_framework.get("URL_FIELD_NAME").and_then(Value::as_str).unwrap_or("url")
}

/// Whether a field of a serializer is the key or the address of a row.
fn names_row(facts: &ProjectFacts, model: &ModelFacts, serializer: &SerializerFacts, name: &str) -> bool {
    let is_own = || model.field(name).is_some() || serializer.declared.iter().any(|own| own == name);
    name == "id" || (name == url_field(facts) && !is_own())
}

/// The fields whose values a serializer checks by methods of its own, or by those of a field that nothing is known of:
/// what they refuse is not known. One that checks all values together may refuse any, and one that makes rows by a method
/// of its own may not know what to do with a relation to many under another name.
fn checks(
    facts: &ProjectFacts,
    model: &ModelFacts,
    serializer: &SerializerFacts,
    input: &[String],
) -> Vec<String> {
    let methods = &serializer.methods;
    if methods.iter().any(|m| matches!(m.as_str(), "validate" | "to_internal_value" | "run_validation")) {
        return input.to_vec();
    }
    let is_known = |class: &str| {
        matches!(class, "PrimaryKeyRelatedField" | "SlugRelatedField" | "HyperlinkedRelatedField")
    };
    let is_relation = |name: &str| model.field(name).is_some_and(|f| f.relation.is_some());
    let unknown = serializer.declarations.iter().filter(|(name, expr)| {
        is_relation(name) && !is_read_only(expr) && call(expr).is_none_or(|(class, _)| !is_known(class))
    });
    let checked = methods.iter().filter_map(|m| m.strip_prefix("validate_"));
    let saves_itself = methods.iter().any(|method| matches!(method.as_str(), "create" | "update"));
    let renamed = written_fields(facts, serializer).filter(|(name, writes, _)| {
        let relation = model.field(writes).and_then(|field| field.relation.as_ref());
        saves_itself && *name != writes && relation.is_some_and(|r| r.kind == RelationKind::ManyToMany)
    });
    let unknown = unknown.map(|(name, _)| name.as_str()).chain(renamed.map(|(name, ..)| name.as_str()));
    checked.chain(unknown).map(str::to_owned).collect()
}

/// What a list of `model` asks the database, named for people; absent if that cannot be told. Serializer fields
/// in `free` are known to cost nothing.
pub fn list_queries(facts: &ProjectFacts, model: &ModelFacts, free: &[String]) -> Option<Vec<String>> {
    let api = api_of(facts, model)?;
    let viewset = facts.apps.iter().flat_map(|a| &a.viewsets).find(|v| v.name == api.viewset)?;
    if ["get_queryset", "list", "paginate_queryset"]
        .iter()
        .any(|m| viewset.methods.iter().any(|have| have == m))
    {
        return None;
    }
    let prefetched = prefetched(&viewset.attribute("queryset")?.source)?;
    let serializer = serializer_of_list(facts, model, viewset)?;
    for name in api.listed.as_ref()? {
        let costs_nothing = name == "pk"
            || names_row(facts, model, serializer, name)
            || free.contains(name)
            || prefetched.contains(name);
        let plain = !serializer.declared.contains(name)
            && model
                .field(name)
                .is_some_and(|f| f.relation.as_ref().is_none_or(|r| r.kind != RelationKind::ManyToMany));
        if !costs_nothing && !plain {
            return None;
        }
    }
    let mut queries = Vec::new();
    if api.count {
        queries.push("count".to_owned());
    }
    queries.push(api.prefix);
    queries.extend(prefetched);
    Some(queries)
}

fn route_of<'f>(
    facts: &'f ProjectFacts,
    viewset: &ViewsetFacts,
) -> Option<(&'f RouterFacts, String, String)> {
    let mut routers = facts.apps.iter().flat_map(|a| &a.routers).chain(&facts.routers);
    routers.find_map(|router| {
        let mut routes = router.routes.iter();
        // One below a row of another model wants that row's key, too.
        let is_nested = |prefix: &str| router.is_nested() || prefix.contains(['<', '(']);
        let route = routes
            .find(|route| route.leads_to(&viewset.name, &viewset.place.file) && !is_nested(&route.prefix))?;
        Some((router, route.prefix.clone(), route.basename.clone()?))
    })
}

fn serializer_of<'f>(
    facts: &'f ProjectFacts,
    model: &ModelFacts,
    viewset: &ViewsetFacts,
) -> Option<&'f SerializerFacts> {
    named_serializer(facts, model, viewset.serializer.as_deref()?)
}

/// The serializer that shows the rows of a viewset's list.
fn serializer_of_list<'f>(
    facts: &'f ProjectFacts,
    model: &ModelFacts,
    viewset: &ViewsetFacts,
) -> Option<&'f SerializerFacts> {
    match listing::serializer(facts, viewset) {
        Some(name) => named_serializer(facts, model, name),
        None => serializer_of(facts, model, viewset),
    }
}

fn named_serializer<'f>(
    facts: &'f ProjectFacts,
    model: &ModelFacts,
    path: &str,
) -> Option<&'f SerializerFacts> {
    let mut found = facts.apps.iter().flat_map(|a| &a.serializers).filter(|s| s.name == last(path));
    found.find(|s| s.model.as_deref() == Some(model.label.as_str()))
}

fn output(facts: &ProjectFacts, model: &ModelFacts, serializer: &SerializerFacts) -> Option<Vec<String>> {
    if let Some(fields) = &serializer.fields {
        return Some(fields.clone());
    }
    let all = serializer.fields_source.as_ref().and_then(|e| e.literal.as_ref()).and_then(Value::as_str)
        == Some("__all__");
    let excluded = meta_names(serializer, "exclude");
    if !all && excluded.is_none() {
        return None;
    }
    let by_url = names_rows_by_url(facts, serializer);
    let mut names = vec![if by_url { url_field(facts) } else { "id" }.to_owned()];
    names.extend(serializer.declared.iter().cloned());
    names.extend(model.fields.iter().map(|f| f.name.clone()).filter(|n| !serializer.declared.contains(n)));
    names.retain(|name| !excluded.as_ref().is_some_and(|e| e.contains(name)));
    Some(names)
}

fn input(facts: &ProjectFacts, model: &ModelFacts, serializer: &SerializerFacts) -> Option<Vec<String>> {
    let mut names = output(facts, model, serializer)?;
    let fixed = meta_names(serializer, "read_only_fields").unwrap_or_default();
    let declared = declarations(facts, serializer);
    let shown =
        |name: &String| declared.iter().any(|(declared, expr)| *declared == name && is_read_only(expr));
    // What is declared is as its declaration says.
    let is_fixed = |name: &String| fixed.contains(name) && !declared.iter().any(|(own, _)| *own == name);
    // What another serializer takes for a row is known to the project alone.
    let is_nested = |name: &String| {
        let mut declared = declared.iter().filter(|(declared, _)| *declared == name);
        declared.any(|(_, expr)| is_nested(facts, expr) && !is_demanded(expr))
    };
    names.retain(|name| {
        !names_row(facts, model, serializer, name) && !is_fixed(name) && !shown(name) && !is_nested(name)
    });
    Some(names)
}

fn meta_names(serializer: &SerializerFacts, name: &str) -> Option<Vec<String>> {
    let (_, entry) = serializer.meta.iter().find(|(key, _)| key == name)?;
    names(entry.literal.as_ref()?)
}

fn names(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}

fn filters(facts: &ProjectFacts, viewset: &ViewsetFacts) -> Vec<String> {
    let keys = |value: &Value| match value {
        Value::Object(map) => {
            Some(map.iter().flat_map(|(name, lookups)| parameters(name, lookups)).collect())
        }
        other => names(other),
    };
    if let Some(class) = viewset.value("filterset_class") {
        let name = class.source.rsplit('.').next().unwrap_or_default();
        let set = facts.apps.iter().flat_map(|a| &a.filtersets).find(|f| f.name == name);
        let mut all = set.map(|s| s.declared.clone()).unwrap_or_default();
        let listed: Option<Vec<String>> =
            set.and_then(|s| s.fields.as_ref()).and_then(|e| e.literal.as_ref()).and_then(keys);
        for name in listed.unwrap_or_default() {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        return all;
    }
    let fields = viewset.value("filterset_fields").and_then(|e| e.literal.as_ref());
    fields.and_then(keys).unwrap_or_default()
}

/// The query parameters of a field and the ways by which it is compared: `exact` has none of its own.
fn parameters(field: &str, lookups: &Value) -> Vec<String> {
    let lookups = names(lookups).unwrap_or_default();
    let parameter = |lookup: String| match lookup.as_str() {
        "exact" => field.to_owned(),
        other => format!("{field}__{other}"),
    };
    lookups.into_iter().map(parameter).collect()
}

/// Whether a filter backend works on a viewset.
fn has_backend(facts: &ProjectFacts, viewset: &ViewsetFacts, class: &str) -> bool {
    match viewset.value("filter_backends") {
        Some(own) => own.source.contains(class),
        None => {
            let default = facts.settings.rest_framework.get("DEFAULT_FILTER_BACKENDS").and_then(names);
            default.unwrap_or_default().iter().any(|path| path.rsplit('.').next() == Some(class))
        }
    }
}

/// The fields in an attribute of a viewset, if the filter backend that reads it works there. What stands before a
/// field of a search says how it is compared.
fn listed(facts: &ProjectFacts, viewset: &ViewsetFacts, attribute: &str, backend: &str) -> Vec<String> {
    if !has_backend(facts, viewset, backend) {
        return Vec::new();
    }
    let fields = viewset.value(attribute).and_then(|e| e.literal.as_ref()).and_then(names);
    fields
        .unwrap_or_default()
        .iter()
        .map(|name| name.trim_start_matches(['^', '=', '@', '$']).to_owned())
        .collect()
}

/// Where the rows of an answer are, and whether they are counted for it.
fn pages(facts: &ProjectFacts, viewset: &ViewsetFacts) -> (String, bool) {
    let plain = || ("response.data".to_owned(), false);
    let own = viewset.value("pagination_class").map(|e| e.source.as_str());
    if own == Some("None") {
        return plain();
    }
    let rest = &facts.settings.rest_framework;
    let default = rest.get("DEFAULT_PAGINATION_CLASS").and_then(Value::as_str);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let default = default.map(last);
    let Some(class) = own.map(last).or_else(|| default.clone()) else {
        return plain();
    };
    // These two divide nothing while there is no page size.
    let needs_size =
        matches!(class.as_str(), "PageNumberPagination" | "LimitOffsetPagination" | "CursorPagination");
    // One that the settings compute is one: who names a class means pages.
    let is_computed = facts.settings.computes_rest_framework("PAGE_SIZE");
    if needs_size && !is_computed && rest.get("PAGE_SIZE").is_none_or(Value::is_null) {
        return plain();
    }
    let key = super::pages::known(facts).filter(|_| default.as_ref() == Some(&class)).unwrap_or("results");
    let counts = matches!(class.as_str(), "PageNumberPagination" | "LimitOffsetPagination");
    (format!("response.data[\"{key}\"]"), counts)
}

/// The permission classes of a viewset, by their names; `?` is one that is not known.
fn permission_classes(facts: &ProjectFacts, viewset: &ViewsetFacts) -> Vec<String> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    match viewset.value("permission_classes") {
        Some(own) => {
            let words = own.source.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
            words.filter(|w| !w.is_empty()).map(last).collect()
        }
        None => match facts.settings.rest_framework.get("DEFAULT_PERMISSION_CLASSES") {
            None if facts.settings.computes_rest_framework("DEFAULT_PERMISSION_CLASSES") => {
                vec!["?".to_owned()]
            }
            None => Vec::new(),
            Some(list) => names(list)
                .map_or_else(|| vec!["?".to_owned()], |list| list.iter().map(|path| last(path)).collect()),
        },
    }
}

/// What all permission classes together let somebody do; absent if one of them is not known, or a method decides.
fn access(
    facts: &ProjectFacts,
    viewset: &ViewsetFacts,
    of_class: impl Fn(&str) -> Option<Access>,
) -> Option<Access> {
    let decides = ["get_permissions", "check_permissions", "initial", "permission_denied"];
    if viewset.methods.iter().any(|m| decides.contains(&m.as_str())) {
        return None;
    }
    // `A | B` is more than a list of classes.
    if viewset.value("permission_classes").is_some_and(|e| e.source.contains(['|', '&', '~'])) {
        return None;
    }
    let mut least = Access::All;
    for class in permission_classes(facts, viewset) {
        least = least.min(of_class(&class)?);
    }
    Some(least)
}

/// What a permission class of the project's own that looks at the request alone lets those do who are no more than `who`;
/// absent if it does not tell.
fn by_audience(facts: &ProjectFacts, class: &str, who: Audience) -> Option<Access> {
    let class = facts.permission_class(class).filter(|class| class.any_model)?;
    let (readers, writers) = (class.readers?, class.writers?);
    Some(match (readers <= who, writers <= who) {
        (false, _) => Access::None,
        (true, false) => Access::Read,
        (true, true) => Access::All,
    })
}

/// The permission class of that name, if it lets everybody read and only the user in a field of the model change a row.
fn owner_class<'f>(facts: &'f ProjectFacts, model: &ModelFacts, class: &str) -> Option<&'f PermissionFacts> {
    let of_users = model.fields.iter().filter(|f| {
        f.relation.as_ref().is_some_and(|relation| relation.to == facts.settings.auth_user_model)
    });
    let owners: Vec<&str> = of_users.map(|field| field.name.as_str()).collect();
    let mut named = facts.permissions.iter().filter(|permission| permission.name == class);
    let is_owners =
        |permission: &PermissionFacts| owners.iter().any(|field| permission.is_owner_or_read_only(field));
    let first = named.next().filter(|permission| is_owners(permission))?;
    named.all(is_owners).then_some(first)
}

fn login(facts: &ProjectFacts, model: &ModelFacts, viewset: &ViewsetFacts) -> Login {
    let has = |method: &str| viewset.methods.iter().any(|m| m == method);
    let classes = permission_classes(facts, viewset);
    let by_class = classes.iter().map(|class| match class.as_str() {
        "AllowAny" => Login::None,
        "IsAuthenticated" | "IsAuthenticatedOrReadOnly" => Login::User,
        class if owner_class(facts, model, class).is_some() => Login::User,
        class if by_audience(facts, class, Audience::Users) == Some(Access::All) => Login::User,
        _ => Login::Superuser,
    });
    let by_method = [("get_permissions", Login::Superuser), ("perform_create", Login::User)]
        .into_iter()
        .filter(|(method, _)| has(method))
        .map(|(_, login)| login);
    by_class.chain(by_method).max().unwrap_or(Login::None)
}

/// The plain relations that a queryset prefetches; absent if it does more than can be told.
fn prefetched(source: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for call in source.split("prefetch_related(").skip(1) {
        let (arguments, _) = call.split_once(')')?;
        for argument in arguments.split(',').map(str::trim).filter(|a| !a.is_empty()) {
            let name = argument.trim_matches(['"', '\'']);
            let literal = argument.len() == name.len() + 2;
            if !literal || name.contains("__") || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return None;
            }
            found.push(name.to_owned());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::super::scope::tests::project;
    use super::{Login, api_of};

    #[test]
    fn what_a_view_has_from_a_base_of_the_project_counts() {
        let attributes = "    lookup_field = 'slug'\n    pagination_class = PageNumberPagination\n    filter_backends = [SearchFilter]\n    search_fields = ['slug']\n";
        let told = |base: &str, own: &str| {
            let views = format!(
                "from rest_framework import viewsets\nfrom rest_framework.filters import SearchFilter\nfrom rest_framework.pagination import PageNumberPagination\n\nfrom .models import Book\n\n\nclass Base(viewsets.ModelViewSet):\n{base}\n\nclass BookViewSet(Base):\n    queryset = Book.objects.all()\n{own}"
            );
            let facts = project()
                .file("shop/models.py", "from django.db import models\n\n\nclass Book(models.Model):\n    slug = models.SlugField(unique=True)\n")
                .file("shop/views.py", views)
                .file("shop/urls.py", "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet)\nurlpatterns = router.urls\n")
                .file("site1/settings.py", "INSTALLED_APPS = ['shop']\nREST_FRAMEWORK = {'PAGE_SIZE': 5}\n")
                .facts()
                .unwrap();
            let api = api_of(&facts, facts.model("shop.Book").unwrap()).unwrap();
            (api.lookup, api.rows, api.search)
        };
        let by_slug = ("slug".to_owned(), "response.data[\"results\"]".to_owned(), vec!["slug".to_owned()]);
        assert_eq!(told("    pass\n", attributes), by_slug);
        assert_eq!(told(attributes, ""), by_slug);
        assert_eq!(told("    pass\n", ""), ("pk".to_owned(), "response.data".to_owned(), Vec::new()));
        // What the view says itself comes first.
        let own = "    lookup_field = 'pk'\n    pagination_class = None\n    search_fields = []\n";
        assert_eq!(told(attributes, own), ("pk".to_owned(), "response.data".to_owned(), Vec::new()));
    }

    #[test]
    fn rows_by_a_rule_that_is_not_understood_are_seen_by_whom_they_belong_to_or_by_superusers() {
        let login = |field: &str, rows: &str| {
            let views = format!(
                "from rest_framework import permissions, viewsets\n\nfrom .models import Book\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    permission_classes = [permissions.IsAuthenticated]\n\n    def get_queryset(self):\n        return Book.objects.{rows}\n"
            );
            let facts = project()
                .file("shop/models.py", format!("from django.conf import settings\nfrom django.db import models\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n{field}"))
                .file("shop/views.py", views)
                .file("shop/urls.py", "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet, basename='book')\nurlpatterns = router.urls\n")
                .facts()
                .unwrap();
            api_of(&facts, facts.model("shop.Book").unwrap()).unwrap().login
        };
        let owner = "    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n";
        assert_eq!(login("", "for_user(self.request.user)"), Login::Superuser);
        assert_eq!(login(owner, "for_user(self.request.user)"), Login::User);
        assert_eq!(login(owner, "filter(owner=self.request.user)"), Login::User);
    }

    #[test]
    fn a_route_below_another_row_is_no_place_to_list_rows() {
        let is_there = |routes: &str| {
            let urls = format!(
                "from rest_framework.routers import DefaultRouter\nfrom rest_framework_nested.routers import NestedSimpleRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\n{routes}urlpatterns = router.urls\n"
            );
            let facts = project()
                .file("shop/models.py", "from django.db import models\n\n\nclass Book(models.Model):\n    slug = models.SlugField()\n")
                .file("shop/views.py", "from rest_framework import viewsets\n\nfrom .models import Book\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n")
                .file("shop/urls.py", urls)
                .facts()
                .unwrap();
            api_of(&facts, facts.model("shop.Book").unwrap()).map(|api| api.list)
        };
        let nested =
            "router.register(r'shelves/(?P<shelf_pk>[^/.]+)/books', BookViewSet, basename='shelf-book')\n";
        assert_eq!(is_there(nested), None);
        let by_package = "below = NestedSimpleRouter(router, 'shelves', lookup='shelf')\nbelow.register('books', BookViewSet, basename='shelf-book')\n";
        assert_eq!(is_there(by_package), None);
        let both = format!("{nested}router.register('books', BookViewSet)\n");
        assert_eq!(is_there(&both).as_deref(), Some("book-list"));
    }
}
