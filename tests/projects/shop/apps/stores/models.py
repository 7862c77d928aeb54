from django.conf import settings
from django.db import models

from apps.core.models import TimeStampedModel, UUIDModel


class Store(UUIDModel, TimeStampedModel):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stores"
    )
    name = models.CharField(max_length=120, unique=True)
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name
