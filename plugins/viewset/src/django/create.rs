//! `create_viewset`: a viewset of a model, and its route; generic views in an app that has those.

use aksara_python::edit::{ClassPlace, ItemPlace, ListTarget};
use aksara_python::example::on_blog;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{
    AppFacts, ModelFacts, Parts, RelationKind, SerializerFacts, ViewStyle, split_label,
};
use aksara_sdk::protocol::params::CreateViewset as Params;
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::{Value, json};

use super::route::{self, Wanted};
use super::subject::{Subject, class, serializer_of};
use super::{generics, project};

/// Writes a viewset where the app keeps them, and routes it.
pub struct CreateViewset;

impl Executor for CreateViewset {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_viewset".into(),
            summary:
                "Writes a model's viewset and registers its route; generic views where the app has those."
                    .to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "An API of comments",
                json!({ "model": "blog.Comment", "route": "comments", "select": ["post"] }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let mut wanted = read(step)?;
        let facts = project::facts_about(cx, &wanted.model, |facts| facts.app_labels.len() < 2)?;
        let model = facts.require_model(&wanted.model)?;
        let models = facts.require_app(model.app())?;
        let app = facts.api_app(model).unwrap_or(models);
        let serializer = serializer_of(&facts, &wanted.model).ok_or_else(|| {
            Diagnostic::new(
                codes::NOT_FOUND,
                format!("`{}` has no serializer for a viewset to use", model.label),
            )
            .with_help(format!("make one first, with a create_serializer step for `{}`", model.label))
        })?;
        for (name, many) in shown_by_slug(model, serializer) {
            let loaded = if many { &mut wanted.prefetch } else { &mut wanted.select };
            if !loaded.contains(name) {
                loaded.push(name.clone());
            }
        }
        let fields = wanted.filter_fields.iter_mut().chain(&mut wanted.filter_ranges);
        for name in fields.chain(&mut wanted.ordering_fields) {
            *name = model.called(name).to_owned();
        }
        let filtered = wanted.filter_fields.iter().chain(&wanted.filter_ranges);
        for name in filtered.chain(&wanted.search_fields).chain(&wanted.ordering_fields).chain(&wanted.top_of)
        {
            project::check_path(&facts, model, name.trim_start_matches(['^', '=', '@', '$']))?;
        }

        let mut notes = Vec::new();
        let subject = Subject { cx, facts: &facts, app, models, model, serializer, wanted: &wanted };
        let style = subject.view_style()?;
        let (path, edits) = match style {
            ViewStyle::Viewsets => subject.viewset(&mut notes)?,
            ViewStyle::Generics => generics::create(&subject, &mut notes)?,
            ViewStyle::ByHand => return Err(by_hand(app, &model.label)),
        };
        if edits.is_empty() {
            notes.insert(
                0,
                Note::info(format!("the views of `{}` are already in `{path}`, and routed", model.label)),
            );
        }
        Ok(Outcome { edits, file: Some(path), notes, ..Outcome::default() })
    }
}

/// What annotations of views name, and where that is.
pub(super) const ANNOTATIONS: [(&str, &str); 5] = [
    ("django.db.models", "QuerySet"),
    ("rest_framework.request", "Request"),
    ("rest_framework.serializers", "BaseSerializer"),
    ("rest_framework.views", "APIView"),
    ("typing", "Any"),
];

/// The relations of which a serializer shows another field than the key, which each row would load by itself; and
/// whether they are to many.
fn shown_by_slug<'m>(model: &'m ModelFacts, serializer: &SerializerFacts) -> Vec<(&'m String, bool)> {
    let links = serializer.meta.iter().find(|(key, _)| key == "extra_kwargs");
    let links = links.and_then(|(_, kwargs)| kwargs.literal.as_ref());
    let is_slug = |name: &str| {
        let mut declarations = serializer.declarations.iter();
        declarations.any(|(declared, expr)| {
            let called = match expr.parts.as_deref() {
                Some(Parts::Call { function, .. }) => function.rsplit('.').next(),
                _ => None,
            };
            declared == name && called == Some("SlugRelatedField")
        }) || links.and_then(|links| links.get(name)?.get("lookup_field")).is_some()
    };
    let fields = model.fields.iter().filter(|field| is_slug(&field.name));
    let relations = fields.filter_map(|field| Some((&field.name, field.relation.as_ref()?.kind)));
    relations.map(|(name, kind)| (name, kind == RelationKind::ManyToMany)).collect()
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    split_label(&wanted.model)?;
    wanted.permissions_of.as_deref().map(split_label).transpose()?;
    route::check_prefix(&wanted.route)?;
    Ok(wanted)
}

