//! What a script may call beyond the language: `step::`, `field::`, `project::`, `names::`, `text::` and `body`.
//!
//! All of it reads and returns data. Nothing here writes, runs, asks the clock or reaches the network.

mod field;
mod names;
mod project;
mod step;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use aksara_protocol::ProjectFacts;
use rhai::{Engine, EvalAltResult, Module, NativeCallContext};

use crate::nearest::{listed, nearest};
use crate::sandbox::Refusal;

pub(crate) use names::{human, pascal, plural, singular, snake};
pub(crate) use step::TYPES;
pub(crate) use text::capitalize;

/// The modules that every script sees.
pub(crate) const MODULES: &[&str] = &["step", "field", "project", "names", "text"];

type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// What a run of a script sees of the world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// The template, for messages.
    pub(crate) template: String,
    /// The project.
    pub(crate) facts: Arc<ProjectFacts>,
    /// The template's bodies, by file name.
    pub(crate) bodies: Arc<BTreeMap<String, String>>,
    /// What the script asked of the facts.
    pub(crate) asked: Asked,
}

/// The questions that a script put to the facts: its plan depends on the answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Arc<Mutex<BTreeSet<String>>>);

impl Asked {
    fn note(&self, question: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(question);
    }

    /// The questions, sorted.
    pub(crate) fn list(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Modules that need no project are built once.
static PURE: LazyLock<[(&str, Arc<Module>); 4]> = LazyLock::new(|| {
    [
        ("step", Arc::new(step::module())),
        ("field", Arc::new(field::module())),
        ("names", Arc::new(names::module())),
        ("text", Arc::new(text::module())),
    ]
});

/// Gives the script its functions.
pub(crate) fn register(engine: &mut Engine, around: &Surroundings) {
    for (name, module) in PURE.iter() {
        engine.register_static_module(*name, module.clone());
    }
    engine.register_static_module("project", Arc::new(project::module(&around.facts, &around.asked)));
    let here = around.clone();
    engine.register_fn("has_body", move |name: &str| here.bodies.contains_key(&here.body_file(name)));
    let here = around.clone();
    engine.register_fn("body", move |cx: NativeCallContext, name: &str| -> Fallible<String> {
        here.body(name).map_err(|refusal| refusal.at(&cx).into())
    });
}

impl Surroundings {
    fn body_file(&self, name: &str) -> String {
        format!("{}/{name}.{}.j2", self.template, self.facts.stack)
    }

    fn body(&self, name: &str) -> Result<String, Refusal> {
        let file = self.body_file(name);
        if let Some(text) = self.bodies.get(&file) {
            return Ok(text.clone());
        }
        let known: Vec<&str> = self.bodies.keys().map(String::as_str).collect();
        let help = match nearest(&file, known.iter().copied()) {
            Some(near) => format!("did you mean the body of `{near}`?"),
            None if known.is_empty() => format!("add the file {file} beside the script"),
            None => format!("add the file {file} beside the script; there are {}", listed(&known)),
        };
        Err(Refusal::new(format!("the template has no body `{file}`")).with_help(Some(help)).of_body())
    }
}
