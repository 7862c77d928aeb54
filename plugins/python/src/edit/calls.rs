//! What calls and dicts lack that make or describe a row: one keyword argument more, one entry more.
//!
//! A call counts by how it is written (`Post.objects.create`), a dict by its keys. What a call is given by one literal dict,
//! `Post(**{"title": "t", **values})`, is that dict's entries.

use aksara_protocol::Diagnostic;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, ExprDict, Keyword};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::pieces::Replacement;
use super::sequence::Sequence;
use super::{Change, Edits};
use crate::Source;

/// What a call or a dict has already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Names and the sources of their values.
    pub values: Vec<(String, String)>,
    /// Whether it has more that is not written there: `**values`.
    pub unpacks: bool,
}

impl Given {
    /// Whether there is a value of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| known == name)
    }
}

/// What a call that lacks an argument gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// This value, as source.
    With(String),
    /// Nothing: it has the argument by other means, or is not meant.
    Left,
    /// Nothing, though it needs it.
    Unknown,
}

/// A place in the tree where something may be lacking.
struct Place {
    /// From the opening bracket to the closing one.
    range: TextRange,
    items: Vec<TextRange>,
    /// Before which item a new one goes: what is unpacked may say otherwise.
    index: usize,
    /// Whether items are entries of a dict, and not keyword arguments.
    is_dict: bool,
    given: Given,
    /// Whether every item has a name, or is unpacked.
    is_plain: bool,
}

impl Edits {
    /// Gives the calls of `callees` the keyword argument `name` where they lack it. `value` says which, by what a call has.
    /// Gives the lines, from 1, of those for which it is unknown.
    ///
    /// # Errors
    /// As [`Edits::open`]: a value that does not parse.
    pub fn complete_calls(
        &mut self,
        callees: &[String],
        name: &str,
        value: &dyn Fn(&Given) -> Filled,
    ) -> Result<Vec<u32>, Diagnostic> {
        self.complete(name, value, &|source, expr| {
            let call = expr.as_call_expr()?;
            let callee = source.slice(&*call.func);
            callees.iter().any(|known| known == callee).then(|| of_call(source, call))
        })
    }

    /// Gives literal dicts the entry `name` where they lack it. `value` says which, and for which dicts, by their entries.
    ///
    /// # Errors
    /// As [`Edits::complete_calls`].
    pub fn complete_dicts(
        &mut self,
        name: &str,
        value: &dyn Fn(&Given) -> Option<String>,
    ) -> Result<Change, Diagnostic> {
        let before = self.source().text().len();
        let value = |given: &Given| value(given).map_or(Filled::Left, Filled::With);
        let _ = self.complete(name, &value, &|source, expr| {
            expr.as_dict_expr().map(|dict| of_dict(source, dict)).filter(|place| place.is_plain)
        })?;
        Ok(if self.source().text().len() == before { Change::AlreadyThere } else { Change::Made })
    }

    fn complete(
        &mut self,
        name: &str,
        value: &dyn Fn(&Given) -> Filled,
        place_of: &dyn Fn(&Source, &Expr) -> Option<Place>,
    ) -> Result<Vec<u32>, Diagnostic> {
        // One after the other, since one may stand inside of another.
        let mut index = 0;
        let mut left = Vec::new();
        loop {
            let source = self.source();
            let mut places = Places { source, place_of, found: Vec::new() };
            places.visit_body(&source.module().body);
            let Some(place) = places.found.get(index) else { return Ok(left) };
            index += 1;
            if place.given.has(name) {
                continue;
            }
            let value = match value(&place.given) {
                Filled::With(value) => value,
                Filled::Left => continue,
                Filled::Unknown => {
                    left.push(source.label(place.range, "").line);
                    continue;
                }
            };
            let item = match place.is_dict {
                true => format!("{}: {value}", self.layout().string(name)),
                false => format!("{name}={value}"),
            };
            let changes = self.one_more(place, &item);
            let _: Change = self.commit(&changes)?;
        }
    }

    /// What puts an item in: on one line what gets too long is laid out with all of its statement.
    fn one_more(&self, place: &Place, item: &str) -> Vec<Replacement> {
        let source = self.source();
        let sequence = Sequence::of(source, place.range, &place.items, false);
        let is_one_line = !source.slice(place.range).contains('\n');
        if is_one_line && !place.items.is_empty() && self.wrap.is_some() {
            return vec![sequence.inline(place.index, item)];
        }
        sequence.insert(source, self.layout(), place.index, item)
    }
}

/// The places of a module, in order.
struct Places<'a> {
    source: &'a Source,
    place_of: &'a dyn Fn(&Source, &Expr) -> Option<Place>,
    found: Vec<Place>,
}

impl<'a> Visitor<'a> for Places<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found.extend((self.place_of)(self.source, expr));
        walk_expr(self, expr);
    }
}

