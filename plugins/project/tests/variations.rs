//! Other shapes that Django projects come in.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ImportHabits, TestLayout, TestRunner, ViewStyle};
use aksara_sdk::testing::TestProject;
use aksara_sdk::{BlobId, RelPath, SourceFile, Stack};
use serde_json::json;

const MANAGE: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n";
const POST: &str = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=9)\n";

/// A project whose settings install `apps`.
fn project(apps: &str) -> TestProject<'static> {
    TestProject::new(Some(&Django))
        .file("manage.py", MANAGE)
        .file("config/__init__.py", "")
        .file("config/settings.py", format!("INSTALLED_APPS = [{apps}]\nROOT_URLCONF = 'config.urls'\n"))
}

fn facts(project: &TestProject<'_>) -> ProjectFacts {
    project.facts().unwrap()
}

fn post_model(body: &str) -> String {
    format!("from django.db import models\n\n\n{body}")
}

#[test]
fn a_manage_py_in_a_subfolder() {
    let mut project = TestProject::new(Some(&Django))
        .file("backend/manage.py", MANAGE)
        .file("backend/config/settings.py", "INSTALLED_APPS = ['blog']\nROOT_URLCONF = 'config.urls'\n")
        .file("backend/config/urls.py", "from django.urls import include, path\nurlpatterns = [path('', include('blog.urls'))]\n")
        .file("backend/blog/models.py", POST)
        .file("backend/blog/views.py", "from rest_framework.viewsets import ModelViewSet\nfrom .models import Post\n\nclass PostViewSet(ModelViewSet):\n    queryset = Post.objects.all()\n")
        .file("backend/blog/urls.py", "from rest_framework import routers\nfrom . import views\nrouter = routers.SimpleRouter()\nrouter.register('posts', views.PostViewSet)\nurlpatterns = router.urls\n")
        .file("pyproject.toml", "[tool.black]\nline-length = 100\n")
        .file("frontend/x.py", POST);
    project.root = "backend".to_owned();
    let facts = facts(&project);
    assert_eq!(facts.model_labels, ["blog.Post"]);
    let app = facts.app("blog").unwrap();
    assert_eq!((app.dir.as_str(), app.module.as_str()), ("backend/blog", "blog"));
    assert_eq!(app.viewsets[0].model.as_deref(), Some("blog.Post"));
    let router = &app.routers[0];
    assert_eq!(router.mounted_at.as_deref(), Some("/"));
    assert_eq!(router.routes[0].viewset, "PostViewSet");
    assert_eq!(router.routes[0].basename.as_deref(), Some("post"), "derived from the queryset");
    assert_eq!(facts.style.line_length, 100, "the configuration above the project counts");
}

#[test]
fn a_manage_py_that_is_not_djangos_is_no_project() {
    let project = TestProject::new(Some(&Django))
        .file("manage.py", "from flask_script import Manager\nfrom shop import app\n\nprint('flask')\n")
        .file("shop/__init__.py", "app = 1\n");
    assert_eq!(project.facts().unwrap_err().code, "not_detected");
}

#[test]
fn a_manage_py_may_leave_its_work_to_what_it_imports() {
    let sets =
        "import os\n\n\ndef main():\n    os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"site1.conf\")\n";
    let settings = "INSTALLED_APPS = ['blog']\n";
    let over = |middle: &str| {
        TestProject::new(Some(&Django))
            .file("manage.py", "import sys\nfrom site1.server.__main__ import main\n\nmain()\n")
            .file("site1/server/__main__.py", middle)
            .file("src/site1/cli.py", sets)
            .file("site1/conf.py", settings)
            .file("other/settings.py", settings)
            .file("blog/models.py", POST)
    };
    for middle in [sets, "from site1.cli import main\n"] {
        let facts = facts(&over(middle));
        assert_eq!(facts.settings.module.as_deref(), Some("site1.conf"), "{middle}");
        assert_eq!(facts.model_labels, ["blog.Post"]);
    }
    assert_eq!(over("from site1.none import main\n").facts().unwrap_err().code, "not_detected");

    // The settings module is the environment's to name.
    let by_environment = TestProject::new(Some(&Django))
        .file("manage.py", "import sys\nfrom django.core.management import execute_from_command_line\n\nexecute_from_command_line(sys.argv)\n")
        .file("config/settings.py", settings)
        .file("blog/models.py", POST);
    assert_eq!(facts(&by_environment).settings.module.as_deref(), Some("config.settings"));
}

#[test]
fn the_name_of_the_folder_and_of_the_project_may_be_the_same() {
    // `mysite/manage.py` and `mysite/mysite/settings.py`: what `startproject mysite` makes.
    let mut project = TestProject::new(Some(&Django))
        .file("mysite/manage.py", MANAGE.replace("config.settings", "mysite.settings"))
        .file("mysite/mysite/settings.py", "INSTALLED_APPS = ['blog']\nROOT_URLCONF = 'mysite.urls'\n")
        .file("mysite/mysite/urls.py", "urlpatterns = []\n")
        .file("mysite/blog/models.py", POST);
    project.root = "mysite".to_owned();
    let facts = facts(&project);
    assert_eq!(facts.settings.root_urls_file.unwrap().as_str(), "mysite/mysite/urls.py");
    assert_eq!(facts.model_labels, ["blog.Post"]);
}

