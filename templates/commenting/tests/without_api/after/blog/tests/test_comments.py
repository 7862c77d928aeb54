from django.contrib.auth import get_user_model
from django.test import TestCase

from blog.models import Comment, Post

User = get_user_model()


class CommentTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.post = Post.objects.create(title="T", slug="t", content="c", author=cls.user)

    def make_comment(self, content="Nice", **values):
        return Comment.objects.create(
            **{"post": self.post, "author": self.user, "content": content, **values}
        )

    def test_replies_go_with_what_they_answer(self):
        top = self.make_comment("top")
        self.make_comment("reply", parent=top)
        Comment._base_manager.filter(pk=top.pk).delete()
        self.assertFalse(self.post.comments.exists())

    def test_comments_go_with_the_post(self):
        comment = self.make_comment("Nice")
        self.assertEqual(list(self.post.comments.all()), [comment])
        Post._base_manager.filter(pk=self.post.pk).delete()
        self.assertFalse(Comment.objects.filter(pk=comment.pk).exists())
