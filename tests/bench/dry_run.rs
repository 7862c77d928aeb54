//! Row 5: a request, planned and shown by a command that starts cold, on a small project.
//!
//! The peer is the planner of the Aksara Python framework, which shows a plan that was made by somebody else. Its
//! plan has the kinds of steps whose preview it can do; those of a whole feature fail there.

use serde_json::{Value, json};

use crate::framework;
use crate::measure::{Measured, Outcome, medians, timed};
use crate::run::aksara;
use crate::scratch::{Scratch, succeeded};

const REPETITIONS: usize = 9;
const LIMIT: f64 = 0.10;

pub(crate) fn measure(scratch: &Scratch) -> Outcome<Measured> {
    let framework = match framework::command() {
        Ok(program) => program,
        Err(why) => return Ok(Measured::Skipped(why)),
    };
    let project = scratch.repository("small", 0)?;
    let file = scratch.at("framework-plan.json");
    std::fs::write(&file, serde_json::to_vec(&framework_plan())?)?;
    let elsewhere = scratch.at("elsewhere");
    std::fs::create_dir_all(&elsewhere)?;
    let mut ours = |_| {
        let mut command = aksara(scratch, &project);
        command.args(["ai", "plan", "Add a tagging system to the blog", "--dry-run"]);
        let (time, shown) = timed(|| succeeded(&mut command))?;
        match shown.starts_with("diff --git ") {
            true => Ok(time),
            false => Err(format!("--dry-run showed no diff: {shown}").into()),
        }
    };
    let mut peer = |_| {
        let mut command = scratch.command(&framework, &elsewhere);
        command.args(["ai", "plan", "preview"]).arg(&file);
        let (time, shown) = timed(|| succeeded(&mut command))?;
        match shown.contains("WOULD SUCCEED") {
            true => Ok(time),
            false => Err(format!("the framework's preview failed: {shown}").into()),
        }
    };
    let [ours, peer] = medians(REPETITIONS, [&mut ours, &mut peer])?;
    Ok(Measured::Ratio { ours, peer, limit: LIMIT })
}

fn framework_plan() -> Value {
    let model = json!({
        "app_label": "app",
        "name": "Tag",
        "table_name": "tags",
        "fields": [{"name": "name", "type": "string", "max_length": 50, "unique": true}]
    });
    let step = |number: u32, kind: &str, payload: Value| {
        let before: Vec<String> = (number > 1).then(|| format!("s{}", number - 1)).into_iter().collect();
        json!({"id": format!("s{number}"), "type": kind, "description": kind, "depends_on": before, "payload": payload})
    };
    json!({
        "intent": {"user_message": "Add a tagging system", "mode": "modify"},
        "plan": {"intent": "Add a tagging system", "steps": [
            step(1, "generate_serializer", json!({"model_spec": model})),
            step(2, "generate_viewset", json!({"model_spec": model})),
            step(3, "create_migration", json!({"model_spec": model, "app_label": "app"})),
            step(4, "generate_tests", json!({"model": "Tag", "app_label": "app"}))
        ]}
    })
}
