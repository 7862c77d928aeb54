from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from .filters import PostFilter
from .models import Post, Topic
from .serializers import PostSerializer, TopicSerializer


class PostViewSet(viewsets.ModelViewSet):
    queryset = Post.objects.select_related("author").prefetch_related("topics")
    serializer_class = PostSerializer
    filterset_class = PostFilter
    search_fields = ["title", "content"]
    ordering_fields = ["created_at", "title"]

    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        """Publish a post."""
        post = self.get_object()
        post.is_published = True
        post.save(update_fields=["is_published", "updated_at"])
        return Response({"id": post.pk, "is_published": post.is_published})


class TopicViewSet(viewsets.ModelViewSet):
    queryset = Topic.objects.all()
    serializer_class = TopicSerializer
    filterset_fields = ["slug"]
    search_fields = ["name"]
