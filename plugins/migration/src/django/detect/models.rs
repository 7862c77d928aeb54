//! Models that are made or deleted.

use aksara_sdk::protocol::facts::Expr;

use super::{DetectError, Detector};
use crate::django::field::Field;
use crate::django::model::{Model, Part};
use crate::django::operation::Operation;
use crate::django::order::{Need, Planned, What};
use crate::django::value::Value;

impl Detector<'_> {
    pub(super) fn delete(&mut self, key: &str, model: &Model) {
        if !model.unique_together().is_empty() {
            let operation = Operation::AlterUniqueTogether { name: key.to_owned(), lists: Vec::new() };
            self.plan(operation, Vec::new());
        }
        let mut related: Vec<&String> = model
            .fields
            .iter()
            .filter(|(_, part)| matches!(part, Part::Known(field) if field.target.is_some()))
            .map(|(name, _)| name)
            .collect();
        related.sort();
        for name in &related {
            let operation = Operation::RemoveField { model: key.to_owned(), name: (*name).clone() };
            self.plan(operation, Vec::new());
        }
        let mut needs = Vec::new();
        for (other, other_model) in self.old {
            for (name, part) in &other_model.fields {
                let Part::Known(field) = part else { continue };
                let Some(target) = &field.target else { continue };
                let here = (self.app.to_owned(), key.to_owned());
                if target.model == here || target.through.as_ref() == Some(&here) {
                    needs.push(self.need(other, What::FieldRemoved(name.clone())));
                    if !field.is_many_to_many() {
                        needs.push(self.need(other, What::FieldAltered(name.clone())));
                    }
                }
            }
        }
        needs.extend(related.iter().map(|name| self.need(key, What::FieldRemoved((*name).clone()))));
        self.plan(Operation::DeleteModel { name: model.name.clone() }, needs);
    }

    pub(super) fn create(&mut self, key: &str, model: &Model) -> Result<(), DetectError> {
        let unknown = |what: String, reason: String| DetectError::NotStatic { what, reason };
        if let Some(reason) = model.not_static.first() {
            if self.is_as_in_base(key) {
                self.not_compared.push(format!("the model `{}` ({reason})", model.name));
                return Ok(());
            }
            return Err(unknown(format!("the model `{}`", model.name), reason.clone()));
        }
        let mut own = Vec::new();
        let mut related: Vec<(&String, &Field)> = Vec::new();
        let mut needs = vec![self.need(key, What::Removed)];
        needs.extend(self.base_needs(model));
        for (name, part) in &model.fields {
            let field = match part {
                Part::Known(field) => field,
                Part::Unknown { reason, .. } => {
                    return Err(unknown(format!("the field `{}.{name}`", model.name), reason.to_string()));
                }
            };
            match &field.target {
                Some(target) if field.is("primary_key") => {
                    needs.push(Need::new(&target.model.0, &target.model.1, What::Created));
                    own.push((name.clone(), field.clone()));
                }
                Some(_) => related.push((name, field)),
                None => own.push((name.clone(), field.clone())),
            }
        }
        related.sort_by_key(|(name, _)| *name);
        let options = self.known_options(model)?;
        let deferred = ["unique_together", "order_with_respect_to"];
        let creation = Operation::CreateModel {
            name: model.name.clone(),
            fields: own,
            options: options.into_iter().filter(|(name, _)| !deferred.contains(&name.as_str())).collect(),
            bases: model.bases.clone(),
        };
        self.planned.insert(0, Planned { operation: creation, needs });
        if !model.is_managed() {
            return Ok(());
        }
        let created = self.need(key, What::Created);
        for (name, field) in &related {
            let mut needs = Need::of_relation(field);
            needs.push(created.clone());
            let operation = Operation::AddField {
                model: key.to_owned(),
                name: (*name).clone(),
                field: (*field).clone(),
                preserve_default: true,
            };
            self.plan(operation, needs);
        }
        if let Some(order) = model.known_option("order_with_respect_to") {
            let field = order.as_str().unwrap_or_default().to_owned();
            let needs = vec![self.need(key, What::FieldCreated(field)), created.clone()];
            let operation = Operation::AlterOrderWithRespectTo { name: key.to_owned(), field: order.clone() };
            self.plan(operation, needs);
        }
        let mut needs: Vec<Need> =
            related.iter().map(|(name, _)| self.need(key, What::FieldCreated((*name).clone()))).collect();
        needs.push(created);
        for index in self.known_items(model, &model.indexes, "indexes")? {
            self.plan(Operation::AddIndex { model: key.to_owned(), index }, needs.clone());
        }
        for constraint in self.known_items(model, &model.constraints, "constraints")? {
            self.plan(Operation::AddConstraint { model: key.to_owned(), constraint }, needs.clone());
        }
        let lists = model.unique_together();
        if !lists.is_empty() {
            self.plan(Operation::AlterUniqueTogether { name: key.to_owned(), lists }, needs);
        }
        Ok(())
    }

    pub(super) fn create_proxy(&mut self, key: &str, model: &Model) -> Result<(), DetectError> {
        let mut options = self.known_options(model)?;
        for (name, part) in [("indexes", &model.indexes), ("constraints", &model.constraints)] {
            let items = self.known_items(model, part, name)?;
            options.push((name.to_owned(), Value::List(items)));
        }
        let mut needs = vec![self.need(key, What::Removed)];
        needs.extend(self.base_needs(model));
        let operation = Operation::CreateModel {
            name: model.name.clone(),
            fields: Vec::new(),
            options,
            bases: model.bases.clone(),
        };
        self.plan(operation, needs);
        Ok(())
    }

    pub(super) fn base_needs(&self, model: &Model) -> Vec<Need> {
        let labels = model.bases.iter().filter_map(Value::as_str).filter_map(|base| base.split_once('.'));
        labels.map(|(app, name)| Need::new(app, name, What::Created)).collect()
    }

    pub(super) fn known_options(&self, model: &Model) -> Result<Vec<(String, Value)>, DetectError> {
        let known = |(name, part): &(String, Part<Value, Expr>)| match part {
            Part::Known(value) => Ok((name.clone(), value.clone())),
            Part::Unknown { reason, .. } => Err(DetectError::NotStatic {
                what: format!("`{name}` of `{}.Meta`", model.name),
                reason: reason.to_string(),
            }),
        };
        model.options.iter().map(known).collect()
    }

    pub(super) fn known_items(
        &self,
        model: &Model,
        part: &Part<Vec<Value>, Expr>,
        name: &str,
    ) -> Result<Vec<Value>, DetectError> {
        match part {
            Part::Known(items) => Ok(items.clone()),
            Part::Unknown { reason, .. } => Err(DetectError::NotStatic {
                what: format!("`{name}` of `{}.Meta`", model.name),
                reason: reason.to_string(),
            }),
        }
    }
}
