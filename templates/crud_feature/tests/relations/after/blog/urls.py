from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import PostViewSet, SponsorshipViewSet

router = DefaultRouter()
router.register("posts", PostViewSet, basename="post")
router.register("sponsorships", SponsorshipViewSet, basename="sponsorship")

urlpatterns = [
    path("", include(router.urls)),
]
