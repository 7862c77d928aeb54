//! The model changes that are compared.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// One change of `blog/models.py`.
pub struct Case {
    /// Also the migration's name.
    pub name: &'static str,
    pub before: String,
    pub after: String,
    /// `(model, old, new)`.
    pub renames: Vec<(String, String, String)>,
    /// `(model, field, value)`.
    pub backfills: Vec<(String, String, Value)>,
    /// Rows that must survive the migration.
    pub rows: Option<Rows>,
    /// Why our file is not Django's, where it is right all the same.
    pub own_way: Option<&'static str>,
    extra: BTreeMap<String, String>,
    settings: String,
}

/// Rows for a test on a real database.
pub struct Rows {
    pub statements: Vec<&'static str>,
    pub select: &'static str,
    pub found: Value,
}

impl Case {
    fn new(name: &'static str, before: &str, after: &str) -> Self {
        Self {
            name,
            before: module(before),
            after: module(after),
            renames: Vec::new(),
            backfills: Vec::new(),
            rows: None,
            own_way: None,
            extra: BTreeMap::new(),
            settings: String::new(),
        }
    }

    fn rename(mut self, model: &str, old: &str, new: &str) -> Self {
        self.renames.push((model.to_owned(), old.to_owned(), new.to_owned()));
        self
    }

    fn backfill(mut self, model: &str, field: &str, value: Value) -> Self {
        self.backfills.push((model.to_owned(), field.to_owned(), value));
        self
    }

