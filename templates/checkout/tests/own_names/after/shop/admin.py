from django.contrib import admin

from .models import Basket, BasketItem, Purchase, PurchaseItem


class BasketItemInline(admin.TabularInline):
    model = BasketItem
    extra = 0
    raw_id_fields = ["product"]


@admin.register(Basket)
class BasketAdmin(admin.ModelAdmin):
    list_display = ["user", "created_at"]
    raw_id_fields = ["user"]
    inlines = [BasketItemInline]


class ReadOnlyAdmin:
    """Orders are made by checkout; here they are only looked at."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class PurchaseItemInline(ReadOnlyAdmin, admin.TabularInline):
    model = PurchaseItem


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin, admin.ModelAdmin):
    list_display = ["id", "user", "status", "total", "currency", "created_at"]
    list_filter = ["status", "created_at"]
    search_fields = ["payment_reference"]
    inlines = [PurchaseItemInline]
