//! Steps on real projects, read by the real stack.

use std::path::Path;

use aksara_plugin_project::Django;
use aksara_sdk::testing::TestProject;
use aksara_sdk::{Edit, Executor, Outcome};
use serde_json::{Value, json};

use super::{CreateModelStep, ModifyModelStep};

mod managers;
mod names;
mod pages;
mod unique;

const MANAGE: &str = "import os\n\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"config.settings\")\n";
const INSTALLED: &str =
    "INSTALLED_APPS = [\"django.contrib.admin\", \"django.contrib.auth\", \"blog\", \"shop\"]\n";

fn django_blog() -> TestProject<'static> {
    TestProject::new(Some(&Django))
        .folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects/django-blog"))
}

fn project(files: &[(&str, &str)]) -> TestProject<'static> {
    let mut project = TestProject::new(Some(&Django))
        .file("manage.py", MANAGE)
        .file("config/__init__.py", "")
        .file("blog/__init__.py", "")
        .file("shop/__init__.py", "");
    if !files.iter().any(|(path, _)| *path == "config/settings.py") {
        project = project.file("config/settings.py", INSTALLED);
    }
    // Without a models module a folder may be no app.
    for app in ["blog", "shop"] {
        project = project.file(&format!("{app}/apps.py"), "");
    }
    files.iter().fold(project, |project, (path, text)| project.file(path, *text))
}

fn create(project: &mut TestProject<'_>, params: Value) -> Outcome {
    project.apply(&CreateModelStep, "create_model", params).unwrap_or_else(|e| panic!("{e}"))
}

