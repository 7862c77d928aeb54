import pytest
from django.urls import reverse

from apps.catalog.models import Product
from apps.catalog.tests.factories import CategoryFactory, ProductFactory
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


def product_data(store, **changes):
    return {"store": store.pk, "name": "Mug", "slug": "mug", "price": "7.50", **changes}


def test_the_owner_adds_a_product(api_client, user):
    store = StoreFactory(owner=user)

    response = api_client.post(reverse("v1:catalog:product-list"), product_data(store))

    assert response.status_code == 201, response.data
    assert response.data["is_available"] is False
    assert Product.objects.get().store == store


def test_others_add_nothing_to_a_store(api_client):
    response = api_client.post(reverse("v1:catalog:product-list"), product_data(StoreFactory()))

    assert response.status_code == 400
    assert "store" in response.data


def test_a_slug_is_used_once_a_store(api_client, user):
    store = StoreFactory(owner=user)
    ProductFactory(store=store, slug="mug")

    response = api_client.post(reverse("v1:catalog:product-list"), product_data(store))

    assert response.status_code == 400


def test_products_of_a_category(api_client):
    category = CategoryFactory()
    product = ProductFactory(category=category)
    ProductFactory()

    response = api_client.get(reverse("v1:catalog:product-list"), {"category": category.pk})

    assert [row["id"] for row in response.data["results"]] == [str(product.pk)]


def test_a_list_needs_few_queries(api_client, django_assert_max_num_queries):
    ProductFactory.create_batch(9)

    with django_assert_max_num_queries(5):
        api_client.get(reverse("v1:catalog:product-list"))


def test_only_the_owner_changes_a_product(api_client, user):
    own = ProductFactory(store__owner=user)
    other = ProductFactory()

    for product, status in [(own, 200), (other, 403)]:
        url = reverse("v1:catalog:product-detail", args=[product.pk])
        assert api_client.patch(url, {"stock": 9}).status_code == status


def test_a_category_is_found_by_its_slug(api_client):
    category = CategoryFactory()

    response = api_client.get(reverse("v1:catalog:category-detail", args=[category.slug]))

    assert response.data["name"] == category.name
