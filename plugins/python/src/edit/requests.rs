//! Requests that tests make, and the literal dicts that are their bodies.
//!
//! A request is a call of a method `post` or `put` with an address and a body. Both may be written there, or be what the module
//! gives a name, an attribute, a fixture, a function or an argument.

use aksara_protocol::Diagnostic;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    Expr, ExprCall, ExprDict, FStringPart, InterpolatedStringElement, Operator, Stmt, StmtClassDef,
    StmtFunctionDef,
};
use ruff_text_size::Ranged;

use super::Edits;
use super::calls::{Filled, Given, Place, of_dict};
use crate::Source;

/// Names that stand for names that stand for names, and no more.
const MAX_DEPTH: usize = 6;

/// What is computed in an address.
const COMPUTED: &str = "{}";

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The name of a route: `reverse("blog:post-list")`.
    Route(String),
    /// A path, with `{}` for what is computed.
    Path(String),
}

/// A request that a test makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whether it replaces a row, and makes none.
    pub is_put: bool,
    /// Where it goes, as far as the module tells.
    pub to: Option<Address>,
}

/// What is known of requests.
pub struct Requests<'a> {
    /// Whether a request is meant; `None` where it cannot be told.
    pub is_meant: &'a dyn Fn(&Request) -> Option<bool>,
    /// Whether a body has all that was needed before.
    pub is_whole: &'a dyn Fn(&Given) -> bool,
}

impl Edits {
    /// Gives the bodies of requests that are meant, and whole but for it, the entry `name`. `value` says which. Gives the
    /// lines, from 1, of those for which it is unknown.
    ///
    /// # Errors
    /// As [`Edits::complete_calls`].
    pub fn complete_requests(
        &mut self,
        name: &str,
        requests: &Requests<'_>,
        value: &dyn Fn(&Given) -> Filled,
    ) -> Result<Vec<u32>, Diagnostic> {
        self.complete(name, value, &|source| {
            let module = Module::of(source);
            let mut meant: Vec<&ExprDict> = Vec::new();
            let mut others: Vec<&ExprDict> = Vec::new();
            for (request, bodies) in module.requests(requests.is_whole) {
                match (requests.is_meant)(&request) {
                    Some(true) => meant.extend(bodies.unwrap_or_default()),
                    Some(false) => others.extend(bodies.unwrap_or_default()),
                    None => {}
                }
            }
            // What is sent elsewhere as well may not be taken there.
            meant.retain(|dict| !others.iter().any(|other| other.range == dict.range));
            meant.sort_by_key(|dict| dict.range.start());
            meant.dedup_by_key(|dict| dict.range);
            meant.into_iter().map(|dict| of_dict(source, dict)).collect()
        })
    }

    /// The lines, from 1, of requests that may need an entry `name` and do not show whether they are meant, or what they send.
    #[must_use]
    pub fn unclear_requests(&self, name: &str, requests: &Requests<'_>) -> Vec<u32> {
        let source = self.source();
        let module = Module::of(source);
        let mut lines = Vec::new();
        for call in &module.calls {
            let Some((request, body)) = module.request(call) else { continue };
            let bodies = module.bodies(body, call.scope, requests.is_whole);
            let lacks = |dict: &&ExprDict| {
                let place = of_dict(source, dict);
                (requests.is_whole)(&place.given) && !place.given.has(name)
            };
            let is_unclear = match ((requests.is_meant)(&request), bodies) {
                (Some(true), None) => true,
                (None, Some(bodies)) => bodies.iter().any(lacks),
                _ => false,
            };
            if is_unclear {
                lines.push(source.label(call.call, "").line);
            }
        }
        lines
    }
}

/// Where an expression stands.
#[derive(Clone, Copy, Default)]
struct Scope<'a> {
    function: Option<&'a StmtFunctionDef>,
    class: Option<&'a StmtClassDef>,
}

impl Scope<'_> {
    fn is_within(self, other: Scope<'_>) -> bool {
        self.function.map(Ranged::range) == other.function.map(Ranged::range)
            && (self.function.is_some() || self.class.map(Ranged::range) == other.class.map(Ranged::range))
    }
}

