from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from profiles.models import Profile

User = get_user_model()


class ProfileAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")

    def setUp(self):
        self.client.force_authenticate(self.user)

    def test_clients_who_are_not_logged_in_are_refused(self):
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.assertIn(self.client.get(reverse("my-profile")).status_code, refused)
        self.assertIn(self.client.patch(reverse("my-profile"), {}).status_code, refused)
        self.assertFalse(Profile.objects.exists())

    def test_every_user_has_one_profile(self):
        for _ in range(2):
            response = self.client.get(reverse("my-profile"))
            self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertEqual(Profile.objects.get().user, self.user)
        self.client.force_authenticate(self.reader)
        self.assertEqual(self.client.get(reverse("my-profile")).status_code, status.HTTP_200_OK)
        self.assertEqual(
            Profile.objects.get(user=self.reader), Profile.objects.exclude(user=self.user).get()
        )

    def test_users_change_their_own_profile(self):
        data = {"phone": "a", "birthday": "2026-01-02", "score": 2}
        response = self.client.patch(reverse("my-profile"), data)
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        profile = self.user.profile
        self.assertEqual(profile.phone, data["phone"])
        self.assertEqual(profile.score, data["score"])
        shown = self.client.get(reverse("my-profile")).data
        self.assertEqual(shown["phone"], data["phone"])
        self.assertEqual(shown["score"], data["score"])
        self.assertIsNotNone(shown["birthday"])

    def test_nobody_elses_profile_is_seen_or_changed(self):
        Profile.objects.create(user=self.reader, phone="a")
        self.assertNotEqual(self.client.get(reverse("my-profile")).data["phone"], "a")
        data = {"user": self.reader.pk, "id": self.reader.profile.pk}
        response = self.client.patch(reverse("my-profile"), data)
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.reader.refresh_from_db()
        self.assertEqual(self.reader.profile.phone, "a")
        self.assertEqual(Profile.objects.filter(user=self.user).count(), 1)

    def test_phone_must_be_valid(self):
        response = self.client.patch(reverse("my-profile"), {"phone": "x" * 21})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST, response.data)
        self.assertIn("phone", response.data)

    def test_birthday_must_be_valid(self):
        response = self.client.patch(reverse("my-profile"), {"birthday": "someday"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST, response.data)
        self.assertIn("birthday", response.data)

    def test_score_must_be_valid(self):
        response = self.client.patch(reverse("my-profile"), {"score": "many"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST, response.data)
        self.assertIn("score", response.data)

    def test_what_is_not_a_profiles_own_is_not_changed(self):
        before = self.client.get(reverse("my-profile")).data
        response = self.client.patch(reverse("my-profile"), {"created_at": "2000-01-01T00:00:00Z"})
        self.assertEqual(response.data["created_at"], before["created_at"])

    def test_profiles_are_not_made_or_deleted_by_clients(self):
        for method in [self.client.post, self.client.delete]:
            self.assertEqual(
                method(reverse("my-profile")).status_code, status.HTTP_405_METHOD_NOT_ALLOWED
            )

    def test_the_database_keeps_one_profile_a_user(self):
        Profile.objects.create(user=self.user)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Profile.objects.create(user=self.user)

    def test_profiles_go_with_their_user(self):
        Profile.objects.create(user=self.user)
        self.user.delete()
        self.assertFalse(Profile.objects.exists())
