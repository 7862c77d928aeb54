//! One line of English for a step that has none, from its parameters.

use aksara_protocol::JsonMap;
use aksara_protocol::params::FileRole;
use serde::Deserialize;
use serde_json::Value;

use crate::nearest::listed;
use crate::script::{capitalize, human};

/// The line for a step of `step_type`.
pub(crate) fn describe(step_type: &str, params: &JsonMap) -> String {
    let text = |key: &str| params.get(key).and_then(Value::as_str);
    let model = text("model").map(class).unwrap_or_default();
    let named = |suffix: &str| text("name").map_or_else(|| format!("{model}{suffix}"), str::to_owned);
    match step_type {
        "create_model" => match fields(params.get("fields")) {
            fields if fields.is_empty() => format!("Create {model} model"),
            fields => format!("Create {model} model with {} fields", fields.join(", ")),
        },
        "modify_model" => {
            let fields = fields(params.get("add"));
            let word = if fields.len() == 1 { "field" } else { "fields" };
            format!("Add {} {word} to {model} model", listed(&fields))
        }
        "create_serializer" => format!("Create {}", named("Serializer")),
        "modify_serializer" => {
            let mut parts = Vec::new();
            match (text("nest"), text("write_as")) {
                (Some(nest), Some(write_as)) => parts.push(format!("{nest} (written as {write_as})")),
                (Some(nest), None) => parts.push(nest.to_owned()),
                _ => {}
            }
            parts.extend(strings(params.get("add")));
            let computed = params.get("computed").and_then(Value::as_array).into_iter().flatten();
            parts.extend(computed.filter_map(|value| value.get("name")?.as_str()).map(str::to_owned));
            format!("Add {} to {}", listed(&parts), named("Serializer"))
        }
        "create_viewset" => match text("route") {
            Some(route) => format!("Create {} with route {route}", named("ViewSet")),
            None => format!("Create {}", named("ViewSet")),
        },
        "modify_viewset" => {
            let viewset = named("ViewSet");
            let filters: Vec<String> = list(params.get("filter")).iter().filter_map(name_of).collect();
            let mut loads = strings(params.get("select"));
            loads.extend(strings(params.get("prefetch")));
            match (filters.is_empty(), loads.is_empty()) {
                (false, false) => {
                    format!("Filter {viewset} by {} and load {}", listed(&filters), listed(&loads))
                }
                (false, true) => format!("Filter {viewset} by {}", listed(&filters)),
                (true, false) => format!("Load {} in {viewset}", listed(&loads)),
                (true, true) => format!("Change {viewset}"),
            }
        }
        "create_route" => {
            format!("Route {} as {}", text("viewset").unwrap_or_default(), text("route").unwrap_or_default())
        }
        "create_migration" => match (text("name"), text("app")) {
            (Some(name), Some(app)) => format!("Create migration {name} in {app}"),
            _ => "Create migration".to_owned(),
        },
        "create_app" => format!("Create app {}", text("name").unwrap_or_default()),
        "create_module" => {
            format!("Write {} of {}", text("name").unwrap_or_default(), text("app").unwrap_or_default())
        }
        "create_test" => format!("Add tests for {}", text("name").map(human).unwrap_or_default()),
        "modify_test" => format!(
            "Give rows of {} in tests {}",
            named(""),
            listed(&strings(params.get("fields")).iter().map(|field| human(field)).collect::<Vec<_>>())
        ),
        "create_middleware" => format!("Create {} and list it in the settings", named(" middleware").trim()),
        "modify_file" => {
            let verb = if creates(params) { "Create" } else { "Change" };
            let role = || FileRole::deserialize(params.get("file")?).ok().map(FileRole::words);
            let file = text("path").or_else(role).unwrap_or_default();
            let of = text("app").map(|app| format!(" of {app}")).unwrap_or_default();
            match strings_of(params, "requirement_add", "requirement").as_slice() {
                [] => format!("{verb} {file}{of}"),
                needed => format!("Add {} to {file}", listed(needed)),
            }
        }
        "run_command" => format!("Run `{}`", strings(params.get("argv")).join(" ")),
        "manual" => first_sentence(text("instructions").unwrap_or_default()),
        other => capitalize(&human(other)),
    }
}

/// `Tag` of `blog.Tag`.
fn class(label: &str) -> &str {
    label.rsplit('.').next().unwrap_or(label)
}