/// Why an app whose views are written out gets none, and what to do.
fn by_hand(app: &AppFacts, label: &str) -> Diagnostic {
    let views: Vec<String> = app.patterns.iter().take(3).map(|p| format!("`{}`", p.view)).collect();
    let message = format!(
        "the views of the app `{}` are written out one by one ({}), so none are made for `{label}`",
        app.label,
        views.join(", ")
    );
    let help = "write them as the others, with the serializer; plan without the API to leave the step out";
    Diagnostic::new(codes::REFUSED, message).with_help(help)
}

impl Subject<'_> {
    /// A viewset, and its registration on a router.
    fn viewset(&self, notes: &mut Vec<Note>) -> Result<(RelPath, Vec<Edit>), Diagnostic> {
        let Self { cx, facts, app, model, wanted, .. } = *self;
        let name = wanted.name.clone().unwrap_or_else(|| format!("{}ViewSet", model.name));
        let path = self.home(&name)?;
        let mut file = project::open(cx, &path, facts)?;
        let owner = self.owner(&path)?;
        let top = wanted.top_of.as_ref().map(|parent| format!(".filter({parent}=None)"));
        let shared = facts.shared_base(&model.label).filter(|_| !wanted.read_only);
        let parts = self.parts(&mut file.edits, &name, owner.as_ref(), (shared, top.as_deref()), notes)?;
        let keeper = shared.and_then(|base| facts.apps.iter().find(|a| base.place.file.is_below(&a.dir)));
        let base = match (shared, keeper) {
            (Some(base), Some(keeper)) => file.edits.name_of_app(keeper, &base.place.file, &base.name)?,
            _ => {
                let base = if wanted.read_only { "ReadOnlyModelViewSet" } else { "ModelViewSet" };
                file.edits.name_through("rest_framework", "viewsets", base)?
            }
        };
        let mut methods: Vec<String> = parts.get_queryset.iter().cloned().collect();
        methods.extend(self.perform_create(&mut file.edits)?);
        let queryset = format!("queryset = {}", parts.queryset(None));
        let lines = std::iter::once(queryset).chain(parts.all.clone()).chain(parts.list.clone());
        let code = class(&parts.decorators, &name, &base, lines, &methods);
        let code = file.edits.in_habits(&code, &ANNOTATIONS)?;
        let all = ["create", "list", "retrieve", "update", "delete"];
        let actions = if wanted.read_only { &all[1..3] } else { &all[..] };
        match file.edits.code().add_class(&code, ClassPlace::End) {
            Err(error) if error.code == codes::NAME_TAKEN && self.is_there(&name, actions, &parts) => {
                file = project::open(cx, &path, facts)?;
                notes.clear();
            }
            added => drop(added?),
        }

        let route = Wanted { viewset: &name, file: &path, model: Some(&model.name), prefix: &wanted.route };
        let routed = route::route(cx, facts, app, route, &mut file)?;
        let mut edits: Vec<Edit> = file.finish().into_iter().collect();
        edits.extend(owner.and_then(|owner| owner.edit));
        edits.extend(export(cx, facts, app, &path, &[&name])?);
        edits.extend(routed);
        Ok((path, edits))
    }
}

