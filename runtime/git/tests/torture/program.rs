//! The git program is found outside the repository, and cannot be led astray.

use std::ffi::OsString;

use aksara_git::{GitError, GitProgram};

use crate::kit::{Project, make_executable};

fn find(dirs: &[&std::path::Path], project: &Project) -> Result<GitProgram, GitError> {
    let path: OsString = std::env::join_paths(dirs).unwrap();
    GitProgram::find(Some(&path), &project.root())
}

#[test]
fn a_git_inside_the_repository_is_passed_over() {
    let project = Project::new();
    project.write("bin/git", "#!/bin/sh\n");
    project.make_executable("bin/git");
    let real = project.program();
    let real_dir = real.path().parent().unwrap();
    let found = find(&[&project.path("bin"), std::path::Path::new("bin"), real_dir], &project).unwrap();
    assert_eq!(found.path(), real.path());
    assert!(matches!(find(&[&project.path("bin")], &project), Err(GitError::NoGitProgram)));
    // Through a link from outside it is inside all the same.
    let outside = project.outside();
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(project.path("bin/git"), outside.join("git")).unwrap();
    assert!(matches!(find(&[&outside], &project), Err(GitError::NoGitProgram)));
    assert!(matches!(GitProgram::find(None, &project.root()), Err(GitError::NoGitProgram)));
}

#[test]
fn the_repositorys_hooks_and_monitor_do_not_run() {
    let project = Project::new();
    let mark = project.outside();
    let script = format!("#!/bin/sh\ntouch {}\n", mark.display());
    for path in ["evil.sh", ".git/hooks/post-checkout"] {
        project.write(path, &script);
        make_executable(&project.path(path));
    }
    project.git(&["config", "core.fsmonitor", project.path("evil.sh").to_str().unwrap()]);
    let git = project.program();
    for args in [["status", "--short"], ["checkout", "HEAD"]] {
        let mut command = git.command(&project.root());
        command.args(args);
        assert!(git.run(command, "git", None, git.timeout()).unwrap().status.success());
    }
    assert!(!mark.exists());
}

#[test]
fn input_and_a_flood_of_output_are_taken() {
    let project = Project::new();
    let git = project.program();
    let flood = vec![b'x'; 6 * 1024 * 1024];
    let mut command = git.command(&project.root());
    command.args(["hash-object", "-w", "--stdin"]);
    let hashed = git.run(command, "git hash-object", Some(&flood), git.timeout()).unwrap();
    let id = String::from_utf8(hashed.stdout).unwrap();
    let mut command = git.command(&project.root());
    command.args(["cat-file", "blob", id.trim()]);
    let shown = git.run(command, "git cat-file", None, git.timeout()).unwrap();
    assert!(shown.status.success());
    assert_eq!(shown.stdout.len(), 4 * 1024 * 1024, "the rest is thrown away");
}
