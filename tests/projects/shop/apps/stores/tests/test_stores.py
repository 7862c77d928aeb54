import pytest
from django.urls import reverse

from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


def test_who_opens_a_store_owns_it(api_client, user):
    response = api_client.post(reverse("v1:stores:store-list"), {"name": "Corner"})

    assert response.status_code == 201
    assert response.data["owner"] == user.pk


def test_only_the_owner_closes_a_store(api_client):
    url = reverse("v1:stores:store-detail", args=[StoreFactory().pk])

    assert api_client.get(url).status_code == 200
    assert api_client.patch(url, {"is_open": False}).status_code == 403


def test_stores_are_listed_in_pages(api_client):
    StoreFactory.create_batch(3)

    response = api_client.get(reverse("v1:stores:store-list"), {"page_size": 2})

    assert response.data["pages"] == 2
    assert len(response.data["results"]) == 2
