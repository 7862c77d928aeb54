from django.db import IntegrityError, router, transaction
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from .models import Post
from .serializers import PostSerializer


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

    @action(detail=True, methods=["post"])
    def restore(self, request, pk, **kwargs):
        """Bring a deleted post back, with what was deleted with it."""
        if not IsAuthenticated().has_permission(request, self):
            self.permission_denied(request)
        deleted = self.get_queryset().model.all_objects.deleted()
        post = get_object_or_404(deleted, pk=pk)
        self.check_object_permissions(request, post)
        database = router.db_for_write(type(post), instance=post)
        try:
            with transaction.atomic(using=database):
                post.restore()
                # Who is not shown it does not restore it.
                shown = get_object_or_404(self.get_queryset().filter(pk=post.pk)[:1])
        except IntegrityError:
            detail = "Another post has taken its place."
            return Response({"detail": detail}, status=status.HTTP_409_CONFLICT)
        return Response(self.get_serializer(shown).data)
