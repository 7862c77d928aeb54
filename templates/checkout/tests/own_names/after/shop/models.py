from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Basket(models.Model):
    """What a user is about to order."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="basket"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return str(self.pk)


class BasketItem(models.Model):
    """A product in a cart, and how many of it."""

    cart = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(
        "blog.Product", on_delete=models.CASCADE, related_name="basket_items"
    )
    quantity = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "product"], name="shop_basketitem_cart_product_unique"
            ),
        ]

    def __str__(self):
        return str(self.product)


class Purchase(models.Model):
    """What a user ordered, once for each idempotency key."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchases"
    )
    status = models.CharField(
        max_length=20,
        db_index=True,
        default="pending",
        choices=[("pending", "Pending"), ("paid", "Paid"), ("declined", "Declined")],
    )
    total = models.DecimalField(max_digits=16, decimal_places=2)
    currency = models.CharField(max_length=3)
    idempotency_key = models.CharField(max_length=255)
    payment_reference = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "idempotency_key"], name="shop_purchase_user_idempotency_key_unique"
            ),
        ]

    def __str__(self):
        return str(self.pk)


class PurchaseItem(models.Model):
    """A product in an order, as it was then: its name, its price and how many."""

    order = models.ForeignKey(Purchase, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(
        "blog.Product",
        on_delete=models.SET_NULL,
        blank=True,
        null=True,
        related_name="purchase_items",
    )
    product_name = models.CharField(max_length=255)
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)
    quantity = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(12)]
    )

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.product_name
