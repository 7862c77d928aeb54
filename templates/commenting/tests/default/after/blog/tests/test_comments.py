from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Comment, Post

User = get_user_model()


class CommentAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")
        cls.post = Post.objects.create(title="T", slug="t", content="c", author=cls.user)

    def setUp(self):
        self.client.force_authenticate(self.user)

    def comment_data(self, **changes):
        return {"post": self.post.pk, "content": "Nice", **changes}

    def make_comment(self, content="Nice", **values):
        return Comment.objects.create(
            **{"post": self.post, "author": self.user, "content": content, **values}
        )

    def test_the_author_is_who_is_logged_in(self):
        data = self.comment_data(author=self.reader.pk)
        response = self.client.post(reverse("comment-list"), data)
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertEqual(response.data["content"], "Nice")
        self.assertEqual(response.data["author_name"], self.user.get_username())
        comment = self.post.comments.get()
        self.assertEqual(comment.author, self.user)

    def test_invalid_comments_are_rejected(self):
        for changes in [
            {"content": ""},
            {"content": "   "},
            {"content": "x" * 5001},
            {"post": ""},
        ]:
            with self.subTest(changes):
                response = self.client.post(reverse("comment-list"), self.comment_data(**changes))
                self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(self.post.comments.exists())

    def test_the_author_edits_and_deletes(self):
        comment = self.make_comment("Nice")
        url = reverse("comment-detail", args=[comment.pk])
        response = self.client.patch(url, {"content": "Fine"})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        comment.refresh_from_db()
        self.assertEqual(comment.content, "Fine")
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertFalse(self.post.comments.exists())

    def test_others_cannot_edit_or_delete(self):
        comment = self.make_comment("Nice")
        url = reverse("comment-detail", args=[comment.pk])
        self.client.force_authenticate(self.reader)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_200_OK)
        response = self.client.patch(url, {"content": "Changed"})
        self.assertEqual(response.status_code, status.HTTP_403_FORBIDDEN)
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_403_FORBIDDEN)
        comment.refresh_from_db()
        self.assertEqual(comment.content, "Nice")

    def test_clients_who_are_not_logged_in_cannot_write(self):
        url = reverse("comment-detail", args=[self.make_comment("Nice").pk])
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_200_OK)
        response = self.client.post(reverse("comment-list"), self.comment_data())
        self.assertIn(response.status_code, refused)
        self.assertIn(self.client.delete(url).status_code, refused)
        self.assertEqual(self.post.comments.count(), 1)

    def test_filter_by_author(self):
        self.make_comment("here")
        self.make_comment("elsewhere", author=self.reader)
        response = self.client.get(reverse("comment-list"), {"author": self.user.pk})
        self.assertEqual([row["content"] for row in response.data["results"]], ["here"])

    def test_filter_by_post(self):
        self.make_comment("here")
        other = Post.objects.create(title="T", slug="other", content="c", author=self.user)
        self.make_comment("elsewhere", post=other)
        response = self.client.get(reverse("comment-list"), {"post": self.post.pk})
        self.assertEqual([row["content"] for row in response.data["results"]], ["here"])
        response = self.client.get(reverse("comment-list"), {"post": "unknown"})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)

    def test_replies_are_nested(self):
        top = self.make_comment("top")
        response = self.client.post(reverse("comment-list"), self.comment_data(parent=top.pk))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        reply = Comment.objects.get(parent=top)
        self.make_comment("deeper", parent=reply)
        response = self.client.get(reverse("comment-list"))
        self.assertEqual([row["content"] for row in response.data["results"]], ["top"])
        (row,) = response.data["results"]
        self.assertEqual([reply["content"] for reply in row["replies"]], ["Nice"])
        below = row["replies"][0]["replies"]
        self.assertEqual([reply["content"] for reply in below], ["deeper"])
        response = self.client.get(reverse("comment-detail", args=[reply.pk]))
        self.assertEqual([reply["content"] for reply in response.data["replies"]], ["deeper"])

    def test_replies_go_no_deeper_than_5_levels(self):
        comment = None
        for _ in range(4):
            comment = self.make_comment("Nice", parent=comment)
        response = self.client.post(reverse("comment-list"), self.comment_data(parent=comment.pk))
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        comment = Comment.objects.get(parent=comment)
        response = self.client.post(reverse("comment-list"), self.comment_data(parent=comment.pk))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(set(response.data), {"parent"})

    def test_replies_are_on_the_same_post(self):
        other = Post.objects.create(title="T", slug="other", content="c", author=self.user)
        top = self.make_comment("top", post=other)
        response = self.client.post(reverse("comment-list"), self.comment_data(parent=top.pk))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(set(response.data), {"parent"})

    def test_a_comment_stays_where_it_is(self):
        comment = self.make_comment("Nice")
        url = reverse("comment-detail", args=[comment.pk])
        top = self.make_comment("top")
        response = self.client.patch(url, {"parent": top.pk})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        other = Post.objects.create(title="T", slug="other", content="c", author=self.user)
        response = self.client.patch(url, {"post": other.pk})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        comment.refresh_from_db()
        self.assertIsNone(comment.parent)
        self.assertEqual(comment.post, self.post)

    def test_the_oldest_stands_first(self):
        self.make_comment("first")
        self.make_comment("second")
        response = self.client.get(reverse("comment-list"))
        self.assertEqual([row["content"] for row in response.data["results"]], ["first", "second"])

    def test_search(self):
        self.make_comment("first")
        self.make_comment("second")
        response = self.client.get(reverse("comment-list"), {"search": "first"})
        self.assertEqual([row["content"] for row in response.data["results"]], ["first"])

    def test_list_without_n_plus_one(self):
        def add():
            reply = self.make_comment("Nice", parent=self.make_comment("Nice"))
            self.make_comment("Nice", parent=reply)

        add()
        with CaptureQueriesContext(connection) as queries:
            self.client.get(reverse("comment-list"))
        add()
        with self.assertNumQueries(len(queries)):
            response = self.client.get(reverse("comment-list"))
        self.assertEqual(len(response.data["results"]), 2)

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

    def test_comments_go_with_the_author(self):
        comment = self.make_comment("Nice", author=self.reader)
        User._base_manager.filter(pk=self.reader.pk).delete()
        self.assertFalse(Comment.objects.filter(pk=comment.pk).exists())
