//! One template: a parsed script, what it declares, and its files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aksara_protocol::params::FieldType;
use aksara_protocol::{JsonMap, ProjectFacts};
use rhai::{AST, ASTNode, CallFnOptions, Dynamic, Engine, Expr, Map, Scope, Stmt};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Place, Report, TemplateError};
use crate::intent::{TemplatePlan, from_json, from_script};
use crate::literal::{Literal, NotLiteral, constant};
use crate::meta::{Meta, schema_problem};
use crate::params::properties;
use crate::root::{RootKind, TemplateFile};
use crate::sandbox::{self, Libraries, Library, Limits, Running, Sources, on_large_stack, place_at};
use crate::script::{Surroundings, register};

/// Part of a template's hash: changes when the same script would give another plan.
const SCRIPT_VERSION: &str = "1";

/// A template, ready to make plans.
#[derive(Clone, Debug)]
pub struct Template {
    meta: Meta,
    schema: Value,
    hash: String,
    files: Vec<TemplateFile>,
    kind: RootKind,
    label: String,
    doc: String,
    work: Work,
    ast: AST,
    libraries: Libraries,
    bodies: Arc<BTreeMap<String, String>>,
}

/// How a template gives its steps.
#[derive(Clone, Debug)]
enum Work {
    /// `fn plan(p)`.
    Plan,
    /// `const STEPS`.
    Steps(Value),
}

/// Where a template comes from, and what it may import.
pub(crate) struct Source<'a> {
    pub(crate) kind: RootKind,
    pub(crate) label: &'a str,
    pub(crate) script: &'a TemplateFile,
    pub(crate) bodies: Vec<&'a TemplateFile>,
    pub(crate) libraries: &'a BTreeMap<String, Library>,
}

/// Parses scripts, without running them.
pub(crate) struct Compiler(Engine);

impl Compiler {
    pub(crate) fn new() -> Self {
        let mut engine = sandbox::engine(&Limits::default(), Libraries::default());
        register(&mut engine, &Surroundings::default());
        Self(engine)
    }

    pub(crate) fn compile(&self, file: &TemplateFile) -> Result<AST, TemplateError> {
        let ast = self.0.compile(&file.text);
        let mut ast = ast.map_err(|error| sandbox::syntax(&error, &file.name, &file.text))?;
        ast.set_source(file.name.as_str());
        Ok(ast)
    }
}

impl Template {
    /// Reads what a script declares, and checks it.
    pub(crate) fn read(source: &Source<'_>, compiler: &Compiler) -> Result<Self, TemplateError> {
        let script = source.script;
        let ast = compiler.compile(script)?;
        // A schema that is part of the program cannot be another one than the tests have seen.
        let here = Declarations { script, ast: &ast, proven: source.kind == RootKind::BuiltIn };

        let meta = here.meta()?;
        let schema = here.params()?;
        let work = here.work()?;
        let mut paths = BTreeSet::new();
        imports(&ast, script, source.libraries, &mut paths, &mut Vec::new())?;
        let libraries: BTreeMap<String, Library> = paths
            .iter()
            .filter_map(|path| Some((path.clone(), source.libraries.get(path)?.clone())))
            .collect();

        let mut files = vec![script.clone()];
        files.extend(source.bodies.iter().map(|body| (*body).clone()));
        files.extend(libraries.values().map(|l| TemplateFile { name: l.file.clone(), text: l.text.clone() }));
        Ok(Self {
            hash: hash(&files),
            files,
            kind: source.kind,
            label: source.label.to_owned(),
            doc: ast
                .doc()
                .lines()
                .map(|line| line.trim_start_matches("//!").trim())
                .collect::<Vec<_>>()
                .join("\n"),
            libraries: Libraries(Arc::new(libraries)),
            bodies: Arc::new(source.bodies.iter().map(|b| (b.name.clone(), b.text.clone())).collect()),
            meta,
            schema,
            work,
            ast,
        })
    }

