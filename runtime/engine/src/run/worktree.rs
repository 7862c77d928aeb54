//! The run's worktree: made when the first step, check or hook needs files on disk, and gone when the run ends.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use aksara_git::Worktree;
use aksara_protocol::RelPath;

use super::Run;
use crate::error::Error;
use crate::journal;
use crate::left_over;
use crate::process::{self, ProcessSpec};
use crate::run_id::RunId;
use crate::session::Session;

impl Run<'_> {
    /// The run's worktree at its newest checkpoint, made now if there is none.
    pub(crate) fn worktree(&mut self) -> Result<&Worktree, Error> {
        let tip = self.state.tip().0.to_owned();
        self.worktree_at(&tip)
    }

    /// The run's worktree; if there is none, it is made now with the files of `commit`.
    pub(crate) fn worktree_at(&mut self, commit: &str) -> Result<&Worktree, Error> {
        if self.worktree.is_none() {
            let git = self.session.git()?;
            let root = self.session.worktrees();
            std::fs::create_dir_all(&root).map_err(|source| Error::Io {
                what: "cannot make the folder",
                path: root.clone(),
                source,
            })?;
            let own = self.id().as_str();
            let name = format!("{own}-{}", std::process::id());
            let path = root.join(name);
            let reason = format!("aksara run {}", self.id());
            let worktree = Worktree::add(&self.session.repo, &git, &path, commit, &reason)?;
            let path = worktree.path().to_owned();
            self.worktree = Some(worktree);
            self.furnish(&path)?;
        }
        self.worktree
            .as_ref()
            .ok_or_else(|| Error::Internal("a worktree was made and is not there".to_owned()))
    }

    /// Removes the run's worktree. `quietly`, what goes wrong is a note: there is a worse error to tell.
    pub(crate) fn drop_worktree(&mut self, quietly: bool) -> Result<(), Error> {
        let Some(worktree) = self.worktree.take() else { return Ok(()) };
        let path = worktree.path().to_owned();
        let removed = self.session.git().and_then(|git| Ok(worktree.remove(&self.session.repo, &git)?));
        match removed {
            Err(error) if quietly => {
                self.note(format!("the worktree {} was left behind: {error}", path.display()));
                Ok(())
            }
            other => other,
        }
    }

    /// Where the process that is at work for this run is written down.
    pub(crate) fn process_record(&self) -> PathBuf {
        left_over::file(&self.session.runs(), self.id())
    }

    /// Brings in what the settings name: ignored files of the checkout that programs need, and commands that
    /// make the worktree ready.
    fn furnish(&self, worktree: &Path) -> Result<(), Error> {
        let settings = &self.session.core.settings;
        for name in &settings.worktree.copy {
            let (from, to) = self.places(name, worktree)?;
            copy(&from, &to).map_err(|source| Error::Io {
                what: "cannot copy (worktree.copy)",
                path: from,
                source,
            })?;
        }
        for name in &settings.worktree.link {
            let (from, to) = self.places(name, worktree)?;
            if from.exists() && std::fs::symlink_metadata(&to).is_err() {
                symlink(&from, &to).map_err(|source| Error::Io {
                    what: "cannot link (worktree.link)",
                    path: from,
                    source,
                })?;
            }
        }
        for argv in &settings.worktree.setup {
            let spec = ProcessSpec {
                argv: argv.clone(),
                cwd: worktree.to_owned(),
                env: process::environment(
                    &self.session.core.environment,
                    &settings.commands.env,
                    &std::collections::BTreeMap::new(),
                ),
                timeout: settings.planner.step_timeout(),
                output_limit: settings.commands.output_limit_bytes,
                on_line: None,
                record: Some(self.process_record()),
                name: None,
            };
            let failed = match process::run(&spec, &self.session.cancel.flag()) {
                Ok(output) if output.ended.success() => continue,
                Ok(output) => (output.ended.to_string(), format!("{}{}", output.stdout, output.stderr)),
                Err(error) => (error.to_string(), String::new()),
            };
            return Err(Error::Command {
                command: format!("{} (worktree.setup)", self.session.core.secrets.hide_in_command(argv)),
                how: failed.0,
                output: self.session.core.secrets.hide(&failed.1),
            });
        }
        Ok(())
    }

    fn places(&self, path: &RelPath, worktree: &Path) -> Result<(PathBuf, PathBuf), Error> {
        let to = worktree.join(path.as_str());
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(|source| Error::Io {
                what: "cannot make the folder",
                path: parent.to_owned(),
                source,
            })?;
        }
        Ok((self.session.repo.workdir().join(path.as_str()), to))
    }
}

/// What killed processes of ours left, and is gone now.
#[derive(Default)]
pub(crate) struct Cleared {
    /// What is to be said of processes that were still at work.
    pub(crate) processes: Vec<String>,
    /// The names of worktrees.
    pub(crate) worktrees: Vec<String>,
}

/// Ends the processes that killed runs left at work, and removes their worktrees. `own` is the run that the caller
/// holds; a run that somebody else holds is left alone.
pub(crate) fn clear_left_over(session: &Session<'_>, own: Option<&RunId>) -> Result<Cleared, Error> {
    let runs = session.runs();
    let processes = RefCell::new(Vec::new());
    if let Some(id) = own {
        processes.borrow_mut().extend(left_over::end(&runs, id));
    }
    let in_use = |name: &str| {
        let Some(id) = run_of(name) else { return false };
        if own == Some(&id) {
            return false;
        }
        if journal::is_locked(&runs, &id) {
            return true;
        }
        // A run without a record has nobody who could work on it.
        let Ok(_held) = journal::hold(&runs, &id) else { return journal::is_locked(&runs, &id) };
        processes.borrow_mut().extend(left_over::end(&runs, &id));
        false
    };
    let worktrees = match Worktree::is_any_left(&session.repo) {
        true => Worktree::prune_orphans(&session.repo, &session.git()?, &session.worktrees(), &in_use)?,
        false => Vec::new(),
    };
    Ok(Cleared { processes: processes.into_inner(), worktrees })
}

/// The run that a worktree of this name belongs to.
fn run_of(name: &str) -> Option<RunId> {
    name.rsplit_once('-').and_then(|(run, _)| RunId::new(run).ok())
}

#[cfg(unix)]
fn symlink(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Copies a file or a folder. What is not there, or is there already, is left out; links are copied as links.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let Ok(meta) = std::fs::symlink_metadata(from) else { return Ok(()) };
    if meta.is_symlink() {
        if std::fs::symlink_metadata(to).is_err() {
            symlink(&std::fs::read_link(from)?, to)?;
        }
    } else if meta.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if !to.exists() {
        std::fs::copy(from, to)?;
    }
    Ok(())
}