#[test]
fn two_apps_with_relations_between_them() {
    let project = project("'blog', 'shop.apps.ShopConfig', 'django.contrib.auth'")
        .file("blog/models.py", POST)
        .file("shop/__init__.py", "")
        .file("shop/apps.py", "from django.apps import AppConfig\n\nclass ShopConfig(AppConfig):\n    name = 'shop'\n    label = 'store'\n    default_auto_field = 'django.db.models.AutoField'\n")
        .file("shop/models.py", "from django.contrib.auth import get_user_model\nfrom django.contrib.auth.models import Group\nfrom django.db import models\n\nfrom blog.models import Post\nfrom blog import models as blog_models\n\nUser = get_user_model()\n\n\nclass Item(models.Model):\n    post = models.ForeignKey(Post, models.CASCADE)\n    other = models.OneToOneField(blog_models.Post, on_delete=models.CASCADE, related_name='+')\n    text = models.ForeignKey('blog.post', on_delete=models.CASCADE)\n    parent = models.ForeignKey('self', null=True, on_delete=models.SET_NULL)\n    later = models.ManyToManyField('Later')\n    owner = models.ForeignKey(User, on_delete=models.CASCADE)\n    buyer = models.ForeignKey(get_user_model(), on_delete=models.CASCADE)\n    group = models.ForeignKey(Group, on_delete=models.CASCADE)\n\n\nclass Later(models.Model):\n    pass\n");
    let facts = facts(&project);
    assert_eq!(facts.app_labels, ["blog", "store"]);
    let shop = facts.app("store").unwrap();
    assert_eq!(shop.default_auto_field.as_deref(), Some("django.db.models.AutoField"));
    let item = facts.model("store.Item").unwrap();
    let to: Vec<&str> = item.fields.iter().map(|f| f.relation.as_ref().unwrap().to.as_str()).collect();
    assert_eq!(
        to,
        [
            "blog.Post",
            "blog.Post",
            "blog.Post",
            "store.Item",
            "store.Later",
            "auth.User",
            "auth.User",
            "auth.Group"
        ]
    );
}

#[test]
fn an_app_that_is_not_installed_does_not_count() {
    let project = project("'blog'").file("blog/models.py", POST).file("draft/models.py", POST);
    assert_eq!(facts(&project).app_labels, ["blog"]);
}

#[test]
fn an_app_that_nobody_installed_is_named_apart() {
    let base = post_model("class Base(models.Model):\n    class Meta:\n        abstract = True\n");
    let project = project("'blog'")
        .file("apps/blog/models.py", POST)
        .file("apps/news/__init__.py", "")
        .file("apps/news/models.py", POST.replace("Post", "Article"))
        .file("apps/common/models.py", base)
        .file("apps/blog/tests/models.py", POST.replace("Post", "Fake"));
    let facts = facts(&project);
    assert_eq!(facts.model_labels, ["blog.Post"]);
    let [news] = facts.not_installed.as_slice() else { panic!("{:?}", facts.not_installed) };
    // As the settings would name it: they say `blog`, not `apps.blog`.
    assert_eq!((news.label.as_str(), news.module.as_str(), news.dir.as_str()), ("news", "news", "apps/news"));
    assert_eq!(news.models, ["Article"]);
}

#[test]
fn apps_in_a_folder_of_their_own() {
    for entry in ["'apps.blog'", "'blog'"] {
        let project = project(entry)
            .file("apps/blog/__init__.py", "")
            .file("apps/blog/models.py", POST)
            .file("apps/blog/serializers.py", "from rest_framework import serializers\nfrom .models import Post\n\nclass PostSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = '__all__'\n");
        let facts = facts(&project);
        assert_eq!(facts.model_labels, ["blog.Post"], "{entry}");
        let app = facts.app("blog").unwrap();
        assert_eq!(app.dir, "apps/blog");
        assert_eq!(app.serializers[0].model.as_deref(), Some("blog.Post"), "{entry}");
        assert_eq!(app.serializers[0].fields, None);
        assert_eq!(app.serializers[0].fields_source.as_ref().unwrap().literal, Some(json!("__all__")));
    }
}

