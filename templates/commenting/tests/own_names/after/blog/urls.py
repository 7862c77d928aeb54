from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import PostViewSet, ReviewViewSet

router = DefaultRouter()
router.register("posts", PostViewSet, basename="post")
router.register("opinions", ReviewViewSet, basename="review")

urlpatterns = [
    path("", include(router.urls)),
]
