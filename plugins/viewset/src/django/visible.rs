//! Rows that belong to rows which not everybody may see: views show them to those who see the others.

use aksara_python::edit::Edits;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ModelFacts, Narrowing, Rows, RowsCase, ViewsetFacts};
use aksara_sdk::{Diagnostic, Note};

use super::subject::Subject;

/// What `get_queryset` does to the base's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Visible<'a> {
    /// Calls that each of them goes through.
    calls: String,
    /// What some of them go through, with the condition; absent of the last.
    branches: Vec<Vec<(Option<String>, String)>>,
    /// The models whose rows decide, where that depends on who is logged in.
    pub above: Vec<&'a str>,
}

impl Visible<'_> {
    /// The method, if there is anything to do. `model` is how the file names the model, `top` a call that the rows of a
    /// list go through as well.
    pub(super) fn method(&self, edits: &Edits, model: &str, top: Option<&str>) -> Option<String> {
        let layout = edits.layout();
        let rows = format!("super().get_queryset(){}", self.calls);
        let mut lines = Vec::new();
        if self.branches.is_empty() && top.is_none() {
            if self.calls.is_empty() {
                return None;
            }
            lines.push((1, layout.returned(&[&rows], 2)));
        } else {
            lines.push((1, layout.wrapped(&format!("queryset = {rows}"), 2)));
            for branches in &self.branches {
                for (index, (condition, call)) in branches.iter().enumerate() {
                    let opening = match (index, condition) {
                        (0, Some(condition)) => format!("if {condition}:"),
                        (_, Some(condition)) => format!("elif {condition}:"),
                        (_, None) => "else:".to_owned(),
                    };
                    lines.push((1, layout.wrapped(&opening, 2)));
                    lines.push((2, layout.wrapped(&format!("queryset = queryset{call}"), 3)));
                }
            }
            lines.push(match top {
                Some(top) => {
                    let is_list = format!("if self.action == {}", layout.string("list"));
                    (1, layout.returned(&[&format!("queryset{top}"), &is_list, "else queryset"], 2))
                }
                None => (1, "return queryset".to_owned()),
            });
        }
        let mut method = format!("def get_queryset(self) -> QuerySet[{model}]:");
        for (level, text) in lines {
            for line in text.lines() {
                method.push_str(&format!("\n{}{line}", "    ".repeat(level)));
            }
        }
        Some(method)
    }
}

