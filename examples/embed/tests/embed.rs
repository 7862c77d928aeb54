//! The example does the main job.

use aksara_testkit::{Project, plugin_folder};

const EXAMPLE: &str = env!("CARGO_BIN_EXE_aksara-example-embed");

#[test]
fn the_example_carries_out_a_request() {
    let Some(project) = Project::django_blog("the_example_carries_out_a_request") else { return };
    let output = project
        .command(EXAMPLE)
        .args([".", "Add a tagging system to the blog"])
        .arg(plugin_folder(EXAMPLE.as_ref()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("may step 1 do this?"), "it asks: {text}");
    assert!(text.contains("event: Landed"), "it listens: {text}");
    assert!(project.read("blog/models.py").contains("class Tag(models.Model)"));
    assert!(project.manage(&["test"]).contains("OK"));
}

#[test]
fn without_arguments_it_says_what_to_type() {
    let output = std::process::Command::new(EXAMPLE).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage: aksara-example-embed PROJECT REQUEST"));
}
