//! Row 4: back to a checkpoint after a step that changed one file.
//!
//! A run that no command has worked in has no files on disk: going back moves its private ref, keeps an undo ref
//! and writes a line of its record. Where a command made a worktree necessary, its files follow; its index does
//! before the next process works in it. The peer is what is done in a worktree by hand: `git reset --hard && git
//! clean -fd`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aksara_git::{GitProgram, Mode, Repo, TreeChange, Worktree};
use aksara_protocol::StepOrder;
use aksara_runtime::{ExecuteOptions, LandMode, RollbackOptions, RunOptions};
use serde_json::json;

use crate::measure::{Measured, Outcome, medians, timed};
use crate::run::{block, plan, runtime};
use crate::scratch::{Scratch, text_file};

const REPETITIONS: usize = 15;
const LIMIT: f64 = 0.02;

/// `Planner::rollback` of the last step of a run that is not landed.
pub(crate) fn of_a_run(scratch: &Scratch) -> Outcome<Measured> {
    let start = scratch.repository("repository", scratch.files)?;
    let (ours, peer) = (scratch.copy(&start, "rollback-ours")?, scratch.copy(&start, "rollback-peer")?);
    let planner = runtime(scratch, &ours)?.planner();
    let mut take_back = |repetition: usize| {
        let steps = [0, 1].map(|step| {
            let operation = json!({"op": "replace_exact", "old": "line 7 ", "new": "row 7 "});
            ("modify_file", json!({"path": text_file(2 * repetition + step), "operations": [operation]}))
        });
        let plan = block(planner.preview(plan(&format!("rollback-{repetition}"), None, steps)))?;
        let run = RunOptions { land: LandMode::None, ..RunOptions::default() };
        let done = block(planner.execute(&plan, ExecuteOptions { run, ..ExecuteOptions::default() }))?;
        let run = done.run.ok_or("a run without a name")?;
        let options = RollbackOptions { to: Some(StepOrder(1)), ..RollbackOptions::default() };
        let (time, after) = timed(|| block(planner.rollback(&run, options)))?;
        match after.modified_files.len() {
            1 => Ok(time),
            other => Err(format!("after going back the run has {other} changed files instead of 1").into()),
        }
    };
    let times =
        medians(REPETITIONS, [&mut take_back, &mut |repetition| by_hand(scratch, &peer, repetition)])?;
    measured(times, [ours, peer])
}

/// `Worktree::sync` from a checkpoint to the one before.
pub(crate) fn of_a_worktree(scratch: &Scratch) -> Outcome<Measured> {
    let start = scratch.repository("repository", scratch.files)?;
    let (ours, peer) = (scratch.copy(&start, "worktree-ours")?, scratch.copy(&start, "worktree-peer")?);
    let repo = Repo::discover(&ours)?;
    let bin = scratch.at("bin");
    let git = GitProgram::find(Some(bin.as_os_str()), repo.workdir())?;
    let head = repo.head()?;
    let worktree = Worktree::add(&repo, &git, &scratch.at("run-worktree"), &head.commit, "benchmark")?;
    let mut take_back = |repetition: usize| {
        let path = text_file(repetition);
        let content = Some((changed(repetition).into_bytes(), Mode::Keep));
        let tree = repo.write_tree(&head.tree, &[TreeChange { path: path.parse()?, content }])?;
        let step = repo.checkpoint(&tree, &head.commit, "step", 1_700_000_000)?;
        worktree.sync(&repo, &head.commit, &step)?;
        let there = |commit: &str| -> Outcome<bool> {
            let on_disk = std::fs::read_to_string(worktree.path().join(&path))?;
            Ok(on_disk == scratch.git(&ours, &["show", &format!("{commit}:{path}")])?)
        };
        if !there(&step)? {
            return Err("the worktree did not follow the step".into());
        }
        let (time, ()) = timed(|| Ok(worktree.sync(&repo, &step, &head.commit)?))?;
        if !there(&head.commit)? {
            return Err("the worktree did not go back".into());
        }
        Ok(time)
    };
    let times =
        medians(REPETITIONS, [&mut take_back, &mut |repetition| by_hand(scratch, &peer, repetition)])?;
    worktree.remove(&repo, &git)?;
    measured(times, [ours, peer])
}

/// The peer: a file is changed and committed, and then taken back.
fn by_hand(scratch: &Scratch, repository: &Path, repetition: usize) -> Outcome<Duration> {
    std::fs::write(repository.join(text_file(repetition)), changed(repetition))?;
    scratch.git(repository, &["commit", "--quiet", "--all", "--message", "step"])?;
    let work = || {
        scratch.git(repository, &["reset", "--quiet", "--hard", "HEAD~1"])?;
        scratch.git(repository, &["clean", "--quiet", "-fd"])
    };
    Ok(timed(work)?.0)
}

fn changed(repetition: usize) -> String {
    format!("what the step {repetition} made of it\n").repeat(50)
}

fn measured([ours, peer]: [Duration; 2], repositories: [PathBuf; 2]) -> Outcome<Measured> {
    for repository in repositories {
        std::fs::remove_dir_all(repository)?;
    }
    Ok(Measured::Ratio { ours, peer, limit: LIMIT })
}
