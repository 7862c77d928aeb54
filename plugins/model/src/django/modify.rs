//! `modify_model`.

use aksara_python::edit::{Change, MemberPlace};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{FactsQuery, FieldFacts, ModelFacts, ProjectFacts};
use aksara_sdk::protocol::params::{FieldSpec, ModifyModel};
use aksara_sdk::{Context, Diagnostic, Effect, Executor, ExecutorInfo, Note, Outcome, StepInput, params};

use super::compare::difference;
use super::create::no_model;
use super::field::DjangoField;
use super::module::{models_name, open};
use super::names::Names;
use super::relations::{Site, check_names, target, target_label};
use super::{
    admin, check, extend, forms, is_set_by_framework, managers, own_app, schema, split_label, unique,
};

/// Carries out `modify_model` steps in Django projects.
#[derive(Clone, Copy, Debug, Default)]
pub struct ModifyModelStep;

impl Executor for ModifyModelStep {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "modify_model".into(),
            summary: "Adds fields, managers and methods to a model of the project, or gives it another base."
                .to_owned(),
            params: schema::modify_model(),
            effects: vec![Effect::Edit],
            examples: vec![schema::modify_example()],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        check::modify(&params(&step.params)?)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let params: ModifyModel = params(&step.params)?;
        check::modify(&params)?;
        let (app, _) = split_label(&params.model)?;
        let facts = match params.unique_within {
            // What a constraint's relations lead to may be in any app.
            Some(_) => cx.query(FactsQuery { apps: vec![app.to_owned()], all: true, base: false })?,
            None => super::facts(cx, app, &params.add)?,
        };
        let model = changeable(&params, &facts)?;
        check::shown(&params, &facts, model)?;
        let mut module = open(cx, &facts, &model.place.file)?;
        let models = models_name(&mut module.edits)?;
        let site = Site { label: &model.label, file: &model.place.file, line: Some(model.place.line) };
        let mut outcome = Outcome::default();
        let mut made = false;
        let mut last = match &params.after {
            Some(name) => Some(own_field(model, name)?.name.clone()),
            None => last_field(model).map(|field| field.name.clone()),
        };
        let names = Names::of(&module.edits, &facts.style);
        let names = names.as_ref();
        for spec in &params.add {
            let target = target(spec, &facts, site, module.edits.layout())?;
            let field = DjangoField::new(spec, &models, target, module.edits.layout(), names)?;
            if let Some(found) = model.field(&spec.name) {
                if let Some(difference) = difference(&field, target_label(spec, &facts), found) {
                    return Err(taken(model, found, &difference));
                }
                outcome.notes.push(Note::info(format!("`{}.{}` is already there", model.label, spec.name)));
                last = own_field(model, &spec.name).map(|f| f.name.clone()).ok().or(last);
                continue;
            }
            check_names(spec, site, &facts)?;
            let others = model
                .fields
                .iter()
                .map(|f| f.name.as_str())
                .chain(params.add.iter().map(|f| f.name.as_str()));
            field.check_hidden(others)?;
            field.import(&mut module.edits)?;
            let code = field.source(module.edits.layout());
            if let Some(names) = names.filter(|names| code.contains(&names.call())) {
                names.import(&mut module.edits)?;
            }
            let place = match (&last, first_own(model)) {
                (Some(name), _) => MemberPlace::After(name),
                (None, Some(first)) => MemberPlace::Before(&first.name),
                (None, None) => MemberPlace::AfterFields,
            };
            let _: Change = module.edits.code().add_class_member(&model.name, &code, place)?;
            last = Some(spec.name.clone());
            made = true;
        }
        let home = own_app(&facts, app)?;
        if !params.managers.is_empty() {
            let site = managers::Site { model, app: home, models: &models };
            made |= site.have(&mut module.edits, &params.managers, &mut outcome.notes)?;
        }
        for member in &params.members {
            made |= module.edits.add_member(&model.name, member, home)? == Change::Made;
        }
        let these = !params.unique_fields.is_empty();
        if let Some(field) = params.unique_while_empty.as_ref().filter(|_| !these) {
            made |= unique::only_while_empty(
                &mut module.edits,
                &facts,
                model,
                &models,
                field,
                &mut outcome.notes,
            )?;
        }
        let edits = &mut module.edits;
        if let Some(base) = &params.base {
            if params.managers.is_empty() {
                extend::check_managers(model, base)?;
            }
            made |= extend::extend(edits, &facts, model, base, &models)? == Change::Made;
        }
        if let Some(name) = params.unique_within.as_ref().filter(|_| !these) {
            made |= unique::unique_within(edits, &facts, model, name, &models, &mut outcome.notes)?;
        }
        if these {
            let among = unique::Among {
                within: params.unique_within.as_deref(),
                empty: params.unique_while_empty.as_deref(),
            };
            let fields = &params.unique_fields;
            let notes = &mut outcome.notes;
            made |= unique::only_these(&mut module.edits, &facts, model, fields, among, &models, notes)?;
        }
        if !made && params.admin.is_none() && outcome.notes.is_empty() {
            outcome.notes.push(Note::info(format!("`{}` is so already", model.label)));
        }
        // Where all fields are there, an import alone is no change of the model.
        if made {
            outcome.edits.extend(module.finish());
        }
        let fields: Vec<String> =
            params.add.iter().filter(|f| is_filled_in(f)).map(|f| f.name.clone()).collect();
        if params.admin.is_some() || !params.admin_members.is_empty() || !fields.is_empty() {
            let spec = params.admin.clone().unwrap_or_default();
            let more = admin::More { spec: &spec, members: &params.admin_members, fields: &fields };
            outcome.edits.extend(admin::extend(cx, &facts, model, more, &mut outcome.notes)?);
        }
        forms::without(cx, home, model, &params.add, &mut outcome.notes)?;
        outcome.outputs.insert("model".to_owned(), model.label.clone().into());
        Ok(outcome)
    }
}