impl<'a> Subject<'a> {
    /// Which rows the views of the class `name` may show, as far as rows that they belong to decide; where that cannot
    /// be told, it is said.
    ///
    /// # Errors
    /// Imports that cannot be made.
    pub(super) fn visible(
        &self,
        edits: &mut Edits,
        name: &str,
        notes: &mut Vec<Note>,
    ) -> Result<Visible<'a>, Diagnostic> {
        let Subject { facts, model, .. } = *self;
        let mut visible = Visible::default();
        for (field, label) in facts.needed_relations(model) {
            let Some((other, narrowing)) = facts.narrowing_view(label) else { continue };
            let target = facts.model(label).filter(|_| facts.narrowing_of(label).is_some());
            let cases = target.and_then(|target| self.cases(narrowing, target, field));
            let needs_login = cases.is_some() && narrowing.needs_login();
            let Some(branches) = cases.and_then(branches) else {
                // Staff may see everything.
                if !self.wanted.permissions.iter().any(|class| class.ends_with("IsAdminUser")) {
                    notes.push(self.leak(name, (field, label), other, narrowing)?);
                }
                continue;
            };
            if needs_login {
                visible.above.push(label);
            }
            let mut written = Vec::new();
            for (condition, call) in branches {
                let condition =
                    condition.map(|code| edits.borrowed(&code, narrowing, &facts.apps)).transpose()?;
                written.push((condition, edits.borrowed(&call, narrowing, &facts.apps)?));
            }
            match written.as_slice() {
                [] => {}
                [(None, call)] => visible.calls.push_str(call),
                _ => visible.branches.push(written),
            }
        }
        Ok(visible)
    }

    fn cases(
        &self,
        narrowing: &Narrowing,
        target: &ModelFacts,
        field: &str,
    ) -> Option<Vec<(Option<String>, Rows)>> {
        let of_case =
            |case: &RowsCase| Some((case.condition.clone(), case.below(self.facts, target, field)?));
        let cases = narrowing.cases.iter().map(of_case).collect::<Option<Vec<_>>>()?;
        (!cases.is_empty()).then_some(cases)
    }

    /// What the views would show that another viewset keeps from some users: a warning where a third one shows it to
    /// everybody, or where that is asked for.
    fn leak(
        &self,
        name: &str,
        (field, label): (&str, &str),
        other: &ViewsetFacts,
        narrowing: &Narrowing,
    ) -> Result<Note, Diagnostic> {
        let target = label.rsplit('.').next().unwrap_or(label);
        let writes = if self.wanted.read_only { "" } else { ", and lets them be written" };
        let open = self.facts.open_view(label).filter(|_| !narrowing.same_for_all);
        let reason = match open {
            Some(open) => format!(
                "; `{}` ({}:{}) shows `{target}` rows whoever asks, so which of the two is meant here is not told",
                open.name, open.place.file, open.place.line
            ),
            None => ", by a rule that is not understood".to_owned(),
        };
        let which = match narrowing.same_for_all {
            true => format!("some `{target}` rows"),
            false => format!("those `{target}` rows that the user may see"),
        };
        let while_other = format!(
            "the rows of every `{target}` to whoever may use it{writes}, while `{}` ({}:{}) shows only {which}{reason}",
            other.name, narrowing.place.file, narrowing.place.line,
        );
        if open.is_none() && !self.wanted.show_to_all {
            let message = format!("DATA LEAK: `{name}` would show {while_other}");
            return Err(Diagnostic::new(codes::REFUSED, message).with_help(
                "plan without the API (`--set include_api=false`) and write the view by hand, or, if everybody may see \
                 these rows, plan with `--set show_to_all=true`",
            ));
        }
        Ok(Note::warning(format!(
            "DATA LEAK: `{name}` shows {while_other}. Give `{name}` a `get_queryset` that filters by `{field}` in the \
             same way, and refuse others' `{field}` where a row is written",
        )))
    }
}

/// The cases as `if`, `elif` and `else`, without those that leave all rows. `None` if these stand in between.
fn branches(mut cases: Vec<(Option<String>, Rows)>) -> Option<Vec<(Option<String>, String)>> {
    while cases.last().is_some_and(|(_, rows)| *rows == Rows::All) {
        cases.pop();
    }
    let mut branches: Vec<(Option<String>, String)> = Vec::new();
    for (condition, rows) in cases.into_iter().rev() {
        let call = match rows {
            Rows::Some(call) => call,
            Rows::Nothing => ".none()".to_owned(),
            Rows::All => match branches.as_mut_slice() {
                [(rest @ None, _)] => {
                    *rest = Some(negated(&condition?));
                    continue;
                }
                _ => return None,
            },
        };
        branches.insert(0, (condition, call));
    }
    Some(branches)
}

fn negated(condition: &str) -> String {
    let is_one = |text: &str| ![" and ", " or ", " if ", "lambda "].iter().any(|word| text.contains(word));
    match condition.strip_prefix("not ") {
        Some(rest) if is_one(rest) => rest.to_owned(),
        _ if is_one(condition) => format!("not {condition}"),
        _ => format!("not ({condition})"),
    }
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::Outcome;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use crate::django::CreateViewset;

    const SETTINGS: &str =
        "INSTALLED_APPS = ['django.contrib.auth', 'rest_framework', 'shop']\nROOT_URLCONF = 'config.urls'\n";

    const MODELS: &str = "from django.conf import settings
from django.db import models


class OrderQuerySet(models.QuerySet):
    def for_user(self, user):
        return self.filter(customer=user)


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name='orders')
    helpers = models.ManyToManyField(settings.AUTH_USER_MODEL)
    is_public = models.BooleanField(default=False)
    objects = OrderQuerySet.as_manager()


