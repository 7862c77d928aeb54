//! Which project this is, and what is known of it at a snapshot.
//!
//! The stack's plugin does the reading; here its calls are made in the right order and their results kept.
//! Facts are computed before a step's executor is called, because no plugin is called while another waits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aksara_plugin_host::{Answer, CallError, CallLimits, HostCalls};
use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::{AppFacts, FactsQuery};
use aksara_protocol::wire::{Detected, FileFacts, HostRequest, Request, ScanReply, SourceFile};
use aksara_protocol::{BlobId, Diagnostic, ProjectFacts, RelPath};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::plugins::{Plugins, StackPlugin};
use crate::snapshot::{Found, Snapshot};
use crate::stage::hex;

/// How long one call about facts may take.
const FACTS_TIMEOUT: Duration = Duration::from_secs(60);

/// A project of a stack in a repository.
pub(crate) struct Project {
    stack: StackPlugin,
    detected: Detected,
    /// What can be carried out on the stack.
    step_types: Vec<String>,
    /// The framework that is installed, if that is known.
    framework: Option<[u32; 2]>,
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
    base: Mutex<Option<Arc<Base>>>,
    linked: Mutex<HashMap<String, Arc<ProjectFacts>>>,
    latest: Mutex<Option<Arc<Files>>>,
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

/// The files of a tree that the stack wants to see.
struct Base {
    tree: String,
    files: BTreeMap<RelPath, BlobId>,
}

/// The files of a snapshot that the stack wants to see, by how they differ from those of its tree.
struct Files {
    /// Another name for other files.
    name: String,
    base: Arc<Base>,
    /// New or other content; `None` if a file of the tree is gone.
    over: BTreeMap<RelPath, Option<BlobId>>,
}

impl Files {
    fn blob(&self, path: &RelPath) -> Option<&BlobId> {
        self.over.get(path).map_or_else(|| self.base.files.get(path), Option::as_ref)
    }

    fn all(&self) -> BTreeMap<RelPath, BlobId> {
        let mut all = self.base.files.clone();
        for (path, blob) in &self.over {
            match blob {
                Some(blob) => all.insert(path.clone(), blob.clone()),
                None => all.remove(path),
            };
        }
        all
    }

