from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Item(models.Model):
	"""Something to eat or drink."""

	name = models.CharField(max_length=60)
	price = models.DecimalField(max_digits=6, decimal_places=2)
	parts = models.ManyToManyField("stock.Item", through="Portion", related_name="dishes")

	class Meta:
		db_table = "menu_card"
		ordering = ["name"]

	def __str__(self):
		return self.name


class Drink(Item):
	class Meta:
		proxy = True


class Portion(models.Model):
	dish = models.ForeignKey(Item, on_delete=models.CASCADE)
	part = models.ForeignKey("stock.Item", on_delete=models.PROTECT)
	grams = models.PositiveIntegerField()

	class Meta:
		constraints = [models.UniqueConstraint(fields=["dish", "part"], name="one_portion")]


class Note(models.Model):
	"""A note of the kitchen on anything."""

	kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)
	key = models.PositiveBigIntegerField()
	about = GenericForeignKey("kind", "key")
	text = models.TextField()
