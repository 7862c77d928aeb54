//! What a model demands of the values of a row together: which of two fields comes first, between which numbers a field
//! is, and what no two rows may have.

use aksara_sdk::protocol::facts::{Args, Expr, FieldFacts, ModelFacts, Parts, last};
use serde_json::Value;

/// How long a chain of fields may be, each of which comes before the next.
const MAX_CHAIN: usize = 8;

/// Words of which the first is in the name of what comes first, such as `starts_at` and `ends_at`.
const IN_ORDER: [(&str, &str); 18] = [
    ("start", "end"),
    ("starts", "ends"),
    ("started", "ended"),
    ("start", "finish"),
    ("started", "finished"),
    ("begin", "end"),
    ("begins", "ends"),
    ("from", "until"),
    ("from", "to"),
    ("since", "until"),
    ("open", "close"),
    ("opens", "closes"),
    ("opening", "closing"),
    ("min", "max"),
    ("minimum", "maximum"),
    ("lower", "upper"),
    ("departure", "arrival"),
    ("in", "out"),
];

/// A comparison that a row passes.
struct Comparison<'f> {
    field: &'f str,
    /// Such as `lt`.
    lookup: &'f str,
    with: &'f Expr,
}

/// The calls of a class in `Meta.constraints`.
fn constraints<'f>(model: &'f ModelFacts, class: &'f str) -> impl Iterator<Item = &'f Args> {
    let items = match model.meta("constraints").and_then(|written| written.parts.as_deref()) {
        Some(Parts::List(items) | Parts::Tuple(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(move |item| match item.parts.as_deref() {
        Some(Parts::Call { function, args }) if last(function) == class => Some(args),
        _ => None,
    })
}

fn comparisons(model: &ModelFacts) -> Vec<Comparison<'_>> {
    let conditions = constraints(model, "CheckConstraint")
        .filter_map(|args| args.keyword("condition").or_else(|| args.keyword("check")));
    conditions.flat_map(compared).collect()
}

/// The comparisons that make a condition hold; of `a | b`, those of the first that has any.
fn compared(condition: &Expr) -> Vec<Comparison<'_>> {
    match condition.parts.as_deref() {
        Some(Parts::Call { function, args }) if last(function) == "Q" => {
            let keywords = args.keywords.iter().filter_map(|(path, with)| {
                let (field, lookup) = path.rsplit_once("__")?;
                let compares = matches!(lookup, "lt" | "lte" | "gt" | "gte" | "range");
                (compares && !field.contains("__")).then_some(Comparison { field, lookup, with })
            });
            args.positional.iter().flat_map(compared).chain(keywords).collect()
        }
        Some(Parts::Operation { operator, operands }) if operator == "&" => {
            operands.iter().flat_map(compared).collect()
        }
        Some(Parts::Operation { operator, operands }) if operator == "|" => {
            operands.iter().map(compared).find(|found| !found.is_empty()).unwrap_or_default()
        }
        Some(Parts::Operation { operator, operands }) if operator == "~" => {
            let mut found: Vec<Comparison<'_>> = operands.iter().flat_map(compared).collect();
            // Of `~(a & b)` it is enough that one does not hold.
            found.truncate(1);
            found.retain_mut(|comparison| {
                opposite(comparison.lookup).map(|it| comparison.lookup = it).is_some()
            });
            found
        }
        _ => Vec::new(),
    }
}

fn opposite(lookup: &str) -> Option<&'static str> {
    Some(match lookup {
        "lt" => "gte",
        "lte" => "gt",
        "gt" => "lte",
        "gte" => "lt",
        _ => return None,
    })
}

/// The field in `F("field")`, or in what is computed from it.
fn other_field(expr: &Expr) -> Option<&str> {
    match expr.parts.as_deref()? {
        Parts::Call { function, args } if last(function) == "F" => {
            args.positional.first()?.literal.as_ref()?.as_str()
        }
        Parts::Operation { operands, .. } => operands.iter().find_map(other_field),
        _ => None,
    }
}

/// A number, or that in `Decimal("1")`.
fn number(expr: &Expr) -> Option<f64> {
    match (&expr.literal, expr.parts.as_deref()) {
        (Some(Value::Number(number)), _) => number.as_f64(),
        (Some(Value::String(text)), _) => text.parse().ok(),
        (_, Some(Parts::Call { args, .. })) => number(args.positional.first()?),
        (_, Some(Parts::Operation { operator, operands })) if operator == "-" => match operands.as_slice() {
            [one] => number(one).map(|number| -number),
            _ => None,
        },
        _ => None,
    }
}

/// The least and the greatest number that check constraints of the model allow in a field.
pub fn limits(model: &ModelFacts, field: &FieldFacts) -> (Option<f64>, Option<f64>) {
    let (mut min, mut max): (Option<f64>, Option<f64>) = (None, None);
    let mut at_least = |n: f64| min = Some(min.map_or(n, |min| min.max(n)));
    let mut at_most = |n: f64| max = Some(max.map_or(n, |max| max.min(n)));
    for comparison in comparisons(model).iter().filter(|comparison| comparison.field == field.name) {
        match (comparison.lookup, number(comparison.with)) {
            ("gte", Some(n)) => at_least(n),
            ("gt", Some(n)) => at_least(n.floor() + 1.0),
            ("lte", Some(n)) => at_most(n),
            ("lt", Some(n)) => at_most(n.ceil() - 1.0),
            ("range", _) => {
                if let Some(Parts::List(ends) | Parts::Tuple(ends)) = comparison.with.parts.as_deref()
                    && let [from, to] = ends.as_slice()
                {
                    number(from).into_iter().for_each(&mut at_least);
                    number(to).into_iter().for_each(&mut at_most);
                }
            }
            _ => {}
        }
    }
    (min, max)
}

