from django.contrib import admin

from .models import Post, Tenant


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "isbn", "created_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "content", "isbn"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Tenant)
class TenantAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
