//! What models and their factories are called in the module that is written: by their own names, or by one that says
//! the app where another one has that name already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use aksara_python::Source;
use aksara_python::read::{self, Import, ModuleName};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{FactoryFacts, ModelFacts, ProjectFacts};
use aksara_sdk::{Diagnostic, RelPath};

use super::scope::{self, Subject};

/// The key of [`ProjectFacts::extra`] for the names: an object of full dotted names, and what each is called.
const KEY: &str = "names_in_module";

/// The labels of the models that a body makes rows of, or imports.
#[derive(Debug, Default)]
pub struct Asked(Mutex<Vec<String>>);

impl Asked {
    /// Notes a model.
    pub fn note(&self, model: &ModelFacts) {
        let label = &model.label;
        let mut labels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if labels.iter().all(|noted| noted != label) {
            labels.push(label.clone());
        }
    }

    /// The models, in the order in which they were first asked for.
    pub fn labels(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Something that the module imports.
struct Wanted {
    label: String,
    module: String,
    name: String,
}

impl Wanted {
    fn path(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

/// Notes in the facts what `asked` and their factories are called in the module `text`. Gives whether any of them has
/// another name there than its own, so that the module must be written again.
///
/// # Errors
/// A text that cannot be read.
pub fn give(
    facts: &mut ProjectFacts,
    subject: Subject<'_>,
    asked: &[String],
    text: &str,
) -> Result<bool, Diagnostic> {
    let mut wanted = wanted(facts, asked);
    // The names that people expect go to what the module is about, then to what is of its app.
    let app = |label: &str| label.split_once('.').map(|(app, _)| app.to_owned()).unwrap_or_default();
    wanted.sort_by_key(|it| (subject.model != Some(it.label.as_str()), app(&it.label) != subject.app));
    let of_module = bound(facts, subject.app, text)?;
    let is_other = |import: &&Import| wanted.iter().all(|it| it.path() != import.path);
    let others: BTreeSet<String> =
        of_module.iter().filter(is_other).map(|import| import.name.clone()).collect();
    let models = facts.apps.iter().flat_map(|app| &app.models).map(|model| &model.name);
    let factories = facts.test_data.factories.iter().map(|factory| &factory.name);
    let taken: BTreeSet<&String> = models.chain(factories).chain(&others).collect();

    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut is_any_new = false;
    for it in &wanted {
        let is_used = |name: &String| names.values().any(|used| used == name);
        // Bodies know the user model as `User`, from `get_user_model()`.
        let is_users = it.label == facts.settings.auth_user_model;
        let mut name = it.name.clone();
        if is_used(&name) || (others.contains(&name) && !is_users) {
            name = format!("{}{name}", pascal(&app(&it.label)));
            while taken.contains(&name) || is_used(&name) {
                name.push('_');
            }
            is_any_new = true;
        }
        names.insert(it.path(), name);
    }
    facts.extra.insert(KEY.to_owned(), names.into_iter().collect());
    Ok(is_any_new)
}

/// What `asked` models are imported as: themselves, and the factories of those that have one.
fn wanted(facts: &ProjectFacts, asked: &[String]) -> Vec<Wanted> {
    let user = &facts.settings.auth_user_model;
    let models = asked.iter().filter_map(|label| facts.model(label)).map(|model| Wanted {
        label: model.label.clone(),
        module: scope::module_of(facts, model),
        name: model.name.clone(),
    });
    // Tests make their user whatever they are about.
    let factories = asked.iter().chain([user]).filter_map(|label| facts.test_data.factory(label));
    let factories = factories.map(|factory| Wanted {
        label: factory.model.clone(),
        module: factory.module.clone(),
        name: factory.name.clone(),
    });
    let mut found: Vec<Wanted> = models.chain(factories).collect();
    let mut seen = BTreeSet::new();
    found.retain(|it| seen.insert(it.path()));
    found
}

/// What the module imports, sets and defines.
fn bound(facts: &ProjectFacts, app: &str, text: &str) -> Result<Vec<Import>, Diagnostic> {
    let app = facts.require_app(app)?;
    let path = RelPath::new(format!("{}/module.py", app.dir))
        .map_err(|error| Diagnostic::new(codes::BAD_PARAMS, error.to_string()))?;
    let name = ModuleName { name: format!("{}.module", app.module), package: app.module.clone() };
    let module = read::read(&Source::parse(&path, text)?, &name);
    let own = |name: &String| Import { name: name.clone(), path: String::new(), line: 0 };
    let set = module.assigns.iter().map(|assign| own(&assign.name));
    let defined = module.classes.iter().map(|class| own(&class.name));
    let functions = module.functions.iter().map(own);
    Ok(module.imports.iter().cloned().chain(set).chain(defined).chain(functions).collect())
}

/// `stock_room` as `StockRoom`.
pub fn pascal(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect::<String>()
    };
    words.map(capital).collect()
}

fn called<'f>(facts: &'f ProjectFacts, module: &str, name: &'f str) -> Option<&'f str> {
    facts.extra.get(KEY)?.get(format!("{module}.{name}"))?.as_str()
}

/// What a model is called in the module.
pub fn of_model<'f>(facts: &'f ProjectFacts, model: &'f ModelFacts) -> &'f str {
    called(facts, &scope::module_of(facts, model), &model.name).unwrap_or(&model.name)
}

/// What a factory is called in the module.
pub fn of_factory<'f>(facts: &'f ProjectFacts, factory: &'f FactoryFacts) -> &'f str {
    called(facts, &factory.module, &factory.name).unwrap_or(&factory.name)
}

/// Whether the module may have a model or a factory: whether the body asked for it.
pub fn is_wanted(facts: &ProjectFacts, module: &str, name: &str) -> bool {
    !facts.extra.contains_key(KEY) || called(facts, module, name).is_some()
}
