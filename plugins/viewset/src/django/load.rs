//! What a viewset's rows are loaded with: relations, and values that the database computes.

use aksara_python::edit::{Edits, ItemPlace, ListTarget};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ModelFacts, ViewsetFacts};
use aksara_sdk::protocol::params::{AggregateFunction, ModifyViewset as Params};
use aksara_sdk::{Diagnostic, Label, Note};
use serde_json::Value;

use super::modify::Change;
use super::project;

const ATTRIBUTE: &str = "queryset";
const METHOD: &str = "get_queryset";
/// What Django computes values over related rows by.
const AGGREGATES: [&str; 7] = ["Avg", "Count", "Max", "Min", "StdDev", "Sum", "Variance"];

/// What says which rows a viewset has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// The attribute `queryset`.
    Attribute,
    /// The method `get_queryset`.
    Method,
}

impl Change<'_> {
    /// Loads relations and computes values with the rows of a viewset.
    pub(super) fn load(&mut self, viewset: &ViewsetFacts, wanted: &Params) -> Result<(), Diagnostic> {
        if wanted.select.is_empty() && wanted.prefetch.is_empty() && wanted.aggregate.is_empty() {
            return Ok(());
        }
        let class = viewset.name.as_str();
        let (facts, model) = (self.facts, self.model);
        let shows_code = self.files.is_empty();
        let edits = &mut self.open(&viewset.place.file)?.edits;
        let (from, source) = rows(edits, viewset)?;
        let missing = |call: &str, relations: &[String]| -> Vec<String> {
            let loaded = arguments(&source, call);
            relations.iter().filter(|r| !loaded.contains(r)).cloned().collect()
        };
        let select = missing("select_related", &wanted.select);
        let prefetch = missing("prefetch_related", &wanted.prefetch);
        let layout = edits.layout().clone();
        let mut computed = Vec::new();
        let is_new = |name: &str| !source.contains(&format!("{name}="));
        for value in wanted.aggregate.iter().filter(|value| is_new(&value.name)) {
            let of = layout.string(&value.of);
            // Joins to other relations repeat rows, which changes a count but no mean.
            computed.push(match value.function {
                AggregateFunction::Average => {
                    format!("{}={}({of})", value.name, edits.name_from("django.db.models", "Avg")?)
                }
                AggregateFunction::Count => {
                    let count = edits.name_from("django.db.models", "Count")?;
                    format!("{}={count}({of}, distinct=True)", value.name)
                }
            });
        }
        // What a call that is there can take needs no other one.
        let mut select = select;
        let mut prefetch = prefetch;
        for (call, relations) in [("select_related", &mut select), ("prefetch_related", &mut prefetch)] {
            let written: Vec<String> = relations.iter().map(|r| layout.string(r)).collect();
            let edits = if shows_code { edits.code() } else { &mut *edits };
            if from == Rows::Attribute
                && !written.is_empty()
                && edits.extend_call(class, ATTRIBUTE, call, &written)?
            {
                relations.clear();
            }
        }
        // One call each, so that each has a line where they are too long for one.
        let mut calls = vec![project::loading(|text| layout.string(text), &select, &prefetch)];
        if !computed.is_empty() {
            calls.extend(computed.iter().map(|value| format!(".annotate({value})")));
            // Rows that are grouped for a value lose the model's own order, by which a list is cut into pages.
            // A child has its parent's, unless it says otherwise.
            let ordering = facts.with_parents(model).find_map(|model| model.meta("ordering"));
            let ordering = ordering.and_then(|o| o.literal.as_ref()).and_then(Value::as_array);
            let fields = ordering.into_iter().flatten().filter_map(Value::as_str);
            let fields: Vec<String> = fields.map(|name| layout.string(name)).collect();
            if !fields.is_empty() && !source.contains(".order_by(") {
                calls.push(format!(".order_by({})", fields.join(", ")));
            }
        }
        calls.retain(|call| !call.is_empty());
        // Another call says all that `.all()` does; a manager of the project's own may make more of it.
        if !calls.is_empty() && !may_have_own_manager(model) {
            match from {
                Rows::Method if edits.returned(class, METHOD).is_ok() => {
                    let _ = edits.drop_last_call_of_return(class, METHOD, "all")?;
                }
                Rows::Method => {}
                Rows::Attribute => {
                    let _ = edits.drop_last_call(class, ATTRIBUTE, "all")?;
                }
            }
        }
        for call in &calls {
            let edits = if shows_code { edits.code() } else { &mut *edits };
            if from == Rows::Attribute {
                let _ = edits.append_to_expression(class, ATTRIBUTE, call)?;
            } else if let Err(error) = edits.append_to_return(class, METHOD, call) {
                if !computed.is_empty() {
                    return Err(error.with_help(format!(
                        "append `{}` to what it returns by hand, or plan with `--set include_api=false`",
                        calls.concat()
                    )));
                }
                self.notes.push(Note::warning(format!(
                    "`{class}.{METHOD}` ({}:{}) was left as it is, since not all that it returns is a chain of calls: \
                     append `{}` to the rows by hand, or each row asks the database for them",
                    viewset.place.file,
                    viewset.place.line,
                    calls.concat()
                )));
                break;
            }
        }
        let edits = &mut self.open(&viewset.place.file)?.edits;
        let orders =
            edits.class_attribute(class, "ordering_fields")?.is_some_and(|s| s.starts_with(['[', '(']));
        for value in wanted.aggregate.iter().filter(|_| orders) {
            let target = ListTarget::Attribute { class, name: "ordering_fields" };
            let item = edits.layout().string(&value.name);
            let _ = edits.list_append(target, &item, ItemPlace::End)?;
        }
        Ok(())
    }
}