class Note(models.Model):
    text = models.CharField(max_length=9)
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    above = models.ForeignKey('self', null=True, on_delete=models.CASCADE)
";

    const SERIALIZERS: &str = "from rest_framework import serializers

from .models import Note, Order


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ['id']


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ['id', 'text', 'order']
";

    /// A shop whose orders are shown by a `get_queryset` with this body, in views with these imports besides.
    fn shop(imports: &str, body: &str) -> TestProject<'static> {
        let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", SETTINGS)
            .file("config/urls.py", "urlpatterns = []\n")
            .file("shop/__init__.py", "")
            .file("shop/models.py", MODELS)
            .file("pyproject.toml", "[tool.black]\nline-length = 88\n")
            .file("shop/serializers.py", SERIALIZERS)
            .file("shop/views.py", format!("{imports}from rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n\nfrom .models import Order\nfrom .serializers import OrderSerializer\n\n\nclass OrderViewSet(viewsets.ModelViewSet):\n    queryset = Order.objects.all()\n    serializer_class = OrderSerializer\n    permission_classes = [IsAuthenticated]\n\n    def get_queryset(self):\n{body}"))
            .file("shop/urls.py", "from rest_framework.routers import SimpleRouter\n\nrouter = SimpleRouter()\n\nurlpatterns = router.urls\n")
    }

    fn create(project: &mut TestProject<'_>, more: serde_json::Value) -> Outcome {
        let mut params = json!({"model": "shop.Note", "route": "notes"});
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        let outcome = project.apply(&CreateViewset, "create_viewset", params.clone()).unwrap();
        assert!(project.apply(&CreateViewset, "create_viewset", params).unwrap().is_noop());
        outcome
    }

    /// What the new viewset's `get_queryset` does.
    fn method(imports: &str, body: &str) -> String {
        let mut project = shop(imports, body);
        let outcome = create(&mut project, json!({}));
        assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
        let views = project.text("shop/views.py").unwrap();
        let (_, class) = views.split_once("class NoteViewSet").unwrap();
        assert!(class.contains("    permission_classes = [IsAuthenticated]\n"), "{class}");
        let (_, method) = class.split_once("    def get_queryset(self):\n").unwrap_or_default();
        method.lines().map(|line| format!("{}\n", line.strip_prefix("        ").unwrap_or(line))).collect()
    }

    #[test]
    fn rows_are_shown_to_those_who_see_what_they_belong_to() {
        for (body, expected) in [
            (
                "return Order.objects.filter(\n    customer=self.request.user,\n).select_related('customer')",
                "return super().get_queryset().filter(order__customer=self.request.user)\n",
            ),
            (
                "user = self.request.user\nreturn super().get_queryset().filter(customer=user).exclude(is_public=True)",
                "return (\n    super()\n    .get_queryset()\n    .filter(order__customer=self.request.user)\n    .exclude(order__is_public=True)\n)\n",
            ),
            (
                "return self.queryset.filter(Q(is_public=True) | Q(customer=self.request.user))",
                "return (\n    super()\n    .get_queryset()\n    .filter(Q(order__is_public=True) | Q(order__customer=self.request.user))\n)\n",
            ),
            (
                "return self.request.user.orders.all()",
                "return super().get_queryset().filter(order__customer=self.request.user)\n",
            ),
            (
                "return super().get_queryset().for_user(self.request.user)",
                "return (\n    super()\n    .get_queryset()\n    .filter(order__in=Order.objects.for_user(self.request.user))\n)\n",
            ),
            (
                "return Order.objects.filter(helpers=self.request.user)",
                "return (\n    super()\n    .get_queryset()\n    .filter(order__in=Order.objects.filter(helpers=self.request.user))\n)\n",
            ),
            (
                "if self.request.user.is_staff:\n    return Order.objects.all()\nreturn Order.objects.filter(customer=self.request.user)",
                "queryset = super().get_queryset()\nif not self.request.user.is_staff:\n    queryset = queryset.filter(order__customer=self.request.user)\nreturn queryset\n",
            ),
            (
                "rows = super().get_queryset()\nif getattr(self, 'swagger_fake_view', False):\n    return rows.none()\nif not self.request.user.is_staff:\n    rows = rows.filter(customer=self.request.user)\nreturn rows",
                "queryset = super().get_queryset()\nif getattr(self, 'swagger_fake_view', False):\n    queryset = queryset.none()\nelif not self.request.user.is_staff:\n    queryset = queryset.filter(order__customer=self.request.user)\nreturn queryset\n",
            ),
        ] {
            assert_eq!(method("from django.db.models import Q\n", body), expected, "{body}");
        }
    }

    #[test]
    fn values_that_go_by_the_row_are_compared_in_its_own_rows() {
        let imports = "from django.db.models import F\nfrom django.db.models.functions import Lower\n";
        for value in ["Lower('is_public')", "F('is_public')", "not self.request.user.is_staff"] {
            let rows = format!("Order.objects.filter(customer=self.request.user, is_public={value})");
            let method = method(imports, &format!("return {rows}"));
            let flat = method.split_whitespace().collect::<String>();
            let expected = rows.split_whitespace().collect::<String>();
            assert!(flat.contains(&format!(".filter(order__in={expected})")), "{method}");
        }
        for value in ["True", "self.request.user.is_staff", "settings.OPEN"] {
            let rows = format!("Order.objects.filter(is_public={value}, customer=self.request.user)");
            let method = method("from django.conf import settings\n", &format!("return {rows}"));
            assert!(method.contains(&format!("order__is_public={value}")), "{method}");
        }
    }

    #[test]
    fn a_manager_that_was_not_read_may_leave_rows_out() {
        let body = "return Order.objects.filter(customer=self.request.user)";
        for (from, to, joins) in [
            ("OrderQuerySet.as_manager()", "models.Manager()", true),
            ("OrderQuerySet.as_manager()", "models.Manager.from_queryset(OrderQuerySet)()", true),
            ("OrderQuerySet.as_manager()", "LiveManager()", false),
            ("class OrderQuerySet(models.QuerySet)", "class OrderQuerySet(LiveQuerySet)", false),
            ("    objects = OrderQuerySet.as_manager()\n", "", true),
            ("(models.Model):\n    customer", "(LiveModel, models.Model):\n    customer", true),
        ] {
            let models = format!("from live import LiveManager, LiveModel, LiveQuerySet\n{MODELS}")
                .replacen(from, to, 1);
            let mut project = shop("", body).file("shop/models.py", models);
            create(&mut project, json!({}));
            let views = project.text("shop/views.py").unwrap();
            let (_, class) = views.split_once("class NoteViewSet").unwrap();
            assert_eq!(class.contains("filter(order__customer=self.request.user)"), joins, "{to}: {class}");
            assert_eq!(class.contains("order__in=Order.objects.filter("), !joins, "{to}: {class}");
        }
        // A model's base may have managers, too.
        let models = format!("from live import LiveModel\n{MODELS}")
            .replace("class Order(models.Model)", "class Order(LiveModel, models.Model)")
            .replace("    objects = OrderQuerySet.as_manager()\n", "");
        let mut project = shop("", body).file("shop/models.py", models);
        create(&mut project, json!({}));
        assert!(project.text("shop/views.py").unwrap().contains("order__in=Order.objects.filter("));
    }

    #[test]
    fn a_login_is_asked_for_where_the_rows_of_others_go_by_the_user() {
        let is_guarded = |body: &str| {
            let project = shop("", body);
            let views = project.text("shop/views.py").unwrap().replace("[IsAuthenticated]", "[]");
            let mut project = project.file("shop/views.py", views);
            create(&mut project, json!({}));
            let views = project.text("shop/views.py").unwrap();
            views.split_once("class NoteViewSet").unwrap().1.contains("[IsAuthenticated]")
        };
        assert!(is_guarded(
            "user = self.request.user\nif user.is_authenticated and user.is_staff:\n    return Order.objects.all()\nreturn Order.objects.filter(customer=user)"
        ));
        assert!(!is_guarded(
            "user = self.request.user\nif user.is_authenticated:\n    return Order.objects.filter(customer=user)\nreturn Order.objects.none()"
        ));
    }

    #[test]
    fn views_of_the_same_rows_for_everybody_stand_beside_a_rule() {
        let other = |body: &str| {
            let project = shop("", "return Order.objects.filter(customer=self.request.user)");
            let views = project.text("shop/views.py").unwrap();
            let views = format!(
                "{views}\n\nclass PublicViewSet(viewsets.ReadOnlyModelViewSet):\n    queryset = {body}\n    serializer_class = OrderSerializer\n"
            );
            let mut project = project.file("shop/views.py", views);
            let notes = create(&mut project, json!({})).notes;
            (project.text("shop/views.py").unwrap().to_owned(), notes)
        };
        let (views, notes) = other("Order.objects.filter(is_public=True)");
        assert!(views.contains("filter(order__customer=self.request.user)"), "{views}");
        assert!(notes.iter().all(|note| !note.text.contains("DATA LEAK")), "{notes:?}");
        let (_, notes) = other("Order.objects.all()");
        let leak = &notes.iter().find(|note| note.text.starts_with("DATA LEAK")).unwrap().text;
        assert!(
            leak.contains("`PublicViewSet` (shop/views.py:17) shows `Order` rows whoever asks"),
            "{leak}"
        );
        assert!(!leak.contains("not understood"), "{leak}");
    }

    #[test]
    fn a_list_of_the_topmost_rows_is_of_those_that_the_user_sees() {
        let mut project = shop("", "return Order.objects.filter(customer=self.request.user)");
        create(&mut project, json!({"top_of": "above"}));
        let views = project.text("shop/views.py").unwrap();
        assert!(
            views.ends_with(
                "    def get_queryset(self):\n        queryset = super().get_queryset().filter(order__customer=self.request.user)\n        return queryset.filter(above=None) if self.action == \"list\" else queryset\n"
            ),
            "{views}"
        );
    }

    #[test]
    fn what_the_rule_names_is_imported_where_the_views_are() {
        let mut project = shop("from django.db.models import Q\n", "return Order.objects.for_user(self.request.user)")
            .file("shop/serializers.py", SERIALIZERS.replace("Note,", "Note as N,").replace("class NoteSerializer", "class Other"))
            .file("notes/__init__.py", "")
            .file("notes/models.py", "from django.db import models\n\n\nclass Remark(models.Model):\n    order = models.ForeignKey('shop.Order', on_delete=models.CASCADE)\n")
            .file("notes/serializers.py", "from rest_framework import serializers\n\nfrom .models import Remark\n\n\nclass RemarkSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Remark\n        fields = ['id']\n")
            .file("config/settings.py", SETTINGS.replace("'shop'", "'shop', 'notes'"));
        let params = json!({"model": "notes.Remark", "route": "remarks"});
        let outcome = project.apply(&CreateViewset, "create_viewset", params).unwrap();
        assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
        let views = project.text("notes/views.py").unwrap();
        assert!(views.contains("from shop.models import Order\n"), "{views}");
        assert!(views.contains("order__in=Order.objects.for_user(self.request.user)"), "{views}");
        assert!(!views.contains(" Q\n"), "{views}");
        assert!(views.contains("permission_classes = [IsAuthenticated]"), "{views}");
    }

    /// A shop whose orders are shown by this `queryset`, without a `get_queryset`.
    fn shop_of(queryset: &str) -> TestProject<'static> {
        let views = format!(
            "from rest_framework import viewsets\n\nfrom .models import Order\nfrom .serializers import OrderSerializer\n\n\nclass OrderViewSet(viewsets.ModelViewSet):\n    queryset = {queryset}\n    serializer_class = OrderSerializer\n"
        );
        shop("", "return []").file("shop/views.py", views)
    }

    #[test]
    fn rows_that_a_view_leaves_out_for_all_leave_out_what_belongs_to_them() {
        for (queryset, expected) in [
            ("Order.objects.filter(is_public=True).order_by('id')", ".filter(order__is_public=True)"),
            (
                "Order.objects.select_related('customer').public()",
                ".filter(order__in=Order.objects.public())",
            ),
        ] {
            let mut project = shop_of(queryset);
            let outcome = create(&mut project, json!({}));
            assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
            let views = project.text("shop/views.py").unwrap();
            let (_, class) = views.split_once("class NoteViewSet").unwrap();
            let code: String = class.split_whitespace().collect();
            assert!(code.contains(&format!("super().get_queryset(){expected}").replace(' ', "")), "{class}");
            // No user is asked for.
            assert!(!class.contains("IsAuthenticated]"), "{class}");
        }
        let mut project = shop_of("Order.objects.select_related('customer').order_by('id')");
        let _ = create(&mut project, json!({}));
        assert!(!project.text("shop/views.py").unwrap().contains("def get_queryset"));
        let mut project = shop_of("Order.objects.filter(is_public=True)[:9]");
        let params = json!({"model": "shop.Note", "route": "notes"});
        let refused = project.apply(&CreateViewset, "create_viewset", params).unwrap_err().message;
        assert!(
            refused.contains("shows only some `Order` rows, by a rule that is not understood"),
            "{refused}"
        );
        let note = create(&mut project, json!({"show_to_all": true})).notes[0].text.clone();
        assert!(note.starts_with("DATA LEAK: `NoteViewSet` shows the rows of every `Order`"), "{note}");
    }

    #[test]
    fn rows_below_those_of_a_rule_that_is_not_understood_are_refused() {
        for body in [
            "if self.action == 'list':\n    return Order.objects.filter(customer=self.request.user)\nreturn Order.objects.all()",
            "rows = Order.objects.all()\nfor group in self.request.user.groups.all():\n    rows = rows.exclude(helpers__groups=group)\nreturn rows",
            "return Order.objects.filter(customer=self.request.user, pk=self.kwargs['pk'])",
            "return Order.objects.filter(customer=self.request.user)[:9]",
            "rows = super().get_queryset()\nif self.action == 'list':\n    rows = rows.filter(customer=self.request.user)\nreturn rows",
            "return Order.objects.filter(customer=self.request.user) | unknown(self)",
        ] {
            let mut project = shop("", body);
            let params = json!({"model": "shop.Note", "route": "notes"});
            let refused = project.apply(&CreateViewset, "create_viewset", params).unwrap_err();
            let text = &refused.message;
            assert!(
                text.starts_with("DATA LEAK: `NoteViewSet` would show the rows of every `Order`"),
                "{text}"
            );
            assert!(text.contains("`OrderViewSet` (shop/views.py:13)"), "{text}");
            assert!(text.contains("lets them be written"), "{text}");
            assert!(refused.help.unwrap().contains("--set show_to_all=true"));
            let text = create(&mut project, json!({"show_to_all": true})).notes[0].text.clone();
            assert!(text.starts_with("DATA LEAK: `NoteViewSet` shows the rows of every `Order`"), "{text}");
        }
        // Staff may see everything.
        let mut project = shop("", "return Order.objects.filter(customer=self.request.user)[:9]");
        assert!(create(&mut project, json!({"permissions": ["IsAdminUser"]})).notes.is_empty());
    }
}
