//! What the project's tests make rows with: factories of factory_boy, and model_bakery.

use std::collections::BTreeSet;

use aksara_python::read::{Class, Module};
use aksara_sdk::protocol::facts::{Expr, FactoryFacts, Parts, TestData};
use serde_json::Value;

use super::super::scan::{FACTORY, is_test_module};
use super::imports::Outlines;
use super::models::{Models, is_get_user_model, is_true};
use super::modules::Roots;

/// The module of model_bakery that tests import.
const BAKERY: &str = "model_bakery";

/// Reads the factories in `found`, modules as they were scanned. Those that no test imports are left out: the project
/// may have given them up.
pub(super) fn read(
    found: &[&Module],
    roots: &Roots,
    models: &Models<'_>,
    outlines: &Outlines<'_>,
) -> TestData {
    let imports: Vec<_> = outlines
        .iter()
        .filter(|(path, _)| is_test_module(path))
        .flat_map(|(_, (_, outline))| &outline.imports)
        .collect();
    let imported: BTreeSet<&str> =
        imports.iter().flat_map(|import| &import.names).map(String::as_str).collect();
    let bakery = imports.iter().any(|import| {
        import.level == 0 && (import.module == BAKERY || import.module.starts_with("model_bakery."))
    });

    let modules: Vec<Module> = found
        .iter()
        .map(|module| {
            let mut module = (*module).clone();
            roots.rename_module(&mut module);
            module
        })
        .collect();
    let classes = || modules.iter().flat_map(|m| m.classes.iter().map(move |class| (m, class)));
    let full = |module: &Module, class: &Class| format!("{}.{}", module.name, class.name);
    // A factory may build on another one.
    let mut factories: BTreeSet<String> = BTreeSet::new();
    loop {
        let before = factories.len();
        for (module, class) in classes() {
            let is_one = |base: &String| base.ends_with(FACTORY) || factories.contains(base);
            if class.bases.iter().any(is_one) {
                factories.insert(full(module, class));
            }
        }
        if factories.len() == before {
            break;
        }
    }
    let factory = |(module, class): (&Module, &Class)| {
        let file = module.name.rsplit('.').next().unwrap_or_default();
        let used = imported.contains(class.name.as_str()) || imported.contains(file);
        let model = &class.class("Meta")?.assign("model")?.value;
        (used && factories.contains(&full(module, class)) && !is_true(class, "abstract")).then(|| {
            Some(FactoryFacts {
                name: class.name.clone(),
                module: module.name.clone(),
                model: model_of(model, module, models)?,
            })
        })?
    };
    TestData { factories: classes().filter_map(factory).collect(), bakery }
}

/// The label of the model that a factory makes: a class, `"app.Model"`, or the user model.
fn model_of(expr: &Expr, module: &Module, models: &Models<'_>) -> Option<String> {
    if let Some(Value::String(_)) = &expr.literal {
        return Some(models.target(expr, None));
    }
    if let Some(Parts::Call { function, .. }) = expr.parts.as_deref() {
        return is_get_user_model(function).then(|| models.auth_user_model.to_owned());
    }
    let path = expr.path.as_deref()?;
    // `User = get_user_model()` in the same module.
    if let Some(own) = path.strip_prefix(&format!("{}.", module.name))
        && let Some(assign) = module.assigns.iter().find(|assign| assign.name == own)
    {
        return match assign.value.parts.as_deref() {
            Some(Parts::Call { function, .. }) if is_get_user_model(function) => {
                Some(models.auth_user_model.to_owned())
            }
            _ => None,
        };
    }
    models.target_of_path(path)
}
