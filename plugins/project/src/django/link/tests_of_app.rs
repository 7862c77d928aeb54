//! Where an app's tests are, and what runs them.

use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::{TestFacts, TestLayout};

use super::super::scan::is_test_module;
use super::apps::{OwnApp, Tree, inside};

/// The tests of an app, as its files tell. `has_tests` says of a test module whether there is a test in it.
pub(super) fn read(app: &OwnApp, root: &str, tree: &Tree<'_>, has_tests: &dyn Fn(&str) -> bool) -> TestFacts {
    let package = inside(&app.dir, "tests");
    let module = tree.file(&inside(&app.dir, "tests.py"));
    let outside = inside(root, "tests");
    let outside_of_app = inside(&outside, &app.label);

    let (layout, path) = if tree.has_folder(&package) {
        (TestLayout::Package, RelPath::new(package).ok())
    } else if let Some(module) = module {
        let layout = if has_tests(module.as_str()) { TestLayout::Module } else { TestLayout::EmptyModule };
        (layout, Some(module))
    } else if tree.has_folder(&outside_of_app) {
        (TestLayout::Outside, RelPath::new(outside_of_app).ok())
    } else if tree.has_folder(&outside) {
        (TestLayout::Outside, RelPath::new(outside).ok())
    } else {
        (TestLayout::None, None)
    };
    let tests_below = |folder: &str| {
        let paths = tree.below(folder).into_iter().filter(|path| is_test(path));
        paths.filter_map(|path| RelPath::new(path).ok()).collect::<Vec<_>>()
    };
    let mut files = tests_below(&app.dir);
    if layout == TestLayout::Outside
        && let Some(folder) = &path
    {
        files.extend(tests_below(folder.as_str()));
    }
    TestFacts { layout, path, files, ..TestFacts::default() }
}

/// A module that a test runner collects.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_test_module(path) && name.ends_with(".py") && (name.starts_with("test") || name.ends_with("_test.py"))
}
