//! What a function gives back, and when: for code that must say the same elsewhere.

use std::collections::{HashMap, HashSet};

use aksara_protocol::facts::{Chain, ChainCall};
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::expression;
use super::scope::Scope;
use crate::Source;
use crate::edit::parse_code;

/// More choices than these are no simple rule.
const MAX_CHOICES: usize = 6;

/// One of the values that a function may give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// When it is this one, if none before it is: absent of the last.
    pub condition: Option<String>,
    /// The value, on one line and without the function's own variables.
    pub value: String,
}

/// The values that a body chooses from, in order. `None` if it does more than to name values and choose.
#[must_use]
pub fn choices(body: &str) -> Option<Vec<Choice>> {
    let source = parse_code(&format!("def function():\n{}", indented(body))).ok()?;
    let [Stmt::FunctionDef(function)] = source.module().body.as_slice() else { return None };
    let mut walk = Walk { source: &source, found: Vec::new() };
    walk.statements(&function.body.iter().collect::<Vec<_>>(), HashMap::new(), None)?;
    let last = walk.found.iter().position(|choice| choice.condition.is_none())?;
    walk.found.truncate(last + 1);
    Some(walk.found)
}

/// A value as calls one after the other on what is named. `None` for what is no such chain.
#[must_use]
pub fn chain(value: &str) -> Option<Chain> {
    let source = parse_code(&on_one_line(value)?).ok()?;
    let [Stmt::Expr(statement)] = source.module().body.as_slice() else { return None };
    let names = HashMap::new();
    let scope = Scope::module(&names);
    let mut calls = Vec::new();
    let mut rest = &*statement.value;
    while let Expr::Call(call) = rest {
        let Expr::Attribute(attribute) = &*call.func else { break };
        let args = expression::arguments(&call.arguments, source.text(), &scope);
        if args.star {
            return None;
        }
        calls.push(ChainCall { name: attribute.attr.as_str().to_owned(), args, means: Vec::new() });
        rest = &attribute.value;
    }
    let is_named = match rest {
        Expr::Call(call) => call.func.is_name_expr(),
        other => is_dotted(other),
    };
    calls.reverse();
    is_named.then(|| Chain { of: source.slice(rest).to_owned(), calls })
}

/// The names that an expression uses, those of attributes and arguments left out.
#[must_use]
pub fn names(value: &str) -> Vec<String> {
    let Ok(source) = parse_code(&format!("({value})")) else { return Vec::new() };
    let [Stmt::Expr(statement)] = source.module().body.as_slice() else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for name in Names::of(&statement.value).found {
        if !found.iter().any(|there| there == name.id.as_str()) {
            found.push(name.id.as_str().to_owned());
        }
    }
    found
}

/// Code in which the name `old` is written as `new`: an attribute, a keyword or a text with the same letters is none.
#[must_use]
pub fn renamed(code: &str, old: &str, new: &str) -> String {
    // An expression may go on over lines that only brackets hold together.
    let parsed = parse_code(code).map(|source| (source, 0));
    let Ok((source, shift)) = parsed.or_else(|_| parse_code(&format!("({code})")).map(|source| (source, 1)))
    else {
        return code.to_owned();
    };
    let mut names = Names { found: Vec::new(), seen: HashSet::new(), binds: false };
    names.visit_body(&source.module().body);
    names.found.retain(|name| name.id.as_str() == old && name.ctx == ast::ExprContext::Load);
    names.found.sort_by_key(|name| name.start());
    let mut written = code.to_owned();
    for name in names.found.iter().rev() {
        let range = name.range().to_std_range();
        written.replace_range(range.start - shift..range.end - shift, new);
    }
    written
}

/// A body whose first line lost its indent, one level deep.
fn indented(body: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let rest = body.lines().skip(1);
    let least = rest.clone().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or_default();
    let first = body.lines().take(1).map(str::to_owned);
    let rest = rest.map(|line| line.get(least..).unwrap_or_default().to_owned());
    first.chain(rest).map(|line| format!("    {line}\n")).collect()
}

fn is_dotted(expr: &Expr) -> bool {
    match expr {
        Expr::Name(_) => true,
        Expr::Attribute(attribute) => is_dotted(&attribute.value),
        _ => false,
    }
}

