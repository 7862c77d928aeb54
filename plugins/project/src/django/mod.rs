//! Django projects: where they are, what is in their files, and what it means together.
//!
//! [`Django::scan`](aksara_sdk::Stack::scan) reads one file at a time and knows nothing of the others; `link`
//! follows imports, settings and URLs across files. Both are pure, so the host may cache what they say.

mod config;
mod detect;
mod isort;
mod link;
mod migrations;
mod replay;
mod scan;
pub mod scanned;

use aksara_python::Source;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::{
    Context, Detected, Diagnostic, LinkInput, RelPath, ScanReply, SourceFile, Stack, StackInfo,
};

/// The stack `django`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Django;

/// Its name in facts and plans.
pub const NAME: &str = "django";

impl Stack for Django {
    fn info(&self) -> StackInfo {
        StackInfo {
            name: NAME.to_owned(),
            markers: vec![detect::MARKER.to_owned()],
            extensions: vec!["py".to_owned()],
            names: config::NAMES.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn detect(&self, markers: &[RelPath], cx: &Context<'_>) -> Result<Vec<Detected>, Diagnostic> {
        detect::detect(markers, cx)
    }

    fn scan(&self, file: &SourceFile) -> Result<ScanReply, Diagnostic> {
        scan::scan(file)
    }

    fn link(&self, input: &LinkInput) -> Result<ProjectFacts, Diagnostic> {
        link::link(input)
    }

    fn check_files(&self, files: &[SourceFile]) -> Vec<Diagnostic> {
        files
            .iter()
            .filter(|file| file.path.as_str().ends_with(".py"))
            .filter_map(|file| match Source::parse(&file.path, &file.text) {
                Ok(source) => source.syntax_error(),
                Err(refused) => Some(refused),
            })
            .collect()
    }
}
