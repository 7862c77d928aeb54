//! What a method returns.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::attributes::last_call;
use super::pieces::Replacement;
use super::{Change, Edits, find};

impl Edits {
    /// The expression that a method returns, if it does nothing else (a docstring aside).
    ///
    /// # Errors
    /// No such class or method; a method that does more than return.
    pub fn returned(&self, class: &str, method: &str) -> Result<&str, Diagnostic> {
        Ok(self.source().slice(self.return_value(class, method)?))
    }

    /// The source of a method.
    ///
    /// # Errors
    /// No such class or method.
    pub fn method_source(&self, class: &str, method: &str) -> Result<&str, Diagnostic> {
        Ok(self.source().slice(self.method(class, method)?))
    }

    /// Appends a call such as `.prefetch_related("tags")` to what a method returns, at each of its `return`s.
    ///
    /// # Errors
    /// No such class or method; a method that returns nothing, or what is no chain of names, attributes and calls.
    pub fn append_to_return(
        &mut self,
        class: &str,
        method: &str,
        suffix: &str,
    ) -> Result<Change, Diagnostic> {
        let function = self.method(class, method)?;
        let mut values = Vec::new();
        returns(&function.body, &mut values);
        let mut chains = Vec::new();
        for value in &values {
            if value.is_none_or(|value| !chains_of(value, &mut chains)) {
                return Err(self.refuse(
                    value.map_or(function.name.range(), Ranged::range),
                    format!("what `{class}.{method}` returns is not a chain of calls"),
                    "this value",
                    "append the call by hand",
                ));
            }
        }
        if chains.is_empty() {
            return Err(self.refuse(
                function.name.range(),
                format!("`{class}.{method}` returns nothing"),
                "this method",
                "make this change by hand",
            ));
        }
        let lacking = chains.iter().filter(|chain| !self.source().slice(**chain).ends_with(suffix));
        let changes: Vec<Replacement> = lacking
            .map(|chain| chain.end().to_usize())
            .map(|end| Replacement::code(end..end, "", suffix, ""))
            .collect();
        match changes.as_slice() {
            [] => Ok(self.already()),
            changes => self.commit(changes),
        }
    }

    /// As [`Edits::drop_last_call`], of what a method returns.
    ///
    /// # Errors
    /// As [`Edits::returned`].
    pub fn drop_last_call_of_return(
        &mut self,
        class: &str,
        method: &str,
        call: &str,
    ) -> Result<Change, Diagnostic> {
        let change = last_call(self.source(), self.return_value(class, method)?, call);
        match change {
            Some(change) => self.commit(&[change]),
            None => Ok(self.already()),
        }
    }

    fn method(&self, class: &str, method: &str) -> Result<&StmtFunctionDef, Diagnostic> {
        let source = self.source();
        let mut found = find::class(source, class)?.body.iter().filter_map(Stmt::as_function_def_stmt);
        found.find(|f| f.name.as_str() == method).ok_or_else(|| {
            Diagnostic::new(
                codes::NOT_FOUND,
                format!("`{class}` in `{}` has no method `{method}`", source.path()),
            )
            .with_help("name a method that the class defines")
        })
    }

    fn return_value(&self, class: &str, method: &str) -> Result<&Expr, Diagnostic> {
        let function = self.method(class, method)?;
        let is_docstring = |s: &Stmt| s.as_expr_stmt().is_some_and(|e| e.value.is_string_literal_expr());
        let body = match function.body.as_slice() {
            [first, rest @ ..] if is_docstring(first) => rest,
            body => body,
        };
        match body {
            [Stmt::Return(only)] => only.value.as_deref(),
            _ => None,
        }
        .ok_or_else(|| {
            self.refuse(
                function.name.range(),
                format!("`{class}.{method}` does more than return one value"),
                "this method",
                "make this change by hand",
            )
        })
    }
}