fn of_call(source: &Source, call: &ExprCall) -> Place {
    if let ([], [Keyword { arg: None, value: Expr::Dict(dict), .. }]) =
        (&*call.arguments.args, &*call.arguments.keywords)
    {
        return of_dict(source, dict);
    }
    let mut items: Vec<TextRange> = call.arguments.iter_source_order().map(|item| item.range()).collect();
    items.sort_by_key(|range| range.start());
    let unpacked = |range: &TextRange| source.slice(*range).starts_with("**");
    let named = call.arguments.keywords.iter().filter_map(|keyword| {
        Some((keyword.arg.as_ref()?.to_string(), source.slice(&keyword.value).to_owned()))
    });
    Place {
        range: call.arguments.range,
        index: items.iter().position(unpacked).unwrap_or(items.len()),
        given: Given {
            values: named.collect(),
            unpacks: call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none()),
        },
        is_plain: call.arguments.args.is_empty(),
        is_dict: false,
        items,
    }
}

fn of_dict(source: &Source, dict: &ExprDict) -> Place {
    // `**other` has no key: its two stars belong to it.
    let start = |key: Option<&Expr>, value: &Expr| match key {
        Some(key) => key.start(),
        None => value.start() - TextSize::from(2),
    };
    let items = dict.items.iter();
    let items = items.map(|item| TextRange::new(start(item.key.as_ref(), &item.value), item.value.end()));
    let named = dict.items.iter().filter_map(|item| {
        let key = item.key.as_ref()?.as_string_literal_expr()?;
        Some((key.value.to_str().to_owned(), source.slice(&item.value).to_owned()))
    });
    let values: Vec<(String, String)> = named.collect();
    let unpacked = dict.items.iter().filter(|item| item.key.is_none()).count();
    Place {
        range: dict.range,
        items: items.collect(),
        index: dict.items.iter().position(|item| item.key.is_none()).unwrap_or(dict.items.len()),
        is_dict: true,
        is_plain: values.len() + unpacked == dict.items.len(),
        given: Given { values, unpacks: unpacked > 0 },
    }
}

#[cfg(test)]
mod tests {
    use crate::edit::tests::{edited, open};

    /// What becomes of a file whose posts need an isbn.
    fn calls(text: &str, value: &str) -> String {
        edited(text, &|edits| {
            let callees = ["Post".to_owned(), "Post.objects.create".to_owned()];
            let before = edits.source().text().to_owned();
            assert_eq!(
                edits.complete_calls(&callees, "isbn", &|_| super::Filled::With(value.to_owned()))?,
                Vec::<u32>::new()
            );
            Ok(match before == edits.source().text() {
                true => crate::edit::Change::AlreadyThere,
                false => crate::edit::Change::Made,
            })
        })
    }

    #[test]
    fn calls_get_what_they_lack_where_it_stands_well() {
        for (before, after) in [
            ("Post(title=\"t\")\n", "Post(title=\"t\", isbn=1)\n"),
            ("Post.objects.create()\n", "Post.objects.create(isbn=1)\n"),
            ("Post.objects.create(title=t, **values)\n", "Post.objects.create(title=t, isbn=1, **values)\n"),
            ("Post(**{\"title\": t, **values})\n", "Post(**{\"title\": t, \"isbn\": 1, **values})\n"),
            ("Post(**values)\n", "Post(isbn=1, **values)\n"),
            ("Post(\n    title=t,\n    n=2,\n)\n", "Post(\n    title=t,\n    n=2,\n    isbn=1,\n)\n"),
            (
                "x = [Post(a=Post(b=1)), Post(isbn=2)]\n",
                "x = [Post(a=Post(b=1, isbn=1), isbn=1), Post(isbn=2)]\n",
            ),
        ] {
            assert_eq!(calls(before, "1"), after);
        }
        let title = "t".repeat(40);
        assert_eq!(
            calls(
                &format!("def a(self):\n    return Post.objects.create(title=\"{title}\")\n"),
                "\"0000-0000\""
            ),
            format!(
                "def a(self):\n    return Post.objects.create(\n        title=\"{title}\", isbn=\"0000-0000\"\n    )\n"
            )
        );
    }

    #[test]
    fn what_is_not_known_is_left_with_its_line() {
        let mut edits = open("x = 1\nPost(title=\"t\")\nPage(title=\"t\")\n").unwrap();
        assert_eq!(
            edits.complete_calls(&["Post".to_owned()], "isbn", &|_| super::Filled::Unknown).unwrap(),
            [2]
        );
        assert!(edits.finish().is_none());
    }

    #[test]
    fn dicts_that_are_meant_get_an_entry() {
        let is_meant = |given: &super::Given| given.has("title").then(|| "\"1\"".to_owned());
        assert_eq!(
            edited("d = {\"title\": t, **more}\n", &|edits| edits.complete_dicts("isbn", &is_meant)),
            "d = {\"title\": t, \"isbn\": \"1\", **more}\n"
        );
        let mut edits =
            open("a = {\"slug\": t}\nb = {\"title\": t, 1: 2}\nc = {\"title\": t, \"isbn\": 2}\n").unwrap();
        assert_eq!(edits.complete_dicts("isbn", &is_meant).unwrap(), super::Change::AlreadyThere);
    }
}
