import pytest
from django.urls import reverse

from blog.models import Post

pytestmark = pytest.mark.django_db


def test_create_post(api_client, django_user_model):
    author = django_user_model.objects.create_user("author")
    data = {"title": "Hello", "slug": "hello", "content": "First", "author": author.pk}
    response = api_client.post(reverse("post-list"), data)
    assert response.status_code == 201, response.data
    assert Post.objects.get().author == author
