from decimal import Decimal

from rest_framework import serializers

from .models import Cart, CartItem, Order, OrderItem, Post
from .services import MAX_QUANTITY, line_total


class PostSerializer(serializers.ModelSerializer):
    class Meta:
        model = Post
        fields = [
            "id",
            "title",
            "slug",
            "content",
            "is_published",
            "author",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]


class CartItemSerializer(serializers.ModelSerializer):
    product_name = serializers.CharField(source="product.name", read_only=True)
    unit_price = serializers.DecimalField(
        source="product.price", max_digits=10, decimal_places=2, read_only=True
    )
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)
    total = serializers.SerializerMethodField()

    class Meta:
        model = CartItem
        fields = ["id", "product", "product_name", "unit_price", "quantity", "total"]

    def validate_product(self, value):
        if self.instance is not None and value != self.instance.product:
            raise serializers.ValidationError("Remove the item, and add another one.")
        return value

    def get_total(self, item) -> str:
        return str(line_total(item.product.price, item.quantity))


class CartSerializer(serializers.ModelSerializer):
    items = CartItemSerializer(many=True, read_only=True)
    total = serializers.SerializerMethodField()

    class Meta:
        model = Cart
        fields = ["items", "total"]

    def get_total(self, cart) -> str:
        totals = [line_total(item.product.price, item.quantity) for item in cart.items.all()]
        return str(sum(totals, Decimal("0.00")))


class OrderItemSerializer(serializers.ModelSerializer):
    total = serializers.SerializerMethodField()

    class Meta:
        model = OrderItem
        fields = ["id", "product", "product_name", "unit_price", "quantity", "total"]

    def get_total(self, line) -> str:
        return str(line_total(line.unit_price, line.quantity))


class OrderSerializer(serializers.ModelSerializer):
    items = OrderItemSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "status", "total", "currency", "created_at", "items"]


class CheckoutSerializer(serializers.Serializer):
    payment_token = serializers.CharField(
        default="", allow_blank=True, max_length=255, write_only=True
    )