/// A new module's classes, made known by a package that makes its other modules' classes known.
pub(super) fn export(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    path: &RelPath,
    names: &[&str],
) -> Result<Option<Edit>, Diagnostic> {
    let Some(package) = app.files.views.as_ref().filter(|p| p.file_name() == "__init__.py" && *p != path)
    else {
        return Ok(None);
    };
    let mut file = project::open(cx, package, facts)?;
    let mut others =
        app.viewsets.iter().filter(|v| !names.contains(&v.name.as_str()) && v.place.file != *package);
    if !others.any(|v| file.edits.meaning_of(&v.name).is_some()) {
        return Ok(None);
    }
    for name in names {
        file.edits.name_of_app(app, path, name)?;
        if file.edits.meaning_of("__all__").is_some() {
            let item = file.edits.layout().string(name);
            let _ = file.edits.list_append(ListTarget::Variable("__all__"), &item, ItemPlace::End)?;
        }
    }
    Ok(file.finish())
}

fn schema() -> Value {
    let names = |about: &str| json!({"type": "array", "items": {"type": "string"}, "description": about});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["model", "route"],
        "properties": {
            "model": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The model, as `app.Model`. It must have a serializer."
            },
            "route": {"type": "string", "minLength": 1, "description": "The URL prefix, such as `tags`."},
            "name": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The class; `<Model>ViewSet` if absent. Generic views are called as the app's others."
            },
            "read_only": {"type": "boolean", "description": "Clients may only read."},
            "permissions": names("Permission classes: REST framework's by name, others with their module. If absent, those that all viewsets of the app have (of the project, in an app without) and that fit any model, else the project's default."),
            "permissions_of": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                "description": "A model whose viewset's permission classes it takes, if `permissions` names none. Classes of the project's own that look at more than the request are left out, with a note."
            },
            "login": {"type": "boolean", "description": "Clients who are not logged in may not even read."},
            "show_to_all": {"type": "boolean", "description": "Rows are shown to everybody whom the permissions let, although another viewset shows those that they belong to by a rule that is not understood. Without it such a step is refused."},
            "select": names("Relations to load with the rows: to one."),
            "prefetch": names("Relations to load with the rows: to many."),
            "filter_fields": names("Fields that `?field=` filters by. Left out, with a note, in a project without django-filter."),
            "filter_ranges": names("Fields that `?field=`, `?field__gte=` and `?field__lte=` filter by. Left out, with a note, in a project without django-filter."),
            "search_fields": names("Fields that `?search=` looks in."),
            "ordering_fields": names("Fields that `?ordering=` may name."),
            "owner": {
                "type": "string",
                "pattern": "^[a-z_][a-z0-9_]*$",
                "description": "The relation to the user who made a row: set from the request; only that user may change or delete the row, and clients who are not logged in may only read. Classes that let only staff write are left out then."
            },
            "top_of": {
                "type": "string",
                "pattern": "^[a-z_][a-z0-9_]*$",
                "description": "A relation to the row above, such as `parent`: the list has only rows that stand below none."
            }
        }
    })
}

#[cfg(test)]
pub mod tests {
    use std::path::Path;

    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;

    use super::*;

    const MODELS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/models.py");

    const SERIALIZERS: &str =
        include_str!("../../../../templates/tagging/tests/default/after/blog/serializers.py");

    const URLS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/urls.py");

    /// The views when tagging is complete.
    pub const VIEWS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/views.py");

