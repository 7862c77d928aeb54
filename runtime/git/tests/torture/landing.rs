//! The landing is wholly there or not at all, whatever stands in its way and wherever it is killed.

use aksara_git::{GitError, Mode, Repaired, TreeChange};

use crate::kit::{Project, Proposal, delete, put, put_as, rel, says};

/// One change of each kind.
fn every_kind() -> Vec<TreeChange> {
    vec![
        put("README.md", "hello\nagain\n"),
        put("app/run.sh", "#!/bin/sh\nexit 0\n"),
        put("app/new/tag.py", "class Tag: ...\n"),
        delete("deep/a/b/c.txt"),
        put_as("app/link.py", "run.sh", Mode::Symlink),
        delete("alias"),
        put("alias/now/a/folder.py", "x\n"),
    ]
}

#[track_caller]
fn has_landed(project: &Project, proposal: &Proposal) {
    assert_eq!(project.git(&["rev-parse", "main"]), proposal.new);
    assert_eq!(project.status(), "", "files, index and HEAD agree");
    assert_eq!(project.git(&["write-tree"]), proposal.tree);
    assert!(!project.path(".git/aksara/landing").join(&proposal.new).join("new").exists());
}

#[test]
fn every_kind_of_change_lands() {
    let project = Project::new();
    project.write("untouched.log", "ignored\n");
    project.write("app/mine.py", "not tracked\n");
    let proposal = project.proposal(&every_kind());
    project.repo().land(&proposal.on("main")).unwrap();
    assert_eq!(project.git(&["status", "--porcelain"]), "?? app/mine.py");
    std::fs::remove_file(project.path("app/mine.py")).unwrap();
    has_landed(&project, &proposal);
    assert!(!project.path("deep").exists(), "empty folders go");
    assert_eq!(project.read("untouched.log"), "ignored\n");
    assert_eq!(std::fs::read_link(project.path("app/link.py")).unwrap().to_str(), Some("run.sh"));
    assert!(project.path("alias/now/a/folder.py").is_file());
    project.git(&["fsck", "--strict"]);
    assert_eq!(project.git(&["reflog", "-1", "--format=%gs", "main"]), "aksara: proposal");
    assert_eq!(project.git(&["reflog", "-1", "--format=%gs", "HEAD"]), "aksara: proposal");
}

#[test]
fn folders_and_files_change_places() {
    let project = Project::new();
    std::fs::create_dir_all(project.path("deep/a/empty/folders")).unwrap();
    let proposal = project.proposal(&[
        delete("deep/a/b/c.txt"),
        put("deep", "a file now\n"),
        delete("README.md"),
        put("README.md/en.md", "a folder now\n"),
    ]);
    project.repo().land(&proposal.on("main")).unwrap();
    has_landed(&project, &proposal);
    // And back, as another commit.
    let back = project.proposal(&[
        delete("deep"),
        put("deep/a/b/c.txt", "c\n"),
        delete("README.md/en.md"),
        put("README.md", "hello\n"),
    ]);
    project.repo().land(&back.on("main")).unwrap();
    has_landed(&project, &back);
}

#[test]
fn line_endings_land_as_git_would_write_them() {
    let project = Project::empty();
    project.write(".gitattributes", "*.txt text eol=crlf\n");
    project.write("a.txt", "one\r\n");
    project.commit_all("endings");
    let proposal = project.proposal(&[put("a.txt", "one\ntwo\n"), put("b.txt", "b\n")]);
    project.repo().land(&proposal.on("main")).unwrap();
    assert_eq!(project.read("a.txt"), "one\r\ntwo\r\n");
    assert_eq!(project.read("b.txt"), "b\r\n");
    has_landed(&project, &proposal);
}

#[test]
fn a_repository_apart_from_its_files_lands() {
    let project = Project::new();
    let apart = project.outside();
    std::fs::rename(project.path(".git"), &apart).unwrap();
    std::fs::write(project.path(".git"), format!("gitdir: {}\n", apart.display())).unwrap();
    let proposal = project.proposal(&every_kind());
    project.repo().land(&proposal.on("main")).unwrap();
    assert_eq!(project.status(), "");
}

