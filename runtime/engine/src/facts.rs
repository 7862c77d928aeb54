//! Which project this is, and what is known of it at a snapshot.
//!
//! The stack's plugin does the reading; here its calls are made in the right order and their results kept.
//! Facts are computed before a step's executor is called, because no plugin is called while another waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aksara_plugin_host::{CallError, CallLimits, HostCalls};
use aksara_protocol::facts::FactsQuery;
use aksara_protocol::wire::{Detected, FileFacts, HostRequest, Request, ScanReply, SourceFile};
use aksara_protocol::{BlobId, Diagnostic, ProjectFacts, RelPath};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cancel::Cancel;
use crate::error::Error;
use crate::plugins::{Plugins, StackPlugin};
use crate::snapshot::{Found, Snapshot};

/// How long one call about facts may take.
const FACTS_TIMEOUT: Duration = Duration::from_secs(60);

/// A project of a stack in a repository.
pub(crate) struct Project {
    stack: StackPlugin,
    detected: Detected,
    memory: Arc<Memory>,
    cancel: Cancel,
}

/// What a runtime learned of projects. Scanning and linking are pure, so what is known stays true: a run need not
/// learn again what its preview knew.
#[derive(Default)]
pub(crate) struct Known(Mutex<HashMap<String, Arc<Memory>>>);

#[derive(Default)]
struct Memory {
    scanned: Mutex<HashMap<(RelPath, BlobId), Scanned>>,
    listed: Mutex<Option<Listed>>,
    linked: Mutex<HashMap<String, Arc<ProjectFacts>>>,
}

/// How many snapshots' facts, and how many files' facts, are kept of a project.
const MOST_LINKED: usize = 128;
const MOST_SCANNED: usize = 100_000;

impl Known {
    fn memory(&self, stack: &str, detected: &Detected) -> Arc<Memory> {
        // What was detected decides what linking gives; two projects of one repository are two memories.
        let key = format!("{stack} {}", serde_json::to_string(detected).unwrap_or_default());
        Arc::clone(lock(&self.0).entry(key).or_default())
    }
}

/// The files of a base tree that the stack wants to see.
struct Listed {
    tree: String,
    files: Vec<(RelPath, BlobId)>,
}

#[derive(Clone)]
struct Scanned {
    facts: Option<Value>,
    problem: Option<Diagnostic>,
}

impl Project {
    /// The project that `folder` (inside the repository, `""` is its top) belongs to: the nearest one above it,
    /// else the only one in the repository. `None` if no plugin recognises any.
    ///
    /// # Errors
    /// Several projects, none of which holds the folder.
    pub(crate) fn find(
        plugins: &Plugins,
        snapshot: &Snapshot,
        folder: &str,
        known: &Known,
        cancel: &Cancel,
    ) -> Result<Option<Self>, Error> {
        let mut everywhere: Option<Vec<RelPath>> = None;
        let mut found: Vec<(StackPlugin, Detected)> = Vec::new();
        for stack in plugins.stacks() {
            // Above the folder first: that needs no walk over the repository.
            let mut above = Vec::new();
            let mut dir = Some(folder.to_owned());
            while let Some(here) = dir {
                for path in snapshot.list(&here, false)? {
                    if stack.info.markers.iter().any(|m| m == path.file_name()) {
                        above.push(path);
                    }
                }
                dir = match here.rsplit_once('/') {
                    Some((parent, _)) => Some(parent.to_owned()),
                    None if here.is_empty() => None,
                    None => Some(String::new()),
                };
            }
            let mut projects = detect(stack, above, snapshot, cancel)?;
            if projects.is_empty() {
                if everywhere.is_none() {
                    everywhere = Some(snapshot.list("", true)?);
                }
                let markers: Vec<RelPath> = everywhere
                    .iter()
                    .flatten()
                    .filter(|p| stack.info.markers.iter().any(|m| m == p.file_name()))
                    .cloned()
                    .collect();
                projects = detect(stack, markers, snapshot, cancel)?;
            } else {
                // The innermost project around the folder is the one that is meant.
                projects.sort_by_key(|p| std::cmp::Reverse(p.root.len()));
                projects.truncate(1);
            }
            found.extend(projects.into_iter().map(|p| (stack.clone(), p)));
        }
        if found.len() > 1 {
            return Err(Error::SeveralProjects {
                projects: found.iter().map(|(s, p)| (s.info.name.clone(), p.root.clone())).collect(),
            });
        }
        Ok(found.pop().map(|(stack, detected)| Self {
            memory: known.memory(&stack.info.name, &detected),
            stack,
            detected,
            cancel: cancel.clone(),
        }))
    }

