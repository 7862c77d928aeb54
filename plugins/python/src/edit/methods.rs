//! Statements at the end of a method.

use aksara_protocol::Diagnostic;
use ruff_python_ast::{Alias, Stmt, StmtImportFrom};
use ruff_text_size::Ranged;

use super::lines::{indent_of, starts_line};
use super::pieces::Replacement;
use super::{Change, Edits, MemberPlace, find, parse_one, same};

impl Edits {
    /// Puts a statement at the end of a method, in the place of a lone `pass`. A method that is not there is made, with
    /// `self` as its parameter.
    ///
    /// # Errors
    /// A class that is not there or not the only one; a member of that name that is no method; a method that ends with a
    /// `return` or `raise`, below which nothing is carried out; code that is not one statement.
    pub fn add_to_method(&mut self, class: &str, method: &str, code: &str) -> Result<Change, Diagnostic> {
        let code = code.trim_matches('\n');
        let (_, statement) = parse_one(&self.layout().fit(code, ""))?;
        let source = self.source();
        let body = &find::class(source, class)?.body;
        let found = body.iter().filter_map(Stmt::as_function_def_stmt).find(|f| f.name.as_str() == method);
        let Some(function) = found else {
            let indented: String = code.lines().map(|line| format!("\n    {line}")).collect();
            let returns = if self.has_annotations() { " -> None" } else { "" };
            let made = format!("def {method}(self){returns}:{indented}");
            return self.add_class_member(class, &made, MemberPlace::End);
        };
        if function.body.iter().any(|s| same(s, &statement)) {
            return Ok(self.already());
        }
        if let Stmt::ImportFrom(import) = &statement
            && function.body.iter().filter_map(Stmt::as_import_from_stmt).any(|there| brings(there, import))
        {
            return Ok(self.already());
        }
        if let Stmt::ImportFrom(import) = &statement
            && let Some(change) = self.among_imports(&function.body, import, code)
        {
            return self.commit(&[change]);
        }
        let by_hand = "put the statement in by hand";
        let Some(last) = function.body.last() else {
            return Err(self.refuse(
                function.name.range(),
                format!("`{class}.{method}` has no body"),
                "here",
                by_hand,
            ));
        };
        let (start, end) = (last.start().to_usize(), last.end().to_usize());
        if !starts_line(source, start) {
            return Err(self.refuse(
                last,
                format!("the body of `{class}.{method}` is on one line with something else"),
                "here",
                "give it lines of its own",
            ));
        }
        if matches!(last, Stmt::Return(_) | Stmt::Raise(_)) {
            return Err(self.refuse(
                last,
                format!("nothing is carried out below the end of `{class}.{method}`"),
                "it ends here",
                by_hand,
            ));
        }
        let indent = indent_of(source, start).to_owned();
        let fitted = self.layout().fit(code, &indent);
        let change = if matches!(last, Stmt::Pass(_)) {
            Replacement::code(source.line_start(start)..end, "", &fitted, "")
        } else {
            let end = source.line_end(end);
            let is_import = |s: &Stmt| matches!(s, Stmt::Import(_) | Stmt::ImportFrom(_));
            let apart = is_import(last) && !is_import(&statement);
            Replacement::code(end..end, &self.layout().newline.repeat(1 + usize::from(apart)), &fitted, "")
        };
        self.commit(&[change])
    }

    /// An import among those that a body has: its names in the one from the same module, else in the order of modules,
    /// those of other packages first. `None` where the body has none on a line of its own.
    fn among_imports(&self, body: &[Stmt], wanted: &StmtImportFrom, code: &str) -> Option<Replacement> {
        let source = self.source();
        let key = |import: &StmtImportFrom| {
            (import.level > 0, import.module.as_ref().map_or(String::new(), |module| module.to_lowercase()))
        };
        let is_line = |import: &&StmtImportFrom| {
            starts_line(source, import.start().to_usize()) && !source.slice(*import).contains(['\n', '('])
        };
        let imports: Vec<&StmtImportFrom> =
            body.iter().filter_map(Stmt::as_import_from_stmt).filter(is_line).collect();
        // What is said of one line is said of all that it brings in.
        let comment = |line: &str| line.split_once('#').map(|(_, comment)| comment.trim().to_owned());
        let is_said = |there: &StmtImportFrom| {
            let end = there.end().to_usize();
            let rest = source.text().get(end..source.line_end(end)).unwrap_or_default();
            comment(code).is_none_or(|said| comment(rest) == Some(said))
        };
        if let Some(same) = imports.iter().find(|there| key(there) == key(wanted) && is_said(there))
            && let (Some(first), Some(last)) = (same.names.first(), same.names.last())
            && !self.style.single_imports
        {
            let written = |alias: &Alias| match &alias.asname {
                Some(known_as) => format!("{} as {known_as}", alias.name),
                None => alias.name.to_string(),
            };
            let mut names: Vec<String> = same.names.iter().chain(&wanted.names).map(written).collect();
            names.sort_by_key(|name| name.to_lowercase());
            names.dedup();
            let range = first.start().to_usize()..last.end().to_usize();
            return Some(Replacement::code(range, "", &names.join(", "), ""));
        }
        let indent = indent_of(source, imports.first()?.start().to_usize()).to_owned();
        let fitted = self.layout().fit(code, &indent);
        let newline = self.layout().newline.to_string();
        let gap =
            |there: &StmtImportFrom| newline.repeat(usize::from((there.level > 0) != (wanted.level > 0)));
        Some(match imports.iter().rev().find(|there| key(there) < key(wanted)) {
            Some(before) => {
                let end = source.line_end(before.end().to_usize());
                Replacement::code(end..end, &format!("{newline}{}", gap(before)), &fitted, "")
            }
            None => {
                let first = imports.first()?;
                let start = source.line_start(first.start().to_usize());
                Replacement::code(start..start, "", &fitted, &format!("{newline}{}", gap(first)))
            }
        })
    }
}

/// Whether an import brings in all that another one does.
fn brings(there: &StmtImportFrom, wanted: &StmtImportFrom) -> bool {
    let is_there =
        |alias: &Alias| there.names.iter().any(|own| own.name == alias.name && own.asname == alias.asname);
    there.level == wanted.level && there.module == wanted.module && wanted.names.iter().all(is_there)
}
