//! `create_migration`: the difference between an app's models and its migrations, as a migration.

use std::collections::{BTreeMap, BTreeSet};

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::AppFacts;
use aksara_sdk::protocol::params::CreateMigration as Params;
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::{Value as Json, json};

use super::depend::dependencies;
use super::detect::{DetectError, Difference, Drift, DriftKind, Input, detect, drift};
use super::file::{self, Dependency};
use super::info;
use super::model::Base;
use super::operation::Operation;
use super::read::Project;
use super::rows::{self, RowsError};

/// Writes a migration for what the models of an app have and its migrations have not.
pub struct CreateMigration;

impl Executor for CreateMigration {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_migration".into(),
            summary: "Writes the migration for what an app's models have and its migrations have not."
                .to_owned(),
            params: info::schema(),
            effects: vec![Effect::Edit],
            examples: vec![info::example()],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        let given: Params = params(&step.params)?;
        let is_name = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
                && text.len() <= 100
        };
        if !is_name(&given.name) {
            return Err(Diagnostic::new(
                codes::BAD_PARAMS,
                format!("`{}` cannot be the name of a migration", given.name),
            )
            .with_help("use up to 100 letters, digits and `_`, such as `tag_post_tags`"));
        }
        Ok(())
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let given: Params = params(&step.params)?;
        let facts = facts(cx, &given.app, false)?;
        let app = app(&facts, &given.app)?;
        let base_facts = cx.base_facts(&labels(&facts))?;
        let base = base_facts.app(&given.app);
        check_app(&facts, app, base)?;
        let before = base.map(|base| drift_of(&base_facts, base)).unwrap_or_default();
        let renames: Vec<(String, String, String)> = given
            .renames
            .iter()
            .map(|(model, old, new)| (class_key(model), old.clone(), new.clone()))
            .collect();
        let project = Project { facts: &facts, app: &app.label };
        let drift: Vec<Operation> = before.iter().map(|drift| drift.operation.clone()).collect();
        let base = base.map(|app| Base { project: Project { facts: &base_facts, app: &app.label }, app });
        let difference = detect(&Input { project, app, base, renames: &renames, drift: &drift })
            .map_err(|e| refusal(&e, app))?;
        let mut notes = left_alone(app, &before, &difference.operations)?;
        notes.extend(not_compared(&difference));
        notes.extend(app.migrations.inexact.as_ref().map(|problem| {
            Note::warning(format!(
                "not all of the migrations of `{}` can be followed ({problem}): they are taken to lead to the models as \
                 they were before this plan, and Django compares both before anything lands",
                app.label
            ))
        }));
        if difference.operations.is_empty() {
            let differs = before.iter().any(|drift| drift.kind != DriftKind::NoClass);
            let mut outcome = Outcome::noop(if differs {
                format!("this plan changes nothing that the migrations of `{}` have not", app.label)
            } else {
                format!("the migrations of `{}` have all its models have", app.label)
            });
            outcome.notes.extend(notes);
            return Ok(outcome);
        }
        for (model, old, new) in &difference.perhaps_renamed {
            notes.push(Note::warning(format!(
                "`{model}.{old}` is removed and `{new}` of the same kind is added: if it was renamed, give \
                 `\"renames\": [[\"{model}\", \"{old}\", \"{new}\"]]`, which keeps its values"
            )));
        }
        let dependencies = dependencies(&facts, app, &difference, &mut notes)?;
        let mut backfills: BTreeMap<(String, String), _> = given
            .backfills
            .iter()
            .map(|(model, field, value)| ((class_key(model), field.clone()), value.clone()))
            .collect();
        for (model, old_rows) in &difference.histories {
            backfills.extend(of_old_rows(&backfills, &difference.operations, model, old_rows));
        }
        let mut parts = rows::split(difference.operations.clone(), &difference.before, &backfills)
            .map_err(|e| rows_refusal(&e))?;
        let wanted: Vec<(String, String)> =
            given.rows.iter().map(|(model, relation)| (class_key(model), relation.clone())).collect();
        parts.new_rows = rows::new_rows(&difference.operations, &wanted).map_err(|e| rows_refusal(&e))?;
        notes.extend(parts.notes.iter().map(Note::info));
        let is_given = |(model, _): &&(String, String)| !difference.histories.iter().any(|(_, h)| h == model);
        for (model, field) in backfills.keys().filter(is_given) {
            let is_used =
                parts.rows.iter().any(|row| row.model.eq_ignore_ascii_case(model) && row.field == *field);
            if !is_used {
                notes.push(Note::warning(format!(
                    "the value for existing rows of `{model}.{field}` is not used: no required column of that name \
                     is new"
                )));
            }
        }
        let risks = rows::risks(&difference.operations, &difference.before, &parts.rows);
        let edits = Files { step, facts: &facts, app, name: &given.name }.edits(&parts, &dependencies, cx)?;
        let described = difference.operations.iter().map(Operation::describe).collect::<Vec<_>>();
        let file = edits.iter().map(Edit::path).find(|path| path.file_name() != "__init__.py").cloned();
        Ok(Outcome {
            file,
            edits,
            destructive: risks.destructive,
            required: Some(format!("Django refuses models of `{}` that have no migration", given.app)),
            risks: risks.texts,
            outputs: [("operations".to_owned(), json!(described))].into_iter().collect(),
            notes,
            ..Outcome::default()
        })
    }
}

