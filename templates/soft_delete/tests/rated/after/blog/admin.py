from django.contrib import admin, messages
from django.db import IntegrityError, transaction

from .models import Post, Rating


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "created_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Rating)
class RatingAdmin(admin.ModelAdmin):
    list_display = ["post", "user", "score", "deleted_at", "created_at"]
    list_filter = ["score", "deleted_at"]
    actions = ["restore_selected"]

    def get_queryset(self, request):
        """Deleted ones too: the filter tells them apart."""
        ordering = self.get_ordering(request)
        rows = self.model.all_objects.all()
        return rows.order_by(*ordering) if ordering else rows

    @admin.action(description="Restore selected %(verbose_name_plural)s", permissions=["change"])
    def restore_selected(self, request, queryset):
        try:
            with transaction.atomic(using=queryset.db):
                count = queryset.restore()
        except IntegrityError:
            text = "Nothing is restored: another one has taken the place of one of them."
            self.message_user(request, text, messages.ERROR)
        else:
            self.message_user(request, f"Restored: {count}")
