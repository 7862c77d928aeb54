//! `aksara ai plan`.

use aksara_protocol::command::shell_line;
use aksara_protocol::{JsonMap, Plan};
use aksara_runtime::{
    AgentRuntime, Error, ExecuteOptions, MissingParam, PlanOptions, RunOptions, RunResult, RunStatus,
    parse_set,
};
use tokio_util::sync::CancellationToken;

use super::{Call, edit};
use crate::approve::{ask_line, somebody_is_there, yes_or_no};
use crate::args::Plan as PlanArgs;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Steps};
use crate::render;

pub(crate) async fn run(call: &Call, args: PlanArgs) -> Result<u8, Failure> {
    if args.edit.is_some() && args.load.is_none() && args.save.is_none() {
        return Err(Failure::Input(
            "--edit needs a file to keep what you write\nhint: add --save plan.json; later --load plan.json --edit STEP edits that plan"
                .to_owned(),
        ));
    }
    let runtime = call.runtime_with(args.yes, args.planner.settings())?;
    let token = stop_on_ctrl_c();
    let mut plan = match &args.load {
        Some(file) => runtime.planner().load(file)?,
        None => make(&runtime, &args, &token).await?,
    };
    if let Some(order) = args.edit {
        plan = edit::step(&runtime, plan, order).await?;
    }
    let interactive = args.interactive || runtime.settings().planner.default_interactive;
    let carries_out = args.execute || interactive;
    // What is carried out without a question tells its steps as it goes.
    let in_full = !args.execute || interactive || args.dry_run || !call.progress;
    let now = match &args.load {
        Some(_) if in_full => as_it_is_now(&runtime, &plan, carries_out && !args.dry_run).await?,
        _ => plan.clone(),
    };
    if !args.json || args.dry_run || carries_out {
        let shown = if in_full { render::plan(&now) } else { render::headline(&now) };
        // Where a diff or a result is the data, the plan is talk.
        if args.dry_run || args.json || carries_out {
            output::talk(shown.trim_end());
        } else {
            output::data(&shown)?;
        }
    }
    for warning in &now.warnings {
        output::warning(warning);
    }
    let edited_file = args.load.as_ref().filter(|_| args.edit.is_some());
    if let Some(file) = args.save.as_ref().or(edited_file) {
        runtime.planner().save(&plan, file)?;
        output::talk(&format!("saved to {}", file.display()));
    }
    if args.dry_run {
        return dry_run(&runtime, &plan, &args, token).await;
    }
    if !carries_out {
        if args.json {
            output::json(&now)?;
            return Ok(0);
        }
        if args.save.is_some() || !somebody_is_there() {
            return Ok(0);
        }
        output::talk("");
        let confirmed = tokio::select! {
            confirmed = async { args.yes || yes_or_no("Execute plan? [y/N] ").await } => confirmed,
            () = token.cancelled() => return Err(Failure::Interrupted),
        };
        if !confirmed {
            output::talk("nothing was done");
            return Ok(0);
        }
    }
    execute(call, &runtime, &plan, &args, interactive, token).await
}

/// A plan from a file as it is on the project now, not as the file says it was.
async fn as_it_is_now(runtime: &AgentRuntime, plan: &Plan, carries_out: bool) -> Result<Plan, Failure> {
    match runtime.planner().preview(plan.clone()).await {
        // Carrying it out says more exactly why not: it may have been carried out before.
        Err(_) if carries_out => Ok(plan.clone()),
        now => Ok(now?),
    }
}

/// Makes the plan; a missing parameter is asked for on a terminal.
async fn make(runtime: &AgentRuntime, args: &PlanArgs, token: &CancellationToken) -> Result<Plan, Failure> {
    let mut set: Vec<String> = args.set.clone();
    loop {
        let error = match try_make(runtime, args, &set, token).await {
            Err(Failure::Runtime(error)) => error,
            other => return other,
        };
        let params = match *error {
            Error::Missing { params } => params,
            other => {
                if matches!(other, Error::Planning(_)) {
                    warn_of_broken(runtime);
                }
                return Err(other.into());
            }
        };
        if !somebody_is_there() || args.json {
            return Err(Failure::Input(not_given(&params, std::env::args())));
        }
        for param in params {
            output::talk(&format!("\n{}: {}", param.name, param.description));
            for (number, choice) in (1..).zip(&param.choices) {
                output::talk(&format!("  {number}. {choice}"));
            }
            let question = format!("{}? ", param.name);
            let answer = tokio::select! {
                answer = ask_line(&question) => answer,
                () = token.cancelled() => return Err(Failure::Interrupted),
            };
            if answer.is_empty() {
                return Err(Failure::Refused(format!("`{}` was not given", param.name)));
            }
            let value = chosen(&param.choices, &answer).unwrap_or(&answer);
            set.push(format!("{}={value}", param.name));
        }
    }
}

