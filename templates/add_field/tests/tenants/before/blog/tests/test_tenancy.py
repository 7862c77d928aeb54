import ast
import contextlib
import inspect
import os
import re
from pathlib import Path
from unittest import mock
from uuid import UUID

from asgiref.sync import async_to_sync
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.test import force_authenticate

from blog.middleware import TenantMiddleware
from blog.models import Tenant
from blog.tenancy import (
    CrossTenantError,
    NoTenantError,
    TenantModel,
    current_tenant,
    tenant_context,
)
from blog.tenant_filters import within_tenant

User = get_user_model()

# What reads the rows of all tenants on purpose: views and modules by dotted path, models by label.
FOR_ALL = set()
# The folder that the project's packages are in.
ROOT = Path(inspect.getfile(TenantModel)).resolve().parents[TenantModel.__module__.count(".")]
OTHERS = {"migrations", "node_modules", "site-packages", "tests"}


def fenced_models():
    return [
        model
        for model in apps.get_models()
        if issubclass(model, TenantModel) and model._meta.label not in FOR_ALL
    ]


def project_modules():
    """The project's own modules by dotted path, but for tests and migrations, with their files."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in OTHERS and not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if path.suffix == ".py" and not name.startswith(("test", "conftest")):
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def reads_of_all(source, models):
    """The lines in which the rows of all tenants are asked for."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        # What Python cannot read, it does not run.
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        above = {getattr(part, "id", getattr(part, "attr", None)) for part in ast.walk(node.value)}
        around_managers = node.attr in {"_base_manager", "base_manager", "raw"} and models & above
        if node.attr == "unscoped" or around_managers:
            yield node.lineno


def is_own(view):
    """Whether a view is the project's own."""
    file = getattr(inspect.getmodule(view), "__file__", None)
    path = Path(file or "/").resolve()
    return path.is_relative_to(ROOT) and not OTHERS & set(path.relative_to(ROOT).parts)


def tables_of(sql):
    """The tables that a query and its subqueries begin with."""
    return set(re.findall(r"\bfrom (\w+)", sql))


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
        request = RequestFactory().generic(method, "/", content_type="application/json")
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

    def test_code_does_not_ask_for_the_rows_of_all(self):
        models = {model.__name__ for model in fenced_models()}
        for module, path in project_modules():
            if module != TenantModel.__module__ and module not in FOR_ALL:
                with self.subTest(module):
                    lines = list(reads_of_all(path.read_bytes(), models))
                    self.assertEqual(lines, [], "the rows of all tenants are read in these lines")

    def test_what_views_read_is_of_the_tenant(self):
        """Views are called without any rows: each query that they make must say of which tenant."""
        for callback, names in routed_views():
            view = getattr(
                callback, "cls", getattr(callback, "view_class", inspect.unwrap(callback))
            )
            path = f"{callback.__module__}.{callback.__qualname__}"
            if path in FOR_ALL or not is_own(view):
                continue
            tables = {model._meta.db_table for model in [*fenced_models(), *self.model_of(view)]}
            # What changes something is called where it looks for a row first.
            methods = [
                method
                for method in getattr(callback, "actions", None) or ["get"]
                if names or method == "get"
            ]
            for method in methods:
                # One of them is a key, whichever keys the project has.
                for key in ("0", str(UUID(int=0))):
                    with self.subTest(path, method=method):
                        self.check_queries(
                            callback,
                            self.request(method.upper()),
                            dict.fromkeys(names, key),
                            tables,
                        )

    def model_of(self, view):
        """The model of a view, if its rows cannot be without one of a tenant."""
        model = getattr(getattr(view, "queryset", None), "model", None)
        fields = model._meta.concrete_fields if model else []
        hangs = any(
            issubclass(f.related_model or object, TenantModel) and not f.null for f in fields
        )
        return [model] if hangs else []

    def check_queries(self, callback, request, arguments, tables):
        caches = {
            alias: {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
            for alias in settings.CACHES
        }
        no_network = mock.patch("socket.socket.connect", side_effect=OSError("not in this test"))
        with CaptureQueriesContext(connection) as queries, no_network, override_settings(
            CACHES=caches
        ):
            # What a view needs that it is not given here, is not about tenants.
            with contextlib.suppress(Exception), transaction.atomic(), tenant_context(self.acme):
                response = callback(request, **arguments)
                if inspect.iscoroutine(response):
                    response.close()
                elif hasattr(response, "render"):
                    response.render()
                transaction.set_rollback(True)
        for query in queries:
            sql = re.sub(r"[\"`]", "", query["sql"]).lower()
            if sql.startswith(("insert", "update")):
                # What is made now is read by its key.
                break
            if sql.startswith("select") and tables & tables_of(sql):
                self.assertIn("tenant_id = ", sql, "the rows of all tenants are read")

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
        with self.assertRaises(NoTenantError) as refused:
            self.serve(None)
        response = TenantMiddleware(None).process_exception(
            RequestFactory().get("/"), refused.exception
        )
        self.assertEqual(response.status_code, 400)

    def test_who_would_reach_rows_of_others_is_refused(self):
        error = CrossTenantError("This is of another.")
        response = TenantMiddleware(None).process_exception(RequestFactory().get("/"), error)
        self.assertEqual(response.status_code, 400)

    def test_the_next_request_is_another_matter(self):
        self.serve("acme")
        with override_settings(DEFAULT_TENANT=None), self.assertRaises(NoTenantError):
            current_tenant()

    def test_a_response_that_is_made_bit_by_bit_is_of_its_tenant(self):
        def view(request):
            return StreamingHttpResponse(current_tenant().slug for _ in range(2))

        self.assertEqual(list(self.serve("acme", view)), [b"acme", b"acme"])

    def test_an_asynchronous_response_that_is_made_bit_by_bit_is_of_its_tenant(self):
        async def slugs():
            for _ in range(2):
                yield current_tenant().slug

        async def read(response):
            return [chunk async for chunk in response]

        response = self.serve("acme", lambda request: StreamingHttpResponse(slugs()))
        self.assertEqual(async_to_sync(read)(response), [b"acme", b"acme"])
