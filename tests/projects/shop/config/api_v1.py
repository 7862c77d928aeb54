from django.urls import include, path

app_name = "api"

urlpatterns = [
    path("", include("apps.users.api.urls")),
    path("", include("apps.stores.api.urls")),
    path("", include("apps.catalog.api.urls")),
]
