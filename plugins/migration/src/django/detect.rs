//! The operations that lead from the state of an app's migrations to its models: the rules of Django's
//! autodetector, for one app.
//!
//! Parts whose value is not known are not compared. If such a part is as it was at the plan's base, it is taken
//! to be unchanged, and that is said; else there is no answer.

mod fields;
mod history;
mod models;
mod options;

use std::collections::BTreeSet;

use aksara_sdk::protocol::facts::{AppFacts, FieldFacts, ModelFacts};

use super::model::{Base, Model, Models, Part, from_classes, migrated};
use super::operation::Operation;
use super::order::{Circle, Need, Outside, Planned, What, optimize, outside, sort};
use super::read::Project;
use options::Together;

/// What is compared with what.
pub(super) struct Input<'a> {
    pub(super) project: Project<'a>,
    /// The app as the step sees it.
    pub(super) app: &'a AppFacts,
    /// The app at the plan's base, if it was there.
    pub(super) base: Option<Base<'a>>,
    /// `(model in lower case, old field, new field)`.
    pub(super) renames: &'a [(String, String, String)],
    /// What differed before the plan, from [`drift`]: it is not the plan's to write.
    pub(super) drift: &'a [Operation],
}

/// The difference.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) operations: Vec<Operation>,
    pub(super) outside: BTreeSet<Outside>,
    /// The state before, for judging what the operations may do to rows.
    pub(super) before: Models,
    /// Parts that were not compared.
    pub(super) not_compared: Vec<String>,
    /// Fields that may have been renamed rather than removed and added: `(model, old, new)`.
    pub(super) perhaps_renamed: Vec<(String, String, String)>,
    /// Models that have others of their old rows, which follow them: `(model, model of old rows)`, in lower case.
    pub(super) histories: Vec<(String, String)>,
}

/// Why there is no difference to tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DetectError {
    /// Something must be known and is not.
    #[error("{what} cannot be worked out without running the project: {reason}")]
    NotStatic {
        /// The part.
        what: String,
        /// Why.
        reason: String,
    },
    /// Django itself cannot alter a field in this way.
    #[error("`{0}` changes `through`, and Django cannot alter a many-to-many relation that way")]
    Through(String),
    /// A rename that does not fit.
    #[error("the rename of `{model}.{old}` to `{new}` does not fit: {reason}")]
    Rename {
        /// The model.
        model: String,
        /// The old name.
        old: String,
        /// The new name.
        new: String,
        /// Why.
        reason: &'static str,
    },
    /// The operations need each other in a circle.
    #[error(transparent)]
    Circle(#[from] Circle),
}

/// Compares.
pub(super) fn detect(input: &Input<'_>) -> Result<Difference, DetectError> {
    let old = migrated(&input.project, input.app, input.base);
    let new = from_classes(&input.project, input.app);
    let mut detector = Detector::new(input, &old, &new);
    detector.run()?;
    let Detector { mut planned, not_compared, mut perhaps_renamed, .. } = detector;
    // Models without a class are not this app's to change, whatever was added to them.
    let has_no_class = |model: &str| {
        let mut drift = input.drift.iter();
        drift.any(|drift| matches!(drift, Operation::DeleteModel { .. }) && drift.model() == model)
    };
    planned.retain(|planned| {
        !input.drift.contains(&planned.operation) && !has_no_class(&planned.operation.model())
    });
    let is_drift = |(model, old, _): &(String, String, String)| {
        input.drift.contains(&Operation::RemoveField { model: model.to_lowercase(), name: old.clone() })
    };
    perhaps_renamed.retain(|rename| !is_drift(rename));
    let (histories, followed) = history::follow(input, &old, &planned);
    planned.extend(followed);
    let sorted = sort(input.project.app, planned)?;
    let outside = outside(input.project.app, &sorted);
    let operations = sorted.into_iter().map(|p| p.operation).collect();
    let operations = optimize(input.project.app, operations);
    Ok(Difference { operations, outside, before: old, not_compared, perhaps_renamed, histories })
}

/// What differs where nothing was changed yet, one operation for each difference. Nothing if that cannot be told: what
/// cannot be compared at the base is judged by what the plan does to it.
pub(super) fn drift(project: Project<'_>, app: &AppFacts) -> Vec<Drift> {
    let base = Some(Base { project, app });
    let input = Input { project, app, base, renames: &[], drift: &[] };
    let old = migrated(&project, app, base);
    let new = from_classes(&project, app);
    let mut detector = Detector::new(&input, &old, &new);
    match detector.run() {
        Ok(()) => {
            let planned = detector.planned.into_iter();
            planned.map(|planned| Drift::of(planned.operation, &old, &new)).collect()
        }
        Err(_) => Vec::new(),
    }
}

/// A difference that was there before the plan.
#[derive(Debug)]
pub(super) struct Drift {
    pub(super) operation: Operation,
    pub(super) kind: DriftKind,
}

