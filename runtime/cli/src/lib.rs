//! The aksara command: arguments, prompts, progress, rendering.
//!
//! What the command can do is the library's; here it meets a terminal, a home folder and an environment.

mod approve;
mod args;
mod commands;
mod output;
mod progress;
mod render;
mod setup;

use std::process::ExitCode;

use clap::Parser as _;

/// The argument that makes the command the child that runs plugins. Not for people.
pub(crate) const PLUGIN_HOST: &str = "__plugin-host";

/// Runs the command with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|a| a == PLUGIN_HOST) {
        return aksara_plugin_host::child_main();
    }
    let args = args::Args::parse();
    let color = match args.color {
        args::Color::Auto => anstream::ColorChoice::Auto,
        args::Color::Always => anstream::ColorChoice::Always,
        args::Color::Never => anstream::ColorChoice::Never,
    };
    color.write_global();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::talk(&format!("error: no runtime could be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(commands::run(args));
    // A prompt that was given up still waits for a line on its thread: do not wait with it.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
