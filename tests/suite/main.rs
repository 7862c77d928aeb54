//! The promises of Aksara, held by the real command in real repositories on the real Django.
//!
//! One binary, a module a theme.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod add_field;
mod admin;
mod apps;
mod audit_log;
mod authentication;
mod bad_input;
mod bundled;
mod checkout;
mod commands;
mod commenting;
mod crud;
mod dry_run;
mod failure;
mod gates;
mod going_on;
mod guide;
mod install;
mod isolation;
mod kill;
mod library;
mod multi_tenant;
mod packages;
mod pairs;
mod places;
mod plan_file;
mod plugins;
mod projects;
mod promises;
mod rating;
mod rollback;
mod rows;
mod schema;
mod soft_delete;
mod templates;
mod terminal;
mod trust;
mod user_profile;

/// The command under test.
pub(crate) const AKSARA: &str = env!("CARGO_BIN_EXE_aksara");

/// The request of the foundation.
pub(crate) const TAGGING: &str = "Add a tagging system to the blog";

/// Parts of an output that differ from run to run, made equal.
pub(crate) fn redact(text: &str, project: &aksara_testkit::Project) -> String {
    let mut text = text.replace(&project.path().display().to_string(), "[PROJECT]");
    text = text.replace(&project.home().display().to_string(), "[HOME]");
    let mut out = String::new();
    for word in
        text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '`' | ',' | ':' | ';' | '(' | ')'))
    {
        let bare = word.trim_end_matches(|c: char| {
            c.is_whitespace() || matches!(c, '`' | ',' | ':' | ';' | '(' | ')' | '.')
        });
        let is_run = bare.len() == 21
            && bare.as_bytes().get(8) == Some(&b'-')
            && bare[..8].bytes().all(|b| b.is_ascii_digit());
        let is_id = bare.len() >= 10
            && bare.len() <= 40
            && bare.bytes().all(|b| b.is_ascii_hexdigit())
            && bare.bytes().any(|b| b.is_ascii_digit());
        match (is_run, is_id) {
            (true, _) => out.push_str(&word.replace(bare, "[RUN]")),
            (_, true) => out.push_str(&word.replace(bare, "[ID]")),
            _ => out.push_str(word),
        }
    }
    out
}
