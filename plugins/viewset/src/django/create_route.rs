//! `create_route`: the route of a viewset that is there already.

use aksara_python::example::on_blog;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::params::CreateRoute as Params;
use aksara_sdk::{
    Context, Diagnostic, Effect, Example, Executor, ExecutorInfo, Note, Outcome, StepInput, params,
};
use serde_json::json;

use super::project;
use super::route::{self, Wanted};

/// Routes a viewset that another step, or somebody, wrote.
pub struct CreateRoute;

impl Executor for CreateRoute {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_route".into(),
            summary: "Registers the route of a viewset that is there.".to_owned(),
            params: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "additionalProperties": false,
                "required": ["app", "viewset", "route"],
                "properties": {
                    "app": {
                        "type": "string",
                        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                        "description": "The app that the viewset is in, by its label."
                    },
                    "viewset": {
                        "type": "string",
                        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                        "description": "The viewset's class. The routes are named after its model, or after the class if it has none."
                    },
                    "route": {"type": "string", "minLength": 1, "description": "The URL prefix, such as `tags`."}
                }
            }),
            effects: vec![Effect::Edit],
            examples: vec![example()],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let wanted = read(step)?;
        let facts = project::facts(cx, &wanted.app)?;
        let app = facts.require_app(&wanted.app)?;
        let Some(viewset) = app.viewsets.iter().find(|viewset| viewset.name == wanted.viewset) else {
            let there: Vec<&str> = app.viewsets.iter().map(|viewset| viewset.name.as_str()).collect();
            let message = format!("the app `{}` has no viewset `{}`", app.label, wanted.viewset);
            let help = match there.as_slice() {
                [] => "make one first, with a create_viewset step".to_owned(),
                there => format!("there are: {}", there.join(", ")),
            };
            return Err(Diagnostic::new(codes::NOT_FOUND, message).with_help(help));
        };
        let model = viewset.model.as_deref().and_then(|label| label.rsplit('.').next());
        let file = viewset.place.file.clone();
        let route = Wanted { viewset: &wanted.viewset, file: &file, model, prefix: &wanted.route };
        let mut here = project::open(cx, &file, &facts)?;
        let mut edits = route::route(cx, &facts, app, route, &mut here)?;
        edits.extend(here.finish());
        let mut notes = Vec::new();
        if edits.is_empty() {
            notes.push(Note::info(format!("`{}` is routed already", wanted.viewset)));
        }
        let file = edits.first().map(|edit| edit.path().clone());
        Ok(Outcome { edits, file, notes, ..Outcome::default() })
    }
}

