//! Which `manage.py` files are Django's, and what they say.

use aksara_sdk::protocol::JsonMap;
use aksara_sdk::{Context, Detected, Diagnostic, RelPath};
use serde_json::Value;

use super::config;

/// The file that marks a project.
pub(super) const MARKER: &str = "manage.py";
/// The key of [`Detected::data`] for the settings module.
pub(super) const SETTINGS_MODULE: &str = "settings_module";
/// The key of [`Detected::data`] for what configuration files above the project say, nearest first.
pub(super) const OUTER_CONFIG: &str = "outer_config";

const VARIABLE: &str = "DJANGO_SETTINGS_MODULE";

/// Each `manage.py` that sets Django's settings module is a project; its folder is the root. A project's
/// configuration may stand in a folder above it, up to the top of the repository.
pub(super) fn detect(markers: &[RelPath], cx: &Context<'_>) -> Result<Vec<Detected>, Diagnostic> {
    let mut found = Vec::new();
    let markers: Vec<RelPath> =
        markers.iter().filter(|m| m.file_name() == MARKER && !is_vendored(m)).cloned().collect();
    let files = cx.read_all(&markers)?;
    for (path, file) in markers.iter().zip(files) {
        let Some(file) = file else { continue };
        if !file.text.contains(VARIABLE) {
            continue;
        }
        let root = path.parent().map(String::from).unwrap_or_default();
        let mut data = JsonMap::new();
        if let Some(module) = settings_module(&file.text) {
            data.insert(SETTINGS_MODULE.to_owned(), Value::String(module));
        }
        let outer = config::above(&root, cx)?;
        if !outer.is_empty()
            && let Ok(value) = serde_json::to_value(outer)
        {
            data.insert(OUTER_CONFIG.to_owned(), value);
        }
        found.push(Detected { root: root.clone(), scan: vec![root], data });
    }
    Ok(found)
}

/// Whether a path lies in code that the project did not write.
pub(super) fn is_vendored(path: &RelPath) -> bool {
    path.parent().is_some_and(|dir| {
        dir.as_str().split('/').any(|part| {
            matches!(
                part,
                "site-packages"
                    | "node_modules"
                    | "venv"
                    | ".venv"
                    | "virtualenv"
                    | ".tox"
                    | ".nox"
                    | "__pycache__"
            )
        })
    })
}

/// The string that stands right after the variable's name: `setdefault("DJANGO_SETTINGS_MODULE", "x")` or
/// `environ["DJANGO_SETTINGS_MODULE"] = "x"`. A computed name gives none.
fn settings_module(text: &str) -> Option<String> {
    text.match_indices(VARIABLE).find_map(|(at, _)| {
        let rest = text.get(at + VARIABLE.len()..)?.trim_start_matches(['"', '\'']);
        let rest = rest.trim_start_matches([']', ' ', '\t', '\r', '\n']);
        let rest = rest.strip_prefix([',', '='])?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (module, _) = rest.get(1..)?.split_once(quote)?;
        let dotted = !module.is_empty()
            && module
                .split('.')
                .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
        dotted.then(|| module.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::settings_module;

    #[test]
    fn the_settings_module_is_the_string_after_the_variable() {
        let cases = [
            (
                r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")"#,
                Some("config.settings"),
            ),
            ("os.environ.setdefault(\n    'DJANGO_SETTINGS_MODULE',\n    'a.b.c',\n)", Some("a.b.c")),
            (r#"os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings""#, Some("site1.settings")),
            ("# DJANGO_SETTINGS_MODULE is set below\nsetdefault('DJANGO_SETTINGS_MODULE', 'x')", Some("x")),
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", name)"#, None),
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a b")"#, None),
        ];
        for (text, module) in cases {
            assert_eq!(settings_module(text).as_deref(), module, "{text}");
        }
    }
}
