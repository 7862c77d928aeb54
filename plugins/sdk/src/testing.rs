//! A test kit for authors: a plugin, some files, a step, in memory.
//!
//! [`TestProject`] is a host without a repository: it computes facts with the stack it is given, applies
//! outcomes to its files, and checks what every host checks (bases, bounds, a second application is a no-op).

use std::cell::RefCell;
use std::collections::BTreeMap;

use aksara_protocol::diagnostic::codes;
use aksara_protocol::edit::{Edit, apply_splices};
use aksara_protocol::facts::FactsQuery;
use aksara_protocol::outcome::Outcome;
use aksara_protocol::wire::{Detected, FileFacts, FileReply, HostRequest, SourceFile, StepInput};
use aksara_protocol::{BlobId, Diagnostic, JsonMap, ProjectFacts, RelPath, StepType};
use serde_json::Value;

use crate::{Context, Executor, Host, HostError, LinkInput, Stack};

/// Files in memory, and the stack that reads them.
pub struct TestProject<'s> {
    files: BTreeMap<RelPath, String>,
    base: BTreeMap<RelPath, String>,
    stack: Option<&'s dyn Stack>,
    reads: RefCell<Vec<RelPath>>,
    /// The project's folder inside the repository.
    pub root: String,
    /// The plan's clock.
    pub now: String,
}

