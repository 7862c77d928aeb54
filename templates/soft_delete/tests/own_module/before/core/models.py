from django.db import models

from core.soft_delete import VisibleManager


class Notice(models.Model):
    text = models.TextField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = VisibleManager()
    all_objects = models.Manager()
