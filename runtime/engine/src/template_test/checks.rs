//! What is checked of a case.

use aksara_git::Repo;
use aksara_protocol::{Plan, RelPath};
use aksara_template::Template;
use serde_json::{Value, json};

use super::case::{Case, Files, Inputs, read_tree};
use super::scratch::ScratchFolder;
use super::variation::{self, Variation};
use super::{CaseFailure, CaseReport};
use crate::approver::Asker;
use crate::cancel::Cancel;
use crate::compose::Wanted;
use crate::diff::changed_lines;
use crate::error::Error;
use crate::planner::{PlanOptions, create};
use crate::result::RunStatus;
use crate::run::options::{RollbackOptions, RunOptions};
use crate::run::{Run, Until};
use crate::session::{Core, Session};

/// Longer messages are cut: the first difference says most.
const MAX_MESSAGE_LINES: usize = 60;

/// A case under test.
pub(super) struct Checks<'a> {
    pub(super) core: &'a Core,
    pub(super) cancel: &'a Cancel,
    pub(super) template: &'a Template,
    pub(super) report: &'a mut CaseReport,
}

/// A project in a repository made for the moment.
struct Scratch<'a> {
    folder: ScratchFolder,
    session: Session<'a>,
}

impl<'a> Scratch<'a> {
    fn new(core: &'a Core, cancel: &Cancel, files: &Files) -> Result<Self, Error> {
        let folder = ScratchFolder::new(&core.cache)?;
        let repo = Repo::scratch_project(
            folder.path(),
            files.iter().map(|(path, content)| (path, content.as_slice())),
        )?;
        let session = Session { core, repo: repo.into(), cancel: cancel.clone(), folder: String::new() };
        Ok(Self { folder, session })
    }

    fn plan(&self, name: &str, inputs: &Inputs) -> Result<Plan, Error> {
        let set = inputs.params.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        create(&self.session, Wanted::Template(name), &PlanOptions { set, ..PlanOptions::default() })
    }

    fn files(&self) -> Result<Files, Error> {
        read_tree(self.folder.path()).map_err(Error::Refused)
    }
}

/// Plans a case, with every step's preview, and nothing more.
pub(super) fn plan(core: &Core, cancel: &Cancel, name: &str, inputs: &Inputs) -> Result<Plan, Error> {
    Scratch::new(core, cancel, &inputs.before)?.plan(name, inputs)
}

