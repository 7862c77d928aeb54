//! Names on both ends of relations: how a target is written, and whether its way back is free.

use aksara_python::Layout;
use aksara_sdk::Diagnostic;
use aksara_sdk::RelPath;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ModelFacts, ProjectFacts, RelationKind};
use aksara_sdk::protocol::params::{FieldSpec, FieldType};

use super::field::Target;

/// Where the class with the relation stands, or will stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    /// Its label.
    pub(super) label: &'a str,
    /// Its file.
    pub(super) file: &'a RelPath,
    /// The line of the class that it stands above, or its own; `None` is the end of the file.
    pub(super) line: Option<u32>,
}

/// The label of the model that a relation points to.
pub(super) fn target_label<'a>(spec: &'a FieldSpec, facts: &'a ProjectFacts) -> Option<&'a str> {
    if !spec.is_relation() {
        return None;
    }
    spec.to.as_deref().map(|to| if to == "user" { user_model(facts) } else { to })
}

fn user_model(facts: &ProjectFacts) -> &str {
    match facts.settings.auth_user_model.as_str() {
        "" => "auth.User",
        label => label,
    }
}

/// How the relation's target is written at `site`; `None` if the field is no relation.
pub(super) fn target(
    spec: &FieldSpec,
    facts: &ProjectFacts,
    site: Site<'_>,
    layout: &Layout,
) -> Result<Option<Target>, Diagnostic> {
    let Some(label) = target_label(spec, facts) else { return Ok(None) };
    if label == site.label {
        return Ok(Some(Target::Source(layout.string("self"))));
    }
    if label == user_model(facts) {
        return Ok(Some(Target::User));
    }
    let (app, name) = super::split_label(label)?;
    if let Some(model) = facts.model(label) {
        let above = model.place.file == *site.file && site.line.is_none_or(|line| model.place.line < line);
        let here = site.label.split('.').next() == Some(app);
        return Ok(Some(Target::Source(match (above, here) {
            (true, _) => name.to_owned(),
            (false, true) => layout.string(name),
            (false, false) => layout.string(label),
        })));
    }
    if facts.app_labels.iter().any(|own| own == app) {
        let models: Vec<&str> = facts
            .model_labels
            .iter()
            .filter(|m| m.split('.').next() == Some(app))
            .map(String::as_str)
            .collect();
        return Err(Diagnostic::new(
            codes::NOT_FOUND,
            format!("`{}` is to point to `{label}`, but there is no such model", spec.name),
        )
        .with_help(if models.is_empty() {
            format!("make `{label}` first: the app has no models yet")
        } else {
            format!("make it first, or name one of {}", models.join(", "))
        }));
    }
    if is_installed(facts, app) {
        return Ok(Some(Target::Source(layout.string(label))));
    }
    Err(Diagnostic::new(
        codes::NOT_FOUND,
        format!("`{}` is to point to `{label}`, but no app `{app}` is installed", spec.name),
    )
    .with_help("name a model of an installed app, as app.Model, or `user`"))
}

/// Whether an installed package that is not the project's own has this label, as far as its name says.
fn is_installed(facts: &ProjectFacts, app: &str) -> bool {
    facts.settings.installed_apps.iter().any(|entry| {
        let module = entry.split(".apps.").next().unwrap_or(entry);
        module.rsplit('.').next() == Some(app)
    })
}

/// Refuses a relation whose way back, or whose own name, is in use.
pub(super) fn check_names(spec: &FieldSpec, site: Site<'_>, facts: &ProjectFacts) -> Result<(), Diagnostic> {
    let relations = || {
        facts.apps.iter().flat_map(|app| &app.models).flat_map(|model| {
            model.fields.iter().filter_map(move |f| f.relation.as_ref().map(|r| (model, f.name.as_str(), r)))
        })
    };
    let own = (site.label, spec.name.as_str());
    for (model, field, relation) in relations() {
        let accessor = way_back(relation.related_name.as_deref(), &model.name, relation.kind);
        if relation.to == site.label
            && accessor.as_deref() == Some(&spec.name)
            && (model.label.as_str(), field) != own
        {
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!(
                    "`{}` of `{}` is already the way back from `{}.{field}`",
                    spec.name, site.label, model.label
                ),
            )
            .with_help("choose another name for the field"));
        }
    }
    let Some(label) = target_label(spec, facts) else { return Ok(()) };
    let Ok((_, class)) = super::split_label(site.label) else { return Ok(()) };
    let Some(accessor) = way_back(spec.related_name.as_deref(), class, kind(spec)) else { return Ok(()) };
    let taken_by_field = facts
        .model(label)
        .filter(|target| target.field(&accessor).is_some() || target.members.contains(&accessor))
        .map(|target| format!("a member of `{}`", target.label));
    let taken_by_relation = relations()
        .filter(|(model, field, relation)| {
            relation.to == label && (model.label.as_str(), *field) != own && !is_proxy_or_abstract(model)
        })
        .find(|(model, _, r)| {
            way_back(r.related_name.as_deref(), &model.name, r.kind).as_deref() == Some(&accessor)
        })
        .map(|(model, field, _)| format!("the way back from `{}.{field}`", model.label));
    match taken_by_field.or(taken_by_relation) {
        None => Ok(()),
        Some(taken) => Err(Diagnostic::new(
            codes::NAME_TAKEN,
            format!(
                "`{accessor}` cannot be the way back from `{}.{}` to `{label}`: it is {taken}",
                site.label, spec.name
            ),
        )
        .with_help(format!(
            "give `{}` another related_name, such as `{}_{}s`",
            spec.name,
            spec.name,
            class.to_lowercase()
        ))),
    }
}

fn is_proxy_or_abstract(model: &ModelFacts) -> bool {
    model.is_abstract || model.is_proxy
}

fn kind(spec: &FieldSpec) -> RelationKind {
    match spec.field_type {
        FieldType::OneToOne => RelationKind::OneToOne,
        FieldType::ManyToMany => RelationKind::ManyToMany,
        _ => RelationKind::ForeignKey,
    }
}

/// The attribute by which Django reaches the relation from its target; none if the name ends in `+`.
fn way_back(related_name: Option<&str>, class: &str, kind: RelationKind) -> Option<String> {
    match related_name {
        Some(name) if name.ends_with('+') => None,
        Some(name) => Some(name.to_owned()),
        None if kind == RelationKind::OneToOne => Some(class.to_lowercase()),
        None => Some(format!("{}_set", class.to_lowercase())),
    }
}
