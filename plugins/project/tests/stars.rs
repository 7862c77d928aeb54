//! Names that modules have by `import *` from one another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::testing::TestProject;

const MODELS: &str = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=9)\n\n\nclass _Draft(models.Model):\n    pass\n";
const SERIALIZERS: &str = "from rest_framework import serializers\nfrom .models import *\n\n\nclass PostSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = ['id']\n\n\nclass DraftSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = _Draft\n        fields = ['id']\n";
const VIEWS: &str = "from .api import *\nfrom .serializers import *\n\n\nclass PostViewSet(BaseViewSet):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n";
const API: &str =
    "from rest_framework import viewsets\n\n\nclass BaseViewSet(viewsets.ModelViewSet):\n    pass\n";
const URLS: &str = "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\nfrom blog.views import *\n\nrouter = DefaultRouter()\nrouter.register('posts', PostViewSet)\nurlpatterns = [path('api/', include(router.urls))]\n";

fn blog() -> TestProject<'static> {
    TestProject::new(Some(&Django))
        .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
        .file("config/__init__.py", "")
        .file(
            "config/settings.py",
            "INSTALLED_APPS = ['rest_framework', 'blog']\nROOT_URLCONF = 'config.urls'\n",
        )
        .file("config/urls.py", URLS)
        .file("blog/__init__.py", "")
        .file("blog/models.py", MODELS)
        .file("blog/serializers.py", SERIALIZERS)
        .file("blog/api.py", API)
        .file("blog/views.py", VIEWS)
}

type Names = Vec<Option<String>>;

/// The models of the serializers and of the viewsets, and the basenames of the routes.
fn told(project: &TestProject<'_>) -> (Names, Names, Names) {
    let facts = project.facts().unwrap();
    let app = facts.app("blog").unwrap();
    (
        app.serializers.iter().map(|s| s.model.clone()).collect(),
        app.viewsets.iter().filter(|v| v.name == "PostViewSet").map(|v| v.model.clone()).collect(),
        facts.routers.iter().flat_map(|r| &r.routes).map(|r| r.basename.clone()).collect(),
    )
}

#[test]
fn names_by_a_star_of_a_module_of_the_project_are_followed() {
    let post = || Some("blog.Post".to_owned());
    // What begins with `_` does not come by a star.
    let expected = (vec![post(), Some("_Draft".to_owned())], vec![post()], vec![Some("post".to_owned())]);
    assert_eq!(told(&blog()), expected);
    let all = format!("{MODELS}\n\n__all__ = ['Post']\n__all__ += ['_Draft']\n");
    let (serializers, viewsets, _) = told(&blog().file("blog/models.py", all));
    assert_eq!((serializers, viewsets), (vec![post(), Some("blog._Draft".to_owned())], vec![post()]));
}

#[test]
fn a_star_gives_no_more_than_all_names() {
    let all = format!("{MODELS}\n\n__all__ = ['Other']\n");
    let (serializers, _, _) = told(&blog().file("blog/models.py", all));
    assert_ne!(serializers[0].as_deref(), Some("blog.Post"));
    // The module's own definition is meant, and not that of the star.
    let views =
        VIEWS.replace("\n\nclass PostViewSet", "\n\nclass BaseViewSet:\n    pass\n\n\nclass PostViewSet");
    let (_, viewsets, _) = told(&blog().file("blog/views.py", views));
    assert!(viewsets.is_empty());
}

#[test]
fn stars_that_lead_in_a_circle_come_to_an_end() {
    let models = format!("from .serializers import *\n{MODELS}");
    let (serializers, viewsets, _) = told(&blog().file("blog/models.py", models));
    assert_eq!((serializers[0].as_deref(), viewsets[0].as_deref()), (Some("blog.Post"), Some("blog.Post")));
}
