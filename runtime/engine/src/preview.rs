//! The end of planning: every step carried out in memory, and what it showed written into the plan.
//!
//! Dry run, saving, staleness and execution all come through here; there is no second path.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use aksara_plugin_host::CallError;
use aksara_protocol::diagnostic::codes;
use aksara_protocol::step::CodeFrom;
use aksara_protocol::wire::StepInput;
use aksara_protocol::{BlobId, ChangeHash, Plan, RelPath, Step, StepOrder, WorkHash};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::secrets::Secrets;
use crate::snapshot::{FileChange, Snapshot};
use crate::stage::{Stage, Staged, code_hash, hex};
use aksara_template::request::step_params;

/// The newest preview: carrying out what was just shown need not work it out again.
#[derive(Default)]
pub(crate) struct Newest(Mutex<Option<Kept>>);

struct Kept {
    tree: String,
    created_at: String,
    root: String,
    steps: Vec<Step>,
    previewed: Arc<Previewed>,
}

impl Newest {
    /// The preview of just these steps over just this tree, if it is the newest.
    pub(crate) fn of(&self, tree: &str, plan: &Plan) -> Option<Arc<Previewed>> {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        newest
            .as_ref()
            .filter(|kept| {
                kept.tree == tree
                    && kept.created_at == plan.created_at
                    && kept.root == plan.root
                    && kept.steps == plan.steps
            })
            .map(|kept| Arc::clone(&kept.previewed))
    }

    /// Makes the next preview a new one.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn keep(&self, tree: &str, plan: &Plan, previewed: &Arc<Previewed>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept {
            tree: tree.to_owned(),
            created_at: plan.created_at.clone(),
            root: plan.root.clone(),
            steps: plan.steps.clone(),
            previewed: Arc::clone(previewed),
        });
    }
}

/// A previewed plan's whole effect.
pub(crate) struct Previewed {
    /// The snapshot after the last step.
    pub(crate) after: Snapshot,
    /// Every file that some step changed, from before the first to after the last.
    pub(crate) changes: Vec<FileChange>,
    /// Every path that some step read, as it was before the plan.
    pub(crate) base_reads: BTreeMap<RelPath, Option<BlobId>>,
    /// Steps that run commands: what those change is in no diff.
    pub(crate) run_commands: BTreeSet<StepOrder>,
    /// What to look at before running the plan.
    pub(crate) warnings: Vec<String>,
    /// For each step of the plan what it does, if that is known.
    foreseen: Vec<Option<Foreseen>>,
}

/// What a step does on the files that it will find, if the steps before it do what they showed.
struct Foreseen {
    input: StepInput,
    /// The code that somebody wrote for the step.
    code: Option<String>,
    before: Snapshot,
    after: Snapshot,
    staged: Staged,
}

impl Previewed {
    /// What the step at `index` of the previewed plan does on `before`, and the files after it. Its executor was
    /// asked just that, and is pure: it need not be asked again. `None` if it was asked something else.
    pub(crate) fn foreseen(
        &self,
        stage: &Stage<'_>,
        index: usize,
        step: &Step,
        before: &Snapshot,
    ) -> Option<(Staged, Snapshot)> {
        let known = self.foreseen.get(index)?.as_ref()?;
        let is_it = known.before.is_same(before)
            && known.code.as_ref() == edited_code(step)
            && known.input == stage.input(step);
        is_it.then(|| (known.staged.clone(), known.after.clone()))
    }

    /// All changes together, as `git diff` prints them.
    pub(crate) fn diff(&self) -> String {
        self.changes.iter().map(FileChange::diff).collect()
    }
}

/// What is said of a plan without effect.
const NOTHING_TO_DO: &str = "the plan changes nothing: all that it would do is there already";

