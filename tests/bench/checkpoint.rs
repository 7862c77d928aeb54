//! Row 3: one checkpoint of one changed file, without the record's line.
//!
//! Ours writes blob, trees and commit from the new content and moves the run's private ref. The peer has the new
//! content in a file already: `git add -A && git commit`.

use aksara_git::{Mode, Repo, TreeChange};

use crate::measure::{Measured, Outcome, medians, timed};
use crate::scratch::{Scratch, text_file};

const REPETITIONS: usize = 15;
const LIMIT: f64 = 0.02;

pub(crate) fn measure(scratch: &Scratch) -> Outcome<Measured> {
    let start = scratch.repository("repository", scratch.files)?;
    let (ours, peer) = (scratch.copy(&start, "checkpoint-ours")?, scratch.copy(&start, "checkpoint-peer")?);
    let repo = Repo::discover(&ours)?;
    let head = repo.head()?;
    let (mut tree, mut commit) = (head.tree, head.commit);
    repo.set_run_ref(REF, &commit, None, "start")?;
    let mut checkpoint = |repetition: usize| {
        let content = Some((content(repetition).into_bytes(), Mode::Keep));
        let change = TreeChange { path: path(scratch, repetition).parse()?, content };
        let work = || {
            let tree = repo.write_tree(&tree, &[change])?;
            let new = repo.checkpoint(&tree, &commit, "step", 1_700_000_000)?;
            repo.set_run_ref(REF, &new, Some(&commit), "step")?;
            Ok((tree, new))
        };
        let (time, made) = timed(work)?;
        (tree, commit) = made;
        Ok(time)
    };
    let mut add_and_commit = |repetition: usize| {
        std::fs::write(peer.join(path(scratch, repetition)), content(repetition))?;
        let work = || {
            scratch.git(&peer, &["add", "--all"])?;
            scratch.git(&peer, &["commit", "--quiet", "--message", "step"])
        };
        Ok(timed(work)?.0)
    };
    let [ours_time, peer_time] = medians(REPETITIONS, [&mut checkpoint, &mut add_and_commit])?;
    if scratch.git(&ours, &["rev-parse", &format!("{REF}^{{tree}}")])?
        != scratch.git(&peer, &["rev-parse", "HEAD^{tree}"])?
    {
        return Err("the checkpoints and the peer's commits have different trees".into());
    }
    std::fs::remove_dir_all(ours)?;
    std::fs::remove_dir_all(peer)?;
    Ok(Measured::Ratio { ours: ours_time, peer: peer_time, limit: LIMIT })
}

const REF: &str = "refs/aksara/runs/bench";

/// Another file each time, in another folder.
fn path(scratch: &Scratch, repetition: usize) -> String {
    text_file(repetition * 541 % scratch.files)
}

fn content(repetition: usize) -> String {
    format!("what the step {repetition} makes of it\n").repeat(50)
}
