from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import PostViewSet, ScoreViewSet

router = DefaultRouter()
router.register("posts", PostViewSet, basename="post")
router.register("scores", ScoreViewSet, basename="score")

urlpatterns = [
    path("", include(router.urls)),
]
