from django.conf import settings
from django.db import models


class UserProfile(models.Model):
    """What a user tells about oneself."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile"
    )
    bio = models.TextField(blank=True)
    avatar_url = models.URLField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["user"]

    def __str__(self):
        return str(self.user)

    @classmethod
    def for_user(cls, user):
        """The profile of a user, made now if there is none."""
        return cls.objects.get_or_create(user=user)[0]
