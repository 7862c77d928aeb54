//! Imports of the project's own modules that lead nowhere.
//!
//! Only what is certain is told: an import that may find what it names, in a file that was not read, in a folder
//! that Python may start from, in a package of the same name from elsewhere, is taken to find it. Not for what a
//! name stands for: see [`super::modules`].

use std::collections::{BTreeMap, HashSet};

use aksara_python::read::{Outline, Reference};
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::UnresolvedImport;

use super::apps::{OwnApp, Tree, inside};

/// The outlines of files, by path.
pub(super) type Outlines<'p> = BTreeMap<&'p str, (&'p RelPath, &'p Outline)>;

/// What imports are followed through.
pub(super) struct Imports<'p> {
    pub(super) tree: &'p Tree<'p>,
    /// Of every file that was read.
    pub(super) outlines: &'p Outlines<'p>,
    /// The folders that Python imports from.
    pub(super) folders: &'p [String],
    pub(super) own: &'p [OwnApp],
}

/// A module or a package.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// Its file; `None` for a folder without `__init__.py`.
    file: Option<String>,
    /// The folder of its submodules; `None` for a plain module.
    folder: Option<String>,
}

/// Where the modules of a project can be that an import names.
enum Found {
    /// There is one.
    Module(Target),
    /// There is none.
    Nothing,
    /// It cannot be told.
    Unsure,
}

