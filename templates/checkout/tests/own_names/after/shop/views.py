from django.db import transaction
from django.utils.decorators import method_decorator
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from . import services
from .models import Basket, BasketItem, Purchase
from .serializers import (
    BasketItemSerializer,
    BasketSerializer,
    CheckoutSerializer,
    PurchaseSerializer,
)


class Conflict(APIException):
    """What was asked for does not fit how things are now."""

    status_code = status.HTTP_409_CONFLICT


# No payment in a transaction, not even where every request has one.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class BasketViewSet(viewsets.GenericViewSet):
    """The cart of the user who is logged in."""

    queryset = Basket.objects.prefetch_related("items__product")
    serializer_class = BasketSerializer
    permission_classes = [IsAuthenticated]

    def list(self, request):
        cart = self.get_queryset().get(pk=services.cart_of(request.user).pk)
        return Response(self.get_serializer(cart).data)

    @action(detail=False, methods=["post"], serializer_class=CheckoutSerializer)
    def checkout(self, request):
        """Order what is in the cart, and pay.

        Sent again with the same header Idempotency-Key, a text of the
        client's own, a request gives the same order. The status is 402 if the
        payment was declined, and 202 while its outcome is not known.
        """
        key = request.headers.get("Idempotency-Key", "")
        if not 0 < len(key) <= 255:
            raise ValidationError({"detail": "Send a header Idempotency-Key (1-255 characters)."})
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            order, created = services.submit(request.user, key, **serializer.validated_data)
        except services.CheckoutError as error:
            raise Conflict(str(error)) from error
        paid = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        codes = {
            services.PAID: paid,
            services.DECLINED: status.HTTP_402_PAYMENT_REQUIRED,
            services.PENDING: status.HTTP_202_ACCEPTED,
        }
        data = PurchaseSerializer(order, context=self.get_serializer_context()).data
        return Response(data, status=codes[order.status])


class BasketItemViewSet(
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """What is in the cart of the user who is logged in."""

    queryset = BasketItem.objects.select_related("product")
    serializer_class = BasketItemSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        return super().get_queryset().filter(cart__user=self.request.user)

    def perform_create(self, serializer):
        try:
            serializer.instance = services.add_to_cart(
                self.request.user, **serializer.validated_data
            )
        except services.CheckoutError as error:
            raise Conflict(str(error)) from error

    def perform_update(self, serializer):
        quantity = serializer.validated_data.get("quantity", serializer.instance.quantity)
        try:
            serializer.instance = services.change_quantity(
                self.request.user, serializer.instance, quantity
            )
        except services.CheckoutError as error:
            raise Conflict(str(error)) from error


class PurchaseViewSet(viewsets.ReadOnlyModelViewSet):
    """The orders of the user who is logged in."""

    queryset = Purchase.objects.prefetch_related("items")
    serializer_class = PurchaseSerializer
    permission_classes = [IsAuthenticated]
    filterset_fields = ["status"]

    def get_queryset(self):
        return super().get_queryset().filter(user=self.request.user)
