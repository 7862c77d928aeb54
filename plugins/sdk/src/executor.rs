//! What a plugin implements.

use aksara_protocol::diagnostic::codes;
use aksara_protocol::{Diagnostic, JsonMap, ProjectFacts, RelPath};
use serde::de::DeserializeOwned;

use crate::{
    Context, Detected, ExecutorInfo, LinkInput, Outcome, ScanReply, SourceFile, StackInfo, StepInput,
};

/// Carries out the steps of one type on one stack.
pub trait Executor: Send + Sync + 'static {
    /// The pair, the params' schema, the effects, examples.
    fn info(&self) -> ExecutorInfo;

    /// Cheap validation that the schema cannot express. Reads nothing.
    ///
    /// # Errors
    /// What is wrong with the params.
    fn check(&self, _step: &StepInput) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// What the step means on this snapshot. Called once for the preview and again for the run, and once more on
    /// its own result, where it must answer an outcome without edits.
    ///
    /// # Errors
    /// Why the step cannot be done safely: refuse with a reason rather than guess.
    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic>;
}

/// Recognises and reads the projects of one stack.
pub trait Stack: Send + Sync + 'static {
    /// The name, the marker files, the files to scan.
    fn info(&self) -> StackInfo;

    /// The projects that the markers belong to.
    ///
    /// # Errors
    /// A marker that cannot be understood.
    fn detect(&self, markers: &[RelPath], cx: &Context<'_>) -> Result<Vec<Detected>, Diagnostic>;

    /// One file's facts. Must depend on the path and the text only: the host caches it.
    ///
    /// # Errors
    /// Why the file was not understood; it is reported, and the rest of the project goes on without it.
    fn scan(&self, file: &SourceFile) -> Result<ScanReply, Diagnostic>;

    /// Puts the facts of all files together. Must depend on the input only: files that did not change since the
    /// call before may be the very same objects.
    ///
    /// # Errors
    /// Why no facts can be given at all.
    fn link(&self, input: &LinkInput) -> Result<ProjectFacts, Diagnostic>;

    /// What is wrong with the syntax of these files; empty if nothing is.
    fn check_files(&self, files: &[SourceFile]) -> Vec<Diagnostic>;
}

/// Reads a step's params as `T`.
///
/// # Errors
/// [`codes::BAD_PARAMS`] with serde's sentence.
pub fn params<T: DeserializeOwned>(params: &JsonMap) -> Result<T, Diagnostic> {
    serde_json::from_value(serde_json::Value::Object(params.clone()))
        .map_err(|e| Diagnostic::new(codes::BAD_PARAMS, format!("the step's params are not right: {e}")))
}
