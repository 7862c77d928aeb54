//! From a request to the executor or stack that answers it.

use std::sync::Arc;

use aksara_protocol::Diagnostic;
use aksara_protocol::PROTOCOL_VERSION;
use aksara_protocol::abi::Status;
use aksara_protocol::plugin::{Description, LINK_FROM};
use aksara_protocol::wire::{Request, StepInput};
use serde::Serialize;

use crate::link::Kept;
use crate::{Context, Executor, ExecutorInfo, Host, LinkInput, Stack, StackInfo};

/// A plugin's executors and stacks, ready to answer. The `plugin!` macro makes one for the library; tests make
/// one for themselves.
#[derive(Default)]
pub struct Plugin {
    name: String,
    version: String,
    executors: Vec<(ExecutorInfo, Box<dyn Executor>)>,
    stacks: Vec<(StackInfo, Box<dyn Stack>)>,
    kept: Kept,
}

impl Plugin {
    /// A plugin without executors yet.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into(), ..Self::default() }
    }

    /// Adds an executor.
    #[must_use]
    pub fn executor(mut self, executor: impl Executor) -> Self {
        self.executors.push((executor.info(), Box::new(executor)));
        self
    }

    /// Adds a stack.
    #[must_use]
    pub fn stack(mut self, stack: impl Stack) -> Self {
        self.stacks.push((stack.info(), Box::new(stack)));
        self
    }

    /// What the plugin says of itself.
    #[must_use]
    pub fn describe(&self) -> Description {
        Description {
            name: self.name.clone(),
            version: self.version.clone(),
            protocol: PROTOCOL_VERSION.to_owned(),
            executors: self.executors.iter().map(|(info, _)| info.clone()).collect(),
            stacks: self.stacks.iter().map(|(info, _)| info.clone()).collect(),
            features: if self.stacks.is_empty() { Vec::new() } else { vec![LINK_FROM.to_owned()] },
        }
    }

    /// Answers a request given as JSON, with a status and a reply as JSON.
    pub fn invoke(&self, request: &[u8], host: &dyn Host) -> (Status, Vec<u8>) {
        let request: Request = match serde_json::from_slice(request) {
            Ok(request) => request,
            Err(error) => {
                return failed(Status::BadRequest, &Diagnostic::new("bad_request", error.to_string()));
            }
        };
        let cx = Context::new(host);
        match request {
            Request::Detect { stack, markers } => match self.find_stack(&stack) {
                Ok(found) => answered(found.detect(&markers, &cx)),
                Err(error) => error,
            },
            Request::Scan { stack, file } => match self.find_stack(&stack) {
                Ok(found) => answered(found.scan(&file)),
                Err(error) => error,
            },
            Request::Link { stack, project, files, paths, keep } => match self.find_stack(&stack) {
                Ok(found) => self.link(found, &stack, LinkInput::new(project, files, paths), keep),
                Err(error) => error,
            },
            Request::LinkFrom { stack, project, base, files, paths, removed, keep } => {
                match self.find_stack(&stack) {
                    Ok(found) => match self.kept.find(&stack, &base, &project) {
                        Ok(input) => self.link(found, &stack, input.changed(files, paths, &removed), keep),
                        Err(unknown) => failed(Status::StepError, &unknown),
                    },
                    Err(error) => error,
                }
            }
            Request::CheckFiles { stack, files } => match self.find_stack(&stack) {
                Ok(found) => answered(Ok(found.check_files(&files))),
                Err(error) => error,
            },
            Request::CheckStep { step } => match self.find_executor(&step) {
                Ok(found) => answered(found.check(&step)),
                Err(error) => error,
            },
            Request::Execute { step } => match self.find_executor(&step) {
                Ok(found) => answered(found.execute(&step, &cx)),
                Err(error) => error,
            },
        }
    }

    fn link(
        &self,
        stack: &dyn Stack,
        name: &str,
        input: LinkInput,
        keep: Option<String>,
    ) -> (Status, Vec<u8>) {
        let input = Arc::new(input);
        if let Some(keep) = keep {
            self.kept.keep(name, keep, Arc::clone(&input));
        }
        answered(stack.link(&input))
    }

    fn find_stack(&self, name: &str) -> Result<&dyn Stack, (Status, Vec<u8>)> {
        self.stacks.iter().find(|(info, _)| info.name == name).map(|(_, stack)| stack.as_ref()).ok_or_else(
            || {
                failed(
                    Status::Unsupported,
                    &Diagnostic::new(
                        "unsupported",
                        format!("plugin `{}` does not know the stack `{name}`", self.name),
                    ),
                )
            },
        )
    }

    fn find_executor(&self, step: &StepInput) -> Result<&dyn Executor, (Status, Vec<u8>)> {
        let serves = |stack: &str| {
            self.executors
                .iter()
                .find(|(info, _)| info.stack == stack && info.step_type == step.step_type)
                .map(|(_, executor)| executor.as_ref())
        };
        serves(&step.stack).or_else(|| serves("*")).ok_or_else(|| {
            let text = format!(
                "plugin `{}` has no executor for `{}` on the stack `{}`",
                self.name, step.step_type, step.stack
            );
            failed(Status::Unsupported, &Diagnostic::new("unsupported", text))
        })
    }
}

fn answered<T: Serialize>(result: Result<T, Diagnostic>) -> (Status, Vec<u8>) {
    match result {
        Ok(value) => match serde_json::to_vec(&value) {
            Ok(bytes) => (Status::Ok, bytes),
            Err(error) => failed(Status::StepError, &Diagnostic::new("bad_reply", error.to_string())),
        },
        Err(diagnostic) => failed(Status::StepError, &diagnostic),
    }
}

fn failed(status: Status, diagnostic: &Diagnostic) -> (Status, Vec<u8>) {
    // A diagnostic is strings and numbers only; if it could not be written, an empty reply says as much.
    (status, serde_json::to_vec(diagnostic).unwrap_or_default())
}
