from django.urls import path
from ninja import NinjaAPI

from todo.api import router

api = NinjaAPI(title="Todo")
api.add_router("/tasks", router)

urlpatterns = [path("api/", api.urls)]
