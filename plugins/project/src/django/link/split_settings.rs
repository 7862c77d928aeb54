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

/// The names of the modules that a module includes, in the order in which they count, and the lines where it does. Files
/// whose names are computed are left out.
pub(super) fn included(linked: &LinkedModule, all: &[LinkedModule]) -> Vec<(String, u32)> {
    let folder = linked.path.parent().map(String::from).unwrap_or_default();
    let mut found: Vec<(String, u32)> = Vec::new();
    for (pattern, line) in patterns(&linked.module) {
        let Some(pattern) = inside(&folder, &pattern) else { continue };
        let mut fitting: Vec<&LinkedModule> =
            all.iter().filter(|other| other.path != linked.path && fits(&other.path, &pattern)).collect();
        fitting.sort_by(|a, b| a.path.cmp(&b.path));
        for other in fitting {
            if !found.iter().any(|(name, _)| *name == other.module.name) {
                found.push((other.module.name.clone(), line));
            }
        }
    }
    found
}

/// What `include` is called with, and where: paths seen from the folder of the module, in which `*` may stand.
fn patterns(module: &Module) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for call in module.calls.iter().filter(|call| call.function == INCLUDE) {
        let mut paths = Vec::new();
        for expr in call.args.positional.iter().chain(&call.starred) {
            texts(module, expr, &mut paths, DEPTH);
        }
        found.extend(paths.into_iter().map(|path| (path, call.line)));
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

/// Only the last `*` is ever tried again: what those before it took in can stay as it is.
fn fits_part(part: &str, pattern: &str) -> bool {
    let (mut part, mut pattern) = (part.chars(), pattern.chars());
    // What stands after the last `*`, and the part where that is looked for next.
    let mut again = None;
    loop {
        let rest = part.clone();
        match (part.next(), pattern.next()) {
            (None, None) => return true,
            (_, Some('*')) => {
                part = rest;
                again = Some((part.clone(), pattern.clone()));
            }
            (Some(c), Some(one)) if one == '?' || one == c => {}
            (None, Some(_)) => return false,
            (Some(_), _) => {
                let Some((mut at, after)) = again.take() else { return false };
                at.next();
                (part, pattern) = (at.clone(), after.clone());
                again = Some((at, after));
            }
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
        assert!(fits("aXbYbc", "a*b*c") && fits("abc", "*") && fits("abcabd", "*ab?") && fits("a", "a**"));
        assert!(!fits("aXbYbcd", "a*b*c") && !fits("ab", "a*b?"));
        // Each `*` more must not cost more than the length of the name.
        assert!(!fits(&"a".repeat(200), &format!("{}b", "*a".repeat(60))));
    }

    #[test]
    fn paths_are_seen_from_the_folder() {
        assert_eq!(inside("a/b", "../c/./d.py").as_deref(), Some("a/c/d.py"));
        assert_eq!(inside("", "d.py").as_deref(), Some("d.py"));
        assert_eq!(inside("a", "../../d.py"), None);
        assert_eq!(inside("a", "/etc/d.py"), None);
    }
}