struct Value<'a> {
    target: &'a Expr,
    value: &'a Expr,
    scope: Scope<'a>,
}

struct Call<'a> {
    call: &'a ExprCall,
    scope: Scope<'a>,
}

/// What a module names, and what it calls.
pub(super) struct Module<'a> {
    source: &'a Source,
    scope: Scope<'a>,
    values: Vec<Value<'a>>,
    calls: Vec<Call<'a>>,
    functions: Vec<(&'a StmtFunctionDef, Option<&'a StmtClassDef>)>,
    classes: Vec<&'a StmtClassDef>,
    returns: Vec<(&'a Expr, Scope<'a>)>,
}

impl<'a> Visitor<'a> for Module<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let before = self.scope;
        match statement {
            Stmt::ClassDef(class) => {
                self.classes.push(class);
                self.scope = Scope { class: Some(class), function: None };
            }
            Stmt::FunctionDef(function) => {
                self.functions.push((function, if before.function.is_none() { before.class } else { None }));
                self.scope.function = Some(function);
            }
            Stmt::Assign(assign) => {
                let value = |target| Value { target, value: &assign.value, scope: before };
                self.values.extend(assign.targets.iter().map(value));
            }
            Stmt::AnnAssign(assign) => self.values.extend(assign.value.as_deref().map(|value| Value {
                target: &assign.target,
                value,
                scope: before,
            })),
            Stmt::For(of) => {
                let value = |value| Value { target: &of.target, value, scope: before };
                self.values.extend(items(&of.iter).iter().map(value));
            }
            Stmt::Return(of) => self.returns.extend(of.value.as_deref().map(|value| (value, before))),
            _ => {}
        }
        walk_stmt(self, statement);
        self.scope = before;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => self.calls.push(Call { call, scope: self.scope }),
            // What a fixture hands out is its value, too.
            Expr::Yield(of) => self.returns.extend(of.value.as_deref().map(|value| (value, self.scope))),
            _ => {}
        }
        walk_expr(self, expr);
    }
}

impl<'a> Module<'a> {
    pub(super) fn of(source: &'a Source) -> Self {
        let mut module = Self {
            source,
            scope: Scope::default(),
            values: Vec::new(),
            calls: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            returns: Vec::new(),
        };
        module.visit_body(&source.module().body);
        module
    }

    /// All requests with a body, and the dicts that this is; `None` where it is something else.
    fn requests(
        &self,
        is_whole: &'a dyn Fn(&Given) -> bool,
    ) -> impl Iterator<Item = (Request, Option<Vec<&'a ExprDict>>)> {
        self.calls.iter().filter_map(move |call| {
            let (request, body) = self.request(call)?;
            Some((request, self.bodies(body, call.scope, is_whole)))
        })
    }

    /// The dicts that a call unpacks, where the module tells which these are; else the call as it is.
    pub(super) fn unpacked(&self, place: Place) -> Vec<Place> {
        let call = self.calls.iter().find(|call| call.call.arguments.range == place.range);
        let Some(call) = call.filter(|_| place.given.unpacks) else { return vec![place] };
        let keywords = call.call.arguments.keywords.iter().filter(|keyword| keyword.arg.is_none());
        let dicts = keywords
            .flat_map(|keyword| self.bodies(&keyword.value, call.scope, &|_| true).unwrap_or_default());
        let mut places: Vec<Place> = dicts.map(|dict| of_dict(self.source, dict)).collect();
        if places.is_empty() {
            return vec![place];
        }
        for dict in &mut places {
            dict.given.values.extend(place.given.values.iter().cloned());
            // What has a name may be changed before it is unpacked.
            dict.given.unpacks = true;
        }
        places
    }

    /// The request that a call is, and its body.
    fn request(&self, call: &Call<'a>) -> Option<(Request, &'a Expr)> {
        let method = call.call.func.as_attribute_expr()?.attr.as_str();
        if !["post", "put"].contains(&method) {
            return None;
        }
        let to = argument(call.call, 0, "path")?;
        let body = argument(call.call, 1, "data")?;
        Some((Request { is_put: method == "put", to: self.address(to, call.scope, MAX_DEPTH) }, body))
    }

