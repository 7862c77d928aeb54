"""Registration and verification of addresses."""

import logging
import secrets
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from .models import EmailVerification

logger = logging.getLogger(__name__)


def find_user(email):
    """The user with this address, in whatever case it is written."""
    return get_user_model()._default_manager.filter(email__iexact=email).first()


def waiting_users(email):
    """Users with this address who still wait for verification."""
    users = get_user_model()._default_manager
    return users.filter(email__iexact=email, is_active=False, email_verification__isnull=False)


def register(email, password, **fields):
    """Make a user who cannot log in before the address is verified.

    Whose address is known already gets a mail that says so: the caller is not to know.
    """
    user, token = save_user(email, password, fields)
    if token is not None:
        send_verification(user, token)
    else:
        send(
            user.email,
            "You have an account already",
            "Somebody tried to register with this address. If it was you, just log in.",
        )


@transaction.atomic
def save_user(email, password, fields):
    """The user with this address, and a token for who is not verified.

    Who still waits for verification is made anew: whoever was there first must not keep a password
    for an account that the owner of the address activates.
    """
    waiting = waiting_users(email).select_for_update().first()
    user = waiting or get_user_model()(is_active=False)
    for name, value in {**fields, "email": email}.items():
        setattr(user, name, value)
    # For a known address too: the time that it takes would tell.
    user.set_password(password)
    known = None if waiting else find_user(email)
    if known is not None:
        return known, None
    user.save()
    return user, make_token(user)


def make_token(user):
    """A new token for the address of the user; the one before is void."""
    token = secrets.token_urlsafe(32)
    expires_at = timezone.now() + timedelta(hours=settings.EMAIL_VERIFICATION_HOURS)
    values = {"token_hash": hash_token(token), "expires_at": expires_at}
    EmailVerification.objects.update_or_create(user=user, defaults=values)
    return token


def hash_token(token):
    return sha256(token.encode()).hexdigest()


def resend_verification(user):
    """Mail a new token to a user who waits for verification; whether the user does.

    Who was deactivated after the verification does not, and cannot come back this way.
    """
    if not EmailVerification.objects.filter(user=user).exists():
        return False
    send_verification(user, make_token(user))
    return True


def send_verification(user, token):
    link = settings.EMAIL_VERIFICATION_URL.format(token=token)
    send(
        user.email,
        "Verify your e-mail address",
        f"Open this page to verify the address of {user.get_username()}:\n\n"
        f"{link}\n\n"
        "It asks for your password. If it does not take that, register again.\n\n"
        "If you did not register just now, ignore this mail.",
    )


def send(address, subject, text):
    try:
        send_mail(subject, text, None, [address])
    except OSError:
        # The answer must be the same for every address, and the user can ask for another mail.
        logger.exception("A mail could not be sent")


def verify(token, password):
    """Activate the user whom the token was sent to; `None` for a token that is not valid.

    Whoever registered last for the address chose the password: without it the mail would activate
    an account for them.
    """
    with transaction.atomic():
        pending = EmailVerification.objects.filter(expires_at__gt=timezone.now())
        pending = pending.select_for_update().select_related("user")
        verification = pending.filter(token_hash=hash_token(token)).first()
        if verification is None or not verification.user.check_password(password):
            return None
        user = verification.user
        user.is_active = True
        user.save(update_fields=["is_active"])
        verification.delete()
    return user
