from django.urls import path

from .views import MyUserProfileView

urlpatterns = [
    path("me/", MyUserProfileView.as_view(), name="my-user-profile"),
]
