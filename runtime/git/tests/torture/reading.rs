//! Trees are read as they are, and links are never followed.

use aksara_git::{EntryKind, GitError};
use aksara_protocol::BlobId;

use crate::kit::{Project, put, rel};

#[test]
fn every_kind_of_entry_is_told() {
    let project = Project::new();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let kind = |path: &str| repo.entry(&tree, &rel(path)).unwrap().map(|e| e.kind);
    assert_eq!(kind("README.md"), Some(EntryKind::File));
    assert_eq!(kind("app/run.sh"), Some(EntryKind::Executable));
    assert_eq!(kind("app/link.py"), Some(EntryKind::Symlink));
    assert_eq!(kind("deep/a"), Some(EntryKind::Folder));
    assert_eq!(kind("deep/x"), None);
    assert_eq!(kind("README.md/x"), None, "below a file there is nothing");
}

#[test]
fn a_path_below_a_link_is_an_error() {
    let project = Project::new();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let found = repo.entry(&tree, &rel("alias/models.py"));
    assert!(matches!(found, Err(GitError::BelowSymlink { link, .. }) if link == "alias"));
}

#[test]
fn a_path_in_a_submodule_is_an_error() {
    let project = Project::new();
    let commit = project.git(&["rev-parse", "HEAD"]);
    project.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},vendor/lib")]);
    project.git(&["commit", "-q", "-m", "submodule"]);
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let entry = repo.entry(&tree, &rel("vendor/lib")).unwrap().unwrap();
    assert_eq!((entry.kind, entry.blob.as_str()), (EntryKind::Submodule, commit.as_str()));
    let found = repo.entry(&tree, &rel("vendor/lib/x"));
    assert!(matches!(found, Err(GitError::BelowSubmodule { submodule, .. }) if submodule == "vendor/lib"));
    let written = repo.write_tree(&tree, &[put("vendor/lib/x", "x")]);
    assert!(matches!(written, Err(GitError::BelowSubmodule { .. })));
    assert!(matches!(
        repo.write_tree(&tree, &[put("vendor/lib", "x")]),
        Err(GitError::BelowSubmodule { .. })
    ));
    assert!(matches!(repo.dirty(&tree, &[rel("vendor/lib/x")]), Err(GitError::BelowSubmodule { .. })));
}

#[test]
fn contents_sizes_and_ids_are_gits() {
    let project = Project::new();
    let repo = project.repo();
    let entry = repo.entry(&repo.head().unwrap().tree, &rel("README.md")).unwrap().unwrap();
    assert_eq!(repo.blob(&entry.blob).unwrap(), b"hello\n");
    assert_eq!(repo.blob_size(&entry.blob).unwrap(), 6);
    assert_eq!(repo.hash(b"hello\n"), entry.blob);
    let absent = repo.hash(b"nobody wrote this");
    assert!(repo.blob(&absent).is_err(), "hashing must write nothing");
    assert!(repo.blob(&BlobId::new("not an id")).is_err());
}

#[test]
fn lists_are_shallow_or_deep() {
    let project = Project::new();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let names = |dir: &str, deep: bool| -> Vec<String> {
        repo.list(&tree, dir, deep).unwrap().into_iter().map(|(path, _)| path.to_string()).collect()
    };
    assert_eq!(names("", false), [".gitignore", "README.md", "alias", "app", "deep"]);
    assert_eq!(names("deep", true), ["deep/a/b/c.txt"]);
    assert_eq!(names("app", false), ["app/link.py", "app/models.py", "app/run.sh"]);
    for dir in ["nowhere", "README.md", "../x"] {
        assert!(matches!(repo.list(&tree, dir, true), Err(GitError::NoSuchFolder { .. })), "{dir}");
    }
    assert!(matches!(repo.list(&tree, "alias/x", true), Err(GitError::BelowSymlink { .. })));
}

#[test]
fn names_that_cannot_be_used_are_counted() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new();
    std::fs::write(project.root().join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), "x").unwrap();
    std::fs::write(project.path("back\\slash"), "x").unwrap();
    project.commit_all("odd names");
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let listing = repo.listing(&tree, "", true).unwrap();
    assert_eq!((listing.entries.len(), listing.skipped), (7, 2));
    let first = project.git(&["rev-parse", "HEAD~1^{tree}"]);
    assert!(matches!(repo.changed_paths(&first, &tree), Err(GitError::UnusableName { .. })));
    // They do not hinder work beside them.
    repo.write_tree(&tree, &[put("README.md", "x")]).unwrap();
}

#[test]
fn history_is_compared() {
    let project = Project::new();
    let start = project.git(&["rev-parse", "HEAD"]);
    project.git(&["checkout", "-q", "-b", "side"]);
    project.commit_all("side");
    let side = project.git(&["rev-parse", "HEAD"]);
    project.git(&["checkout", "-q", "main"]);
    project.write("x", "x");
    project.commit_all("main");
    let main = project.git(&["rev-parse", "HEAD"]);
    project.git(&["checkout", "-q", "--orphan", "alone"]);
    project.commit_all("alone");
    let alone = project.git(&["rev-parse", "HEAD"]);
    let repo = project.repo();
    assert_eq!(repo.merge_base(&side, &main).unwrap(), Some(start.clone()));
    assert_eq!(repo.merge_base(&side, &alone).unwrap(), None);
    assert!(repo.is_ancestor(&start, &main).unwrap() && repo.is_ancestor(&main, &main).unwrap());
    assert!(!repo.is_ancestor(&side, &main).unwrap());
    assert_eq!(repo.parents(&main).unwrap(), [start]);
    assert_eq!(repo.commit_tree(&main).unwrap(), project.git(&["rev-parse", "main^{tree}"]));
    assert_eq!(repo.branch_tip("side").unwrap(), Some(side));
    assert_eq!(repo.branch_tip("nobody").unwrap(), None);
}

#[test]
fn a_rename_is_two_changed_paths() {
    let project = Project::new();
    project.git(&["mv", "README.md", "app/README.md"]);
    project.make_executable("app/models.py");
    project.commit_all("rename");
    let repo = project.repo();
    let old = project.git(&["rev-parse", "HEAD~1^{tree}"]);
    let changed = repo.changed_paths(&old, &repo.head().unwrap().tree).unwrap();
    assert_eq!(changed, [rel("README.md"), rel("app/README.md"), rel("app/models.py")]);
}
