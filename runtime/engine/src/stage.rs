//! One step on one snapshot: the same function for preview, dry run and run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aksara_plugin_host::{Answer, CallLimits, HostCalls};
use aksara_protocol::command::Command;
use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::{FactsQuery, UnresolvedImport};
use aksara_protocol::outcome::{Manual, NoteLevel, Outcome};
use aksara_protocol::step::CodeFrom;
use aksara_protocol::wire::{HostRequest, Request, SourceFile, StepInput};
use aksara_protocol::{BlobId, ChangeHash, CodeHash, Diagnostic, Edit, ProjectFacts, RelPath, Step};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::facts::{self, Project};
use crate::plugins::{Executor, Plugins};
use crate::session::TemplatesOnce;
use crate::snapshot::{FileChange, Found, Snapshot};

/// Where steps are carried out.
pub(crate) struct Stage<'a> {
    pub(crate) plugins: &'a Plugins,
    /// Read only for a step that is to be filled in from its description; absent where none is.
    pub(crate) templates: Option<&'a TemplatesOnce>,
    pub(crate) project: Option<&'a Project>,
    /// The snapshot before the plan's first step.
    pub(crate) base: Snapshot,
    /// The plan's clock.
    pub(crate) now: &'a str,
    /// How long a step may take if it does not say.
    pub(crate) timeout: Duration,
    pub(crate) cancel: &'a Cancel,
}

/// What a step does on a snapshot.
#[derive(Clone, Default)]
pub(crate) struct Staged {
    pub(crate) changes: Vec<FileChange>,
    pub(crate) commands: Vec<Command>,
    pub(crate) manual: Option<Manual>,
    /// Everything the step looked at: contents, and the files behind the facts it asked for.
    pub(crate) reads: BTreeMap<RelPath, Option<BlobId>>,
    /// Those of `reads` whose content it asked for.
    pub(crate) contents: BTreeSet<RelPath>,
    pub(crate) file: Option<RelPath>,
    pub(crate) code: Option<String>,
    pub(crate) destructive: bool,
    /// Why no result is accepted without the step.
    pub(crate) required: Option<String>,
    pub(crate) risks: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl Staged {
    /// The change of all files, as a unified diff.
    pub(crate) fn diff(&self) -> String {
        self.changes.iter().map(FileChange::diff).collect()
    }

    pub(crate) fn change_hash(&self) -> ChangeHash {
        let mut hash = Sha256::new();
        for change in &self.changes {
            let text = |file: Option<&crate::snapshot::File>| file.map_or("", |f| &*f.text).to_owned();
            hash.update(change.path.as_str());
            hash.update([0, u8::from(change.old.is_some()), u8::from(change.new.is_some())]);
            hash.update(
                crate::diff::change_hash(&text(change.old.as_ref()), &text(change.new.as_ref())).as_str(),
            );
        }
        for command in &self.commands {
            hash.update(serde_json::to_vec(command).unwrap_or_default());
        }
        ChangeHash::new(hex(&hash.finalize()))
    }
}

impl Stage<'_> {
    /// Carries out `step` on `snapshot`, which afterwards holds the step's edits. On an error it is as it was.
    ///
    /// # Errors
    /// Params that do not fit, an executor that refuses or fails, an edit that cannot be applied, a file that
    /// would not parse.
    pub(crate) fn carry_out(&self, step: &Step, snapshot: &mut Snapshot) -> Result<Staged, Error> {
        let executor = self.plugins.executor(self.project.map(Project::stack), &step.step_type)?;
        check_params(executor, step)?;
        let host = Arc::new(StepHost {
            snapshot: snapshot.clone(),
            facts: self.project.map(|p| p.facts(snapshot)).transpose()?,
            base_facts: self.project.map(|p| p.facts(&self.base)).transpose()?,
            seen: Mutex::default(),
        });
        let mut outcome = self.execute(executor, step, Arc::clone(&host) as Arc<dyn HostCalls>)?;
        let code = code_of(&outcome);
        let mut warnings = Vec::new();
        let edited = step.code_from == CodeFrom::Edited;
        if edited
            && let Some(wanted) = &step.code
            && !outcome.edits.is_empty()
            && !put_code(&mut outcome, wanted)
        {
            return Err(Diagnostic::new(
                "no_code",
                "the step has no code that could be replaced by the edited one",
            )
            .with_help("remove `code` from the step, or set `code_from` to \"generated\"")
            .into());
        }
        let mut after = snapshot.clone();
        end_lines_as_others(&mut outcome.edits, snapshot)?;
        let changes = after.apply(&outcome.edits)?;
        self.check_files(&changes)?;
        *snapshot = after;
        let seen = std::mem::take(&mut *host.seen.lock().unwrap_or_else(PoisonError::into_inner));
        if edited
            && outcome.edits.is_empty()
            && let Some(wanted) = &step.code
            && !is_there(wanted, seen.reads.keys(), snapshot)?
        {
            return Err(Diagnostic::new(
                codes::REFUSED,
                "what the step makes is there already, and not as the edited code has it",
            )
            .with_help("make the change in the file itself, or remove `code` from the step")
            .into());
        }
        let mut notes = Vec::new();
        for note in &outcome.notes {
            match note.level {
                NoteLevel::Info => notes.push(note.text.clone()),
                NoteLevel::Warning => warnings.push(note.text.clone()),
            }
        }
        Ok(Staged {
            file: outcome.file.clone().or_else(|| outcome.edits.first().map(|e| e.path().clone())),
            code: if edited { step.code.clone() } else { code },
            changes,
            commands: outcome.commands,
            manual: outcome.manual,
            reads: seen.reads,
            contents: seen.contents,
            destructive: outcome.destructive,
            required: outcome.required,
            risks: outcome.risks,
            notes,
            warnings,
        })
    }

