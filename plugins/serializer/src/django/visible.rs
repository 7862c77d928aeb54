//! Relations to rows that not everybody may see: only those that the user sees can be written.

use aksara_python::Code;
use aksara_python::edit::{ClassPlace, Edits};
use aksara_python::read;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{FieldFacts, ModelFacts, Narrowing, RelationKind, Rows, RowsCase};
use aksara_sdk::{Context, Diagnostic};

use super::create::Class;
use super::{lookup, project};

/// The facts of all apps: the rows that a model points to, and its own API, may have their views elsewhere.
///
/// # Errors
/// As [`project::facts`].
pub(super) fn facts<'a>(
    cx: &Context<'_>,
    apps: impl IntoIterator<Item = &'a str>,
) -> Result<ProjectFacts, Diagnostic> {
    let facts = project::facts(cx, apps)?;
    if facts.app_labels.len() < 2 { Ok(facts) } else { project::all_facts(cx) }
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
        let Some(rows) = cases(narrowing, |case| case.rows(facts, target)) else { continue };
        let rows = borrowed(edits, facts, narrowing, rows)?;
        let body = body(edits, rows);
        // What the API shows to all it knows by what it shows.
        let by = lookup::of(facts, target).filter(|_| narrowing.same_for_all);
        let kind = Kind { target: &target.name, same_for_all: narrowing.same_for_all, by };
        declare_all(edits, &kind, &body, model.field(field).into_iter(), class)?;
    }
    if of_itself.is_empty() {
        return Ok(());
    }
    let mut calls: Option<Cases> = None;
    for (field, target, narrowing) in &above {
        let below = cases(narrowing, |case| {
            Some(match case.below(facts, target, field)? {
                Rows::All => String::new(),
                Rows::Nothing => ".none()".to_owned(),
                Rows::Some(call) => call,
            })
        });
        let Some(below) = below else { continue };
        let below = borrowed(edits, facts, narrowing, below)?;
        calls = Some(calls.map_or_else(|| below.clone(), |calls| both(&calls, &below)));
    }
    if let Some(mut rows) = calls {
        for (_, calls) in &mut rows {
            let all = if calls.is_empty() { ".all()" } else { "" };
            *calls = format!("{}.objects{calls}{all}", class.model);
        }
        let body = body(edits, rows);
        let same_for_all = above.iter().all(|(_, _, narrowing)| narrowing.same_for_all);
        let kind = Kind { target: &model.name, same_for_all, by: None };
        declare_all(edits, &kind, &body, of_itself.into_iter(), class)?;
    }
    Ok(())
}

/// Code by case: the condition, which the last has not, and what goes by it.
type Cases = Vec<(Option<String>, String)>;

/// Cases of calls that go through those of `first`, then those of `second`.
fn both(first: &Cases, second: &Cases) -> Cases {
    let pairs = first.iter().flat_map(|one| second.iter().map(move |other| (one, other)));
    pairs
        .map(|((when, calls), (and, more))| {
            (read::both(when.as_deref(), and.as_deref()), format!("{calls}{more}"))
        })
        .collect()
}

/// What a class of fields takes.
struct Kind<'a> {
    /// The model whose rows these are.
    target: &'a str,
    /// Whether these are the same whoever asks.
    same_for_all: bool,
    /// The field by which they are known, if not by their key.
    by: Option<&'a str>,
}

