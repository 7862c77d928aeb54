//! The classes themselves: their names and marks, what is set up before each test, and the fixtures that tests ask for.

use std::collections::BTreeSet;

use ruff_python_ast::{Decorator, Expr, ExprCall, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::cases::{Case, Cases, DATA, Database, Kind, SET_UP, TEAR_DOWN, is_test, methods};
use super::contexts::FIXTURES;
use super::text::{Changes, block_start, each_expr, lines_of, method_of, moved, own_attribute};
use super::{NoRule, PytestStyle, parsed};
use crate::Source;
use crate::layout::INDENT;

/// What changes settings, and what a fixture of pytest-django does the same with.
const OVERRIDE: &str = "override_settings";
const SETTINGS: &str = "settings";
/// The fixture of a class that others extend: theirs would hide one of the same name.
const SHARED: &str = "setup_data";

/// The classes as pytest has them.
pub(super) fn written(source: &Source, cases: &Cases, style: &PytestStyle) -> Result<String, NoRule> {
    let text = without_calls_of_parents(source, cases)?;
    let source = &parsed(&text)?;
    let mut changes = Changes::default();
    // `settings` of the module is no fixture.
    let has_settings = mentions(&source.module().body, SETTINGS);
    for (class, case) in cases.in_source(source) {
        let writer = Writer { source, cases, style, class, case, has_settings };
        writer.write(&mut changes).ok_or_else(|| NoRule::of(&case.name))?;
    }
    rename(source, cases, &mut changes);
    changes.apply(source.text())
}

/// Leaves out what a class calls of those that it extends: their fixtures run by themselves.
fn without_calls_of_parents(source: &Source, cases: &Cases) -> Result<String, NoRule> {
    let mut changes = Changes::default();
    for (class, case) in cases.in_source(source) {
        for method in methods(class) {
            let is_one = |statement: &&Stmt| {
                let call = statement.as_expr_stmt().and_then(|expr| expr.value.as_call_expr());
                let function = call.and_then(|call| call.func.as_attribute_expr());
                let of_super = function.is_some_and(|function| {
                    let base = function.value.as_call_expr().and_then(|call| call.func.as_name_expr());
                    base.is_some_and(|name| name.id.as_str() == "super") && function.attr == method.name
                });
                let has_data = case.kind.is_some() && method.name.as_str() == SET_UP;
                of_super && [DATA, SET_UP, TEAR_DOWN].contains(&method.name.as_str())
                    || has_data && call.is_some_and(|c| own_attribute(&c.func) == Some(DATA))
            };
            let (calls, rest): (Vec<&Stmt>, Vec<&Stmt>) = method.body.iter().partition(is_one);
            for call in calls {
                match rest.is_empty() {
                    true => changes.replace(call.range().to_std_range(), "pass"),
                    false => changes.replace(lines_of(source, call), ""),
                }
            }
        }
    }
    changes.apply(source.text())
}

/// The new names where the module says the old ones.
fn rename(source: &Source, cases: &Cases, changes: &mut Changes) {
    each_expr(&source.module().body, &mut |expr| {
        if let Expr::Name(name) = expr
            && let Some(case) = cases.get(name.id.as_str()).filter(|case| case.new_name != case.name)
        {
            let range = name.range().to_std_range();
            // Headers of classes are written as a whole.
            let is_in_header = cases.in_source(source).any(|(class, _)| header(class).contains(&range.start));
            if !is_in_header {
                changes.replace(range, case.new_name.clone());
            }
        }
    });
}

/// The decorators, name and bases of a class.
fn header(class: &StmtClassDef) -> std::ops::Range<usize> {
    let end = class.arguments.as_deref().map_or(class.name.end(), |arguments| arguments.end());
    class.start().to_usize()..end.to_usize()
}

/// What a class is set up with.
#[derive(Default)]
struct SetUp {
    parameters: Vec<String>,
    lines: String,
    depth: usize,
    after: String,
    yields: bool,
}

impl SetUp {
    fn ask_for(&mut self, name: &str) {
        if !self.parameters.iter().any(|known| known == name) {
            self.parameters.push(name.to_owned());
        }
    }

    fn line(&mut self, text: &str) {
        self.lines.push_str(&format!("{}{text}\n", INDENT.repeat(2 + self.depth)));
    }

    /// Lets a manager be around all that follows, and the test.
    fn within(&mut self, manager: &str) {
        self.line(&format!("with {manager}:"));
        self.depth += 1;
        self.yields = true;
    }

    /// Lines of a method, as deep as they stand there.
    fn block(&mut self, source: &Source, range: std::ops::Range<usize>) {
        self.lines.push_str(&moved(source, range, isize::try_from(self.depth).unwrap_or_default()));
    }

    fn finished(mut self, name: &str) -> Option<String> {
        if self.yields {
            self.line("yield");
        }
        self.lines.push_str(&self.after);
        if self.lines.is_empty() {
            return None;
        }
        let parameters: Vec<String> = std::iter::once("self".to_owned()).chain(self.parameters).collect();
        let indent = INDENT;
        Some(format!(
            "{indent}@pytest.fixture(autouse=True)\n{indent}def {name}({}):\n{}",
            parameters.join(", "),
            self.lines
        ))
    }
}

#[derive(Clone, Copy)]
struct Writer<'s> {
    source: &'s Source,
    cases: &'s Cases,
    style: &'s PytestStyle,
    class: &'s StmtClassDef,
    case: &'s Case,
    has_settings: bool,
}

