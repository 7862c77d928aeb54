from unittest.mock import patch

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post, Score

User = get_user_model()


class ScoreAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")
        cls.post = Post.objects.create(title="T", slug="t", content="c", author=cls.user)

    def setUp(self):
        self.client.force_authenticate(self.user)

    def rate(self, score):
        data = {"post": self.post.pk, "score": score}
        return self.client.post(reverse("score-list"), data)

    def make_score(self, score=10, **values):
        return Score.objects.create(
            **{"post": self.post, "user": self.user, "score": score, **values}
        )

    def test_the_user_is_who_is_logged_in(self):
        response = self.rate(10)
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        score = self.post.marks.get()
        self.assertEqual((score.user, score.score), (self.user, 10))

    def test_score_is_from_1_to_10(self):
        for score in [0, 11, 1.5, "many", ""]:
            with self.subTest(score):
                self.assertEqual(self.rate(score).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(self.post.marks.exists())
        self.assertEqual(self.rate(1).status_code, status.HTTP_201_CREATED)

    def test_one_score_a_user(self):
        self.rate(10)
        self.assertEqual(self.rate(1).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(self.post.marks.get().score, 10)

    def test_the_slower_of_two_requests_is_refused(self):
        view = resolve(reverse("score-list")).func.cls
        perform_create = view.perform_create

        def save_later(view, serializer):
            self.make_score(1)
            perform_create(view, serializer)

        with patch.object(view, "perform_create", save_later):
            response = self.rate(10)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST, response.data)
        self.assertEqual(self.post.marks.get().score, 1)

    def test_the_user_changes_and_deletes(self):
        url = reverse("score-detail", args=[self.make_score().pk])
        response = self.client.patch(url, {"score": 1})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertEqual(self.post.marks.get().score, 1)
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertFalse(self.post.marks.exists())

    def test_a_score_stays_on_its_post(self):
        score = self.make_score()
        other = Post.objects.create(title="T", slug="other", content="c", author=self.user)
        url = reverse("score-detail", args=[score.pk])
        response = self.client.patch(url, {"post": other.pk})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertEqual(self.post.marks.get(), score)

    def test_others_cannot_change_or_delete(self):
        url = reverse("score-detail", args=[self.make_score().pk])
        self.client.force_authenticate(self.reader)
        response = self.client.patch(url, {"score": 1})
        self.assertEqual(response.status_code, status.HTTP_403_FORBIDDEN)
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_403_FORBIDDEN)
        self.assertEqual(self.post.marks.get().score, 10)

    def test_clients_who_are_not_logged_in_cannot_rate(self):
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.assertIn(self.rate(10).status_code, refused)
        self.assertFalse(self.post.marks.exists())

    def test_filter_by_post(self):
        other = Post.objects.create(title="T", slug="other", content="c", author=self.user)
        self.make_score()
        self.make_score(1, post=other)
        response = self.client.get(reverse("score-list"), {"post": self.post.pk})
        self.assertEqual([row["score"] for row in response.data["results"]], [10])
        response = self.client.get(reverse("score-list"), {"score": 1})
        self.assertEqual([row["score"] for row in response.data["results"]], [1])

    def test_average_and_count(self):
        url = reverse("post-detail", args=[self.post.pk])
        data = self.client.get(url).data
        self.assertEqual((data["mark_average"], data["mark_count"]), (None, 0))
        self.make_score(10)
        self.make_score(10, user=self.reader)
        self.make_score(
            1, user=User.objects.create_user("outsider", "outsider@example.com", "s3cret-pass")
        )
        expected = (7.0, 3)
        data = self.client.get(url).data
        self.assertEqual((round(data["mark_average"], 2), data["mark_count"]), expected)

    def test_the_list_has_average_and_count(self):
        self.make_score()
        response = self.client.get(reverse("post-list"))
        shown = [(row["mark_average"], row["mark_count"]) for row in response.data["results"]]
        self.assertIn((10, 1), shown)

    def test_the_list_asks_for_all_scores_at_once(self):
        def asked():
            with CaptureQueriesContext(connection) as queries:
                self.client.get(reverse("post-list"))
            return sum(Score._meta.db_table in query["sql"] for query in queries)

        self.make_score()
        before = asked()
        self.make_score(
            post=Post.objects.create(title="T", slug="other", content="c", author=self.user)
        )
        self.assertEqual(asked(), before)

    def test_the_database_keeps_one_score_a_user(self):
        self.make_score()
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.make_score()

    def test_the_model_keeps_the_range(self):
        with self.assertRaises(ValidationError):
            Score(post=self.post, user=self.user, score=11).full_clean()

    def test_the_database_keeps_the_range(self):
        for score in [0, 11]:
            with self.subTest(score), self.assertRaises(IntegrityError), transaction.atomic():
                self.make_score(score)

    def test_scores_go_with_the_post(self):
        score = self.make_score()
        self.assertEqual(list(self.post.marks.all()), [score])
        Post._base_manager.filter(pk=self.post.pk).delete()
        self.assertFalse(Score.objects.filter(pk=score.pk).exists())

    def test_scores_go_with_the_user(self):
        score = self.make_score(user=self.reader)
        User._base_manager.filter(pk=self.reader.pk).delete()
        self.assertFalse(Score.objects.filter(pk=score.pk).exists())
