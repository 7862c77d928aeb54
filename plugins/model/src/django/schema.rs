//! The JSON Schemas of the steps' params, and examples that work.

use aksara_sdk::Example;
use serde_json::{Map, Value, json};

const LABEL: &str = "^[a-z_][a-z0-9_]*\\.[A-Za-z][A-Za-z0-9]*$";

/// Params of `create_model`.
pub(super) fn create_model() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "create_model",
        "description": "A new model class in an app.",
        "type": "object",
        "required": ["model", "fields"],
        "additionalProperties": false,
        "properties": {
            "model": {
                "type": "string", "pattern": LABEL,
                "description": "The new model, as app.Model.", "examples": ["blog.Tag"],
            },
            "fields": {
                "type": "array", "items": field(),
                "description": "Its fields, in order. The primary key comes by itself.",
            },
            "doc": { "type": "string", "description": "One sentence on what it is: the class's docstring." },
            "ordering": {
                "type": "array", "items": { "type": "string" },
                "description": "The default order of rows: field names, `-` before a descending one.",
                "examples": [["-created_at", "name"]],
            },
            "str": { "type": "string", "description": "The field that stands for a row as text." },
            "unique": {
                "type": "array",
                "items": { "type": "array", "minItems": 1, "items": { "type": "string" } },
                "description": "Lists of fields that no two rows have the same values of, together.",
                "examples": [[["post", "user"]]],
            },
            "checks": {
                "type": "array", "items": { "type": "string" },
                "description": "Fields whose min and max the database keeps as well, whoever writes a row: numbers with at least one of the two.",
                "examples": [["score"]],
            },
            "before": {
                "type": "string", "pattern": LABEL,
                "description": "app.Model above which the class is put, because that one will refer to it. At the end of the file if absent.",
            },
            "admin": admin(),
        },
    })
}

/// Params of `modify_model`.
pub(super) fn modify_model() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "modify_model",
        "description": "New fields, managers and methods of a model that the project defines, another base, what is unique within what.",
        "type": "object",
        "required": ["model"],
        "additionalProperties": false,
        "properties": {
            "model": {
                "type": "string", "pattern": LABEL,
                "description": "The model, as app.Model.", "examples": ["blog.Post"],
            },
            "add": {
                "type": "array", "items": field(),
                "description": "The fields to add, in order.",
            },
            "members": members("Managers and methods to add, in order: assignments below the fields, all else at the end."),
            "managers": managers(),
            "admin_members": members("The same as `members` for the class of its page in the admin site."),
            "unique_while_empty": {
                "type": "string",
                "description": "A field: what is unique is so from now on only among the rows in which this field is empty.",
            },
            "unique_fields": {
                "type": "array", "items": { "type": "string" }, "minItems": 1,
                "description": "Unique fields of the model's own that `unique_while_empty` and `unique_within` are about: they become one constraint each. If absent, all that is unique.",
            },
            "base": {
                "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_.]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                "description": "An abstract model, with its module, that the class extends in the place of Django's own Model.",
                "examples": ["blog.tenancy.TenantModel"],
            },
            "unique_within": {
                "type": "string", "pattern": "^[a-z][a-z0-9_]*$",
                "description": "A relation within which all that is unique is to be unique: unique fields become constraints with it, and it goes into constraints whose fields lead to no row that has it.",
                "examples": ["tenant"],
            },
            "after": {
                "type": "string",
                "description": "The field after which they go. If absent, after the last one that is not set by the framework, so that created_at and the like stay last.",
            },
            "admin": admin(),
        },
    })
}

fn managers() -> Value {
    json!({
        "type": "array",
        "description": "Managers to have. What the model's own managers do is kept: `objects = ProductManager()` becomes `objects = live_only(ProductManager)()`, and so do its others.",
        "items": {
            "type": "object",
            "required": ["name", "class", "over", "module"],
            "additionalProperties": false,
            "properties": {
                "name": { "type": "string", "description": "The attribute.", "examples": ["objects"] },
                "class": { "type": "string", "description": "Its class, where the model has no manager but Django's.", "examples": ["LiveManager"] },
                "over": { "type": "string", "description": "The function that makes of another class of managers one that does the same.", "examples": ["live_only"] },
                "module": { "type": "string", "description": "The module of both; `.audit` is one of the model's app." },
                "defines": {
                    "type": "array", "items": { "type": "string" },
                    "description": "Names that managers of this class have: another class that defines one of them itself is refused.",
                },
                "inherited": { "type": "boolean", "description": "Whether `base` gives the manager already: it is not written where the model has none." },
            },
        },
    })
}

fn members(text: &str) -> Value {
    json!({
        "type": "array",
        "description": text,
        "items": {
            "type": "object",
            "required": ["source"],
            "additionalProperties": false,
            "properties": {
                "source": { "type": "string", "minLength": 1, "description": "Its source, at the left edge." },
                "follow_habits": {
                    "type": "boolean",
                    "description": "Whether annotations of functions are left out in a project that has none.",
                },
                "imports": {
                    "type": "array",
                    "description": "What the source uses.",
                    "items": {
                        "type": "object",
                        "required": ["module", "name"],
                        "additionalProperties": false,
                        "properties": {
                            "module": { "type": "string", "description": "The module; `.audit` is one of the model's app." },
                            "name": { "type": "string", "description": "The name in it." },
                        },
                    },
                },
            },
        },
    })
}