fn modify(project: &mut TestProject<'_>, params: Value) -> Outcome {
    project.apply(&ModifyModelStep, "modify_model", params).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_page_of_a_first_model_imports_it_as_the_other_apps_do() {
    let mut project = project(&[
        (
            "blog/models.py",
            "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=9)\n",
        ),
        (
            "blog/admin.py",
            "from django.contrib import admin\n\nfrom blog.models import Post\n\nadmin.site.register(Post)\n",
        ),
    ]);
    let field = json!({"name": "name", "type": "string"});
    create(
        &mut project,
        json!({"model": "shop.Item", "fields": [field], "admin": {"list_display": ["name"]}}),
    );
    let text = project.text("shop/admin.py").unwrap();
    assert!(text.contains("\nfrom shop.models import Item\n"), "{text}");
}

/// The refusal's code and message.
fn refused(project: &TestProject<'_>, executor: &dyn Executor, params: Value) -> (String, String) {
    let step_type = executor.info().step_type;
    let error = project.execute(executor, step_type.as_str(), params).unwrap_err();
    assert!(error.help.is_some(), "{error} says nothing of what to do");
    (error.code, error.message)
}

fn tag() -> Value {
    json!({
        "model": "blog.Tag",
        "doc": "A label that groups posts.",
        "fields": [
            { "name": "name", "type": "string", "max_length": 50, "unique": true },
            { "name": "slug", "type": "slug", "max_length": 60, "unique": true },
        ],
        "ordering": ["name"],
        "str": "name",
        "before": "blog.Post",
        "admin": {
            "list_display": ["name", "slug"],
            "search_fields": ["name"],
            "prepopulated_fields": [["slug", ["name"]]],
        },
    })
}

fn tags() -> Value {
    json!({
        "model": "blog.Post",
        "add": [{ "name": "tags", "type": "many_to_many", "to": "blog.Tag", "blank": true, "related_name": "posts" }],
    })
}

const IDEAL_MODELS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/models.py");

const IDEAL_ADMIN: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/admin.py");

#[test]
fn tagging_the_blog_is_what_an_engineer_would_write() {
    let mut project = django_blog();
    let outcome = create(&mut project, tag());
    let Edit::Update { splices, .. } = &outcome.edits[0] else { panic!("an update") };
    let code = splices[0].code().unwrap();
    assert!(code.starts_with("class Tag(") && code.ends_with("return self.name"), "{code}");
    let outcome = modify(&mut project, tags());
    let Edit::Update { splices, .. } = &outcome.edits[0] else { panic!("an update") };
    assert_eq!(
        splices[0].code(),
        Some("    tags = models.ManyToManyField(Tag, blank=True, related_name=\"posts\")")
    );
    assert_eq!(project.text("blog/models.py"), Some(IDEAL_MODELS));
    assert_eq!(project.text("blog/admin.py"), Some(IDEAL_ADMIN));
    assert!(create(&mut project, tag()).is_noop());
    assert!(modify(&mut project, tags()).is_noop());
}

#[test]
fn a_new_app_gets_its_models_and_admin_modules() {
    let mut project = project(&[]);
    let mut params = tag();
    params["before"] = Value::Null;
    create(&mut project, params);
    assert_eq!(
        project.text("blog/models.py"),
        Some(
            "from django.db import models\n\n\nclass Tag(models.Model):\n    \"\"\"A label that groups posts.\"\"\"\n\n    \
             name = models.CharField(max_length=50, unique=True)\n    slug = models.SlugField(max_length=60, unique=True)\n\n    \
             class Meta:\n        ordering = [\"name\"]\n\n    def __str__(self):\n        return self.name\n"
        )
    );
    assert_eq!(
        project.text("blog/admin.py"),
        Some(
            "from django.contrib import admin\n\nfrom .models import Tag\n\n\n@admin.register(Tag)\nclass TagAdmin(admin.ModelAdmin):\n    \
             list_display = [\"name\", \"slug\"]\n    search_fields = [\"name\"]\n    prepopulated_fields = {\"slug\": [\"name\"]}\n"
        )
    );
}

#[test]
fn without_the_admin_site_there_is_no_page() {
    let mut project = project(&[
        ("config/settings.py", "INSTALLED_APPS = [\"blog\"]\n"),
        ("blog/models.py", "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n"),
    ]);
    let outcome = create(&mut project, tag());
    assert_eq!(outcome.edits.len(), 1);
    assert_eq!(
        outcome.notes[0].text,
        "`blog.Tag` gets no admin page: django.contrib.admin is not in INSTALLED_APPS"
    );
}

#[test]
fn a_models_package_gets_a_module() {
    let mut project = project(&[
        ("blog/models/__init__.py", "from .post import Post\n\n__all__ = [\n    'Post',\n]\n"),
        (
            "blog/models/post.py",
            "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.TextField()\n",
        ),
    ]);
    create(&mut project, tag());
    modify(&mut project, tags());
    assert!(project.text("blog/models/tag.py").unwrap().contains("class Tag(models.Model):"));
    assert_eq!(
        project.text("blog/models/__init__.py"),
        Some("from .post import Post\nfrom .tag import Tag\n\n__all__ = [\n    'Post',\n    'Tag',\n]\n")
    );
    let post = project.text("blog/models/post.py").unwrap();
    assert!(post.contains("tags = models.ManyToManyField(\"Tag\", blank=True"), "{post}");
}

#[test]
fn every_type_of_field_is_djangos() {
    let mut project = project(&[
        ("blog/models.py", "from django.db import models as m\n\n\nclass Post(m.Model):\n    pass\n"),
        ("shop/models.py", "from django.db import models\n\n\nclass Item(models.Model):\n    pass\n"),
    ]);
    modify(
        &mut project,
        json!({ "model": "blog.Post", "add": [
            { "name": "a", "type": "string" },
            { "name": "b", "type": "text", "blank": true },
            { "name": "c", "type": "integer", "initial": 0, "index": true },
            { "name": "d", "type": "positive_integer", "min": 1, "max": 5 },
            { "name": "e", "type": "big_integer", "null": true, "blank": true },
            { "name": "f", "type": "float", "initial": 1.5 },
            { "name": "g", "type": "decimal", "max_digits": 8, "min": 0, "initial": "0.5" },
            { "name": "h", "type": "boolean", "initial": true },
            { "name": "i", "type": "date", "set_on_save": true },
            { "name": "j", "type": "datetime", "initial": "now" },
            { "name": "k", "type": "time" },
            { "name": "l", "type": "duration" },
            { "name": "n", "type": "uuid", "initial": "random", "unique": true },
            { "name": "o", "type": "json", "initial": {} },
            { "name": "p", "type": "email", "help": "Where it's sent" },
            { "name": "q", "type": "url" },
            { "name": "r", "type": "slug", "index": true },
            { "name": "s", "type": "foreign_key", "to": "user", "on_delete": "set_null", "null": true, "related_name": "+" },
            { "name": "t", "type": "one_to_one", "to": "shop.Item", "related_name": "the_post" },
            { "name": "u", "type": "many_to_many", "to": "blog.Post" },
            { "name": "v", "type": "foreign_key", "to": "auth.Group", "on_delete": "protect" },
            { "name": "w", "type": "string", "max_length": 9, "choices": [["draft", "Draft"], ["live", "Live"]], "initial": "draft" },
        ] }),
    );
    assert_eq!(
        project.text("blog/models.py").unwrap(),
        r#"import uuid
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models as m
from django.utils import timezone


class Post(m.Model):
    a = m.CharField(max_length=200)
    b = m.TextField(blank=True)
    c = m.IntegerField(db_index=True, default=0)
    d = m.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    e = m.BigIntegerField(blank=True, null=True)
    f = m.FloatField(default=1.5)
    g = m.DecimalField(
        max_digits=8,
        decimal_places=2,
        default=Decimal("0.5"),
        validators=[MinValueValidator(Decimal("0"))],
    )
    h = m.BooleanField(default=True)
    i = m.DateField(auto_now=True)
    j = m.DateTimeField(default=timezone.now)
    k = m.TimeField()
    l = m.DurationField()
    n = m.UUIDField(unique=True, default=uuid.uuid4)
    o = m.JSONField(default=dict)
    p = m.EmailField(help_text="Where it's sent")
    q = m.URLField()
    r = m.SlugField()
    s = m.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=m.SET_NULL, null=True, related_name="+"
    )
    t = m.OneToOneField("shop.Item", on_delete=m.CASCADE, related_name="the_post")
    u = m.ManyToManyField("self")
    v = m.ForeignKey("auth.Group", on_delete=m.PROTECT)
    w = m.CharField(
        max_length=9, default="draft", choices=[("draft", "Draft"), ("live", "Live")]
    )
"#
    );
}

