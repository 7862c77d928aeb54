//! The library as a host uses it.

use std::sync::{Arc, Mutex};

use aksara_protocol::StepOrder;
use aksara_protocol::outcome::Manual;
use aksara_runtime::{
    AgentRuntime, Answer, Approver, ChangedStep, Error, ErrorKind, Event, ExecuteOptions, Meta, NewStep,
    PlanEdit as _, PlanOptions, PlanTemplate, RetryOptions, RunOptions, RunStatus, StepQuestion, StepStatus,
    Stream, TemplateFailure, TemplateParams,
};
use aksara_testkit::Project;
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{AKSARA, TAGGING};

fn plugins(project: &Project) -> std::path::PathBuf {
    aksara_testkit::aksara(AKSARA, project, &[])
        .get_envs()
        .find(|(k, _)| *k == "AKSARA_PLUGIN_PATH")
        .and_then(|(_, v)| v)
        .map(Into::into)
        .expect("the kit sets it")
}

fn runtime(project: &Project, approver: Option<Arc<dyn Approver>>) -> AgentRuntime {
    let mut builder = AgentRuntime::builder(project.path())
        .plugins(plugins(project), "the test")
        .plugins_in_process()
        .cache(project.home().join("cache"))
        .environment(project.environment());
    if let Some(approver) = approver {
        builder = builder.approver(approver);
    }
    builder.build().unwrap()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The identity that libgit2 takes for the final commit is the repository's.
fn identified(project: &Project) {
    project.git(&["config", "user.name", "Test Person"]);
    project.git(&["config", "user.email", "person@example.com"]);
}

struct Script(Mutex<Vec<Answer>>);

#[async_trait]
impl Approver for Script {
    async fn approve_step(&self, question: &StepQuestion) -> Answer {
        assert!(question.diff.starts_with("diff --git "), "{}", question.diff);
        let mut answers = self.0.lock().unwrap();
        if answers.is_empty() { Answer::Yes } else { answers.remove(0) }
    }

    async fn approve_changed(&self, _: &[ChangedStep]) -> bool {
        false
    }

    async fn confirm_manual(&self, _: StepOrder, _: &Manual) -> bool {
        false
    }
}

fn script(answers: &[Answer]) -> Option<Arc<dyn Approver>> {
    Some(Arc::new(Script(Mutex::new(answers.to_vec()))))
}

fn interactive() -> ExecuteOptions {
    ExecuteOptions {
        run: RunOptions { interactive: true, ..RunOptions::default() },
        ..ExecuteOptions::default()
    }
}

#[test]
fn a_host_executes_a_request() {
    let project = Project::of("django-blog");
    identified(&project);
    let runtime = runtime(&project, None);
    let mut events = runtime.events();
    let result = block(runtime.execute(TAGGING)).unwrap();
    assert!(result.success, "{}", result.summary);
    assert_eq!(result.completed_steps, result.total_steps);
    assert_eq!((result.failed_steps, result.skipped_steps), (0, 0));
    assert!(result.created_files.iter().any(|p| p.as_str() == "blog/filters.py"));
    assert!(result.modified_files.iter().any(|p| p.as_str() == "blog/models.py"));
    assert!(result.step_results.iter().all(|s| s.success && s.diff.is_some() && s.error.is_none()));
    let mut seen = 0;
    while events.try_recv().is_ok() {
        seen += 1;
    }
    assert!(seen > result.total_steps);
    // The record tells the same of each step as the run did.
    let (_, recorded) = block(runtime.planner().show(result.run.as_ref().unwrap())).unwrap();
    let diffs = |result: &aksara_runtime::RunResult| -> Vec<_> {
        result.step_results.iter().map(|step| step.diff.clone()).collect()
    };
    assert_eq!(diffs(&recorded), diffs(&result));
}

#[test]
fn interactive_without_an_approver_is_an_error() {
    let project = Project::of("django-blog");
    identified(&project);
    let planner = runtime(&project, None).planner();
    let plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    let before = project.everything();
    let error = block(planner.execute(&plan, interactive())).map(|r| r.success);
    assert!(matches!(&error, Err(Error::NoApprover) | Ok(false)), "{error:?}");
    assert_eq!(before, project.everything());
}

#[test]
fn no_lands_nothing_and_skip_leaves_dependents_out() {
    let project = Project::of("django-blog");
    identified(&project);
    let before = project.everything();
    let runtime_no = runtime(&project, script(&[Answer::Yes, Answer::No]));
    let plan = block(runtime_no.planner().create(TAGGING, PlanOptions::default())).unwrap();
    let result = block(runtime_no.planner().execute(&plan, interactive())).unwrap();
    assert!(!result.success);
    assert_eq!(result.status, RunStatus::Declined);
    assert_eq!(result.error.unwrap().message, "step 2 was declined");
    assert_eq!(before, project.everything());

    let migration = plan.steps.iter().find(|s| s.step_type.as_str() == "create_test").unwrap().order;
    let mut answers = vec![Answer::Yes; plan.steps.len()];
    answers[migration.0 as usize - 1] = Answer::Skip;
    let skipping = runtime(&project, script(&answers));
    let plan = block(skipping.planner().create(TAGGING, PlanOptions::default())).unwrap();
    let result = block(skipping.planner().execute(&plan, interactive())).unwrap();
    assert_eq!(result.skipped_steps, 1);
    assert!(!project.path().join("blog/tests/test_tagging.py").exists());
}

/// A plan of two steps: an edit, and a command that fails as long as there is no `ok` in the project's home.
fn needs_ok(planner: &aksara_runtime::Planner) -> aksara_runtime::Plan {
    let mut plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    while let Some(last) = plan.steps.last() {
        let last = last.order.0;
        plan.remove_step(last, false).unwrap();
    }
    let mut step = |step_type: &str, params: serde_json::Value| {
        let new = NewStep {
            step_type: step_type.into(),
            description: step_type.into(),
            params: params.as_object().cloned().unwrap(),
            ..NewStep::default()
        };
        let last = plan.steps.len() as u32;
        plan.add_step(new, last).unwrap();
    };
    step(
        "modify_file",
        serde_json::json!({"path": "one.txt", "operations": [{"op": "create", "text": "1\n"}]}),
    );
    step(
        "run_command",
        serde_json::json!({"argv": ["sh", "-c", "test -e \"$HOME/ok\" && echo 2 > two.txt"]}),
    );
    plan
}

#[test]
fn what_failed_is_tried_again_from_the_result() {
    let project = Project::of("django-blog");
    identified(&project);
    let planner = runtime(&project, None).planner();
    let plan = needs_ok(&planner);
    let allowed = || RunOptions { allow_destructive: true, assume_yes: true, ..RunOptions::default() };
    let options = |run| ExecuteOptions { run, ..ExecuteOptions::default() };
    let result = block(planner.execute(&plan, options(allowed()))).unwrap();
    assert_eq!((result.success, result.status), (false, RunStatus::Failed));
    assert_eq!(result.step_results[0].status, StepStatus::RolledBack);
    assert_eq!(result.failures[0].step, StepOrder(2));
    // A process that comes later knows the result, too.
    let planner = runtime(&project, None).planner();
    let again = block(planner.retry_failed(&result)).unwrap();
    assert_eq!((again.success, again.run.as_ref()), (false, result.run.as_ref()));
    std::fs::write(project.home().join("ok"), "").unwrap();
    let done = block(planner.retry_failed(&again)).unwrap();
    assert_eq!((done.success, done.status), (true, RunStatus::Landed));
    assert_eq!(project.read("two.txt"), "2\n");
    let error = block(planner.retry_failed(&done)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    let preview = ExecuteOptions { dry_run: true, ..ExecuteOptions::default() };
    let shown = block(planner.execute(&plan, preview)).unwrap();
    assert_eq!(block(planner.retry_failed(&shown)).unwrap_err().kind(), ErrorKind::Input);
}

#[test]
fn what_is_done_lands_from_the_library() {
    let project = Project::of("django-blog");
    identified(&project);
    let planner = runtime(&project, None).planner();
    let plan = needs_ok(&planner);
    let run = RunOptions {
        allow_destructive: true,
        assume_yes: true,
        continue_on_failure: true,
        ..RunOptions::default()
    };
    let both = RunOptions { rollback_on_failure: Some(true), ..run.clone() };
    let error = block(planner.execute(&plan, ExecuteOptions { run: both, ..ExecuteOptions::default() }));
    assert!(matches!(error, Err(Error::RollbackAndContinue)));
    assert_eq!(Error::RollbackAndContinue.kind(), ErrorKind::Input);
    let result = block(planner.execute(&plan, ExecuteOptions { run, ..ExecuteOptions::default() })).unwrap();
    assert_eq!((result.success, result.status), (false, RunStatus::Partial));
    assert!(!project.path().join("one.txt").exists());
    let landed = block(planner.land(result.run.as_ref().unwrap(), None, None)).unwrap();
    assert_eq!((landed.success, landed.status), (false, RunStatus::Landed));
    assert_eq!(project.read("one.txt"), "1\n");
}

/// A line reaches a listener while the command still runs: it goes on only when the listener has seen it.
#[test]
fn what_a_command_prints_is_heard_as_it_comes() {
    let project = Project::of("django-blog");
    identified(&project);
    let runtime = runtime(&project, None);
    let planner = runtime.planner();
    let mut plan = needs_ok(&planner);
    plan.steps[1].params["argv"][2] =
        "echo ready; until test -e \"$HOME/ok\"; do sleep 0.02; done; echo 2 > two.txt".into();
    let mut events = runtime.events();
    let run = RunOptions { allow_destructive: true, assume_yes: true, ..RunOptions::default() };
    let options = ExecuteOptions { run, ..ExecuteOptions::default() };
    let result = block(async {
        let listen = async {
            while let Some(event) = events.recv().await {
                if let Event::CommandOutput { stream: Stream::Stdout, line } = event {
                    assert_eq!(line, "ready");
                    std::fs::write(project.home().join("ok"), "").unwrap();
                    return;
                }
            }
        };
        tokio::join!(planner.execute(&plan, options), listen).0
    });
    assert_eq!(result.unwrap().status, RunStatus::Landed);
}

#[test]
fn settings_are_given_by_the_builder() {
    let project = Project::of("django-blog");
    let runtime = AgentRuntime::builder(project.path())
        .plugins(plugins(&project), "the test")
        .plugins_in_process()
        .set("planner.max_steps", 3)
        .set("landing.mode", "branch")
        .build()
        .unwrap();
    assert_eq!(runtime.settings().landing.mode.as_str(), "branch");
    let error = block(runtime.planner().create(TAGGING, PlanOptions::default())).unwrap_err();
    assert!(matches!(error, Error::TooManySteps { steps: 8, max: 3 }), "{error}");
    assert!(error.to_string().contains("--max-steps 8"), "{error}");
    let wrong = AgentRuntime::builder(project.path()).plugins_in_process().set("planner.max_steps", "x");
    assert_eq!(wrong.build().err().unwrap().kind(), ErrorKind::Input);
}

#[test]
fn quit_keeps_the_run_and_it_goes_on_later() {
    let project = Project::of("django-blog");
    identified(&project);
    let quitting = runtime(&project, script(&[Answer::Yes, Answer::Quit]));
    let plan = block(quitting.planner().create(TAGGING, PlanOptions::default())).unwrap();
    let result = block(quitting.planner().execute(&plan, interactive())).unwrap();
    assert_eq!((result.status, result.completed_steps), (RunStatus::Stopped, 1));
    let result = block(quitting.planner().resume(&result.run.unwrap(), RetryOptions::default())).unwrap();
    assert_eq!(result.status, RunStatus::Landed);
}

#[test]
fn step_by_step_lands_at_the_end_only() {
    let project = Project::of("django-blog");
    identified(&project);
    let planner = runtime(&project, None).planner();
    let plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    let before = project.everything();
    let needy = plan.steps.iter().find(|s| !s.dependencies.is_empty()).unwrap();
    assert_eq!(block(planner.execute_step(&plan, needy.order)).unwrap_err().kind(), ErrorKind::Refused);
    for step in &plan.steps {
        let result = block(planner.execute_step(&plan, step.order)).unwrap();
        assert!(result.success, "{:?}", result.error);
        assert_eq!(before, project.everything());
    }
    let result = block(planner.finish(&plan)).unwrap();
    assert_eq!(result.status, RunStatus::Landed);
    assert!(project.read("blog/models.py").contains("class Tag"));

    let planner = runtime(&project, None).planner();
    let mut another = plan.clone();
    another.id = "another".into();
    block(planner.execute_step(&another, StepOrder(1))).unwrap();
    assert_eq!(block(planner.abandon(&another)).unwrap().status, RunStatus::RolledBack);
}

#[test]
fn a_step_of_a_description_only_is_incomplete_and_does_not_run() {
    let project = Project::of("django-blog");
    identified(&project);
    let planner = runtime(&project, None).planner();
    let mut plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    let new = NewStep {
        step_type: "create_test".into(),
        description: "Add integration tests".into(),
        ..NewStep::default()
    };
    let order = plan.add_step(new, 4).unwrap();
    let mut plan = block(planner.preview(plan)).unwrap();
    assert!(plan.steps[order.0 as usize - 1].incomplete.as_ref().unwrap().contains("params"));
    let before = project.everything();
    let error = block(planner.execute(&plan, ExecuteOptions::default())).unwrap_err();
    assert!(error.to_string().contains("step 5 is incomplete"), "{error}");
    assert_eq!(before, project.everything());
    plan.remove_step(order.0, false).unwrap();
    assert!(block(planner.execute(&plan, ExecuteOptions::default())).unwrap().success);
}

#[test]
fn a_future_that_is_dropped_stops_at_a_checkpoint() {
    let project = Project::of("django-blog");
    identified(&project);
    let planner = runtime(&project, None).planner();
    let plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    let before = project.everything();
    block(async {
        let run = planner.execute(&plan, ExecuteOptions::default());
        tokio::select! {
            biased;
            _ = run => panic!("a run takes longer than one look at it"),
            () = std::future::ready(()) => {}
        }
    });
    // The worker notices at its next checkpoint, and nothing of the user's is touched then or later.
    for _ in 0..200 {
        let runs = block(planner.runs()).unwrap();
        if runs.first().is_none_or(|r| !r.active) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(before, project.everything());
}

#[test]
fn a_cancelled_token_stops_at_a_checkpoint() {
    let project = Project::of("django-blog");
    identified(&project);
    let planner = runtime(&project, None).planner();
    let plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    let token = tokio_util::sync::CancellationToken::new();
    token.cancel();
    let options = ExecuteOptions { cancel: Some(token), ..ExecuteOptions::default() };
    let error = block(planner.execute(&plan, options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
    assert!(!project.read("blog/models.py").contains("class Tag"));
}

#[test]
fn two_runtimes_live_in_one_process() {
    let (one, two) = (Project::of("django-blog"), Project::of("django-blog"));
    identified(&one);
    identified(&two);
    let (first, second) = (runtime(&one, None), runtime(&two, None));
    let results = block(async { tokio::join!(first.execute(TAGGING), second.execute(TAGGING)) });
    assert!(results.0.unwrap().success && results.1.unwrap().success);
    assert_eq!(one.read("blog/models.py"), two.read("blog/models.py"));
}

#[test]
fn plans_build_on_plans() {
    let project = Project::of("django-blog");
    let planner = runtime(&project, None).planner();
    let first = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    let options = PlanOptions { previous_plans: vec![first], ..PlanOptions::default() };
    let second = block(planner.create(TAGGING, options)).unwrap();
    assert!(
        second.steps.iter().all(|s| s.diff.as_deref() == Some("")),
        "everything is there by the first plan"
    );
}

#[test]
fn a_plan_is_edited_and_previewed_again() {
    let project = Project::of("django-blog");
    let planner = runtime(&project, None).planner();
    let mut plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    assert_eq!(plan.summary.lines().count(), plan.steps.len());
    assert!(plan.summary.starts_with("1. "), "{}", plan.summary);
    let test = plan.steps.iter().find(|s| s.step_type.as_str() == "create_test").unwrap().order.0;
    plan.remove_step(test, false).unwrap();
    let params =
        serde_json::json!({"path": "CHANGES.md", "operations": [{"op": "create", "text": "# Tags\n"}]});
    let new = NewStep {
        step_type: "modify_file".into(),
        description: "Note the change".into(),
        params: params.as_object().cloned().unwrap(),
        ..NewStep::default()
    };
    let last = plan.steps.len() as u32;
    plan.add_step(new, last).unwrap();
    let plan = block(planner.preview(plan)).unwrap();
    assert_eq!(plan.steps.last().unwrap().file.as_ref().unwrap().as_str(), "CHANGES.md");
    assert!(plan.remove_needed_step_is_refused());
}

trait Needed {
    fn remove_needed_step_is_refused(&self) -> bool;
}

impl Needed for aksara_runtime::Plan {
    fn remove_needed_step_is_refused(&self) -> bool {
        self.clone().remove_step(1, false).is_err()
    }
}

#[test]
fn a_child_that_was_started_again_is_told_the_project_again() {
    let project = Project::of("django-blog");
    let in_child = |mark: &str| {
        AgentRuntime::builder(project.path())
            .plugins(plugins(&project), "the test")
            .plugins_in_child(AKSARA, vec!["__plugin-host".to_owned(), mark.to_owned()])
            .cache(project.home().join("cache"))
            .environment(project.environment())
            .build()
            .unwrap()
            .planner()
    };
    let named = |name: &str| PlanOptions {
        set: vec![("tag_model".to_owned(), serde_json::json!(name))],
        ..PlanOptions::default()
    };
    let mark = project.path().display().to_string();
    let planner = in_child(&mark);
    block(planner.create(TAGGING, named("Tag"))).unwrap();
    end_process_with(&mark);
    block(planner.create(TAGGING, named("Label"))).expect_err("the child is gone");
    let again = block(planner.create(TAGGING, named("Label"))).unwrap();
    let fresh = block(in_child("fresh").create(TAGGING, named("Label"))).unwrap();
    assert_eq!(again.steps, fresh.steps);
}

/// Ends the one process that was given `argument`.
fn end_process_with(argument: &str) {
    let processes = std::fs::read_dir("/proc").unwrap();
    let found: Vec<String> = processes
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.parse::<u32>().is_ok())
        .filter(|pid| {
            std::fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.split(|b| *b == 0).any(|part| part == argument.as_bytes()))
        })
        .collect();
    let [pid] = found.as_slice() else { panic!("processes with {argument}: {found:?}") };
    assert!(std::process::Command::new("kill").args(["-9", pid]).status().unwrap().success());
    let zombie = || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| s.contains(") Z "));
    while !zombie() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[test]
fn futures_are_send() {
    fn is_send<T: Send>(_: &T) {}
    let project = Project::of("django-blog");
    let runtime = runtime(&project, None);
    is_send(&runtime.execute(TAGGING));
    is_send(&runtime.planner().runs());
}

#[test]
fn a_step_is_filled_in_from_its_description() {
    let project = Project::of("django-blog");
    let planner = runtime(&project, None).planner();
    let mut plan = block(planner.create(TAGGING, PlanOptions::default())).unwrap();
    let add = |step_type: &str, description: &str, file: Option<&str>| NewStep {
        step_type: step_type.into(),
        description: description.into(),
        file: file.map(|file| aksara_protocol::RelPath::new(file).unwrap()),
        ..NewStep::default()
    };
    let last = u32::try_from(plan.steps.len()).unwrap();
    plan.add_step(add("create_model", "Create Colour model with name and is_active", None), last).unwrap();
    plan.add_step(add("create_migration", "Generate migration for colours", None), last + 1).unwrap();
    plan.add_step(add("create_serializer", "Create ColourSerializer", None), last + 2).unwrap();
    let tests = add("create_test", "Add integration tests", Some("blog/tests/test_integration.py"));
    plan.add_step(tests, last + 3).unwrap();
    let plan = block(planner.preview(plan)).unwrap();
    let added = &plan.steps[last as usize..];
    assert_eq!(added[0].params["model"], "blog.Colour");
    assert!(added[0].diff.as_deref().unwrap().contains("class Colour(models.Model)"));
    assert!(added[1].diff.as_deref().unwrap().contains("_colours.py"));
    assert!(added[2].diff.as_deref().unwrap().contains("class ColourSerializer"));
    assert!(added.iter().take(3).all(|step| step.incomplete.is_none()));
    assert!(added[3].incomplete.is_some());
}

#[test]
fn fields_are_texts_or_objects() {
    let project = Project::of("django-blog");
    let planner = runtime(&project, None).planner();
    let params = |fields: serde_json::Value| {
        serde_json::json!({ "model_name": "Product", "fields": fields }).as_object().cloned().unwrap()
    };
    let bare = params(serde_json::json!(["name", "price", "description"]));
    let plan = block(planner.from_template("crud_feature", bare, PlanOptions::default())).unwrap();
    let types: Vec<&str> = plan.steps.iter().map(|step| step.step_type.as_str()).collect();
    assert_eq!(
        types,
        ["create_model", "create_migration", "create_serializer", "create_viewset", "create_test"]
    );
    let objects = params(serde_json::json!([
        { "name": "name" },
        { "name": "price", "type": "decimal", "max_digits": 10, "decimal_places": 2, "min": 0 },
        "description?:text",
    ]));
    let other = block(planner.from_template("crud_feature", objects, PlanOptions::default())).unwrap();
    assert_eq!(plan.steps[0].params, other.steps[0].params);
    let wrong = params(serde_json::json!(["price:decimla"]));
    let error = block(planner.from_template("crud_feature", wrong, PlanOptions::default())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.to_string().contains("did you mean `decimal`?"), "{error}");
}

/// A template in Rust, whose answer is what it was made with.
struct InRust(fn(&TemplateParams<'_>) -> Result<Value, TemplateFailure>);

#[async_trait]
impl PlanTemplate for InRust {
    fn name(&self) -> &str {
        "tagging"
    }

    fn steps(&self) -> Value {
        json!([{ "type": "modify_file", "description": "Write the motto" }])
    }

    async fn customize(&self, params: &TemplateParams<'_>) -> Result<Value, TemplateFailure> {
        // An author may wait for whatever they like.
        tokio::task::yield_now().await;
        (self.0)(params)
    }

    fn params(&self) -> Value {
        json!({ "type": "object", "required": ["text"], "properties": {
            "text": { "type": "string", "description": "The motto" },
        } })
    }

    fn meta(&self) -> Meta {
        Meta {
            keywords: vec!["motto".into()],
            examples: vec!["Add a motto".into()],
            title: "T".into(),
            summary: "S".into(),
            version: "1".into(),
            ..Meta::default()
        }
    }
}

fn motto(params: &TemplateParams<'_>) -> Result<Value, TemplateFailure> {
    let text = params.text("text").ok_or("no text")?;
    if text.is_empty() {
        return Err("a motto has words".into());
    }
    assert!(params.project().app("blog").is_some());
    Ok(
        json!([{ "type": "modify_file", "params": { "path": "MOTTO", "operations": [{ "op": "create", "text": text }] } }]),
    )
}

#[test]
fn a_template_in_rust_is_one_like_any_other() {
    let project = Project::of("django-blog");
    identified(&project);
    let with = |template: InRust| {
        AgentRuntime::builder(project.path())
            .plugins(plugins(&project), "the test")
            .plugins_in_process()
            .cache(project.home().join("cache"))
            .environment(project.environment())
            .register_template(template)
            .build()
            .unwrap()
    };
    let runtime = with(InRust(motto));
    // It wins over the built-in one of its name, and is listed and described.
    let template = runtime.templates().get("tagging").unwrap();
    assert_eq!(template.describe()["root"]["kind"], "host");
    let planner = runtime.planner();
    let set = |text: &str| PlanOptions { set: vec![("text".into(), text.into())], ..PlanOptions::default() };
    let plan = block(planner.create("Add a motto", set("Onward\n"))).unwrap();
    assert_eq!(plan.steps[0].code.as_deref(), Some("Onward\n"));
    let result = block(planner.execute(&plan, ExecuteOptions::default())).unwrap();
    assert!(result.success, "{}", result.summary);
    assert_eq!(project.read("MOTTO"), "Onward\n");

    let refused = block(planner.create("Add a motto", set(""))).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Input);
    assert_eq!(refused.to_string(), "the template `tagging` gave no steps: a motto has words");
    let wrong = with(InRust(|_| Ok(json!([{ "type": "create_model", "params": { "model": 1 } }]))));
    let error = block(wrong.planner().create("Add a motto", set("x"))).unwrap_err().to_string();
    assert!(error.contains("steps[0].params.model"), "{error}");
}
