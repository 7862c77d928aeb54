from rest_framework import serializers
from rest_framework.validators import UniqueValidator

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
            "isbn",
            "token",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]
        extra_kwargs = {
            "slug": {"validators": [UniqueValidator(queryset=Post.objects.all())]},
            "isbn": {"validators": [UniqueValidator(queryset=Post.objects.all())]},
        }
