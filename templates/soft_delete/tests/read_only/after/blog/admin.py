from django.contrib import admin

from .models import Post


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
        self.message_user(request, f"Restored: {queryset.restore()}")
