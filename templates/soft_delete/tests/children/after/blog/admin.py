from django.contrib import admin, messages
from django.db import IntegrityError, transaction

from .models import Photo, Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "deleted_at", "created_at"]
    list_filter = ["is_published", "deleted_at"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}
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


@admin.register(Photo)
class PhotoAdmin(admin.ModelAdmin):
    list_display = ["title", "camera", "deleted_at"]
    list_filter = ["deleted_at"]
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
