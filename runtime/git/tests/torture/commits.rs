//! The user's own commit: their name, their hooks, their signature.

use aksara_git::{CommitSpec, GitError, Worktree};

use crate::kit::{Project, make_executable, put, says};

fn spec(project: &Project) -> CommitSpec {
    let proposal = project.proposal(&[put("x", "x\n")]);
    CommitSpec {
        tree: proposal.tree,
        parents: vec![proposal.expected],
        message: "Add x\n\n\n\nBody  \n".into(),
    }
}

fn hook(project: &Project, name: &str, script: &str) {
    project.write(&format!(".git/hooks/{name}"), &format!("#!/bin/sh\n{script}\n"));
    make_executable(&project.path(&format!(".git/hooks/{name}")));
}

#[test]
fn the_commit_is_the_users_and_no_ref_has_it() {
    let project = Project::new();
    let before = project.everything();
    let commit = project.repo().landing_commit(&spec(&project)).unwrap();
    assert_eq!(project.everything(), before);
    assert_eq!(
        project.git(&["log", "-1", "--format=%an <%ae> %cn <%ce>%n%B", &commit]),
        "Tester <tester@example.com> Tester <tester@example.com>\nAdd x\n\nBody"
    );
    project.git(&["config", "author.name", "Author"]);
    project.git(&["config", "committer.email", "c@example.com"]);
    let commit = project.repo().landing_commit(&spec(&project)).unwrap();
    assert_eq!(
        project.git(&["log", "-1", "--format=%an <%ae> %cn <%ce>", &commit]),
        "Author <tester@example.com> Tester <c@example.com>"
    );
}

#[test]
fn nobody_is_asked_to_guess_who_the_user_is() {
    let project = Project::new();
    project.git(&["config", "user.email", ""]);
    let made = project.repo().landing_commit(&spec(&project));
    assert!(matches!(made, Err(GitError::MissingIdentity)));
    says(made, "git config --global user.email");
}

#[test]
fn hooks_and_signing_are_noticed() {
    let project = Project::new();
    assert!(!project.repo().needs_git_commit());
    hook(&project, "pre-push", "exit 0");
    project.write(".git/hooks/pre-commit", "#!/bin/sh\n");
    assert!(!project.repo().needs_git_commit(), "not a commit hook, and not executable");
    hook(&project, "post-commit", "exit 0");
    assert!(project.repo().needs_git_commit());
    project.git(&["config", "core.hooksPath", ".husky"]);
    assert!(!project.repo().needs_git_commit());
    project.write(".husky/commit-msg", "#!/bin/sh\n");
    make_executable(&project.path(".husky/commit-msg"));
    assert!(project.repo().needs_git_commit());
    project.git(&["config", "core.hooksPath", "/dev/null"]);
    assert!(!project.repo().needs_git_commit());
    project.git(&["config", "commit.gpgsign", "true"]);
    assert!(project.repo().needs_git_commit());
}

/// A worktree whose index holds a change on top of HEAD.
fn worktree(project: &Project) -> (Worktree, String, String) {
    let repo = project.repo();
    let proposal = project.proposal(&[put("x", "x\n")]);
    let path = project.outside().join("run1");
    let worktree = Worktree::add(&repo, &project.program(), &path, &proposal.new, "test").unwrap();
    (worktree, proposal.expected, proposal.tree)
}

#[test]
fn hooks_run_in_the_runs_worktree() {
    let project = Project::new();
    // Relative, the path would name a folder of the worktree.
    project.git(&["config", "core.hooksPath", project.path(".git/hooks").to_str().unwrap()]);
    hook(&project, "pre-commit", "pwd; echo checked >&2");
    hook(&project, "commit-msg", "echo 'Signed-off-by: H' >> \"$1\"");
    let before = project.everything();
    let (worktree, parent, tree) = worktree(&project);
    let made = project
        .repo()
        .commit_in_worktree(&project.program(), &worktree, &parent, "Add x\n\n# not a comment\n")
        .unwrap();
    assert_eq!(made.tree, tree);
    assert!(made.output.contains("checked") && made.output.contains("outside/run1"), "{}", made.output);
    assert_eq!(
        project.git(&["log", "-1", "--format=%P %an%n%B", &made.commit]),
        format!("{parent} Tester\nAdd x\n\n# not a comment\nSigned-off-by: H")
    );
    assert_eq!(project.git_in(worktree.path(), &["status", "--porcelain"]), "");
    assert_eq!(project.everything(), before);
}

#[test]
fn a_hook_may_change_the_tree_and_it_shows() {
    let project = Project::new();
    project.git(&["config", "core.hooksPath", project.path(".git/hooks").to_str().unwrap()]);
    hook(&project, "pre-commit", "echo formatted > x; git add x");
    let (worktree, parent, tree) = worktree(&project);
    let made = project.repo().commit_in_worktree(&project.program(), &worktree, &parent, "Add x").unwrap();
    assert_ne!(made.tree, tree);
    assert_eq!(project.git(&["show", &format!("{}:x", made.commit)]), "formatted");
    assert_eq!(project.repo().commit_tree(&made.commit).unwrap(), made.tree);
}

#[test]
fn a_hook_that_refuses_is_quoted() {
    let project = Project::new();
    project.git(&["config", "core.hooksPath", project.path(".git/hooks").to_str().unwrap()]);
    hook(&project, "pre-commit", "echo 'line too long in x'; exit 1");
    let (worktree, parent, _) = worktree(&project);
    let head = project.git_in(worktree.path(), &["rev-parse", "HEAD"]);
    let made = project.repo().commit_in_worktree(&project.program(), &worktree, &parent, "Add x");
    assert!(
        matches!(&made, Err(GitError::CommitRefused { output }) if output.contains("line too long in x"))
    );
    assert_eq!(project.git_in(worktree.path(), &["rev-parse", "HEAD"]), head, "HEAD is where it was");
}

#[test]
fn a_hook_that_hangs_is_stopped_with_its_children() {
    let project = Project::new();
    project.git(&["config", "core.hooksPath", project.path(".git/hooks").to_str().unwrap()]);
    let mark = project.root().parent().unwrap().join("mark");
    hook(&project, "pre-commit", &format!("(sleep 3; touch {}) & wait", mark.display()));
    let (worktree, parent, _) = worktree(&project);
    let git = project.program().with_timeout(std::time::Duration::from_millis(700));
    let made = project.repo().commit_in_worktree(&git, &worktree, &parent, "Add x");
    assert!(matches!(made, Err(GitError::TimedOut { .. })));
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(!mark.exists(), "what the hook started lives on");
}
