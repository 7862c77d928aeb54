//! Generic views of a model, for an app that has those: one view for the list and one for a row, with a URL pattern each.

use aksara_python::Code;
use aksara_python::edit::{ClassPlace, StatementPlace};
use aksara_python::layout::INDENT;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, ModelFacts, PatternFacts, ViewsetFacts};
use aksara_sdk::{Diagnostic, Edit, Note, RelPath};
use serde_json::Value;

use super::create::{ANNOTATIONS, export};
use super::project;
use super::route::{ANOTHER, include_app};
use super::subject::{Subject, class};

/// How the app calls its generic views, and where it routes them.
struct Habits {
    /// What stands behind the model's name in the class that lists rows, and in that of a row.
    suffixes: [String; 2],
    /// The file of the patterns.
    urls: RelPath,
    /// What stands before the last part of a route.
    prefix: String,
    /// What stands behind it: a slash or nothing.
    slash: &'static str,
    /// The names of the patterns of a model: of its list, and of one of its rows.
    names: [String; 2],
    /// Whether keys in routes are said to be numbers.
    converts: bool,
}

/// Writes the views and routes them.
///
/// # Errors
/// A class, route or name of a pattern that is another one's; URL patterns that are not a literal list.
pub(super) fn create(
    subject: &Subject<'_>,
    notes: &mut Vec<Note>,
) -> Result<(RelPath, Vec<Edit>), Diagnostic> {
    let Subject { cx, facts, app, model, wanted, .. } = *subject;
    let all;
    let has_patterns = app.patterns.iter().any(|p| !p.is_function);
    let teacher = if has_patterns {
        app
    } else {
        all = project::all_facts(cx)?;
        all.app_with_patterns(app)
    };
    let habits = habits(teacher, app, &model.name)?;
    let [list, detail] = habits.suffixes.each_ref().map(|suffix| format!("{}{suffix}", model.name));
    let path = subject.home(&list)?;
    let mut file = project::open(cx, &path, facts)?;
    let owner = subject.owner(&path)?;
    let parts = subject.parts(&mut file.edits, &list, owner.as_ref(), (None, None), notes)?;

    let bases = match wanted.read_only {
        true => ["ListAPIView", "RetrieveAPIView"],
        false => ["ListCreateAPIView", "RetrieveUpdateDestroyAPIView"],
    };
    let top = wanted.top_of.as_ref().map(|parent| format!(".filter({parent}=None)"));
    let rows: Vec<String> = parts.get_queryset.iter().cloned().collect();
    let methods: Vec<String> = rows.iter().cloned().chain(subject.perform_create(&mut file.edits)?).collect();
    let queryset = |call: Option<&str>| format!("queryset = {}", parts.queryset(call));
    let of_list =
        std::iter::once(queryset(top.as_deref())).chain(parts.all.clone()).chain(parts.list.clone());
    let of_detail = std::iter::once(queryset(None)).chain(parts.all.clone());
    let base = file.edits.name_through("rest_framework", "generics", bases[0])?;
    let code = class(&parts.decorators, &list, &base, of_list, &methods);
    let code = file.edits.in_habits(&code, &ANNOTATIONS)?;
    let actions: [&[&str]; 2] = match wanted.read_only {
        true => [&["list"], &["retrieve"]],
        false => [&["create", "list"], &["retrieve", "update", "delete"]],
    };
    let are_there =
        || subject.is_there(&list, actions[0], &parts) && subject.is_there(&detail, actions[1], &parts);
    let added = file.edits.code().add_class(&code, ClassPlace::End).and_then(|_| {
        let base = file.edits.name_through("rest_framework", "generics", bases[1])?;
        let code = class(&parts.decorators, &detail, &base, of_detail, &rows);
        let code = file.edits.in_habits(&code, &ANNOTATIONS)?;
        file.edits.add_class(&code, ClassPlace::End)
    });
    match added {
        Err(error) if error.code == codes::NAME_TAKEN && are_there() => {
            file = project::open(cx, &path, facts)?;
            notes.clear();
        }
        added => drop(added?),
    }

    let mut edits: Vec<Edit> = file.finish().into_iter().collect();
    edits.extend(owner.and_then(|owner| owner.edit));
    edits.extend(export(cx, facts, app, &path, &[&list, &detail])?);
    edits.extend(route(subject, &habits, &path, [&list, &detail])?);
    Ok((path, edits))
}

