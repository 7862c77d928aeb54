//! Where URLs lead, through whatever their patterns are wrapped in.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::testing::TestProject;

const START: &str = "from django.urls import include, path\nfrom rest_framework import routers\nfrom rest_framework.urlpatterns import format_suffix_patterns\nfrom blog import views\n\nrouter = routers.DefaultRouter()\nrouter.register('posts', views.PostViewSet)\n";

/// The routes of the patterns that lead to a view, and where the router is reached.
fn reached(urls: &str) -> (Vec<String>, Option<String>) {
    let project = TestProject::new(Some(&Django))
        .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
        .file("config/__init__.py", "")
        .file(
            "config/settings.py",
            "INSTALLED_APPS = ['rest_framework', 'blog']\nROOT_URLCONF = 'config.urls'\n",
        )
        .file("config/urls.py", format!("{START}\n{urls}"))
        .file("blog/__init__.py", "")
        .file("blog/models.py", "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n")
        .file(
            "blog/views.py",
            "from rest_framework import generics, viewsets\nfrom .models import Post\n\n\nclass PostViewSet(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n\n\nclass PostList(generics.ListAPIView):\n    queryset = Post.objects.all()\n",
        );
    let facts = project.facts().unwrap();
    let patterns = facts.app("blog").unwrap().patterns.iter().map(|p| p.route.clone()).collect();
    (patterns, facts.routers[0].mounted_at.clone())
}

#[test]
fn suffixes_and_additions_are_seen_through() {
    let list = "[path('all/', views.PostList.as_view()), path('api/', include(router.urls))]";
    for urls in [
        format!("urlpatterns = format_suffix_patterns({list})\n"),
        format!("urlpatterns = {list}\nurlpatterns = format_suffix_patterns(urlpatterns)\n"),
        format!("urlpatterns = {list}\nurlpatterns = urlpatterns + static('x')\n"),
        format!("urlpatterns = []\nurlpatterns = {list} + urlpatterns\n"),
        format!("urlpatterns = []\nif settings.DEBUG:\n    urlpatterns += {list}\n"),
    ] {
        assert_eq!(reached(&urls), (vec!["all/".to_owned()], Some("/api/".to_owned())), "{urls}");
    }
}
