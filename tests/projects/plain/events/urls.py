from django.urls import path

from . import views

urlpatterns = [
    path("", views.calendar, name="calendar"),
    path("<int:pk>/", views.event, name="event"),
    path("add/", views.add, name="add-event"),
]
