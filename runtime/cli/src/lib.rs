//! The aksara command: arguments, prompts, progress, rendering.
//!
//! What the command can do is the library's; here it meets a terminal, a home folder and an environment.

mod approve;
mod args;
mod bundled;
mod commands;
mod output;
mod progress;
mod render;
mod setup;

use std::process::ExitCode;

use aksara_protocol::command::shell_line;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _};

/// Plans are many small values on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The argument that makes the command the child that runs plugins. Not for people.
pub(crate) const PLUGIN_HOST: &str = "__plugin-host";

/// Runs the command with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|a| a == PLUGIN_HOST) {
        return aksara_plugin_host::child_main(bundled::PLUGINS);
    }
    let parsed = args::Args::command().try_get_matches().and_then(|matches| {
        let json = wants_json(&matches);
        Ok((args::Args::from_arg_matches(&matches)?, json))
    });
    let (args, json) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let tip = misplaced(&error, std::env::args());
            if error.use_stderr() && std::env::args().any(|arg| arg == "--json") {
                let text = tip.clone().unwrap_or_else(|| error.to_string());
                let text = text.trim().trim_start_matches("error: ").to_owned();
                // Standard output may be gone; then standard error still says why.
                let _ = output::json(&output::Failure::Input(text).json());
            }
            match tip {
                Some(tip) => {
                    output::error(&tip);
                    return ExitCode::from(2);
                }
                None => error.exit(),
            }
        }
    };
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
            if json && !matches!(error, output::Failure::Stdout(_)) {
                // Standard output may be gone; then standard error still says why.
                let _ = output::json(&error.json());
            }
            output::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Whether the command that was called prints JSON.
fn wants_json(matches: &clap::ArgMatches) -> bool {
    let mut matches = matches;
    while let Some((_, below)) = matches.subcommand() {
        matches = below;
    }
    matches.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false)
}

/// What to type instead of a command that is not there, but below `ai`, or that is a request.
fn misplaced(error: &clap::Error, typed: impl Iterator<Item = String>) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let mut typed: Vec<String> = typed.skip(1).collect();
    let at = typed.iter().position(|word| word == wrong)?;
    let below_ai = typed[..at].iter().any(|word| word == "ai");
    let command = args::Args::command();
    // `aksara config show` is about `config`.
    if !below_ai && typed[..at].iter().any(|word| command.find_subcommand(word).is_some()) {
        return None;
    }
    let is_ai = command.find_subcommand("ai")?.find_subcommand(wrong).is_some();
    let is_request = wrong.contains(' ');
    match (is_ai, is_request, below_ai) {
        (true, _, false) => typed.insert(at, "ai".to_owned()),
        (_, true, true) => typed.insert(at, "plan".to_owned()),
        (_, true, false) => drop(typed.splice(at..at, ["ai".to_owned(), "plan".to_owned()])),
        _ => return None,
    }
    typed.insert(0, command.get_name().to_owned());
    Some(format!("there is no command `{wrong}`\nhint: {}", shell_line(typed)))
}
