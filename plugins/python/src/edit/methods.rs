//! Statements at the end of a method.

use aksara_protocol::Diagnostic;
use ruff_python_ast::Stmt;
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
}
