//! A model's page in Django's admin site.

use aksara_python::edit::{Change, ClassPlace, Edits, ItemPlace, ListTarget, MemberPlace, StatementPlace};
use aksara_python::{Code, Layout};
use aksara_sdk::protocol::facts::{AdminFacts, AppFacts, ModelFacts, ProjectFacts};
use aksara_sdk::protocol::params::{AdminSpec, MemberSpec};
use aksara_sdk::{Context, Diagnostic, Edit, Note, RelPath};

use super::module::open;
use super::{fieldsets, file_in};

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
    let models = match &app.files.models {
        Some(models) => models.clone(),
        // The first model's.
        None => file_in(&app.dir, "models.py")?,
    };
    let models =
        app.import_path(&path, edits.source().text(), &models).unwrap_or_else(|| ".models".to_owned());
    let model = match edits.local_name(&models, class) {
        Some(name) => name,
        None => {
            let _: Change = edits.import_from(&models, class)?;
            class.to_owned()
        }
    };
    let call = format!("{admin}.site.register");
    if is_by_call(facts, app, &path) {
        // The class stands above all registrations, which stand together.
        let in_file = app.admins.iter().filter(|a| a.place.file == path).filter_map(|a| a.name.as_deref());
        let last = in_file.filter(|name| edits.has_class(name)).last().map(str::to_owned);
        let last = last.filter(|_| edits.count_calls(&call) > 0);
        let (class_place, place) = match &last {
            Some(last) => (ClassPlace::After(last), StatementPlace::AfterCalls(&call)),
            None => (ClassPlace::End, StatementPlace::EndApart),
        };
        let code = class_code(class, None, &admin, spec, edits.layout());
        let _: Change = edits.add_class(&code, class_place)?;
        let _: Change = edits.append_statement(&format!("{call}({model}, {class}Admin)"), place)?;
        return Ok(module.finish().map_or(Page::AlreadyThere, Page::Edit));
    }
    let code = class_code(class, Some(&model), &admin, spec, edits.layout());
    let _: Change = edits.add_class(&code, ClassPlace::End)?;
    Ok(module.finish().map_or(Page::AlreadyThere, Page::Edit))
}

/// Whether pages are registered by calls: as the others of the file are, else those of the app, else those of all apps.
fn is_by_call(facts: &ProjectFacts, app: &AppFacts, path: &RelPath) -> bool {
    let groups: [Vec<&AdminFacts>; 3] = [
        app.admins.iter().filter(|admin| admin.place.file == *path).collect(),
        app.admins.iter().collect(),
        facts.apps.iter().flat_map(|app| &app.admins).collect(),
    ];
    let others = groups.iter().find(|group| !group.is_empty());
    others.is_some_and(|others| others.iter().all(|admin| admin.by_call))
}

/// What a page that is there gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct More<'a> {
    /// Names for its lists.
    pub(super) spec: &'a AdminSpec,
    /// Members of its class.
    pub(super) members: &'a [MemberSpec],
    /// Fields for people to fill in.
    pub(super) fields: &'a [String],
}

/// Shows more fields on the page that the model has. Lists that the page does not have are left to the framework's
/// defaults, but for filters; what is no literal list is left alone. Both are said.
pub(super) fn extend(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    model: &ModelFacts,
    more: More<'_>,
    notes: &mut Vec<Note>,
) -> Result<Option<Edit>, Diagnostic> {
    let spec = more.spec;
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
    if let Some(other) = serves_without(edits, facts, class, model, &more) {
        notes.push(Note::warning(format!(
            "`{class}` stays as it is: it serves `{other}` too, which lacks what `{label}` gets. Give `{}` a page class of its own \
             to show it",
            model.name
        )));
        return Ok(None);
    }
    for (name, fields) in [
        ("list_display", &spec.list_display),
        ("list_filter", &spec.list_filter),
        ("search_fields", &spec.search_fields),
        ("actions", &spec.actions),
    ] {
        if fields.is_empty() {
            continue;
        }
        let target = ListTarget::Attribute { class, name };
        match edits.class_attribute(class, name)? {
            // A sum may begin as a list does.
            Some(_) if edits.list_items(target).is_ok() => append(edits, target, fields, model)?,
            Some(_) => notes.push(Note::info(format!(
                "`{class}.{name}` is computed: {} not added",
                if fields.len() == 1 { format!("`{}` was", fields[0]) } else { "the fields were".to_owned() }
            ))),
            None if matches!(name, "list_filter" | "actions") => {
                let code = edits.layout().assignment(name, &edits.layout().strings(fields), 1);
                let members = edits.class_members(class)?;
                let place = match members.iter().any(|m| m == "list_display") {
                    true if name == "list_filter" => MemberPlace::After("list_display"),
                    _ => MemberPlace::AfterFields,
                };
                let _: Change = edits.add_class_member(class, &code, place)?;
            }
            None => {}
        }
    }
    fieldsets::ask_for(edits, class, more.fields, model, notes)?;
    for member in more.members {
        let _: Change = edits.add_member(class, member, super::own_app(facts, model.app())?)?;
    }
    Ok(module.finish())
}

/// A model whose page is of the class too, or of one that extends it, and that lacks what `model` gets there.
fn serves_without<'f>(
    edits: &Edits,
    facts: &'f ProjectFacts,
    class: &str,
    model: &ModelFacts,
    more: &More<'_>,
) -> Option<&'f str> {
    let AdminSpec { list_display, list_filter, search_fields, .. } = more.spec;
    let shown = [list_display, list_filter, search_fields].into_iter().flatten().chain(more.fields);
    let names: Vec<&str> =
        shown.filter_map(|name| name.trim_start_matches(['^', '=', '@']).split("__").next()).collect();
    let has_all = |other: &ModelFacts| {
        // A row of a model that extends it is one of its rows.
        facts.parents(other).iter().any(|up| up.label == model.label)
            || !names.is_empty() && names.iter().all(|name| facts.has_field(other, name))
    };
    let is_it = |name: &str| {
        let head = || edits.class_source(name).ok()?.lines().find(|line| line.starts_with("class "));
        let bases = || head()?.split_once('(').map(|(_, bases)| bases.split([',', ')', ' ']));
        name == class || bases().is_some_and(|mut bases| bases.any(|base| base == class))
    };
    let pages = facts.apps.iter().flat_map(|app| &app.admins);
    let pages = pages.filter(|page| page.name.as_deref().is_some_and(is_it));
    let others = pages.filter_map(|page| page.model.as_deref()).filter(|label| *label != model.label);
    let mut others = others.filter(|label| facts.model(label).is_none_or(|other| !has_all(other)));
    others.next()
}

/// Adds names to a list of the page, above the moments that the framework sets.
pub(super) fn append(
    edits: &mut Edits,
    target: ListTarget<'_>,
    fields: &[String],
    model: &ModelFacts,
) -> Result<(), Diagnostic> {
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
    facts.settings.has_app("django.contrib.admin")
}

/// The class of the page; `model` is what a decorator registers it for.
fn class_code(class: &str, model: Option<&str>, admin: &str, spec: &AdminSpec, layout: &Layout) -> String {
    let mut lines: Vec<String> =
        model.map(|model| format!("@{admin}.register({model})")).into_iter().collect();
    lines.push(format!("class {class}Admin({admin}.ModelAdmin):"));
    let lists = [
        ("list_display", &spec.list_display),
        ("list_filter", &spec.list_filter),
        ("search_fields", &spec.search_fields),
        ("actions", &spec.actions),
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
