//! The stack: how a project is recognised, and what is known of it.

use std::collections::BTreeMap;

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{AppFacts, ModelFacts, Place};
use aksara_sdk::{
    Context, Detected, Diagnostic, Label, LinkInput, RelPath, ScanReply, SourceFile, Stack, StackInfo,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

/// Projects with a `toy.txt`.
pub struct Toy;

/// A table's columns: name and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns(pub Vec<(String, String)>);

impl Stack for Toy {
    fn info(&self) -> StackInfo {
        StackInfo {
            name: "toy".into(),
            markers: vec!["toy.txt".into()],
            extensions: vec!["table".into()],
            names: Vec::new(),
        }
    }

    fn detect(&self, markers: &[RelPath], _: &Context<'_>) -> Result<Vec<Detected>, Diagnostic> {
        let root = |marker: &RelPath| marker.parent().map_or_else(String::new, |dir| dir.to_string());
        Ok(markers
            .iter()
            .map(|marker| Detected { root: root(marker), scan: vec![root(marker)], data: Map::new() })
            .collect())
    }

    fn scan(&self, file: &SourceFile) -> Result<ScanReply, Diagnostic> {
        Ok(ScanReply { facts: Some(json!(columns(file)?)) })
    }

    fn link(&self, input: &LinkInput) -> Result<ProjectFacts, Diagnostic> {
        let mut tables = BTreeMap::new();
        let mut models = Vec::new();
        for file in &input.files {
            // A file that was not understood has none.
            if let (Some(name), Ok(columns)) = (table_name(file.path()), file.facts::<Columns>()) {
                tables.insert(name.to_owned(), columns.clone());
                models.push(model(name, file.path()));
            }
        }
        // All tables are one app: templates and requests find them there.
        let app = AppFacts {
            label: "tables".into(),
            module: "tables".into(),
            dir: "tables".into(),
            models,
            ..AppFacts::default()
        };
        let mut facts = ProjectFacts {
            stack: "toy".into(),
            root: input.project.root.clone(),
            app_labels: vec![app.label.clone()],
            model_labels: app.models.iter().map(|model| model.label.clone()).collect(),
            apps: vec![app],
            ..ProjectFacts::default()
        };
        facts.extra.insert("tables".into(), json!(tables));
        Ok(facts)
    }

    fn check_files(&self, files: &[SourceFile]) -> Vec<Diagnostic> {
        files.iter().filter_map(|file| columns(file).err()).collect()
    }
}

/// The tables among the facts.
pub fn tables(facts: &ProjectFacts) -> BTreeMap<String, Columns> {
    let tables = facts.extra.get("tables").cloned().unwrap_or_default();
    serde_json::from_value(tables).unwrap_or_default()
}

/// A table as what templates know: a model. Its columns are of no interest to them.
fn model(table: &str, file: &RelPath) -> ModelFacts {
    let mut letters = table.chars();
    let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    ModelFacts::new(format!("tables.{name}"), Place { file: file.clone(), line: 1 })
}

fn table_name(path: &RelPath) -> Option<&str> {
    path.file_name().strip_suffix(".table")
}

fn columns(file: &SourceFile) -> Result<Columns, Diagnostic> {
    let mut columns = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some(name), Some(kind), None) => columns.push((name.to_owned(), kind.to_owned())),
            _ => {
                let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
                let label = Label { path: file.path.clone(), line, column: 1, len: 0, text: "here".into() };
                return Err(
                    Diagnostic::new("syntax_error", "a column is a name and a type").with_label(label)
                );
            }
        }
    }
    Ok(Columns(columns))
}
