//! A host application: plans a request, answers the questions itself, carries the plan out in process.
//!
//!     cargo build && cargo run -p aksara-example-embed -- PROJECT "Add a tagging system to the blog" [PLUGINS]
#![allow(clippy::print_stdout, reason = "a host talks to its user as it likes")]

use std::{error::Error, path::PathBuf, sync::Arc};

use aksara_runtime::protocol::outcome::Manual;
use aksara_runtime::{AgentRuntime, Answer, Approver, ChangedStep, ExecuteOptions, StepOrder, StepQuestion};
use async_trait::async_trait;

/// Where a dialog of yours would be. This one agrees to whatever can be taken back.
struct Careful;

#[async_trait]
impl Approver for Careful {
    async fn approve_step(&self, question: &StepQuestion) -> Answer {
        println!("may step {} do this?\n{}", question.step.order, question.diff);
        if question.destructive { Answer::No } else { Answer::Yes }
    }
    async fn approve_changed(&self, _: &[ChangedStep]) -> bool {
        false // the project is not what the plan was made for: better plan again
    }
    async fn confirm_manual(&self, _: StepOrder, _: &Manual) -> bool {
        false // nobody is here to do something by hand
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(project), Some(request)) = (args.next(), args.next()) else {
        return Err("usage: aksara-example-embed PROJECT REQUEST [PLUGINS]".into());
    };
    let beside = std::env::current_exe()?.parent().map(PathBuf::from).unwrap_or_default();
    let runtime = AgentRuntime::builder(project)
        .plugins(args.next().map_or(beside, PathBuf::from), "the host") // `cargo build` puts them beside us
        .plugins_in_process() // no second program to ship, but a plugin that aborts takes this one with it
        .environment(std::env::vars().collect()) // the library looks nowhere by itself: PATH, HOME, VIRTUAL_ENV
        .approver(Arc::new(Careful)) // without one, a question is an error and never a silent yes
        .build()?;
    let mut events = runtime.events();
    let listener = tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            println!("event: {event:?}");
        }
    });
    // Without a look at the plan and without questions, all that follows is `runtime.execute(&request).await?`.
    let planner = runtime.planner();
    let plan = planner.create(&request, Default::default()).await?;
    println!("{}", plan.summary);
    let mut options = ExecuteOptions { run: planner.default_run_options(), ..Default::default() };
    options.run.interactive = true;
    let result = planner.execute(&plan, options).await?;
    drop((planner, runtime)); // nobody sends events any more, so the listener ends
    listener.await?;
    println!("{}", result.summary);
    if result.success { Ok(()) } else { Err("nothing was landed".into()) }
}
