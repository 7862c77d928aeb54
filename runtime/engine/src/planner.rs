//! From requests and templates to plans, and from plans to results.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use aksara_plugin_host::CallError;
use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::SkippedFile;
use aksara_protocol::plan::{FORMAT_VERSION, Source, SourceKind, SourceRoot, SourceTemplate};
use aksara_protocol::{JsonMap, Plan, ProjectFacts, RelPath, Step, StepId, StepOrder};
use aksara_template::{RootKind, Template, TemplatePlan, params};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::approver::{Approver, Asker, work};
use crate::cancel::Cancel;
use crate::compose::{Composer, Part, Wanted};
use crate::error::Error;
use crate::facts::Project;
use crate::journal::{self, Stored};
use crate::plan_file;
use crate::preview::{self, preview};
use crate::result::{FailedAt, Landed, RunResult, RunStatus, StepResult, StepStatus};
use crate::run::options::{LandMode, RollbackOptions, RunOptions};
use crate::run::report;
use crate::run::state::RunState;
use crate::run::{Retry, Run, Until};
use crate::run_id::RunId;
use crate::session::{Core, Session, base_of};
use crate::snapshot::FileChange;

/// Makes plans and carries them out, in the runtime's folder.
#[derive(Clone)]
pub struct Planner {
    core: Arc<Core>,
    approver: Option<Arc<dyn Approver>>,
}

/// What a plan is made with, beside the request.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Values of the template's parameters; they win over what the request says.
    pub set: Vec<(String, Value)>,
    /// The app that is meant, where the request leaves it open.
    pub app: Option<String>,
    /// The template that a request is for, where several may be meant.
    pub template: Option<String>,
    /// Switches of the template, such as `include_tests`; unknown ones are an error.
    pub constraints: JsonMap,
    /// Refuses a request that names a model which the project does not have, instead of planning that model first.
    pub no_create: bool,
    /// Plans that are not landed yet, on top of which this one is made.
    pub previous_plans: Vec<Plan>,
    /// Stops planning.
    pub cancel: Option<CancellationToken>,
}

/// How a plan is carried out.
#[derive(Clone, Debug, Default)]
pub struct ExecuteOptions {
    /// Show what would be done; write nothing.
    pub dry_run: bool,
    /// How the run is carried out.
    pub run: RunOptions,
    /// Stops the run at its next checkpoint.
    pub cancel: Option<CancellationToken>,
}

/// What is allowed to a run that goes on or is tried again, beyond what it was begun with.
#[derive(Clone, Debug, Default)]
pub struct RetryOptions {
    /// Questions about what can be taken back are answered with yes.
    pub assume_yes: bool,
    /// Steps that lose something for good may run without being asked about.
    pub allow_destructive: bool,
    /// Stops the run at its next checkpoint.
    pub cancel: Option<CancellationToken>,
}

/// A recorded run.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RunInfo {
    /// Its name.
    pub id: RunId,
    /// The plan's title.
    pub title: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Where it failed, if it did.
    pub failed_at: Option<FailedAt>,
    /// When it began, RFC 3339, UTC.
    pub opened_at: String,
    /// Whether a process works on it now.
    pub active: bool,
    /// Whether it asks before each step.
    pub interactive: bool,
    /// Steps that are done.
    pub completed_steps: usize,
    /// Steps of the plan.
    pub total_steps: usize,
    /// The commit, if it landed as one.
    pub commit: Option<String>,
    /// Where the result is, if it landed.
    pub landed: Option<Landed>,
    /// The commit that took the run, or some of its steps, back.
    pub taken_back: Option<String>,
}

impl Planner {
    pub(crate) fn new(core: Arc<Core>, approver: Option<Arc<dyn Approver>>) -> Self {
        Self { core, approver }
    }

    /// Makes a plan for a request in plain words.
    ///
    /// # Errors
    /// A request that no template explains, a parameter that is missing, a repository or project that cannot be
    /// used, a step that cannot be done.
    pub async fn create(&self, request: &str, options: PlanOptions) -> Result<Plan, Error> {
        let request = request.to_owned();
        self.work(options.cancel.clone(), move |session, _| {
            create(session, Wanted::Request(&request), &options)
        })
        .await
    }

