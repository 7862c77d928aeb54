//! Forms of an app that would make rows without a field that a row cannot be without.

use aksara_python::Source;
use aksara_python::read::{ModuleName, read};
use aksara_sdk::protocol::facts::{AppFacts, ModelFacts};
use aksara_sdk::protocol::params::{FieldSpec, FieldType};
use aksara_sdk::{Context, Diagnostic, Note};

use super::file_in;

/// Says which forms in the app's `forms.py` name the model's fields, and not the new ones that are required. They are
/// pages for people, so what they ask for is not decided here.
pub(super) fn without(
    cx: &Context<'_>,
    app: &AppFacts,
    model: &ModelFacts,
    added: &[FieldSpec],
    notes: &mut Vec<Note>,
) -> Result<(), Diagnostic> {
    let required: Vec<&str> = added.iter().filter(|f| is_required(f)).map(|f| f.name.as_str()).collect();
    if required.is_empty() {
        return Ok(());
    }
    let path = file_in(&app.dir, "forms.py")?;
    let Some(file) = cx.read(&path)? else { return Ok(()) };
    let Some(name) = ModuleName::of_path(path.as_str(), "") else { return Ok(()) };
    let module = read(&Source::parse(&path, &file.text)?, &name);
    for form in &module.classes {
        let Some(meta) = form.class("Meta") else { continue };
        let of = meta.assign("model").and_then(|assign| assign.value.path.as_deref()).unwrap_or_default();
        let fields = meta.assign("fields").and_then(|assign| assign.value.literal.as_ref()?.as_array());
        let (true, Some(fields)) = (of.rsplit('.').next() == Some(&model.name), fields) else { continue };
        let missing = required.iter().filter(|name| fields.iter().all(|field| field.as_str() != Some(name)));
        for name in missing {
            notes.push(Note::warning(format!(
                "`{}` in `{path}` does not ask for `{name}`, without which it can make no row: add it to its `fields`, or \
                 set it where the form is saved",
                form.name
            )));
        }
    }
    Ok(())
}

/// Whether a row of which nobody says the field cannot be made.
fn is_required(field: &FieldSpec) -> bool {
    let is_set = field.set_on_create || field.set_on_save || field.internal;
    !field.null
        && !field.blank
        && !is_set
        && field.initial.is_none()
        && field.field_type != FieldType::ManyToMany
}
