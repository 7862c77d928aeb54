//! A model's page in Django's admin site.

use aksara_python::edit::{Change, ClassPlace, Edits, ItemPlace, ListTarget, MemberPlace};
use aksara_python::{Code, Layout};
use aksara_sdk::protocol::facts::{AppFacts, ModelFacts, ProjectFacts};
use aksara_sdk::protocol::params::AdminSpec;
use aksara_sdk::{Context, Diagnostic, Edit, Note, RelPath};

use super::file_in;
use super::module::open;

/// What is to be done for the page: an edit, or a note that says why there is none.
pub(super) enum Page {
    /// The edit of the admin module.
    Edit(Edit),
    /// It is there already.
    AlreadyThere,
    /// It is not made.
    Left(Note),
}

/// The page of the model `class` of `app`.
pub(super) fn page(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    class: &str,
    spec: &AdminSpec,
) -> Result<Page, Diagnostic> {
    let label = format!("{}.{class}", app.label);
    if !is_installed(facts) {
        return Ok(Page::Left(Note::info(format!(
            "`{label}` gets no admin page: django.contrib.admin is not in INSTALLED_APPS"
        ))));
    }
    // It may be registered anywhere, as the user model's page often is.
    if app.admins.iter().any(|admin| admin.model.as_deref() == Some(&label)) {
        return Ok(Page::AlreadyThere);
    }
    let path = match &app.files.admin {
        Some(path) => path.clone(),
        None => file_in(&app.dir, "admin.py")?,
    };
    let mut module = open(cx, facts, &path)?;
    let edits = &mut module.edits;
    let admin = match edits.local_name("django.contrib", "admin") {
        Some(name) => name,
        None => {
            let _: Change = edits.import_from("django.contrib", "admin")?;
            "admin".to_owned()
        }
    };
    let models = models_module(app, &path);
    let model = match edits.local_name(&models, class) {
        Some(name) => name,
        None => {
            let _: Change = edits.import_from(&models, class)?;
            class.to_owned()
        }
    };
    let code = class_code(class, &model, &admin, spec, edits.layout());
    let _: Change = edits.add_class(&code, ClassPlace::End)?;
    Ok(module.finish().map_or(Page::AlreadyThere, Page::Edit))
}

/// Shows more fields on the page that the model has. Lists that the page does not have are left to the framework's
/// defaults, but for filters; what is no literal list is left alone. Both are said.
pub(super) fn extend(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    model: &ModelFacts,
    spec: &AdminSpec,
    notes: &mut Vec<Note>,
) -> Result<Option<Edit>, Diagnostic> {
    let label = &model.label;
    let pages = facts.apps.iter().flat_map(|app| &app.admins);
    let Some(page) = pages.clone().find(|page| page.model.as_deref() == Some(label)) else {
        return Ok(None);
    };
    let Some(class) = page.name.as_deref() else {
        notes.push(Note::info(format!(
            "the admin page of `{label}` in `{}` has no class, and shows what Django shows by itself",
            page.place.file
        )));
        return Ok(None);
    };
    let mut module = open(cx, facts, &page.place.file)?;
    let edits = &mut module.edits;
    for (name, fields) in [
        ("list_display", &spec.list_display),
        ("list_filter", &spec.list_filter),
        ("search_fields", &spec.search_fields),
    ] {
        if fields.is_empty() {
            continue;
        }
        match edits.class_attribute(class, name)? {
            Some(source) if source.starts_with(['[', '(']) => append(edits, class, name, fields, model)?,
            Some(_) => notes.push(Note::info(format!(
                "`{class}.{name}` is computed: {} not added",
                if fields.len() == 1 { format!("`{}` was", fields[0]) } else { "the fields were".to_owned() }
            ))),
            None if name == "list_filter" => {
                let code = edits.layout().assignment(name, &edits.layout().strings(fields), 1);
                let members = edits.class_members(class)?;
                let place = match members.iter().any(|m| m == "list_display") {
                    true => MemberPlace::After("list_display"),
                    false => MemberPlace::AfterFields,
                };
                let _: Change = edits.add_class_member(class, &code, place)?;
            }
            None => {}
        }
    }
    Ok(module.finish())
}

/// Adds names to a list of the page, above the moments that the framework sets.
fn append(
    edits: &mut Edits,
    class: &str,
    name: &str,
    fields: &[String],
    model: &ModelFacts,
) -> Result<(), Diagnostic> {
    let target = ListTarget::Attribute { class, name };
    let items = edits.list_items(target)?;
    let is_moment = |item: &&String| {
        let name = item.trim_matches(['"', '\'']);
        model.field(name).is_some_and(super::is_set_by_framework)
    };
    let trailing = items.iter().rev().take_while(is_moment).count();
    let place = match items.get(items.len() - trailing) {
        Some(item) if trailing > 0 => ItemPlace::Before(item),
        _ => ItemPlace::End,
    };
    for field in fields {
        let item = edits.layout().string(field);
        let _: Change = edits.list_append(target, &item, place)?;
    }
    Ok(())
}

fn is_installed(facts: &ProjectFacts) -> bool {
    facts
        .settings
        .installed_apps
        .iter()
        .any(|entry| entry == "django.contrib.admin" || entry.starts_with("django.contrib.admin.apps."))
}

/// The app's models module, as a file of the app imports it.
fn models_module(app: &AppFacts, file: &RelPath) -> String {
    let folder = file.parent();
    let folder = folder.as_ref().map_or("", RelPath::as_str);
    if folder == app.dir {
        return ".models".to_owned();
    }
    let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
    if above == app.dir { "..models".to_owned() } else { format!("{}.models", app.module) }
}

fn class_code(class: &str, model: &str, admin: &str, spec: &AdminSpec, layout: &Layout) -> String {
    let mut lines =
        vec![format!("@{admin}.register({model})"), format!("class {class}Admin({admin}.ModelAdmin):")];
    let lists = [
        ("list_display", &spec.list_display),
        ("list_filter", &spec.list_filter),
        ("search_fields", &spec.search_fields),
    ];
    let mut attributes: Vec<(&str, Code)> = lists
        .into_iter()
        .filter(|(_, items)| !items.is_empty())
        .map(|(name, items)| (name, layout.strings(items)))
        .collect();
    if !spec.prepopulated_fields.is_empty() {
        let entries = spec
            .prepopulated_fields
            .iter()
            .map(|(field, sources)| (layout.string(field), layout.strings(sources)));
        attributes.push(("prepopulated_fields", Code::Dict(entries.collect())));
    }
    if attributes.is_empty() {
        lines.push("    pass".to_owned());
    }
    for (name, value) in attributes {
        lines.push(super::indented(&layout.assignment(name, &value, 1)));
    }
    lines.join("\n")
}
