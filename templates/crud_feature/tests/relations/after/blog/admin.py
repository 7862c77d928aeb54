from django.contrib import admin

from .models import Post, Sponsorship


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "created_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Sponsorship)
class SponsorshipAdmin(admin.ModelAdmin):
    list_display = ["title", "post", "sponsor", "status", "amount", "created_at"]
    list_filter = ["status"]
    search_fields = ["title"]
