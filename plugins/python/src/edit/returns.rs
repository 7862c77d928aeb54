//! What a method returns, where that is all it does.

use aksara_protocol::Diagnostic;
use aksara_protocol::diagnostic::codes;
use ruff_python_ast::{Expr, Stmt};
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

    /// Appends a call such as `.prefetch_related("tags")` to what a method returns.
    ///
    /// # Errors
    /// As [`Edits::returned`]; a value that is no chain of names, attributes and calls.
    pub fn append_to_return(
        &mut self,
        class: &str,
        method: &str,
        suffix: &str,
    ) -> Result<Change, Diagnostic> {
        let value = self.return_value(class, method)?;
        if !matches!(value, Expr::Call(_) | Expr::Attribute(_) | Expr::Name(_)) {
            return Err(self.refuse(
                value,
                format!("what `{class}.{method}` returns is not a chain of calls"),
                "this value",
                "append the call by hand",
            ));
        }
        if self.source().slice(value).ends_with(suffix) {
            return Ok(self.already());
        }
        let change = Replacement::code(value.end().to_usize()..value.end().to_usize(), "", suffix, "");
        self.commit(&[change])
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

    fn return_value(&self, class: &str, method: &str) -> Result<&Expr, Diagnostic> {
        let source = self.source();
        let mut found = find::class(source, class)?.body.iter().filter_map(Stmt::as_function_def_stmt);
        let Some(function) = found.find(|f| f.name.as_str() == method) else {
            return Err(Diagnostic::new(
                codes::NOT_FOUND,
                format!("`{class}` in `{}` has no method `{method}`", source.path()),
            )
            .with_help("name a method that the class defines"));
        };
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
    fn a_method_that_does_more_is_refused() {
        for body in [
            "y = 1\n        return y",
            "return a + b",
            "return",
            "if x:\n            return a\n        return b",
        ] {
            let text = format!("class A:\n    def get(self):\n        {body}\n");
            assert_eq!(appended(&text).unwrap_err().code, codes::REFUSED, "{body}");
        }
        assert_eq!(appended("class A:\n    x = 1\n").unwrap_err().code, codes::NOT_FOUND);
    }
}
