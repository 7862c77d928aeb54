//! Trees made from changes equal those that git makes, and what cannot be meant is refused.

use std::collections::BTreeMap;

use aksara_git::{EntryKind, GitError, Merged, Mode, TreeChange};
use proptest::prelude::*;

use crate::kit::{Project, delete, put, put_as, rel};

#[test]
fn modes_are_kept_unless_given() {
    let project = Project::new();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let made = repo
        .write_tree(
            &tree,
            &[
                put("app/run.sh", "#!/bin/sh\nexit\n"),
                put("new.sh", "x"),
                put_as("README.md", "hello\n", Mode::Executable),
                put_as("app/link.py", "run.sh", Mode::Symlink),
            ],
        )
        .unwrap();
    let kind = |path: &str| repo.entry(&made, &rel(path)).unwrap().unwrap().kind;
    assert_eq!(kind("app/run.sh"), EntryKind::Executable);
    assert_eq!(kind("new.sh"), EntryKind::File);
    assert_eq!(kind("README.md"), EntryKind::Executable);
    assert_eq!(kind("app/link.py"), EntryKind::Symlink);
    let plain = repo.write_tree(&tree, &[put_as("app/run.sh", "#!/bin/sh\n", Mode::File)]).unwrap();
    assert_eq!(repo.entry(&plain, &rel("app/run.sh")).unwrap().unwrap().kind, EntryKind::File);
}

#[test]
fn a_link_is_neither_written_through_nor_silently_replaced() {
    let project = Project::new();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    assert!(matches!(repo.write_tree(&tree, &[put("alias/x", "x")]), Err(GitError::BelowSymlink { .. })));
    assert!(matches!(
        repo.write_tree(&tree, &[delete("alias/models.py")]),
        Err(GitError::BelowSymlink { .. })
    ));
    assert!(matches!(repo.write_tree(&tree, &[put("app/link.py", "x")]), Err(GitError::IsSymlink { .. })));
    let made = repo.write_tree(&tree, &[delete("alias"), put("alias/x", "x")]).unwrap();
    assert_eq!(repo.entry(&made, &rel("alias/x")).unwrap().unwrap().kind, EntryKind::File);
}

#[test]
fn files_and_folders_change_places_in_either_order() {
    let project = Project::new();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    for changes in
        [[delete("README.md"), put("README.md/a/b", "b")], [put("README.md/a/b", "b"), delete("README.md")]]
    {
        let made = repo.write_tree(&tree, &changes).unwrap();
        assert!(repo.entry(&made, &rel("README.md/a/b")).unwrap().is_some());
    }
    for changes in
        [[delete("deep/a/b/c.txt"), put("deep", "d")], [put("deep", "d"), delete("deep/a/b/c.txt")]]
    {
        let made = repo.write_tree(&tree, &changes).unwrap();
        assert_eq!(repo.entry(&made, &rel("deep")).unwrap().unwrap().kind, EntryKind::File);
    }
}

#[test]
fn a_folder_goes_with_its_last_file() {
    let project = Project::new();
    let repo = project.repo();
    let made = repo.write_tree(&repo.head().unwrap().tree, &[delete("deep/a/b/c.txt")]).unwrap();
    assert_eq!(repo.entry(&made, &rel("deep")).unwrap(), None);
}

