from django.conf import settings
from django.db import models

from .tenancy import TenantModel


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
    isbn = models.CharField(max_length=50)
    token = models.UUIDField(unique=True, blank=True, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="blog_post_tenant_slug_unique"),
            models.UniqueConstraint(fields=["tenant", "isbn"], name="blog_post_tenant_isbn_unique"),
        ]

    def __str__(self):
        return self.title
