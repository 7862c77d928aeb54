from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from books.filters import BookFilter
from books.models import Author, Book
from books.serializers import AuthorSerializer, BookSerializer


@extend_schema(tags=['authors'])
class AuthorViewSet(viewsets.ModelViewSet):
    queryset = Author.objects.all()
    serializer_class = AuthorSerializer


@extend_schema(tags=['books'])
@extend_schema_view(
    list=extend_schema(summary='List books'),
    retrieve=extend_schema(summary='Get a book'),
    create=extend_schema(summary='Add a book'),
    update=extend_schema(summary='Replace a book'),
    partial_update=extend_schema(summary='Change a book'),
    destroy=extend_schema(summary='Remove a book'),
)
class BookViewSet(viewsets.ModelViewSet):
    queryset = Book.objects.prefetch_related('authors')
    serializer_class = BookSerializer
    filterset_class = BookFilter

    @extend_schema(summary='Books that came in last')
    @action(detail=False)
    def latest(self, request):
        books = self.get_queryset().order_by('-added')[:10]
        return Response(self.get_serializer(books, many=True).data)