/// What the rows of `old_rows`, the model of old rows of `model`, get: the same as those that they are of, and the
/// moment where these fill themselves.
fn of_old_rows(
    backfills: &BTreeMap<(String, String), Json>,
    operations: &[Operation],
    model: &str,
    old_rows: &str,
) -> Vec<((String, String), Json)> {
    let given = backfills.iter().filter(|((name, _), _)| name == model);
    let given = given.map(|((_, field), value)| (field.clone(), value.clone()));
    let moments = operations.iter().filter_map(|operation| match operation {
        Operation::AddField { model: of, name, field, .. } if of == model && field.is("auto_now") => {
            let each = if field.class() == "DateField" { "today" } else { "now" };
            Some((name.clone(), json!({ "each": each })))
        }
        _ => None,
    });
    given.chain(moments).map(|(field, value)| ((old_rows.to_owned(), field), value)).collect()
}

/// `Post` and `blog.Post` as the key of a model.
fn class_key(model: &str) -> String {
    model.rsplit('.').next().unwrap_or(model).to_lowercase()
}

/// The facts of the app, and of every own app that its models refer to.
fn facts(cx: &Context<'_>, label: &str, base: bool) -> Result<ProjectFacts, Diagnostic> {
    let ask = |labels: &[&str]| if base { cx.base_facts(labels) } else { cx.facts(labels) };
    let own = ask(&[label])?;
    let Some(app) = own.app(label) else { return Ok(own) };
    let relations = app.models.iter().flat_map(|m| &m.fields).filter_map(|f| f.relation.as_ref());
    let mut mentioned: BTreeSet<&str> = relations.filter_map(|r| r.to.split('.').next()).collect();
    for base in app.models.iter().flat_map(|m| &m.flat_bases) {
        // A base is named by its module, which need not start with the app's label.
        mentioned.extend(base.split('.'));
    }
    let others: Vec<&str> =
        own.app_labels.iter().map(String::as_str).filter(|l| *l != label && mentioned.contains(l)).collect();
    if others.is_empty() {
        return Ok(own);
    }
    let all: Vec<&str> = std::iter::once(label).chain(others).collect();
    ask(&all)
}

fn labels(facts: &ProjectFacts) -> Vec<&str> {
    facts.apps.iter().map(|app| app.label.as_str()).collect()
}

fn app<'f>(facts: &'f ProjectFacts, label: &str) -> Result<&'f AppFacts, Diagnostic> {
    facts.app(label).ok_or_else(|| {
        let known = facts.app_labels.iter().map(|l| format!("`{l}`")).collect::<Vec<_>>().join(", ");
        let help = if known.is_empty() {
            "add the app to INSTALLED_APPS".to_owned()
        } else {
            format!("the project's own apps are {known}; a new one must stand in INSTALLED_APPS")
        };
        Diagnostic::new(codes::NOT_FOUND, format!("the project has no app `{label}`")).with_help(help)
    })
}

