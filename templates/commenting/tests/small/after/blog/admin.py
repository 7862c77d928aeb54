from django.contrib import admin

from .models import Comment, Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "created_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["content", "post", "author", "created_at"]
    list_filter = ["created_at"]
    search_fields = ["content"]
