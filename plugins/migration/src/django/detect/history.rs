//! Models of old rows, which django-simple-history makes at run time: no class says them, and they follow the model
//! that they are about.

use super::Input;
use crate::django::model::{Model, Models, Part};
use crate::django::operation::Operation;
use crate::django::order::{Need, Planned};

/// The base of such models in migrations.
const BASE: &str = "simple_history.models.HistoricalChanges";
/// What their names begin with.
const PREFIX: &str = "historical";
/// The setting by which they keep the names of files in a `CharField` rather than a `TextField`.
const FILES_AS_CHARS: &str = "SIMPLE_HISTORY_FILEFIELD_TO_CHARFIELD";

/// What becomes of the models of old rows by what is `planned` for the models that they are about, and which these are:
/// `(model, model of old rows)`.
pub(super) fn follow(
    input: &Input<'_>,
    old: &Models,
    planned: &[Planned],
) -> (Vec<(String, String)>, Vec<Planned>) {
    let settings = &input.project.facts.settings.literals;
    let files_as = match settings.get(FILES_AS_CHARS).and_then(serde_json::Value::as_bool) {
        Some(true) => "CharField",
        _ => "TextField",
    };
    let mut histories = Vec::new();
    let mut followed = Vec::new();
    for Planned { operation, .. } in planned {
        if let Some((key, model)) = of(input, old, &operation.model()) {
            followed.extend(same(operation, &key, model, files_as));
            histories.push((operation.model(), key));
        }
    }
    histories.dedup();
    (histories, followed)
}

/// The operation that does to the model of old rows, `model`, what `operation` does to the one that it is about.
fn same(operation: &Operation, key: &str, model: &Model, files_as: &str) -> Option<Planned> {
    let has = |name: &str| model.field(name).is_some();
    let key = key.to_owned();
    let (operation, needs) = match operation {
        Operation::AddField { name, field, preserve_default, .. } if !has(name) => {
            let field = field.in_history(files_as)?;
            let needs = Need::of_relation(&field);
            let (name, preserve_default) = (name.clone(), *preserve_default);
            (Operation::AddField { model: key, name, field, preserve_default }, needs)
        }
        Operation::AlterField { name, field, .. } => {
            let field = field.in_history(files_as)?;
            let needs = Need::of_relation(&field);
            match model.field(name) {
                Some(Part::Known(before)) if !before.same(&field) => {
                    (Operation::AlterField { model: key, name: name.clone(), field }, needs)
                }
                _ => return None,
            }
        }
        Operation::RemoveField { name, .. } if has(name) => {
            (Operation::RemoveField { model: key, name: name.clone() }, Vec::new())
        }
        Operation::RenameField { old, new, .. } if has(old) => {
            (Operation::RenameField { model: key, old: old.clone(), new: new.clone() }, Vec::new())
        }
        _ => return None,
    };
    Some(Planned { operation, needs })
}

/// The model of the old rows of `model`, with its name in lower case.
fn of<'a>(input: &Input<'_>, old: &'a Models, model: &str) -> Option<(String, &'a Model)> {
    let key = format!("{PREFIX}{model}");
    let state = input.app.migrations.state.iter().find(|state| state.name.eq_ignore_ascii_case(&key))?;
    let is_said = input.app.models.iter().any(|class| class.name.eq_ignore_ascii_case(&key));
    let is_history = state.bases.iter().any(|base| base == BASE);
    let found = old.get(&key)?;
    (is_history && !is_said).then_some((key, found))
}
