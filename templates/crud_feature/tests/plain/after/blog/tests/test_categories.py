from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Category


class CategoryAPITests(APITestCase):
    def category_data(self, **changes):
        return {"name": "first", **changes}

    def make_category(self, name="first", **values):
        return Category.objects.create(**{"name": name, **values})

    def test_create_category(self):
        response = self.client.post(reverse("category-list"), self.category_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        category = Category.objects.get()
        self.assertEqual(category.name, "first")

    def test_required_fields(self):
        response = self.client.post(reverse("category-list"), {})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(set(response.data), {"name"})

    def test_invalid_values_are_rejected(self):
        response = self.client.post(reverse("category-list"), self.category_data(name="x" * 201))
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(Category.objects.exists())

    def test_retrieve_category(self):
        category = self.make_category()
        response = self.client.get(reverse("category-detail", args=[category.pk]))
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        self.assertEqual(response.data["name"], category.name)

    def test_update_category(self):
        category = self.make_category()
        response = self.client.patch(
            reverse("category-detail", args=[category.pk]), {"name": "second"}
        )
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        category.refresh_from_db()
        self.assertEqual(category.name, "second")

    def test_delete_category(self):
        url = reverse("category-detail", args=[self.make_category().pk])
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertFalse(Category.objects.exists())
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_filter_search_and_order(self):
        self.make_category("first")
        self.make_category("second")
        for params, expected in [
            ({"search": "second"}, ["second"]),
            ({"ordering": "name"}, ["first", "second"]),
            ({"ordering": "-name"}, ["second", "first"]),
        ]:
            with self.subTest(params):
                response = self.client.get(reverse("category-list"), params)
                self.assertEqual([row["name"] for row in response.data["results"]], expected)
