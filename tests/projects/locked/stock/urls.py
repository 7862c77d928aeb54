from rest_framework.routers import DefaultRouter

from . import views

app_name = 'stock'

router = DefaultRouter()
router.register('items', views.ItemViewSet)

urlpatterns = router.urls
