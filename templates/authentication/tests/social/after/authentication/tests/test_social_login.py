from unittest.mock import patch

from allauth.socialaccount.providers.google.provider import GoogleProvider
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.urls import NoReverseMatch, reverse
from rest_framework import status
from rest_framework.test import APITestCase

User = get_user_model()
APP = {"client_id": "client", "secret": "secret"}


def verify_token(provider, request, token):
    """What the provider does, without the network."""
    if token["id_token"] != "good":
        raise ValidationError("bad token")
    answer = {"sub": "1", "email": "new@example.com", "email_verified": True, "given_name": "New"}
    return provider.sociallogin_from_response(request, answer)


@patch.object(GoogleProvider, "verify_token", verify_token)
@override_settings(SOCIALACCOUNT_PROVIDERS={"google": {"APP": APP}})
class SocialLoginAPITests(APITestCase):
    def login(self, id_token):
        token = {"client_id": "client", "id_token": id_token}
        data = {"provider": "google", "process": "login", "token": token}
        url = reverse("headless:app:socialaccount:provider_token")
        response = self.client.post(url, data, format="json")
        self.client.cookies.clear()
        return response

    def test_login_makes_one_user_who_may_use_the_api(self):
        for _ in range(2):
            response = self.login("good")
            self.assertEqual(response.status_code, status.HTTP_200_OK, response.content)
        user = User.objects.get(email="new@example.com")
        self.assertFalse(user.has_usable_password())
        token = response.json()["meta"]["session_token"]
        response = self.client.get(reverse("auth-me"), HTTP_X_SESSION_TOKEN=token)
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertEqual(response.data["email"], "new@example.com")

    def test_wrong_tokens_are_refused(self):
        self.assertEqual(self.login("bad").status_code, status.HTTP_400_BAD_REQUEST)
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        response = self.client.get(reverse("auth-me"), HTTP_X_SESSION_TOKEN="forged")
        self.assertIn(response.status_code, refused)
        self.assertFalse(User.objects.filter(email="new@example.com").exists())

    def test_passwords_have_no_second_door(self):
        for name in ["signup", "login"]:
            with self.assertRaises(NoReverseMatch):
                reverse(f"headless:app:account:{name}")

    def test_a_known_address_does_not_log_in_as_its_user(self):
        known = User(email="new@example.com")
        known.set_password("correct horse battery")
        known.save()
        self.login("good")
        self.assertNotIn("_auth_user_id", self.client.session)
        self.assertEqual(User.objects.get(pk=known.pk).socialaccount_set.count(), 0)
