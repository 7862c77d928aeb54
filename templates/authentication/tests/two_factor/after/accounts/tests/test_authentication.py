import re
from base64 import b64encode
from datetime import timedelta
from unittest.mock import patch

from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework import status
from rest_framework.authtoken.models import Token
from rest_framework.test import APITestCase
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import EmailVerification
from accounts.services import save_user

User = get_user_model()
EMAIL = "new@example.com"
# Spaces around it are part of it.
PASSWORD = " correct horse battery "
NEW_USER = {"username": "new", "email": EMAIL, "password": PASSWORD}
CREDENTIALS = {"username": NEW_USER["username"], "password": PASSWORD}
REFUSED = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
LOCAL_CACHE = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "authentication",
    }
}
FAST_HASHER = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Whatever the project's own ask for: these show that they are asked.
VALIDATION = "django.contrib.auth.password_validation"
VALIDATORS = [
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
]
SETTINGS = {
    "EMAIL_VERIFICATION_URL": "https://example.com/?token={token}",
    "EMAIL_VERIFICATION_HOURS": 2,
    "CACHES": LOCAL_CACHE,
    "PASSWORD_HASHERS": FAST_HASHER,
    "AUTH_PASSWORD_VALIDATORS": VALIDATORS,
}
RATES = {"authentication": "1000/min", "authentication_account": "1000/min"}


