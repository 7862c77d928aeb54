from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.db import IntegrityError
from rest_framework import generics, serializers, status
from rest_framework.authtoken.models import Token
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from . import services
from .serializers import (
    EmailSerializer,
    LoginSerializer,
    RegisterSerializer,
    UserSerializer,
    VerifySerializer,
)
from .throttling import AccountThrottle


class PublicView(generics.GenericAPIView):
    """Open to everybody, as often as the throttles allow."""

    # A token that is no longer valid must not keep anybody from logging in again.
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [ScopedRateThrottle, AccountThrottle]
    throttle_scope = "authentication"
    account_field = "email"

    def validated(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class RegisterView(PublicView):
    """Make a user, and mail a token. The answer is the same for a known address."""

    serializer_class = RegisterSerializer

    def post(self, request):
        try:
            services.register(**self.validated(request))
        except IntegrityError:
            # Another request was faster: what it took is taken now, or its address is known.
            services.register(**self.validated(request))
        return Response(
            {"detail": "A mail was sent to this address."}, status=status.HTTP_202_ACCEPTED
        )


class VerifyView(PublicView):
    """Activate the user whom the token was sent to, and who knows the password."""

    serializer_class = VerifySerializer

    def post(self, request):
        user = services.verify(**self.validated(request))
        if user is None:
            raise serializers.ValidationError(
                {"token": "This token is wrong, used or expired, or the password is wrong."}
            )
        return Response(UserSerializer(user).data)


class ResendView(PublicView):
    """Mail another token. The answer is the same for every address."""

    serializer_class = EmailSerializer

    def post(self, request):
        user = services.find_user(self.validated(request)["email"])
        if user is not None:
            services.resend_verification(user)
        detail = "If this address waits for verification, a mail was sent to it."
        return Response({"detail": detail}, status=status.HTTP_202_ACCEPTED)


class LoginView(PublicView):
    """Exchange credentials for a token."""

    serializer_class = LoginSerializer
    account_field = "username"

    def post(self, request):
        user = self.validated(request)["user"]
        token, _ = Token.objects.get_or_create(user=user)
        user_logged_in.send(sender=user.__class__, request=request, user=user)
        return Response({"token": token.key, "user": UserSerializer(user).data})


class LogoutView(APIView):
    """Make the user's token void, and the session too."""

    permission_classes = [IsAuthenticated]

    def post(self, request):
        Token.objects.filter(user=request.user).delete()
        logout(request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(generics.RetrieveAPIView):
    """The user who is logged in."""

    permission_classes = [IsAuthenticated]
    serializer_class = UserSerializer

    def get_object(self):
        return self.request.user