/// Refuses where the models or the migrations of the app are not fully read.
fn check_app(facts: &ProjectFacts, app: &AppFacts, base: Option<&AppFacts>) -> Result<(), Diagnostic> {
    let models = format!("{}/models", app.dir);
    let migrations = app.migrations.dir.as_deref().unwrap_or_default();
    let matters = |path: &RelPath| {
        Some(path) == app.files.models.as_ref()
            || path.is_below(&models)
            || (!migrations.is_empty() && path.is_below(migrations))
    };
    if let Some(file) = facts.skipped.iter().find(|file| matters(&file.path)) {
        return Err(Diagnostic::new(
            file.code.clone(),
            format!("`{}` was not understood, so that no migration can be made: {}", file.path, file.reason),
        )
        .with_help("correct that file first"));
    }
    // What the plan's own migrations do must be known.
    let followed = base.is_some_and(|base| base.migrations.inexact == app.migrations.inexact);
    let inexact = app.migrations.inexact.as_ref().filter(|_| !followed);
    if let Some(problem) = app.migrations.problem.as_ref().or(inexact) {
        return Err(Diagnostic::new(
            codes::NOT_STATIC,
            format!("what the migrations of `{}` lead to cannot be worked out: {problem}", app.label),
        )
        .with_help(format!(
            "make this migration with Django: python manage.py makemigrations {}",
            app.label
        )));
    }
    if app.migrations.leaves.len() > 1 {
        let leaves = app.migrations.leaves.iter().map(|l| format!("`{l}`")).collect::<Vec<_>>().join(" and ");
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("the migrations of `{}` have several ends: {leaves}", app.label),
        )
        .with_help(format!("merge them first: python manage.py makemigrations --merge {}", app.label)));
    }
    if facts.settings.literals.get("MIGRATION_MODULES").is_some_and(|m| m.get(&app.label).is_some()) {
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("MIGRATION_MODULES keeps the migrations of `{}` elsewhere", app.label),
        )
        .with_help(format!(
            "make this migration with Django: python manage.py makemigrations {}",
            app.label
        )));
    }
    Ok(())
}

/// How many differences are named; the rest is counted.
const NAMED: usize = 5;

/// Where models and migrations differed before the plan. Nothing where the migrations cannot be followed, which is
/// refused by [`check_app`] unless the plan corrects it.
fn drift_of(facts: &ProjectFacts, app: &AppFacts) -> Vec<Drift> {
    if app.migrations.problem.is_some() || app.migrations.leaves.len() > 1 {
        return Vec::new();
    }
    drift(Project { facts, app: &app.label }, app)
}

/// What differed before the plan and stays so. Refuses where the plan builds on a table that is not as the classes say:
/// that difference is not the plan's to write, and nothing can be put on top of it.
fn left_alone(app: &AppFacts, drift: &[Drift], operations: &[Operation]) -> Result<Vec<Note>, Diagnostic> {
    let refers_to = |model: &str| {
        operations.iter().any(|operation| {
            operation.model() == model
                || operation.fields().iter().any(|field| {
                    field
                        .target
                        .as_ref()
                        .is_some_and(|target| target.model == (app.label.clone(), model.to_owned()))
                })
        })
    };
    let named = |kind: DriftKind, counts: &dyn Fn(&str) -> bool| {
        let of_kind = drift.iter().filter(|drift| drift.kind == kind && counts(&drift.operation.model()));
        listed(of_kind.map(|drift| drift.operation.describe()).collect())
    };
    let by_django = format!("python manage.py makemigrations {}", app.label);
    if let Some(described) = named(DriftKind::Schema, &refers_to) {
        return Err(Diagnostic::new(
            codes::DRIFT,
            format!(
                "the models of `{}` already differ from its migrations, before this plan: {described}",
                app.label
            ),
        )
        .with_help(format!("commit a migration for that first: {by_django}")));
    }
    let mut notes = Vec::new();
    let others = |_: &str| true;
    if let Some(described) = named(DriftKind::Schema, &others) {
        notes.push(Note::warning(format!(
            "the models of `{}` already differ from its migrations, before this plan, and still do after it: \
             {described}; next: {by_django}",
            app.label
        )));
    }
    if let Some(described) = named(DriftKind::NoEffect, &others) {
        notes.push(Note::info(format!(
            "left as it is, and the same to the database: {described}; {by_django} would write it"
        )));
    }
    let deleted = |model: &str| {
        let is_it = |drift: &Drift| matches!(&drift.operation, Operation::DeleteModel { name } if name.eq_ignore_ascii_case(model));
        drift.iter().any(is_it)
    };
    let runtime = drift.iter().filter(|drift| drift.kind == DriftKind::NoClass);
    let runtime = runtime.filter_map(|drift| match &drift.operation {
        Operation::DeleteModel { name } => Some(format!("the model {name}")),
        Operation::RemoveField { model, name } if !deleted(model) => {
            Some(format!("the field {name} of {model}"))
        }
        _ => None,
    });
    if let Some(listed) = listed(runtime.collect()) {
        notes.push(Note::info(format!(
            "in the migrations of `{}` and in no class, so taken to be made when the project runs: {listed}",
            app.label
        )));
    }
    Ok(notes)
}

