//! Items of literal lists and tuples.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{Expr, Operator, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::sequence::Sequence;
use super::{Change, Edits, find, parse_one};

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

impl Edits {
    /// The items of a list or tuple, as they are written.
    ///
    /// # Errors
    /// As [`Edits::list_append`].
    pub fn list_items(&self, target: ListTarget<'_>) -> Result<Vec<String>, Diagnostic> {
        let (_, items, _) = self.list(target)?;
        Ok(items.iter().map(|item| self.source().slice(item).to_owned()).collect())
    }

    /// Puts an item, given as source on one line, into a literal list or tuple. A list that holds it already is
    /// left alone, wherever in it that is.
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
        let (range, items, is_tuple) = self.list(target)?;
        let position = |wanted: &Expr| {
            items.iter().position(|found| ComparableExpr::from(*found) == ComparableExpr::from(wanted))
        };
        if position(&wanted).is_some() || self.added_later(target, &wanted) {
            return Ok(self.already());
        }
        let anchor = |text: &str| -> Result<usize, Diagnostic> {
            position(&expression(text)?).ok_or_else(|| {
                Diagnostic::new(codes::NOT_FOUND, format!("{} has no item {text}", self.list_name(target)))
                    .with_label(self.source().label(range, "in this list"))
                    .with_help("name an item of the list")
            })
        };
        let index = match place {
            ItemPlace::End => items.len(),
            ItemPlace::After(text) => anchor(text)? + 1,
            ItemPlace::Before(text) => anchor(text)?,
        };
        let ranges: Vec<TextRange> = items.iter().map(Ranged::range).collect();
        let sequence = Sequence::of(self.source(), range, &ranges, is_tuple);
        let changes = sequence.insert(self.source(), self.layout(), index, item.trim());
        self.commit(&changes)
    }

    fn list_name(&self, target: ListTarget<'_>) -> String {
        match target {
            ListTarget::Variable(name) => format!("`{name}` in `{}`", self.source().path()),
            ListTarget::Attribute { class, name } => {
                format!("`{class}.{name}` in `{}`", self.source().path())
            }
        }
    }

    /// The literal's range with its brackets, its items, and whether it is a tuple.
    fn list(&self, target: ListTarget<'_>) -> Result<(TextRange, Vec<&Expr>, bool), Diagnostic> {
        let source = self.source();
        let place = self.list_name(target);
        let (body, name): (&[Stmt], &str) = match target {
            ListTarget::Variable(name) => (&source.module().body, name),
            ListTarget::Attribute { class, name } => (&find::class(source, class)?.body, name),
        };
        let Some((_, value)) = find::value(source, body, name, &place)? else {
            return Err(Diagnostic::new(codes::NOT_FOUND, format!("{place} is not set"))
                .with_help("set it to a list first"));
        };
        match value {
            Expr::List(list) => Ok((list.range, list.elts.iter().collect(), false)),
            Expr::Tuple(tuple) if tuple.parenthesized => Ok((tuple.range, tuple.elts.iter().collect(), true)),
            other => Err(self.refuse(
                other,
                format!("{place} is not a plain list or tuple"),
                "this is computed",
                "add the item by hand, or make it a literal list",
            )),
        }
    }

    /// Whether a later `NAME += [...]` of the module has the item.
    fn added_later(&self, target: ListTarget<'_>, wanted: &Expr) -> bool {
        let ListTarget::Variable(name) = target else { return false };
        self.source().module().body.iter().filter_map(Stmt::as_aug_assign_stmt).any(|statement| {
            let elements: &[Expr] = match statement.value.as_ref() {
                Expr::List(list) => &list.elts,
                Expr::Tuple(tuple) => &tuple.elts,
                _ => return false,
            };
            statement.op == Operator::Add
                && statement.target.as_name_expr().is_some_and(|n| n.id.as_str() == name)
                && elements.iter().any(|e| ComparableExpr::from(e) == ComparableExpr::from(wanted))
        })
    }
}

/// The one expression that a text is.
pub(super) fn expression(text: &str) -> Result<Expr, Diagnostic> {
    match parse_one(text.trim())?.1 {
        Stmt::Expr(statement) => Ok(*statement.value),
        _ => Err(Diagnostic::new(codes::REFUSED, format!("`{text}` is not an expression"))
            .with_help("give one expression, such as a quoted name")),
    }
}
