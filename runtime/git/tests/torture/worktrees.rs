//! A run's worktree follows its checkpoints, shows what commands did, and nothing but it is ever removed.

use aksara_git::{GitError, Mode, Repo, TreeChange, WhyOutside, Worktree};

use crate::kit::{Project, delete, files_below, make_executable, put, put_as, rel, says};

struct Run {
    project: Project,
    repo: Repo,
    worktree: Worktree,
    start: aksara_git::Head,
}

fn run_on(project: Project) -> Run {
    let repo = project.repo();
    let start = repo.head().unwrap();
    let path = project.outside().join("run1");
    let worktree = Worktree::add(&repo, &project.program(), &path, &start.commit, "run run1").unwrap();
    Run { project, repo, worktree, start }
}

impl Run {
    fn status(&self) -> String {
        self.project.git_in(self.worktree.path(), &["status", "--porcelain", "-uall"])
    }

    fn write(&self, path: &str, content: &str) {
        let full = self.worktree.path().join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, content).unwrap();
    }

    /// The worktree's files are those of the tree.
    #[track_caller]
    fn equals(&self, tree: &str) {
        let fresh = self.project.outside().join("fresh");
        let commit = self.repo.checkpoint(tree, &self.start.commit, "x", 0).unwrap();
        self.project.git(&["worktree", "add", "-q", "--detach", fresh.to_str().unwrap(), &commit]);
        assert_eq!(files_below(self.worktree.path()), files_below(&fresh));
        self.project.git(&["worktree", "remove", "--force", fresh.to_str().unwrap()]);
    }
}

#[test]
fn a_worktree_is_full_detached_locked_and_outside() {
    let project = Project::new();
    let before = project.everything();
    let run = run_on(project);
    assert_eq!(run.status(), "");
    run.equals(&run.start.tree);
    assert_eq!(std::fs::read_to_string(run.project.path(".git/worktrees/run1/locked")).unwrap(), "run run1");
    let inside = Repo::discover(run.worktree.path()).unwrap();
    assert_eq!(inside.head().unwrap().branch, None);
    let opened = Worktree::open(run.worktree.path()).unwrap();
    assert_eq!(opened.path(), run.worktree.path());
    let path = run.worktree.path().to_owned();
    run.worktree.remove(&run.repo, &run.project.program()).unwrap();
    assert!(!path.exists());
    assert!(!run.project.path(".git/worktrees/run1").exists());
    assert!(!run.project.path(".git/aksara/worktrees/run1").exists());
    assert_eq!(run.project.everything(), before);
}

#[test]
fn bad_places_are_refused_and_leave_nothing() {
    let project = Project::new();
    let (repo, git) = (project.repo(), project.program());
    let commit = repo.head().unwrap().commit;
    let add = |path: &std::path::Path| Worktree::add(&repo, &git, path, &commit, "x");
    says(add(&project.path("inside/run1")), "inside the repository");
    std::fs::remove_dir(project.path("inside")).unwrap();
    says(add(std::path::Path::new("run1")), "not absolute");
    std::fs::create_dir_all(project.outside().join("taken")).unwrap();
    std::fs::write(project.outside().join("taken/file"), "mine").unwrap();
    says(add(&project.outside().join("taken")), "something is there already");
    assert!(project.outside().join("taken/file").exists());
    let elsewhere = project.outside().join("elsewhere/run1");
    project.git(&["worktree", "add", "-q", "--detach", elsewhere.to_str().unwrap()]);
    says(add(&project.outside().join("run1")), "git has a worktree of that name already");
    assert!(elsewhere.join("README.md").exists());
    // A commit that is not there: git fails half way.
    let absent = "1234567890123456789012345678901234567890";
    let failed = Worktree::add(&repo, &git, &project.outside().join("run2"), absent, "x");
    assert!(matches!(failed, Err(GitError::Program { .. })));
    assert!(!project.outside().join("run2").exists());
    assert!(!project.path(".git/worktrees/run2").exists());
    assert!(!project.path(".git/aksara/worktrees/run2").exists());
}

