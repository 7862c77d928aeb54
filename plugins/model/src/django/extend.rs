//! Another base for a model of the project.

use aksara_python::edit::{Change, Edits};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ModelFacts, ProjectFacts};
use aksara_sdk::{Diagnostic, Label};

/// Refuses a model whose own `objects` manager would hide that of `base`.
pub(super) fn check_managers(model: &ModelFacts, base: &str) -> Result<(), Diagnostic> {
    let known = model.bases.iter().any(|known| known == base);
    if known || model.members.iter().all(|member| member != "objects") {
        return Ok(());
    }
    let message =
        format!("`{}` has an `objects` manager of its own, which would hide that of `{base}`", model.label);
    Err(refused(model, &message).with_help("say in `managers` what is to become of it"))
}

/// Extends `base`, a dotted name, in the place of the framework's own `Model`.
pub(super) fn extend(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    base: &str,
    models: &str,
) -> Result<Change, Diagnostic> {
    if model.bases.iter().any(|known| known == base) {
        return Ok(Change::AlreadyThere);
    }
    let (module, name) = base.rsplit_once('.').ok_or_else(|| {
        Diagnostic::new(codes::BAD_PARAMS, format!("`{base}` does not say which module the base is in"))
            .with_help("write it with its module, such as blog.tenancy.TenantModel")
    })?;
    if let Some(parent) = concrete_base(facts, model) {
        let message = format!("`{}` extends the model `{parent}`, whose base is its base too", model.label);
        return Err(refused(model, &message).with_help(format!("name `{parent}` instead")));
    }
    let written = super::name_in(edits, facts.app(model.app()), module, name)?;
    edits.code().add_class_base(&model.name, &written, Some(&format!("{models}.Model")))
}

/// A refusal that points to the model.
pub(super) fn refused(model: &ModelFacts, message: &str) -> Diagnostic {
    Diagnostic::new(codes::REFUSED, message).with_label(Label {
        path: model.place.file.clone(),
        line: model.place.line,
        column: 1,
        len: 0,
        text: "this model".to_owned(),
    })
}

/// The model with a table of its own that a model extends.
fn concrete_base<'f>(facts: &'f ProjectFacts, model: &ModelFacts) -> Option<&'f str> {
    let models = facts.apps.iter().flat_map(|app| app.models.iter().map(move |other| (app, other)));
    models.filter(|(_, other)| !other.is_abstract).find_map(|(app, other)| {
        let module = app.module_of(&other.place.file)?;
        model.bases.contains(&format!("{module}.{}", other.name)).then_some(other.label.as_str())
    })
}
