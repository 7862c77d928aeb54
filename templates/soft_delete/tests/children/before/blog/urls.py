from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import PhotoViewSet, PostViewSet

router = DefaultRouter()
router.register("posts", PostViewSet, basename="post")
router.register("photos", PhotoViewSet, basename="photo")

urlpatterns = [
    path("", include(router.urls)),
]