impl Change<'_> {
    /// Leaves rows out of the values that are computed over them: those in which the field at the end of a path is filled.
    pub(super) fn aggregate_while_empty(
        &mut self,
        viewset: &ViewsetFacts,
        paths: &[String],
    ) -> Result<(), Diagnostic> {
        for path in paths {
            let (relation, _) = path.rsplit_once("__").unwrap_or((path, ""));
            let inside = format!("{relation}__");
            let is_over = |function: &str, of: &str| {
                AGGREGATES.contains(&function.rsplit('.').next().unwrap_or(function))
                    && (of == relation || of.starts_with(&inside))
            };
            let edits = &mut self.open(&viewset.place.file)?.edits;
            if !edits.lacks_argument(&viewset.name, &is_over, "filter")? {
                continue;
            }
            let q = edits.name_from("django.db.models", "Q")?;
            let condition = format!("{q}({path}=None)");
            let _ = edits.complete_calls_in(&viewset.name, &is_over, "filter", &condition)?;
        }
        Ok(())
    }
}

/// What says which rows a viewset has, and its source. A method that does not begin with the attribute's rows counts
/// alone.
fn rows(edits: &Edits, viewset: &ViewsetFacts) -> Result<(Rows, String), Diagnostic> {
    let class = &viewset.name;
    let method = match viewset.methods.iter().any(|m| m == METHOD) {
        true => Some(edits.method_source(class, METHOD)?),
        false => None,
    };
    let goes_on = |method: &str| method.contains("super(") || method.contains("self.queryset");
    match (edits.class_attribute(class, ATTRIBUTE)?, method) {
        (_, Some(method)) if !goes_on(method) => Ok((Rows::Method, method.to_owned())),
        (Some(attribute), _) => Ok((Rows::Attribute, attribute.to_owned())),
        (None, Some(method)) => Ok((Rows::Method, method.to_owned())),
        (None, None) => Err(no_queryset(viewset)),
    }
}

