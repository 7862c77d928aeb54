//! `aksara ai runs | show | diff | resume | retry | land | rollback | gc`.

use std::fmt::Write as _;

use aksara_protocol::StepOrder;
use aksara_runtime::{
    AgentRuntime, Error, FailedAt, RetryOptions, RollbackOptions, RunId, RunInfo, RunResult, RunStatus,
};

use super::Call;
use super::plan::{finish, stop_on_ctrl_c};
use crate::args::{Allowed, LandKept};
use crate::output::{self, Failure};
use crate::progress::{self, Steps};
use crate::render;

pub(crate) async fn list(call: &Call, json: bool) -> Result<u8, Failure> {
    let runs = call.runtime_for_records()?.planner().runs().await?;
    if json {
        output::json(&serde_json::json!({ "runs": runs }))?;
        return Ok(0);
    }
    if runs.is_empty() {
        output::talk("no runs yet");
        return Ok(0);
    }
    let mut text = String::new();
    let places: Vec<String> = runs.iter().map(place).collect();
    let widest = places.iter().map(|place| place.chars().count()).max().unwrap_or(0);
    for (run, place) in runs.iter().zip(&places) {
        let status = serde_json::to_value(run.status).ok();
        let status = status.as_ref().and_then(|s| s.as_str()).unwrap_or_default().replace('_', " ");
        let active = if run.active { " (at work)" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {status:<11}  {}/{}  {place:<widest$}  {}{active}",
            run.id,
            run.completed_steps,
            run.total_steps,
            render::clean(&run.title)
        );
    }
    output::data(&text)?;
    Ok(0)
}

/// Where a run's result is, or what took it back.
fn place(run: &RunInfo) -> String {
    match (run.status, &run.landed, &run.taken_back) {
        (RunStatus::RolledBack, _, Some(commit)) => {
            format!("by commit {}", commit.get(..10).unwrap_or(commit))
        }
        (RunStatus::Landed, Some(landed), _) => landed.to_string(),
        (RunStatus::Kept, ..) => "on its private ref".to_owned(),
        (RunStatus::Failed | RunStatus::Partial, ..) => {
            let at = match run.failed_at {
                Some(FailedAt::Steps) => "in its steps",
                Some(FailedAt::Checks) => "in the checks",
                Some(FailedAt::Landing) => "when it was to land",
                None => "",
            };
            if run.status == RunStatus::Partial {
                format!("{at}, kept on its private ref")
            } else {
                at.to_owned()
            }
        }
        _ => String::new(),
    }
}

pub(crate) async fn show(call: &Call, run: Option<RunId>, json: bool) -> Result<u8, Failure> {
    let runtime = call.runtime_for_records()?;
    let run = or_newest(&runtime, run, |_| true).await?;
    let (plan, result) = runtime.planner().show(&run).await?;
    if json {
        output::json(&serde_json::json!({ "plan": plan, "result": result }))?;
    } else {
        output::data(&format!("{}\n", render::run(&plan, &result)))?;
    }
    Ok(0)
}

pub(crate) async fn diff(call: &Call, run: Option<RunId>, step: Option<u32>) -> Result<u8, Failure> {
    let runtime = call.runtime_for_records()?;
    let run = or_newest(&runtime, run, |_| true).await?;
    let (_, result) = runtime.planner().show(&run).await?;
    let text = match step {
        None => result.diff,
        Some(order) => result
            .step_results
            .into_iter()
            .find(|s| s.step == StepOrder(order))
            .ok_or_else(|| Failure::Input(format!("run {run} has no step {order}")))?
            .diff
            .unwrap_or_default(),
    };
    output::diff(&text)?;
    Ok(0)
}

pub(crate) async fn resume(
    call: &Call,
    run: Option<RunId>,
    allowed: Allowed,
    json: bool,
) -> Result<u8, Failure> {
    let Allowed { yes, allow_destructive } = allowed;
    let runtime = call.runtime(yes)?;
    let run = or_newest(&runtime, run, can_go_on).await?;
    let options = RetryOptions { assume_yes: yes, allow_destructive, cancel: Some(stop_on_ctrl_c()) };
    let planner = runtime.planner();
    let result = shown(call, &runtime, &run, planner.resume(&run, options)).await?;
    finish(&result, json)
}

/// Goes on with a run, and shows what happens.
async fn shown(
    call: &Call,
    runtime: &AgentRuntime,
    run: &RunId,
    work: impl Future<Output = Result<RunResult, Error>>,
) -> Result<RunResult, Failure> {
    let (plan, _) = runtime.planner().show(run).await?;
    let asks = runtime.planner().runs().await?.iter().any(|info| info.id == *run && info.interactive);
    let steps = if asks { Steps::Asked } else { Steps::of(&plan) };
    let shown = call.progress.then(|| progress::show(runtime, steps));
    let result = work.await;
    if let Some(shown) = shown {
        shown.finish().await;
    }
    Ok(result?)
}