#[test]
fn fields_go_before_those_that_the_framework_sets_or_where_they_are_told() {
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    created = models.DateTimeField(auto_now_add=True)\n";
    let mut first = project(&[("blog/models.py", models)]);
    modify(
        &mut first,
        json!({ "model": "blog.Post", "add": [
        { "name": "a", "type": "text" }, { "name": "b", "type": "text" }] }),
    );
    assert!(
        first
            .text("blog/models.py")
            .unwrap()
            .contains("    a = models.TextField()\n    b = models.TextField()\n    created")
    );
    let mut after = django_blog();
    modify(
        &mut after,
        json!({ "model": "blog.Post", "add": [{ "name": "a", "type": "text" }], "after": "title" }),
    );
    assert!(
        after
            .text("blog/models.py")
            .unwrap()
            .contains("(max_length=200)\n    a = models.TextField()\n    slug")
    );
    let params = json!({ "model": "blog.Post", "add": [{ "name": "a", "type": "text" }], "after": "gone" });
    assert_eq!(
        refused(&django_blog(), &ModifyModelStep, params).1,
        "`blog.Post` has no field `gone` to put others after"
    );
}

#[test]
fn a_model_that_is_there_is_left_or_refused() {
    let same = "from django.db.models import CharField, Model, SlugField\n\n\nclass Tag(Model):\n    slug = SlugField(unique=True, max_length=60)\n    name = CharField('Name', unique=True, max_length=50, null=False)\n";
    let blog = |text: &str| project(&[("blog/models.py", text), ("blog/admin.py", IDEAL_ADMIN)]);
    let params = || {
        let mut params = tag();
        params["before"] = Value::Null;
        params
    };
    let outcome = create(&mut blog(same), params());
    assert!(outcome.is_noop());
    assert_eq!(outcome.notes[0].text, "`blog.Tag` is already there with the same fields");
    let cases = [
        ("max_length=60", "max_length=61", "`slug` has max_length=61 there, not 60"),
        ("SlugField(unique", "CharField(unique", "`slug` is a CharField there, not a SlugField"),
        ("unique=True, max_length=50", "max_length=50", "`name` has no unique=True there"),
        ("null=False", "null=True", "`name` has null=True there"),
        ("    name", "    color = CharField(max_length=9)\n    name", "it has `color` as well"),
        ("    slug = SlugField(unique=True, max_length=60)\n", "", "it has no `slug`"),
    ];
    for (from, to, difference) in cases {
        let (code, message) = refused(&blog(&same.replace(from, to)), &CreateModelStep, params());
        assert_eq!(code, "name_taken");
        assert_eq!(message, format!("`blog.Tag` is already there as another model: {difference}"));
    }
}

#[test]
fn names_that_are_taken_are_refused() {
    let models = "from django.db import models\n\nfrom taggit import Tag\n\n\nclass Post(models.Model):\n    @property\n    def tags(self):\n        return []\n";
    let blog = project(&[("blog/models.py", models)]);
    assert_eq!(
        refused(&blog, &CreateModelStep, tag()).1,
        "`Tag` already means `from taggit import Tag` in `blog/models.py`"
    );
    let mut params = tag();
    params["model"] = json!("blog.POST");
    assert_eq!(refused(&blog, &CreateModelStep, params).0, "name_taken");
    let params = json!({ "model": "blog.Post", "add": [{ "name": "tags", "type": "text" }] });
    assert_eq!(
        refused(&blog, &ModifyModelStep, params).1,
        "`Post` in `blog/models.py` already has another `tags`"
    );
    let params = json!({ "model": "blog.Post", "add": [{ "name": "title", "type": "text" }] });
    assert_eq!(
        refused(&django_blog(), &ModifyModelStep, params),
        (
            "name_taken".to_owned(),
            "`blog.Post` already has another `title`: `title` is a CharField there, not a TextField"
                .to_owned()
        )
    );
}

#[test]
fn ways_back_do_not_clash() {
    let relation = |to: &str, related: &str| {
        json!({ "model": "blog.Note", "fields": [
            { "name": "owner", "type": "foreign_key", "to": to, "related_name": related }] })
    };
    let blog = django_blog();
    let refuse = |params| refused(&blog, &CreateModelStep, params).1;
    assert_eq!(
        refuse(relation("user", "posts")),
        "`posts` cannot be the way back from `blog.Note.owner` to `auth.User`: it is the way back from `blog.Post.author`"
    );
    assert_eq!(
        refuse(relation("blog.Post", "title")),
        "`title` cannot be the way back from `blog.Note.owner` to `blog.Post`: it is a member of `blog.Post`"
    );
    create(&mut django_blog(), relation("user", "notes"));
    let mut blog = django_blog();
    create(&mut blog, relation("blog.Post", "notes"));
    let params = json!({ "model": "blog.Post", "add": [{ "name": "notes", "type": "text" }] });
    assert_eq!(
        refused(&blog, &ModifyModelStep, params.clone()).1,
        "`notes` of `blog.Post` is already the way back from `blog.Note.owner`"
    );
}

