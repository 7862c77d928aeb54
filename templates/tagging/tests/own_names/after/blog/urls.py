from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import PostViewSet, TopicViewSet

router = DefaultRouter()
router.register("posts", PostViewSet, basename="post")
router.register("subjects", TopicViewSet, basename="topic")

urlpatterns = [
    path("", include(router.urls)),
]
