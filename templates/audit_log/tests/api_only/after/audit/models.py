from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One change of one row."""

    content_type = models.ForeignKey(
        "contenttypes.ContentType", on_delete=models.CASCADE, related_name="+"
    )
    object_id = models.CharField(max_length=255, db_index=True)
    object_name = models.CharField(max_length=200, blank=True)
    action = models.CharField(
        max_length=10, choices=[("create", "Create"), ("update", "Update"), ("delete", "Delete")]
    )
    changes = models.JSONField(blank=True, default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, blank=True, null=True, related_name="+"
    )
    actor_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(db_index=True, auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self):
        return self.object_name
