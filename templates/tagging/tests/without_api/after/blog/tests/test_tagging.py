from django.contrib.auth import get_user_model
from django.test import TestCase

from blog.models import Post, Tag

User = get_user_model()


class TaggingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.a = Tag.objects.create(name="A", slug="a")
        cls.b = Tag.objects.create(name="B", slug="b")

    def make_post(self, slug, *tags):
        post = Post.objects.create(title="T", slug=slug, content="c", author=self.user)
        post.tags.set(tags)
        return post

    def test_tags_can_be_set_and_cleared(self):
        post = self.make_post("t", self.a, self.b)
        self.assertCountEqual(post.tags.all(), [self.a, self.b])
        post.tags.clear()
        self.assertFalse(post.tags.exists())

    def test_deleting_a_tag_keeps_the_post(self):
        post = self.make_post("t", self.a)
        self.a.delete()
        post.refresh_from_db()
        self.assertFalse(post.tags.exists())
