import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_me(api_client, user):
    response = api_client.get(reverse("v1:users:me"))

    assert response.status_code == 200
    assert response.data["email"] == user.email


def test_me_needs_a_login(api_client):
    api_client.force_authenticate(None)

    response = api_client.get(reverse("v1:users:me"))

    assert response.status_code == 403


def test_the_email_address_stays(api_client, user):
    data = {"email": "x@example.com", "full_name": "X"}

    response = api_client.patch(reverse("v1:users:me"), data)

    assert response.status_code == 200
    user.refresh_from_db()
    assert user.full_name == "X"
    assert user.email != "x@example.com"
