from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from .soft_delete import AllManager, LiveManager, hide, show


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


class Rating(models.Model):
    """One user's score, 1 to 5, for one post."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="ratings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ratings"
    )
    score = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(5)]
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
                fields=["post", "user"],
                name="blog_rating_post_user_unique",
                condition=models.Q(deleted_at=None),
            ),
            models.CheckConstraint(
                condition=models.Q(score__gte=1, score__lte=5), name="blog_rating_score_range"
            ),
        ]

    def __str__(self):
        return str(self.score)

    def delete(self, using=None, keep_parents=False):
        """Hide the rating; hard_delete removes it."""
        return hide([self], using)

    def restore(self):
        """Show the rating again, and what was deleted with it."""
        return show([self])

    def hard_delete(self, using=None):
        """Remove the rating from the database."""
        return super().delete(using=using)

    def validate_constraints(self, exclude=None):
        """Go by deleted_at where a form leaves it out, too."""
        super().validate_constraints(exclude=set(exclude or ()) - {"deleted_at"})
