//! Messages for people in new code: translated where the project translates its texts.

use std::collections::HashMap;
use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFor};
use ruff_text_size::Ranged;

use crate::edit::parse_code;

/// The code with what its validation errors say inside of calls of `translate`, and with no loop over it that takes the
/// function's name for itself. Texts that are put together at run time stay, and so does a function that has a variable
/// of that name. `None` if there is nothing to translate, or the code does not parse.
pub(crate) fn translated(code: &str, translate: &str) -> Option<String> {
    let source = parse_code(code).ok()?;
    let mut found = Messages { name: translate, ..Messages::default() };
    found.visit_body(&source.module().body);
    if found.messages.is_empty() || found.is_taken {
        return None;
    }
    found.messages.sort_by_key(|range| range.start);
    found.messages.dedup();
    let wrap = |range: Range<usize>| {
        let text = format!("{translate}({})", code.get(range.clone()).unwrap_or_default());
        (range, text)
    };
    let mut changes: Vec<(Range<usize>, String)> = found.messages.into_iter().map(wrap).collect();
    changes.extend(found.loops.into_iter().map(|range| (range, "_index".to_owned())));
    changes.sort_by_key(|(range, _)| range.start);
    let mut out = code.to_owned();
    for (range, instead) in changes.into_iter().rev() {
        out.replace_range(range, &instead);
    }
    Some(out)
}

/// The code with no loop that takes `_` for itself, which means something else in its module.
pub(crate) fn without_shadows(code: &str) -> String {
    let Ok(source) = parse_code(code) else { return code.to_owned() };
    let mut found = Messages { name: "_", ..Messages::default() };
    found.visit_body(&source.module().body);
    let mut out = code.to_owned();
    found.loops.sort_by_key(|range| range.start);
    for range in found.loops.into_iter().rev() {
        out.replace_range(range, "_index");
    }
    out
}

#[derive(Default)]
struct Messages<'s> {
    name: &'s str,
    messages: Vec<Range<usize>>,
    /// The variables of loops that are called as the function, and are not used.
    loops: Vec<Range<usize>>,
    /// Whether the code gives the name another meaning.
    is_taken: bool,
    /// Texts by the variable that was set to them last.
    texts: HashMap<String, Range<usize>>,
}

impl Messages<'_> {
    /// The literal texts of what an error is made with.
    fn message(&mut self, value: &Expr) {
        match value {
            Expr::StringLiteral(text) if !text.value.is_empty() => {
                self.messages.push(value.range().to_std_range());
            }
            Expr::Dict(dict) => dict.items.iter().for_each(|item| self.message(&item.value)),
            Expr::List(list) => list.elts.iter().for_each(|item| self.message(item)),
            Expr::Name(name) => self.messages.extend(self.texts.get(name.id.as_str()).cloned()),
            _ => {}
        }
    }

    fn of_loop(&mut self, statement: &StmtFor) {
        if let Expr::Name(target) = statement.target.as_ref()
            && target.id.as_str() == self.name
        {
            self.loops.push(target.range().to_std_range());
        }
    }
}

impl<'a> Visitor<'a> for Messages<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Raise(raise) => {
                if let Some(Expr::Call(call)) = raise.exc.as_deref() {
                    let class = match call.func.as_ref() {
                        Expr::Name(name) => name.id.as_str(),
                        Expr::Attribute(attribute) => attribute.attr.as_str(),
                        _ => "",
                    };
                    if class == "ValidationError"
                        && let Some(first) = call.arguments.args.first()
                    {
                        self.message(first);
                    }
                }
            }
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = assign.targets.as_slice() {
                    self.is_taken |= name.id.as_str() == self.name;
                    match assign.value.as_ref() {
                        text @ Expr::StringLiteral(_) => {
                            self.texts.insert(name.id.to_string(), text.range().to_std_range())
                        }
                        _ => self.texts.remove(name.id.as_str()),
                    };
                }
            }
            Stmt::For(statement) => self.of_loop(statement),
            Stmt::FunctionDef(_) => self.texts.clear(),
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_validation_errors_are_translated() {
        let code = "def f(row):\n    for _ in range(2):\n        pass\n    if row:\n        raise serializers.ValidationError({\"a\": \"Wrong.\"})\n    message = \"No.\"\n    raise ValidationError(message, code=\"x\")\n";
        let expected = "def f(row):\n    for _index in range(2):\n        pass\n    if row:\n        raise serializers.ValidationError({\"a\": _(\"Wrong.\")})\n    message = _(\"No.\")\n    raise ValidationError(message, code=\"x\")\n";
        assert_eq!(translated(code, "_").as_deref(), Some(expected));
        assert_eq!(translated(expected, "_"), None, "they are already");
    }

    #[test]
    fn other_texts_stay() {
        for code in [
            "raise ValidationError(f\"{x} is wrong.\")\n",
            "raise ValidationError(str(error))\n",
            "raise KeyError(\"no\")\n",
            "_ = 1\nraise ValidationError(\"no\")\n",
            "raise ValidationError(\n",
        ] {
            assert_eq!(translated(code, "_"), None, "{code}");
        }
    }

    #[test]
    fn loops_leave_the_name_to_what_the_module_imports() {
        assert_eq!(without_shadows("for _ in rows:\n    pass\n"), "for _index in rows:\n    pass\n");
        assert_eq!(without_shadows("n = [1 for _ in rows]\n"), "n = [1 for _ in rows]\n");
    }
}
