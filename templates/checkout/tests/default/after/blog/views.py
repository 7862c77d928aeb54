from django.db import transaction
from django.utils.decorators import method_decorator
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from . import services
from .models import Cart, CartItem, Order, Post
from .serializers import (
    CartItemSerializer,
    CartSerializer,
    CheckoutSerializer,
    OrderSerializer,
    PostSerializer,
)


class PostViewSet(viewsets.ModelViewSet):
    queryset = Post.objects.select_related("author")
    serializer_class = PostSerializer
    filterset_fields = ["author", "is_published", "slug"]
    search_fields = ["title", "content"]
    ordering_fields = ["created_at", "title"]

    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        """Publish a post."""
        post = self.get_object()
        post.is_published = True
        post.save(update_fields=["is_published", "updated_at"])
        return Response({"id": post.pk, "is_published": post.is_published})


class Conflict(APIException):
    """What was asked for does not fit how things are now."""

    status_code = status.HTTP_409_CONFLICT


# No payment in a transaction, not even where every request has one.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class CartViewSet(viewsets.GenericViewSet):
    """The cart of the user who is logged in."""

    queryset = Cart.objects.prefetch_related("items__product")
    serializer_class = CartSerializer
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
        data = OrderSerializer(order, context=self.get_serializer_context()).data
        return Response(data, status=codes[order.status])


class CartItemViewSet(
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """What is in the cart of the user who is logged in."""

    queryset = CartItem.objects.select_related("product")
    serializer_class = CartItemSerializer
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


class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    """The orders of the user who is logged in."""

    queryset = Order.objects.prefetch_related("items")
    serializer_class = OrderSerializer
    permission_classes = [IsAuthenticated]
    filterset_fields = ["status"]

    def get_queryset(self):
        return super().get_queryset().filter(user=self.request.user)