    fn bodies(
        &self,
        body: &'a Expr,
        scope: Scope<'a>,
        is_whole: &dyn Fn(&Given) -> bool,
    ) -> Option<Vec<&'a ExprDict>> {
        let mut found = Vec::new();
        self.add_bodies(body, scope, is_whole, MAX_DEPTH, &mut found).then_some(found)
    }

    /// Adds the dicts that an expression is or is made of. Whether it is known.
    fn add_bodies(
        &self,
        body: &'a Expr,
        scope: Scope<'a>,
        is_whole: &dyn Fn(&Given) -> bool,
        depth: usize,
        found: &mut Vec<&'a ExprDict>,
    ) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match body {
            Expr::Dict(dict) => {
                let mut bases = Vec::new();
                for item in dict.items.iter().filter(|item| item.key.is_none()) {
                    self.add_bodies(&item.value, scope, is_whole, depth, &mut bases);
                }
                // What a whole base has is not written twice.
                bases.retain(|base| is_whole(&of_dict(self.source, base).given));
                if bases.is_empty() && of_dict(self.source, dict).is_plain {
                    bases.push(dict);
                }
                found.extend(bases);
                true
            }
            Expr::BinOp(both) if both.op == Operator::BitOr => {
                let left = self.add_bodies(&both.left, scope, is_whole, depth, found);
                self.add_bodies(&both.right, scope, is_whole, depth, found) || left
            }
            Expr::Call(call) if is_wrapper(call) => call
                .arguments
                .args
                .first()
                .is_some_and(|of| self.add_bodies(of, scope, is_whole, depth, found)),
            Expr::Call(call) if called(call) == Some("copy") && call.arguments.is_empty() => call
                .func
                .as_attribute_expr()
                .is_some_and(|of| self.add_bodies(&of.value, scope, is_whole, depth, found)),
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) => {
                let meant = self.meant(body, scope);
                let mut is_known = !meant.is_empty();
                for (value, scope) in meant {
                    is_known &= self.add_bodies(value, scope, is_whole, depth, found);
                }
                is_known
            }
            // A list, a text: known not to be a dict.
            _ => true,
        }
    }

    fn address(&self, expr: &'a Expr, scope: Scope<'a>, depth: usize) -> Option<Address> {
        let depth = depth.checked_sub(1)?;
        let part = |expr: &'a Expr| {
            self.address(expr, scope, depth).unwrap_or_else(|| Address::Path(COMPUTED.to_owned()))
        };
        let address = match expr {
            Expr::StringLiteral(text) => Address::Path(text.value.to_str().to_owned()),
            Expr::FString(text) => {
                let mut address = Address::Path(String::new());
                for piece in &text.value {
                    match piece {
                        FStringPart::Literal(text) => {
                            address = joined(address, Address::Path(text.to_string()))
                        }
                        FStringPart::FString(text) => {
                            for element in &text.elements {
                                let next = match element {
                                    InterpolatedStringElement::Literal(text) => {
                                        Address::Path(text.to_string())
                                    }
                                    InterpolatedStringElement::Interpolation(of) => part(&of.expression),
                                };
                                address = joined(address, next);
                            }
                        }
                    }
                }
                address
            }
            Expr::BinOp(both) if both.op == Operator::Add => joined(part(&both.left), part(&both.right)),
            Expr::BinOp(both) if both.op == Operator::Mod => match part(&both.left) {
                Address::Path(path) => Address::Path(path.replace("%s", COMPUTED).replace("%d", COMPUTED)),
                route => route,
            },
            Expr::Call(call) if matches!(called(call), Some("reverse" | "reverse_lazy")) => {
                match self.address(argument(call, 0, "viewname")?, scope, depth)? {
                    Address::Path(name) if !name.contains(COMPUTED) => Address::Route(name),
                    _ => return None,
                }
            }
            Expr::Call(call) if called(call) == Some("format") => part(&call.func.as_attribute_expr()?.value),
            _ => {
                let mut all =
                    self.meant(expr, scope).into_iter().map(|(e, scope)| self.address(e, scope, depth));
                let first = all.next()??;
                if !all.all(|other| other.as_ref() == Some(&first)) {
                    return None;
                }
                first
            }
        };
        (address != Address::Path(COMPUTED.to_owned())).then_some(address)
    }

    /// What the module gives a name, an attribute of a test case, or a call of a function of its own.
    fn meant(&self, expr: &'a Expr, scope: Scope<'a>) -> Vec<(&'a Expr, Scope<'a>)> {
        match expr {
            Expr::Name(name) => {
                let name = name.id.as_str();
                let is_it = |value: &&Value<'a>| value.target.as_name_expr().is_some_and(|n| n.id == name);
                if let Some(function) = scope.function {
                    let own = self.values.iter().filter(is_it).filter(|value| value.scope.is_within(scope));
                    let before: Vec<_> = own.filter(|value| value.target.start() < expr.start()).collect();
                    if let Some(last) = before.last() {
                        // A loop gives it one value after the other.
                        let same = before.iter().filter(|value| value.target.start() == last.target.start());
                        return same.map(|value| (value.value, value.scope)).collect();
                    }
                    if let Some(at) = position(function, name) {
                        return self.given(function, scope, name, at);
                    }
                }
                let own = self.values.iter().filter(is_it);
                let own = own.filter(|value| value.scope.is_within(Scope::default()));
                own.map(|value| (value.value, value.scope)).collect()
            }
            Expr::Attribute(attribute) if is_self(&attribute.value) => scope
                .class
                .map_or_else(Vec::new, |class| self.attribute(class, attribute.attr.as_str(), MAX_DEPTH)),
            Expr::Call(call) => {
                let (name, is_method) = match &*call.func {
                    Expr::Name(name) => (name.id.as_str(), false),
                    Expr::Attribute(of) if is_self(&of.value) => (of.attr.as_str(), true),
                    _ => return Vec::new(),
                };
                self.returned(name, is_method)
            }
            _ => Vec::new(),
        }
    }

    /// What functions of that name give back.
    fn returned(&self, name: &str, is_method: bool) -> Vec<(&'a Expr, Scope<'a>)> {
        let is_it = |scope: &Scope<'a>| {
            let of = |function: &StmtFunctionDef| {
                self.functions
                    .iter()
                    .any(|(known, class)| known.range == function.range && class.is_some() == is_method)
            };
            scope.function.is_some_and(|function| function.name.as_str() == name && of(function))
        };
        self.returns.iter().filter(|(_, scope)| is_it(scope)).copied().collect()
    }

    /// What a parameter stands for: what a fixture of its name gives back, or what calls give it.
    fn given(
        &self,
        function: &'a StmtFunctionDef,
        scope: Scope<'a>,
        name: &str,
        at: usize,
    ) -> Vec<(&'a Expr, Scope<'a>)> {
        let mut fixtures = self.returned(name, false);
        fixtures.extend(
            self.returned(name, true)
                .into_iter()
                .filter(|(_, of)| of.class.map(Ranged::range) == scope.class.map(Ranged::range)),
        );
        fixtures.extend(parametrized(function, name).map(|value| (value, Scope { function: None, ..scope })));
        if !fixtures.is_empty() {
            return fixtures;
        }
        let is_method = scope.class.is_some();
        let calls = self.calls.iter().filter(|call| match &*call.call.func {
            Expr::Name(called) => !is_method && called.id == function.name.id,
            Expr::Attribute(of) => is_method && is_self(&of.value) && of.attr.id == function.name.id,
            _ => false,
        });
        let at = at.saturating_sub(usize::from(is_method));
        calls.filter_map(|call| Some((argument(call.call, at, name)?, call.scope))).collect()
    }

    fn attribute(&self, class: &'a StmtClassDef, name: &str, depth: usize) -> Vec<(&'a Expr, Scope<'a>)> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let own = self.values.iter().filter(|value| {
            value.scope.class.is_some_and(|of| of.range == class.range)
                && match value.target {
                    Expr::Name(target) => value.scope.function.is_none() && target.id == name,
                    Expr::Attribute(target) => is_self(&target.value) && target.attr.as_str() == name,
                    _ => false,
                }
        });
        let own: Vec<_> = own.map(|value| (value.value, value.scope)).collect();
        if !own.is_empty() {
            return own;
        }
        let bases = class.bases().iter().filter_map(Expr::as_name_expr);
        let bases = bases.filter_map(|base| self.classes.iter().find(|of| of.name.id == base.id));
        bases.map(|base| self.attribute(base, name, depth)).find(|all| !all.is_empty()).unwrap_or_default()
    }
}

