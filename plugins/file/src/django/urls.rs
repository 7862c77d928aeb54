//! A module's URLs in another's.

use aksara_python::edit::{Change, Edits};
use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;

/// Includes the URLs of `module` under `prefix`, in `list` or `urlpatterns`. URLs that are included already, wherever, are left where they are.
///
/// # Errors
/// A prefix that is none; a file whose `urlpatterns` is not there or is computed.
pub fn url_include(
    edits: &mut Edits,
    prefix: &str,
    module: &str,
    list: Option<&str>,
) -> Result<Change, Diagnostic> {
    if includes(edits.source().text(), module) {
        return Ok(Change::AlreadyThere);
    }
    let prefix = normalised(prefix)?;
    let _ = edits.import_from("django.urls", "include")?;
    let _ = edits.import_from("django.urls", "path")?;
    let layout = edits.layout();
    let entry = format!("path({}, include({}))", layout.string(&prefix), layout.string(module));
    // What the module serves is not known here: what takes any word below the prefix would take it.
    edits.add_pattern_to(list.unwrap_or("urlpatterns"), &entry, &format!("{prefix}x/"))
}

/// Whether a text includes the URLs of `module`.
pub(super) fn includes(text: &str, module: &str) -> bool {
    ["\"", "'"].iter().any(|q| text.contains(&format!("{q}{module}{q}")))
        || text.contains(&format!("include({module}"))
}

/// `api/accounts/` of `/api/accounts`.
fn normalised(prefix: &str) -> Result<String, Diagnostic> {
    let inner = prefix.trim().trim_matches('/');
    let fits =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | '~' | '<' | '>' | ':');
    if !inner.chars().all(fits) || inner.contains("//") {
        return Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{}` cannot be the prefix of URLs", prefix.chars().take(80).collect::<String>()),
        )
        .with_help("use letters, digits, `-`, `_` and `/`, such as `api/accounts/`"));
    }
    Ok(if inner.is_empty() { String::new() } else { format!("{inner}/") })
}
