//! `create_model`.

use aksara_python::edit::Change;
use aksara_python::habits::is_sentence;
use aksara_python::{Code, Layout};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, FieldFacts, ModelFacts, ProjectFacts};
use aksara_sdk::protocol::params::{CreateModel, FieldSpec, FieldType};
use aksara_sdk::{Context, Diagnostic, Effect, Executor, ExecutorInfo, Note, Outcome, StepInput, params};

use super::admin::{Page, page};
use super::compare::{difference, difference_from_base};
use super::field::DjangoField;
use super::module::{Home, announce, docstring, models_name, open, place_class};
use super::names::Names;
use super::relations::{Site, check_names, target, target_label};
use super::{bases, check, indented, own_app, schema, split_label, unique};

/// Carries out `create_model` steps in Django projects.
#[derive(Clone, Copy, Debug, Default)]
pub struct CreateModelStep;

impl Executor for CreateModelStep {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_model".into(),
            summary: "Adds a model class to an app, and its page to the admin site.".to_owned(),
            params: schema::create_model(),
            effects: vec![Effect::Edit],
            examples: vec![schema::create_example()],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        check::create(&params(&step.params)?)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let mut params: CreateModel = params(&step.params)?;
        check::create(&params)?;
        let label = params.model.clone();
        let (app, class) = split_label(&label)?;
        let facts = super::facts_for_new(cx, app, &params.fields)?;
        let app = own_app(&facts, app)?;
        let mut outcome = Outcome::default();
        if let Some(found) = facts.model(&params.model) {
            let moments = ["created_at", "updated_at"];
            let renamed = moments.map(|name| (name.to_owned(), found.called(name).to_owned()));
            rename(&mut params, &renamed);
            // What the base calls otherwise is what is asked for.
            params.fields.retain(|field| !renamed.iter().any(|(old, new)| old != new && field.name == *new));
            same_model(cx, &params, found, &facts)?;
            outcome
                .notes
                .push(Note::info(format!("`{}` is already there with the same fields", params.model)));
        } else {
            new_model(cx, &mut params, class, app, &facts, &mut outcome)?;
        }
        if let Some(spec) = &params.admin {
            match page(cx, &facts, app, class, spec)? {
                Page::Edit(edit) => outcome.edits.push(edit),
                Page::AlreadyThere => {}
                Page::Left(note) => outcome.notes.push(note),
            }
        }
        outcome.outputs.insert("model".to_owned(), params.model.clone().into());
        Ok(outcome)
    }
}

/// Has a model's fields by the names that a base gives them.
fn rename(params: &mut CreateModel, renamed: &[(String, String)]) {
    let fields = params.fields.iter_mut().map(|field| &mut field.name);
    let mut names: Vec<&mut String> = fields.chain(&mut params.ordering).chain(&mut params.str).collect();
    if let Some(admin) = &mut params.admin {
        names.extend(admin.list_display.iter_mut().chain(&mut admin.list_filter));
    }
    for name in names {
        let plain = name.trim_start_matches('-');
        if let Some((_, new)) = renamed.iter().find(|(old, _)| old == plain) {
            *name = name.replace(plain, new);
        }
    }
}

