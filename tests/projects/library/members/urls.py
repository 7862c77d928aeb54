from rest_framework.routers import SimpleRouter

from members import views

app_name = 'members'

router = SimpleRouter()
router.register('members', views.MemberViewSet)
router.register('loans', views.LoanViewSet)

urlpatterns = router.urls
