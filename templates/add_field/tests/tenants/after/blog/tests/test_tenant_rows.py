from uuid import uuid4

from django.contrib.auth import get_user_model
from django.test import override_settings
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post, Tenant
from blog.tenancy import tenant_context

User = get_user_model()


class PostRowsTests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.acme = Tenant.objects.create(name="Acme", slug="acme")
        cls.other = Tenant.objects.create(name="Other", slug="other")
        with tenant_context(cls.acme):
            cls.own = Post.objects.create(
                title="T", slug="t", content="c", author=cls.user, isbn="T"
            )

    def act_as(self, tenant):
        self.client.credentials(HTTP_X_TENANT=tenant.slug)

    def test_each_tenant_has_rows_of_its_own(self):
        with tenant_context(self.acme):
            self.assertEqual(Post.objects.get(), self.own)
        with tenant_context(self.other):
            self.assertFalse(Post.objects.exists())
        self.assertEqual(Post.unscoped.get(pk=self.own.pk).tenant, self.acme)

    def test_rows_that_are_made_at_once_are_of_the_tenant(self):
        Post.unscoped.all().delete()
        with tenant_context(self.acme):
            Post.objects.bulk_create(
                [Post(title="T", slug="t", content="c", author=self.user, isbn="T")]
            )
        self.assertEqual(Post.unscoped.get().tenant, self.acme)

    def test_what_is_unique_is_so_within_the_tenant(self):
        with tenant_context(self.other):
            theirs = Post.objects.create(
                title="T", slug="t", content="c", author=self.user, isbn="T"
            )
        self.assertEqual(theirs.slug, self.own.slug)

    def test_others_do_not_reach_it(self):
        url = reverse("post-detail", args=[self.own.pk])
        self.act_as(self.other)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)
        self.assertEqual(self.client.patch(url, {}).status_code, status.HTTP_404_NOT_FOUND)
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_404_NOT_FOUND)
        self.act_as(self.acme)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_200_OK)

    def test_lists_have_own_rows_only(self):
        for tenant, count in [(self.acme, 1), (self.other, 0)]:
            with self.subTest(tenant.slug):
                self.act_as(tenant)
                response = self.client.get(reverse("post-list"))
                self.assertEqual(len(response.data["results"]), count)

    @override_settings(DEFAULT_TENANT=None)
    def test_without_a_default_a_tenant_must_be_named(self):
        response = self.client.get(reverse("post-list"))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)

    def test_a_new_one_is_of_the_tenant_of_the_request(self):
        Post.unscoped.all().delete()
        self.act_as(self.acme)
        data = {
            "title": "T",
            "slug": "t",
            "content": "c",
            "author": self.user.pk,
            "tenant": self.other.pk,
            "isbn": uuid4().hex,
        }
        response = self.client.post(reverse("post-list"), data)
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertEqual(Post.unscoped.get().tenant, self.acme)

    def test_a_slug_is_taken_in_its_tenant_only(self):
        self.act_as(self.acme)
        response = self.client.post(
            reverse("post-list"),
            {
                "title": "T",
                "slug": "t",
                "content": "c",
                "author": self.user.pk,
                "isbn": uuid4().hex,
            },
        )
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("unique", str(response.data))
        self.act_as(self.other)
        response = self.client.post(
            reverse("post-list"),
            {
                "title": "T",
                "slug": "t",
                "content": "c",
                "author": self.user.pk,
                "isbn": uuid4().hex,
            },
        )
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