/// What a difference that was there before the plan may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DriftKind {
    /// The migrations have what no class says: code that makes models and fields at run time, such as that of
    /// django-simple-history, or a class that was removed without a migration.
    NoClass,
    /// The database is the same: a help text, choices, an ordering.
    NoEffect,
    /// The database is not as the classes say.
    Schema,
}

impl Drift {
    fn of(operation: Operation, old: &Models, new: &Models) -> Self {
        let model = operation.model();
        let kind = match &operation {
            _ if !new.contains_key(&model) => DriftKind::NoClass,
            Operation::RemoveField { name, .. }
                if new.get(&model).is_some_and(|model| model.field(name).is_none()) =>
            {
                DriftKind::NoClass
            }
            Operation::AlterField { name, field, .. } => {
                match old.get(&model).and_then(|model| model.field(name)) {
                    Some(Part::Known(before)) if before.has_same_column(field) => DriftKind::NoEffect,
                    _ => DriftKind::Schema,
                }
            }
            Operation::AlterModelOptions { .. } => DriftKind::NoEffect,
            _ => DriftKind::Schema,
        };
        Self { operation, kind }
    }
}

struct Detector<'a> {
    input: &'a Input<'a>,
    app: &'a str,
    old: &'a Models,
    new: &'a Models,
    planned: Vec<Planned>,
    not_compared: Vec<String>,
    /// `(model in lower case, old, new)`.
    renamed: Vec<(String, String, String)>,
    perhaps_renamed: Vec<(String, String, String)>,
}

/// A model that is on both sides.
struct Kept<'a> {
    /// In lower case.
    key: &'a str,
    old: &'a Model,
    new: &'a Model,
}

impl<'a> Detector<'a> {
    fn new(input: &'a Input<'a>, old: &'a Models, new: &'a Models) -> Self {
        Self {
            input,
            app: input.project.app,
            old,
            new,
            planned: Vec::new(),
            not_compared: Vec::new(),
            renamed: Vec::new(),
            perhaps_renamed: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), DetectError> {
        let (old, new) = (self.old, self.new);
        for (key, model) in old {
            if !new.contains_key(key) && !model.is_proxy() {
                self.delete(key, model);
            }
        }
        let user = self.input.project.user_model();
        let mut added: Vec<(&String, &Model)> =
            new.iter().filter(|(key, model)| !old.contains_key(*key) && !model.is_proxy()).collect();
        // The user model comes first among those that are created.
        added.sort_by_key(|(key, model)| {
            let is_user = user.as_ref() == Some(&(self.app.to_owned(), (*key).clone()));
            (model.is_managed(), !is_user, *key)
        });
        let (unmanaged, managed): (Vec<_>, Vec<_>) = added.into_iter().partition(|(_, m)| !m.is_managed());
        for (key, model) in managed.into_iter().rev().chain(unmanaged.into_iter().rev()) {
            self.create(key, model)?;
        }
        for (key, model) in old {
            if !new.contains_key(key) && model.is_proxy() {
                self.plan(Operation::DeleteModel { name: model.name.clone() }, Vec::new());
            }
        }
        for (key, model) in new {
            if !old.contains_key(key) && model.is_proxy() {
                self.create_proxy(key, model)?;
            }
        }
        let kept: Vec<Kept<'a>> = new
            .iter()
            .filter_map(|(key, model)| Some(Kept { key, old: old.get(key)?, new: model }))
            .collect();
        let tables: Vec<&Kept<'a>> =
            kept.iter().filter(|k| k.new.is_managed() && k.old.is_managed() && !k.new.is_proxy()).collect();

        for kept in &kept {
            self.alter_options(kept)?;
        }
        for kept in &kept {
            self.alter_option(kept, "db_table_comment", |name, comment| Operation::AlterModelTableComment {
                name,
                comment,
            })?;
        }
        self.find_renames(&tables)?;
        let mut indexes = Vec::new();
        let mut constraints = Vec::new();
        for kept in &tables {
            indexes.push(self.index_changes(kept)?);
            constraints.push(self.constraint_changes(kept)?);
        }
        for (kept, changes) in tables.iter().zip(&constraints) {
            for name in &changes.removed {
                let operation =
                    Operation::RemoveConstraint { model: kept.key.to_owned(), name: name.clone() };
                self.plan(operation, Vec::new());
            }
        }
        for (kept, changes) in tables.iter().zip(&indexes) {
            for name in &changes.removed {
                let operation = Operation::RemoveIndex { model: kept.key.to_owned(), name: name.clone() };
                self.plan(operation, Vec::new());
            }
        }
        for kept in &tables {
            self.rename_fields(kept);
        }
        for (kept, changes) in tables.iter().zip(&indexes) {
            for (old, new) in &changes.renamed {
                let (model, old, new) = (kept.key.to_owned(), old.clone(), new.clone());
                self.plan(Operation::RenameIndex { model, old, new }, Vec::new());
            }
        }
        let together: Vec<Option<Together>> =
            tables.iter().map(|kept| self.together_change(kept)).collect::<Result<_, _>>()?;
        for (kept, change) in tables.iter().zip(&together) {
            if let Some(change) = change.as_ref().filter(|c| c.had_any) {
                let lists = change.kept.clone();
                let operation = Operation::AlterUniqueTogether { name: kept.key.to_owned(), lists };
                self.plan(operation, change.needs.clone());
            }
        }
        let mut changes = Vec::new();
        for kept in &tables {
            changes.push(self.field_changes(kept)?);
        }
        for (kept, change) in tables.iter().zip(&changes) {
            for name in &change.removed {
                self.remove_field(kept.key, name);
            }
        }
        for (kept, change) in tables.iter().zip(&changes) {
            for (name, field) in &change.added {
                self.add_field(kept.key, name, field);
            }
        }
        for (kept, change) in tables.iter().zip(&changes) {
            for (name, old, new) in &change.altered {
                if old.is_many_to_many() == new.is_many_to_many() {
                    let operation = Operation::AlterField {
                        model: kept.key.to_owned(),
                        name: name.clone(),
                        field: new.clone(),
                    };
                    self.plan(operation, Need::of_relation(new));
                } else {
                    self.remove_field(kept.key, name);
                    self.add_field(kept.key, name, new);
                }
            }
        }
        for kept in &tables {
            self.alter_order(kept)?;
        }
        for (kept, change) in tables.iter().zip(together) {
            if let Some(change) = change.filter(|c| c.kept != c.wanted) {
                let operation =
                    Operation::AlterUniqueTogether { name: kept.key.to_owned(), lists: change.wanted };
                self.plan(operation, change.needs);
            }
        }
        for (kept, changes) in tables.iter().zip(indexes) {
            let needs = relation_needs(kept.new);
            for index in changes.added {
                let operation = Operation::AddIndex { model: kept.key.to_owned(), index };
                self.plan(operation, needs.clone());
            }
        }
        for (kept, changes) in tables.iter().zip(&constraints) {
            let needs = relation_needs(kept.new);
            for constraint in changes.added.clone() {
                let operation = Operation::AddConstraint { model: kept.key.to_owned(), constraint };
                self.plan(operation, needs.clone());
            }
        }
        for (kept, changes) in tables.iter().zip(constraints) {
            let needs = relation_needs(kept.new);
            for (name, constraint) in changes.altered {
                let operation = Operation::AlterConstraint { model: kept.key.to_owned(), name, constraint };
                self.plan(operation, needs.clone());
            }
        }
        for kept in &kept {
            self.alter_option(kept, "db_table", |name, table| Operation::AlterModelTable { name, table })?;
        }
        Ok(())
    }

    fn plan(&mut self, operation: Operation, needs: Vec<Need>) {
        self.planned.push(Planned { operation, needs });
    }

    fn need(&self, model: &str, what: What) -> Need {
        Need::new(self.app, model, what)
    }

    fn base_model(&self, key: &str) -> Option<&'a ModelFacts> {
        self.input.base?.app.models.iter().find(|model| model.name.eq_ignore_ascii_case(key))
    }

