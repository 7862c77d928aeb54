from django.db import IntegrityError
from django.db.models import Avg, Count, Q
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAdminUser
from rest_framework.response import Response

from .models import Post, Rating
from .permissions import IsUserOrReadOnly
from .serializers import PostSerializer, RatingSerializer


class PostViewSet(viewsets.ModelViewSet):
    queryset = (
        Post.objects.select_related("author")
        .annotate(rating_average=Avg("ratings__score", filter=Q(ratings__deleted_at=None)))
        .annotate(rating_count=Count("ratings", distinct=True, filter=Q(ratings__deleted_at=None)))
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
        serializer.save(user=self.request.user)

    @action(detail=True, methods=["post"], permission_classes=[IsAdminUser])
    def restore(self, request, pk, **kwargs):
        """Bring a deleted rating back, with what was deleted with it."""
        deleted = self.get_queryset().model.all_objects.deleted()
        rating = get_object_or_404(deleted, pk=pk)
        try:
            rating.restore()
        except IntegrityError:
            detail = "Another rating has taken its place."
            return Response({"detail": detail}, status=status.HTTP_409_CONFLICT)
        shown = self.get_queryset().filter(pk=rating.pk).first()
        return Response(self.get_serializer(shown).data if shown else None)
