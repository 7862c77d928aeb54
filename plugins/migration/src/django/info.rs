//! What `create_migration` says of its params.

use aksara_python::example::on_blog;
use aksara_sdk::Example;
use serde_json::json;

/// The JSON Schema of the params.
pub(super) fn schema() -> serde_json::Value {
    json!({
        "type": "object",
        "description": "The operations are never given: they are the difference between models and migrations.",
        "properties": {
            "app": { "type": "string", "description": "The app's label, such as `blog`." },
            "name": {
                "type": "string",
                "pattern": "^[A-Za-z0-9_]{1,100}$",
                "description": "The name behind the number, such as `tag_post_tags`. The first migration of an app is always `0001_initial`."
            },
            "renames": {
                "type": "array",
                "description": "Fields that were renamed: model, old name, new name. Without it a rename is a removal and an addition, which loses the values.",
                "items": {
                    "type": "array",
                    "prefixItems": [{ "type": "string" }, { "type": "string" }, { "type": "string" }],
                    "minItems": 3,
                    "maxItems": 3
                }
            },
            "backfills": {
                "type": "array",
                "description": "Values for rows that are already there, of columns that become required: model, field, value: a text, number or boolean (of a foreign key: the target's key), a row that is found or made ({\"row_of\": \"blog.Tenant\", \"by\": {\"slug\": \"default\"}, \"with\": {\"name\": \"Default\"}}), or what each row gets: {\"each\": \"key\"}, \"uuid\", a text with {key} in it, \"now\", \"today\", \"zero\" (a time span), \"empty\" (a JSON object).",
                "items": {
                    "type": "array",
                    "prefixItems": [
                        { "type": "string" },
                        { "type": "string" },
                        { "type": ["string", "number", "boolean", "object"] }
                    ],
                    "minItems": 3,
                    "maxItems": 3
                }
            },
            "rows": {
                "type": "array",
                "description": "New models that get a row for every row that one of their relations leads to, such as a profile for every user: model, relation.",
                "items": {
                    "type": "array",
                    "prefixItems": [{ "type": "string" }, { "type": "string" }],
                    "minItems": 2,
                    "maxItems": 2
                }
            }
        },
        "required": ["app", "name"],
        "additionalProperties": false
    })
}

/// A difference is always one that an earlier step made.
pub(super) fn example() -> Example {
    let params = json!({ "app": "blog", "name": "post_subtitle" });
    let mut example = on_blog("The migration of a field that an earlier step added", params);
    let models = |subtitle: &str| {
        format!(
            "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=200)\n{subtitle}"
        )
    };
    let migration = "from django.db import migrations, models\n\n\n\
        class Migration(migrations.Migration):\n    initial = True\n    dependencies = []\n    operations = [\n        \
        migrations.CreateModel(\n            name=\"Post\",\n            fields=[\n                \
        (\"id\", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name=\"ID\")),\n                \
        (\"title\", models.CharField(max_length=200)),\n            ],\n        ),\n    ]\n";
    example.files.insert("blog/models.py".to_owned(), models("").into());
    for file in ["serializers.py", "views.py", "urls.py"] {
        example.files.remove(&format!("blog/{file}"));
    }
    example.files.insert("config/urls.py".to_owned(), "urlpatterns = []\n".into());
    example.files.insert("blog/migrations/__init__.py".to_owned(), "".into());
    example.files.insert("blog/migrations/0001_initial.py".to_owned(), migration.into());
    let changed = models("    subtitle = models.CharField(max_length=200, blank=True)\n");
    example.earlier.insert("blog/models.py".to_owned(), changed.into());
    example
}
