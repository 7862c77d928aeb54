//! Completions and the man page.

use clap::CommandFactory as _;

use crate::args::Args;
use crate::output::{self, Failure};

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "aksara", &mut text);
    output::data(&String::from_utf8_lossy(&text))?;
    Ok(0)
}

pub(crate) fn man() -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut text).map_err(Failure::Stdout)?;
    output::data(&String::from_utf8_lossy(&text))?;
    Ok(0)
}
