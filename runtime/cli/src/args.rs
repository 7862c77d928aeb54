//! The command line.

use std::path::PathBuf;

use aksara_runtime::{Commits, LandMode, RunId};
use clap::{Parser, Subcommand, ValueEnum};

/// Turns feature requests into reviewed, reversible changes of your project.
#[derive(Debug, Parser)]
#[command(name = "aksara", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Work in this folder instead of the current one.
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,

    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,

    /// Show no progress.
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,

    /// Set a setting for this call, such as planner.max_steps=30 (see aksara.toml).
    #[arg(long = "config", global = true, value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write an annotated aksara.toml into the project.
    Init,
    /// Look at everything that a plan needs, and say how it stands.
    Doctor {
        /// Say more, such as the version and place of each plugin.
        #[arg(long, short, conflicts_with = "json")]
        verbose: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let this repository's own settings, plugins and templates be used.
    ///
    /// Trust is for what is there now. What you write yourself stays trusted; what a pull or a checkout brings is
    /// asked about again.
    Trust {
        /// Only show what would be trusted.
        #[arg(long)]
        show: bool,
        /// Do not ask.
        #[arg(long, short, conflicts_with = "show")]
        yes: bool,
        /// With --show: print JSON.
        #[arg(long, requires = "show")]
        json: bool,
    },
    /// Take trust in this repository away.
    Untrust,
    /// Plan, run, look at and take back changes.
    #[command(subcommand)]
    Ai(Ai),
    /// Look at the templates that plans are made from, and write your own.
    Template(TemplateArgs),
    /// Look at the settings in force, and where each comes from.
    #[command(subcommand)]
    Config(Config),
    /// Print the JSON Schema of what Aksara reads and writes.
    Schema {
        /// Of what.
        #[arg(value_enum)]
        of: SchemaOf,
        /// With `step`: the step type; without one they are listed.
        #[arg(value_name = "TYPE")]
        step_type: Option<String>,
        /// With `step`: print a page of documentation for all step types, or one.
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// With `step`: print the list as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List, check, add, link and remove plugins, and begin one of your own.
    #[command(subcommand)]
    Plugin(Plugin),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the man page.
    Man,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// A plan: `ai plan --save`, `--json` and `--load`.
    Plan,
    /// What happens, as the library tells it. Not a run's record on disk.
    Event,
    /// What a run did: `--json` of `ai plan --execute` and others.
    Result,
    /// The settings: aksara.toml.
    Config,
    /// The params of a step type, as the plugins at hand carry it out.
    Step,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ai {
    /// Make a plan for a request, show it, and carry it out.
    Plan(Plan),
    /// List the runs of this repository, newest first.
    Runs {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a run: its steps and what came of each.
    Show {
        /// The run; the newest without it.
        run: Option<RunId>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print what a run changed, as git diff does.
    Diff {
        /// The run; the newest without it.
        run: Option<RunId>,
        /// Only the change of this step.
        #[arg(long, value_name = "N")]
        step: Option<u32>,
    },
    /// Go on with a run that was stopped, interrupted or killed.
    Resume {
        /// The run; the newest without it.
        run: Option<RunId>,
        #[command(flatten)]
        allowed: Allowed,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Try again what failed or was left out in a run, from the last good step on.
    Retry {
        /// The run; the newest without it.
        run: Option<RunId>,
        #[command(flatten)]
        allowed: Allowed,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Land the kept result of a run: of one that was not to land, or of one of which steps failed.
    Land {
        /// The run; the newest without it.
        run: Option<RunId>,
        /// Where the result goes; else where the run was to land.
        #[arg(long, value_enum, value_name = "WHERE")]
        land: Option<LandKept>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a run back: all of it, or the steps after one.
    Rollback {
        /// The run; the newest without it.
        run: Option<RunId>,
        /// Keep the steps up to this one.
        #[arg(long, value_name = "STEP")]
        to: Option<u32>,
        /// Reverse the run's migrations in the project's databases first, where they are applied.
        #[arg(long)]
        reverse_database: bool,
        #[command(flatten)]
        allowed: Allowed,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove records, refs and worktrees of runs that ended long ago.
    Gc {
        /// Runs that ended more than so many days ago.
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        older_than: u32,
    },
}

/// What a command may do without asking.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Allowed {
    /// Answer every question with yes, except for what destroys something.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Run what destroys something which cannot be brought back: steps, and the undo commands of steps.
    #[arg(long)]
    pub(crate) allow_destructive: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 done, 1 the work failed, 2 wrong input, 3 refused, 130 interrupted.")]
pub(crate) struct Plan {
    /// What you want, in plain words.
    #[arg(required_unless_present_any = ["load", "template"])]
    pub(crate) request: Vec<String>,

    /// Show what would be done: the plan, and the diff of all files on standard output. Nothing is written.
    #[arg(long, conflicts_with_all = ["execute", "interactive"])]
    pub(crate) dry_run: bool,
    /// With --dry-run: print each step's own diff instead of all changes together.
    #[arg(long, requires = "dry_run")]
    pub(crate) by_step: bool,
    /// Carry the plan out without asking first.
    #[arg(long)]
    pub(crate) execute: bool,
    /// Ask before each step.
    #[arg(long)]
    pub(crate) interactive: bool,
    /// Answer every other question with yes, except for what destroys something or what no plan showed.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Carry out steps that destroy something which cannot be brought back.
    #[arg(long)]
    pub(crate) allow_destructive: bool,

    /// Write the plan to a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Take the plan from a file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["request", "template", "set", "app"])]
    pub(crate) load: Option<PathBuf>,
    /// Open the code of this step in your editor ($VISUAL, $EDITOR), and take what you write. A plan from a file is
    /// saved there again, unless --save says where.
    #[arg(long, value_name = "STEP")]
    pub(crate) edit: Option<u32>,
    /// Make the plan from this template, with a request or without.
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    /// Set a parameter of the template.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The app that is meant, where the request leaves it open.
    #[arg(long, value_name = "APP")]
    pub(crate) app: Option<String>,
    /// Refuse a request that names a model which is not there, instead of making the model first.
    #[arg(long)]
    pub(crate) no_create: bool,

    /// Where the result goes.
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(crate) land: Option<Land>,
    /// One commit for all, or one a step.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) commits: Option<CommitsArg>,
    /// Refuse a result that the framework could not check.
    #[arg(long)]
    pub(crate) require_checks: bool,
    /// Run the project's tests on the result before it lands.
    #[arg(long, visible_alias = "run-tests-after")]
    pub(crate) run_tests: bool,
    /// Carry out a plan that was carried out before.
    #[arg(long)]
    pub(crate) again: bool,
    /// Print JSON: the plan, or the result of carrying it out.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) planner: PlannerFlags,
}

/// Flags that are settings of the section `planner`, by the same names.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Settings of [planner], for this call")]
pub(crate) struct PlannerFlags {
    /// A step that fails takes those before it back; with =false what is done is kept, to be landed by hand.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    rollback_on_failure: Option<bool>,
    /// Carry out the other steps although one failed; what is done is kept, to be landed by hand.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    continue_on_failure: Option<bool>,
    /// With --continue-on-failure: leave out what depends on a failed step; with =false it is tried.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    skip_dependent: Option<bool>,
    /// Refuse a plan of more steps.
    #[arg(long, value_name = "N")]
    max_steps: Option<u32>,
    /// After how many seconds a step fails, unless it says otherwise itself.
    #[arg(long, value_name = "SECONDS")]
    step_timeout_seconds: Option<u64>,
    /// After each step: do the files parse, do their imports resolve?
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    validate_each_step: Option<bool>,
    /// Ask before what destroys something that cannot be made again.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    confirm_destructive: Option<bool>,
}

impl PlannerFlags {
    /// The flags that were given, as `--config` takes them.
    pub(crate) fn settings(&self) -> Vec<String> {
        let flags = [
            ("rollback_on_failure", self.rollback_on_failure.map(|v| v.to_string())),
            ("continue_on_failure", self.continue_on_failure.map(|v| v.to_string())),
            ("skip_dependent", self.skip_dependent.map(|v| v.to_string())),
            ("max_steps", self.max_steps.map(|v| v.to_string())),
            ("step_timeout_seconds", self.step_timeout_seconds.map(|v| v.to_string())),
            ("validate_each_step", self.validate_each_step.map(|v| v.to_string())),
            ("confirm_destructive", self.confirm_destructive.map(|v| v.to_string())),
        ];
        flags.into_iter().filter_map(|(name, value)| Some(format!("planner.{name}={}", value?))).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Land {
    /// A commit on the branch that is checked out.
    Current,
    /// A new branch, aksara/RUN.
    Branch,
    /// A patch on standard output.
    Patch,
    /// Nowhere; it is kept with the run.
    None,
}

impl From<Land> for LandMode {
    fn from(land: Land) -> Self {
        match land {
            Land::Current => LandMode::Current,
            Land::Branch => LandMode::Branch,
            Land::Patch => LandMode::Patch,
            Land::None => LandMode::None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LandKept {
    /// A commit on the branch that is checked out.
    Current,
    /// A new branch, aksara/RUN.
    Branch,
    /// A patch on standard output.
    Patch,
}

impl From<LandKept> for LandMode {
    fn from(land: LandKept) -> Self {
        match land {
            LandKept::Current => LandMode::Current,
            LandKept::Branch => LandMode::Branch,
            LandKept::Patch => LandMode::Patch,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CommitsArg {
    /// One commit for all.
    One,
    /// One commit a step.
    PerStep,
}

impl From<CommitsArg> for Commits {
    fn from(commits: CommitsArg) -> Self {
        match commits {
            CommitsArg::One => Commits::One,
            CommitsArg::PerStep => Commits::PerStep,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct TemplateArgs {
    #[command(subcommand)]
    pub(crate) command: Template,

    /// A folder with more templates; they win over others of the same name.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Template {
    /// List them.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one: what it does, its parameters, examples.
    Show {
        /// Its name.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Begin a new one, in the project's .aksara/templates. It works as it stands.
    New {
        /// Its name: lower case, with `_` between words.
        name: String,
        /// Put it with your own templates, for every project.
        #[arg(long, conflicts_with = "root")]
        user: bool,
        /// Let it take the place of another template of that name, such as a built-in one.
        #[arg(long)]
        replace: bool,
    },
    /// Run the cases of a template: NAME/tests/CASE beside its script.
    Test {
        /// Its name.
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// All templates that are not built in.
        #[arg(long, conflicts_with = "name")]
        all: bool,
        /// Write what the template gives now as what is expected.
        #[arg(long)]
        update: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Find mistakes in a template without running it.
    Lint {
        /// Its name, or its script's path.
        #[arg(required_unless_present = "all", value_name = "NAME|FILE")]
        what: Option<String>,
        /// All templates that are not built in.
        #[arg(long, conflicts_with = "what")]
        all: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a template's documentation, as Markdown.
    Docs {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Begin a plugin of your own: a folder that builds as it stands.
    New {
        /// Its name: a-z, 0-9 and `_`. The folder and the first step type are named so too.
        name: String,
        /// The language that it is written in.
        #[arg(long, value_enum, default_value_t = PluginLang::Rust)]
        lang: PluginLang,
        /// Where aksara-sdk comes from: a folder, a git address, or a version of a registry; without it, the sources
        /// that this command was built or installed with.
        #[arg(long, value_name = "PATH|GIT|VERSION")]
        sdk: Option<String>,
    },
    /// List the plugins that are found, and what each carries out.
    List {
        /// Say where each was found and who vouches for it, and where was looked.
        #[arg(long)]
        why: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check a plugin against the rules: it is loaded and run, in a child process and in process.
    Check {
        /// Its library, or the folder of its plugin.toml.
        plugin: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Only where plugins run now, for this command itself.
        #[arg(long, hide = true)]
        one_mode: bool,
    },
    /// Accept a plugin as it is now: it is loaded once, copied to your plugins, and pinned to its hash.
    Add {
        /// Its library, or the folder of its plugin.toml.
        plugin: PathBuf,
    },
    /// Use a plugin from the folder in which you build it, without a pin.
    Link {
        /// The folder.
        folder: PathBuf,
    },
    /// Take a plugin out again that you added, accepted or linked.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PluginLang {
    /// Rust, with aksara-sdk.
    Rust,
    /// C, with nothing but the header.
    C,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// List every setting with its value.
    List {
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the value of one setting.
    Get {
        /// Section and name, such as planner.max_steps.
        key: String,
        /// Say where the value comes from.
        #[arg(long)]
        origin: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}
