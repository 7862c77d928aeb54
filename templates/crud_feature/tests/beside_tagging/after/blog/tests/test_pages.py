from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Page


class PageAPITests(APITestCase):
    def page_data(self, **changes):
        return {"title": "T", "slug": "first", "content": "c", **changes}

    def make_page(self, slug="first", **values):
        return Page.objects.create(**{"title": "T", "slug": slug, "content": "c", **values})

    def test_create_page(self):
        response = self.client.post(reverse("page-list"), self.page_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        page = Page.objects.get()
        self.assertEqual(page.title, "T")
        self.assertEqual(page.slug, "first")
        self.assertEqual(page.content, "c")

    def test_required_fields(self):
        response = self.client.post(reverse("page-list"), {})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(set(response.data), {"title", "slug", "content"})

    def test_invalid_values_are_rejected(self):
        for changes in [
            {"title": "x" * 201},
            {"slug": "not a slug"},
        ]:
            with self.subTest(changes):
                response = self.client.post(reverse("page-list"), self.page_data(**changes))
                self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(Page.objects.exists())

    def test_slug_is_unique(self):
        self.make_page("other")
        response = self.client.post(reverse("page-list"), self.page_data(slug="other"))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)

    def test_retrieve_page(self):
        page = self.make_page()
        response = self.client.get(reverse("page-detail", args=[page.pk]))
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        self.assertEqual(response.data["slug"], page.slug)

    def test_update_page(self):
        page = self.make_page()
        response = self.client.patch(reverse("page-detail", args=[page.pk]), {"slug": "second"})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        page.refresh_from_db()
        self.assertEqual(page.slug, "second")

    def test_delete_page(self):
        url = reverse("page-detail", args=[self.make_page().pk])
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertFalse(Page.objects.exists())
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_filter_search_and_order(self):
        self.make_page("first")
        self.make_page("second")
        response = self.client.get(reverse("page-list"), {"search": "second"})
        self.assertEqual([row["slug"] for row in response.data["results"]], ["second"])

    def test_list_without_n_plus_one(self):
        self.make_page("first")
        with CaptureQueriesContext(connection) as queries:
            self.client.get(reverse("page-list"))
        self.make_page("second")
        with self.assertNumQueries(len(queries)):
            self.client.get(reverse("page-list"))
