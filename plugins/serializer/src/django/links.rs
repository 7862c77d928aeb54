//! Serializers whose rows are named by the addresses of their routes, where the project's are.

use aksara_python::Code;
use aksara_python::edit::{Edits, MemberPlace};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{
    AppFacts, FieldFacts, ModelFacts, PatternFacts, RouterFacts, SerializerFacts, ViewStyle, ViewsetFacts,
    last,
};
use aksara_sdk::{Context, Diagnostic};
use serde_json::Value;

use super::create::Class;
use super::{lookup, project};

/// The route of a row: its full name, and the field that its address has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    name: String,
    lookup: Lookup,
}

/// What of a row is in its address: the field, and what the route calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lookup {
    field: String,
    kwarg: String,
}

impl Default for Lookup {
    fn default() -> Self {
        Self { field: "pk".to_owned(), kwarg: "pk".to_owned() }
    }
}

/// How a new serializer names rows.
pub(super) struct Links {
    /// The facts of all apps.
    facts: ProjectFacts,
    own: Route,
    /// What the link of a row itself is called.
    url: String,
    /// Whether the key is shown too.
    shows_key: bool,
    /// The relations whose rows have no route.
    without: Vec<String>,
    /// The relations whose route is not the one that the framework looks for.
    others: Vec<(String, Route)>,
}

/// How a new serializer of `model`, called `name`, names rows by their addresses: where most serializers of the app do,
/// or of the project where the app has none, and where each row that it names has an address or can be named by its key.
///
/// # Errors
/// As [`Context::query`].
pub(super) fn find(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    model: &ModelFacts,
    name: &str,
    nested_in: Option<&SerializerFacts>,
) -> Result<Option<Links>, Diagnostic> {
    // Bases may stand elsewhere.
    let are_plain = |s: &&SerializerFacts| s.bases.iter().any(|base| last(base) == "ModelSerializer");
    let of_app = others(facts.api_app(model), name);
    if !of_app.is_empty() && of_app.iter().filter(|s| are_plain(s)).count() * 2 >= of_app.len() {
        return Ok(None);
    }
    let facts = project::all_facts(cx)?;
    let Some(app) = facts.api_app(model) else { return Ok(None) };
    let all: Vec<&SerializerFacts> = facts.apps.iter().flat_map(|app| &app.serializers).collect();
    let of_app = others([app], name);
    let like = if of_app.is_empty() { others(&facts.apps, name) } else { of_app };
    let are_usual = like.iter().filter(|s| is_linked(s, &all)).count() * 2 > like.len();
    if !are_usual || nested_in.is_some_and(|outer| !is_linked(outer, &all)) {
        return Ok(None);
    }
    let Some(own) = route_to_be(&facts, app, model) else { return Ok(None) };
    let (mut without, mut others) = (Vec::new(), Vec::new());
    for field in &model.fields {
        let is_own = field.relation.as_ref().is_some_and(|relation| relation.to == model.label);
        let address = if is_own { Address::of(&own, &model.label) } else { address_of(&facts, field) };
        match address {
            Address::Usual => {}
            Address::Other(route) => others.push((field.name.clone(), route)),
            Address::None if can_be_declared(&facts, field) => without.push(field.name.clone()),
            Address::None => return Ok(None),
        }
    }
    let url = facts.settings.rest_framework.get("URL_FIELD_NAME").and_then(Value::as_str).unwrap_or("url");
    let lists_key = |s: &&SerializerFacts| {
        let fields = s.fields.as_deref().unwrap_or_default();
        fields.iter().chain(&s.declared).any(|name| matches!(name.as_str(), "id" | "pk"))
    };
    // The rows around it are told its rows by their keys.
    let shows_key = nested_in.is_some() || like.iter().filter(|s| is_linked(s, &all)).any(lists_key);
    let url = url.to_owned();
    Ok(Some(Links { own, url, shows_key, without, others, facts }))
}

impl Links {
    /// The fields of the serializer, with the link of a row in the place of its key or before it. Rows keep their keys
    /// where the model has a field that is called as the link.
    pub(super) fn name_rows(&self, model: &ModelFacts, fields: &mut Vec<String>) {
        if model.field(&self.url).is_some() {
            return;
        }
        let at = fields.iter().position(|name| name == "id");
        if let Some(at) = at.filter(|_| !self.shows_key) {
            fields.remove(at);
        }
        if !fields.contains(&self.url) {
            fields.insert(at.unwrap_or(0), self.url.clone());
        }
    }

