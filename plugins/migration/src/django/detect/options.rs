//! Options of models that are on both sides, indexes and constraints among them.

use std::collections::BTreeSet;

use aksara_sdk::protocol::facts::Expr;

use super::{DetectError, Detector, Kept};
use crate::django::index;
use crate::django::model::{Model, Part};
use crate::django::operation::Operation;
use crate::django::order::{Need, What};
use crate::django::value::{Call, Value};

/// The options whose change is an `AlterModelOptions`.
const ALTERED_OPTIONS: [&str; 11] = [
    "base_manager_name",
    "default_manager_name",
    "default_related_name",
    "get_latest_by",
    "managed",
    "ordering",
    "permissions",
    "default_permissions",
    "select_on_save",
    "verbose_name",
    "verbose_name_plural",
];

/// The constraint's arguments that do not reach the database.
const STATE_ONLY: [&str; 2] = ["violation_error_code", "violation_error_message"];

impl<'a> Detector<'a> {
    pub(super) fn alter_options(&mut self, kept: &Kept<'a>) -> Result<(), DetectError> {
        if !kept.new.not_static.is_empty() {
            return Ok(());
        }
        let mut differs = false;
        for name in ALTERED_OPTIONS {
            match (kept.old.option(name), kept.new.option(name)) {
                (None, None) => {}
                (Some(Part::Known(old)), Some(Part::Known(new))) => differs |= !old.same(new),
                (old, new) => {
                    let unknown = [old, new].into_iter().flatten().find_map(|part| match part {
                        Part::Unknown { reason, .. } => Some(reason.to_string()),
                        Part::Known(_) => None,
                    });
                    match unknown {
                        None => differs = true,
                        Some(reason) => {
                            let what = format!("`{name}` of `{}.Meta`", kept.new.name);
                            self.unchanged(self.meta_is_as_in_base(kept.key, name), what, &reason)?;
                        }
                    }
                }
            }
        }
        if differs {
            let options = self
                .known_options(kept.new)?
                .into_iter()
                .filter(|(name, _)| ALTERED_OPTIONS.contains(&name.as_str()))
                .collect();
            self.plan(Operation::AlterModelOptions { name: kept.key.to_owned(), options }, Vec::new());
        }
        Ok(())
    }

    /// An option that has an operation of its own.
    pub(super) fn alter_option(
        &mut self,
        kept: &Kept<'a>,
        name: &str,
        operation: impl Fn(String, Value) -> Operation,
    ) -> Result<(), DetectError> {
        if !kept.new.not_static.is_empty() {
            return Ok(());
        }
        let (old, new) = match (kept.old.option(name), kept.new.option(name)) {
            (None, None) => return Ok(()),
            (Some(Part::Unknown { reason, .. }), _) | (_, Some(Part::Unknown { reason, .. })) => {
                let what = format!("`{name}` of `{}.Meta`", kept.new.name);
                return self.unchanged(self.meta_is_as_in_base(kept.key, name), what, &reason.to_string());
            }
            (old, new) => (known_value(old), known_value(new)),
        };
        if !old.same(&new) {
            self.plan(operation(kept.key.to_owned(), new), Vec::new());
        }
        Ok(())
    }

    pub(super) fn alter_order(&mut self, kept: &Kept<'a>) -> Result<(), DetectError> {
        let before = self.planned.len();
        self.alter_option(kept, "order_with_respect_to", |name, field| Operation::AlterOrderWithRespectTo {
            name,
            field,
        })?;
        let field = kept.new.known_option("order_with_respect_to").and_then(Value::as_str);
        if let (Some(field), Some(planned)) = (field, self.planned.get_mut(before)) {
            planned.needs.push(Need::new(self.app, kept.key, What::FieldCreated(field.to_owned())));
        }
        Ok(())
    }

    pub(super) fn together_change(&mut self, kept: &Kept<'a>) -> Result<Option<Together>, DetectError> {
        for part in [kept.old.option("unique_together"), kept.new.option("unique_together")] {
            if let Some(Part::Unknown { reason, .. }) = part {
                let as_in_base = self.meta_is_as_in_base(kept.key, "unique_together");
                let what = format!("`unique_together` of `{}.Meta`", kept.new.name);
                self.unchanged(as_in_base, what, &reason.to_string())?;
                return Ok(None);
            }
        }
        let rename = |name: String| {
            let new = self.renamed.iter().find(|(model, old, _)| model == kept.key && *old == name);
            new.map_or(name, |(_, _, new)| new.clone())
        };
        let old: BTreeSet<Vec<String>> = kept
            .old
            .unique_together()
            .into_iter()
            .map(|names| names.into_iter().map(&rename).collect())
            .collect();
        let new: BTreeSet<Vec<String>> = kept.new.unique_together().into_iter().collect();
        if old == new || !kept.new.not_static.is_empty() {
            return Ok(None);
        }
        let needs = new
            .iter()
            .flatten()
            .filter_map(|name| match kept.new.field(name) {
                Some(Part::Known(field)) => Some(Need::of_relation(field)),
                _ => None,
            })
            .flatten()
            .collect();
        Ok(Some(Together {
            had_any: !old.is_empty(),
            kept: new.intersection(&old).cloned().collect(),
            wanted: new.into_iter().collect(),
            needs,
        }))
    }

