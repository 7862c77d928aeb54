//! What counts as the user's own work, which is never written over.

use aksara_git::How;

use crate::kit::{Project, rel};

fn dirty(project: &Project, paths: &[&str]) -> Vec<String> {
    let repo = project.repo();
    let paths: Vec<_> = paths.iter().map(|p| rel(p)).collect();
    let tree = repo.head().unwrap().tree;
    repo.dirty(&tree, &paths).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn a_fresh_checkout_is_clean_and_nothing_is_written() {
    let project = Project::new();
    let index = std::fs::read(project.path(".git/index")).unwrap();
    let objects = project.git(&["count-objects", "-v"]);
    let all = ["README.md", "app/models.py", "app/run.sh", "app/link.py", "deep/a/b/c.txt", "new/file.py"];
    assert_eq!(dirty(&project, &all), [] as [&str; 0]);
    assert_eq!(std::fs::read(project.path(".git/index")).unwrap(), index);
    assert_eq!(project.git(&["count-objects", "-v"]), objects);
}

#[test]
fn each_way_to_differ_is_named() {
    let project = Project::new();
    project.write("README.md", "other\n");
    project.make_executable("app/models.py");
    std::fs::remove_file(project.path("app/run.sh")).unwrap();
    std::fs::remove_file(project.path("app/link.py")).unwrap();
    project.write("app/link.py", "models.py");
    project.write("new.py", "x");
    project.write("deep/a/b/c.txt", "staged\n");
    project.git(&["add", "deep"]);
    project.write("deep/a/b/c.txt", "c\n");
    assert_eq!(
        dirty(
            &project,
            &["README.md", "app/models.py", "app/run.sh", "app/link.py", "new.py", "deep/a/b/c.txt"]
        ),
        [
            "README.md (modified)",
            "app/link.py (replaced by something else)",
            "app/models.py (executable bit changed)",
            "app/run.sh (deleted)",
            "deep/a/b/c.txt (staged)",
            "new.py (not tracked by git)",
        ]
    );
    assert_eq!(dirty(&project, &["other.py"]), [] as [&str; 0], "other files may be dirty");
}

#[test]
fn same_size_edits_and_emptied_files_are_seen() {
    let project = Project::new();
    project.write("README.md", "hellO\n");
    project.write("app/models.py", "");
    assert_eq!(
        dirty(&project, &["README.md", "app/models.py"]),
        ["README.md (modified)", "app/models.py (modified)"]
    );
}

#[test]
fn an_ignored_file_in_the_way_is_dirty() {
    let project = Project::new();
    project.write("debug.log", "mine\n");
    project.write("build/out.py", "mine\n");
    assert_eq!(
        dirty(&project, &["debug.log", "build/out.py", "build/other.py"]),
        ["build/out.py (ignored by git)", "debug.log (ignored by git)"]
    );
}

#[test]
fn something_above_or_below_is_in_the_way() {
    let project = Project::new();
    project.write("blog", "a file\n");
    project.write("shop/notes.log", "ignored, but mine\n");
    std::fs::create_dir_all(project.path("empty/folders")).unwrap();
    assert_eq!(
        dirty(&project, &["blog/models.py", "shop", "empty"]),
        ["blog (not tracked by git)", "shop/notes.log (ignored by git)"]
    );
    // A folder of HEAD's, with something of the user's in it.
    project.write("deep/mine.txt", "mine\n");
    assert_eq!(dirty(&project, &["deep"]), ["deep/mine.txt (not tracked by git)"]);
    std::fs::remove_file(project.path("deep/mine.txt")).unwrap();
    assert_eq!(dirty(&project, &["deep"]), [] as [&str; 0]);
}

#[test]
fn the_index_alone_can_be_dirty() {
    let project = Project::new();
    project.write("new.py", "x");
    project.git(&["add", "new.py"]);
    std::fs::remove_file(project.path("new.py")).unwrap();
    project.git(&["rm", "-q", "--cached", "README.md"]);
    project.git(&["update-index", "--chmod=-x", "app/run.sh"]);
    assert_eq!(
        dirty(&project, &["new.py", "README.md", "app/run.sh"]),
        ["README.md (staged)", "app/run.sh (staged)", "new.py (staged)"]
    );
    // Staged above and below the place of a new file.
    let blob = project.git(&["rev-parse", "HEAD:README.md"]);
    project.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},blog")]);
    project.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},shop/x")]);
    assert_eq!(dirty(&project, &["blog/models.py", "shop"]), ["blog (staged)", "shop/x (staged)"]);
}

