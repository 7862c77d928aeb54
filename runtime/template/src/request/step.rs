//! The intent of a single step from its description: "Create Tag model with name and colour".
//!
//! Only what the description, the file and the project's facts leave no choice about is filled in. All else stays for
//! a person.

use aksara_protocol::facts::ModelFacts;
use aksara_protocol::{JsonMap, ProjectFacts, RelPath};
use serde_json::{Value, json};

use super::creation::{self, maker};
use super::english::{BEFORE_NOUN, FILLER, PREPOSITIONS};
use super::mentions::{models, names};
use super::words::{Word, stem, words};
use crate::script::{human, plural, snake};
use crate::{Limits, Templates};

/// Words that turn off what is not a model itself.
const MORE_THAN_A_MODEL: [&str; 5] = ["api", "admin", "migration", "test", "timestamp"];

/// The params of a step of `step_type`, as far as its description says them all; `None` if it does not.
#[must_use]
pub fn step_params(
    step_type: &str,
    description: &str,
    file: Option<&RelPath>,
    templates: &Templates,
    facts: &ProjectFacts,
) -> Option<JsonMap> {
    let said = words(description);
    let params = match step_type {
        "create_model" => return create_model(description, file, templates, facts),
        "create_serializer" => json!({ "model": model(&said, "serializer", file, facts)?.label }),
        "create_viewset" => {
            let model = model(&said, "viewset", file, facts)?;
            json!({ "model": model.label, "route": plural(&human(&model.name)).replace(' ', "-") })
        }
        "create_migration" => json!({ "app": app(&said, file, facts)?, "name": migration_name(&said) }),
        _ => return None,
    };
    params.as_object().cloned()
}

fn create_model(
    description: &str,
    file: Option<&RelPath>,
    templates: &Templates,
    facts: &ProjectFacts,
) -> Option<JsonMap> {
    let known: Vec<_> = templates.list().filter(|t| t.knows(facts)).collect();
    let creation = creation::read(description, &known, Some(facts)).ok()??;
    if creation.fields.1.is_empty() {
        return None;
    }
    let app = app(&words(description), file, facts)?;
    let mut params = JsonMap::new();
    params.insert(creation.name.0.to_owned(), Value::from(format!("{app}.{}", creation.name.1)));
    params.insert(creation.fields.0.to_owned(), Value::from(creation.fields.1));
    for switch in maker(templates, facts)?.switches(&MORE_THAN_A_MODEL) {
        params.insert(switch, Value::Bool(false));
    }
    let made = creation.template.plan(&params, facts, &Limits::default()).ok()?;
    made.intents.into_iter().find(|intent| intent.step_type == "create_model").map(|intent| intent.params)
}

/// The one model that a description names: "Create ProductSerializer", "Serializer for order items".
fn model<'f>(
    said: &[Word],
    suffix: &str,
    file: Option<&RelPath>,
    facts: &'f ProjectFacts,
) -> Option<&'f ModelFacts> {
    let is_said = |model: &&ModelFacts| {
        let class = format!("{}{suffix}", model.name.to_lowercase());
        said.iter().any(|word| word.lower == class || word.lower == model.label.to_lowercase())
            || names(&model.name).iter().any(|form| {
                said.windows(form.len()).any(|part| part.iter().zip(form).all(|(w, f)| w.lower == *f))
            })
    };
    let mut found: Vec<&ModelFacts> = models(facts).filter(is_said).collect();
    if found.len() > 1
        && let Some(app) = file.and_then(|file| app_of(file, facts))
    {
        found.retain(|model| model.app() == app);
    }
    // "order items" names an OrderItem, although an Order is said too.
    let longest = found.iter().map(|model| model.name.len()).max()?;
    found.retain(|model| model.name.len() == longest);
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// The app of a step: that of its file, the one that is named, or the only one.
fn app(said: &[Word], file: Option<&RelPath>, facts: &ProjectFacts) -> Option<String> {
    if let Some(app) = file.and_then(|file| app_of(file, facts)) {
        return Some(app.to_owned());
    }
    let named = facts.apps.iter().find(|app| said.iter().any(|word| word.lower == app.label.to_lowercase()));
    let installed: Vec<&String> = facts.installed_labels().collect();
    match (named, installed.as_slice()) {
        (Some(app), _) => Some(app.label.clone()),
        (None, [only]) => Some((*only).clone()),
        _ => None,
    }
}