/// Whether people may fill the field in.
fn is_filled_in(field: &FieldSpec) -> bool {
    !field.internal && !field.set_on_create && !field.set_on_save
}

/// The model, if its class can be given what is wanted: a proxy has managers and methods, and no fields.
fn changeable<'f>(params: &ModifyModel, facts: &'f ProjectFacts) -> Result<&'f ModelFacts, Diagnostic> {
    let label = &params.model;
    let (app, _) = split_label(label)?;
    let Some(model) = facts.model(label) else {
        if facts.app_labels.iter().any(|own| own == app) {
            return Err(no_model(label, facts));
        }
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("`{label}` is not defined in this repository, so its class cannot be changed"),
        )
        .with_help("make a model of your own with a one_to_one field to it, and put the fields there"));
    };
    let table =
        !params.add.is_empty() || params.unique_while_empty.is_some() || params.unique_within.is_some();
    if model.is_proxy && (table || params.base.is_some()) {
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("`{label}` is a proxy, which has no fields of its own"),
        )
        .with_help("add the fields to the model that it stands for"));
    }
    Ok(model)
}

/// The fields that the class itself defines, in order.
fn own_fields(model: &ModelFacts) -> impl DoubleEndedIterator<Item = &FieldFacts> {
    model.fields.iter().filter(|f| f.inherited_from.is_none())
}

fn first_own(model: &ModelFacts) -> Option<&FieldFacts> {
    own_fields(model).next()
}

fn own_field<'m>(model: &'m ModelFacts, name: &str) -> Result<&'m FieldFacts, Diagnostic> {
    own_fields(model).find(|f| f.name == name).ok_or_else(|| {
        let names: Vec<&str> = own_fields(model).map(|f| f.name.as_str()).collect();
        Diagnostic::new(
            codes::NOT_FOUND,
            format!("`{}` has no field `{name}` to put others after", model.label),
        )
        .with_help(format!("name one of {}, or leave `after` out", names.join(", ")))
    })
}

/// The last field that is not set by the framework: `created_at` and the like stay last.
fn last_field(model: &ModelFacts) -> Option<&FieldFacts> {
    own_fields(model).rfind(|field| !is_set_by_framework(field))
}

fn taken(model: &ModelFacts, found: &FieldFacts, difference: &str) -> Diagnostic {
    let message = match &found.inherited_from {
        Some(base) => {
            format!("`{}` inherits another `{}` from `{base}`: {difference}", model.label, found.name)
        }
        None => format!("`{}` already has another `{}`: {difference}", model.label, found.name),
    };
    let mut error = Diagnostic::new(codes::NAME_TAKEN, message)
        .with_help("choose another name for the field, or change the one that is there by hand");
    if found.inherited_from.is_none() {
        error = error.with_label(aksara_sdk::Label {
            path: model.place.file.clone(),
            line: found.line,
            column: 1,
            len: 0,
            text: "this field".to_owned(),
        });
    }
    error
}