/// The habits of the app `teacher`, for patterns of `app` and the views of a model.
fn habits(teacher: &AppFacts, app: &AppFacts, model: &str) -> Result<Habits, Diagnostic> {
    let view = |pattern: &PatternFacts| {
        teacher.viewsets.iter().find(|v| !pattern.is_function && v.name == pattern.view)
    };
    let routed: Vec<(&PatternFacts, &ViewsetFacts)> =
        teacher.patterns.iter().filter_map(|p| Some((p, view(p)?))).collect();
    let lists = |view: &ViewsetFacts| view.offered().contains(&"list");
    let shows = |view: &ViewsetFacts| view.offered().contains(&"retrieve") && !lists(view);
    let suffix = |is_it: &dyn Fn(&ViewsetFacts) -> bool, usual: &str| {
        let suffixes = routed.iter().filter(|(_, view)| is_it(view)).filter_map(|(_, view)| {
            let model = view.model.as_deref()?.rsplit('.').next()?;
            view.name.strip_prefix(model).filter(|rest| !rest.is_empty())
        });
        suffixes.into_iter().next().unwrap_or(usual).to_owned()
    };
    let list = routed.iter().find(|(_, view)| lists(view)).map(|(pattern, _)| *pattern);
    let urls = match list.filter(|_| teacher.label == app.label) {
        Some(pattern) => pattern.file.clone(),
        None => match &app.files.urls {
            Some(file) => file.clone(),
            None => RelPath::new(format!("{}/urls.py", app.dir))
                .map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))?,
        },
    };
    let route = list.map_or("", |pattern| pattern.route.as_str());
    let prefix = match route.trim_end_matches('/').rsplit_once('/') {
        Some((before, _)) if teacher.label == app.label => format!("{before}/"),
        _ => String::new(),
    };
    let keys = || routed.iter().filter(|(pattern, _)| pattern.route.contains("pk>"));
    Ok(Habits {
        suffixes: [suffix(&lists, "List"), suffix(&shows, "Detail")],
        urls,
        prefix,
        slash: if route.is_empty() || route.ends_with('/') { "/" } else { "" },
        names: ["list", "detail"].map(|what| teacher.pattern_name(model, what)),
        converts: keys().count() == 0 || keys().any(|(pattern, _)| pattern.route.contains(":pk>")),
    })
}

/// The patterns of both views, in the file that has the others. The first ones of an app are included in the project's
/// URLs.
fn route(
    subject: &Subject<'_>,
    habits: &Habits,
    path: &RelPath,
    views: [&str; 2],
) -> Result<Vec<Edit>, Diagnostic> {
    let Subject { cx, facts, app, model, wanted, .. } = *subject;
    let list = format!("{}{}{}", habits.prefix, wanted.route.trim_matches('/'), habits.slash);
    let key = match (is_uuid(model), habits.converts) {
        (true, true) => "<uuid:pk>",
        (false, true) => "<int:pk>",
        (_, false) => "<pk>",
    };
    let between = if habits.slash.is_empty() { "/" } else { "" };
    let detail = format!("{list}{between}{key}{}", habits.slash);
    let included = list.clone();
    let mut file = project::open(cx, &habits.urls, facts)?;
    let is_first = app.files.urls.is_none();
    if is_first && file.edits.meaning_of("urlpatterns").is_none() {
        let _ = file.edits.append_statement("urlpatterns = []", StatementPlace::End)?;
    }
    // Names of routes are those of a whole namespace.
    let included_in = || facts.api_urls.as_ref().and_then(|urls| urls.namespace.clone());
    let namespace = app.patterns.first().map_or_else(included_in, |pattern| pattern.namespace.clone());
    let others = facts.apps.iter().filter(|other| other.label != app.label);
    let others: Vec<&PatternFacts> = others.flat_map(|other| &other.patterns).collect();
    for ((view, route), name) in views.into_iter().zip([list, detail]).zip(habits.names.clone()) {
        let is_it =
            |p: &PatternFacts| p.view == view && p.route == route && p.name.as_deref() == Some(name.as_str());
        if app.patterns.iter().any(is_it) {
            continue;
        }
        let has_name = |p: &PatternFacts| p.name.as_deref() == Some(name.as_str());
        let own = app.patterns.iter().find_map(|p| match p {
            p if p.route == route && p.file == habits.urls => Some(("the route", &route, p)),
            p if has_name(p) => Some(("the route name", &name, p)),
            _ => None,
        });
        let mut others = others.iter().filter(|p| p.namespace == namespace);
        let taken = own.or_else(|| Some(("the route name", &name, *others.find(|p| has_name(p))?)));
        if let Some((kind, what, pattern)) = taken {
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("{kind} `{what}` is taken by `{}` in `{}`", pattern.view, pattern.file),
            )
            .with_help(ANOTHER));
        }
        let class = file.edits.name_of_app(app, path, view)?;
        let function = file.edits.name_from("django.urls", "path")?;
        let layout = file.edits.layout();
        let call = Code::Call(
            function,
            vec![
                (None, Code::raw(layout.string(&route))),
                (None, Code::raw(format!("{class}.as_view()"))),
                (Some("name".to_owned()), Code::raw(layout.string(&name))),
            ],
        );
        // One more column for the comma behind it.
        let item = layout.around("", &call, ",", 1);
        let item = item.trim_end_matches(',').replace('\n', &format!("\n{INDENT}"));
        let _ = file.edits.add_pattern(&item, &route.replace(key, "1"))?;
    }
    let mut edits: Vec<Edit> = file.finish().into_iter().collect();
    if is_first {
        edits.extend(include_app(cx, facts, app, &habits.urls, &included)?);
    }
    Ok(edits)
}

