//! The aksara command.
fn main() {}