    /// A template whose steps are made by the program that Aksara is part of: what it declares, and the steps that
    /// it gives without parameters. What it gives with them is read with [`Template::read_steps`].
    ///
    /// # Errors
    /// A name that is none, a schema or steps that a script could not have either.
    pub fn of_host(meta: Meta, schema: Value, steps: Value) -> Result<Self, TemplateError> {
        let file = format!("{} (in Rust)", meta.name);
        let wrong = |message: String| TemplateError::Declaration(Report::new(message, Place::file(&file)));
        if !is_identifier(&meta.name) {
            return Err(wrong(format!("the name `{}` is not lower case with `_` between words", meta.name)));
        }
        if let Some((path, problem)) = schema_problem(&schema) {
            return Err(wrong(format!("{path}: {problem}")));
        }
        from_json(steps.clone(), &file, &Sources::new())?;
        let declared = json!({ "meta": meta, "params": schema, "steps": steps });
        let text = TemplateFile { name: file, text: declared.to_string() };
        Ok(Self {
            hash: hash(std::slice::from_ref(&text)),
            files: Vec::new(),
            kind: RootKind::Host,
            label: "part of the program".to_owned(),
            doc: String::new(),
            libraries: Libraries::default(),
            bodies: Arc::default(),
            meta,
            schema,
            work: Work::Steps(steps),
            ast: AST::empty(),
        })
    }

    /// Reads steps that were made outside of a script, in the form that a script answers.
    ///
    /// # Errors
    /// They are not a plan; the place in them is named.
    pub fn read_steps(&self, steps: Value) -> Result<TemplatePlan, TemplateError> {
        let file = format!("{} (in Rust)", self.meta.name);
        from_json(steps, &file, &Sources::new())
    }