    /// What differs from `other` files of the same tree. Its cost is that of both plans' changes.
    fn differing_from(&self, other: &Self) -> Difference {
        let mut difference = Difference::default();
        for path in self.over.keys().chain(other.over.keys()) {
            match self.blob(path) {
                blob if blob == other.blob(path) => {}
                Some(blob) => _ = difference.changed.insert(path.clone(), blob.clone()),
                None => _ = difference.removed.insert(path.clone()),
            }
        }
        difference
    }
}

/// What is to be told of files to whoever knows others.
#[derive(Default)]
struct Difference {
    changed: BTreeMap<RelPath, BlobId>,
    removed: BTreeSet<RelPath>,
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
            step_types: plugins.step_types(Some(&stack.info.name)),
            framework: None,
            stack,
            detected,
            cancel: cancel.clone(),
        }))
    }

    /// Says which module has the project's settings: the `configured` one, if it is not empty; else what the project
    /// itself says, and `otherwise` where it says nothing.
    pub(crate) fn set_settings_module(&mut self, configured: &str, otherwise: Option<&str>) {
        const KEY: &str = "settings_module";
        let named = match otherwise {
            _ if !configured.is_empty() => Some(configured),
            Some(module) if !self.detected.data.contains_key(KEY) => Some(module),
            _ => None,
        };
        if let Some(module) = named {
            self.detected.data.insert(KEY.to_owned(), module.into());
        }
    }

    /// Says which version of its framework the project is worked on with.
    pub(crate) fn set_framework(&mut self, version: Option<[u32; 2]>) {
        self.framework = version;
    }

    pub(crate) fn stack(&self) -> &str {
        &self.stack.info.name
    }

    pub(crate) fn root(&self) -> &str {
        &self.detected.root
    }

    /// The facts of a snapshot. Only files that were never seen with this content are read again, and a plugin
    /// that can is only told what differs from the files that it linked last.
    pub(crate) fn facts(&self, snapshot: &Snapshot) -> Result<Arc<ProjectFacts>, Error> {
        let key = snapshot.key();
        if let Some(facts) = lock(&self.memory.linked).get(&key) {
            return Ok(Arc::clone(facts));
        }
        let files = Arc::new(self.files(snapshot, &key)?);
        let mut facts = ProjectFacts { step_types: self.step_types.clone(), ..self.link(snapshot, &files)? };
        facts.settings.framework = self.framework.or(facts.settings.framework);
        let facts = Arc::new(facts);
        let mut linked = lock(&self.memory.linked);
        if linked.len() >= MOST_LINKED {
            linked.clear();
        }
        linked.insert(key, Arc::clone(&facts));
        drop(linked);
        *lock(&self.memory.latest) = Some(files);
        Ok(facts)
    }

    fn link(&self, snapshot: &Snapshot, files: &Files) -> Result<ProjectFacts, Error> {
        let links_from = self.stack.links_from()?;
        let latest = lock(&self.memory.latest).clone();
        let latest = latest.filter(|l| links_from && Arc::ptr_eq(&l.base, &files.base));
        if let Some(latest) = latest {
            let Difference { changed, removed } = files.differing_from(&latest);
            let request = Request::LinkFrom {
                stack: self.stack.info.name.clone(),
                project: self.detected.clone(),
                base: latest.name.clone(),
                files: self.scan_all(snapshot, &changed)?,
                paths: changed.into_keys().collect(),
                removed: removed.into_iter().collect(),
                keep: Some(files.name.clone()),
            };
            match self.ask(&request, Arc::new(NoHost)) {
                // It was started anew, or keeps others by now: it is told all.
                Err(Error::Call(CallError::Step(why))) if why.code == codes::UNKNOWN_BASE => {}
                answer => return answer,
            }
        }
        let all = files.all();
        let request = Request::Link {
            stack: self.stack.info.name.clone(),
            project: self.detected.clone(),
            files: self.scan_all(snapshot, &all)?,
            paths: all.into_keys().collect(),
            keep: links_from.then(|| files.name.clone()),
        };
        self.ask(&request, Arc::new(NoHost))
    }

    /// Whether the files parse, as the stack sees it. Files that the stack does not know are not judged.
    pub(crate) fn check_files(&self, files: Vec<SourceFile>) -> Result<Vec<Diagnostic>, Error> {
        let files: Vec<SourceFile> = files.into_iter().filter(|f| self.wants(f.path.file_name())).collect();
        if files.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(&Request::CheckFiles { stack: self.stack.info.name.clone(), files }, Arc::new(NoHost))
    }

    fn wants(&self, name: &str) -> bool {
        self.stack.info.names.iter().any(|n| n == name)
            || self
                .stack
                .info
                .extensions
                .iter()
                .any(|e| name.strip_suffix(e.as_str()).is_some_and(|stem| stem.ends_with('.')))
    }

    fn base(&self, snapshot: &Snapshot) -> Result<Arc<Base>, Error> {
        let mut known = lock(&self.memory.base);
        if let Some(base) = known.as_ref().filter(|base| base.tree == snapshot.tree()) {
            return Ok(Arc::clone(base));
        }
        let mut files = BTreeMap::new();
        for dir in &self.detected.scan {
            files.extend(snapshot.base_files(dir, &|name| self.wants(name))?);
        }
        Ok(Arc::clone(known.insert(Arc::new(Base { tree: snapshot.tree().to_owned(), files }))))
    }

    fn files(&self, snapshot: &Snapshot, key: &str) -> Result<Files, Error> {
        let base = self.base(snapshot)?;
        let mut over = BTreeMap::new();
        for (path, blob) in snapshot.overlay() {
            let inside = || self.detected.scan.iter().any(|dir| path.is_below(dir));
            let was = base.files.get(path);
            if blob != was && (was.is_some() || (self.wants(path.file_name()) && inside())) {
                over.insert(path.clone(), blob.cloned());
            }
        }
        Ok(Files { name: hex(&Sha256::digest(key)), base, over })
    }

    /// What is known of each of these files, of those that say anything.
    fn scan_all(
        &self,
        snapshot: &Snapshot,
        files: &BTreeMap<RelPath, BlobId>,
    ) -> Result<Vec<FileFacts>, Error> {
        let mut known = Vec::new();
        for (path, blob) in files {
            let Scanned { facts, problem } = self.scan(snapshot, path, blob)?;
            if facts.is_some() || problem.is_some() {
                known.push(FileFacts { path: path.clone(), facts: facts.unwrap_or(Value::Null), problem });
            }
        }
        Ok(known)
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
    let wanted = |app: &&AppFacts| query.all || query.apps.contains(&app.label);
    ProjectFacts {
        apps: facts.apps.iter().filter(wanted).cloned().collect(),
        stack: facts.stack.clone(),
        root: facts.root.clone(),
        app_labels: facts.app_labels.clone(),
        model_labels: facts.model_labels.clone(),
        routers: facts.routers.clone(),
        urls: facts.urls.clone(),
        api_root: facts.api_root.clone(),
        api_urls: facts.api_urls.clone(),
        permissions: facts.permissions.clone(),
        test_data: facts.test_data.clone(),
        pytest: facts.pytest.clone(),
        settings: facts.settings.clone(),
        style: facts.style.clone(),
        skipped: facts.skipped.clone(),
        unresolved_imports: facts.unresolved_imports.clone(),
        not_installed: facts.not_installed.clone(),
        extra: facts.extra.clone(),
        step_types: Vec::new(),
    }
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
    Ok(stack.plugin.get()?.invoke_as(request, host, &limits)?)
}

/// For operations that may ask nothing.
struct NoHost;

impl HostCalls for NoHost {
    fn call(&self, request: HostRequest) -> Result<Answer, Diagnostic> {
        match request {
            HostRequest::Log { .. } => Answer::of(&()),
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
    fn call(&self, request: HostRequest) -> Result<Answer, Diagnostic> {
        match request {
            HostRequest::Read { paths } => read(&self.0, &paths),
            HostRequest::List { dir, recursive } => list(&self.0, &dir, recursive),
            HostRequest::Log { .. } => Answer::of(&()),
            HostRequest::Facts { .. } | HostRequest::Unknown => {
                Err(Diagnostic::new("not_allowed", "there are no facts yet while projects are looked for"))
            }
        }
    }
}

pub(crate) fn read(snapshot: &Snapshot, paths: &[RelPath]) -> Result<Answer, Diagnostic> {
    let replies = paths.iter().map(|p| snapshot.reply(p)).collect::<Result<Vec<_>, _>>();
    Answer::of(&replies.map_err(|e| Diagnostic::new("host_call_failed", e.to_string()))?)
}

pub(crate) fn list(snapshot: &Snapshot, dir: &str, recursive: bool) -> Result<Answer, Diagnostic> {
    let inside = dir.is_empty() || RelPath::new(dir).is_ok();
    if !inside {
        return Err(Diagnostic::new("bad_path", format!("`{dir}` is not a folder inside the repository")));
    }
    Answer::of(
        &snapshot.list(dir, recursive).map_err(|e| Diagnostic::new("host_call_failed", e.to_string()))?,
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The maps are only ever inserted into: a panic in between leaves them whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
