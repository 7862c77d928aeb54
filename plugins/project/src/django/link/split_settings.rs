//! django-split-settings: a module takes in the lines of other files by `include("components/common.py")`.
//! <https://django-split-settings.readthedocs.io/>

use aksara_python::read::Module;
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::{Expr, Parts};
use serde_json::Value;

use super::modules::LinkedModule;

const INCLUDE: &str = "split_settings.tools.include";
const OPTIONAL: &str = "split_settings.tools.optional";
/// How deep names may stand for names.
const DEPTH: usize = 8;

/// The names of the modules that a module includes, in the order in which they count. Files whose names are computed
/// are left out.
pub(super) fn included(linked: &LinkedModule, all: &[LinkedModule]) -> Vec<String> {
    let folder = linked.path.parent().map(String::from).unwrap_or_default();
    let mut found: Vec<String> = Vec::new();
    for pattern in patterns(&linked.module) {
        let Some(pattern) = inside(&folder, &pattern) else { continue };
        let mut fitting: Vec<&LinkedModule> =
            all.iter().filter(|other| other.path != linked.path && fits(&other.path, &pattern)).collect();
        fitting.sort_by(|a, b| a.path.cmp(&b.path));
        for other in fitting {
            if !found.contains(&other.module.name) {
                found.push(other.module.name.clone());
            }
        }
    }
    found
}

/// What `include` is called with: paths seen from the folder of the module, in which `*` may stand.
fn patterns(module: &Module) -> Vec<String> {
    let mut found = Vec::new();
    for call in module.calls.iter().filter(|call| call.function == INCLUDE) {
        for expr in call.args.positional.iter().chain(&call.starred) {
            texts(module, expr, &mut found, DEPTH);
        }
    }
    found
}

/// The literal texts of an expression, those of the module's own variables followed.
fn texts(module: &Module, expr: &Expr, found: &mut Vec<String>, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match (&expr.literal, expr.parts.as_deref()) {
        (Some(Value::String(text)), _) => found.push(text.clone()),
        (_, Some(Parts::List(items) | Parts::Tuple(items) | Parts::Operation { operands: items, .. })) => {
            items.iter().for_each(|item| texts(module, item, found, depth));
        }
        (_, Some(Parts::Call { function, args })) if function == OPTIONAL => {
            args.positional.iter().for_each(|item| texts(module, item, found, depth));
        }
        (None, None) => {
            for assign in module.assigns.iter().filter(|assign| assign.name == expr.source) {
                texts(module, &assign.value, found, depth);
            }
        }
        _ => {}
    }
}

/// A path below a folder, `..` resolved; nothing for one that leads out of the repository, or is absolute.
fn inside(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a path is one of a pattern, in whose parts `*` stands for any characters and `?` for one.
fn fits(path: &RelPath, pattern: &str) -> bool {
    let (mut parts, mut patterns) = (path.as_str().split('/'), pattern.split('/'));
    loop {
        match (parts.next(), patterns.next()) {
            (None, None) => return true,
            (Some(part), Some(pattern)) if fits_part(part, pattern) => {}
            _ => return false,
        }
    }
}

fn fits_part(part: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => part.is_empty(),
        Some('*') => {
            let ends = part.char_indices().map(|(at, _)| at).chain([part.len()]);
            ends.into_iter().any(|at| fits_part(&part[at..], rest.as_str()))
        }
        Some(first) => {
            let mut chars = part.chars();
            chars.next().is_some_and(|c| first == '?' || first == c)
                && fits_part(chars.as_str(), rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_a_shell() {
        let fits = |path: &str, pattern: &str| fits(&RelPath::new(path).unwrap(), pattern);
        assert!(fits("a/components/common.py", "a/components/common.py"));
        assert!(fits("a/components/common.py", "a/components/*.py"));
        assert!(fits("a/components/common.py", "a/*/c?mmon.*"));
        assert!(!fits("a/components/sub/common.py", "a/components/*.py"));
        assert!(!fits("a/components/common.py", "a/components"));
    }

    #[test]
    fn paths_are_seen_from_the_folder() {
        assert_eq!(inside("a/b", "../c/./d.py").as_deref(), Some("a/c/d.py"));
        assert_eq!(inside("", "d.py").as_deref(), Some("d.py"));
        assert_eq!(inside("a", "../../d.py"), None);
        assert_eq!(inside("a", "/etc/d.py"), None);
    }
}