    /// What the template says about itself.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn params_schema(&self) -> &Value {
        &self.schema
    }

    /// The parameters that name models which it makes.
    pub fn new_models(&self) -> impl Iterator<Item = &str> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        let is_new = |property: &Value| property.get("x-kind").and_then(Value::as_str) == Some("new_model");
        properties.into_iter().flatten().filter(move |(_, p)| is_new(p)).map(|(name, _)| name.as_str())
    }

    /// The hash of its files and of the script interface, hexadecimal: the same hash, the same plans.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The script, its bodies and the libraries that it imports.
    #[must_use]
    pub fn files(&self) -> &[TemplateFile] {
        &self.files
    }

    /// Whose it is, and where it lies, for people.
    #[must_use]
    pub fn root(&self) -> (&RootKind, &str) {
        (&self.kind, &self.label)
    }

    /// Whether it is for projects of this stack: it says so, or it names no stack and plugins carry its steps out there.
    #[must_use]
    pub fn knows(&self, facts: &ProjectFacts) -> bool {
        self.must_know(facts).is_ok()
    }

    /// As [`Template::knows`].
    ///
    /// # Errors
    /// It is not; the error says which stacks it is for, or which step types are missing.
    pub fn must_know(&self, facts: &ProjectFacts) -> Result<(), TemplateError> {
        let Meta { name, stacks, step_types, .. } = &self.meta;
        if !stacks.is_empty() {
            if stacks.contains(&facts.stack) {
                return Ok(());
            }
            return Err(TemplateError::WrongStack {
                template: name.clone(),
                stack: facts.stack.clone(),
                stacks: stacks.clone(),
            });
        }
        // Where nobody said what can be carried out, everything may be.
        let missing = step_types.iter().filter(|of| !can(facts, of)).cloned().collect::<Vec<_>>();
        if missing.is_empty() {
            return Ok(());
        }
        Err(TemplateError::NoExecutors { template: name.clone(), stack: facts.stack.clone(), missing })
    }

    /// The `//!` lines at the script's top.
    #[must_use]
    pub fn doc(&self) -> &str {
        self.doc.trim()
    }

    /// Everything about it as data: for `aksara template show NAME --json`, prompts and tool schemas.
    #[must_use]
    pub fn describe(&self) -> Value {
        json!({
            "name": self.meta.name,
            "title": self.meta.title,
            "summary": self.meta.summary,
            "version": self.meta.version,
            "stacks": self.meta.stacks,
            "keywords": self.meta.keywords,
            "examples": crate::request::shown_examples(self),
            "step_types": self.meta.step_types,
            "optional_step_types": self.meta.optional_step_types,
            "params": self.schema,
            "doc": self.doc,
            "root": { "kind": self.kind, "path": self.label },
            "files": self.files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(),
            "hash": self.hash,
        })
    }

    /// Runs the template. `params` are those of [`crate::params::resolve`]; the same params and facts give the
    /// same plan, byte for byte.
    ///
    /// # Errors
    /// The template does not know the stack, a parameter is not declared or wrong, the script fails or uses
    /// more than `limits`, or what it answers is not a plan.
    pub fn plan(
        &self,
        params: &JsonMap,
        facts: &ProjectFacts,
        limits: &Limits,
    ) -> Result<TemplatePlan, TemplateError> {
        self.must_know(facts)?;
        let given = params.iter().map(|(name, value)| (name.clone(), value.clone(), "set")).collect();
        let wrong = |error| TemplateError::Params { template: self.meta.name.clone(), error };
        let (mut params, _) = crate::params::resolve(&self.schema, given).map_err(wrong)?;
        let assumed = crate::fields::read_params(&self.schema, &mut params, facts).map_err(wrong)?;
        let mut plan = match &self.work {
            Work::Steps(steps) => from_json(steps.clone(), self.main(), &self.sources()),
            Work::Plan => on_large_stack(&self.meta.name, || self.run(&params, facts, limits))?,
        }?;
        for (kind, taken_as, other) in [
            (FieldType::String, "string", "text"),
            (FieldType::Boolean, "boolean", "datetime"),
            (FieldType::Time, "time of day", "duration"),
        ] {
            let names: Vec<&str> = assumed
                .iter()
                .filter(|(_, assumed)| *assumed == kind)
                .map(|(name, _)| name.as_str())
                .collect();
            if let Some(first) = names.first() {
                plan.warnings.push(format!(
                    "Taken as {taken_as}: {}. Write NAME:TYPE, such as {first}:{other}, where another type is meant.",
                    names.join(", ")
                ));
            }
        }
        Ok(plan)
    }

    fn run(
        &self,
        params: &JsonMap,
        facts: &ProjectFacts,
        limits: &Limits,
    ) -> Result<TemplatePlan, TemplateError> {
        let around = Surroundings {
            template: self.meta.name.clone(),
            facts: Arc::new(facts.clone()),
            bodies: self.bodies.clone(),
            ..Surroundings::default()
        };
        let mut engine = sandbox::engine(limits, self.libraries.clone());
        register(&mut engine, &around);
        let sources = self.sources();
        let failed = |engine: &Engine, error: &rhai::EvalAltResult| {
            let running = Running {
                template: &self.meta.name,
                main: self.main(),
                ast: &self.ast,
                sources: &sources,
                params,
            };
            sandbox::explain(error, engine, limits, &running)
        };
        let mut input = Map::new();
        for (name, _) in properties(&self.schema) {
            let value = match params.get(name) {
                Some(value) => rhai::serde::to_dynamic(value).map_err(|error| failed(&engine, &error))?,
                None => Dynamic::UNIT,
            };
            input.insert(name.as_str().into(), value);
        }
        let options = CallFnOptions::new().eval_ast(true).rewind_scope(true);
        let answer: Dynamic = engine
            .call_fn_with_options(options, &mut Scope::new(), &self.ast, "plan", (input,))
            .map_err(|error| failed(&engine, &error))?;
        let mut plan = from_script(&answer, self.main(), &sources)?;
        plan.asked = around.asked.list();
        Ok(plan)
    }

    /// The script's syntax tree.
    pub(crate) fn ast(&self) -> &AST {
        &self.ast
    }

    /// The libraries that it imports, by path.
    pub(crate) fn libraries(&self) -> &BTreeMap<String, Library> {
        &self.libraries.0
    }

    /// Its bodies, by file name.
    pub(crate) fn bodies(&self) -> &BTreeMap<String, String> {
        &self.bodies
    }

    fn main(&self) -> &str {
        self.files.first().map(|file| file.name.as_str()).unwrap_or_default()
    }

    fn sources(&self) -> Sources<'_> {
        self.files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect()
    }
}

/// What stands at the top of a script.
struct Declarations<'a> {
    script: &'a TemplateFile,
    ast: &'a AST,
    /// Whether the schema of its parameters is known to be one.
    proven: bool,
}