fn app_of<'f>(file: &RelPath, facts: &'f ProjectFacts) -> Option<&'f str> {
    let apps = facts.apps.iter().filter(|app| file.is_below(&app.dir));
    apps.max_by_key(|app| app.dir.len()).map(|app| app.label.as_str())
}

/// What a migration is called: the words that say what it is about.
fn migration_name(said: &[Word]) -> String {
    const ABOUT_NOTHING: &[&str] = &[
        "generate",
        "create",
        "make",
        "add",
        "write",
        "migration",
        "change",
        "model",
        "table",
        "new",
        "app",
    ];
    let about = said.iter().filter(|word| {
        let lower = word.lower.as_str();
        let is = |list: &[&str]| list.contains(&lower);
        !is(FILLER)
            && !is(PREPOSITIONS)
            && !is(BEFORE_NOUN)
            && !ABOUT_NOTHING.iter().any(|nothing| stem(nothing) == word.stem)
            && lower.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    let name = about.map(|word| snake(&word.text)).collect::<Vec<_>>().join("_");
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 60;
    if fits { name } else { "changes".to_owned() }
}

#[cfg(test)]
mod tests {
    use aksara_protocol::RelPath;
    use serde_json::{Value, json};

    use super::step_params;
    use crate::testing::project;
    use crate::{Templates, builtin};

    fn filled(step_type: &str, description: &str, file: Option<&str>, models: &[&str]) -> Option<Value> {
        let templates = Templates::load(vec![builtin()]);
        let mut facts = project(models);
        for app in &mut facts.apps {
            app.dir.clone_from(&app.label);
        }
        let file = file.map(|file| RelPath::new(file).unwrap());
        step_params(step_type, description, file.as_ref(), &templates, &facts).map(Value::Object)
    }

    #[test]
    fn what_is_said_is_filled_in() {
        let blog = &["blog.Post", "blog.OrderItem", "blog.Order"];
        let model = filled("create_model", "Create Tag model with name and colour", None, blog).unwrap();
        assert_eq!(model["model"], "blog.Tag");
        assert_eq!(model["fields"][1], json!({"name": "colour", "type": "string", "max_length": 30}));
        assert_eq!(model["fields"].as_array().map(Vec::len), Some(2));
        assert!(model.get("admin").is_none());
        for (step_type, description, expected) in [
            ("create_serializer", "Create PostSerializer", json!({"model": "blog.Post"})),
            ("create_serializer", "Serializer for order items", json!({"model": "blog.OrderItem"})),
            (
                "create_viewset",
                "Create OrderItemViewSet",
                json!({"model": "blog.OrderItem", "route": "order-items"}),
            ),
            ("create_migration", "Generate migration", json!({"app": "blog", "name": "changes"})),
            (
                "create_migration",
                "Generate migration for the audit log",
                json!({"app": "blog", "name": "audit_log"}),
            ),
        ] {
            assert_eq!(filled(step_type, description, None, blog), Some(expected), "{description}");
        }
    }

    #[test]
    fn what_is_left_open_stays_open() {
        let two = &["blog.Post", "shop.Post"];
        for (step_type, description, file) in [
            ("create_model", "Create Tag model with name", None),
            ("create_model", "Create AuditLog model", Some("blog/models.py")),
            ("create_serializer", "Create PostSerializer", None),
            ("create_serializer", "Create a serializer", None),
            ("create_migration", "Generate migration", None),
            ("create_test", "Add integration tests", Some("blog/tests/test_all.py")),
        ] {
            assert_eq!(filled(step_type, description, file, two), None, "{description}");
        }
        let model =
            filled("create_model", "Create Tag model with name", Some("shop/models.py"), two).unwrap();
        assert_eq!(model["model"], "shop.Tag");
        let serializer =
            filled("create_serializer", "Create PostSerializer", Some("shop/serializers.py"), two);
        assert_eq!(serializer, Some(json!({"model": "shop.Post"})));
    }
}
