import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APIClient

from blog.models import Comment, Post

pytestmark = pytest.mark.django_db

User = get_user_model()


class TestCommentAPI:
    @pytest.fixture(autouse=True)
    def setup(self, db, api_client):
        self.client = api_client
        self.user = User.objects.create_user(
            "author", "author@example.com", "s3cret-pass"
        )
        self.reader = User.objects.create_user(
            "reader", "reader@example.com", "s3cret-pass"
        )
        self.post = Post.objects.create(
            title="T", slug="t", content="c", author=self.user
        )
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
        assert response.status_code == status.HTTP_201_CREATED, response.data
        assert response.data["content"] == "Nice"
        assert response.data["author_name"] == self.user.get_username()
        comment = self.post.comments.get()
        assert comment.author == self.user

    @pytest.mark.parametrize(
        "changes",
        [
            {"content": ""},
            {"content": "   "},
            {"content": "x" * 5001},
            {"post": ""},
        ],
    )
    def test_invalid_comments_are_rejected(self, changes):
        response = self.client.post(
            reverse("comment-list"), self.comment_data(**changes)
        )
        assert response.status_code == status.HTTP_400_BAD_REQUEST
        assert not self.post.comments.exists()

    def test_the_author_edits_and_deletes(self):
        comment = self.make_comment("Nice")
        url = reverse("comment-detail", args=[comment.pk])
        response = self.client.patch(url, {"content": "Fine"})
        assert response.status_code == status.HTTP_200_OK, response.data
        comment.refresh_from_db()
        assert comment.content == "Fine"
        assert self.client.delete(url).status_code == status.HTTP_204_NO_CONTENT
        assert not self.post.comments.exists()

    def test_others_cannot_edit_or_delete(self):
        comment = self.make_comment("Nice")
        url = reverse("comment-detail", args=[comment.pk])
        self.client.force_authenticate(self.reader)
        assert self.client.get(url).status_code == status.HTTP_200_OK
        response = self.client.patch(url, {"content": "Changed"})
        assert response.status_code == status.HTTP_403_FORBIDDEN
        assert self.client.delete(url).status_code == status.HTTP_403_FORBIDDEN
        comment.refresh_from_db()
        assert comment.content == "Nice"

    def test_clients_who_are_not_logged_in_cannot_write(self):
        url = reverse("comment-detail", args=[self.make_comment("Nice").pk])
        self.client = APIClient()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        assert self.client.get(url).status_code == status.HTTP_200_OK
        response = self.client.post(reverse("comment-list"), self.comment_data())
        assert response.status_code in refused
        assert self.client.delete(url).status_code in refused
        assert self.post.comments.count() == 1

    def test_filter_by_author(self):
        self.make_comment("here")
        self.make_comment("elsewhere", author=self.reader)
        response = self.client.get(reverse("comment-list"), {"author": self.user.pk})
        assert [row["content"] for row in response.data["results"]] == ["here"]

    def test_filter_by_post(self):
        self.make_comment("here")
        other = Post.objects.create(
            title="T", slug="other", content="c", author=self.user
        )
        self.make_comment("elsewhere", post=other)
        response = self.client.get(reverse("comment-list"), {"post": self.post.pk})
        assert [row["content"] for row in response.data["results"]] == ["here"]
        response = self.client.get(reverse("comment-list"), {"post": "unknown"})
        assert response.status_code == status.HTTP_400_BAD_REQUEST

    def test_replies_are_nested(self):
        top = self.make_comment("top")
        response = self.client.post(
            reverse("comment-list"), self.comment_data(parent=top.pk)
        )
        assert response.status_code == status.HTTP_201_CREATED, response.data
        reply = Comment.objects.get(parent=top)
        self.make_comment("deeper", parent=reply)
        response = self.client.get(reverse("comment-list"))
        assert [row["content"] for row in response.data["results"]] == ["top"]
        (row,) = response.data["results"]
        assert [reply["content"] for reply in row["replies"]] == ["Nice"]
        below = row["replies"][0]["replies"]
        assert [reply["content"] for reply in below] == ["deeper"]
        response = self.client.get(reverse("comment-detail", args=[reply.pk]))
        assert [reply["content"] for reply in response.data["replies"]] == ["deeper"]

    def test_replies_go_no_deeper_than_5_levels(self):
        comment = None
        for _ in range(4):
            comment = self.make_comment("Nice", parent=comment)
        response = self.client.post(
            reverse("comment-list"), self.comment_data(parent=comment.pk)
        )
        assert response.status_code == status.HTTP_201_CREATED, response.data
        comment = Comment.objects.get(parent=comment)
        response = self.client.post(
            reverse("comment-list"), self.comment_data(parent=comment.pk)
        )
        assert response.status_code == status.HTTP_400_BAD_REQUEST
        assert set(response.data) == {"parent"}

    def test_replies_are_on_the_same_post(self):
        other = Post.objects.create(
            title="T", slug="other", content="c", author=self.user
        )
        top = self.make_comment("top", post=other)
        response = self.client.post(
            reverse("comment-list"), self.comment_data(parent=top.pk)
        )
        assert response.status_code == status.HTTP_400_BAD_REQUEST
        assert set(response.data) == {"parent"}

    def test_a_comment_stays_where_it_is(self):
        comment = self.make_comment("Nice")
        url = reverse("comment-detail", args=[comment.pk])
        top = self.make_comment("top")
        response = self.client.patch(url, {"parent": top.pk})
        assert response.status_code == status.HTTP_200_OK, response.data
        other = Post.objects.create(
            title="T", slug="other", content="c", author=self.user
        )
        response = self.client.patch(url, {"post": other.pk})
        assert response.status_code == status.HTTP_200_OK, response.data
        comment.refresh_from_db()
        assert comment.parent is None
        assert comment.post == self.post

    def test_the_oldest_stands_first(self):
        self.make_comment("first")
        self.make_comment("second")
        response = self.client.get(reverse("comment-list"))
        assert [row["content"] for row in response.data["results"]] == [
            "first",
            "second",
        ]

    def test_search(self):
        self.make_comment("first")
        self.make_comment("second")
        response = self.client.get(reverse("comment-list"), {"search": "first"})
        assert [row["content"] for row in response.data["results"]] == ["first"]

    def test_list_without_n_plus_one(self, django_assert_num_queries):
        def add():
            reply = self.make_comment("Nice", parent=self.make_comment("Nice"))
            self.make_comment("Nice", parent=reply)

        add()
        with CaptureQueriesContext(connection) as queries:
            self.client.get(reverse("comment-list"))
        add()
        with django_assert_num_queries(len(queries)):
            response = self.client.get(reverse("comment-list"))
        assert len(response.data["results"]) == 2

    def test_replies_go_with_what_they_answer(self):
        top = self.make_comment("top")
        self.make_comment("reply", parent=top)
        Comment._base_manager.filter(pk=top.pk).delete()
        assert not self.post.comments.exists()

    def test_comments_go_with_the_post(self):
        comment = self.make_comment("Nice")
        assert list(self.post.comments.all()) == [comment]
        Post._base_manager.filter(pk=self.post.pk).delete()
        assert not Comment.objects.filter(pk=comment.pk).exists()

    def test_comments_go_with_the_author(self):
        comment = self.make_comment("Nice", author=self.reader)
        User._base_manager.filter(pk=self.reader.pk).delete()
        assert not Comment.objects.filter(pk=comment.pk).exists()