struct Walk<'s> {
    source: &'s Source,
    found: Vec<Choice>,
}

impl Walk<'_> {
    /// Follows the statements to each `return`. `locals` are the values of the body's own variables.
    fn statements(
        &mut self,
        statements: &[&Stmt],
        mut locals: HashMap<String, String>,
        condition: Option<&str>,
    ) -> Option<()> {
        let (first, rest) = statements.split_first()?;
        match first {
            Stmt::Return(returned) => self.value(returned.value.as_deref()?, &locals, condition),
            Stmt::Assign(assign) => {
                let [Expr::Name(name)] = assign.targets.as_slice() else { return None };
                let value = self.text(&assign.value, &locals)?;
                locals.insert(name.id.as_str().to_owned(), value);
                self.statements(rest, locals, condition)
            }
            Stmt::If(branch) => {
                let clauses = branch.elif_else_clauses.iter().map(|c| (c.test.as_ref(), &c.body));
                let has_else = branch.elif_else_clauses.last().is_some_and(|clause| clause.test.is_none());
                for (test, body) in std::iter::once((Some(&*branch.test), &branch.body)).chain(clauses) {
                    let here = match test {
                        Some(test) => Some(self.text(test, &locals)?),
                        None => None,
                    };
                    let both = both(condition, here.as_deref());
                    let path: Vec<&Stmt> = body.iter().chain(rest.iter().copied()).collect();
                    self.statements(&path, locals.clone(), both.as_deref())?;
                }
                if has_else { Some(()) } else { self.statements(rest, locals, condition) }
            }
            _ => None,
        }
    }

    fn value(
        &mut self,
        value: &Expr,
        locals: &HashMap<String, String>,
        condition: Option<&str>,
    ) -> Option<()> {
        if let Expr::If(choice) = value {
            let here = self.text(&choice.test, locals)?;
            self.value(&choice.body, locals, both(condition, Some(&here)).as_deref())?;
            return self.value(&choice.orelse, locals, condition);
        }
        let value = self.text(value, locals)?;
        self.found.push(Choice { condition: condition.map(str::to_owned), value });
        (self.found.len() <= MAX_CHOICES).then_some(())
    }

    /// An expression on one line, with the values of variables in their place.
    fn text(&self, expr: &Expr, locals: &HashMap<String, String>) -> Option<String> {
        let names = Names::of(expr);
        let mut text = String::new();
        let mut at = expr.start();
        for name in &names.found {
            let Some(value) = locals.get(name.id.as_str()) else { continue };
            if names.binds {
                return None;
            }
            text.push_str(self.source.slice(TextRange::new(at, name.start())));
            let alone = name.range() == expr.range() || chain(value).is_some();
            text.push_str(&if alone { value.clone() } else { format!("({value})") });
            at = name.end();
        }
        text.push_str(self.source.slice(TextRange::new(at, expr.end())));
        on_one_line(&text)
    }
}