#[test]
fn a_models_package_with_an_abstract_base() {
    let project = project("'blog'")
        .file("core/__init__.py", "")
        .file("core/models.py", post_model("class Stamped(models.Model):\n    created = models.DateTimeField(auto_now_add=True)\n    owner = models.ForeignKey('self', models.CASCADE, related_name='%(class)s_set')\n\n    class Meta:\n        abstract = True\n        ordering = ['-created']\n"))
        .file("blog/models/__init__.py", "from .post import Post\nfrom .tag import *\n")
        .file("blog/models/post.py", "from django.db import models\nfrom core.models import Stamped\n\nclass Post(Stamped):\n    title = models.CharField(max_length=9)\n    tags = models.ManyToManyField('blog.Tag')\n")
        .file("blog/models/tag.py", post_model("class Tag(models.Model):\n    name = models.CharField('Name', max_length=9)\n"))
        .file("blog/serializers.py", "from rest_framework.serializers import ModelSerializer\nfrom .models import Post, Tag\n\nclass TagSerializer(ModelSerializer):\n    class Meta:\n        model = Tag\n        fields = ('id', 'name')\n\nclass PostSerializer(ModelSerializer):\n    tags = TagSerializer(many=True)\n    class Meta(TagSerializer.Meta):\n        model = Post\n");
    let facts = facts(&project);
    assert_eq!(facts.model_labels, ["blog.Post", "blog.Tag"]);
    let post = facts.model("blog.Post").unwrap();
    assert_eq!(post.place.file.as_str(), "blog/models/post.py");
    assert!(post.not_static.is_empty() && !post.is_abstract);
    let names: Vec<(&str, Option<&str>)> =
        post.fields.iter().map(|f| (f.name.as_str(), f.inherited_from.as_deref())).collect();
    assert_eq!(
        names,
        [
            ("created", Some("core.models.Stamped")),
            ("owner", Some("core.models.Stamped")),
            ("title", None),
            ("tags", None)
        ]
    );
    let owner = post.field("owner").unwrap().relation.as_ref().unwrap();
    assert_eq!((owner.to.as_str(), owner.related_name.as_deref()), ("blog.Post", Some("post_set")));
    let meta: Vec<&str> = post.meta.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(meta, ["abstract", "ordering"], "inherited");
    assert_eq!(post.meta("abstract").unwrap().source, "False", "as Django leaves it there");
    assert_eq!(post.flat_bases, ["django.db.models.Model"]);
    let app = facts.app("blog").unwrap();
    assert_eq!(app.files.models.as_ref().unwrap().as_str(), "blog/models/__init__.py");
    let serializers: Vec<_> =
        app.serializers.iter().map(|s| (s.model.as_deref().unwrap(), s.fields.clone().unwrap())).collect();
    let fields = vec!["id".to_owned(), "name".to_owned()];
    assert_eq!(serializers, [("blog.Tag", fields.clone()), ("blog.Post", fields)]);
    assert_eq!(app.serializers[1].declared, ["tags"]);
    let (name, written) = &app.serializers[1].declarations[0];
    assert_eq!((name.as_str(), written.source.as_str()), ("tags", "TagSerializer(many=True)"));
}

#[test]
fn single_quotes_and_tabs_and_line_length() {
    let project = project("'blog'")
        .file("blog/models.py", "from django.db import models\n\nclass Post(models.Model):\n\ttitle = models.CharField('a', 'b', help_text='c')\n")
        .file("setup.cfg", "[flake8]\nmax-line-length = 119\n");
    let style = facts(&project).style;
    assert_eq!((style.quote, style.indent.as_str(), style.line_length), ('\'', "\t", 119));
}

#[test]
fn fields_that_are_cancelled_are_not_there() {
    let project = project("'blog'").file(
        "blog/models.py",
        "from django.contrib.auth.models import AbstractUser\nfrom django.db import models\n\nclass Base(AbstractUser):\n    username = None\n    first_name = None\n    nick = models.CharField(max_length=9)\n    note = models.TextField()\n\n    class Meta:\n        abstract = True\n\nclass Member(Base):\n    first_name = models.CharField(max_length=9)\n    note = None\n",
    );
    let facts = facts(&project);
    let member = facts.model("blog.Member").unwrap();
    let names: Vec<&str> = member.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["nick", "first_name"]);
    assert_eq!(member.cancelled, ["note", "username"]);
}

#[test]
fn a_custom_user_is_what_relations_point_to() {
    let project = project("'accounts', 'blog'")
        .file("config/settings.py", "INSTALLED_APPS = ['accounts', 'blog']\nAUTH_USER_MODEL = 'accounts.Member'\n")
        .file("accounts/models.py", "from django.contrib.auth.models import AbstractUser\n\nclass Member(AbstractUser):\n    pass\n")
        .file("blog/models.py", "from django.conf import settings\nfrom django.db import models\n\nclass Post(models.Model):\n    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n");
    let facts = facts(&project);
    assert_eq!(facts.settings.auth_user_model, "accounts.Member");
    let author = facts.model("blog.Post").unwrap().field("author").unwrap();
    assert_eq!(author.relation.as_ref().unwrap().to, "accounts.Member");
    let member = facts.model("accounts.Member").unwrap();
    assert_eq!(
        member.not_static,
        ["its base `django.contrib.auth.models.AbstractUser` is not in the project"]
    );
}

#[test]
fn what_a_user_is_told_by_is_known_and_a_manager_is_no_model() {
    let project = project("'accounts'")
        .file("accounts/models.py", "from django.contrib.auth.models import AbstractBaseUser, BaseUserManager\nfrom django.db import models\n\nclass MemberManager(BaseUserManager):\n    pass\n\nclass Base(AbstractBaseUser):\n    USERNAME_FIELD = 'handle'\n    KIND = 'base'\n\n    class Meta:\n        abstract = True\n\nclass Member(Base):\n    email = models.EmailField()\n    USERNAME_FIELD = 'email'\n");
    let facts = facts(&project);
    let names: Vec<&str> = facts.app("accounts").unwrap().models.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["Base", "Member"]);
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        facts.model("accounts.Member").unwrap().texts,
        [text("USERNAME_FIELD", "email"), text("USERNAME_FIELD", "handle"), text("KIND", "base")]
    );
}

#[test]
fn a_class_or_field_under_a_condition_is_not_static() {
    let project = project("'blog'").file(
        "blog/models.py",
        post_model("if True:\n    class Post(models.Model):\n        pass\n\nclass Tag(models.Model):\n    if True:\n        name = models.CharField(max_length=9)\n"),
    );
    let facts = facts(&project);
    assert_eq!(facts.model("blog.Post").unwrap().not_static, ["`Post` is defined under a condition"]);
    assert_eq!(
        facts.model("blog.Tag").unwrap().not_static,
        ["the field `name` is defined under a condition"]
    );
}

