from rest_framework.routers import SimpleRouter

from books import views

app_name = 'books'

router = SimpleRouter()
router.register('authors', views.AuthorViewSet)
router.register('books', views.BookViewSet)

urlpatterns = router.urls
