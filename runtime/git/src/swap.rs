//! Replacing the user's files, each only if it still is what it is taken for.
//!
//! An editor may save at any moment, also between the last look at a file and the writing of it. So nothing of the
//! user's is ever written over or removed: what stands at a path is moved aside by a rename and looked at there,
//! and the new file goes to its place by a rename that replaces nothing. If something else was found than was
//! expected, it goes back, and so does all that was done before it.
//!
//! What is aside stays there until the whole is done, at a place that is known by the path alone: after a kill,
//! [`Swap::recover`] finds it.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aksara_protocol::RelPath;

use crate::dirty::{Check, Dirty, How};
use crate::disk::{OnDisk, kind_at, look, standing_at};
use crate::error::{GitError, IoDoing};
use crate::place::{
    Ground, Staged, copy_file_or_link, make_room, remove_empty_above, remove_folder, remove_if_there,
};
use crate::read::Entry;

/// What becomes of one path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'c> {
    pub(crate) path: &'c RelPath,
    /// What must be there.
    pub(crate) from: Option<&'c Entry>,
    /// What is to be there.
    pub(crate) to: Option<&'c Entry>,
}

/// Where something is kept, and why.
#[derive(Clone, Copy, Debug)]
enum Slot {
    /// What stood at a path before.
    Aside,
    /// What stands in the place of a new file that is taken back.
    Undone,
}

impl Slot {
    fn name(self) -> &'static str {
        match self {
            Slot::Aside => "aside",
            Slot::Undone => "undone",
        }
    }
}

/// One exchange that was made, at least in part.
struct Made<'c> {
    exchange: Exchange<'c>,
    aside: Option<PathBuf>,
    placed: bool,
}

/// An exchange of files, on its way.
pub(crate) struct Swap<'c> {
    check: &'c Check<'c>,
    root: &'c Path,
    dir: PathBuf,
    made: Vec<Made<'c>>,
    /// The files that were put, as they were then.
    put: BTreeMap<&'c RelPath, Metadata>,
    /// What belongs to the user and could not go back to its place: it stays where it is.
    kept: Vec<PathBuf>,
}

impl<'c> Swap<'c> {
    /// An exchange of files below `root`, with `dir` for what is moved aside.
    pub(crate) fn new(check: &'c Check<'c>, root: &'c Path, dir: PathBuf) -> Self {
        Swap { check, root, dir, made: Vec::new(), put: BTreeMap::new(), kept: Vec::new() }
    }

