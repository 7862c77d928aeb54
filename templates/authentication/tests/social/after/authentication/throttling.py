"""How often somebody may try."""

from collections.abc import Mapping
from hashlib import sha256

from rest_framework.throttling import SimpleRateThrottle


class AccountThrottle(SimpleRateThrottle):
    """Limits how often one account is tried or mailed, from however many addresses.

    What it goes by is the field that the view names: another field of the request must not make
    another account.
    """

    scope = "authentication_account"

    def get_cache_key(self, request, view):
        data = request.data if isinstance(request.data, Mapping) else {}
        account = data.get(view.account_field)
        if not account:
            return None
        ident = sha256(str(account).strip().lower().encode()).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}
