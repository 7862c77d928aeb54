//! What operations need of each other, and the order that follows from it.
//!
//! The order is that of Django's autodetector, which is Python's `graphlib`: operations without open needs come
//! first, in the order in which they were found.

use std::collections::{BTreeSet, HashMap};

use super::field::Field;
use super::model::together;
use super::operation::Operation;
use super::value::Value;

/// An operation, and what must be done before it.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) operation: Operation,
    pub(super) needs: Vec<Need>,
}

/// Something that must be done before an operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    pub(super) app: String,
    /// In lower case.
    pub(super) model: String,
    pub(super) what: What,
    /// Whether the model may be swapped for another by a setting.
    pub(super) swappable: bool,
}

/// What must have been done to a model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Created,
    Removed,
    FieldCreated(String),
    FieldRemoved(String),
    FieldAltered(String),
    OrderUnset(String),
    TogetherAltered,
}

impl Need {
    pub(super) fn new(app: &str, model: &str, what: What) -> Self {
        Need { app: app.to_owned(), model: model.to_lowercase(), what, swappable: false }
    }

    /// What a field needs of the models that it refers to.
    pub(super) fn of_relation(field: &Field) -> Vec<Self> {
        let Some(target) = &field.target else { return Vec::new() };
        let (app, model) = &target.model;
        let mut needs = vec![Need { swappable: target.swappable, ..Need::new(app, model, What::Created) }];
        if let Some((app, model)) = &target.through {
            needs.push(Need::new(app, model, What::Created));
        }
        needs
    }

    /// Whether `operation` of the same app is what is needed.
    fn is_met_by(&self, operation: &Operation) -> bool {
        if operation.model() != self.model {
            return false;
        }
        match (&self.what, operation) {
            (What::Created, Operation::CreateModel { .. })
            | (What::Removed, Operation::DeleteModel { .. })
            | (What::TogetherAltered, Operation::AlterUniqueTogether { .. }) => true,
            (What::FieldCreated(field), Operation::CreateModel { fields, .. }) => {
                fields.iter().any(|(name, _)| name == field)
            }
            (What::FieldCreated(field), Operation::AddField { name, .. })
            | (What::FieldRemoved(field), Operation::RemoveField { name, .. })
            | (What::FieldAltered(field), Operation::AlterField { name, .. }) => {
                name.eq_ignore_ascii_case(field)
            }
            (What::OrderUnset(field), Operation::AlterOrderWithRespectTo { field: order, .. }) => {
                !order.as_str().unwrap_or_default().eq_ignore_ascii_case(field)
            }
            _ => false,
        }
    }
}

/// A migration of another app, or a swappable model, that a migration depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outside {
    App(String),
    Swappable,
}

/// What the operations of `app` need from outside it.
pub(super) fn outside(app: &str, planned: &[Planned]) -> BTreeSet<Outside> {
    planned
        .iter()
        .flat_map(|p| &p.needs)
        .filter(|need| need.app != app)
        .map(|need| if need.swappable { Outside::Swappable } else { Outside::App(need.app.clone()) })
        .collect()
}

/// The operations need each other in a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operations need each other in a circle")]
pub(super) struct Circle;

/// Puts the operations of `app` into the order that their needs ask for.
pub(super) fn sort(app: &str, planned: Vec<Planned>) -> Result<Vec<Planned>, Circle> {
    // Nodes in the order in which they are first mentioned, as Python's sorter keeps them.
    let mut nodes: Vec<usize> = Vec::new();
    let mut before: HashMap<usize, usize> = HashMap::new();
    let mut after: HashMap<usize, Vec<usize>> = HashMap::new();
    let mention = |node: usize, nodes: &mut Vec<usize>, before: &mut HashMap<usize, usize>| {
        before.entry(node).or_insert_with(|| {
            nodes.push(node);
            0
        });
    };
    for (index, item) in planned.iter().enumerate() {
        mention(index, &mut nodes, &mut before);
        for need in item.needs.iter().filter(|need| need.app == app) {
            let met = planned.iter().enumerate().filter(|(_, p)| need.is_met_by(&p.operation));
            for (predecessor, _) in met {
                mention(predecessor, &mut nodes, &mut before);
                *before.entry(index).or_default() += 1;
                after.entry(predecessor).or_default().push(index);
            }
        }
    }
    let mut ready: Vec<usize> = nodes.iter().copied().filter(|n| before.get(n) == Some(&0)).collect();
    let mut order = Vec::with_capacity(planned.len());
    while !ready.is_empty() {
        let mut next = Vec::new();
        for node in ready {
            order.push(node);
            for successor in after.get(&node).into_iter().flatten() {
                if let Some(open) = before.get_mut(successor) {
                    *open -= 1;
                    if *open == 0 {
                        next.push(*successor);
                    }
                }
            }
        }
        ready = next;
    }
    if order.len() != planned.len() {
        return Err(Circle);
    }
    let mut slots: Vec<Option<Planned>> = planned.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|index| slots[index].take()).collect())
}

