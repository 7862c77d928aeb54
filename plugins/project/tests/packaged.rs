//! Packages of apps with a project beside them to try them out, and INSTALLED_APPS that is put together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::testing::TestProject;

const MANAGE: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n";
const POST: &str = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=9)\n";

/// The facts of the project in `example/`, whose settings are `settings`, with `files` beside it.
fn example(settings: &str, files: &[(&str, &str)]) -> ProjectFacts {
    let mut project = TestProject::new(Some(&Django))
        .file("example/manage.py", MANAGE)
        .file("example/config/__init__.py", "")
        .file("example/config/settings.py", settings);
    for (path, text) in files {
        project = project.file(path, *text);
    }
    project.root = "example".to_owned();
    project.facts().unwrap()
}

#[test]
fn apps_beside_the_projects_folder_are_its_own() {
    for (settings, folder) in [
        ("INSTALLED_APPS = ['forum.posts']\n", ""),
        ("INSTALLED_APPS = ['forum.posts']\n", "src/"),
        ("from forum.defaults import *\n", ""),
    ] {
        let path = |name: &str| format!("{folder}forum/{name}");
        let found = example(
            settings,
            &[
                (&path("__init__.py"), ""),
                (&path("defaults.py"), "INSTALLED_APPS = ['forum.posts']\n"),
                (&path("posts/__init__.py"), ""),
                (&path("posts/models.py"), POST),
                ("other/__init__.py", ""),
                ("other/models.py", POST),
            ],
        );
        let app = &found.apps[0];
        assert_eq!((app.label.as_str(), app.module.as_str()), ("posts", "forum.posts"), "{settings}");
        assert_eq!(app.dir, path("posts"), "{settings}");
        assert_eq!(found.model_labels, ["posts.Post"], "{settings}");
        assert_eq!(found.root, "example");
        assert!(found.not_installed.is_empty(), "what the settings do not name is none of the project's");
    }
}

#[test]
fn what_stands_in_the_projects_folder_counts_before_what_is_above() {
    let files = [
        ("example/posts/__init__.py", ""),
        ("example/posts/models.py", POST),
        ("posts/__init__.py", ""),
        ("posts/models.py", POST),
    ];
    assert_eq!(example("INSTALLED_APPS = ['posts']\n", &files).apps[0].dir, "example/posts");
}

#[test]
fn a_file_that_cannot_be_read_hides_no_project() {
    let large = "# a fixture\n".repeat(100_000);
    let files = [
        ("example/config/data.py", large.as_str()),
        ("forum/__init__.py", ""),
        ("forum/models.py", POST),
        ("large/__init__.py", large.as_str()),
        ("docs/__init__.py", ""),
        ("docs/models.py", POST),
    ];
    let settings = "LABEL = 'docs'\nown = ['forum', 'large']\nINSTALLED_APPS = ['x', *own]\n";
    let found = example(settings, &files);
    assert_eq!(found.model_labels, ["forum.Post"]);
    assert!(found.not_installed.is_empty(), "what no list of apps names is not looked at");
}

#[test]
fn a_project_at_the_top_looks_for_no_package_above() {
    let project = TestProject::new(Some(&Django))
        .file("manage.py", MANAGE)
        .file("config/__init__.py", "")
        .file("config/settings.py", "import os\n\nINSTALLED_APPS = ['blog']\n")
        .file("blog/__init__.py", "");
    let _ = project.facts().unwrap();
    assert!(project.reads().iter().all(|path| path.file_name() != "__init__.py"), "{:?}", project.reads());
}

/// What INSTALLED_APPS is found to be in a project at the top, with the app `blog`.
fn installed(settings: &str) -> ProjectFacts {
    let project = TestProject::new(Some(&Django))
        .file("manage.py", MANAGE)
        .file("config/__init__.py", "")
        .file("config/settings.py", settings)
        .file("blog/__init__.py", "")
        .file("blog/models.py", POST);
    project.facts().unwrap()
}

#[test]
fn apps_that_are_chosen_from_a_list_are_known() {
    let list = "debug = 'toolbar' if DEBUG else None\nLISTED = ['rest_framework', debug, 'blog']\n";
    for computed in [
        "[app for app in LISTED if app]",
        "tuple(app for app in LISTED if app)",
        "list(LISTED)",
        "list(dict.fromkeys(LISTED + ['blog']))",
    ] {
        let found = installed(&format!("{list}INSTALLED_APPS = {computed}\n"));
        assert_eq!(found.settings.installed_apps, ["rest_framework", "toolbar", "blog"], "{computed}");
        assert_eq!(found.settings.apps_computed, None, "{computed}");
        assert_eq!(found.app_labels, ["blog"]);
    }
}

#[test]
fn apps_that_are_computed_are_said_to_be_and_are_not_said_to_be_unused() {
    let found = installed("import plugins\n\nINSTALLED_APPS = plugins.all()\n");
    let why = "INSTALLED_APPS is computed at config/settings.py:3, so it could not be read";
    assert_eq!(found.settings.apps_unknown.as_deref(), Some(why));
    assert_eq!(found.app_labels, ["blog"], "what looks like an app is taken for one");
    assert!(found.not_installed.is_empty());

    let found = installed("INSTALLED_APPS = ['rest_framework']\nINSTALLED_APPS += [f'{x}' for x in MORE]\n");
    assert_eq!(found.settings.apps_unknown, None);
    assert_eq!(found.settings.apps_computed.as_deref(), Some("config/settings.py:2"));
}

#[test]
fn the_settings_of_the_tests_are_known_where_they_have_apps_of_their_own() {
    let list = "INSTALLED_APPS = ['forum']\n";
    let found = |ini: &str, tests: &str| {
        let files = [
            ("pytest.ini", ini),
            ("forum/__init__.py", ""),
            ("forum/models.py", POST),
            ("forum/tests/settings_test.py", tests),
            ("tests/__init__.py", ""),
            ("tests/settings.py", tests),
        ];
        let for_tests = example(list, &files).settings.for_tests;
        for_tests.map(|settings| (settings.file.unwrap().to_string(), settings.installed_apps))
    };
    let own = "INSTALLED_APPS = ['forum', 'extra']\n";
    let apps = || vec!["forum".to_owned(), "extra".to_owned()];
    let inside = "[pytest]\naddopts = --ds=forum.tests.settings_test\n";
    assert_eq!(found(inside, own), Some(("forum/tests/settings_test.py".to_owned(), apps())));
    let beside = "[pytest]\nDJANGO_SETTINGS_MODULE = tests.settings\n";
    assert_eq!(found(beside, own), Some(("tests/settings.py".to_owned(), apps())));
    assert_eq!(found(beside, "from config.settings import *\n"), None, "the apps are the project's");
    assert_eq!(found("[pytest]\nDJANGO_SETTINGS_MODULE = config.settings\n", own), None);
    assert_eq!(found("[pytest]\n", own), None);
}
