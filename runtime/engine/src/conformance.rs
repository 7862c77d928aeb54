//! What every plugin must keep to, checked on its library: `aksara plugin check`.
//!
//! Examples are carried out as every step of a plan is. The plugin runs where the runtime's plugins run; whoever wants
//! to know both modes asks two runtimes.

mod nonsense;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aksara_git::Repo;
use aksara_plugin_host::{CallError, HostOptions, PluginHost};
use aksara_protocol::plugin::{Description, Effect, Example, ExecutorInfo};
use aksara_protocol::{BlobId, Diagnostic, Edit, JsonMap, RelPath, Step};
use serde::{Deserialize, Serialize};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::facts::{Known, Project};
use crate::plugins::{self, MANIFEST, Manifest, Plugins};
use crate::session::Core;
use crate::snapshot::Snapshot;
use crate::stage::Stage;

/// How a plugin keeps to the rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Conformance {
    /// Its name, as far as it could be found out.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// What was checked, in order.
    pub checks: Vec<Checked>,
}

/// One rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// The rule, in a few words.
    pub rule: String,
    /// How the plugin breaks it; empty if it does not.
    pub problems: Vec<String>,
}

impl Conformance {
    /// Whether the plugin breaks no rule.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.problems.is_empty())
    }

    fn add(&mut self, rule: &str, problems: Vec<String>) {
        self.checks.push(Checked { rule: rule.to_owned(), problems });
    }
}

/// How long one call may take here.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The clock of example plans.
const NOW: &str = "2026-01-01T00:00:00Z";

/// Checks the plugin whose library this is; `folder` holds its `plugin.toml`, if it has one. Other plugins of the
/// runtime give the facts that its examples need.
pub(crate) fn check(
    core: &Core,
    library: &Path,
    folder: Option<&Path>,
    cancel: &Cancel,
) -> Result<Conformance, Error> {
    // A plugin that crashes at one thing is asked about the others all the same.
    let options = HostOptions { max_restarts: u32::MAX, ..core.host.clone() };
    let host = PluginHost::new(options);
    let name = library.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut report = Conformance { plugin: name, version: String::new(), checks: Vec::new() };
    let load = || host.load(library.to_owned().into());
    let plugin = match load() {
        Ok(plugin) => plugin,
        Err(error) => {
            report.add("it loads and describes itself", vec![error.to_string()]);
            return Ok(report);
        }
    };
    let description = plugin.description().clone();
    report.plugin.clone_from(&description.name);
    report.version.clone_from(&description.version);
    let mut problems = Vec::new();
    match load() {
        Ok(again) if *again.description() == description => {}
        Ok(_) => problems.push("it describes itself otherwise when it is loaded again".to_owned()),
        Err(error) => problems.push(format!("loaded again: {error}")),
    }
    problems.extend(described(&description));
    report.add("it loads and describes itself", problems);
    if let Some(folder) = folder {
        let fits = Manifest::read(folder).and_then(|manifest| manifest.agrees(folder, &description));
        report.add(
            &format!("{MANIFEST} says the same"),
            fits.err().map(|e| e.to_string()).into_iter().collect(),
        );
    }
    report.add("schemas are valid, examples fit them", schemas(&description));

    let others = |found: &plugins::Found| found.name != description.name;
    let stage = || {
        Plugins::with(
            &core.linked_plugins,
            &core.plugin_folders,
            &core.plugin_lock,
            core.host.clone(),
            library,
            &others,
        )
    };
    let (first, second) = match (stage(), stage()) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(error), _) | (_, Err(error)) => {
            report.add("it can stand beside the other plugins", vec![error.to_string()]);
            return Ok(report);
        }
    };
    let examples = Examples { first, second, cancel };
    let mut ran = Ran::default();
    for info in &description.executors {
        examples.run(info, &mut ran);
    }
    report.add("examples run", ran.failed);
    report.add("the same step gives the same change", ran.differs);
    report.add("a step on its own result changes nothing", ran.again);
    report.add("nonsense gives an error and no harm", nonsense::check(&plugin, &description));
    Ok(report)
}

/// What is wrong with a description beyond its form.
fn described(description: &Description) -> Vec<String> {
    let mut problems = Vec::new();
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if description.executors.is_empty() && description.stacks.is_empty() {
        problems.push("it has neither executors nor stacks".to_owned());
    }
    let mut pairs = BTreeSet::new();
    for info in &description.executors {
        let name = info.step_type.as_str();
        if !word(name) {
            problems.push(format!("the step type `{name}` is not a word of a-z, 0-9 and `_`"));
        }
        if info.stack != "*" && !word(&info.stack) {
            problems.push(format!(
                "`{name}`: the stack `{}` is not a word of a-z, 0-9 and `_`, nor `*`",
                info.stack
            ));
        }
        if info.summary.trim().is_empty() || info.summary.contains('\n') {
            problems.push(format!("`{name}`: its summary is not one line"));
        }
        if info.effects.is_empty() {
            problems.push(format!("`{name}`: it does not say what effects it has"));
        }
        if !pairs.insert((&info.stack, &info.step_type)) {
            problems.push(format!("it has `{name}` on the stack `{}` twice", info.stack));
        }
    }
    for stack in &description.stacks {
        if !word(&stack.name) {
            problems.push(format!("the stack `{}` is not a word of a-z, 0-9 and `_`", stack.name));
        }
        if stack.markers.is_empty() {
            problems.push(format!("the stack `{}` has no marker files, so it is never found", stack.name));
        }
    }
    problems
}

