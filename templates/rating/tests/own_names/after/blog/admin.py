from django.contrib import admin

from .models import Post, Score


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "created_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Score)
class ScoreAdmin(admin.ModelAdmin):
    list_display = ["post", "user", "score", "created_at"]
    list_filter = ["score"]
