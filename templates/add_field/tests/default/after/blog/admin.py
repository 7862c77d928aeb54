from django.contrib import admin

from .models import Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "is_featured", "price", "created_at"]
    list_filter = ["is_published", "is_featured"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}
