from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import AuditEntryViewSet

router = DefaultRouter()
router.register("audit-entries", AuditEntryViewSet, basename="auditentry")

urlpatterns = [
    path("", include(router.urls)),
]