#[test]
fn a_models_file_that_does_not_parse_is_skipped_and_the_app_stays() {
    let project = project("'blog', 'shop'")
        .file("blog/models.py", "from django.db import models\n\nclass Post(models.Model:\n    pass\n")
        .file("blog/migrations/__init__.py", "")
        .file("blog/migrations/0001_initial.py", "class Migration(:\n")
        .file("shop/models.py", POST);
    let facts = facts(&project);
    assert_eq!(facts.app_labels, ["blog", "shop"]);
    assert_eq!(facts.model_labels, ["shop.Post"]);
    let skipped = facts.skipped.iter().find(|s| s.path.as_str() == "blog/models.py").unwrap();
    assert_eq!(skipped.code, codes::SYNTAX);
    assert!(skipped.reason.contains("line 3"), "{}", skipped.reason);
    let problem = facts.app("blog").unwrap().migrations.problem.as_ref().unwrap();
    assert!(problem.contains("0001_initial.py"), "{problem}");
}

#[test]
fn files_that_are_too_large_or_too_deep_are_skipped() {
    let deep = format!("from django.db import models\nx = a{}\n", ".b".repeat(50_000));
    let large = format!("from django.db import models\nx = '{}'\n", "y".repeat(2 * 1024 * 1024));
    let project =
        project("'blog'").file("blog/models.py", deep).file("blog/admin.py", large).file("blog/views.py", "");
    let skipped: Vec<(String, String)> =
        facts(&project).skipped.into_iter().map(|s| (s.path.to_string(), s.code)).collect();
    assert_eq!(
        skipped,
        [
            ("blog/admin.py".to_owned(), codes::TOO_LARGE.to_owned()),
            ("blog/models.py".to_owned(), codes::TOO_COMPLEX.to_owned())
        ]
    );
}

#[test]
fn a_settings_package_that_builds_on_a_base() {
    let project = TestProject::new(Some(&Django))
        .file("manage.py", MANAGE.replace("config.settings", "config.settings.local"))
        .file("config/settings/__init__.py", "")
        .file("config/settings/base.py", "from django.utils.translation import gettext_lazy as _\nDJANGO_APPS = ['django.contrib.admin']\nLOCAL_APPS = ['blog']\nINSTALLED_APPS = DJANGO_APPS + LOCAL_APPS\nROOT_URLCONF = 'config.urls'\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\nREST_FRAMEWORK = {'PAGE_SIZE': 5, 'X': compute()}\nSECRET_KEY = 'x'\n")
        .file("config/settings/local.py", "from .base import *\nfrom .base import env\n\nDEBUG = True\nINSTALLED_APPS += ['debug_toolbar', *MORE]\nINSTALLED_APPS.append('shop')\n")
        .file("blog/models.py", POST)
        .file("shop/models.py", POST);
    let facts = facts(&project);
    let settings = &facts.settings;
    assert_eq!(settings.file.as_ref().unwrap().as_str(), "config/settings/base.py");
    assert_eq!(settings.module.as_deref(), Some("config.settings.local"));
    assert_eq!(settings.installed_apps, ["django.contrib.admin", "blog", "debug_toolbar", "shop"]);
    assert_eq!(facts.app_labels, ["blog", "shop"]);
    assert_eq!(settings.rest_framework, *json!({ "PAGE_SIZE": 5 }).as_object().unwrap());
    assert!(settings.computes_rest_framework("X") && !settings.computes_rest_framework("Y"));
    assert!(!settings.computes_rest_framework("PAGE_SIZE"));
    assert_eq!(settings.literals["DEBUG"], json!(true));
    assert!(!settings.literals.contains_key("SECRET_KEY"));
}

#[test]
fn a_dict_of_settings_with_computed_keys() {
    for (dict, known) in [("{**BASE, 'PAGE_SIZE': 5}", false), ("make()", false), ("{}", true)] {
        let settings = format!("INSTALLED_APPS = []\nREST_FRAMEWORK = {dict}\n");
        let facts = facts(&project("").file("config/settings.py", settings));
        assert_eq!(!facts.settings.computes_rest_framework("PAGE_SIZE"), known, "{dict}");
    }
}

#[test]
fn an_api_of_django_ninja_is_told_by_its_imports() {
    let urls =
        |text: &str| facts(&project("'blog'").file("blog/models.py", POST).file("config/urls.py", text));
    let ninja = urls("from ninja import NinjaAPI\n\napi = NinjaAPI()\nurlpatterns = []\n");
    assert_eq!(ninja.extra.get("api").and_then(|api| api.as_str()), Some("ninja"));
    assert!(urls("from .ninja import x\nurlpatterns = []\n").extra.is_empty());
}