impl Imports<'_> {
    /// All of them, by file and line.
    pub(super) fn unresolved(&self) -> Vec<UnresolvedImport> {
        let mut found = Vec::new();
        for (file, outline) in self.outlines.values() {
            for import in &outline.imports {
                self.check(file, import, &mut found);
            }
        }
        found
    }

    fn check(&self, file: &RelPath, import: &Reference, found: &mut Vec<UnresolvedImport>) {
        let mut report = |name: Option<&str>, reason: String| {
            found.push(UnresolvedImport {
                file: file.clone(),
                line: import.line,
                module: import.written(),
                name: name.map(str::to_owned),
                reason,
            });
        };
        let target = match self.find(file, import) {
            Found::Unsure => return,
            Found::Nothing => return report(None, format!("there is no module `{}`", import.written())),
            Found::Module(target) => target,
        };
        for name in import.names.iter().filter(|name| *name != "*") {
            if !self.has(&target, name, &mut HashSet::new()) {
                let place = target.file.as_deref().or(target.folder.as_deref()).unwrap_or_default();
                report(Some(name), format!("`{place}` has no `{name}`"));
            }
        }
    }

    /// The module that `import`, written in `file`, is from.
    fn find(&self, file: &RelPath, import: &Reference) -> Found {
        let folder = file.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        if import.level > 0 {
            let mut folder = folder;
            for _ in 1..import.level {
                match folder.rsplit_once('/') {
                    Some((parent, _)) => folder = parent,
                    None => return Found::Unsure,
                }
            }
            // Above the project there may be anything, and the top of the repository is no package.
            let is_in_project = self.folders.iter().any(|start| start.is_empty() || is_inside(folder, start));
            if folder.is_empty() || !is_in_project {
                return Found::Unsure;
            }
            return self.below(folder, &import.module);
        }
        let top = import.module.split('.').next().unwrap_or_default();
        let starts: Vec<&String> = self.folders.iter().filter(|start| self.owns(start, top)).collect();
        if starts.is_empty() {
            return Found::Unsure;
        }
        let is_start = |folder: &str| self.folders.iter().any(|start| start == folder);
        // A script imports from its own folder, and a project inside the project from its top.
        let mut above = folder;
        while !is_start(above) && !above.is_empty() {
            if self.module(&inside(above, top)).is_some() {
                return Found::Unsure;
            }
            above = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        let mut result = Found::Nothing;
        for start in starts {
            match self.below(start, &import.module) {
                Found::Nothing => {}
                // Which of two Python takes depends on the order of its path.
                Found::Module(_) if matches!(result, Found::Module(_)) => return Found::Unsure,
                found @ Found::Module(_) => result = found,
                Found::Unsure => return Found::Unsure,
            }
        }
        result
    }

    /// Whether `top`, imported from `start`, is certainly the project's. A folder without `__init__.py` gives way
    /// to an installed package of that name, unless it is an app of the project.
    fn owns(&self, start: &str, top: &str) -> bool {
        let path = inside(start, top);
        let is_app = || self.own.iter().any(|app| is_inside(&app.dir, &path));
        match self.module(&path) {
            Some(Target { file: Some(_), .. }) => true,
            Some(Target { file: None, .. }) => is_app(),
            None => false,
        }
    }

    /// The dotted `name` inside `folder`.
    fn below(&self, folder: &str, name: &str) -> Found {
        let mut target = Target { file: self.init(folder), folder: Some(folder.to_owned()) };
        for part in name.split('.').filter(|part| !part.is_empty()) {
            let next = target.folder.as_deref().and_then(|folder| self.module(&inside(folder, part)));
            match next {
                Some(next) => target = next,
                None if is_often_generated(part) || self.is_open(&target) => return Found::Unsure,
                None => return Found::Nothing,
            }
        }
        Found::Module(target)
    }

    /// The module at `path`: a package hides a module of the same name.
    fn module(&self, path: &str) -> Option<Target> {
        let init = self.init(path);
        if init.is_some() {
            return Some(Target { file: init, folder: Some(path.to_owned()) });
        }
        let plain = format!("{path}.py");
        if self.tree.has_file(&plain) {
            return Some(Target { file: Some(plain), folder: None });
        }
        self.tree.has_folder(path).then(|| Target { file: None, folder: Some(path.to_owned()) })
    }

    fn init(&self, folder: &str) -> Option<String> {
        Some(inside(folder, "__init__.py")).filter(|path| self.tree.has_file(path))
    }

    /// The outline of a target's file; `Err` if the file was not read, `Ok(None)` if there is none.
    fn outline(&self, target: &Target) -> Result<Option<&Outline>, NotRead> {
        match &target.file {
            None => Ok(None),
            Some(file) => self.outlines.get(file.as_str()).map(|(_, outline)| Some(*outline)).ok_or(NotRead),
        }
    }

    /// Whether a target may have names, and so submodules, that are not seen.
    fn is_open(&self, target: &Target) -> bool {
        match self.outline(target) {
            Err(NotRead) => true,
            Ok(outline) => outline.is_some_and(|outline| outline.is_open),
        }
    }

    /// Whether `name` may be imported from a target, the modules that it imports with `*` included.
    fn has(&self, target: &Target, name: &str, seen: &mut HashSet<String>) -> bool {
        // Python gives these to every module.
        if name.starts_with("__") && name.ends_with("__") {
            return true;
        }
        if let Some(folder) = &target.folder
            && (self.module(&inside(folder, name)).is_some() || is_often_generated(name))
        {
            return true;
        }
        let (Some(file), outline) = (&target.file, self.outline(target)) else { return false };
        let Ok(Some(outline)) = outline else { return true };
        if outline.may_have(name) {
            return true;
        }
        if !seen.insert(file.clone()) {
            return false;
        }
        let Ok(path) = RelPath::new(file.as_str()) else { return true };
        outline.stars().any(|star| match self.find(&path, star) {
            Found::Module(starred) => self.has(&starred, name, seen),
            Found::Nothing | Found::Unsure => true,
        })
    }
}

/// Whether `path` is `folder` or inside of it.
fn is_inside(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A file that exists and has no outline: it is refused, broken, or too large.
struct NotRead;

/// Whether a module of this name is often made by a build and kept out of the repository.
fn is_often_generated(name: &str) -> bool {
    name.starts_with('_') || name.ends_with("_pb2") || name.ends_with("_pb2_grpc") || name == "version"
}
