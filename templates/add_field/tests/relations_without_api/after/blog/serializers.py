from rest_framework import serializers

from .models import Post


class PostSerializer(serializers.ModelSerializer):
    class Meta:
        model = Post
        fields = [
            "id",
            "title",
            "slug",
            "content",
            "is_published",
            "author",
            "editor",
            "cover",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]
