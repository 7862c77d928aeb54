from django.db import IntegrityError, router, transaction
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAdminUser
from rest_framework.response import Response

from .models import Photo, Post
from .serializers import PhotoSerializer, PostSerializer


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

    @action(detail=True, methods=["post"], permission_classes=[IsAdminUser])
    def restore(self, request, pk, **kwargs):
        """Bring a deleted post back, with what was deleted with it."""
        deleted = self.get_queryset().model.all_objects.deleted()
        post = get_object_or_404(deleted, pk=pk)
        try:
            post.restore()
        except IntegrityError:
            detail = "Another post has taken its place."
            return Response({"detail": detail}, status=status.HTTP_409_CONFLICT)
        shown = self.get_queryset().filter(pk=post.pk).first()
        return Response(self.get_serializer(shown).data if shown else None)


class PhotoViewSet(viewsets.ModelViewSet):
    queryset = Photo.objects.all()
    serializer_class = PhotoSerializer

    def get_queryset(self):
        return super().get_queryset().select_related("author")

    @action(detail=True, methods=["post"], permission_classes=[IsAdminUser])
    def restore(self, request, pk, **kwargs):
        """Bring a deleted photo back, with what was deleted with it."""
        deleted = self.get_queryset().model.all_objects.deleted()
        photo = get_object_or_404(deleted, pk=pk)
        database = router.db_for_write(type(photo), instance=photo)
        try:
            with transaction.atomic(using=database):
                photo.restore()
                # Who is not shown it does not restore it.
                shown = get_object_or_404(self.get_queryset().filter(pk=photo.pk)[:1])
        except IntegrityError:
            detail = "Another photo has taken its place."
            return Response({"detail": detail}, status=status.HTTP_409_CONFLICT)
        return Response(self.get_serializer(shown).data)
