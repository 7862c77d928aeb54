from rest_framework.permissions import SAFE_METHODS, IsAuthenticatedOrReadOnly


class IsUserOrReadOnly(IsAuthenticatedOrReadOnly):
    """A row is changed and deleted by its user only."""

    def has_object_permission(self, request, view, obj):
        return request.method in SAFE_METHODS or obj.user_id == request.user.pk