#[test]
fn it_follows_checkpoints_there_and_back() {
    let run = run_on(Project::new());
    let changes: Vec<TreeChange> = vec![
        put("README.md", "hello\nagain\n"),
        put_as("app/models.py", "class Post:\n    pass\n", Mode::Executable),
        put("app/run.sh", "#!/bin/sh\nexit\n"),
        delete("deep/a/b/c.txt"),
        put("deep", "a file now\n"),
        delete("alias"),
        put("alias/x.py", "x\n"),
    ];
    let tree = run.repo.write_tree(&run.start.tree, &changes).unwrap();
    let checkpoint = run.repo.checkpoint(&tree, &run.start.commit, "step", 1).unwrap();
    run.worktree.sync(&run.repo, &run.start.commit, &checkpoint).unwrap();
    run.equals(&tree);
    run.worktree.ready().unwrap();
    assert_eq!(run.status(), "");
    assert_eq!(run.project.git_in(run.worktree.path(), &["rev-parse", "HEAD"]), checkpoint);
    // With a tree HEAD stays, and the difference is staged.
    run.worktree.sync(&run.repo, &tree, &run.start.tree).unwrap();
    run.equals(&run.start.tree);
    run.worktree.ready().unwrap();
    assert_eq!(run.project.git_in(run.worktree.path(), &["rev-parse", "HEAD"]), checkpoint);
    assert_eq!(run.project.git_in(run.worktree.path(), &["write-tree"]), run.start.tree);
    assert!(run.status().contains("M  README.md"), "{}", run.status());
    run.worktree.set_head(&run.start.commit).unwrap();
    assert_eq!(run.status(), "");
    assert_eq!(run.project.status(), "");
}

#[test]
fn the_index_is_written_once_for_many_checkpoints() {
    let run = run_on(Project::new());
    let index = run.project.path(".git/worktrees/run1/index");
    let written = || std::fs::metadata(&index).unwrap().modified().unwrap();
    let before = written();
    let (mut tree, mut commit) = (run.start.tree.clone(), run.start.commit.clone());
    for changes in [
        vec![put("README.md", "one\n"), put("made.py", "1\n")],
        vec![put("README.md", "two\n"), delete("deep/a/b/c.txt")],
        vec![delete("made.py"), put("deep/a/b/c.txt", "again\n")],
    ] {
        tree = run.repo.write_tree(&tree, &changes).unwrap();
        let next = run.repo.checkpoint(&tree, &commit, "step", 1).unwrap();
        run.worktree.sync(&run.repo, &commit, &next).unwrap();
        run.equals(&tree);
        commit = next;
    }
    assert_eq!(written(), before, "nobody has asked for it");
    run.worktree.ready().unwrap();
    assert_eq!(run.status(), "");
    assert_eq!(run.project.git_in(run.worktree.path(), &["write-tree"]), tree);
    assert_eq!(run.project.git_in(run.worktree.path(), &["rev-parse", "HEAD"]), commit);
    // What was not asked for yet is not in the way of what is: a restore, and what a command changed.
    run.worktree.sync(&run.repo, &commit, &run.start.commit).unwrap();
    run.write("README.md", "by a command\n");
    let changes = run.worktree.changes(&run.repo, &run.start.tree).unwrap().changes;
    assert_eq!(changes, [put_as("README.md", "by a command\n", Mode::File)]);
    run.worktree.sync(&run.repo, &run.start.commit, &commit).unwrap();
    run.worktree.restore(&run.repo, &run.start.commit).unwrap();
    run.equals(&run.start.tree);
    assert_eq!(run.status(), "");
}

#[test]
fn what_changes_before_the_index_follows_is_a_change() {
    let run = run_on(Project::new());
    let tree = run.repo.write_tree(&run.start.tree, &[put("README.md", "one\n")]).unwrap();
    run.worktree.sync(&run.repo, &run.start.tree, &tree).unwrap();
    run.write("README.md", "two\n");
    // As long ago as it takes for git to trust the stamp.
    let file = std::fs::File::options().write(true).open(run.worktree.path().join("README.md")).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    let changes = run.worktree.changes(&run.repo, &tree).unwrap().changes;
    assert_eq!(changes, [put_as("README.md", "two\n", Mode::File)]);
}

