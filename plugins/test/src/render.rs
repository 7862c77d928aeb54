//! Rendering a body: minijinja, strict, without files, bounded.

use std::io::{self, Write};

use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 256 * 1024;
/// The largest module that is written, in bytes.
const MAX_OUTPUT: usize = 1024 * 1024;
/// How many instructions a body may take. A page of tests takes a few thousand.
const FUEL: u64 = 2_000_000;
/// How deep macros may call each other.
const RECURSION: usize = 64;

/// An environment without functions of its own; the stack adds what it knows.
pub fn environment() -> Result<Environment<'static>, Diagnostic> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_recursion_limit(RECURSION);
    env.set_fuel(Some(FUEL));
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|e| Diagnostic::new("render_failed", format!("the template syntax was not set: {e}")))?;
    env.set_syntax(syntax);
    Ok(env)
}

/// Renders `body` with `scope`.
///
/// # Errors
/// A body that is too large, is not valid, uses a name that is not there, or does not come to an end. What a
/// function of the environment refused is given as it is.
pub fn render(env: &Environment<'_>, body: &str, scope: Value) -> Result<String, Diagnostic> {
    if body.len() > MAX_BODY {
        return Err(Diagnostic::new(
            codes::TOO_LARGE,
            format!("the body has {} bytes; at most {MAX_BODY} are read", body.len()),
        )
        .with_help("split it into several steps"));
    }
    let template = env.template_from_named_str("body", body).map_err(|e| explain(&e, body))?;
    let mut out = Bounded { text: Vec::new(), full: false };
    let rendered = template.render_captured_to(scope, &mut out).map(drop);
    if out.full {
        return Err(Diagnostic::new(
            codes::TOO_LARGE,
            format!("the body makes more than {MAX_OUTPUT} bytes"),
        )
        .with_help("look for a loop that repeats too often"));
    }
    rendered.map_err(|e| explain(&e, body))?;
    String::from_utf8(out.text)
        .map_err(|_| Diagnostic::new(codes::NOT_UTF8, "the body made text that is not UTF-8"))
}

struct Bounded {
    text: Vec<u8>,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > MAX_OUTPUT {
            self.full = true;
            return Err(io::Error::other("the output is too large"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An error that a function of the environment gives, so that the diagnostic arrives unchanged.
pub fn refusal(diagnostic: Diagnostic) -> Error {
    Error::new(ErrorKind::InvalidOperation, diagnostic.message.clone()).with_source(diagnostic)
}

fn explain(error: &Error, body: &str) -> Diagnostic {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(diagnostic) = cause.downcast_ref::<Diagnostic>() {
            return diagnostic.clone();
        }
        source = cause.source();
    }
    let place = error.line().map_or_else(String::new, |line| {
        let text = body.lines().nth(line - 1).unwrap_or_default().trim();
        format!(", line {line} `{text}`")
    });
    let what = error.detail().map_or_else(|| error.kind().to_string(), |d| format!("{}: {d}", error.kind()));
    let diagnostic =
        Diagnostic::new(codes::BAD_PARAMS, format!("the body cannot be rendered{place}: {what}"));
    match error.kind() {
        ErrorKind::OutOfFuel => {
            diagnostic.with_help("it takes too many steps: look for a loop that is too long")
        }
        ErrorKind::UndefinedError => diagnostic.with_help(
            "a body sees `name`, `context`, `project`, `app`, `model` and `facts`; test with `is defined`",
        ),
        _ => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn rendered(body: &str) -> Result<String, Diagnostic> {
        render(&environment().unwrap(), body, context! { name => "<x>", items => vec![1, 2] })
    }

    #[test]
    fn blocks_leave_no_blank_lines_and_nothing_is_escaped() {
        assert_eq!(
            rendered("{{ name }}\n    {% for i in items %}\n    {{ i }}\n    {% endfor %}\n").unwrap(),
            "<x>\n    1\n    2\n"
        );
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_line() {
        let error = rendered("a\n{{ nobody }}\n").unwrap_err();
        assert_eq!(error.code, codes::BAD_PARAMS);
        assert!(error.message.contains("line 2 `{{ nobody }}`"), "{}", error.message);
        assert!(rendered("{% if nobody %}{% endif %}").is_err());
        assert!(rendered("{{ name.nothing }}").is_err());
    }

    #[test]
    fn no_file_can_be_reached() {
        assert!(rendered("{% include '/etc/passwd' %}").is_err());
        assert!(rendered("{% extends 'x' %}").is_err());
    }

    #[test]
    fn a_body_comes_to_an_end() {
        let long = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        assert!(rendered(long).unwrap_err().help.unwrap().contains("loop"));
        let large = "{% for a in range(9999) %}{{ 'xxxxxxxxxx' * 100 }}{{ name }}{% endfor %}";
        assert_eq!(rendered(large).unwrap_err().code, codes::TOO_LARGE);
        let deep = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
        assert!(rendered(deep).is_err());
        assert_eq!(rendered(&" ".repeat(MAX_BODY + 1)).unwrap_err().code, codes::TOO_LARGE);
    }

    #[test]
    fn what_a_function_refuses_arrives_unchanged() {
        let mut env = environment().unwrap();
        let wanted = Diagnostic::new(codes::REFUSED, "no").with_help("yes");
        let given = wanted.clone();
        env.add_function("f", move || -> Result<String, Error> { Err(refusal(given.clone())) });
        assert_eq!(render(&env, "{{ f() }}", context! {}).unwrap_err(), wanted);
    }
}
