//! What every plugin must keep to, checked on its library: `aksara plugin check`.
//!
//! Examples go through the same preview as every plan. The plugin runs where the runtime's plugins run; whoever wants
//! to know both modes asks two runtimes.

mod nonsense;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aksara_git::Repo;
use aksara_plugin_host::{CallError, PluginHost};
use aksara_protocol::plan::{FORMAT_VERSION, Source, SourceKind};
use aksara_protocol::plugin::{Description, Effect, Example, ExecutorInfo};
use aksara_protocol::{JsonMap, Plan, RelPath, Step};
use serde::{Deserialize, Serialize};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::facts::{Known, Project};
use crate::plugins::{self, MANIFEST, Manifest, Plugins};
use crate::preview::preview;
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
const TIMEOUT: Duration = Duration::from_secs(10);

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
    let host = PluginHost::new(core.host.clone());
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
            match (self.preview(&self.first, info, example), self.preview(&self.second, info, example)) {
                (Ok(one), Ok(other)) => {
                    changes |= one.diff.as_ref().is_some_and(|diff| !diff.is_empty());
                    if one != other {
                        ran.differs.push(format!(
                            "{title}: once\n{}\nand once\n{}",
                            one.diff.unwrap_or_default(),
                            other.diff.unwrap_or_default()
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

    /// The example's step with its preview.
    fn preview(&self, plugins: &Plugins, info: &ExecutorInfo, example: &Example) -> Result<Step, Error> {
        let io = |source| Error::Io { what: "cannot make a folder in", path: std::env::temp_dir(), source };
        let dir = tempfile::tempdir().map_err(io)?;
        let mut files: BTreeMap<RelPath, &str> = BTreeMap::new();
        for (path, text) in &example.files {
            let wrong = |reason: String| aksara_protocol::Diagnostic::new("bad_example", reason);
            let text = text.as_str().ok_or_else(|| wrong(format!("the file `{path}` is not a text")))?;
            files.insert(RelPath::new(path.clone()).map_err(|e| wrong(e.to_string()))?, text);
        }
        let (repo, tree) = Repo::scratch(dir.path(), files.iter().map(|(path, text)| (path, *text)))?;
        let snapshot = Snapshot::of_tree(Arc::new(repo), tree);
        let project = Project::find(plugins, &snapshot, "", &Known::default(), self.cancel)?;
        if info.stack != "*" && project.as_ref().is_none_or(|p| p.stack() != info.stack) {
            return Err(aksara_protocol::Diagnostic::new(
                "bad_example",
                format!("its files are no project of the stack `{}`", info.stack),
            )
            .with_help("give the example the marker files of the stack; its plugin must be found too")
            .into());
        }
        let mut step = Step::new(1, info.step_type.as_str(), example.title.clone());
        step.params = example.params.clone();
        let mut plan = plan_of(step, project.as_ref());
        let stage = Stage {
            plugins,
            project: project.as_ref(),
            base: snapshot,
            now: NOW,
            timeout: TIMEOUT,
            cancel: self.cancel,
        };
        preview(&stage, &mut plan)?;
        let step = plan.steps.remove(0);
        match step.incomplete {
            None => Ok(step),
            Some(lacking) => Err(aksara_protocol::Diagnostic::new("bad_params", lacking).into()),
        }
    }
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

fn plan_of(step: Step, project: Option<&Project>) -> Plan {
    Plan {
        format_version: FORMAT_VERSION,
        id: "example".to_owned(),
        title: step.description.clone(),
        description: step.description.clone(),
        summary: String::new(),
        source: Source {
            kind: SourceKind::Manual,
            name: None,
            version: None,
            hash: None,
            files: JsonMap::new(),
        },
        params: JsonMap::new(),
        params_from: JsonMap::new(),
        root: project.map(|p| p.root().to_owned()).unwrap_or_default(),
        base: None,
        stack: project.map(|p| p.stack().to_owned()),
        steps: vec![step],
        prerequisites: Vec::new(),
        risks: Vec::new(),
        success_criteria: Vec::new(),
        estimated_time: None,
        warnings: Vec::new(),
        created_at: NOW.to_owned(),
        runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        unknown: JsonMap::new(),
    }
}