/// The values of all `return`s of a body, those of functions in it left out.
fn returns<'b>(body: &'b [Stmt], found: &mut Vec<Option<&'b Expr>>) {
    for statement in body {
        match statement {
            Stmt::Return(returned) => found.push(returned.value.as_deref()),
            Stmt::If(s) => {
                returns(&s.body, found);
                s.elif_else_clauses.iter().for_each(|clause| returns(&clause.body, found));
            }
            Stmt::With(s) => returns(&s.body, found),
            Stmt::Try(s) => {
                for body in [&s.body, &s.orelse, &s.finalbody] {
                    returns(body, found);
                }
                for ExceptHandler::ExceptHandler(handler) in &s.handlers {
                    returns(&handler.body, found);
                }
            }
            Stmt::For(s) => [&s.body, &s.orelse].into_iter().for_each(|body| returns(body, found)),
            Stmt::While(s) => [&s.body, &s.orelse].into_iter().for_each(|body| returns(body, found)),
            Stmt::Match(s) => s.cases.iter().for_each(|case| returns(&case.body, found)),
            _ => {}
        }
    }
}

/// The chains that a value is: itself, or the two of `a if … else b`. `false` if it may be something else.
fn chains_of<'e>(value: &'e Expr, found: &mut Vec<&'e Expr>) -> bool {
    const LISTS: [&str; 5] = ["list", "sorted", "tuple", "set", "chain"];
    match value {
        Expr::If(choice) => chains_of(&choice.body, found) && chains_of(&choice.orelse, found),
        Expr::Call(call)
            if call.func.as_name_expr().is_some_and(|function| LISTS.contains(&function.id.as_str())) =>
        {
            false
        }
        Expr::Call(_) | Expr::Attribute(_) | Expr::Name(_) => {
            found.push(value);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use aksara_protocol::facts::Style;
    use aksara_protocol::wire::SourceFile;
    use aksara_protocol::{BlobId, RelPath};

    use super::*;

    fn appended(text: &str) -> Result<String, Diagnostic> {
        let file = SourceFile {
            path: RelPath::new("blog/views.py").unwrap(),
            blob: BlobId::new("0"),
            text: text.to_owned(),
        };
        let mut edits = Edits::open(&file, &Style::default())?;
        let _ = edits.append_to_return("A", "get", ".b()")?;
        assert_eq!(edits.append_to_return("A", "get", ".b()")?, Change::AlreadyThere);
        Ok(edits.source().text().to_owned())
    }

    #[test]
    fn a_single_return_is_extended() {
        assert_eq!(
            appended("class A:\n    def get(self):\n        \"\"\"Doc.\"\"\"\n        return x.a()  # why\n")
                .unwrap(),
            "class A:\n    def get(self):\n        \"\"\"Doc.\"\"\"\n        return x.a().b()  # why\n"
        );
    }

    #[test]
    fn every_return_is_extended() {
        let method = |body: &str| format!("class A:\n    def get(self):\n        {body}\n");
        for (body, after) in [
            ("y = 1\n        return y", "y = 1\n        return y.b()"),
            (
                "if x:\n            return a\n        return (\n            b\n            .c()\n        )",
                "if x:\n            return a.b()\n        return (\n            b\n            .c().b()\n        )",
            ),
            ("return a if x else c()", "return a.b() if x else c().b()"),
            (
                "for x in y:\n            return x\n        else:\n            return a",
                "for x in y:\n            return x.b()\n        else:\n            return a.b()",
            ),
            (
                "while x:\n            return x\n        else:\n            return a",
                "while x:\n            return x.b()\n        else:\n            return a.b()",
            ),
        ] {
            assert_eq!(appended(&method(body)).unwrap(), method(after));
        }
    }

    #[test]
    fn what_may_be_no_chain_is_refused() {
        for body in ["return a + b", "return", "pass", "if x:\n            return list(a)\n        return b"]
        {
            let text = format!("class A:\n    def get(self):\n        {body}\n");
            assert_eq!(appended(&text).unwrap_err().code, codes::REFUSED, "{body}");
        }
        assert_eq!(appended("class A:\n    x = 1\n").unwrap_err().code, codes::NOT_FOUND);
    }
}