/// Names of fields; of a foreign key that it is one.
fn fields(fields: Option<&Value>) -> Vec<String> {
    list(fields)
        .iter()
        .filter_map(|field| {
            let name = name_of(field)?;
            let relation = field.get("type").and_then(Value::as_str) == Some("foreign_key");
            Some(if relation { format!("{name} FK") } else { name })
        })
        .collect()
}

fn name_of(map: &Value) -> Option<String> {
    map.get("name").and_then(Value::as_str).map(str::to_owned)
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    list(value).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What the operations of one kind say, if a step has no others.
fn strings_of(params: &JsonMap, op: &str, key: &str) -> Vec<String> {
    let all = list(params.get("operations")).iter().map(|operation| {
        let is_kind = operation.get("op").and_then(Value::as_str) == Some(op);
        is_kind.then(|| operation.get(key)?.as_str().map(str::to_owned)).flatten()
    });
    all.collect::<Option<Vec<String>>>().unwrap_or_default()
}

fn creates(params: &JsonMap) -> bool {
    matches!(list(params.get("operations")), [one] if one.get("op").and_then(Value::as_str) == Some("create"))
}

fn first_sentence(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    line.split_once(". ").map_or(line, |(sentence, _)| sentence).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::describe;

    #[test]
    fn every_type_reads_as_a_task() {
        for (step_type, params, expected) in [
            (
                "create_model",
                json!({ "model": "a.EmailVerification", "fields": [
                    { "name": "token", "type": "string" }, { "name": "user", "type": "foreign_key" },
                    { "name": "expires_at", "type": "datetime" } ] }),
                "Create EmailVerification model with token, user FK, expires_at fields",
            ),
            ("create_model", json!({ "model": "a.B", "fields": [] }), "Create B model"),
            (
                "modify_model",
                json!({ "model": "blog.Post", "add": [{ "name": "tags", "type": "many_to_many" }] }),
                "Add tags field to Post model",
            ),
            ("create_serializer", json!({ "model": "blog.Tag" }), "Create TagSerializer"),
            (
                "modify_serializer",
                json!({ "model": "blog.Post", "nest": "tags", "write_as": "tag_ids" }),
                "Add tags (written as tag_ids) to PostSerializer",
            ),
            (
                "create_viewset",
                json!({ "model": "blog.Tag", "route": "tags" }),
                "Create TagViewSet with route tags",
            ),
            (
                "modify_viewset",
                json!({ "model": "blog.Post", "prefetch": ["tags"], "filter": [{ "name": "tag" }] }),
                "Filter PostViewSet by tag and load tags",
            ),
            (
                "create_route",
                json!({ "app": "blog", "viewset": "CartViewSet", "route": "cart" }),
                "Route CartViewSet as cart",
            ),
            (
                "create_migration",
                json!({ "app": "blog", "name": "tag_post_tags" }),
                "Create migration tag_post_tags in blog",
            ),
            ("create_app", json!({ "name": "accounts" }), "Create app accounts"),
            (
                "create_module",
                json!({ "app": "accounts", "name": "services", "body": "" }),
                "Write services of accounts",
            ),
            (
                "modify_file",
                json!({ "file": "app_config", "app": "accounts", "operations": [{ "op": "ready_add", "source": "f()" }] }),
                "Change the app's configuration of accounts",
            ),
            (
                "modify_file",
                json!({ "file": "requirements", "operations": [{ "op": "requirement_add", "requirement": "pyotp>=2.9" }] }),
                "Add pyotp>=2.9 to the requirements",
            ),
            ("create_test", json!({ "name": "order_history" }), "Add tests for order history"),
            (
                "create_middleware",
                json!({ "app": "core", "name": "TimingMiddleware", "body": "" }),
                "Create TimingMiddleware and list it in the settings",
            ),
            (
                "modify_file",
                json!({ "path": "core/tenants.py", "operations": [{ "op": "create", "text": "" }] }),
                "Create core/tenants.py",
            ),
            ("modify_file", json!({ "path": "config/urls.py", "operations": [] }), "Change config/urls.py"),
            (
                "run_command",
                json!({ "argv": ["python", "manage.py", "check"] }),
                "Run `python manage.py check`",
            ),
            ("manual", json!({ "instructions": "Make an account. Then wait." }), "Make an account"),
            ("publish_feed", json!({}), "Publish feed"),
        ] {
            let params = params.as_object().cloned().unwrap_or_default();
            assert_eq!(describe(step_type, &params), expected);
        }
    }
}