pub(crate) async fn retry(
    call: &Call,
    run: Option<RunId>,
    allowed: Allowed,
    json: bool,
) -> Result<u8, Failure> {
    let Allowed { yes, allow_destructive } = allowed;
    let runtime = call.runtime(yes)?;
    let run = or_newest(&runtime, run, can_be_tried_again).await?;
    let options = RetryOptions { assume_yes: yes, allow_destructive, cancel: Some(stop_on_ctrl_c()) };
    let planner = runtime.planner();
    let result = shown(call, &runtime, &run, planner.retry(&run, options)).await?;
    finish(&result, json)
}

pub(crate) async fn land(
    call: &Call,
    run: Option<RunId>,
    land: Option<LandKept>,
    json: bool,
) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let run = or_newest(&runtime, run, is_kept).await?;
    let planner = runtime.planner();
    let landing = planner.land(&run, land.map(Into::into), Some(stop_on_ctrl_c()));
    let result = shown(call, &runtime, &run, landing).await?;
    finish(&result, json)
}

pub(crate) async fn rollback(
    call: &Call,
    run: Option<RunId>,
    to: Option<u32>,
    allowed: Allowed,
    reverse_database: bool,
    json: bool,
) -> Result<u8, Failure> {
    let runtime = call.runtime(allowed.yes)?;
    let run = match run {
        Some(run) => run,
        None => newest_to_take_back(&runtime).await?,
    };
    let options = RollbackOptions {
        to: to.filter(|n| *n > 0).map(StepOrder),
        reverse_database,
        assume_yes: allowed.yes,
        allow_destructive: allowed.allow_destructive,
    };
    let result = runtime.planner().rollback(&run, options).await?;
    if json {
        output::json(&result)?;
    } else {
        for line in &result.not_undone {
            output::talk(&format!("cannot be taken back: {line}"));
        }
        if let Some(commit) = &result.taken_back {
            output::talk(&format!("commit {}", commit.get(..10).unwrap_or(commit)));
        }
        match to {
            Some(to) if to > 0 => output::talk(&format!("run {run} is back at step {to}")),
            _ => output::talk(&format!("run {run} is taken back")),
        }
        for note in &result.notes {
            output::talk(&format!("note: {note}"));
        }
    }
    Ok(0)
}

pub(crate) async fn gc(call: &Call, older_than: u32) -> Result<u8, Failure> {
    let gone = call.runtime_for_records()?.planner().gc(older_than).await?;
    if gone.is_empty() {
        output::talk("nothing to remove");
    }
    for line in gone {
        output::data(&format!("removed {line}\n"))?;
    }
    Ok(0)
}

/// The run that is meant: the named one, else the newest for which there is something to do.
async fn or_newest(
    runtime: &AgentRuntime,
    run: Option<RunId>,
    meant: fn(RunStatus) -> bool,
) -> Result<RunId, Failure> {
    match run {
        Some(run) => Ok(run),
        None => newest(&runtime.planner().runs().await?, |r| meant(r.status)).ok_or_else(no_run),
    }
}

fn newest(runs: &[RunInfo], meant: impl Fn(&RunInfo) -> bool) -> Option<RunId> {
    runs.iter().find(|run| meant(run)).map(|run| run.id.clone())
}

fn no_run() -> Failure {
    Failure::Input("there is no run for that here\nhint: `aksara ai runs` lists all runs".to_owned())
}

/// Who asks to take back, means what is in the project: then what is kept beside it, then what did not come to its end.
async fn newest_to_take_back(runtime: &AgentRuntime) -> Result<RunId, Failure> {
    let runs = runtime.planner().runs().await?;
    let on_branch = |run: &RunInfo| {
        run.status == RunStatus::Landed && run.landed.as_ref().is_some_and(|l| l.mode == "current")
    };
    newest(&runs, on_branch)
        .or_else(|| newest(&runs, |run| is_kept(run.status)))
        .or_else(|| newest(&runs, |run| can_go_on(run.status)))
        .or_else(|| newest(&runs, |run| run.status == RunStatus::Landed))
        .ok_or_else(no_run)
}

fn can_go_on(status: RunStatus) -> bool {
    matches!(
        status,
        RunStatus::Running
            | RunStatus::Stopped
            | RunStatus::Waiting
            | RunStatus::Declined
            | RunStatus::Failed
    )
}

fn can_be_tried_again(status: RunStatus) -> bool {
    can_go_on(status) || status == RunStatus::Partial
}

fn is_kept(status: RunStatus) -> bool {
    matches!(status, RunStatus::Kept | RunStatus::Partial)
}