/// The texts that calls of `name` in a chain are given.
fn arguments(source: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in source.split(&format!(".{name}(")).skip(1) {
        let inside = call.split(')').next().unwrap_or_default();
        found.extend(inside.split(['"', '\'']).skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// Whether `objects` may be another manager than Django's own: the class has one, or a base that may have one.
fn may_have_own_manager(model: &ModelFacts) -> bool {
    model.members.iter().any(|member| member == "objects")
        || model.bases.iter().any(|base| base != "django.db.models.Model")
}

fn no_queryset(viewset: &ViewsetFacts) -> Diagnostic {
    Diagnostic::new(
        codes::REFUSED,
        format!("`{}` has neither `queryset` nor `get_queryset` of its own", viewset.name),
    )
    .with_label(Label {
        path: viewset.place.file.clone(),
        line: viewset.place.line,
        column: 1,
        len: 0,
        text: "this viewset".to_owned(),
    })
    .with_help("give it a `queryset`, or change the class that it inherits one from")
}

#[cfg(test)]
mod tests {
    use aksara_sdk::Outcome;
    use serde_json::json;

    use super::super::ModifyViewset;
    use super::super::create::tests::{blog, post_views};
    use super::*;

    fn change(body: &str, more: Value) -> (Result<Outcome, Diagnostic>, String) {
        let views = post_views(&format!("    serializer_class = PostSerializer\n{body}"));
        let mut project = blog().file("blog/views.py", views);
        let mut params = json!({"model": "blog.Post"});
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        let outcome = project.apply(&ModifyViewset, "modify_viewset", params.clone());
        if outcome.is_ok() {
            assert!(project.apply(&ModifyViewset, "modify_viewset", params).unwrap().is_noop());
        }
        (outcome, project.text("blog/views.py").unwrap().to_owned())
    }

    const STAFF: &str = "\n    def get_queryset(self):\n        if self.request.user.is_staff:\n            return Post.objects.all()\n        queryset = Post.objects.filter(title=\"x\")\n        return queryset\n";

    #[test]
    fn every_return_of_a_method_loads_them() {
        let (outcome, text) = change(STAFF, json!({"prefetch": ["tags"]}));
        assert!(outcome.unwrap().notes.is_empty());
        assert!(
            text.contains("            return Post.objects.all().prefetch_related(\"tags\")\n"),
            "{text}"
        );
        assert!(text.ends_with("        return queryset.prefetch_related(\"tags\")\n"), "{text}");
        let (_, text) =
            change(STAFF, json!({"aggregate": [{"name": "n", "function": "count", "of": "tags"}]}));
        assert_eq!(text.matches(".annotate(n=Count(\"tags\", distinct=True))").count(), 2, "{text}");
    }

    #[test]
    fn a_method_that_does_not_begin_with_the_attribute_counts_alone() {
        let own = format!("    queryset = Post.objects.none()\n{STAFF}");
        let (_, text) = change(&own, json!({"prefetch": ["tags"]}));
        assert!(text.contains("queryset = Post.objects.none()\n"), "{text}");
        assert!(text.ends_with("        return queryset.prefetch_related(\"tags\")\n"), "{text}");
        let goes_on = "    queryset = Post.objects.all()\n\n    def get_queryset(self):\n        rows = super().get_queryset()\n        return rows.filter(title=\"x\")\n";
        let (_, text) = change(goes_on, json!({"prefetch": ["tags"]}));
        assert!(text.contains("queryset = Post.objects.prefetch_related(\"tags\")\n"), "{text}");
        assert!(text.ends_with("        return rows.filter(title=\"x\")\n"), "{text}");
    }

    #[test]
    fn a_method_that_is_not_understood_stays_and_is_named() {
        let body = "\n    def get_queryset(self):\n        if self.x:\n            return list(Post.objects.all())\n        return Post.objects.all()\n";
        let views = post_views(&format!("    serializer_class = PostSerializer\n{body}"));
        let mut project = blog().file("blog/views.py", views.clone());
        let params = json!({"model": "blog.Post", "prefetch": ["tags"]});
        let outcome = project.apply(&ModifyViewset, "modify_viewset", params).unwrap();
        let note = &outcome.notes[0].text;
        assert!(note.contains("`PostViewSet.get_queryset` (blog/views.py:"), "{note}");
        assert!(note.contains("append `.prefetch_related(\"tags\")`"), "{note}");
        assert_eq!(project.text("blog/views.py"), Some(views.as_str()));
        let (outcome, _) =
            change(body, json!({"aggregate": [{"name": "n", "function": "count", "of": "tags"}]}));
        let error = outcome.unwrap_err();
        assert!(error.help.as_deref().unwrap().contains("--set include_api=false"), "{error:?}");
    }
}
