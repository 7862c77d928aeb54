from django.conf import settings
from django.db import models

from .tenancy import TenantModel, tenant_only


class Tenant(models.Model):
    """A customer whose rows nobody else sees."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=63, unique=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name


class Post(TenantModel):
    """A blog post."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200)
    content = models.TextField()
    is_published = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="blog_post_tenant_slug_unique"),
        ]

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
    objects = tenant_only(NightManager)()

    class Meta:
        proxy = True


class Frame(models.Model):
    """A frame on a wall, with a photo in it or none."""

    place = models.CharField(max_length=80)
    photo = models.ForeignKey(Photo, on_delete=models.SET_NULL, blank=True, null=True)

    def __str__(self):
        return self.place


class Print(TenantModel):
    """A print of a photo."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE)
    paper = models.CharField(max_length=80)
    number = models.PositiveIntegerField()

    class Meta:
        unique_together = [("photo", "number")]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "paper", "number"], name="blog_print_tenant_paper_number_unique"
            ),
        ]

    def __str__(self):
        return f"{self.photo} on {self.paper}"