#[test]
fn nested_includes_with_prefix_and_namespace() {
    let project = project("'blog'")
        .file("config/urls.py", "from django.urls import include, path\nfrom api import urls as api_urls\n\nurlpatterns = [path('api/', include(api_urls)), path('x/', include(('blog.other', 'extra')))]\n")
        .file("api/__init__.py", "")
        .file("api/urls.py", "from django.urls import include, path\n\nv1 = [path('blog/', include('blog.urls', namespace='b'))]\nurlpatterns = [path('v1/', include(v1))]\n")
        .file("blog/models.py", POST)
        .file("blog/routers.py", "from rest_framework.routers import DefaultRouter\nrouter = DefaultRouter()\n")
        .file("blog/urls.py", "from django.urls import include, path\nfrom .routers import router\nfrom .views import PostViewSet\n\napp_name = 'blog'\nrouter.register(r'posts', PostViewSet, 'entry')\nurlpatterns = [path('', include(router.urls))]\n")
        .file("blog/other.py", "from rest_framework.routers import SimpleRouter\nr = SimpleRouter()\nurlpatterns = []\nurlpatterns += r.urls\n")
        .file("blog/views.py", "from rest_framework import viewsets\nfrom .models import Post\n\nclass PostViewSet(viewsets.ModelViewSet):\n    def get_queryset(self):\n        if self.request.user.is_staff:\n            return Post.objects.all()\n        return super().get_queryset().none()\n");
    let facts = facts(&project);
    let app = facts.app("blog").unwrap();
    let routers: Vec<_> = app
        .routers
        .iter()
        .map(|r| (r.name.as_str(), r.mounted_at.as_deref(), r.namespace.as_deref()))
        .collect();
    assert_eq!(routers, [("r", Some("/x/"), Some("extra")), ("router", Some("/api/v1/blog/"), Some("b"))]);
    assert_eq!(app.routers[1].routes[0].basename.as_deref(), Some("entry"));
    assert_eq!(app.viewsets[0].model.as_deref(), Some("blog.Post"));
}

#[test]
fn a_router_of_the_project_takes_over_one_of_an_app() {
    let project = project("'blog'")
        .file("config/urls.py", "from django.urls import path, include\nfrom rest_framework.routers import DefaultRouter\nfrom blog.urls import router as blog_router\nrouter = DefaultRouter()\nrouter.registry.extend(blog_router.registry)\nurlpatterns = [path('api/', include((router.urls, 'api')))]\n")
        .file("blog/models.py", POST)
        .file("blog/urls.py", "from rest_framework.routers import SimpleRouter\nrouter = SimpleRouter()\n");
    let facts = facts(&project);
    assert_eq!(facts.routers[0].mounted_at.as_deref(), Some("/api/"));
    let own = &facts.app("blog").unwrap().routers[0];
    assert_eq!((own.mounted_at.as_deref(), own.namespace.as_deref()), (Some("/api/"), Some("api")));
}

#[test]
fn pytest_and_the_layouts_of_tests() {
    let pytest = "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = \"config.settings\"\n";
    let stub = "from django.test import TestCase\n\n# Create your tests here.\n";
    let written = "def test_one():\n    assert True\n";
    let cases: [(&str, &str, TestLayout, Option<&str>); 5] = [
        ("blog/tests.py", stub, TestLayout::EmptyModule, Some("blog/tests.py")),
        ("blog/tests.py", written, TestLayout::Module, Some("blog/tests.py")),
        ("blog/tests/test_a.py", written, TestLayout::Package, Some("blog/tests")),
        ("tests/test_a.py", written, TestLayout::Outside, Some("tests")),
        ("tests/blog/test_a.py", written, TestLayout::Outside, Some("tests/blog")),
    ];
    for (file, text, layout, path) in cases {
        let project =
            project("'blog'").file("blog/models.py", POST).file("pyproject.toml", pytest).file(file, text);
        let facts = facts(&project);
        let tests = &facts.app("blog").unwrap().tests;
        assert_eq!((tests.layout, tests.path.as_ref().map(RelPath::as_str)), (layout, path), "{file}");
        assert_eq!(tests.runner, TestRunner::Pytest);
        assert_eq!(tests.files.iter().map(RelPath::as_str).collect::<Vec<_>>(), [file]);
    }
    let project = project("'blog'").file("blog/models.py", POST);
    let tests = &facts(&project).app("blog").unwrap().tests.clone();
    assert_eq!((tests.layout, tests.runner), (TestLayout::None, TestRunner::Django));
}

#[test]
fn choices_constants_and_translations_have_values() {
    let project = project("'blog'")
        .file("blog/constants.py", "MAX = 12\nKINDS = [('a', 'A')]\n")
        .file("blog/models.py", "from django.db import models\nfrom django.utils.translation import gettext_lazy as _\nfrom .constants import KINDS, MAX\n\nclass Post(models.Model):\n    class Status(models.TextChoices):\n        DRAFT = 'd', _('Draft')\n        IN_REVIEW = 'r'\n    status = models.CharField(_('state'), max_length=MAX, choices=Status.choices, default=Status.DRAFT)\n    kind = models.CharField(choices=KINDS, default=make)\n    data = models.JSONField(default=dict)\n    when = models.DateField(null=None)\n");
    let facts = facts(&project);
    let post = facts.model("blog.Post").unwrap();
    let status = &post.field("status").unwrap().args;
    assert_eq!(status.positional[0].literal, Some(json!("state")));
    assert_eq!(status.keyword("max_length").unwrap().literal, Some(json!(12)));
    assert_eq!(status.keyword("choices").unwrap().literal, Some(json!([["d", "Draft"], ["r", "In Review"]])));
    assert_eq!(status.keyword("default").unwrap().literal, Some(json!("d")));
    let kind = &post.field("kind").unwrap().args;
    assert_eq!(kind.keyword("choices").unwrap().literal, Some(json!([["a", "A"]])));
    assert_eq!(kind.keyword("default").unwrap().literal, None);
    let data = &post.field("data").unwrap().args;
    assert_eq!(data.keyword("default").unwrap().path.as_deref(), Some("builtins.dict"));
    let when = &post.field("when").unwrap().args;
    assert_eq!(when.keyword("null").unwrap().literal, Some(json!(null)), "None is a value");
}

