//! Members of a class: fields, methods, classes inside it.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::{Expr, Stmt, StmtClassDef};
use ruff_text_size::Ranged;

use super::lines::{attached_start, blanks_after, blanks_before, indent_of, starts_line};
use super::pieces::Replacement;
use super::{Change, Edits, find, parse_one, same};
use crate::Source;

/// Where a member goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberPlace<'a> {
    /// Below the member with this name.
    After(&'a str),
    /// Above the member with this name, and above the comments and decorators that belong to it.
    Before(&'a str),
    /// Below the last assignment above the first method and `Meta`; without any, below what the class begins with: its
    /// docstring, and classes such as one of choices.
    AfterFields,
    /// The same, with a blank line between.
    ApartFromFields,
    /// Above the first method; without one, at the end.
    BeforeMethods,
    /// Below the docstring.
    Start,
    /// At the end of the class.
    End,
}

/// What kind of member a statement is, as far as blank lines go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Docstring,
    Line,
    Block,
}

/// Blank lines between two members (PEP 8, and black after a docstring).
fn blanks_between(above: Kind, below: Kind) -> usize {
    usize::from(above != Kind::Line || below == Kind::Block)
}

impl Edits {
    /// The names of a class's members, in order.
    ///
    /// # Errors
    /// No such class, or more than one.
    pub fn class_members(&self, class: &str) -> Result<Vec<String>, Diagnostic> {
        Ok(find::class(self.source(), class)?
            .body
            .iter()
            .filter_map(member_name)
            .map(str::to_owned)
            .collect())
    }

    /// Puts a member into a class: an assignment, a method, or a class. Takes the place of a lone `pass` or `...`.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`] if the class has another member by that name; a class that is not there, not the only
    /// one or whose body is on one line; an anchor that is not there; code that is not one member.
    pub fn add_class_member(
        &mut self,
        class: &str,
        code: &str,
        place: MemberPlace<'_>,
    ) -> Result<Change, Diagnostic> {
        let code = code.trim_matches('\n');
        let (_, statement) = parse_one(&self.layout().fit(code, ""))?;
        let Some(name) = member_name(&statement) else {
            return Err(Diagnostic::new(codes::REFUSED, "the code to put in is not a member of a class")
                .with_help("give one assignment, method or class"));
        };
        let source = self.source();
        let found = find::class(source, class)?;
        if let Some(taken) = find::bindings(source, &found.body, name).first() {
            if taken.inside.is_none()
                && found.body.iter().any(|s| s.range().contains_range(taken.range) && same(s, &statement))
            {
                return Ok(self.already());
            }
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("`{class}` in `{}` already has another `{name}`", source.path()),
            )
            .with_label(source.label(taken.range, "it is here"))
            .with_help("choose another name, or change what is there by hand"));
        }
        let change = self.place_member(class, found, &statement, code, place)?;
        self.commit(&[change])
    }

    fn place_member(
        &self,
        path: &str,
        class: &StmtClassDef,
        statement: &Stmt,
        code: &str,
        place: MemberPlace<'_>,
    ) -> Result<Replacement, Diagnostic> {
        let source = self.source();
        let nl = self.layout().newline;
        let indent = self.body_indent(path, class)?;
        let code = self.layout().fit(code, &indent);
        let kind = kind(statement, false);
        if let Some(filler) = filler(&class.body) {
            let start = source.line_start(filler.start().to_usize());
            let above = class.body.len() == 2;
            let missing = usize::from(above).saturating_sub(blanks_before(source, start));
            return Ok(Replacement::code(start..filler.end().to_usize(), &nl.repeat(missing), &code, ""));
        }
        let index = self.member_index(path, class, place)?;
        let kinds: Vec<Kind> = class.body.iter().enumerate().map(|(i, s)| self::kind(s, i == 0)).collect();
        let by_anchor_below = matches!(place, MemberPlace::Before(_) | MemberPlace::BeforeMethods);
        match index.checked_sub(1).and_then(|above| class.body.get(above)) {
            Some(above) if !(by_anchor_below && index < class.body.len()) => {
                let end = source.line_end(above.end().to_usize());
                let apart = usize::from(place == MemberPlace::ApartFromFields);
                let before = blanks_between(kinds[index - 1], kind).max(apart);
                let after = match kinds.get(index) {
                    Some(below) => blanks_between(kind, *below).saturating_sub(blanks_after(source, end).0),
                    None => 0,
                };
                Ok(Replacement::code(end..end, &nl.repeat(before + 1), &code, &nl.repeat(after)))
            }
            above => {
                let Some(below) = class.body.get(index) else {
                    return Err(self.refuse(
                        class.name.range(),
                        format!("`{path}` has no body"),
                        "here",
                        "write one",
                    ));
                };
                let offset = below.start().to_usize();
                if !starts_line(source, offset) {
                    return Err(self.refuse(
                        below,
                        format!("a member of `{path}` shares its line with another"),
                        "this one",
                        "put every member on a line of its own",
                    ));
                }
                let start = attached_start(source, offset);
                let missing = match above {
                    Some(_) => {
                        blanks_between(kinds[index - 1], kind).saturating_sub(blanks_before(source, start))
                    }
                    None => 0,
                };
                let after = blanks_between(kind, kinds[index]);
                Ok(Replacement::code(start..start, &nl.repeat(missing), &code, &nl.repeat(after + 1)))
            }
        }
    }

    /// Before which statement of the body a member goes.
    fn member_index(
        &self,
        path: &str,
        class: &StmtClassDef,
        place: MemberPlace<'_>,
    ) -> Result<usize, Diagnostic> {
        let body = &class.body;
        let is_block = |s: &Stmt| kind(s, false) == Kind::Block;
        let start = usize::from(body.first().is_some_and(|s| kind(s, true) == Kind::Docstring));
        let named = |name: &str| {
            body.iter().position(|s| member_name(s) == Some(name)).ok_or_else(|| {
                Diagnostic::new(
                    codes::NOT_FOUND,
                    format!("`{path}` in `{}` has no member `{name}`", self.source().path()),
                )
                .with_help("name a member of the class")
            })
        };
        Ok(match place {
            MemberPlace::After(name) => named(name)? + 1,
            MemberPlace::Before(name) => named(name)?,
            MemberPlace::AfterFields | MemberPlace::ApartFromFields => {
                let is_end =
                    |s: &Stmt| s.is_function_def_stmt() || is_block(s) && member_name(s) == Some("Meta");
                let end = body.iter().position(is_end).unwrap_or(body.len());
                let is_field = |s: &Stmt| !is_block(s) && member_name(s).is_some();
                let last_class = body[..end].iter().rposition(is_block);
                match body[..end].iter().rposition(is_field).or(last_class) {
                    Some(last) => last + 1,
                    None => start,
                }
            }
            MemberPlace::BeforeMethods => {
                body.iter().position(Stmt::is_function_def_stmt).unwrap_or(body.len())
            }
            MemberPlace::Start => start,
            MemberPlace::End => body.len(),
        })
    }

    /// The white space before the members of a class.
    pub(super) fn body_indent(&self, path: &str, class: &StmtClassDef) -> Result<String, Diagnostic> {
        let source = self.source();
        let first = class.body.first().map(|s| s.start().to_usize());
        match first {
            Some(offset) if starts_line(source, offset) => {
                Ok(indent_of(source, offset).trim_start_matches('\u{c}').to_owned())
            }
            _ => Err(self.refuse(
                class.name.range(),
                format!("the body of `{path}` is on one line"),
                "this class",
                "give the body lines of its own",
            )),
        }
    }
}

