from rest_framework import viewsets
from rest_framework.permissions import IsAdminUser

from .models import AuditEntry
from .serializers import AuditEntrySerializer


class AuditEntryViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = AuditEntry.objects.select_related("content_type")
    serializer_class = AuditEntrySerializer
    permission_classes = [IsAdminUser]
    filterset_fields = ["content_type", "object_id", "action", "actor"]
    search_fields = ["object_name", "actor_name"]
    ordering_fields = ["created_at"]