fn new_model(
    cx: &Context<'_>,
    params: &mut CreateModel,
    class: &str,
    app: &AppFacts,
    facts: &ProjectFacts,
    outcome: &mut Outcome,
) -> Result<(), Diagnostic> {
    if let Some(other) = app.models.iter().find(|m| m.name.eq_ignore_ascii_case(class)) {
        return Err(Diagnostic::new(
            codes::NAME_TAKEN,
            format!(
                "`{}` cannot be made beside `{}`: Django tells models apart without case",
                params.model, other.label
            ),
        )
        .with_help("choose another name"));
    }
    let home = Home::of(app, class)?;
    let before = match &params.before {
        Some(label) => Some(facts.model(label).ok_or_else(|| no_model(label, facts))?),
        None => None,
    };
    let before = before.filter(|model| model.place.file == *home.file());
    let mut module = open(cx, facts, home.file())?;
    if let Some(taken) = module.edits.meaning_of(class) {
        return Err(Diagnostic::new(
            codes::NAME_TAKEN,
            format!("`{class}` already means {taken} in `{}`", home.file()),
        )
        .with_help("choose another name for the model, or rename what is there"));
    }
    let models = models_name(&mut module.edits)?;
    let label = params.model.clone();
    let site = Site { label: &label, file: home.file(), line: before.map(|m| m.place.line) };
    let names = Names::of(&module.edits, &facts.style);
    let names = names.as_ref();
    let written = |spec: &FieldSpec, layout: &Layout| {
        DjangoField::new(spec, &models, target(spec, facts, site, layout)?, layout, names)
    };
    let layout = module.edits.layout().clone();
    let is_same = |spec: &FieldSpec, found: &FieldFacts| {
        let wanted = written(spec, &layout);
        wanted.is_ok_and(|wanted| difference_from_base(&wanted, target_label(spec, facts), found).is_none())
    };
    let bases = bases::of_project(facts, params, is_same, &mut outcome.notes);
    rename(params, &bases.renamed);
    let params = &*params;
    let mut fields = Vec::new();
    for (index, spec) in params.fields.iter().enumerate() {
        if bases.fields.iter().any(|inherited| inherited.name == spec.name) {
            continue;
        }
        check_names(spec, site, facts)?;
        let target = target(spec, facts, site, module.edits.layout())?;
        let field = DjangoField::new(spec, &models, target, module.edits.layout(), names)?;
        // In a class's body a name means the import until the class has an attribute of that name.
        let above = params.fields[..index].iter().map(|f| f.name.as_str());
        field.check_hidden(above.chain([class]))?;
        field.import(&mut module.edits)?;
        fields.push(field);
    }
    let mut base = bases.written(&mut module.edits, facts)?.join(", ");
    if base.is_empty() {
        base = format!("{models}.Model");
    }
    let layout = module.edits.layout();
    let mut meta = Vec::new();
    if let Some([one, several]) = names.and_then(|names| names.of_model(class, layout)) {
        meta.push(("verbose_name", one));
        meta.push(("verbose_name_plural", several));
    }
    if !params.ordering.is_empty() {
        meta.push(("ordering", layout.strings(&params.ordering)));
    }
    let constraints = constraints(params, facts, &models, layout);
    if !constraints.is_empty() {
        meta.push(("constraints", Code::List(constraints)));
    }
    let code = class_code(params, class, &base, &fields, &meta, facts, layout);
    if let Some(names) = names
        && code.contains(&names.call())
    {
        names.import(&mut module.edits)?;
    }
    let _: Change = place_class(&mut module.edits, &code, before.map(|m| m.name.as_str()))?;
    outcome.edits.extend(module.finish());
    if let Home::Package { init, name, .. } = &home {
        outcome.edits.extend(announce(cx, facts, init, name, class)?);
    }
    Ok(())
}

/// Refuses a model by this name that is another one.
fn same_model(
    cx: &Context<'_>,
    params: &CreateModel,
    found: &ModelFacts,
    facts: &ProjectFacts,
) -> Result<(), Diagnostic> {
    // The file is asked for so that the step is judged by it, and for how it writes names.
    let mut module = open(cx, facts, &found.place.file)?;
    let models = models_name(&mut module.edits)?;
    let site = Site { label: &params.model, file: &found.place.file, line: Some(found.place.line) };
    let mut differences = Vec::new();
    for spec in &params.fields {
        let target = target(spec, facts, site, module.edits.layout())?;
        // What is unique within what a base says, such as a tenant, is as unique as the project has it.
        let within = spec.unique && unique::is_unique_within_base(found, &spec.name);
        let spec = &FieldSpec { unique: spec.unique && !within, ..spec.clone() };
        let wanted = DjangoField::new(spec, &models, target, module.edits.layout(), None)?;
        match found.field(&spec.name) {
            None => differences.push(format!("it has no `{}`", spec.name)),
            Some(field) => {
                let compare = if field.inherited_from.is_some() { difference_from_base } else { difference };
                differences.extend(compare(&wanted, target_label(spec, facts), field));
            }
        }
    }
    // Fields of a base are the project's habit, not another model.
    let other = |f: &&FieldFacts| {
        f.inherited_from.is_none() && params.fields.iter().all(|asked| asked.name != f.name)
    };
    differences.extend(found.fields.iter().filter(other).map(|f| format!("it has `{}` as well", f.name)));
    if differences.is_empty() {
        return Ok(());
    }
    Err(Diagnostic::new(
        codes::NAME_TAKEN,
        format!("`{}` is already there as another model: {}", params.model, differences.join("; ")),
    )
    .with_label(aksara_sdk::Label {
        path: found.place.file.clone(),
        line: found.place.line,
        column: 1,
        len: 0,
        text: "this model".to_owned(),
    })
    .with_help("choose another name for the new model, or give the plan the fields that are there"))
}

