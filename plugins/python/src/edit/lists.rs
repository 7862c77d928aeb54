//! Items of literal lists and tuples.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{Expr, Operator, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::pieces::Replacement;
use super::sequence::Sequence;
use super::{Change, Edits, find, parse_one, patterns};
use crate::read::chosen_from;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListTarget<'a> {
    /// A variable of the module, such as `INSTALLED_APPS`.
    Variable(&'a str),
    /// An attribute of a class (`A.B` for one inside another).
    Attribute {
        /// The class.
        class: &'a str,
        /// The attribute.
        name: &'a str,
    },
    /// A list somewhere inside the value of such an attribute.
    Inside {
        /// The class.
        class: &'a str,
        /// The attribute.
        name: &'a str,
        /// The way to it.
        way: &'a [Inner<'a>],
    },
}

/// A part of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inner<'a> {
    /// An item of a list or tuple.
    Item(usize),
    /// The value of a key of a dict.
    Key(&'a str),
}

impl Inner<'_> {
    fn of<'s>(&self, value: &'s Expr) -> Option<&'s Expr> {
        match (self, value) {
            (Self::Item(index), Expr::List(list)) => list.elts.get(*index),
            (Self::Item(index), Expr::Tuple(tuple)) => tuple.elts.get(*index),
            (Self::Key(wanted), Expr::Dict(dict)) => dict.items.iter().find_map(|item| {
                let key = item.key.as_ref()?.as_string_literal_expr()?;
                (key.value.to_str() == *wanted).then_some(&item.value)
            }),
            _ => None,
        }
    }
}

/// Where an item goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemPlace<'a> {
    /// At the end.
    End,
    /// After this item, given as source.
    After(&'a str),
    /// Before this item, given as source.
    Before(&'a str),
}

/// A literal list that a list is put together from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPart {
    /// The variable that it is assigned to, if that is another one.
    pub name: Option<String>,
    /// Its items, as they are written.
    pub items: Vec<String>,
}

/// A literal list or tuple: its range with the brackets, its items, and whether it is a tuple.
struct Literal<'s> {
    name: Option<&'s str>,
    range: TextRange,
    items: Vec<&'s Expr>,
    is_tuple: bool,
}

impl Edits {
    /// The literal lists that a variable of the module is put together from, in order: itself, or the operands of `+`
    /// and the lists that it unpacks or chooses from, names of other lists of the module followed, and what
    /// `format_suffix_patterns` is given. What is computed is left out.
    ///
    /// # Errors
    /// A variable that is not set, is set twice or conditionally; one in which no literal list can be found.
    pub fn list_parts(&self, variable: &str) -> Result<Vec<ListPart>, Diagnostic> {
        let parts = self.literals(variable)?;
        let written = |item: &&Expr| self.source().slice(*item).to_owned();
        Ok(parts
            .iter()
            .map(|part| ListPart {
                name: part.name.map(str::to_owned),
                items: part.items.iter().map(written).collect(),
            })
            .collect())
    }