/// Whether a plan's warning was given by a preview, so that the next preview gives it again if it is still true.
pub(crate) fn warned(warning: &str) -> bool {
    let of_a_step = |text: &str| {
        text.strip_prefix("step ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    warning == NOTHING_TO_DO || of_a_step(warning)
}

/// Carries out every step of `plan` over `stage.base` in memory, and fills in the steps' previews.
///
/// # Errors
/// The first step that cannot be done, and why.
pub(crate) fn preview(stage: &Stage<'_>, plan: &mut Plan) -> Result<Previewed, Error> {
    let mut snapshot = stage.base.clone();
    let mut total = Changes::default();
    let mut base_reads = BTreeMap::new();
    let mut warnings = Vec::new();
    let mut run_commands = BTreeSet::new();
    let mut does_something = plan.steps.is_empty();
    // Steps whose effect is known when they have run only: they run commands, or need what those make.
    let mut unknown: BTreeSet<StepOrder> = BTreeSet::new();
    let mut touched: Vec<(StepOrder, Subject, BTreeSet<RelPath>)> = Vec::new();
    let mut foreseen: Vec<Option<Foreseen>> = plan.steps.iter().map(|_| None).collect();
    for index in 0..plan.steps.len() {
        let step = &mut plan.steps[index];
        notice_edited_code(step);
        fill_in(stage, &snapshot, step)?;
        let before = snapshot.clone();
        let mut staged = match stage.carry_out(step, &mut snapshot) {
            Ok(staged) => staged,
            // A step that was added by its description alone: it can be looked at, filled in, and saved.
            Err(Error::Diagnostic(lacking))
                if step.params.is_empty() && lacking.code == codes::BAD_PARAMS =>
            {
                warnings.push(format!("step {} is incomplete: {}", step.order, lacking.message));
                step.incomplete = Some(lacking.message);
                does_something = true;
                touched.push((step.order, Subject::of(step), BTreeSet::new()));
                continue;
            }
            Err(Error::Call(CallError::Step(lacking)) | Error::Diagnostic(lacking))
                if lacking.code != codes::BAD_PARAMS =>
            {
                let Some(needed) = step.dependencies.iter().find(|d| unknown.contains(d)).copied() else {
                    return Err(Error::Diagnostic(lacking).in_step(step));
                };
                unknown.insert(step.order);
                touched.push((step.order, Subject::of(step), BTreeSet::new()));
                leave_open(step, needed, &lacking.message);
                continue;
            }
            Err(error) => return Err(error.in_step(step)),
        };
        if let Some(place) = foreseen.get_mut(index) {
            *place = Some(Foreseen {
                input: stage.input(step),
                code: edited_code(step).cloned(),
                before: before.clone(),
                after: snapshot.clone(),
                staged: staged.clone(),
            });
        }
        step.incomplete = None;
        does_something |=
            staged.manual.is_some() || !staged.commands.is_empty() || !staged.changes.is_empty();
        for import in stage.broken_imports(&before, &snapshot)? {
            staged.warnings.push(format!("{}:{}: {}", import.file, import.line, import.reason));
        }
        let change_hash = staged.change_hash();
        // What a saved plan showed was checked when it was shown: only what differs from it is checked here.
        let is_checked = step.change_hash.as_ref() == Some(&change_hash);
        if !is_checked
            && step.code_from == CodeFrom::Generated
            && staged.commands.is_empty()
            && !staged.changes.is_empty()
        {
            stage.check_second_time(step, &snapshot).map_err(|e| e.in_step(step))?;
        }
        for (path, blob) in &staged.reads {
            if !total.touches(path) {
                base_reads.entry(path.clone()).or_insert_with(|| blob.clone());
            }
        }
        if !staged.commands.is_empty() {
            run_commands.insert(step.order);
            unknown.insert(step.order);
        }
        derive_dependencies(step, &staged, &touched);
        total.add(&staged.changes);
        touched.push((
            step.order,
            Subject::of(step),
            staged.changes.iter().map(|c| c.path.clone()).collect(),
        ));
        warnings.extend(staged.warnings.iter().map(|w| format!("step {}: {w}", step.order)));
        fill(step, staged, change_hash);
    }
    if !does_something {
        warnings.push(NOTHING_TO_DO.to_owned());
    }
    plan.renumber();
    plan.work_hash = Some(work_hash(plan));
    Ok(Previewed {
        after: snapshot,
        changes: total.into_changes(),
        base_reads,
        run_commands,
        warnings,
        foreseen,
    })
}

/// Fills the params of a step that was added by its description alone, as far as that says them.
fn fill_in(stage: &Stage<'_>, snapshot: &Snapshot, step: &mut Step) -> Result<(), Error> {
    let Some((project, templates)) = stage.project.zip(stage.templates).filter(|_| step.params.is_empty())
    else {
        return Ok(());
    };
    let facts = project.facts(snapshot)?;
    let file = step.file.as_ref();
    let params = step_params(step.step_type.as_str(), &step.description, file, templates, &facts);
    if let Some(params) = params {
        step.params = params;
        step.context.insert("params_from".to_owned(), "description".into());
    }
    Ok(())
}

/// What the plan showed, kept to be compared with what it would do now.
pub(crate) struct Shown {
    hash: Option<ChangeHash>,
    diff: String,
    reads: BTreeMap<RelPath, Option<BlobId>>,
    edited: bool,
}

impl Shown {
    pub(crate) fn of(plan: &Plan) -> Vec<Shown> {
        plan.steps
            .iter()
            .map(|s| Shown {
                hash: s.change_hash.clone(),
                diff: s.diff.clone().unwrap_or_default(),
                reads: s.reads.clone(),
                edited: is_edited(s),
            })
            .collect()
    }

    /// As [`Shown::of`], for a plan whose previews were made after it was edited.
    pub(crate) fn of_edited(plan: &Plan) -> Vec<Shown> {
        Self::of(plan).into_iter().map(|shown| Shown { edited: false, ..shown }).collect()
    }

    pub(crate) fn is_edited(&self) -> bool {
        self.edited
    }
}

/// How a step of a saved plan fares on the project as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that it read changed.
    Fresh,
    /// Something that it read changed, and it does the same.
    Rebased,
    /// It was edited by hand, or follows from a step that was.
    Edited,
    /// What it would do is there already.
    AlreadyThere,
    /// It does something else now.
    Changed {
        /// What the plan showed.
        planned: String,
        /// What it does now.
        now: String,
    },
}

/// Compares what a plan showed when it was saved with what its preview shows now.
pub(crate) fn verdicts(shown: &[Shown], plan: &Plan, previewed: &Previewed) -> Vec<Verdict> {
    // The first step that reads a path sees the base; from the second on it may be the plan's own work.
    let base = |reads: &mut dyn Iterator<Item = &BTreeMap<RelPath, Option<BlobId>>>| {
        let mut first: BTreeMap<RelPath, Option<BlobId>> = BTreeMap::new();
        for step in reads {
            for (path, blob) in step {
                first.entry(path.clone()).or_insert_with(|| blob.clone());
            }
        }
        first
    };
    let planned = base(&mut shown.iter().map(|s| &s.reads));
    let now = base(&mut plan.steps.iter().map(|s| &s.reads));
    let mut edited_before = false;
    shown
        .iter()
        .zip(&plan.steps)
        .map(|(shown, step)| {
            edited_before |= shown.edited;
            let drifted = step
                .reads
                .keys()
                .any(|path| planned.get(path).is_some_and(|was| now.get(path).is_some_and(|is| is != was)));
            match &shown.hash {
                None => Verdict::Fresh,
                Some(hash) if Some(hash) == step.change_hash.as_ref() => {
                    if drifted {
                        Verdict::Rebased
                    } else {
                        Verdict::Fresh
                    }
                }
                Some(_)
                    if step.diff.as_deref() == Some("") && !previewed.run_commands.contains(&step.order) =>
                {
                    Verdict::AlreadyThere
                }
                Some(_) if edited_before && !drifted => Verdict::Edited,
                Some(_) if shown.edited => Verdict::Edited,
                Some(_) => Verdict::Changed {
                    planned: shown.diff.clone(),
                    now: step.diff.clone().unwrap_or_default(),
                },
            }
        })
        .collect()
}

/// Whether two plans do the same: the same steps with the same params and, where somebody wrote it, the same code.
/// What was generated, and everything that is only for people, may differ.
pub(crate) fn same_work(one: &Plan, other: &Plan) -> bool {
    let work = |plan: &Plan| -> Vec<_> {
        plan.steps
            .iter()
            .map(|step| {
                let code = is_edited(step).then(|| step.code.clone()).flatten();
                (step.step_type.clone(), step.params.clone(), code)
            })
            .collect()
    };
    one.root == other.root && work(one) == work(other)
}

/// Whether somebody edited the steps of a plan since they were previewed, as far as it says.
pub(crate) fn was_edited(plan: &Plan) -> bool {
    plan.work_hash.as_ref().is_some_and(|hash| *hash != work_hash(plan))
}

fn work_hash(plan: &Plan) -> WorkHash {
    let steps: Vec<_> = plan.steps.iter().map(|step| (&step.step_type, &step.params, &step.code)).collect();
    let mut work = serde_json::json!({ "root": plan.root, "steps": steps });
    // Tools that write JSON put its keys into an order of theirs.
    work.sort_all_objects();
    WorkHash::new(hex(&Sha256::digest(work.to_string())))
}

/// Whether somebody wrote the step's code.
fn is_edited(step: &Step) -> bool {
    step.code_from == CodeFrom::Edited
        || matches!((&step.code, &step.code_hash), (Some(code), Some(hash)) if code_hash(code) != *hash)
}

/// The code that takes the place of the generated one.
fn edited_code(step: &Step) -> Option<&String> {
    step.code.as_ref().filter(|_| step.code_from == CodeFrom::Edited)
}

fn notice_edited_code(step: &mut Step) {
    if is_edited(step) {
        step.code_from = CodeFrom::Edited;
    }
}

/// Takes the preview of a step away that cannot be known before the step `needed` has run.
fn leave_open(step: &mut Step, needed: StepOrder, lacking: &str) {
    step.incomplete = None;
    step.change_hash = None;
    step.diff = None;
    step.reads.clear();
    if step.code_from == CodeFrom::Generated {
        (step.code, step.code_hash) = (None, None);
    }
    step.notes = vec![format!("what it does is unknown until step {needed} has run; before that, {lacking}")];
}

fn fill(step: &mut Step, staged: Staged, change_hash: ChangeHash) {
    let runs_commands = !staged.commands.is_empty();
    step.change_hash = Some(change_hash);
    step.diff = Some(staged.diff());
    step.destructive = staged.destructive
        || staged
            .commands
            .iter()
            .any(|c| crate::commands::risk(c) == aksara_protocol::command::RiskClass::Destructive);
    // What commands do is told by their undo commands, what edits do beyond the files by the step itself.
    step.reversible = if runs_commands {
        staged.commands.iter().all(|c| c.undo.is_some() || !crate::commands::leaves_worktree(c))
    } else {
        !staged.destructive
    };
    step.file = staged.file;
    if step.code_from == CodeFrom::Generated {
        step.code_hash = staged.code.as_deref().map(code_hash);
        step.code = staged.code;
    }
    step.reads = staged.reads;
    // What the environment holds is no part of a plan; what an address holds may be.
    let secrets = Secrets::default();
    for risk in staged.risks.iter().map(|risk| secrets.hide(risk)) {
        if !step.risks.contains(&risk) {
            step.risks.push(risk);
        }
    }
    step.notes = staged.notes;
    if runs_commands {
        step.notes.push(format!(
            "runs `{}`; what it changes is unknown until run",
            staged.commands.iter().map(|c| secrets.hide_in_command(&c.argv)).collect::<Vec<_>>().join("`, `")
        ));
    }
    step.notes.extend(staged.warnings);
}

/// Whether the step's preview shows that there is nothing to do: all that it would do is there already.
#[must_use]
pub fn has_nothing_to_do(step: &Step) -> bool {
    // A change is one of files or of what commands do.
    step.change_hash.as_ref() == Some(&Staged::default().change_hash())
        && step.incomplete.is_none()
        && step.step_type.as_str() != "manual"
}

/// What a step is about.
struct Subject {
    model: Option<String>,
    changes_models: bool,
}

impl Subject {
    fn of(step: &Step) -> Self {
        Self {
            model: step.params.get("model").and_then(Value::as_str).map(str::to_owned),
            changes_models: matches!(step.step_type.as_str(), "create_model" | "modify_model"),
        }
    }
}

/// A step depends on those that changed a file whose content it read, on those that are about a model that its
/// params name, and a migration on those that change the models of its app.
fn derive_dependencies(step: &mut Step, staged: &Staged, before: &[(StepOrder, Subject, BTreeSet<RelPath>)]) {
    let mut names = BTreeSet::new();
    collect_strings(&Value::Object(step.params.clone()), &mut names);
    let app = step.params.get("app").and_then(Value::as_str);
    let mut dependencies: BTreeSet<StepOrder> = step.dependencies.iter().copied().collect();
    for (order, subject, paths) in before {
        let by_file = paths.iter().any(|p| staged.contents.contains(p));
        let by_model = subject.model.as_ref().is_some_and(|m| names.contains(m));
        let by_app = subject.changes_models
            && app.is_some_and(|a| {
                subject.model.as_deref().and_then(|m| m.split_once('.')).is_some_and(|(own, _)| own == a)
            });
        if by_file || by_model || by_app {
            dependencies.insert(*order);
        }
    }
    dependencies.retain(|d| *d < step.order);
    step.dependencies = dependencies.into_iter().collect();
}

fn collect_strings(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            into.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|v| collect_strings(v, into)),
        Value::Object(map) => map.values().for_each(|v| collect_strings(v, into)),
        _ => {}
    }
}

