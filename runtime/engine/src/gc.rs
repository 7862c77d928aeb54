//! Forgetting runs that ended long ago.

use crate::clock::Instant;
use crate::error::Error;
use crate::journal::{self, JournalError, Stored};
use crate::result::RunStatus;
use crate::run::state::RunState;
use crate::run::worktree::clear_left_over;
use crate::run_id::RunId;
use crate::session::Session;

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Removes what ended runs left behind; gives a line for each thing that is gone.
///
/// A run that waits, was stopped or is being worked on is kept, however old it is.
pub(crate) fn collect(session: &Session<'_>, older_than_days: u32) -> Result<Vec<String>, Error> {
    let runs = session.runs();
    let cleared = clear_left_over(session, None)?;
    let mut gone = cleared.processes;
    gone.extend(cleared.worktrees.iter().map(|name| format!("worktree {name}")));
    let scratch = crate::template_test::scratch::clear(&session.core.cache)?;
    gone.extend(scratch.iter().map(|folder| format!("test folder {}", folder.display())));
    let now = Instant::now().unix();
    for id in journal::list(&runs)? {
        if !has_ended(&runs, &id, now - i64::from(older_than_days) * DAY) {
            continue;
        }
        // Whoever works on it keeps it.
        let Ok(held) = journal::hold(&runs, &id) else { continue };
        for name in session.repo.list_refs(&format!("refs/aksara/undo/{id}-"))? {
            session.repo.delete_ref(&name)?;
        }
        if session.repo.run_ref(&id.ref_name())?.is_some() {
            session.repo.delete_ref(&id.ref_name())?;
        }
        gone.extend(crate::left_over::end(&runs, &id));
        journal::remove(&runs, &id, held)?;
        gone.push(format!("run {id}"));
    }
    Ok(gone)
}

/// Whether the run ended before that second. Of a damaged record the folder's time counts; what cannot be read, or
/// what a newer Aksara wrote, is kept.
fn has_ended(runs: &std::path::Path, id: &RunId, before: i64) -> bool {
    let stored = match Stored::read(runs, id) {
        Ok(stored) => stored,
        Err(JournalError::Damaged { .. }) => return is_older(&runs.join(id.as_str()), before),
        Err(_) => return false,
    };
    let Ok(state) = RunState::of(&stored) else { return is_older(&runs.join(id.as_str()), before) };
    let ended = matches!(
        state.status,
        RunStatus::Landed
            | RunStatus::RolledBack
            | RunStatus::Unchanged
            | RunStatus::Failed
            | RunStatus::Declined
    );
    let last = stored.records.last().and_then(|r| Instant::parse_unix(&r.at)).unwrap_or(i64::MAX);
    ended && last <= before
}

fn is_older(folder: &std::path::Path, before: i64) -> bool {
    let modified = std::fs::metadata(folder).and_then(|m| m.modified()).ok();
    modified
        .and_then(|m| m.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|age| i64::try_from(age.as_secs()).ok())
        .is_some_and(|seconds| seconds <= before)
}