fn schemas(description: &Description) -> Vec<String> {
    let mut problems = Vec::new();
    for info in &description.executors {
        let name = &info.step_type;
        if info.params.get("type").and_then(|t| t.as_str()) != Some("object") {
            problems.push(format!("`{name}`: its params schema has not the type `object`"));
        }
        let validator = match jsonschema::validator_for(&info.params) {
            Ok(validator) => validator,
            Err(error) => {
                problems.push(format!("`{name}`: its params schema is not valid: {error}"));
                continue;
            }
        };
        for example in &info.examples {
            let params = serde_json::Value::Object(example.params.clone());
            for error in validator.iter_errors(&params) {
                let at = error.instance_path().to_string();
                problems.push(format!("`{name}`, example `{}`: params{at}: {error}", example.title));
            }
        }
    }
    problems
}

/// Two sets of plugins that know nothing of each other.
struct Examples<'c> {
    first: Plugins,
    second: Plugins,
    cancel: &'c Cancel,
}

#[derive(Default)]
struct Ran {
    failed: Vec<String>,
    differs: Vec<String>,
    again: Vec<String>,
}

impl Examples<'_> {
    fn run(&self, info: &ExecutorInfo, ran: &mut Ran) {
        let name = &info.step_type;
        if info.examples.is_empty() {
            ran.failed.push(format!("`{name}` has no example, so nothing of it was run"));
            return;
        }
        let mut changes = false;
        for example in &info.examples {
            let title = format!("`{name}`, example `{}`", example.title);
            match (self.carry_out(&self.first, info, example), self.carry_out(&self.second, info, example)) {
                (Ok(one), Ok(other)) => {
                    changes |= !one.diff.is_empty();
                    if one != other {
                        ran.differs.push(format!(
                            "{title}: once\n{}\nand once\n{}",
                            one.shown(),
                            other.shown()
                        ));
                    }
                }
                (Err(error), _) | (_, Err(error)) if is_again(&error) => {
                    ran.again.push(format!("{title}: {error}"));
                    changes = true;
                }
                (Err(error), _) | (_, Err(error)) => {
                    ran.failed.push(format!("{title}: {error}"));
                    changes = true;
                }
            }
        }
        if !changes && info.effects.contains(&Effect::Edit) {
            ran.failed.push(format!("no example of `{name}` changes anything, so no edit of it was checked"));
        }
    }

    /// Carries out the example's step as a preview does, and once more on its result.
    fn carry_out(&self, plugins: &Plugins, info: &ExecutorInfo, example: &Example) -> Result<Did, Error> {
        let io = |source| Error::Io { what: "cannot make a folder in", path: std::env::temp_dir(), source };
        let dir = tempfile::tempdir().map_err(io)?;
        let files = texts(&example.files)?;
        let (repo, tree) = Repo::scratch(dir.path(), files.iter().map(|(path, text)| (path, *text)))?;
        let snapshot = Snapshot::of_tree(Arc::new(repo), tree);
        let project = Project::find(plugins, &snapshot, "", &Known::default(), self.cancel)?;
        if info.stack != "*" && project.as_ref().is_none_or(|p| p.stack() != info.stack) {
            return Err(Diagnostic::new(
                "bad_example",
                format!("its files are no project of the stack `{}`", info.stack),
            )
            .with_help("give the example the marker files of the stack; its plugin must be found too")
            .into());
        }
        let mut step = Step::new(1, info.step_type.as_str(), example.title.clone());
        step.params = example.params.clone();
        let stage = Stage {
            templates: None,
            plugins,
            project: project.as_ref(),
            base: snapshot.clone(),
            now: NOW,
            timeout: TIMEOUT,
            cancel: self.cancel,
        };
        let mut before = snapshot;
        for (path, text) in texts(&example.earlier)? {
            let mut edits = Vec::new();
            if let Some(base) = before.blob(&path)? {
                edits.push(Edit::Delete { path: path.clone(), base });
            }
            before.apply(&edits)?;
            before.apply(&[Edit::Create { path, text: text.to_owned(), executable: false }])?;
        }
        let mut after = before;
        let staged = stage.carry_out(&step, &mut after)?;
        if !staged.changes.is_empty() && staged.commands.is_empty() {
            stage.check_second_time(&step, &after)?;
        }
        let mut said = staged.notes.clone();
        said.extend(staged.warnings.iter().chain(&staged.risks).cloned());
        let commands = staged.commands.iter().map(|c| c.argv.join(" ")).collect();
        Ok(Did { diff: staged.diff(), commands, said, reads: staged.reads })
    }
}

/// What a step did, as far as it must be the same every time.
#[derive(PartialEq)]
struct Did {
    diff: String,
    commands: Vec<String>,
    said: Vec<String>,
    reads: BTreeMap<RelPath, Option<BlobId>>,
}

impl Did {
    fn shown(&self) -> String {
        format!("{}{}\n{}", self.diff, self.commands.join("\n"), self.said.join("\n"))
    }
}

/// The files of an example.
fn texts(files: &JsonMap) -> Result<BTreeMap<RelPath, &str>, Diagnostic> {
    files
        .iter()
        .map(|(path, text)| {
            let wrong = |reason: String| Diagnostic::new("bad_example", reason);
            let text = text.as_str().ok_or_else(|| wrong(format!("the file `{path}` is not a text")))?;
            Ok((RelPath::new(path.clone()).map_err(|e| wrong(e.to_string()))?, text))
        })
        .collect()
}

/// Whether the error is that a step changed its own result again.
fn is_again(error: &Error) -> bool {
    match error {
        Error::Step { source, .. } => is_again(source),
        Error::Diagnostic(diagnostic) | Error::Call(CallError::Step(diagnostic)) => {
            diagnostic.code == "not_idempotent"
        }
        _ => false,
    }
}
