//! Which `manage.py` files are Django's, and what they say.

use std::collections::BTreeSet;

use aksara_python::Source;
use aksara_python::read::{Assign, Module, ModuleName, read};
use aksara_sdk::protocol::JsonMap;
use aksara_sdk::protocol::facts::{Args, Expr, Parts};
use aksara_sdk::{Context, Detected, Diagnostic, RelPath, SourceFile};
use serde_json::Value;

use super::config;
use super::link::inside;
use super::scan::TOP;

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
/// repository, and so may packages that its settings name: those are scanned too.
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
        let mut scan = vec![root.clone()];
        let outer = config::above(&root, cx)?;
        if let Some(module) = named {
            let of_tests = outer.iter().find_map(|config| config.tests_settings.as_deref());
            scan.extend(packages_above(&root, &module, of_tests, cx)?);
            data.insert(SETTINGS_MODULE.to_owned(), Value::String(module));
        }
        if !outer.is_empty()
            && let Ok(value) = serde_json::to_value(outer)
        {
            data.insert(OUTER_CONFIG.to_owned(), value);
        }
        found.push(Detected { root, scan, data });
    }
    Ok(found)
}

/// The folders of the packages outside of `root` that the module of the settings, or one beside it, imports or names as
/// installed apps, as a project has them that is there to try out a package: below the folders above `root`, and their
/// `src`. The settings of the tests may stand in one, too. A file that cannot be read is as good as none.
fn packages_above(
    root: &str,
    settings: &str,
    of_tests: Option<&str>,
    cx: &Context<'_>,
) -> Result<Vec<String>, Diagnostic> {
    let above = starts_above(root);
    if above.is_empty() {
        return Ok(Vec::new());
    }
    let starts: Vec<&str> = std::iter::once(root).chain(above.iter().map(String::as_str)).collect();
    let path = settings.replace('.', "/");
    let mut files: Vec<RelPath> = Vec::new();
    for start in &starts {
        let module = inside(start, &path);
        let folder = module.rsplit_once('/').map_or("", |(folder, _)| folder);
        // A host that does not answer fails at the first file.
        let list = |folder: &str| cx.list(folder, false).unwrap_or_default();
        let package = list(&module);
        let found = if package.is_empty() { list(folder) } else { package };
        let is_module = |file: &RelPath| {
            let stem = file.as_str().strip_suffix(".py").map(|stem| stem.trim_end_matches("/__init__"));
            stem == Some(module.as_str())
        };
        if found.iter().any(is_module) {
            files = found.into_iter().filter(|file| file.as_str().ends_with(".py")).collect();
            break;
        }
    }
    let texts = cx.read_each(&files)?.into_iter().filter_map(Result::ok).flatten();
    let modules: Vec<Module> = texts.filter_map(|file| module_of(&file)).collect();
    let mut names = top_names(&modules);
    names.extend(std::iter::once(settings).chain(of_tests).map(top));
    let is_word = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let candidates: Vec<(&str, bool, RelPath)> = names
        .iter()
        .filter(|name| !name.is_empty() && is_word(name))
        .flat_map(|name| starts.iter().enumerate().map(move |(at, start)| (name, at > 0, start)))
        .filter_map(|(name, is_above, start)| {
            Some((*name, is_above, RelPath::new(inside(start, &format!("{name}/__init__.py"))).ok()?))
        })
        .collect();
    let paths: Vec<RelPath> = candidates.iter().map(|(.., path)| path.clone()).collect();
    let answers = cx.read_each(&paths)?;
    let there = candidates.into_iter().zip(answers).filter(|(_, answer)| matches!(answer, Ok(Some(_))));
    // What stands below `root` as well is found there first.
    let mut seen = BTreeSet::new();
    let first = there.map(|(candidate, _)| candidate).filter(|(name, ..)| seen.insert(*name));
    Ok(first
        .filter(|(_, is_above, _)| *is_above)
        .filter_map(|(.., path)| path.parent().map(String::from))
        .collect())
}

/// The folders above `root`, the nearest first, each before its `src`.
fn starts_above(root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folder = root;
    while !folder.is_empty() {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        found.extend([folder.to_owned(), inside(folder, "src")]);
    }
    found
}

/// What a file says as a Python module, whose own package has a name that no import has.
fn module_of(file: &SourceFile) -> Option<Module> {
    let name = ModuleName::of_path(file.path.as_str(), &TOP.to_string())?;
    Some(read(&Source::parse(&file.path, &file.text).ok()?, &name))
}

/// What stands before the first dot.
fn top(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// What stands before the first dot of the modules that some import, and of their installed apps and root of URLs, also
/// where those are put together from lists of other names.
fn top_names(modules: &[Module]) -> BTreeSet<&str> {
    let imports = modules.iter().flat_map(|module| &module.imports).map(|import| &import.path);
    let stars = modules.iter().flat_map(|module| &module.stars);
    let mut found: BTreeSet<&str> = imports.chain(stars).map(|name| top(name)).collect();
    let assigns: Vec<&Assign> = modules
        .iter()
        .flat_map(|module| {
            module.assigns.iter().chain(module.classes.iter().flat_map(|class| &class.assigns))
        })
        .collect();
    let is_wanted = |name: &str| name.contains("APPS") || name == "ROOT_URLCONF";
    let mut wanted: BTreeSet<&str> =
        assigns.iter().map(|assign| assign.name.as_str()).filter(|name| is_wanted(name)).collect();
    let calls = modules.iter().flat_map(|module| &module.calls);
    let added = calls.filter(|call| call.function.contains("APPS.")).flat_map(|call| &call.args.positional);
    let mut pending: Vec<&Expr> = added.collect();
    pending.extend(assigns.iter().filter(|assign| is_wanted(&assign.name)).map(|assign| &assign.value));
    while let Some(expr) = pending.pop() {
        match (&expr.literal, expr.parts.as_deref()) {
            (Some(Value::String(text)), _) => _ = found.insert(top(text)),
            (
                _,
                Some(
                    Parts::List(items)
                    | Parts::Tuple(items)
                    | Parts::Set(items)
                    | Parts::Operation { operands: items, .. }
                    | Parts::Call { args: Args { positional: items, .. }, .. },
                ),
            ) => pending.extend(items),
            (None, None) => {
                let name = expr.source.trim_start_matches('*');
                let name = name.rsplit('.').next().unwrap_or(name);
                if wanted.insert(name) {
                    let of_it = assigns.iter().filter(|assign| assign.name == name);
                    pending.extend(of_it.map(|assign| &assign.value));
                }
            }
            _ => {}
        }
    }
    found
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