impl<'s> TestProject<'s> {
    /// An empty project that is read by `stack`.
    #[must_use]
    pub fn new(stack: Option<&'s dyn Stack>) -> Self {
        Self {
            files: BTreeMap::new(),
            base: BTreeMap::new(),
            stack,
            reads: RefCell::default(),
            root: String::new(),
            now: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    /// Adds a file to the base and to the snapshot.
    ///
    /// # Panics
    /// If `path` is not a path inside the repository.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test kit fails its test")]
    pub fn file(mut self, path: &str, text: impl Into<String>) -> Self {
        let path = RelPath::new(path).expect("a path inside the repository");
        let text = text.into();
        self.base.insert(path.clone(), text.clone());
        self.files.insert(path, text);
        self
    }

    /// Puts a file into the snapshot, as an earlier step of the plan would; the base keeps what it has.
    ///
    /// # Panics
    /// If `path` is not a path inside the repository.
    #[allow(clippy::expect_used, reason = "a test kit fails its test")]
    pub fn change(&mut self, path: &str, text: impl Into<String>) {
        let path = RelPath::new(path).expect("a path inside the repository");
        self.files.insert(path, text.into());
    }

    /// Adds all files of a folder on disk.
    ///
    /// # Panics
    /// If the folder cannot be read.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test kit fails its test")]
    pub fn folder(mut self, dir: &std::path::Path) -> Self {
        let mut pending = vec![dir.to_owned()];
        while let Some(next) = pending.pop() {
            for entry in std::fs::read_dir(&next).expect("a readable folder") {
                let path = entry.expect("a readable entry").path();
                if path.is_dir() {
                    pending.push(path);
                } else if let Ok(text) = std::fs::read_to_string(&path) {
                    let relative = path.strip_prefix(dir).expect("below the folder").to_string_lossy();
                    self = self.file(&relative.replace('\\', "/"), text);
                }
            }
        }
        self
    }

    /// The content of a file of the snapshot.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The paths of the snapshot.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> {
        self.files.keys()
    }

    /// The facts of the snapshot.
    ///
    /// # Errors
    /// What the stack said.
    pub fn facts(&self) -> Result<ProjectFacts, Diagnostic> {
        self.facts_of(&self.files)
    }

    fn facts_of(&self, files: &BTreeMap<RelPath, String>) -> Result<ProjectFacts, Diagnostic> {
        let Some(stack) = self.stack else {
            return Err(Diagnostic::new("no_stack", "this test project has no stack"));
        };
        let info = stack.info();
        let markers: Vec<RelPath> =
            files.keys().filter(|p| info.markers.iter().any(|m| m == p.file_name())).cloned().collect();
        let wanted = |path: &RelPath| {
            info.names.iter().any(|n| n == path.file_name())
                || info
                    .extensions
                    .iter()
                    .any(|e| path.file_name().strip_suffix(e.as_str()).is_some_and(|s| s.ends_with('.')))
        };
        let host = TestHost { project: self, files };
        let project = stack
            .detect(&markers, &Context::new(&host))?
            .into_iter()
            .find(|d: &Detected| d.root == self.root)
            .ok_or_else(|| Diagnostic::new("not_detected", "the stack found no project at the root"))?;
        let mut facts = Vec::new();
        let mut paths = Vec::new();
        for (path, text) in files {
            if !wanted(path) || !project.scan.iter().any(|dir| path.is_below(dir)) {
                continue;
            }
            paths.push(path.clone());
            match stack.scan(&SourceFile { path: path.clone(), blob: blob_id(text), text: text.clone() }) {
                Ok(reply) => {
                    if let Some(value) = reply.facts {
                        facts.push(FileFacts { path: path.clone(), facts: value, problem: None });
                    }
                }
                Err(problem) => {
                    facts.push(FileFacts { path: path.clone(), facts: Value::Null, problem: Some(problem) });
                }
            }
        }
        stack.link(&LinkInput::new(project, facts, paths))
    }

    /// Runs a step on the snapshot without applying its outcome.
    ///
    /// # Errors
    /// What the executor said.
    pub fn execute(
        &self,
        executor: &dyn Executor,
        step_type: &str,
        params: Value,
    ) -> Result<Outcome, Diagnostic> {
        let step = StepInput {
            stack: self.stack.map_or_else(|| "*".to_owned(), |s| s.info().name),
            root: self.root.clone(),
            step_type: StepType::from(step_type),
            params: match params {
                Value::Object(map) => map,
                _ => JsonMap::new(),
            },
            description: step_type.to_owned(),
            now: self.now.clone(),
            runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        executor.check(&step)?;
        let host = TestHost { project: self, files: &self.files };
        executor.execute(&step, &Context::new(&host))
    }

    /// Runs a step, applies its outcome, and checks that running it again changes nothing.
    ///
    /// # Errors
    /// What the executor said, or what is wrong with its outcome.
    pub fn apply(
        &mut self,
        executor: &dyn Executor,
        step_type: &str,
        params: Value,
    ) -> Result<Outcome, Diagnostic> {
        let outcome = self.execute(executor, step_type, params.clone())?;
        for edit in &outcome.edits {
            self.apply_edit(edit)?;
        }
        if let Some(stack) = self.stack {
            let touched: Vec<SourceFile> = outcome
                .edits
                .iter()
                .filter_map(|e| {
                    let text = self.files.get(e.path())?;
                    e.path().as_str().ends_with(".py").then(|| SourceFile {
                        path: e.path().clone(),
                        blob: blob_id(text),
                        text: text.clone(),
                    })
                })
                .collect();
            if let Some(problem) = stack.check_files(&touched).into_iter().next() {
                return Err(problem);
            }
        }
        let again = self.execute(executor, step_type, params)?;
        if let Some(edit) = again.edits.first() {
            return Err(Diagnostic::new(
                "not_idempotent",
                format!("the step, run again on its own result, changes `{}` again", edit.path()),
            ));
        }
        Ok(outcome)
    }

    fn apply_edit(&mut self, edit: &Edit) -> Result<(), Diagnostic> {
        let bad = |text: String| Diagnostic::new("bad_edit", text);
        match edit {
            Edit::Create { path, text, .. } => {
                if self.files.insert(path.clone(), text.clone()).is_some() {
                    return Err(bad(format!("`{path}` is already there")));
                }
            }
            Edit::Update { path, base, splices } => {
                let old = self.files.get(path).ok_or_else(|| bad(format!("`{path}` is not there")))?;
                if blob_id(old) != *base {
                    return Err(bad(format!("`{path}` has another content than the edit's base")));
                }
                let new = apply_splices(old, splices).map_err(|e| bad(e.to_string()))?;
                self.files.insert(path.clone(), new);
            }
            Edit::Delete { path, .. } => {
                self.files.remove(path).ok_or_else(|| bad(format!("`{path}` is not there")))?;
            }
            Edit::Rename { path, to, .. } => {
                let text = self.files.remove(path).ok_or_else(|| bad(format!("`{path}` is not there")))?;
                self.files.insert(to.clone(), text);
            }
        }
        Ok(())
    }

    /// Every path that executors read so far.
    #[must_use]
    pub fn reads(&self) -> Vec<RelPath> {
        self.reads.borrow().clone()
    }
}

/// The largest file that is given out, in bytes, as by the runtime.
const MAX_FILE_BYTES: usize = 1024 * 1024;

struct TestHost<'p, 's> {
    project: &'p TestProject<'s>,
    files: &'p BTreeMap<RelPath, String>,
}

impl Host for TestHost<'_, '_> {
    fn call(&self, request: &[u8]) -> Result<Vec<u8>, HostError> {
        let broken = |e: serde_json::Error| HostError::Broken(e.to_string());
        let request: HostRequest = serde_json::from_slice(request).map_err(broken)?;
        let reply = match request {
            HostRequest::Read { paths } => {
                self.project.reads.borrow_mut().extend(paths.iter().cloned());
                let replies: Vec<FileReply> = paths
                    .iter()
                    .map(|p| match self.files.get(p) {
                        Some(text) if text.len() > MAX_FILE_BYTES => FileReply::Refused {
                            code: codes::TOO_LARGE.to_owned(),
                            reason: format!("it is larger than {MAX_FILE_BYTES} bytes"),
                        },
                        Some(text) => FileReply::Text { blob: blob_id(text), text: text.clone() },
                        None => FileReply::Absent,
                    })
                    .collect();
                serde_json::to_vec(&replies)
            }
            HostRequest::List { dir, recursive } => {
                let found: Vec<&RelPath> = self
                    .files
                    .keys()
                    .filter(|p| {
                        p.is_below(&dir)
                            && (recursive
                                || p.parent().map_or("", |_| p.as_str().rsplit_once('/').map_or("", |x| x.0))
                                    == dir)
                    })
                    .collect();
                serde_json::to_vec(&found)
            }
            HostRequest::Facts { query: FactsQuery { apps, all, base } } => {
                let files = if base { &self.project.base } else { self.files };
                let mut facts = self.project.facts_of(files).map_err(HostError::Refused)?;
                if !all {
                    facts.apps.retain(|a| apps.contains(&a.label));
                }
                serde_json::to_vec(&facts)
            }
            HostRequest::Log { .. } => serde_json::to_vec(&()),
            HostRequest::Unknown => return Err(HostError::Broken("unknown method".into())),
        };
        reply.map_err(broken)
    }

    fn cancelled(&self) -> bool {
        false
    }
}

/// An identity that changes with the content. Not git's: a test needs no more.
fn blob_id(text: &str) -> BlobId {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    BlobId::new(format!("{:016x}{:08x}", hasher.finish(), text.len()))
}
