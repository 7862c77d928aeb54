//! Every module of the project by its Python name, and what a dotted name stands for across them.

use std::collections::{HashMap, HashSet};

use aksara_python::read::{Assign, Class, Module};
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::Args;

use super::super::scan::TOP;
use super::names::{self, Name};
use super::split_settings;

/// A module with the file that it comes from.
#[derive(Debug)]
pub(super) struct LinkedModule {
    pub(super) path: RelPath,
    pub(super) module: Module,
    /// The modules that it takes in by `include`, and the line where it does. They are among its `stars`, too.
    pub(super) includes: Vec<(String, u32)>,
}

/// What a dotted name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Definition<'p> {
    Module(&'p LinkedModule),
    Class(&'p LinkedModule, &'p Class),
    /// A function at the top of a module.
    Function(&'p LinkedModule, &'p str),
    /// A module's variable, by its last assignment that is not `+=`.
    Variable(&'p LinkedModule, &'p Assign),
    /// A variable of a class.
    Member(&'p Class, &'p Assign),
}

/// All modules.
#[derive(Debug, Default)]
pub(super) struct Modules {
    list: Vec<LinkedModule>,
    by_name: HashMap<String, usize>,
}

/// How many names are looked at to explain one: modules that import each other by `*` would go on for ever.
const MAX_HOPS: usize = 200;
/// How deep a class may stand below its bases.
pub(super) const MAX_BASES: usize = 16;

/// The names that were looked at while one is explained.
#[derive(Default)]
struct Hops(HashSet<String>);

impl Hops {
    /// `None` if `path` was looked at already, or there were too many.
    fn step(&mut self, path: String) -> Option<()> {
        (self.0.len() < MAX_HOPS && self.0.insert(path)).then_some(())
    }
}

impl Modules {
    /// Of modules with their names as scanned. `roots` are the folders that Python imports from.
    pub(super) fn new(scanned: &[(&RelPath, &Module)], roots: &Roots) -> Self {
        let mut modules = Self::default();
        for (path, module) in scanned {
            let mut module = (*module).clone();
            roots.rename_module(&mut module);
            modules.by_name.insert(module.name.clone(), modules.list.len());
            modules.list.push(LinkedModule { path: (*path).clone(), module, includes: Vec::new() });
        }
        modules.take_in_includes();
        modules.explain_stars();
        modules
    }

    /// What a settings module includes is as if imported by `*`.
    fn take_in_includes(&mut self) {
        let included: Vec<Vec<(String, u32)>> =
            self.list.iter().map(|linked| split_settings::included(linked, &self.list)).collect();
        for (linked, included) in self.list.iter_mut().zip(included) {
            linked.module.stars.extend(included.iter().map(|(name, _)| name.clone()));
            linked.includes = included;
        }
    }

    /// Explains the names that modules have by `import *` from one another.
    fn explain_stars(&mut self) {
        let find = |name: &str| Some(&self.get(name)?.module);
        let with_stars = self.list.iter().enumerate().filter(|(_, linked)| !linked.module.stars.is_empty());
        let starred: Vec<(usize, HashMap<String, String>)> =
            with_stars.map(|(index, linked)| (index, names::starred(&linked.module, &find))).collect();
        for (index, starred) in starred.iter().filter(|(_, starred)| !starred.is_empty()) {
            names::explain(&mut self.list[*index].module, starred);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LinkedModule> {
        self.list.iter()
    }

    pub(super) fn get(&self, name: &str) -> Option<&LinkedModule> {
        self.list.get(*self.by_name.get(name)?)
    }

    /// What `path` stands for, imports followed; `None` for what is not in the project.
    pub(super) fn resolve(&self, path: &str) -> Option<Definition<'_>> {
        self.resolve_from(path, &mut Hops::default())
    }

    /// The class that `path` stands for.
    pub(super) fn class(&self, path: &str) -> Option<(&LinkedModule, &Class)> {
        match self.resolve(path)? {
            Definition::Class(module, class) => Some((module, class)),
            _ => None,
        }
    }

    fn resolve_from(&self, path: &str, hops: &mut Hops) -> Option<Definition<'_>> {
        hops.step(path.to_owned())?;
        let mut end = path.len();
        loop {
            let (name, rest) = path.split_at(end);
            if let Some(module) = self.get(name) {
                let rest = rest.trim_start_matches('.');
                if rest.is_empty() {
                    return Some(Definition::Module(module));
                }
                if let Some(found) = self.member(module, rest, hops) {
                    return Some(found);
                }
            }
            end = name.rfind('.')?;
        }
    }

