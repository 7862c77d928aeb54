from django.contrib import admin

from . import models


@admin.register(models.Queue)
class QueueAdmin(admin.ModelAdmin):
    list_display = ["name"]


@admin.register(models.Ticket)
class TicketAdmin(admin.ModelAdmin):
    list_display = ["subject", "queue", "status", "assignee"]
    list_filter = ["queue", "status"]
    raw_id_fields = ["reporter", "assignee"]