/// Code of several lines on one; `None` where a line may be inside of a text or has a comment.
fn on_one_line(text: &str) -> Option<String> {
    if !text.contains('\n') {
        return Some(text.to_owned());
    }
    if text.contains(['#', '\\']) || text.contains("\"\"\"") || text.contains("'''") {
        return None;
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut line = lines.join(" ");
    for (spaced, closed) in [("( ", "("), ("[ ", "["), (", )", ")"), (" )", ")"), (" ]", "]"), (" .", ".")] {
        line = line.replace(spaced, closed);
    }
    Some(line)
}

/// A condition that holds where both do; of one alone that one.
#[must_use]
pub fn both(first: Option<&str>, second: Option<&str>) -> Option<String> {
    let whole = |text: &str| match [" or ", " if ", "lambda "].iter().any(|word| text.contains(word)) {
        true => format!("({text})"),
        false => text.to_owned(),
    };
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{} and {}", whole(first), whole(second))),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// The names in an expression, in order.
struct Names<'a> {
    found: Vec<&'a ast::ExprName>,
    seen: HashSet<usize>,
    /// Whether it binds names of its own.
    binds: bool,
}

impl<'a> Names<'a> {
    fn of(expr: &'a Expr) -> Self {
        let mut names = Self { found: Vec::new(), seen: HashSet::new(), binds: false };
        names.visit_expr(expr);
        names.found.sort_by_key(|name| name.start());
        names
    }
}

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if self.seen.insert(name.start().to_usize()) => self.found.push(name),
            Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_)
            | Expr::Named(_) => self.binds = true,
            _ => {}
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Option<Vec<String>> {
        let told = |choice: Choice| match choice.condition {
            Some(condition) => format!("{condition}: {}", choice.value),
            None => choice.value,
        };
        choices(body).map(|choices| choices.into_iter().map(told).collect())
    }

    #[test]
    fn what_a_body_chooses_from_is_told_without_its_variables() {
        for (body, expected) in [
            ("return Post.objects.all()", Some(&["Post.objects.all()"][..])),
            (
                "user = self.request.user\n        if user.is_staff:\n            return Post.objects.all()\n        return Post.objects.filter(\n            owner=user,\n        )",
                Some(&[
                    "self.request.user.is_staff: Post.objects.all()",
                    "Post.objects.filter(owner=self.request.user)",
                ]),
            ),
            (
                "rows = super().get_queryset()\n        if not self.request.user.is_staff:\n            rows = rows.filter(owner=self.request.user)\n        return rows.order_by('id')",
                Some(&[
                    "not self.request.user.is_staff: super().get_queryset().filter(owner=self.request.user).order_by('id')",
                    "super().get_queryset().order_by('id')",
                ]),
            ),
            (
                "if a:\n            return A.x() if b or c else B.x()\n        elif d:\n            return D.x()\n        else:\n            return E.x()",
                Some(&["a and (b or c): A.x()", "a: B.x()", "d: D.x()", "E.x()"]),
            ),
            ("q = A | B\n        return q.all()", Some(&["(A | B).all()"])),
            ("for row in rows:\n            pass\n        return rows", None),
            ("if a:\n            return A.x()", None),
            ("rows |= A\n        return rows", None),
            ("return A.x(  # why\n            b\n        )", None),
        ] {
            let expected = expected.map(|all| all.iter().map(|&one| one.to_owned()).collect());
            assert_eq!(told(body), expected, "{body}");
        }
    }

    #[test]
    fn a_chain_is_calls_on_what_is_named() {
        let chain = |text: &str| {
            super::chain(text).map(|chain| {
                let calls: Vec<String> = chain.calls.iter().map(ToString::to_string).collect();
                (chain.of, calls.join(" "))
            })
        };
        for (text, of, calls) in [
            ("Post.objects.filter(a=1).all()", "Post.objects", "filter(a=1) all()"),
            ("super().get_queryset()", "super()", "get_queryset()"),
            ("visible(self.request.user)", "visible(self.request.user)", ""),
            ("self.request.user.posts.all()", "self.request.user.posts", "all()"),
            ("Post.objects.filter(\n    a=1,\n)\n.all()", "Post.objects", "filter(a=1) all()"),
        ] {
            assert_eq!(chain(text), Some((of.to_owned(), calls.to_owned())), "{text}");
        }
        for text in ["Post.objects.filter(**a)", "Post.objects.all()[:3]", "a | b", "x = 1"] {
            assert_eq!(chain(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_those_that_must_be_known() {
        assert_eq!(names("Q(owner=self.request.user) | Q(state=State.OPEN)"), ["Q", "self", "State"]);
    }

    #[test]
    fn names_are_written_otherwise_where_they_are_names() {
        for (code, expected) in [
            ("filter(owner=owner(self.request.user))", "filter(owner=a.owner(self.request.user))"),
            (
                "Q(owner=1)\n.filter(x.owner, \"owner\", 'owner', owners)",
                "Q(owner=1)\n.filter(x.owner, \"owner\", 'owner', owners)",
            ),
            (
                "rows\n.filter(\n    é=f\"{owner}\", o=owner\n)",
                "rows\n.filter(\n    é=f\"{a.owner}\", o=a.owner\n)",
            ),
            (
                "@owner\ndef f(self, x: owner) -> owner:\n    return owner(owner=x.owner)",
                "@a.owner\ndef f(self, x: a.owner) -> a.owner:\n    return a.owner(owner=x.owner)",
            ),
        ] {
            assert_eq!(renamed(code, "owner", "a.owner"), expected);
        }
    }
}