    /// Whether the rows of a relation are named by their addresses.
    pub(super) fn names(&self, field: &str) -> bool {
        !self.without.iter().any(|name| name == field)
    }

    /// Declares the relations to rows without a route, and says which routes are not the ones that the framework looks
    /// for.
    ///
    /// # Errors
    /// As [`Edits::name_from`].
    pub(super) fn declare(
        &self,
        edits: &mut Edits,
        model: &ModelFacts,
        owner: Option<&str>,
        class: &mut Class<'_>,
    ) -> Result<(), Diagnostic> {
        let mut entries = Vec::new();
        if self.own != usual(&model.label) && model.field(&self.url).is_none() {
            entries.push((edits.layout().string(&self.url), self.own.kwargs(edits)));
        }
        for field in model.fields.iter().filter(|field| class.fields.contains(&field.name)) {
            if owner == Some(&field.name) || class.declares(&field.name) {
                continue;
            }
            if let Some((_, route)) = self.others.iter().find(|(name, _)| *name == field.name) {
                entries.push((edits.layout().string(&field.name), route.kwargs(edits)));
                if route.lookup.field != "pk" {
                    class.loads.push(field.name.clone());
                }
            }
            if self.without.contains(&field.name) {
                let base = edits.name_through("rest_framework", "serializers", "PrimaryKeyRelatedField")?;
                let arguments = match class.read_only.contains(&field.name) {
                    true => lookup::shown(field),
                    false => lookup::written(edits, &self.facts, field, &class.model)?,
                };
                let code = Code::Call(base, arguments);
                class.declared.push(edits.layout().assignment(&field.name, &code, 1));
            }
        }
        if !entries.is_empty() {
            class.more_meta.push(edits.layout().assignment("extra_kwargs", &Code::Dict(entries), 2));
        }
        Ok(())
    }

    /// The class and first arguments of a declared field that names a row of a relation.
    pub(super) fn related(
        &self,
        edits: &Edits,
        field: &FieldFacts,
    ) -> (&'static str, Vec<(Option<String>, Code)>) {
        if !self.names(&field.name) {
            return ("PrimaryKeyRelatedField", Vec::new());
        }
        let other = self.others.iter().find(|(name, _)| *name == field.name).map(|(_, route)| route.clone());
        let to = field.relation.as_ref().map_or("", |relation| &relation.to);
        let arguments = other.unwrap_or_else(|| usual(to)).arguments(edits).into_iter();
        ("HyperlinkedRelatedField", arguments.map(|(name, code)| (Some(name.to_owned()), code)).collect())
    }
}

impl Route {
    fn arguments(&self, edits: &Edits) -> Vec<(&'static str, Code)> {
        let text = |text: &str| Code::raw(edits.layout().string(text));
        let mut arguments = vec![("view_name", text(&self.name))];
        if self.lookup.field != "pk" {
            arguments.push(("lookup_field", text(&self.lookup.field)));
        }
        if self.lookup.kwarg != self.lookup.field {
            arguments.push(("lookup_url_kwarg", text(&self.lookup.kwarg)));
        }
        arguments
    }

    /// What is said of a field in `extra_kwargs`.
    fn kwargs(&self, edits: &Edits) -> Code {
        let entries = self.arguments(edits).into_iter();
        Code::Dict(entries.map(|(name, code)| (edits.layout().string(name), code)).collect())
    }
}

/// The serializers of models, without the one called `name`.
fn others<'f>(apps: impl IntoIterator<Item = &'f AppFacts>, name: &str) -> Vec<&'f SerializerFacts> {
    let all = apps.into_iter().flat_map(|app| &app.serializers);
    all.filter(|s| s.model.is_some() && s.name != name).collect()
}

/// Whether a serializer names rows by their addresses, by itself or a base of the project.
fn is_linked(serializer: &SerializerFacts, all: &[&SerializerFacts]) -> bool {
    serializer.bases.iter().map(|base| last(base)).any(|base| {
        base == "HyperlinkedModelSerializer"
            || all.iter().any(|s| s.name == base && s.name != serializer.name && is_linked(s, &[]))
    })
}

