//! Forgetting runs that ended long ago.

use crate::error::Error;
use crate::journal::{self, Stored};
use crate::result::RunStatus;
use crate::run::state::RunState;
use crate::run_id::RunId;
use crate::session::Session;

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Removes what ended runs left behind; gives a line for each thing that is gone.
///
/// A run that waits, was stopped or is being worked on is kept, however old it is.
pub(crate) fn collect(session: &Session<'_>, older_than_days: u32) -> Result<Vec<String>, Error> {
    let runs = session.runs();
    let mut gone = Vec::new();
    let now = crate::clock::Instant::now().unix();
    for id in journal::list(&runs)? {
        if journal::is_locked(&runs, &id) || !has_ended(&runs, &id, now - i64::from(older_than_days) * DAY) {
            continue;
        }
        for name in session.repo.list_refs(&format!("refs/aksara/undo/{id}-"))? {
            session.repo.delete_ref(&name)?;
        }
        if session.repo.run_ref(&id.ref_name())?.is_some() {
            session.repo.delete_ref(&id.ref_name())?;
        }
        journal::remove(&runs, &id)?;
        gone.push(format!("run {id}"));
    }
    let worktrees = session.worktrees();
    if worktrees.is_dir() {
        let alive = |name: &str| RunId::new(name).is_ok_and(|id| journal::is_locked(&runs, &id));
        for name in aksara_git::Worktree::prune_orphans(&session.repo, &session.git()?, &worktrees, &alive)? {
            gone.push(format!("worktree {name}"));
        }
    }
    Ok(gone)
}

fn has_ended(runs: &std::path::Path, id: &RunId, before: i64) -> bool {
    let Ok(stored) = Stored::read(runs, id) else { return true };
    let Ok(state) = RunState::of(&stored) else { return true };
    let ended = matches!(
        state.status,
        RunStatus::Landed | RunStatus::RolledBack | RunStatus::Unchanged | RunStatus::Failed
    );
    let last =
        stored.records.last().and_then(|r| crate::clock::Instant::parse_unix(&r.at)).unwrap_or(i64::MAX);
    ended && last <= before
}
