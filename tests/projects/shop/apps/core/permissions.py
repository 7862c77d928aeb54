from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated


class IsActiveUser(IsAuthenticated):
    """Everything needs a login, and a user who was not suspended."""

    def has_permission(self, request, view):
        return super().has_permission(request, view) and request.user.is_active


class IsStoreOwnerOrReadOnly(BasePermission):
    """Only its owner changes what belongs to a store."""

    def has_object_permission(self, request, view, obj):
        store = getattr(obj, "store", obj)
        return request.method in SAFE_METHODS or store.owner_id == request.user.pk
