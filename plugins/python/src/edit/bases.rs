//! The bases of a class.

use aksara_protocol::Diagnostic;
use ruff_python_ast::comparable::ComparableExpr;
use ruff_text_size::Ranged;

use super::lists::expression;
use super::pieces::Replacement;
use super::{Change, Edits, find};

impl Edits {
    /// Gives a class a base, as source: in the place of `instead` if that is one of its bases, else before the others.
    ///
    /// # Errors
    /// No such class, or more than one; a base that is not one expression.
    pub fn add_class_base(
        &mut self,
        class: &str,
        base: &str,
        instead: Option<&str>,
    ) -> Result<Change, Diagnostic> {
        let wanted = expression(base)?;
        let replaced = instead.map(expression).transpose()?;
        let found = find::class(self.source(), class)?;
        let position = |wanted| {
            found.bases().iter().position(|base| ComparableExpr::from(base) == ComparableExpr::from(wanted))
        };
        if position(&wanted).is_some() {
            return Ok(self.already());
        }
        let change = match (replaced.as_ref().and_then(position), &found.arguments) {
            (Some(index), _) => {
                Replacement::code(found.bases()[index].range().to_std_range(), "", base.trim(), "")
            }
            (None, Some(arguments)) => {
                let open = arguments.start().to_usize() + 1;
                let first = arguments.iter_source_order().next();
                let (at, behind) = first.map_or((open, ""), |first| (first.start().to_usize(), ", "));
                Replacement::code(at..at, "", base.trim(), behind)
            }
            (None, None) => {
                let at = found.name.end().to_usize();
                Replacement::code(at..at, "(", base.trim(), ")")
            }
        };
        self.commit(&[change])
    }
}
