from django.conf import settings
from django.db import models


class Post(models.Model):
    """A blog post."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    content = models.TextField()
    is_published = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self):
        return self.title


class Photo(Post):
    """A post that shows a photo."""

    camera = models.CharField(max_length=80)
    negative = models.CharField(max_length=20, unique=True)


class NightManager(models.Manager):
    """The photos that were taken at night."""

    def get_queryset(self):
        return super().get_queryset().filter(camera="night")


class NightPhoto(Photo):
    objects = NightManager()

    class Meta:
        proxy = True


class Frame(models.Model):
    """A frame on a wall, with a photo in it or none."""

    place = models.CharField(max_length=80)
    photo = models.ForeignKey(Photo, on_delete=models.SET_NULL, blank=True, null=True)

    def __str__(self):
        return self.place


class Print(models.Model):
    """A print of a photo."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE)
    paper = models.CharField(max_length=80)
    number = models.PositiveIntegerField()

    class Meta:
        unique_together = [("photo", "number"), ("paper", "number")]

    def __str__(self):
        return f"{self.photo} on {self.paper}"
