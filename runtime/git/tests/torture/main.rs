//! The crate's promises on real repositories: what must hold, what must be refused, and what must be left alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy sees the kit's functions, outside of #[test], as no test"
)]

mod clean;
mod commits;
mod discover;
mod kit;
mod landing;
mod program;
mod reading;
mod refs;
mod trees;
mod worktrees;
