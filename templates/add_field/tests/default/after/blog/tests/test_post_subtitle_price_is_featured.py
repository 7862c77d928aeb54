from django.contrib.auth import get_user_model
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post

User = get_user_model()


class PostSubtitlePriceIsFeaturedAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")

    def post_data(self, **changes):
        return {"title": "T", "slug": "new", "content": "c", "author": self.user.pk, **changes}

    def make_post(self, mark="first", **values):
        return Post.objects.create(
            **{"title": "T", "slug": mark, "content": "c", "author": self.user, **values}
        )

    def test_subtitle_is_stored_and_shown(self):
        response = self.client.post(reverse("post-list"), self.post_data(subtitle="one"))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(post.subtitle, "one")
        self.assertEqual(response.data["subtitle"], "one")

    def test_subtitle_may_be_left_out(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(post.subtitle, "")

    def test_wrong_subtitle_is_refused(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(subtitle="x" * 201))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("subtitle", response.data)
        self.assertEqual(Post.objects.count(), count)

    def test_lists_by_subtitle(self):
        self.make_post("first", subtitle="one")
        second = self.make_post("second", subtitle="two")
        response = self.client.get(reverse("post-list"), {"search": "two"})
        self.assertEqual([row["id"] for row in response.data["results"]], [second.pk])

    def test_price_is_stored_and_shown(self):
        response = self.client.post(reverse("post-list"), self.post_data(price=1))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(post.price, 1)
        self.assertIsNotNone(response.data["price"])

    def test_price_may_be_left_out(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertIsNone(post.price)

    def test_wrong_price_is_refused(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(price=-1))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("price", response.data)
        self.assertEqual(Post.objects.count(), count)

    def test_lists_by_price(self):
        first = self.make_post("first", price=1)
        second = self.make_post("second", price=2)
        for params, expected in [
            ({"price": 2}, [second]),
            ({"ordering": "price"}, [first, second]),
            ({"ordering": "-price"}, [second, first]),
        ]:
            with self.subTest(params):
                response = self.client.get(reverse("post-list"), params)
                self.assertEqual(
                    [row["id"] for row in response.data["results"]], [row.pk for row in expected]
                )

    def test_is_featured_is_stored_and_shown(self):
        response = self.client.post(reverse("post-list"), self.post_data(is_featured=True))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(post.is_featured, True)
        self.assertEqual(response.data["is_featured"], True)

    def test_is_featured_may_be_left_out(self):
        response = self.client.post(reverse("post-list"), self.post_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        post = Post.objects.get(pk=response.data["id"])
        self.assertEqual(post.is_featured, False)

    def test_wrong_is_featured_is_refused(self):
        count = Post.objects.count()
        response = self.client.post(reverse("post-list"), self.post_data(is_featured="perhaps"))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertIn("is_featured", response.data)
        self.assertEqual(Post.objects.count(), count)

    def test_lists_by_is_featured(self):
        self.make_post("first", is_featured=True)
        second = self.make_post("second", is_featured=False)
        response = self.client.get(reverse("post-list"), {"is_featured": False})
        self.assertEqual([row["id"] for row in response.data["results"]], [second.pk])
