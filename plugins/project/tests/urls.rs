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

#[test]
fn the_urls_that_include_the_apps_of_an_api_are_found() {
    let app = |name: &str| format!("path('{name}/', include('{name}.urls'))");
    let [blog, shop, pages] = ["blog", "shop", "pages"].map(app);
    let found = |root: &str, files: &[(&str, &str)]| {
        let mut project = TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file(
                "config/settings.py",
                "INSTALLED_APPS = ['rest_framework', 'blog', 'shop', 'pages']\nROOT_URLCONF = 'config.urls'\n",
            )
            .file("pages/__init__.py", "")
            .file("pages/views.py", "def index(request):\n    pass\n")
            .file("pages/urls.py", "from django.urls import path\nfrom . import views\nurlpatterns = [path('', views.index)]\n");
        for app in ["blog", "shop"] {
            project.change(&format!("{app}/__init__.py"), "");
            project.change(
                &format!("{app}/views.py"),
                "from rest_framework import generics\n\n\nclass Rows(generics.ListAPIView):\n    pass\n",
            );
            project.change(
                &format!("{app}/urls.py"),
                "from django.urls import path\nfrom . import views\nurlpatterns = [path('', views.Rows.as_view())]\n",
            );
        }
        let start = "from django.urls import include, path\n";
        project.change("config/urls.py", format!("{start}urlpatterns = [{root}]\n"));
        for (path, text) in files {
            project.change(path, format!("{start}{text}\n"));
        }
        let facts = project.facts().unwrap();
        let urls = facts.api_urls.map(|urls| {
            let list = urls.list.map(|list| format!("{list} ")).unwrap_or_default();
            format!("{} {list}{} {:?}", urls.file, urls.prefix, urls.namespace)
        });
        (urls.unwrap_or_default(), facts.api_root.unwrap_or_default())
    };
    let expected = |urls: &str, root: &str| (urls.to_owned(), root.to_owned());
    // In the root itself.
    assert_eq!(found(&format!("{blog}, {shop}"), &[]), expected("", ""));
    assert_eq!(found("path('rest/blog/', include('blog.urls'))", &[]), expected("", "rest/"));
    // Pages are no API.
    let api = format!("urlpatterns = [] + [{blog}]");
    let files = [("config/api_router.py", api.as_str())];
    let root = format!("{pages}, path('api/', include('config.api_router'))");
    assert_eq!(found(&root, &files), expected("config/api_router.py api/ None", "api/"));
    // A list that is not written out cannot get another pattern.
    let api = format!("urlpatterns = list()\nurlpatterns += [{blog}, {shop}]");
    assert_eq!(found(&root, &[("config/api_router.py", &api)]), expected("", "api/"));
    // The newest version, and its namespace.
    let (old, new) =
        (format!("urlpatterns = [{blog}, {shop}]"), format!("app_name = 'v2'\nurlpatterns = [{blog}]"));
    let files = [("config/api/v1/urls.py", old.as_str()), ("config/api/v2/urls.py", &new)];
    let root =
        "path('api/v2/', include('config.api.v2.urls')), path('api/v1/', include('config.api.v1.urls'))";
    assert_eq!(found(root, &files), expected("config/api/v2/urls.py api/v2/ Some(\"v2\")", "api/v2/"));
    // A list of the root's own.
    let root = "path('api/v2/', include((api_v2, 'v2'))), path('api/v1/', include(api_v1))";
    let lists = format!("urlpatterns = [{root}]\napi_v1 = [{blog}, {shop}]\napi_v2 = [{blog}]");
    let files = [("config/urls.py", lists.as_str())];
    assert_eq!(found("", &files), expected("config/urls.py api_v2 api/v2/ Some(\"v2\")", "api/v2/"));
}

