from rest_framework import viewsets

from .models import Item, Note
from .serializers import ItemSerializer, NoteSerializer


class ItemViewSet(viewsets.ModelViewSet):
	queryset = Item.objects.all()
	serializer_class = ItemSerializer
	filterset_fields = ["name"]


class NoteViewSet(viewsets.ModelViewSet):
	queryset = Note.objects.order_by("pk")
	serializer_class = NoteSerializer