    /// Both sides of `indexes` or `constraints`, if both are known.
    pub(super) fn both_items(
        &mut self,
        kept: &Kept<'a>,
        name: &str,
        pick: impl Fn(&Model) -> &Part<Vec<Value>, Expr>,
    ) -> Result<(Vec<Value>, Vec<Value>), DetectError> {
        // What a class does not say itself may come from a base that is not known.
        let is_said = self.now_model(kept.key).is_some_and(|model| model.meta(name).is_some());
        if !kept.new.not_static.is_empty() && !is_said {
            return Ok((Vec::new(), Vec::new()));
        }
        match (pick(kept.old), pick(kept.new)) {
            (Part::Known(old), Part::Known(new)) => Ok((old.clone(), new.clone())),
            (Part::Unknown { reason, .. }, _) | (_, Part::Unknown { reason, .. }) => {
                let what = format!("`{name}` of `{}.Meta`", kept.new.name);
                self.unchanged(self.meta_is_as_in_base(kept.key, name), what, &reason.to_string())?;
                Ok((Vec::new(), Vec::new()))
            }
        }
    }

    pub(super) fn index_changes(&mut self, kept: &Kept<'a>) -> Result<IndexChanges, DetectError> {
        let (old, new) = self.both_items(kept, "indexes", |model| &model.indexes)?;
        let mut added = missing_in(&new, &old);
        let mut gone = missing_in(&old, &new);
        let mut renamed = Vec::new();
        added.retain(|index| {
            let twin = gone.iter().position(|old| without(index, &["name"]).same(&without(old, &["name"])));
            let Some(twin) = twin else { return true };
            let old = gone.remove(twin);
            let names = (index::name(&old), index::name(index));
            if let (Some(old), Some(new)) = names {
                renamed.push((old.to_owned(), new.to_owned()));
            }
            false
        });
        let removed = gone.iter().filter_map(index::name).map(str::to_owned).collect();
        Ok(IndexChanges { added, removed, renamed })
    }

    pub(super) fn constraint_changes(&mut self, kept: &Kept<'a>) -> Result<ConstraintChanges, DetectError> {
        let (old, new) = self.both_items(kept, "constraints", |model| &model.constraints)?;
        let mut added = missing_in(&new, &old);
        let mut gone = missing_in(&old, &new);
        let mut altered = Vec::new();
        added.retain(|constraint| {
            let twin = gone.iter().position(|old| {
                index::name(old) == index::name(constraint)
                    && without(old, &STATE_ONLY).same(&without(constraint, &STATE_ONLY))
            });
            let Some(twin) = twin else { return true };
            gone.remove(twin);
            let name = index::name(constraint).unwrap_or_default().to_owned();
            altered.push((name, constraint.clone()));
            false
        });
        let removed = gone.iter().filter_map(index::name).map(str::to_owned).collect();
        Ok(ConstraintChanges { added, removed, altered })
    }
}

pub(super) struct Together {
    pub(super) had_any: bool,
    pub(super) kept: Vec<Vec<String>>,
    pub(super) wanted: Vec<Vec<String>>,
    pub(super) needs: Vec<Need>,
}

pub(super) struct IndexChanges {
    pub(super) added: Vec<Value>,
    pub(super) removed: Vec<String>,
    /// `(old, new)`.
    pub(super) renamed: Vec<(String, String)>,
}

pub(super) struct ConstraintChanges {
    pub(super) added: Vec<Value>,
    pub(super) removed: Vec<String>,
    /// `(name, constraint)`.
    pub(super) altered: Vec<(String, Value)>,
}

fn known_value(part: Option<&Part<Value, Expr>>) -> Value {
    match part {
        Some(Part::Known(value)) => value.clone(),
        _ => Value::None,
    }
}

fn missing_in(items: &[Value], others: &[Value]) -> Vec<Value> {
    items.iter().filter(|item| !others.iter().any(|other| item.same(other))).cloned().collect()
}

/// The object without some of its keyword arguments.
fn without(item: &Value, names: &[&str]) -> Value {
    match item {
        Value::Call(call) => Value::Call(Call {
            kwargs: call.kwargs.iter().filter(|(key, _)| !names.contains(&key.as_str())).cloned().collect(),
            ..call.clone()
        }),
        value => value.clone(),
    }
}
