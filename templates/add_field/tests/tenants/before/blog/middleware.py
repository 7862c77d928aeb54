from django.http import JsonResponse
from django.utils.cache import patch_vary_headers

from .models import Tenant
from .tenancy import CrossTenantError, NoTenantError, tenant_context


class TenantMiddleware:
    """Serves a request as the tenant whose slug is in its X-Tenant header.

    The header says which tenant is meant; it does not prove that the client may act for it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.respond(request, self.slug(request))
        patch_vary_headers(response, ["X-Tenant"])
        return response

    def slug(self, request):
        """What names the tenant; None if nothing does."""
        return request.headers.get("X-Tenant")

    def respond(self, request, slug):
        if slug is None:
            return self.get_response(request)
        tenant = Tenant.objects.filter(slug=slug, is_active=True).first()
        if tenant is None:
            return JsonResponse({"detail": "Unknown tenant."}, status=404)
        with tenant_context(tenant):
            response = self.get_response(request)
        if response.streaming:
            stream = self.stream_async if response.is_async else self.stream
            response.streaming_content = stream(response.streaming_content, tenant)
        return response

    def stream(self, chunks, tenant):
        """The chunks of a response, each made as the tenant."""
        chunks = iter(chunks)
        while True:
            with tenant_context(tenant):
                try:
                    chunk = next(chunks)
                except StopIteration:
                    return
            yield chunk

    async def stream_async(self, chunks, tenant):
        """The chunks of an asynchronous response, each made as the tenant."""
        chunks = chunks.__aiter__()
        while True:
            with tenant_context(tenant):
                try:
                    chunk = await chunks.__anext__()
                except StopAsyncIteration:
                    return
            yield chunk

    def process_exception(self, request, exception):
        if isinstance(exception, NoTenantError):
            return JsonResponse({"detail": "The X-Tenant header is required."}, status=400)
        if isinstance(exception, CrossTenantError):
            return JsonResponse({"detail": str(exception)}, status=400)
        return None