#[test]
fn the_users_own_worktree_lands_too() {
    let project = Project::new();
    let tree = project.outside();
    project.git(&["worktree", "add", "-q", "-b", "feature", tree.to_str().unwrap()]);
    let proposal = project.proposal(&every_kind());
    let main = project.everything();
    aksara_git::Repo::discover(&tree).unwrap().land(&proposal.on("feature")).unwrap();
    assert_eq!(project.git_in(&tree, &["status", "--porcelain"]), "");
    assert_eq!(project.git_in(&tree, &["rev-parse", "HEAD"]), proposal.new);
    assert_eq!(project.git(&["rev-parse", "main"]), proposal.expected);
    assert_eq!(project.status(), "");
    drop(main);
}

/// Refused, by the reason given, and nothing of the user's is another than before.
#[track_caller]
fn refused(project: &Project, proposal: &Proposal, part: &str) {
    let before = project.everything();
    says(project.repo().land(&proposal.on("main")), part);
    assert_eq!(project.everything(), before);
}

#[test]
fn work_in_the_way_is_never_lost() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    project.write("README.md", "my edit\n");
    refused(&project, &proposal, "README.md (modified)");
    project.git(&["add", "README.md"]);
    refused(&project, &proposal, "README.md (staged)");
    project.git(&["reset", "-q", "--hard"]);

    project.write("app/new/tag.py", "mine\n");
    refused(&project, &proposal, "app/new/tag.py (not tracked by git)");
    std::fs::remove_file(project.path("app/new/tag.py")).unwrap();
    std::fs::remove_dir(project.path("app/new")).unwrap();

    project.write("app/new", "a file\n");
    refused(&project, &proposal, "app/new (not tracked by git)");
    std::fs::remove_file(project.path("app/new")).unwrap();

    std::fs::create_dir(project.outside()).unwrap();
    std::os::unix::fs::symlink(project.outside(), project.path("app/new")).unwrap();
    refused(&project, &proposal, "through a symbolic link");
    assert_eq!(std::fs::read_dir(project.outside()).unwrap().count(), 0, "nothing was written outside");
    std::fs::remove_file(project.path("app/new")).unwrap();
    project.repo().land(&proposal.on("main")).unwrap();
    has_landed(&project, &proposal);
}

#[test]
fn an_ignored_file_in_the_way_is_kept() {
    let project = Project::new();
    let proposal = project.proposal(&[put("build/settings.py", "ours\n")]);
    project.write("build/settings.py", "secret\n");
    refused(&project, &proposal, "build/settings.py (ignored by git)");
}

#[test]
fn a_branch_that_is_elsewhere_is_not_moved() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    project.commit_all("somebody was faster");
    refused(&project, &proposal, "has moved");

    let now = project.proposal(&[put("x", "x")]);
    project.git(&["checkout", "-q", "-b", "other"]);
    refused(&project, &now, "git switch main");
    project.git(&["checkout", "-q", "--detach"]);
    assert!(matches!(project.repo().land(&now.on("main")), Err(GitError::Detached)));
}

#[test]
fn a_branch_never_goes_backwards() {
    let project = Project::new();
    let start = project.git(&["rev-parse", "HEAD"]);
    project.write("x", "x");
    project.commit_all("second");
    let head = project.git(&["rev-parse", "HEAD"]);
    let back = Proposal { expected: head, new: start, tree: String::new(), paths: vec![rel("x")] };
    refused(&project, &back, "never moved backwards");
}

#[test]
fn every_changed_path_must_be_announced() {
    let project = Project::new();
    let mut proposal = project.proposal(&every_kind());
    proposal.paths.retain(|p| p.as_str() != "app/run.sh");
    refused(&project, &proposal, "`app/run.sh`, which was not announced");
}

#[test]
fn an_operation_in_progress_or_a_lock_refuses() {
    let project = Project::new();
    let proposal = project.proposal(&[put("x", "x")]);
    project.write(".git/index.lock", "");
    let before = std::fs::read(project.path(".git/index")).unwrap();
    assert!(matches!(project.repo().land(&proposal.on("main")), Err(GitError::Locked { .. })));
    assert_eq!(std::fs::read(project.path(".git/index")).unwrap(), before);
    std::fs::remove_file(project.path(".git/index.lock")).unwrap();
    project.write(".git/MERGE_HEAD", &proposal.expected);
    says(project.repo().land(&proposal.on("main")), "a merge is in progress");
}