    pub(crate) fn stack(&self) -> &str {
        &self.stack.info.name
    }

    pub(crate) fn root(&self) -> &str {
        &self.detected.root
    }

    /// The facts of a snapshot. Only files that were never seen with this content are read again.
    pub(crate) fn facts(&self, snapshot: &Snapshot) -> Result<Arc<ProjectFacts>, Error> {
        let key = snapshot.key();
        if let Some(facts) = lock(&self.memory.linked).get(&key) {
            return Ok(Arc::clone(facts));
        }
        let files = self.files(snapshot)?;
        let mut known = Vec::new();
        let mut paths = Vec::with_capacity(files.len());
        for (path, blob) in files {
            let scanned = self.scan(snapshot, &path, &blob)?;
            if scanned.facts.is_some() || scanned.problem.is_some() {
                known.push(FileFacts {
                    path: path.clone(),
                    facts: scanned.facts.unwrap_or(Value::Null),
                    problem: scanned.problem,
                });
            }
            paths.push(path);
        }
        let request = Request::Link {
            stack: self.stack.info.name.clone(),
            project: self.detected.clone(),
            files: known,
            paths,
        };
        let facts: Arc<ProjectFacts> = Arc::new(self.ask(&request, Arc::new(NoHost))?);
        let mut linked = lock(&self.memory.linked);
        if linked.len() >= MOST_LINKED {
            linked.clear();
        }
        linked.insert(key, Arc::clone(&facts));
        drop(linked);
        Ok(facts)
    }

    /// Whether the files parse, as the stack sees it. Files that the stack does not know are not judged.
    pub(crate) fn check_files(&self, files: Vec<SourceFile>) -> Result<Vec<Diagnostic>, Error> {
        let files: Vec<SourceFile> = files.into_iter().filter(|f| self.wants(&f.path)).collect();
        if files.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(&Request::CheckFiles { stack: self.stack.info.name.clone(), files }, Arc::new(NoHost))
    }

    fn wants(&self, path: &RelPath) -> bool {
        let name = path.file_name();
        self.stack.info.names.iter().any(|n| n == name)
            || self
                .stack
                .info
                .extensions
                .iter()
                .any(|e| name.strip_suffix(e.as_str()).is_some_and(|stem| stem.ends_with('.')))
    }

    fn files(&self, snapshot: &Snapshot) -> Result<Vec<(RelPath, BlobId)>, Error> {
        let inside =
            |path: &RelPath| self.detected.scan.iter().any(|dir| path.is_below(dir)) && self.wants(path);
        let mut base = lock(&self.memory.listed);
        if base.as_ref().is_none_or(|listed| listed.tree != snapshot.tree()) {
            let mut files = Vec::new();
            for dir in &self.detected.scan {
                files.extend(snapshot.base_files(dir)?.into_iter().filter(|(path, _)| self.wants(path)));
            }
            *base = Some(Listed { tree: snapshot.tree().to_owned(), files });
        }
        let mut files: std::collections::BTreeMap<RelPath, BlobId> =
            base.iter().flat_map(|listed| listed.files.iter().cloned()).collect();
        for (path, blob) in snapshot.overlay() {
            match blob {
                Some(blob) if inside(path) => {
                    files.insert(path.clone(), blob.clone());
                }
                Some(_) => {}
                None => {
                    files.remove(path);
                }
            }
        }
        Ok(files.into_iter().collect())
    }

