from django.contrib.auth import get_user_model
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post, Tag

User = get_user_model()


class TaggingAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.a = Tag.objects.create(name="A", slug="a")
        cls.b = Tag.objects.create(name="B", slug="b")

    def post_data(self, **extra):
        return {"title": "T", "slug": "t", "content": "c", "author": self.user.pk, **extra}

    def make_post(self, slug, *tags):
        post = Post.objects.create(title="T", slug=slug, content="c", author=self.user)
        post.tags.set(tags)
        return post

    def test_tag_crud(self):
        response = self.client.post(reverse("tag-list"), {"name": "Rust", "slug": "rust"})
        self.assertEqual(response.status_code, status.HTTP_201_CREATED)
        url = reverse("tag-detail", args=[response.data["id"]])
        self.assertEqual(self.client.patch(url, {"name": "R"}).data["name"], "R")
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        response = self.client.post(reverse("tag-list"), {"name": "A", "slug": "other"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)

    def test_create_post_with_tags(self):
        response = self.client.post(
            reverse("post-list"), self.post_data(tag_ids=[self.a.pk, self.b.pk])
        )
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertEqual([tag["slug"] for tag in response.data["tags"]], ["a", "b"])
        self.assertNotIn("tag_ids", response.data)

    def test_create_post_without_tags(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertEqual(response.data["tags"], [])

    def test_unknown_tag_is_rejected(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(tag_ids=[999]))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(Post.objects.count(), count)

    def test_replace_keep_and_clear_tags(self):
        url = reverse("post-detail", args=[self.make_post("t", self.a).pk])
        response = self.client.patch(url, {"tag_ids": [self.b.pk]})
        self.assertEqual([tag["slug"] for tag in response.data["tags"]], ["b"])
        response = self.client.patch(url, {"title": "Still b"})
        self.assertEqual([tag["slug"] for tag in response.data["tags"]], ["b"])
        response = self.client.patch(url, {"tag_ids": []})
        self.assertEqual(response.data["tags"], [])

    def test_list_without_n_plus_one(self):
        self.make_post("t1", self.a, self.b)
        self.make_post("t2", self.b)
        with self.assertNumQueries(2):  # posts, tags
            response = self.client.get(reverse("post-list"))
        shown = {row["slug"] for row in response.data}
        self.assertLessEqual({"t1", "t2"}, shown)
