from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import FrameViewSet, PostViewSet

router = DefaultRouter()
router.register("posts", PostViewSet, basename="post")
router.register("frames", FrameViewSet, basename="frame")

urlpatterns = [
    path("", include(router.urls)),
]
