//! Which file of the settings an operation belongs to.

use aksara_python::edit::Edits;
use aksara_python::read::names;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::params::FileOperation;
use aksara_sdk::{Context, Diagnostic, Note, RelPath};

use super::{of_tests, settings_file};

/// Operations in the order of their steps, by the file that each belongs to: the one that sets what `setting_of` names,
/// the last of them if there are several, since that one counts. What no file sets goes to the file that lists
/// the installed apps.
///
/// # Errors
/// A project whose settings were not found; a file that is no Python.
pub fn settings_files<T>(
    facts: &ProjectFacts,
    operations: Vec<T>,
    setting_of: impl Fn(&T) -> Option<String>,
    notes: &mut Vec<Note>,
    cx: &Context<'_>,
) -> Result<Vec<(RelPath, Vec<T>)>, Diagnostic> {
    let main = settings_file(facts)?;
    let mut files = Vec::new();
    for file in cx.read_all(&facts.settings.files)?.into_iter().flatten() {
        files.push((file.path.clone(), Edits::open(&file, &facts.style)?));
    }
    let mut parts: Vec<(RelPath, Vec<T>)> = Vec::new();
    for operation in operations {
        let setting = setting_of(&operation);
        let sets = |edits: &Edits| setting.as_deref().is_some_and(|name| edits.sets(name));
        let setters: Vec<&RelPath> =
            files.iter().rev().filter(|(_, edits)| sets(edits)).map(|(path, _)| path).collect();
        let file = setters.first().copied().unwrap_or(main);
        if let (Some(name), Some((_, others @ [_, ..]))) = (&setting, setters.split_first()) {
            let others: Vec<String> = others.iter().map(|path| format!("`{path}`")).collect();
            let verb = if others.len() == 1 { "sets" } else { "set" };
            notes.push(Note::warning(format!(
                "{} {verb} `{name}` too: `{file}`, which counts for manage.py, is changed",
                others.join(" and ")
            )));
        }
        match parts.iter_mut().find(|(path, _)| path == file) {
            Some((_, list)) => list.push(operation),
            None => parts.push((file.clone(), vec![operation])),
        }
    }
    Ok(parts)
}

/// The operations that the settings of the tests need as well, by their files, where the tests have an INSTALLED_APPS of
/// their own. What those set themselves, and lists that they do without, are the tests' business, and so are imports
/// that none of the others needs.
///
/// # Errors
/// As [`settings_files`].
pub fn tests_settings_files(
    facts: &ProjectFacts,
    operations: &[FileOperation],
    setting_of: impl Fn(&FileOperation) -> Option<String>,
    cx: &Context<'_>,
) -> Result<Vec<(RelPath, Vec<FileOperation>)>, Diagnostic> {
    let Some(facts) = of_tests(facts) else { return Ok(Vec::new()) };
    let mut needed = Vec::new();
    for operation in operations {
        let is_needed = match operation {
            FileOperation::ListAdd { name, .. } => sets(&facts, name, cx)?,
            FileOperation::SettingAdd { name, .. } => !sets(&facts, name, cx)?,
            FileOperation::InstalledAppAdd { .. }
            | FileOperation::DictAdd { .. }
            | FileOperation::ImportAdd { .. } => true,
            _ => false,
        };
        needed.extend(is_needed.then(|| operation.clone()));
    }
    let used: Vec<String> = needed.iter().flat_map(names_in).collect();
    needed.retain(|operation| match operation {
        FileOperation::ImportAdd { module, name } => {
            let bound = name.as_deref().or_else(|| module.split('.').next()).unwrap_or_default();
            used.iter().any(|used| used == bound)
        }
        _ => true,
    });
    settings_files(&facts, needed, setting_of, &mut Vec::new(), cx)
}

/// The names that the values of an operation use.
fn names_in(operation: &FileOperation) -> Vec<String> {
    let values = match operation {
        FileOperation::ListAdd { item, .. } => [Some(item), None],
        FileOperation::DictAdd { value, item, .. } => [value.as_ref(), item.as_ref()],
        FileOperation::SettingAdd { value, .. } => [Some(value), None],
        _ => [None, None],
    };
    values.into_iter().flatten().flat_map(|value| names(value)).collect()
}

/// Whether a file of the settings sets `name`.
///
/// # Errors
/// A project whose settings were not found; a file that is no Python.
pub fn sets(facts: &ProjectFacts, name: &str, cx: &Context<'_>) -> Result<bool, Diagnostic> {
    let mut paths = facts.settings.files.clone();
    if paths.is_empty() {
        paths.push(settings_file(facts)?.clone());
    }
    for file in cx.read_all(&paths)?.into_iter().flatten() {
        if Edits::open(&file, &facts.style)?.sets(name) {
            return Ok(true);
        }
    }
    Ok(false)
}
