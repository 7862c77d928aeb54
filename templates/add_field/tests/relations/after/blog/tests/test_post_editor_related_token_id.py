from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post

User = get_user_model()


class PostEditorRelatedTokenIdAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")

    def post_data(self, **changes):
        return {"title": "T", "slug": "new", "content": "c", "author": self.user.pk, **changes}

    def make_post(self, mark="first", **values):
        return Post.objects.create(
            **{"title": "T", "slug": mark, "content": "c", "author": self.user, **values}
        )

    def test_editor_is_stored_and_shown(self):
        editor = self.user
        response = self.client.post(reverse("post-list"), self.post_data(editor=editor.pk))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.latest("pk")
        self.assertEqual(post.editor, editor)
        self.assertEqual(response.data["editor"], editor.pk)

    def test_editor_may_be_left_out(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertIsNone(post.editor)

    def test_wrong_editor_is_refused(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(editor="nobody"))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("editor", response.data)
        self.assertEqual(Post.objects.count(), count)

    def test_lists_by_editor(self):
        self.make_post("first")
        second = self.make_post("second")
        second.editor = self.user
        second.save()
        response = self.client.get(reverse("post-list"), {"editor": self.user.pk})
        self.assertEqual([row["id"] for row in response.data["results"]], [second.pk])

    def test_related_are_stored_and_shown(self):
        row = self.make_post("other")
        response = self.client.post(reverse("post-list"), self.post_data(related=[row.pk]))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.latest("pk")
        self.assertEqual(list(post.related.all()), [row])
        self.assertEqual(response.data["related"], [row.pk])

    def test_related_may_be_left_out(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertFalse(post.related.exists())

    def test_token_id_is_stored_and_shown(self):
        response = self.client.post(
            reverse("post-list"), self.post_data(token_id="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        )
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(str(post.token_id), "6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        self.assertIsNotNone(response.data["token_id"])

    def test_token_id_may_be_left_out(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertIsNotNone(post.token_id)

    def test_wrong_token_id_is_refused(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(token_id="this one"))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("token_id", response.data)
        self.assertEqual(Post.objects.count(), count)

    def test_token_id_is_unique(self):
        self.make_post(token_id="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        response = self.client.post(
            reverse("post-list"), self.post_data(token_id="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        )
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(
            Post.objects.filter(token_id="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01").count(), 1
        )

    def test_list_without_n_plus_one(self):
        related = self.make_post("other")
        post = self.make_post("first")
        post.related.add(related)
        with CaptureQueriesContext(connection) as queries:
            self.client.get(reverse("post-list"))
        post = self.make_post("second")
        post.related.add(related)
        with self.assertNumQueries(len(queries)):
            self.client.get(reverse("post-list"))
