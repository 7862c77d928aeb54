//! What a migration depends on outside its own app.

use std::collections::BTreeSet;

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::AppFacts;
use aksara_sdk::{Diagnostic, Note};

use super::detect::Difference;
use super::file::Dependency;
use super::operation::Operation;
use super::order::Outside;

/// The last migrations of Django's own apps, the same in every version since 3.1.
const CONTRIB: [(&str, &str); 7] = [
    ("admin", "0003_logentry_add_action_flag_choices"),
    ("auth", "0012_alter_user_first_name_max_length"),
    ("contenttypes", "0002_remove_content_type_name"),
    ("flatpages", "0001_initial"),
    ("redirects", "0002_alter_redirect_new_path_help_text"),
    ("sessions", "0001_initial"),
    ("sites", "0002_alter_domain_unique"),
];

/// The last migration of the app, and what the difference needs of other apps.
pub(super) fn dependencies(
    facts: &ProjectFacts,
    app: &AppFacts,
    difference: &Difference,
    notes: &mut Vec<Note>,
) -> Result<BTreeSet<Dependency>, Diagnostic> {
    let mut dependencies = BTreeSet::new();
    if let Some(leaf) = app.migrations.leaves.first() {
        dependencies.insert(Dependency::Migration(app.label.clone(), leaf.clone()));
    }
    for outside in &difference.outside {
        let label = match outside {
            Outside::Swappable => {
                dependencies.insert(Dependency::UserModel);
                continue;
            }
            Outside::App(label) => label,
        };
        let name = match (facts.app(label), CONTRIB.iter().find(|(contrib, _)| contrib == label)) {
            (Some(other), _) => match other.migrations.leaves.as_slice() {
                [leaf] => {
                    needs_are_met(other, app, difference)?;
                    leaf.clone()
                }
                [] => {
                    return Err(Diagnostic::new(
                        codes::REFUSED,
                        format!("`{}` refers to `{label}`, which has no migrations yet", app.label),
                    )
                    .with_help(format!("add a create_migration step for `{label}` before this one")));
                }
                _ => {
                    return Err(Diagnostic::new(
                        codes::REFUSED,
                        format!("`{}` refers to `{label}`, whose migrations have several ends", app.label),
                    )
                    .with_help(format!(
                        "merge them first: python manage.py makemigrations --merge {label}"
                    )));
                }
            },
            (None, Some((_, leaf))) => (*leaf).to_owned(),
            (None, None) => {
                notes.push(Note::warning(format!(
                    "the migration depends on the first migration of `{label}`, because the last one of an installed \
                     package is not known"
                )));
                "__first__".to_owned()
            }
        };
        dependencies.insert(Dependency::Migration(label.clone(), name));
    }
    Ok(dependencies)
}

/// Refuses where a model of another own app is referred to whose migrations do not make it.
fn needs_are_met(other: &AppFacts, app: &AppFacts, difference: &Difference) -> Result<(), Diagnostic> {
    let fields = difference.operations.iter().flat_map(Operation::fields);
    for target in fields.filter_map(|field| field.target.as_ref()) {
        let (label, model) = &target.model;
        let is_made = || other.migrations.state.iter().any(|m| m.name.eq_ignore_ascii_case(model));
        let is_known = other.migrations.problem.is_none() && other.migrations.inexact.is_none();
        if *label == other.label && is_known && !is_made() {
            return Err(Diagnostic::new(
                codes::REFUSED,
                format!(
                    "`{}` refers to `{label}.{model}`, which no migration of `{label}` makes yet",
                    app.label
                ),
            )
            .with_help(format!("add a create_migration step for `{label}` before this one")));
        }
    }
    Ok(())
}
