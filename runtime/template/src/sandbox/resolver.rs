//! `import "lib/words" as words;`: libraries come from the template roots, and from nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{AST, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};

/// A parsed library.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    /// Its place in its root, such as `lib/words.rhai`.
    pub(crate) file: String,
    /// Its source.
    pub(crate) text: String,
    /// Its syntax tree.
    pub(crate) ast: AST,
}

/// The libraries that a script sees, by the path that it imports them by: `lib/words`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Libraries(pub(crate) Arc<BTreeMap<String, Library>>);

impl ModuleResolver for Libraries {
    fn resolve(
        &self,
        engine: &Engine,
        _source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let Some(library) = self.0.get(path) else {
            return Err(EvalAltResult::ErrorModuleNotFound(path.to_owned(), position).into());
        };
        Module::eval_ast_as_new(Scope::new(), &library.ast, engine)
            .map(Shared::new)
            .map_err(|error| EvalAltResult::ErrorInModule(library.file.clone(), error, position).into())
    }
}
