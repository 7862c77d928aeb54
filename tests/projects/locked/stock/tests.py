from django.urls import reverse
from rest_framework.test import APITestCase

from .models import Item


class StockTests(APITestCase):
    def test_items_are_listed(self):
        Item.objects.create(code='LEEK')
        response = self.client.get(reverse('stock:item-list'))
        self.assertEqual([row['code'] for row in response.data], ['LEEK'])