    /// The blog with tags in its models and serializers, and nowhere else.
    pub fn blog() -> TestProject<'static> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects/django-blog");
        TestProject::new(Some(&Django))
            .folder(&root)
            .file("blog/models.py", MODELS)
            .file("blog/serializers.py", SERIALIZERS)
    }

    /// A views file with one viewset of posts.
    pub fn post_views(body: &str) -> String {
        format!(
            "from rest_framework import viewsets\n\nfrom .models import Post\nfrom .serializers import PostSerializer\n\n\nclass PostViewSet(viewsets.ModelViewSet):\n{body}"
        )
    }

    fn create(project: &mut TestProject<'_>, params: Value) -> Result<Outcome, Diagnostic> {
        project.apply(&CreateViewset, "create_viewset", params)
    }

    fn tag() -> Value {
        json!({"model": "blog.Tag", "route": "tags", "filter_fields": ["slug"], "search_fields": ["name"]})
    }

    #[test]
    fn a_module_with_views_and_router_is_changed_at_once() {
        let views = format!(
            "{}\n\nrouter = DefaultRouter()\nrouter.register(\"posts\", PostViewSet)\n",
            post_views("    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n")
        )
        .replace("import viewsets\n", "import viewsets\nfrom rest_framework.routers import DefaultRouter\n");
        let mut project = blog().file("blog/views.py", views).file(
            "blog/urls.py",
            "from django.urls import include, path\n\nfrom .views import router\n\nurlpatterns = [path(\"\", include(router.urls))]\n",
        );
        create(&mut project, json!({"model": "blog.Tag", "route": "tags"})).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(
            text.ends_with(
                "\n\n\nclass TagViewSet(viewsets.ModelViewSet):\n    queryset = Tag.objects.all()\n    serializer_class = TagSerializer\n\n\n\
                 router = DefaultRouter()\nrouter.register(\"posts\", PostViewSet)\nrouter.register(\"tags\", TagViewSet)\n"
            ),
            "{text}"
        );
        assert!(create(&mut project, json!({"model": "blog.Tag", "route": "tags"})).unwrap().is_noop());
    }

    #[test]
    fn a_viewset_that_does_what_is_asked_for_is_left_as_it_is() {
        let views = |class: &str| {
            post_views("    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n")
                .replace("import Post\n", "import Post, Tag\n")
                .replace("import PostSerializer\n", "import PostSerializer, TagSerializer\n")
                + class
        };
        let there = "\n\nclass TagViewSet(viewsets.ModelViewSet):\n    \"\"\"Words for posts.\"\"\"\n\n    queryset = Tag.objects.order_by(\"name\")\n    serializer_class = TagSerializer\n    filterset_fields = [\"slug\", \"name\"]\n    search_fields = [\"name\"]\n    throttle_scope = \"tags\"\n";
        let create_beside = |class: &str| {
            let mut project = blog().file("blog/views.py", views(class));
            let outcome = create(&mut project, tag());
            (outcome.map(|o| o.notes), project.text("blog/views.py").unwrap().to_owned())
        };
        let (outcome, text) = create_beside(there);
        assert!(outcome.unwrap().is_empty());
        assert_eq!(text, views(there));
        for other in [
            there.replace("ModelViewSet", "ReadOnlyModelViewSet"),
            there.replace("    search_fields = [\"name\"]\n", ""),
            there.replace("\"slug\", ", ""),
            there.replace("TagSerializer", "PostSerializer"),
        ] {
            let (outcome, _) = create_beside(&other);
            assert_eq!(outcome.unwrap_err().code, codes::NAME_TAKEN, "{other}");
        }
    }

    #[test]
    fn tagging_is_the_ideal_byte_for_byte() {
        let mut project = blog();
        let outcome = create(&mut project, tag()).unwrap();
        assert_eq!(project.text("blog/urls.py").unwrap(), URLS);
        let class = &VIEWS[VIEWS.find("class TagViewSet").unwrap()..];
        assert!(project.text("blog/views.py").unwrap().ends_with(class));
        assert!(outcome.notes.is_empty());
        assert_eq!(outcome.file.unwrap().as_str(), "blog/views.py");
        assert_eq!(outcome.edits.len(), 2);
    }

    /// A project with models in `food` and its API in `api`, which serves dishes; cooks and menus have no views yet.
    fn kitchen() -> TestProject<'static> {
        let model = |name: &str, more: &str| {
            format!("\n\nclass {name}(models.Model):\n    name = models.CharField(max_length=9)\n{more}")
        };
        let above = "    dish = models.ForeignKey(Dish, on_delete=models.CASCADE)\n";
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'food', 'staff', 'api']\nROOT_URLCONF = 'config.urls'\n")
            .file("config/urls.py", "from django.urls import include, path\n\nurlpatterns = [path('api/', include('api.urls'))]\n")
            .file("food/__init__.py", "")
            .file("food/models.py", format!("from django.db import models\n{}{}{}", model("Dish", ""), model("Note", above), model("Menu", "")))
            .file("staff/__init__.py", "")
            .file("staff/models.py", format!("from django.db import models\n{}{}", model("Cook", ""), model("Shift", "")))
            .file("api/__init__.py", "")
            .file("api/serializers.py", "from rest_framework import serializers\n\nfrom food.models import Dish\n\n\nclass DishSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Dish\n        fields = ['id', 'name']\n")
            .file("api/views.py", "from rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n\nfrom api.serializers import DishSerializer\nfrom food.models import Dish\n\n\nclass DishViewSet(viewsets.ModelViewSet):\n    queryset = Dish.objects.all()\n    serializer_class = DishSerializer\n    permission_classes = [IsAuthenticated]\n")
            .file("api/urls.py", "from rest_framework.routers import SimpleRouter\n\nfrom api import views\n\nrouter = SimpleRouter()\nrouter.register('dishes', views.DishViewSet)\n\nurlpatterns = router.urls\n")
    }

    #[test]
    fn an_api_goes_where_the_models_of_its_app_are_served() {
        for model in ["Note", "Menu"] {
            let mut project = kitchen();
            let serializers = project
                .text("api/serializers.py")
                .unwrap()
                .replace("import Dish", &format!("import Dish, {model}"))
                + &format!(
                    "\n\nclass {model}Serializer(serializers.ModelSerializer):\n    class Meta:\n        model = {model}\n        fields = ['id', 'name']\n"
                );
            project = project.file("api/serializers.py", serializers);
            let params = json!({"model": format!("food.{model}"), "route": "new"});
            create(&mut project, params.clone()).unwrap();
            assert_eq!(project.text("food/views.py"), None);
            let views = project.text("api/views.py").unwrap();
            assert!(views.contains(&format!("from food.models import Dish, {model}\n")), "{views}");
            assert!(views.ends_with("    permission_classes = [IsAuthenticated]\n"), "{views}");
            let urls = project.text("api/urls.py").unwrap();
            assert!(urls.contains(&format!("router.register('new', views.{model}ViewSet)")), "{urls}");
            assert!(create(&mut project, params).unwrap().is_noop());
        }
    }

    #[test]
    fn a_base_that_all_viewsets_have_new_ones_have_too() {
        let classes = |base: &str| {
            let api = "from rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n\nfrom .models import Book, Note, Shelf\nfrom .serializers import BookSerializer, NoteSerializer, ShelfSerializer\n";
            let view = |model: &str| {
                format!(
                    "\n\nclass {model}ViewSet(BaseViewSet):\n    queryset = {model}.objects.all()\n    serializer_class = {model}Serializer\n"
                )
            };
            let model = |model: &str| {
                format!("\n\nclass {model}(models.Model):\n    name = models.CharField(max_length=9)\n")
            };
            let serializer = |model: &str| {
                format!(
                    "\n\nclass {model}Serializer(serializers.ModelSerializer):\n    class Meta:\n        model = {model}\n        fields = ['id', 'name']\n"
                )
            };
            let of_all = |part: &dyn Fn(&str) -> String| ["Book", "Shelf", "Note"].map(part).concat();
            let mut project = TestProject::new(Some(&Django))
                .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
                .file("config/__init__.py", "")
                .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'shop']\nROOT_URLCONF = 'config.urls'\n")
                .file("config/urls.py", "urlpatterns = []\n")
                .file("shop/__init__.py", "")
                .file("shop/models.py", format!("from django.db import models\n{}", of_all(&model)))
                .file("shop/serializers.py", format!("from rest_framework import serializers\n\nfrom .models import Book, Note, Shelf\n{}", of_all(&serializer)))
                .file("shop/views.py", format!("{api}\n\nclass BaseViewSet(viewsets.ModelViewSet):\n    permission_classes = [IsAuthenticated]\n{base}{}{}", view("Book"), view("Shelf")));
            let params = json!({"model": "shop.Note", "route": "notes"});
            create(&mut project, params.clone()).unwrap();
            assert!(create(&mut project, params).unwrap().is_noop());
            let views = project.text("shop/views.py").unwrap();
            views.split("class NoteViewSet").nth(1).unwrap().to_owned()
        };
        let own =
            "(BaseViewSet):\n    queryset = Note.objects.all()\n    serializer_class = NoteSerializer\n";
        assert_eq!(classes(""), own);
        // Which rows there are, or how they are made, may not fit another model.
        let framework = own.replace("BaseViewSet", "viewsets.ModelViewSet")
            + "    permission_classes = [IsAuthenticated]\n";
        assert_eq!(
            classes(
                "\n    def perform_create(self, serializer):\n        serializer.save(by=self.request.user)\n"
            ),
            framework
        );
    }

    #[test]
    fn the_url_of_an_app_that_is_included_with_it_is_another_ones() {
        let serializers = "from rest_framework import serializers\n\nfrom .models import Cook\n\n\nclass CookSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Cook\n        fields = ['id', 'name']\n";
        let mut project = kitchen().file("staff/serializers.py", serializers);
        let error = create(&mut project, json!({"model": "staff.Cook", "route": "dishes"})).unwrap_err();
        assert!(
            error.message.contains("the URL `/api/dishes/` is taken by `DishViewSet`"),
            "{}",
            error.message
        );
        assert!(error.help.unwrap().contains("`--set route=NAME`"));
        create(&mut project, json!({"model": "staff.Cook", "route": "cooks"})).unwrap();
        let views = project.text("staff/views.py").unwrap();
        assert!(views.contains("permission_classes = [IsAuthenticated]"), "{views}");
    }

    #[test]
    fn what_is_not_installed_is_left_out_and_said() {
        let settings = "INSTALLED_APPS = ['rest_framework', 'blog']\nROOT_URLCONF = 'config.urls'\n";
        let mut project = blog().file("config/settings.py", settings);
        let outcome = create(&mut project, tag()).unwrap();
        let notes: Vec<&str> = outcome.notes.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(notes, ["`filterset_fields` was left out: the project does not use django-filter"]);
        let text = project.text("blog/views.py").unwrap();
        assert!(
            text.ends_with(
                "    serializer_class = TagSerializer\n    filter_backends = [SearchFilter]\n    search_fields = [\"name\"]\n"
            ),
            "{text}"
        );
        assert!(text.contains("from rest_framework.filters import SearchFilter\n"), "{text}");
    }

    #[test]
    fn backends_that_are_no_default_are_named_beside_those_that_are() {
        let settings = "INSTALLED_APPS = ['rest_framework', 'django_filters', 'blog']\nROOT_URLCONF = 'config.urls'\nREST_FRAMEWORK = {'DEFAULT_FILTER_BACKENDS': ['rest_framework.filters.SearchFilter', 'blog.backends.Mine']}\n";
        let mut project = blog().file("config/settings.py", settings);
        create(&mut project, tag()).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(text.contains("from django_filters.rest_framework import DjangoFilterBackend\n"), "{text}");
        assert!(
            text.ends_with(
                "    filter_backends = [Mine, DjangoFilterBackend, SearchFilter]\n    filterset_fields = [\"slug\"]\n    search_fields = [\"name\"]\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_range_is_filtered_by_its_ends() {
        let mut project = blog();
        let params =
            json!({"model": "blog.Tag", "route": "tags", "filter_fields": ["slug"], "filter_ranges": ["id"]});
        create(&mut project, params).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(
            text.ends_with(
                "    filterset_fields = {\"slug\": [\"exact\"], \"id\": [\"exact\", \"gte\", \"lte\"]}\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn relations_and_permissions_are_written() {
        let mut project = blog();
        let params = json!({
            "model": "blog.Post", "route": "articles", "name": "ArticleViewSet", "read_only": true,
            "select": ["author"], "prefetch": ["tags"], "permissions": ["IsAuthenticated", "blog.permissions.IsOwner"]
        });
        let error = create(&mut project, params.clone()).unwrap_err();
        assert_eq!(error.message, "the route name `post` is taken by `PostViewSet` on `router`");
        let mut project = blog().file("blog/urls.py", "urlpatterns = []\n");
        create(&mut project, params).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(
            text.ends_with("class ArticleViewSet(viewsets.ReadOnlyModelViewSet):\n    queryset = Post.objects.select_related(\"author\").prefetch_related(\"tags\")\n    serializer_class = PostSerializer\n    permission_classes = [IsAuthenticated, IsOwner]\n"),
            "{text}"
        );
    }

    #[test]
    fn rows_whose_slugs_are_shown_are_loaded_at_once() {
        let mut project = blog().file("blog/urls.py", "urlpatterns = []\n");
        let serializers = project.text("blog/serializers.py").unwrap().replacen(
            "class PostSerializer(serializers.ModelSerializer):\n",
            "class PostSerializer(serializers.ModelSerializer):\n    author = serializers.SlugRelatedField(slug_field=\"username\", read_only=True)\n    tags = serializers.SlugRelatedField(slug_field=\"slug\", queryset=Tag.objects.all(), many=True)\n\n",
            1,
        );
        project = project.file("blog/serializers.py", serializers);
        create(&mut project, json!({"model": "blog.Post", "route": "articles", "name": "ArticleViewSet"}))
            .unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(text.contains(".select_related(\"author\").prefetch_related(\"tags\")\n"), "{text}");
    }

    #[test]
    fn permissions_are_taken_from_the_viewset_of_another_model() {
        let views = |permissions: &str| {
            post_views(&format!(
                "    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n    permission_classes = {permissions}\n"
            ))
            .replace("import viewsets\n", "import permissions, viewsets\n\nfrom .permissions import IsAuthor\n")
        };
        let params = json!({"model": "blog.Tag", "route": "tags", "permissions_of": "blog.Post"});
        let mut project = blog().file("blog/views.py", views("[permissions.IsAuthenticated, IsAuthor]"));
        let outcome = create(&mut project, params.clone()).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(text.ends_with("    permission_classes = [permissions.IsAuthenticated]\n"), "{text}");
        assert_eq!(
            outcome.notes[0].text,
            "`TagViewSet` does not have `IsAuthor` of `PostViewSet`: look whether it should"
        );
        let mut project = blog().file("blog/views.py", views("[permissions.IsAdminUser | IsAuthor]"));
        let outcome = create(&mut project, params.clone()).unwrap();
        assert!(project.text("blog/views.py").unwrap().ends_with("    serializer_class = TagSerializer\n"));
        assert!(outcome.notes[0].text.contains("`permissions.IsAdminUser | IsAuthor`"));
        let mut project = blog();
        assert!(create(&mut project, params).unwrap().notes.is_empty());
    }

    #[test]
    fn an_app_without_urls_gets_a_router_and_is_included() {
        let mut project = blog()
            .file("blog/urls.py", "")
            .file("config/urls.py", "from django.contrib import admin\nfrom django.urls import path\n\nurlpatterns = [\n    path(\"admin/\", admin.site.urls),\n]\n");
        create(&mut project, tag()).unwrap();
        assert_eq!(
            project.text("blog/urls.py").unwrap(),
            "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\n\nfrom .views import TagViewSet\n\nrouter = DefaultRouter()\nrouter.register(\"tags\", TagViewSet, basename=\"tag\")\n\nurlpatterns = [\n    path(\"\", include(router.urls)),\n]\n"
        );
        assert_eq!(
            project.text("config/urls.py").unwrap(),
            "from django.contrib import admin\nfrom django.urls import include, path\n\nurlpatterns = [\n    path(\"admin/\", admin.site.urls),\n    path(\"api/\", include(\"blog.urls\")),\n]\n"
        );
    }

    #[test]
    fn an_app_is_included_in_the_list_of_the_projects_api() {
        let root = "from django.urls import include, path\n\napi_v1 = [\n    path('shop/', include('shop.urls')),\n]\n\nurlpatterns = [\n    path('api/v1/', include(api_v1)),\n]\n";
        let urls = "from django.urls import include, path\nfrom rest_framework.routers import SimpleRouter\n\nfrom .views import CartViewSet\n\nrouter = SimpleRouter()\nrouter.register('carts', CartViewSet)\n\nurlpatterns = [path('', include(router.urls))]\n";
        let mut project = blog()
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'blog', 'shop']\nROOT_URLCONF = 'config.urls'\n")
            .file("config/urls.py", root)
            .file("blog/urls.py", "")
            .file("shop/__init__.py", "")
            .file("shop/models.py", "from django.db import models\n\n\nclass Cart(models.Model):\n    name = models.CharField(max_length=9)\n")
            .file("shop/views.py", "from rest_framework import viewsets\n\nfrom .models import Cart\n\n\nclass CartViewSet(viewsets.ModelViewSet):\n    queryset = Cart.objects.all()\n")
            .file("shop/urls.py", urls);
        create(&mut project, tag()).unwrap();
        let text = project.text("config/urls.py").unwrap();
        assert_eq!(
            text,
            root.replace("'shop.urls')),\n", "'shop.urls')),\n    path('', include('blog.urls')),\n")
        );
        assert!(create(&mut project, tag()).unwrap().is_noop());
    }

    #[test]
    fn paths_that_are_there_stay() {
        let urls = "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [\n    path(\"posts/\", views.index),\n]\n";
        let mut project = blog().file("blog/urls.py", urls);
        create(&mut project, tag()).unwrap();
        assert_eq!(
            project.text("blog/urls.py").unwrap(),
            "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\n\nfrom . import views\n\nrouter = DefaultRouter()\nrouter.register(\"tags\", views.TagViewSet, basename=\"tag\")\n\nurlpatterns = [\n    path(\"posts/\", views.index),\n    path(\"\", include(router.urls)),\n]\n"
        );
    }

    #[test]
    fn registrations_are_written_as_the_others_are() {
        let urls = "from rest_framework.routers import SimpleRouter\n\nfrom blog import views\n\napi = SimpleRouter()\napi.register(r'posts', views.PostViewSet)\n\nurlpatterns = api.urls\n";
        let mut project = blog().file("blog/urls.py", urls);
        create(&mut project, tag()).unwrap();
        let text = project.text("blog/urls.py").unwrap();
        assert!(
            text.contains(
                "api.register(r'posts', views.PostViewSet)\napi.register(r'tags', views.TagViewSet)\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_is_taken_or_missing_is_refused() {
        let mut project = blog();
        for (params, code, part) in [
            (
                json!({"model": "blog.Tag", "route": "posts"}),
                codes::NAME_TAKEN,
                "the route `posts` is taken by `PostViewSet`",
            ),
            (
                json!({"model": "blog.Tag", "route": "tags", "name": "PostViewSet"}),
                codes::NAME_TAKEN,
                "PostViewSet",
            ),
            (
                json!({"model": "blog.Tag", "route": "tags", "filter_fields": ["colour"]}),
                codes::NOT_FOUND,
                "colour",
            ),
            (json!({"model": "blog.Tag", "route": "^tags$"}), codes::BAD_PARAMS, "prefix"),
            (
                json!({"model": "blog.Tag", "route": "tags", "permissions": ["IsOwner"]}),
                codes::BAD_PARAMS,
                "IsOwner",
            ),
            (json!({"model": "blog.Nothing", "route": "tags"}), codes::NOT_FOUND, "blog.Nothing"),
        ] {
            let error = create(&mut project, params).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains(part), "{error}");
        }
        let mut project = blog().file("blog/serializers.py", "");
        let error = create(&mut project, tag()).unwrap_err();
        assert_eq!(
            error.help.as_deref(),
            Some("make one first, with a create_serializer step for `blog.Tag`")
        );
    }
}
