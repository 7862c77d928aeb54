from django.contrib.auth import get_user_model
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post

User = get_user_model()


class PostIsbnTokenAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")

    def post_data(self, **changes):
        return {
            "title": "T",
            "slug": "new",
            "content": "c",
            "author": self.user.pk,
            "isbn": "New",
            **changes,
        }

    def make_post(self, mark="first", **values):
        return Post.objects.create(
            **{
                "title": "T",
                "slug": mark,
                "content": "c",
                "author": self.user,
                "isbn": mark,
                **values,
            }
        )

    def test_isbn_is_stored_and_shown(self):
        response = self.client.post(reverse("post-list"), self.post_data(isbn="one"))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(post.isbn, "one")
        self.assertEqual(response.data["isbn"], "one")

    def test_isbn_is_required(self):
        data = self.post_data()
        del data["isbn"]
        response = self.client.post(reverse("post-list"), data)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("isbn", response.data)

    def test_wrong_isbn_is_refused(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(isbn="x" * 51))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("isbn", response.data)
        self.assertEqual(Post.objects.count(), count)

    def test_isbn_is_unique(self):
        self.make_post(isbn="one")
        response = self.client.post(reverse("post-list"), self.post_data(isbn="one"))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(Post.objects.filter(isbn="one").count(), 1)

    def test_lists_by_isbn(self):
        first = self.make_post("first", isbn="one")
        second = self.make_post("second", isbn="two")
        for params, expected in [
            ({"search": "two"}, [second]),
            ({"ordering": "isbn"}, [first, second]),
            ({"ordering": "-isbn"}, [second, first]),
        ]:
            with self.subTest(params):
                response = self.client.get(reverse("post-list"), params)
                self.assertEqual(
                    [row["id"] for row in response.data["results"]], [row.pk for row in expected]
                )

    def test_token_is_stored_and_shown(self):
        response = self.client.post(
            reverse("post-list"), self.post_data(token="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        )
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(str(post.token), "6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        self.assertIsNotNone(response.data["token"])

    def test_token_may_be_left_out(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertIsNone(post.token)

    def test_wrong_token_is_refused(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(token="this one"))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("token", response.data)
        self.assertEqual(Post.objects.count(), count)

    def test_token_is_unique(self):
        self.make_post(token="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        response = self.client.post(
            reverse("post-list"), self.post_data(token="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01")
        )
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(
            Post.objects.filter(token="6f1e1f4c-4a6b-4c55-9d4b-0d4f1f6d2a01").count(), 1
        )