fn joined(left: Address, right: Address) -> Address {
    match (left, right) {
        (Address::Path(left), Address::Path(right)) => Address::Path(left + &right),
        // A host before it, a query behind it: it stays the same route.
        (Address::Path(_), route) => route,
        (Address::Route(name), Address::Path(rest)) if rest.is_empty() || rest.starts_with('?') => {
            Address::Route(name)
        }
        (Address::Route(_), Address::Path(rest)) => Address::Path(format!("{COMPUTED}{rest}")),
        (Address::Route(_), Address::Route(_)) => Address::Path(COMPUTED.to_owned()),
    }
}

fn argument<'a>(call: &'a ExprCall, at: usize, name: &str) -> Option<&'a Expr> {
    let named =
        call.arguments.keywords.iter().find(|keyword| keyword.arg.as_ref().is_some_and(|a| a == name));
    let expr = named.map(|keyword| &keyword.value).or_else(|| call.arguments.args.get(at))?;
    (!expr.is_starred_expr()).then_some(expr)
}

/// The last name of what is called.
fn called(call: &ExprCall) -> Option<&str> {
    match &*call.func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// Whether a call gives back what its argument says: `json.dumps(body)`.
fn is_wrapper(call: &ExprCall) -> bool {
    matches!(called(call), Some("dumps" | "dict" | "deepcopy")) && !call.arguments.args.is_empty()
        || called(call) == Some("copy") && !call.arguments.args.is_empty()
}

/// The items of a literal list or tuple.
fn items(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => &[],
    }
}

