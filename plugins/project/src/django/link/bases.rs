//! The bases that a model has as a table: an abstract one is nothing but its fields, so its own bases stand in its place.

use aksara_python::read::Class;

use super::models::is_true;
use super::modules::Modules;

/// How deep a class may stand below its bases.
const DEPTH: usize = 16;

/// The bases of `class` by full name, those of abstract models for them, in the order of resolution.
pub(super) fn flat(modules: &Modules, class: &Class) -> Vec<String> {
    let mut found = Vec::new();
    flatten(modules, class, DEPTH, &mut found);
    let order = resolution(modules, class, DEPTH);
    found.sort_by_key(|base| order.iter().position(|name| name == base));
    found.dedup();
    found
}

fn flatten(modules: &Modules, class: &Class, depth: usize, found: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for base in &class.bases {
        match modules.class(base) {
            Some((_, parent)) if is_true(parent, "abstract") => flatten(modules, parent, depth, found),
            _ => found.push(full_name(modules, base)),
        }
    }
}

fn full_name(modules: &Modules, base: &str) -> String {
    match modules.class(base) {
        Some((module, parent)) => format!("{}.{}", module.module.name, parent.name),
        None => base.to_owned(),
    }
}

/// The order in which Python looks at the bases of a class, without the class itself.
fn resolution(modules: &Modules, class: &Class, depth: usize) -> Vec<String> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let direct: Vec<String> = class.bases.iter().map(|base| full_name(modules, base)).collect();
    let mut lines: Vec<Vec<String>> = class
        .bases
        .iter()
        .zip(&direct)
        .map(|(base, name)| {
            let mut line = vec![name.clone()];
            if let Some((_, parent)) = modules.class(base) {
                line.extend(resolution(modules, parent, depth));
            }
            line
        })
        .collect();
    lines.push(direct);
    merged(lines)
}

/// Each name before those that follow it in one of the lines. Lines that contradict each other are taken as they come:
/// Python itself refuses such a class.
fn merged(mut lines: Vec<Vec<String>>) -> Vec<String> {
    let mut order = Vec::new();
    loop {
        lines.retain(|line| !line.is_empty());
        let free = |name: &String| lines.iter().all(|line| !line[1..].contains(name));
        let firsts = || lines.iter().filter_map(|line| line.first());
        let Some(next) = firsts().find(|name| free(name)).or_else(|| firsts().next()).cloned() else {
            return order;
        };
        for line in &mut lines {
            line.retain(|name| *name != next);
        }
        order.push(next);
    }
}