    /// Checks that the step, carried out once more on its own result, changes nothing.
    ///
    /// # Errors
    /// [`Diagnostic`] `not_idempotent` naming the file that would change again.
    pub(crate) fn check_second_time(&self, step: &Step, after: &Snapshot) -> Result<(), Error> {
        let executor = self.plugins.executor(self.project.map(Project::stack), &step.step_type)?;
        let host = Arc::new(StepHost {
            snapshot: after.clone(),
            facts: self.project.map(|p| p.facts(after)).transpose()?,
            base_facts: self.project.map(|p| p.facts(&self.base)).transpose()?,
            seen: Mutex::default(),
        });
        let outcome = self.execute(executor, step, host)?;
        match outcome.edits.first() {
            None => Ok(()),
            Some(edit) => Err(Diagnostic::new(
                "not_idempotent",
                format!(
                    "plugin `{}`, asked again after its own edit, would change `{}` again",
                    executor.plugin.description().name,
                    edit.path()
                ),
            )
            .with_help("this is a fault of the plugin; nothing was written")
            .into()),
        }
    }

    /// Imports inside the project that led somewhere before and lead nowhere after.
    ///
    /// # Errors
    /// The facts cannot be given.
    pub(crate) fn broken_imports(
        &self,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Result<Vec<UnresolvedImport>, Error> {
        let Some(project) = self.project else { return Ok(Vec::new()) };
        let (before, after) = (project.facts(before)?, project.facts(after)?);
        let known = |import: &UnresolvedImport| {
            before
                .unresolved_imports
                .iter()
                .any(|b| b.file == import.file && b.module == import.module && b.name == import.name)
        };
        Ok(after.unresolved_imports.iter().filter(|i| !known(i)).cloned().collect())
    }

    /// All that the step's executor is told.
    pub(crate) fn input(&self, step: &Step) -> StepInput {
        let (stack, root) = self.project.map_or(("", ""), |p| (p.stack(), p.root()));
        StepInput::of(step, stack, root, self.now)
    }

    fn execute(&self, executor: &Executor, step: &Step, host: Arc<dyn HostCalls>) -> Result<Outcome, Error> {
        let request = Request::Execute { step: self.input(step) };
        let timeout = step.timeout_seconds.map_or(self.timeout, Duration::from_secs);
        let limits = CallLimits { timeout, cancelled: self.cancel.flag() };
        Ok(executor.plugin.invoke_as(&request, host, &limits)?)
    }

    fn check_files(&self, changes: &[FileChange]) -> Result<(), Error> {
        let Some(project) = self.project else { return Ok(()) };
        let files: Vec<SourceFile> = changes
            .iter()
            .filter_map(|c| {
                let file = c.new.as_ref()?;
                Some(SourceFile {
                    path: c.path.clone(),
                    blob: file.blob.clone(),
                    text: file.text.to_string(),
                })
            })
            .collect();
        match project.check_files(files)?.into_iter().next() {
            None => Ok(()),
            Some(problem) => {
                let cause = format!("the file after the edit: {}", problem.message);
                Err(Diagnostic {
                    message: "the edit was refused: its result would not parse".to_owned(),
                    ..problem
                }
                .with_cause(cause)
                .into())
            }
        }
    }
}

fn check_params(executor: &Executor, step: &Step) -> Result<(), Error> {
    let validator = executor.validator()?;
    let params = Value::Object(step.params.clone());
    let problems: Vec<String> = validator
        .iter_errors(&params)
        .map(|e| {
            let at = e.instance_path().to_string();
            if at.is_empty() { e.to_string() } else { format!("params{at}: {e}") }
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Diagnostic::new(
        aksara_protocol::diagnostic::codes::BAD_PARAMS,
        format!("the params of `{}` are not right: {}", step.step_type, problems.join("; ")),
    )
    .into())
}

/// The step's code in an outcome: the marked fragment, else the whole of the first new file.
fn code_of(outcome: &Outcome) -> Option<String> {
    let marked = outcome.edits.iter().find_map(|edit| match edit {
        Edit::Update { splices, .. } => splices.iter().find_map(|s| s.code().map(str::to_owned)),
        _ => None,
    });
    marked.or_else(|| {
        whole_file(outcome).map(|index| match &outcome.edits[index] {
            Edit::Create { text, .. } => text.clone(),
            _ => String::new(),
        })
    })
}

/// The new file that is the step's code: the outcome's file, else the first that is made and not empty.
fn whole_file(outcome: &Outcome) -> Option<usize> {
    let is_main = |edit: &Edit| outcome.file.as_ref().is_none_or(|f| f == edit.path());
    outcome
        .edits
        .iter()
        .position(|e| matches!(e, Edit::Create { text, .. } if !text.is_empty() && is_main(e)))
}

/// Gives new files the line endings of the files of their kind beside them.
fn end_lines_as_others(edits: &mut [Edit], snapshot: &Snapshot) -> Result<(), Error> {
    for edit in edits {
        if let Edit::Create { path, text, .. } = edit
            && !text.contains('\r')
            && has_crlf_beside(path, snapshot)?
        {
            *text = text.replace('\n', "\r\n");
        }
    }
    Ok(())
}

/// Whether most files with the extension of `path` end their lines with CRLF: of the nearest folder that has any.
fn has_crlf_beside(path: &RelPath, snapshot: &Snapshot) -> Result<bool, Error> {
    /// How many files tell.
    const SOME: usize = 9;
    let extension = |path: &RelPath| path.file_name().rsplit_once('.').map(|(_, end)| end.to_owned());
    let Some(wanted) = extension(path) else { return Ok(false) };
    let mut folder = path.parent();
    loop {
        let (mut crlf, mut all) = (0, 0);
        for other in snapshot.list(folder.as_ref().map_or("", RelPath::as_str), false)? {
            if all == SOME {
                break;
            }
            if extension(&other).as_ref() == Some(&wanted)
                && let Found::Text(file) = snapshot.file(&other)?
                && let Some(end) = file.text.find('\n')
            {
                all += 1;
                crlf += usize::from(file.text[..end].ends_with('\r'));
            }
        }
        if all > 0 {
            return Ok(crlf * 2 > all);
        }
        let Some(inner) = folder else { return Ok(false) };
        folder = inner.parent();
    }
}

/// Whether one of the files has the code, wherever its lines end.
fn is_there<'p>(
    code: &str,
    mut paths: impl Iterator<Item = &'p RelPath>,
    snapshot: &Snapshot,
) -> Result<bool, Error> {
    paths.try_fold(false, |found, path| {
        let has = |text: &str| text.replace("\r\n", "\n").contains(code.replace("\r\n", "\n").trim());
        Ok(found || matches!(snapshot.file(path)?, Found::Text(file) if has(&file.text)))
    })
}

/// Puts the edited code where the generated one is. False if there is no such place.
fn put_code(outcome: &mut Outcome, code: &str) -> bool {
    for edit in &mut outcome.edits {
        let Edit::Update { splices, .. } = edit else { continue };
        for splice in splices {
            if let Some(f) = splice.fragment
                && splice.text.get(f.start..f.end).is_some()
            {
                splice.text.replace_range(f.start..f.end, code);
                splice.fragment =
                    Some(aksara_protocol::Fragment { start: f.start, end: f.start + code.len() });
                return true;
            }
        }
    }
    match whole_file(outcome).map(|index| &mut outcome.edits[index]) {
        Some(Edit::Create { text, .. }) => {
            code.clone_into(text);
            true
        }
        _ => false,
    }
}

/// The hash of a code.
pub(crate) fn code_hash(code: &str) -> CodeHash {
    CodeHash::new(hex(&Sha256::digest(code.as_bytes())))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}

#[derive(Default)]
struct Seen {
    reads: BTreeMap<RelPath, Option<BlobId>>,
    contents: BTreeSet<RelPath>,
}

/// Answers a step's executor, and writes down what it looked at.
struct StepHost {
    snapshot: Snapshot,
    facts: Option<Arc<ProjectFacts>>,
    base_facts: Option<Arc<ProjectFacts>>,
    seen: Mutex<Seen>,
}

impl StepHost {
    fn saw(&self, paths: impl IntoIterator<Item = RelPath>, content: bool) -> Result<(), Diagnostic> {
        for path in paths {
            let blob =
                self.snapshot.blob(&path).map_err(|e| Diagnostic::new("host_call_failed", e.to_string()))?;
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if content {
                seen.contents.insert(path.clone());
            }
            seen.reads.insert(path, blob);
        }
        Ok(())
    }

    fn facts(&self, query: &FactsQuery) -> Result<Answer, Diagnostic> {
        let facts = if query.base { &self.base_facts } else { &self.facts };
        let Some(facts) = facts else {
            return Err(Diagnostic::new(
                "no_project",
                "there are no facts: no project of a known stack was found",
            )
            .with_help("run the command in a project; `aksara doctor` says what is found"));
        };
        let answer = facts::select(facts, query);
        if !query.base {
            self.saw(answer.sources(), false)?;
        }
        Answer::of(&answer)
    }
}

impl HostCalls for StepHost {
    fn call(&self, request: HostRequest) -> Result<Answer, Diagnostic> {
        match request {
            HostRequest::Read { paths } => {
                self.saw(paths.iter().cloned(), true)?;
                facts::read(&self.snapshot, &paths)
            }
            HostRequest::List { dir, recursive } => facts::list(&self.snapshot, &dir, recursive),
            HostRequest::Facts { query } => self.facts(&query),
            HostRequest::Log { .. } => Answer::of(&()),
            HostRequest::Unknown => {
                Err(Diagnostic::new("unsupported", "this host does not know that method"))
            }
        }
    }
}
