from django.conf import settings
from django.db import models


class ProjectQuerySet(models.QuerySet):
    def for_user(self, user):
        return self if user.is_staff else self.filter(owner=user)


class Project(models.Model):
    name = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Milestone(models.Model):
    name = models.CharField(max_length=200)
    due_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Task(models.Model):
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    is_done = models.BooleanField(default=False)
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks"
    )

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title
