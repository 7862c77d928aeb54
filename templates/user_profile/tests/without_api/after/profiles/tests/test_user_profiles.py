from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.test import TestCase

from profiles.models import UserProfile

User = get_user_model()


class UserProfileTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")

    def test_every_user_has_one_profile(self):
        for _ in range(2):
            self.assertEqual(UserProfile.for_user(self.user).user, self.user)
        self.assertEqual(UserProfile.objects.get(), self.user.profile)
        self.assertEqual(UserProfile.for_user(self.reader).user, self.reader)

    def test_the_database_keeps_one_profile_a_user(self):
        UserProfile.objects.create(user=self.user)
        with self.assertRaises(IntegrityError), transaction.atomic():
            UserProfile.objects.create(user=self.user)

    def test_profiles_go_with_their_user(self):
        UserProfile.objects.create(user=self.user)
        self.user.delete()
        self.assertFalse(UserProfile.objects.exists())