#[test]
fn filtered_files_are_refused() {
    let project = Project::new();
    project.write(".gitattributes", "*.bin filter=lfs\n");
    project.commit_all("attributes");
    let proposal = project.proposal(&[put("model.bin", "version https://git-lfs\n")]);
    refused(&project, &proposal, "model.bin");
}

#[test]
fn a_failure_on_the_way_puts_everything_back() {
    let project = Project::new();
    // The branch cannot be moved: somebody holds its lock. Files and index have been written by then.
    let proposal = project.proposal(&every_kind());
    project.write(".git/refs/heads/main.lock", "");
    refused(&project, &proposal, "main.lock");
    assert_eq!(project.status(), "");
    std::fs::remove_file(project.path(".git/refs/heads/main.lock")).unwrap();
    project.repo().land(&proposal.on("main")).unwrap();
    has_landed(&project, &proposal);
}

#[test]
fn a_folder_that_cannot_be_written_puts_everything_back() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    project.write("zone/file", "z\n");
    project.commit_all("zone");
    let proposal = project.proposal(&[put("README.md", "first\n"), put("zone/new", "last\n")]);
    let folder = project.path("zone");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes anywhere: then there is nothing to see.
    let may_write = std::fs::write(folder.join("probe"), "").is_ok();
    if !may_write {
        refused(&project, &proposal, "zone/new");
        assert_eq!(project.status(), "");
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The states that a kill can leave, step by step in the order of the landing.
fn killed_after(project: &Project, proposal: &Proposal, step: usize) {
    let new = project.root().parent().unwrap().join("as-landed");
    project.git(&["worktree", "add", "-q", "--detach", new.to_str().unwrap(), &proposal.new]);
    let copy = |path: &str| {
        let to = project.path(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&to);
        let from = new.join(path);
        match from.read_link() {
            Ok(target) => std::os::unix::fs::symlink(target, to).unwrap(),
            Err(_) => drop(std::fs::copy(from, to).unwrap()),
        }
    };
    project.write(&format!(".git/aksara/landing/{}/new/left-over", proposal.new), "x");
    if step >= 1 {
        std::fs::remove_dir_all(project.path("deep")).unwrap();
    }
    if step >= 2 {
        std::fs::remove_file(project.path("alias")).unwrap();
    }
    if step >= 3 {
        copy("README.md");
        copy("alias/now/a/folder.py");
    }
    if step >= 4 {
        copy("app/run.sh");
        copy("app/link.py");
        copy("app/new/tag.py");
    }
    if step >= 5 {
        project.git(&["read-tree", &proposal.tree]);
    }
    if step >= 6 {
        project.git(&["update-ref", "refs/heads/main", &proposal.new]);
    }
    project.git(&["worktree", "remove", "--force", new.to_str().unwrap()]);
}

#[test]
fn a_landing_killed_anywhere_is_brought_to_one_end() {
    for step in 0..=6 {
        let project = Project::new();
        let proposal = project.proposal(&every_kind());
        project.write("app/mine.py", "not tracked\n");
        let before = project.everything();
        killed_after(&project, &proposal, step);
        let repaired = project.repo().repair_landing(&proposal.on("main")).unwrap();
        if step < 6 {
            assert_eq!(repaired, Repaired::Old, "step {step}");
            assert_eq!(project.everything(), before, "step {step}");
        } else {
            assert_eq!(repaired, Repaired::New);
        }
        assert_eq!(project.status(), "?? app/mine.py", "step {step}");
        assert!(!project.path(".git/aksara/landing").join(&proposal.new).join("new").exists());
        // Once more changes nothing.
        let after = project.everything();
        assert_eq!(project.repo().repair_landing(&proposal.on("main")).unwrap(), repaired);
        assert_eq!(project.everything(), after);
    }
}

#[test]
fn a_branch_that_moved_before_its_files_is_completed() {
    // Only a power loss can do that: the branch is moved last.
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    killed_after(&project, &proposal, 3);
    project.git(&["update-ref", "refs/heads/main", &proposal.new]);
    assert_eq!(project.repo().repair_landing(&proposal.on("main")).unwrap(), Repaired::New);
    has_landed(&project, &proposal);
}

#[test]
fn a_repair_never_loses_what_was_changed_since() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    killed_after(&project, &proposal, 4);
    project.write("README.md", "written after the kill\n");
    let before = project.everything();
    let error = project.repo().repair_landing(&proposal.on("main")).unwrap_err();
    assert!(matches!(&error, GitError::NeitherOldNorNew { paths } if paths.len() == 1), "{error}");
    assert!(error.to_string().contains("README.md"), "{error}");
    assert_eq!(project.everything(), before);
}

