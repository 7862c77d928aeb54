"""How often somebody may try."""

from collections.abc import Mapping
from hashlib import sha256

from rest_framework.throttling import SimpleRateThrottle


class AccountThrottle(SimpleRateThrottle):
    """Limits how often one account is tried, from however many addresses."""

    scope = "authentication_account"

    def get_cache_key(self, request, view):
        data = request.data if isinstance(request.data, Mapping) else {}
        account = data.get("username") or data.get("email")
        if not account:
            return None
        ident = sha256(str(account).strip().lower().encode()).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}
