"""Checkout: from a cart to an order that is paid for."""

import logging
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .models import Cart, CartItem, Order, OrderItem, Product
from .payments import PaymentDeclined, PaymentUnavailable, payment_gateway

logger = logging.getLogger(__name__)

MAX_QUANTITY = 100

# What an order's status may be.
PENDING = "pending"
PAID = "paid"
DECLINED = "declined"


class CheckoutError(Exception):
    """What was asked for cannot be done now; the text is for the user."""


def line_total(unit_price, quantity):
    """What a line costs in whole cents; half a cent is rounded up."""
    return (unit_price * quantity).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def cart_of(user):
    """The user's cart, made now if there is none."""
    return Cart.objects.get_or_create(user=user)[0]


def locked_cart(user):
    """The user's cart, locked until the transaction ends.

    All that changes a user's cart and orders waits here for its turn.
    """
    return Cart.objects.select_for_update().get(pk=cart_of(user).pk)


@transaction.atomic
def add_to_cart(user, product, quantity):
    """Put `quantity` more of a product into the user's cart."""
    cart = locked_cart(user)
    item = cart.items.filter(product=product).first()
    if item is None:
        item = CartItem(cart=cart, product=product, quantity=0)
    item.quantity += quantity
    if item.quantity > MAX_QUANTITY:
        raise CheckoutError(f"At most {MAX_QUANTITY} of a product can be ordered at once.")
    item.save()
    return item


@transaction.atomic
def change_quantity(user, item, quantity):
    """Have `quantity` of an item in the user's cart."""
    locked_cart(user)
    # An item that was ordered meanwhile must not come back, as by save().
    if not CartItem.objects.filter(pk=item.pk).update(quantity=quantity):
        raise CheckoutError("The item is no longer in the cart.")
    item.quantity = quantity
    return item


def submit(user, key, payment_token=""):
    """Order what is in the user's cart, and pay.

    Return the order, and whether this call made it. The same key gives the
    same order, made once and paid for once, however often it is sent. One
    that is pending has a payment without a known outcome: to submit it again
    asks the provider again. One that was declined is tried under a new key.
    """
    order, created = place_order(user, key)
    pay(order, payment_token)
    return order, created


@transaction.atomic
def place_order(user, key):
    """Turn the user's cart into a pending order, and take from the stock."""
    cart = locked_cart(user)
    order = Order.objects.filter(user=user, idempotency_key=key).first()
    if order is not None:
        return order, False
    items = list(cart.items.all())
    if not items:
        raise CheckoutError("The cart is empty.")
    # Locked in the order of their keys: no deadlock with another checkout.
    keys = [item.product_id for item in items]
    rows = Product.objects.select_for_update().filter(pk__in=keys)
    products = {product.pk: product for product in rows.order_by("pk")}
    order = Order(user=user, idempotency_key=key, currency=settings.CHECKOUT_CURRENCY)
    lines = []
    for item in items:
        product = products.get(item.product_id)
        if product is None:
            raise CheckoutError("A product in the cart is no longer for sale.")
        if product.stock < item.quantity:
            raise CheckoutError(f"Only {product.stock} left of {product}.")
        product.stock -= item.quantity
        line = OrderItem(
            order=order,
            product=product,
            product_name=product.name,
            unit_price=product.price,
            quantity=item.quantity,
        )
        lines.append(line)
    order.total = sum(line_total(line.unit_price, line.quantity) for line in lines)
    order.save()
    OrderItem.objects.bulk_create(lines)
    Product.objects.bulk_update(products.values(), ["stock"])
    cart.items.all().delete()
    return order, True


def pay(order, payment_token=""):
    """Pay for an order that is pending; another is left as it is."""
    if order.status != PENDING:
        return
    reference = ""
    try:
        # What costs nothing is not charged.
        if order.total:
            reference = payment_gateway().charge(
                reference=f"order-{order.pk}",
                amount=order.total,
                currency=order.currency,
                token=payment_token,
            )
    except PaymentDeclined:
        take_back(order)
    except PaymentUnavailable:
        logger.warning("The payment of order %s has no known outcome", order.pk)
    else:
        settle(order, PAID, reference)
    order.refresh_from_db()


def settle(order, status, reference=""):
    """Give a pending order its last status; of several calls one does it."""
    pending = Order.objects.filter(pk=order.pk, status=PENDING)
    return bool(
        pending.update(status=status, payment_reference=reference, updated_at=timezone.now())
    )


@transaction.atomic
def take_back(order):
    """Decline a pending order, and give back its items and stock."""
    if not settle(order, DECLINED):
        return
    cart = locked_cart(order.user)
    for line in order.items.exclude(product=None).order_by("product_id"):
        Product.objects.filter(pk=line.product_id).update(stock=F("stock") + line.quantity)
        item, created = cart.items.get_or_create(
            product_id=line.product_id, defaults={"quantity": line.quantity}
        )
        if not created:
            item.quantity = min(item.quantity + line.quantity, MAX_QUANTITY)
            item.save()