/// Whether rows of the model are known by a UUID.
fn is_uuid(model: &ModelFacts) -> bool {
    model.fields.iter().any(|field| {
        let is_key = field.args.keyword("primary_key").and_then(|e| e.literal.as_ref());
        is_key == Some(&Value::Bool(true)) && field.class_name() == "UUIDField"
    })
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use aksara_sdk::{Note, Outcome};
    use serde_json::{Value, json};

    use super::*;
    use crate::django::CreateViewset;

    const VIEWS: &str = "from rest_framework import generics\n\nfrom .models import Item\nfrom .serializers import ItemSerializer\n\n\nclass ItemListView(generics.ListCreateAPIView):\n    queryset = Item.objects.all()\n    serializer_class = ItemSerializer\n\n\nclass ItemView(generics.RetrieveUpdateDestroyAPIView):\n    queryset = Item.objects.all()\n    serializer_class = ItemSerializer\n";
    const URLS: &str = "from django.urls import path\n\nfrom .views import ItemListView, ItemView\n\nurlpatterns = [\n    path(\"stock/items\", ItemListView.as_view(), name=\"item_list\"),\n    path(\"stock/items/<pk>\", ItemView.as_view(), name=\"item_detail\"),\n]\n";

    fn shop() -> TestProject<'static> {
        let model = |name: &str| {
            format!("\n\nclass {name}(models.Model):\n    name = models.CharField(max_length=9)\n")
        };
        let serializer = |name: &str| {
            format!(
                "\n\nclass {name}Serializer(serializers.ModelSerializer):\n    class Meta:\n        model = {name}\n        fields = [\"id\", \"name\"]\n"
            )
        };
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = [\"rest_framework\", \"shop\"]\nROOT_URLCONF = \"config.urls\"\n")
            .file("config/urls.py", "from django.urls import include, path\n\nurlpatterns = [path(\"api/\", include(\"shop.urls\"))]\n")
            .file("shop/__init__.py", "")
            .file("shop/models.py", format!("from django.db import models\n{}{}", model("Item"), model("OrderLine")))
            .file("shop/serializers.py", format!("from rest_framework import serializers\n\nfrom .models import Item, OrderLine\n{}{}", serializer("Item"), serializer("OrderLine")))
            .file("shop/views.py", VIEWS)
            .file("shop/urls.py", URLS)
    }

    fn create(project: &mut TestProject<'_>, more: Value) -> Result<Outcome, Diagnostic> {
        let mut params = json!({"model": "shop.OrderLine", "route": "lines", "search_fields": ["name"]});
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        project.apply(&CreateViewset, "create_viewset", params)
    }

    #[test]
    fn views_and_routes_are_as_the_apps_others() {
        let mut project = shop();
        let outcome = create(&mut project, json!({})).unwrap();
        let views = project.text("shop/views.py").unwrap();
        assert!(
            views.ends_with(
                "\n\n\nclass OrderLineListView(generics.ListCreateAPIView):\n    queryset = OrderLine.objects.all()\n    \
                 serializer_class = OrderLineSerializer\n    filter_backends = [SearchFilter]\n    search_fields = [\"name\"]\n\n\n\
                 class OrderLineView(generics.RetrieveUpdateDestroyAPIView):\n    queryset = OrderLine.objects.all()\n    \
                 serializer_class = OrderLineSerializer\n"
            ),
            "{views}"
        );
        let urls = project.text("shop/urls.py").unwrap();
        assert!(
            urls.ends_with(
                "    path(\"stock/lines\", OrderLineListView.as_view(), name=\"order_line_list\"),\n    \
                 path(\"stock/lines/<pk>\", OrderLineView.as_view(), name=\"order_line_detail\"),\n]\n"
            ),
            "{urls}"
        );
        assert_eq!(outcome.file.as_ref().map(RelPath::as_str), Some("shop/views.py"));
        let again = create(&mut project, json!({})).unwrap();
        assert!(again.is_noop(), "{:?}", again.edits);
    }

    #[test]
    fn neither_of_the_views_has_annotations_where_others_have_none() {
        let models = "from django.conf import settings\nfrom django.db import models\n\n\nclass Item(models.Model):\n    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n\n\nclass OrderLine(models.Model):\n    name = models.CharField(max_length=9)\n    item = models.ForeignKey(Item, on_delete=models.CASCADE)\n";
        let own =
            "\n    def get_queryset(self):\n        return Item.objects.filter(owner=self.request.user)\n";
        let views = VIEWS.replace("    queryset = Item.objects.all()\n", own);
        assert_ne!(views, VIEWS);
        let mut project = shop()
            .file("config/settings.py", "INSTALLED_APPS = [\"django.contrib.auth\", \"rest_framework\", \"shop\"]\nROOT_URLCONF = \"config.urls\"\n")
            .file("shop/models.py", models)
            .file("shop/views.py", views);
        create(&mut project, json!({})).unwrap();
        let views = project.text("shop/views.py").unwrap();
        assert_eq!(views.matches("filter(item__owner=self.request.user)").count(), 2, "{views}");
        assert!(!views.contains("QuerySet"), "{views}");
    }

    #[test]
    fn views_stay_what_they_are_beside_a_router_and_other_default_filters() {
        let mut project = shop();
        create(&mut project, json!({})).unwrap();
        let urls = project.text("shop/urls.py").unwrap();
        let router = "from rest_framework.routers import DefaultRouter\n\nfrom .views import CartViewSet, ";
        let urls = urls.replace("\nfrom .views import ", router).replace(
            "\nurlpatterns = [\n",
            "\nrouter = DefaultRouter()\nrouter.register(\"cart\", CartViewSet, basename=\"cart\")\n\n\
             urlpatterns = router.urls + [\n",
        );
        let views = project.text("shop/views.py").unwrap();
        let views = format!(
            "{views}\n\nclass CartViewSet(viewsets.GenericViewSet):\n    queryset = Item.objects.all()\n"
        )
        .replace("import generics", "import generics, viewsets");
        let mut project = project
            .file("config/settings.py", "INSTALLED_APPS = [\"rest_framework\", \"shop\"]\nROOT_URLCONF = \"config.urls\"\nREST_FRAMEWORK = {\"DEFAULT_FILTER_BACKENDS\": [\"shop.filters.Mine\"]}\n")
            .file("shop/urls.py", urls)
            .file("shop/views.py", views);
        let again = create(&mut project, json!({})).unwrap();
        assert!(again.is_noop(), "{:?}", again.edits);
    }

    #[test]
    fn a_name_that_another_apps_route_has_is_taken() {
        let urls = |name: &str| {
            format!(
                "{name}from django.urls import path\n\nfrom . import views\n\nurlpatterns = [path(\"lines\", views.Lines.as_view(), name=\"order_line_list\")]\n"
            )
        };
        let with_stock = |name: &str| {
            shop()
                .file("config/settings.py", "INSTALLED_APPS = [\"rest_framework\", \"shop\", \"stock\"]\nROOT_URLCONF = \"config.urls\"\n")
                .file("config/urls.py", "from django.urls import include, path\n\nurlpatterns = [path(\"api/\", include(\"shop.urls\")), path(\"stock/\", include(\"stock.urls\"))]\n")
                .file("stock/__init__.py", "")
                .file("stock/views.py", "from rest_framework.views import APIView\n\n\nclass Lines(APIView):\n    pass\n")
                .file("stock/urls.py", urls(name))
        };
        let error = create(&mut with_stock(""), json!({})).unwrap_err();
        assert_eq!(error.message, "the route name `order_line_list` is taken by `Lines` in `stock/urls.py`");
        create(&mut with_stock("app_name = \"stock\"\n"), json!({})).unwrap();
    }

    #[test]
    fn the_first_views_of_an_app_get_patterns_that_the_project_includes() {
        let mut project = shop()
            .file("config/settings.py", "INSTALLED_APPS = [\"rest_framework\", \"shop\", \"audit\"]\nROOT_URLCONF = \"config.urls\"\n")
            .file("audit/__init__.py", "")
            .file("audit/models.py", "from django.db import models\n\n\nclass Entry(models.Model):\n    name = models.CharField(max_length=9)\n")
            .file("audit/serializers.py", "from rest_framework import serializers\n\nfrom .models import Entry\n\n\nclass EntrySerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Entry\n        fields = [\"id\", \"name\"]\n");
        create(&mut project, json!({"model": "audit.Entry", "route": "entries"})).unwrap();
        assert_eq!(
            project.text("audit/urls.py").unwrap(),
            "from django.urls import path\n\nfrom .views import EntryListView, EntryView\n\nurlpatterns = [\n    \
             path(\"entries\", EntryListView.as_view(), name=\"entry_list\"),\n    \
             path(\"entries/<pk>\", EntryView.as_view(), name=\"entry_detail\"),\n]\n"
        );
        let root = project.text("config/urls.py").unwrap();
        assert!(root.contains("path(\"api/\", include(\"audit.urls\"))"), "{root}");
        let again = create(&mut project, json!({"model": "audit.Entry", "route": "entries"})).unwrap();
        assert!(again.is_noop(), "{:?}", again.edits);
    }

    #[test]
    fn what_only_reads_only_reads() {
        let mut project = shop();
        create(&mut project, json!({"read_only": true})).unwrap();
        let views = project.text("shop/views.py").unwrap();
        for part in
            ["class OrderLineListView(generics.ListAPIView)", "class OrderLineView(generics.RetrieveAPIView)"]
        {
            assert!(views.contains(part), "{part}:\n{views}");
        }
    }

    #[test]
    fn routes_that_are_taken_are_refused() {
        let error = create(&mut shop(), json!({"route": "items"})).unwrap_err();
        assert_eq!(error.code, codes::NAME_TAKEN);
        assert!(error.message.contains("the route `stock/items` is taken by `ItemListView`"), "{error}");
    }

    #[test]
    fn views_that_are_written_out_get_no_others() {
        let views = "from rest_framework.decorators import api_view\n\n\n@api_view([\"GET\"])\ndef items(request):\n    pass\n";
        let urls = "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [path(\"items/\", views.items)]\n";
        let mut project = shop().file("shop/views.py", views).file("shop/urls.py", urls);
        let error = create(&mut project, json!({})).unwrap_err();
        assert_eq!(error.code, codes::REFUSED);
        assert!(error.message.contains("(`items`)"), "{error}");
        // A page is no API.
        let mut project =
            shop().file("shop/views.py", "def items(request):\n    pass\n").file("shop/urls.py", urls);
        create(&mut project, json!({})).unwrap();
        assert!(project.text("shop/views.py").unwrap().contains("class OrderLineViewSet("));
    }

    #[test]
    fn the_projects_permissions_for_all_views_are_shared() {
        let settings = "INSTALLED_APPS = [\"rest_framework\", \"shop\"]\nROOT_URLCONF = \"config.urls\"\nREST_FRAMEWORK = {\"DEFAULT_PERMISSION_CLASSES\": [\"shop.access.IsStaff\"]}\n";
        let views = VIEWS
            .replace("import generics\n", "import generics\n\nfrom shop.access import IsOwner, IsStaff\n")
            .replace(
                "ItemSerializer\n\n\nclass ItemView",
                "ItemSerializer\n    permission_classes = [IsStaff, IsOwner]\n\n\nclass ItemView",
            );
        let mut project = shop().file("config/settings.py", settings).file("shop/views.py", views);
        let outcome = create(&mut project, json!({"permissions_of": "shop.Item"})).unwrap();
        let text = project.text("shop/views.py").unwrap();
        assert_eq!(text.matches("    permission_classes = [IsStaff]\n").count(), 2, "{text}");
        let notes: Vec<&Note> = outcome.notes.iter().collect();
        assert!(notes.iter().any(|n| n.text.contains("does not have `IsOwner` of")), "{notes:?}");
    }

    #[test]
    fn schema_tags_are_given_where_the_others_have_them() {
        let tagged = VIEWS.replace("class Item", "@extend_schema(tags=[\"items\"])\nclass Item").replace(
            "from rest_framework",
            "from drf_spectacular.utils import extend_schema\nfrom rest_framework",
        );
        let mut project = shop().file("shop/views.py", tagged);
        create(&mut project, json!({})).unwrap();
        let text = project.text("shop/views.py").unwrap();
        assert_eq!(text.matches("@extend_schema(tags=[\"lines\"])\nclass OrderLine").count(), 2, "{text}");
    }
}