impl Declarations<'_> {
    fn wrong(&self, message: impl Into<String>, position: rhai::Position) -> TemplateError {
        TemplateError::Declaration(Report::new(
            message,
            place_at(&self.script.name, &self.script.text, position),
        ))
    }

    fn constant(&self, name: &str) -> Result<Option<Literal>, TemplateError> {
        constant(self.ast, name).map_err(|NotLiteral { reason, position }| {
            self.wrong(
                format!("`{name}` is read without running the script, so it must be plain data: {reason}"),
                position,
            )
        })
    }

    fn meta(&self) -> Result<Meta, TemplateError> {
        let file = &self.script.name;
        let missing = || {
            TemplateError::Declaration(Report::new(
                "the template has no `const META = #{ … };`",
                Place::file(file),
            ))
        };
        let literal = self.constant("META")?.ok_or_else(missing)?;
        let meta: Meta = serde_path_to_error::deserialize(literal.value).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { format!(".{path}") };
            self.wrong(format!("META{path}: {}", error.inner()), literal.position)
        })?;
        let stem = file.trim_end_matches(".rhai");
        if meta.name != stem {
            let message = format!("META.name is `{}`, but the file is called {file}", meta.name);
            return Err(self.wrong(message, literal.position));
        }
        if !is_identifier(&meta.name) {
            let message = format!("the name `{}` is not lower case with `_` between words", meta.name);
            return Err(self.wrong(message, literal.position));
        }
        Ok(meta)
    }

    fn params(&self) -> Result<Value, TemplateError> {
        let Some(literal) = self.constant("PARAMS")? else {
            return Ok(json!({ "type": "object", "properties": {} }));
        };
        if self.proven {
            return Ok(literal.value);
        }
        match schema_problem(&literal.value) {
            None => Ok(literal.value),
            Some((path, problem)) => Err(self.wrong(format!("{path}: {problem}"), literal.position)),
        }
    }

    fn work(&self) -> Result<Work, TemplateError> {
        let file =
            |message: &str| TemplateError::Declaration(Report::new(message, Place::file(&self.script.name)));
        let plan = self.ast.iter_functions().find(|f| f.name == "plan");
        match (self.constant("STEPS")?, plan) {
            (Some(steps), None) => {
                // What is wrong with the steps is told when the template is loaded, not when it is used.
                let sources = Sources::from([(self.script.name.as_str(), self.script.text.as_str())]);
                from_json(steps.value.clone(), &self.script.name, &sources)?;
                Ok(Work::Steps(steps.value))
            }
            (None, Some(plan)) if plan.params.len() == 1 => Ok(Work::Plan),
            (None, Some(_)) => Err(file("`plan` takes one argument: the parameters, as a map")),
            (Some(steps), Some(_)) => {
                Err(self.wrong("the template has both `STEPS` and `fn plan(p)`: keep one", steps.position))
            }
            (None, None) => Err(file("the template has neither `fn plan(p)` nor `const STEPS`")),
        }
    }
}

/// The libraries that a script imports, and those that they import.
fn imports(
    ast: &AST,
    script: &TemplateFile,
    libraries: &BTreeMap<String, Library>,
    found: &mut BTreeSet<String>,
    open: &mut Vec<String>,
) -> Result<(), TemplateError> {
    for (path, position) in import_paths(ast) {
        let wrong = |message: String| {
            TemplateError::Declaration(Report::new(message, place_at(&script.name, &script.text, position)))
        };
        let Some(path) = path else {
            return Err(wrong(
                "an import names its library as plain text: import \"lib/words\" as words;".to_owned(),
            ));
        };
        let Some(library) = libraries.get(&path) else {
            let known: Vec<&str> = libraries.keys().map(String::as_str).collect();
            let hint = match crate::nearest::nearest(&path, known.iter().copied()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => "; libraries are `lib/NAME.rhai` in a template folder, imported as \"lib/NAME\""
                    .to_owned(),
            };
            return Err(wrong(format!("there is no library `{path}`{hint}")));
        };
        if open.contains(&path) {
            return Err(wrong(format!("the libraries import each other in a circle: {}", open.join(", "))));
        }
        if found.insert(path.clone()) {
            open.push(path);
            let file = TemplateFile { name: library.file.clone(), text: library.text.clone() };
            imports(&library.ast, &file, libraries, found, open)?;
            open.pop();
        }
    }
    Ok(())
}

fn import_paths(ast: &AST) -> Vec<(Option<String>, rhai::Position)> {
    let mut paths = Vec::new();
    ast.walk(&mut |nodes: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, position))) = nodes.last() {
            let path = match &import.0 {
                Expr::StringConstant(path, _) => Some(path.to_string()),
                _ => None,
            };
            paths.push((path, *position));
        }
        true
    });
    paths
}

fn hash(files: &[TemplateFile]) -> String {
    let mut sha = Sha256::new();
    let mut part = |text: &str| {
        sha.update((text.len() as u64).to_be_bytes());
        sha.update(text.as_bytes());
    };
    part(SCRIPT_VERSION);
    for TemplateFile { name, text } in files {
        part(name);
        part(text);
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether steps of this type can be carried out in the project, as far as that is known.
pub(crate) fn can(facts: &ProjectFacts, step_type: &str) -> bool {
    facts.step_types.is_empty() || facts.step_types.iter().any(|known| known == step_type)
}

pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests;
