from django.contrib import admin

from .models import Store


@admin.register(Store)
class StoreAdmin(admin.ModelAdmin):
    list_display = ["name", "owner", "is_open"]
    list_filter = ["is_open"]
    search_fields = ["name"]
