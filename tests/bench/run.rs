//! Row 1: a whole plan, with journal, plugins in a child and landing.
//!
//! Each step is a `create_middleware`: a new file, and an entry in the settings. The peer is what an agent does
//! with git alone: a worktree, `git add -A` and `git commit` after each step, a merge, and the worktree's removal.
//! It writes the very same files, and both must end with the same tree.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aksara_protocol::plan::{FORMAT_VERSION, Source, SourceKind};
use aksara_protocol::{JsonMap, Plan, Step};
use aksara_runtime::{AgentRuntime, Commits, ExecuteOptions, RunOptions, RunStatus};
use serde_json::{Value, json};

use crate::measure::{Measured, Outcome, medians, timed};
use crate::scratch::{Scratch, succeeded};
use crate::{AKSARA, PLUGIN_HOST};

const STEPS: u32 = 20;
const LIMIT: f64 = 0.05;

/// From a built runtime on: the plugins' child is started, the plan judged, carried out and landed.
pub(crate) fn by_library(scratch: &Scratch) -> Outcome<Measured> {
    let work = Work::prepare(scratch)?;
    work.measure("library", 5, &|repository| {
        let (time, result) = timed(|| {
            let planner = runtime(scratch, repository)?.planner();
            block(planner.execute(&work.plan, ExecuteOptions::default()))
        })?;
        match result.status {
            RunStatus::Landed => Ok(time),
            _ => Err(result.summary.into()),
        }
    })
}

/// The same and the start of a process.
pub(crate) fn by_command(scratch: &Scratch) -> Outcome<Measured> {
    let work = Work::prepare(scratch)?;
    let file = scratch.at("plan.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&work.plan)?)?;
    work.measure("command", 3, &|repository| {
        let mut command = aksara(scratch, repository);
        command.args(["ai", "plan", "--execute", "--yes", "--load"]).arg(&file);
        Ok(timed(|| succeeded(&mut command))?.0)
    })
}

/// The command of this build in a folder.
pub(crate) fn aksara(scratch: &Scratch, dir: &Path) -> Command {
    let mut command = scratch.command(AKSARA, dir);
    command.env("AKSARA_PLUGIN_PATH", aksara_testkit::plugin_folder(Path::new(AKSARA)));
    command
}

/// A runtime as the command makes it.
pub(crate) fn runtime(scratch: &Scratch, repository: &Path) -> Outcome<AgentRuntime> {
    Ok(AgentRuntime::builder(repository)
        .plugins(aksara_testkit::plugin_folder(Path::new(AKSARA)), "the benchmark")
        .plugins_in_child(AKSARA, vec![PLUGIN_HOST.to_owned()])
        .cache(scratch.at("cache"))
        .environment(scratch.environment())
        .build()?)
}

/// Waits for a future of the library.
pub(crate) fn block<T>(future: impl Future<Output = Result<T, aksara_runtime::Error>>) -> Outcome<T> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?.block_on(future)?)
}

