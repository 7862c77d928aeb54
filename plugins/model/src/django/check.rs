//! What is wrong with a step's params, as far as that can be said without looking at the project.

use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ModelFacts, ProjectFacts};
use aksara_sdk::protocol::params::{CreateModel, FieldSpec, FieldType, ModifyModel};

use super::split_label;

/// Names that Python does not take.
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Names that Django's models use themselves: a field would take a method's place.
const DJANGO: &[&str] = &[
    "adelete",
    "arefresh_from_db",
    "asave",
    "check",
    "clean",
    "clean_fields",
    "date_error_message",
    "delete",
    "from_db",
    "full_clean",
    "get_constraints",
    "get_deferred_fields",
    "id",
    "models",
    "objects",
    "pk",
    "prepare_database_save",
    "refresh_from_db",
    "save",
    "save_base",
    "serializable_value",
    "unique_error_message",
    "validate_constraints",
    "validate_unique",
];

fn bad(message: String, help: &str) -> Diagnostic {
    Diagnostic::new(codes::BAD_PARAMS, message).with_help(help)
}

pub(super) fn create(params: &CreateModel) -> Result<(), Diagnostic> {
    let (_, name) = split_label(&params.model)?;
    let is_class_name = name.chars().next().is_some_and(char::is_uppercase)
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_class_name || matches!(name, "None" | "True" | "False") {
        return Err(bad(
            format!("`{name}` is not a name for a model"),
            "use words with capitals and no spaces, such as BlogPost",
        ));
    }
    if let Some(before) = &params.before {
        split_label(before)?;
    }
    fields(&params.fields)?;
    let known = |field: &str| params.fields.iter().any(|f| f.name == field) || matches!(field, "id" | "pk");
    for entry in &params.ordering {
        if !known(entry.trim_start_matches('-')) {
            return Err(bad(
                format!("`{}` cannot be ordered by `{entry}`: it has no such field", params.model),
                "name one of its fields, `-` before it for descending",
            ));
        }
    }
    if let Some(name) = params.unique.iter().flatten().find(|name| !known(name)) {
        return Err(bad(
            format!("`{name}` cannot be unique in `{}`: it has no such field", params.model),
            "name its fields only",
        ));
    }
    let is_bounded = |name: &String| {
        let field = params.fields.iter().find(|f| f.name == *name);
        field.is_some_and(|f| {
            let is_whole = matches!(
                f.field_type,
                FieldType::Integer | FieldType::PositiveInteger | FieldType::BigInteger
            );
            is_whole && (f.min.is_some() || f.max.is_some())
        })
    };
    if let Some(name) = params.checks.iter().find(|name| !is_bounded(name)) {
        return Err(bad(
            format!("the database cannot keep the bounds of `{name}` of `{}`: it has none", params.model),
            "name whole numbers of the model that have `min` or `max`",
        ));
    }
    if let Some(text) = &params.str
        && !known(text)
    {
        return Err(bad(
            format!("`{}` cannot be shown as `{text}`: it has no such field", params.model),
            "name one of its fields",
        ));
    }
    let Some(admin) = &params.admin else { return Ok(()) };
    let named =
        admin.list_display.iter().chain(&admin.list_filter).chain(
            admin.prepopulated_fields.iter().flat_map(|(field, sources)| sources.iter().chain([field])),
        );
    for entry in named.chain(admin.search_fields.iter()) {
        let field = entry.trim_start_matches(['^', '=', '@']).split("__").next().unwrap_or(entry);
        if !known(field) && field != "__str__" && !field.is_empty() {
            return Err(bad(
                format!("the admin page of `{}` names `{entry}`, which is none of its fields", params.model),
                "name its fields only",
            ));
        }
    }
    Ok(())
}

pub(super) fn modify(params: &ModifyModel) -> Result<(), Diagnostic> {
    split_label(&params.model)?;
    let more = [&params.members, &params.admin_members];
    let otherwise = [&params.unique_while_empty, &params.base, &params.unique_within];
    if params.add.is_empty()
        && more.iter().all(|list| list.is_empty())
        && params.managers.is_empty()
        && otherwise.iter().all(|given| given.is_none())
    {
        return Err(bad(
            format!("nothing is to be added to `{}`", params.model),
            "name at least one field in `add`, or a member in `members`, or give `base` or `unique_within`",
        ));
    }
    if !params.unique_fields.is_empty()
        && params.unique_while_empty.is_none()
        && params.unique_within.is_none()
    {
        return Err(bad(
            "nothing says among which rows `unique_fields` are unique".to_owned(),
            "give `unique_while_empty` or `unique_within`",
        ));
    }
    fields(&params.add)
}

/// Refuses what the admin page is to show and the model does not have: it, what is added, or a parent of its.
pub(super) fn shown(
    params: &ModifyModel,
    facts: &ProjectFacts,
    model: &ModelFacts,
) -> Result<(), Diagnostic> {
    let Some(admin) = &params.admin else { return Ok(()) };
    let has = |name: &str| params.add.iter().any(|field| field.name == name) || facts.has_field(model, name);
    let mut shown = admin.list_display.iter().chain(&admin.list_filter).chain(&admin.search_fields);
    match shown.find(|name| !has(name)) {
        Some(name) => Err(bad(
            format!("the admin page of `{}` is to show `{name}`, which is none of its fields", model.label),
            "name its fields only",
        )),
        None => Ok(()),
    }
}