    /// Makes a plan from a template.
    ///
    /// # Errors
    /// As [`Planner::create`]; a template that does not exist.
    pub async fn from_template(
        &self,
        name: &str,
        params: JsonMap,
        options: PlanOptions,
    ) -> Result<Plan, Error> {
        let name = name.to_owned();
        self.work(options.cancel.clone(), move |session, _| {
            let mut options = options;
            options.set.extend(params);
            create(session, Wanted::Template(&name), &options)
        })
        .await
    }

    /// Makes the previews of a plan anew, after it was edited. What was warned of before stays, but for what the
    /// previews said.
    ///
    /// # Errors
    /// A step that cannot be done.
    pub async fn preview(&self, plan: Plan) -> Result<Plan, Error> {
        self.work(None, move |session, _| {
            let mut plan = plan;
            session.must_not_be_too_long(plan.steps.len())?;
            let head = session.head()?;
            let project = session.project_of(&plan, &head.tree)?;
            fill_in_stack(&mut plan, project.as_ref());
            let shown = session.preview(project.as_ref(), &head.tree, &mut plan)?;
            plan.base = Some(base_of(&head));
            plan.warnings.retain(|warning| !preview::warned(warning));
            plan.warnings.extend(shown.warnings.iter().cloned());
            Ok(plan)
        })
        .await
    }

    /// Carries out a plan; with `dry_run`, shows what that would do.
    ///
    /// A failed step or check is a result with `success == false`.
    ///
    /// # Errors
    /// What kept the run from being driven: a repository in the middle of something, files that are not clean, a
    /// stale plan, a question that was declined.
    pub async fn execute(&self, plan: &Plan, options: ExecuteOptions) -> Result<RunResult, Error> {
        let plan = plan.clone();
        self.work(options.cancel.clone(), move |session, asker| {
            plan_file::validate(&plan).map_err(Error::PlanEdit)?;
            if options.dry_run {
                return dry_run(session, plan);
            }
            Run::open(session, plan, options.run, asker)?.drive(Until::End, asker)
        })
        .await
    }

    /// Carries out one step: opens the plan's run, or goes on with it. Nothing is landed before
    /// [`Planner::finish`].
    ///
    /// # Errors
    /// As [`Planner::execute`]; a step that it needs is not done.
    pub async fn execute_step(&self, plan: &Plan, order: StepOrder) -> Result<StepResult, Error> {
        let plan = plan.clone();
        let run = self.default_run_options();
        self.work(None, move |session, asker| {
            let run = match open_run_of(session, &plan)? {
                Some(id) => {
                    must_be_the_same(session, &id, &plan)?;
                    Run::resume(session, &id)?
                }
                None => Run::open(session, plan, run, asker)?,
            };
            let result = run.drive(Until::Step(order), asker)?;
            result
                .step_results
                .into_iter()
                .find(|r| r.step == order)
                .ok_or_else(|| Error::PlanEdit(format!("there is no step {order}")))
        })
        .await
    }

    /// Carries out what is left of the plan's run, checks the result and lands it.
    ///
    /// # Errors
    /// As [`Planner::execute`]; the plan has no open run.
    pub async fn finish(&self, plan: &Plan) -> Result<RunResult, Error> {
        let plan = plan.clone();
        self.work(None, move |session, asker| {
            let id = must_have_run(session, &plan)?;
            must_be_the_same(session, &id, &plan)?;
            Run::resume(session, &id)?.drive(Until::End, asker)
        })
        .await
    }

    /// Drops the plan's run: nothing of it is landed.
    ///
    /// # Errors
    /// The plan has no open run.
    pub async fn abandon(&self, plan: &Plan) -> Result<RunResult, Error> {
        let plan = plan.clone();
        self.work(None, move |session, asker| {
            Run::resume(session, &must_have_run(session, &plan)?)?
                .roll_back(&RollbackOptions::default(), asker)
        })
        .await
    }

    /// Goes on with a run that was stopped, interrupted or killed.
    ///
    /// # Errors
    /// As [`Planner::execute`]; there is no such run, or another process has it.
    pub async fn resume(&self, run: &RunId, options: RetryOptions) -> Result<RunResult, Error> {
        let run = run.clone();
        let with = Retry { assume_yes: options.assume_yes, allow_destructive: options.allow_destructive };
        self.work(options.cancel, move |session, asker| {
            Run::resume(session, &run)?.drive_with(Until::End, &with, asker)
        })
        .await
    }

