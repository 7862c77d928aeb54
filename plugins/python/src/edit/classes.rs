//! Whole classes at the top of a module.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::lines::{attached_start, blanks_after, blanks_before, content_end, starts_line};
use super::pieces::Replacement;
use super::{Change, Edits, find, parse_one, same};

/// Blank lines around a class at the top of a module (PEP 8).
const BLANKS: usize = 2;

/// Where a class goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassPlace<'a> {
    /// Above the class with this name, and above the comments and decorators that belong to it.
    Before(&'a str),
    /// Below the class with this name.
    After(&'a str),
    /// At the end of the file; above routers and URL patterns that end it, since these name the classes.
    End,
}

impl Edits {
    /// Whether the module has exactly one class by this name (`A.B` for one inside another).
    #[must_use]
    pub fn has_class(&self, path: &str) -> bool {
        find::class(self.source(), path).is_ok()
    }

    /// The source of a class, decorators included.
    ///
    /// # Errors
    /// No such class, or more than one.
    pub fn class_source(&self, path: &str) -> Result<&str, Diagnostic> {
        Ok(self.source().slice(find::class(self.source(), path)?))
    }

    /// What `name` means in this module, in words, if it means anything (`TYPE_CHECKING` imports do not).
    #[must_use]
    pub fn meaning_of(&self, name: &str) -> Option<String> {
        find::binding(self.source(), name).map(|binding| binding.what)
    }

    /// Whether the module gives a variable a value of its own. What builds on another module's value of that name
    /// (`X += […]`, `X = [*base.X, …]`) does not.
    #[must_use]
    pub fn sets(&self, variable: &str) -> bool {
        let is_it = |expr: &Expr| match expr {
            Expr::Name(name) => name.id.as_str() == variable,
            Expr::Attribute(attribute) => attribute.attr.as_str() == variable,
            _ => false,
        };
        match find::value(self.source(), &self.source().module().body, variable, variable) {
            Ok(value) => value.is_some_and(|(_, value)| !any_over_expr(value, &is_it)),
            // In a way that cannot be followed, which is for who changes it to say.
            Err(_) => true,
        }
    }

    /// Puts a class in, with two blank lines around it.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`] if the name means something else in the module; an anchor class that is not there or
    /// that is not the only one; code that is not one class.
    pub fn add_class(&mut self, code: &str, place: ClassPlace<'_>) -> Result<Change, Diagnostic> {
        let code = self.layout().fit(code.trim_matches('\n'), "");
        let (_, statement) = parse_one(&code)?;
        let Stmt::ClassDef(class) = &statement else {
            return Err(Diagnostic::new(codes::REFUSED, "the code to put in is not a class")
                .with_help("give the source of one class"));
        };
        let name = class.name.as_str();
        let source = self.source();
        if let Some(taken) = find::binding(source, name) {
            let is_same = taken.inside.is_none()
                && source
                    .module()
                    .body
                    .iter()
                    .any(|s| s.range().contains_range(taken.range) && same(s, &statement));
            if is_same {
                return Ok(self.already());
            }
            return Err(self.name_taken(name, &taken));
        }
        let nl = self.layout().newline;
        let below = |end: usize| {
            let (blanks, more) = blanks_after(source, end);
            let after = if more { nl.repeat(BLANKS.saturating_sub(blanks)) } else { String::new() };
            Replacement::code(end..end, &nl.repeat(BLANKS + 1), &code, &after)
        };
        let change = match place {
            ClassPlace::Before(anchor) => {
                let (start, missing) = above(source, find::class(source, anchor)?);
                Replacement::code(start..start, &nl.repeat(missing), &code, &nl.repeat(BLANKS + 1))
            }
            ClassPlace::After(anchor) => {
                let end = source.line_end(find::class(source, anchor)?.end().to_usize());
                below(trailing_comments(source, end))
            }
            ClassPlace::End => match (routes(source), content_end(source)) {
                (Some(routes), _) => {
                    let (start, missing) = above(source, routes);
                    Replacement::code(start..start, &nl.repeat(missing), &code, &nl.repeat(BLANKS + 1))
                }
                (None, Some(end)) => below(end),
                (None, None) => {
                    let at = source.content_start();
                    let last = if source.text().len() == at { nl } else { "" };
                    Replacement::code(at..at, "", &code, last)
                }
            },
        };
        self.commit(&[change])
    }

    /// Moves a class above another one, so that the other one may use it: byte for byte, with the decorators and
    /// comments that belong to it.
    ///
    /// # Errors
    /// A class that is not there or is not the only one; [`codes::REFUSED`] if the class may need something that stands
    /// between the two.
    pub fn move_class_above(&mut self, name: &str, anchor: &str) -> Result<Change, Diagnostic> {
        let source = self.source();
        let (class, anchor_class) = (find::class(source, name)?, find::class(source, anchor)?);
        if class.start() < anchor_class.start() {
            return Ok(self.already());
        }
        let by_hand =
            format!("move `{name}` above `{anchor}` in `{}` by hand, with what it needs", source.path());
        let between = |s: &&Stmt| (anchor_class.start()..class.start()).contains(&s.start());
        for statement in source.module().body.iter().filter(between) {
            let Some(names) = names_defined(statement) else {
                let message =
                    format!("`{name}` stands below `{anchor}`, and what is between them may matter to it");
                return Err(self.refuse(statement, message, "this is between them", &by_hand));
            };
            let uses = |text: &str, word: &str| {
                text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|other| other == word)
            };
            if let Some(needed) = names.into_iter().find(|needed| uses(source.slice(class), needed)) {
                let message =
                    format!("`{name}` stands below `{anchor}`, and uses `{needed}` from between them");
                return Err(self.refuse(statement, message, "used by it", &by_hand));
            }
        }

        let nl = self.layout().newline;
        let start = attached_start(source, class.start().to_usize());
        let last = trailing_comments(source, source.line_end(class.end().to_usize()));
        let code = source.text().get(start..last).unwrap_or_default();
        let (to, missing) = above(source, anchor_class);
        let (blanks, more) = blanks_after(source, last);
        let gone = if more {
            // What follows moves up to where the class stood.
            let mut end = last;
            for _ in 0..=blanks {
                end = source.next_line(end).unwrap_or(end);
            }
            start..end
        } else {
            // The file ends as it ended.
            let kept = source.text().get(..start).unwrap_or_default().trim_end();
            kept.len()..last
        };
        let put = Replacement::insert(to, format!("{}{code}{}", nl.repeat(missing), nl.repeat(BLANKS + 1)));
        let taken = Replacement::replace(gone, "");
        self.commit(&[put, taken])
    }

    pub(super) fn name_taken(&self, name: &str, taken: &find::Binding) -> Diagnostic {
        let conditional = taken.inside.map(|inside| format!(" inside {inside}")).unwrap_or_default();
        Diagnostic::new(
            codes::NAME_TAKEN,
            format!("`{name}` already means {}{conditional} in `{}`", taken.what, self.source().path()),
        )
        .with_label(self.source().label(taken.range, "taken here"))
        .with_help("choose another name, or rename what is there")
    }
}