#[test]
fn views_of_packages_and_their_urls_are_seen() {
    let project = TestProject::new(Some(&Django))
        .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
        .file("config/__init__.py", "")
        .file(
            "config/settings.py",
            "INSTALLED_APPS = ['rest_framework', 'people']\nROOT_URLCONF = 'config.urls'\n",
        )
        .file(
            "config/urls.py",
            "from django.contrib import admin\nfrom django.urls import include, path, re_path\nfrom rest_framework.authtoken.views import obtain_auth_token\nfrom rest_framework_simplejwt.views import TokenObtainPairView\n\nurlpatterns = [\n    path('admin/', admin.site.urls),\n    path(settings.API, include([path('a/', obtain_auth_token)])),\n    path(settings.TOKENS, obtain_auth_token),\n    path('api/', include([path('auth-token/', obtain_auth_token)])),\n    re_path(r'^jwt/$', TokenObtainPairView.as_view()),\n    path('djoser/', include('djoser.urls')),\n    path('people/', include('people.urls')),\n]\n",
        )
        .file("people/__init__.py", "")
        .file(
            "people/urls.py",
            "from django.urls import path\nfrom people import views\n\nurlpatterns = [\n    path('token/', views.Token.as_view()),\n    path('<int:pk>/', views.page),\n]\n",
        )
        .file(
            "people/views.py",
            "from rest_framework.authtoken.views import ObtainAuthToken\n\n\nclass Token(ObtainAuthToken):\n    pass\n\n\ndef page(request, pk):\n    pass\n",
        );
    let urls = project.facts().unwrap().urls;
    let urls: Vec<String> =
        urls.iter().map(|url| format!("{} {} {:?} {}", url.path, url.view, url.bases, url.is_api)).collect();
    assert_eq!(
        urls,
        [
            "/admin/ django.contrib.admin.site.urls [] false",
            "/…/a/ rest_framework.authtoken.views.obtain_auth_token [] false",
            "/… rest_framework.authtoken.views.obtain_auth_token [] false",
            "/api/auth-token/ rest_framework.authtoken.views.obtain_auth_token [] false",
            "/jwt/ rest_framework_simplejwt.views.TokenObtainPairView [] false",
            "/djoser/ djoser.urls [] false",
            "/people/token/ people.views.Token [\"rest_framework.authtoken.views.ObtainAuthToken\"] true",
            "/people/<int:pk>/ people.views.page [] false",
        ]
    );
}

#[test]
fn a_package_of_views_that_is_not_installed_counts() {
    let project = |installed: &str| {
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", format!("INSTALLED_APPS = ['rest_framework', 'jobs'{installed}]\nROOT_URLCONF = 'config.urls'\n"))
            .file("config/urls.py", "from django.urls import include, path\n\nurlpatterns = [path('api/v1/', include('api.v1.urls'))]\n")
            .file("jobs/__init__.py", "")
            .file("jobs/models.py", "from django.db import models\n\n\nclass Job(models.Model):\n    title = models.CharField(max_length=9)\n")
            .file("api/__init__.py", "")
            .file("api/v1/__init__.py", "")
            .file("api/v1/views.py", "from rest_framework import generics\n\nfrom jobs.models import Job\n\n\nclass JobList(generics.ListAPIView):\n    queryset = Job.objects.all()\n")
            .file("api/v1/urls.py", "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [path('jobs/', views.JobList.as_view(), name='jobs')]\n")
            // What tests keep for themselves is no API.
            .file("extra/tests/views.py", "from rest_framework import viewsets\n\n\nclass View(viewsets.ModelViewSet):\n    pass\n")
            .file("tools/commands.py", "def run():\n    pass\n")
            .facts()
            .unwrap()
    };
    let facts = project("");
    assert_eq!(facts.app_labels, ["jobs", "api"]);
    let (jobs, api) = (facts.app("jobs").unwrap(), facts.app("api").unwrap());
    assert!(api.is_package && !jobs.is_package);
    assert_eq!(api.viewsets[0].model.as_deref(), Some("jobs.Job"));
    assert_eq!(api.patterns[0].route, "jobs/");
    let installed = project(", 'api'");
    let api = installed.app("api").unwrap();
    assert!(!api.is_package);
    assert_eq!(facts.app("api").unwrap().viewsets, api.viewsets);
}
