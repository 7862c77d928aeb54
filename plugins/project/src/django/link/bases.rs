//! The bases that a model has as a table: an abstract one is nothing but its fields, so its own bases stand in its place.

use std::collections::{HashMap, HashSet};

use aksara_python::read::Class;

use super::models::is_true;
use super::modules::Modules;

/// How deep a class may stand below its bases.
const DEPTH: usize = 16;

/// The bases of `class` by full name, those of abstract models for them, in the order of resolution.
pub(super) fn flat(modules: &Modules, class: &Class) -> Vec<String> {
    let mut found = Vec::new();
    flatten(modules, class, DEPTH, &mut HashSet::new(), &mut found);
    let order = resolution(modules, class, DEPTH, &mut HashMap::new());
    found.sort_by_key(|base| order.iter().position(|name| name == base));
    found.dedup();
    found
}

/// Each class is looked into once: bases may lead back to it, in many ways.
fn flatten(
    modules: &Modules,
    class: &Class,
    depth: usize,
    seen: &mut HashSet<*const Class>,
    found: &mut Vec<String>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if !seen.insert(class) {
        return;
    }
    for base in &class.bases {
        match modules.class(base) {
            Some((_, parent)) if is_true(parent, "abstract") => flatten(modules, parent, depth, seen, found),
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
/// `known` has it for the classes that were looked at; a class that is its own base adds nothing more.
fn resolution(
    modules: &Modules,
    class: &Class,
    depth: usize,
    known: &mut HashMap<*const Class, Vec<String>>,
) -> Vec<String> {
    if let Some(order) = known.get(&std::ptr::from_ref(class)) {
        return order.clone();
    }
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    known.insert(class, Vec::new());
    let direct: Vec<String> = class.bases.iter().map(|base| full_name(modules, base)).collect();
    let mut lines: Vec<Vec<String>> = class
        .bases
        .iter()
        .zip(&direct)
        .map(|(base, name)| {
            let mut line = vec![name.clone()];
            if let Some((_, parent)) = modules.class(base) {
                line.extend(resolution(modules, parent, depth, known));
            }
            line
        })
        .collect();
    lines.push(direct);
    let order = merged(lines);
    known.insert(class, order.clone());
    order
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
