from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from .filters import PostFilter
from .models import Page, Post, Tag
from .serializers import PageSerializer, PostSerializer, TagSerializer


class PostViewSet(viewsets.ModelViewSet):
    queryset = Post.objects.select_related("author").prefetch_related("tags")
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


class TagViewSet(viewsets.ModelViewSet):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    filterset_fields = ["slug"]
    search_fields = ["name"]


class PageViewSet(viewsets.ModelViewSet):
    queryset = Page.objects.prefetch_related("tags")
    serializer_class = PageSerializer
    filterset_fields = ["tags"]
    search_fields = ["title", "slug", "content"]
    ordering_fields = ["title", "created_at"]
