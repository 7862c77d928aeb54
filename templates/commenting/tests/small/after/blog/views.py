from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from .models import Comment, Post
from .permissions import IsAuthorOrReadOnly
from .serializers import CommentSerializer, PostSerializer


class PostViewSet(viewsets.ModelViewSet):
    queryset = Post.objects.select_related("author")
    serializer_class = PostSerializer
    filterset_fields = ["author", "is_published", "slug"]
    search_fields = ["title", "content"]
    ordering_fields = ["created_at", "title"]

    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        """Publish a post."""
        post = self.get_object()
        post.is_published = True
        post.save(update_fields=["is_published", "updated_at"])
        return Response({"id": post.pk, "is_published": post.is_published})


class CommentViewSet(viewsets.ModelViewSet):
    queryset = Comment.objects.select_related("author")
    serializer_class = CommentSerializer
    permission_classes = [IsAuthorOrReadOnly]
    filterset_fields = ["post", "author"]
    search_fields = ["content"]
    ordering_fields = ["created_at"]

    def get_queryset(self):
        queryset = super().get_queryset()
        return queryset.filter(parent=None) if self.action == "list" else queryset

    def perform_create(self, serializer):
        serializer.save(author=self.request.user)
