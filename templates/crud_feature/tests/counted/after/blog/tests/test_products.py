from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Product


class ProductAPITests(APITestCase):
    def product_data(self, **changes):
        return {"name": "first", "price": 1, **changes}

    def make_product(self, name="first", **values):
        return Product.objects.create(**{"name": name, "price": 1, **values})

    def test_create_product(self):
        response = self.client.post(reverse("product-list"), self.product_data())
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        product = Product.objects.get()
        self.assertEqual(product.name, "first")
        self.assertEqual(product.price, 1)

    def test_required_fields(self):
        response = self.client.post(reverse("product-list"), {})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(set(response.data), {"name", "price"})

    def test_invalid_values_are_rejected(self):
        for changes in [
            {"name": "x" * 201},
            {"price": -1},
            {"stock": -1},
        ]:
            with self.subTest(changes):
                response = self.client.post(reverse("product-list"), self.product_data(**changes))
                self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(Product.objects.exists())

    def test_retrieve_product(self):
        product = self.make_product()
        response = self.client.get(reverse("product-detail", args=[product.pk]))
        self.assertEqual(response.status_code, status.HTTP_200_OK)
        self.assertEqual(response.data["name"], product.name)

    def test_update_product(self):
        product = self.make_product()
        response = self.client.patch(
            reverse("product-detail", args=[product.pk]), {"name": "second"}
        )
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        product.refresh_from_db()
        self.assertEqual(product.name, "second")

    def test_delete_product(self):
        url = reverse("product-detail", args=[self.make_product().pk])
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertFalse(Product.objects.exists())
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_filter_search_and_order(self):
        self.make_product("first", price=1, stock=1)
        self.make_product("second", price=2, stock=2)
        for params, expected in [
            ({"price__gte": 2}, ["second"]),
            ({"price__lte": 1}, ["first"]),
            ({"stock__gte": 2}, ["second"]),
            ({"stock__lte": 1}, ["first"]),
            ({"search": "second"}, ["second"]),
            ({"ordering": "name"}, ["first", "second"]),
            ({"ordering": "-name"}, ["second", "first"]),
        ]:
            with self.subTest(params):
                response = self.client.get(reverse("product-list"), params)
                self.assertEqual([row["name"] for row in response.data["results"]], expected)
