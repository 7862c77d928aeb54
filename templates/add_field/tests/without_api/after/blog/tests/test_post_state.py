from django.contrib.auth import get_user_model
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post

User = get_user_model()


class PostStateAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")

    def post_data(self, **changes):
        return {"title": "T", "slug": "new", "content": "c", "author": self.user.pk, **changes}

    def make_post(self, mark="first", **values):
        return Post.objects.create(
            **{"title": "T", "slug": mark, "content": "c", "author": self.user, **values}
        )

    def test_state_is_stored(self):
        post = self.make_post(state="draft")
        post.refresh_from_db()
        self.assertEqual(post.state, "draft")

    def test_state_may_be_left_out(self):
        post = self.make_post()
        Post._meta.get_field("state").clean(post.state, post)
        self.assertEqual(post.state, "draft")