/// A viewset that nobody routed yet.
fn example() -> Example {
    let params = json!({ "app": "blog", "viewset": "StatusViewSet", "route": "status" });
    let mut example = on_blog("A viewset without a model", params);
    let views = "from rest_framework import viewsets\nfrom rest_framework.response import Response\n\n\n\
                 class StatusViewSet(viewsets.ViewSet):\n    def list(self, request):\n        return Response({\"up\": True})\n";
    let _ = example.files.insert("blog/views.py".to_owned(), views.into());
    let urls = "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\n\n\
                router = DefaultRouter()\n\nurlpatterns = [\n    path(\"\", include(router.urls)),\n]\n";
    let _ = example.files.insert("blog/urls.py".to_owned(), urls.into());
    example
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    route::check_prefix(&wanted.route)?;
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::create::tests::blog;
    use super::*;

    fn create(
        project: &mut aksara_sdk::testing::TestProject<'_>,
        params: Value,
    ) -> Result<Outcome, Diagnostic> {
        project.apply(&CreateRoute, "create_route", params)
    }

    #[test]
    fn a_viewset_that_is_there_is_routed_once() {
        let views = "from rest_framework import viewsets\n\n\nclass CartViewSet(viewsets.ViewSet):\n    def list(self, request):\n        pass\n";
        let mut project = blog().file("blog/views.py", views);
        let wanted = json!({ "app": "blog", "viewset": "CartViewSet", "route": "cart" });
        let outcome = create(&mut project, wanted.clone()).unwrap();
        assert_eq!(outcome.file.as_ref().map(aksara_sdk::RelPath::as_str), Some("blog/urls.py"));
        let urls = project.text("blog/urls.py").unwrap();
        assert!(urls.contains("router.register(\"cart\", CartViewSet, basename=\"cart\")\n"), "{urls}");
        assert!(urls.contains("CartViewSet"), "{urls}");
        assert!(create(&mut project, wanted).unwrap().is_noop());
    }

    #[test]
    fn what_cannot_be_routed_is_refused() {
        for (params, code) in [
            (json!({ "app": "blog", "viewset": "NobodyViewSet", "route": "nobody" }), codes::NOT_FOUND),
            (json!({ "app": "shop", "viewset": "PostViewSet", "route": "posts" }), codes::NOT_FOUND),
            (json!({ "app": "blog", "viewset": "PostViewSet", "route": "a b" }), codes::BAD_PARAMS),
            (json!({ "app": "blog", "viewset": "PostViewSet", "route": "articles" }), codes::NAME_TAKEN),
        ] {
            assert_eq!(create(&mut blog(), params.clone()).unwrap_err().code, code, "{params}");
        }
    }

    /// A project with one router for all apps; on it, an order that `other` has.
    fn two_apps(viewset: &str, more: &str) -> aksara_sdk::testing::TestProject<'static> {
        let views = |name: &str, model: &str| {
            format!(
                "from rest_framework import viewsets\n\nfrom .models import {model}\n\n\nclass {name}(viewsets.ModelViewSet):\n    queryset = {model}.objects.all()\n"
            )
        };
        let models = "from django.db import models\n\n\nclass Order(models.Model):\n    name = models.CharField(max_length=9)\n";
        aksara_sdk::testing::TestProject::new(Some(&aksara_plugin_project::Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'shop', 'other']\nROOT_URLCONF = 'config.urls'\n")
            .file("config/urls.py", "from django.urls import include, path\n\nurlpatterns = [path('', include('config.api_router'))]\n")
            .file("config/api_router.py", format!("from other.views import {viewset}\nfrom rest_framework.routers import SimpleRouter\n\nrouter = SimpleRouter()\nrouter.register('orders', {viewset})\n{more}\nurlpatterns = router.urls\n"))
            .file("shop/models.py", models)
            .file("other/models.py", models)
            .file("shop/views.py", views("OrderViewSet", "Order"))
            .file("other/views.py", views(viewset, "Order"))
    }

    #[test]
    fn a_viewset_of_the_same_name_in_another_app_is_another_one() {
        let mut project = two_apps("OrderViewSet", "");
        let wanted = json!({ "app": "shop", "viewset": "OrderViewSet", "route": "orders" });
        let error = create(&mut project, wanted).unwrap_err();
        assert_eq!(error.message, "the route `orders` is taken by `OrderViewSet` on `router`");
    }

    #[test]
    fn a_name_that_another_app_has_is_told_apart_by_the_app() {
        let mut project = two_apps("OldOrderViewSet", "");
        let wanted = json!({ "app": "shop", "viewset": "OrderViewSet", "route": "purchases" });
        create(&mut project, wanted.clone()).unwrap();
        let text = project.text("config/api_router.py").unwrap();
        assert!(
            text.contains("router.register('purchases', OrderViewSet, basename='shop-order')\n"),
            "{text}"
        );
        assert!(create(&mut project, wanted).unwrap().is_noop());
    }

    #[test]
    fn a_name_or_url_on_another_router_of_the_namespace_is_taken_too() {
        let urls = |mount: &str| {
            format!(
                "from django.urls import include, path\n\nurlpatterns = [path('', include('config.api_router')), path('{mount}', include('shop.urls'))]\n"
            )
        };
        let own = "from rest_framework.routers import SimpleRouter\n\nrouter = SimpleRouter()\n\nurlpatterns = router.urls\n";
        let wanted = json!({ "app": "shop", "viewset": "OrderViewSet", "route": "orders" });
        let mut project =
            two_apps("OrderViewSet", "").file("config/urls.py", urls("shop/")).file("shop/urls.py", own);
        create(&mut project, wanted.clone()).unwrap();
        let text = project.text("shop/urls.py").unwrap();
        assert!(text.contains("router.register('orders', OrderViewSet, basename='shop-order')\n"), "{text}");
        assert!(create(&mut project, wanted.clone()).unwrap().is_noop());
        let mut project =
            two_apps("OrderViewSet", "").file("config/urls.py", urls("")).file("shop/urls.py", own);
        let error = create(&mut project, wanted).unwrap_err();
        assert_eq!(error.message, "the URL `/orders/` is taken by `OrderViewSet` of `other/views.py`");
    }

    #[test]
    fn a_new_router_is_included_where_those_of_the_other_apps_are() {
        let api = "from django.urls import include, path\n\nurlpatterns = [\n    path('other/', include('other.urls')),\n]\n";
        let own = "from django.urls import path\n\nfrom .views import Orders\n\nurlpatterns = [path('', Orders.as_view())]\n";
        let views =
            "from rest_framework import generics\n\n\nclass Orders(generics.ListAPIView):\n    pass\n";
        let root = "from django.urls import include, path\n\nurlpatterns = [path('v1/', include('config.api_router'))]\n";
        let mut project = two_apps("OldOrderViewSet", "")
            .file("config/api_router.py", api)
            .file("config/urls.py", root)
            .file("other/views.py", views)
            .file("other/urls.py", own);
        let wanted = json!({ "app": "shop", "viewset": "OrderViewSet", "route": "orders" });
        create(&mut project, wanted.clone()).unwrap();
        assert_eq!(project.text("config/urls.py"), Some(root));
        let added = api.replace("]\n", "    path('', include('shop.urls')),\n]\n");
        assert_eq!(project.text("config/api_router.py"), Some(added.as_str()));
        assert!(create(&mut project, wanted).unwrap().is_noop());
    }

    #[test]
    fn a_new_router_stands_before_patterns_that_take_everything() {
        let urls = "from django.urls import re_path\n\nfrom . import pages\n\nurlpatterns = [\n    re_path(r'^$', pages.index),\n    re_path(r'^(?P<url>[-\\w/]+)/$', pages.page),\n]\n";
        let root = "from django.urls import include, path\n\nurlpatterns = [\n    path('', include('pages.urls')),\n]\n";
        let mut project = blog()
            .file("blog/views.py", "from rest_framework import viewsets\n\n\nclass CartViewSet(viewsets.ViewSet):\n    def list(self, request):\n        pass\n")
            .file("blog/urls.py", urls)
            .file("config/urls.py", root);
        let wanted = json!({ "app": "blog", "viewset": "CartViewSet", "route": "cart" });
        create(&mut project, wanted.clone()).unwrap();
        let text = project.text("blog/urls.py").unwrap();
        assert!(text.contains("router = SimpleRouter()\n"), "no page's place is taken by a root: {text}");
        assert!(
            text.ends_with("    re_path(r'^$', pages.index),\n    path('', include(router.urls)),\n    re_path(r'^(?P<url>[-\\w/]+)/$', pages.page),\n]\n"),
            "{text}"
        );
        let text = project.text("config/urls.py").unwrap();
        assert!(
            text.ends_with(
                "    path('api/', include('blog.urls')),\n    path('', include('pages.urls')),\n]\n"
            ),
            "{text}"
        );
        assert!(create(&mut project, wanted).unwrap().is_noop());
    }
}