#[test]
fn a_field_does_not_hide_what_another_needs() {
    let params = json!({ "model": "blog.Note", "fields": [
        { "name": "settings", "type": "json" }, { "name": "owner", "type": "foreign_key", "to": "user" }] });
    assert_eq!(
        refused(&django_blog(), &CreateModelStep, params).1,
        "`settings` hides the import of that name, which the field `owner` needs"
    );
}

#[test]
fn what_is_not_the_projects_own_is_refused() {
    let blog = django_blog();
    let add = |model: &str| json!({ "model": model, "add": [{ "name": "a", "type": "text" }] });
    assert_eq!(
        refused(&blog, &ModifyModelStep, add("auth.User")),
        (
            "refused".to_owned(),
            "`auth.User` is not defined in this repository, so its class cannot be changed".to_owned()
        )
    );
    assert_eq!(refused(&blog, &ModifyModelStep, add("blog.Gone")).1, "the project has no model `blog.Gone`");
    let mut params = tag();
    params["model"] = json!("shop.Tag");
    assert_eq!(refused(&blog, &CreateModelStep, params).1, "the project has no app `shop`");
    let mut params = tags();
    params["add"][0]["to"] = json!("blog.Gone");
    assert_eq!(
        refused(&blog, &ModifyModelStep, params.clone()).1,
        "`tags` is to point to `blog.Gone`, but there is no such model"
    );
    params["add"][0]["to"] = json!("gone.Tag");
    assert_eq!(
        refused(&blog, &ModifyModelStep, params).1,
        "`tags` is to point to `gone.Tag`, but no app `gone` is installed"
    );
    let proxy = "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n\n\nclass P(Post):\n    class Meta:\n        proxy = True\n";
    let blog = project(&[("blog/models.py", proxy)]);
    assert_eq!(
        refused(&blog, &ModifyModelStep, add("blog.P")).1,
        "`blog.P` is a proxy, which has no fields of its own"
    );
}

#[test]
fn params_that_contradict_themselves_are_refused() {
    let blog = django_blog();
    for field in [
        json!({ "name": "Bad", "type": "text" }),
        json!({ "name": "a__b", "type": "text" }),
        json!({ "name": "class", "type": "text" }),
        json!({ "name": "save", "type": "text" }),
        json!({ "name": "id", "type": "text" }),
        json!({ "name": "models", "type": "text" }),
        json!({ "name": "a", "type": "foreign_key" }),
        json!({ "name": "a", "type": "text", "to": "blog.Post" }),
        json!({ "name": "a", "type": "integer", "max_length": 3 }),
        json!({ "name": "a", "type": "many_to_many", "to": "blog.Post", "null": true }),
        json!({ "name": "a", "type": "foreign_key", "to": "user", "on_delete": "set_null" }),
        json!({ "name": "a", "type": "foreign_key", "to": "user", "on_delete": "explode" }),
        json!({ "name": "a", "type": "decimal", "max_digits": 2, "decimal_places": 3 }),
        json!({ "name": "a", "type": "integer", "initial": "x" }),
        json!({ "name": "a", "type": "integer", "min": "x" }),
        json!({ "name": "a", "type": "json", "initial": [1] }),
        json!({ "name": "a", "type": "date", "initial": "2024-01-01" }),
        json!({ "name": "a", "type": "text", "unknown": 1 }),
    ] {
        let params = json!({ "model": "blog.Post", "add": [field] });
        assert_eq!(refused_code(&blog, &ModifyModelStep, params.clone()), "bad_params", "{params}");
    }
    let mut params = tag();
    params["ordering"] = json!(["-gone"]);
    assert_eq!(refused(&blog, &CreateModelStep, params).0, "bad_params");
    let mut params = tag();
    params["admin"]["list_display"] = json!(["gone"]);
    assert_eq!(refused(&blog, &CreateModelStep, params).0, "bad_params");
    let mut params = tag();
    params["model"] = json!("blog.tag");
    assert_eq!(refused(&blog, &CreateModelStep, params).0, "bad_params");
}

fn refused_code(project: &TestProject<'_>, executor: &dyn Executor, params: Value) -> String {
    project.execute(executor, executor.info().step_type.as_str(), params).unwrap_err().code
}

#[test]
fn the_files_form_is_kept() {
    let models = "from django.db import models\r\n\r\n\r\nclass Post(models.Model):\r\n\ttitle = models.CharField(max_length=9, help_text='x')";
    let mut blog = project(&[("blog/models.py", models)]);
    create(&mut blog, tag());
    modify(&mut blog, tags());
    let text = blog.text("blog/models.py").unwrap();
    assert!(!text.replace("\r\n", "").contains('\n') && !text.contains("    "), "{text:?}");
    assert!(text.contains("\tclass Meta:\r\n\t\tordering = ['name']\r\n"), "{text:?}");
    assert!(
        text.ends_with(
            "help_text='x')\r\n\ttags = models.ManyToManyField(Tag, blank=True, related_name='posts')"
        ),
        "{text:?}"
    );
}