/// What comes of two operations that follow each other.
enum Reduced {
    /// They become these.
    Into(Vec<Operation>),
    /// The second may be moved before the first.
    Through,
    /// Neither.
    Stays,
}

/// Merges operations as Django's optimizer does: a field that is added to a model of the same migration becomes
/// part of its creation, and so on.
pub(super) fn optimize(app: &str, mut operations: Vec<Operation>) -> Vec<Operation> {
    while let Some(next) = optimize_once(app, &operations) {
        operations = next;
    }
    operations
}

/// The operations after the first merge that is possible.
fn optimize_once(app: &str, operations: &[Operation]) -> Option<Vec<Operation>> {
    for (index, operation) in operations.iter().enumerate() {
        let mut right = true;
        for (offset, other) in operations[index + 1..].iter().enumerate() {
            let at = index + 1 + offset;
            match reduce(app, operation, other) {
                Reduced::Into(merged) => {
                    let between = &operations[index + 1..at];
                    let mut result = operations[..index].to_vec();
                    if right {
                        result.extend_from_slice(between);
                        result.extend(merged);
                    } else if between.iter().all(|b| matches!(reduce(app, b, other), Reduced::Through)) {
                        result.extend(merged);
                        result.extend_from_slice(between);
                    } else {
                        break;
                    }
                    result.extend_from_slice(&operations[at + 1..]);
                    return Some(result);
                }
                Reduced::Through => {}
                Reduced::Stays => right = false,
            }
        }
    }
    None
}

fn reduce(app: &str, first: &Operation, second: &Operation) -> Reduced {
    use Operation as Op;
    let same_model = first.model() == second.model();
    if same_model {
        if let Some(merged) = into_creation(first, second) {
            return Reduced::Into(merged);
        }
        match (first, second) {
            (
                Op::AddField { name, model, preserve_default, .. },
                Op::AlterField { name: other, field, .. },
            ) if name == other => {
                return Reduced::Into(vec![Op::AddField {
                    model: model.clone(),
                    name: name.clone(),
                    field: field.clone(),
                    preserve_default: *preserve_default,
                }]);
            }
            (Op::AddField { name, .. }, Op::RemoveField { name: other, .. }) if name == other => {
                return Reduced::Into(Vec::new());
            }
            (
                Op::AlterField { name, .. },
                Op::AlterField { name: other, .. } | Op::RemoveField { name: other, .. },
            ) if name == other => return Reduced::Into(vec![second.clone()]),
            (
                Op::RemoveField { .. }
                | Op::AlterModelOptions { .. }
                | Op::AlterModelTable { .. }
                | Op::AlterModelTableComment { .. }
                | Op::AlterUniqueTogether { .. }
                | Op::AlterOrderWithRespectTo { .. },
                Op::DeleteModel { .. },
            )
            | (Op::AlterModelOptions { .. }, Op::AlterModelOptions { .. })
            | (Op::AlterUniqueTogether { .. }, Op::AlterUniqueTogether { .. }) => {
                return Reduced::Into(vec![second.clone()]);
            }
            _ => {}
        }
    }
    let passes = match first {
        Op::CreateModel { .. } | Op::DeleteModel { .. } => !refers_to_model(app, second, &first.model()),
        Op::AlterModelOptions { .. }
        | Op::AlterModelTable { .. }
        | Op::AlterModelTableComment { .. }
        | Op::AlterUniqueTogether { .. }
        | Op::AlterOrderWithRespectTo { .. } => !refers_to_model(app, second, &first.model()),
        Op::AddField { name, .. } | Op::RemoveField { name, .. } | Op::AlterField { name, .. } => {
            !refers_to_field(app, second, &first.model(), name)
        }
        Op::RenameField { old, new, .. } => {
            !refers_to_field(app, second, &first.model(), old)
                && !refers_to_field(app, second, &first.model(), new)
        }
        _ => false,
    };
    if passes { Reduced::Through } else { Reduced::Stays }
}

