//! Imports of the project's own modules that lead nowhere, and those that only seem to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::testing::TestProject;

const MANAGE: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n";

/// A project with an app `blog` that has `Post`, and more files.
fn project(files: &[(&str, &str)]) -> TestProject<'static> {
    let mut project = TestProject::new(Some(&Django))
        .file("manage.py", MANAGE)
        .file("config/__init__.py", "")
        .file("config/settings.py", "INSTALLED_APPS = ['blog', 'django.contrib.auth']\n")
        .file("blog/__init__.py", "")
        .file("blog/models.py", "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n");
    for (path, text) in files {
        project = project.file(path, *text);
    }
    project
}

/// What leads nowhere, as `file:line module name`.
fn unresolved(files: &[(&str, &str)]) -> Vec<String> {
    let facts = project(files).facts().unwrap();
    let written = facts
        .unresolved_imports
        .into_iter()
        .map(|i| format!("{}:{} {} {}", i.file, i.line, i.module, i.name.as_deref().unwrap_or("-")));
    written.collect()
}

#[test]
fn what_is_there_is_found() {
    let found = unresolved(&[
        ("blog/views.py", "from . import models\nfrom .models import Post\nfrom ..config import settings\n"),
        ("blog/tests/__init__.py", ""),
        (
            "blog/tests/test_posts.py",
            "import blog.models as m\nfrom blog.models import Post\nfrom ..models import Post\n",
        ),
        (
            "config/urls.py",
            "from blog import models\nimport blog\nfrom config.settings import INSTALLED_APPS\n",
        ),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_missing_name_and_a_missing_module() {
    let files = [
        ("blog/views.py", "from .models import Post, Tag\nfrom .api.views import X\nfrom . import filters\n"),
        (
            "shop.py",
            "from blog.models import (\n    Gone,\n)\nimport blog.urls\ndef f():\n    from blog import admin\n",
        ),
    ];
    assert_eq!(
        unresolved(&files),
        [
            "blog/views.py:1 .models Tag",
            "blog/views.py:2 .api.views -",
            "blog/views.py:3 . filters",
            "shop.py:1 blog.models Gone",
            "shop.py:4 blog.urls -",
            "shop.py:6 blog admin",
        ]
    );
    let facts = project(&files).facts().unwrap();
    let reasons: Vec<&str> = facts.unresolved_imports.iter().map(|i| i.reason.as_str()).take(2).collect();
    assert_eq!(reasons, ["`blog/models.py` has no `Tag`", "there is no module `.api.views`"]);
}

#[test]
fn a_renamed_class_is_missed_by_those_who_import_it() {
    let mut project = project(&[
        ("blog/serializers.py", "from .models import Post\n"),
        ("blog/tests/test_posts.py", "from blog.models import Post\n"),
    ]);
    assert!(project.facts().unwrap().unresolved_imports.is_empty());
    project.change(
        "blog/models.py",
        "from django.db import models\n\n\nclass Article(models.Model):\n    pass\n",
    );
    let files: Vec<String> =
        project.facts().unwrap().unresolved_imports.iter().map(|i| i.file.to_string()).collect();
    assert_eq!(files, ["blog/serializers.py", "blog/tests/test_posts.py"]);
}

#[test]
fn a_package_has_what_it_imports_and_its_submodules() {
    let found = unresolved(&[
        ("shop/__init__.py", ""),
        ("shop/models/__init__.py", "from .order import Order as Purchase\nfrom .item import *\n"),
        ("shop/models/order.py", "class Order: pass\n"),
        ("shop/models/item.py", "class Item: pass\n"),
        ("shop/views.py", "from .models import Purchase, Item, order, Gone\nfrom shop.models import item\n"),
    ]);
    assert_eq!(found, ["shop/views.py:1 .models Gone"]);
}

#[test]
fn stars_are_followed_in_the_project_and_trusted_outside() {
    let found = unresolved(&[
        ("blog/a.py", "from .b import *\nx = 1\n"),
        ("blog/b.py", "from .a import *\ny = 2\n"),
        ("blog/c.py", "from somewhere import *\n"),
        ("blog/d.py", "from .gone import *\n"),
        ("blog/e.py", "from .c import *\n"),
        (
            "blog/views.py",
            "from .a import x, y, z\nfrom .c import any1\nfrom .d import any2\nfrom .e import any3\n",
        ),
    ]);
    assert_eq!(found, ["blog/d.py:1 .gone -", "blog/views.py:1 .a z"]);
}

#[test]
fn what_may_resolve_does() {
    let found = unresolved(&[
        ("blog/lazy.py", "def __getattr__(name):\n    return 1\n"),
        ("blog/made.py", "globals().update(x=1)\n"),
        ("blog/models_extra.py", "class Broken(models.Model:\n"),
        (
            "blog/cond.py",
            "if DEBUG:\n    flag = 1\ntry:\n    import ujson\nexcept ImportError:\n    ujson = None\n",
        ),
        (
            "blog/use.py",
            "from .lazy import a\nfrom .made import b\nfrom .models_extra import c\nfrom .cond import flag, ujson\nfrom ._speedups import d\nfrom .api_pb2 import e\nfrom .models import __file__\n",
        ),
        ("blog/optional.py", "try:\n    from .local import X\nexcept ImportError:\n    X = None\n"),
        // Another package of that name may be installed: the folder has no `__init__.py`.
        ("celery/tasks.py", "x = 1\n"),
        ("blog/tasks.py", "from celery import shared_task\nimport redis\n"),
        // A script finds what stands beside it.
        ("scripts/blog/__init__.py", ""),
        ("scripts/blog/other.py", ""),
        ("scripts/run.py", "from blog.other import thing\n"),
        // Above the repository.
        ("top.py", "from .x import y\nfrom ...z import w\n"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_folders_that_python_starts_from_are_the_projects() {
    let mut project = TestProject::new(Some(&Django))
        .file("backend/manage.py", MANAGE)
        .file("backend/config/settings.py", "INSTALLED_APPS = ['blog']\n")
        .file("backend/apps/blog/models.py", "class Post: pass\n")
        .file(
            "backend/apps/blog/views.py",
            "from blog.models import Post, Tag\nfrom ... import x\nfrom .... import y\n",
        );
    project.root = "backend".to_owned();
    let facts = project.facts().unwrap();
    let found: Vec<_> =
        facts.unresolved_imports.iter().map(|i| (i.line, i.name.as_deref().unwrap_or("-"))).collect();
    assert_eq!(found, [(1, "Tag"), (2, "x")]);
}
