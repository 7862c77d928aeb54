from rest_framework import serializers

from .models import Post, Score


class PostSerializer(serializers.ModelSerializer):
    mark_average = serializers.FloatField(read_only=True, default=None)
    mark_count = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Post
        fields = [
            "id",
            "title",
            "slug",
            "content",
            "is_published",
            "author",
            "mark_average",
            "mark_count",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]


class ScoreSerializer(serializers.ModelSerializer):
    user = serializers.PrimaryKeyRelatedField(
        read_only=True, default=serializers.CurrentUserDefault()
    )

    class Meta:
        model = Score
        fields = ["id", "post", "user", "score", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]

    def get_fields(self):
        fields = super().get_fields()
        if self.instance is not None:  # It stays where it was made.
            fields["post"].read_only = True
        return fields