/// A plan of steps without previews. Two plans of different names are two plans.
pub(crate) fn plan(
    name: &str,
    stack: Option<&str>,
    steps: impl IntoIterator<Item = (&'static str, Value)>,
) -> Plan {
    let step = |(index, (step_type, params)): (usize, (&str, Value))| {
        let order = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let mut step = Step::new(order, step_type, format!("Step {order}"));
        if let Value::Object(params) = params {
            step.params = params;
        }
        step
    };
    Plan {
        format_version: FORMAT_VERSION,
        id: name.to_owned(),
        title: name.to_owned(),
        description: name.to_owned(),
        summary: String::new(),
        source: Source {
            kind: SourceKind::Manual,
            name: None,
            version: None,
            hash: None,
            files: JsonMap::new(),
            templates: Vec::new(),
        },
        params: JsonMap::new(),
        params_from: JsonMap::new(),
        root: String::new(),
        base: None,
        stack: stack.map(str::to_owned),
        steps: steps.into_iter().enumerate().map(step).collect(),
        work_hash: None,
        prerequisites: Vec::new(),
        risks: Vec::new(),
        success_criteria: Vec::new(),
        estimated_time: None,
        warnings: Vec::new(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        unknown: JsonMap::new(),
    }
}

/// The `number`th middleware, each in a folder of its own.
fn middleware(number: u32) -> (&'static str, Value) {
    let name = format!("Stamp{number:02}");
    let body = format!(
        "class {name}:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    \
         def __call__(self, request):\n        request.stamp = {number}\n        return self.get_response(request)\n"
    );
    ("create_middleware", json!({"path": format!("src/a{number:03}/stamp.py"), "name": name, "body": body}))
}

/// What both sides are to do.
struct Work<'s> {
    scratch: &'s Scratch,
    repository: PathBuf,
    plan: Plan,
    /// For each step the files that it writes.
    writes: Vec<Vec<(String, String)>>,
    /// The tree that both end with.
    tree: String,
}

impl<'s> Work<'s> {
    fn prepare(scratch: &'s Scratch) -> Outcome<Self> {
        let repository = scratch.repository("repository", scratch.files)?;
        let planner = runtime(scratch, &repository)?.planner();
        let plan = block(planner.preview(plan("stamps", Some("django"), (0..STEPS).map(middleware))))?;
        // One run with a commit for each step tells what the peer has to write.
        let model = scratch.copy(&repository, "model")?;
        let run = RunOptions { commits: Commits::PerStep, ..RunOptions::default() };
        let options = ExecuteOptions { run, ..ExecuteOptions::default() };
        block(runtime(scratch, &model)?.planner().execute(&plan, options))?;
        let commits = format!("HEAD~{STEPS}..HEAD");
        let mut writes = Vec::new();
        for commit in scratch.git(&model, &["rev-list", "--reverse", &commits])?.lines() {
            let mut files = Vec::new();
            for path in scratch.git(&model, &["diff", "--name-only", &format!("{commit}^"), commit])?.lines()
            {
                files.push((path.to_owned(), scratch.git(&model, &["show", &format!("{commit}:{path}")])?));
            }
            if files.len() != 2 {
                return Err(format!("a step changed {} files, and the row is about 2", files.len()).into());
            }
            writes.push(files);
        }
        let tree = tree(scratch, &model)?;
        std::fs::remove_dir_all(&model)?;
        Ok(Self { scratch, repository, plan, writes, tree })
    }

    /// Ours and the peer in turn, each on a fresh copy of the repository.
    fn measure(
        &self,
        name: &str,
        repetitions: usize,
        ours: &dyn Fn(&Path) -> Outcome<Duration>,
    ) -> Outcome<Measured> {
        let on_a_copy = |side: &str, work: &dyn Fn(&Path) -> Outcome<Duration>| {
            let copy = self.scratch.copy(&self.repository, &format!("{name}-{side}"))?;
            let time = work(&copy)?;
            if tree(self.scratch, &copy)? != self.tree
                || !self.scratch.git(&copy, &["status", "--porcelain"])?.is_empty()
            {
                return Err(format!("{side} ({name}) did not end with the tree of the plan").into());
            }
            std::fs::remove_dir_all(copy)?;
            Ok(time)
        };
        let [ours, peer] = medians(
            repetitions,
            [&mut |_| on_a_copy("ours", ours), &mut |_| {
                on_a_copy("peer", &|repository| self.peer(repository))
            }],
        )?;
        Ok(Measured::Ratio { ours, peer, limit: LIMIT })
    }

    fn peer(&self, repository: &Path) -> Outcome<Duration> {
        let git = |dir: &Path, args: &[&str]| self.scratch.git(dir, args);
        let worktree = self.scratch.at("peer-worktree");
        let path = worktree.display().to_string();
        let work = || {
            git(repository, &["worktree", "add", "--quiet", "-b", "agent", &path])?;
            for (number, files) in self.writes.iter().enumerate() {
                for (name, text) in files {
                    let file = worktree.join(name);
                    if let Some(folder) = file.parent() {
                        std::fs::create_dir_all(folder)?;
                    }
                    std::fs::write(file, text)?;
                }
                git(&worktree, &["add", "--all"])?;
                git(&worktree, &["commit", "--quiet", "--message", &format!("Step {}", number + 1)])?;
            }
            git(repository, &["merge", "--quiet", "--ff-only", "agent"])?;
            git(repository, &["worktree", "remove", &path])?;
            git(repository, &["branch", "--quiet", "--delete", "agent"])
        };
        Ok(timed(work)?.0)
    }
}

/// The tree at HEAD.
fn tree(scratch: &Scratch, repository: &Path) -> Outcome<String> {
    scratch.git(repository, &["rev-parse", "HEAD^{tree}"])
}
