from .actor import acting_in


class AuditMiddleware:
    """Lets the audit log know whose request it is."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with acting_in(request):
            return self.get_response(request)