#[test]
fn admin_registrations_by_call() {
    let project = project("'blog'").file("blog/models.py", POST).file(
        "blog/admin.py",
        "from django.contrib import admin\nfrom . import models\nfrom .models import Post\n\nclass PostAdmin(admin.ModelAdmin):\n    pass\n\nadmin.site.register(Post, PostAdmin)\nadmin.site.register([models.Post])\n",
    );
    let facts = facts(&project);
    let found: Vec<_> = facts
        .app("blog")
        .unwrap()
        .admins
        .iter()
        .map(|a| (a.name.as_deref(), a.model.as_deref().unwrap(), a.place.line))
        .collect();
    assert_eq!(found, [(Some("PostAdmin"), "blog.Post", 8), (None, "blog.Post", 9)]);
}

#[test]
fn viewset_attributes_of_a_base_count() {
    let project = project("'blog'").file("blog/models.py", POST).file(
        "blog/views.py",
        "from rest_framework import viewsets\nfrom django_filters import rest_framework as filters\nfrom .models import Post\n\nclass Base(viewsets.ModelViewSet):\n    queryset = Post.objects.filter(x=1).order_by('y')\n\nclass PostViewSet(Base):\n    pass\n\nclass PostFilter(filters.FilterSet):\n    tag = filters.CharFilter()\n    class Meta:\n        model = Post\n        fields = ['title']\n",
    );
    let facts = facts(&project);
    let app = facts.app("blog").unwrap();
    assert_eq!(app.viewsets[1].model.as_deref(), Some("blog.Post"));
    let filter = &app.filtersets[0];
    assert_eq!(
        (filter.model.as_deref(), filter.declared.as_slice()),
        (Some("blog.Post"), &["tag".to_owned()][..])
    );
}

#[test]
fn check_files_points_to_the_place() {
    let file = |path: &str, text: &str| SourceFile {
        path: RelPath::new(path).unwrap(),
        blob: BlobId::new("0"),
        text: text.to_owned(),
    };
    let deep = format!("x = {}1\n", "-".repeat(60_000));
    let problems = Django.check_files(&[
        file("a.py", "x = 1\n"),
        file("b.py", "x = 1\ny = (\n"),
        file("c.py", &deep),
        file("d.txt", "y = ("),
    ]);
    let found: Vec<(&str, &str)> =
        problems.iter().map(|p| (p.code.as_str(), p.labels[0].path.as_str())).collect();
    assert_eq!(found, [(codes::SYNTAX, "b.py"), (codes::TOO_COMPLEX, "c.py")]);
    assert!(problems[0].labels[0].line >= 2);
}

#[test]
fn vendored_code_is_not_looked_at() {
    let project = project("'blog'")
        .file("blog/models.py", POST)
        .file("venv/lib/python3/site-packages/django/manage.py", MANAGE)
        .file("venv/lib/python3/site-packages/blog/models.py", "class Broken(:\n");
    let facts = facts(&project);
    assert!(facts.skipped.is_empty());
    assert_eq!(facts.model_labels, ["blog.Post"]);
}

#[test]
fn a_project_inside_a_folder_of_tests() {
    let mut project = TestProject::new(Some(&Django))
        .file("tests/demo/manage.py", MANAGE)
        .file("tests/demo/config/settings.py", "INSTALLED_APPS = ['blog']\n")
        .file("tests/demo/blog/models.py", POST)
        .file("tests/demo/blog/tests/fakes/models.py", POST.replace("Post", "Fake"));
    project.root = "tests/demo".to_owned();
    assert_eq!(facts(&project).model_labels, ["blog.Post"]);
}

#[test]
fn packages_that_import_each_other_by_star_end() {
    let mut project = project("'blog'").file(
        "blog/models.py",
        "from core import *\n\nclass Post(core.models.Missing):\n    pass\n\nclass Tag(Base):\n    pass\n",
    );
    let modules = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let stars: String = modules.iter().map(|m| format!("from .{m} import *\n")).collect();
    project = project.file("core/__init__.py", format!("{stars}from . import models\n"));
    for module in modules {
        project = project.file(
            &format!("core/{module}.py"),
            format!("from core import *\nfrom . import Nothing\nclass K{module}(core.x.y.z.Nothing, Nothing): pass\n# urlpatterns\n"),
        );
    }
    let facts = facts(&project);
    assert_eq!(facts.app_labels, ["blog"]);
}

#[test]
fn migrations_that_a_setting_moves_are_a_problem() {
    let project = project("'blog'")
        .file("config/settings.py", "INSTALLED_APPS = ['blog']\nMIGRATION_MODULES = {'blog': 'db.blog'}\n")
        .file("blog/models.py", POST);
    let facts = facts(&project);
    let problem = facts.app("blog").unwrap().migrations.problem.clone().unwrap();
    assert!(problem.contains("MIGRATION_MODULES"), "{problem}");
}