    /// Brings the staged files to their places, those that go first.
    ///
    /// # Errors
    /// [`GitError::NotClean`] for a path that is not as expected. Then, and after any other error, call
    /// [`Swap::take_back`].
    pub(crate) fn put(&mut self, staged: &Staged<'_>, exchanges: &[Exchange<'c>]) -> Result<(), GitError> {
        for exchange in exchanges.iter().filter(|e| e.to.is_none()) {
            self.take(*exchange)?;
            remove_empty_above(self.root, exchange.path);
        }
        for exchange in exchanges.iter().filter(|e| e.to.is_some()) {
            self.take(*exchange)?;
            make_room(self.root, exchange.path, Ground::Users)?;
            self.place(&staged.file(exchange.path), exchange)?;
        }
        Ok(())
    }

    /// The files that were put, as they were then: what has other times since is somebody else's.
    pub(crate) fn files_put(&self) -> &BTreeMap<&'c RelPath, Metadata> {
        &self.put
    }

    /// Looks once more at what was moved aside: a program that had a file open may have gone on writing to it.
    ///
    /// # Errors
    /// [`GitError::NotClean`] then.
    pub(crate) fn must_be_unchanged(&self) -> Result<(), GitError> {
        self.made.iter().try_for_each(|made| self.must_be_expected(&made.exchange, made.aside.as_deref()))
    }

    /// Brings everything back that stood there before. What the user has written since in a new file's place is
    /// the user's, and stays.
    ///
    /// # Errors
    /// The first thing that could not be brought back; the others are.
    pub(crate) fn take_back(&mut self) -> Result<(), GitError> {
        self.put.clear();
        let mut failed = Ok(());
        for made in std::mem::take(&mut self.made).iter().rev() {
            let back = self.take_back_one(made);
            failed = failed.and(back);
        }
        failed
    }

    /// Where things of the user's are that could not go back to their places.
    pub(crate) fn kept(&self) -> &[PathBuf] {
        &self.kept
    }

    /// Removes what is aside: the exchange is done or taken back.
    pub(crate) fn clear(self) {
        for aside in self.made.iter().filter_map(|made| made.aside.as_deref()) {
            // Known content: it was looked at. What is left over is removed with the folder, or by the next use.
            let _ = remove_if_there(aside);
        }
        if self.kept.is_empty() {
            for slot in [Slot::Aside, Slot::Undone] {
                let _ = remove_folder(&self.dir.join(slot.name()));
            }
        }
    }

    /// After a kill: brings what is aside back to its place if that is free. `exchanges` are those that were on
    /// their way; `gone_too` says that also files that were to be removed come back.
    ///
    /// # Errors
    /// If a file cannot be looked at or moved. Calling it again goes on.
    pub(crate) fn recover(&mut self, exchanges: &[Exchange<'c>], gone_too: bool) -> Result<(), GitError> {
        for (slot, exchange, at) in self.left_over(exchanges)? {
            if gone_too || exchange.to.is_some() {
                self.recover_one(slot, &exchange, &at)?;
            }
        }
        Ok(())
    }

    fn recover_one(&mut self, slot: Slot, exchange: &Exchange<'c>, at: &Path) -> Result<(), GitError> {
        // What was put and taken out again is of no use, and would be in the way of what stood there before.
        let ours = matches!(slot, Slot::Undone) && self.how(at, exchange.path, exchange.to)?.is_none();
        if !ours && self.give_back(at, exchange.path)? {
            return Ok(());
        }
        self.forget(exchange, at)
    }

    /// Forgets what a landing left that arrived, and from where the user went on: nothing comes back to its place.
    ///
    /// # Errors
    /// If a file cannot be looked at or removed.
    pub(crate) fn sweep(&mut self, exchanges: &[Exchange<'c>]) -> Result<(), GitError> {
        for (_, exchange, at) in self.left_over(exchanges)? {
            self.forget(&exchange, &at)?;
        }
        Ok(())
    }

    /// What a killed process left aside, those first that were taken out again.
    fn left_over(&self, exchanges: &[Exchange<'c>]) -> Result<Vec<(Slot, Exchange<'c>, PathBuf)>, GitError> {
        let mut found = Vec::new();
        for slot in [Slot::Undone, Slot::Aside] {
            for exchange in exchanges {
                for at in [self.kept_at(slot, exchange.path), beside(self.root, slot, exchange.path)] {
                    if kind_at(&at)?.is_some() {
                        found.push((slot, *exchange, at));
                    }
                }
            }
        }
        Ok(found)
    }

    /// Removes what git has; what nobody else has is kept where it is.
    fn forget(&mut self, exchange: &Exchange<'c>, at: &Path) -> Result<(), GitError> {
        for known in [exchange.from, exchange.to] {
            if self.how(at, exchange.path, known)?.is_none() {
                return remove_if_there(at).doing("remove", at);
            }
        }
        self.kept.push(at.to_owned());
        Ok(())
    }

    /// Moves what stands at the path aside, and looks at it.
    fn take(&mut self, exchange: Exchange<'c>) -> Result<(), GitError> {
        let aside = self.move_out(Slot::Aside, exchange.path)?;
        if let Err(unexpected) = self.must_be_expected(&exchange, aside.as_deref()) {
            // Whatever is in its way, also an error: what is not back in its place stays aside.
            if let Some(aside) = aside
                && !matches!(self.give_back(&aside, exchange.path), Ok(true))
            {
                self.kept.push(aside);
            }
            return Err(unexpected);
        }
        self.made.push(Made { exchange, aside, placed: false });
        Ok(())
    }

    fn place(&mut self, staged: &Path, exchange: &Exchange<'c>) -> Result<(), GitError> {
        let full = self.root.join(exchange.path.as_str());
        match move_new(staged, &full) {
            Ok(meta) => {
                if let Some(made) = self.made.last_mut() {
                    made.placed = true;
                }
                self.put.insert(exchange.path, meta);
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let how = if exchange.from.is_some() { How::Modified } else { How::Untracked };
                Err(unclean(exchange.path, how))
            }
            Err(e) => Err(e).doing("write", &full),
        }
    }

    fn take_back_one(&mut self, made: &Made<'c>) -> Result<(), GitError> {
        let path = made.exchange.path;
        if made.placed
            && let Some(out) = self.move_out(Slot::Undone, path)?
        {
            if self.how(&out, path, made.exchange.to)?.is_some() {
                // Saved by somebody since: that is newer than what is aside, which git has.
                if !self.give_back(&out, path)? {
                    self.kept.push(out);
                }
                return Ok(());
            }
            remove_if_there(&out).doing("remove", &out)?;
        }
        let Some(aside) = &made.aside else {
            remove_empty_above(self.root, path);
            return Ok(());
        };
        let before = aside.symlink_metadata().doing("look at", aside)?;
        if self.give_back(aside, path)? {
            self.put.insert(path, before);
        } else if self.how(aside, path, made.exchange.from)?.is_some() {
            self.kept.push(aside.clone());
        }
        Ok(())
    }

    /// Moves the file or link at the path, if there is one, to where it is kept. A folder stays.
    fn move_out(&self, slot: Slot, path: &RelPath) -> Result<Option<PathBuf>, GitError> {
        match look(self.root, path)? {
            OnDisk::BelowSymlink(link) => return Err(unclean(path, How::ThroughSymlink(link))),
            OnDisk::Absent | OnDisk::BelowFile(_) | OnDisk::Folder => return Ok(None),
            OnDisk::File(_) | OnDisk::Symlink(_) | OnDisk::Special => {}
        }
        let full = self.root.join(path.as_str());
        let mut kept = self.kept_at(slot, path);
        if let Some(dir) = kept.parent() {
            std::fs::create_dir_all(dir).doing("make the folder", dir)?;
        }
        let mut moved = rename_new(&full, &kept);
        if moved.as_ref().is_err_and(|e| e.kind() == ErrorKind::CrossesDevices) {
            kept = beside(self.root, slot, path);
            moved = rename_new(&full, &kept);
        }
        match moved {
            Ok(()) => Ok(Some(kept)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).doing("move aside", &full),
        }
    }

    /// Moves what is kept to its place. False if something stands there now.
    fn give_back(&self, kept: &Path, path: &RelPath) -> Result<bool, GitError> {
        match make_room(self.root, path, Ground::Users) {
            Err(GitError::InTheWay { .. }) => return Ok(false),
            other => other?,
        }
        let full = self.root.join(path.as_str());
        match rename_new(kept, &full) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(e).doing("bring back", &full),
        }
    }

    fn must_be_expected(&self, exchange: &Exchange<'_>, found: Option<&Path>) -> Result<(), GitError> {
        let how = match found {
            Some(at) => self.how(at, exchange.path, exchange.from)?,
            None => exchange.from.map(|_| How::Deleted),
        };
        how.map_or(Ok(()), |how| Err(unclean(exchange.path, how)))
    }

    /// How what stands at the full path `at` differs from what belongs at `path`.
    fn how(&self, at: &Path, path: &RelPath, entry: Option<&Entry>) -> Result<Option<How>, GitError> {
        match entry {
            None => Ok(Some(How::Untracked)),
            Some(entry) => self.check.elsewhere(path, entry, standing_at(at)?, at),
        }
    }

    fn kept_at(&self, slot: Slot, path: &RelPath) -> PathBuf {
        self.dir.join(slot.name()).join(path.as_str())
    }
}

/// Where something is kept if the repository and its working tree are on two file systems.
fn beside(root: &Path, slot: Slot, path: &RelPath) -> PathBuf {
    let full = root.join(path.as_str());
    let mut name = std::ffi::OsString::from(format!(".aksara-{}-", slot.name()));
    name.push(full.file_name().unwrap_or_default());
    full.with_file_name(name)
}

fn unclean(path: &RelPath, how: How) -> GitError {
    GitError::NotClean { paths: vec![Dirty { path: path.clone(), how }] }
}

/// Moves a staged file to a place that must be free, and says what it looked like before.
fn move_new(from: &Path, to: &Path) -> std::io::Result<Metadata> {
    let meta = from.symlink_metadata()?;
    match rename_new(from, to) {
        Err(e) if e.kind() == ErrorKind::CrossesDevices => {}
        done => return done.map(|()| meta),
    }
    // The repository and its working tree are on two file systems: copy beside the place, then rename there.
    let mut name = std::ffi::OsString::from(".aksara-");
    name.push(to.file_name().unwrap_or_default());
    let beside = to.with_file_name(name);
    // What a killed process left: our own copy.
    remove_if_there(&beside)?;
    let copied = copy_file_or_link(from, &beside)
        .and_then(|()| beside.symlink_metadata())
        .and_then(|meta| rename_new(&beside, to).map(|()| meta));
    if copied.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    copied
}

/// Renames, and fails with [`ErrorKind::AlreadyExists`] where something stands.
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // This file system cannot.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
    }
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Difference, differences};
    use git2::{Repository, Signature};

    struct Ground {
        dir: tempfile::TempDir,
        repo: Repository,
    }

    impl Ground {
        fn new() -> Ground {
            let dir = tempfile::tempdir().unwrap();
            let repo = Repository::init(dir.path()).unwrap();
            repo.config().unwrap().set_str("core.autocrlf", "false").unwrap();
            let ground = Ground { dir, repo };
            ground.write("a.txt", "a\n");
            ground.write("b/gone.txt", "b\n");
            ground.write("c.txt", "c\n");
            ground
        }

        fn path(&self, path: &str) -> PathBuf {
            self.dir.path().join(path)
        }

        fn write(&self, path: &str, text: &str) {
            std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
            std::fs::write(self.path(path), text).unwrap();
        }

        fn read(&self, path: &str) -> Option<String> {
            std::fs::read_to_string(self.path(path)).ok()
        }

        /// The tree of the files that are there now.
        fn tree(&self) -> git2::Tree<'_> {
            let mut index = git2::Index::new().unwrap();
            self.repo.set_index(&mut index).unwrap();
            let mut index = self.repo.index().unwrap();
            index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
            let tree = self.repo.find_tree(index.write_tree().unwrap()).unwrap();
            let who = Signature::now("A", "a@example.com").unwrap();
            self.repo.commit(None, &who, &who, "x", &tree, &[]).unwrap();
            tree
        }

        /// Has the swap go from the files as they are to those that `change` makes of them, with `meanwhile`
        /// between the last look and the swap.
        fn swap(
            &self,
            change: impl Fn(&Self),
            meanwhile: impl Fn(&Self),
            then: impl FnOnce(&mut Swap<'_>, Result<(), GitError>),
        ) {
            let old = self.tree();
            change(self);
            let new = self.tree();
            let changes: Vec<Difference> = differences(&self.repo, &new, &old).unwrap();
            let back = changes.iter().map(|c| (&c.path, c.new.as_ref())).collect();
            Staged::new(&self.repo, &old, self.path(".git/back"), back)
                .unwrap()
                .put(self.dir.path())
                .unwrap();
            let changes: Vec<Difference> = differences(&self.repo, &old, &new).unwrap();
            let targets = changes.iter().map(|c| (&c.path, c.new.as_ref())).collect();
            let staged = Staged::new(&self.repo, &new, self.path(".git/staged"), targets).unwrap();
            meanwhile(self);
            let check = Check::new(&self.repo, self.dir.path(), &old).unwrap();
            let exchanges: Vec<Exchange<'_>> = changes
                .iter()
                .map(|c| Exchange { path: &c.path, from: c.old.as_ref(), to: c.new.as_ref() })
                .collect();
            let mut swap = Swap::new(&check, self.dir.path(), self.path(".git/swap"));
            let done = swap.put(&staged, &exchanges);
            then(&mut swap, done);
        }
    }

    /// A new file, a deleted one, and one changed before and one after them in order.
    fn everything(ground: &Ground) {
        ground.write("a.txt", "a2\n");
        std::fs::remove_dir_all(ground.path("b")).unwrap();
        ground.write("c.txt", "c2\n");
        ground.write("new/d.txt", "d2\n");
    }

    fn is_old_but_for(ground: &Ground, path: &str) {
        for (old, text) in
            [("a.txt", Some("a\n")), ("b/gone.txt", Some("b\n")), ("c.txt", Some("c\n")), ("new/d.txt", None)]
        {
            if old != path {
                assert_eq!(ground.read(old).as_deref(), text, "{old} after a save of {path}");
            }
        }
    }

    #[test]
    fn a_save_after_the_last_look_stops_the_swap_and_stays() {
        for path in ["a.txt", "b/gone.txt", "c.txt", "new/d.txt"] {
            let ground = Ground::new();
            let save = |ground: &Ground| ground.write(path, "saved\n");
            ground.swap(everything, save, |swap, done| {
                let error = done.unwrap_err().to_string();
                assert!(error.contains(path) && error.contains("git stash"), "{error}");
                swap.take_back().unwrap();
            });
            assert_eq!(ground.read(path).as_deref(), Some("saved\n"), "{path}");
            is_old_but_for(&ground, path);
        }
    }

    #[test]
    fn a_file_deleted_or_made_a_link_after_the_last_look_stops_the_swap() {
        let ground = Ground::new();
        let delete = |ground: &Ground| std::fs::remove_file(ground.path("c.txt")).unwrap();
        ground.swap(everything, delete, |swap, done| {
            assert!(done.unwrap_err().to_string().contains("c.txt (deleted)"));
            swap.take_back().unwrap();
        });
        assert_eq!(ground.read("c.txt"), None);
        is_old_but_for(&ground, "c.txt");

        let ground = Ground::new();
        let link = |ground: &Ground| {
            std::fs::remove_file(ground.path("c.txt")).unwrap();
            std::os::unix::fs::symlink("a.txt", ground.path("c.txt")).unwrap();
        };
        ground.swap(everything, link, |swap, done| {
            assert!(done.unwrap_err().to_string().contains("c.txt (replaced by something else)"));
            swap.take_back().unwrap();
        });
        assert_eq!(ground.path("c.txt").read_link().unwrap().to_str(), Some("a.txt"));
        is_old_but_for(&ground, "c.txt");
    }

    #[test]
    fn a_program_that_goes_on_writing_to_what_is_aside_is_seen() {
        use std::io::Write as _;
        let ground = Ground::new();
        let open = std::cell::OnceCell::new();
        let hold = |ground: &Ground| {
            open.get_or_init(|| std::fs::OpenOptions::new().append(true).open(ground.path("a.txt")).unwrap());
        };
        ground.swap(everything, hold, |swap, done| {
            done.unwrap();
            swap.must_be_unchanged().unwrap();
            open.get().unwrap().write_all(b"late\n").unwrap();
            assert!(swap.must_be_unchanged().unwrap_err().to_string().contains("a.txt (modified)"));
            swap.take_back().unwrap();
        });
        assert_eq!(ground.read("a.txt").as_deref(), Some("a\nlate\n"));
        is_old_but_for(&ground, "a.txt");
    }

    #[test]
    fn taking_back_leaves_what_was_saved_over_the_new_files() {
        for path in ["a.txt", "b/gone.txt", "c.txt", "new/d.txt"] {
            let ground = Ground::new();
            ground.swap(
                everything,
                |_| {},
                |swap, done| {
                    done.unwrap();
                    ground.write(path, "saved over it\n");
                    swap.take_back().unwrap();
                },
            );
            assert_eq!(ground.read(path).as_deref(), Some("saved over it\n"));
            is_old_but_for(&ground, path);
        }
    }

    #[test]
    fn a_rename_replaces_nothing() {
        let ground = Ground::new();
        let error = rename_new(&ground.path("a.txt"), &ground.path("c.txt")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(
            rename_new(&ground.path("a.txt"), &ground.path("b")).unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        rename_new(&ground.path("a.txt"), &ground.path("new.txt")).unwrap();
        assert_eq!((ground.read("a.txt"), ground.read("new.txt").as_deref()), (None, Some("a\n")));
        assert_eq!(ground.read("c.txt").as_deref(), Some("c\n"));
    }
}
