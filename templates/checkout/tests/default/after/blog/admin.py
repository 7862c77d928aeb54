from django.contrib import admin

from .models import Cart, CartItem, Order, OrderItem, Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "is_published", "created_at"]
    list_filter = ["is_published"]
    search_fields = ["title", "content"]
    prepopulated_fields = {"slug": ["title"]}


class CartItemInline(admin.TabularInline):
    model = CartItem
    extra = 0
    raw_id_fields = ["product"]


@admin.register(Cart)
class CartAdmin(admin.ModelAdmin):
    list_display = ["user", "created_at"]
    raw_id_fields = ["user"]
    inlines = [CartItemInline]


class ReadOnlyAdmin:
    """Orders are made by checkout; here they are only looked at."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class OrderItemInline(ReadOnlyAdmin, admin.TabularInline):
    model = OrderItem


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin, admin.ModelAdmin):
    list_display = ["id", "user", "status", "total", "currency", "created_at"]
    list_filter = ["status", "created_at"]
    search_fields = ["payment_reference"]
    inlines = [OrderItemInline]
