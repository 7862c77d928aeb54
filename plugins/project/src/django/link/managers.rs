//! The managers of models, and what is known of their classes.

use aksara_python::read::{Assign, Class};
use aksara_sdk::protocol::facts::{ManagerFacts, Parts};
use serde_json::Value;

use super::models::is_true;
use super::modules::{Ancestor, Definition, LinkedModule, Modules};

/// A manager from outside the project that migrations know.
const IN_MIGRATIONS: &str = "django.contrib.auth.models.UserManager";

/// The managers of a model: its own, then those of its abstract bases, where it has no attribute by their name.
pub(super) fn managers(modules: &Modules, module: &LinkedModule, class: &Class) -> Vec<ManagerFacts> {
    let mut found: Vec<ManagerFacts> =
        class.assigns.iter().filter_map(|a| manager(modules, module, a)).collect();
    for ancestor in modules.ancestors(class) {
        let Ancestor::Own(module, base) = ancestor else { continue };
        if !is_true(base, "abstract") {
            continue;
        }
        for mut inherited in base.assigns.iter().filter_map(|a| manager(modules, module, a)) {
            let is_hidden =
                class.assign(&inherited.name).is_some() || found.iter().any(|m| m.name == inherited.name);
            if !is_hidden {
                inherited.inherited_from = Some(format!("{}.{}", module.module.name, base.name));
                found.push(inherited);
            }
        }
    }
    found
}

/// The manager that an assignment makes.
fn manager(modules: &Modules, module: &LinkedModule, assign: &Assign) -> Option<ManagerFacts> {
    let Some(Parts::Call { function, .. }) = assign.value.parts.as_deref() else { return None };
    let of_rows = function.strip_suffix(".as_manager");
    let class = of_rows.unwrap_or(function);
    let found = modules.resolve(class);
    let is_manager = of_rows.is_some()
        || match found {
            Some(Definition::Class(_, class)) => modules
                .ancestors(class)
                .iter()
                .any(|ancestor| matches!(ancestor, Ancestor::Foreign(name) if is_of_managers(name))),
            Some(Definition::Variable(_, assign)) => {
                matches!(assign.value.parts.as_deref(), Some(Parts::Call { function, .. }) if is_of_managers(function))
            }
            Some(_) => false,
            None => is_of_managers(class),
        };
    if !is_manager {
        return None;
    }
    let mut known = ManagerFacts {
        name: assign.name.clone(),
        class: class.to_owned(),
        made_of: named(module, &assign.value.source),
        members: Vec::new(),
        in_migrations: class == IN_MIGRATIONS,
        foreign: false,
        inherited_from: None,
    };
    match found {
        None => known.foreign = is_foreign(class),
        Some(Definition::Variable(_, assign)) => {
            if let Some(Parts::Call { function, .. }) = assign.value.parts.as_deref() {
                known.foreign = is_foreign(function);
            }
        }
        Some(_) => {}
    }
    if let Some(Definition::Class(module, class)) = found {
        known.class = format!("{}.{}", module.module.name, class.name);
        describe(&mut known, class);
        for ancestor in modules.ancestors(class) {
            match ancestor {
                Ancestor::Own(_, base) => describe(&mut known, base),
                Ancestor::Foreign(name) => {
                    known.in_migrations |= name == IN_MIGRATIONS;
                    known.foreign |= is_foreign(name);
                }
            }
        }
    }
    Some(known)
}

/// The full names of what an expression names of the module's imports.
fn named(module: &LinkedModule, source: &str) -> Vec<String> {
    let words = source.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let imports = &module.module.imports;
    words
        .filter_map(|word| imports.iter().find(|import| import.name == word))
        .map(|import| import.path.clone())
        .collect()
}

fn describe(manager: &mut ManagerFacts, class: &Class) {
    manager.members.extend(class.methods.iter().map(|method| method.name.clone()));
    manager.in_migrations |=
        class.assign("use_in_migrations").is_some_and(|a| a.value.literal == Some(Value::Bool(true)));
}

/// Whether a class from outside the project is not Django's or Python's own.
fn is_foreign(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    !name.starts_with("django.") && !matches!(last, "object" | "Generic")
}

/// Whether a name from outside the project is that of a class of managers, or what a call gives that makes one.
fn is_of_managers(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    // django-taggit's is a field.
    (last.ends_with("Manager") && last != "TaggableManager")
        || last.ends_with("()")
        || last == "from_queryset"
}
