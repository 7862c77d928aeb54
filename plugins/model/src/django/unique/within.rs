//! A model that is told apart by a relation, such as a tenant: what is unique in it is so within that relation.

use aksara_python::Code;
use aksara_python::edit::{Change, Edits, ItemPlace, ListTarget, MemberPlace};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{Args, Expr, FieldFacts, ModelFacts, Parts, ProjectFacts};
use aksara_sdk::{Diagnostic, Label, Note};

use super::indented;

/// Refuses a model whose own `objects` manager would hide that of `base`.
pub(super) fn check_managers(model: &ModelFacts, base: &str) -> Result<(), Diagnostic> {
    let known = model.bases.iter().any(|known| known == base);
    if known || model.members.iter().all(|member| member != "objects") {
        return Ok(());
    }
    let message =
        format!("`{}` has an `objects` manager of its own, which would hide that of `{base}`", model.label);
    Err(refused(model, &message).with_help("say in `managers` what is to become of it"))
}

/// Extends `base`, a dotted name, in the place of the framework's own `Model`.
pub(super) fn extend(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    base: &str,
    models: &str,
) -> Result<Change, Diagnostic> {
    if model.bases.iter().any(|known| known == base) {
        return Ok(Change::AlreadyThere);
    }
    let (module, name) = base.rsplit_once('.').ok_or_else(|| {
        Diagnostic::new(codes::BAD_PARAMS, format!("`{base}` does not say which module the base is in"))
            .with_help("write it with its module, such as blog.tenancy.TenantModel")
    })?;
    if let Some(parent) = concrete_base(facts, model) {
        let message = format!("`{}` extends the model `{parent}`, whose base is its base too", model.label);
        return Err(refused(model, &message).with_help(format!("name `{parent}` instead")));
    }
    let written = super::name_in(edits, facts.app(model.app()), module, name)?;
    edits.code().add_class_base(&model.name, &written, Some(&format!("{models}.Model")))
}

/// Makes what is unique unique within the relation `within`. What is so already, since it has a relation to a row that
/// is, stays as it is.
pub(super) fn unique_within(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    within: &str,
    models: &str,
    notes: &mut Vec<Note>,
) -> Result<bool, Diagnostic> {
    let mut made = constraints(edits, facts, model, within, notes)?;
    let together = model.meta("unique_together").map(sets).unwrap_or_default();
    if together.iter().any(|fields| crosses(facts, model, within, fields)) {
        let message =
            format!("`unique_together` of `{}` holds for all rows, and cannot be changed here", model.label);
        return Err(refused(model, &message).with_help(
            "write it as a UniqueConstraint in `Meta.constraints`, with its migration, and commit that",
        ));
    }
    for field in model.fields.iter().filter(|field| is_shared(field)) {
        if let Some(base) = &field.inherited_from {
            notes.push(Note::warning(format!(
                "`{}.{}` comes from `{base}` and stays unique for all rows, whatever their `{within}`",
                model.label, field.name
            )));
            continue;
        }
        let _: Change = edits.remove_keyword(&model.name, &field.name, "unique")?;
        let fields = [within, &field.name];
        let name = format!("{}_{}_unique", model.label.replace('.', "_").to_lowercase(), fields.join("_"));
        let layout = edits.layout().clone();
        let arguments = vec![
            (Some("fields".to_owned()), layout.strings(&fields)),
            (Some("name".to_owned()), Code::raw(layout.string(&name))),
        ];
        add_constraint(edits, &model.name, Code::Call(format!("{models}.UniqueConstraint"), arguments))?;
        made = true;
    }
    Ok(made)
}

/// Whether a field is unique for all rows, and to people: keys of the database and random ones are no matter.
fn is_shared(field: &FieldFacts) -> bool {
    field.is_true("unique")
        && !field.is_true("primary_key")
        && field.relation.is_none()
        && field.class_name() != "UUIDField"
}

/// Whether rows of different tenants could be kept apart by these fields: none leads to a row that has `within`.
fn crosses(facts: &ProjectFacts, model: &ModelFacts, within: &str, fields: &[String]) -> bool {
    fields.iter().all(|name| {
        let target = model.field(name).and_then(|field| field.relation.as_ref());
        let target = target.and_then(|relation| facts.model(&relation.to));
        name != within && target.is_none_or(|target| target.field(within).is_none())
    })
}

