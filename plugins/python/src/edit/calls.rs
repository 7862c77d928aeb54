//! What calls lack that make a row: one keyword argument more, or one entry more of a dict.
//!
//! A call counts by how it is written (`Post.objects.create`). What a call is given by one literal dict,
//! `Post(**{"title": "t", **values})`, is that dict's entries.

use aksara_protocol::Diagnostic;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, ExprDict, Keyword};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::pieces::Replacement;
use super::requests::Module;
use super::sequence::Sequence;
use super::{Change, Edits, find};
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

/// What makes a row when it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// As it is written: `Post.objects.create`; with a `field`, what is written behind a row and a dot: `posts.create`.
    pub written: String,
    /// The field that points to the row before it.
    pub field: Option<String>,
}

/// How something more is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A keyword argument.
    Arguments,
    /// An entry of a dict.
    Dict,
    /// A keyword argument `defaults` with the entry.
    Defaults,
    /// By what is not written there.
    Elsewhere,
}

/// A place in the tree where something may be lacking.
pub(super) struct Place {
    /// From the opening bracket to the closing one.
    pub(super) range: TextRange,
    items: Vec<TextRange>,
    /// Before which item a new one goes: what is unpacked may say otherwise.
    index: usize,
    form: Form,
    pub(super) given: Given,
    /// Whether every item has a name, or is unpacked.
    pub(super) is_plain: bool,
}

impl Edits {
    /// Gives the calls of `callees` the keyword argument `name` where they lack it. `value` says which, by what a call has.
    /// Gives the lines, from 1, of those for which it is unknown.
    ///
    /// # Errors
    /// As [`Edits::open`]: a value that does not parse.
    pub fn complete_calls(
        &mut self,
        callees: &[Callee],
        name: &str,
        value: &dyn Fn(&Given) -> Filled,
    ) -> Result<Vec<u32>, Diagnostic> {
        self.complete(name, value, &|source| {
            let mut calls = Calls { source, callees, found: Vec::new() };
            calls.visit_body(&source.module().body);
            let module = Module::of(source);
            calls.found.into_iter().flat_map(|place| module.unpacked(place)).collect()
        })
    }

    /// Gives calls inside of a class the keyword argument `name` where they lack it: those for which `is_meant` holds, which
    /// is asked by what is called, as it is written, and the text that is the first argument.
    ///
    /// # Errors
    /// No such class; a value that does not parse.
    pub fn complete_calls_in(
        &mut self,
        class: &str,
        is_meant: &dyn Fn(&str, &str) -> bool,
        name: &str,
        value: &str,
    ) -> Result<Change, Diagnostic> {
        if !self.lacks_argument(class, is_meant, name)? {
            return Ok(self.already());
        }
        let filled = |_: &Given| Filled::With(value.to_owned());
        let _: Vec<u32> = self.complete(name, &filled, &|source| calls_in(source, class, is_meant))?;
        Ok(Change::Made)
    }

    /// Whether a call inside of a class lacks the keyword argument `name`. As [`Edits::complete_calls_in`].
    ///
    /// # Errors
    /// No such class.
    pub fn lacks_argument(
        &self,
        class: &str,
        is_meant: &dyn Fn(&str, &str) -> bool,
        name: &str,
    ) -> Result<bool, Diagnostic> {
        let _ = find::class(self.source(), class)?;
        let mut calls = calls_in(self.source(), class, is_meant).into_iter();
        Ok(calls.any(|place| !place.given.has(name)))
    }

