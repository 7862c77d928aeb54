from django.urls import path

from .views import article_create, article_detail, article_list

app_name = "kb"

urlpatterns = [
    path("", article_list, name="article-list"),
    path("new/", article_create, name="article-create"),
    path("<slug:slug>/", article_detail, name="article-detail"),
]