/// The first of `all`, and how many more there are.
fn listed(mut all: Vec<String>) -> Option<String> {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    let named = all.join("; ");
    match (all.is_empty(), more) {
        (true, _) => None,
        (_, 0) => Some(named),
        _ => Some(format!("{named}; … and {more} more")),
    }
}

fn refusal(error: &DetectError, app: &AppFacts) -> Diagnostic {
    let by_django = format!("make this migration with Django: python manage.py makemigrations {}", app.label);
    match error {
        DetectError::NotStatic { .. } => {
            Diagnostic::new(codes::NOT_STATIC, error.to_string()).with_help(by_django)
        }
        DetectError::Rename { .. } => Diagnostic::new(codes::BAD_PARAMS, error.to_string()).with_help(
            "each rename is model, old field, new field, such as [\"Post\", \"body\", \"content\"]",
        ),
        DetectError::Through(_) => Diagnostic::new(codes::REFUSED, error.to_string()).with_help(
            "remove the relation and add the new one in two plans, and copy the rows between them",
        ),
        DetectError::Circle(_) => Diagnostic::new(codes::REFUSED, error.to_string()).with_help(by_django),
    }
}

fn rows_refusal(error: &RowsError) -> Diagnostic {
    let refused = Diagnostic::new(codes::REFUSED, error.to_string());
    match error {
        RowsError::NoValue { model, field } => refused.with_help(format!(
            "give the step a value for them, `\"backfills\": [[\"{model}\", \"{field}\", VALUE]]`, or the field a \
             default or `null=True`"
        )),
        RowsError::Unique { .. } => {
            refused.with_help("say what each row gets: `{\"each\": \"TEXT-{key}\"}`, `{\"each\": \"key\"}` or `{\"each\": \"uuid\"}`")
        }
        RowsError::NoRow { .. } => refused.with_help("give the field a default, or let it be empty"),
        RowsError::NoRelation { .. } => refused.with_help(
            "name a model that an earlier step makes and its relation, such as [\"Profile\", \"user\"]",
        ),
        RowsError::Value { model, field } => refused
            .with_help(format!("write it as `\"backfills\": [[\"{model}\", \"{field}\", VALUE]]`")),
    }
}

fn not_compared(difference: &Difference) -> Option<Note> {
    let said =
        |listed| Note::info(format!("not compared, and taken to be as the migrations have it: {listed}"));
    listed(difference.not_compared.clone()).map(said)
}

/// Where the files go and what they are called.
struct Files<'a> {
    step: &'a StepInput,
    facts: &'a ProjectFacts,
    app: &'a AppFacts,
    name: &'a str,
}

