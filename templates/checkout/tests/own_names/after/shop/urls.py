from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import BasketItemViewSet, BasketViewSet, PurchaseViewSet

router = DefaultRouter()
router.register("basket", BasketViewSet, basename="basket")
router.register("basket-items", BasketItemViewSet, basename="basketitem")
router.register("purchases", PurchaseViewSet, basename="purchase")

urlpatterns = [
    path("", include(router.urls)),
]
