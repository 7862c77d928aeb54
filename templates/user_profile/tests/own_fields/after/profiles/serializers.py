from rest_framework import serializers

from .models import Profile


class ProfileSerializer(serializers.ModelSerializer):
    class Meta:
        model = Profile
        fields = ["phone", "birthday", "score", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]
