//! All templates of all roots: finding one by name, and what is wrong with those that cannot be used.

use std::collections::BTreeMap;

use crate::error::TemplateError;
use crate::nearest::nearest;
use crate::root::{RootKind, TemplateFile, TemplateRoot};
use crate::sandbox::{Library, on_large_stack};
use crate::template::{Compiler, Source, Template};

/// The templates of all roots. Of two with the same name the one of the later root counts.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    templates: BTreeMap<String, Template>,
    problems: Vec<TemplateProblem>,
}

/// A template or library that cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateProblem {
    /// The template's name; of a library its path, such as `lib/words`.
    pub name: String,
    /// Whose it is.
    pub kind: RootKind,
    /// Where it lies, for people.
    pub label: String,
    /// What is wrong.
    pub error: TemplateError,
}

impl Templates {
    /// Reads the templates of `roots`, without running any. A template sees the libraries of its own root and
    /// of earlier ones, so a project cannot change what a built-in template does without replacing it whole.
    ///
    /// A template that cannot be read is kept as a problem. It still hides one of the same name in an earlier
    /// root: using that one silently would surprise who wrote this one.
    #[must_use]
    pub fn load(roots: Vec<TemplateRoot>) -> Self {
        let loaded = on_large_stack("all", || {
            let mut templates = Self::default();
            let mut libraries = BTreeMap::new();
            let compiler = Compiler::new();
            for root in &roots {
                templates.add(root, &mut libraries, &compiler);
            }
            templates
        });
        loaded.unwrap_or_else(|error| {
            let (kind, label) = roots
                .last()
                .map_or((RootKind::BuiltIn, String::new()), |root| (root.kind, root.label.clone()));
            let problem = TemplateProblem { name: "all".to_owned(), kind, label, error };
            Self { templates: BTreeMap::new(), problems: vec![problem] }
        })
    }

    fn add(&mut self, root: &TemplateRoot, libraries: &mut BTreeMap<String, Library>, compiler: &Compiler) {
        for file in root.files.iter().filter(|f| f.name.starts_with("lib/")) {
            let Some(path) = file.name.strip_suffix(".rhai") else { continue };
            match compiler.compile(file) {
                Ok(ast) => {
                    let library = Library { file: file.name.clone(), text: file.text.clone(), ast };
                    libraries.insert(path.to_owned(), library);
                }
                Err(error) => {
                    libraries.remove(path);
                    self.problem(path, root, error);
                }
            }
        }
        for script in &root.files {
            let Some(name) = script.name.strip_suffix(".rhai").filter(|name| !name.contains('/')) else {
                continue;
            };
            let folder = format!("{name}/");
            let bodies: Vec<&TemplateFile> = root
                .files
                .iter()
                .filter(|f| f.name.starts_with(&folder) && f.name.ends_with(".j2"))
                .collect();
            let source = Source { kind: root.kind, label: &root.label, script, bodies, libraries };
            self.problems.retain(|problem| problem.name != name);
            match Template::read(&source, compiler) {
                Ok(template) => {
                    self.templates.insert(name.to_owned(), template);
                }
                Err(error) => {
                    self.templates.remove(name);
                    self.problem(name, root, error);
                }
            }
        }
    }

    fn problem(&mut self, name: &str, root: &TemplateRoot, error: TemplateError) {
        self.problems.push(TemplateProblem {
            name: name.to_owned(),
            kind: root.kind,
            label: root.label.clone(),
            error,
        });
    }

    /// Adds a template that is written in Rust; it wins over one of the same name.
    pub fn register(&mut self, template: Template) {
        let name = template.meta().name.clone();
        self.problems.retain(|problem| problem.name != name);
        self.templates.insert(name, template);
    }

    /// The templates, by name.
    pub fn list(&self) -> impl Iterator<Item = &Template> {
        self.templates.values()
    }

    /// Templates and libraries that cannot be used, and why.
    #[must_use]
    pub fn problems(&self) -> &[TemplateProblem] {
        &self.problems
    }

    /// The template `name`.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn get(&self, name: &str) -> Result<&Template, TemplateError> {
        if let Some(template) = self.templates.get(name) {
            return Ok(template);
        }
        if let Some(problem) = self.problems.iter().find(|problem| problem.name == name) {
            return Err(problem.error.clone());
        }
        let near = nearest(name, self.templates.keys().map(String::as_str)).map(str::to_owned);
        Err(TemplateError::Unknown {
            name: name.to_owned(),
            nearest: near,
            known: self.templates.keys().cloned().collect(),
        })
    }
}