impl Files<'_> {
    fn edits(
        &self,
        parts: &rows::Parts,
        dependencies: &BTreeSet<Dependency>,
        cx: &Context<'_>,
    ) -> Result<Vec<Edit>, Diagnostic> {
        let header = self.header();
        let migrations = &self.app.migrations;
        let leaf = migrations.leaves.first();
        let mut number = leaf.map_or(0, |leaf| parse_number(leaf)) + 1;
        let first = leaf.is_none();
        let base_name = if first { "initial" } else { self.name };
        let mut previous = leaf.cloned().unwrap_or_default();
        let mut files: Vec<(String, String)> = Vec::new();
        let mut next = |suffix: &str| {
            // Only the first one of an app is called `initial`.
            let base_name = if suffix.is_empty() { base_name } else { self.name };
            let name = format!("{number:04}_{base_name}{suffix}");
            number += 1;
            name
        };
        if !parts.schema.is_empty() {
            let name = next("");
            let initial = migrations.state.is_empty() && migrations.inexact.is_none();
            files.push((name.clone(), file::schema(&header, initial, dependencies, &parts.schema)));
            previous = name;
        }
        if !parts.rows.is_empty() || !parts.new_rows.is_empty() {
            let name = next("_backfill");
            let text = file::data(&header, &self.app.label, &previous, parts, &self.facts.style);
            files.push((name.clone(), text));
            previous = name;
        }
        if !parts.required.is_empty() {
            let mut needed: BTreeSet<Dependency> = dependencies
                .iter()
                .filter(|d| !matches!(d, Dependency::Migration(app, _) if *app == self.app.label))
                .cloned()
                .collect();
            if !parts.schema.is_empty() {
                needed.clear();
            }
            needed.insert(Dependency::Migration(self.app.label.clone(), previous));
            files.push((next("_required"), file::schema(&header, false, &needed, &parts.required)));
        }
        self.create(files, cx)
    }

    fn create(&self, files: Vec<(String, String)>, cx: &Context<'_>) -> Result<Vec<Edit>, Diagnostic> {
        let dir = match &self.app.migrations.dir {
            Some(dir) => dir.clone(),
            None => format!("{}/migrations", self.app.dir),
        };
        let path = |name: &str| {
            RelPath::new(format!("{dir}/{name}.py"))
                .map_err(|error| Diagnostic::new(codes::BAD_PARAMS, error.to_string()))
        };
        let mut edits = Vec::new();
        let package = path("__init__")?;
        if cx.read(&package)?.is_none() {
            edits.push(Edit::Create { path: package, text: String::new(), executable: false });
        }
        for (name, text) in files {
            let path = path(&name)?;
            if cx.read(&path)?.is_some() {
                return Err(Diagnostic::new(
                    codes::NAME_TAKEN,
                    format!("`{path}` is already there and says something else"),
                )
                .with_help("give the migration another name"));
            }
            let text = aksara_python::migration(&text, &self.facts.style);
            edits.push(Edit::Create { path, text, executable: false });
        }
        Ok(edits)
    }

    fn header(&self) -> String {
        // RFC 3339: the date, a `T`, the time.
        let now = self.step.now.get(..16).unwrap_or(&self.step.now).replace('T', " ");
        format!("# Generated by Aksara {} on {now}", self.step.runtime_version)
    }
}

/// The number of a migration, by Django's rule: of a squashed one the last that it covers.
fn parse_number(name: &str) -> u32 {
    let digits = |text: &str| -> Option<u32> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end)?.parse().ok()
    };
    let squashed = name.rfind("_squashed_").and_then(|at| digits(name.get(at + "_squashed_".len()..)?));
    squashed.or_else(|| digits(name)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_djangos_rule() {
        let cases = [("0001_initial", 1), ("0001_squashed_0007_tags", 7), ("no_number", 0), ("0012", 12)];
        for (name, number) in cases {
            assert_eq!(parse_number(name), number, "{name}");
        }
    }

    #[test]
    fn names_that_are_no_module_are_refused() {
        for name in ["", "a-b", "../x", "a b"] {
            let step = StepInput {
                stack: "django".to_owned(),
                root: String::new(),
                step_type: "create_migration".into(),
                params: json!({ "app": "blog", "name": name }).as_object().cloned().unwrap_or_default(),
                description: String::new(),
                now: String::new(),
                runtime_version: String::new(),
            };
            assert_eq!(CreateMigration.check(&step).unwrap_err().code, codes::BAD_PARAMS, "{name:?}");
        }
    }
}
