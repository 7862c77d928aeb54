import inspect

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, TestCase, override_settings
from django.urls import URLPattern, get_resolver
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.test import force_authenticate

from blog.middleware import TenantMiddleware
from blog.models import Tenant
from blog.tenancy import NoTenant, TenantModel, current_tenant, tenant_context
from blog.tenant_filters import within_tenant

User = get_user_model()

# What reads the rows of all tenants on purpose: views by dotted path, models by label.
FOR_ALL = set()


def routed_views(patterns=None, names=()):
    """All views that have a URL, with the names of what the URL gives them."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        given = (*names, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            yield pattern.callback, given
        else:
            yield from routed_views(pattern.url_patterns, given)


def lookups(serializer):
    """Where a serializer, and those in it, look rows up: names, and what gives the rows."""
    serializer = getattr(serializer, "child", serializer)
    for field in [serializer, *serializer.fields.values()]:
        for validator in field.validators:
            if hasattr(validator, "queryset"):
                yield field.field_name, validator.queryset.all
    for field in serializer.fields.values():
        field = getattr(field, "child_relation", field)
        if isinstance(field, serializers.RelatedField) and not field.read_only:
            yield field.source, field.get_queryset
        elif hasattr(getattr(field, "child", field), "fields"):
            yield from lookups(field)


class TenantFenceTests(TestCase):
    """Nothing reads rows of other tenants, now or later."""

    @classmethod
    def setUpTestData(cls):
        cls.acme = Tenant.objects.create(name="Acme", slug="acme")
        cls.other = Tenant.objects.create(name="Other", slug="other")
        cls.staff = User.objects.create_superuser("author", "author@example.com", "s3cret-pass")

    def assert_scoped(self, make_queryset, what):
        """What is read depends on which tenant is at work."""
        asked = []
        for tenant in (self.acme, self.other):
            with tenant_context(tenant):
                asked.append(make_queryset().query.sql_with_params())
        self.assertNotEqual(asked[0], asked[1], f"{what} reads the rows of all tenants")

    def request(self, method="GET"):
        request = RequestFactory().generic(method, "/")
        request.user = self.staff
        force_authenticate(request, self.staff)
        return request

    def test_models_are_fenced(self):
        for model in apps.get_models():
            points_to_one = any(f.related_model is Tenant for f in model._meta.concrete_fields)
            if not points_to_one or model._meta.label in FOR_ALL:
                continue
            with self.subTest(model._meta.label):
                self.assertTrue(issubclass(model, TenantModel), "it does not extend TenantModel")
                self.assertNotEqual(model._default_manager.name, "unscoped")
                for manager in model._meta.managers:
                    if manager.name != "unscoped":
                        self.assert_scoped(manager.all, f"{model.__name__}.{manager.name}")

    def test_views_are_fenced(self):
        for callback, names in routed_views():
            view_class = getattr(callback, "cls", getattr(callback, "view_class", None))
            path = f"{callback.__module__}.{callback.__qualname__}"
            if path in FOR_ALL or not issubclass(view_class or object, GenericAPIView):
                continue
            for method in getattr(callback, "actions", None) or ["get"]:
                with self.subTest(path, method=method):
                    view = view_class(**callback.initkwargs)
                    view.action_map = getattr(callback, "actions", None) or {}
                    view.kwargs, view.args, view.format_kwarg = dict.fromkeys(names, "0"), (), None
                    view.request = view.initialize_request(self.request(method.upper()))
                    self.check_rows(view, path)
                    self.check_lookups(view, path)

    def asked(self, view, question):
        """What a view answers, if it does: what other views raise is not about tenants."""
        try:
            return question()
        except (Http404, NotImplementedError):
            # It looks for a row above, which nobody has, or says that it has nothing to give.
            return None
        except Exception:
            known = vars(inspect.getmodule(type(view))).values()
            if any(inspect.isclass(value) and issubclass(value, TenantModel) for value in known):
                raise
            return None

    def check_rows(self, view, path):
        own = type(view).get_queryset is not GenericAPIView.get_queryset
        if view.queryset is None and not own:
            return
        model = self.asked(view, lambda: view.get_queryset().model)
        if model is None:
            return
        if issubclass(model, TenantModel):
            self.assert_scoped(view.get_queryset, path)
        elif within_tenant(model):
            self.assert_scoped(lambda: view.filter_queryset(view.get_queryset()), path)

    def check_lookups(self, view, path):
        own = type(view).get_serializer_class is not GenericAPIView.get_serializer_class
        if view.serializer_class is None and not own:
            return
        for name, rows in self.asked(view, lambda: list(lookups(view.get_serializer()))) or []:
            model = self.asked(view, lambda rows=rows: rows().model)
            if model is not None and issubclass(model, TenantModel):
                self.assert_scoped(rows, f"{path}: {name}")

    def test_views_do_not_ask_for_the_rows_of_all(self):
        for callback, _ in routed_views():
            view = getattr(callback, "cls", getattr(callback, "view_class", None))
            module = inspect.getmodule(view or inspect.unwrap(callback))
            path = f"{callback.__module__}.{callback.__qualname__}"
            if path not in FOR_ALL and module is not None:
                with self.subTest(path):
                    source = inspect.getsource(module)
                    self.assertNotIn(".unscoped", source)
                    self.assertNotIn("._base_manager", source)

    def test_admin_pages_are_fenced(self):
        for model, page in admin.site._registry.items():
            if issubclass(model, TenantModel) and model._meta.label not in FOR_ALL:
                with self.subTest(model._meta.label):
                    self.assert_scoped(
                        lambda page=page: page.get_queryset(self.request()), type(page).__name__
                    )


class TenantMiddlewareTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = Tenant.objects.create(name="Acme", slug="acme")

    def serve(self, slug, view=None):
        view = view or (lambda request: HttpResponse(current_tenant().slug))
        headers = {} if slug is None else {"headers": {"X-Tenant": slug}}
        return TenantMiddleware(view)(RequestFactory().get("/", **headers))

    def test_a_request_is_served_as_its_tenant(self):
        self.assertEqual(self.serve("acme").content, b"acme")

    def test_caches_tell_tenants_apart(self):
        self.assertIn("X-Tenant", self.serve("acme")["Vary"])
        self.assertIn("X-Tenant", self.serve(None)["Vary"])

    def test_unknown_and_inactive_ones_are_not_served(self):
        self.assertEqual(self.serve("nobody").status_code, 404)
        Tenant.objects.update(is_active=False)
        self.assertEqual(self.serve("acme").status_code, 404)

    @override_settings(DEFAULT_TENANT="usual")
    def test_who_names_none_is_served_as_the_default(self):
        self.assertEqual(self.serve(None).content, b"usual")

    @override_settings(DEFAULT_TENANT=None)
    def test_without_a_default_who_names_none_is_refused(self):
        with self.assertRaises(NoTenant) as refused:
            self.serve(None)
        response = TenantMiddleware(None).process_exception(
            RequestFactory().get("/"), refused.exception
        )
        self.assertEqual(response.status_code, 400)

    def test_the_next_request_is_another_matter(self):
        self.serve("acme")
        with override_settings(DEFAULT_TENANT=None), self.assertRaises(NoTenant):
            current_tenant()

    def test_a_response_that_is_made_bit_by_bit_is_of_its_tenant(self):
        def view(request):
            return StreamingHttpResponse(current_tenant().slug for _ in range(2))

        self.assertEqual(list(self.serve("acme", view)), [b"acme", b"acme"])
