from django.contrib import admin

from .models import Milestone, Project, Task

admin.site.register([Milestone, Project, Task])
