from django.db import models


class Item(models.Model):
    code = models.SlugField(unique=True)
    label = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = 'storage'
        ordering = ['code']

    def __str__(self):
        return self.code
