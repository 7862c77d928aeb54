//! Query parameters that filter, with django-filter.

use aksara_python::edit::{ClassPlace, Edits, ItemPlace, ListTarget, MemberPlace, OpenFile};
use aksara_python::{Code, Layout};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, FilterSetFacts, ModelFacts, ViewsetFacts};
use aksara_sdk::protocol::params::{FieldType, FilterSpec};
use aksara_sdk::{Diagnostic, RelPath};
use serde_json::Value;

use super::project;

/// Whether django-filter's backend works on a viewset; the reason if it does not.
pub fn inactive(facts: &ProjectFacts, viewset: &ViewsetFacts) -> Option<String> {
    const BACKEND: &str = "DjangoFilterBackend";
    match viewset.attribute("filter_backends") {
        Some(own) if own.source.contains(BACKEND) => None,
        Some(_) => Some(format!("`{}.filter_backends` does not name `{BACKEND}`", viewset.name)),
        None if project::is_default_backend(facts, BACKEND) => None,
        None if project::has_django_filter(facts) => {
            Some(format!("`{BACKEND}` is not among the default filter backends"))
        }
        None => Some("the project does not use django-filter".to_owned()),
    }
}

/// How a viewset filters so far.
pub enum Filtering<'f> {
    /// By a class of its own.
    Class(&'f FilterSetFacts),
    /// By `filterset_fields`, literal; its source.
    Fields(&'f str, FieldsKind),
    /// Not at all.
    None,
}

/// What `filterset_fields` is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FieldsKind {
    /// A list or tuple of names.
    List,
    /// A dict from names to lookups.
    Dict,
}

/// How `viewset` filters so far.
///
/// # Errors
/// A filter class that is not in the project, or fields that are computed.
pub fn filtering<'f>(
    facts: &'f ProjectFacts,
    viewset: &'f ViewsetFacts,
) -> Result<Filtering<'f>, Diagnostic> {
    if let Some(class) = viewset.attribute("filterset_class") {
        let name = class.source.rsplit('.').next().unwrap_or_default();
        let set = facts.apps.iter().flat_map(|a| &a.filtersets).find(|f| f.name == name);
        return set.map(Filtering::Class).ok_or_else(|| {
            Diagnostic::new(
                codes::REFUSED,
                format!(
                    "`{}.filterset_class` is `{}`, which is not among the project's filter sets",
                    viewset.name, class.source
                ),
            )
            .with_help("add the filter to that class by hand, and leave `filter` out of the step")
        });
    }
    let Some(fields) = viewset.attribute("filterset_fields") else { return Ok(Filtering::None) };
    let kind = match &fields.literal {
        Some(Value::Array(_)) => FieldsKind::List,
        Some(Value::Object(_)) => FieldsKind::Dict,
        _ => {
            return Err(Diagnostic::new(
                codes::REFUSED,
                format!("`{}.filterset_fields` is computed: `{}`", viewset.name, fields.source),
            )
            .with_help("make it a literal list, or add the filter by hand"));
        }
    };
    Ok(Filtering::Fields(&fields.source, kind))
}

/// What `filterset_fields` is for these: names, or names with the ways to compare where a range is wanted.
pub fn fields(layout: &Layout, wanted: &[FilterSpec]) -> Code {
    if wanted.iter().any(|f| f.range) {
        Code::Dict(wanted.iter().map(|f| (layout.string(&f.name), lookups(layout, f))).collect())
    } else {
        layout.strings(&wanted.iter().map(|f| f.name.as_str()).collect::<Vec<_>>())
    }
}

fn lookups(layout: &Layout, filter: &FilterSpec) -> Code {
    layout.strings(if filter.range { &["exact", "gte", "lte"][..] } else { &["exact"] })
}

/// A filter as an entry of a dict: `"price": ["exact", "gte", "lte"]`.
pub fn entry(layout: &Layout, filter: &FilterSpec) -> String {
    format!("{}: {}", layout.string(&filter.name), lookups(layout, filter).flat())
}

/// A literal dict with more entries at its end, on lines of their own where the others have such.
pub fn with_entries(source: &str, entries: &[String]) -> String {
    let Some(inner) = source.strip_suffix('}') else { return source.to_owned() };
    let body = inner.trim_end();
    let comma = if body.ends_with(['{', ',']) { "" } else { "," };
    let Some((_, last)) = body.rsplit_once('\n') else {
        let space = if body.ends_with('{') { "" } else { " " };
        return format!("{body}{comma}{space}{}}}", entries.join(", "));
    };
    let end = &inner[body.len()..];
    let indent = &last[..last.len() - last.trim_start().len()];
    let entries: String = entries.iter().map(|entry| format!("\n{indent}{entry},")).collect();
    format!("{body}{comma}{entries}{end}}}")
}

/// The file for a filter set of `viewset`: where the app keeps them, else beside the views.
///
/// # Errors
/// A folder that is no path inside the repository.
pub fn home(app: &AppFacts, viewset: &ViewsetFacts) -> Result<RelPath, Diagnostic> {
    match (app.filtersets.first(), &app.files.filters) {
        (Some(set), _) if set.place.file.is_below(&app.dir) => return Ok(set.place.file.clone()),
        (_, Some(file)) => return Ok(file.clone()),
        _ => {}
    }
    let beside = viewset.place.file.parent().filter(|dir| dir.is_below(&app.dir));
    let folder = match beside {
        // A package of views holds views.
        Some(dir) if matches!(dir.file_name(), "views" | "viewsets") => dir.parent(),
        other => other,
    };
    let folder = folder.map_or_else(|| app.dir.clone(), String::from);
    RelPath::new(format!("{folder}/filters.py"))
        .map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))
}