/// The route that the framework looks for.
fn usual(label: &str) -> Route {
    Route { name: format!("{}-detail", last(label).to_lowercase()), lookup: Lookup::default() }
}

/// Whether the rows of a relation have an address.
enum Address {
    /// Where the framework looks for it, or it is no relation.
    Usual,
    Other(Route),
    None,
}

impl Address {
    fn of(route: &Route, label: &str) -> Self {
        if *route == usual(label) { Self::Usual } else { Self::Other(route.clone()) }
    }
}

fn address_of(facts: &ProjectFacts, field: &FieldFacts) -> Address {
    let Some(relation) = &field.relation else { return Address::Usual };
    route_of(facts, &relation.to).map_or(Address::None, |route| Address::of(&route, &relation.to))
}

/// Says to a serializer that names rows by their addresses what it must know of a relation that it got: a route that is
/// not the one that the framework looks for, or that there is none.
///
/// # Errors
/// As [`Context::query`] and [`Edits::name_from`]; `extra_kwargs` that are computed.
pub(super) fn name_rows_of(
    cx: &Context<'_>,
    edits: &mut Edits,
    model: &ModelFacts,
    serializer: &SerializerFacts,
    field: &FieldFacts,
) -> Result<(), Diagnostic> {
    if field.relation.is_none() || serializer.declared.contains(&field.name) {
        return Ok(());
    }
    let facts = project::all_facts(cx)?;
    let all: Vec<&SerializerFacts> = facts.apps.iter().flat_map(|app| &app.serializers).collect();
    if !is_linked(serializer, &all) {
        return Ok(());
    }
    match address_of(&facts, field) {
        Address::None if can_be_declared(&facts, field) => {
            let base = edits.name_through("rest_framework", "serializers", "PrimaryKeyRelatedField")?;
            let app = facts.require_app(model.app())?;
            let class = edits.name_of_app(app, &app.models_file(model), &model.name)?;
            let code = Code::Call(base, lookup::written(edits, &facts, field, &class)?);
            let code = edits.layout().assignment(&field.name, &code, 1);
            edits.add_class_member(&serializer.name, &code, MemberPlace::AfterFields).map(drop)
        }
        Address::Other(route) => {
            let meta = format!("{}.Meta", serializer.name);
            let kwargs = route.kwargs(edits);
            if edits.class_attribute(&meta, "extra_kwargs")?.is_some() {
                return edits.dict_attribute_add(&meta, "extra_kwargs", &field.name, kwargs).map(drop);
            }
            let entries = vec![(edits.layout().string(&field.name), kwargs)];
            let code = edits.layout().assignment("extra_kwargs", &Code::Dict(entries), 2);
            edits.add_class_member(&meta, &code, MemberPlace::AfterFields).map(drop)
        }
        _ => Ok(()),
    }
}

fn can_be_declared(facts: &ProjectFacts, field: &FieldFacts) -> bool {
    let to = field.relation.as_ref().map_or("", |relation| &relation.to);
    (facts.model(to).is_some() || to == facts.settings.auth_user_model)
        && field.args.keyword("limit_choices_to").is_none()
        && field.args.keyword("through").is_none()
}

fn full(facts: &ProjectFacts, namespace: Option<&str>, name: &str) -> String {
    let versioning = facts.settings.rest_framework.get("DEFAULT_VERSIONING_CLASS").and_then(Value::as_str);
    // The framework puts the request's version before a name.
    let is_version = versioning.is_some_and(|class| class.ends_with("NamespaceVersioning"));
    match namespace.filter(|namespace| !is_version || namespace.contains(':')) {
        Some(namespace) if is_version => {
            format!("{}:{name}", namespace.split_once(':').map_or(namespace, |(_, rest)| rest))
        }
        Some(namespace) => format!("{namespace}:{name}"),
        None => name.to_owned(),
    }
}

fn routers(facts: &ProjectFacts) -> impl Iterator<Item = &RouterFacts> {
    facts.apps.iter().flat_map(|app| &app.routers).chain(&facts.routers)
}

