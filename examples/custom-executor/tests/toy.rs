//! The executors on a project in memory: no Aksara is needed.

use aksara_plugin_toy::{CreateModel, Toy, WriteIndex};
use aksara_sdk::testing::TestProject;
use serde_json::json;

#[test]
fn a_later_step_sees_what_an_earlier_one_made() {
    let mut project = TestProject::new(Some(&Toy)).file("toy.txt", "");
    let tag = json!({ "model": "tables.Tag", "fields": [{ "name": "label", "type": "string" }] });
    project.apply(&CreateModel, "create_model", tag).unwrap();
    project.apply(&WriteIndex, "write_index", json!({})).unwrap();
    assert_eq!(project.text("tables/tag.table"), Some("label string\n"));
    assert_eq!(project.text("TABLES.md"), Some("# Tables\n\n## tag\n\n- label: string\n"));
}

#[test]
fn another_table_of_the_same_name_is_refused() {
    let project = TestProject::new(Some(&Toy)).file("toy.txt", "").file("tables/tag.table", "other int\n");
    let error = project.execute(&CreateModel, "create_model", json!({ "model": "tables.Tag" })).unwrap_err();
    assert_eq!(error.code, "name_taken");
}
