//! Which `manage.py` files are Django's, and what they say.

use aksara_sdk::protocol::JsonMap;
use aksara_sdk::{Context, Detected, Diagnostic, RelPath, SourceFile};
use serde_json::Value;

use super::config;

/// The file that marks a project.
pub(super) const MARKER: &str = "manage.py";
/// The key of [`Detected::data`] for the settings module.
pub(super) const SETTINGS_MODULE: &str = "settings_module";
/// The key of [`Detected::data`] for what configuration files above the project say, nearest first.
pub(super) const OUTER_CONFIG: &str = "outer_config";

const VARIABLE: &str = "DJANGO_SETTINGS_MODULE";
/// What runs Django's commands; where nothing names the settings module, the environment does.
const RUNS_COMMANDS: &str = "execute_from_command_line";
/// How many imports away from `manage.py` the settings module is looked for.
const MAX_IMPORTS: usize = 2;

/// Each `manage.py` that sets Django's settings module or runs its commands, by itself or by what it imports, is a
/// project; its folder is the root. A project's configuration may stand in a folder above it, up to the top of the
/// repository.
pub(super) fn detect(markers: &[RelPath], cx: &Context<'_>) -> Result<Vec<Detected>, Diagnostic> {
    let mut found = Vec::new();
    let markers: Vec<RelPath> =
        markers.iter().filter(|m| m.file_name() == MARKER && !is_vendored(m)).cloned().collect();
    let files = cx.read_all(&markers)?;
    for (path, file) in markers.iter().zip(files) {
        let Some(file) = file else { continue };
        let root = path.parent().map(String::from).unwrap_or_default();
        let Some(named) = named_by(file, &root, MAX_IMPORTS, cx)? else { continue };
        let mut data = JsonMap::new();
        if let Some(module) = named {
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

/// The settings module that a file sets, or that what it imports sets. Nothing at all if it is not Django that it runs.
fn named_by(
    file: SourceFile,
    root: &str,
    imports: usize,
    cx: &Context<'_>,
) -> Result<Option<Option<String>>, Diagnostic> {
    let mut is_django = false;
    let mut files = vec![file];
    for left in (0..=imports).rev() {
        let all = || files.iter().map(|file| file.text.as_str());
        is_django |= all().any(|text| text.contains(VARIABLE) || text.contains(RUNS_COMMANDS));
        let named = all().find_map(settings_module);
        if named.is_some() || left == 0 {
            return Ok(is_django.then_some(named));
        }
        let paths: Vec<RelPath> = all().flat_map(|text| imported(text, root)).collect();
        files = cx.read_all(&paths)?.into_iter().flatten().collect();
    }
    Ok(None)
}

/// The files that the absolute imports of a module may mean, below `root` and its `src`.
fn imported(text: &str, root: &str) -> Vec<RelPath> {
    let modules = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        match (words.next()?, words.next()?, words.next()) {
            ("from", module, Some("import")) => Some(module),
            ("import", module, None | Some("as")) => Some(module),
            _ => None,
        }
    });
    let is_own = |module: &&str| {
        let top = module.split('.').next().unwrap_or_default();
        !module.starts_with('.') && !matches!(top, "django" | "os" | "sys" | "pathlib")
    };
    let path = |module: &str, folder: &str, end: &str| {
        let file = module.replace('.', "/");
        let parts = [root, folder, &file].into_iter().filter(|part| !part.is_empty());
        RelPath::new(format!("{}{end}", parts.collect::<Vec<_>>().join("/"))).ok()
    };
    modules
        .filter(is_own)
        .flat_map(|module| {
            let of = move |folder| [".py", "/__init__.py"].map(|end| path(module, folder, end));
            ["", "src"].into_iter().flat_map(of).flatten().collect::<Vec<_>>()
        })
        .collect()
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
