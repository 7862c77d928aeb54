from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from .models import Photo, Post


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
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]
        extra_kwargs = {"slug": {"validators": [UniqueValidator(queryset=Post.objects.all())]}}


class PhotoSerializer(serializers.ModelSerializer):
    class Meta:
        model = Photo
        fields = ["id", "title", "slug", "content", "author", "camera", "negative"]
        extra_kwargs = {
            "slug": {"validators": [UniqueValidator(queryset=Post.objects.all())]},
            "negative": {"validators": [UniqueValidator(queryset=Photo.all_objects.all())]},
        }
