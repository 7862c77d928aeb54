from django.conf import settings
from django.http import JsonResponse

from .models import Organization
from .tenancy import CrossOrganizationError, NoOrganizationError, organization_context


class OrganizationMiddleware:
    """Serves a request as the organization that its subdomain names."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.respond(request, self.slug(request))

    def slug(self, request):
        """What names the organization; None if nothing does."""
        subdomain, _, domain = request.get_host().partition(":")[0].lower().partition(".")
        return subdomain if domain == settings.ORGANIZATION_DOMAIN else None

    def respond(self, request, slug):
        if slug is None:
            return self.get_response(request)
        organization = Organization.objects.filter(slug=slug, is_active=True).first()
        if organization is None:
            return JsonResponse({"detail": "Unknown organization."}, status=404)
        with organization_context(organization):
            response = self.get_response(request)
        if response.streaming:
            stream = self.stream_async if response.is_async else self.stream
            response.streaming_content = stream(response.streaming_content, organization)
        return response

    def stream(self, chunks, organization):
        """The chunks of a response, each made as the organization."""
        chunks = iter(chunks)
        while True:
            with organization_context(organization):
                try:
                    chunk = next(chunks)
                except StopIteration:
                    return
            yield chunk

    async def stream_async(self, chunks, organization):
        """The chunks of an asynchronous response, each made as the organization."""
        chunks = chunks.__aiter__()
        while True:
            with organization_context(organization):
                try:
                    chunk = await chunks.__anext__()
                except StopAsyncIteration:
                    return
            yield chunk

    def process_exception(self, request, exception):
        if isinstance(exception, NoOrganizationError):
            return JsonResponse({"detail": "This address is of no organization."}, status=400)
        if isinstance(exception, CrossOrganizationError):
            return JsonResponse({"detail": str(exception)}, status=400)
        return None