impl Checks<'_> {
    /// Runs all checks; what does not hold is in the report.
    pub(super) fn run(&mut self, case: &Case, inputs: &Inputs, update: bool) -> Result<(), Error> {
        let scratch = Scratch::new(self.core, self.cancel, &inputs.before)?;
        let name = self.template.meta().name.clone();
        let Some(plan) = self.hold("it can be planned", scratch.plan(&name, inputs))? else { return Ok(()) };
        let again = {
            self.core.newest.forget();
            scratch.plan(&name, inputs)
        };
        if let Some(again) = self.hold("planned twice, it is the same plan", again)? {
            self.same_json(
                "planned twice, it is the same plan",
                &without_moment(&plan),
                &without_moment(&again),
            );
        }
        let Some(after) = self.carry_out("", &scratch, &plan, inputs, &inputs.before)? else { return Ok(()) };
        self.expected(case, inputs, &plan, &after, update)?;

        let looked_at = |path: &RelPath| {
            plan.steps.iter().any(|s| s.reads.contains_key(path))
                || inputs.before.get(path) != after.get(path)
        };
        for variation in variation::ALL {
            if let Some(before) = variation.project(&inputs.before, looked_at) {
                self.vary(variation, inputs, &before, &after)?;
            }
        }
        Ok(())
    }

    /// Lands the plan, makes it once more, and takes it back. Gives the files that had landed.
    fn carry_out(
        &mut self,
        prefix: &str,
        scratch: &Scratch<'_>,
        plan: &Plan,
        inputs: &Inputs,
        before: &Files,
    ) -> Result<Option<Files>, Error> {
        let session = &scratch.session;
        let options = RunOptions { assume_yes: true, allow_destructive: true, ..RunOptions::default() };
        let Some(run) =
            self.hold(&format!("{prefix}it can be carried out"), without_commands(session, plan))?
        else {
            return Ok(None);
        };
        let ran = Run::open(session, run, options, &Asker::nobody())
            .and_then(|run| run.drive(Until::End, &Asker::nobody()));
        let Some(result) = self.hold(&format!("{prefix}it can be carried out"), ran)? else {
            return Ok(None);
        };
        if !matches!(result.status, RunStatus::Landed | RunStatus::Unchanged) {
            let why = result.error.map_or(result.summary, |e| e.message);
            self.fail(&format!("{prefix}it can be carried out"), why);
            return Ok(None);
        }
        let after = scratch.files()?;

        let check = format!("{prefix}applied twice, it does nothing");
        // Nor is what was left out judged: it was not applied once.
        let twice =
            scratch.plan(&plan_name(plan), inputs).and_then(|twice| without_commands(session, &twice));
        if let Some(twice) = self.hold(&check, twice)? {
            let diff: String = twice.steps.iter().filter_map(|s| s.diff.as_deref()).collect();
            if !diff.is_empty() {
                self.fail(&check, format!("the second time it would change\n{diff}"));
            }
        }

        let check = format!("{prefix}rolled back, every byte is as before");
        if result.status == RunStatus::Landed
            && let Some(run) = &result.run
        {
            let back = Run::resume(session, run)
                .and_then(|run| run.roll_back(&RollbackOptions::default(), &Asker::nobody()));
            if self.hold(&check, back)?.is_some() {
                let now = scratch.files()?;
                let differing: Vec<&str> = before
                    .keys()
                    .chain(now.keys())
                    .filter(|p| before.get(*p) != now.get(*p))
                    .map(RelPath::as_str)
                    .collect();
                if !differing.is_empty() {
                    self.fail(&check, format!("other than before: {}", differing.join(", ")));
                }
            }
        }
        Ok(Some(after))
    }

    /// Compares with what the case expects, or writes it.
    fn expected(
        &mut self,
        case: &Case,
        inputs: &Inputs,
        plan: &Plan,
        after: &Files,
        update: bool,
    ) -> Result<(), Error> {
        let changed: Files = after
            .iter()
            .filter(|(path, content)| inputs.before.get(*path) != Some(*content))
            .map(|(path, content)| (path.clone(), without_version(content)))
            .collect();
        let gone: Vec<&str> =
            inputs.before.keys().filter(|path| !after.contains_key(*path)).map(RelPath::as_str).collect();
        let made = summary(self.template, plan, &gone);
        if update {
            self.report.written = case.write(&made, &changed)?;
            return Ok(());
        }
        let check = "the plan is that of plan.json";
        match case.plan() {
            Ok(Some(expected)) => self.same_json(check, &expected, &made),
            Ok(None) => {
                let name = &self.report.template;
                let message = format!(
                    "there is no plan.json yet\nhint: `aksara template test {name} --update` writes it and `after`; read both before you keep them"
                );
                self.fail(check, message);
                return Ok(());
            }
            Err(message) => self.fail(check, message),
        }
        let check = "the files are those of after";
        self.checked(check);
        match case.after() {
            Err(message) => self.fail(check, message),
            Ok(expected) => {
                for path in expected.keys().chain(changed.keys().filter(|p| !expected.contains_key(*p))) {
                    let text = |files: &Files| {
                        files.get(path).map(|content| String::from_utf8_lossy(content).into_owned())
                    };
                    match (text(&expected), text(&changed)) {
                        (Some(_), None) => self.fail(check, format!("{path} was not changed")),
                        (None, Some(_)) => {
                            self.fail(check, format!("{path} was changed, and `after` has no such file"))
                        }
                        (Some(was), Some(now)) if was != now => {
                            self.fail(check, format!("{path}:\n{}", changed_lines(&was, &now)));
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn vary(
        &mut self,
        variation: Variation,
        inputs: &Inputs,
        before: &Files,
        plain: &Files,
    ) -> Result<(), Error> {
        let prefix = format!("{}: ", variation.name());
        let scratch = Scratch::new(self.core, self.cancel, before)?;
        let check = format!("{prefix}it can be planned");
        let name = self.template.meta().name.clone();
        let Some(plan) = self.hold(&check, scratch.plan(&name, inputs))? else { return Ok(()) };
        let Some(after) = self.carry_out(&prefix, &scratch, &plan, inputs, before)? else { return Ok(()) };
        let check = format!("{prefix}only what must change is changed");
        self.checked(&check);
        for (path, now) in &after {
            // A file that is new has no form of the user's to keep.
            let Some(was) = before.get(path).filter(|was| *was != now) else { continue };
            let Some(expected) = plain.get(path) else { continue };
            if inputs.before.get(path) == Some(was) {
                continue;
            }
            if let Some(problem) = variation.problem(was, expected, now) {
                let diff = changed_lines(&String::from_utf8_lossy(expected), &String::from_utf8_lossy(now));
                self.fail(&check, format!("{path}: {problem}\n{diff}"));
            }
        }
        Ok(())
    }

    /// A result that must be there. An interruption is nobody's failure.
    fn hold<T>(&mut self, check: &str, result: Result<T, Error>) -> Result<Option<T>, Error> {
        self.checked(check);
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error @ Error::Interrupted { .. }) => Err(error),
            Err(error) => {
                let message = match &error {
                    Error::Template(error) => error.for_author(),
                    other => other.to_string(),
                };
                self.fail(check, message);
                Ok(None)
            }
        }
    }

    fn same_json(&mut self, check: &str, expected: &Value, now: &Value) {
        self.checked(check);
        if expected != now {
            let text = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
            self.fail(check, changed_lines(&text(expected), &text(now)));
        }
    }

    fn checked(&mut self, check: &str) {
        if !self.report.checks.iter().any(|c| c == check) {
            self.report.checks.push(check.to_owned());
        }
    }

    fn fail(&mut self, check: &str, message: String) {
        let mut lines: Vec<&str> = message.lines().take(MAX_MESSAGE_LINES).collect();
        if message.lines().count() > MAX_MESSAGE_LINES {
            lines.push("…");
        }
        self.report.failures.push(CaseFailure { check: check.to_owned(), message: lines.join("\n") });
    }
}

fn plan_name(plan: &Plan) -> String {
    plan.source.name.clone().unwrap_or_default()
}

/// A plan but for when it was made.
fn without_moment(plan: &Plan) -> Value {
    let plan = Plan { id: String::new(), created_at: String::new(), ..plan.clone() };
    serde_json::to_value(plan).unwrap_or_default()
}

/// A file without the version that stands in a header: a new Aksara is no reason for a case to fail.
fn without_version(content: &[u8]) -> Vec<u8> {
    let by = concat!("Generated by Aksara ", env!("CARGO_PKG_VERSION"));
    match std::str::from_utf8(content) {
        Ok(text) => text.replace(by, "Generated by Aksara").into_bytes(),
        Err(_) => content.to_owned(),
    }
}

/// The plan's steps that can be carried out here: commands could do anything, and a template may be tested before
/// it is trusted. What matters is what a step gives, whatever its type is called.
fn without_commands(session: &Session<'_>, plan: &Plan) -> Result<Plan, Error> {
    let mut plan = plan.clone();
    let tree = session.head()?.tree;
    let project = session.project_of(&plan, &tree)?;
    let previewed = session.preview(project.as_ref(), &tree, &mut plan)?;
    let left_out: Vec<_> = plan
        .steps
        .iter()
        .filter(|s| s.step_type.as_str() == "manual" || previewed.run_commands.contains(&s.order))
        .map(|s| s.order)
        .collect();
    if left_out.is_empty() {
        return Ok(plan);
    }
    plan.steps.retain(|s| !left_out.contains(&s.order));
    for step in &mut plan.steps {
        step.dependencies.retain(|d| !left_out.contains(d));
    }
    plan.renumber();
    Ok(plan)
}

/// What a case keeps of a plan: what its template decides.
fn summary(template: &Template, plan: &Plan, gone: &[&str]) -> Value {
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .map(|step| {
            let params: serde_json::Map<String, Value> = step
                .params
                .iter()
                .map(|(key, value)| {
                    let body = template
                        .files()
                        .iter()
                        .find(|f| f.name.ends_with(".j2") && value.as_str() == Some(f.text.as_str()));
                    // The text of a body has a file of its own.
                    let value = body.map_or_else(|| value.clone(), |f| json!(format!("file: {}", f.name)));
                    (key.clone(), value)
                })
                .collect();
            json!({
                "type": step.step_type,
                "description": step.description,
                "params": params,
                "file": step.file,
                "dependencies": step.dependencies,
            })
        })
        .collect();
    json!({
        "params": plan.params,
        "steps": steps,
        "warnings": plan.warnings,
        "success_criteria": plan.success_criteria,
        "deleted_files": gone,
    })
}
