from uuid import uuid4

from django.contrib.auth import get_user_model
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post

User = get_user_model()


class PostAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")

    def make_post(self, **overrides):
        data = {
            "title": "Hello",
            "slug": "hello",
            "content": "First post",
            "author": self.user,
            "isbn": uuid4().hex,
        }
        data.update(overrides)
        return Post.objects.create(**data)

    def test_create_post(self):
        response = self.client.post(
            reverse("post-list"),
            {
                "title": "Hello",
                "slug": "hello",
                "content": "First post",
                "author": self.user.pk,
                "isbn": uuid4().hex,
            },
        )
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertIs(response.data["is_published"], False)
        self.assertEqual(Post.objects.get().author, self.user)

    def test_create_post_requires_title(self):
        response = self.client.post(reverse("post-list"), {"slug": "x"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("title", response.data)
        self.assertFalse(Post.objects.exists())

    def test_slug_is_unique(self):
        self.make_post()
        response = self.client.post(
            reverse("post-list"),
            {
                "title": "Again",
                "slug": "hello",
                "content": "c",
                "author": self.user.pk,
                "isbn": uuid4().hex,
            },
        )
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("slug", response.data)

    def test_list_and_filter_posts(self):
        self.make_post()
        self.make_post(title="Second", slug="second", is_published=True)
        response = self.client.get(reverse("post-list"))
        self.assertEqual(response.data["count"], 2)
        response = self.client.get(reverse("post-list"), {"is_published": "true"})
        self.assertEqual([row["slug"] for row in response.data["results"]], ["second"])
        response = self.client.get(reverse("post-list"), {"search": "hello"})
        self.assertEqual([row["slug"] for row in response.data["results"]], ["hello"])

    def test_retrieve_update_delete_post(self):
        url = reverse("post-detail", args=[self.make_post().pk])
        self.assertEqual(self.client.get(url).data["slug"], "hello")
        response = self.client.patch(url, {"title": "Changed"})
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        self.assertEqual(response.data["title"], "Changed")
        self.assertEqual(response.data["content"], "First post")
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_publish_action(self):
        post = self.make_post()
        response = self.client.post(reverse("post-publish", args=[post.pk]))
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        post.refresh_from_db()
        self.assertIs(post.is_published, True)
