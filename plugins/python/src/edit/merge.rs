//! A whole module's source, merged into a module that is there.

use aksara_protocol::Diagnostic;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Alias, Expr, Stmt, StmtImportFrom};
use ruff_text_size::Ranged;

use super::lines::starts_line;
use super::members::{has_comment, member_name};
use super::pieces::Replacement;
use super::{
    Change, ClassPlace, Edits, ItemPlace, ListTarget, StatementPlace, find, parse_code, patterns, same,
};
use crate::Source;

/// Lists of a module that grow by the items of another: a module has one of them, whatever is in it.
const LISTS: [&str; 2] = ["urlpatterns", "__all__"];

impl Edits {
    /// Puts in what the module lacks of `code`, the source of a module: imports among the imports, items of
    /// `urlpatterns` and `__all__` into those lists, and definitions and other statements at the end or, where they may
    /// be needed by such a list, above it. What is there with the same meaning stays as it is, and so does the docstring.
    ///
    /// # Errors
    /// [`codes::NAME_TAKEN`](aksara_protocol::diagnostic::codes::NAME_TAKEN) for a name that means something else in the
    /// module; code that does not parse; as the operations that it is made of.
    pub fn merge(&mut self, code: &str) -> Result<Change, Diagnostic> {
        let wanted = parse_code(code)?;
        let mut made = false;
        let mut done = 0;
        // What is put in above a list stands in the order of the code: each goes below the one before.
        let anchor = LISTS.into_iter().find(|name| {
            let bound = |source: &Source| find::binding(source, name).is_some_and(|b| b.inside.is_none());
            bound(&wanted) && bound(self.source())
        });
        for (index, statement) in wanted.module().body.iter().enumerate() {
            let start = done;
            done = wanted.line_end(statement.end().to_usize());
            let change = match statement {
                Stmt::Expr(text) if index == 0 && text.value.is_string_literal_expr() => continue,
                Stmt::Import(import) => self.merge_import(&import.names)?,
                Stmt::ImportFrom(import) => self.merge_import_from(import)?,
                statement => {
                    // With the comments above it, and the one behind it.
                    let text = match starts_line(&wanted, statement.start().to_usize()) {
                        true => wanted.text().get(start..done).unwrap_or_default(),
                        false => wanted.slice(statement),
                    };
                    self.merge_statement(statement, &wanted, text.trim(), anchor)?
                }
            };
            made |= change == Change::Made;
        }
        Ok(if made { Change::Made } else { self.already() })
    }

    fn merge_import(&mut self, names: &[Alias]) -> Result<Change, Diagnostic> {
        all(names, |alias| match &alias.asname {
            None => self.import_module(alias.name.as_str()),
            Some(known_as) => self.import_as(alias.name.as_str(), None, known_as.as_str()),
        })
    }

    fn merge_import_from(&mut self, import: &StmtImportFrom) -> Result<Change, Diagnostic> {
        let module = import.module.as_ref().map_or("", |m| m.as_str());
        if self.is_itself(import.level as usize, module) {
            return Ok(self.already());
        }
        let module = format!("{}{module}", ".".repeat(import.level as usize));
        all(&import.names, |alias| match (alias.name.as_str(), &alias.asname) {
            ("*", _) => self.import_all(&module),
            (name, None) => self.import_from(&module, name),
            (name, Some(known_as)) => self.import_as(&module, Some(name), known_as.as_str()),
        })
    }

    /// Whether an import is of this very file: what it names is, or will be, defined here.
    fn is_itself(&self, level: usize, module: &str) -> bool {
        let path = self.source().path().as_str();
        let Some(own) = path.strip_suffix(".py") else { return false };
        if level == 0 {
            return match &self.module {
                Some(own) => own == module,
                None => own.replace('/', ".") == module,
            };
        }
        let mut folders: Vec<&str> = own.split('/').collect();
        let Some(above) = folders.len().checked_sub(level) else { return false };
        folders.truncate(above);
        let module = module.replace('.', "/");
        folders.push(&module);
        folders.join("/") == own
    }

