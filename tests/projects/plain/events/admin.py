from django.contrib import admin

from .models import Event, Venue

admin.site.register(Venue)


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    list_display = ["title", "venue", "starts_at"]
    list_filter = ["venue"]