    /// Carries out what failed, was left out or was never begun, from the newest checkpoint on: those steps only.
    ///
    /// # Errors
    /// As [`Planner::retry`]; the result is that of a dry run.
    pub async fn retry_failed(&self, result: &RunResult) -> Result<RunResult, Error> {
        let run = result.run.as_ref().ok_or(Error::NoRun)?;
        self.retry(run, RetryOptions::default()).await
    }

    /// As [`Planner::retry_failed`], of a recorded run.
    ///
    /// # Errors
    /// As [`Planner::execute`]; there is no such run, another process has it, or nothing of it failed.
    pub async fn retry(&self, run: &RunId, options: RetryOptions) -> Result<RunResult, Error> {
        let run = run.clone();
        let with = Retry { assume_yes: options.assume_yes, allow_destructive: options.allow_destructive };
        self.work(options.cancel, move |session, asker| Run::resume(session, &run)?.retry(&with, asker)).await
    }

    /// Lands the kept result of a run: of one whose options said so, or of one of which steps failed. `mode` is where
    /// to; without it where the run was to land, else on the branch that is checked out.
    ///
    /// # Errors
    /// The run is not at its end, has landed or was taken back; the framework does not accept the result; and as
    /// [`Planner::execute`]. The result is kept then.
    pub async fn land(
        &self,
        run: &RunId,
        mode: Option<LandMode>,
        cancel: Option<CancellationToken>,
    ) -> Result<RunResult, Error> {
        let run = run.clone();
        self.work(cancel, move |session, asker| Run::resume(session, &run)?.land(mode, asker)).await
    }

    /// Takes a run back: all of it, or the steps after one. What an undo command may do is judged as for a run: by
    /// its own class, and by what the run was begun with and `options` allow.
    ///
    /// # Errors
    /// There is no such run or step, files are not clean, or changes since touch the same lines.
    pub async fn rollback(&self, run: &RunId, options: RollbackOptions) -> Result<RunResult, Error> {
        let run = run.clone();
        self.work(None, move |session, asker| Run::resume(session, &run)?.roll_back(&options, asker)).await
    }

    /// The recorded runs of the repository, newest first. One whose record is damaged is left out.
    ///
    /// # Errors
    /// The folder of records cannot be read.
    pub async fn runs(&self) -> Result<Vec<RunInfo>, Error> {
        self.work(None, |session, _| {
            let runs = session.runs();
            let mut infos = Vec::new();
            for id in journal::list(&runs)? {
                let Ok(stored) = Stored::read(&runs, &id) else { continue };
                let Ok(state) = RunState::of(&stored) else { continue };
                infos.push(RunInfo {
                    title: stored.plan.title.clone(),
                    status: state.status,
                    failed_at: state.failed_at(&stored.plan),
                    opened_at: state.opened_at.clone(),
                    active: journal::is_locked(&runs, &id),
                    interactive: state.options.interactive,
                    completed_steps: state.done.len(),
                    total_steps: stored.plan.steps.len(),
                    commit: state.landed.as_ref().and_then(|(l, _)| l.commit.clone()),
                    landed: state.landed.as_ref().map(|(landed, _)| landed.clone()),
                    taken_back: state.taken_back.clone(),
                    id,
                });
            }
            Ok(infos)
        })
        .await
    }

    /// A recorded run: its plan, and what came of it.
    ///
    /// # Errors
    /// There is no such run, or its record is damaged.
    pub async fn show(&self, run: &RunId) -> Result<(Plan, RunResult), Error> {
        let run = run.clone();
        self.work(None, move |session, _| {
            let stored = Stored::read(&session.runs(), &run)?;
            let result = report::of_stored(session, &stored)?;
            Ok((stored.plan, result))
        })
        .await
    }

