from django.contrib import admin

from .models import Item, Note

admin.site.register([Item, Note])
