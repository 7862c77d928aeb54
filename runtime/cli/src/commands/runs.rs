//! `aksara ai runs | show | diff | resume | rollback | gc`.

use std::fmt::Write as _;

use aksara_protocol::StepOrder;
use aksara_runtime::{AgentRuntime, RunId};

use super::Call;
use super::plan::{finish, stop_on_ctrl_c};
use crate::output::{self, Failure};
use crate::{progress, render};

pub(crate) async fn list(call: &Call, json: bool) -> Result<u8, Failure> {
    let runs = call.runtime(false)?.planner().runs().await?;
    if json {
        output::json(&serde_json::json!({ "runs": runs }))?;
        return Ok(0);
    }
    if runs.is_empty() {
        output::talk("no runs yet");
        return Ok(0);
    }
    let mut text = String::new();
    for run in runs {
        let status = serde_json::to_value(run.status).ok();
        let status = status.as_ref().and_then(|s| s.as_str()).unwrap_or_default().replace('_', " ");
        let active = if run.active { " (at work)" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {:<12} {}/{}  {}{active}",
            run.id, status, run.completed_steps, run.total_steps, run.title
        );
    }
    output::data(&text)?;
    Ok(0)
}

pub(crate) async fn show(call: &Call, run: Option<RunId>, json: bool) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let run = or_newest(&runtime, run).await?;
    let (plan, result) = runtime.planner().show(&run).await?;
    if json {
        output::json(&serde_json::json!({ "plan": plan, "result": result }))?;
    } else {
        output::data(&format!("{}\n{}\n", render::plan(&plan), render::result(&result)))?;
    }
    Ok(0)
}

pub(crate) async fn diff(call: &Call, run: Option<RunId>, step: Option<u32>) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let run = or_newest(&runtime, run).await?;
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

pub(crate) async fn resume(call: &Call, run: Option<RunId>, json: bool) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let run = or_newest(&runtime, run).await?;
    let _shown = call.progress.then(|| progress::show(&runtime));
    let result = runtime.planner().resume(&run, Some(stop_on_ctrl_c())).await?;
    finish(&result, json)
}

pub(crate) async fn rollback(
    call: &Call,
    run: Option<RunId>,
    to: Option<u32>,
    reverse_database: bool,
    json: bool,
) -> Result<u8, Failure> {
    let runtime = call.runtime(false)?;
    let run = or_newest(&runtime, run).await?;
    let result =
        runtime.planner().rollback(&run, to.filter(|n| *n > 0).map(StepOrder), reverse_database).await?;
    if json {
        output::json(&result)?;
    } else {
        for note in &result.notes {
            output::talk(&format!("note: {note}"));
        }
        match to {
            Some(to) if to > 0 => output::talk(&format!("run {run} is back at step {to}")),
            _ => output::talk(&format!("run {run} is taken back")),
        }
    }
    Ok(0)
}

pub(crate) async fn gc(call: &Call, older_than: u32) -> Result<u8, Failure> {
    let gone = call.runtime(false)?.planner().gc(older_than).await?;
    if gone.is_empty() {
        output::talk("nothing to remove");
    }
    for line in gone {
        output::data(&format!("removed {line}\n"))?;
    }
    Ok(0)
}

async fn or_newest(runtime: &AgentRuntime, run: Option<RunId>) -> Result<RunId, Failure> {
    match run {
        Some(run) => Ok(run),
        None => runtime
            .planner()
            .runs()
            .await?
            .into_iter()
            .next()
            .map(|r| r.id)
            .ok_or_else(|| Failure::Input("there are no runs in this repository yet".to_owned())),
    }
}