/// Where the lines of a class begin, what belongs to it included, and how many blank lines are missing above them.
fn above(source: &crate::Source, statement: &impl Ranged) -> (usize, usize) {
    let start = attached_start(source, statement.start().to_usize()).max(source.content_start());
    let has_above = source.text().get(source.content_start()..start).is_some_and(|t| !t.trim().is_empty());
    (start, if has_above { BLANKS.saturating_sub(blanks_before(source, start)) } else { 0 })
}

/// The first statement that makes a router or URL patterns, if no class or function stands below it.
fn routes(source: &crate::Source) -> Option<&Stmt> {
    let makes_routes = |statement: &Stmt| {
        let Stmt::Assign(assign) = statement else { return false };
        let is_patterns =
            |target: &Expr| target.as_name_expr().is_some_and(|n| n.id.as_str() == "urlpatterns");
        let made = assign.value.as_call_expr().and_then(|call| match &*call.func {
            Expr::Name(name) => Some(name.id.as_str()),
            Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
            _ => None,
        });
        assign.targets.iter().any(is_patterns) || made.is_some_and(|name| name.ends_with("Router"))
    };
    let body = &source.module().body;
    let at = body.iter().position(makes_routes)?;
    let is_block = |s: &Stmt| matches!(s, Stmt::ClassDef(_) | Stmt::FunctionDef(_));
    let is_last = !body[at..].iter().any(is_block);
    body.get(at).filter(|s| is_last && starts_line(source, s.start().to_usize()))
}

/// The names that a statement defines, if defining them is all that it does.
fn names_defined(statement: &Stmt) -> Option<Vec<&str>> {
    fn name(target: &Expr) -> Option<&str> {
        target.as_name_expr().map(|name| name.id.as_str())
    }
    match statement {
        Stmt::ClassDef(class) => Some(vec![class.name.as_str()]),
        Stmt::FunctionDef(function) => Some(vec![function.name.as_str()]),
        Stmt::Assign(assign) => assign.targets.iter().map(name).collect(),
        Stmt::AnnAssign(assign) => name(&assign.target).map(|name| vec![name]),
        _ => None,
    }
}

/// The end of the indented comment lines that follow a class: they are its own.
fn trailing_comments(source: &crate::Source, end: usize) -> usize {
    let mut last = end;
    let mut at = end;
    while let Some(next) = source.next_line(at) {
        let line = source.line(next);
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') && trimmed.len() < line.len() {
            last = source.line_end(next);
        } else if !trimmed.is_empty() || next >= source.text().len() {
            break;
        }
        at = next;
    }
    last
}
