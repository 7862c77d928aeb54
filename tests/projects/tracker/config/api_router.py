from django.conf import settings
from rest_framework.routers import DefaultRouter, SimpleRouter

from store.api import ProductViewSet
from work.api.views import MilestoneViewSet, ProjectViewSet, TaskViewSet

router = DefaultRouter() if settings.DEBUG else SimpleRouter()

router.register("projects", ProjectViewSet)
router.register("tasks", TaskViewSet, basename="task")
router.register("milestones", MilestoneViewSet)
router.register("products", ProductViewSet)

app_name = "api"
urlpatterns = router.urls