#[test]
fn the_last_file_of_all_may_go() {
    let project = Project::empty();
    project.write("only", "x");
    project.commit_all("one");
    let repo = project.repo();
    let made = repo.write_tree(&repo.head().unwrap().tree, &[delete("only")]).unwrap();
    assert_eq!(made, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let project = Project::new();
    let repo = project.repo();
    let tree = repo.head().unwrap().tree;
    let refused = |changes: &[TreeChange]| repo.write_tree(&tree, changes).unwrap_err();
    assert!(matches!(refused(&[delete("nowhere")]), GitError::NoSuchFile { .. }));
    assert!(matches!(refused(&[delete("nowhere/x")]), GitError::NoSuchFile { .. }));
    assert!(matches!(refused(&[delete("deep")]), GitError::NoSuchFile { .. }));
    assert!(matches!(refused(&[put("deep", "x")]), GitError::InTheWay { .. }));
    assert!(matches!(refused(&[put("README.md/x", "x")]), GitError::InTheWay { .. }));
    assert!(matches!(refused(&[put("new", "x"), put("new/x", "x")]), GitError::InTheWay { .. }));
    assert!(matches!(refused(&[put("README.md", "x"), put("README.md/x", "x")]), GitError::InTheWay { .. }));
    assert!(matches!(refused(&[put("x", "x"), delete("x")]), GitError::Twice { .. }));
    let deep = vec!["a"; 2000].join("/");
    assert!(matches!(refused(&[put(&deep, "x")]), GitError::TooDeep { .. }));
}

#[test]
fn no_change_is_the_same_tree_and_checkpoints_are_reproducible() {
    let project = Project::new();
    let repo = project.repo();
    let head = repo.head().unwrap();
    assert_eq!(repo.write_tree(&head.tree, &[]).unwrap(), head.tree);
    let before = project.everything();
    let one = repo.checkpoint(&head.tree, &head.commit, "step 1", 1_700_000_000).unwrap();
    assert_eq!(one, repo.checkpoint(&head.tree, &head.commit, "step 1", 1_700_000_000).unwrap());
    assert_eq!(project.everything(), before);
    assert_eq!(
        project.git(&["log", "-1", "--format=%an <%ae> %at %cn %ct %P %s", &one]),
        format!("Aksara <aksara@localhost> 1700000000 Aksara 1700000000 {} step 1", head.commit)
    );
    project.git(&["fsck", "--strict"]);
}

#[test]
fn merges_are_clean_or_name_the_conflicts() {
    let project = Project::new();
    let repo = project.repo();
    let base = repo.head().unwrap().tree;
    let write = |changes: &[TreeChange]| repo.write_tree(&base, changes).unwrap();
    let ours = write(&[put("README.md", "hello\nours\n"), put("ours", "o")]);
    let theirs = write(&[put("app/models.py", "class Post:\n    x = 1\n"), put("theirs", "t")]);
    let Merged::Clean(merged) = repo.merge_trees(&base, &ours, &theirs).unwrap() else { panic!("conflict") };
    let both = write(&[
        put("README.md", "hello\nours\n"),
        put("ours", "o"),
        put("app/models.py", "class Post:\n    x = 1\n"),
        put("theirs", "t"),
    ]);
    assert_eq!(merged, both);
    let clash = write(&[put("README.md", "theirs\n"), delete("deep/a/b/c.txt")]);
    let ours = write(&[put("README.md", "ours\n"), put("deep/a/b/c.txt", "changed\n")]);
    assert_eq!(
        repo.merge_trees(&base, &ours, &clash).unwrap(),
        Merged::Conflicts(vec![rel("README.md"), rel("deep/a/b/c.txt")])
    );
}

/// Names around `/` in git's order, and few enough to meet each other as files and as folders.
fn any_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![Just("a"), Just("a-b"), Just("a.b"), Just("b"), Just("ü")], 1..4)
        .prop_map(|parts| parts.join("/"))
}

type Files = BTreeMap<String, (String, bool)>;

fn any_files() -> impl Strategy<Value = Files> {
    proptest::collection::btree_map(any_path(), ("[a-c]{0,3}", any::<bool>()), 0..8).prop_map(|mut files| {
        // A path that lies below another file cannot exist.
        let paths: Vec<String> = files.keys().cloned().collect();
        files.retain(|path, _| !paths.iter().any(|p| path.starts_with(&format!("{p}/"))));
        files
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_tree_equals_gits_own(old in any_files(), new in any_files()) {
        let project = Project::empty();
        project.commit_all("empty");
        let by_git = |files: &Files| {
            project.git(&["read-tree", "--empty"]);
            for (path, (content, executable)) in files {
                project.write("../content", content);
                let blob = project.git(&["hash-object", "-w", "--no-filters", "../content"]);
                let mode = if *executable { "100755" } else { "100644" };
                project.git(&["update-index", "--add", "--cacheinfo", &format!("{mode},{blob},{path}")]);
            }
            project.git(&["write-tree"])
        };
        let (old_tree, new_tree) = (by_git(&old), by_git(&new));
        let mut changes: Vec<TreeChange> = old
            .keys()
            .filter(|path| !new.contains_key(*path))
            .map(|path| delete(path))
            .collect();
        changes.extend(new.iter().filter(|(path, file)| old.get(*path) != Some(file)).map(
            |(path, (content, executable))| {
                put_as(path, content, if *executable { Mode::Executable } else { Mode::File })
            },
        ));
        let repo = project.repo();
        prop_assert_eq!(repo.write_tree(&old_tree, &changes).unwrap(), new_tree.clone());
        let mut paths: Vec<_> = changes.iter().map(|c| c.path.clone()).collect();
        paths.sort();
        prop_assert_eq!(repo.changed_paths(&old_tree, &new_tree).unwrap(), paths);
    }
}
