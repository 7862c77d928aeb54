//! `text::`: putting text together.

use rhai::{Array, FuncRegistration, Module, NativeCallContext};

use super::Fallible;
use crate::nearest::listed;
use crate::sandbox::Refusal;

/// Deeper indents are a mistake.
const MAX_INDENT: i64 = 100;

pub(crate) fn module() -> Module {
    let mut module = Module::new();
    FuncRegistration::new("dedent").set_into_module(&mut module, |text: &str| dedent(text));
    FuncRegistration::new("indent").set_into_module(
        &mut module,
        |cx: NativeCallContext, text: &str, columns: i64| -> Fallible<String> {
            indent(text, columns).map_err(|refusal| refusal.at(&cx).into())
        },
    );
    FuncRegistration::new("join_and").set_into_module(&mut module, |words: Array| {
        listed(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    FuncRegistration::new("capitalize").set_into_module(&mut module, |text: &str| capitalize(text));
    module
}

/// Takes the indent off that all lines with text share, and a first line that is empty.
fn dedent(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = text.lines().filter(|l| !l.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> =
        text.split('\n').map(|line| if line.trim().is_empty() { "" } else { &line[shared..] }).collect();
    lines.join("\n")
}

/// Puts `columns` spaces before every line with text.
fn indent(text: &str, columns: i64) -> Result<String, Refusal> {
    if !(0..=MAX_INDENT).contains(&columns) {
        return Err(Refusal::new(format!("`text::indent` takes 0 to {MAX_INDENT} columns, not {columns}")));
    }
    let margin = " ".repeat(columns as usize);
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| if line.trim().is_empty() { String::new() } else { format!("{margin}{line}") })
        .collect();
    Ok(lines.join("\n"))
}

/// The first letter is made a capital.
pub(crate) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{capitalize, dedent, indent};

    #[test]
    fn margins() {
        assert_eq!(dedent("\n    a\n\n      b\n    "), "a\n\n  b\n");
        assert_eq!(indent("a\n\nb", 2).unwrap(), "  a\n\n  b");
        assert!(indent("a", 1_000_000_000).is_err());
        assert_eq!(capitalize("élan"), "Élan");
    }
}
