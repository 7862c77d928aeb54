from rest_framework import serializers

from .models import AuditEntry


class AuditEntrySerializer(serializers.ModelSerializer):
    model = serializers.CharField(source="content_type.model", read_only=True)

    class Meta:
        model = AuditEntry
        fields = [
            "id",
            "content_type",
            "model",
            "object_id",
            "object_name",
            "action",
            "changes",
            "actor",
            "actor_name",
            "created_at",
        ]
        read_only_fields = ["created_at"]
