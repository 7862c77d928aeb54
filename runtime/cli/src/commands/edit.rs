//! The code of a plan's step in the user's own editor.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use aksara_protocol::Plan;
use aksara_runtime::{AgentRuntime, PlanEdit as _};

use crate::output::{self, Failure};

/// Opens the code of a step; gives the plan with what was written there, and its previews made again.
///
/// What was written and cannot be used stays in a file, which the error names.
pub(crate) async fn step(runtime: &AgentRuntime, mut plan: Plan, order: u32) -> Result<Plan, Failure> {
    let step = plan.steps.iter().find(|step| step.order.0 == order).ok_or_else(|| {
        Failure::Input(format!("there is no step {order}: the plan has {}", plan.steps.len()))
    })?;
    let code = step.code.clone().ok_or_else(|| {
        Failure::Input(format!(
            "step {order} ({}) has no code to edit\nhint: change its `params` in the saved plan instead",
            step.description
        ))
    })?;
    let ending = step.file.as_ref().and_then(|file| Path::new(file.as_str()).extension()?.to_str());
    let suffix = ending.map(|ending| format!(".{ending}")).unwrap_or_default();
    let prefix = format!("aksara-step-{order}-");
    let io = |source| Failure::Io { what: "cannot write", path: format!("{prefix}…{suffix}"), source };
    let mut file = tempfile::Builder::new().prefix(&prefix).suffix(&suffix).tempfile().map_err(io)?;
    file.write_all(code.as_bytes()).map_err(io)?;
    open(file.path())?;
    let written = std::fs::read_to_string(file.path());
    if written.as_ref().is_ok_and(|written| *written == code) {
        output::talk(&format!("step {order}: nothing was changed"));
        return Ok(plan);
    }
    let edited = match written {
        Ok(written) => {
            plan.set_code(order, written)?;
            runtime.planner().preview(plan).await.map_err(Failure::from)
        }
        Err(source) => {
            Err(Failure::Io { what: "cannot read", path: file.path().display().to_string(), source })
        }
    };
    match edited {
        Ok(plan) => Ok(plan),
        Err(error) => {
            let (_, kept) = file.keep().map_err(|e| io(e.error))?;
            Err(Failure::Edited { error: Box::new(error), kept: kept.display().to_string() })
        }
    }
}

/// Waits for the user's editor, which is found as git finds it.
fn open(file: &Path) -> Result<(), Failure> {
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        .unwrap_or_else(|| "vi".to_owned());
    // Editors are given with arguments ("code --wait"), which a shell takes apart.
    let script = format!("{editor} \"$@\"");
    let status = Command::new("sh").args(["-c", &script, &editor]).arg(file).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Input(format!(
            "the editor `{editor}` ended with {status}, so the step is left as it was\nhint: set EDITOR to the editor that you use"
        ))),
        Err(source) => Err(Failure::Io { what: "cannot start", path: editor, source }),
    }
}
