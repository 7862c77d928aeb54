"""Who changes something now."""

from contextlib import contextmanager
from contextvars import ContextVar

_request = ContextVar("audit_request", default=None)
_user = ContextVar("audit_user", default=None)


@contextmanager
def acting_in(request):
    """What is changed in here was changed by who sent the request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


@contextmanager
def acting_as(user):
    """What is changed in here was changed by `user`: for commands, tasks."""
    token = _user.set(user)
    try:
        yield
    finally:
        _user.reset(token)


def current_actor():
    """Who acts now: `acting_as` first, then the user of the request."""
    # Known late: an API logs in by itself.
    user = _user.get() or getattr(_request.get(), "user", None)
    return user if user is not None and user.is_authenticated else None
