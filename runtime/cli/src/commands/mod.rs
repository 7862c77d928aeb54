//! One module a command.

mod config;
mod doctor;
mod edit;
mod init;
mod plan;
mod plugin;
mod runs;
mod schema;
mod shell;
mod template;
mod trust;

use std::path::Path;
use std::sync::Arc;

use aksara_runtime::{AgentRuntime, Approver};

use crate::approve::{Terminal, somebody_is_there};
use crate::args::{Ai, Args, Command};
use crate::output::{self, Failure};
use crate::setup::Surroundings;

/// What every command gets.
pub(crate) struct Call {
    surroundings: Surroundings,
    config: Vec<String>,
    progress: bool,
}

impl Call {
    /// A runtime that may ask on the terminal, if there is somebody.
    pub(crate) fn runtime(&self, yes: bool) -> Result<AgentRuntime, Failure> {
        self.runtime_with(yes, Vec::new())
    }

    /// As [`Call::runtime`], with settings that flags of the command stand for.
    pub(crate) fn runtime_with(&self, yes: bool, flags: Vec<String>) -> Result<AgentRuntime, Failure> {
        let approver: Option<Arc<dyn Approver>> =
            somebody_is_there().then(|| Arc::new(Terminal { yes }) as Arc<dyn Approver>);
        let settings: Vec<String> = self.config.iter().cloned().chain(flags).collect();
        let runtime = self.surroundings.runtime(&settings, approver)?;
        warn_of_ignored(&runtime, |_| true);
        Ok(runtime)
    }

    /// A runtime that asks nothing, for a command that only looks at settings that `reads` is true for.
    pub(crate) fn runtime_that_reads(&self, reads: impl Fn(&str) -> bool) -> Result<AgentRuntime, Failure> {
        self.quiet_runtime(&[], reads)
    }

    /// A runtime for a command that only looks at records, and at no setting.
    pub(crate) fn runtime_for_records(&self) -> Result<AgentRuntime, Failure> {
        self.quiet_runtime(&[], |_| false)
    }

    /// A runtime for a command about plugins, with settings that flags of the command stand for.
    pub(crate) fn runtime_for_plugins(&self, flags: &[&str]) -> Result<AgentRuntime, Failure> {
        self.quiet_runtime(flags, |key| key.starts_with("plugins."))
    }

    /// A runtime for a command about templates, with a folder of them before all others.
    pub(crate) fn runtime_with_templates(&self, root: Option<&Path>) -> Result<AgentRuntime, Failure> {
        let folder = root.map(|root| {
            // A text in JSON is one in TOML as well.
            let folder = serde_json::Value::from(self.surroundings.directory.join(root).to_string_lossy());
            format!("templates.path=[{folder}]")
        });
        let flags: Vec<&str> = folder.iter().map(String::as_str).collect();
        self.quiet_runtime(&flags, |key| key.starts_with("templates.") || key.starts_with("plugins."))
    }

    /// A runtime that asks nothing.
    fn quiet_runtime(&self, flags: &[&str], reads: impl Fn(&str) -> bool) -> Result<AgentRuntime, Failure> {
        let settings: Vec<String> =
            self.config.iter().cloned().chain(flags.iter().map(|flag| (*flag).to_owned())).collect();
        let runtime = self.surroundings.runtime(&settings, None)?;
        warn_of_ignored(&runtime, reads);
        Ok(runtime)
    }
}

/// Says in one line which settings of the project, among those that the command reads, wait for trust.
fn warn_of_ignored(runtime: &AgentRuntime, reads: impl Fn(&str) -> bool) {
    let keys: Vec<String> = runtime
        .warnings()
        .iter()
        .filter(|warning| reads(&warning.key))
        .map(|warning| format!("`{}`", warning.key))
        .collect();
    if !keys.is_empty() {
        output::warning(&format!(
            "this repository is not trusted, so of its aksara.toml is ignored: {} (`aksara trust --show`)",
            keys.join(", ")
        ));
    }
}

/// Runs a command; gives its exit code.
pub(crate) async fn run(args: Args) -> Result<u8, Failure> {
    match &args.command {
        Command::Completions { shell } => return shell::completions(*shell),
        Command::Man => return shell::man(),
        Command::Schema { of, step_type: None, markdown: false, json: false } => {
            if let Some(schema) = schema::of(*of) {
                return schema::print(schema);
            }
        }
        _ => {}
    }
    let call = Call {
        surroundings: Surroundings::read(args.directory.as_deref())?,
        config: args.config,
        progress: !args.no_progress,
    };
    match args.command {
        Command::Init => init::run(&call).await,
        Command::Trust { show, yes, json } => trust::trust(&call, show, yes, json).await,
        Command::Untrust => trust::untrust(&call),
        Command::Doctor { verbose, json } => doctor::run(&call, verbose, json).await,
        Command::Ai(Ai::Plan(plan)) => plan::run(&call, plan).await,
        Command::Ai(Ai::Runs { json }) => runs::list(&call, json).await,
        Command::Ai(Ai::Show { run, json }) => runs::show(&call, run, json).await,
        Command::Ai(Ai::Diff { run, step }) => runs::diff(&call, run, step).await,
        Command::Ai(Ai::Resume { run, allowed, json }) => runs::resume(&call, run, allowed, json).await,
        Command::Ai(Ai::Retry { run, allowed, json }) => runs::retry(&call, run, allowed, json).await,
        Command::Ai(Ai::Land { run, land, json }) => runs::land(&call, run, land, json).await,
        Command::Ai(Ai::Rollback { run, to, reverse_database, allowed, json }) => {
            runs::rollback(&call, run, to, allowed, reverse_database, json).await
        }
        Command::Ai(Ai::Gc { older_than }) => runs::gc(&call, older_than).await,
        Command::Plugin(command) => plugin::run(&call, &command).await,
        Command::Config(command) => config::run(&call, &command),
        Command::Template(args) => template::run(&call, &args).await,
        Command::Schema { of, step_type, markdown, json } => {
            schema::step(&call, of, step_type.as_deref(), markdown, json).await
        }
        Command::Completions { .. } | Command::Man => Ok(0),
    }
}
