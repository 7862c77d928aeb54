from django.db import models
from django.urls import reverse


class Venue(models.Model):
    name = models.CharField(max_length=80, unique=True)
    address = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class EventQuerySet(models.QuerySet):
    def upcoming(self, now):
        return self.filter(starts_at__gte=now)


class Event(models.Model):
    title = models.CharField(max_length=120)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="events")
    starts_at = models.DateTimeField()
    flyer = models.FileField(upload_to="flyers/")
    description = models.TextField(blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("event", args=[self.pk])
