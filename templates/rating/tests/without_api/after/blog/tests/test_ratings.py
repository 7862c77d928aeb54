from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import TestCase

from blog.models import Post, Rating

User = get_user_model()


class RatingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")
        cls.post = Post.objects.create(title="T", slug="t", content="c", author=cls.user)

    def make_rating(self, score=10, **values):
        return Rating.objects.create(
            **{"post": self.post, "user": self.user, "score": score, **values}
        )

    def test_the_database_keeps_one_rating_a_user(self):
        self.make_rating()
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.make_rating()

    def test_the_model_keeps_the_range(self):
        with self.assertRaises(ValidationError):
            Rating(post=self.post, user=self.user, score=11).full_clean()

    def test_the_database_keeps_the_range(self):
        for score in [-1, 11]:
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