#[test]
fn line_endings_are_followed() {
    let project = Project::empty();
    project.write(".gitattributes", "*.txt text eol=crlf\n");
    project.write("a.txt", "one\r\n");
    project.commit_all("endings");
    let run = run_on(project);
    let tree = run.repo.write_tree(&run.start.tree, &[put("a.txt", "one\ntwo\n")]).unwrap();
    run.worktree.sync(&run.repo, &run.start.tree, &tree).unwrap();
    assert_eq!(std::fs::read_to_string(run.worktree.path().join("a.txt")).unwrap(), "one\r\ntwo\r\n");
    // What a command writes comes back as git stores it.
    run.write("a.txt", "one\r\ntwo\r\nthree\r\n");
    run.write("b.txt", "b\r\n");
    let changes = run.worktree.changes(&run.repo, &tree).unwrap();
    assert_eq!(
        changes.changes,
        [put_as("a.txt", "one\ntwo\nthree\n", Mode::File), put_as("b.txt", "b\n", Mode::File)]
    );
    // Touched and the same: no change.
    run.write("a.txt", "one\r\ntwo\r\n");
    std::fs::remove_file(run.worktree.path().join("b.txt")).unwrap();
    assert_eq!(run.worktree.changes(&run.repo, &tree).unwrap().changes, []);
}

/// Does one thing of each kind to a worktree.
fn rampage(run: &Run) {
    let root = run.worktree.path();
    run.write("README.md", "changed\n");
    run.write("made/by/command.py", "new\n");
    run.write("ignored.log", "noise\n");
    std::fs::remove_file(root.join("app/run.sh")).unwrap();
    make_executable(&root.join("app/models.py"));
    std::fs::remove_file(root.join("app/link.py")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.join("app/link.py")).unwrap();
    std::fs::remove_dir_all(root.join("deep")).unwrap();
    run.write("deep", "a file now\n");
    std::fs::remove_file(root.join("alias")).unwrap();
    run.write("alias/x.py", "a folder now\n");
}

#[test]
fn what_a_command_did_becomes_a_tree_and_is_taken_back() {
    let run = run_on(Project::new());
    rampage(&run);
    let found = run.worktree.changes(&run.repo, &run.start.tree).unwrap();
    let paths: Vec<_> = found.changes.iter().map(|c| c.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "README.md",
            "alias",
            "alias/x.py",
            "app/link.py",
            "app/models.py",
            "app/run.sh",
            "deep",
            "deep/a/b/c.txt",
            "made/by/command.py"
        ]
    );
    assert_eq!(found.outside, []);
    let tree = run.repo.write_tree(&run.start.tree, &found.changes).unwrap();
    std::fs::remove_file(run.worktree.path().join("ignored.log")).unwrap();
    run.equals(&tree);
    assert_eq!(run.worktree.changes(&run.repo, &tree).unwrap().changes, []);

    run.write("ignored.log", "noise\n");
    run.worktree.restore(&run.repo, &run.start.commit).unwrap();
    assert_eq!(run.worktree.changes(&run.repo, &run.start.tree).unwrap().changes, []);
    assert_eq!(run.status(), "");
    std::fs::remove_file(run.worktree.path().join("ignored.log")).unwrap();
    run.equals(&run.start.tree);
}

