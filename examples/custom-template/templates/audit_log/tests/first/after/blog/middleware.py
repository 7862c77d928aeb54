from blog.models import AuditLog


class AuditLogMiddleware:
    """Notes every request that may have changed something."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS", "TRACE"):
            user = getattr(request, "user", None)
            AuditLog.objects.create(
                user=user if user is not None and user.is_authenticated else None,
                method=request.method,
                path=request.path[:500],
                status=response.status_code,
            )
        return response