/// Adds filters to a filter set: the declarations, and their names where it lists names.
///
/// # Errors
/// As [`Edits::add_class_member`].
pub fn extend(edits: &mut Edits, set: &FilterSetFacts, filters: &[FilterSpec]) -> Result<(), Diagnostic> {
    let meta = format!("{}.Meta", set.name);
    let lists = set.fields.as_ref().is_some_and(|e| matches!(e.literal, Some(Value::Array(_))));
    let lookups = set
        .fields
        .as_ref()
        .filter(|e| matches!(e.literal, Some(Value::Object(_))) && !e.source.contains('#'));
    let mut entries = Vec::new();
    for filter in filters {
        // django-filter knows the class for a field of the model itself.
        let is_field = filter.name == filter.field && !filter.field.contains("__");
        if let Some(fields) = lookups.filter(|_| is_field) {
            if fields.literal.as_ref().is_some_and(|there| there.get(&filter.name).is_none()) {
                entries.push(entry(edits.layout(), filter));
            }
            continue;
        }
        if !(is_field && lists) {
            for code in declarations(edits, filter)? {
                let _ = edits.add_class_member(&set.name, &code, MemberPlace::AfterFields)?;
            }
        }
        if lists {
            let item = edits.layout().string(&filter.name);
            let target = ListTarget::Attribute { class: &meta, name: "fields" };
            let _ = edits.list_append(target, &item, ItemPlace::End)?;
        }
    }
    if let Some(fields) = lookups.filter(|_| !entries.is_empty()) {
        let value = with_entries(&fields.source, &entries);
        let _ = edits.replace_class_attribute(&meta, "fields", &value)?;
    }
    Ok(())
}

/// A new filter set: `before` is what `filterset_fields` was.
///
/// # Errors
/// As [`Edits::add_class`].
pub fn make(
    file: &mut OpenFile,
    app: &AppFacts,
    model: &ModelFacts,
    name: &str,
    before: &Filtering<'_>,
    filters: &[FilterSpec],
) -> Result<(), Diagnostic> {
    let edits = &mut file.edits;
    let base = framework_name(edits, "FilterSet")?;
    let of_model = edits.name_of_app(app, &app.models_file(model), &model.name)?;
    let declared: Vec<Vec<String>> =
        filters.iter().map(|f| declarations(edits, f)).collect::<Result<_, _>>()?;
    let layout = edits.layout();
    let fields = match before {
        Filtering::Fields(source, FieldsKind::Dict) => format!("fields = {}", reindented(source)),
        Filtering::Fields(source, FieldsKind::List) => {
            let mut names = names(source);
            names.extend(
                filters.iter().map(|f| f.name.clone()).filter(|n| !names.contains(n)).collect::<Vec<_>>(),
            );
            layout.assignment("fields", &layout.strings(&names), 2)
        }
        Filtering::Class(_) | Filtering::None => {
            let names: Vec<&str> = filters.iter().map(|f| f.name.as_str()).collect();
            layout.assignment("fields", &layout.strings(&names), 2)
        }
    };
    let mut code = format!("class {name}({base}):\n");
    for line in declared.iter().flatten().flat_map(|d| d.lines()) {
        code.push_str(&format!("    {line}\n"));
    }
    code.push_str(&format!("\n    class Meta:\n        model = {of_model}\n"));
    for line in fields.lines() {
        code.push_str(&format!("        {line}\n"));
    }
    let _ = edits.add_class(&code, ClassPlace::End)?;
    Ok(())
}

/// `tag = django_filters.CharFilter(field_name="tags__slug")`, and those for the ends of a range.
fn declarations(edits: &mut Edits, filter: &FilterSpec) -> Result<Vec<String>, Diagnostic> {
    let class = framework_name(edits, class_of(filter.field_type))?;
    let field = edits.layout().string(&filter.field);
    let mut declared = vec![format!("{} = {class}(field_name={field})", filter.name)];
    for lookup in ["gte", "lte"].into_iter().filter(|_| filter.range) {
        let how = edits.layout().string(lookup);
        declared.push(format!("{}__{lookup} = {class}(field_name={field}, lookup_expr={how})", filter.name));
    }
    Ok(declared)
}

fn framework_name(edits: &mut Edits, name: &str) -> Result<String, Diagnostic> {
    for module in ["django_filters", "django_filters.rest_framework"] {
        if let Some(written) = edits.local_name(module, name) {
            return Ok(written);
        }
    }
    let _ = edits.import_module("django_filters")?;
    Ok(format!("django_filters.{name}"))
}

fn class_of(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::String
        | FieldType::Text
        | FieldType::Email
        | FieldType::Url
        | FieldType::Slug
        | FieldType::Json => "CharFilter",
        FieldType::Integer
        | FieldType::PositiveInteger
        | FieldType::BigInteger
        | FieldType::Float
        | FieldType::Decimal
        | FieldType::ForeignKey
        | FieldType::OneToOne
        | FieldType::ManyToMany => "NumberFilter",
        FieldType::Boolean => "BooleanFilter",
        FieldType::Date => "DateFilter",
        FieldType::Datetime => "IsoDateTimeFilter",
        FieldType::Time => "TimeFilter",
        FieldType::Duration => "DurationFilter",
        FieldType::Uuid => "UUIDFilter",
    }
}

/// The texts of a literal list.
fn names(source: &str) -> Vec<String> {
    let parts = source.split(['"', '\'']).skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

/// A value that was indented for a class, as it is written at the left edge.
fn reindented(source: &str) -> String {
    let rest = source.lines().skip(1).filter(|l| !l.trim().is_empty());
    let indent = rest.map(|l| l.len() - l.trim_start().len()).min().unwrap_or(0);
    let mut lines = source.lines();
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        out.push_str(line.get(indent..).unwrap_or_else(|| line.trim_start()));
    }
    out
}