/// A `pass` or `...` that is all the body there is (besides a docstring).
fn filler(body: &[Stmt]) -> Option<&Stmt> {
    let last = match body {
        [only] => only,
        [first, only] if kind(first, true) == Kind::Docstring => only,
        _ => return None,
    };
    let empty = match last {
        Stmt::Pass(_) => true,
        Stmt::Expr(expression) => expression.value.is_ellipsis_literal_expr(),
        _ => false,
    };
    empty.then_some(last)
}

fn kind(statement: &Stmt, first: bool) -> Kind {
    match statement {
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) => Kind::Block,
        Stmt::Expr(expression) if first && expression.value.is_string_literal_expr() => Kind::Docstring,
        _ => Kind::Line,
    }
}

/// The name that a statement gives to a class's member.
pub(super) fn member_name(statement: &Stmt) -> Option<&str> {
    match statement {
        Stmt::FunctionDef(function) => Some(function.name.as_str()),
        Stmt::ClassDef(class) => Some(class.name.as_str()),
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some(name.id.as_str()),
            _ => None,
        },
        Stmt::AnnAssign(assign) => assign.target.as_name_expr().map(|name| name.id.as_str()),
        _ => None,
    }
}

/// Whether the file has a comment between two offsets.
pub(super) fn has_comment(source: &Source, start: usize, end: usize) -> bool {
    use ruff_python_ast::token::TokenKind;
    source.tokens().iter().any(|token| {
        token.kind() == TokenKind::Comment
            && token.start().to_usize() >= start
            && token.end().to_usize() <= end
    })
}
