from django.conf import settings
from django.db import models


class Queue(models.Model):
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class OpenTickets(models.Manager):
    def get_queryset(self):
        return super().get_queryset().exclude(status=Ticket.CLOSED)


class Ticket(models.Model):
    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"
    STATUS_CHOICES = [(OPEN, "Open"), (PENDING, "Pending"), (CLOSED, "Closed")]

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="tickets")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reported_tickets"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="assigned_tickets",
        null=True,
        blank=True,
    )
    subject = models.CharField(max_length=200)
    body = models.TextField()
    status = models.CharField(max_length=10, choices=STATUS_CHOICES, default=OPEN)
    opened_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager()
    open_tickets = OpenTickets()

    class Meta:
        ordering = ["-opened_at", "-id"]

    def __str__(self):
        return f"#{self.pk} {self.subject}"
