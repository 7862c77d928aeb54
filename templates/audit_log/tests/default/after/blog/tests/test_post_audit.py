from unittest import mock

from django.contrib.admin.sites import all_sites
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from audit.actor import acting_as, current_actor
from audit.models import AuditEntry
from audit.signals import snapshot
from blog.models import Post

User = get_user_model()


class PostAuditAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.staff = User.objects.create_user(
            "staff", "staff@example.com", "s3cret-pass", is_staff=True
        )

    def entries(self):
        kind = ContentType.objects.get_for_model(Post)
        return AuditEntry.objects.filter(content_type=kind).order_by("created_at", "pk")

    def post_data(self):
        return {"title": "T", "slug": "t", "content": "a", "author": self.user.pk}

    def make_post(self, **values):
        return Post.objects.create(
            **{"title": "T", "slug": "t", "content": "a", "author": self.user, **values}
        )

    def test_code_is_recorded(self):
        post = self.make_post()
        created = self.entries().get()
        self.assertEqual(
            (created.action, created.object_id, created.actor), ("create", str(post.pk), None)
        )
        self.assertEqual(created.changes["content"], [None, "a"])
        post.content = "b"
        post.save()
        updated = self.entries().last()
        self.assertEqual(updated.action, "update")
        self.assertEqual(updated.changes["content"], ["a", "b"])
        Post._base_manager.filter(pk=post.pk).delete()
        deleted = self.entries().last()
        self.assertEqual((deleted.action, deleted.object_id), ("delete", created.object_id))
        self.assertEqual(deleted.changes["content"], ["b", None])

    def test_who_acts_is_recorded(self):
        with acting_as(self.user):
            self.make_post()
        created = self.entries().get()
        self.assertEqual((created.actor, created.actor_name), (self.user, self.user.get_username()))
        self.assertIsNone(current_actor())

    def test_secrets_are_not_recorded(self):
        self.user.set_password("s3cret-pass")
        self.assertNotIn("password", snapshot(self.user))

    def test_entries_outlive_who_acted(self):
        with acting_as(self.staff):
            self.make_post()
        name = self.staff.get_username()
        self.staff.delete()
        created = self.entries().filter(action="create").last()
        self.assertEqual((created.actor, created.actor_name), (None, name))

    def test_users_who_delete_themselves_are_named(self):
        name = self.staff.get_username()
        with acting_as(self.staff):
            User._base_manager.filter(pk=self.staff.pk).delete()
            self.make_post()
        created = self.entries().get(action="create")
        self.assertEqual((created.actor, created.actor_name), (None, name))

    def test_saving_without_a_change_is_not_recorded(self):
        post = self.make_post()
        post.save()
        self.assertEqual(self.entries().count(), 1)

    def test_only_what_is_saved_is_recorded(self):
        post = self.make_post()
        post.content = "b"
        post.save(update_fields=["author"])
        self.assertEqual(Post._base_manager.get(pk=post.pk).content, "a")
        for updated in self.entries().filter(action="update"):
            self.assertNotIn("content", updated.changes)

    def test_what_is_rolled_back_is_not_recorded(self):
        with transaction.atomic():
            post = self.make_post()
            transaction.set_rollback(True)
        self.assertFalse(Post.objects.filter(pk=post.pk).exists())
        self.assertFalse(self.entries().exists())

    def test_the_api_is_recorded(self):
        self.client.force_authenticate(self.user)
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        created = self.entries().get()
        self.assertEqual(
            (created.action, created.object_id, created.actor), ("create", str(post.pk), self.user)
        )
        self.assertIsNone(current_actor())
        url = reverse("post-detail", args=[post.pk])
        response = self.client.patch(url, {"content": "b"})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        updated = self.entries().last()
        self.assertEqual((updated.action, updated.actor), ("update", self.user))
        self.assertEqual(updated.changes["content"], ["a", "b"])

    def test_a_deletion_by_the_api_is_recorded(self):
        post = self.make_post()
        self.client.force_authenticate(self.user)
        response = self.client.delete(reverse("post-detail", args=[post.pk]))
        self.assertEqual(response.status_code, status.HTTP_204_NO_CONTENT)
        self.assertEqual((self.entries().count(), self.entries().last().actor), (2, self.user))

    def test_staff_reads_the_log_and_nobody_changes_it(self):
        self.make_post()
        url = reverse("auditentry-list")
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.client = self.client_class()
        self.assertIn(self.client.get(url).status_code, refused)
        self.client.force_authenticate(self.user)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_403_FORBIDDEN)
        self.client.force_authenticate(self.staff)
        response = self.client.get(url)
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        self.assertIn("create", [row["action"] for row in response.data["results"]])
        detail = reverse("auditentry-detail", args=[self.entries().get().pk])
        for answer in (
            self.client.post(url, {}),
            self.client.patch(detail, {}),
            self.client.delete(detail),
        ):
            self.assertEqual(answer.status_code, status.HTTP_405_METHOD_NOT_ALLOWED)

    def test_the_log_is_read_with_as_many_queries_however_long_it_is(self):
        post = self.make_post()
        self.client.force_authenticate(self.staff)
        url = reverse("auditentry-list")
        self.client.get(url)
        with CaptureQueriesContext(connection) as queries:
            self.client.get(url)
        post.content = "b"
        post.save()
        self.assertEqual(self.entries().count(), 2)
        with self.assertNumQueries(len(queries)):
            self.client.get(url)
        response = self.client.get(url, {"action": "update"})
        self.assertEqual([row["action"] for row in response.data["results"]], ["update"])

    def test_nobody_changes_the_log_in_the_admin_site(self):
        request = HttpRequest()
        request.user = mock.Mock(**{"has_perm.return_value": True})
        for site in all_sites:
            page = site._registry.get(AuditEntry)
            if page is not None:
                self.assertTrue(page.has_view_permission(request))
                self.assertFalse(page.has_add_permission(request))
                self.assertFalse(page.has_change_permission(request))
                self.assertFalse(page.has_delete_permission(request))