@patch.dict(SimpleRateThrottle.THROTTLE_RATES, RATES)
@override_settings(**SETTINGS)
class AuthenticationAPITests(APITestCase):
    def setUp(self):
        cache.clear()

    def call(self, name, data=None, **extra):
        return self.client.post(reverse(name), data, **extra)

    def register(self, **changes):
        response = self.call("auth-register", {**NEW_USER, **changes})
        self.assertEqual(response.status_code, status.HTTP_202_ACCEPTED, response.data)
        return response

    def mailed_token(self):
        return re.search(r"token=(\S+)", mail.outbox[-1].body)[1]

    def verify(self, token):
        return self.call("auth-verify", {"token": token, "password": PASSWORD})

    def make_user(self):
        self.register()
        self.verify(self.mailed_token())
        return User.objects.get(email=EMAIL)

    def authenticate(self, **more):
        response = self.call("auth-login", {**CREDENTIALS, **more})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {response.data['token']}")
        return response

    def test_register_verify_login_me_logout(self):
        self.register()
        self.assertEqual(mail.outbox[0].to, [EMAIL])
        self.assertIn(NEW_USER["username"], mail.outbox[0].body)
        self.assertEqual(
            self.call("auth-login", CREDENTIALS).status_code, status.HTTP_400_BAD_REQUEST
        )
        response = self.verify(self.mailed_token())
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.authenticate()
        others = Token.objects.create(
            user=User.objects.create_user("reader", "reader@example.com", "s3cret-pass")
        )
        self.assertEqual(self.client.get(reverse("auth-me")).data["email"], EMAIL)
        self.assertEqual(self.call("auth-logout").status_code, status.HTTP_204_NO_CONTENT)
        self.assertIn(self.client.get(reverse("auth-me")).status_code, REFUSED)
        self.assertEqual(Token.objects.get(), others)
        self.client.credentials()
        for name in ["auth-me", "auth-logout"]:
            self.assertIn(self.client.get(reverse(name)).status_code, REFUSED, name)

    def test_logout_ends_the_session(self):
        self.client.force_login(self.make_user())
        self.assertEqual(self.client.get(reverse("auth-me")).status_code, status.HTTP_200_OK)
        self.assertEqual(self.call("auth-logout").status_code, status.HTTP_204_NO_CONTENT)
        self.assertIn(self.client.get(reverse("auth-me")).status_code, REFUSED)

    def test_the_password_is_hashed_and_never_shown(self):
        self.register()
        user = User.objects.get(email=EMAIL)
        self.assertTrue(user.check_password(PASSWORD))
        self.assertNotEqual(user.password, PASSWORD)
        self.verify(self.mailed_token())
        response = self.call("auth-login", CREDENTIALS)
        self.assertNotIn("password", response.data["user"])

    def test_weak_passwords_and_bad_addresses_are_refused(self):
        for changes in [
            {"password": "12345678"},
            {"password": "new@example.com"},
            {"email": "no-at-sign"},
        ]:
            with self.subTest(changes):
                response = self.call("auth-register", {**NEW_USER, **changes})
                self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(User.objects.filter(email__in=[EMAIL, "no-at-sign"]).exists())
        self.assertEqual(mail.outbox, [])

    def test_only_a_valid_address_is_looked_up(self):
        with patch("accounts.serializers.waiting_users") as waiting_users:
            response = self.call("auth-register", {**NEW_USER, "email": "\0"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        waiting_users.assert_not_called()

    def test_clients_cannot_make_themselves_more_than_users(self):
        self.register(is_staff=True, is_superuser=True, is_active=True)
        user = User.objects.get(email=EMAIL)
        self.assertFalse(user.is_active)
        self.assertFalse(getattr(user, "is_staff", False))
        self.assertFalse(getattr(user, "is_superuser", False))

    def test_an_answer_does_not_tell_who_has_an_account(self):
        first = self.register()
        self.verify(self.mailed_token())
        users = User.objects.count()
        for email in [EMAIL, "New@Example.com"]:
            second = self.register(email=email, password="not the user's", username="other")
            self.assertEqual(second.data, first.data)
            self.assertEqual(User.objects.count(), users)
            self.assertNotIn("token=", mail.outbox[-1].body)
            self.assertEqual(mail.outbox[-1].to, [EMAIL])
        self.authenticate()
        self.client.credentials()
        known = self.call("auth-login", {**CREDENTIALS, "password": "wrong"})
        unknown = self.call("auth-login", {"username": "nobody", "password": "wrong"})
        self.assertEqual((known.status_code, known.data), (unknown.status_code, unknown.data))
        known = self.call("auth-resend", {"email": EMAIL})
        unknown = self.call("auth-resend", {"email": "nobody@example.com"})
        self.assertEqual((known.status_code, known.data), (unknown.status_code, unknown.data))

    def test_who_registers_before_the_owner_of_the_address_gets_nothing(self):
        self.register(password="not the owner's", username="other")
        first = self.mailed_token()
        # The second time by the same name.
        for _ in range(2):
            self.register(email=EMAIL.upper())
        self.assertEqual(User.objects.filter(email=EMAIL).count(), 1)
        response = self.verify(first)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        response = self.verify(self.mailed_token())
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.authenticate()
        self.client.credentials()
        response = self.call("auth-login", {**CREDENTIALS, "password": "not the owner's"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(User.objects.filter(username="other").exists())

    def test_who_registers_after_the_owner_of_the_address_gets_nothing(self):
        self.register()
        self.register(password="not the owner's", username="other")
        self.assertEqual(self.verify(self.mailed_token()).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(User.objects.get(email=EMAIL).is_active)
        self.register()
        self.assertEqual(self.verify(self.mailed_token()).status_code, status.HTTP_200_OK)
        self.authenticate()

    def test_who_was_activated_otherwise_is_not_made_anew(self):
        self.register()
        User.objects.filter(email=EMAIL).update(is_active=True)
        self.register(password="not the user's", username="other")
        self.assertNotIn("token=", mail.outbox[-1].body)
        self.assertTrue(User.objects.get(email=EMAIL).check_password(PASSWORD))

    def test_the_slower_of_two_requests_is_told_what_the_faster_took(self):
        def fail(*args):
            slower.side_effect = None
            self.register(email="faster@example.com")
            raise IntegrityError

        with patch("accounts.services.save_user", wraps=save_user, side_effect=fail) as slower:
            response = self.call("auth-register", NEW_USER)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST, response.data)
        self.assertIn("username", response.data)
        self.assertEqual(User.objects.filter(username=NEW_USER["username"]).count(), 1)

    def test_a_token_works_once_and_is_kept_as_a_hash(self):
        self.register()
        token = self.mailed_token()
        self.assertGreaterEqual(len(token), 32)
        self.assertNotEqual(EmailVerification.objects.get().token_hash, token)
        self.assertEqual(self.verify(token).status_code, status.HTTP_200_OK)
        for bad in [token, "wrong", ""]:
            response = self.verify(bad)
            self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)

    def test_a_token_expires(self):
        self.register()
        past = timezone.now() - timedelta(seconds=1)
        soon = EmailVerification.objects.get().expires_at - timezone.now()
        self.assertLessEqual(soon, timedelta(hours=2))
        EmailVerification.objects.update(expires_at=past)
        response = self.verify(self.mailed_token())
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(User.objects.get(email=EMAIL).is_active)

    def test_another_mail_makes_the_first_token_void(self):
        self.register()
        first = self.mailed_token()
        self.call("auth-resend", {"email": EMAIL.upper()})
        self.assertEqual(len(mail.outbox), 2)
        response = self.verify(first)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        response = self.verify(self.mailed_token())
        self.assertEqual(response.status_code, status.HTTP_200_OK)

    def test_deactivated_users_stay_out(self):
        user = self.make_user()
        self.authenticate()
        user.is_active = False
        user.save()
        sent = len(mail.outbox)
        self.assertIn(self.client.get(reverse("auth-me")).status_code, REFUSED)
        self.client.credentials()
        self.call("auth-resend", {"email": EMAIL})
        self.assertEqual(len(mail.outbox), sent)
        self.register(password="not the user's", username="other")
        self.assertNotIn("token=", mail.outbox[-1].body)
        user.refresh_from_db()
        self.assertTrue(user.check_password(PASSWORD))
        self.assertEqual(
            self.call("auth-login", CREDENTIALS).status_code, status.HTTP_400_BAD_REQUEST
        )

    def test_an_old_token_does_not_keep_anybody_from_logging_in(self):
        self.make_user()
        self.client.credentials(HTTP_AUTHORIZATION="Token forged")
        self.assertIn(self.client.get(reverse("auth-me")).status_code, REFUSED)
        self.authenticate()
        self.assertEqual(self.client.get(reverse("auth-me")).status_code, status.HTTP_200_OK)

    def test_a_mail_server_that_is_down_is_no_error(self):
        services = "accounts.services"
        down = patch(f"{services}.send_mail", side_effect=ConnectionRefusedError)
        with down, self.assertLogs(services):
            self.register()
        self.call("auth-resend", {"email": EMAIL})
        self.assertEqual(len(mail.outbox), 1)

    @patch.dict(SimpleRateThrottle.THROTTLE_RATES, authentication="2/min")
    def test_one_client_can_try_so_often(self):
        for number, code in enumerate([400, 400, 429]):
            data = {"username": f"{number}@example.com", "password": "x"}
            self.assertEqual(self.call("auth-login", data).status_code, code)

    @patch.dict(SimpleRateThrottle.THROTTLE_RATES, authentication_account="2/hour")
    def test_one_account_can_be_tried_so_often_from_anywhere(self):
        account = CREDENTIALS["username"]
        for number, name in enumerate([account, account.upper(), f" {account} "]):
            data = {**CREDENTIALS, "username": name}
            response = self.call("auth-login", data, REMOTE_ADDR=f"10.0.0.{number}")
            self.assertEqual(response.status_code, [400, 400, 429][number])

    @patch.dict(SimpleRateThrottle.THROTTLE_RATES, authentication_account="2/hour")
    def test_one_address_is_mailed_so_often_from_anywhere(self):
        for name in ["auth-register", "auth-resend"]:
            cache.clear()
            for number, code in enumerate([202, 202, 429]):
                data = {**NEW_USER, "username": f"name{number}"}
                response = self.call(name, data, REMOTE_ADDR=f"10.0.0.{number}")
                self.assertEqual(response.status_code, code, name)

    def test_bodies_that_are_no_objects_are_refused(self):
        for name in ["auth-register", "auth-login", "auth-verify", "auth-resend"]:
            response = self.client.post(reverse(name), ["no object"], format="json")
            self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST, name)

    def code(self):
        device = TOTPDevice.objects.get(user__email=EMAIL)
        # A code works once: as if the last one were long ago.
        TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)
        return f"{TOTP(device.bin_key, device.step, device.t0, device.digits).token():06d}"

    def set_up_second_factor(self):
        # Somebody else's, which the user has no business with.
        TOTPDevice.objects.create(
            user=User.objects.create_user("reader", "reader@example.com", "s3cret-pass"),
            name="other",
            confirmed=False,
        )
        self.make_user()
        self.authenticate()
        response = self.call("auth-2fa", {"password": PASSWORD})
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertTrue(response.data["url"].startswith("otpauth://totp/"))
        response = self.call("auth-2fa-confirm", {"code": self.code()})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.client.credentials()
        return response.data["recovery_codes"]

    def test_the_second_factor_is_asked_for_at_login(self):
        self.set_up_second_factor()
        for wrong in [{}, {"code": "000000x"}]:
            response = self.call("auth-login", {**CREDENTIALS, **wrong})
            self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
            self.assertIn("code", response.data)
        data = {**CREDENTIALS, "code": self.code()}
        self.assertEqual(self.call("auth-login", data).status_code, status.HTTP_200_OK)
        self.assertEqual(self.call("auth-login", data).status_code, status.HTTP_400_BAD_REQUEST)

    def test_a_recovery_code_works_once(self):
        data = {**CREDENTIALS, "code": self.set_up_second_factor()[0]}
        self.assertEqual(self.call("auth-login", data).status_code, status.HTTP_200_OK)
        TOTPDevice.objects.update(throttling_failure_count=0)
        self.assertEqual(self.call("auth-login", data).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(StaticToken.objects.count(), 9)

    def test_recovery_codes_take_the_place_of_those_before(self):
        user = self.make_user()
        self.authenticate()
        self.call("auth-2fa", {"password": PASSWORD})
        StaticDevice.objects.create(user=user, name="before").token_set.create(token="before")
        response = self.call("auth-2fa-confirm", {"code": self.code()})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertFalse(StaticToken.objects.filter(token="before").exists())

    def test_a_second_factor_that_is_not_confirmed_is_not_asked_for(self):
        self.make_user()
        self.authenticate()
        response = self.call("auth-2fa", {"password": "wrong"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.call("auth-2fa", {"password": PASSWORD})
        response = self.call("auth-2fa-confirm", {"code": "000000x"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.authenticate()

    def test_the_second_factor_is_removed_by_password_and_code(self):
        self.set_up_second_factor()
        self.authenticate(code=self.code())
        response = self.call("auth-2fa-remove", {"password": PASSWORD, "code": "000000x"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        response = self.call("auth-2fa-remove", {"password": PASSWORD, "code": self.code()})
        self.assertEqual(response.status_code, status.HTTP_204_NO_CONTENT)
        self.assertEqual(TOTPDevice.objects.get().name, "other")
        self.authenticate()

    def test_a_second_factor_is_not_replaced_by_another(self):
        self.set_up_second_factor()
        self.authenticate(code=self.code())
        response = self.call("auth-2fa", {"password": PASSWORD})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(TOTPDevice.objects.filter(user__email=EMAIL).count(), 1)

    def test_a_password_alone_is_no_way_round_the_second_factor(self):
        self.set_up_second_factor()
        pair = b64encode(f"{CREDENTIALS['username']}:{PASSWORD}".encode()).decode()
        self.client.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
        self.assertIn(self.client.get(reverse("auth-me")).status_code, REFUSED)

    def test_codes_can_be_tried_so_often(self):
        self.make_user()
        self.authenticate()
        with patch.dict(SimpleRateThrottle.THROTTLE_RATES, authentication="2/min"):
            codes = [
                self.call("auth-2fa-confirm", {"code": "000000x"}).status_code for _ in range(3)
            ]
        self.assertEqual(codes, [400, 400, 429])
