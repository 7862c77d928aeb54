from django.contrib import admin

from .models import Photo, Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "created_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Photo)
class PhotoAdmin(admin.ModelAdmin):
    list_display = ["title", "camera"]
