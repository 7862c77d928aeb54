//! Completions and the man page.

use std::path::Path;

use clap::CommandFactory as _;

use crate::args::Args;
use crate::output::{self, Failure};

/// Prints completions for the name that the command was called by.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<u8, Failure> {
    let called = std::env::args_os().next().unwrap_or_default();
    let name =
        if Path::new(&called).file_stem().is_some_and(|stem| stem == "aks") { "aks" } else { "aksara" };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), name, &mut text);
    output::data(&String::from_utf8_lossy(&text))?;
    Ok(0)
}

pub(crate) fn man() -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut text).map_err(Failure::Stdout)?;
    output::data(&String::from_utf8_lossy(&text))?;
    Ok(0)
}