    fn member<'p>(&'p self, module: &'p LinkedModule, rest: &str, hops: &mut Hops) -> Option<Definition<'p>> {
        let (first, tail) = rest.split_once('.').map_or((rest, None), |(first, tail)| (first, Some(tail)));
        if let Some(class) = module.module.classes.iter().rev().find(|c| c.name == first) {
            return class_member(module, class, tail);
        }
        if tail.is_none()
            && let Some(function) = module.module.functions.iter().find(|name| *name == first)
        {
            return Some(Definition::Function(module, function));
        }
        if tail.is_none()
            && let Some(assign) = module.module.assigns.iter().rev().find(|a| a.name == first && !a.adds)
        {
            return Some(Definition::Variable(module, assign));
        }
        if let Some(import) = module.module.imports.iter().rev().find(|i| i.name == first) {
            return match tail {
                Some(tail) => self.resolve_from(&format!("{}.{tail}", import.path), hops),
                None => self.resolve_from(&import.path, hops),
            };
        }
        module.module.stars.iter().rev().find_map(|star| {
            // Looked for in that very module: a shorter name would lead back here, with a longer rest.
            let starred = self.get(star)?;
            hops.step(format!("{star}.{rest}"))?;
            self.member(starred, rest, hops)
        })
    }

    /// The full names of a class's ancestors, nearest first: those in the project with their own, the others as
    /// they are named. The class itself is not among them.
    pub(super) fn ancestors<'p>(&'p self, class: &'p Class) -> Vec<Ancestor<'p>> {
        let mut found = Vec::new();
        self.collect_ancestors(class, MAX_BASES, &mut found);
        found
    }

    fn collect_ancestors<'p>(&'p self, class: &'p Class, hops: usize, found: &mut Vec<Ancestor<'p>>) {
        let Some(hops) = hops.checked_sub(1) else { return };
        for base in &class.bases {
            match self.class(base) {
                Some((module, parent)) => {
                    let known =
                        |a: &Ancestor<'_>| matches!(a, Ancestor::Own(_, c) if std::ptr::eq(*c, parent));
                    if !std::ptr::eq(parent, class) && !found.iter().any(known) {
                        found.push(Ancestor::Own(module, parent));
                        self.collect_ancestors(parent, hops, found);
                    }
                }
                None => found.push(Ancestor::Foreign(base)),
            }
        }
    }
}

fn class_member<'p>(
    module: &'p LinkedModule,
    class: &'p Class,
    rest: Option<&str>,
) -> Option<Definition<'p>> {
    let Some(rest) = rest else { return Some(Definition::Class(module, class)) };
    let (first, tail) = rest.split_once('.').map_or((rest, None), |(first, tail)| (first, Some(tail)));
    if let Some(inner) = class.class(first) {
        return class_member(module, inner, tail);
    }
    let assign = class.assign(first)?;
    tail.is_none().then_some(Definition::Member(class, assign))
}

/// A base of a class, or a base of a base.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ancestor<'p> {
    /// A class of the project.
    Own(&'p LinkedModule, &'p Class),
    /// One from outside, by its full name, or as it is written.
    Foreign(&'p str),
}

/// The folders that Python imports from: names that start with `~` are turned into names below one of them.
#[derive(Clone, Debug)]
pub(super) struct Roots(Vec<String>);

impl Roots {
    /// Folders inside the repository, `""` for its top.
    pub(super) fn new(folders: impl IntoIterator<Item = String>) -> Self {
        let mut dotted: Vec<String> = folders.into_iter().map(|f| f.replace('/', ".")).collect();
        // The innermost folder names a module: `apps/blog` is `blog` if `apps` is imported from.
        dotted.sort_by_key(|f| std::cmp::Reverse(f.len()));
        dotted.dedup();
        Self(dotted)
    }

    /// The Python name of a name that may start with `~`.
    pub(super) fn rename(&self, name: &mut String) {
        let Some(from_top) = name.strip_prefix(TOP) else { return };
        let below = self.0.iter().find_map(|root| {
            if root.is_empty() {
                return Some(from_top);
            }
            from_top.strip_prefix(root.as_str())?.strip_prefix('.')
        });
        *name = below.unwrap_or(from_top).to_owned();
    }

    /// Gives a module, and all names in it, the names that Python uses.
    pub(super) fn rename_module(&self, module: &mut Module) {
        self.rename(&mut module.name);
        for import in &mut module.imports {
            self.rename(&mut import.path);
        }
        for star in &mut module.stars {
            self.rename(star);
        }
        names::each(module, &mut |name| self.rename_one(name));
    }

    /// Renames what a call is given.
    pub(super) fn rename_args(&self, args: &mut Args) {
        names::of_args(args, &mut |name| self.rename_one(name));
    }

    fn rename_one(&self, name: Name<'_>) {
        match name {
            Name::Text(text) => self.rename(text),
            Name::Of(expr) => {
                if let Some(path) = &mut expr.path {
                    self.rename(path);
                }
            }
        }
    }
}