    /// Removes the records, refs and left-over worktrees of runs that ended more than `older_than_days` ago.
    /// Gives what was removed, a line each.
    ///
    /// # Errors
    /// Something cannot be removed.
    pub async fn gc(&self, older_than_days: u32) -> Result<Vec<String>, Error> {
        self.work(None, move |session, _| crate::gc::collect(session, older_than_days)).await
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    /// [`Error::PlanFile`].
    pub fn load(&self, path: &Path) -> Result<Plan, Error> {
        Ok(plan_file::load(path)?)
    }

    /// Writes a plan to a file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::PlanFile`].
    pub fn save(&self, plan: &Plan, path: &Path) -> Result<(), Error> {
        Ok(plan_file::save(plan, path)?)
    }

    /// Run options as the settings have them.
    #[must_use]
    pub fn default_run_options(&self) -> RunOptions {
        RunOptions::of(&self.core.settings)
    }

    async fn work<T: Send + 'static>(
        &self,
        token: Option<CancellationToken>,
        job: impl FnOnce(&Session<'_>, &Asker) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let cancel = Cancel::default();
        let core = Arc::clone(&self.core);
        let inner = cancel.clone();
        work(self.approver.clone(), token, cancel, move |asker| job(&Session::open(&core, inner)?, asker))
            .await
    }
}

/// Makes a plan over HEAD, with its preview.
pub(crate) fn create(
    session: &Session<'_>,
    wanted: Wanted<'_>,
    options: &PlanOptions,
) -> Result<Plan, Error> {
    let core = session.core;
    std::thread::scope(|scope| {
        // While the plugins start and the project is read, other threads make ready what the request needs then.
        let templates = scope.spawn(|| _ = LazyLock::force(&core.templates));
        let ahead = [templates, scope.spawn(aksara_template::warm_up)];
        let plan = create_plan(session, wanted, options);
        for thread in ahead {
            // It only made things ready: whoever needed them met its panic too.
            let _ = thread.join();
        }
        plan
    })
}

fn create_plan(session: &Session<'_>, wanted: Wanted<'_>, options: &PlanOptions) -> Result<Plan, Error> {
    let head = session.head()?;
    let project = session.project_here(&head.tree)?;
    let mut base = session.snapshot(&head.tree);
    if !options.previous_plans.is_empty() {
        for previous in &options.previous_plans {
            let mut previous = previous.clone();
            let now = previous.created_at.clone();
            let mut stage = session.stage(Some(&project), &head.tree, &now)?;
            stage.base = base.clone();
            base = preview(&stage, &mut previous)?.after.clone();
        }
    }
    let facts = project.facts(&base)?;
    let now = session.core.moment.unwrap_or_else(crate::clock::Instant::now);
    let mut plan = Plan {
        format_version: FORMAT_VERSION,
        id: format!("plan-{}", RunId::make(&now)),
        description: String::new(),
        title: String::new(),
        summary: String::new(),
        source: Source {
            kind: SourceKind::Template,
            name: None,
            version: None,
            hash: None,
            files: JsonMap::new(),
            templates: Vec::new(),
        },
        params: JsonMap::new(),
        params_from: JsonMap::new(),
        root: project.root().to_owned(),
        base: options.previous_plans.is_empty().then(|| base_of(&head)),
        stack: Some(project.stack().to_owned()),
        steps: Vec::new(),
        work_hash: None,
        prerequisites: Vec::new(),
        risks: Vec::new(),
        success_criteria: Vec::new(),
        estimated_time: None,
        warnings: Vec::new(),
        created_at: now.rfc3339(),
        runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        unknown: JsonMap::new(),
    };
    let composer = Composer {
        session,
        project: &project,
        tree: &head.tree,
        options,
        scratch: plan.clone(),
        snapshot: base.clone(),
    };
    let parts = composer.parts(wanted)?;
    session.must_not_be_too_long(parts.iter().map(|part| part.made.intents.len()).sum())?;
    let unexplained: Vec<String> = parts.iter().flat_map(|part| part.unexplained.clone()).collect();
    let first = parts.first().map(|part| part.template.meta());
    let (heading, summary) = first.map_or(("", ""), |meta| (meta.title.as_str(), meta.summary.as_str()));
    let request = if let Wanted::Request(text) = wanted { Some(text) } else { None };
    let heading =
        parts.first().and_then(|part| part.made.title.clone()).unwrap_or_else(|| heading.to_owned());
    plan.title = crate::headline::of(request.unwrap_or(&heading));
    plan.description = request.unwrap_or(summary).to_owned();
    let packages: Vec<String> = parts.iter().flat_map(|part| part.made.packages.clone()).collect();
    let made_from: Vec<(&Template, JsonMap)> =
        parts.iter().map(|part| (part.template, part.params.clone())).collect();
    fill_from_parts(&mut plan, parts);
    let previewed = if options.previous_plans.is_empty() {
        session.preview(Some(&project), &head.tree, &mut plan)
    } else {
        let created_at = plan.created_at.clone();
        let mut stage = session.stage(Some(&project), &head.tree, &created_at)?;
        stage.base = base;
        preview(&stage, &mut plan).map(Arc::new)
    };
    // Of a plan that a file which was not read makes impossible, the file is what there is to say.
    match &previewed {
        Ok(shown) => must_be_read(&plan, &shown.changes, "", &facts)?,
        Err(error) => must_be_read(&plan, &[], &error.to_string(), &facts)?,
    }
    let made_from: Vec<(&Template, &JsonMap)> = made_from.iter().map(|(t, params)| (*t, params)).collect();
    let previewed = previewed.map_err(|error| with_parameter(error, &plan.steps, &made_from))?;
    session.must_have_packages(&project, &packages)?;
    plan.warnings.extend(previewed.warnings.iter().cloned());
    if let Some(template) = session.untrusted(&plan) {
        plan.warnings.push(format!(
            "the template `{}` belongs to this repository, which you have not trusted: see `aksara trust --show`",
            template.name
        ));
    }
    let dirty = dirty_files(session, &head.tree, &plan)?;
    plan.warnings.extend(dirty);
    plan.warnings.extend(not_understood(&facts));
    if !unexplained.is_empty() {
        plan.warnings
            .push(format!("the plan does not cover these words of the request: {}", unexplained.join(", ")));
    }
    Ok(plan)
}

/// Says which parameter names the new model of one of `steps`, where its name is taken. `made_from` are the templates
/// with what they were given.
pub(crate) fn with_parameter(error: Error, steps: &[Step], made_from: &[(&Template, &JsonMap)]) -> Error {
    let Error::Step { order, description, mut source } = error else { return error };
    let is_it = |step: &&Step| step.order == order && step.step_type.as_str() == "create_model";
    let model = steps.iter().find(is_it).and_then(|step| step.params.get("model")?.as_str());
    let name = model.and_then(|model| model.rsplit('.').next());
    if let (Error::Diagnostic(taken) | Error::Call(CallError::Step(taken)), Some(name)) = (&mut *source, name)
        && taken.code == codes::NAME_TAKEN
    {
        let param = made_from.iter().find_map(|(template, params)| {
            template.new_models().find(|param| params.get(*param).and_then(Value::as_str) == Some(name))
        });
        if let Some(param) = param {
            let help = taken.help.take().map_or_else(String::new, |help| format!("{help}\nhint: "));
            taken.help = Some(format!("{help}for another name: --set {param}=NAME"));
        }
    }
    Error::Step { order, description, source }
}

/// One part fills a plan as it is; of several each step says where it comes from, and parameters are kept by part.
fn fill_from_parts(plan: &mut Plan, parts: Vec<Part<'_>>) {
    let several = parts.len() > 1;
    let mut names: Vec<String> = Vec::new();
    for part in parts {
        let meta = part.template.meta();
        plan.source.templates.push(source_of(part.template));
        let files = part.template.files().iter();
        plan.source.files.extend(files.map(|f| (f.name.clone(), Value::String(f.text.clone()))));
        if several {
            let same = names.iter().filter(|name| **name == meta.name).count();
            let key = if same == 0 { meta.name.clone() } else { format!("{}_{}", meta.name, same + 1) };
            plan.params.insert(key.clone(), Value::Object(part.params));
            plan.params_from.insert(key, Value::from("template"));
        } else {
            plan.source.version = Some(meta.version.clone());
            plan.source.hash = Some(part.template.hash().to_owned());
            (plan.params, plan.params_from) = (part.params, part.from);
        }
        names.push(meta.name.clone());
        fill_from_template(plan, part.made, several.then_some(meta.name.as_str()));
    }
    names.dedup();
    plan.source.name = Some(names.join(" + "));
}

/// What a plan keeps of a template that it was made from.
fn source_of(template: &Template) -> SourceTemplate {
    SourceTemplate {
        name: template.meta().name.clone(),
        version: template.meta().version.clone(),
        hash: template.hash().to_owned(),
        root: match template.root().0 {
            RootKind::BuiltIn => SourceRoot::BuiltIn,
            RootKind::User => SourceRoot::User,
            RootKind::Project => SourceRoot::Project,
            RootKind::Host => SourceRoot::Host,
        },
    }
}

/// Appends what a template gives; `source` is its name where the steps say it.
pub(crate) fn fill_from_template(plan: &mut Plan, made: TemplatePlan, source: Option<&str>) {
    let add = |all: &mut Vec<String>, more: Vec<String>| {
        for line in more {
            if !all.contains(&line) {
                all.push(line);
            }
        }
    };
    add(&mut plan.prerequisites, made.prerequisites);
    add(&mut plan.risks, made.risks);
    add(&mut plan.success_criteria, made.success_criteria);
    add(&mut plan.warnings, made.warnings);
    plan.estimated_time = plan.estimated_time.take().or(made.estimated_time);
    let before = plan.steps.len();
    let order_of = |index: usize| u32::try_from(before + index + 1).unwrap_or(u32::MAX);
    for (index, intent) in made.intents.into_iter().enumerate() {
        let order = order_of(index);
        let mut step = Step::new(order, intent.step_type.as_str(), intent.description);
        step.id = StepId(format!("s{order}"));
        if let Some(name) = intent.name {
            step.name = name;
        }
        step.params = intent.params;
        step.file = intent.file.and_then(|f| aksara_protocol::RelPath::new(f).ok());
        step.dependencies = intent.after.iter().map(|i| StepOrder(order_of(*i))).collect();
        step.estimated_time = intent.estimated_time;
        step.prerequisites = intent.prerequisites;
        step.risks = intent.risks;
        step.required_skills = intent.required_skills;
        step.subtasks = intent.subtasks;
        step.timeout_seconds = intent.timeout_seconds;
        step.context = intent.context;
        step.source = source.map(str::to_owned);
        plan.steps.push(step);
    }
}

/// Planning looks at HEAD: files that differ from it are named, because the run will be refused.
fn dirty_files(session: &Session<'_>, tree: &str, plan: &Plan) -> Result<Vec<String>, Error> {
    let mut paths: Vec<_> = plan.steps.iter().flat_map(|s| s.reads.keys().cloned()).collect();
    paths.sort();
    paths.dedup();
    let dirty = session.repo.dirty(tree, &paths)?;
    Ok(dirty
        .iter()
        .map(|d| format!("{d}: the plan is made for HEAD, without that change; commit or stash it before running the plan"))
        .collect())
}

/// A plan is made from what the files of its apps define: one of them that does not parse would make it a smaller
/// plan that looks whole. `in_the_way` is what kept the plan from being shown.
///
/// # Errors
/// [`Error::NotParsed`] with the files of the apps that the plan touches, and of the folder of the settings.
fn must_be_read(
    plan: &Plan,
    changes: &[FileChange],
    in_the_way: &str,
    facts: &ProjectFacts,
) -> Result<(), Error> {
    // What is too large is said to be unknown, and is nothing that the user could correct.
    let wrong: Vec<&SkippedFile> = facts
        .skipped
        .iter()
        .filter(|f| [codes::SYNTAX, codes::NOT_UTF8].contains(&f.code.as_str()))
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let is_below = |path: &RelPath, dir: &str| {
        dir.is_empty() || path.as_str().strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
    };
    let touched: Vec<&RelPath> = plan
        .steps
        .iter()
        .filter_map(|step| step.file.as_ref())
        .chain(changes.iter().map(|change| &change.path))
        .collect();
    let apps = facts.apps.iter().map(|app| app.dir.as_str());
    let mut dirs: Vec<&str> = apps.filter(|dir| touched.iter().any(|path| is_below(path, dir))).collect();
    if let Some((dir, _)) = facts.settings.file.as_ref().and_then(|file| file.as_str().rsplit_once('/')) {
        dirs.push(dir);
    }
    let files: Vec<SkippedFile> = wrong
        .into_iter()
        .filter(|file| {
            in_the_way.contains(file.path.as_str())
                || touched.contains(&&file.path)
                || dirs.iter().any(|dir| is_below(&file.path, dir))
        })
        .cloned()
        .collect();
    if files.is_empty() { Ok(()) } else { Err(Error::NotParsed { files }) }
}

fn not_understood(facts: &ProjectFacts) -> Vec<String> {
    facts
        .skipped
        .iter()
        .map(|s| {
            format!("{} was not understood, so the plan does not know what it defines: {}", s.path, s.reason)
        })
        .collect()
}

/// A plan that was written by hand need not say what stands in front of it.
pub(crate) fn fill_in_stack(plan: &mut Plan, project: Option<&Project>) {
    if let (None, Some(project)) = (&plan.stack, project) {
        plan.stack = Some(project.stack().to_owned());
    }
}

fn dry_run(session: &Session<'_>, mut plan: Plan) -> Result<RunResult, Error> {
    session.must_not_be_too_long(plan.steps.len())?;
    let head = session.head()?;
    let project: Option<Project> = session.project_of(&plan, &head.tree)?;
    let previewed = session.preview(project.as_ref(), &head.tree, &mut plan)?;
    let step_results = plan
        .steps
        .iter()
        .map(|s| StepResult {
            step: s.order,
            description: s.description.clone(),
            status: StepStatus::Planned,
            success: true,
            error: None,
            diff: s.diff.clone(),
            duration: 0.0,
            notes: s.notes.clone(),
            commands: Vec::new(),
        })
        .collect();
    let paths = crate::run::report::Paths::of(&previewed.changes);
    Ok(RunResult {
        run: None,
        status: RunStatus::DryRun,
        success: true,
        completed_steps: 0,
        failed_steps: 0,
        skipped_steps: 0,
        total_steps: plan.steps.len(),
        step_results,
        failures: Vec::new(),
        created_files: paths.created,
        modified_files: paths.modified,
        deleted_files: paths.deleted,
        diff: previewed.diff(),
        checks: Vec::new(),
        not_checked: Vec::new(),
        not_undone: Vec::new(),
        landed: None,
        taken_back: None,
        error: None,
        notes: previewed.warnings.clone(),
        summary: report::dry_run_summary(plan.steps.len()),
    })
}

/// The plan's run that is neither landed nor taken back.
fn open_run_of(session: &Session<'_>, plan: &Plan) -> Result<Option<RunId>, Error> {
    for id in journal::list(&session.runs())? {
        let Ok(stored) = Stored::read(&session.runs(), &id) else { continue };
        let Ok(state) = RunState::of(&stored) else { continue };
        let open = !matches!(state.status, RunStatus::Landed | RunStatus::RolledBack | RunStatus::Unchanged);
        if stored.plan.id == plan.id && open {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// A run goes on with the plan that it began with: one that was edited since is another.
fn must_be_the_same(session: &Session<'_>, id: &RunId, plan: &Plan) -> Result<(), Error> {
    let stored = Stored::read(&session.runs(), id)?.plan;
    if preview::same_work(&stored, plan) {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "the plan was edited since its run {id} began\nhint: drop that run first (`abandon`, or `aksara ai rollback {id}`)"
    )))
}

fn must_have_run(session: &Session<'_>, plan: &Plan) -> Result<RunId, Error> {
    open_run_of(session, plan)?.ok_or_else(|| {
        Error::Refused(
            "the plan has no open run\nhint: carry out a step first, or execute the plan".to_owned(),
        )
    })
}

/// Reads `name=value` settings of parameters, typed by the template's schema. Without a template's name (the
/// request will choose it) a value is read as JSON if it is JSON, else as text.
///
/// # Errors
/// A template or parameter that does not exist, a text that is not `name=value`.
pub fn parse_set(
    templates: &aksara_template::Templates,
    template: Option<&str>,
    set: &[String],
) -> Result<Vec<(String, Value)>, Error> {
    let schema = match template {
        Some(name) => Some(templates.get(name)?.params_schema()),
        None => None,
    };
    set.iter()
        .map(|text| match schema {
            Some(schema) => Ok(params::parse_set(schema, text)?),
            None => {
                let (name, value) = text.split_once('=').ok_or_else(|| params::ParamsError {
                    problems: vec![params::ParamProblem::NotAPair { text: text.clone() }],
                })?;
                let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
                Ok((name.to_owned(), value))
            }
        })
        .collect()
}