/// The route of one row of a model: the one that the framework looks for, if there is that one.
fn route_of(facts: &ProjectFacts, label: &str) -> Option<Route> {
    let views = facts.apps.iter().flat_map(|app| &app.viewsets);
    let views = views.filter(|v| v.model.as_deref() == Some(label) && v.offered().contains(&"retrieve"));
    let mut routes: Vec<Route> = views.flat_map(|view| routes_of(facts, view)).collect();
    let usual = usual(label);
    let at = routes.iter().position(|route| *route == usual).unwrap_or(0);
    (!routes.is_empty()).then(|| routes.swap_remove(at))
}

fn routes_of(facts: &ProjectFacts, view: &ViewsetFacts) -> Vec<Route> {
    let text = |name| view.value(name).and_then(|e| e.literal.as_ref()).and_then(Value::as_str);
    let field = text("lookup_field").unwrap_or("pk").to_owned();
    let lookup = Lookup { kwarg: text("lookup_url_kwarg").unwrap_or(&field).to_owned(), field };
    let registered = routers(facts).flat_map(|router| {
        let names = router.routes.iter().filter(|route| route.leads_to(&view.name, &view.place.file));
        names.filter_map(|route| {
            Some(full(facts, router.namespace.as_deref(), &format!("{}-detail", route.basename.as_ref()?)))
        })
    });
    let takes_lookup = |pattern: &&PatternFacts| {
        let inside = pattern.route.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let kwarg = inside.map(|(kwarg, _)| kwarg.rsplit(':').next().unwrap_or(kwarg));
        !pattern.is_function
            && pattern.view == view.name
            && pattern.route.matches('<').count() == 1
            && kwarg == Some(lookup.kwarg.as_str())
    };
    let patterns = facts.apps.iter().flat_map(|app| &app.patterns).filter(takes_lookup);
    let named = patterns.filter_map(|p| Some(full(facts, p.namespace.as_deref(), p.name.as_deref()?)));
    registered.chain(named).map(|name| Route { name, lookup: lookup.clone() }).collect()
}

