from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import generics
from rest_framework.filters import SearchFilter

from .models import Post, Tag
from .serializers import PostSerializer, TagSerializer


class PostList(generics.ListCreateAPIView):
    queryset = Post.objects.select_related("author").prefetch_related("tags")
    serializer_class = PostSerializer


class PostDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Post.objects.select_related("author").prefetch_related("tags")
    serializer_class = PostSerializer


class TagList(generics.ListCreateAPIView):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    filter_backends = [DjangoFilterBackend, SearchFilter]
    filterset_fields = ["slug"]
    search_fields = ["name"]


class TagDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
