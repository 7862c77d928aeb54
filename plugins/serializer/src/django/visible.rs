//! Relations to rows that not everybody may see: only those that the user sees can be written.

use aksara_python::Code;
use aksara_python::edit::{ClassPlace, Edits};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{FieldFacts, ModelFacts, Narrowing, RelationKind, Rows, RowsCase};
use aksara_sdk::{Context, Diagnostic};

use super::create::Class;
use super::project;

/// The facts of the apps of a model, and those of all apps where the rows that it points to have their views elsewhere.
///
/// # Errors
/// As [`project::facts`].
pub(super) fn facts<'a>(
    cx: &Context<'_>,
    model: &str,
    apps: impl IntoIterator<Item = &'a str>,
) -> Result<ProjectFacts, Diagnostic> {
    let facts = project::facts(cx, apps)?;
    let has_views = |label: &str| {
        let mut views = facts.apps.iter().flat_map(|app| &app.viewsets);
        views.any(|view| view.model.as_deref() == Some(label)) && facts.model(label).is_some()
    };
    let fields = facts.model(model).into_iter().flat_map(|model| &model.fields);
    let mut above = fields.filter_map(|field| Some(&field.relation.as_ref()?.to)).filter(|to| *to != model);
    let is_enough = above.all(|to| has_views(to) || !facts.model_labels.contains(to));
    if is_enough { Ok(facts) } else { project::all_facts(cx) }
}

/// Declares a field for each relation to rows that depend on who asks, with a class that knows which, and for those to
/// rows of the same model that belong to them. What is not understood is said where the views are made.
///
/// # Errors
/// A class by the field's name that is another one.
pub(super) fn declare(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    class: &mut Class<'_>,
) -> Result<(), Diagnostic> {
    let names = |list: &[String], name: &str| list.iter().any(|there| there == name);
    let written = |name: &str| names(class.fields, name) && !names(class.read_only, name);
    let above = facts.needed_relations(model);
    let above = above.into_iter().filter(|(field, _)| written(field));
    let above: Vec<(&str, &ModelFacts, &Narrowing)> = above
        .filter_map(|(field, label)| Some((field, facts.model(label)?, facts.narrowing_of(label)?)))
        .collect();
    let of_itself = model.fields.iter().filter(|field| {
        let relation = field.relation.as_ref();
        relation.is_some_and(|r| r.to == model.label && r.kind != RelationKind::ManyToMany)
    });
    let of_itself: Vec<&FieldFacts> = of_itself.filter(|field| written(&field.name)).collect();
    for (field, target, narrowing) in &above {
        let rows = cases(narrowing, |case| case.rows(facts, target));
        let Some(body) = rows.map(|rows| body(edits, facts, narrowing, rows)).transpose()? else { continue };
        let field = model.field(field).into_iter();
        declare_all(edits, &target.name, &body, field, class)?;
    }
    if let Some((field, target, narrowing)) = above.first() {
        let all = format!("{}.objects", class.model);
        let rows = cases(narrowing, |case| {
            Some(match case.below(facts, target, field)? {
                Rows::All => format!("{all}.all()"),
                Rows::Nothing => format!("{all}.none()"),
                Rows::Some(call) => format!("{all}{call}"),
            })
        });
        if let Some(rows) = rows.filter(|_| !of_itself.is_empty()) {
            let body = body(edits, facts, narrowing, rows)?;
            declare_all(edits, &model.name, &body, of_itself.into_iter(), class)?;
        }
    }
    Ok(())
}

/// Declares fields that take rows of the model `target`, with a class that has `body` for its `get_queryset`.
fn declare_all<'f>(
    edits: &mut Edits,
    target: &str,
    body: &str,
    fields: impl Iterator<Item = &'f FieldFacts>,
    class: &mut Class<'_>,
) -> Result<(), Diagnostic> {
    let name = format!("Visible{target}Field");
    let base = edits.name_through("rest_framework", "serializers", "PrimaryKeyRelatedField")?;
    let code = format!(
        "class {name}({base}):\n    \"\"\"Takes what the user may see.\"\"\"\n\n    \
         def get_queryset(self) -> QuerySet[{target}]:\n{body}"
    );
    let code = edits.in_habits(&code, &[("django.db.models", "QuerySet")])?;
    let _ = edits.code().add_class(&code, ClassPlace::End)?;
    for field in fields {
        let arguments = demands(edits, &class.model, field)?;
        let call = Code::Call(name.clone(), arguments);
        class.declared.push(edits.layout().assignment(&field.name, &call, 1));
    }
    Ok(())
}

/// What a declared field must be told that the framework tells those that it makes itself: whether a relation to one may
/// be empty, and whether a row may have one only.
///
/// # Errors
/// As [`aksara_python::edit::Edits::name_from`].
pub(super) fn demands(
    edits: &mut Edits,
    model: &str,
    field: &FieldFacts,
) -> Result<Vec<(Option<String>, Code)>, Diagnostic> {
    let mut arguments = Vec::new();
    let is_single =
        field.is_true("unique") || field.relation.as_ref().is_some_and(|r| r.kind == RelationKind::OneToOne);
    if field.is_true("null") {
        arguments.push((Some("allow_null".to_owned()), Code::raw("True")));
        arguments.push((Some("required".to_owned()), Code::raw("False")));
    }
    if is_single {
        let validator = edits.name_from("rest_framework.validators", "UniqueValidator")?;
        let rows = format!("{model}.objects.all()");
        let unique = Code::Call(validator, vec![(Some("queryset".to_owned()), Code::raw(rows))]);
        arguments.push((Some("validators".to_owned()), Code::List(vec![unique])));
    }
    Ok(arguments)
}

/// The rows by case, without those of tools that describe an API, which ask its views. `None` where the rule is not
/// understood.
fn cases(
    narrowing: &Narrowing,
    rows: impl Fn(&RowsCase) -> Option<String>,
) -> Option<Vec<(Option<String>, String)>> {
    let describes =
        |case: &&RowsCase| case.condition.as_ref().is_some_and(|c| c.contains("swagger_fake_view"));
    let cases = narrowing.cases.iter().filter(|case| !describes(case));
    let cases: Vec<_> =
        cases.map(|case| Some((case.condition.clone(), rows(case)?))).collect::<Option<_>>()?;
    (!cases.is_empty()).then_some(cases)
}

/// The body of `get_queryset`.
fn body(
    edits: &mut Edits,
    facts: &ProjectFacts,
    narrowing: &Narrowing,
    cases: Vec<(Option<String>, String)>,
) -> Result<String, Diagnostic> {
    let context = format!("self.context[{}]", edits.layout().string("request"));
    let request = if cases.len() > 1 { "request" } else { &context };
    let mut lines = Vec::new();
    if cases.len() > 1 {
        lines.push((0, format!("request = {context}")));
    }
    for (condition, rows) in cases {
        let level = usize::from(condition.is_some());
        if let Some(condition) = condition {
            let condition = edits.borrowed(&condition, narrowing, &facts.apps)?;
            lines.push((0, format!("if {}:", of_request(&condition, request))));
        }
        let rows = edits.borrowed(&rows, narrowing, &facts.apps)?;
        lines.push((level, format!("return {}", of_request(&rows, request))));
    }
    let layout = edits.layout();
    let mut body = String::new();
    for (level, line) in lines {
        for line in layout.wrapped(&line, 2 + level).lines() {
            body.push_str(&format!("{}{line}\n", "    ".repeat(2 + level)));
        }
    }
    Ok(body)
}

/// Code of a view, for what has the request by another name.
fn of_request(code: &str, request: &str) -> String {
    code.replace("self.request", request)
}