#[test]
fn a_long_docstring_takes_several_lines() {
    let mut params = tag();
    params["doc"] = json!(format!("{} \"end\"", "word ".repeat(30)));
    let mut blog = django_blog();
    create(&mut blog, params);
    let text = blog.text("blog/models.py").unwrap();
    assert!(text.lines().all(|line| line.len() <= 100), "{text}");
    assert!(
        text.contains("    \"\"\"word word") && text.contains("\"end\\\"\n    \"\"\"\n\n    name"),
        "{text}"
    );
}

#[test]
fn fields_that_are_unique_together_are_a_constraint_that_is_made_once() {
    let mut blog = django_blog();
    let params = json!({
        "model": "blog.Vote",
        "fields": [
            { "name": "post", "type": "foreign_key", "to": "blog.Post" },
            { "name": "user", "type": "foreign_key", "to": "user" },
            { "name": "round", "type": "integer" },
        ],
        "unique": [["post", "user"], ["round"]],
    });
    blog.apply(&CreateModelStep, "create_model", params.clone()).unwrap();
    let text = blog.text("blog/models.py").unwrap().to_owned();
    let constraints = "        constraints = [\n            models.UniqueConstraint(fields=[\"post\", \"user\"], name=\"blog_vote_post_user_unique\"),\n            models.UniqueConstraint(fields=[\"round\"], name=\"blog_vote_round_unique\"),\n        ]\n";
    assert!(text.contains(constraints), "{text}");
    blog.apply(&CreateModelStep, "create_model", params.clone()).unwrap();
    assert_eq!(blog.text("blog/models.py"), Some(text.as_str()));
    let mut wrong = params;
    wrong["unique"] = json!([["post", "voter"]]);
    wrong["model"] = json!("blog.Ballot");
    let (_, message) = refused(&blog, &CreateModelStep, wrong);
    assert_eq!(message, "`voter` cannot be unique in `blog.Ballot`: it has no such field");
}

#[test]
fn the_examples_work() {
    for executor in [&CreateModelStep as &dyn Executor, &ModifyModelStep] {
        let info = executor.info();
        for example in info.examples {
            let mut project = TestProject::new(Some(&Django));
            for (path, text) in &example.files {
                project = project.file(path, text.as_str().unwrap());
            }
            let outcome =
                project.apply(executor, info.step_type.as_str(), Value::Object(example.params)).unwrap();
            assert!(!outcome.is_noop(), "{}", example.title);
        }
    }
}

const CORE: &str = "from django.db import models\n\n\nclass Stamped(models.Model):\n    created_at = models.DateTimeField(auto_now_add=True)\n    updated_at = models.DateTimeField(auto_now=True)\n\n    class Meta:\n        abstract = True\n\n\nclass Owned(models.Model):\n    owner = models.CharField(max_length=9)\n\n    class Meta:\n        abstract = True\n\n\nclass Dated(models.Model):\n    made = models.DateTimeField(auto_now_add=True)\n\n    class Meta:\n        abstract = True\n";

/// A project whose models all have these bases of `core`.
fn based(bases: &str) -> TestProject<'static> {
    let models = format!(
        "from django.db import models\n\nfrom core.models import Dated, Owned, Stamped\n\n\nclass Post({bases}):\n    title = models.TextField()\n\n\nclass Page({bases}):\n    title = models.TextField()\n"
    );
    project(&[
        ("config/settings.py", "INSTALLED_APPS = [\"core\", \"blog\", \"shop\"]\n"),
        ("core/__init__.py", ""),
        ("core/models.py", CORE),
        ("blog/models.py", &models),
        ("shop/models.py", ""),
    ])
}

fn note(label: &str) -> Value {
    json!({ "model": label, "fields": [
        { "name": "text", "type": "text" },
        { "name": "created_at", "type": "datetime", "set_on_create": true },
        { "name": "updated_at", "type": "datetime", "set_on_save": true },
    ] })
}

#[test]
fn a_new_model_stands_on_what_the_others_stand_on() {
    let mut project = based("Stamped");
    create(&mut project, note("blog.Note"));
    let text = project.text("blog/models.py").unwrap();
    assert!(text.ends_with("class Note(Stamped):\n    text = models.TextField()\n"), "{text}");
    assert!(create(&mut project, note("blog.Note")).is_noop());

    // An app without models does as the rest of the project.
    create(&mut project, note("shop.Note"));
    let text = project.text("shop/models.py").unwrap();
    assert_eq!(
        text,
        "from django.db import models\n\nfrom core.models import Stamped\n\n\nclass Note(Stamped):\n    text = models.TextField()\n"
    );
}