    /// Puts an item into one of the [`Edits::list_parts`] of a variable, unless any of them holds it.
    ///
    /// # Errors
    /// As [`Edits::list_parts`] and [`Edits::list_append`]; a part that is not there.
    pub fn list_part_append(
        &mut self,
        variable: &str,
        part: usize,
        item: &str,
        place: ItemPlace<'_>,
    ) -> Result<Change, Diagnostic> {
        let wanted = expression(item)?;
        let parts = self.literals(variable)?;
        let is_there = |part: &Literal<'_>| {
            part.items.iter().any(|i| ComparableExpr::from(*i) == ComparableExpr::from(&wanted))
        };
        let target = ListTarget::Variable(variable);
        if parts.iter().any(is_there) || self.added_later(target, &wanted) {
            return Ok(self.already());
        }
        let Some(chosen) = parts.get(part) else {
            let message = format!("{} is put together from {} lists", self.list_name(target), parts.len());
            return Err(Diagnostic::new(codes::NOT_FOUND, message).with_help("choose one of them"));
        };
        let changes = self.inserted(target, chosen, item, place)?;
        self.commit(&changes)
    }

    /// The literal lists that later statements of the module, as they always run, add to a variable (`NAME += […]`).
    #[must_use]
    pub fn added_parts(&self, variable: &str) -> Vec<ListPart> {
        let written = |item: &&Expr| self.source().slice(*item).to_owned();
        let added = self.added(variable).into_iter();
        added.map(|part| ListPart { name: None, items: part.items.iter().map(written).collect() }).collect()
    }

    /// Puts an item into one of the [`Edits::added_parts`] of a variable, unless the variable holds it.
    ///
    /// # Errors
    /// As [`Edits::list_part_append`].
    pub fn added_part_append(
        &mut self,
        variable: &str,
        part: usize,
        item: &str,
        place: ItemPlace<'_>,
    ) -> Result<Change, Diagnostic> {
        let wanted = expression(item)?;
        let target = ListTarget::Variable(variable);
        let is_there = self.literals(variable)?.iter().any(|part| position(&part.items, &wanted).is_some());
        if is_there || self.added_later(target, &wanted) {
            return Ok(self.already());
        }
        let added = self.added(variable);
        let Some(chosen) = added.get(part) else {
            let message = format!("{} lists are added to {}", added.len(), self.list_name(target));
            return Err(Diagnostic::new(codes::NOT_FOUND, message).with_help("choose one of them"));
        };
        let changes = self.inserted(target, chosen, item, place)?;
        self.commit(&changes)
    }

    /// The items of a list or tuple, as they are written.
    ///
    /// # Errors
    /// As [`Edits::list_append`].
    pub fn list_items(&self, target: ListTarget<'_>) -> Result<Vec<String>, Diagnostic> {
        let list = self.list(target)?;
        Ok(list.items.iter().map(|item| self.source().slice(item).to_owned()).collect())
    }

    /// Puts an item, given as source on one line, into a literal list or tuple. A list that holds it already is
    /// left alone, wherever in it that is. Of a variable that is put together (`[…] + OTHER + […]`), the list with the
    /// item that it goes beside is meant; at the end, the last one that is written out there.
    ///
    /// # Errors
    /// No such list; one that is not a plain literal, that is set twice or conditionally; an anchor item that is
    /// not there; an item that is not one expression.
    pub fn list_append(
        &mut self,
        target: ListTarget<'_>,
        item: &str,
        place: ItemPlace<'_>,
    ) -> Result<Change, Diagnostic> {
        let wanted = expression(item)?;
        let list = match (self.list(target), target) {
            (Err(refused), ListTarget::Variable(name)) => {
                let Ok(parts) = self.literals(name) else { return Err(refused) };
                let part = match place {
                    ItemPlace::After(text) | ItemPlace::Before(text) => {
                        let anchor = expression(text)?;
                        let has = |part: &Literal<'_>| position(&part.items, &anchor).is_some();
                        parts.iter().position(has).or(Some(0))
                    }
                    ItemPlace::End => {
                        let own = parts.iter().rposition(|part| part.name.is_none());
                        own.or((parts.len() == 1).then_some(0))
                    }
                };
                let Some(part) = part else { return Err(refused) };
                return self.list_part_append(name, part, item, place);
            }
            (list, _) => list?,
        };
        if position(&list.items, &wanted).is_some() || self.added_later(target, &wanted) {
            return Ok(self.already());
        }
        let changes = self.inserted(target, &list, item, place)?;
        self.commit(&changes)
    }

    /// What puts an item into a literal.
    fn inserted(
        &self,
        target: ListTarget<'_>,
        list: &Literal<'_>,
        item: &str,
        place: ItemPlace<'_>,
    ) -> Result<Vec<Replacement>, Diagnostic> {
        let anchor = |text: &str| -> Result<usize, Diagnostic> {
            position(&list.items, &expression(text)?).ok_or_else(|| {
                Diagnostic::new(codes::NOT_FOUND, format!("{} has no item {text}", self.list_name(target)))
                    .with_label(self.source().label(list.range, "in this list"))
                    .with_help("name an item of the list")
            })
        };
        let index = match place {
            ItemPlace::End => list.items.len(),
            ItemPlace::After(text) => anchor(text)? + 1,
            ItemPlace::Before(text) => anchor(text)?,
        };
        let ranges: Vec<TextRange> = list.items.iter().map(Ranged::range).collect();
        let sequence = Sequence::of(self.source(), list.range, &ranges, list.is_tuple);
        Ok(sequence.insert(self.source(), self.layout(), index, item.trim()))
    }

    fn list_name(&self, target: ListTarget<'_>) -> String {
        match target {
            ListTarget::Variable(name) => format!("`{name}` in `{}`", self.source().path()),
            ListTarget::Attribute { class, name } | ListTarget::Inside { class, name, .. } => {
                format!("`{class}.{name}` in `{}`", self.source().path())
            }
        }
    }

    fn list(&self, target: ListTarget<'_>) -> Result<Literal<'_>, Diagnostic> {
        let source = self.source();
        let place = self.list_name(target);
        let (body, name): (&[Stmt], &str) = match target {
            ListTarget::Variable(name) => (&source.module().body, name),
            ListTarget::Attribute { class, name } | ListTarget::Inside { class, name, .. } => {
                (&find::class(source, class)?.body, name)
            }
        };
        let Some((_, value)) = find::list_value(source, body, name, &place)? else {
            return Err(not_set(&place));
        };
        let way = if let ListTarget::Inside { way, .. } = target { way } else { &[] };
        let inner = way.iter().try_fold(value, |value, part| part.of(value));
        let value = inner.ok_or_else(|| self.computed(value, &place))?;
        literal(value, None).ok_or_else(|| self.computed(value, &place))
    }

    /// The literals of [`Edits::list_parts`].
    fn literals(&self, variable: &str) -> Result<Vec<Literal<'_>>, Diagnostic> {
        /// How often a name may stand for a name.
        const DEPTH: usize = 4;
        let source = self.source();
        let place = self.list_name(ListTarget::Variable(variable));
        let body = &source.module().body;
        let Some((_, value)) = find::list_value(source, body, variable, &place)? else {
            return Err(not_set(&place));
        };
        let mut found: Vec<Literal<'_>> = Vec::new();
        let mut pending: Vec<(&Expr, Option<&str>, usize)> = vec![(value, None, 0)];
        while let Some((value, name, depth)) = pending.pop() {
            match value {
                Expr::BinOp(sum) if sum.op == Operator::Add => {
                    pending.push((&sum.right, name, depth));
                    pending.push((&sum.left, name, depth));
                }
                Expr::Starred(starred) => pending.push((&starred.value, name, depth)),
                // What the variable itself had before is none of its parts.
                Expr::Name(other) if depth < DEPTH && other.id.as_str() != variable => {
                    let other = other.id.as_str();
                    if let Ok(Some((_, value))) = find::list_value(source, body, other, other) {
                        pending.push((value, Some(other), depth + 1));
                    }
                }
                Expr::Call(call) if let Some(inner) = patterns::suffixed(call) => {
                    pending.push((inner, name, depth));
                }
                _ => {
                    if let Some(chosen) = chosen_from(value).or_else(|| copied(value)) {
                        pending.push((chosen, name, depth));
                        continue;
                    }
                    let Some(list) = literal(value, name) else { continue };
                    let unpacked = list.items.iter().filter(|item| item.is_starred_expr());
                    let unpacked: Vec<&Expr> = unpacked.copied().collect();
                    // `[*A, *B]` has no items of its own: those that it unpacks are its parts.
                    let only_unpacks = !unpacked.is_empty() && unpacked.len() == list.items.len();
                    pending.extend(unpacked.into_iter().rev().map(|item| (item, name, depth)));
                    if !only_unpacks && !found.iter().any(|other| other.range == list.range) {
                        found.push(list);
                    }
                }
            }
        }
        if found.is_empty() {
            return Err(self.computed(value, &place));
        }
        found.sort_by_key(|list| list.range.start());
        Ok(found)
    }

    fn computed(&self, value: &Expr, place: &str) -> Diagnostic {
        self.refuse(
            value,
            format!("{place} is not a plain list or tuple"),
            "this is computed",
            "add the item by hand, or make it a literal list",
        )
    }

    /// Whether a later `NAME += [...]` of the module has the item.
    fn added_later(&self, target: ListTarget<'_>, wanted: &Expr) -> bool {
        let ListTarget::Variable(name) = target else { return false };
        self.added(name).iter().any(|list| position(&list.items, wanted).is_some())
    }

    /// The literals that later statements add to a variable.
    fn added(&self, variable: &str) -> Vec<Literal<'_>> {
        let statements = self.source().module().body.iter().filter_map(Stmt::as_aug_assign_stmt);
        let is_it = |target: &Expr| target.as_name_expr().is_some_and(|name| name.id.as_str() == variable);
        statements
            .filter(|statement| statement.op == Operator::Add && is_it(&statement.target))
            .filter_map(|statement| literal(&statement.value, None))
            .collect()
    }
}