/// Puts the relation into the constraints of several fields.
fn constraints(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    within: &str,
    notes: &mut Vec<Note>,
) -> Result<bool, Diagnostic> {
    let Some(written) = model.meta("constraints") else { return Ok(false) };
    let (Some(Parts::List(items)) | Some(Parts::Tuple(items))) = written.parts.as_deref() else {
        notes.push(Note::warning(format!(
            "the constraints of `{}` are computed, and stay as they are: see that they hold within a `{within}`",
            model.label
        )));
        return Ok(false);
    };
    let meta = format!("{}.Meta", model.name);
    let mut made = false;
    for (index, item) in items.iter().enumerate() {
        let Some(args) = unique_constraint(item) else { continue };
        match args.keyword("fields").and_then(names) {
            Some(fields) if crosses(facts, model, within, &fields) => {
                let quoted = edits.layout().string(within);
                let _: Change = edits.prepend_in_call(&meta, "constraints", index, "fields", &quoted)?;
                made = true;
            }
            Some(_) => {}
            None => notes.push(Note::warning(format!(
                "`{}` of `{}` stays as it is: see that it holds within a `{within}`",
                item.source, model.label
            ))),
        }
    }
    Ok(made)
}

/// Whether a constraint keeps a field unique together with fields that come from a base of the model.
pub(super) fn is_unique_within_base(model: &ModelFacts, field: &str) -> bool {
    let from_base = |name: &String| model.field(name).is_some_and(|f| f.inherited_from.is_some());
    let Some(Parts::List(items) | Parts::Tuple(items)) =
        model.meta("constraints").and_then(|written| written.parts.as_deref())
    else {
        return false;
    };
    items.iter().filter_map(unique_constraint).filter_map(|args| names(args.keyword("fields")?)).any(
        |fields| {
            fields.iter().any(|name| name == field)
                && fields.iter().all(|name| name == field || from_base(name))
        },
    )
}

fn unique_constraint(item: &Expr) -> Option<&Args> {
    match item.parts.as_deref() {
        Some(Parts::Call { function, args }) if function.rsplit('.').next() == Some("UniqueConstraint") => {
            Some(args)
        }
        _ => None,
    }
}

fn names(list: &Expr) -> Option<Vec<String>> {
    let items = list.literal.as_ref()?.as_array()?;
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The lists of `unique_together`, which may be one list alone.
fn sets(written: &Expr) -> Vec<Vec<String>> {
    if let Some(one) = names(written).filter(|names| !names.is_empty()) {
        return vec![one];
    }
    match written.parts.as_deref() {
        Some(Parts::List(items) | Parts::Tuple(items) | Parts::Set(items)) => {
            items.iter().filter_map(names).collect()
        }
        _ => Vec::new(),
    }
}

fn refused(model: &ModelFacts, message: &str) -> Diagnostic {
    Diagnostic::new(codes::REFUSED, message).with_label(Label {
        path: model.place.file.clone(),
        line: model.place.line,
        column: 1,
        len: 0,
        text: "this model".to_owned(),
    })
}

/// The model with a table of its own that a model extends.
fn concrete_base<'f>(facts: &'f ProjectFacts, model: &ModelFacts) -> Option<&'f str> {
    let models = facts.apps.iter().flat_map(|app| app.models.iter().map(move |other| (app, other)));
    models.filter(|(_, other)| !other.is_abstract).find_map(|(app, other)| {
        let module = app.module_of(&other.place.file)?;
        model.bases.contains(&format!("{module}.{}", other.name)).then_some(other.label.as_str())
    })
}

/// Adds a constraint to the model's `Meta`, which is made if it is not there.
fn add_constraint(edits: &mut Edits, class: &str, constraint: Code) -> Result<(), Diagnostic> {
    let meta = format!("{class}.Meta");
    let layout = edits.layout().clone();
    if !edits.class_members(class)?.iter().any(|member| member == "Meta") {
        let line = layout.assignment("constraints", &Code::List(vec![constraint]), 2);
        let code = format!("class Meta:\n{}", indented(&line));
        let _: Change = edits.add_class_member(class, &code, MemberPlace::BeforeMethods)?;
        return Ok(());
    }
    let target = ListTarget::Attribute { class: &meta, name: "constraints" };
    let Some(others) = edits.class_attribute(&meta, "constraints")? else {
        let line = layout.assignment("constraints", &Code::List(vec![constraint]), 2);
        let _: Change = edits.add_class_member(&meta, &line, MemberPlace::AfterFields)?;
        return Ok(());
    };
    // Where the others have lines of their own, one that is too long for a line has several.
    let item = match others.contains('\n') {
        true => layout.fit(&layout.statement(&constraint, 3).replace('\n', "\n            "), ""),
        false => constraint.flat(),
    };
    let _: Change = edits.list_append(target, &item, ItemPlace::End)?;
    Ok(())
}