#[test]
fn how_tests_are_written() {
    const SET_UP: &str = "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = 'config.settings'\n";
    const CASE: &str = "class PostTests(TestCase):\n    pass\n";
    const PLAIN: &str = "@pytest.mark.django_db\ndef test_it():\n    assert 1\n";
    let found = |config: &str, files: &[(&str, &str)]| {
        let project = project("'blog'").file("blog/models.py", POST).file("pyproject.toml", config);
        facts(&files.iter().fold(project, |project, (path, text)| project.file(path, *text))).pytest
    };
    let is_pytest = |config: &str, files: &[(&str, &str)]| found(config, files).is_some();
    assert!(is_pytest(SET_UP, &[]), "there are none yet");
    assert!(
        !is_pytest("[project]\ndependencies = ['pytest-django']\n", &[]),
        "it may be there for something else"
    );
    assert!(is_pytest("[project]\ndependencies = ['pytest-django']\n", &[("tests/test_a.py", PLAIN)]));
    assert!(!is_pytest("", &[("tests/test_a.py", PLAIN)]), "Django's runner finds none of them");
    assert!(!is_pytest(SET_UP, &[("tests/test_a.py", CASE)]));
    assert!(!is_pytest(SET_UP, &[("tests/test_a.py", CASE), ("tests/test_b.py", PLAIN)]));
    let most = [("tests/test_a.py", CASE), ("tests/test_b.py", PLAIN), ("tests/test_c.py", PLAIN)];
    assert!(is_pytest(SET_UP, &most));
    for (classes, expected) in [
        ("'Test*'", true),
        ("['*Tests', 'Test']", true),
        ("'*'", true),
        ("['*Tests']", false),
        ("'Check'", false),
    ] {
        assert_eq!(is_pytest(&format!("{SET_UP}python_classes = {classes}\n"), &[]), expected, "{classes}");
    }

    let logging = |propagate: &str| {
        let text = format!(
            "INSTALLED_APPS = ['blog']\nLOGGING = {{'loggers': {{'django.request': {{'propagate': False}}, 'blog': {{'propagate': {propagate}}}}}}}\n"
        );
        found(SET_UP, &[("config/settings.py", &text)]).unwrap().hides_logs
    };
    assert!(!logging("True") && logging("False") && logging("env('PROPAGATE')"));

    let client = "@pytest.fixture\ndef api_client():\n    return APIClient()\n";
    let marked = "pytestmark = pytest.mark.django_db\n\n\ndef test_it():\n    assert 1\n";
    let facts = found(SET_UP, &[("blog/conftest.py", client), ("blog/tests/test_a.py", marked)]).unwrap();
    assert!(facts.marks_modules);
    let of = |path: &str| facts.client(&RelPath::new(path).unwrap());
    assert_eq!((of("blog/tests/test_b.py"), of("tests/test_b.py")), (Some("api_client"), None));
}

#[test]
fn what_tests_make_rows_with() {
    let factories = "import factory\nfrom django.contrib.auth import get_user_model\n\nfrom blog.models import Post\n\nUser = get_user_model()\n\n\nclass Base(factory.django.DjangoModelFactory):\n    class Meta:\n        abstract = True\n\n\nclass UserFactory(Base):\n    class Meta:\n        model = User\n\n\nclass DraftFactory(Base):\n    class Meta:\n        model = 'blog.Post'\n\n\nclass PostFactory(factory.django.DjangoModelFactory):\n    class Meta:\n        model = Post\n\n\nclass OldFactory(Base):\n    class Meta:\n        model = Post\n";
    for (file, module) in
        [("blog/tests/factories.py", "blog.tests.factories"), ("blog/factories.py", "blog.factories")]
    {
        let project = project("'blog'")
            .file("blog/models.py", POST)
            .file("blog/tests/__init__.py", "")
            .file(file, factories)
            .file(
                "blog/tests/test_posts.py",
                format!("from {module} import DraftFactory, PostFactory, UserFactory\n"),
            );
        let data = facts(&project).test_data;
        let found: Vec<(&str, &str)> =
            data.factories.iter().map(|f| (f.name.as_str(), f.model.as_str())).collect();
        assert_eq!(
            found,
            [("UserFactory", "auth.User"), ("DraftFactory", "blog.Post"), ("PostFactory", "blog.Post")]
        );
        let factory = data.factory("blog.Post").unwrap();
        assert_eq!((factory.name.as_str(), factory.module.as_str()), ("PostFactory", module));
        assert!(!data.bakery);
    }
    let baked = project("'blog'")
        .file("blog/models.py", POST)
        .file("blog/tests.py", "from model_bakery import baker\n");
    assert!(facts(&baked).test_data.bakery);
    assert!(facts(&project("'blog'").file("blog/models.py", POST)).test_data.is_empty());
}