fn not_set(place: &str) -> Diagnostic {
    Diagnostic::new(codes::NOT_FOUND, format!("{place} is not set")).with_help("set it to a list first")
}

/// A plain list or tuple.
fn literal<'s>(value: &'s Expr, name: Option<&'s str>) -> Option<Literal<'s>> {
    match value {
        Expr::List(list) => {
            let items = list.elts.iter().collect();
            Some(Literal { name, range: list.range, items, is_tuple: false })
        }
        Expr::Tuple(tuple) if tuple.parenthesized => {
            let items = tuple.elts.iter().collect();
            Some(Literal { name, range: tuple.range, items, is_tuple: true })
        }
        _ => None,
    }
}

/// What `list(…)` and `tuple(…)` are given.
fn copied(value: &Expr) -> Option<&Expr> {
    let call = value.as_call_expr()?;
    let is_copy = matches!(call.func.as_name_expr()?.id.as_str(), "list" | "tuple");
    match &*call.arguments.args {
        [items] if is_copy && call.arguments.keywords.is_empty() => Some(items),
        _ => None,
    }
}

fn position(items: &[&Expr], wanted: &Expr) -> Option<usize> {
    items.iter().position(|found| ComparableExpr::from(*found) == ComparableExpr::from(wanted))
}

/// The one expression that a text is.
pub(super) fn expression(text: &str) -> Result<Expr, Diagnostic> {
    match parse_one(text.trim())?.1 {
        Stmt::Expr(statement) => Ok(*statement.value),
        _ => Err(Diagnostic::new(codes::REFUSED, format!("`{text}` is not an expression"))
            .with_help("give one expression, such as a quoted name")),
    }
}