#[test]
fn a_base_with_a_manager_that_nobody_can_read_is_left() {
    let mut project = based("Stamped");
    let core = project.text("core/models.py").unwrap().replacen(
        "    class Meta:\n",
        "    objects = ScopedManager(event=\"event\")\n\n    class Meta:\n",
        1,
    );
    let core =
        core.replacen("import models\n", "import models\nfrom django_scopes import ScopedManager\n", 1);
    project = project.file("core/models.py", core);
    let outcome = create(&mut project, note("blog.Note"));
    let text = project.text("blog/models.py").unwrap();
    assert!(text.contains("class Note(models.Model):\n"), "{text}");
    assert!(
        outcome.notes.iter().any(|n| n.text.contains("`objects`, a `django_scopes.ScopedManager`")),
        "{:?}",
        outcome.notes
    );
}

#[test]
fn a_base_that_others_have_from_another_base_is_theirs_too() {
    let mut project = based("Stamped");
    let more = "\n\nclass Timed(Stamped):\n    started = models.DateTimeField(null=True)\n\n    class Meta:\n        abstract = True\n\n\nclass Task(Timed):\n    pass\n\n\nclass Play(Timed):\n    pass\n\n\nclass Apart(models.Model):\n    pass\n";
    let models = project.text("blog/models.py").unwrap().to_owned() + more;
    project.change("blog/models.py", &models);
    create(&mut project, note("blog.Note"));
    let text = project.text("blog/models.py").unwrap();
    assert!(text.contains("class Note(Stamped):\n"), "{text}");
}

#[test]
fn a_base_that_a_package_hands_on_is_imported_as_the_others_import_it() {
    let base = CORE
        .replace("auto_now_add=True)", "auto_now_add=True, db_index=True, editable=False, help_text=\"When\")")
        .replace("class Stamped(models.Model):", "class Stamped(models.Model):\n    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)")
        .replace("from django", "import uuid\n\nfrom django");
    let mut project = project(&[
        ("config/settings.py", "INSTALLED_APPS = [\"core\", \"blog\", \"shop\"]\n"),
        ("core/__init__.py", ""),
        ("core/models/__init__.py", "from .base import Dated, Owned, Stamped\n"),
        ("core/models/base.py", &base),
        ("blog/models.py", based("Stamped").text("blog/models.py").unwrap()),
        ("shop/models.py", ""),
    ]);
    create(&mut project, note("shop.Note"));
    assert_eq!(
        project.text("shop/models.py").unwrap(),
        "from django.db import models\n\nfrom core.models import Stamped\n\n\nclass Note(Stamped):\n    text = models.TextField()\n"
    );
    assert!(create(&mut project, note("shop.Note")).is_noop());
}

#[test]
fn a_base_with_the_name_of_another_is_another() {
    let legacy = "from django.db import models\n\n\nclass Stamped(models.Model):\n    class Meta:\n        abstract = True\n";
    let old = "from core.models import legacy\n\n\nclass Old(legacy.Stamped):\n    pass\n\n\nclass Older(legacy.Stamped):\n    pass\n";
    let mut project = project(&[
        ("config/settings.py", "INSTALLED_APPS = [\"core\", \"blog\", \"shop\"]\n"),
        ("core/__init__.py", ""),
        ("core/models/__init__.py", CORE),
        ("core/models/legacy.py", legacy),
        ("blog/models.py", &(based("Stamped").text("blog/models.py").unwrap().to_owned() + "\n\n" + old)),
        ("shop/models.py", ""),
    ]);
    create(&mut project, note("shop.Note"));
    let text = project.text("shop/models.py").unwrap();
    assert!(text.contains("class Note(models.Model):\n"), "two of four: {text}");
}

#[test]
fn a_field_of_a_base_that_no_form_shows_is_another() {
    let core = CORE.replace(
        "class Stamped(models.Model):",
        "class Stamped(models.Model):\n    status = models.CharField(max_length=9, blank=True, editable=False)",
    );
    for (internal, base) in [(false, "models.Model"), (true, "Stamped")] {
        let mut project = based("Stamped").file("core/models.py", &core);
        let status =
            json!({"name": "status", "type": "string", "max_length": 9, "blank": true, "internal": internal});
        create(&mut project, json!({ "model": "blog.Note", "fields": [status] }));
        let text = project.text("blog/models.py").unwrap();
        assert!(text.contains(&format!("class Note({base}):\n")), "{text}");
    }
}

#[test]
fn a_base_has_its_fields_from_its_own_bases_or_none() {
    let more = "\n\nclass Base({}):\n    class Meta:\n        abstract = True\n";
    for (bases, fields) in [
        ("Dated, Stamped", "    text = models.TextField()\n"),
        (
            "models.Model",
            "    text = models.TextField()\n    created_at = models.DateTimeField(auto_now_add=True)\n    \
             updated_at = models.DateTimeField(auto_now=True)\n",
        ),
    ] {
        let core = CORE.replace("    made = models.DateTimeField(auto_now_add=True)\n\n", "")
            + &more.replace("{}", bases);
        let mut project = based("Base").file("core/models.py", core);
        let models = project.text("blog/models.py").unwrap().replace("Dated, Owned, Stamped", "Base");
        project.change("blog/models.py", &models);
        create(&mut project, note("blog.Note"));
        let text = project.text("blog/models.py").unwrap();
        assert!(text.ends_with(&format!("class Note(Base):\n{fields}")), "{text}");
    }
}