#[test]
fn a_conflict_is_named() {
    let project = Project::new();
    let blob = project.git(&["rev-parse", "HEAD:README.md"]);
    let info = format!("100644 {blob} 1\tREADME.md\n100644 {blob} 2\tREADME.md\n");
    project.git(&["rm", "-q", "--cached", "README.md"]);
    let mut child = project
        .command_in(&project.root())
        .args(["update-index", "--index-info"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), info.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(dirty(&project, &["README.md"]), ["README.md (in conflict)"]);
}

#[test]
fn hidden_edits_are_seen() {
    let project = Project::new();
    project.git(&["update-index", "--assume-unchanged", "README.md"]);
    project.git(&["update-index", "--skip-worktree", "app/models.py"]);
    project.write("README.md", "hidden\n");
    project.write("app/models.py", "hidden\n");
    assert_eq!(
        dirty(&project, &["README.md", "app/models.py"]),
        ["README.md (modified)", "app/models.py (modified)"]
    );
}

#[test]
fn a_folder_that_became_a_link_is_dirty() {
    let project = Project::new();
    std::fs::rename(project.path("deep"), project.path("moved")).unwrap();
    std::os::unix::fs::symlink("moved", project.path("deep")).unwrap();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let found = repo.dirty(&tree, &[rel("deep/a/b/c.txt"), rel("deep/new.py")]).unwrap();
    assert_eq!(found.len(), 2);
    for dirty in found {
        assert_eq!(dirty.how, How::ThroughSymlink("deep".into()));
        assert!(dirty.to_string().contains("through a symbolic link"));
    }
}

#[test]
fn a_pipe_in_the_way_is_dirty_and_not_opened() {
    let project = Project::new();
    std::fs::remove_file(project.path("README.md")).unwrap();
    for path in ["README.md", "pipe"] {
        assert!(std::process::Command::new("mkfifo").arg(project.path(path)).status().unwrap().success());
    }
    assert_eq!(
        dirty(&project, &["README.md", "pipe"]),
        ["README.md (replaced by something else)", "pipe (not tracked by git)"]
    );
}

#[test]
fn line_endings_are_compared_as_git_does() {
    let project = Project::empty();
    project.write(".gitattributes", "*.txt text eol=crlf\n*.auto text=auto\n");
    project.write("a.txt", "one\r\ntwo\r\n");
    project.write("b.auto", "one\ntwo\n");
    project.commit_all("endings");
    assert_eq!(project.git(&["show", "HEAD:a.txt"]), "one\ntwo");
    assert_eq!(project.status(), "");
    assert_eq!(dirty(&project, &["a.txt", "b.auto"]), [] as [&str; 0], "CRLF on the disk is what git wants");
    project.write("a.txt", "one\r\nTWO\r\n");
    assert_eq!(dirty(&project, &["a.txt", "b.auto"]), ["a.txt (modified)"]);
    // The other way round: LF on the disk becomes LF in the repository, so git calls it clean too.
    project.write("a.txt", "one\ntwo\n");
    project.write("b.auto", "one\r\ntwo\r\n");
    project.git(&["config", "core.autocrlf", "true"]);
    assert_eq!(dirty(&project, &["a.txt", "b.auto"]), [] as [&str; 0]);
}

#[test]
fn modes_are_not_compared_where_the_disk_has_none() {
    let project = Project::new();
    project.git(&["config", "core.fileMode", "false"]);
    project.make_executable("app/models.py");
    assert_eq!(dirty(&project, &["app/models.py"]), [] as [&str; 0]);
}

#[test]
fn filtered_paths_are_found() {
    let project = Project::new();
    project.write(
        ".gitattributes",
        "*.bin filter=lfs -text\n*.u16 working-tree-encoding=UTF-16\n*.id ident\n*.off -filter -ident\nplain.bin !filter\n",
    );
    let paths: Vec<_> =
        ["a.bin", "a.u16", "a.id", "a.off", "a.py", "plain.bin"].iter().map(|p| rel(p)).collect();
    let found = project.repo().touched_needs_filter(&paths).unwrap();
    assert_eq!(found, [rel("a.bin"), rel("a.u16"), rel("a.id")]);
}
