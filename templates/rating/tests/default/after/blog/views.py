from django.db import IntegrityError, transaction
from django.db.models import Avg, Count
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from .models import Post, Rating
from .permissions import IsUserOrReadOnly
from .serializers import PostSerializer, RatingSerializer


class PostViewSet(viewsets.ModelViewSet):
    queryset = (
        Post.objects.select_related("author")
        .annotate(rating_average=Avg("ratings__score"))
        .annotate(rating_count=Count("ratings", distinct=True))
        .order_by("-created_at", "-id")
    )
    serializer_class = PostSerializer
    filterset_fields = ["author", "is_published", "slug"]
    search_fields = ["title", "content"]
    ordering_fields = ["created_at", "title", "rating_average", "rating_count"]

    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        """Publish a post."""
        post = self.get_object()
        post.is_published = True
        post.save(update_fields=["is_published", "updated_at"])
        return Response({"id": post.pk, "is_published": post.is_published})


class RatingViewSet(viewsets.ModelViewSet):
    queryset = Rating.objects.all()
    serializer_class = RatingSerializer
    permission_classes = [IsUserOrReadOnly]
    filterset_fields = ["post", "user", "score"]
    ordering_fields = ["score", "created_at"]

    def perform_create(self, serializer):
        try:
            with transaction.atomic():
                serializer.save(user=self.request.user)
        except IntegrityError:
            # Another request was faster: the serializer knows its row now.
            serializer = self.get_serializer(data=self.request.data)
            serializer.is_valid(raise_exception=True)
            raise