#[test]
fn a_repair_leaves_later_work_alone() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    project.repo().land(&proposal.on("main")).unwrap();
    project.write("README.md", "the user went on\n");
    project.commit_all("later");
    project.write("app/run.sh", "and on\n");
    let before = project.everything();
    assert_eq!(project.repo().repair_landing(&proposal.on("main")).unwrap(), Repaired::New);
    assert_eq!(project.everything(), before);

    // The branch went another way: nothing is guessed.
    project.git(&["reset", "-q", "--hard", &proposal.expected]);
    project.commit_all("another way");
    let moved = project.repo().repair_landing(&proposal.on("main"));
    assert!(matches!(moved, Err(GitError::BranchMoved { .. })));
}

/// Where a landing keeps what it moved aside.
fn aside(proposal: &Proposal, slot: &str, path: &str) -> String {
    format!(".git/aksara/landing/{}/{slot}/{path}", proposal.new)
}

/// A kill between moving a file aside and putting the new one: the worst moment.
#[test]
fn what_was_moved_aside_before_a_kill_comes_back() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    let before = project.everything();
    for path in ["README.md", "deep/a/b/c.txt"] {
        project.write(&aside(&proposal, "aside", path), &project.read(path));
        std::fs::remove_file(project.path(path)).unwrap();
    }
    std::fs::remove_dir_all(project.path("deep")).unwrap();
    // This one has its new content already.
    project.write(&aside(&proposal, "aside", "app/run.sh"), "#!/bin/sh\n");
    project.make_executable(&aside(&proposal, "aside", "app/run.sh"));
    project.write("app/run.sh", "#!/bin/sh\nexit 0\n");
    let repaired = project.repo().repair_landing(&proposal.on("main")).unwrap();
    assert_eq!(repaired, Repaired::Old);
    assert_eq!(project.everything(), before);
    assert_eq!(project.status(), "");
    assert!(!project.path(&aside(&proposal, "aside", "")).exists());
    project.repo().land(&proposal.on("main")).unwrap();
    has_landed(&project, &proposal);
}

/// A kill after the branch had moved and before the clearing up, and a user who went on from there.
#[test]
fn what_a_complete_landing_left_is_cleared_up_but_for_what_nobody_knows() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    let old = project.read("README.md");
    project.repo().land(&proposal.on("main")).unwrap();
    project.write("README.md", "the user went on\n");
    project.commit_all("later");
    let before = project.everything();
    let (known, strange) = (aside(&proposal, "aside", "README.md"), aside(&proposal, "aside", "app/run.sh"));
    project.write(&known, &old);
    project.write(&aside(&proposal, "new", "README.md"), "a copy on its way");
    assert_eq!(project.repo().repair_landing(&proposal.on("main")).unwrap(), Repaired::New);
    assert_eq!(project.everything(), before);
    assert!(!project.path(&aside(&proposal, "aside", "")).exists());
    assert!(!project.path(&aside(&proposal, "new", "")).exists());

    project.write(&known, &old);
    project.write(&strange, "nobody has this\n");
    assert_eq!(project.repo().repair_landing(&proposal.on("main")).unwrap(), Repaired::New);
    assert_eq!(project.read(&strange), "nobody has this\n");
    assert!(!project.path(&known).exists());
}

/// The same with a save that came in the last moment: it is found aside, where nobody would look for it.
#[test]
fn a_save_that_a_kill_left_aside_comes_back() {
    for (path, moved) in [("README.md", true), ("app/new/tag.py", true), ("README.md", false)] {
        let project = Project::new();
        let proposal = project.proposal(&every_kind());
        project.write(&aside(&proposal, "aside", path), "saved in the last moment\n");
        let _ = std::fs::remove_file(project.path(path));
        if moved {
            // Somebody else's commit came first: even then.
            project.git(&["commit", "-q", "--allow-empty", "-m", "moved"]);
        }
        let error = project.repo().repair_landing(&proposal.on("main")).unwrap_err();
        assert_eq!(project.read(path), "saved in the last moment\n");
        if moved {
            assert!(matches!(error, GitError::BranchMoved { .. }), "{error}");
        } else {
            assert!(matches!(&error, GitError::NeitherOldNorNew { .. }), "{error}");
            assert!(error.to_string().contains("README.md"), "{error}");
        }
    }
}

