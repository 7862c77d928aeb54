from django.contrib import messages
from django.contrib.admin.sites import site
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post

User = get_user_model()


class PostSoftDeleteAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.staff = User.objects.create_user(
            "staff", "staff@example.com", "s3cret-pass", is_staff=True
        )

    def make_post(self, mark="first", **values):
        return Post.objects.create(
            **{"title": "T", "slug": mark, "content": "c", "author": self.user, **values}
        )

    def test_a_deleted_post_is_hidden_and_kept(self):
        post = self.make_post()
        self.assertEqual(post.delete(), (1, {"blog.Post": 1}))
        self.assertFalse(Post.objects.filter(pk=post.pk).exists())
        self.assertNotIn(post, Post._default_manager.all())
        self.assertIsNotNone(Post.all_objects.get(pk=post.pk).deleted_at)
        self.assertEqual(post.delete(), (0, {}))

    def test_a_deleted_post_is_restored(self):
        post = self.make_post()
        post.delete()
        self.assertEqual(post.restore(), 1)
        self.assertIsNone(Post.objects.get(pk=post.pk).deleted_at)
        self.assertEqual(post.restore(), 0)

    def test_querysets_hide_and_restore_as_well(self):
        post = self.make_post()
        rows = Post.objects.filter(pk=post.pk)
        self.assertEqual(rows.delete(), (1, {"blog.Post": 1}))
        self.assertFalse(rows.exists())
        deleted = Post.all_objects.deleted().filter(pk=post.pk)
        self.assertEqual(deleted.count(), 1)
        self.assertEqual(deleted.restore(), 1)
        self.assertTrue(rows.exists())

    def test_hard_delete_removes(self):
        post = self.make_post()
        rows = Post.all_objects.filter(pk=post.pk)
        post.hard_delete()
        self.assertFalse(rows.exists())
        post = self.make_post()
        post.delete()
        rows = Post.all_objects.filter(pk=post.pk)
        rows.deleted().hard_delete()
        self.assertFalse(rows.exists())

    def test_a_deleted_post_does_not_hold_its_slug(self):
        post = self.make_post("first")
        post.delete()
        self.make_post("second", slug=post.slug).full_clean()
        rows = Post.all_objects.filter(slug=post.slug)
        self.assertEqual(rows.count(), 2)

    def test_forms_check_what_is_unique_among_live_ones(self):
        other = Post.objects.get(pk=self.make_post("first").pk)
        other.pk, other._state.adding = None, True
        with self.assertRaises(ValidationError):
            other.validate_constraints(exclude=["deleted_at"])

    def test_the_admin_site_shows_deleted_ones(self):
        post = self.make_post()
        post.delete()
        page = site._registry[Post]
        self.assertIn(post, page.get_queryset(None))
        self.assertIn("restore_selected", page.actions)

    def test_the_admin_site_says_what_has_been_replaced(self):
        post = self.make_post("first")
        post.delete()
        self.make_post("second", slug=post.slug)
        page = type(site._registry[Post])(Post, site)
        said = []
        page.message_user = lambda *args: said.append(args)
        page.restore_selected(None, Post.all_objects.filter(pk=post.pk))
        self.assertEqual([level for _, _, level in said], [messages.ERROR])
        self.assertFalse(Post.objects.filter(pk=post.pk).exists())

    def test_the_api_deletes_softly(self):
        post = self.make_post()
        url = reverse("post-detail", args=[post.pk])
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)
        response = self.client.get(reverse("post-list"))
        self.assertNotIn(post.pk, [row["id"] for row in response.data["results"]])
        self.assertTrue(Post.all_objects.filter(pk=post.pk).exists())

    def test_the_api_checks_what_is_unique_among_live_ones(self):
        url = reverse("post-list")
        data = {"title": "T", "slug": "t", "content": "c", "author": self.user.pk}
        response = self.client.post(url, data)
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        response = self.client.post(url, data)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        Post.objects.all().delete()
        response = self.client.post(url, data)
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)

    def test_staff_restores(self):
        post = self.make_post()
        url = reverse("post-restore", args=[post.pk])
        self.client.force_authenticate(self.staff)
        self.assertEqual(self.client.post(url).status_code, status.HTTP_404_NOT_FOUND)
        post.delete()
        response = self.client.post(url)
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertTrue(Post.objects.filter(pk=post.pk).exists())
        url = url.replace(f"/{post.pk}/", "/no_key/")
        self.assertEqual(self.client.post(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_others_cannot_restore(self):
        post = self.make_post()
        post.delete()
        url = reverse("post-restore", args=[post.pk])
        self.client.force_authenticate(self.user)
        self.assertEqual(self.client.post(url).status_code, status.HTTP_403_FORBIDDEN)
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.assertIn(self.client.post(url).status_code, refused)
        self.assertFalse(Post.objects.filter(pk=post.pk).exists())

    def test_what_has_been_replaced_is_not_restored(self):
        post = self.make_post("first")
        post.delete()
        self.make_post("second", slug=post.slug)
        self.client.force_authenticate(self.staff)
        response = self.client.post(reverse("post-restore", args=[post.pk]))
        self.assertEqual(response.status_code, status.HTTP_409_CONFLICT)
        self.assertFalse(Post.objects.filter(pk=post.pk).exists())
