from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from .soft_delete import AllManager, LiveManager, hide, show


class Post(models.Model):
    """A blog post."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200)
    content = models.TextField()
    is_published = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts"
    )
    deleted_at = models.DateTimeField(db_index=True, blank=True, null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LiveManager()
    all_objects = AllManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(deleted_at=None), name="blog_post_slug_live"
            ),
        ]

    def __str__(self):
        return self.title

    def delete(self, using=None, keep_parents=False):
        """Hide the post; hard_delete removes it."""
        return hide([self], using)

    def restore(self):
        """Show the post again, and what was deleted with it."""
        return show([self])

    def hard_delete(self, using=None):
        """Remove the post from the database."""
        return super().delete(using=using)

    def validate_constraints(self, exclude=None):
        """Go by deleted_at where a form leaves it out, too."""
        super().validate_constraints(exclude=set(exclude or ()) - {"deleted_at"})


class Photo(Post):
    """A post that shows a photo."""

    camera = models.CharField(max_length=80)
    negative = models.CharField(max_length=20, unique=True)

    def validate_unique(self, exclude=None):
        """Deleted rows hold their values, too."""
        super().validate_unique(exclude)
        deleted = Photo.all_objects.deleted().exclude(pk=self.pk)
        for fields in [["negative"]]:
            if set(fields) & set(exclude or ()):
                continue
            values = {field: getattr(self, field) for field in fields}
            if None not in values.values() and deleted.filter(**values).exists():
                raise ValidationError(self.unique_error_message(Photo, fields))