/// A kill while a landing was being taken back, and a user who had saved over the new file.
#[test]
fn a_save_over_a_new_file_survives_a_kill_of_its_undoing() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    project.write(&aside(&proposal, "aside", "README.md"), "hello\n");
    project.write(&aside(&proposal, "undone", "README.md"), "saved over it\n");
    project.write(&aside(&proposal, "undone", "app/new/tag.py"), "class Tag: ...\n");
    std::fs::remove_file(project.path("README.md")).unwrap();
    let error = project.repo().repair_landing(&proposal.on("main")).unwrap_err();
    assert!(matches!(&error, GitError::NeitherOldNorNew { paths } if paths.len() == 1), "{error}");
    assert_eq!(project.read("README.md"), "saved over it\n");
    assert!(!project.path("app/new").exists(), "what we had put ourselves is nobody's");
    project.git(&["checkout", "-q", "README.md"]);
    assert_eq!(project.repo().repair_landing(&proposal.on("main")).unwrap(), Repaired::Old);
    assert_eq!(project.status(), "");
}

#[test]
fn a_deletion_that_arrived_is_not_undone_by_what_is_left_aside() {
    let project = Project::new();
    let proposal = project.proposal(&every_kind());
    project.repo().land(&proposal.on("main")).unwrap();
    project.write(&aside(&proposal, "aside", "deep/a/b/c.txt"), "c\n");
    assert_eq!(project.repo().repair_landing(&proposal.on("main")).unwrap(), Repaired::New);
    has_landed(&project, &proposal);
    assert!(!project.path("deep").exists());
}

/// An editor saves, once, at a moment that nobody chooses: what it saved is on the disk afterwards, always.
#[test]
fn a_save_at_any_moment_is_never_lost() {
    let paths = ["README.md", "app/run.sh", "app/new/tag.py", "deep/a/b/c.txt"];
    let (mut landed, mut refused) = (0, 0);
    for round in 0..80 {
        let project = Project::new();
        let proposal = project.proposal(&every_kind());
        let (repo, path) = (project.repo(), paths[round % paths.len()]);
        let text = format!("saved in round {round}\n");
        let saved = std::thread::scope(|scope| {
            let editor = scope.spawn(|| {
                // As editors do: a file beside, renamed into place.
                let beside = project.path(".git/editor");
                std::fs::write(&beside, &text).unwrap();
                for _ in 0..round * 97 % 1000 {
                    std::hint::spin_loop();
                }
                std::thread::sleep(std::time::Duration::from_micros(200 * (round as u64 / 4)));
                let to = project.path(path);
                (0..1000).any(|_| {
                    let _ = std::fs::create_dir_all(to.parent().unwrap());
                    std::fs::rename(&beside, &to).is_ok()
                })
            });
            match repo.land(&proposal.on("main")) {
                Ok(()) => landed += 1,
                Err(GitError::NotClean { paths }) => {
                    assert_eq!(paths[0].path, rel(path));
                    refused += 1;
                }
                // Its folder, where a file is to go, or a file, where its folder is to go.
                Err(GitError::InTheWay { .. }) => refused += 1,
                Err(other) => panic!("round {round}: {other}"),
            }
            editor.join().unwrap()
        });
        assert!(saved, "round {round}");
        assert_eq!(project.read(path), text, "round {round}: the save of {path} is gone");
        let head = project.git(&["rev-parse", "HEAD"]);
        let others = project.status();
        let others: Vec<&str> = others.lines().filter(|line| !line.ends_with(path)).collect();
        assert_eq!(others, [] as [&str; 0], "round {round}: all or nothing at {head}");
        assert!(!project.status().is_empty(), "round {round}: the save shows");
        assert!(!project.path(".git/aksara/landing").join(&proposal.new).join("aside").exists());
    }
    println!("{landed} landed before the save, {refused} were refused");
    assert!(refused > 0 && landed > 0, "{landed} {refused}");
}