    fn scan(&self, snapshot: &Snapshot, path: &RelPath, blob: &BlobId) -> Result<Scanned, Error> {
        let key = (path.clone(), blob.clone());
        if let Some(scanned) = lock(&self.memory.scanned).get(&key) {
            return Ok(scanned.clone());
        }
        let scanned = match snapshot.file(path)? {
            Found::Text(file) => {
                let request = Request::Scan {
                    stack: self.stack.info.name.clone(),
                    file: SourceFile { path: path.clone(), blob: file.blob, text: file.text.to_string() },
                };
                match self.ask::<ScanReply>(&request, Arc::new(NoHost)) {
                    Ok(reply) => Scanned { facts: reply.facts, problem: None },
                    Err(Error::Call(CallError::Step(problem))) => {
                        Scanned { facts: None, problem: Some(problem) }
                    }
                    Err(error) => return Err(error),
                }
            }
            Found::Absent => Scanned { facts: None, problem: None },
            Found::Refused { code, reason } => {
                Scanned { facts: None, problem: Some(Diagnostic::new(code, reason)) }
            }
        };
        let mut known = lock(&self.memory.scanned);
        if known.len() >= MOST_SCANNED {
            known.clear();
        }
        known.insert(key, scanned.clone());
        drop(known);
        Ok(scanned)
    }

    fn ask<T: DeserializeOwned>(&self, request: &Request, host: Arc<dyn HostCalls>) -> Result<T, Error> {
        ask(&self.stack, request, host, &self.cancel)
    }
}

/// The part of the facts that a query asks for.
pub(crate) fn select(facts: &ProjectFacts, query: &FactsQuery) -> ProjectFacts {
    let mut part = facts.clone();
    if !query.all {
        part.apps.retain(|a| query.apps.contains(&a.label));
    }
    part
}

fn detect(
    stack: &StackPlugin,
    markers: Vec<RelPath>,
    snapshot: &Snapshot,
    cancel: &Cancel,
) -> Result<Vec<Detected>, Error> {
    if markers.is_empty() {
        return Ok(Vec::new());
    }
    let request = Request::Detect { stack: stack.info.name.clone(), markers };
    ask(stack, &request, Arc::new(ReadOnly(snapshot.clone())), cancel)
}

fn ask<T: DeserializeOwned>(
    stack: &StackPlugin,
    request: &Request,
    host: Arc<dyn HostCalls>,
    cancel: &Cancel,
) -> Result<T, Error> {
    let limits = CallLimits { timeout: FACTS_TIMEOUT, cancelled: cancel.flag() };
    let reply = stack.plugin.get()?.invoke(request, host, &limits)?;
    serde_json::from_value(reply)
        .map_err(|e| Error::BadReply { plugin: stack.plugin.name().to_owned(), reason: e.to_string() })
}

/// For operations that may ask nothing.
struct NoHost;

impl HostCalls for NoHost {
    fn call(&self, request: HostRequest) -> Result<Value, Diagnostic> {
        match request {
            HostRequest::Log { .. } => Ok(Value::Null),
            _ => Err(Diagnostic::new(
                "not_allowed",
                "this operation is pure and may not ask the host for anything",
            )),
        }
    }
}

/// For `detect`: files, no facts.
struct ReadOnly(Snapshot);

impl HostCalls for ReadOnly {
    fn call(&self, request: HostRequest) -> Result<Value, Diagnostic> {
        match request {
            HostRequest::Read { paths } => read(&self.0, &paths),
            HostRequest::List { dir, recursive } => list(&self.0, &dir, recursive),
            HostRequest::Log { .. } => Ok(Value::Null),
            HostRequest::Facts { .. } | HostRequest::Unknown => {
                Err(Diagnostic::new("not_allowed", "there are no facts yet while projects are looked for"))
            }
        }
    }
}

pub(crate) fn read(snapshot: &Snapshot, paths: &[RelPath]) -> Result<Value, Diagnostic> {
    let replies = paths.iter().map(|p| snapshot.reply(p)).collect::<Result<Vec<_>, _>>();
    to_value(&replies.map_err(|e| Diagnostic::new("host_call_failed", e.to_string()))?)
}

pub(crate) fn list(snapshot: &Snapshot, dir: &str, recursive: bool) -> Result<Value, Diagnostic> {
    let inside = dir.is_empty() || RelPath::new(dir).is_ok();
    if !inside {
        return Err(Diagnostic::new("bad_path", format!("`{dir}` is not a folder inside the repository")));
    }
    to_value(&snapshot.list(dir, recursive).map_err(|e| Diagnostic::new("host_call_failed", e.to_string()))?)
}

pub(crate) fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, Diagnostic> {
    serde_json::to_value(value).map_err(|e| Diagnostic::new("host_call_failed", e.to_string()))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The maps are only ever inserted into: a panic in between leaves them whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