/// What `@pytest.mark.parametrize` gives a parameter alone.
fn parametrized<'a>(function: &'a StmtFunctionDef, name: &str) -> impl Iterator<Item = &'a Expr> {
    let calls = function.decorator_list.iter().filter_map(|decorator| decorator.expression.as_call_expr());
    let calls = calls.filter(move |call| {
        let names = argument(call, 0, "argnames").and_then(Expr::as_string_literal_expr);
        called(call) == Some("parametrize") && names.is_some_and(|names| names.value.to_str() == name)
    });
    let values = calls.filter_map(|call| argument(call, 1, "argvalues")).flat_map(items);
    values.map(|value| match value.as_call_expr() {
        Some(call) if called(call) == Some("param") => argument(call, 0, "").unwrap_or(value),
        _ => value,
    })
}

fn is_self(expr: &Expr) -> bool {
    expr.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"))
}

/// Which parameter has that name.
fn position(function: &StmtFunctionDef, name: &str) -> Option<usize> {
    function.parameters.iter_non_variadic_params().position(|parameter| parameter.name().as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::{Address, Filled, Given, Request, Requests};
    use crate::edit::tests::open;

    fn is_meant(request: &Request) -> Option<bool> {
        Some(match request.to.as_ref()? {
            Address::Route(name) => name == "post-list",
            Address::Path(path) => path.ends_with("/posts/"),
        })
    }

    /// What becomes of a module whose requests need a code, and the lines that are unclear.
    fn completed(text: &str) -> (String, Vec<u32>) {
        let mut edits = open(text).unwrap();
        let is_whole = |given: &Given| given.has("name");
        let requests = Requests { is_meant: &is_meant, is_whole: &is_whole };
        let value = |given: &Given| match is_whole(given) {
            true => Filled::With("1".to_owned()),
            false => Filled::Left,
        };
        assert!(edits.complete_requests("code", &requests, &value).unwrap().is_empty());
        (edits.source().text().to_owned(), edits.unclear_requests("code", &requests))
    }

    #[test]
    fn bodies_of_requests_to_the_route_get_an_entry() {
        for (before, after) in [
            (
                "c.post(\"/api/posts/\", {\"name\": 1})\n",
                "c.post(\"/api/posts/\", {\"name\": 1, \"code\": 1})\n",
            ),
            (
                "c.post(\"/api/posts/\", json.dumps({\"name\": 1}))\n",
                "c.post(\"/api/posts/\", json.dumps({\"name\": 1, \"code\": 1}))\n",
            ),
            (
                "c.post(path=reverse(\"post-list\") + \"?a=1\", data={\"name\": 1})\n",
                "c.post(path=reverse(\"post-list\") + \"?a=1\", data={\"name\": 1, \"code\": 1})\n",
            ),
            (
                "URL = \"/api\"\n\n\ndef test_it(client):\n    body = {\"name\": 1}\n    client.post(f\"{URL}/posts/\", body)\n",
                "URL = \"/api\"\n\n\ndef test_it(client):\n    body = {\"name\": 1, \"code\": 1}\n    client.post(f\"{URL}/posts/\", body)\n",
            ),
            (
                "class A:\n    url = reverse_lazy(\"post-list\")\n\n    def setUp(self):\n        self.body = {\"name\": 1}\n\n    def test_it(self):\n        self.client.post(self.url, {**self.body, \"name\": 2})\n",
                "class A:\n    url = reverse_lazy(\"post-list\")\n\n    def setUp(self):\n        self.body = {\"name\": 1, \"code\": 1}\n\n    def test_it(self):\n        self.client.post(self.url, {**self.body, \"name\": 2})\n",
            ),
            (
                "class A:\n    def send(self, body):\n        return self.client.post(\"/posts/\", body)\n\n    def test_it(self):\n        self.send({\"name\": 1})\n",
                "class A:\n    def send(self, body):\n        return self.client.post(\"/posts/\", body)\n\n    def test_it(self):\n        self.send({\"name\": 1, \"code\": 1})\n",
            ),
            (
                "@pytest.fixture\ndef body():\n    return {\"name\": 1}\n\n\ndef test_it(client, body):\n    client.post(\"/posts/\", body)\n",
                "@pytest.fixture\ndef body():\n    return {\"name\": 1, \"code\": 1}\n\n\ndef test_it(client, body):\n    client.post(\"/posts/\", body)\n",
            ),
        ] {
            assert_eq!(completed(before), (after.to_owned(), Vec::new()), "{before}");
        }
    }

    #[test]
    fn what_goes_elsewhere_stays_and_what_is_unclear_is_told() {
        for (text, unclear) in [
            ("c.post(reverse(\"page-list\"), {\"name\": 1})\nc.post(\"/posts/\", {})\n", &[][..]),
            ("assert c.get(\"/posts/\").data == [{\"name\": 1}]\n", &[]),
            ("d = {\"name\": 1}\nc.post(\"/posts/\", d)\nc.post(\"/pages/\", d)\n", &[]),
            ("c.post(\"/posts/1/publish/\", {\"name\": 1})\n", &[]),
            ("\nc.post(self.url, {\"name\": 1})\nc.post(self.url, {\"page\": 1})\n", &[2]),
            ("def test_it(body):\n    c.post(\"/posts/\", body)\n", &[2]),
            ("for body in [{}, {\"page\": 1}]:\n    c.post(\"/posts/\", body)\n", &[]),
            (
                "@pytest.mark.parametrize(\"body\", [{}, pytest.param({\"page\": 1}, id=\"a\")])\ndef test_it(body):\n    c.post(\"/posts/\", body)\n",
                &[],
            ),
        ] {
            assert_eq!(completed(text), (text.to_owned(), unclear.to_vec()));
        }
    }
}