fn fields(fields: &[FieldSpec]) -> Result<(), Diagnostic> {
    for (index, field) in fields.iter().enumerate() {
        name(&field.name)?;
        if fields[..index].iter().any(|f| f.name == field.name) {
            return Err(bad(format!("the field `{}` is given twice", field.name), "give it once"));
        }
        one(field)?;
    }
    columns(fields)
}

fn name(name: &str) -> Result<(), Diagnostic> {
    let fits = name.chars().next().is_some_and(|c| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.contains("__")
        && !name.ends_with('_');
    if !fits {
        return Err(bad(
            format!("`{name}` is not a name for a field"),
            "use lower-case words joined by one `_`, such as published_at",
        ));
    }
    let user = match (KEYWORDS.contains(&name), DJANGO.contains(&name)) {
        (true, _) => "it is a word of Python",
        (_, true) => "Django's models use the name themselves",
        _ => return Ok(()),
    };
    Err(bad(format!("`{name}` cannot be a field: {user}"), "choose another name"))
}

/// Refuses a field by the name of another one's column.
fn columns(fields: &[FieldSpec]) -> Result<(), Diagnostic> {
    let to_one =
        fields.iter().filter(|f| matches!(f.field_type, FieldType::ForeignKey | FieldType::OneToOne));
    for relation in to_one {
        let column = format!("{}_id", relation.name);
        if fields.iter().any(|f| f.name == column) {
            return Err(bad(
                format!("`{column}` cannot be a field: it is the column of `{}`", relation.name),
                "choose another name for one of them",
            ));
        }
    }
    Ok(())
}

/// Options that do not go with the field's type.
fn one(field: &FieldSpec) -> Result<(), Diagnostic> {
    use FieldType::{
        BigInteger, Date, Datetime, Decimal, Email, Float, Integer, ManyToMany, PositiveInteger, Slug,
        String, Text, Url,
    };
    let kind = field.field_type;
    let is_text = matches!(kind, String | Text | Slug | Email | Url);
    let is_number = matches!(kind, Integer | PositiveInteger | BigInteger | Float | Decimal);
    let relation = field.is_relation();
    let many = kind == ManyToMany;
    let wrong = [
        (field.max_length.is_some() && !is_text, "max_length", "it is for text"),
        (field.max_length == Some(0), "max_length", "it must be 1 or more"),
        (field.max_digits.is_some() && kind != Decimal, "max_digits", "it is for decimals"),
        (field.decimal_places.is_some() && kind != Decimal, "decimal_places", "it is for decimals"),
        ((field.min.is_some() || field.max.is_some()) && !is_number, "min and max", "they are for numbers"),
        (
            (field.set_on_create || field.set_on_save) && !matches!(kind, Date | Datetime),
            "set_on_create and set_on_save",
            "they are for dates",
        ),
        (field.set_on_create && field.set_on_save, "both set_on_create and set_on_save", "it can have one"),
        (field.to.is_some() && !relation, "to", "it is for relations"),
        (field.related_name.is_some() && !relation, "related_name", "it is for relations"),
        (field.on_delete.is_some() && (!relation || many), "on_delete", "it is for relations to one"),
        (field.initial.is_some() && relation, "initial", "a relation has no literal value"),
        (!field.choices.is_empty() && relation, "choices", "a relation's target says what is allowed"),
        (field.null && many, "null", "a relation to many is empty, never null"),
        (field.unique && many, "unique", "it makes no sense for a relation to many"),
        (field.index && many, "index", "it makes no sense for a relation to many"),
    ];
    if let Some((_, option, reason)) = wrong.into_iter().find(|(is_wrong, ..)| *is_wrong) {
        return Err(bad(
            format!("the field `{}` cannot have {option}: {reason}", field.name),
            "leave it out",
        ));
    }
    if relation && field.to.is_none() {
        return Err(bad(
            format!("the field `{}` does not say which model it points to", field.name),
            "give `to` as app.Model, or `user`",
        ));
    }
    if let (Some(digits), Some(places)) = (field.max_digits, field.decimal_places)
        && places > digits
    {
        return Err(bad(
            format!("the field `{}` has {places} decimal places but only {digits} digits", field.name),
            "give at least as many max_digits as decimal_places",
        ));
    }
    match field.on_delete.as_deref() {
        None | Some("cascade" | "restrict" | "protect") => Ok(()),
        Some("set_null") if field.null => Ok(()),
        Some("set_null") => Err(bad(
            format!("the field `{}` is to be set to null, but cannot be null", field.name),
            "give it `null`",
        )),
        Some(other) => Err(bad(
            format!("`{other}` is not what can happen to `{}` when its target goes", field.name),
            "use cascade, set_null, restrict or protect",
        )),
    }
}
