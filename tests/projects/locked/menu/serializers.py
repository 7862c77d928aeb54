from rest_framework import serializers

from .models import Item, Note


class ItemSerializer(serializers.ModelSerializer):
	class Meta:
		model = Item
		fields = ["id", "name", "price"]


class NoteSerializer(serializers.ModelSerializer):
	class Meta:
		model = Note
		fields = ["id", "kind", "key", "text"]
