from django.contrib.auth import get_user_model
from django.test import TestCase

from blog.models import Post

User = get_user_model()


class PostEditorCoverTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")

    def make_post(self, mark="first", **values):
        return Post.objects.create(
            **{"title": "T", "slug": mark, "content": "c", "author": self.user, **values}
        )

    def test_editor_is_stored(self):
        editor = self.user
        post = self.make_post(editor=editor)
        post.refresh_from_db()
        self.assertEqual(post.editor, editor)

    def test_editor_may_be_left_out(self):
        post = self.make_post()
        Post._meta.get_field("editor").clean(post.editor, post)
        self.assertIsNone(post.editor)

    def test_cover_is_stored(self):
        cover = self.user
        post = self.make_post(cover=cover)
        post.refresh_from_db()
        self.assertEqual(post.cover, cover)

    def test_cover_may_be_left_out(self):
        post = self.make_post()
        Post._meta.get_field("cover").clean(post.cover, post)
        self.assertIsNone(post.cover)