#[test]
fn what_a_command_staged_or_committed_is_seen_all_the_same() {
    let run = run_on(Project::new());
    rampage(&run);
    let plain = run.worktree.changes(&run.repo, &run.start.tree).unwrap();
    run.project.git_in(run.worktree.path(), &["add", "-A"]);
    assert_eq!(run.worktree.changes(&run.repo, &run.start.tree).unwrap(), plain);
    run.project.git_in(run.worktree.path(), &["commit", "-q", "-m", "by a command"]);
    assert_eq!(run.worktree.changes(&run.repo, &run.start.tree).unwrap(), plain);
    run.project.git_in(run.worktree.path(), &["rm", "-rq", "--cached", "."]);
    assert_eq!(run.worktree.changes(&run.repo, &run.start.tree).unwrap(), plain);
    run.worktree.restore(&run.repo, &run.start.commit).unwrap();
    assert_eq!(run.status(), "");
    assert_eq!(run.worktree.changes(&run.repo, &run.start.tree).unwrap().changes, []);
}

#[test]
fn what_no_checkpoint_can_hold_is_listed() {
    use std::os::unix::ffi::OsStrExt;
    let run = run_on(Project::new());
    let root = run.worktree.path();
    std::fs::create_dir(root.join("nested")).unwrap();
    run.project.git_in(&root.join("nested"), &["init", "-q", "--template="]);
    run.write("nested/file", "x");
    std::fs::write(root.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    std::fs::File::create(root.join("huge")).unwrap().set_len(60 * 1024 * 1024).unwrap();
    run.write("fine.py", "x");
    let found = run.worktree.changes(&run.repo, &run.start.tree).unwrap();
    assert_eq!(found.changes, [put_as("fine.py", "x", Mode::File)]);
    let outside: Vec<_> = found.outside.iter().map(|o| (o.path.as_str(), o.why)).collect();
    assert_eq!(
        outside,
        [
            ("caf\u{fffd}", WhyOutside::Name),
            ("huge", WhyOutside::TooLarge),
            ("nested", WhyOutside::Repository)
        ]
    );
}

#[test]
fn changed_ignored_files_are_listed() {
    let run = run_on(Project::new());
    run.write("old.log", "1");
    run.write("gone.log", "1");
    run.write("build/deep/kept.o", "1");
    run.write("build/deep/changed.o", "1");
    std::os::unix::fs::symlink("/", run.worktree.path().join("root.log")).unwrap();
    let before = run.worktree.ignored().unwrap();
    run.write("old.log", "22");
    run.write("build/deep/changed.o", "22");
    run.write("build/new.o", "1");
    run.write("not-ignored.py", "1");
    std::fs::remove_file(run.worktree.path().join("gone.log")).unwrap();
    let after = run.worktree.ignored().unwrap();
    assert_eq!(after.changed_since(&before), ["build/deep/changed.o", "build/new.o", "gone.log", "old.log"]);
    assert_eq!(after.changed_since(&after), [] as [&str; 0]);
}

#[test]
fn filtered_files_that_a_command_changed_are_refused() {
    let project = Project::new();
    project.write(".gitattributes", "*.bin filter=lfs\n");
    project.commit_all("attributes");
    let run = run_on(project);
    run.write("model.bin", "big");
    let found = run.worktree.changes(&run.repo, &run.start.tree);
    assert!(matches!(found, Err(GitError::Filtered { paths }) if paths == [rel("model.bin")]));
}

#[test]
fn a_link_left_by_a_command_is_not_written_through() {
    let run = run_on(Project::new());
    let victim = run.project.outside().join("victim");
    std::fs::create_dir_all(victim.join("a/b")).unwrap();
    std::fs::write(victim.join("a/b/c.txt"), "precious").unwrap();
    std::fs::remove_dir_all(run.worktree.path().join("deep")).unwrap();
    std::os::unix::fs::symlink(&victim, run.worktree.path().join("deep")).unwrap();
    let tree = run.repo.write_tree(&run.start.tree, &[put("deep/a/b/c.txt", "ours\n")]).unwrap();
    run.worktree.sync(&run.repo, &run.start.tree, &tree).unwrap();
    assert_eq!(std::fs::read_to_string(victim.join("a/b/c.txt")).unwrap(), "precious");
    run.equals(&tree);
    // The same for a deletion.
    std::fs::remove_dir_all(run.worktree.path().join("deep")).unwrap();
    std::os::unix::fs::symlink(&victim, run.worktree.path().join("deep")).unwrap();
    run.worktree.restore(&run.repo, &tree).unwrap();
    run.equals(&tree);
    assert_eq!(std::fs::read_to_string(victim.join("a/b/c.txt")).unwrap(), "precious");
}

#[test]
fn another_repositorys_worktree_is_refused() {
    let (one, two) = (run_on(Project::new()), run_on(Project::new()));
    let synced = one.worktree.sync(&two.repo, &one.start.tree, &one.start.tree);
    assert!(matches!(synced, Err(GitError::NotOurWorktree { .. })));
    // One that the user made is not ours either.
    let theirs = one.project.outside().join("theirs");
    one.project.git(&["worktree", "add", "-q", "--detach", theirs.to_str().unwrap()]);
    assert!(matches!(Worktree::open(&theirs), Err(GitError::NotOurWorktree { .. })));
    assert!(matches!(Worktree::open(&one.project.root()), Err(GitError::NotOurWorktree { .. })));
}

#[test]
fn orphans_are_removed_and_nothing_else() {
    let project = Project::new();
    let (repo, git, root) = (project.repo(), project.program(), project.outside());
    let commit = repo.head().unwrap().commit;
    for name in ["dead", "alive", "killed", "gone", "stolen"] {
        drop(Worktree::add(&repo, &git, &root.join(name), &commit, "x").unwrap());
    }
    // The user's own, in the same folder.
    project.git(&["worktree", "add", "-q", "--detach", root.join("theirs").to_str().unwrap()]);
    std::fs::create_dir(root.join("plain")).unwrap();
    // Killed in the middle of `git worktree add`: a lock that git's own prune respects, half the files.
    std::fs::write(project.path(".git/worktrees/killed/locked"), "initializing").unwrap();
    std::fs::remove_file(project.path(".git/worktrees/killed/index")).unwrap();
    std::fs::remove_file(project.path(".git/worktrees/killed/HEAD")).unwrap();
    std::fs::write(project.path(".git/worktrees/killed/index.lock"), "").unwrap();
    std::fs::remove_file(root.join("killed/README.md")).unwrap();
    std::fs::create_dir(root.join("killed.staging")).unwrap();
    // The folder is gone; the entry is locked, so git would keep it for ever.
    std::fs::remove_dir_all(root.join("gone")).unwrap();
    // Somebody put something else in its place: not ours to remove.
    std::fs::remove_dir_all(root.join("stolen")).unwrap();
    std::fs::create_dir(root.join("stolen")).unwrap();
    std::fs::write(root.join("stolen/thesis.txt"), "mine").unwrap();
    // In the dead one something is left.
    std::fs::write(root.join("dead/left-over"), "x").unwrap();

    let pruned = Worktree::prune_orphans(&repo, &git, &root, &|name| name == "alive").unwrap();
    assert_eq!(pruned, ["dead", "gone", "killed"]);
    let mut left: Vec<_> =
        std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["alive", "plain", "stolen", "theirs"]);
    assert!(root.join("stolen/thesis.txt").exists());
    assert!(root.join("alive/README.md").exists() && root.join("theirs/README.md").exists());
    for name in ["dead", "gone", "killed"] {
        assert!(!project.path(".git/worktrees").join(name).exists(), "{name}");
    }
    // Another root's worktrees are another matter.
    let none = Worktree::prune_orphans(&repo, &git, &project.root(), &|_| false).unwrap();
    assert_eq!(none, [] as [&str; 0]);
}

#[test]
fn a_moved_worktree_of_gits_is_not_removed_by_name() {
    let run = run_on(Project::new());
    let moved = run.project.outside().join("moved");
    run.project.git(&["worktree", "unlock", run.worktree.path().to_str().unwrap()]);
    run.project.git(&["worktree", "move", run.worktree.path().to_str().unwrap(), moved.to_str().unwrap()]);
    let removed = run.worktree.remove(&run.repo, &run.project.program());
    assert!(matches!(removed, Err(GitError::NotOurWorktree { .. })));
    assert!(moved.join("README.md").exists());
}
