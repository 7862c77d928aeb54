from rest_framework.routers import DefaultRouter

from . import views

app_name = "menu"

router = DefaultRouter()
router.register("items", views.ItemViewSet)
router.register("notes", views.NoteViewSet)

urlpatterns = router.urls
