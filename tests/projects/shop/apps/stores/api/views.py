from rest_framework import viewsets

from apps.core.permissions import IsActiveUser, IsStoreOwnerOrReadOnly
from apps.stores.models import Store

from .serializers import StoreSerializer


class StoreViewSet(viewsets.ModelViewSet):
    queryset = Store.objects.select_related("owner")
    serializer_class = StoreSerializer
    permission_classes = [IsActiveUser, IsStoreOwnerOrReadOnly]
    filterset_fields = ["is_open"]

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)
