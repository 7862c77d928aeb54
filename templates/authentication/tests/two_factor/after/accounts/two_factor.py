"""The second factor: codes of an authenticator app, and recovery codes."""

from django.db import transaction
from django_otp import match_token, user_has_device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10


def has_second_factor(user):
    return user_has_device(user)


def is_valid_code(user, code):
    """Whether the code is one of the app, or a recovery code, that was not used before."""
    return bool(code) and match_token(user, code) is not None


def set_up(user):
    """Make a device that counts once it is confirmed; its address for an authenticator app."""
    TOTPDevice.objects.filter(user=user, confirmed=False).delete()
    return TOTPDevice.objects.create(user=user, name="default", confirmed=False).config_url


@transaction.atomic
def confirm(user, code):
    """Turn the second factor on; recovery codes, or `None` for a wrong code."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(code):
        return None
    device.confirmed = True
    device.save()
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticDevice.objects.filter(user=user).delete()
    recovery = StaticDevice.objects.create(user=user, name="recovery")
    recovery.token_set.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
    return codes


def remove(user):
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
