from unittest.mock import patch

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post, Rating

User = get_user_model()


class RatingAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")
        cls.post = Post.objects.create(title="T", slug="t", content="c", author=cls.user)

    def setUp(self):
        self.client.force_authenticate(self.user)

    def rate(self, score):
        data = {"post": self.post.pk, "score": score}
        return self.client.post(reverse("rating-list"), data)

    def make_rating(self, score=5, **values):
        return Rating.objects.create(
            **{"post": self.post, "user": self.user, "score": score, **values}
        )

    def test_the_user_is_who_is_logged_in(self):
        response = self.rate(5)
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        rating = self.post.ratings.get()
        self.assertEqual((rating.user, rating.score), (self.user, 5))

    def test_score_is_from_1_to_5(self):
        for score in [0, 6, 1.5, "many", ""]:
            with self.subTest(score):
                self.assertEqual(self.rate(score).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(self.post.ratings.exists())
        self.assertEqual(self.rate(1).status_code, status.HTTP_201_CREATED)

    def test_one_rating_a_user(self):
        self.rate(5)
        self.assertEqual(self.rate(1).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(self.post.ratings.get().score, 5)

    def test_the_slower_of_two_requests_is_refused(self):
        view = resolve(reverse("rating-list")).func.cls
        perform_create = view.perform_create

        def save_later(view, serializer):
            self.make_rating(1)
            perform_create(view, serializer)

        with patch.object(view, "perform_create", save_later):
            response = self.rate(5)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST, response.data)
        self.assertEqual(self.post.ratings.get().score, 1)

    def test_the_user_changes_and_deletes(self):
        url = reverse("rating-detail", args=[self.make_rating().pk])
        response = self.client.patch(url, {"score": 1})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertEqual(self.post.ratings.get().score, 1)
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertFalse(self.post.ratings.exists())

    def test_a_rating_stays_on_its_post(self):
        rating = self.make_rating()
        other = Post.objects.create(title="T", slug="other", content="c", author=self.user)
        url = reverse("rating-detail", args=[rating.pk])
        response = self.client.patch(url, {"post": other.pk})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertEqual(self.post.ratings.get(), rating)

    def test_others_cannot_change_or_delete(self):
        url = reverse("rating-detail", args=[self.make_rating().pk])
        self.client.force_authenticate(self.reader)
        response = self.client.patch(url, {"score": 1})
        self.assertEqual(response.status_code, status.HTTP_403_FORBIDDEN)
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_403_FORBIDDEN)
        self.assertEqual(self.post.ratings.get().score, 5)

    def test_clients_who_are_not_logged_in_cannot_rate(self):
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.assertIn(self.rate(5).status_code, refused)
        self.assertFalse(self.post.ratings.exists())

    def test_filter_by_post(self):
        other = Post.objects.create(title="T", slug="other", content="c", author=self.user)
        self.make_rating()
        self.make_rating(1, post=other)
        response = self.client.get(reverse("rating-list"), {"post": self.post.pk})
        self.assertEqual([row["score"] for row in response.data["results"]], [5])
        response = self.client.get(reverse("rating-list"), {"score": 1})
        self.assertEqual([row["score"] for row in response.data["results"]], [1])

    def test_average_and_count(self):
        url = reverse("post-detail", args=[self.post.pk])
        data = self.client.get(url).data
        self.assertEqual((data["rating_average"], data["rating_count"]), (None, 0))
        self.make_rating(5)
        self.make_rating(5, user=self.reader)
        self.make_rating(
            1, user=User.objects.create_user("outsider", "outsider@example.com", "s3cret-pass")
        )
        expected = (3.67, 3)
        data = self.client.get(url).data
        self.assertEqual((round(data["rating_average"], 2), data["rating_count"]), expected)

    def test_the_list_has_average_and_count(self):
        self.make_rating()
        response = self.client.get(reverse("post-list"))
        shown = [(row["rating_average"], row["rating_count"]) for row in response.data["results"]]
        self.assertIn((5, 1), shown)

    def test_the_list_asks_for_all_ratings_at_once(self):
        def asked():
            with CaptureQueriesContext(connection) as queries:
                self.client.get(reverse("post-list"))
            return sum(Rating._meta.db_table in query["sql"] for query in queries)

        self.make_rating()
        before = asked()
        self.make_rating(
            post=Post.objects.create(title="T", slug="other", content="c", author=self.user)
        )
        self.assertEqual(asked(), before)

    def test_the_database_keeps_one_rating_a_user(self):
        self.make_rating()
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.make_rating()

    def test_the_model_keeps_the_range(self):
        with self.assertRaises(ValidationError):
            Rating(post=self.post, user=self.user, score=6).full_clean()

    def test_the_database_keeps_the_range(self):
        for score in [0, 6]:
            with self.subTest(score), self.assertRaises(IntegrityError), transaction.atomic():
                self.make_rating(score)

    def test_ratings_go_with_the_post(self):
        rating = self.make_rating()
        self.assertEqual(list(self.post.ratings.all()), [rating])
        Post._base_manager.filter(pk=self.post.pk).delete()
        self.assertFalse(Rating.objects.filter(pk=rating.pk).exists())

    def test_ratings_go_with_the_user(self):
        rating = self.make_rating(user=self.reader)
        User._base_manager.filter(pk=self.reader.pk).delete()
        self.assertFalse(Rating.objects.filter(pk=rating.pk).exists())