#[test]
fn a_base_that_does_not_fit_is_left_and_said() {
    for (bases, left, why) in [
        ("Stamped, Owned", "core.models.Owned", "nothing says what its `owner` would be"),
        ("Dated, Stamped", "core.models.Dated", "what `created_at` says would be said by `made` as well"),
    ] {
        let mut project = based(bases);
        let outcome = create(&mut project, note("blog.Note"));
        let text = project.text("blog/models.py").unwrap();
        assert!(text.contains("class Note(Stamped):\n"), "{text}");
        let note = &outcome.notes[0].text;
        assert!(note.contains(left) && note.contains(why), "{note}");
    }
    // A text where the base has a moment.
    let mut project = based("Stamped");
    let fields = json!([{ "name": "created_at", "type": "text" }]);
    let outcome = create(&mut project, json!({ "model": "blog.Note", "fields": fields }));
    assert!(project.text("blog/models.py").unwrap().contains("class Note(models.Model):\n"));
    assert!(outcome.notes[0].text.contains("its own `created_at` is another field"));
}

#[test]
fn a_model_that_could_not_have_the_base_does_not_end_the_habit() {
    let mut project = based("Dated");
    let apart = |name: &str| {
        format!("\n\nclass {name}(models.Model):\n    created_at = models.DateTimeField(auto_now_add=True)\n")
    };
    let models = project.text("blog/models.py").unwrap().to_owned() + &apart("Memo") + &apart("Letter");
    project.change("blog/models.py", &models);
    let fields = json!([{ "name": "text", "type": "text" }]);
    create(&mut project, json!({ "model": "blog.Plain", "fields": fields }));
    let text = project.text("blog/models.py").unwrap();
    assert!(text.contains("class Plain(Dated):\n"), "{text}");
}

#[test]
fn what_a_base_keeps_by_another_name_is_not_written_again() {
    let settings = "INSTALLED_APPS = [\"django.contrib.admin\", \"core\", \"blog\", \"shop\"]\n";
    let mut project = based("Dated").file("config/settings.py", settings);
    let mut params = note("blog.Note");
    params["ordering"] = json!(["-created_at", "-id"]);
    params["str"] = json!("created_at");
    params["admin"] = json!({ "list_display": ["text", "created_at"], "list_filter": ["updated_at"] });
    create(&mut project, params.clone());
    let text = project.text("blog/models.py").unwrap();
    assert!(
        text.ends_with(
            "class Note(Dated):\n    text = models.TextField()\n    updated_at = models.DateTimeField(auto_now=True)\n\n    \
             class Meta:\n        ordering = [\"-made\", \"-id\"]\n\n    def __str__(self):\n        return str(self.made)\n"
        ),
        "{text}"
    );
    let admin = project.text("blog/admin.py").unwrap();
    assert!(admin.contains("[\"text\", \"made\"]") && admin.contains("[\"updated_at\"]"), "{admin}");
    assert!(create(&mut project, params).is_noop());
}

#[test]
fn one_model_is_no_habit() {
    let mut project = project(&[
        ("config/settings.py", "INSTALLED_APPS = [\"core\", \"blog\"]\n"),
        ("core/__init__.py", ""),
        ("core/models.py", CORE),
        (
            "blog/models.py",
            "from django.db import models\n\nfrom core.models import Stamped\n\n\nclass Post(Stamped):\n    pass\n",
        ),
    ]);
    create(&mut project, note("blog.Note"));
    assert!(project.text("blog/models.py").unwrap().contains("class Note(models.Model):\n"));
}

#[test]
fn a_page_is_registered_as_the_others_are() {
    let admin = "from django.contrib import admin\n\nfrom blog.models import Post\n\n\nclass PostAdmin(admin.ModelAdmin):\n    list_display = ('title',)\n\n\nadmin.site.register(Post, PostAdmin)\n";
    let mut project = project(&[
        (
            "blog/models.py",
            "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.TextField()\n\n    class Meta:\n        ordering = ('title',)\n",
        ),
        ("blog/admin.py", admin),
    ]);
    create(&mut project, tag());
    let text = project.text("blog/admin.py").unwrap();
    assert!(text.contains("from blog.models import Post, Tag\n"), "{text}");
    assert!(text.contains("\n\n\nclass TagAdmin(admin.ModelAdmin):\n    list_display = ("), "{text}");
    assert!(
        text.ends_with("\n\n\nadmin.site.register(Post, PostAdmin)\nadmin.site.register(Tag, TagAdmin)\n"),
        "{text}"
    );
}

