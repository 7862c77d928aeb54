import django_filters

from .models import Post


class PostFilter(django_filters.FilterSet):
    topic = django_filters.CharFilter(field_name="topics__slug")

    class Meta:
        model = Post
        fields = ["author", "is_published", "slug", "topic"]