#[test]
fn views_with_a_pattern_each_are_found_where_they_are() {
    let project = project("'tickets', 'kb', 'pages'")
        .file("config/urls.py", "from django.urls import include, path\n\nfrom kb import views as kb\n\nurlpatterns = [\n    path('api/', include(('tickets.urls', 'desk'))),\n    path('kb/', kb.index, name='index'),\n    path('pages/', include('pages.urls')),\n]\n")
        .file("tickets/models.py", POST)
        .file("tickets/views.py", "from rest_framework import generics\n\nfrom .models import Post\n\n\nclass PostList(generics.ListCreateAPIView):\n    queryset = Post.objects.all()\n\n\nclass PostDetail(generics.RetrieveAPIView):\n    queryset = Post.objects.all()\n")
        .file("tickets/urls.py", "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [\n    path('posts/', views.PostList.as_view(), name='post-list'),\n    path('posts/<int:pk>/', views.PostDetail.as_view()),\n]\n")
        .file("kb/models.py", "")
        .file("kb/views.py", "from rest_framework.decorators import api_view\n\n\n@api_view()\ndef index(request):\n    pass\n")
        .file("pages/models.py", "")
        .file("pages/views.py", "def home(request):\n    pass\n")
        .file("pages/urls.py", "from django.urls import path\n\nfrom .views import home\n\nurlpatterns = [path('', home)]\n");
    let facts = facts(&project);
    let patterns = |app: &str| -> Vec<String> {
        let patterns = facts.app(app).unwrap().patterns.iter();
        patterns
            .map(|p| {
                let (name, namespace) =
                    (p.name.as_deref().unwrap_or("-"), p.namespace.as_deref().unwrap_or("-"));
                format!("{} {} {} {name} {namespace}", p.file, p.route, p.view)
            })
            .collect()
    };
    assert_eq!(
        patterns("tickets"),
        [
            "tickets/urls.py posts/ PostList post-list desk",
            "tickets/urls.py posts/<int:pk>/ PostDetail - desk"
        ]
    );
    assert_eq!(patterns("kb"), ["config/urls.py kb/ index index -"]);
    assert_eq!(patterns("pages"), ["pages/urls.py  home - -"]);
    let style = |app: &str| facts.app(app).unwrap().view_style();
    assert_eq!(style("tickets"), ViewStyle::Generics);
    assert_eq!(style("kb"), ViewStyle::ByHand);
    assert_eq!(style("pages"), ViewStyle::Viewsets, "pages are no API");
}

#[test]
fn habits_of_imports_and_of_lists_are_told_from_the_apps() {
    let serializer = "from rest_framework import serializers\n\nfrom apps.blog.models import Post\n\n\nclass PostSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = ('id', 'title')\n\n    def validate_title(self, value):\n        return value\n";
    let project = project("'apps.blog', 'apps.shop'")
        .file("apps/__init__.py", "")
        .file("apps/blog/__init__.py", "")
        .file("apps/blog/models.py", POST)
        .file("apps/blog/api/__init__.py", "")
        .file("apps/blog/api/serializers.py", serializer)
        .file(
            "apps/blog/api/views.py",
            "from apps.blog.models import Post\nfrom .serializers import PostSerializer\n",
        )
        .file("apps/blog/tests/test_posts.py", "from ..models import Post\nfrom ..api import views\n")
        .file("apps/shop/__init__.py", "")
        .file("apps/shop/models.py", POST.replace("Post", "Item"));
    let facts = facts(&project);
    let imports = |app: &str| facts.app(app).unwrap().imports;
    assert_eq!(imports("blog"), ImportHabits { below: Some(false), above: Some(true) });
    assert_eq!(imports("shop"), imports("blog"), "an app without imports of its own is as the others");
    assert!(facts.style.tuples);
    assert_eq!(facts.app("blog").unwrap().serializers[0].methods, ["validate_title"]);
}

#[test]
fn bases_that_lead_back_to_each_other_end() {
    let meta = "    class Meta:\n        abstract = True\n\n\n";
    let models = post_model(&format!(
        "class A(models.Model, B, C, A, B, C):\n{meta}class B(A, C, B, A, C, models.Model):\n{meta}\
         class C(B, A, C, models.Model, B, A):\n{meta}class Post(A, B, C):\n    title = models.TextField()\n"
    ));
    let facts = facts(&project("'blog'").file("blog/__init__.py", "").file("blog/models.py", models));
    let model = facts.model("blog.Post").unwrap();
    assert_eq!(model.flat_bases, ["django.db.models.Model"]);
}

#[test]
fn an_api_in_a_folder_of_its_version() {
    let views = "from rest_framework.viewsets import ModelViewSet\nfrom ...models import Post\n\nclass PostViewSet(ModelViewSet):\n    queryset = Post.objects.all()\n";
    let app = |versions: &[&str]| {
        let mut project = project("'blog'").file("blog/models.py", POST);
        for version in versions {
            project = project
                .file(&format!("blog/api/{version}/urls.py"), "urlpatterns = []\n")
                .file(&format!("blog/api/{version}/views.py"), views);
        }
        facts(&project).app("blog").unwrap().clone()
    };
    let newest = app(&["v1", "v2", "v10"]);
    assert_eq!(newest.files.urls.as_ref().map(RelPath::as_str), Some("blog/api/v10/urls.py"));
    assert_eq!((newest.api_dir(), app(&[]).api_dir()), ("blog/api/v10".to_owned(), "blog".to_owned()));
}

#[test]
fn apps_are_in_use_by_a_configuration_of_ones_own_or_as_libraries() {
    let project = project("'site1.apps.MyAdmin', 'django.contrib.auth', 'blog'")
        .file("site1/apps.py", "from django.contrib.admin.apps import AdminConfig\n\n\nclass MyAdmin(AdminConfig):\n    default_site = 'x.Y'\n")
        .file("blog/apps.py", "from django.apps import AppConfig\n\n\nclass BlogConfig(AppConfig):\n    name = 'blog'\n")
        .file("blog/models.py", POST)
        .file("blog/views.py", "from django_filters.rest_framework import DjangoFilterBackend\n");
    let settings = facts(&project).settings;
    assert_eq!(settings.used_apps, ["django.contrib.admin", "django_filters"]);
    assert!(settings.has_app("django.contrib.admin") && settings.has_app("django.contrib.auth"));
    assert!(!settings.has_app("django.contrib.sites") && !settings.has_app("rest_framework"));
}
