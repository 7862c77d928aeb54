//! What `create_migration` says of its params.

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
                "description": "Values for rows that are already there, of columns that become required: model, field, value (a text, number or boolean; of a foreign key: the target's key).",
                "items": {
                    "type": "array",
                    "prefixItems": [
                        { "type": "string" },
                        { "type": "string" },
                        { "type": ["string", "number", "boolean"] }
                    ],
                    "minItems": 3,
                    "maxItems": 3
                }
            }
        },
        "required": ["app", "name"],
        "additionalProperties": false
    })
}

/// A step that works on its project as it stands: a difference is always one that an earlier step made.
pub(super) fn example() -> Example {
    let text = |lines: &[&str]| json!(lines.join("\n") + "\n");
    let files = [
        (
            "manage.py",
            text(&["import os", "os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"config.settings\")"]),
        ),
        ("config/__init__.py", json!("")),
        (
            "config/settings.py",
            text(&["INSTALLED_APPS = [\"shop\"]", "DEFAULT_AUTO_FIELD = \"django.db.models.BigAutoField\""]),
        ),
        ("shop/__init__.py", json!("")),
        ("shop/models.py", text(&["from django.db import models"])),
    ];
    let params = [("app", json!("shop")), ("name", json!("product"))];
    let owned = |(key, value): (&str, serde_json::Value)| (key.to_owned(), value);
    Example {
        title: "Nothing to write: the migrations have all that the models have".to_owned(),
        params: params.into_iter().map(owned).collect(),
        files: files.into_iter().map(owned).collect(),
    }
}
