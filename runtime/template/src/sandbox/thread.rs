//! A thread with a stack of known size: the parser and the interpreter recurse, and the caller's stack may be
//! small.

use std::any::Any;

use crate::TemplateError;

/// Enough for the deepest script that the limits allow, in a debug build. Untouched pages cost nothing.
const STACK: usize = 64 * 1024 * 1024;

/// Runs `work` on a large stack. A panic in it is an error, not the end of the host.
pub(crate) fn on_large_stack<T: Send>(
    template: &str,
    work: impl FnOnce() -> T + Send,
) -> Result<T, TemplateError> {
    let crashed = |reason: String| TemplateError::Crashed { template: template.to_owned(), reason };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("aksara-template".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|e| crashed(format!("no thread could be started: {e}")))?;
        thread.join().map_err(|panic| crashed(said(panic.as_ref())))
    })
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::on_large_stack;

    #[test]
    fn a_panic_is_an_error() {
        let error = on_large_stack("x", || panic!("on purpose")).unwrap_err();
        assert_eq!(error.to_string(), "the script engine failed while it ran the template `x`: on purpose");
        assert_eq!(on_large_stack("x", || 7), Ok(7));
    }
}