    fn rows(mut self, statements: &[&'static str], select: &'static str, found: Value) -> Self {
        self.rows = Some(Rows { statements: statements.to_vec(), select, found });
        self
    }

    fn own_way(mut self, reason: &'static str) -> Self {
        self.own_way = Some(reason);
        self
    }

    fn file(mut self, path: &str, text: &str) -> Self {
        self.extra.insert(path.to_owned(), text.to_owned());
        self
    }

    fn setting(mut self, line: &str) -> Self {
        self.settings.push_str(line);
        self.settings.push('\n');
        self
    }

    /// Whether the app has no models before.
    pub fn is_first(&self) -> bool {
        self.before == module("")
    }

    /// The project's files, without `blog/models.py`.
    pub fn project(&self) -> BTreeMap<String, String> {
        let mut apps = vec!["django.contrib.contenttypes", "django.contrib.auth", "blog"];
        if self.extra.contains_key("shop/models.py") {
            apps.push("shop");
        }
        let apps: String = apps.iter().map(|app| format!("    \"{app}\",\n")).collect();
        let settings = format!(
            "SECRET_KEY = \"test\"\nINSTALLED_APPS = [\n{apps}]\n\
             DEFAULT_AUTO_FIELD = \"django.db.models.BigAutoField\"\nUSE_TZ = True\n\
             DATABASES = {{\"default\": {{\"ENGINE\": \"django.db.backends.sqlite3\", \"NAME\": \":memory:\"}}}}\n{}",
            self.settings
        );
        let manage = "import os\n\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"config.settings\")\n";
        let mut files: BTreeMap<String, String> = [
            ("manage.py", manage),
            ("config/__init__.py", ""),
            ("config/settings.py", &settings),
            ("blog/__init__.py", ""),
            ("shop/__init__.py", ""),
        ]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
        files.extend(self.extra.clone());
        files
    }
}

/// A module of models, with the imports that the cases use.
fn module(models: &str) -> String {
    format!(
        "import datetime\nimport uuid\nfrom decimal import Decimal\n\nfrom django.conf import settings\n\
         from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator\n\
         from django.db import models\nfrom django.db.models import Q\nfrom django.db.models.functions import Lower\n\
         from django.utils import timezone\nfrom django.utils.translation import gettext_lazy as _\n\n\n{models}"
    )
}

/// A class `Post` with these lines in its body.
fn post(body: &str) -> String {
    class("Post", body)
}

fn class(name: &str, body: &str) -> String {
    let body: String = body.lines().map(|line| format!("    {}\n", line.trim_end())).collect();
    format!("class {name}(models.Model):\n{body}\n\n")
}

const TITLE: &str = "title = models.CharField(max_length=200)\n";

fn field(line: &str) -> String {
    post(&format!("{TITLE}{line}"))
}

/// A field that is added to `Post`.
fn added(name: &'static str, line: &str) -> Case {
    Case::new(name, &post(TITLE), &field(line))
}

/// A field of `Post` that changes.
fn altered(name: &'static str, before: &str, after: &str) -> Case {
    Case::new(name, &field(before), &field(after))
}

const EVERY_TYPE: &str = "\
string = models.CharField(max_length=50, unique=True)
text = models.TextField(blank=True)
integer = models.IntegerField(default=3, db_index=True)
positive = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
big = models.BigIntegerField(null=True, blank=True)
ratio = models.FloatField(default=1.5)
price = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal(\"9.90\"))
flag = models.BooleanField(default=False)
day = models.DateField(default=datetime.date.today)
made_at = models.DateTimeField(auto_now_add=True)
changed_at = models.DateTimeField(auto_now=True)
at = models.TimeField(null=True)
span = models.DurationField(default=datetime.timedelta(hours=36))
key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
data = models.JSONField(default=dict, blank=True)
email = models.EmailField()
site = models.URLField(blank=True)
slug = models.SlugField(unique=True)
short = models.SlugField(max_length=20, db_index=False)
upload = models.FileField(upload_to=\"files/\", blank=True)
picture = models.ImageField(upload_to=\"pictures\", null=True)
address = models.GenericIPAddressField(null=True)
";

const OF_PACKAGE: &str = "from django.contrib.auth.base_user import AbstractBaseUser\n\n\n\
    class Post(AbstractBaseUser):\n    is_active = models.BooleanField()\n    ";

/// Abstract models outside of the app: one of its own, one that extends it, one with a class that is no model.
const CORE_MODELS: &str = "\
from django.conf import settings
from django.db import models

from core.mixins import NamedMixin


class Stamped(models.Model):
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Owned(Stamped):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name=\"+\")

    class Meta(Stamped.Meta):
        abstract = True
        ordering = [\"created\"]


class Labelled(NamedMixin, Stamped):
    class Meta:
        abstract = True
";

/// Models of each of them.
const CORE_POSTS: &str = "\
from core.mixins import NamedMixin
from core.models import Labelled, Owned
from core.shared import Stamped


class Post(Stamped):
    title = models.CharField(max_length=9)


class Note(Owned):
    pass


class Memo(Labelled):
    pass


class Last(Stamped, NamedMixin):
    pass


class First(NamedMixin, Owned):
    pass


class Whole(Stamped, NamedMixin, models.Model):
    pass
";

fn of_core(case: Case) -> Case {
    case.file("core/__init__.py", "")
        .file("core/models.py", CORE_MODELS)
        .file("core/shared/__init__.py", "from core.models import Stamped\n")
        .file("core/mixins.py", "class NamedMixin:\n    pass\n")
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let none = "";
    let mut cases = vec![
        Case::new("every_type", none, &post(&EVERY_TYPE.replace("models.ImageField", "models.FileField"))),
        Case::new(
            "relations",
            none,
            &format!(
                "{}{}{}",
                class("Tag", "name = models.CharField(max_length=50)\n"),
                class(
                    "Comment",
                    "post = models.ForeignKey(\"Post\", on_delete=models.CASCADE, related_name=\"comments\")\n\
                     parent = models.ForeignKey(\"self\", null=True, blank=True, on_delete=models.SET_NULL)\n\
                     author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)\n"
                ),
                post(
                    "tags = models.ManyToManyField(Tag, blank=True, related_name=\"posts\")\n\
                     title = models.CharField(\"headline\", max_length=100)\n\
                     group = models.OneToOneField(\"auth.Group\", on_delete=models.RESTRICT)\n\
                     editor = models.ForeignKey(\"auth.User\", on_delete=models.DO_NOTHING, db_index=False)\n"
                ),
            ),
        ),
        Case::new(
            "circle_of_keys",
            none,
            &format!(
                "{}{}",
                class(
                    "Author",
                    "best = models.ForeignKey(\"Post\", null=True, on_delete=models.SET_NULL, related_name=\"+\")\n"
                ),
                post("author = models.ForeignKey(Author, on_delete=models.CASCADE)\n")
            ),
        ),
        Case::new(
            "chain_of_keys",
            none,
            &format!(
                "{}{}{}",
                class("Zebra", "name = models.CharField(max_length=5)\n"),
                class("Yak", "zebra = models.ForeignKey(Zebra, on_delete=models.CASCADE)\n"),
                class(
                    "Ape",
                    "yak = models.ForeignKey(Yak, on_delete=models.CASCADE)\nzebras = models.ManyToManyField(Zebra)\n"
                ),
            ),
        ),
        Case::new(
            "options",
            none,
            &post(
                "title = models.CharField(max_length=10)\nslug = models.SlugField()\n\n\
                 class Meta:\n    verbose_name = _(\"entry\")\n    verbose_name_plural = \"entries\"\n\
                 \x20   ordering = [\"-title\", \"id\"]\n    db_table = \"entries\"\n\
                 \x20   unique_together = (\"title\", \"slug\")\n    get_latest_by = \"id\"\n\
                 \x20   permissions = [(\"can_pin\", \"Can pin\")]\n    default_related_name = \"entries\"\n",
            ),
        ),
        Case::new(
            "indexes_and_constraints",
            none,
            &post(
                "title = models.CharField(max_length=10)\nrating = models.IntegerField(default=1)\n\
                 author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n\n\
                 class Meta:\n    indexes = [\n        models.Index(fields=[\"-rating\", \"author\"]),\n\
                 \x20       models.Index(fields=(\"title\",), name=\"%(app_label)s_title\"),\n\
                 \x20       models.Index(Lower(\"title\"), name=\"title_lower\"),\n    ]\n\
                 \x20   constraints = [\n\
                 \x20       models.UniqueConstraint(fields=[\"title\", \"author\"], name=\"one_%(class)s\"),\n\
                 \x20       models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name=\"rating_range\"),\n\
                 \x20       models.UniqueConstraint(\n            fields=[\"title\"],\n\
                 \x20           condition=~Q(rating=1) | Q(title=\"x\") & Q(rating__in=[2, 3]),\n\
                 \x20           name=\"title_once\",\n            violation_error_message=\"taken\",\n        ),\n    ]\n",
            ),
        ),
        Case::new(
            "abstract_base",
            none,
            &format!(
                "class Stamped(models.Model):\n    created_at = models.DateTimeField(auto_now_add=True)\n\
                 \x20   owner = models.ForeignKey(\n        settings.AUTH_USER_MODEL, on_delete=models.CASCADE,\n\
                 \x20       related_name=\"%(class)s_set\"\n    )\n\n    class Meta:\n        abstract = True\n\
                 \x20       ordering = [\"created_at\"]\n\n\n\
                 class Post(Stamped):\n    title = models.CharField(max_length=9)\n\n\n\
                 class Note(Stamped):\n    text = models.TextField()\n\n    class Meta(Stamped.Meta):\n        verbose_name = \"memo\"\n\n\n\
                 {}",
                class("Plain", "name = models.CharField(max_length=3)\n")
            ),
        ),
        Case::new(
            "constraint_of_a_model_with_a_base_of_a_package",
            &format!("{OF_PACKAGE}name = models.CharField(max_length=9, unique=True)\n"),
            &format!(
                "{OF_PACKAGE}name = models.CharField(max_length=9)\n\n    class Meta:\n        constraints = [\n            \
                 models.UniqueConstraint(fields=[\"name\"], condition=Q(is_active=True), name=\"once\")\n        ]\n"
            ),
        ),
        of_core(Case::new("abstract_base_of_no_app", none, CORE_POSTS)),
        of_core(Case::new("abstract_base_of_another_app", none, CORE_POSTS))
            .setting("INSTALLED_APPS.append(\"core\")"),
        of_core(Case::new(
            "field_beside_those_of_an_abstract_base",
            CORE_POSTS,
            &CORE_POSTS.replacen("    title", "    hidden_at = models.DateTimeField(null=True)\n    title", 1),
        )),
        Case::new(
            "uuid_key",
            none,
            &format!(
                "{}{}",
                post("id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)\n"),
                class("Line", "post = models.ForeignKey(Post, on_delete=models.CASCADE, to_field=\"id\")\n")
            ),
        ),
        Case::new(
            "key_that_is_a_relation",
            none,
            &format!(
                "{}{}",
                class(
                    "Detail",
                    "post = models.OneToOneField(\"Post\", on_delete=models.CASCADE, primary_key=True)\nnote = models.TextField()\n"
                ),
                post(TITLE)
            ),
        ),
        Case::new(
            "through",
            none,
            &format!(
                "{}{}{}",
                class(
                    "Group",
                    "members = models.ManyToManyField(settings.AUTH_USER_MODEL, through=\"Membership\", through_fields=(\"group\", \"user\"))\n"
                ),
                class(
                    "Membership",
                    "group = models.ForeignKey(Group, on_delete=models.CASCADE)\n\
                     user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n\
                     since = models.DateField(default=datetime.date(2020, 1, 31))\n"
                ),
                post(TITLE)
            ),
        ),
        Case::new(
            "proxy_and_unmanaged",
            &post(TITLE),
            &format!(
                "{}class Draft(Post):\n    class Meta:\n        proxy = True\n        ordering = [\"title\"]\n\n\n{}",
                post(TITLE),
                class("View", "name = models.CharField(max_length=3)\n\nclass Meta:\n    managed = False\n    db_table = \"v\"\n")
            ),
        ),
        Case::new(
            "ordered_by_parent",
            &post(TITLE),
            &format!(
                "{}{}",
                post(TITLE),
                class(
                    "Answer",
                    "post = models.ForeignKey(Post, on_delete=models.CASCADE)\n\nclass Meta:\n    order_with_respect_to = \"post\"\n"
                )
            ),
        ),
        Case::new(
            "tagging",
            &post(TITLE),
            &format!(
                "{}{}",
                class(
                    "Tag",
                    "name = models.CharField(max_length=50, unique=True)\nslug = models.SlugField(max_length=60, unique=True)\n\n\
                     class Meta:\n    ordering = [\"name\"]\n"
                ),
                field("tags = models.ManyToManyField(Tag, related_name=\"posts\", blank=True)\n")
            ),
        ),
        added("add_nullable", "note = models.TextField(null=True, blank=True)\n"),
        added("add_default", "views = models.PositiveIntegerField(default=0, editable=False)\n"),
        added("add_blank_text", "note = models.CharField(max_length=9, blank=True)\n"),
        added("add_made_at", "made_at = models.DateTimeField(auto_now_add=True)\n"),
        added("add_changed_at", "changed_at = models.DateTimeField(auto_now=True)\n"),
        added(
            "add_user",
            "author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)\n",
        ),
        added(
            "add_self",
            "related = models.ManyToManyField(\"self\", symmetrical=False, blank=True)\n",
        ),
        added(
            "add_choices",
            "status = models.CharField(max_length=9, choices=[[\"a\", _(\"A's\")], (\"b\", \"B\")], default=\"a\")\n",
        ),
        added(
            "add_grouped_choices",
            "kind = models.IntegerField(choices={\"One\": {1: \"a\", 2: \"b\"}, 3: \"c\"}, default=1, help_text=_(\"Kind\"))\n",
        ),
        added(
            "add_with_validators",
            "code = models.CharField(\n    _(\"code\"), max_length=8, default=\"\", db_column=\"c\",\n\
             \x20   validators=[RegexValidator(r\"^\\d+$\", message=\"digits\")], error_messages={\"blank\": \"no\"},\n)\n",
        ),
        added("add_function_default", "at = models.DateTimeField(default=timezone.now)\n"),
        added("add_file", "upload = models.FileField(\"file\", upload_to=\"a/%Y\", null=True, max_length=100)\n"),
        added(
            "add_limited",
            "staff = models.ForeignKey(\n    settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, limit_choices_to={\"is_staff\": True}\n)\n",
        ),
        added("add_db_default", "n = models.IntegerField(db_default=4)\n"),
        altered("remove_field", "note = models.TextField()\n", ""),
        altered("alter_length", "note = models.CharField(max_length=9)\n", "note = models.CharField(max_length=10)\n"),
        altered(
            "alter_flags",
            "note = models.CharField(max_length=9)\n",
            "note = models.CharField(max_length=9, unique=True, null=True, blank=True, default=\"x\")\n",
        ),
        altered("alter_type", "n = models.IntegerField()\n", "n = models.BigIntegerField()\n"),
        altered(
            "alter_to_required",
            "note = models.CharField(max_length=9, null=True)\n",
            "note = models.CharField(max_length=9)\n",
        ),
        altered(
            "alter_on_delete",
            "user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n",
            "user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name=\"posts\")\n",
        ),
        altered(
            "alter_choices",
            "s = models.CharField(max_length=2, choices=[(\"a\", \"A\")])\n",
            "s = models.CharField(max_length=2, choices=[(\"a\", \"A\"), (\"b\", \"B\")])\n",
        ),
        altered(
            "key_to_many",
            "user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n",
            "user = models.ManyToManyField(settings.AUTH_USER_MODEL)\n",
        ),
        altered(
            "unique_together_made",
            "a = models.IntegerField()\nb = models.IntegerField()\n",
            "a = models.IntegerField()\nb = models.IntegerField()\n\nclass Meta:\n    unique_together = [[\"a\", \"b\"], (\"a\", \"title\")]\n",
        ),
        altered(
            "unique_together_changed",
            "a = models.IntegerField()\nb = models.IntegerField()\n\nclass Meta:\n    unique_together = [(\"a\", \"b\"), (\"a\", \"title\")]\n",
            "a = models.IntegerField()\n\nclass Meta:\n    unique_together = ((\"a\", \"title\"),)\n",
        ),
        altered(
            "options_changed",
            "class Meta:\n    ordering = [\"title\"]\n    db_table_comment = \"x\"\n",
            "class Meta:\n    ordering = (\"-title\",)\n    verbose_name = \"p\"\n    db_table = \"posts\"\n",
        ),
        altered("options_removed", "class Meta:\n    ordering = [\"title\"]\n    db_table = \"t\"\n", ""),
        altered(
            "indexes_changed",
            "class Meta:\n    indexes = [models.Index(fields=[\"title\"], name=\"one\"), models.Index(fields=[\"id\"], name=\"two\")]\n",
            "n = models.IntegerField(default=0)\n\nclass Meta:\n    indexes = [\n        models.Index(fields=[\"title\"], name=\"renamed\"),\n\
             \x20       models.Index(fields=[\"n\", \"-title\"]),\n    ]\n",
        ),
        altered(
            "constraints_changed",
            "n = models.IntegerField(default=0)\n\nclass Meta:\n    constraints = [\n\
             \x20       models.CheckConstraint(condition=Q(n__gt=0), name=\"positive\"),\n\
             \x20       models.UniqueConstraint(fields=[\"n\"], name=\"once\"),\n\
             \x20       models.UniqueConstraint(fields=[\"title\"], name=\"title\"),\n    ]\n",
            "n = models.IntegerField(default=0)\n\nclass Meta:\n    constraints = [\n\
             \x20       models.CheckConstraint(condition=Q(n__gt=1), name=\"positive\"),\n\
             \x20       models.UniqueConstraint(fields=[\"title\"], name=\"title\", violation_error_message=\"no\"),\n\
             \x20       models.UniqueConstraint(fields=[\"title\", \"n\"], name=\"pair\", include=[\"id\"]),\n    ]\n",
        ),
        altered("rename_field", "body = models.TextField()\n", "content = models.TextField()\n")
            .rename("Post", "body", "content"),
        altered(
            "rename_field_in_options",
            "a = models.IntegerField()\n\nclass Meta:\n    unique_together = [(\"a\", \"title\")]\n    indexes = [models.Index(fields=[\"a\"], name=\"i\")]\n",
            "b = models.IntegerField()\n\nclass Meta:\n    unique_together = [(\"b\", \"title\")]\n    indexes = [models.Index(fields=[\"b\"], name=\"i\")]\n",
        )
        .rename("Post", "a", "b")
        .own_way("Django looks renamed fields up the wrong way round and writes an AlterUniqueTogether of no effect"),
        Case::new(
            "delete_models",
            &format!(
                "{}{}{}",
                class("Tag", "name = models.CharField(max_length=9)\n"),
                post("tags = models.ManyToManyField(Tag)\n"),
                class(
                    "Comment",
                    "post = models.ForeignKey(Post, on_delete=models.CASCADE)\nn = models.IntegerField()\n\nclass Meta:\n    unique_together = [(\"post\", \"n\")]\n"
                )
            ),
            &class("Tag", "name = models.CharField(max_length=9)\n"),
        ),
        Case::new(
            "choices_classes_and_constants",
            &post(TITLE),
            &format!(
                "LENGTH = 12\nSIZES = [(1, \"s\"), (2, \"l\")]\n\n\ndef token():\n    return \"x\"\n\n\n\
                 def is_even(value):\n    pass\n\n\n{}",
                field(
                    "class Status(models.TextChoices):\n    DRAFT = \"draft\", _(\"Draft\")\n    IN_REVIEW = \"review\"\n\n\
                     status = models.CharField(max_length=LENGTH, choices=Status.choices, default=Status.DRAFT)\n\
                     size = models.IntegerField(choices=SIZES, null=True, validators=[is_even])\n\
                     token = models.CharField(max_length=9, default=token)\n"
                )
            ),
        ),
        Case::new(
            "delete_a_target",
            &format!(
                "{}{}",
                class("Topic", "name = models.CharField(max_length=9)\n"),
                field("topic = models.ForeignKey(Topic, on_delete=models.CASCADE)\nother = models.ManyToManyField(Topic, related_name=\"+\")\n")
            ),
            &post(TITLE),
        )
        .own_way("Django removes the two relations in an order that follows from hashes, another in each run"),
        Case::new(
            "replace_a_target",
            &format!(
                "{}{}",
                class("Topic", "name = models.CharField(max_length=9)\n"),
                field("topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE)\n")
            ),
            &format!(
                "{}{}",
                class("Theme", "label = models.CharField(max_length=9)\n"),
                field("topic = models.ForeignKey(Theme, null=True, on_delete=models.CASCADE)\n")
            ),
        ),
        Case::new(
            "many_at_once",
            &format!(
                "{}{}{}",
                class("Alpha", "name = models.CharField(max_length=9)\nold = models.IntegerField()\n"),
                post("title = models.CharField(max_length=9)\nalpha = models.ForeignKey(Alpha, on_delete=models.CASCADE)\n"),
                class("Omega", "post = models.ForeignKey(Post, on_delete=models.CASCADE)\n")
            ),
            &format!(
                "{}{}{}{}",
                class(
                    "Alpha",
                    "name = models.CharField(max_length=8)\nbeta = models.ForeignKey(\"Beta\", null=True, on_delete=models.SET_NULL)\n\
                     \nclass Meta:\n    ordering = [\"name\"]\n    indexes = [models.Index(fields=[\"name\"])]\n"
                ),
                class("Beta", "alphas = models.ManyToManyField(Alpha, related_name=\"+\")\npost = models.OneToOneField(\"Post\", models.CASCADE)\n"),
                post(
                    "title = models.CharField(max_length=9, db_index=True)\nalpha = models.ForeignKey(Alpha, null=True, on_delete=models.CASCADE)\n\
                     rating = models.SmallIntegerField(default=0)\n\nclass Meta:\n\
                     \x20   constraints = [models.UniqueConstraint(\"alpha\", Lower(\"title\"), name=\"once\")]\n"
                ),
                class("Omega", "post = models.ForeignKey(Post, on_delete=models.CASCADE)\nbeta = models.ForeignKey(Beta, null=True, on_delete=models.CASCADE)\n")
            ),
        ),
        Case::new(
            "generic_and_content_type",
            &post(TITLE),
            &format!(
                "from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation\n\
                 from django.contrib.contenttypes.models import ContentType\n\n\n{}{}",
                field("marks = GenericRelation(\"Mark\")\n"),
                class(
                    "Mark",
                    "content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)\nobject_id = models.PositiveIntegerField()\n\
                     target = GenericForeignKey(\"content_type\", \"object_id\")\n"
                )
            ),
        ),
        Case::new(
            "other_app",
            &post(TITLE),
            &field("item = models.ForeignKey(\"shop.Item\", null=True, on_delete=models.SET_NULL)\n"),
        )
        .file("shop/models.py", "from django.db import models\n\n\nclass Item(models.Model):\n    pass\n"),
        Case::new(
            "own_user",
            none,
            &format!(
                "{}{}",
                post("author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n"),
                class("Zoo", "staff = models.ManyToManyField(\"shop.Member\")\n")
            ),
        )
        .file(
            "shop/models.py",
            "from django.contrib.auth.models import AbstractUser\n\n\nclass Member(AbstractUser):\n    pass\n",
        )
        .setting("AUTH_USER_MODEL = \"shop.Member\""),
    ];
    cases.push(
        Case::new(
            "after_a_history",
            &history("n = models.IntegerField()\n"),
            &history("n = models.BigIntegerField()\nlast = models.BooleanField(default=True)\n"),
        )
        .file("blog/migrations/__init__.py", "")
        .file("blog/migrations/0001_initial.py", &as_django_writes(HISTORY_1))
        .file("blog/migrations/0002_changes.py", &as_django_writes(HISTORY_2))
        .file("blog/migrations/0003_more.py", &as_django_writes(&HISTORY_3.replace("OPERATIONS", OPERATIONS)))
        .file("blog/migrations/0002_squashed_0003_more.py", &as_django_writes(&squashed())),
    );
    cases.push(
        added("backfilled", "note = models.CharField(max_length=9)\n\nclass Meta:\n    indexes = [models.Index(fields=[\"note\"], name=\"n\")]\n")
            .backfill("Post", "note", json!("it's"))
            .rows(
                &["INSERT INTO blog_post (title) VALUES ('old')"],
                "SELECT title, note FROM blog_post",
                json!(["old", "it's"]),
            ),
    );
    cases.push(
        altered(
            "required_and_backfilled",
            "n = models.IntegerField(null=True)\n",
            "n = models.IntegerField()\n",
        )
        .backfill("Post", "n", json!(7))
        .rows(
            &["INSERT INTO blog_post (title) VALUES ('old')"],
            "SELECT title, n FROM blog_post",
            json!(["old", 7]),
        ),
    );
    cases
}

/// The models that the history below ends in.
fn history(post: &str) -> String {
    format!(
        "{}{}",
        class("Label", "name = models.CharField(max_length=30, unique=True)\n"),
        class(
            "Post",
            &format!(
                "body = models.TextField(null=True)\nlabel = models.ForeignKey(Label, on_delete=models.CASCADE)\n{post}\n\
                 class Meta:\n    ordering = [\"n\"]\n    db_table = \"entries\"\n    unique_together = [(\"label\", \"body\")]\n\
                 \x20   indexes = [models.Index(fields=[\"n\", \"body\"], name=\"pair\"), models.Index(fields=[\"n\"], name=\"by_n\")]\n\
                 \x20   constraints = [models.CheckConstraint(condition=models.Q(n__gt=0), name=\"positive\")]\n"
            )
        )
    )
}

/// With single quotes: migrations with others are taken for formatted ones, and new ones are then laid out so too.
fn as_django_writes(migration: &str) -> String {
    migration.replace('"', "'")
}

const HISTORY_1: &str = r#"from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Tag",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("old", models.TextField()),
                ("n", models.IntegerField()),
                ("tag", models.ForeignKey("Tag", models.CASCADE)),
            ],
            options={"ordering": ["id"], "verbose_name": "x", "unique_together": {("tag", "text")}, "index_together": {("n", "text")}},
        ),
        migrations.CreateModel(name="Gone", fields=[("id", models.AutoField(primary_key=True))]),
    ]
"#;

const HISTORY_2: &str = r#"from django.db import migrations, models


def nothing(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
        migrations.RenameModel("Tag", "Label"),
        migrations.RenameField("Post", "tag", "label"),
        migrations.RenameField(model_name="post", old_name="text", new_name="body"),
        migrations.RemoveField(model_name="Post", name="old"),
        migrations.AlterModelOptions(name="post", options={"ordering": ["n"]}),
        migrations.RunPython(nothing, migrations.RunPython.noop),
        migrations.RunSQL("SELECT 1", migrations.RunSQL.noop),
        migrations.DeleteModel("Gone"),
    ]
"#;

const HISTORY_3: &str = r#"from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_changes")]
    operations = [
OPERATIONS    ]
"#;

const OPERATIONS: &str = r#"        migrations.AlterModelTable("post", "entries"),
        migrations.RenameIndex(model_name="post", new_name="pair", old_fields=("n", "body")),
        migrations.AddIndex("post", models.Index(fields=["n"], name="first")),
        migrations.RenameIndex("post", "by_n", old_name="first"),
        migrations.AddIndex("post", models.Index(fields=["body"], name="lost")),
        migrations.RemoveIndex("post", "lost"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("label", "name", models.CharField(max_length=30, unique=True)),
            ],
        ),
        migrations.RunSQL(
            sql="SELECT 1",
            state_operations=[
                migrations.AlterField("post", "body", models.TextField(default="", null=True), preserve_default=False),
            ],
        ),
        migrations.AddConstraint("post", models.CheckConstraint(condition=models.Q(n__gt=0), name="positive")),
        migrations.AddConstraint("post", models.UniqueConstraint(fields=["n"], name="once")),
        migrations.RemoveConstraint("post", "once"),
        migrations.AlterUniqueTogether("post", [("label", "body")]),
"#;

/// A squashed migration of the last two, so that both stand side by side as they do in real projects.
fn squashed() -> String {
    let changes: String = HISTORY_2
        .lines()
        .skip_while(|line| !line.contains("operations = ["))
        .skip(1)
        .map(|l| format!("{l}\n"))
        .collect();
    let changes = changes.replace("nothing, ", "migrations.RunPython.noop, ").replace("    ]\n", "");
    format!(
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n\
         \x20   replaces = [(\"blog\", \"0002_changes\"), (\"blog\", \"0003_more\")]\n\
         \x20   dependencies = [(\"blog\", \"0001_initial\")]\n    operations = [\n{changes}{OPERATIONS}    ]\n"
    )
}
