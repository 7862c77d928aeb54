from rest_framework import viewsets

from apps.catalog.models import Category, Product
from apps.core.permissions import IsActiveUser, IsStoreOwnerOrReadOnly

from .serializers import CategorySerializer, ProductSerializer


class CategoryViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    lookup_field = "slug"


class ProductViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.select_related("store", "category")
    serializer_class = ProductSerializer
    permission_classes = [IsActiveUser, IsStoreOwnerOrReadOnly]
    filterset_fields = ["store", "category"]
    ordering_fields = ["name", "price"]
