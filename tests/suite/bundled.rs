//! A program with the shipped plugins in it. What the `bundled` command does with them as its own child is looked at by
//! `.ci/install`, which builds it.

use std::path::{Path, PathBuf};

use aksara_protocol::abi::LinkedPlugin;
use aksara_runtime::{AgentRuntime, Error};
use aksara_testkit::{Project, plugin_folder};

use crate::{AKSARA, TAGGING};

static ALL_BUT_VIEWSET: &[LinkedPlugin] = &[
    aksara_plugin_command::LINKED,
    aksara_plugin_file::LINKED,
    aksara_plugin_migration::LINKED,
    aksara_plugin_model::LINKED,
    aksara_plugin_project::LINKED,
    aksara_plugin_serializer::LINKED,
    aksara_plugin_test::LINKED,
];
static VIEWSET: &[LinkedPlugin] = &[aksara_plugin_viewset::LINKED];

/// A folder with the library of one plugin, as a third party would bring it.
fn with_viewset(project: &Project) -> PathBuf {
    let folder = project.home().join("plugins");
    std::fs::create_dir_all(&folder).unwrap();
    let file = format!("libaksara_plugin_viewset{}", std::env::consts::DLL_SUFFIX);
    std::os::unix::fs::symlink(plugin_folder(Path::new(AKSARA)).join(&file), folder.join(&file)).unwrap();
    folder
}

fn runtime(project: &Project, linked: &'static [LinkedPlugin]) -> AgentRuntime {
    project.git(&["config", "user.name", "Test Person"]);
    project.git(&["config", "user.email", "person@example.com"]);
    AgentRuntime::builder(project.path())
        .plugins_linked(linked, "part of the test")
        .plugins(with_viewset(project), "another's")
        .plugins_in_process()
        .cache(project.home().join("cache"))
        .environment(project.environment())
        .build()
        .unwrap()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn plugins_of_the_program_and_libraries_work_together() {
    let project = Project::of("django-blog");
    let runtime = runtime(&project, ALL_BUT_VIEWSET);
    let findings = block(runtime.doctor()).unwrap();
    assert_eq!(
        findings[0].text,
        "command, file, migration, model, project, serializer, test (part of the test); viewset (another's)"
    );
    let result = block(runtime.execute(TAGGING)).unwrap();
    assert!(result.success, "{}", result.summary);
    assert!(project.read("blog/views.py").contains("class TagViewSet"));
}

#[test]
fn a_library_of_a_plugin_that_the_program_has_is_refused_with_both_places() {
    let project = Project::of("django-blog");
    match block(runtime(&project, VIEWSET).execute(TAGGING)) {
        Err(Error::PluginConflict { what, first, second, .. }) => {
            assert_eq!((what.as_str(), first), ("the name `viewset`", PathBuf::from("bundled:viewset")));
            assert!(second.starts_with(project.home()), "{}", second.display());
        }
        other => panic!("{other:?}"),
    }
}