pub(super) fn no_model(label: &str, facts: &ProjectFacts) -> Diagnostic {
    let known = facts.model_labels.join(", ");
    Diagnostic::new(codes::NOT_FOUND, format!("the project has no model `{label}`")).with_help(
        if known.is_empty() {
            "make a model first; the project has none".to_owned()
        } else {
            format!("name one of its models: {known}")
        },
    )
}

/// What the database keeps. The names are each one of a kind in it: they have the app and the model in them.
fn constraints(params: &CreateModel, facts: &ProjectFacts, models: &str, layout: &Layout) -> Vec<Code> {
    let table = params.model.replace('.', "_").to_lowercase();
    let constraint = |class: &str, (key, rule): (&str, Code), name: &str| {
        let name = Code::raw(layout.string(name));
        let arguments = vec![(Some(key.to_owned()), rule), (Some("name".to_owned()), name)];
        Code::Call(format!("{models}.{class}"), arguments)
    };
    let unique = params.unique.iter().map(|fields| {
        let name = format!("{table}_{}_unique", fields.join("_"));
        constraint("UniqueConstraint", ("fields", layout.strings(fields)), &name)
    });
    // Django 5.1 calls `condition` what was `check` before, and 6.0 knows no `check` any more.
    let key = if facts.settings.is_framework_before([5, 1]) { "check" } else { "condition" };
    let checked = params.fields.iter().filter(|field| params.checks.contains(&field.name));
    let checks = checked.map(|field| {
        let bounds = [("gte", &field.min), ("lte", &field.max)].into_iter().filter_map(|(lookup, bound)| {
            Some((Some(format!("{}__{lookup}", field.name)), layout.literal(bound.as_ref()?)))
        });
        let rule = Code::Call(format!("{models}.Q"), bounds.collect());
        constraint("CheckConstraint", (key, rule), &format!("{table}_{}_range", field.name))
    });
    unique.chain(checks).collect()
}

fn class_code(
    params: &CreateModel,
    class: &str,
    base: &str,
    fields: &[DjangoField],
    meta: &[(&str, Code)],
    facts: &ProjectFacts,
    layout: &Layout,
) -> String {
    let mut parts = Vec::new();
    let says_more = |doc: &&String| !facts.style.no_docstrings || !is_sentence(doc);
    if let Some(doc) = params.doc.as_ref().filter(says_more) {
        parts.push(indented(&docstring(doc, layout, 1)));
    }
    if !fields.is_empty() {
        let lines: Vec<String> = fields.iter().map(|field| indented(&field.source(layout))).collect();
        parts.push(lines.join("\n"));
    }
    if !meta.is_empty() {
        let meta: Vec<String> = meta.iter().map(|(name, value)| layout.assignment(name, value, 2)).collect();
        parts.push(format!("    class Meta:\n{}", indented(&indented(&meta.join("\n")))));
    }
    if let Some(field) = &params.str {
        let is_text = params.fields.iter().any(|f| {
            f.name == *field
                && !f.null
                && matches!(
                    f.field_type,
                    FieldType::String | FieldType::Text | FieldType::Slug | FieldType::Email | FieldType::Url
                )
        });
        let value = if is_text { format!("self.{field}") } else { format!("str(self.{field})") };
        let returns = if facts.style.annotations { " -> str" } else { "" };
        parts.push(format!("    def __str__(self){returns}:\n        return {value}"));
    }
    if parts.is_empty() {
        parts.push("    pass".to_owned());
    }
    format!("class {class}({base}):\n{}", parts.join("\n\n"))
}