    pub(super) fn complete(
        &mut self,
        name: &str,
        value: &dyn Fn(&Given) -> Filled,
        places_of: &dyn Fn(&Source) -> Vec<Place>,
    ) -> Result<Vec<u32>, Diagnostic> {
        // One after the other, since one may stand inside of another.
        let mut index = 0;
        let mut left = Vec::new();
        loop {
            let source = self.source();
            let places = places_of(source);
            let Some(place) = places.get(index) else { return Ok(left) };
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
            if place.form == Form::Elsewhere {
                left.push(source.label(place.range, "").line);
                continue;
            }
            let entry = format!("{}: {value}", self.layout().string(name));
            let item = match place.form {
                Form::Dict => entry,
                Form::Arguments | Form::Elsewhere => format!("{name}={value}"),
                Form::Defaults => format!("defaults={{{entry}}}"),
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

/// The calls of a module that make rows, in order.
struct Calls<'a> {
    source: &'a Source,
    callees: &'a [Callee],
    found: Vec<Place>,
}

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            let written = self.source.slice(&*call.func);
            self.found.extend(self.callees.iter().find_map(|callee| {
                let of = match &callee.field {
                    Some(_) => written.strip_suffix(&callee.written)?.strip_suffix('.')?,
                    None => (written == callee.written).then_some("")?,
                };
                let looks = ["get_or_create", "update_or_create"].iter().any(|end| written.ends_with(end));
                let mut place = if looks { of_lookup(self.source, call) } else { of_call(self.source, call) };
                let from = callee.field.iter().map(|field| (field.clone(), of.to_owned()));
                place.given.values.extend(from);
                Some(place)
            }));
        }
        walk_expr(self, expr);
    }
}

/// The calls inside of a class that are meant, in order.
fn calls_in(source: &Source, class: &str, is_meant: &dyn Fn(&str, &str) -> bool) -> Vec<Place> {
    struct Meant<'a> {
        source: &'a Source,
        is_meant: &'a dyn Fn(&str, &str) -> bool,
        found: Vec<Place>,
    }

    impl<'a> Visitor<'a> for Meant<'a> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::Call(call) = expr
                && let Some(Expr::StringLiteral(first)) = call.arguments.args.first()
                && (self.is_meant)(self.source.slice(&*call.func), first.value.to_str())
            {
                self.found.push(of_call(self.source, call));
            }
            walk_expr(self, expr);
        }
    }

    let mut meant = Meant { source, is_meant, found: Vec::new() };
    if let Ok(class) = find::class(source, class) {
        meant.visit_body(&class.body);
    }
    meant.found
}

/// A call that looks for a row before it makes one: what only a new row gets is in its `defaults`.
fn of_lookup(source: &Source, call: &ExprCall) -> Place {
    let mut place = of_call(source, call);
    let argument = |name: &str| {
        let is_it = |keyword: &&Keyword| keyword.arg.as_ref().is_some_and(|arg| arg == name);
        call.arguments.keywords.iter().find(is_it).map(|keyword| &keyword.value)
    };
    match argument("create_defaults").or_else(|| argument("defaults")) {
        None => place.form = Form::Defaults,
        Some(Expr::Dict(dict)) => {
            let mut values = place.given.values;
            place = of_dict(source, dict);
            values.append(&mut place.given.values);
            place.given.values = values;
        }
        Some(_) => place.form = Form::Elsewhere,
    }
    place
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
        form: Form::Arguments,
        items,
    }
}

pub(super) fn of_dict(source: &Source, dict: &ExprDict) -> Place {
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
        form: Form::Dict,
        is_plain: values.len() + unpacked == dict.items.len(),
        given: Given { values, unpacks: unpacked > 0 },
    }
}

#[cfg(test)]
mod tests {
    use crate::edit::tests::{edited, open};

