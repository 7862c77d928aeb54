from rest_framework import serializers

from apps.stores.models import Store


class StoreSerializer(serializers.ModelSerializer):
    class Meta:
        model = Store
        fields = ["id", "name", "is_open", "owner", "created_at", "updated_at"]
        read_only_fields = ["owner", "created_at", "updated_at"]
