from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Status(models.TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"


class Board(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="boards")
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    board = models.ForeignKey(Board, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=100)
    status = models.CharField(max_length=4, choices=Status.choices)
    due = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["due", "title"]

    def __str__(self) -> str:
        return self.title