fn field() -> Value {
    let number = |text: &str| json!({ "type": ["number", "string"], "description": text });
    let flag = |text: &str| json!({ "type": "boolean", "description": text });
    json!({
        "type": "object",
        "required": ["name", "type"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "Its name, snake case." },
            "type": {
                "enum": [
                    "string", "text", "integer", "positive_integer", "big_integer", "float", "decimal", "boolean",
                    "date", "datetime", "time", "duration", "uuid", "json", "email", "url", "slug",
                    "foreign_key", "one_to_one", "many_to_many",
                ],
                "description": "What it holds.",
            },
            "max_length": {
                "type": "integer", "minimum": 1,
                "description": "Characters at most. For string 200 if absent; text, slug, email and url may have it too.",
            },
            "max_digits": { "type": "integer", "minimum": 1, "description": "Digits in all (decimal); 10 if absent." },
            "decimal_places": { "type": "integer", "minimum": 0, "description": "Digits behind the point (decimal); 2 if absent." },
            "unique": flag("No two rows with the same value."),
            "index": flag("Has an index."),
            "null": flag("May be absent in the database."),
            "blank": flag("May be left empty by users."),
            "initial": {
                "description": "The value of rows that do not say. \"now\" for datetime, \"random\" for uuid, {} or [] for json.",
            },
            "min": number("The least value (numbers)."),
            "max": number("The greatest value (numbers). A positive_integer up to 32767 takes a small column."),
            "choices": {
                "type": "array",
                "items": { "type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [{}, { "type": "string" }] },
                "description": "Allowed values: [value, label] pairs.",
            },
            "help": { "type": "string", "description": "A line for people." },
            "internal": flag("Kept by the program: no form and no API takes it."),
            "set_on_create": flag("Set when the row is made (date, datetime)."),
            "set_on_save": flag("Set whenever the row is saved (date, datetime)."),
            "to": {
                "type": "string", "pattern": "^(user|[a-z_][a-z0-9_]*\\.[A-Za-z][A-Za-z0-9]*)$",
                "description": "The model that a relation points to, as app.Model; `user` is the project's user model.",
            },
            "related_name": { "type": "string", "description": "The name of the way back (relations)." },
            "on_delete": {
                "enum": ["cascade", "set_null", "restrict", "protect"],
                "description": "What happens when the target of a foreign_key or one_to_one goes; cascade if absent.",
            },
        },
    })
}

fn admin() -> Value {
    let names = |text: &str| json!({ "type": "array", "items": { "type": "string" }, "description": text });
    json!({
        "type": "object",
        "additionalProperties": false,
        "description": "Its page in the admin site; absent makes none, or leaves that of a model that is there as it is.",
        "properties": {
            "list_display": names("Columns."),
            "list_filter": names("Filters."),
            "search_fields": names("Searched fields."),
            "actions": names("Actions on chosen rows: names of methods."),
            "prepopulated_fields": {
                "type": "array",
                "items": {
                    "type": "array", "minItems": 2, "maxItems": 2,
                    "prefixItems": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                },
                "description": "Fields filled from others: [field, [sources]] pairs.",
            },
        },
    })
}

/// A project that is just large enough for the examples.
fn files() -> Map<String, Value> {
    let manage = "import os\n\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"config.settings\")\n";
    let settings = "INSTALLED_APPS = [\"django.contrib.admin\", \"django.contrib.auth\", \"blog\"]\n";
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=200)\n    \
                  created_at = models.DateTimeField(auto_now_add=True)\n";
    [
        ("manage.py", manage),
        ("config/__init__.py", ""),
        ("config/settings.py", settings),
        ("blog/__init__.py", ""),
        ("blog/models.py", models),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), Value::from(text)))
    .collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A step of `create_model` that works.
pub(super) fn create_example() -> Example {
    Example {
        title: "A tag model with an admin page".to_owned(),
        params: object(json!({
            "model": "blog.Tag",
            "doc": "A label that groups posts.",
            "fields": [
                { "name": "name", "type": "string", "max_length": 50, "unique": true },
                { "name": "slug", "type": "slug", "max_length": 60, "unique": true },
            ],
            "ordering": ["name"],
            "str": "name",
            "before": "blog.Post",
            "admin": { "list_display": ["name", "slug"], "search_fields": ["name"] },
        })),
        files: files(),
        ..Example::default()
    }
}

/// A step of `modify_model` that works.
pub(super) fn modify_example() -> Example {
    Example {
        title: "An author of posts".to_owned(),
        params: object(json!({
            "model": "blog.Post",
            "add": [{ "name": "author", "type": "foreign_key", "to": "user", "related_name": "posts", "null": true }],
        })),
        files: files(),
        ..Example::default()
    }
}