    #[test]
    fn calls_inside_of_a_class_get_an_argument() {
        let text = "class View:\n    rows = (\n        Post.objects.annotate(n=Count(\"tags\", distinct=True))\n        \
                    .annotate(m=Max('tags__n'), k=Count(\"tags\", filter=ODD))\n    )\n\n    def f(self):\n        \
                    return Count(\"others\"), models.Count(\"tags\")\n\n\nCount(\"tags\")\n";
        let new = edited(text, &|edits| {
            let is_meant =
                |function: &str, of: &str| !function.ends_with("annotate") && of.starts_with("tags");
            let change = edits.complete_calls_in("View", &is_meant, "filter", "Q(x=None)")?;
            assert!(!edits.lacks_argument("View", &is_meant, "filter")?);
            Ok(change)
        });
        assert!(new.contains("annotate(n=Count(\"tags\", distinct=True, filter=Q(x=None)))"), "{new}");
        assert!(new.contains("m=Max('tags__n', filter=Q(x=None)), k=Count(\"tags\", filter=ODD)"), "{new}");
        assert!(new.contains("Count(\"others\"), models.Count(\"tags\", filter=Q(x=None))\n"), "{new}");
        assert!(new.ends_with("\n\nCount(\"tags\")\n"), "{new}");
    }

    /// What becomes of a file whose posts need an isbn.
    fn calls(text: &str, value: &str) -> String {
        edited(text, &|edits| {
            let callee = |written: &str| super::Callee { written: written.to_owned(), field: None };
            let callees = [callee("Post"), callee("Post.objects.create")];
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
            (
                "def make(**more):\n    data = {\"title\": 1}\n    data.update(more)\n    return Post(**data)\n",
                "def make(**more):\n    data = {\"title\": 1, \"isbn\": 1}\n    data.update(more)\n    return Post(**data)\n",
            ),
            ("Post(\n    title=t,\n    n=2,\n)\n", "Post(\n    title=t,\n    n=2,\n    isbn=1,\n)\n"),
            (
                "x = [Post(a=Post(b=1)), Post(isbn=2)]\n",
                "x = [Post(a=Post(b=1, isbn=1), isbn=1), Post(isbn=2)]\n",
            ),
        ] {
            assert_eq!(calls(before, "1"), after);
        }
        let title = "t".repeat(56);
        let on_one =
            format!("def a(self):\n    return Post.objects.create(\n        title=\"{title}\", n=2\n    )\n");
        assert_eq!(
            calls(&on_one, "\"0000\""),
            on_one.replace(", n=2", ",\n        n=2,\n        isbn=\"0000\",")
        );
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
            edits
                .complete_calls(&[super::Callee { written: "Post".to_owned(), field: None }], "isbn", &|_| {
                    super::Filled::Unknown
                })
                .unwrap(),
            [2]
        );
        assert!(edits.finish().is_none());
    }

    #[test]
    fn rows_that_are_looked_for_get_it_when_they_are_made() {
        let callee = |written: &str, field: Option<&str>| super::Callee {
            written: written.to_owned(),
            field: field.map(str::to_owned),
        };
        let callees = [
            callee("Post.objects.get_or_create", None),
            callee("Post.objects.update_or_create", None),
            callee("posts.create", Some("owner")),
        ];
        for (before, after) in [
            (
                "Post.objects.get_or_create(name=1)\n",
                "Post.objects.get_or_create(name=1, defaults={\"isbn\": 1})\n",
            ),
            (
                "Post.objects.update_or_create(name=1, defaults={\"a\": 2})\n",
                "Post.objects.update_or_create(name=1, defaults={\"a\": 2, \"isbn\": 1})\n",
            ),
            (
                "Post.objects.get_or_create(isbn=1, defaults={\"a\": 2})\n",
                "Post.objects.get_or_create(isbn=1, defaults={\"a\": 2})\n",
            ),
            ("self.bob.posts.create(name=1)\n", "self.bob.posts.create(name=1, isbn=1)\n"),
            ("pages.posts_create(name=1)\n", "pages.posts_create(name=1)\n"),
        ] {
            let mut edits = open(before).unwrap();
            let value = |given: &super::Given| {
                assert!(
                    !before.contains("bob")
                        || given.values.iter().any(|v| *v == ("owner".into(), "self.bob".into()))
                );
                super::Filled::With("1".to_owned())
            };
            assert!(edits.complete_calls(&callees, "isbn", &value).unwrap().is_empty());
            assert_eq!(edits.source().text(), after);
        }
    }
}
