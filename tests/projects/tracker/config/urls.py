from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path, re_path

from pages import views

urlpatterns = [
    path("", views.home, name="home"),
    path("admin/", admin.site.urls),
    path("api/", include("config.api_router")),
    re_path(r"^(?P<url>[-\w/]+)/$", views.page, name="page"),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