/// Templates that cannot be used may be what a request that no other answers is about.
fn warn_of_broken(runtime: &AgentRuntime) {
    let broken = runtime.templates().problems();
    // What a broken library keeps from working is among them itself.
    for problem in broken.iter().filter(|problem| !problem.name.starts_with("lib/")) {
        let name = printable(&problem.name);
        output::warning(&format!(
            "the template `{name}` ({}) cannot be used, so no request finds it: `aksara template lint {name}` says why",
            printable(&problem.label)
        ));
    }
}

/// The choice that an answer means: by its own name, or by its number. Answers are read in lower case.
fn chosen<'c>(choices: &'c [String], answer: &str) -> Option<&'c str> {
    let named = choices.iter().find(|choice| choice.to_lowercase() == answer);
    let numbered = || choices.get(answer.parse::<usize>().ok()?.checked_sub(1)?);
    named.or_else(numbered).map(String::as_str)
}

/// What is missing, and the whole command with it.
fn not_given(params: &[MissingParam], typed: impl Iterator<Item = String>) -> String {
    let mut typed = without_looks(typed);
    if let Some(program) = typed.first_mut() {
        *program = program.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let mut lines = Vec::new();
    for param in params {
        let MissingParam { name, description, choices } = param;
        lines.push(match choices.as_slice() {
            [] => format!("`{name}` is not given: {description}"),
            choices => format!("`{name}` may be {}: {description}", choices.join(" or ")),
        });
        let value = choices.first().map_or("VALUE", String::as_str);
        typed.extend(["--set".to_owned(), format!("{name}={value}")]);
    }
    lines.push(format!("hint: say which: {}", shell_line(typed)));
    // No choice is better than another: the others are said as well.
    if let [MissingParam { name, choices, .. }] = params
        && let Some((_, others)) = choices.split_first()
    {
        lines.extend(others.iter().map(|choice| format!("      or with: --set {name}={choice}")));
    }
    lines.join("\n")
}

/// The command without what only changes how its output looks.
fn without_looks(typed: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut is_value = false;
    for word in typed {
        let is_look = ["--no-progress", "--color"].contains(&word.as_str()) || word.starts_with("--color=");
        if !is_look && !is_value {
            kept.push(word.clone());
        }
        is_value = word == "--color";
    }
    kept
}

async fn try_make(
    runtime: &AgentRuntime,
    args: &PlanArgs,
    set: &[String],
    token: &CancellationToken,
) -> Result<Plan, Failure> {
    let planner = runtime.planner();
    let mut options =
        PlanOptions { app: args.app.clone(), cancel: Some(token.clone()), ..PlanOptions::default() };
    options.no_create = args.no_create;
    // Without values the templates are not needed yet: they are read while the plugins start.
    if !set.is_empty() {
        options.set = parse_set(runtime.templates(), args.template.as_deref(), set)?;
    }
    match &args.template {
        Some(name) if args.request.is_empty() => {
            Ok(planner.from_template(name, JsonMap::new(), options).await?)
        }
        template => {
            options.template.clone_from(template);
            // Words without quotes around them are a request just as well.
            Ok(planner.create(&args.request.join(" "), options).await?)
        }
    }
}

async fn dry_run(
    runtime: &AgentRuntime,
    plan: &Plan,
    args: &PlanArgs,
    token: CancellationToken,
) -> Result<u8, Failure> {
    let options = ExecuteOptions { dry_run: true, cancel: Some(token), ..ExecuteOptions::default() };
    let result = runtime.planner().execute(plan, options).await?;
    if args.json {
        output::json(&result)?;
        return Ok(0);
    }
    output::talk("");
    if args.by_step {
        for step in &result.step_results {
            output::data(&format!("# Step {}: {}\n", step.step, step.description))?;
            output::diff(step.diff.as_deref().unwrap_or_default())?;
        }
    } else {
        output::diff(&result.diff)?;
    }
    output::talk(&result.summary);
    Ok(0)
}

async fn execute(
    call: &Call,
    runtime: &AgentRuntime,
    plan: &Plan,
    args: &PlanArgs,
    interactive: bool,
    token: CancellationToken,
) -> Result<u8, Failure> {
    let defaults = runtime.planner().default_run_options();
    let run = RunOptions {
        interactive: interactive && !args.yes,
        assume_yes: args.yes,
        allow_destructive: args.allow_destructive,
        land: args.land.map_or(defaults.land, Into::into),
        commits: args.commits.map_or(defaults.commits, Into::into),
        require_checks: args.require_checks || defaults.require_checks,
        run_tests: args.run_tests || defaults.run_tests,
        again: args.again,
        ..defaults
    };
    if run.interactive && !somebody_is_there() {
        return Err(Failure::Refused(format!(
            "{} needs a terminal to ask on\nhint: pass --execute --yes to carry the plan out without questions",
            if args.interactive { "--interactive" } else { "planner.default_interactive" }
        )));
    }
    let steps = if run.interactive { Steps::Asked } else { Steps::of(plan) };
    let shown = call.progress.then(|| progress::show(runtime, steps));
    let options = ExecuteOptions { dry_run: false, run, cancel: Some(token) };
    let result = runtime.planner().execute(plan, options).await;
    if let Some(shown) = shown {
        shown.finish().await;
    }
    finish(&result?, args.json)
}

/// The module whose absence is what a check tells, as Python says it.
fn missing_module(result: &RunResult) -> Option<&str> {
    let failed = result.checks.iter().filter(|check| !check.ok);
    let mut said =
        failed.filter_map(|check| check.output.split_once("ModuleNotFoundError: No module named '"));
    said.find_map(|(_, rest)| rest.split_once('\'')).map(|(module, _)| module)
}

/// Prints what a run did; gives the exit code.
pub(crate) fn finish(result: &RunResult, json: bool) -> Result<u8, Failure> {
    if json {
        output::json(result)?;
    } else {
        output::talk(&format!("\n{}", render::result(result)));
        if result.landed.as_ref().is_some_and(|l| l.mode == "patch") {
            output::diff(&result.diff)?;
        }
        let migrations = result.created_files.iter().any(|f| f.as_str().contains("/migrations/"));
        if migrations && matches!(result.status, RunStatus::Landed) {
            output::talk("next: python manage.py migrate");
        }
        if let Some(run) = &result.run {
            match result.status {
                RunStatus::Landed if result.landed.as_ref().is_some_and(|l| l.mode == "current") => {
                    output::talk(&format!("to take it back: aksara ai rollback {run}"))
                }
                RunStatus::Landed => {
                    if let Some(branch) = result.landed.as_ref().and_then(|l| l.branch.as_ref()) {
                        output::talk(&format!("to drop it: git branch -D {branch}"));
                    }
                }
                RunStatus::Failed if result.checks.iter().any(|check| !check.ok) => {
                    let missing = missing_module(result);
                    let install = missing
                        .map(|module| format!("`{module}` is installed for the project's Python, or "));
                    output::talk(&format!(
                        "to try again, when {}what is wrong is corrected and committed: aksara ai retry {run}\nto drop it: aksara ai rollback {run}",
                        install.unwrap_or_default()
                    ));
                }
                RunStatus::Failed => output::talk(&format!(
                    "to try again from the last good step: aksara ai retry {run}\nto drop it: aksara ai rollback {run}"
                )),
                RunStatus::Partial => output::talk(&format!(
                    "to land what is done: aksara ai land {run}\nto try the rest again: aksara ai retry {run}\nto drop it: aksara ai rollback {run}"
                )),
                RunStatus::Kept => output::talk(&format!(
                    "to land it: aksara ai land {run}\nto drop it: aksara ai rollback {run}"
                )),
                RunStatus::Stopped | RunStatus::Waiting | RunStatus::Declined => {
                    output::talk(&format!(
                        "to go on: aksara ai resume {run}\nto drop it: aksara ai rollback {run}"
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(match result.status {
        RunStatus::Failed | RunStatus::Partial => result.error.as_ref().map_or(1, |e| e.kind.exit_code()),
        RunStatus::Stopped | RunStatus::Waiting | RunStatus::Declined => 3,
        _ => 0,
    })
}

/// A token that the first Ctrl-C cancels; the second one ends the process.
pub(crate) fn stop_on_ctrl_c() -> CancellationToken {
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            output::talk("\nstopping at the next checkpoint (Ctrl-C again to stop at once)");
            stop.cancel();
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        }
    });
    token
}