impl Writer<'_> {
    /// `None` if something has no rule.
    fn write(&self, changes: &mut Changes) -> Option<()> {
        let mut set_up = SetUp::default();
        let kept = self.decorators(&mut set_up)?;
        self.write_header(&kept, changes);
        self.write_fixture(set_up, changes)?;
        for method in methods(self.class).filter(|method| !is_one_of_setup(method)) {
            self.write_method(method, changes)?;
        }
        Some(())
    }

    fn kind(&self) -> Option<Kind> {
        self.cases.kind(&self.case.name)
    }

    fn database(&self) -> Database {
        let kinds = self.cases.kinds_of(&self.case.name);
        kinds.first().map_or(Database::None, |kind| kind.database)
    }

    /// The class's decorators that stay; what the others do, the fixture does.
    fn decorators(&self, set_up: &mut SetUp) -> Option<Vec<String>> {
        let mut kept = Vec::new();
        for decorator in &self.class.decorator_list {
            let call = decorator.expression.as_call_expr()?;
            let name = self.source.slice(call.func.range());
            match name {
                _ if is_patch(name) => {
                    kept.push(self.source.slice(decorator.range()).to_owned());
                }
                OVERRIDE if call.arguments.args.is_empty() => self.settings(call, set_up)?,
                "skipUnlessDBFeature" | "skipIfDBFeature" => {
                    let [feature] = &*call.arguments.args else { return None };
                    let feature = feature.as_string_literal_expr()?.value.to_str();
                    let (not, has) = if name == "skipIfDBFeature" { ("", "has") } else { ("not ", "lacks") };
                    set_up.line(&format!("if {not}connection.features.{feature}:"));
                    set_up.line(&format!("{INDENT}pytest.skip(\"the database {has} {feature}\")"));
                }
                _ => return None,
            }
        }
        Some(kept)
    }

    fn settings(&self, call: &ExprCall, set_up: &mut SetUp) -> Option<()> {
        match self.plain_settings(call) {
            Some(lines) => {
                set_up.ask_for(SETTINGS);
                lines.iter().for_each(|line| set_up.line(line));
            }
            None => set_up.within(&format!("{OVERRIDE}{}", self.source.slice(call.arguments.range()))),
        }
        Some(())
    }

    /// Settings as what is done with the fixture of that name; `None` where that is not possible.
    fn plain_settings(&self, call: &ExprCall) -> Option<Vec<String>> {
        if self.has_settings || !call.arguments.args.is_empty() {
            return None;
        }
        let line = |keyword: &ruff_python_ast::Keyword| {
            let name = keyword.arg.as_ref()?;
            Some(format!("{SETTINGS}.{name} = {}", self.source.slice(keyword.value.range())))
        };
        call.arguments.keywords.iter().map(line).collect()
    }

    fn write_header(&self, kept: &[String], changes: &mut Changes) {
        let mut text = String::new();
        if let Some(kind) = self.kind() {
            match kind.database {
                Database::RolledBack if !self.style.marks_modules => {
                    text.push_str("@pytest.mark.django_db\n")
                }
                Database::Emptied => text.push_str("@pytest.mark.django_db(transaction=True)\n"),
                _ => {}
            }
        }
        kept.iter().for_each(|decorator| text.push_str(&format!("{decorator}\n")));
        text.push_str(&format!("class {}", self.case.new_name));
        let bases: Vec<&str> = self
            .case
            .parents
            .iter()
            .map(|name| self.cases.get(name).map_or(name.as_str(), |case| case.new_name.as_str()))
            .collect();
        if !bases.is_empty() {
            text.push_str(&format!("({})", bases.join(", ")));
        }
        changes.replace(header(self.class), text);
    }

    /// What the class sets up for itself, as a fixture in the place of the first method that did.
    fn write_fixture(&self, mut set_up: SetUp, changes: &mut Changes) -> Option<()> {
        let method = |name: &str| methods(self.class).find(|method| method.name.as_str() == name);
        let mut makes = false;
        let parent = self.parent_fixture().ok()?;
        if let Some(client) = self.client() {
            set_up.line(&client.1);
            client.0.iter().for_each(|fixture| set_up.ask_for(fixture));
        }
        for part in [DATA, SET_UP].into_iter().filter_map(method) {
            if !part.decorator_list.is_empty() || part.parameters.len() != 1 {
                return None;
            }
            makes |= self.statements(part, &mut set_up)?;
        }
        if let Some(part) = method(TEAR_DOWN) {
            set_up.yields = true;
            makes = true;
            let body = self.body(part)?;
            set_up.after.insert_str(0, &moved(self.source, body, isize::try_from(set_up.depth).ok()?));
        }
        let database = match self.database() {
            Database::None => None,
            Database::RolledBack => Some("db"),
            Database::Emptied if self.kind().is_none() => Some("db"),
            Database::Emptied => Some("transactional_db"),
        };
        // What comes first may ask the database as well.
        let first = parent.or_else(|| database.filter(|_| makes).map(str::to_owned));
        set_up.parameters.splice(0..0, first);
        let lines = set_up.lines.clone() + &set_up.after;
        for fixture in FIXTURES {
            if has_word(&lines, fixture) {
                set_up.ask_for(fixture);
            }
        }
        let fixture = set_up.finished(self.fixture_name());
        let mut olds = methods(self.class).filter(|method| is_one_of_setup(method));
        match (olds.next(), fixture) {
            (Some(first), Some(fixture)) => changes.replace(lines_of(self.source, first), fixture),
            (Some(first), None) => self.remove(first, changes),
            (None, Some(fixture)) => self.insert(&fixture, changes),
            (None, None) => {}
        }
        olds.for_each(|old| self.remove(old, changes));
        Some(())
    }

    /// Puts a fixture before the first method.
    fn insert(&self, fixture: &str, changes: &mut Changes) {
        let Some(first) = methods(self.class).next() else { return };
        let start = lines_of(self.source, first).start;
        changes.insert(start, format!("{fixture}\n"));
    }

    /// Takes a method away, and the empty lines behind it.
    fn remove(&self, method: &StmtFunctionDef, changes: &mut Changes) {
        let mut lines = lines_of(self.source, method);
        let text = self.source.text();
        let is_last = self.class.body.last().is_some_and(|last| last.range() == method.range());
        if is_last {
            while text.get(..lines.start).is_some_and(|before| before.ends_with("\n\n")) {
                lines.start -= 1;
            }
            if self.class.body.len() == 1 {
                changes.replace(lines, format!("{INDENT}pass\n"));
                return;
            }
        } else {
            while text.get(lines.end..).is_some_and(|behind| behind.starts_with('\n')) {
                lines.end += 1;
            }
        }
        changes.replace(lines, "");
    }

    fn fixture_name(&self) -> &'static str {
        if self.case.is_extended { SHARED } else { "setup" }
    }

    /// Whether the class is set up with anything.
    fn has_fixture(&self) -> bool {
        let makes =
            |method: &StmtFunctionDef| is_one_of_setup(method) && !method.body.iter().all(Stmt::is_pass_stmt);
        let is_kept = |decorator: &Decorator| {
            let call = decorator.expression.as_call_expr();
            call.is_none_or(|call| is_patch(self.source.slice(call.func.range())))
        };
        methods(self.class).any(makes)
            || self.client().is_some()
            || !self.class.decorator_list.iter().all(is_kept)
    }

    /// The fixture of a class that this one extends, which comes first.
    ///
    /// # Errors
    /// Several of them.
    fn parent_fixture(&self) -> Result<Option<String>, ()> {
        let line = self.cases.line(&self.case.name);
        let parents = self
            .cases
            .in_source(self.source)
            .filter(|(_, case)| line.contains(&case.name) && case.name != self.case.name);
        let made = parents.filter(|(class, case)| Writer { class, case, ..*self }.has_fixture());
        match (made.count(), self.case.is_extended) {
            (0, _) => Ok(None),
            (1, false) => Ok(Some(SHARED.to_owned())),
            _ => Err(()),
        }
    }

    /// The fixtures to ask for, and the line that gives the class its client, if its methods use one.
    fn client(&self) -> Option<(Vec<String>, String)> {
        let api = self.case.kind?.api?;
        let line = self.cases.line(&self.case.name);
        let is_near = |name: &String| line.contains(name) || self.cases.line(name).contains(&self.case.name);
        let mut uses = false;
        for (class, _) in self.cases.in_source(self.source).filter(|(_, case)| is_near(&case.name)) {
            each_expr(&class.body, &mut |expr| uses |= own_attribute(expr) == Some("client"));
        }
        if !uses {
            return None;
        }
        Some(match (&self.style.api_client, api) {
            (Some(fixture), true) => (vec![fixture.clone()], format!("self.client = {fixture}")),
            (None, true) => (Vec::new(), "self.client = APIClient()".to_owned()),
            (_, false) => (vec!["client".to_owned()], "self.client = client".to_owned()),
        })
    }

    fn body(&self, method: &StmtFunctionDef) -> Option<std::ops::Range<usize>> {
        let end = method.returns.as_deref().map_or(method.parameters.end(), Ranged::end);
        let start = block_start(self.source, end.to_usize(), &method.body)?;
        Some(start..lines_of(self.source, method).end)
    }

    /// The statements of a method that sets up; whether there are any.
    fn statements(&self, method: &StmtFunctionDef, set_up: &mut SetUp) -> Option<bool> {
        let body = self.body(method)?;
        if method.body.iter().all(Stmt::is_pass_stmt) {
            return Some(false);
        }
        let mut at = body.start;
        let mut rest = method.body.as_slice();
        while let Some((first, more)) = rest.split_first() {
            let end = lines_of(self.source, first).end;
            if let [start, clean, ..] = more
                && let Some(manager) = self.patched(method, first, start, clean)
            {
                // Comments above it.
                set_up.block(self.source, at..self.source.line_start(first.start().to_usize()));
                set_up.within(&manager);
                at = lines_of(self.source, clean).end;
                rest = more.get(2..)?;
                continue;
            }
            if let Some(call) = own_call(first, "addCleanup") {
                let (function, arguments) = call.arguments.args.split_first()?;
                let keywords =
                    call.arguments.keywords.iter().map(|keyword| self.source.slice(keyword.range()));
                let arguments: Vec<&str> =
                    arguments.iter().map(|arg| self.source.slice(arg.range())).chain(keywords).collect();
                let function = function
                    .as_name_expr()
                    .map(Ranged::range)
                    .or_else(|| function.as_attribute_expr().map(Ranged::range))?;
                let indent = INDENT.repeat(2 + set_up.depth);
                set_up.after.insert_str(
                    0,
                    &format!("{indent}{}({})\n", self.source.slice(function), arguments.join(", ")),
                );
                set_up.block(self.source, at..self.source.line_start(first.start().to_usize()));
                set_up.yields = true;
            } else {
                set_up.block(self.source, at..end);
            }
            at = end;
            rest = more;
        }
        Some(true)
    }

    /// The call of `p = mock.patch(…)`, `p.start()`, `self.addCleanup(p.stop)`.
    fn patched(&self, method: &StmtFunctionDef, first: &Stmt, start: &Stmt, clean: &Stmt) -> Option<String> {
        let assign = first.as_assign_stmt()?;
        let [Expr::Name(target)] = assign.targets.as_slice() else { return None };
        let name = target.id.as_str();
        let is_of = |expr: &Expr, attribute: &str| {
            expr.as_attribute_expr().is_some_and(|a| {
                a.attr.as_str() == attribute && a.value.as_name_expr().is_some_and(|n| n.id.as_str() == name)
            })
        };
        let started = start.as_expr_stmt()?.value.as_call_expr()?;
        let cleaned = own_call(clean, "addCleanup")?;
        let [stop] = &*cleaned.arguments.args else { return None };
        let mut used = 0;
        each_expr(&method.body, &mut |expr| {
            used += usize::from(expr.as_name_expr().is_some_and(|n| n.id.as_str() == name));
        });
        let is_it = is_of(&started.func, "start") && is_of(stop, "stop") && used == 3;
        is_it.then(|| self.source.slice(assign.value.range()).to_owned())
    }

    /// Lets a method ask for the fixtures that it uses.
    fn write_method(&self, method: &StmtFunctionDef, changes: &mut Changes) -> Option<()> {
        let mut wanted: Vec<&str> =
            FIXTURES.into_iter().filter(|name| mentions(&method.body, name)).collect();
        let mut lines = Vec::new();
        for decorator in method.decorator_list.iter().filter(|_| is_test(method)) {
            let call = decorator.expression.as_call_expr();
            if let Some(call) = call.filter(|call| self.source.slice(call.func.range()) == OVERRIDE)
                && let Some(settings) = self.plain_settings(call)
            {
                lines.extend(settings);
                self.remove_decorator(decorator, changes);
            }
        }
        if !lines.is_empty() {
            wanted.push(SETTINGS);
            let start = self.body(method)?.start;
            let text: String = lines.iter().map(|line| format!("{}{line}\n", INDENT.repeat(2))).collect();
            changes.insert(start, text);
        }
        if wanted.is_empty() {
            return Some(());
        }
        // pytest gives fixtures to tests only.
        if !is_test(method) || method.parameters.vararg.is_some() || method.parameters.kwarg.is_some() {
            return None;
        }
        let last = method.parameters.iter().last()?.range().end().to_usize();
        changes.insert(last, format!(", {}", wanted.join(", ")));
        Some(())
    }

    fn remove_decorator(&self, decorator: &Decorator, changes: &mut Changes) {
        changes.replace(lines_of(self.source, decorator), "");
    }
}

/// Whether a function of `unittest.mock` is called by this name: it decorates the tests of any class.
fn is_patch(name: &str) -> bool {
    name.split('.').any(|part| part == "patch")
}

fn is_one_of_setup(method: &StmtFunctionDef) -> bool {
    [DATA, SET_UP, TEAR_DOWN].contains(&method.name.as_str())
}

/// `self.<name>(…)` as a statement.
fn own_call<'s>(statement: &'s Stmt, name: &str) -> Option<&'s ExprCall> {
    let value = &statement.as_expr_stmt()?.value;
    value.as_call_expr().filter(|_| method_of(value) == Some(name))
}

/// Whether statements use a name.
fn mentions(body: &[Stmt], name: &str) -> bool {
    let mut names = BTreeSet::new();
    each_expr(body, &mut |expr| names.extend(expr.as_name_expr().map(|name| name.id.as_str())));
    names.contains(name)
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}