#[test]
fn a_model_extends_another_base_and_is_unique_within_a_relation() {
    let tenancy = "from django.db import models\n\n\nclass TenantModel(models.Model):\n    tenant = models.ForeignKey(\"blog.Tenant\", on_delete=models.PROTECT)\n\n    class Meta:\n        abstract = True\n";
    let models = "from django.db import models\n\n\nclass Tenant(models.Model):\n    slug = models.SlugField(unique=True)\n\n\nclass Post(models.Model):\n    slug = models.SlugField(max_length=200, unique=True)\n    lang = models.CharField(max_length=2)\n    token = models.UUIDField(unique=True)\n\n    class Meta:\n        constraints = [\n            models.UniqueConstraint(fields=[\"slug\", \"lang\"], name=\"slug_lang\"),\n        ]\n\n    def __str__(self):\n        return self.slug\n\n\nclass Rating(models.Model):\n    post = models.ForeignKey(Post, on_delete=models.CASCADE)\n    user = models.IntegerField()\n\n    class Meta:\n        constraints = [models.UniqueConstraint(fields=[\"post\", \"user\"], name=\"one\")]\n\n\nclass Code(models.Model):\n    text = models.CharField(max_length=9, unique=True)\n\n    def __str__(self):\n        return self.text\n";
    let mut project = project(&[("blog/models.py", models), ("blog/tenancy.py", tenancy)]);
    let scoped = |model: &str| json!({ "model": model, "base": "blog.tenancy.TenantModel", "unique_within": "tenant" });
    modify(&mut project, scoped("blog.Post"));
    modify(&mut project, scoped("blog.Rating"));
    modify(&mut project, scoped("blog.Code"));
    assert!(modify(&mut project, scoped("blog.Code")).is_noop());
    let text = project.text("blog/models.py").unwrap();
    for part in [
        "from .tenancy import TenantModel\n",
        "class Tenant(models.Model):\n    slug = models.SlugField(unique=True)\n",
        "class Post(TenantModel):\n    slug = models.SlugField(max_length=200)\n",
        "    token = models.UUIDField(unique=True)\n",
        "            models.UniqueConstraint(\n                fields=[\"tenant\", \"slug\", \"lang\"], name=\"slug_lang\"\n            ),\n",
        "            models.UniqueConstraint(\n                fields=[\"tenant\", \"slug\"], name=\"blog_post_tenant_slug_unique\"\n            ),\n        ]\n\n    def",
        "        constraints = [models.UniqueConstraint(fields=[\"post\", \"user\"], name=\"one\")]\n",
        "    text = models.CharField(max_length=9)\n\n    class Meta:\n        constraints = [\n            models.UniqueConstraint(\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn what_would_hide_the_base_or_cannot_be_read_is_refused() {
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    objects = models.Manager()\n\n\nclass Word(models.Model):\n    text = models.CharField(max_length=9)\n    lang = models.CharField(max_length=9)\n\n    class Meta:\n        unique_together = [(\"text\", \"lang\")]\n";
    let project = project(&[("blog/models.py", models)]);
    let base = json!({ "model": "blog.Post", "base": "blog.tenancy.TenantModel" });
    let (code, message) = refused(&project, &ModifyModelStep, base);
    assert_eq!(code, "refused");
    assert!(message.contains("has an `objects` manager of its own"), "{message}");
    let child = "from django.db import models\n\n\nclass Post(models.Model):\n    pass\n\n\nclass Photo(Post):\n    pass\n";
    let child = self::project(&[("blog/models.py", child)]);
    let photo = json!({ "model": "blog.Photo", "base": "blog.tenancy.TenantModel" });
    let (_, message) = refused(&child, &ModifyModelStep, photo);
    assert!(message.contains("`blog.Photo` extends the model `blog.Post`"), "{message}");
    let computed = models.replace("[(\"text\", \"lang\")]", "pairs()");
    let project = self::project(&[("blog/models.py", &computed)]);
    let within = json!({ "model": "blog.Word", "unique_within": "tenant" });
    let (_, message) = refused(&project, &ModifyModelStep, within);
    assert!(message.contains("`unique_together` of `blog.Word` is computed"), "{message}");
}

#[test]
fn fields_that_are_unique_together_become_constraints_within_the_relation() {
    let models = "from django.db import models\n\n\nclass Word(models.Model):\n    text = models.CharField(max_length=9)\n    lang = models.CharField(max_length=9)\n    tenant = models.CharField(max_length=9)\n\n    class Meta:\n        unique_together = [(\"text\", \"lang\"), (\"tenant\", \"text\")]\n";
    let within = json!({ "model": "blog.Word", "unique_within": "tenant" });
    let mut project = project(&[("blog/models.py", models)]);
    project.apply(&ModifyModelStep, "modify_model", within.clone()).unwrap();
    let text = project.text("blog/models.py").unwrap();
    assert!(text.contains("        unique_together = [(\"tenant\", \"text\")]\n"), "{text}");
    assert!(text.contains("fields=[\"tenant\", \"text\", \"lang\"]"), "{text}");
    let all = models.replace(", (\"tenant\", \"text\")", "");
    let mut project = self::project(&[("blog/models.py", &all)]);
    project.apply(&ModifyModelStep, "modify_model", within).unwrap();
    let text = project.text("blog/models.py").unwrap();
    assert!(
        !text.contains("unique_together") && text.contains("fields=[\"tenant\", \"text\", \"lang\"]"),
        "{text}"
    );
}
