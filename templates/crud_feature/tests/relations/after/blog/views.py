from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.response import Response

from .models import Post, Sponsorship
from .serializers import PostSerializer, SponsorshipSerializer


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


class SponsorshipViewSet(viewsets.ModelViewSet):
    queryset = Sponsorship.objects.prefetch_related("editors")
    serializer_class = SponsorshipSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    filterset_fields = {
        "status": ["exact"],
        "post": ["exact"],
        "sponsor": ["exact"],
        "editors": ["exact"],
        "amount": ["exact", "gte", "lte"],
        "starts_on": ["exact", "gte", "lte"],
        "ends_on": ["exact", "gte", "lte"],
    }
    search_fields = ["title"]
    ordering_fields = ["title", "amount", "starts_on", "ends_on", "created_at"]