/// A model's creation with an operation on the same model taken in.
fn into_creation(creation: &Operation, second: &Operation) -> Option<Vec<Operation>> {
    use Operation as Op;
    let Op::CreateModel { name, fields, options, bases } = creation else { return None };
    let (mut fields, mut options) = (fields.clone(), options.clone());
    let is_proxy = options.iter().any(|(key, value)| key == "proxy" && value.is_true());
    match second {
        Op::DeleteModel { .. } if !is_proxy => return Some(Vec::new()),
        Op::AddField { name, field, .. } => fields.push((name.clone(), field.clone())),
        Op::AlterField { name, field, .. } => {
            for (_, old) in fields.iter_mut().filter(|(n, _)| n == name) {
                old.clone_from(field);
            }
        }
        Op::AlterModelTable { table, .. } => set(&mut options, "db_table", table.clone()),
        Op::AlterModelTableComment { comment, .. } => set(&mut options, "db_table_comment", comment.clone()),
        Op::AlterUniqueTogether { lists, .. } => {
            set(&mut options, "unique_together", super::model::together_value(lists));
        }
        Op::AlterOrderWithRespectTo { field, .. } => {
            set(&mut options, "order_with_respect_to", field.clone());
        }
        Op::AddIndex { index, .. } => push(&mut options, "indexes", index),
        Op::AddConstraint { constraint, .. } => push(&mut options, "constraints", constraint),
        _ => return None,
    }
    Some(vec![Op::CreateModel { name: name.clone(), fields, options, bases: bases.clone() }])
}

fn set(options: &mut Vec<(String, Value)>, name: &str, value: Value) {
    match options.iter_mut().find(|(key, _)| key == name) {
        Some((_, old)) => *old = value,
        None => options.push((name.to_owned(), value)),
    }
}

fn push(options: &mut Vec<(String, Value)>, name: &str, item: &Value) {
    match options.iter_mut().find(|(key, _)| key == name) {
        Some((_, Value::List(items))) => items.push(item.clone()),
        _ => options.push((name.to_owned(), Value::List(vec![item.clone()]))),
    }
}

fn field_refers_to(field: &Field, app: &str, model: &str) -> bool {
    field.target.as_ref().is_some_and(|target| {
        let is_it = |(a, m): &(String, String)| a == app && m == model;
        is_it(&target.model) || target.through.as_ref().is_some_and(is_it)
    })
}

fn refers_to_model(app: &str, operation: &Operation, model: &str) -> bool {
    use Operation as Op;
    match operation {
        // Django does not look into these, and takes them to refer to everything.
        Op::DeleteModel { .. }
        | Op::AddIndex { .. }
        | Op::RemoveIndex { .. }
        | Op::RenameIndex { .. }
        | Op::AddConstraint { .. }
        | Op::RemoveConstraint { .. }
        | Op::AlterConstraint { .. } => true,
        Op::CreateModel { fields, bases, .. } => {
            operation.model() == model
                || bases.iter().filter_map(Value::as_str).any(|base| base == format!("{app}.{model}"))
                || fields.iter().any(|(_, field)| field_refers_to(field, app, model))
        }
        Op::AddField { field, .. } | Op::AlterField { field, .. } => {
            operation.model() == model || field_refers_to(field, app, model)
        }
        _ => operation.model() == model,
    }
}

fn refers_to_field(app: &str, operation: &Operation, model: &str, name: &str) -> bool {
    use Operation as Op;
    let by_relation = |field: &Field| {
        field_refers_to(field, app, model)
            && field.kwarg("to_field").and_then(Value::as_str).is_none_or(|to_field| to_field == name)
    };
    match operation {
        Op::AddField { name: other, field, .. } | Op::AlterField { name: other, field, .. } => {
            (operation.model() == model && other == name) || by_relation(field)
        }
        Op::RemoveField { name: other, .. } => operation.model() == model && other == name,
        Op::RenameField { old, new, .. } => {
            operation.model() == model && (old.eq_ignore_ascii_case(name) || new.eq_ignore_ascii_case(name))
        }
        Op::AlterUniqueTogether { lists, .. } => {
            operation.model() == model
                && (lists.is_empty()
                    || together(&super::model::together_value(lists)).iter().flatten().any(|n| n == name))
        }
        Op::AlterOrderWithRespectTo { field, .. } => {
            operation.model() == model && field.as_str().is_none_or(|order| order == name)
        }
        _ => refers_to_model(app, operation, model),
    }
}