/// Changes of several steps, folded: a file's first old and last new content.
#[derive(Default)]
pub(crate) struct Changes(BTreeMap<RelPath, FileChange>);

impl Changes {
    pub(crate) fn add(&mut self, changes: &[FileChange]) {
        for change in changes {
            self.0
                .entry(change.path.clone())
                .and_modify(|known| known.new.clone_from(&change.new))
                .or_insert_with(|| change.clone());
        }
    }

    fn touches(&self, path: &RelPath) -> bool {
        self.0.contains_key(path)
    }

    pub(crate) fn into_changes(self) -> Vec<FileChange> {
        self.0.into_values().filter(|c| c.old != c.new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_runs_a_command_has_something_to_do() {
        let command = serde_json::from_value(serde_json::json!({"argv": ["ls"]})).unwrap();
        for (commands, nothing) in [(vec![], true), (vec![command], false)] {
            let step =
                serde_json::json!({"order": 1, "id": "s1", "type": "any", "name": "", "description": ""});
            let mut step: Step = serde_json::from_value(step).unwrap();
            assert!(!has_nothing_to_do(&step), "nothing was previewed");
            let staged = Staged { commands, notes: vec!["runs `x`".to_owned()], ..Staged::default() };
            let hash = staged.change_hash();
            fill(&mut step, staged, hash);
            assert_eq!(has_nothing_to_do(&step), nothing);
        }
    }
}
