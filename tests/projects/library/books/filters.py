from django_filters import rest_framework as filters

from books.models import Book


class BookFilter(filters.FilterSet):
    title = filters.CharFilter(lookup_expr='icontains')
    author = filters.CharFilter(
        field_name='authors__last_name',
        lookup_expr='iexact',
    )
    published_after = filters.DateFilter(
        field_name='published',
        lookup_expr='gte',
    )

    class Meta:
        model = Book
        fields = ('title', 'author', 'language', 'published_after')
