//! What both executors need to know of a project.

use aksara_python::edit::OpenFile;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{FactsQuery, ModelFacts, ViewsetFacts, split_label};
use aksara_sdk::{Context, Diagnostic, RelPath};
use serde_json::Value;

/// The facts of an app of a project that uses REST framework.
///
/// # Errors
/// A project without it; an app that is not there.
pub fn facts(cx: &Context<'_>, app: &str) -> Result<ProjectFacts, Diagnostic> {
    let facts = cx.facts(&[app])?;
    let installed = &facts.settings.installed_apps;
    if !installed.iter().any(|app| app == "rest_framework" || app.starts_with("rest_framework.apps.")) {
        return Err(Diagnostic::new(
            codes::REFUSED,
            "the project does not use REST framework, so it has no viewsets",
        )
        .with_help("add `rest_framework` to INSTALLED_APPS, and `djangorestframework` to the requirements"));
    }
    facts.require_app(app)?;
    Ok(facts)
}

/// What a step about a model needs to know: the facts of its app or, since a project may keep its API in an app of its
/// own, those of all apps where its app has not `enough`.
///
/// # Errors
/// As [`facts`]; a model that is not there.
pub fn facts_about(
    cx: &Context<'_>,
    model: &str,
    enough: impl FnOnce(&ProjectFacts) -> bool,
) -> Result<ProjectFacts, Diagnostic> {
    let (app, _) = split_label(model)?;
    let facts = facts(cx, app)?;
    facts.require_model(model)?;
    if enough(&facts) {
        return Ok(facts);
    }
    all_facts(cx)
}

/// The facts of all apps.
///
/// # Errors
/// As [`Context::query`].
pub fn all_facts(cx: &Context<'_>) -> Result<ProjectFacts, Diagnostic> {
    cx.query(FactsQuery { all: true, ..FactsQuery::default() })
}

/// The viewsets of a model.
pub fn viewsets_of<'f>(facts: &'f ProjectFacts, label: &str) -> Vec<&'f ViewsetFacts> {
    let all = facts.apps.iter().flat_map(|a| &a.viewsets);
    all.filter(|v| v.model.as_deref() == Some(label)).collect()
}

/// A file to edit: the one that is there, or a new one.
///
/// # Errors
/// As [`Context::read`] and [`OpenFile::in_project`].
pub fn open(cx: &Context<'_>, path: &RelPath, facts: &ProjectFacts) -> Result<OpenFile, Diagnostic> {
    OpenFile::in_project(path, cx.read(path)?, facts)
}

/// The filter backends of every viewset that does not say otherwise, as dotted paths.
pub fn default_backends(facts: &ProjectFacts) -> Vec<&str> {
    let backends = facts.settings.rest_framework.get("DEFAULT_FILTER_BACKENDS").and_then(Value::as_array);
    backends.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether a filter backend works on every viewset that does not say otherwise.
pub fn is_default_backend(facts: &ProjectFacts, class: &str) -> bool {
    default_backends(facts).iter().any(|path| path.rsplit('.').next() == Some(class))
}

/// Whether the project uses django-filter.
pub fn has_django_filter(facts: &ProjectFacts) -> bool {
    facts.settings.has_app("django_filters")
}

/// Checks that a path such as `tags__slug` begins with a field of the model, and follows it where the facts know
/// the way.
///
/// # Errors
/// A field that is not there; those there are, are named.
pub fn check_path(facts: &ProjectFacts, model: &ModelFacts, path: &str) -> Result<(), Diagnostic> {
    // A child has what its parents have.
    let parents = facts.parents(model);
    let mut current = model;
    for part in path.split("__") {
        if matches!(part, "id" | "pk") {
            return Ok(());
        }
        let inherited =
            || parents.iter().filter(|_| std::ptr::eq(current, model)).find_map(|p| p.field(part));
        let Some(field) = current.field(part).or_else(inherited) else {
            // The way back of a relation, or a lookup such as `icontains` at the end, is not among the fields.
            let leads_here = || std::iter::once(&model).chain(&parents).any(|m| is_way_back(facts, m, part));
            if !std::ptr::eq(current, model) || leads_here() {
                return Ok(());
            }
            let names: Vec<&str> = current.fields.iter().map(|f| f.name.as_str()).collect();
            return Err(Diagnostic::new(
                codes::NOT_FOUND,
                format!("`{}` has no field `{part}`", current.label),
            )
            .with_help(format!("its fields are: {}", names.join(", "))));
        };
        match field.relation.as_ref().and_then(|r| facts.model(&r.to)) {
            Some(target) => current = target,
            None => return Ok(()),
        }
    }
    Ok(())
}

fn is_way_back(facts: &ProjectFacts, model: &ModelFacts, name: &str) -> bool {
    let models = facts.apps.iter().flat_map(|a| &a.models);
    models.flat_map(|m| m.fields.iter().map(move |f| (m, f))).any(|(from, field)| {
        field.relation.as_ref().is_some_and(|r| {
            r.to == model.label
                && (r.related_name.as_deref() == Some(name) || from.name.to_lowercase() == name)
        })
    })
}

/// `.select_related("a").prefetch_related("b")`, without a call that would have no arguments.
pub fn loading(quote: impl Fn(&str) -> String, select: &[String], prefetch: &[String]) -> String {
    let call = |name: &str, relations: &[String]| match relations {
        [] => String::new(),
        list => {
            let list: Vec<String> = list.iter().map(|r| quote(r)).collect();
            format!(".{name}({})", list.join(", "))
        }
    };
    format!("{}{}", call("select_related", select), call("prefetch_related", prefetch))
}
