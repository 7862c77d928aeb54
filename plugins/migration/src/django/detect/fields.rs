//! Fields of models that are on both sides.

use super::{DetectError, Detector, Kept};
use crate::django::field::Field;
use crate::django::model::Part;
use crate::django::operation::Operation;
use crate::django::order::{Need, What};

impl<'a> Detector<'a> {
    /// Settles which of the renames that were given are still to be done.
    pub(super) fn find_renames(&mut self, tables: &[&Kept<'a>]) -> Result<(), DetectError> {
        for (model, old, new) in self.input.renames {
            let refuse = |reason| DetectError::Rename {
                model: model.clone(),
                old: old.clone(),
                new: new.clone(),
                reason,
            };
            let Some(kept) = tables.iter().find(|kept| kept.key == model) else {
                return Err(refuse("the app has no such model in both its migrations and its classes"));
            };
            if kept.old.field(old).is_none() && kept.old.field(new).is_some() {
                continue;
            }
            if kept.old.field(old).is_none() {
                return Err(refuse("the migrations have no field of the old name"));
            }
            if kept.new.field(new).is_none() || kept.new.field(old).is_some() {
                return Err(refuse("the class must have the new name and no longer the old one"));
            }
            self.renamed.push((model.clone(), old.clone(), new.clone()));
        }
        Ok(())
    }

    pub(super) fn rename_fields(&mut self, kept: &Kept<'a>) {
        let renames: Vec<(String, String)> = self
            .renamed
            .iter()
            .filter(|(model, _, _)| model == kept.key)
            .map(|(_, old, new)| (old.clone(), new.clone()))
            .collect();
        for (old, new) in renames {
            let model = kept.key.to_owned();
            if let (Some(Part::Known(before)), Some(Part::Known(after))) =
                (kept.old.field(&old), kept.new.field(&new))
                && before.kwarg("db_column") != after.kwarg("db_column")
            {
                let (model, name, field) = (model.clone(), old.clone(), after.clone());
                self.plan(Operation::AlterField { model, name, field }, Vec::new());
            }
            self.plan(Operation::RenameField { model, old, new }, Vec::new());
        }
    }

    /// The name that a field of the class has in the migrations.
    pub(super) fn old_name<'n>(&'n self, key: &str, name: &'n str) -> &'n str {
        self.renamed
            .iter()
            .find(|(model, _, new)| model == key && new == name)
            .map_or(name, |(_, old, _)| old)
    }

    pub(super) fn field_changes(&mut self, kept: &Kept<'a>) -> Result<FieldChanges, DetectError> {
        let partial = !kept.new.not_static.is_empty();
        let mut changes = FieldChanges::default();
        // Of a class that is not fully known, only what it says itself counts.
        let counts = |name: &str| !partial || kept.new.written.iter().any(|f| f.name == name);
        for (name, part) in kept.new.fields.iter().filter(|(name, _)| counts(name)) {
            let label = format!("the field `{}.{name}`", kept.new.name);
            let as_in_base = self.field_is_as_in_base(kept.key, name);
            let old_name = self.old_name(kept.key, name).to_owned();
            let was_renamed = old_name != *name;
            match (kept.old.field(&old_name), part) {
                (None, Part::Known(field)) => changes.added.push((name.clone(), field.clone())),
                (Some(Part::Known(old)), Part::Known(new)) => {
                    let same = if was_renamed { same_but_column(old, new) } else { old.same(new) };
                    // What another class's `deconstruct` gives is not known, so that a difference from what is
                    // written may be none.
                    if same || self.target_was_renamed(old, new) || (!new.is_known() && as_in_base) {
                        continue;
                    }
                    let through = |field: &Field| field.target.as_ref().and_then(|t| t.through.clone());
                    if old.is_many_to_many() && new.is_many_to_many() && through(old) != through(new) {
                        return Err(DetectError::Through(format!("{}.{name}", kept.new.name)));
                    }
                    changes.altered.push((name.clone(), old.clone(), new.clone()));
                }
                (_, Part::Unknown { reason, .. }) | (Some(Part::Unknown { reason, .. }), _) => {
                    self.unchanged(as_in_base, label, &reason.to_string())?;
                }
            }
        }
        for (name, part) in &kept.old.fields {
            let is_renamed = self.renamed.iter().any(|(model, old, _)| model == kept.key && old == name);
            let was_own = || self.base_model(kept.key).is_some_and(|base| base.field(name).is_some());
            if kept.new.field(name).is_some() || is_renamed || (partial && !was_own()) {
                continue;
            }
            if let Part::Known(old) = part
                && let Some((new, _)) = changes.added.iter().find(|(_, field)| same_but_column(old, field))
            {
                self.perhaps_renamed.push((kept.new.name.clone(), name.clone(), new.clone()));
            }
            changes.removed.push(name.clone());
        }
        changes.removed.sort();
        changes.added.sort_by(|a, b| a.0.cmp(&b.0));
        changes.altered.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(changes)
    }

    /// Whether two relations differ only in the name of a model of another app that was renamed there.
    pub(super) fn target_was_renamed(&self, old: &Field, new: &Field) -> bool {
        let (Some(before), Some(after)) = (&old.target, &new.target) else { return false };
        let (app, name) = &before.model;
        let gone =
            self.input.project.facts.app(app).is_some() && self.input.project.model(app, name).is_none();
        let mut renamed = old.clone();
        if let Some(to) = new.kwarg("to") {
            renamed.set("to", to.clone());
        }
        app != self.app && *app == after.model.0 && gone && renamed.same(new)
    }

    pub(super) fn remove_field(&mut self, key: &str, name: &str) {
        let needs =
            vec![self.need(key, What::OrderUnset(name.to_owned())), self.need(key, What::TogetherAltered)];
        self.plan(Operation::RemoveField { model: key.to_owned(), name: name.to_owned() }, needs);
    }

    pub(super) fn add_field(&mut self, key: &str, name: &str, field: &Field) {
        let mut needs = vec![self.need(key, What::FieldRemoved(name.to_owned()))];
        needs.extend(Need::of_relation(field));
        let operation = Operation::AddField {
            model: key.to_owned(),
            name: name.to_owned(),
            field: field.clone(),
            preserve_default: true,
        };
        self.plan(operation, needs);
    }
}

#[derive(Default)]
pub(super) struct FieldChanges {
    pub(super) removed: Vec<String>,
    pub(super) added: Vec<(String, Field)>,
    /// `(name, old, new)`.
    pub(super) altered: Vec<(String, Field, Field)>,
}

fn same_but_column(a: &Field, b: &Field) -> bool {
    let (mut a, mut b) = (a.clone(), b.clone());
    a.unset("db_column");
    b.unset("db_column");
    a.same(&b)
}
