from rest_framework import generics
from rest_framework.permissions import IsAuthenticated

from .models import UserProfile
from .serializers import UserProfileSerializer


class MyUserProfileView(generics.RetrieveUpdateAPIView):
    """The profile of the user who is logged in."""

    permission_classes = [IsAuthenticated]
    serializer_class = UserProfileSerializer

    def get_object(self):
        return UserProfile.for_user(self.request.user)