/// The pairs of fields of which a check constraint says that the first comes before the second.
fn said_pairs(model: &ModelFacts) -> Vec<(&str, &str)> {
    let pairs = comparisons(model).into_iter().filter_map(|Comparison { field, lookup, with }| {
        let other = other_field(with)?;
        match lookup {
            "lt" | "lte" => Some((field, other)),
            "gt" | "gte" => Some((other, field)),
            _ => None,
        }
    });
    pairs.collect()
}

/// Whether a check constraint says that `first` comes before `second`.
pub fn comes_before(model: &ModelFacts, first: &FieldFacts, second: &FieldFacts) -> bool {
    said_pairs(model).contains(&(first.name.as_str(), second.name.as_str()))
}

/// The fields of the model that come before `field`: as its check constraints say, or as names such as `starts_at` and
/// `ends_at` do.
fn predecessors<'f>(model: &'f ModelFacts, field: &FieldFacts) -> Vec<&'f FieldFacts> {
    let said = said_pairs(model);
    let is_said = |one: &str, other: &str| said.contains(&(one, other)) || said.contains(&(other, one));
    let comes_before = |other: &&FieldFacts| {
        said.contains(&(other.name.as_str(), field.name.as_str()))
            || (other.class == field.class
                && field.relation.is_none()
                && !is_said(&other.name, &field.name)
                && are_named_in_order(&other.name, &field.name))
    };
    model.fields.iter().filter(|other| other.name != field.name).filter(comes_before).collect()
}

fn are_named_in_order(first: &str, second: &str) -> bool {
    let (first, second): (Vec<&str>, Vec<&str>) = (first.split('_').collect(), second.split('_').collect());
    let mut differences = first.iter().zip(&second).filter(|(one, other)| one != other);
    let only = differences.next().filter(|_| differences.next().is_none());
    first.len() == second.len() && only.is_some_and(|(one, other)| IN_ORDER.contains(&(*one, *other)))
}

/// How many fields of the model come before `field`, one before the other.
pub fn rank(model: &ModelFacts, field: &FieldFacts) -> usize {
    fn within(model: &ModelFacts, field: &FieldFacts, depth: usize) -> usize {
        let Some(depth) = depth.checked_sub(1) else { return 0 };
        let before = predecessors(model, field).into_iter().map(|other| within(model, other, depth) + 1);
        before.max().unwrap_or_default()
    }
    within(model, field, MAX_CHAIN).min(MAX_CHAIN)
}

/// The fields that check constraints compare with `field`.
pub fn compared_with<'f>(model: &'f ModelFacts, field: &FieldFacts) -> Vec<&'f str> {
    let said = said_pairs(model);
    let others = said.into_iter().filter_map(|(one, other)| match field.name.as_str() {
        name if name == one => Some(other),
        name if name == other => Some(one),
        _ => None,
    });
    others.collect()
}

/// A number for `field` that is above those of all fields that come before it. `own` is what each has by itself.
pub fn number_above(model: &ModelFacts, field: &FieldFacts, own: &dyn Fn(&FieldFacts) -> f64) -> f64 {
    fn within(model: &ModelFacts, field: &FieldFacts, own: &dyn Fn(&FieldFacts) -> f64, depth: usize) -> f64 {
        let Some(depth) = depth.checked_sub(1) else { return own(field) };
        let before = predecessors(model, field).into_iter().map(|other| within(model, other, own, depth));
        before.map(|number| number + 10.0).fold(own(field), f64::max)
    }
    within(model, field, own, MAX_CHAIN)
}

/// The sets of fields whose values together no two rows may have, fields that are unique alone left out.
fn unique_together(model: &ModelFacts) -> Vec<Vec<String>> {
    let names = |list: &Expr| -> Option<Vec<String>> {
        list.literal.as_ref()?.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let written = model.meta("unique_together").and_then(|written| {
        let one = names(written).filter(|names| !names.is_empty());
        one.map(|one| vec![one]).or_else(|| match written.parts.as_deref() {
            Some(Parts::List(items) | Parts::Tuple(items) | Parts::Set(items)) => {
                Some(items.iter().filter_map(names).collect())
            }
            _ => None,
        })
    });
    let by_constraints = constraints(model, "UniqueConstraint").map(|args| {
        let listed = args.keyword("fields").and_then(names).unwrap_or_default();
        // `Lower("name")`
        let is_named = |field: &&FieldFacts, expr: &Expr| {
            let quoted = [format!("\"{}\"", field.name), format!("'{}'", field.name)];
            quoted.iter().any(|name| expr.source.contains(name.as_str()))
        };
        let computed = model.fields.iter().filter(|f| args.positional.iter().any(|e| is_named(f, e)));
        listed.into_iter().chain(computed.map(|f| f.name.clone())).collect()
    });
    written.unwrap_or_default().into_iter().chain(by_constraints).collect()
}

/// Whether no two rows may have the same value in the field.
pub fn is_unique_alone(model: &ModelFacts, field: &FieldFacts) -> bool {
    field.is_true("unique")
        || field.is_true("primary_key")
        || unique_together(model).iter().any(|names| *names == [field.name.as_str()])
}

/// The others of each set of fields, this one among them, whose values together no two rows may have.
pub fn unique_with<'f>(model: &'f ModelFacts, field: &FieldFacts) -> Vec<Vec<&'f FieldFacts>> {
    let sets = unique_together(model).into_iter().filter(|names| names.contains(&field.name));
    let others = |names: Vec<String>| {
        model.fields.iter().filter(|f| f.name != field.name && names.contains(&f.name)).collect()
    };
    sets.map(others).collect()
}
