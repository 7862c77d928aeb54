from django.db.models import Manager, prefetch_related_objects
from rest_framework import serializers

from .models import Comment, Post


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


class CommentListSerializer(serializers.ListSerializer):
    """Rows with all replies below them, loaded level by level."""

    def to_representation(self, data):
        rows = list(data.all() if isinstance(data, Manager) else data)
        level = rows
        for _ in range(2):
            prefetch_related_objects(level, "author", "replies")
            level = [below for row in level for below in row.replies.all()]
        return super().to_representation(rows)


class CommentSerializer(serializers.ModelSerializer):
    author_name = serializers.CharField(source="author.username", read_only=True)
    replies = serializers.SerializerMethodField()

    class Meta:
        model = Comment
        fields = [
            "id",
            "post",
            "author",
            "author_name",
            "parent",
            "content",
            "replies",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["author", "created_at", "updated_at"]
        list_serializer_class = CommentListSerializer

    def get_fields(self):
        fields = super().get_fields()
        if self.instance is not None:  # It stays where it was made.
            fields["post"].read_only = fields["parent"].read_only = True
        return fields

    def get_replies(self, comment):
        return CommentSerializer(comment.replies.all(), many=True, context=self.context).data

    def validate_parent(self, parent):
        level, above = 1, parent
        while above is not None and level <= 2:
            level, above = level + 1, above.parent
        if level > 2:
            raise serializers.ValidationError("At most 2 levels are possible.")
        return parent

    def validate(self, data):
        parent = data.get("parent")
        if parent and parent.post != data["post"]:
            raise serializers.ValidationError({"parent": "This is on another post."})
        return data
