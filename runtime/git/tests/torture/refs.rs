//! Private refs keep a run alive, move only from where they were, and never collide with the user's.

use aksara_git::GitError;

use crate::kit::{Project, put};

#[test]
fn a_ref_moves_only_from_where_it_was() {
    let project = Project::new();
    let repo = project.repo();
    let head = repo.head().unwrap();
    let checkpoint = |n| repo.checkpoint(&head.tree, &head.commit, "c", n).unwrap();
    let (one, two, name) = (checkpoint(1), checkpoint(2), "refs/aksara/runs/r1");
    repo.set_run_ref(name, &one, None, "one").unwrap();
    let again = repo.set_run_ref(name, &two, None, "again");
    assert!(matches!(again, Err(GitError::RefMoved { found: Some(found), .. }) if found == one));
    assert!(matches!(repo.set_run_ref(name, &two, Some(&two), "x"), Err(GitError::RefMoved { .. })));
    repo.set_run_ref(name, &two, Some(&one), "two").unwrap();
    assert_eq!(repo.run_ref(name).unwrap(), Some(two.clone()));
    let absent = repo.set_run_ref("refs/aksara/runs/r2", &two, Some(&one), "x");
    assert!(matches!(absent, Err(GitError::RefMoved { found: None, .. })));
    repo.set_run_ref("refs/aksara/undo/r1-2", &one, None, "undo").unwrap();
    repo.set_run_ref("refs/aksara/undo/r10-1", &one, None, "undo").unwrap();
    assert_eq!(repo.list_refs("refs/aksara/undo/r1-").unwrap(), ["refs/aksara/undo/r1-2"]);
    assert_eq!(repo.list_refs("refs/aksara/runs/").unwrap(), [name]);
    assert!(repo.delete_ref(name).unwrap());
    assert!(!repo.delete_ref(name).unwrap());
    assert_eq!(repo.run_ref(name).unwrap(), None);
}

#[test]
fn only_private_refs_are_touched() {
    let project = Project::new();
    let repo = project.repo();
    let commit = repo.head().unwrap().commit;
    for name in ["refs/heads/main", "HEAD", "refs/aksara/", "refs/aksara/a..b", "refs/aksara/../heads/main"] {
        assert!(
            matches!(repo.set_run_ref(name, &commit, None, "x"), Err(GitError::BadName { .. })),
            "{name}"
        );
        assert!(matches!(repo.delete_ref(name), Err(GitError::BadName { .. })), "{name}");
    }
    assert!(matches!(repo.list_refs("refs/heads/"), Err(GitError::BadName { .. })));
}

#[test]
fn checkpoints_survive_a_collection_of_garbage() {
    let project = Project::new();
    let repo = project.repo();
    let proposal = project.proposal(&[put("x", "kept\n")]);
    repo.set_run_ref("refs/aksara/runs/r1", &proposal.new, None, "x").unwrap();
    project.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(repo.commit_tree(&proposal.new).unwrap(), proposal.tree);
    assert_eq!(project.git(&["show", &format!("{}:x", proposal.new)]), "kept");
}

#[test]
fn of_two_processes_one_wins_each_move() {
    let project = Project::new();
    let start = project.repo().head().unwrap();
    let name = "refs/aksara/runs/race";
    project.repo().set_run_ref(name, &start.commit, None, "start").unwrap();
    let won: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|worker| {
                let (repo, start) = (project.repo(), start.clone());
                scope.spawn(move || {
                    let mut won = 0;
                    for n in 0..20 {
                        let old = repo.run_ref(name).unwrap().unwrap();
                        let new =
                            repo.checkpoint(&start.tree, &old, "c", i64::from(worker * 100 + n)).unwrap();
                        match repo.set_run_ref(name, &new, Some(&old), "move") {
                            Ok(()) => won += 1,
                            Err(GitError::RefMoved { .. } | GitError::Locked { .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                    won
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    // Each move that was reported as done is in the history, and no other.
    let length = project.git(&["rev-list", "--count", &format!("{}..{name}", start.commit)]);
    assert_eq!(length, won.to_string());
    assert!(won > 0);
}

#[test]
fn a_lock_that_nobody_holds_is_named() {
    let project = Project::new();
    let repo = project.repo();
    project.write(".git/refs/aksara/runs/r1.lock", "");
    let commit = repo.head().unwrap().commit;
    let error = repo.set_run_ref("refs/aksara/runs/r1", &commit, None, "x").unwrap_err();
    assert!(
        matches!(&error, GitError::Locked { lock } if lock.ends_with("refs/aksara/runs/r1.lock")),
        "{error}"
    );
}

#[test]
fn a_branch_for_review_is_made_once() {
    let project = Project::new();
    let repo = project.repo();
    let proposal = project.proposal(&[put("x", "x")]);
    let before = project.status();
    repo.land_branch("aksara/tagging", &proposal.new).unwrap();
    repo.land_branch("aksara/tagging", &proposal.new).unwrap();
    assert_eq!(repo.branch_tip("aksara/tagging").unwrap(), Some(proposal.new));
    let other = repo.land_branch("aksara/tagging", &proposal.expected);
    assert!(matches!(other, Err(GitError::BranchExists { .. })));
    for name in ["", "a b", "-x", "a..b", "HEAD"] {
        assert!(repo.land_branch(name, &proposal.expected).is_err(), "{name}");
    }
    assert!(repo.land_branch("main/x", &proposal.expected).is_err(), "a branch below a branch");
    assert_eq!(project.status(), before);
}

#[test]
fn a_checkpoint_that_a_power_loss_emptied_is_told_from_a_whole_one() {
    let project = Project::new();
    let repo = project.repo();
    let proposal = project.proposal(&[put("new/x", "content\n")]);
    assert!(repo.is_complete(&proposal.new));
    let blob = repo.hash(b"content\n");
    let (dir, file) = blob.as_str().split_at(2);
    let object = project.path(&format!(".git/objects/{dir}/{file}"));
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, "").unwrap();
    assert!(!project.repo().is_complete(&proposal.new));
    assert!(project.repo().is_complete(&proposal.expected), "the first commit has no parent");
    assert!(!repo.is_complete(blob.as_str()), "not a commit");
}
