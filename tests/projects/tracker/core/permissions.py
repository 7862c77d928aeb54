"""Permissions that all apps share."""

from rest_framework import permissions


class IsStaffOrReadOnly(permissions.BasePermission):
    """Everybody reads, only staff writes."""

    def has_permission(self, request, view):
        return request.method in permissions.SAFE_METHODS or request.user.is_staff


class IsAuthorOrReadOnly(permissions.BasePermission):
    """Everybody reads, only the author changes."""

    def has_object_permission(self, request, view, obj):
        if request.method in permissions.SAFE_METHODS:
            return True
        return obj.author == request.user
