from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from rest_framework.test import APITestCase

from stock.models import Item as Part

from .models import Item, Note, Portion


class MenuTests(APITestCase):
	def test_items_are_listed(self):
		soup = Item.objects.create(name="Soup", price=Decimal("4.50"))
		Portion.objects.create(dish=soup, part=Part.objects.create(code="LEEK"), grams=80)
		response = self.client.get(reverse("menu:item-list"))
		self.assertEqual([row["name"] for row in response.data], ["Soup"])

	def test_notes_are_on_anything(self):
		soup = Item.objects.create(name="Soup", price=Decimal("4.50"))
		kind = ContentType.objects.get_for_model(Item)
		response = self.client.post(reverse("menu:note-list"), {"kind": kind.pk, "key": soup.pk, "text": "Hot"})
		self.assertEqual(response.status_code, 201, response.data)
		self.assertEqual(Note.objects.get().about, soup)