/// Declares fields with a class of their own that has `body` for its `get_queryset`.
fn declare_all<'f>(
    edits: &mut Edits,
    kind: &Kind<'_>,
    body: &str,
    fields: impl Iterator<Item = &'f FieldFacts>,
    class: &mut Class<'_>,
) -> Result<(), Diagnostic> {
    let Kind { target, same_for_all, by } = *kind;
    let name = format!("Visible{target}Field");
    let base = if by.is_some() { "SlugRelatedField" } else { "PrimaryKeyRelatedField" };
    let base = edits.name_through("rest_framework", "serializers", base)?;
    let who = if same_for_all { "API shows" } else { "user may see" };
    let code = format!(
        "class {name}({base}):\n    \"\"\"Takes what the {who}.\"\"\"\n\n    \
         def get_queryset(self) -> QuerySet[{target}]:\n{body}"
    );
    let code = edits.in_habits(&code, &[("django.db.models", "QuerySet")])?;
    let _ = edits.code().add_class(&code, ClassPlace::End)?;
    for field in fields {
        let slug = by.map(|by| (Some("slug_field".to_owned()), Code::raw(edits.layout().string(by))));
        let mut arguments: Vec<_> = slug.into_iter().collect();
        arguments.extend(demands(edits, &class.model, field)?);
        if by.is_some() {
            class.loads.push(field.name.clone());
        }
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
fn cases(narrowing: &Narrowing, rows: impl Fn(&RowsCase) -> Option<String>) -> Option<Cases> {
    let cases = narrowing.of_requests()?;
    cases.iter().map(|case| Some((case.condition.clone(), rows(case)?))).collect()
}

/// Cases in the names of the file.
fn borrowed(
    edits: &mut Edits,
    facts: &ProjectFacts,
    narrowing: &Narrowing,
    cases: Cases,
) -> Result<Cases, Diagnostic> {
    let mut borrow = |code: String| edits.borrowed(&code, narrowing, &facts.apps);
    let mut written = Vec::new();
    for (condition, rows) in cases {
        written.push((condition.map(&mut borrow).transpose()?, borrow(rows)?));
    }
    Ok(written)
}

/// The body of `get_queryset`.
fn body(edits: &Edits, cases: Cases) -> String {
    let context = format!("self.context[{}]", edits.layout().string("request"));
    let request = if cases.len() > 1 { "request" } else { &context };
    let mut lines = Vec::new();
    if cases.len() > 1 {
        lines.push((0, format!("request = {context}")));
    }
    for (condition, rows) in cases {
        let level = usize::from(condition.is_some());
        if let Some(condition) = condition {
            lines.push((0, format!("if {}:", of_request(&condition, request))));
        }
        lines.push((level, format!("return {}", of_request(&rows, request))));
    }
    let layout = edits.layout();
    let mut body = String::new();
    for (level, line) in lines {
        for line in layout.wrapped(&line, 2 + level).lines() {
            body.push_str(&format!("{}{line}\n", "    ".repeat(2 + level)));
        }
    }
    body
}

/// Code of a view, for what has the request by another name.
fn of_request(code: &str, request: &str) -> String {
    code.replace("self.request", request)
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use crate::django::CreateSerializer;

    const MODELS: &str = "from django.conf import settings
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Shop(models.Model):
    keeper = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Note(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    above = models.ForeignKey('self', null=True, on_delete=models.CASCADE)
";

    /// The classes of fields of a note, where orders and shops are shown by methods with these bodies.
    fn fields(orders: &str, shops: &str) -> String {
        let mut project = project(orders, shops);
        let _ = project.apply(&CreateSerializer, "create_serializer", json!({"model": "shop.Note"})).unwrap();
        project.text("shop/serializers.py").unwrap().to_owned()
    }

    fn project(orders: &str, shops: &str) -> TestProject<'static> {
        let view = |model: &str, body: &str| {
            let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
            format!(
                "\n\nclass {model}ViewSet(viewsets.ModelViewSet):\n    queryset = {model}.objects.all()\n\n    def get_queryset(self):\n{body}"
            )
        };
        let views = format!(
            "from rest_framework import viewsets\n\nfrom .models import Order, Shop\n{}{}",
            view("Order", orders),
            view("Shop", shops)
        );
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file(
                "config/settings.py",
                "INSTALLED_APPS = ['django.contrib.auth', 'rest_framework', 'shop']\n",
            )
            .file("shop/__init__.py", "")
            .file("shop/models.py", MODELS)
            .file("shop/views.py", views)
    }

    /// The lines of the method that one of the classes has.
    fn method(text: &str, class: &str) -> String {
        let (_, rest) = text.split_once(&format!("class {class}(")).unwrap_or_else(|| panic!("{text}"));
        let (_, body) = rest.split_once("get_queryset(self):\n").unwrap();
        body.split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    const OWN: &str = "return Order.objects.filter(customer=self.request.user)";
    const ALL: &str = "return Shop.objects.all()";

    #[test]
    fn only_tools_that_describe_an_api_are_left_out() {
        let of = |body: &str| method(&fields(body, ALL), "VisibleOrderField");
        let own = "return Order.objects.filter(customer=self.context['request'].user)";
        let one = |condition: &str| {
            format!(
                "rows = super().get_queryset()\nif {condition}:\n    rows = rows.filter(customer=self.request.user)\nreturn rows"
            )
        };
        assert_eq!(of(&one("not getattr(self, 'swagger_fake_view', False)")), own);
        let none = "return Order.objects.none()";
        let guarded = |condition: &str| of(&format!("if {condition}:\n    {none}\n{OWN}"));
        assert_eq!(guarded("getattr(self, 'swagger_fake_view', False)"), own);
        assert_eq!(
            guarded("getattr(self, 'swagger_fake_view', False) or not self.request.user.is_authenticated"),
            format!(
                "request = self.context['request'] if not request.user.is_authenticated: {none} return Order.objects.filter(customer=request.user)"
            )
        );
    }

    #[test]
    fn rows_of_the_model_itself_belong_to_all_that_the_user_sees() {
        let own = "return Shop.objects.filter(keeper=self.request.user)";
        let of =
            |orders: &str, shops: &str| method(&fields(orders, shops), "VisibleNoteField").replace(' ', "");
        let user = "self.context['request'].user";
        assert_eq!(
            of(OWN, own),
            format!("returnNote.objects.filter(order__customer={user}).filter(shop__keeper={user})")
        );
        assert_eq!(of(OWN, ALL), format!("returnNote.objects.filter(order__customer={user})"));
        let staff = |all: &str, rest: &str| format!("if self.request.user.is_staff:\n    {all}\n{rest}");
        assert_eq!(
            of(&staff("return Order.objects.all()", OWN), own),
            "request=self.context['request']ifrequest.user.is_staff:returnNote.objects.filter(shop__keeper=request.user)returnNote.objects.filter(order__customer=request.user).filter(shop__keeper=request.user)"
        );
    }

    #[test]
    fn rows_that_a_view_leaves_out_for_all_cannot_be_written() {
        let views = "from rest_framework import viewsets\n\nfrom .models import Order\nfrom .serializers import OrderSerializer\n\n\nclass OrderViewSet(viewsets.ModelViewSet):\n    queryset = Order.objects.live().order_by('id')\n    serializer_class = OrderSerializer\n";
        let of = |lookup: &str, fields: &str| {
            let models = MODELS.replace(
                "    customer",
                "    number = models.CharField(max_length=9, unique=True)\n    customer",
            );
            let serializers = format!(
                "from rest_framework import serializers\n\nfrom .models import Order\n\n\nclass OrderSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Order\n        fields = {fields}\n"
            );
            let mut project = project("return []", "return []")
                .file("shop/models.py", models)
                .file("shop/views.py", format!("{views}{lookup}"))
                .file("shop/serializers.py", serializers);
            let params = json!({"model": "shop.Note"});
            let outcome = project.apply(&CreateSerializer, "create_serializer", params.clone()).unwrap();
            assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
            assert!(project.apply(&CreateSerializer, "create_serializer", params).unwrap().is_noop());
            project.text("shop/serializers.py").unwrap().to_owned()
        };
        let text = of("", "['id']");
        assert!(text.contains("class VisibleOrderField(serializers.PrimaryKeyRelatedField):\n    \"\"\"Takes what the API shows.\"\"\""), "{text}");
        assert_eq!(method(&text, "VisibleOrderField"), "return Order.objects.live()");
        assert_eq!(
            method(&text, "VisibleNoteField"),
            "return Note.objects.filter(order__in=Order.objects.live())"
        );
        let text = of("    lookup_field = 'number'\n", "['number']");
        assert_eq!(method(&text, "VisibleOrderField"), "return Order.objects.live()");
        assert!(text.contains("class VisibleOrderField(serializers.SlugRelatedField):"), "{text}");
        assert!(text.contains("    order = VisibleOrderField(slug_field='number')\n"), "{text}");
    }

    #[test]
    fn what_a_serializer_was_made_of_may_have_changed_since() {
        let there = fields(OWN, ALL);
        let rows = "return Order.objects.for_user(self.request.user)";
        let mut project = project(rows, ALL).file("shop/serializers.py", there.clone());
        let outcome = project.apply(&CreateSerializer, "create_serializer", json!({"model": "shop.Note"}));
        assert!(outcome.unwrap().is_noop());
        assert_eq!(project.text("shop/serializers.py").unwrap(), there);
    }
}