/// The route that the views to be made of a model get; absent where none are made or its name is not known.
fn route_to_be(facts: &ProjectFacts, app: &AppFacts, model: &ModelFacts) -> Option<Route> {
    if let Some(there) = route_of(facts, &model.label) {
        return Some(there);
    }
    let included = || {
        let prefix = facts.api_root.as_deref().unwrap_or("api/");
        let root = facts.settings.root_urls_file.as_ref();
        let inner = facts.including_urls(prefix).filter(|(file, _)| Some(*file) != root);
        inner.and_then(|_| facts.api_urls.as_ref()?.namespace.clone())
    };
    let has_none = app.viewsets.is_empty() && app.patterns.is_empty();
    let has_router = routers(facts).next().is_some();
    let style = match app.view_style() {
        ViewStyle::Viewsets if has_none && !has_router => {
            let mut styles = facts.apps.iter().map(AppFacts::view_style);
            styles.find(|style| *style == ViewStyle::Generics).unwrap_or(ViewStyle::Viewsets)
        }
        style => style,
    };
    let namespace = |here: Option<Option<String>>| here.unwrap_or_else(included);
    let of_patterns = app.patterns.first().map(|pattern| pattern.namespace.clone());
    let name = match style {
        ViewStyle::ByHand => return None,
        ViewStyle::Generics => {
            let name = facts.app_with_patterns(app).pattern_name(&model.name, "detail");
            full(facts, namespace(of_patterns).as_deref(), &name)
        }
        ViewStyle::Viewsets => {
            let of_app = || app.routers.iter().find(|r| !r.routes.is_empty()).or(app.routers.first());
            let serves = |r: &&RouterFacts| {
                let mut views = app.viewsets.iter();
                views.any(|view| r.routes.iter().any(|route| route.leads_to(&view.name, &view.place.file)))
            };
            let router = of_app().or_else(|| routers(facts).find(serves)).or(facts.routers.first());
            let namespace = namespace(router.map(|r| r.namespace.clone()).or(of_patterns));
            let usual = model.name.to_lowercase();
            let reached = routers(facts).filter(|r| r.namespace == namespace && r.mounted_at.is_some());
            let is_others = reached.flat_map(|r| &r.routes).any(|route| {
                route.basename.as_deref() == Some(&usual)
                    && route.file.as_ref().is_some_and(|file| !file.is_below(&app.dir))
            });
            let basename = if is_others { format!("{}-{usual}", app.label) } else { usual };
            full(facts, namespace.as_deref(), &format!("{basename}-detail"))
        }
    };
    Some(Route { name, lookup: Lookup::default() })
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use crate::django::{CreateSerializer, ModifySerializer};

    const SERIALIZERS: &str = "from rest_framework import serializers\n\nfrom .models import Recipe\n\n\nclass RecipeSerializer(serializers.HyperlinkedModelSerializer):\n    class Meta:\n        model = Recipe\n        fields = ['url', 'title']\n";
    const VIEWS: &str = "from rest_framework import viewsets\n\nfrom .models import Recipe\nfrom .serializers import RecipeSerializer\n\n\nclass RecipeViewSet(viewsets.ModelViewSet):\n    queryset = Recipe.objects.all()\n    serializer_class = RecipeSerializer\n";
    const URLS: &str = "from rest_framework.routers import DefaultRouter\n\nfrom .views import RecipeViewSet\n\nrouter = DefaultRouter()\nrouter.register('recipes', RecipeViewSet)\nurlpatterns = router.urls\n";

    /// Recipes in an API of hyperlinks, with these modules.
    fn project(serializers: &str, views: &str, urls: &str) -> TestProject<'static> {
        let models = "from django.conf import settings\nfrom django.db import models\n\n\nclass Recipe(models.Model):\n    title = models.CharField(max_length=9)\n    slug = models.SlugField(unique=True)\n\n\nclass CookNote(models.Model):\n    recipe = models.ForeignKey(Recipe, on_delete=models.CASCADE)\n    cook = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n";
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'food']\nROOT_URLCONF = 'config.urls'\n")
            .file("config/urls.py", "from django.urls import include, path\n\nurlpatterns = [path('api/', include('food.urls'))]\n")
            .file("food/__init__.py", "")
            .file("food/models.py", models)
            .file("food/serializers.py", serializers)
            .file("food/views.py", views)
            .file("food/urls.py", urls)
    }

    /// The serializer of notes that such a project gets.
    fn note(serializers: &str, views: &str, urls: &str) -> String {
        let mut project = project(serializers, views, urls);
        project.apply(&CreateSerializer, "create_serializer", json!({"model": "food.CookNote"})).unwrap();
        let text = project.text("food/serializers.py").unwrap();
        text[text.find("class CookNoteSerializer").unwrap()..].to_owned()
    }

    const COOK: &str = "    cook = serializers.PrimaryKeyRelatedField(queryset=get_user_model().objects.all())\n\n    class Meta:\n        model = CookNote\n";

    #[test]
    fn rows_are_named_by_their_addresses_where_the_projects_are() {
        assert_eq!(
            note(SERIALIZERS, VIEWS, URLS),
            format!(
                "class CookNoteSerializer(serializers.HyperlinkedModelSerializer):\n{COOK}        fields = ['url', 'recipe', 'cook']\n"
            )
        );
        let with_id = note(&SERIALIZERS.replace("'url', ", "'url', 'id', "), VIEWS, URLS);
        assert!(with_id.contains("fields = ['url', 'id', 'recipe', 'cook']"), "{with_id}");
        // A field of the model's own is no link.
        let mut project = project(SERIALIZERS, VIEWS, URLS);
        let models = project.text("food/models.py").unwrap();
        let models = format!("{models}    url = models.URLField()\n");
        project = project.file("food/models.py", models);
        project.apply(&CreateSerializer, "create_serializer", json!({"model": "food.CookNote"})).unwrap();
        let text = project.text("food/serializers.py").unwrap();
        assert!(text.ends_with("fields = ['id', 'recipe', 'cook', 'url']\n"), "{text}");
        let base = "from rest_framework import serializers\n\n\nclass Linked(serializers.HyperlinkedModelSerializer):\n    pass\n";
        let by_base = format!(
            "{base}{}",
            SERIALIZERS
                .replace("from rest_framework import serializers\n", "")
                .replace("serializers.HyperlinkedModelSerializer", "Linked")
        );
        assert!(note(&by_base, VIEWS, URLS).contains("'url', 'recipe'"));
    }

    #[test]
    fn other_routes_than_the_usual_are_said() {
        let slug = format!("{VIEWS}    lookup_field = 'slug'\n");
        let urls = URLS.replace("\nrouter =", "\napp_name = 'food'\nrouter =");
        let class = note(SERIALIZERS, &slug, &urls);
        let kwargs = "        extra_kwargs = {\n            'url': {'view_name': 'food:cooknote-detail'},\n            'recipe': {'view_name': 'food:recipe-detail', 'lookup_field': 'slug'},\n        }\n";
        assert!(class.ends_with(kwargs), "{class}");
        let generic = VIEWS
            .replace("viewsets\n", "generics\n")
            .replace("ViewSet(viewsets.ModelViewSet)", "List(generics.ListCreateAPIView)");
        let detail = "\n\nclass RecipeDetail(generics.RetrieveAPIView):\n    queryset = Recipe.objects.all()\n    serializer_class = RecipeSerializer\n";
        let urls = "from django.urls import path\n\nfrom .views import RecipeDetail, RecipeList\n\nurlpatterns = [\n    path('recipes/', RecipeList.as_view(), name='recipe-list'),\n    path('recipes/<int:pk>/', RecipeDetail.as_view(), name='recipe-detail'),\n]\n";
        let class = note(SERIALIZERS, &format!("{generic}{detail}"), urls);
        assert!(
            class.ends_with("        extra_kwargs = {'url': {'view_name': 'cook-note-detail'}}\n"),
            "{class}"
        );
        // The view of the notes will be named as the others of rows, whatever the names of functions.
        let urls = urls
            .replace("recipe-", "recipe_")
            .replace("import RecipeDetail", "import health, RecipeDetail")
            .replace("patterns = [\n", "patterns = [\n    path('health/', health, name='health-check'),\n");
        let health = "\n\ndef health(request):\n    pass\n";
        let class = note(SERIALIZERS, &format!("{generic}{detail}{health}"), &urls);
        assert!(class.contains("'url': {'view_name': 'cook_note_detail'}"), "{class}");
        // A base of the project's own says by what rows are known.
        let base =
            "class Base(viewsets.ModelViewSet):\n    lookup_field = 'slug'\n\n\nclass RecipeViewSet(Base)";
        let views = VIEWS.replace("class RecipeViewSet(viewsets.ModelViewSet)", base);
        let class = note(SERIALIZERS, &views, URLS);
        assert!(class.contains("'lookup_field': 'slug'"), "{class}");
    }

    #[test]
    fn rows_are_named_by_their_keys_where_the_projects_are_or_views_are_written_out() {
        let plain = SERIALIZERS.replace("Hyperlinked", "");
        assert!(note(&plain, VIEWS, URLS).contains("(serializers.ModelSerializer)"));
        let views = "from rest_framework.decorators import api_view\n\n\n@api_view(['GET'])\ndef recipes(request):\n    pass\n";
        let urls = "from django.urls import path\n\nfrom .views import recipes\n\nurlpatterns = [path('recipes/', recipes)]\n";
        assert!(note(SERIALIZERS, views, urls).contains("(serializers.ModelSerializer)"));
    }

    #[test]
    fn a_relation_that_a_serializer_gets_is_named_as_its_others() {
        let urls = URLS.replace("\nrouter =", "\napp_name = 'food'\nrouter =");
        let serializers = SERIALIZERS
            .replace(", Recipe\n", "\n")
            .replace("Recipe\n\n\n", "CookNote, Recipe\n\n\n")
            + "\n\nclass CookNoteSerializer(serializers.HyperlinkedModelSerializer):\n    class Meta:\n        model = CookNote\n        fields = ['url']\n";
        let mut project = project(&serializers, VIEWS, &urls);
        let params = json!({"model": "food.CookNote", "add": ["recipe", "cook"]});
        project.apply(&ModifySerializer, "modify_serializer", params).unwrap();
        let text = project.text("food/serializers.py").unwrap();
        let class = &text[text.find("class CookNoteSerializer").unwrap()..];
        assert!(class.contains(COOK), "{class}");
        let kwargs = "        extra_kwargs = {'recipe': {'view_name': 'food:recipe-detail'}}\n";
        assert!(class.ends_with(kwargs), "{class}");
    }
}