    fn now_model(&self, key: &str) -> Option<&'a ModelFacts> {
        self.input.app.models.iter().find(|model| model.name.eq_ignore_ascii_case(key))
    }

    /// Whether the class is written as it was at the base.
    fn is_as_in_base(&self, key: &str) -> bool {
        match (self.base_model(key), self.now_model(key)) {
            (Some(base), Some(now)) => {
                base.bases == now.bases
                    && base.meta == now.meta
                    && base.fields.len() == now.fields.len()
                    && base.fields.iter().zip(&now.fields).all(|(a, b)| a.name == b.name && same_field(a, b))
            }
            _ => false,
        }
    }

    fn field_is_as_in_base(&self, key: &str, name: &str) -> bool {
        let field = |model: Option<&'a ModelFacts>| model.and_then(|m| m.field(name));
        match (field(self.base_model(key)), field(self.now_model(key))) {
            (Some(base), Some(now)) => same_field(base, now),
            _ => false,
        }
    }

    fn meta_is_as_in_base(&self, key: &str, name: &str) -> bool {
        match (self.base_model(key), self.now_model(key)) {
            (Some(base), Some(now)) => base.meta(name) == now.meta(name) && base.bases == now.bases,
            _ => false,
        }
    }

    /// Notes a part that is taken to be unchanged, or refuses.
    fn unchanged(&mut self, as_in_base: bool, what: String, reason: &str) -> Result<(), DetectError> {
        if !as_in_base {
            return Err(DetectError::NotStatic { what, reason: reason.to_owned() });
        }
        self.not_compared.push(format!("{what} ({reason})"));
        Ok(())
    }
}

fn same_field(a: &FieldFacts, b: &FieldFacts) -> bool {
    a.class == b.class && a.args == b.args && a.relation == b.relation
}

/// What the relations of a model need.
fn relation_needs(model: &Model) -> Vec<Need> {
    model
        .fields
        .iter()
        .filter_map(|(_, part)| match part {
            Part::Known(field) => Some(Need::of_relation(field)),
            Part::Unknown { .. } => None,
        })
        .flatten()
        .collect()
}
