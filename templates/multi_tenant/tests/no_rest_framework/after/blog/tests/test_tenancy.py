from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, TestCase, override_settings

from blog.middleware import TenantMiddleware
from blog.models import Tenant
from blog.tenancy import NoTenant, TenantModel, current_tenant, tenant_context

User = get_user_model()

# What reads the rows of all tenants on purpose: views by dotted path, models by label.
FOR_ALL = set()


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
