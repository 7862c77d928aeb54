//! Which repositories are taken, and in which state.

use aksara_git::{GitError, Repo};
use tempfile::TempDir;

use crate::kit::{Project, says};

#[test]
fn a_folder_inside_finds_the_top() {
    let project = Project::new();
    let repo = Repo::discover(&project.path("deep/a")).unwrap();
    assert_eq!(repo.workdir(), project.root());
    assert_eq!(repo.prefix_of(&project.path("deep/a")), "deep/a");
    assert_eq!(repo.prefix_of(&project.root()), "");
    assert_eq!(repo.prefix_of(project.root().parent().unwrap()), "");
    assert_eq!(repo.file_count_hint(), 7);
}

#[test]
fn no_repository_is_said() {
    let dir = TempDir::new().unwrap();
    assert!(matches!(Repo::discover(dir.path()), Err(GitError::NotARepository { .. })));
    says(Repo::discover(dir.path()), "run `git init`");
}

#[test]
fn a_bare_repository_is_refused() {
    let project = Project::new();
    project.git(&["clone", "-q", "--bare", ".", project.outside().to_str().unwrap()]);
    assert!(matches!(Repo::discover(&project.outside()), Err(GitError::Bare { .. })));
}

#[test]
fn a_worktree_of_a_bare_repository_is_taken() {
    let project = Project::new();
    let bare = project.outside();
    project.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let tree = bare.parent().unwrap().join("tree");
    project.git_in(&bare, &["worktree", "add", "-q", tree.to_str().unwrap(), "main"]);
    let repo = Repo::discover(&tree).unwrap();
    assert_eq!((repo.workdir(), repo.head().unwrap().branch.as_deref()), (tree.as_path(), Some("main")));
    assert_eq!(repo.common_dir().canonicalize().unwrap(), bare);
}

#[test]
fn sha256_is_refused() {
    let project = Project::init(&["--object-format=sha256"]);
    says(Repo::discover(&project.root()), "names its objects by sha256");
}

#[test]
fn reftable_is_refused() {
    let project = Project::init(&["--ref-format=reftable"]);
    says(Repo::discover(&project.root()), "stores its refs as `reftable`");
}

#[test]
fn a_partial_clone_is_refused() {
    let project = Project::new();
    project.git(&["config", "uploadpack.allowFilter", "true"]);
    let source = format!("file://{}", project.root().display());
    let clone = project.outside();
    project.git(&["clone", "-q", "--filter=blob:none", &source, clone.to_str().unwrap()]);
    says(Repo::discover(&clone), "is a partial clone");
    // The form without the extension.
    project.git(&["config", "remote.origin.promisor", "true"]);
    says(Repo::discover(&project.root()), "is a partial clone");
    project.git(&["config", "remote.origin.promisor", "false"]);
    project.repo();
}

#[test]
fn a_sparse_checkout_is_refused_until_it_is_disabled() {
    let project = Project::new();
    project.git(&["sparse-checkout", "set", "app"]);
    says(Repo::discover(&project.root()), "git sparse-checkout disable");
    project.git(&["sparse-checkout", "disable"]);
    project.repo();
}

#[test]
fn a_split_index_is_refused() {
    let project = Project::new();
    project.git(&["config", "core.splitIndex", "true"]);
    says(Repo::discover(&project.root()), "splits its index");
}

#[test]
fn an_unborn_branch_says_to_commit() {
    let repo = Project::empty();
    assert!(matches!(repo.repo().head(), Err(GitError::Unborn { branch }) if branch == "main"));
    says(repo.repo().head(), "commit your files first");
}

#[test]
fn a_detached_head_has_no_branch() {
    let project = Project::new();
    let commit = project.git(&["rev-parse", "HEAD"]);
    project.git(&["checkout", "-q", "--detach"]);
    let head = project.repo().head().unwrap();
    assert_eq!((head.commit, head.branch), (commit, None));
    assert_eq!(head.tree, project.git(&["rev-parse", "HEAD^{tree}"]));
}

#[test]
fn operations_in_progress_are_named() {
    let project = Project::new();
    assert_eq!(project.repo().operation_in_progress(), None);
    project.git(&["checkout", "-q", "-b", "other"]);
    project.write("README.md", "other\n");
    project.commit_all("other");
    project.git(&["checkout", "-q", "main"]);
    project.write("README.md", "main\n");
    project.commit_all("main");
    project.git_fails(&["merge", "-q", "other"]);
    assert_eq!(project.repo().operation_in_progress(), Some("merge"));
    project.git(&["merge", "--abort"]);
    project.git_fails(&["rebase", "-q", "other"]);
    assert_eq!(project.repo().operation_in_progress(), Some("rebase"));
    project.git(&["rebase", "--abort"]);
    project.git_fails(&["cherry-pick", "other"]);
    assert_eq!(project.repo().operation_in_progress(), Some("cherry-pick"));
    project.git(&["cherry-pick", "--abort"]);
    project.git(&["bisect", "start"]);
    assert_eq!(project.repo().operation_in_progress(), Some("bisect"));
}

#[test]
fn the_environment_does_not_lead_elsewhere() {
    // Another process, because a variable is the whole process's.
    let project = Project::new();
    let elsewhere = Project::new();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "discover::child_that_discovers", "--include-ignored", "--nocapture"])
        .env("GIT_DIR", elsewhere.path(".git"))
        .env("GIT_WORK_TREE", elsewhere.root())
        .env("GIT_INDEX_FILE", "/nowhere")
        .env("AKSARA_TEST_FOLDER", project.root())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(&format!("found {}\n", project.root().display())), "{text}");
    assert!(text.contains(&format!("git says {}\n", project.root().display())), "{text}");
}

#[test]
#[ignore = "started by the_environment_does_not_lead_elsewhere"]
fn child_that_discovers() {
    let folder = std::path::PathBuf::from(std::env::var_os("AKSARA_TEST_FOLDER").unwrap());
    println!("found {}", Repo::discover(&folder).unwrap().workdir().display());
    let git =
        aksara_git::GitProgram::find(std::env::var_os("PATH").as_deref(), std::path::Path::new("/nowhere"))
            .unwrap();
    let mut command = git.command(&folder);
    command.args(["rev-parse", "--show-toplevel"]);
    let output = git.run(command, "git rev-parse", None, git.timeout()).unwrap();
    println!("git says {}", String::from_utf8_lossy(&output.stdout).trim());
}
