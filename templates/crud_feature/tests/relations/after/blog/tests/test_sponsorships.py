from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post, Sponsorship

User = get_user_model()


class SponsorshipAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.post = Post.objects.create(title="T", slug="t", content="c", author=cls.user)

    def setUp(self):
        self.client.force_authenticate(self.user)

    def sponsorship_data(self, **changes):
        return {
            "title": "first",
            "post": self.post.pk,
            "sponsor": self.user.pk,
            "amount": 1,
            "starts_on": "2026-01-01",
            **changes,
        }

    def make_sponsorship(self, title="first", **values):
        return Sponsorship.objects.create(
            **{
                "title": title,
                "post": self.post,
                "sponsor": self.user,
                "amount": 1,
                "starts_on": "2026-01-01",
                **values,
            }
        )

    def test_create_sponsorship(self):
        response = self.client.post(reverse("sponsorship-list"), self.sponsorship_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        sponsorship = Sponsorship.objects.get()
        self.assertEqual(sponsorship.title, "first")
        self.assertEqual(sponsorship.amount, 1)

    def test_required_fields(self):
        response = self.client.post(reverse("sponsorship-list"), {})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(set(response.data), {"title", "post", "sponsor", "amount", "starts_on"})

    def test_invalid_values_are_rejected(self):
        for changes in [
            {"title": "x" * 201},
            {"post": "nobody"},
            {"sponsor": "nobody"},
            {"status": "none of them"},
            {"amount": -1},
            {"starts_on": "someday"},
            {"ends_on": "someday"},
        ]:
            with self.subTest(changes):
                response = self.client.post(
                    reverse("sponsorship-list"), self.sponsorship_data(**changes)
                )
                self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(Sponsorship.objects.exists())

    def test_retrieve_sponsorship(self):
        sponsorship = self.make_sponsorship()
        response = self.client.get(reverse("sponsorship-detail", args=[sponsorship.pk]))
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        self.assertEqual(response.data["title"], sponsorship.title)

    def test_update_sponsorship(self):
        sponsorship = self.make_sponsorship()
        response = self.client.patch(
            reverse("sponsorship-detail", args=[sponsorship.pk]), {"title": "second"}
        )
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        sponsorship.refresh_from_db()
        self.assertEqual(sponsorship.title, "second")

    def test_delete_sponsorship(self):
        url = reverse("sponsorship-detail", args=[self.make_sponsorship().pk])
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertFalse(Sponsorship.objects.exists())
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_filter_search_and_order(self):
        self.make_sponsorship(
            "first", status="offered", amount=1, starts_on="2026-01-01", ends_on="2026-02-01"
        )
        self.make_sponsorship(
            "second", status="agreed", amount=2, starts_on="2026-01-02", ends_on="2026-02-02"
        )
        for params, expected in [
            ({"status": "agreed"}, ["second"]),
            ({"amount__gte": 2}, ["second"]),
            ({"amount__lte": 1}, ["first"]),
            ({"starts_on__gte": "2026-01-02"}, ["second"]),
            ({"starts_on__lte": "2026-01-01"}, ["first"]),
            ({"ends_on__gte": "2026-02-02"}, ["second"]),
            ({"ends_on__lte": "2026-02-01"}, ["first"]),
            ({"post": self.post.pk, "ordering": "title"}, ["first", "second"]),
            ({"sponsor": self.user.pk, "ordering": "title"}, ["first", "second"]),
            ({"search": "second"}, ["second"]),
            ({"ordering": "title"}, ["first", "second"]),
            ({"ordering": "-title"}, ["second", "first"]),
        ]:
            with self.subTest(params):
                response = self.client.get(reverse("sponsorship-list"), params)
                self.assertEqual([row["title"] for row in response.data["results"]], expected)

    def test_list_without_n_plus_one(self):
        self.make_sponsorship("first")
        with CaptureQueriesContext(connection) as queries:
            self.client.get(reverse("sponsorship-list"))
        self.make_sponsorship("second")
        with self.assertNumQueries(len(queries)):
            self.client.get(reverse("sponsorship-list"))

    def test_clients_who_are_not_logged_in_may_only_read(self):
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        response = self.client.get(reverse("sponsorship-list"))
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        response = self.client.post(reverse("sponsorship-list"), self.sponsorship_data())
        self.assertIn(response.status_code, refused)
        self.assertFalse(Sponsorship.objects.exists())