    fn merge_statement(
        &mut self,
        statement: &Stmt,
        wanted: &Source,
        text: &str,
        anchor: Option<&str>,
    ) -> Result<Change, Diagnostic> {
        if self.source().module().body.iter().any(|s| same(s, statement)) {
            return Ok(Change::AlreadyThere);
        }
        if let Some(name) = member_name(statement)
            && let Some(taken) = find::binding(self.source(), name)
        {
            if let Some(items) = list_items(statement).filter(|_| LISTS.contains(&name)) {
                return self.merge_items(name, text, items, wanted);
            }
            return Err(self
                .name_taken(name, &taken)
                .with_cause("what is there differs from what is to be put in")
                .with_help("rename what is there, or make it the same by hand, and run the command again"));
        }
        match (statement, anchor) {
            (Stmt::ClassDef(_), None) => self.code().add_class(text, ClassPlace::End),
            (_, Some(list)) => {
                let place =
                    self.beside_calls(statement, wanted).unwrap_or(StatementPlace::BeforeVariable(list));
                self.code().append_statement(text, place)
            }
            (_, None) => self.code().append_statement(text, StatementPlace::End),
        }
    }

    /// Where calls such as `router.register(…)` go: below those that are there, else below the router.
    fn beside_calls<'s>(&self, statement: &Stmt, wanted: &'s Source) -> Option<StatementPlace<'s>> {
        let Expr::Call(call) = statement.as_expr_stmt()?.value.as_ref() else { return None };
        let called = wanted.slice(call.func.as_ref());
        if self.count_calls(called) > 0 {
            return Some(StatementPlace::AfterCalls(called));
        }
        let (variable, _) = called.split_once('.')?;
        find::value(self.source(), &self.source().module().body, variable, variable).ok()??;
        Some(StatementPlace::AfterVariable(variable))
    }

    fn merge_items(
        &mut self,
        list: &str,
        statement: &str,
        items: &[Expr],
        wanted: &Source,
    ) -> Result<Change, Diagnostic> {
        let target = ListTarget::Variable(list);
        let source = self.source();
        if let Ok(Some((empty, value))) = find::value(source, &source.module().body, list, list)
            && list_items(empty).is_some_and(<[Expr]>::is_empty)
            && !has_comment(source, value.start().to_usize(), value.end().to_usize())
        {
            let code = self.layout().fit(statement, "");
            let change = Replacement::code(empty.range().to_std_range(), "", &code, "");
            return self.commit(&[change]);
        }
        let parts = self.list_items(target).is_err() && self.list_parts(list).is_ok();
        all(items, |item| {
            let text = self.layout().fit(wanted.slice(item), "");
            if let Some(url) = patterns::url_of(item).filter(|_| list == patterns::VARIABLE) {
                return self.code().add_pattern(&text, &url);
            }
            match parts {
                false => self.code().list_append(target, &text, ItemPlace::End),
                true => self.code().list_part_append(list, 0, &text, ItemPlace::End),
            }
        })
    }
}

/// What several operations did together.
fn all<T>(
    of: &[T],
    mut operation: impl FnMut(&T) -> Result<Change, Diagnostic>,
) -> Result<Change, Diagnostic> {
    let mut change = Change::AlreadyThere;
    for one in of {
        if operation(one)? == Change::Made {
            change = Change::Made;
        }
    }
    Ok(change)
}

/// The items of the literal list that a statement assigns.
fn list_items(statement: &Stmt) -> Option<&[Expr]> {
    let value = match statement {
        Stmt::Assign(assign) => assign.value.as_ref(),
        Stmt::AnnAssign(assign) => assign.value.as_deref()?,
        _ => return None,
    };
    match value {
        Expr::List(list) => Some(&list.elts),
        Expr::Tuple(tuple) => Some(&tuple.elts),
        _ => None,
    }
}

/// The classes and functions that the source of a module defines, in order.
///
/// # Errors
/// Code that does not parse.
pub fn definitions(code: &str) -> Result<Vec<String>, Diagnostic> {
    let source = parse_code(code)?;
    let defines = |s: &&Stmt| matches!(s, Stmt::ClassDef(_) | Stmt::FunctionDef(_));
    Ok(source.module().body.iter().filter(defines).filter_map(member_name).map(str::to_owned).collect())
}

/// The source of a module for a place that is `levels` packages deeper: its relative imports lead to the same modules.
///
/// # Errors
/// Code that does not parse.
pub fn moved_deeper(code: &str, levels: usize) -> Result<String, Diagnostic> {
    struct Relative(Vec<usize>);
    impl<'s> StatementVisitor<'s> for Relative {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            if let Stmt::ImportFrom(import) = statement
                && import.level > 0
            {
                self.0.push(import.start().to_usize());
            }
            walk_stmt(self, statement);
        }
    }
    let source = parse_code(code)?;
    let mut relative = Relative(Vec::new());
    relative.visit_body(&source.module().body);
    let mut text = code.to_owned();
    for start in relative.0.into_iter().rev() {
        if let Some(dot) = code.get(start..).and_then(|rest| rest.find('.')) {
            text.insert_str(start + dot, &".".repeat(levels));
        }
    }
    Ok(text)
}
